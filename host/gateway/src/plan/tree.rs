//! A filter on the way to native terms: with constants to fold, and with holes for what
//! the target cannot evaluate.

use patchbay_contract::{Filter as NativeFilter, FilterNode};

use super::reason::Reason;

/// A filter that the target evaluates as far as it can.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Tree {
    True,
    False,
    /// Only the host can tell, and why.
    Unknown(Reason),
    Node(FilterNode),
    And(Vec<Tree>),
    Or(Vec<Tree>),
    Not(Box<Tree>),
}

impl Tree {
    /// A constant.
    pub(super) fn truth(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }

    /// Any of these.
    pub(super) fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        Self::Or(parts.into_iter().collect())
    }

    /// Both of these.
    pub(super) fn both(a: Self, b: Self) -> Self {
        Self::And(vec![a, b])
    }

    /// The opposite.
    pub(super) fn negate(self) -> Self {
        Self::Not(Box::new(self))
    }

    /// Folds constants and flattens.
    pub(super) fn fold(self) -> Self {
        match self {
            Self::And(parts) => Self::gather(parts, &Self::False, &Self::True, Self::And),
            Self::Or(parts) => Self::gather(parts, &Self::True, &Self::False, Self::Or),
            Self::Not(inner) => match inner.fold() {
                Self::True => Self::False,
                Self::False => Self::True,
                Self::Not(inner) => *inner,
                inner => Self::Not(Box::new(inner)),
            },
            leaf => leaf,
        }
    }

    fn gather(parts: Vec<Self>, absorbing: &Self, neutral: &Self, join: fn(Vec<Self>) -> Self) -> Self {
        let mut kept = Vec::with_capacity(parts.len());
        for part in parts.into_iter().map(Self::fold) {
            if part == *absorbing {
                return part;
            }
            if part != *neutral && !kept.contains(&part) {
                kept.push(part);
            }
        }
        match kept.len() {
            0 => neutral.clone(),
            1 => kept.swap_remove(0),
            _ => join(kept),
        }
    }

    /// Whether there is a hole.
    pub(super) fn has_unknown(&self) -> bool {
        match self {
            Self::Unknown(_) => true,
            Self::And(parts) | Self::Or(parts) => parts.iter().any(Self::has_unknown),
            Self::Not(inner) => inner.has_unknown(),
            _ => false,
        }
    }

    /// Why there are holes: each reason once.
    pub(super) fn reasons(&self, into: &mut Vec<Reason>) {
        match self {
            Self::Unknown(reason) if !into.contains(reason) => into.push(*reason),
            Self::And(parts) | Self::Or(parts) => parts.iter().for_each(|part| part.reasons(into)),
            Self::Not(inner) => inner.reasons(into),
            _ => {}
        }
    }

    /// The tree with every hole filled so that no match is lost: true where more
    /// matches can only widen the result, false under a `not`.
    pub(super) fn superset(self, widening: bool) -> Self {
        match self {
            Self::Unknown(_) => Self::truth(widening),
            Self::And(parts) => Self::And(parts.into_iter().map(|p| p.superset(widening)).collect()),
            Self::Or(parts) => Self::Or(parts.into_iter().map(|p| p.superset(widening)).collect()),
            Self::Not(inner) => Self::Not(Box::new(inner.superset(!widening))),
            leaf => leaf,
        }
    }

    /// Appends the nodes, children first, and returns the root's index.
    pub(super) fn emit(self, into: &mut NativeFilter) -> u32 {
        match self {
            Self::Node(node) => into.push(node),
            Self::And(parts) => {
                let children = parts.into_iter().map(|p| p.emit(into)).collect();
                into.push(FilterNode::And(children))
            }
            Self::Or(parts) => {
                let children = parts.into_iter().map(|p| p.emit(into)).collect();
                into.push(FilterNode::Or(children))
            }
            Self::Not(inner) => {
                let child = inner.emit(into);
                into.push(FilterNode::Not(child))
            }
            // Folding leaves constants at the root only, where they never get here.
            Self::True | Self::Unknown(_) => into.push(FilterNode::And(Vec::new())),
            Self::False => into.push(FilterNode::Or(Vec::new())),
        }
    }
}
