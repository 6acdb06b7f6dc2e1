//! Bindings to directories.

use patchbay_capability::ldap::{Dn, Policy, Verb, is_secret};
use patchbay_capability_ldap::{Bind, ClientCertificate, HAS_GSSAPI, LdapOptions, Referrals, Security, Server};

use super::pool;
use crate::config::file::{self, BindAs, BindMethod, DirectoryVerb};
use crate::config::path::KeyPath;
use crate::config::resolve::Resolver;
use crate::config::resolve::server::{bytes, time};
use crate::config::{LdapBinding, LdapLimits};

/// Resolves one binding; none where something that must be there is not.
pub(super) fn binding(resolver: &mut Resolver, path: KeyPath, typed: file::LdapBinding) -> Option<LdapBinding> {
    let tls_path = path.key("tls");
    let servers_path = path.key("servers");
    let servers = resolver.required(typed.servers, &servers_path);
    let servers = servers.and_then(|servers| servers_of(resolver, &servers_path, &servers, &typed.tls));
    if let Some(servers) = &servers {
        check_security(resolver, &tls_path, servers, &typed.tls);
    }
    let allow_plaintext = typed.tls.allow_plaintext;
    let ca_file = typed.tls.ca_file.as_ref().map(|file| resolver.base.join(file));
    let client_certificate = client_certificate(resolver, &tls_path, typed.tls);
    let bind_path = path.key("bind");
    let bind = resolver.required(typed.bind, &bind_path);
    // Behind a socket there is no need for one: the operating system says who comes.
    let sockets = servers.as_ref().is_none_or(|servers| servers.iter().all(Server::is_socket));
    let certified = sockets || client_certificate.is_some() || resolver.problems_under(&tls_path) > 0;
    if matches!(bind, Some(file::Bind::Gssapi | file::Bind::As(BindAs { method: Some(BindMethod::Gssapi), .. }))) {
        check_kerberos(resolver, &bind_path, servers.as_deref().unwrap_or_default());
    }
    let bind = bind.and_then(|bind| bind_of(resolver, &path, bind, typed.password.is_some(), certified));
    let referrals = referrals_of(resolver, &path, typed.referrals, servers.as_deref());
    let allow_path = path.key("allow");
    let policy = resolver.required(typed.allow, &allow_path);
    let policy = policy.and_then(|allow| policy_of(resolver, &allow_path, allow));
    let pool = pool(resolver, &path, &typed.pool);
    let limits = limits(resolver, &path.key("limits"), &typed.limits, pool.max);
    let options = LdapOptions {
        servers: servers?,
        allow_plaintext,
        ca_file,
        client_certificate,
        bind: bind?,
        referrals,
        search_timeout: typed.limits.search_timeout.map(|time| time.0),
        write_timeout: typed.limits.write_timeout.map(|time| time.0),
        max_message: bytes(typed.limits.message_size, 64 << 20),
    };
    let password = typed.password.map(|password| password.source);
    Some(LdapBinding { path, options, password, pool, policy: policy?, limits, log_params: typed.log_params })
}

/// Reads the servers; none where one of them is not right. Messages repeat no address: it
/// may hold a password after all.
fn servers_of(
    resolver: &mut Resolver,
    path: &KeyPath,
    typed: &[String],
    tls: &file::DirectoryTls,
) -> Option<Vec<Server>> {
    if typed.is_empty() && resolver.problems_under(path) == 0 {
        resolver.problem(path, "at least one server is needed");
    }
    let mut servers: Vec<Server> = Vec::new();
    for (index, url) in typed.iter().enumerate() {
        let plain = tls.start_tls == Some(false) && url.starts_with("ldap:");
        let problem = match Server::from_url(url, plain) {
            Ok(server) if servers.contains(&server) => "is there already".to_owned(),
            Ok(server) => {
                servers.push(server);
                continue;
            }
            Err(error) => format!("{error}: it must be `ldaps://HOST[:PORT]`, `ldap://HOST[:PORT]` or `ldapi://PATH`"),
        };
        let index = resolver.document.index_as_typed(path, index);
        resolver.problem(&path.index(index), problem);
    }
    (!servers.is_empty() && servers.len() == typed.len()).then_some(servers)
}

/// Says where `tls` and the servers do not go together.
fn check_security(resolver: &mut Resolver, path: &KeyPath, servers: &[Server], tls: &file::DirectoryTls) {
    let has = |security| servers.iter().any(|server| server.security == security && !server.is_socket());
    if tls.start_tls == Some(true) && !has(Security::StartTls) {
        resolver.problem(&path.key("start_tls"), "goes with servers at `ldap://`, of which there is none");
    }
    let elsewhere = |server: &Server| server.security == Security::Plain && !server.is_local();
    if servers.iter().any(elsewhere) && !tls.allow_plaintext {
        let message = "false sends everything in the clear to another machine, passwords too: \
                       `allow_plaintext = true` says that this is meant";
        resolver.problem(&path.key("start_tls"), message);
    }
    if tls.allow_plaintext && !has(Security::Plain) {
        resolver.problem(&path.key("allow_plaintext"), "goes with `start_tls = false` and servers at `ldap://`");
    }
}

fn client_certificate(resolver: &mut Resolver, path: &KeyPath, typed: file::DirectoryTls) -> Option<ClientCertificate> {
    match (typed.cert_file, typed.key_file) {
        (Some(certificate), Some(key)) => {
            Some(ClientCertificate { certificate: resolver.base.join(certificate), key: resolver.base.join(key) })
        }
        (None, None) => None,
        (certificate, _) => {
            let lacking = path.key(if certificate.is_some() { "key_file" } else { "cert_file" });
            if !resolver.document.was_rejected(&lacking) {
                resolver.problem(&lacking, "is missing: certificate and key go together");
            }
            None
        }
    }
}

/// Says where Kerberos does not go with the program or the servers.
fn check_kerberos(resolver: &mut Resolver, path: &KeyPath, servers: &[Server]) {
    if !HAS_GSSAPI {
        resolver.problem(path, "\"gssapi\" is Kerberos, which this program was built without");
    }
    if servers.iter().any(|server| server.security == Security::Plain) {
        let message = "\"gssapi\" needs TLS to every server: neither `start_tls = false` nor `ldapi://`";
        resolver.problem(path, message);
    }
}

/// As whom, where that goes with the rest.
fn bind_of(
    resolver: &mut Resolver,
    path: &KeyPath,
    typed: file::Bind,
    has_password: bool,
    has_certificate: bool,
) -> Option<Bind> {
    let password_path = path.key("password");
    let by_password = matches!(&typed, file::Bind::As(named) if named.method != Some(BindMethod::Gssapi));
    if has_password && !by_password {
        resolver.problem(&password_path, "goes with `bind = { as = \"NAME\" }`");
    }
    match typed {
        file::Bind::As(named) => {
            if by_password && !has_password && !resolver.document.was_rejected(&password_path) {
                // Without one, many a server would let anybody in, as nobody.
                resolver.problem(&password_path, "is needed with `bind = { as = \"NAME\" }`");
            }
            let name_path = path.key("bind").key("as");
            let name = resolver.required(named.name, &name_path)?;
            if name.trim().is_empty() || name.len() > Dn::MAX_BYTES || name.chars().any(char::is_control) {
                let shape = if by_password {
                    "must be a distinguished name, `USER@DOMAIN` or `DOMAIN\\USER`"
                } else {
                    "must be a principal: `NAME@REALM`"
                };
                resolver.problem(&name_path, shape);
                return None;
            }
            Some(if by_password {
                Bind::Simple { name, password: None, password_source: None }
            } else {
                Bind::Gssapi { principal: Some(name) }
            })
        }
        file::Bind::Gssapi => Some(Bind::Gssapi { principal: None }),
        file::Bind::External => {
            if !has_certificate {
                resolver.problem(
                    &path.key("bind"),
                    "\"external\" needs `cert_file` and `key_file` in `tls`, but for servers at `ldapi://`",
                );
            }
            Some(Bind::External)
        }
        file::Bind::Anonymous => Some(Bind::Anonymous),
    }
}

fn referrals_of(
    resolver: &mut Resolver,
    path: &KeyPath,
    typed: Option<file::Referrals>,
    servers: Option<&[Server]>,
) -> Referrals {
    match typed {
        None | Some(file::Referrals::Refuse) => Referrals::Refuse,
        Some(file::Referrals::Servers) => {
            if servers.is_some_and(|servers| servers.len() < 2) {
                let message = "\"servers\" needs a second one in `servers`: a write is referred to no other server";
                resolver.problem(&path.key("referrals"), message);
            }
            Referrals::Servers
        }
    }
}

fn policy_of(resolver: &mut Resolver, path: &KeyPath, allow: file::DirectoryAllow) -> Option<Policy> {
    let verbs_path = path.key("verbs");
    let verbs = resolver.required(allow.verbs, &verbs_path);
    if verbs.as_ref().is_some_and(Vec::is_empty) && resolver.problems_under(&verbs_path) == 0 {
        resolver.problem(&verbs_path, "at least one verb is needed");
    }
    let has = |verb| verbs.iter().flatten().any(|granted| *granted == verb);
    let writes = verbs.iter().flatten().any(|verb| *verb != DirectoryVerb::Search);
    let names = [DirectoryVerb::Add, DirectoryVerb::Modify, DirectoryVerb::Rename].into_iter().any(has);
    let may_set_passwords = has(DirectoryVerb::Password);

    let read_path = path.key("read");
    let read = resolver.required(allow.read, &read_path);
    let read = read.map(|read| subtrees(resolver, &read_path, read, has(DirectoryVerb::Search)));
    let write = subtrees(resolver, &path.key("write"), allow.write, writes);

    let attributes_path = path.key("attributes");
    let read_attributes_path = attributes_path.key("read");
    let read_attributes = allow.attributes.read.map(|names| {
        attributes(resolver, &read_attributes_path, &names, |name| {
            is_secret(name).then_some("holds passwords, which are never read")
        });
        names.into_iter().collect()
    });
    let write_attributes_path = attributes_path.key("write");
    attributes(resolver, &write_attributes_path, &allow.attributes.write, |name| {
        (is_secret(name) && !may_set_passwords).then_some("holds passwords, so the verb \"password\" is needed")
    });
    let none = allow.attributes.write.is_empty() && resolver.problems_under(&write_attributes_path) == 0;
    if names && none {
        let message = "at least one attribute is needed for \"add\", \"modify\" and \"rename\"";
        resolver.problem(&write_attributes_path, message);
    }
    Some(Policy {
        read: read?,
        write,
        verbs: verbs?.into_iter().map(verb).collect(),
        read_attributes,
        write_attributes: allow.attributes.write.into_iter().collect(),
    })
}

fn verb(verb: DirectoryVerb) -> Verb {
    match verb {
        DirectoryVerb::Search => Verb::Search,
        DirectoryVerb::Add => Verb::Add,
        DirectoryVerb::Modify => Verb::Modify,
        DirectoryVerb::Rename => Verb::Rename,
        DirectoryVerb::Delete => Verb::Delete,
        DirectoryVerb::Password => Verb::Password,
    }
}

/// Reads the roots of subtrees, of which there is one at least where it is `needed`.
fn subtrees(resolver: &mut Resolver, path: &KeyPath, typed: Vec<String>, needed: bool) -> Vec<Dn> {
    if typed.is_empty() && needed && !resolver.document.was_rejected(path) && resolver.problems_under(path) == 0 {
        resolver.problem(path, "at least one subtree is needed for what `verbs` grant");
    }
    let mut subtrees = Vec::new();
    for (index, name) in typed.into_iter().enumerate() {
        match Dn::parse(name) {
            Ok(dn) => subtrees.push(dn),
            Err(error) => {
                let index = resolver.document.index_as_typed(path, index);
                resolver.problem(&path.index(index), format!("is no distinguished name: {error}"));
            }
        }
    }
    subtrees
}

/// Reports what cannot be the name of an attribute, and what `unfit` says of the others.
fn attributes(resolver: &mut Resolver, path: &KeyPath, names: &[String], unfit: impl Fn(&str) -> Option<&'static str>) {
    for (index, name) in names.iter().enumerate() {
        let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let named = name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.bytes().all(inner);
        let problem = if named { unfit(name) } else { Some("must be the name of an attribute, without options") };
        if let Some(problem) = problem {
            let index = resolver.document.index_as_typed(path, index);
            resolver.problem(&path.index(index), problem);
        }
    }
}

/// Reads the limits of a binding with so many connections.
fn limits(resolver: &mut Resolver, path: &KeyPath, typed: &file::DirectoryLimits, connections: usize) -> LdapLimits {
    LdapLimits {
        operations: resolver.positive(typed.operations, 5000, &path.key("operations")),
        request_size: bytes(typed.request_size, 4 << 20),
        page_entries: resolver.positive(typed.page_entries, 1000, &path.key("page_entries")),
        page_size: bytes(typed.page_size, 4 << 20),
        result_size: bytes(typed.result_size, 64 << 20),
        parked: parked(resolver, &path.key("parked"), typed.parked, connections),
        park_time: time(typed.park_time, 120),
        request_timeout: typed.request_timeout.map(|time| time.0),
        lock_timeout: time(typed.lock_timeout, 10),
    }
}

/// How many searches may be parked. Each keeps a connection, and one is left to whoever comes.
fn parked(resolver: &mut Resolver, path: &KeyPath, typed: Option<u32>, connections: usize) -> usize {
    let most = connections.saturating_sub(1);
    let Some(typed) = typed else { return most.min(4) };
    let parked = usize::try_from(typed).unwrap_or(usize::MAX);
    if parked > most {
        let message =
            format!("must be less than the connections of the pool (`pool.max`), of which there are {connections}");
        resolver.problem(path, message);
    }
    parked
}
