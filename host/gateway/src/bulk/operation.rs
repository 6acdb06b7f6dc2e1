//! The operations of a bulk request, as its body has them (RFC 7644 section 3.7).

use std::collections::HashSet;

use patchbay_scim::{Profile, ScimError};
use serde_json::Value as Json;

use super::reference::{references, referred};
use super::{MAX_OPERATIONS, REQUEST};
use crate::message::Method;

/// One operation of the request.
#[derive(Debug, Clone)]
pub(super) struct Operation {
    /// bulkIds that the path and the data refer to, each once.
    pub(super) refers_to: HashSet<String>,
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) bulk_id: Option<String>,
    pub(super) version: Option<String>,
    pub(super) data: Option<Json>,
}

impl Operation {
    /// Finds out what path and data refer to.
    pub(super) fn note_references(&mut self) {
        self.refers_to.clear();
        let in_path = self.path.rsplit('/').next().and_then(referred);
        self.refers_to.extend(in_path.map(str::to_owned));
        if let Some(data) = &self.data {
            references(data, &mut self.refers_to);
        }
    }
}

/// The operations, and after how many errors to stop.
///
/// # Errors
/// invalidSyntax naming the operation and its member; 413 for too many.
pub(super) fn parse(body: Json, profile: &Profile) -> Result<(Vec<Operation>, Option<u64>), ScimError> {
    let Json::Object(mut body) = body else {
        return Err(ScimError::invalid_syntax("the body must be a JSON object"));
    };
    let mut take = |name: &str| patchbay_scim::resource::remove_ci(&mut body, name).filter(|v| !v.is_null());
    let declared = take("schemas");
    let names = |v: &Json| {
        v.as_array().is_some_and(|a| a.iter().any(|u| u.as_str().is_some_and(|u| u.eq_ignore_ascii_case(REQUEST))))
    };
    if !declared.as_ref().map_or(profile.optional_schemas, names) {
        return Err(ScimError::invalid_syntax(format!("schemas: must name '{REQUEST}'")));
    }
    let fail_on_errors = match take("failOnErrors") {
        None => None,
        Some(value) => Some(
            value.as_u64().ok_or_else(|| ScimError::invalid_value("failOnErrors: the value is not a whole number"))?,
        )
        .filter(|n| *n > 0),
    };
    let Some(Json::Array(operations)) = take("Operations") else {
        return Err(ScimError::invalid_syntax("Operations: must be a list"));
    };
    if operations.len() > MAX_OPERATIONS {
        return Err(ScimError::too_large(format!("Operations: there are more than {MAX_OPERATIONS}")));
    }
    let mut parsed: Vec<Operation> = Vec::with_capacity(operations.len());
    let mut bulk_ids = HashSet::new();
    for (index, operation) in operations.into_iter().enumerate() {
        let operation =
            one(operation).map_err(|message| ScimError::invalid_syntax(format!("Operations[{index}].{message}")))?;
        if operation.bulk_id.as_ref().is_some_and(|id| !bulk_ids.insert(id.clone())) {
            return Err(ScimError::invalid_syntax(format!("Operations[{index}].bulkId: is given twice")));
        }
        parsed.push(operation);
    }
    Ok((parsed, fail_on_errors))
}

fn one(operation: Json) -> Result<Operation, &'static str> {
    let Json::Object(mut members) = operation else { return Err("method: the operation is not an object") };
    let mut take = |name: &str| patchbay_scim::resource::remove_ci(&mut members, name).filter(|v| !v.is_null());
    let text = |value: Option<Json>, message| match value {
        None => Ok(None),
        Some(Json::String(text)) => Ok(Some(text)),
        Some(_) => Err(message),
    };
    let method = match text(take("method"), "method: must be a string")?.map(|m| m.to_ascii_uppercase()).as_deref() {
        Some("POST") => Method::Post,
        Some("PUT") => Method::Put,
        Some("PATCH") => Method::Patch,
        Some("DELETE") => Method::Delete,
        _ => return Err("method: must be POST, PUT, PATCH or DELETE"),
    };
    let bulk_id = text(take("bulkId"), "bulkId: must be a string")?;
    if method == Method::Post && bulk_id.as_deref().is_none_or(str::is_empty) {
        return Err("bulkId: is required with POST");
    }
    let path = text(take("path"), "path: must be a string")?.ok_or("path: is required")?;
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let fits = match (segments.as_slice(), method) {
        ([endpoint], Method::Post) => !endpoint.eq_ignore_ascii_case("bulk") && *endpoint != ".search",
        // What the client stands for has a path of its own (RFC 7644 section 3.11).
        (["Me"], Method::Put | Method::Patch | Method::Delete) => true,
        ([_, id], Method::Put | Method::Patch | Method::Delete) => *id != ".search",
        _ => false,
    };
    if !fits {
        return Err("path: is not that of a resource type with POST, or of a resource with another method");
    }
    let path = format!("/{}", segments.join("/"));
    let data = take("data");
    if method != Method::Delete && data.is_none() {
        return Err("data: is required");
    }
    let version = text(take("version"), "version: must be a string")?;
    let data = data.filter(|_| method != Method::Delete);
    let mut operation = Operation { refers_to: HashSet::new(), method, path, bulk_id, version, data };
    operation.note_references();
    Ok(operation)
}
