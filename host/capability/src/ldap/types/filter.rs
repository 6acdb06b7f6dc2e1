//! Filters as an arena.

/// An attribute and the value it is compared with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assertion {
    /// Attribute description.
    pub attribute: String,
    /// Not escaped.
    pub value: Vec<u8>,
}

/// `attribute=prefix*infix*suffix`; at least one of the three is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Substring {
    /// Attribute description.
    pub attribute: String,
    /// What a value begins with.
    pub prefix: Option<Vec<u8>>,
    /// What it holds in between, in order.
    pub infixes: Vec<Vec<u8>>,
    /// What it ends with.
    pub suffix: Option<Vec<u8>>,
}

/// `(attribute:dn:rule:=value)`, RFC 4515.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extensible {
    /// Attribute description. The gate denies filters without one: they would ask of
    /// attributes that nobody granted.
    pub attribute: Option<String>,
    /// Matching rule, by name or number.
    pub rule: Option<String>,
    /// Whether the entry's name counts as well.
    pub dn_attributes: bool,
    /// Not escaped.
    pub value: Vec<u8>,
}

/// A node of a [`Filter`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilterNode {
    /// All of them; of nothing, true (RFC 4526).
    And(Vec<u32>),
    /// One of them; of nothing, false (RFC 4526).
    Or(Vec<u32>),
    /// The other is not.
    Not(u32),
    /// The attribute has a value.
    Present(String),
    /// A value is equal.
    Equal(Assertion),
    /// A value is equal or greater.
    GreaterOrEqual(Assertion),
    /// A value is equal or less.
    LessOrEqual(Assertion),
    /// A value looks like this.
    Substring(Substring),
    /// By a matching rule.
    Extensible(Extensible),
}

/// A filter as an arena: the last node is the root.
///
/// What reaches a driver has been checked: there is a root, every child index is smaller
/// than its parent's, every other node is the child of one, and it is nested no deeper than
/// [`Filter::MAX_DEPTH`], so that a recursion over it ends soon. `And` and `Or` of nothing
/// are the driver's to write in a way that every server knows: `(objectClass=*)` and its
/// negation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    nodes: Vec<FilterNode>,
}

impl Filter {
    /// Deepest nesting of a checked filter.
    pub const MAX_DEPTH: usize = 64;

    /// A filter as it came, unchecked.
    pub fn new(nodes: Vec<FilterNode>) -> Self {
        Self { nodes }
    }

    /// All nodes.
    pub fn nodes(&self) -> &[FilterNode] {
        &self.nodes
    }

    /// The last node; none of a filter without nodes, which the gate refuses.
    pub fn root(&self) -> Option<&FilterNode> {
        self.nodes.last()
    }

    /// A child. None for an index that the gate refuses.
    pub fn node(&self, index: u32) -> Option<&FilterNode> {
        self.nodes.get(usize::try_from(index).ok()?)
    }
}
