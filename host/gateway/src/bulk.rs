//! `/Bulk` (RFC 7644 section 3.7): several operations in one request.
//!
//! Operations run in their order, except that one which refers to a resource made later
//! in the same request (`bulkId:x`) waits for it. Where operations wait for each other in
//! a circle, the first is made without the attributes that close it, and gets them once
//! the others are there.

mod operation;
mod order;
mod reference;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::{Duration, Instant};

use patchbay_scim::{PATCH_URN, Profile, ScimError};
use serde_json::{Map, Value as Json, json};

use operation::{Operation, parse};
use order::{Fate, Next, Order, Step};
use reference::{references, referred, resolve};

use crate::gateway::recorded;
use crate::message::{Method, Request, Response};
use crate::record::Recorder;
use crate::render::location;

/// Operations in one request.
pub(crate) const MAX_OPERATIONS: usize = 1000;

const REQUEST: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
const RESPONSE: &str = "urn:ietf:params:scim:api:messages:2.0:BulkResponse";

/// What runs one operation: the gateway.
pub(crate) trait Run {
    /// Answers a request that is not a bulk request.
    async fn run(&self, request: Request) -> Response;

    /// Whether it begins nothing new.
    fn is_stopping(&self) -> bool {
        false
    }
}

/// Answers a bulk request, within `time`. Every operation has its own record, which is kept
/// before the next one begins.
///
/// # Errors
/// Only for a request of which nothing was run.
pub(crate) async fn bulk(
    runner: &impl Run,
    request: &Request,
    profile: &Profile,
    time: Duration,
    recorder: &dyn Recorder,
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
        time,
        started: Instant::now(),
        recorder,
        answers: operations.iter().map(|_| None).collect(),
        completions: BTreeMap::new(),
        order: Order::default(),
        errors: 0,
    };
    bulk.run(&operations, fail_on_errors).await;
    bulk.give_up();
    let answers: Vec<Json> = bulk.answers.into_iter().flatten().collect();
    let body = json!({ "schemas": [RESPONSE], "Operations": answers });
    Ok(Response { status: 200, body: Some(body), ..Response::default() })
}

/// Runs nothing, as it is too late for that.
struct Late;

impl Run for Late {
    async fn run(&self, _request: Request) -> Response {
        let error =
            ScimError::new(503, None, "not run: the time for the Bulk request is over, or the server is stopping");
        Response { status: error.status, body: Some(error.body()), ..Response::default() }
    }
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
    /// For all operations, from the start.
    time: Duration,
    started: Instant,
    recorder: &'a dyn Recorder,
    answers: Vec<Option<Json>>,
    /// Attributes that were left out to open a circle, with the resource's path, by the
    /// index of the operation.
    completions: BTreeMap<usize, (String, Map<String, Json>)>,
    order: Order,
    errors: u64,
}

impl<R: Run> Bulk<'_, R> {
    async fn run(&mut self, operations: &[Operation], fail_on_errors: Option<u64>) {
        for (index, operation) in operations.iter().enumerate() {
            self.wait(Step::Operation(index), &operation.refers_to, operation.method == Method::Post);
        }
        while fail_on_errors.is_none_or(|most| self.errors < most)
            && let Some(next) = self.order.next()
        {
            match next {
                Next::Ready(Step::Completion(index)) => self.complete(index).await,
                Next::Ready(Step::Operation(index)) => {
                    if let Some(operation) = operations.get(index) {
                        self.one(index, operation.clone()).await;
                    }
                }
                Next::Circle(index) => {
                    if let Some(operation) = operations.get(index) {
                        self.open_circle(index, operation).await;
                    }
                }
            }
        }
    }

    /// Has a step run when its references are resolved, or never will be.
    fn wait(&mut self, step: Step, refers_to: &HashSet<String>, makes: bool) {
        let Self { order, made, to_come, .. } = self;
        order.add(step, refers_to, makes, |id| match id {
            id if made.contains_key(id) => Fate::Made,
            id if to_come.contains(id) => Fate::ToCome,
            _ => Fate::Never,
        });
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

    async fn send(&self, operation: &Operation) -> Response {
        let mut request = Request {
            method: operation.method,
            path: operation.path.split('/').filter(|s| !s.is_empty()).map(decoded).collect(),
            body: operation.data.clone(),
            if_match: operation.version.clone(),
            ..self.template.clone()
        };
        let left = self.time.saturating_sub(self.started.elapsed());
        if left.is_zero() || self.runner.is_stopping() {
            return recorded(&Late, request, self.recorder).await;
        }
        request.context.deadline = request.context.deadline.min(left);
        let response = recorded(self.runner, request, self.recorder).await;
        if let Some(detail) = &response.internal {
            let request_id = &*self.template.context.request_id;
            tracing::warn!(target: "patchbay::http", request_id, status = response.status, detail, "operation failed");
        }
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
            self.order.settle(bulk_id, self.made.contains_key(bulk_id));
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
            let mut all = HashSet::new();
            later.values().for_each(|value| references(value, &mut all));
            self.completions.insert(index, (location("", path.trim_matches('/'), id), later));
            self.wait(Step::Completion(index), &all, false);
        }
    }

    /// Adds what was left out to open a circle, now that all of it is known.
    async fn complete(&mut self, index: usize) {
        let Some((path, mut later)) = self.completions.remove(&index) else { return };
        let mut all = HashSet::new();
        later.values().for_each(|value| references(value, &mut all));
        if all.iter().any(|id| self.failed.contains(id)) {
            let error = ScimError::invalid_value("a resource it refers to could not be made");
            return self.fail(index, &error.body(), error.status);
        }
        later.values_mut().for_each(|value| resolve(value, &self.made));
        let operations = json!([{ "op": "add", "value": later }]);
        let patch = Operation {
            refers_to: HashSet::new(),
            method: Method::Patch,
            path,
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

    /// What could not be completed before the end is no success (RFC 7644 section 3.7.1).
    fn give_up(&mut self) {
        for index in std::mem::take(&mut self.completions).into_keys() {
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
            let id = self.made.get(referred(last)?)?;
            Some(location("", endpoint.trim_matches('/'), id))
        });
        if let Some(path) = made {
            operation.path = path;
        }
    }
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

fn short(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(40).collect()
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::time::Duration;

    use patchbay_contract::Context;

    use super::*;
    use crate::message::Base;

    /// Makes resources with this id, and remembers the paths that it is asked for.
    struct Maker(&'static str, RefCell<Vec<Vec<String>>>);

    impl Run for Maker {
        async fn run(&self, request: Request) -> Response {
            self.1.borrow_mut().push(request.path);
            let status = if request.method == Method::Post { 201 } else { 200 };
            Response { status, body: Some(json!({ "id": self.0 })), ..Response::default() }
        }
    }

    /// The connector's ids may hold anything that a path has to escape, escapes among it.
    #[tokio::test]
    async fn ids_in_the_place_of_references_stay_as_they_are() {
        for id in ["a%20b", "%2525", "a/b", "ü ?"] {
            let maker = Maker(id, RefCell::default());
            let user = |refers_to: &str| json!({ "userName": "x", "nickName": format!("bulkId:{refers_to}") });
            let operations = json!([
                { "method": "POST", "path": "/Users", "bulkId": "one", "data": user("two") },
                { "method": "POST", "path": "/Users", "bulkId": "two", "data": user("one") },
                { "method": "DELETE", "path": "/Users/bulkId:two" },
            ]);
            let request = Request {
                method: Method::Post,
                path: vec!["Bulk".into()],
                query: Vec::new(),
                body: Some(json!({ "schemas": [REQUEST], "Operations": operations })),
                if_match: None,
                if_none_match: None,
                me: None,
                base_url: "https://x.example".into(),
                base: Base::Scim,
                context: Context { request_id: "r".into(), traceparent: None, deadline: Duration::from_secs(9) },
            };
            let profile = Profile::strict();
            bulk(&maker, &request, &profile, Duration::from_secs(9), &()).await.expect("it is a bulk request");
            let asked = maker.1.into_inner();
            let one = vec!["Users".to_owned(), id.to_owned()];
            assert_eq!(asked.iter().filter(|path| **path == one).count(), 2, "{asked:?}");
        }
    }
}
