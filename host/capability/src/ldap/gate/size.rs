//! Bytes that a call brings.

use crate::ldap::{Attribute, Call, Change, Filter, FilterNode, Name, SecretValue, Terms};

/// Bytes of names, attributes, values and filters, with a small constant for each.
pub(super) fn size(call: &Call) -> usize {
    match call {
        Call::RootDse | Call::Schema | Call::Next { .. } | Call::EndSearch => 0,
        Call::Search(request) => {
            let sort = request.sort.iter().map(|key| text(&key.attribute) + key.rule.as_deref().map_or(0, text));
            sum(sort) + text(&request.base) + filter(&request.filter) + texts(&request.attributes)
        }
        Call::Count { base, filter: condition, .. } => text(base) + filter(condition),
        Call::Add { name, attributes, secrets, terms: conditions } => {
            self::name(name)
                + sum(attributes.iter().map(Attribute::size))
                + sum(secrets.iter().map(secret))
                + terms(conditions)
        }
        Call::Modify { dn, changes, secrets, terms: conditions } => {
            let change = |change: &Change| change.attribute.size() + 8;
            text(dn) + sum(changes.iter().map(change)) + sum(secrets.iter().map(secret)) + terms(conditions)
        }
        Call::Rename { dn, new_rdn, new_parent, terms: conditions, .. } => {
            let naming = new_rdn.iter().map(|naming| text(&naming.attribute) + text(&naming.value));
            text(dn) + sum(naming) + new_parent.as_deref().map_or(0, text) + terms(conditions)
        }
        Call::Delete { dn, terms: conditions } => text(dn) + terms(conditions),
        Call::SetPassword { dn, secret } => text(dn) + text(secret.text()),
        Call::DirSync(request) => {
            let cookie = request.cookie.as_ref().map_or(0, Vec::len);
            text(&request.base) + filter(&request.filter) + texts(&request.attributes) + cookie
        }
        Call::Sync(request) => {
            let cookie = request.cookie.as_ref().map_or(0, Vec::len);
            text(&request.base) + filter(&request.filter) + texts(&request.attributes) + cookie
        }
        Call::Lock(key) => text(key),
    }
}

fn sum(sizes: impl Iterator<Item = usize>) -> usize {
    sizes.fold(0, usize::saturating_add)
}

fn text(text: &str) -> usize {
    text.len() + 8
}

fn texts(texts: &[String]) -> usize {
    sum(texts.iter().map(|one| text(one)))
}

fn bytes(bytes: &[u8]) -> usize {
    bytes.len() + 8
}

fn name(name: &Name) -> usize {
    sum(name.parts.iter().flatten().map(|naming| text(&naming.attribute) + text(&naming.value))) + text(&name.below)
}

fn secret(value: &SecretValue) -> usize {
    text(&value.attribute) + text(value.secret.text())
}

fn terms(terms: &Terms) -> usize {
    terms.assertion.as_ref().map_or(0, filter) + texts(&terms.read_back)
}

fn filter(filter: &Filter) -> usize {
    sum(filter.nodes().iter().map(node))
}

fn node(node: &FilterNode) -> usize {
    let content = match node {
        FilterNode::And(children) | FilterNode::Or(children) => children.len() * 4,
        FilterNode::Not(_) => 4,
        FilterNode::Present(attribute) => attribute.len(),
        FilterNode::Equal(assertion) | FilterNode::GreaterOrEqual(assertion) | FilterNode::LessOrEqual(assertion) => {
            text(&assertion.attribute) + bytes(&assertion.value)
        }
        FilterNode::Substring(substring) => {
            let pieces = substring.prefix.iter().chain(&substring.infixes).chain(&substring.suffix);
            text(&substring.attribute) + sum(pieces.map(|piece| bytes(piece)))
        }
        FilterNode::Extensible(extensible) => {
            let names = extensible.attribute.iter().chain(&extensible.rule);
            sum(names.map(|name| text(name))) + bytes(&extensible.value)
        }
    };
    content + 16
}
