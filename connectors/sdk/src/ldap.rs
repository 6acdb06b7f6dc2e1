//! The LDAP capability: the host's types.

pub use crate::bindings::patchbay::ldap::client::{
    Assertion, Attribute, Batch, ChangeKind, Connection, DirSyncPage, DirSyncRequest, Entry, Error, Extensible,
    Failure, Filter, FilterNode, Modification, Name, Naming, Rdn, Scope, Search, SearchOptions, SearchRequest,
    SecretForm, SecretValue, SortKey, Substring, SyncEntry, SyncPage, SyncRequest, SyncState, Terms, Window, Written,
};

/// Builds a [`Filter`] from its leaves to its root. What was pushed last is the root.
///
/// ```
/// use patchbay_connector::ldap::{FilterBuilder, FilterNode};
/// let mut filter = FilterBuilder::new();
/// let terms = vec![filter.equal("objectClass", "person"), filter.equal("uid", "zoe")];
/// filter.all(terms);
/// assert!(matches!(&filter.build()[..], [_, _, FilterNode::And(children)] if *children == [0, 1]));
/// ```
#[derive(Debug, Clone, Default)]
pub struct FilterBuilder {
    nodes: Filter,
}

impl FilterBuilder {
    /// No filter yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a node, whose children were appended before, and returns its index.
    pub fn push(&mut self, node: FilterNode) -> u32 {
        let index = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        self.nodes.push(node);
        index
    }

    /// `(attribute=value)`. The value is bytes as they are; nothing is escaped.
    pub fn equal(&mut self, attribute: &str, value: impl Into<Vec<u8>>) -> u32 {
        self.push(FilterNode::Equal(Assertion { attribute: attribute.to_owned(), value: value.into() }))
    }

    /// `(attribute=*)`.
    pub fn present(&mut self, attribute: &str) -> u32 {
        self.push(FilterNode::Present(attribute.to_owned()))
    }

    /// All of them; of one, that one.
    pub fn all(&mut self, mut children: Vec<u32>) -> u32 {
        match (children.pop(), children.is_empty()) {
            (Some(only), true) if self.is_last(only) => only,
            (Some(last), _) => {
                children.push(last);
                self.push(FilterNode::And(children))
            }
            (None, _) => self.push(FilterNode::And(children)),
        }
    }

    /// Any of them; of one, that one.
    pub fn any(&mut self, mut children: Vec<u32>) -> u32 {
        match (children.pop(), children.is_empty()) {
            (Some(only), true) if self.is_last(only) => only,
            (Some(last), _) => {
                children.push(last);
                self.push(FilterNode::Or(children))
            }
            (None, _) => self.push(FilterNode::Or(children)),
        }
    }

    /// Not that one.
    pub fn not(&mut self, child: u32) -> u32 {
        self.push(FilterNode::Not(child))
    }

    /// Appends a whole filter and returns the index of its root.
    pub fn append(&mut self, other: Filter) -> u32 {
        let offset = u32::try_from(self.nodes.len()).unwrap_or(u32::MAX);
        let moved = |list: Vec<u32>| list.into_iter().map(|child| child.saturating_add(offset)).collect();
        for node in other {
            self.nodes.push(match node {
                FilterNode::And(list) => FilterNode::And(moved(list)),
                FilterNode::Or(list) => FilterNode::Or(moved(list)),
                FilterNode::Not(child) => FilterNode::Not(child.saturating_add(offset)),
                leaf => leaf,
            });
        }
        u32::try_from(self.nodes.len()).unwrap_or(u32::MAX).saturating_sub(1)
    }

    /// The filter.
    pub fn build(self) -> Filter {
        self.nodes
    }

    /// Whether a node is the root as things are.
    fn is_last(&self, index: u32) -> bool {
        usize::try_from(index).is_ok_and(|index| index + 1 == self.nodes.len())
    }
}

impl Attribute {
    /// An attribute of these values.
    pub fn new(name: impl Into<String>, values: Vec<Vec<u8>>) -> Self {
        Self { name: name.into(), values }
    }
}

impl Modification {
    /// A change of an attribute by these values.
    pub fn new(kind: ChangeKind, name: impl Into<String>, values: Vec<Vec<u8>>) -> Self {
        Self { kind, attribute: Attribute::new(name, values) }
    }
}

impl Entry {
    /// Values of an attribute, whatever the case of its name; none where it is not there.
    pub fn values(&self, name: &str) -> &[Vec<u8>] {
        let found = self.attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name));
        found.map_or(&[], |attribute| attribute.values.as_slice())
    }

    /// Its first value.
    pub fn first(&self, name: &str) -> Option<&[u8]> {
        self.values(name).first().map(Vec::as_slice)
    }
}
