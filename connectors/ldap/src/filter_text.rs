//! Filters as text (RFC 4515), read into the arena of the contract: settings hold some.
//!
//! Values never get into one as text; they are put beside it with [`append`].

mod read;

use std::fmt::Write as _;

use patchbay_connector::ldap::{Filter, FilterNode};

pub use read::{FilterProblem, parse};

/// Adds the nodes of another filter behind, and returns its root's index.
pub fn append(filter: &mut Filter, other: Filter) -> u32 {
    let shift = u32::try_from(filter.len()).unwrap_or(u32::MAX);
    let moved = |list: Vec<u32>| list.into_iter().map(|child| child.saturating_add(shift)).collect();
    for node in other {
        filter.push(match node {
            FilterNode::And(list) => FilterNode::And(moved(list)),
            FilterNode::Or(list) => FilterNode::Or(moved(list)),
            FilterNode::Not(child) => FilterNode::Not(child.saturating_add(shift)),
            leaf => leaf,
        });
    }
    u32::try_from(filter.len()).unwrap_or(u32::MAX).saturating_sub(1)
}

/// Whether all that matches has this value, in whatever case, as far as the filter says so
/// outright: alone, or as one of several conditions that all have to hold.
pub fn demands(filter: &[FilterNode], attribute: &str, value: &str) -> bool {
    let is_it = |node: &FilterNode| match node {
        FilterNode::Equal(term) => {
            term.attribute.eq_ignore_ascii_case(attribute) && term.value.eq_ignore_ascii_case(value.as_bytes())
        }
        _ => false,
    };
    match filter.last() {
        Some(FilterNode::And(terms)) => {
            terms.iter().filter_map(|term| filter.get(usize::try_from(*term).ok()?)).any(is_it)
        }
        Some(node) => is_it(node),
        None => false,
    }
}

/// The filter as text, for people. Each node is written at its first parent; one that is not
/// there, or was written already, is `(?)`.
pub fn write(filter: &[FilterNode]) -> String {
    let mut texts: Vec<Option<String>> = Vec::with_capacity(filter.len());
    for node in filter {
        let mut text = String::from("(");
        match node {
            FilterNode::And(list) => children(&mut text, '&', list, &mut texts),
            FilterNode::Or(list) => children(&mut text, '|', list, &mut texts),
            FilterNode::Not(child) => children(&mut text, '!', &[*child], &mut texts),
            FilterNode::Present(attribute) => text.extend([attribute.as_str(), "=*"]),
            FilterNode::Equal(node) => assertion(&mut text, &node.attribute, "=", &node.value),
            FilterNode::GreaterOrEqual(node) => assertion(&mut text, &node.attribute, ">=", &node.value),
            FilterNode::LessOrEqual(node) => assertion(&mut text, &node.attribute, "<=", &node.value),
            FilterNode::Substring(node) => {
                assertion(&mut text, &node.attribute, "=", node.prefix.as_deref().unwrap_or_default());
                for infix in &node.infixes {
                    text.push('*');
                    value(&mut text, infix);
                }
                text.push('*');
                value(&mut text, node.suffix.as_deref().unwrap_or_default());
            }
            FilterNode::Extensible(node) => {
                text.push_str(node.attribute.as_deref().unwrap_or_default());
                text.push_str(if node.dn_attributes { ":dn" } else { "" });
                if let Some(rule) = &node.rule {
                    text.extend([":", rule]);
                }
                assertion(&mut text, "", ":=", &node.value);
            }
        }
        text.push(')');
        texts.push(Some(text));
    }
    texts.pop().flatten().unwrap_or_default()
}

fn children(text: &mut String, operator: char, list: &[u32], texts: &mut [Option<String>]) {
    text.push(operator);
    for child in list {
        let child = usize::try_from(*child).ok().and_then(|child| texts.get_mut(child)?.take());
        text.push_str(child.as_deref().unwrap_or("(?)"));
    }
}

fn assertion(text: &mut String, attribute: &str, operator: &str, bytes: &[u8]) {
    text.extend([attribute, operator]);
    value(text, bytes);
}

/// A value with `*`, parentheses, backslash, control characters and what is no UTF-8 escaped.
fn value(text: &mut String, bytes: &[u8]) {
    let escape = |text: &mut String, byte: u32| {
        // Writing to a string cannot fail.
        let _ = write!(text, "\\{byte:02x}");
    };
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '*' | '(' | ')' | '\\' | '\0'..='\x1f' | '\x7f' => escape(text, u32::from(character)),
                _ => text.push(character),
            }
        }
        for byte in chunk.invalid() {
            escape(text, u32::from(*byte));
        }
    }
}

#[cfg(test)]
mod tests;
