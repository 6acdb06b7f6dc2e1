//! List requests and answers (RFC 7644 sections 3.4.2 and 3.4.3, RFC 9865).

use serde_json::{Map, Value, json};

use crate::{LIST_URN, Profile, SEARCH_URN, ScimError, path::excerpt};

/// What a list request asks for, from its query or from a `.search` body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListQuery {
    /// Text of the filter.
    pub filter: Option<String>,
    /// Paths of `attributes`; see [`crate::Projection::parse`].
    pub attributes: Vec<String>,
    /// Paths of `excludedAttributes`.
    pub excluded_attributes: Vec<String>,
    /// Path to sort by.
    pub sort_by: Option<String>,
    /// Which way to sort.
    pub sort_order: SortOrder,
    /// 1-based index of the first result.
    pub start_index: u64,
    /// At most so many results; 0 asks for the total only.
    pub count: Option<u64>,
    /// Cursor (RFC 9865); empty asks for the first page.
    pub cursor: Option<String>,
}

/// Which way to sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "the names say it")]
pub enum SortOrder {
    #[default]
    Ascending,
    Descending,
}

impl Default for ListQuery {
    fn default() -> Self {
        Self {
            filter: None,
            attributes: Vec::new(),
            excluded_attributes: Vec::new(),
            sort_by: None,
            sort_order: SortOrder::Ascending,
            start_index: 1,
            count: None,
            cursor: None,
        }
    }
}

impl ListQuery {
    /// From the decoded parameters of a query. Names have no case, unknown ones are
    /// ignored; lists may come in one parameter or in several. A parameter given twice or
    /// a value that does not fit is `invalidValue` (`invalidCount` with a cursor).
    pub fn from_query<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, ScimError> {
        let mut raw = Raw::default();
        for (name, value) in pairs {
            let Some(parameter) = Parameter::named(name) else { continue };
            match parameter {
                Parameter::Attributes => raw.attributes.extend(split(value)),
                Parameter::ExcludedAttributes => raw.excluded.extend(split(value)),
                single => raw.put(single, value.to_owned())?,
            }
        }
        raw.finish()
    }

    /// From a `.search` body.
    pub fn from_search(body: Value, profile: &Profile) -> Result<Self, ScimError> {
        let Value::Object(body) = body else {
            return Err(ScimError::invalid_syntax("The body must be a JSON object."));
        };
        let declared = crate::resource::get_ci(&body, "schemas");
        require_message(declared, SEARCH_URN, profile)?;
        let mut raw = Raw::default();
        for (name, value) in body {
            let Some(parameter) = Parameter::named(&name) else { continue };
            match (parameter, value) {
                (_, Value::Null) => {}
                (Parameter::Attributes, value) => raw.attributes.extend(strings(value, &name)?),
                (Parameter::ExcludedAttributes, value) => raw.excluded.extend(strings(value, &name)?),
                (Parameter::StartIndex | Parameter::Count, Value::Number(number)) => {
                    raw.put(parameter, number.to_string())?;
                }
                (Parameter::StartIndex | Parameter::Count, _) => {
                    return Err(ScimError::invalid_value(format!("'{name}' must be an integer.")));
                }
                (_, Value::String(text)) => raw.put(parameter, text)?,
                _ => return Err(ScimError::invalid_value(format!("'{name}' must be a string."))),
            }
        }
        raw.finish()
    }
}

/// Checks the `schemas` of a message body: it must name `urn`, or be missing where the
/// profile takes that.
pub(crate) fn require_message(declared: Option<&Value>, urn: &str, profile: &Profile) -> Result<(), ScimError> {
    let wrong = || Err(ScimError::invalid_syntax(format!("'schemas' must be a list that names '{urn}'.")));
    match declared {
        None | Some(Value::Null) if profile.optional_schemas => Ok(()),
        Some(Value::Array(items)) if items.is_empty() && profile.optional_schemas => Ok(()),
        Some(Value::Array(items)) => {
            let names = items.iter().any(|item| item.as_str().is_some_and(|item| item.eq_ignore_ascii_case(urn)));
            if names { Ok(()) } else { wrong() }
        }
        _ => wrong(),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Parameter {
    Filter,
    Attributes,
    ExcludedAttributes,
    SortBy,
    SortOrder,
    StartIndex,
    Count,
    Cursor,
}

impl Parameter {
    const ALL: [(Self, &'static str); 8] = [
        (Self::Filter, "filter"),
        (Self::Attributes, "attributes"),
        (Self::ExcludedAttributes, "excludedAttributes"),
        (Self::SortBy, "sortBy"),
        (Self::SortOrder, "sortOrder"),
        (Self::StartIndex, "startIndex"),
        (Self::Count, "count"),
        (Self::Cursor, "cursor"),
    ];

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, known)| known.eq_ignore_ascii_case(name)).map(|(parameter, _)| parameter)
    }

    fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(parameter, _)| *parameter == self).map_or("", |(_, name)| name)
    }
}

/// Parameters as text, before what they mean depends on each other.
#[derive(Default)]
struct Raw {
    single: Vec<(Parameter, String)>,
    attributes: Vec<String>,
    excluded: Vec<String>,
}

impl Raw {
    fn put(&mut self, parameter: Parameter, value: String) -> Result<(), ScimError> {
        if self.single.iter().any(|(known, _)| *known == parameter) {
            return Err(ScimError::invalid_value(format!("'{}' is given twice.", parameter.name())));
        }
        self.single.push((parameter, value));
        Ok(())
    }

    fn take(&mut self, parameter: Parameter) -> Option<String> {
        let index = self.single.iter().position(|(known, _)| *known == parameter)?;
        Some(self.single.swap_remove(index).1)
    }

    fn finish(mut self) -> Result<ListQuery, ScimError> {
        let cursor = self.take(Parameter::Cursor);
        let start_index = self.take(Parameter::StartIndex);
        let count = self.take(Parameter::Count);
        if cursor.is_some() && start_index.is_some() {
            return Err(ScimError::invalid_value("'cursor' and 'startIndex' exclude each other."));
        }
        let sort_order = match self.take(Parameter::SortOrder) {
            None => SortOrder::Ascending,
            Some(order) if order.eq_ignore_ascii_case("ascending") => SortOrder::Ascending,
            Some(order) if order.eq_ignore_ascii_case("descending") => SortOrder::Descending,
            Some(_) => return Err(ScimError::invalid_value("'sortOrder' must be ascending or descending.")),
        };
        let count = match count {
            None => None,
            Some(text) => match integer(&text) {
                Some(count) => Some(clamped(count, 0)),
                None if cursor.is_some() => return Err(ScimError::invalid_count("'count' must be an integer.")),
                None => return Err(not_an_integer("count", &text)),
            },
        };
        let start_index = match start_index {
            None => 1,
            Some(text) => clamped(integer(&text).ok_or_else(|| not_an_integer("startIndex", &text))?, 1),
        };
        Ok(ListQuery {
            filter: self.take(Parameter::Filter),
            sort_by: self.take(Parameter::SortBy).filter(|path| !path.trim().is_empty()),
            attributes: self.attributes,
            excluded_attributes: self.excluded,
            sort_order,
            start_index,
            count,
            cursor,
        })
    }
}

/// An integer of any size; what is beyond 128 bits is as good as its limit.
fn integer(text: &str) -> Option<i128> {
    let text = text.trim();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(text.parse().unwrap_or(if text.starts_with('-') { i128::MIN } else { i128::MAX }))
}

fn clamped(number: i128, least: u64) -> u64 {
    u64::try_from(number.max(0)).unwrap_or(u64::MAX).max(least)
}

fn not_an_integer(name: &str, text: &str) -> ScimError {
    ScimError::invalid_value(format!("'{name}' must be an integer, not '{}'.", excerpt(text)))
}

/// The paths of a comma-separated list.
fn split(list: &str) -> impl Iterator<Item = String> {
    list.split(',').map(str::trim).filter(|path| !path.is_empty()).map(str::to_owned)
}

fn strings(value: Value, name: &str) -> Result<Vec<String>, ScimError> {
    let wrong = || ScimError::invalid_value(format!("'{name}' must be a list of attribute paths."));
    match value {
        Value::String(list) => Ok(split(&list).collect()),
        Value::Array(items) => {
            items.into_iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
        }
        _ => Err(wrong()),
    }
}

/// An answer to a list request.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ListResponse {
    /// Number of all results, over all pages; RFC 9865 lets a page by cursor leave it out.
    pub total_results: Option<u64>,
    /// 1-based index of the first result here; none in pages by cursor.
    pub start_index: Option<u64>,
    /// Cursor of the next page, where there is one.
    pub next_cursor: Option<String>,
    /// Cursor of the page before, where it is known.
    pub previous_cursor: Option<String>,
    /// The results, rendered.
    pub resources: Vec<Value>,
}

impl ListResponse {
    /// The JSON body. `Resources` is always there, as clients choke on its absence.
    pub fn into_json(self) -> Value {
        let mut json = Map::new();
        let mut put = |key: &str, value: Value| json.insert(key.to_owned(), value);
        put("schemas", json!([LIST_URN]));
        if let Some(total) = self.total_results {
            put("totalResults", json!(total));
        }
        if let Some(index) = self.start_index {
            put("startIndex", json!(index));
        }
        put("itemsPerPage", json!(self.resources.len()));
        if let Some(cursor) = self.previous_cursor {
            put("previousCursor", Value::String(cursor));
        }
        if let Some(cursor) = self.next_cursor {
            put("nextCursor", Value::String(cursor));
        }
        put("Resources", Value::Array(self.resources));
        Value::Object(json)
    }
}

#[cfg(test)]
mod tests;
