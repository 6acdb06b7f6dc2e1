//! The gateway through its outer surface: SCIM requests in, SCIM answers out, on a
//! connector that keeps objects in memory and says what was read and written.

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test binary"
)]

mod bulk;
mod changes;
mod create;
mod discovery;
mod explain;
mod kinds;
mod labels;
mod limits;
mod list;
mod password;
mod patch;
mod profile;
mod property;
mod references;
mod replace;
mod rfc7643;
mod rfc7644;
mod secret;
mod unread;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use patchbay_contract::Context;
use patchbay_gateway::{
    AppConfig, Base, Gateway, Method, PasswordError, PasswordHasher, Record, Recorder, Request, Response,
};
use patchbay_memory::{Memory, helpdesk};
use patchbay_password::Scheme;
use patchbay_scim::{Profile, ScimError};
use serde_json::{Value, json};
use zeroize::Zeroizing;

/// Hashes with a salt that is always the same, at once.
#[derive(Debug)]
pub(crate) struct FixedSalt;

#[async_trait]
impl PasswordHasher for FixedSalt {
    async fn hash(
        &self,
        scheme: &Scheme,
        password: Zeroizing<String>,
        _within: Duration,
    ) -> Result<String, PasswordError> {
        Ok(stored(scheme, &password))
    }
}

/// What [`FixedSalt`] makes of a password.
pub(crate) fn stored(scheme: &Scheme, password: &str) -> String {
    scheme.hash(password, &vec![7; scheme.salt_bytes()]).unwrap()
}

/// What was recorded, in its order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Records(Arc<Mutex<Vec<String>>>);

impl Records {
    /// Keeps no more from now on.
    pub(crate) fn fill(&self) {
        self.0.lock().unwrap().push("full".to_owned());
    }

    /// What there is, which is then forgotten.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Recorder for Records {
    fn begin(&self, request: &Request) -> Result<Box<dyn Record>, ScimError> {
        let mut records = self.0.lock().unwrap();
        if records.last().is_some_and(|last| last == "full") {
            return Err(ScimError::new(503, None, "no more records"));
        }
        records.push(format!("{:?} {}", request.method, request.path.join("/")));
        Ok(Box::new(self.clone()))
    }
}

impl Record for Records {
    fn answered(self: Box<Self>, response: &Response) {
        let what = response.audit.as_ref().map_or("nothing", |audit| audit.operation);
        self.0.lock().unwrap().push(format!("{what} {}", response.status));
    }
}

pub(crate) struct App {
    pub(crate) fake: Arc<Memory>,
    pub(crate) records: Records,
    gateway: Gateway,
    base: Base,
    /// Whom the client stands for.
    me: Option<String>,
    /// Whether the target was asked what it has before the first request.
    learns: bool,
}

impl App {
    /// The small help desk, whose objects have no versions.
    pub(crate) fn new(client: &str) -> Self {
        Self::with(helpdesk::SMALL, Memory::new(helpdesk::small()), client)
    }

    /// The wide help desk, whose objects have versions.
    pub(crate) fn wide(client: &str) -> Self {
        Self::with(helpdesk::WIDE, Memory::new(helpdesk::wide()).versioned(), client)
    }

    pub(crate) fn with(mapping: &str, memory: Memory, client: &str) -> Self {
        Self::with_profile(mapping, memory, Profile::builtin(client).unwrap())
    }

    pub(crate) fn with_profile(mapping: &str, memory: Memory, profile: Profile) -> Self {
        let fake = Arc::new(memory);
        let resources = toml::from_str(mapping).unwrap();
        let config = AppConfig { resources, client: profile.name.clone(), ecma2host: true };
        let gateway = Gateway::with_profile(&config, profile, Arc::clone(&fake) as Arc<_>).unwrap();
        let gateway = gateway.with_cursors(&[3; 32]).with_passwords(Arc::new(FixedSalt));
        Self { fake, records: Records::default(), gateway, base: Base::Scim, me: None, learns: true }
    }

    pub(crate) fn ecma2host() -> Self {
        Self::new("entra").at_ecma2host()
    }

    /// The same at the URL of the ECMA host.
    pub(crate) fn at_ecma2host(self) -> Self {
        Self { base: Base::Ecma2Host, ..self }
    }

    /// The same behind another gateway.
    pub(crate) fn over(self, gateway: Gateway) -> Self {
        Self { gateway, ..self }
    }

    /// The same for a client that stands for this user.
    pub(crate) fn standing_for(self, me: &str) -> Self {
        Self { me: Some(me.to_owned()), ..self }
    }

    /// Plays one request; `target` is the path below the base with its query.
    pub(crate) async fn send(&self, method: Method, target: &str, body: Option<Value>) -> Response {
        self.send_if(method, target, body, None, None).await
    }

    /// The same with the headers `If-Match` and `If-None-Match`.
    pub(crate) async fn send_if(
        &self,
        method: Method,
        target: &str,
        body: Option<Value>,
        if_match: Option<&str>,
        if_none_match: Option<&str>,
    ) -> Response {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let pair = |p: &str| {
            let (name, value) = p.split_once('=').unwrap_or((p, ""));
            (name.to_owned(), value.to_owned())
        };
        let request = Request {
            method,
            path: path.split('/').filter(|s| !s.is_empty()).map(str::to_owned).collect(),
            query: query.split('&').filter(|p| !p.is_empty()).map(pair).collect(),
            body,
            if_match: if_match.map(str::to_owned),
            if_none_match: if_none_match.map(str::to_owned),
            me: self.me.clone(),
            base_url: "https://host/scim".into(),
            base: self.base,
            context: Context { request_id: "r1".into(), traceparent: None, deadline: Duration::from_secs(5) },
        };
        if self.learns {
            // As the host does when it starts; what is wrong shows in the answer.
            drop(self.gateway.learn(&request.context).await);
        }
        self.gateway.handle(request, &self.records).await
    }

    /// Creates a user and forgets what that read and wrote.
    pub(crate) async fn user(&self, login: &str) -> String {
        let body = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": login, "active": true, "name": {"givenName": "Ada", "familyName": "Byron"},
        });
        self.made("/Users", body).await
    }

    /// Creates a group of these members.
    pub(crate) async fn group(&self, name: &str, members: &[&str]) -> String {
        let members: Vec<Value> = members.iter().map(|m| json!({"value": m})).collect();
        let schemas = ["urn:ietf:params:scim:schemas:core:2.0:Group"];
        self.made("/Groups", json!({"schemas": schemas, "displayName": name, "members": members})).await
    }

    /// Creates a resource, forgets what that read and wrote, and returns its id.
    pub(crate) async fn made(&self, endpoint: &str, body: Value) -> String {
        let response = self.send(Method::Post, endpoint, Some(body)).await;
        assert_eq!(response.status, 201, "{:?}", response.body);
        self.fake.writes();
        self.fake.reads();
        response.body.unwrap()["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn get(&self, target: &str) -> Value {
        let response = self.send(Method::Get, target, None).await;
        assert_eq!(response.status, 200, "{target}: {:?}", response.body);
        response.body.unwrap()
    }
}
