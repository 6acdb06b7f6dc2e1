//! Entries and their attributes.

/// An attribute description with its options (`userCertificate;binary`,
/// `member;range=0-999`), and its values as the server sends them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Name and options.
    pub name: String,
    /// Values, in the server's order.
    pub values: Vec<Vec<u8>>,
}

/// An entry, with what was read of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Distinguished name (RFC 4514); empty for the root DSE.
    pub dn: String,
    /// What was asked for and is there.
    pub attributes: Vec<Attribute>,
}

impl Attribute {
    /// Bytes it takes against a quota: its content and a small constant for each part.
    pub fn size(&self) -> usize {
        let values = self.values.iter().map(|value| value.len() + 8).fold(0, usize::saturating_add);
        values.saturating_add(self.name.len() + 16)
    }
}

impl Entry {
    /// Bytes it takes against a quota.
    pub fn size(&self) -> usize {
        let attributes = self.attributes.iter().map(Attribute::size).fold(0, usize::saturating_add);
        attributes.saturating_add(self.dn.len() + 16)
    }
}
