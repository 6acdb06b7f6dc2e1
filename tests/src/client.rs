//! A SCIM client that hides nothing: it sends what it is told and returns what came.

use std::time::Duration;

use anyhow::{Context, Result};
use reqwest::{Method, Url};
use serde_json::Value;

/// Speaks to one base URL with one token.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    token: String,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: reqwest::header::HeaderMap,
    /// The body as it came.
    pub text: String,
    /// The body as JSON; null where it is empty or no JSON.
    pub body: Value,
}

impl Answer {
    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The resource's `id`.
    pub fn id(&self) -> Option<&str> {
        self.body.get("id")?.as_str()
    }

    /// What stands at a JSON pointer; null where nothing does.
    pub fn at(&self, pointer: &str) -> &Value {
        self.body.pointer(pointer).unwrap_or(&Value::Null)
    }
}

impl Client {
    /// A client of the service at `base` (no trailing slash).
    pub fn new(base: impl Into<String>, token: impl Into<String>) -> Result<Self> {
        let http = reqwest::Client::builder().timeout(Duration::from_secs(60)).no_proxy().build()?;
        Ok(Self { http, base: base.into(), token: token.into() })
    }

    /// The same service with another token.
    #[must_use]
    pub fn with_token(&self, token: impl Into<String>) -> Self {
        Self { token: token.into(), ..self.clone() }
    }

    /// Another base URL with the same token.
    #[must_use]
    pub fn with_base(&self, base: impl Into<String>) -> Self {
        Self { base: base.into(), ..self.clone() }
    }

    /// The base URL.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// `GET`. A query is given readably, e.g. `/Users?filter=userName eq "x"`; what URLs
    /// cannot hold is percent-encoded on the way.
    pub async fn get(&self, path: &str) -> Result<Answer> {
        self.send(Method::GET, path, None).await
    }

    /// `GET /TYPE?filter=FILTER`, encoded as a form is: spaces become `+`.
    pub async fn find(&self, path: &str, filter: &str) -> Result<Answer> {
        let url = Url::parse_with_params(&format!("{}{path}", self.base), [("filter", filter)])?;
        self.answer(self.http.get(url)).await
    }

    /// `POST`.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        self.send(Method::POST, path, Some(body)).await
    }

    /// `PUT`.
    pub async fn put(&self, path: &str, body: &Value) -> Result<Answer> {
        self.send(Method::PUT, path, Some(body)).await
    }

    /// `PATCH`.
    pub async fn patch(&self, path: &str, body: &Value) -> Result<Answer> {
        self.send(Method::PATCH, path, Some(body)).await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> Result<Answer> {
        self.send(Method::DELETE, path, None).await
    }

    /// Any method, with a JSON body or without.
    pub async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer> {
        let mut request = self.request(method, path)?;
        if let Some(body) = body {
            request = request.header("content-type", "application/scim+json").body(body.to_string());
        }
        self.answer(request).await
    }

    /// A request to be completed by the caller and given to [`Client::answer`].
    pub fn request(&self, method: Method, path: &str) -> Result<reqwest::RequestBuilder> {
        let url = Url::parse(&format!("{}{path}", self.base)).with_context(|| path.to_owned())?;
        Ok(self.http.request(method, url))
    }

    /// Sends a request and reads the answer.
    pub async fn answer(&self, request: reqwest::RequestBuilder) -> Result<Answer> {
        let response = request.bearer_auth(&self.token).send().await?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let text = response.text().await?;
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(Answer { status, headers, text, body })
    }
}
