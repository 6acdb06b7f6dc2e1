//! Native values: what a target's attribute can hold.

use crate::Secret;

/// One value of one attribute, in the target's terms.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Value {
    /// Unicode text.
    Text(String),
    /// A truth value.
    Boolean(bool),
    /// A 64-bit signed integer.
    Integer(i64),
    /// An exact base-10 decimal as text, e.g. `12.50`.
    Decimal(String),
    /// An RFC 3339 date-time with offset.
    Timestamp(String),
    /// Raw bytes.
    Binary(Vec<u8>),
    /// The `uid` of another object; the class is named in the schema.
    Reference(String),
    /// A nested JSON document as text.
    Json(String),
    /// A secret on its way to an attribute with the trait `secret`; never read.
    Secret(Secret),
}

/// All values of one attribute of one object. Empty means that the attribute is absent.
pub type Cell = Vec<Value>;

/// A named attribute with its values, as `create` takes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute {
    /// Native attribute name.
    pub name: String,
    /// Its values; empty is the same as leaving the attribute out.
    pub values: Cell,
}
