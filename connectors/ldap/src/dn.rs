//! Distinguished names that servers and operators wrote (RFC 4514), for comparing and for
//! finding parents. Names that are to be created are made of parts, and the host escapes
//! them.
//!
//! Reading is lenient where old servers are: spaces around separators, `;` for `,`, values
//! in quotes, `OID.` before object identifiers. Any text comes to an end in time that grows
//! with its length alone.

mod read;

use std::fmt::{self, Display, Formatter, Write as _};

pub use read::DnProblem;
pub(crate) use read::pair;

/// One attribute and value of a relative distinguished name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ava {
    /// The attribute's name or object identifier, as written.
    pub attribute: String,
    /// The value without its escapes. One that was written as `#` and hexadecimal digits is
    /// what the BER element holds.
    pub value: Vec<u8>,
}

/// A relative distinguished name: mostly one attribute and value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelativeName {
    /// At least one.
    pub parts: Vec<Ava>,
}

/// A distinguished name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dn {
    /// The leaf first; empty for the root.
    pub parts: Vec<RelativeName>,
}

/// Second names of attributes that names are made of, and their object identifiers.
const ALIASES: [(&str, &[&str]); 11] = [
    ("c", &["countryname", "2.5.4.6"]),
    ("cn", &["commonname", "2.5.4.3"]),
    ("dc", &["domaincomponent", "0.9.2342.19200300.100.1.25"]),
    ("l", &["localityname", "2.5.4.7"]),
    ("o", &["organizationname", "2.5.4.10"]),
    ("ou", &["organizationalunitname", "2.5.4.11"]),
    ("serialnumber", &["2.5.4.5"]),
    ("sn", &["surname", "2.5.4.4"]),
    ("st", &["stateorprovincename", "2.5.4.8"]),
    ("street", &["streetaddress", "2.5.4.9"]),
    ("uid", &["userid", "0.9.2342.19200300.100.1.1"]),
];

impl Dn {
    /// Reads a name; the empty text is the root.
    pub fn parse(text: &str) -> Result<Self, DnProblem> {
        read::name(text)
    }

    /// A text that names the same entry however it is written: for comparing, and as the key
    /// of a map. Letters are compared without case and runs of spaces count as one, as the
    /// attributes that names are made of nearly always have it.
    pub fn key(&self) -> String {
        self.keys().join(",")
    }

    /// The keys of its parts, the leaf first: the name is at or below another whose keys these
    /// end with.
    pub fn keys(&self) -> Vec<String> {
        self.parts.iter().map(RelativeName::key).collect()
    }

    /// The first part; none of the root.
    pub fn leaf(&self) -> Option<&RelativeName> {
        self.parts.first()
    }

    /// The name without its first part; none of the root.
    pub fn parent(&self) -> Option<Self> {
        let (_, rest) = self.parts.split_first()?;
        Some(Self { parts: rest.to_vec() })
    }

    /// Whether it is somewhere below the other, and not the other itself.
    pub fn is_below(&self, other: &Self) -> bool {
        self.parts.len() > other.parts.len() && self.is_at_or_below(other)
    }

    /// Whether it is the other, or somewhere below.
    pub fn is_at_or_below(&self, other: &Self) -> bool {
        let Some(above) = self.parts.len().checked_sub(other.parts.len()) else { return false };
        let own = self.parts.iter().skip(above).map(RelativeName::key);
        own.eq(other.parts.iter().map(RelativeName::key))
    }
}

impl RelativeName {
    /// A text that is the same however the part is written.
    pub fn key(&self) -> String {
        let key = |part: &Ava| Ava { attribute: short(&part.attribute), value: fold(&part.value) }.to_string();
        // A list of members is a hundred thousand names, nearly all with one part at a time.
        if let [part] = self.parts.as_slice() {
            return key(part);
        }
        let mut parts: Vec<String> = self.parts.iter().map(key).collect();
        parts.sort_unstable();
        parts.join("+")
    }
}

impl Display for Dn {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (place, part) in self.parts.iter().enumerate() {
            write!(f, "{}{part}", if place > 0 { "," } else { "" })?;
        }
        Ok(())
    }
}

impl Display for RelativeName {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (place, part) in self.parts.iter().enumerate() {
            write!(f, "{}{part}", if place > 0 { "+" } else { "" })?;
        }
        Ok(())
    }
}

impl Display for Ava {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.attribute)?;
        f.write_char('=')?;
        if let Some(text) = plain(&self.value) {
            return f.write_str(text);
        }
        for (chunk, first, last) in ends(self.value.utf8_chunks()) {
            let mut characters = chunk.valid().char_indices().peekable();
            while let Some((place, character)) = characters.next() {
                let at_start = first && place == 0;
                let at_end = last && chunk.invalid().is_empty() && characters.peek().is_none();
                match character {
                    '"' | '+' | ',' | ';' | '<' | '>' | '\\' => write!(f, "\\{character}")?,
                    ' ' if at_start || at_end => f.write_str("\\ ")?,
                    '#' if at_start => f.write_str("\\#")?,
                    '\0'..='\x1f' | '\x7f' => write!(f, "\\{:02X}", u32::from(character))?,
                    _ => f.write_char(character)?,
                }
            }
            for byte in chunk.invalid() {
                write!(f, "\\{byte:02X}")?;
            }
        }
        Ok(())
    }
}

/// A value that needs no escapes, as text.
fn plain(value: &[u8]) -> Option<&str> {
    let special = |byte: &u8| matches!(byte, b'"' | b'+' | b',' | b';' | b'<' | b'>' | b'\\' | 0..=0x1f | 0x7f);
    let ends = value.starts_with(b" ") || value.starts_with(b"#") || value.ends_with(b" ");
    str::from_utf8(value).ok().filter(|_| !ends && !value.iter().any(special))
}

/// Each item, whether it is the first, and whether it is the last.
fn ends<T>(items: impl Iterator<Item = T>) -> impl Iterator<Item = (T, bool, bool)> {
    let mut items = items.peekable();
    let mut first = true;
    std::iter::from_fn(move || {
        let item = items.next()?;
        Some((item, std::mem::take(&mut first), items.peek().is_none()))
    })
}

/// Whether two names are of one attribute that names are made of.
pub fn is_of_one(attribute: &str, other: &str) -> bool {
    short(attribute) == short(other)
}

/// The name that an attribute mostly has in names, in lower case.
fn short(attribute: &str) -> String {
    let is = |other: &str| other.eq_ignore_ascii_case(attribute);
    let known = ALIASES.iter().find(|(_, others)| others.iter().any(|other| is(other)));
    known.map_or_else(|| attribute.to_ascii_lowercase(), |(name, _)| (*name).to_owned())
}

/// Text in lower case, without spaces at its ends and with single ones in it; other bytes as
/// they are.
fn fold(value: &[u8]) -> Vec<u8> {
    let Ok(text) = str::from_utf8(value) else { return value.to_vec() };
    let mut folded = String::with_capacity(text.len());
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        if !folded.is_empty() {
            folded.push(' ');
        }
        if word.is_ascii() {
            folded.extend(word.chars().map(|character| character.to_ascii_lowercase()));
        } else {
            folded.push_str(&word.to_lowercase());
        }
    }
    folded.into_bytes()
}

/// [`Dn::key`] of a text. What is no name stands for itself, in lower case.
pub fn key(text: &str) -> String {
    Dn::parse(text).map_or_else(|_| text.to_lowercase(), |dn| dn.key())
}

#[cfg(test)]
mod tests;
