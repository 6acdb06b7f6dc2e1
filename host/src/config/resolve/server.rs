//! `[server]` and `[engine]`.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::Resolver;
use crate::config::file;
use crate::config::path::KeyPath;
use crate::config::units::{Size, Time};
use crate::config::{Engine, Server, ServerLimits, Transport};

/// Where the provisioning agent expects an ECMA host.
const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8585);

/// Bytes as a length in memory.
pub(super) fn bytes(size: Option<Size>, default: usize) -> usize {
    size.map_or(default, |size| usize::try_from(size.0).unwrap_or(usize::MAX))
}

/// A time or its default in seconds.
pub(super) fn time(time: Option<Time>, default_seconds: u64) -> Duration {
    time.map_or(Duration::from_secs(default_seconds), |time| time.0)
}

pub(super) fn count(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

pub(super) fn server(resolver: &mut Resolver, typed: file::Server) -> Option<Server> {
    let path = KeyPath::of(["server"]);
    let listen = typed.listen.unwrap_or(DEFAULT_LISTEN);
    let transport = transport(resolver, &path, typed.tls, typed.plain_http, listen);
    if let Some(url) = &typed.public_url
        && !is_origin(url)
    {
        resolver.problem(&path.key("public_url"), "must be a scheme, a host and maybe a port: `https://HOST[:PORT]`");
    }
    if let Some(admin) = typed.admin
        && !admin.ip().is_loopback()
    {
        resolver
            .problem(&path.key("admin"), "must be a loopback address: it is served without TLS and without a token");
    }
    let limits = limits(resolver, &path.key("limits"), &typed.limits);
    Some(Server { listen, transport: transport?, public_url: typed.public_url, admin: typed.admin, limits })
}

fn transport(
    resolver: &mut Resolver,
    path: &KeyPath,
    tls: Option<file::TlsFiles>,
    plain_http: bool,
    listen: SocketAddr,
) -> Option<Transport> {
    match (tls, plain_http) {
        (Some(_), true) => {
            resolver.problem(&path.key("plain_http"), "cannot be true together with `tls`");
            None
        }
        (Some(files), false) => {
            let tls = path.key("tls");
            let cert = resolver.required(files.cert, &tls.key("cert"));
            let key = resolver.required(files.key, &tls.key("key"));
            Some(Transport::Tls { cert: resolver.base.join(cert?), key: resolver.base.join(key?) })
        }
        (None, true) if listen.ip().is_loopback() => Some(Transport::Plain),
        (None, true) => {
            let message = format!("is only allowed on a loopback address, and `listen` is {listen}");
            resolver.problem(&path.key("plain_http"), message);
            None
        }
        (None, false) => {
            let rejected = ["tls", "plain_http"].iter().any(|key| resolver.document.was_rejected(&path.key(*key)));
            if !rejected {
                let message = "needs `tls = { cert = \"...\", key = \"...\" }` (`patchbay cert` makes such files), \
                               or `plain_http = true` on a loopback address";
                resolver.problem(path, message);
            }
            None
        }
    }
}

/// Whether `url` is `http(s)://HOST[:PORT]` and nothing more.
fn is_origin(url: &str) -> bool {
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    host.is_some_and(crate::server::is_authority)
}

fn limits(resolver: &mut Resolver, path: &KeyPath, typed: &file::ServerLimits) -> ServerLimits {
    ServerLimits {
        body: bytes(typed.body, 1 << 20),
        header_timeout: time(typed.header_timeout, 30),
        body_timeout: time(typed.body_timeout, 30),
        answer_timeout: time(typed.answer_timeout, 30),
        requests: count(resolver.positive(typed.requests, 256, &path.key("requests"))),
        connections: count(resolver.positive(typed.connections, 1024, &path.key("connections"))),
        shutdown_timeout: time(typed.shutdown_timeout, 30),
    }
}

pub(super) fn engine(resolver: &mut Resolver, typed: file::Engine) -> Engine {
    let path = KeyPath::of(["engine"]);
    Engine {
        cache: typed.cache.map(|cache| resolver.base.join(cache)),
        component_size: bytes(typed.component_size, 64 << 20),
        instances: resolver.positive(typed.instances, 64, &path.key("instances")),
    }
}
