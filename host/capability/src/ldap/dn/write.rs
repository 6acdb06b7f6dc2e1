//! Parts to RFC 4514 text.

use super::parse::is_type;
use super::{Dn, DnError};
use crate::ldap::{Error, Failure, Name, Naming};

/// The name that `name` stands for. What is a value stays one, whatever it holds.
pub(crate) fn compose(name: &Name) -> Result<Dn, Error> {
    let value = |naming: &Naming| naming.attribute.len() + naming.value.len() + 8;
    let length: usize = name.parts.iter().flatten().map(value).sum();
    let mut text = String::with_capacity(length + name.below.len());
    for (place, part) in name.parts.iter().enumerate() {
        if place > 0 {
            text.push(',');
        }
        push_rdn(&mut text, part)?;
    }
    if !name.parts.is_empty() && !name.below.is_empty() {
        text.push(',');
    }
    text.push_str(&name.below);
    Dn::parse(text).map_err(|error| malformed("the name", error))
}

/// The text of a relative name.
pub(crate) fn rdn(parts: &[Naming]) -> Result<String, Error> {
    let mut text = String::new();
    push_rdn(&mut text, parts)?;
    Ok(text)
}

/// The error for a text that is no name; `what` says which.
pub(crate) fn malformed(what: &str, error: DnError) -> Error {
    Error::new(Failure::InvalidRequest, format!("{what} is no distinguished name: {error}"))
}

fn push_rdn(text: &mut String, parts: &[Naming]) -> Result<(), Error> {
    if parts.is_empty() {
        return Err(Error::new(Failure::InvalidRequest, "a part of the name has no attribute"));
    }
    for (place, Naming { attribute, value }) in parts.iter().enumerate() {
        let refuse = |message: String| {
            Err(Error { attribute: Some(attribute.clone()), ..Error::new(Failure::InvalidRequest, message) })
        };
        if !is_type(attribute) {
            return refuse(format!("{attribute:?} names no attribute a name can be made of"));
        }
        if value.is_empty() {
            return refuse(format!("{attribute} is part of the name and has no value"));
        }
        if place > 0 {
            text.push('+');
        }
        text.push_str(attribute);
        text.push('=');
        push_value(text, value);
    }
    Ok(())
}

/// A value with its escapes (RFC 4514 section 2.4). The equals sign and control characters
/// need none and get one all the same: there are parsers that want the first, and readers
/// of logs who want the second.
fn push_value(text: &mut String, value: &str) {
    let last = value.len().saturating_sub(1);
    for (index, c) in value.char_indices() {
        match c {
            ' ' if index == 0 || index == last => text.push_str("\\ "),
            '#' if index == 0 => text.push_str("\\#"),
            ',' | '+' | '"' | '\\' | '<' | '>' | ';' | '=' => {
                text.push('\\');
                text.push(c);
            }
            c if c.is_ascii_control() => hex_char(text, c),
            c => text.push(c),
        }
    }
}

/// An ASCII character as an escaped pair of digits.
pub(super) fn hex_char(text: &mut String, c: char) {
    hex(text, u8::try_from(c).unwrap_or_default());
}

/// A byte as an escaped pair of digits.
pub(super) fn hex(text: &mut String, byte: u8) {
    text.push('\\');
    for digit in [byte >> 4, byte & 15] {
        text.push(char::from_digit(u32::from(digit), 16).unwrap_or_default());
    }
}
