//! Filters in native names, as an arena: WIT has no recursive types, and an arena has
//! no cycles by construction.

use crate::Value;

/// How an attribute is compared with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Comparator {
    Equal,
    NotEqual,
    Contains,
    StartsWith,
    EndsWith,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

/// `attribute operator value`. On a multi-valued attribute: any of its values.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Native attribute name.
    pub attribute: String,
    /// The operator.
    pub operator: Comparator,
    /// The value on the right.
    pub value: Value,
}

/// One node; indices point at earlier nodes of the same [`Filter`].
#[derive(Debug, Clone, PartialEq)]
pub enum FilterNode {
    /// All of these.
    And(Vec<u32>),
    /// Any of these.
    Or(Vec<u32>),
    /// Not this one.
    Not(u32),
    /// The attribute has at least one value.
    Present(String),
    /// A comparison.
    Compare(Comparison),
    /// The object with this `uid`.
    Uid(String),
}

/// A filter tree: children stand before their parents, the last node is the root.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Filter {
    nodes: Vec<FilterNode>,
}

impl Filter {
    /// An empty arena; push children first, the root last.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a node and returns its index for a parent to use.
    pub fn push(&mut self, node: FilterNode) -> u32 {
        let index = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        self.nodes.push(node);
        index
    }

    /// The nodes, children first.
    pub fn nodes(&self) -> &[FilterNode] {
        &self.nodes
    }

    /// Whether there is no node at all (no filter).
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }
}
