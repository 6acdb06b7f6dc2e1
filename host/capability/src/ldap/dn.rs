//! Distinguished names (RFC 4514): read before they pass, written from parts, compared.

mod parse;
mod write;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

pub(super) use parse::is_type;
use parse::{Piece, Value};
pub(super) use write::malformed;
pub(crate) use write::{compose, rdn};

/// Why a text is no distinguished name. Shows nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{reason} at byte {at}")]
pub struct DnError {
    /// What is wrong.
    pub reason: &'static str,
    /// Where, counted from 0.
    pub at: usize,
}

/// A distinguished name: text that parses, and what it is compared by.
///
/// Two are equal when they name the same entry as far as that can be said without a
/// schema: letter case of types and values, spaces at the ends, runs of spaces, ways of
/// escaping and the order of an RDN's parts are not told apart. Other names for a type
/// (`2.5.4.3`, `commonName`) and the `#` form are: who uses those is denied rather than
/// guessed at.
#[derive(Clone)]
pub struct Dn {
    text: String,
    /// Types and values folded, with `,` and `+` only where parts end.
    key: String,
    /// Where the first RDN ends in `text`.
    leaf: usize,
}

impl Dn {
    /// Longest name that is read, in bytes.
    pub const MAX_BYTES: usize = 8192;

    /// Reads a name. The empty one is that of the root.
    ///
    /// Refused are the quoted form and `;` of RFC 1779, and Active Directory's `<GUID=...>`
    /// and `<SID=...>`: nobody can tell what they are below of. The root of all is the
    /// empty name.
    pub fn parse(text: impl Into<String>) -> Result<Self, DnError> {
        let text = text.into();
        let mut key = Key { text: String::with_capacity(text.len() + 8), rdn: 0, parts: 0 };
        let mut leaf = None;
        parse::parse(&text, &mut |piece| match piece {
            Piece::Part { attribute, value } => key.part(attribute, value),
            Piece::End(at) => {
                leaf.get_or_insert(at);
                key.end();
            }
        })?;
        let leaf = leaf.unwrap_or(text.len());
        Ok(Self { key: key.text, leaf, text })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The same, for keeps.
    pub fn into_text(self) -> String {
        self.text
    }

    /// Whether it is `base`, or below it.
    pub fn is_within(&self, base: &Self) -> bool {
        self.key == base.key || self.is_below(base)
    }

    /// Whether it is below `base`, at any depth.
    pub fn is_below(&self, base: &Self) -> bool {
        let above = self.key.strip_suffix(base.key.as_str()).unwrap_or_default();
        if base.key.is_empty() { !self.key.is_empty() } else { above.ends_with(',') }
    }

    /// Text of the name above it; empty for a name of one part.
    pub fn parent(&self) -> &str {
        self.text.get(self.leaf..).and_then(|rest| rest.strip_prefix(',')).unwrap_or_default().trim_start_matches(' ')
    }

    /// Attribute types of its first RDN, in lower case.
    pub fn leaf_types(&self) -> impl Iterator<Item = &str> {
        let leaf = self.key.split(',').next().unwrap_or_default();
        leaf.split('+').filter_map(|part| part.split_once('=')).map(|(attribute, _)| attribute)
    }

    /// Whether the text `dn` of an entry is within this name, seen without parsing it. True
    /// is true; false only says that it has to be parsed.
    pub(crate) fn plainly_holds(&self, dn: &str) -> bool {
        let (name, base) = (dn.as_bytes(), self.text.as_bytes());
        let Some((above, same)) = name.len().checked_sub(base.len()).and_then(|at| name.split_at_checked(at)) else {
            return false;
        };
        // A comma after a backslash may be part of a value.
        let parted = match above {
            [] | [.., b'\\', b','] => above.is_empty(),
            [.., last] => *last == b',',
        };
        !base.is_empty() && parted && same.eq_ignore_ascii_case(base)
    }
}

impl FromStr for Dn {
    type Err = DnError;

    fn from_str(text: &str) -> Result<Self, DnError> {
        Self::parse(text)
    }
}

impl PartialEq for Dn {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Dn {}

impl Hash for Dn {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

impl fmt::Display for Dn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Dn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dn({:?})", self.text)
    }
}

/// The text that names are compared by, as it grows.
struct Key {
    text: String,
    /// Where the RDN under way begins.
    rdn: usize,
    /// Its parts so far.
    parts: usize,
}

impl Key {
    fn part(&mut self, attribute: &str, value: Value<'_>) {
        if self.parts > 0 {
            self.text.push('+');
        } else if !self.text.is_empty() {
            self.text.push(',');
            self.rdn = self.text.len();
        }
        self.parts += 1;
        self.text.extend(attribute.chars().map(|c| c.to_ascii_lowercase()));
        self.text.push('=');
        match value {
            Value::Hex(digits) => {
                self.text.push('#');
                self.text.extend(digits.chars().map(|c| c.to_ascii_lowercase()));
            }
            Value::Bytes(bytes) => match std::str::from_utf8(&bytes) {
                Ok(text) => self.fold(text),
                // No UTF-8, so no letters: each byte counts.
                Err(_) => bytes.iter().for_each(|byte| write::hex(&mut self.text, *byte)),
            },
        }
    }

    /// A value without letter case, and with single spaces between words.
    fn fold(&mut self, value: &str) {
        for (place, word) in value.split(' ').filter(|word| !word.is_empty()).enumerate() {
            if place > 0 {
                self.text.push(' ');
            }
            for (index, c) in word.char_indices() {
                match c {
                    ',' | '+' | '\\' => write::hex_char(&mut self.text, c),
                    // Else it would look like the other form.
                    '#' if place == 0 && index == 0 => write::hex_char(&mut self.text, c),
                    c if c.is_ascii() => self.text.push(c.to_ascii_lowercase()),
                    c => self.text.extend(c.to_lowercase()),
                }
            }
        }
    }

    fn end(&mut self) {
        if self.parts > 1 {
            let rdn = self.text.split_off(self.rdn);
            let mut parts: Vec<&str> = rdn.split('+').collect();
            parts.sort_unstable();
            self.text.push_str(&parts.join("+"));
        }
        self.parts = 0;
    }
}

#[cfg(test)]
mod tests;
