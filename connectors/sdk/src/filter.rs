//! Walking a filter arena: children stand before their parents, the last node is the
//! root.

use crate::{Comparison, Error, ErrorKind, Fault, FilterNode};

/// Most nodes a filter may have; the host checks as well.
pub const MAX_NODES: usize = 1024;

/// Deepest nesting a filter may have, as folding recurses.
pub const MAX_DEPTH: usize = 64;

/// A node with its children resolved.
#[derive(Debug, Clone, Copy)]
pub enum Node<'a> {
    /// All of the children.
    And(Children<'a>),
    /// Any of the children.
    Or(Children<'a>),
    /// Not the child.
    Not(Tree<'a>),
    /// The attribute has a value.
    Present(&'a str),
    /// A comparison.
    Compare(&'a Comparison),
    /// The object with this uid.
    Uid(&'a str),
}

/// A sub-tree of a checked arena.
#[derive(Debug, Clone, Copy)]
pub struct Tree<'a> {
    nodes: &'a [FilterNode],
    root: &'a FilterNode,
}

impl<'a> Tree<'a> {
    /// The tree in `nodes`, after checking that it is one: not empty, children before
    /// parents, not too large and not too deep. [`ErrorKind::InvalidFilter`] otherwise.
    pub fn new(nodes: &'a [FilterNode]) -> Result<Self, Error> {
        let refuse = |message: &str| Error::fault(ErrorKind::InvalidFilter, message);
        if nodes.len() > MAX_NODES {
            return Err(refuse("the filter has too many terms"));
        }
        let mut depths: Vec<usize> = Vec::with_capacity(nodes.len());
        for node in nodes {
            let children = match node {
                FilterNode::And(list) | FilterNode::Or(list) => list.as_slice(),
                FilterNode::Not(child) => std::slice::from_ref(child),
                FilterNode::Present(_) | FilterNode::Compare(_) | FilterNode::Uid(_) => &[],
            };
            let mut depth = 1;
            for child in children {
                let below = depths.get(*child as usize).ok_or_else(|| refuse("the filter is malformed"))?;
                depth = depth.max(below + 1);
            }
            if depth > MAX_DEPTH {
                return Err(refuse("the filter is nested too deeply"));
            }
            depths.push(depth);
        }
        let root = nodes.last().ok_or_else(|| refuse("the filter is empty"))?;
        Ok(Self { nodes, root })
    }

    /// The root of this sub-tree.
    pub fn node(self) -> Node<'a> {
        match self.root {
            FilterNode::And(list) => Node::And(Children { nodes: self.nodes, list }),
            FilterNode::Or(list) => Node::Or(Children { nodes: self.nodes, list }),
            // `new` checked every index, so a missing child cannot be; itself would be one too many.
            FilterNode::Not(child) => {
                Node::Not(Self { nodes: self.nodes, root: self.nodes.get(*child as usize).unwrap_or(self.root) })
            }
            FilterNode::Present(attribute) => Node::Present(attribute),
            FilterNode::Compare(comparison) => Node::Compare(comparison),
            FilterNode::Uid(uid) => Node::Uid(uid),
        }
    }

    /// Names of all attributes that the tree compares or asks for, with repetitions.
    pub fn attributes(self) -> impl Iterator<Item = &'a str> {
        self.nodes.iter().filter_map(|node| match node {
            FilterNode::Present(attribute) => Some(attribute.as_str()),
            FilterNode::Compare(comparison) => Some(comparison.attribute.as_str()),
            FilterNode::And(_) | FilterNode::Or(_) | FilterNode::Not(_) | FilterNode::Uid(_) => None,
        })
    }

    /// Computes a value bottom-up: `f` gets each node and the values of its children.
    pub fn fold<T>(self, f: &mut impl FnMut(Node<'a>, Vec<T>) -> Result<T, Error>) -> Result<T, Error> {
        let node = self.node();
        let children = match node {
            Node::And(children) | Node::Or(children) => {
                children.iter().map(|child| child.fold(f)).collect::<Result<Vec<T>, Error>>()?
            }
            Node::Not(child) => vec![child.fold(f)?],
            Node::Present(_) | Node::Compare(_) | Node::Uid(_) => Vec::new(),
        };
        f(node, children)
    }
}

/// Children of an `and` or `or`.
#[derive(Debug, Clone, Copy)]
pub struct Children<'a> {
    nodes: &'a [FilterNode],
    list: &'a [u32],
}

impl<'a> Children<'a> {
    /// The children in order.
    pub fn iter(self) -> impl Iterator<Item = Tree<'a>> {
        self.list.iter().filter_map(move |index| {
            let root = self.nodes.get(*index as usize)?;
            Some(Tree { nodes: self.nodes, root })
        })
    }

    /// How many there are.
    pub fn len(self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.list.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(nodes: Vec<FilterNode>, expected: Result<&str, &str>) {
        let rendered = Tree::new(&nodes).and_then(|tree| {
            tree.fold(&mut |node, children: Vec<String>| {
                Ok(match node {
                    Node::And(_) => format!("({})", children.join(" and ")),
                    Node::Or(_) => format!("({})", children.join(" or ")),
                    Node::Not(_) => format!("not {}", children.join("")),
                    Node::Present(attribute) => format!("{attribute} pr"),
                    Node::Compare(comparison) => format!("{} cmp", comparison.attribute),
                    Node::Uid(uid) => format!("uid {uid}"),
                })
            })
        });
        assert_eq!(rendered.as_deref().map_err(|error| error.message.as_str()), expected);
    }

    #[test]
    fn folds_from_the_leaves_to_the_root() {
        let present = |name: &str| FilterNode::Present(name.into());
        check(vec![present("a")], Ok("a pr"));
        check(
            vec![present("a"), FilterNode::Uid("7".into()), FilterNode::Not(1), FilterNode::And(vec![0, 2])],
            Ok("(a pr and not uid 7)"),
        );
    }

    #[test]
    fn refuses_what_is_no_tree() {
        check(Vec::new(), Err("the filter is empty"));
        check(vec![FilterNode::Not(0)], Err("the filter is malformed"));
        check(vec![FilterNode::And(vec![1]), FilterNode::Present("a".into())], Err("the filter is malformed"));
    }

    #[test]
    fn refuses_what_is_too_large_or_too_deep() {
        let wide = vec![FilterNode::Present("a".into()); MAX_NODES + 1];
        check(wide, Err("the filter has too many terms"));
        let mut deep = vec![FilterNode::Present("a".into())];
        deep.extend((0..MAX_DEPTH as u32).map(FilterNode::Not));
        check(deep, Err("the filter is nested too deeply"));
    }
}
