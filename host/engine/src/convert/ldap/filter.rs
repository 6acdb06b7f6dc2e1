//! Filters, on their way from the guest. The gate checks them.

use patchbay_capability::ldap;

use crate::bindings::patchbay::ldap::client as wit;
use crate::convert::all;

/// A guest's filter.
pub(super) fn filter(nodes: Vec<wit::FilterNode>) -> ldap::Filter {
    ldap::Filter::new(all(nodes))
}

impl From<wit::FilterNode> for ldap::FilterNode {
    fn from(node: wit::FilterNode) -> Self {
        match node {
            wit::FilterNode::And(parts) => Self::And(parts),
            wit::FilterNode::Or(parts) => Self::Or(parts),
            wit::FilterNode::Not(part) => Self::Not(part),
            wit::FilterNode::Present(attribute) => Self::Present(attribute),
            wit::FilterNode::Equal(assertion) => Self::Equal(assertion.into()),
            wit::FilterNode::GreaterOrEqual(assertion) => Self::GreaterOrEqual(assertion.into()),
            wit::FilterNode::LessOrEqual(assertion) => Self::LessOrEqual(assertion.into()),
            wit::FilterNode::Substring(substring) => Self::Substring(ldap::Substring {
                attribute: substring.attribute,
                prefix: substring.prefix,
                infixes: substring.infixes,
                suffix: substring.suffix,
            }),
            wit::FilterNode::Extensible(extensible) => Self::Extensible(ldap::Extensible {
                attribute: extensible.attribute,
                rule: extensible.rule,
                dn_attributes: extensible.dn_attributes,
                value: extensible.value,
            }),
        }
    }
}

impl From<wit::Assertion> for ldap::Assertion {
    fn from(assertion: wit::Assertion) -> Self {
        Self { attribute: assertion.attribute, value: assertion.value }
    }
}
