//! A directory with a grant on its people.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use patchbay_capability::ldap::{
    Assertion, Attribute, Batch, Binding, BindingOptions, Call, Change, ChangeKind, Dn, Entry, Error, Filter,
    FilterNode, Name, Naming, ParkingOptions, Policy, Reply, SearchOptions, SearchRequest, SearchScope, Session, Terms,
    Verb, Written,
};
use patchbay_capability::{Scope, Usage};
use patchbay_capability_ldap::{Bind, LdapOptions, PoolOptions, Server, pool};
use patchbay_test_support::{OpenLdap, SambaAd};

/// A running server, and a binding to it that may do everything below its people.
pub(crate) struct Bed<S> {
    pub(crate) server: S,
    pub(crate) binding: Arc<Binding>,
    /// The subtree that is granted.
    pub(crate) people: String,
}

impl Bed<OpenLdap> {
    /// OpenLDAP, with so many connections.
    pub(crate) fn openldap(connections: usize) -> Self {
        let server = OpenLdap::start().unwrap();
        let (name, people) = (server.service_dn(), format!("ou=people,{}", server.base()));
        let binding = binding(&server.ldaps_url(), server.ca_file(), (name, server.password()), &people, connections);
        Self { server, binding, people }
    }
}

impl Bed<SambaAd> {
    /// Samba.
    pub(crate) fn samba(connections: usize) -> Self {
        let server = SambaAd::start().unwrap();
        let (name, people) = (server.admin(), format!("OU=People,{}", server.base()));
        let binding = binding(&server.ldaps_url(), server.ca_file(), (name, server.password()), &people, connections);
        Self { server, binding, people }
    }
}

fn binding(
    url: &str,
    ca_file: &std::path::Path,
    (name, password): (&str, &str),
    people: &str,
    connections: usize,
) -> Arc<Binding> {
    let mut options = LdapOptions::new(Server::from_url(url, false).unwrap());
    options.ca_file = Some(ca_file.to_owned());
    options.bind = Bind::Simple { name: name.to_owned(), password: Some(password.to_owned()), password_source: None };
    let pool = pool(options, PoolOptions { max: connections, ..PoolOptions::default() }).unwrap();
    Arc::new(Binding::new("directory", granted(people), pool, None))
}

/// A grant on everything that is done to people.
fn granted(people: &str) -> BindingOptions {
    let subtree = || vec![people.parse::<Dn>().unwrap()];
    let writable = "objectClass uid cn sn ou description uidNumber gidNumber homeDirectory userPassword unicodePwd \
                    userAccountControl sAMAccountName";
    BindingOptions {
        policy: Policy {
            read: subtree(),
            write: subtree(),
            verbs: BTreeSet::from([Verb::Search, Verb::Add, Verb::Modify, Verb::Rename, Verb::Delete, Verb::Password]),
            read_attributes: None,
            write_attributes: writable.split_whitespace().map(str::to_owned).collect(),
        },
        max_operations: 10_000,
        max_request_bytes: 1 << 20,
        max_page_entries: 100,
        max_page_bytes: 1 << 20,
        max_result_bytes: 64 << 20,
        parking: ParkingOptions::default(),
        lock_timeout: Duration::from_secs(20),
        places: Vec::new(),
        secrets: Vec::new(),
    }
}

impl<S> Bed<S> {
    /// A connection for one operation.
    pub(crate) async fn open(&self) -> Session {
        self.binding.open(&scope()).await.unwrap()
    }
}

pub(crate) fn scope() -> Scope {
    Scope {
        app: "desk".into(),
        operation: "test",
        request_id: "r1".into(),
        deadline: Instant::now() + Duration::from_secs(30),
        usage: Usage::default(),
    }
}

/// The name of an entry: one part above `below`.
pub(crate) fn named(leaf: &str, value: &str, below: &str) -> Name {
    Name { parts: vec![part(leaf, value)], below: below.to_owned() }
}

pub(crate) fn part(leaf: &str, value: &str) -> Vec<Naming> {
    vec![Naming { attribute: leaf.to_owned(), value: value.to_owned() }]
}

pub(crate) fn attribute(name: &str, value: &str) -> Attribute {
    Attribute { name: name.to_owned(), values: vec![value.as_bytes().to_vec()] }
}

pub(crate) fn add(name: Name, attributes: Vec<Attribute>) -> Call {
    Call::Add { name, attributes, secrets: Vec::new(), terms: Terms::default() }
}

pub(crate) fn replace(dn: &str, name: &str, value: &str) -> Call {
    let changes = vec![Change { kind: ChangeKind::Replace, attribute: attribute(name, value) }];
    Call::Modify { dn: dn.to_owned(), changes, secrets: Vec::new(), terms: Terms::default() }
}

pub(crate) fn rename(dn: &str, leaf: &str, value: &str, new_parent: Option<&str>) -> Call {
    let new_parent = new_parent.map(str::to_owned);
    Call::Rename {
        dn: dn.to_owned(),
        new_rdn: part(leaf, value),
        delete_old: true,
        new_parent,
        terms: Terms::default(),
    }
}

pub(crate) fn delete(dn: &str) -> Call {
    Call::Delete { dn: dn.to_owned(), terms: Terms::default() }
}

pub(crate) fn search(base: &str, scope: SearchScope, filter: Filter, attributes: &[&str]) -> Call {
    Call::Search(SearchRequest {
        base: base.to_owned(),
        scope,
        filter,
        attributes: attributes.iter().map(|name| (*name).to_owned()).collect(),
        page_size: 0,
        sort: Vec::new(),
        window: None,
        options: SearchOptions::default(),
    })
}

pub(crate) fn present(attribute: &str) -> Filter {
    Filter::new(vec![FilterNode::Present(attribute.to_owned())])
}

pub(crate) fn equal(attribute: &str, value: &str) -> Filter {
    let assertion = Assertion { attribute: attribute.to_owned(), value: value.as_bytes().to_vec() };
    Filter::new(vec![FilterNode::Equal(assertion)])
}

/// The next entries of the open search.
pub(crate) async fn next(session: &mut Session, max_entries: u32) -> Result<Batch, Error> {
    match session.call(Call::Next { max_entries }).await? {
        Reply::Batch(batch) => Ok(batch),
        other => panic!("{other:?}"),
    }
}

/// All entries of a search.
pub(crate) async fn found(session: &mut Session, call: Call) -> Result<Vec<Entry>, Error> {
    session.call(call).await?;
    let mut entries = Vec::new();
    loop {
        let batch = next(session, 100).await?;
        entries.extend(batch.entries);
        if batch.done {
            return Ok(entries);
        }
    }
}

/// A write's outcome.
pub(crate) async fn write(session: &mut Session, call: Call) -> Result<Written, Error> {
    match session.call(call).await? {
        Reply::Written(written) => Ok(written),
        other => panic!("{other:?}"),
    }
}

/// The values of an attribute as text.
pub(crate) fn texts(entry: &Entry, name: &str) -> Vec<String> {
    let found = entry.attributes.iter().filter(|attribute| attribute.name.eq_ignore_ascii_case(name));
    found.flat_map(|attribute| &attribute.values).map(|value| String::from_utf8(value.clone()).unwrap()).collect()
}

/// What an entry of OpenLDAP's has to have.
pub(crate) fn person(uid: &str) -> Vec<Attribute> {
    vec![attribute("objectClass", "inetOrgPerson"), attribute("uid", uid), attribute("cn", "x"), attribute("sn", "x")]
}
