//! Values between the contract and entries.

use patchbay_connector::{Error, Value};

use crate::fault;
use crate::plan::{Attribute, Id};

/// What to store for the values of a write. A directory has no empty texts: they are no
/// values.
pub fn encode(attribute: &Attribute, values: &[Value]) -> Result<Vec<Vec<u8>>, Error> {
    let given: Vec<&Value> =
        values.iter().filter(|value| !matches!(value, Value::Text(text) if text.is_empty())).collect();
    if !attribute.multi && given.len() > 1 {
        return Err(fault::invalid(&attribute.name, "has one value at most"));
    }
    let mut stored: Vec<Vec<u8>> = Vec::with_capacity(given.len());
    for value in given {
        let bytes = attribute.syntax.encode(value).map_err(|misfit| fault::misfit(attribute, &misfit))?;
        // The server refuses a list that has a value twice.
        if !stored.contains(&bytes) {
            stored.push(bytes);
        }
    }
    Ok(stored)
}

/// What the contract sees of a stored value; none where it means that there is none.
pub fn decode(attribute: &Attribute, bytes: &[u8]) -> Result<Option<Value>, Error> {
    attribute.syntax.decode(bytes).map_err(|_| fault::unreadable(&attribute.name))
}

/// A value as text, to make a name of.
pub fn text(value: &Value) -> Option<String> {
    match value {
        Value::Text(text)
        | Value::Decimal(text)
        | Value::Timestamp(text)
        | Value::Reference(text)
        | Value::Json(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Boolean(truth) => Some(if *truth { "TRUE" } else { "FALSE" }.to_owned()),
        Value::Binary(_) | Value::Secret(_) => None,
    }
}

impl Id {
    /// The id that an entry's attribute holds.
    pub fn uid(&self, bytes: &[u8]) -> Result<String, Error> {
        let value = self.syntax.decode(bytes).ok().flatten();
        value.as_ref().and_then(text).ok_or_else(|| fault::unreadable(&self.attribute))
    }

    /// What an entry with this id holds; none where no entry can have it.
    pub fn stored(&self, uid: &str) -> Option<Vec<u8>> {
        let typed = match self.syntax.value_type() {
            patchbay_connector::ValueType::Integer => Value::Integer(uid.parse().ok()?),
            _ => Value::Text(uid.to_owned()),
        };
        let bytes = self.syntax.encode(&typed).ok()?;
        // The server would take these digits in any case.
        if self.attribute.eq_ignore_ascii_case("nsUniqueId") && uid.chars().any(|c| c.is_ascii_uppercase()) {
            return None;
        }
        // Only the spelling that we give ourselves is an id.
        (self.uid(&bytes).ok()? == uid).then_some(bytes)
    }
}
