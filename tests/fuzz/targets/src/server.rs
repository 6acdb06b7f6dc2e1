//! Whole requests into a gateway over an app in memory.

use std::cell::OnceCell;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use patchbay_contract::Context;
use patchbay_gateway::{AppConfig, Base, Gateway, Method, PasswordError, PasswordHasher, Request, Response};
use patchbay_memory::{Memory, Snapshot, helpdesk};
use patchbay_password::Scheme;
use patchbay_scim::{ERROR_URN, GROUP_URN, USER_URN};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::fixture::PROFILES;

/// The form of the input:
///
/// ```text
/// METHOD PROFILE /path?query
/// If-Match or nothing
/// If-None-Match or nothing
/// body
/// ```
///
/// Promises: there is an answer with a status; an error has a SCIM body that agrees with
/// it; no request makes the server fail (501 apart, which says that a feature is not
/// there); the app can be read afterwards.
pub fn request(data: &[u8]) {
    let mut lines = data.splitn(4, |byte| *byte == b'\n');
    let mut line = || String::from_utf8_lossy(lines.next().unwrap_or_default()).into_owned();
    let (first, if_match, if_none_match) = (line(), line(), line());
    let body = lines.next().and_then(|body| serde_json::from_slice::<Value>(body).ok());
    let mut words = first.splitn(3, ' ');
    let method = match words.next().unwrap_or_default() {
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "PATCH" => Method::Patch,
        "DELETE" => Method::Delete,
        _ => Method::Get,
    };
    let index = PROFILES.iter().position(|name| words.next() == Some(name)).unwrap_or(1);
    let target = words.next().unwrap_or_default();
    let header = |value: String| Some(value).filter(|value| !value.is_empty());
    let request = ask(method, target, body, header(if_match), header(if_none_match));
    APPS.with(|apps| {
        let Some(app) = apps.get_or_init(|| PROFILES.map(App::new)).get(index) else { return };
        app.memory.restore(&app.start);
        let response = app.send(request);
        check(&response);
        for endpoint in ["/Users", "/Groups", "/Devices"] {
            let list = app.send(ask(Method::Get, endpoint, None, None, None));
            assert_eq!(list.status, 200, "{endpoint} afterwards: {list:?}");
        }
    });
}

thread_local! {
    static APPS: OnceCell<[App; 2]> = const { OnceCell::new() };
}

struct App {
    memory: Arc<Memory>,
    gateway: Gateway,
    start: Snapshot,
    runtime: tokio::runtime::Runtime,
}

impl App {
    fn new(client: &str) -> Self {
        let memory = Arc::new(Memory::new(helpdesk::wide()).versioned());
        let resources = toml::from_str(helpdesk::WIDE).expect("the mapping reads");
        let config = AppConfig { resources, client: client.to_owned(), ecma2host: false };
        let gateway = Gateway::new(&config, Arc::clone(&memory) as Arc<_>).expect("the mapping compiles");
        let gateway = gateway.with_cursors(&[1; 32]).with_passwords(Arc::new(FixedSalt));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        let app = Self { start: memory.snapshot(), memory, gateway, runtime };
        let emails = json!([{"type": "work", "value": "a@example.com"}, {"type": "home", "value": "a@home.example"}]);
        for (endpoint, body) in [
            ("/Users", json!({"schemas": [USER_URN], "userName": "ada", "active": true, "emails": emails})),
            ("/Users", json!({"schemas": [USER_URN], "userName": "bob", "title": "Guide", "roles": [{"value": "x"}]})),
            ("/Groups", json!({"schemas": [GROUP_URN], "displayName": "staff", "members": [{"value": "1"}]})),
        ] {
            let made = app.send(ask(Method::Post, endpoint, Some(body), None, None));
            assert_eq!(made.status, 201, "{made:?}");
        }
        Self { start: app.memory.snapshot(), ..app }
    }

    fn send(&self, request: Request) -> Response {
        self.runtime.block_on(self.gateway.handle(request, &()))
    }
}

/// Hashes at once, with a salt that is always the same: what is found can be found again.
#[derive(Debug)]
struct FixedSalt;

#[async_trait]
impl PasswordHasher for FixedSalt {
    async fn hash(
        &self,
        scheme: &Scheme,
        password: Zeroizing<String>,
        _within: Duration,
    ) -> Result<String, PasswordError> {
        let hash = scheme.hash(&password, &vec![1; scheme.salt_bytes()]);
        hash.map_err(|error| PasswordError::Failed(error.to_string()))
    }
}

fn ask(
    method: Method,
    target: &str,
    body: Option<Value>,
    if_match: Option<String>,
    if_none_match: Option<String>,
) -> Request {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (name.to_owned(), value.to_owned())
    };
    Request {
        method,
        path: path.split('/').filter(|segment| !segment.is_empty()).map(str::to_owned).collect(),
        query: query.split('&').filter(|pair| !pair.is_empty()).map(pair).collect(),
        body,
        if_match,
        if_none_match,
        me: Some("1".to_owned()),
        base_url: "https://host/scim".to_owned(),
        base: Base::Scim,
        context: Context { request_id: "r".to_owned(), traceparent: None, deadline: Duration::from_secs(60) },
    }
}

fn check(response: &Response) {
    let Response { status, body, headers, internal, .. } = response;
    assert!((200..600).contains(status), "{response:?}");
    assert!(*status < 500 || *status == 501, "{body:?} {internal:?}");
    let has = |name: &str| headers.iter().any(|(header, _)| *header == name);
    match (status, body) {
        (204 | 304, body) => assert!(body.is_none(), "{body:?}"),
        (400.., Some(body)) => {
            assert_eq!(body.get("schemas"), Some(&json!([ERROR_URN])), "{body}");
            assert_eq!(body.get("status"), Some(&json!(status.to_string())), "{body}");
        }
        (_, Some(body)) => assert!(body.get("schemas").is_some_and(Value::is_array), "{body}"),
        (_, None) => panic!("no body: {response:?}"),
    }
    assert!(*status != 405 || has("allow"), "{headers:?}");
    assert!(*status != 201 || has("location"), "{headers:?}");
}
