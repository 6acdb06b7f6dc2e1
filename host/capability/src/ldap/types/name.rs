//! Names made of values.

/// One attribute and value of a relative distinguished name. Never escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Naming {
    /// Attribute type, without options.
    pub attribute: String,
    /// Its value.
    pub value: String,
}

/// A relative distinguished name: mostly one part; more are joined with `+`.
pub type Rdn = Vec<Naming>;

/// A distinguished name: parts, the leaf first, below one that is text already.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Name {
    /// Made of values; the host escapes them.
    pub parts: Vec<Rdn>,
    /// Text of the server's or the operator's (RFC 4514).
    pub below: String,
}
