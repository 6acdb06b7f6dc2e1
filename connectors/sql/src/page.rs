//! Where a page ends: the sort keys and the key of its last row. Opaque to the host,
//! complete in itself, nothing is kept between pages.

use patchbay_connector::sql::Value;
use patchbay_connector::{Error, ErrorKind, Fault, Order};
use serde::{Deserialize, Serialize};

/// The last row of a page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bookmark {
    /// Guards against use with another class or order.
    query: u32,
    values: Vec<Wire>,
}

impl Bookmark {
    /// The end of a page: sort keys in order, then the key.
    pub fn new(class: &str, order: &[Order], values: Vec<Value>) -> Self {
        Self { query: fingerprint(class, order), values: values.into_iter().map(Wire::from).collect() }
    }

    /// As bytes.
    pub fn encode(&self) -> Result<Vec<u8>, Error> {
        postcard::to_allocvec(self).map_err(|error| {
            Error::fault(ErrorKind::Internal, "the page's end cannot be encoded").with_internal(error.to_string())
        })
    }

    /// Reads the end of an earlier page of the same class, in the same order, with this
    /// many values. [`ErrorKind::TokenExpired`] for anything else.
    pub fn decode(bytes: &[u8], class: &str, order: &[Order], values: usize) -> Result<Vec<Value>, Error> {
        let expired = || Error::fault(ErrorKind::TokenExpired, "the continuation does not belong to this search");
        let bookmark: Self = postcard::from_bytes(bytes).map_err(|_| expired())?;
        if bookmark.query != fingerprint(class, order) || bookmark.values.len() != values {
            return Err(expired());
        }
        Ok(bookmark.values.into_iter().map(Value::from).collect())
    }
}

/// FNV-1a over class and order: not a secret, only a guard against mistakes.
fn fingerprint(class: &str, order: &[Order]) -> u32 {
    let mut hash = 0x811c_9dc5_u32;
    let mut feed = |bytes: &[u8]| {
        for byte in bytes.iter().chain(&[0xff]) {
            hash = (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
        }
    };
    feed(class.as_bytes());
    for order in order {
        feed(order.attribute.as_bytes());
        feed(&[u8::from(order.descending)]);
    }
    hash
}

/// A database value in a bookmark.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Wire {
    Null,
    Boolean(bool),
    Integer(i64),
    Float(f64),
    Decimal(String),
    Text(String),
    Bytes(Vec<u8>),
    Date(String),
    Time(String),
    Timestamp(String),
    Uuid(u64, u64),
    Json(String),
    Other(String),
}

impl From<Value> for Wire {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Boolean(value) => Self::Boolean(value),
            Value::Integer(number) => Self::Integer(number),
            Value::Float(number) => Self::Float(number),
            Value::Decimal(text) => Self::Decimal(text),
            Value::Text(text) => Self::Text(text),
            Value::Bytes(bytes) => Self::Bytes(bytes),
            Value::Date(text) => Self::Date(text),
            Value::Time(text) => Self::Time(text),
            Value::Timestamp(text) => Self::Timestamp(text),
            Value::Uuid((high, low)) => Self::Uuid(high, low),
            Value::Json(text) => Self::Json(text),
            Value::Other(text) => Self::Other(text),
        }
    }
}

impl From<Wire> for Value {
    fn from(value: Wire) -> Self {
        match value {
            Wire::Null => Self::Null,
            Wire::Boolean(value) => Self::Boolean(value),
            Wire::Integer(number) => Self::Integer(number),
            Wire::Float(number) => Self::Float(number),
            Wire::Decimal(text) => Self::Decimal(text),
            Wire::Text(text) => Self::Text(text),
            Wire::Bytes(bytes) => Self::Bytes(bytes),
            Wire::Date(text) => Self::Date(text),
            Wire::Time(text) => Self::Time(text),
            Wire::Timestamp(text) => Self::Timestamp(text),
            Wire::Uuid(high, low) => Self::Uuid((high, low)),
            Wire::Json(text) => Self::Json(text),
            Wire::Other(text) => Self::Other(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bookmark_fits_only_its_own_search() {
        let order = [Order { attribute: "login".into(), descending: true }];
        let values = vec![Value::Text("ä".into()), Value::Null, Value::Integer(-7), Value::Uuid((1, 2))];
        let bytes = Bookmark::new("person", &order, values.clone()).encode().expect("it can be encoded");
        assert_eq!(Bookmark::decode(&bytes, "person", &order, 4), Ok(values));
        let kind = |outcome: Result<Vec<Value>, Error>| outcome.map_err(|error| error.kind);
        let expired = Err(ErrorKind::TokenExpired);
        assert_eq!(kind(Bookmark::decode(&bytes, "team", &order, 4)), expired);
        assert_eq!(kind(Bookmark::decode(&bytes, "person", &[], 4)), expired);
        assert_eq!(kind(Bookmark::decode(&bytes, "person", &order, 3)), expired);
        assert_eq!(kind(Bookmark::decode(&bytes[..5], "person", &order, 4)), expired);
        assert_eq!(kind(Bookmark::decode(b"\xff\xff\xff\xff\xff\xff", "person", &order, 4)), expired);
    }
}
