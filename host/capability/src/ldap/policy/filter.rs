//! Filters: trees of the right shape that ask only for what may be read.

use super::{Grant, denied};
use crate::ldap::dn::is_type;
use crate::ldap::{Error, Extensible, Failure, Filter, FilterNode, SortKey, Substring};

impl Grant {
    /// Whether a filter is a tree, not too deep, of attributes that may be read: who may
    /// compare an attribute can find out its value.
    pub(crate) fn filter(&self, filter: &Filter) -> Result<(), Error> {
        let nodes = filter.nodes();
        // Depth of each node that has no parent yet; 0 once it has one.
        let mut depths: Vec<usize> = Vec::with_capacity(nodes.len());
        for node in nodes {
            let below = match node {
                FilterNode::And(children) | FilterNode::Or(children) => adopt(&mut depths, children)?,
                FilterNode::Not(child) => adopt(&mut depths, std::slice::from_ref(child))?,
                FilterNode::Present(attribute) => self.compared(attribute)?,
                FilterNode::Equal(assertion)
                | FilterNode::GreaterOrEqual(assertion)
                | FilterNode::LessOrEqual(assertion) => self.compared(&assertion.attribute)?,
                FilterNode::Substring(substring) => self.substring(substring)?,
                FilterNode::Extensible(extensible) => self.extensible(extensible)?,
            };
            if below >= Filter::MAX_DEPTH {
                return Err(invalid(format!("the filter is nested deeper than {}", Filter::MAX_DEPTH)));
            }
            depths.push(below + 1);
        }
        match depths.split_last() {
            None => Err(invalid("the filter is empty".to_owned())),
            Some((_, others)) if others.iter().any(|depth| *depth > 0) => {
                Err(invalid("the filter has nodes that are not part of it".to_owned()))
            }
            Some(_) => Ok(()),
        }
    }

    /// Whether these may be sorted by.
    pub(crate) fn sort(&self, keys: &[SortKey]) -> Result<(), Error> {
        for key in keys {
            self.readable(&key.attribute)?;
            rule(key.rule.as_deref())?;
        }
        Ok(())
    }

    /// Whether a leaf may be about this attribute; nothing is below it.
    fn compared(&self, attribute: &str) -> Result<usize, Error> {
        self.readable(attribute).map(|()| 0)
    }

    fn substring(&self, substring: &Substring) -> Result<usize, Error> {
        let Substring { attribute, prefix, infixes, suffix } = substring;
        let mut pieces = prefix.iter().chain(infixes).chain(suffix).peekable();
        if pieces.peek().is_none() || pieces.any(Vec::is_empty) {
            return Err(invalid(format!("the filter looks for an empty part of a value of {attribute:?}")));
        }
        self.compared(attribute)
    }

    fn extensible(&self, extensible: &Extensible) -> Result<usize, Error> {
        rule(extensible.rule.as_deref())?;
        match &extensible.attribute {
            Some(attribute) => self.compared(attribute),
            None => Err(denied("a filter that names no attribute asks of all there are".to_owned())),
        }
    }
}

/// Makes nodes the children of another one, and says how deep they are.
fn adopt(depths: &mut [usize], children: &[u32]) -> Result<usize, Error> {
    let mut deepest = 0;
    for child in children {
        let depth = usize::try_from(*child).ok().and_then(|child| depths.get_mut(child));
        match depth.map(std::mem::take) {
            None => return Err(invalid(format!("the filter's node {child} does not come before its parent"))),
            Some(0) => return Err(invalid(format!("the filter's node {child} has two parents"))),
            Some(depth) => deepest = deepest.max(depth),
        }
    }
    Ok(deepest)
}

fn rule(rule: Option<&str>) -> Result<(), Error> {
    match rule {
        Some(rule) if !is_type(rule) => Err(invalid(format!("{rule:?} is no matching rule"))),
        _ => Ok(()),
    }
}

fn invalid(message: String) -> Error {
    Error::new(Failure::InvalidRequest, message)
}
