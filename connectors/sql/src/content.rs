//! Versions of objects whose table has no column for them: a hash of what the object
//! holds.
//!
//! It does not depend on what a request asks for, nor on the order in which a database
//! gives rows. What is dear to read (members of a group), what others keep (read-only
//! lists) and binary columns do not count.

use std::hash::Hasher as _;

use patchbay_connector::sql::Value;
use siphasher::sip128::{Hasher128 as _, SipHasher13};

use crate::plan::{Attribute, Native, Source};

/// The hash so far: the sum of the hashes of all values, each with its attribute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Content(u128);

impl Content {
    /// Takes in the columns of a row that belong to the attribute at `place` of its class.
    pub(crate) fn add(&mut self, place: usize, columns: &[Value]) {
        let mut hasher = SipHasher13::new();
        number(&mut hasher, place);
        for value in columns {
            write(&mut hasher, value);
        }
        self.0 = self.0.wrapping_add(hasher.finish128().as_u128());
    }

    /// The hash itself.
    pub(crate) fn digest(self) -> u128 {
        self.0
    }

    /// The version.
    pub(crate) fn revision(self) -> String {
        format!("{:032x}", self.0)
    }
}

/// Whether a change of the attribute is a change of the version.
pub(crate) fn counts(attribute: &Attribute) -> bool {
    match &attribute.source {
        Source::Multi(_) => attribute.updatable && !attribute.expensive,
        Source::Column(column) => column.native != Native::Bytes,
        Source::Reference(_) | Source::Lookup(_) => true,
    }
}

/// A number, the same on every machine: versions outlive processes.
fn number(hasher: &mut SipHasher13, number: usize) {
    hasher.write(&u64::try_from(number).unwrap_or(u64::MAX).to_le_bytes());
}

/// Kind, length and content, so that no two lists of values are written the same.
fn write(hasher: &mut SipHasher13, value: &Value) {
    let mut put = |kind: u8, content: &[u8]| {
        hasher.write(&[kind]);
        number(hasher, content.len());
        hasher.write(content);
    };
    match value {
        Value::Null => put(0, &[]),
        Value::Boolean(truth) => put(1, &[u8::from(*truth)]),
        Value::Integer(integer) => put(2, &integer.to_le_bytes()),
        Value::Float(float) => put(3, &float.to_bits().to_le_bytes()),
        Value::Decimal(text) => put(4, text.as_bytes()),
        Value::Text(text) => put(5, text.as_bytes()),
        Value::Bytes(bytes) => put(6, bytes),
        Value::Date(text) => put(7, text.as_bytes()),
        Value::Time(text) => put(8, text.as_bytes()),
        Value::Timestamp(text) => put(9, text.as_bytes()),
        Value::Uuid((high, low)) => put(10, &((u128::from(*high) << 64) | u128::from(*low)).to_le_bytes()),
        Value::Json(text) => put(11, text.as_bytes()),
        Value::Other(text) => put(12, text.as_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether two objects of these values have the same version.
    fn check(one: &[(usize, &[Value])], other: &[(usize, &[Value])], same: bool) {
        let revision = |values: &[(usize, &[Value])]| {
            let mut content = Content::default();
            values.iter().for_each(|(place, columns)| content.add(*place, columns));
            content.revision()
        };
        assert_eq!(revision(one) == revision(other), same, "{one:?} and {other:?}");
    }

    #[test]
    fn versions_tell_values_apart_and_nothing_else() {
        let text = |text: &str| Value::Text(text.to_owned());
        let (a, b) = ([text("a")], [text("b")]);
        check(&[(0, &a), (1, &b)], &[(1, &b), (0, &a)], true);
        check(&[(0, &a), (1, &b)], &[(0, &b), (1, &a)], false);
        check(&[(0, &a)], &[(0, &a), (0, &a)], false);
        check(&[(0, &[text("ab"), text("c")])], &[(0, &[text("a"), text("bc")])], false);
        check(&[(0, &[text("")])], &[(0, &[Value::Null])], false);
        check(&[(0, &[Value::Integer(1)])], &[(0, &[Value::Boolean(true)])], false);
        check(&[(0, &[text("1")])], &[(0, &[Value::Decimal("1".into())])], false);
    }

    #[test]
    fn versions_outlive_builds() {
        let mut content = Content::default();
        content.add(3, &[Value::Text("anna".into()), Value::Null]);
        assert_eq!(content.revision(), "36f727d071b39ec93d72a6d486e08a55");
    }
}
