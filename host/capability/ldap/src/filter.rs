//! Filters as BER (RFC 4511 section 4.5.1.7). Values go as they are: nothing is escaped, so
//! nothing can be escaped wrongly.

use patchbay_capability::ldap::{Assertion, Error, Extensible, Failure, Filter, FilterNode, Substring};

use crate::ber::{Writer, tag};

/// Matches every entry, on every server.
const ANYTHING: &[u8] = b"objectClass";

/// Writes `filter`. Servers that do not know `(&)` and `(|)` (RFC 4526) get what means the
/// same.
pub(crate) fn write(filter: &Filter, knows_constants: bool, out: &mut Writer) -> Result<(), Error> {
    let root = filter.root().ok_or_else(invalid)?;
    Writing { filter, knows_constants }.node(root, 0, out)
}

/// `(objectClass=*)`.
pub(crate) fn anything(out: &mut Writer) {
    out.put(tag::primitive(7), ANYTHING);
}

struct Writing<'a> {
    filter: &'a Filter,
    knows_constants: bool,
}

impl Writing<'_> {
    fn node(&self, node: &FilterNode, depth: usize, out: &mut Writer) -> Result<(), Error> {
        if depth > Filter::MAX_DEPTH {
            return Err(invalid());
        }
        match node {
            FilterNode::And(children) if children.is_empty() && !self.knows_constants => anything(out),
            FilterNode::Or(children) if children.is_empty() && !self.knows_constants => {
                out.nest(tag::constructed(2), anything);
            }
            FilterNode::And(children) => return self.children(tag::constructed(0), children, depth, out),
            FilterNode::Or(children) => return self.children(tag::constructed(1), children, depth, out),
            FilterNode::Not(child) => return self.children(tag::constructed(2), &[*child], depth, out),
            FilterNode::Present(attribute) => out.put(tag::primitive(7), attribute.as_bytes()),
            FilterNode::Equal(assertion) => compare(tag::constructed(3), assertion, out),
            FilterNode::GreaterOrEqual(assertion) => compare(tag::constructed(5), assertion, out),
            FilterNode::LessOrEqual(assertion) => compare(tag::constructed(6), assertion, out),
            FilterNode::Substring(substring) => substrings(substring, out),
            FilterNode::Extensible(extensible) => by_rule(extensible, out),
        }
        Ok(())
    }

    fn children(&self, tag: u8, children: &[u32], depth: usize, out: &mut Writer) -> Result<(), Error> {
        out.nest(tag, |out| {
            children.iter().try_for_each(|child| {
                let node = self.filter.node(*child).ok_or_else(invalid)?;
                self.node(node, depth + 1, out)
            })
        })
    }
}

fn compare(tag: u8, Assertion { attribute, value }: &Assertion, out: &mut Writer) {
    out.nest(tag, |out| {
        out.octets(attribute);
        out.octets(value);
    });
}

fn substrings(Substring { attribute, prefix, infixes, suffix }: &Substring, out: &mut Writer) {
    out.nest(tag::constructed(4), |out| {
        out.octets(attribute);
        out.nest(tag::SEQUENCE, |out| {
            let mut put = |number, value: &Vec<u8>| out.put(tag::primitive(number), value);
            prefix.iter().for_each(|value| put(0, value));
            infixes.iter().for_each(|value| put(1, value));
            suffix.iter().for_each(|value| put(2, value));
        });
    });
}

fn by_rule(Extensible { attribute, rule, dn_attributes, value }: &Extensible, out: &mut Writer) {
    out.nest(tag::constructed(9), |out| {
        rule.iter().for_each(|rule| out.put(tag::primitive(1), rule.as_bytes()));
        attribute.iter().for_each(|attribute| out.put(tag::primitive(2), attribute.as_bytes()));
        out.put(tag::primitive(3), value);
        if *dn_attributes {
            out.flag(tag::primitive(4), true);
        }
    });
}

fn invalid() -> Error {
    Error::new(Failure::InvalidRequest, "the filter is no tree")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(nodes: Vec<FilterNode>, knows_constants: bool, expected: &[u8]) {
        let mut out = Writer::default();
        write(&Filter::new(nodes), knows_constants, &mut out).unwrap();
        assert_eq!(out.into_vec(), expected);
    }

    fn equal(value: &[u8]) -> FilterNode {
        FilterNode::Equal(Assertion { attribute: "a".into(), value: value.into() })
    }

    #[test]
    fn each_kind_on_the_wire() {
        check(vec![FilterNode::Present("cn".into())], true, b"\x87\x02cn");
        // Nothing in a value means anything.
        check(vec![equal(b"*)(\\\0\xff")], true, b"\xa3\x0b\x04\x01a\x04\x06*)(\\\0\xff");
        check(
            vec![FilterNode::GreaterOrEqual(Assertion { attribute: "a".into(), value: b"1".into() })],
            true,
            b"\xa5\x06\x04\x01a\x04\x011",
        );
        check(
            vec![FilterNode::LessOrEqual(Assertion { attribute: "a".into(), value: b"1".into() })],
            true,
            b"\xa6\x06\x04\x01a\x04\x011",
        );
        let substring = Substring {
            attribute: "a".into(),
            prefix: Some(b"x".into()),
            infixes: vec![b"*".into(), b"y".into()],
            suffix: Some(b"z".into()),
        };
        check(
            vec![FilterNode::Substring(substring)],
            true,
            b"\xa4\x11\x04\x01a\x30\x0c\x80\x01x\x81\x01*\x81\x01y\x82\x01z",
        );
        let extensible = Extensible {
            attribute: Some("a".into()),
            rule: Some("1.2".into()),
            dn_attributes: true,
            value: b"2".into(),
        };
        check(vec![FilterNode::Extensible(extensible)], true, b"\xa9\x0e\x81\x031.2\x82\x01a\x83\x012\x84\x01\xff");
        let tree = vec![equal(b"1"), equal(b"2"), FilterNode::Or(vec![0, 1]), FilterNode::Not(2)];
        check(tree, true, b"\xa2\x12\xa1\x10\xa3\x06\x04\x01a\x04\x011\xa3\x06\x04\x01a\x04\x012");
    }

    #[test]
    fn true_and_false_for_servers_that_know_them_and_those_that_do_not() {
        check(vec![FilterNode::And(vec![])], true, b"\xa0\x00");
        check(vec![FilterNode::Or(vec![])], true, b"\xa1\x00");
        check(vec![FilterNode::And(vec![])], false, b"\x87\x0bobjectClass");
        check(vec![FilterNode::Or(vec![])], false, b"\xa2\x0d\x87\x0bobjectClass");
    }

    #[test]
    fn what_is_no_tree_is_refused() {
        for nodes in [vec![], vec![FilterNode::Not(1)], vec![FilterNode::And(vec![0])]] {
            assert!(write(&Filter::new(nodes), true, &mut Writer::default()).is_err());
        }
    }
}
