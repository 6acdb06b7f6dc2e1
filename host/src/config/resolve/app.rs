//! `[apps.NAME]`.

use super::{Resolver, binding, server};
use crate::config::file;
use crate::config::path::KeyPath;
use crate::config::secret::TokenRef;
use crate::config::{App, AppLimits, Connector, Token};

/// Characters an app's name may have.
const MAX_NAME: usize = 64;

/// What one app may take of what all have, if nothing else is said.
#[derive(Debug, Clone, Copy)]
pub(super) struct Share {
    requests: u32,
    instances: u32,
}

impl Share {
    /// All of it for an only app. Of several each gets half: one whose target has stopped
    /// answering must not take the others along, and a busy one may have more than its part.
    pub(super) fn of(apps: usize, requests: u32, instances: u32) -> Self {
        let part = |all: u32| if apps > 1 { all.div_ceil(2) } else { all };
        Self { requests: part(requests), instances: part(instances) }
    }
}

/// Resolves one app; none where something that must be there is not.
pub(super) fn app(resolver: &mut Resolver, name: &str, typed: file::App, share: Share) -> Option<App> {
    let path = KeyPath::of(["apps", name]);
    if !is_name(name) {
        let message = "the name of an app has up to 64 letters, digits, `-` and `_` and starts with a letter or digit";
        resolver.problem(&path, message);
    }
    let connector_path = path.key("connector");
    let connector = resolver.required(typed.connector, &connector_path);
    let connector = connector.and_then(|typed| connector_of(resolver, &connector_path, typed));
    let tokens_path = path.key("tokens");
    let tokens = resolver.required(typed.tokens, &tokens_path).unwrap_or_default();
    let tokens = tokens_of(resolver, &tokens_path, tokens, typed.resources.contains_key("User"));
    let bindings_path = path.key("bindings");
    let bindings = binding::bindings(resolver, &bindings_path, typed.bindings.keys());
    let limits_path = path.key("limits");
    let limits = AppLimits {
        operation: server::time(typed.limits.operation, 20),
        bulk: server::time(typed.limits.bulk, 120),
        cpu: server::time(typed.limits.cpu, 2),
        memory: server::bytes(typed.limits.memory, 64 << 20),
        requests: server::count(resolver.positive(typed.limits.requests, share.requests, &limits_path.key("requests"))),
        instances: resolver.positive(typed.limits.instances, share.instances, &limits_path.key("instances")),
    };
    Some(App {
        path,
        connector: connector?,
        tokens,
        client: typed.client.unwrap_or_else(|| "default".to_owned()),
        ecma2host: typed.ecma2host,
        limits,
        bindings,
        settings: dates_as_text(serde_json::Value::Object(typed.settings)),
        resources: typed.resources,
    })
}

fn is_name(name: &str) -> bool {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    name.len() <= MAX_NAME && name.bytes().all(inner) && name.starts_with(|first: char| first.is_ascii_alphanumeric())
}

fn connector_of(resolver: &mut Resolver, path: &KeyPath, typed: file::Connector) -> Option<Connector> {
    match typed {
        file::Connector::BuiltIn(name) if is_name(&name) => Some(Connector::BuiltIn(name)),
        file::Connector::BuiltIn(_) => {
            resolver.problem(
                path,
                "is not the name of a connector; for a file write { path = \"FILE\", sha256 = \"...\" }",
            );
            None
        }
        file::Connector::File(typed) => {
            let file = resolver.required(typed.path, &path.key("path"));
            let sha256_path = path.key("sha256");
            let sha256 = resolver.required(typed.sha256, &sha256_path)?;
            let Some(sha256) = digest(&sha256) else {
                resolver.problem(&sha256_path, "must be 64 hexadecimal digits");
                return None;
            };
            Some(Connector::File { path: resolver.base.join(file?), sha256, wasi: typed.wasi })
        }
    }
}

/// Reads 64 hexadecimal digits.
fn digest(text: &str) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != digest.len() || !rest.is_empty() {
        return None;
    }
    for (byte, [high, low]) in digest.iter_mut().zip(pairs) {
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(digest)
}

fn tokens_of(resolver: &mut Resolver, path: &KeyPath, typed: Vec<TokenRef>, has_users: bool) -> Vec<Token> {
    if typed.is_empty() && !resolver.document.was_rejected(path) && resolver.problems_under(path) == 0 {
        resolver.problem(path, "at least one token is needed");
    }
    let mut tokens: Vec<Token> = Vec::new();
    for (index, token) in typed.into_iter().enumerate() {
        let index = resolver.document.index_as_typed(path, index);
        let path = path.index(index);
        let name = token.name.unwrap_or_else(|| format!("token-{}", index + 1));
        if name.is_empty() || name.len() > MAX_NAME || name.chars().any(char::is_control) {
            resolver.problem(&path.key("name"), "must have 1 to 64 characters and no control characters");
        }
        if tokens.iter().any(|other| other.name == name) {
            resolver.problem(&path, format!("another token is called {name:?} already"));
        }
        match token.me.as_deref() {
            Some("") => resolver.problem(&path.key("me"), "must be the id of a User"),
            Some(_) if !has_users => {
                resolver.problem(&path.key("me"), "is the id of a User, and the app maps no resource type `User`");
            }
            _ => {}
        }
        tokens.push(Token { name, source: token.source, me: token.me, path });
    }
    tokens
}

/// TOML's dates and times arrive as a table with one private key; JSON has text.
fn dates_as_text(value: serde_json::Value) -> serde_json::Value {
    use serde_json::Value;

    match value {
        Value::Object(table) => match table.get("$__toml_private_datetime") {
            Some(date) if table.len() == 1 => date.clone(),
            _ => Value::Object(table.into_iter().map(|(key, value)| (key, dates_as_text(value))).collect()),
        },
        Value::Array(array) => Value::Array(array.into_iter().map(dates_as_text).collect()),
        other => other,
    }
}
