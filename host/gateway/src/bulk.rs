//! `/Bulk` (RFC 7644 section 3.7): several operations in one request.
//!
//! Operations run in their order, except that one which refers to a resource made later
//! in the same request (`bulkId:x`) waits for it. Where operations wait for each other in
//! a circle, the first is made without the attributes that close it, and gets them once
//! the others are there.

use std::collections::{HashMap, HashSet};

use patchbay_scim::{PATCH_URN, Profile, ScimError};
use serde_json::{Map, Value as Json, json};

use crate::message::{Audit, Method, Request, Response};

/// Operations in one request.
pub(crate) const MAX_OPERATIONS: usize = 1000;

const REQUEST: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
const RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";
const PREFIX: &str = "bulkId:";

/// One operation of the request.
#[derive(Debug, Clone)]
struct Operation {
    /// bulkIds that the path and the data refer to, each once.
    refers_to: HashSet<String>,
    method: Method,
    path: String,
    bulk_id: Option<String>,
    version: Option<String>,
    data: Option<Json>,
}

/// What runs one operation: the gateway.
pub(crate) trait Run {
    /// Answers a request that is not a bulk request.
    async fn run(&self, request: Request) -> Response;
}

/// Answers a bulk request; every operation leaves its own audit record.
pub(crate) async fn bulk(
    runner: &impl Run,
    request: &Request,
    profile: &Profile,
    audits: &mut Vec<Audit>,
) -> Result<Response, ScimError> {
    let body = request.body.clone().ok_or_else(|| ScimError::invalid_syntax("the request has no body"))?;
    let (operations, fail_on_errors) = parse(body, profile)?;
    let makers = operations.iter().filter(|operation| operation.method == Method::Post);
    let mut bulk = Bulk {
        runner,
        template: Request { body: None, query: Vec::new(), if_match: None, if_none_match: None, ..request.clone() },
        made: HashMap::new(),
        to_come: makers.filter_map(|operation| operation.bulk_id.clone()).collect(),
        failed: HashSet::new(),
        audits,
        answers: operations.iter().map(|_| None).collect(),
        completions: Vec::new(),
        errors: 0,
    };
    bulk.run(&operations, fail_on_errors).await;
    bulk.give_up();
    let answers: Vec<Json> = bulk.answers.into_iter().flatten().collect();
    let body = json!({ "schemas": [RESPONSE], "Operations": answers });
    Ok(Response { status: 200, body: Some(body), ..Response::default() })
}

struct Bulk<'a, R> {
    runner: &'a R,
    /// What all operations have from the request: everything but its body and conditions.
    template: Request,
    /// bulkId to the id it became.
    made: HashMap<String, String>,
    /// bulkIds whose creation has not been tried yet.
    to_come: HashSet<String>,
    /// bulkIds whose creation failed.
    failed: HashSet<String>,
    audits: &'a mut Vec<Audit>,
    answers: Vec<Option<Json>>,
    /// Attributes that were left out to open a circle: index of the operation, location
    /// path and values.
    completions: Vec<(usize, Vec<String>, Map<String, Json>)>,
    errors: u64,
}

impl<R: Run> Bulk<'_, R> {
    async fn run(&mut self, operations: &[Operation], fail_on_errors: Option<u64>) {
        let mut pending: Vec<usize> = (0..operations.len()).collect();
        while !pending.is_empty() {
            if fail_on_errors.is_some_and(|most| self.errors >= most) {
                return;
            }
            // A reference to what no pending operation makes never resolves.
            let ready_or_stuck = |index: &usize| {
                operations.get(*index).is_some_and(|operation| {
                    let mut missing = self.missing(operation).peekable();
                    missing.peek().is_none() || missing.any(|id| !self.to_come.contains(id))
                })
            };
            let next = pending.iter().position(ready_or_stuck);
            let circle = next.is_none();
            let at = next
                .or_else(|| pending.iter().position(|i| operations.get(*i).is_some_and(|o| o.method == Method::Post)))
                .unwrap_or(0);
            let index = pending.remove(at);
            let Some(operation) = operations.get(index) else { continue };
            if circle {
                self.open_circle(index, operation).await;
            } else {
                self.one(index, operation.clone()).await;
            }
            self.complete(fail_on_errors).await;
        }
    }

    /// bulkIds that the operation refers to and that are not made yet.
    fn missing<'o>(&self, operation: &'o Operation) -> impl Iterator<Item = &'o String> {
        operation.refers_to.iter().filter(|id| !self.made.contains_key(*id))
    }

    /// Runs an operation whose references are all resolved, or never will be.
    async fn one(&mut self, index: usize, mut operation: Operation) {
        let missing = self.missing(&operation).min().cloned();
        let answer = if let Some(id) = &missing {
            let because = if self.failed.contains(id) { "could not be made" } else { "is not in this request" };
            let error = ScimError::invalid_value(format!("the resource with bulkId '{}' {because}", short(id)));
            Response { status: error.status, body: Some(error.body()), ..Response::default() }
        } else {
            self.resolve_path(&mut operation);
            if let Some(data) = &mut operation.data {
                resolve(data, &self.made);
            }
            self.send(&operation).await
        };
        self.record(index, &operation, answer);
    }

    async fn send(&mut self, operation: &Operation) -> Response {
        let mut response = self
            .runner
            .run(Request {
                method: operation.method,
                path: operation.path.split('/').filter(|s| !s.is_empty()).map(decoded).collect(),
                body: operation.data.clone(),
                if_match: operation.version.clone(),
                ..self.template.clone()
            })
            .await;
        self.audits.append(&mut response.audits);
        response
    }

    fn record(&mut self, index: usize, operation: &Operation, response: Response) {
        let id = response.body.as_ref().and_then(|b| b.get("id")).and_then(Json::as_str).map(str::to_owned);
        let mut answer = Map::new();
        answer.insert("method".into(), json!(name(operation.method)));
        if let Some(bulk_id) = &operation.bulk_id {
            answer.insert("bulkId".into(), json!(bulk_id));
        }
        let failed = response.status >= 400;
        let header = |name: &str| response.headers.iter().find(|(n, _)| *n == name).map(|(_, v)| v.clone());
        if let Some(version) = header("etag") {
            answer.insert("version".into(), json!(version));
        }
        // A resource that could not be made has no location.
        let location = header("location").or_else(|| {
            let path = operation.path.trim_matches('/');
            (operation.method != Method::Post).then(|| format!("{}/{path}", self.template.base_url))
        });
        if let Some(location) = location {
            answer.insert("location".into(), json!(location));
        }
        answer.insert("status".into(), json!(response.status.to_string()));
        if failed {
            self.errors += 1;
            if let Some(body) = response.body {
                answer.insert("response".into(), body);
            }
        }
        if let (Method::Post, Some(bulk_id)) = (operation.method, &operation.bulk_id) {
            self.to_come.remove(bulk_id);
            match id.filter(|_| !failed) {
                Some(id) => _ = self.made.insert(bulk_id.clone(), id),
                None => _ = self.failed.insert(bulk_id.clone()),
            }
        }
        if let Some(slot) = self.answers.get_mut(index) {
            *slot = Some(Json::Object(answer));
        }
    }

    /// Makes a resource without what it cannot have yet.
    async fn open_circle(&mut self, index: usize, operation: &Operation) {
        let mut operation = operation.clone();
        let mut later = Map::new();
        if let Some(Json::Object(data)) = &mut operation.data {
            let waits = |value: &Json| {
                let mut all = HashSet::new();
                references(value, &mut all);
                all.iter().any(|id| !self.made.contains_key(id))
            };
            let keys: Vec<String> = data.iter().filter(|(_, v)| waits(v)).map(|(k, _)| k.clone()).collect();
            for key in keys {
                if let Some(value) = data.shift_remove(&key) {
                    later.insert(key, value);
                }
            }
        }
        operation.note_references();
        let path = operation.path.clone();
        let bulk_id = operation.bulk_id.clone();
        self.one(index, operation).await;
        if let Some(id) = bulk_id.and_then(|b| self.made.get(&b)) {
            self.completions.push((index, vec![path.trim_matches('/').to_owned(), id.clone()], later));
        }
    }

    /// Adds what was left out, as soon as all of it is known.
    async fn complete(&mut self, fail_on_errors: Option<u64>) {
        let mut waiting = Vec::new();
        for (index, path, mut later) in std::mem::take(&mut self.completions) {
            let mut all = HashSet::new();
            later.values().for_each(|v| references(v, &mut all));
            if all.iter().any(|id| self.failed.contains(id)) {
                let error = ScimError::invalid_value("a resource it refers to could not be made");
                self.fail(index, &error.body(), error.status);
                continue;
            }
            if all.iter().any(|id| !self.made.contains_key(id)) || fail_on_errors.is_some_and(|m| self.errors >= m) {
                waiting.push((index, path, later));
                continue;
            }
            later.values_mut().for_each(|v| resolve(v, &self.made));
            let operations = json!([{ "op": "add", "value": later }]);
            let patch = Operation {
                refers_to: HashSet::new(),
                method: Method::Patch,
                path: path.join("/"),
                bulk_id: None,
                version: None,
                data: Some(json!({ "schemas": [PATCH_URN], "Operations": operations })),
            };
            let response = self.send(&patch).await;
            if response.status >= 400 {
                self.fail(index, &response.body.unwrap_or_default(), response.status);
            } else if let Some(Some(Json::Object(answer))) = self.answers.get_mut(index)
                && let Some((_, version)) = response.headers.into_iter().find(|(name, _)| *name == "etag")
            {
                // The one it was made with is no longer the resource's.
                answer.insert("version".into(), json!(version));
            }
        }
        self.completions = waiting;
    }

    /// What could not be completed before the end is no success (RFC 7644 section 3.7.1).
    fn give_up(&mut self) {
        for (index, ..) in std::mem::take(&mut self.completions) {
            let error = ScimError::conflict("what it refers to was not made, as the request ended before");
            self.fail(index, &error.body(), error.status);
        }
    }

    fn fail(&mut self, index: usize, body: &Json, status: u16) {
        self.errors += 1;
        if let Some(Some(Json::Object(answer))) = self.answers.get_mut(index) {
            answer.insert("status".into(), json!(status.to_string()));
            answer.insert("response".into(), body.clone());
        }
    }

    fn resolve_path(&self, operation: &mut Operation) {
        let made = operation.path.rsplit_once('/').and_then(|(endpoint, last)| {
            let id = self.made.get(last.strip_prefix(PREFIX)?)?;
            Some(format!("{endpoint}/{id}"))
        });
        if let Some(path) = made {
            operation.path = path;
        }
    }
}

/// A segment of a path with its percent escapes undone, as the edge does with that of a
/// request; what is no UTF-8 then names nothing that could be there.
fn decoded(segment: &str) -> String {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.as_bytes();
    while let [first, after @ ..] = rest {
        let escaped = match (first, after) {
            (b'%', [high, low, ..]) => char::from(*high).to_digit(16).zip(char::from(*low).to_digit(16)),
            _ => None,
        };
        match escaped.and_then(|(high, low)| u8::try_from(high * 16 + low).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

impl Operation {
    /// Finds out what path and data refer to.
    fn note_references(&mut self) {
        self.refers_to.clear();
        let in_path = self.path.rsplit('/').next().and_then(|last| last.strip_prefix(PREFIX));
        self.refers_to.extend(in_path.map(str::to_owned));
        if let Some(data) = &self.data {
            references(data, &mut self.refers_to);
        }
    }
}

/// All bulkIds that strings in `value` refer to.
fn references(value: &Json, into: &mut HashSet<String>) {
    match value {
        Json::String(text) => into.extend(text.strip_prefix(PREFIX).map(str::to_owned)),
        Json::Array(items) => items.iter().for_each(|v| references(v, into)),
        Json::Object(members) => {
            let about = about_password(members);
            members.iter().filter(|(name, _)| !is_password(name, about)).for_each(|(_, v)| references(v, into));
        }
        _ => {}
    }
}

/// Whether a member holds a password, which may read like a reference and is none.
fn is_password(name: &str, about_password: bool) -> bool {
    name.eq_ignore_ascii_case("password") || about_password && name.eq_ignore_ascii_case("value")
}

/// Whether an object is an operation of a PATCH that sets a password.
fn about_password(members: &Map<String, Json>) -> bool {
    let path = members.iter().find(|(name, _)| name.eq_ignore_ascii_case("path")).and_then(|(_, path)| path.as_str());
    path.and_then(|path| path.rsplit(':').next()).is_some_and(|name| name.eq_ignore_ascii_case("password"))
}

fn resolve(value: &mut Json, made: &HashMap<String, String>) {
    match value {
        Json::String(text) => {
            if let Some(id) = text.strip_prefix(PREFIX).and_then(|id| made.get(id)) {
                *text = id.clone();
            }
        }
        Json::Array(items) => items.iter_mut().for_each(|v| resolve(v, made)),
        Json::Object(members) => {
            let about = about_password(members);
            members.iter_mut().filter(|(name, _)| !is_password(name, about)).for_each(|(_, v)| resolve(v, made));
        }
        _ => {}
    }
}

fn parse(body: Json, profile: &Profile) -> Result<(Vec<Operation>, Option<u64>), ScimError> {
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

fn name(method: Method) -> &'static str {
    match method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Patch => "PATCH",
        Method::Delete => "DELETE",
    }
}

fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(40).collect()
}
