//! Values of clients made canonical: names in the schema's case, values of the schema's
//! types, quirks undone as far as the profile accepts them.

use std::collections::HashSet;

use base64::{
    Engine,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use jiff::{SignedDuration, civil::DateTime, fmt::temporal::Pieces, tz::Offset};
use serde_json::{Map, Number, Value};

use crate::{Attribute, Mutability, Profile, ScimError, Type, filter::is_same_number};

/// Values that one request may give to a multi-valued attribute, such as the members of a
/// group; more are status 413. What looks at each value again for each other value, and the
/// statements behind it, stay bounded whatever size of body is let in.
pub const MAX_VALUES: usize = 20_000;

/// Makes values canonical. Unassigned is [`Value::Null`], however the client wrote it.
pub(crate) struct Caster<'a> {
    pub(crate) profile: &'a Profile,
    /// Paths of sub-attributes that no schema has, collected on the way.
    pub(crate) unknown: Vec<String>,
}

impl<'a> Caster<'a> {
    pub(crate) fn new(profile: &'a Profile) -> Self {
        Self { profile, unknown: Vec::new() }
    }

    /// The whole value of `attribute`, which errors call `path`. None where the client
    /// said nothing that counts: `{}`, or only read-only sub-attributes.
    pub(crate) fn cast(&mut self, attribute: &Attribute, value: Value, path: &str) -> Result<Option<Value>, ScimError> {
        if attribute.multi_valued { self.list(attribute, value, path) } else { self.single(attribute, value, path) }
    }

    fn list(&mut self, attribute: &Attribute, value: Value, path: &str) -> Result<Option<Value>, ScimError> {
        let items = match value {
            Value::Null => return Ok(Some(Value::Null)),
            Value::Array(items) => items,
            Value::String(text) if text.is_empty() && self.profile.empty_string_removes => {
                return Ok(Some(Value::Null));
            }
            single if self.profile.single_for_array => vec![single],
            _ => return Err(wrong_type(path, "a list")),
        };
        if items.len() > MAX_VALUES {
            return Err(too_many_values(path));
        }
        let mut elements = Vec::with_capacity(items.len());
        for item in items {
            let says_nothing = is_unassigned(&item);
            match self.element(attribute, item, path, Nulls::Drop)? {
                Some(Value::Null) if !is_reference(attribute) => {}
                None if says_nothing && !is_reference(attribute) => {}
                None | Some(Value::Null) => self.refuse_unsaid(attribute, path)?,
                Some(element) => elements.push(element),
            }
        }
        drop_repeated(&mut elements);
        if elements.iter().filter(|element| is_primary(element)).count() > 1 {
            return Err(ScimError::invalid_value(format!("At most one value of '{path}' can be primary.")));
        }
        Ok(Some(if elements.is_empty() { Value::Null } else { Value::Array(elements) }))
    }

    /// What a value is that the client gave, and of which nothing is left: to pass it over
    /// would make a list shorter, or empty, that was meant to hold it.
    fn refuse_unsaid(&self, attribute: &Attribute, path: &str) -> Result<(), ScimError> {
        if !self.unknown.is_empty() && !self.profile.ignore_unknown_attributes {
            // The caller refuses those, and says their names.
            return Ok(());
        }
        Err(ScimError::invalid_value(if is_reference(attribute) {
            format!("A value of '{path}' says by neither 'value' nor '$ref' which resource it is.")
        } else {
            format!("A value of '{path}' says nothing that can be kept.")
        }))
    }

    fn single(&mut self, attribute: &Attribute, value: Value, path: &str) -> Result<Option<Value>, ScimError> {
        let value = match value {
            Value::Array(mut items) if items.len() < 2 && (items.is_empty() || self.profile.array_for_single) => {
                items.pop().unwrap_or(Value::Null)
            }
            Value::Array(_) => return Err(wrong_type(path, "a single value, not a list")),
            value => value,
        };
        let says_nothing = is_unassigned(&value);
        let element = self.element(attribute, value, path, Nulls::Keep)?;
        if element.is_none() && !says_nothing && is_reference(attribute) {
            self.refuse_unsaid(attribute, path)?;
        }
        Ok(element)
    }

    /// One value of `attribute`, whether it is the only one or an element of a list.
    pub(crate) fn element(
        &mut self,
        attribute: &Attribute,
        value: Value,
        path: &str,
        nulls: Nulls,
    ) -> Result<Option<Value>, ScimError> {
        match value {
            Value::Null => Ok(Some(Value::Null)),
            // A password is text or nothing: an empty one is no wish to have none, and a
            // number has more than one spelling.
            value if attribute.mutability == Mutability::WriteOnly && !attribute.is_complex() => match value {
                Value::String(_) => Ok(Some(value)),
                _ => Err(wrong_type(path, expected(Type::String))),
            },
            // An expression that came to nothing is no wish to have what the target takes for
            // nothing: that may be an account that is enabled.
            Value::String(text) if text.is_empty() && attribute.kind == Type::Boolean && !is_sub(attribute, path) => {
                Err(wrong_type(path, expected(Type::Boolean)))
            }
            Value::String(text) if text.is_empty() && self.profile.empty_string_removes => Ok(Some(Value::Null)),
            // As of `userName` (RFC 7643 section 4.1.1): it has to be there, and to say something.
            Value::String(text) if text.is_empty() && attribute.required => {
                Err(ScimError::invalid_value(format!("'{path}' is required and must not be empty.")))
            }
            value if attribute.is_complex() => {
                let map = self.object_of(attribute, value, path)?;
                self.object(attribute, map, path, nulls)
            }
            Value::Object(mut map) if self.profile.wrapped_simple_values && attribute.multi_valued => {
                match crate::resource::remove_ci(&mut map, "value") {
                    Some(inner) => simple(attribute.kind, inner, path, self.profile).map(Some),
                    None => Err(wrong_type(path, expected(attribute.kind))),
                }
            }
            value => simple(attribute.kind, value, path, self.profile).map(Some),
        }
    }

    /// What stands for an object of `attribute`: an object, its `value` alone, or an
    /// object as JSON inside a string.
    fn object_of(&self, attribute: &Attribute, value: Value, path: &str) -> Result<Map<String, Value>, ScimError> {
        match value {
            Value::Object(mut map) => {
                let inner = map.get("value").and_then(Value::as_str).and_then(|text| self.decoded(attribute, text));
                if let Some(decoded) = inner {
                    map.extend(decoded);
                }
                Ok(map)
            }
            Value::String(text) => match self.decoded(attribute, &text) {
                Some(map) => Ok(map),
                None if self.profile.bare_complex_values && attribute.sub_attribute("value").is_some() => {
                    Ok(Map::from_iter([("value".to_owned(), Value::String(text))]))
                }
                None => Err(wrong_type(path, "an object")),
            },
            _ => Err(wrong_type(path, "an object")),
        }
    }

    /// The object inside a string, reduced to what the attribute has; Entra writes
    /// `{"id", "value", "displayName"}` there.
    fn decoded(&self, attribute: &Attribute, text: &str) -> Option<Map<String, Value>> {
        if !self.profile.json_encoded_values || !attribute.multi_valued || !text.trim_start().starts_with('{') {
            return None;
        }
        let mut map: Map<String, Value> = serde_json::from_str(text).ok()?;
        if let Some(name) = map.remove("displayName") {
            map.entry("display").or_insert(name);
        }
        map.retain(|name, _| attribute.sub_attribute(name).is_some());
        map.get("value").is_some_and(Value::is_string).then_some(map)
    }

    fn object(
        &mut self,
        attribute: &Attribute,
        map: Map<String, Value>,
        path: &str,
        nulls: Nulls,
    ) -> Result<Option<Value>, ScimError> {
        let mut object = Map::new();
        for (name, value) in map {
            let Some(sub) = attribute.sub_attribute(&name) else {
                if !is_unassigned(&value) {
                    self.unknown.push(format!("{path}.{}", crate::path::excerpt(&name)));
                }
                continue;
            };
            let sub_path = format!("{path}.{}", sub.name);
            if sub.mutability == Mutability::ReadOnly {
                continue;
            }
            let value = match self.cast(sub, value, &sub_path)? {
                None => continue,
                // Its labels alone are no value.
                Some(Value::Null) if nulls == Nulls::Drop && sub.name == "value" && !is_reference(attribute) => {
                    return Ok(Some(Value::Null));
                }
                // A URL that the server makes itself: to unassign it means nothing.
                Some(Value::Null) if nulls == Nulls::Drop || sub.name == "$ref" => continue,
                Some(value) => value,
            };
            if object.insert(sub.name.clone(), value).is_some() {
                return Err(twice(&sub_path));
            }
        }
        Ok((!object.is_empty()).then_some(Value::Object(object)))
    }
}

/// Whether a path names `attribute` as a part of another one.
fn is_sub(attribute: &Attribute, path: &str) -> bool {
    path.strip_suffix(attribute.name.as_str()).is_some_and(|head| head.ends_with('.'))
}

/// Leaves the first of values that are the same: one more says nothing, and no attribute should
/// show a value of one type twice (RFC 7643 section 2.4).
fn drop_repeated(elements: &mut Vec<Value>) {
    let mut seen = HashSet::with_capacity(elements.len());
    let firsts: Vec<bool> = elements.iter().map(|element| seen.insert(element)).collect();
    let mut firsts = firsts.into_iter();
    elements.retain(|_| firsts.next().unwrap_or_default());
}

/// What becomes of null sub-attributes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Nulls {
    /// They unassign what was there.
    Keep,
    /// They say nothing: an element of a list has no earlier state.
    Drop,
}

/// A value of a simple type.
fn simple(kind: Type, value: Value, path: &str, profile: &Profile) -> Result<Value, ScimError> {
    let canonical = match (kind, value) {
        (_, Value::Null) => Some(Value::Null),
        (Type::Boolean, value @ Value::Bool(_)) => Some(value),
        (Type::Boolean, Value::String(text)) if profile.boolean_strings => boolean(&text).map(Value::Bool),
        (Type::Integer, Value::Number(number)) => is_integer(&number).then_some(Value::Number(number)),
        (Type::Integer, Value::String(text)) if profile.number_strings => {
            text.trim().parse::<i64>().ok().map(Value::from)
        }
        (Type::Decimal, value @ Value::Number(_)) => Some(value),
        (Type::Decimal, Value::String(text)) if profile.number_strings => {
            let number = serde_json::from_str::<Number>(text.trim()).ok();
            if number.as_ref().is_some_and(|number| !is_same_number(text.trim(), number)) {
                return Err(ScimError::invalid_value(format!("'{path}' has more digits than a number can keep.")));
            }
            number.map(Value::Number)
        }
        (Type::String | Type::Reference, value @ Value::String(_)) => Some(value),
        (Type::String, Value::Number(number)) if profile.scalars_as_strings => Some(Value::String(number.to_string())),
        (Type::DateTime, Value::String(text)) => instant(&text).is_some().then_some(Value::String(text)),
        (Type::Binary, Value::String(text)) => bytes(&text).is_some().then_some(Value::String(text)),
        _ => None,
    };
    canonical.ok_or_else(|| wrong_type(path, expected(kind)))
}

fn is_integer(number: &Number) -> bool {
    number.is_i64() || number.is_u64()
}

/// The truth value that a string stands for.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    match text {
        _ if text.eq_ignore_ascii_case("true") => Some(true),
        _ if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// The instant that an xsd:dateTime names, as date and time in UTC; without an offset it is
/// in UTC already. Up to the last moment of the year 9999, which stands for "never" in many
/// applications and is later than a `Timestamp` of the library goes.
pub fn instant(text: &str) -> Option<DateTime> {
    if !text.contains(['T', 't']) {
        return None;
    }
    let pieces = Pieces::parse(text).ok().filter(|pieces| pieces.time_zone_annotation().is_none())?;
    let local = DateTime::from_parts(pieces.date(), pieces.time()?);
    let offset = pieces.to_numeric_offset().map_or(0, Offset::seconds);
    local.checked_sub(SignedDuration::from_secs(offset.into())).ok()
}

/// The bytes of Base64 in either alphabet, padded or not.
pub(crate) fn bytes(text: &str) -> Option<Vec<u8>> {
    const CONFIG: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    const STANDARD: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::STANDARD, CONFIG);
    const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::URL_SAFE, CONFIG);
    let engine = if text.contains(['-', '_']) { URL_SAFE } else { STANDARD };
    engine.decode(text).ok()
}

/// Whether a client says "no value" so: null, `""`, `[]` or `{}`.
pub(crate) fn is_unassigned(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.iter().all(is_unassigned),
        Value::Object(map) => map.values().all(is_unassigned),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Whether the values of an attribute are references to resources.
fn is_reference(attribute: &Attribute) -> bool {
    attribute.sub_attribute("$ref").is_some()
}

/// Whether an element of a list is the primary one.
pub(crate) fn is_primary(element: &Value) -> bool {
    element.get("primary").and_then(Value::as_bool) == Some(true)
}

fn expected(kind: Type) -> &'static str {
    match kind {
        Type::String => "a string",
        Type::Boolean => "true or false",
        Type::Decimal => "a number",
        Type::Integer => "an integer",
        Type::DateTime => "a date and time such as 2026-01-31T12:00:00Z",
        Type::Binary => "a Base64 string",
        Type::Reference => "a URI in a string",
        Type::Complex => "an object",
    }
}

pub(crate) fn wrong_type(path: &str, expected: &str) -> ScimError {
    ScimError::invalid_value(format!("'{path}' must be {expected}."))
}

pub(crate) fn too_many_values(path: &str) -> ScimError {
    ScimError::too_large(format!("One request can give at most {MAX_VALUES} values to '{path}'."))
}

pub(crate) fn twice(path: &str) -> ScimError {
    ScimError::invalid_syntax(format!("'{path}' is given twice."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(instant(text).map(|at| at.to_string()).as_deref(), expected, "{text}");
    }

    #[test]
    fn instants_to_the_end_of_the_year_9999() {
        check("2026-01-31T12:00:00Z", Some("2026-01-31T12:00:00"));
        check("2026-01-31t12:00:00.5+01:30", Some("2026-01-31T10:30:00.5"));
        check("2026-01-31T23:59:59-00:01", Some("2026-02-01T00:00:59"));
        check("2026-01-31T12:00:00", Some("2026-01-31T12:00:00"));
        check("9999-12-31T23:59:59Z", Some("9999-12-31T23:59:59"));
        check("9999-12-31T23:59:59.9999999Z", Some("9999-12-31T23:59:59.9999999"));
        check("9999-12-31T23:59:59", Some("9999-12-31T23:59:59"));
        check("9999-12-31T23:59:59+14:00", Some("9999-12-31T09:59:59"));
        check("9999-12-31T23:59:59-01:00", None);
        check("10000-01-01T00:00:00Z", None);
        check("0001-01-01T00:00:00Z", Some("0001-01-01T00:00:00"));
        check("2026-02-30T00:00:00Z", None);
        check("2026-01-31", None);
        check("2026-01-31 12:00:00Z", None);
        check("2026-01-31T12:00:00+01:00[Europe/Berlin]", None);
        check("never", None);
    }
}
