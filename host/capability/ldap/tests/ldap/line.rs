//! A leased connection with few words.

use std::sync::Arc;
use std::time::{Duration, Instant};

use patchbay_capability::ldap::{
    AddRequest, Assertion, Attribute, Batch, Change, ChangeKind, CountRequest, DeleteRequest, Entry, Error, Failure,
    Filter, FilterNode, Lease, ModifyRequest, Pool, Reply, Request, SearchOptions, SearchRequest, SearchScope, Terms,
    Written,
};
use patchbay_capability_ldap::{Bind, LdapOptions, PoolOptions, Server, pool};
use patchbay_test_support::OpenLdap;

/// The end of whatever is tried.
pub(crate) fn soon() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

/// A leased connection.
#[derive(Debug)]
pub(crate) struct Line(pub(crate) Box<dyn Lease>);

impl Line {
    pub(crate) async fn open(pool: &Arc<dyn Pool>) -> Self {
        Self(pool.lease(soon()).await.unwrap())
    }

    pub(crate) async fn run(&mut self, request: Request) -> Result<Reply, Error> {
        self.0.run(request, soon()).await
    }

    /// Opens a search.
    pub(crate) async fn open_search(&mut self, request: SearchRequest) -> Result<(), Error> {
        match self.run(Request::Search(request)).await? {
            Reply::Searching => Ok(()),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn next(&mut self, max_entries: u32) -> Result<Batch, Error> {
        match self.run(Request::Next { max_entries, max_bytes: usize::MAX }).await? {
            Reply::Batch(batch) => Ok(batch),
            other => panic!("{other:?}"),
        }
    }

    /// All entries of a search.
    pub(crate) async fn search(&mut self, request: SearchRequest) -> Result<Vec<Entry>, Error> {
        self.open_search(request).await?;
        let mut entries = Vec::new();
        loop {
            let batch = self.next(100).await?;
            entries.extend(batch.entries);
            if batch.done {
                return Ok(entries);
            }
        }
    }

    /// The entry of this name.
    pub(crate) async fn read(&mut self, dn: &str, attributes: &[&str]) -> Result<Entry, Error> {
        let found = self.search(base(dn, attributes)).await?;
        Ok(found.into_iter().next().expect("an entry"))
    }

    pub(crate) async fn count(&mut self, base: &str, filter: Filter, limit: u64) -> Result<u64, Error> {
        let request = CountRequest { base: base.into(), scope: SearchScope::Subtree, filter, limit, page_size: 50 };
        match self.run(Request::Count(request)).await? {
            Reply::Counted(count) => Ok(count),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn add(&mut self, dn: &str, attributes: Vec<Attribute>, terms: Terms) -> Result<Written, Error> {
        self.write(Request::Add(AddRequest { dn: dn.into(), attributes, secrets: vec![], terms })).await
    }

    pub(crate) async fn modify(&mut self, dn: &str, changes: Vec<Change>, terms: Terms) -> Result<Written, Error> {
        self.write(Request::Modify(ModifyRequest { dn: dn.into(), changes, secrets: vec![], terms })).await
    }

    pub(crate) async fn write(&mut self, request: Request) -> Result<Written, Error> {
        match self.run(request).await? {
            Reply::Written(written) => Ok(written),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn delete(&mut self, dn: &str, terms: Terms) -> Result<(), Error> {
        match self.run(Request::Delete(DeleteRequest { dn: dn.into(), terms })).await? {
            Reply::Done => Ok(()),
            other => panic!("{other:?}"),
        }
    }
}

/// One entry.
pub(crate) fn base(dn: &str, attributes: &[&str]) -> SearchRequest {
    SearchRequest { scope: SearchScope::Base, ..subtree(dn, present("objectClass"), attributes) }
}

/// All that match.
pub(crate) fn subtree(base: &str, filter: Filter, attributes: &[&str]) -> SearchRequest {
    SearchRequest {
        base: base.into(),
        scope: SearchScope::Subtree,
        filter,
        attributes: attributes.iter().map(|name| (*name).to_owned()).collect(),
        page_size: 40,
        sort: vec![],
        window: None,
        options: SearchOptions::default(),
    }
}

pub(crate) fn present(attribute: &str) -> Filter {
    Filter::new(vec![FilterNode::Present(attribute.into())])
}

pub(crate) fn equal(attribute: &str, value: &[u8]) -> Filter {
    Filter::new(vec![FilterNode::Equal(Assertion { attribute: attribute.into(), value: value.into() })])
}

pub(crate) fn attribute(name: &str, values: &[&str]) -> Attribute {
    bytes(name, &values.iter().map(|value| value.as_bytes()).collect::<Vec<_>>())
}

pub(crate) fn bytes(name: &str, values: &[&[u8]]) -> Attribute {
    Attribute { name: name.into(), values: values.iter().map(|value| value.to_vec()).collect() }
}

pub(crate) fn change(kind: ChangeKind, name: &str, values: &[&str]) -> Change {
    Change { kind, attribute: attribute(name, values) }
}

/// Values of an attribute; none where the entry has none.
pub(crate) fn values<'a>(entry: &'a Entry, name: &str) -> Vec<&'a [u8]> {
    let found = entry.attributes.iter().filter(|attribute| attribute.name.eq_ignore_ascii_case(name));
    found.flat_map(|attribute| &attribute.values).map(Vec::as_slice).collect()
}

/// The same as text, sorted.
pub(crate) fn texts(entry: &Entry, name: &str) -> Vec<String> {
    let mut texts: Vec<_> = values(entry, name).into_iter().map(|v| String::from_utf8(v.to_vec()).unwrap()).collect();
    texts.sort();
    texts
}

pub(crate) fn simple(name: &str, password: &str) -> Bind {
    Bind::Simple { name: name.into(), password: Some(password.into()), password_source: None }
}

/// What reaches `server` as the service, over TLS.
pub(crate) fn options(server: &OpenLdap) -> LdapOptions {
    let mut options = LdapOptions::new(Server::from_url(&server.ldaps_url(), false).unwrap());
    options.ca_file = Some(server.ca_file().to_owned());
    options.bind = simple(server.service_dn(), server.password());
    options
}

pub(crate) fn small(max: usize) -> PoolOptions {
    PoolOptions { max, ..PoolOptions::default() }
}

/// One connection to `server` as the service.
pub(crate) async fn connect(server: &OpenLdap) -> Line {
    Line::open(&pool(options(server), small(1)).unwrap()).await
}

/// The attributes of a person.
pub(crate) fn person(uid: &str) -> Vec<Attribute> {
    vec![
        attribute("objectClass", &["inetOrgPerson"]),
        attribute("uid", &[uid]),
        attribute("cn", &[uid]),
        attribute("sn", &["Person"]),
    ]
}

/// LDIF of so many persons.
pub(crate) fn people(server: &OpenLdap, count: usize) -> String {
    let base = server.base();
    (0..count)
        .map(|i| {
            format!(
                "dn: uid=p{i:04},ou=people,{base}\nobjectClass: inetOrgPerson\nuid: p{i:04}\ncn: Person {i:04}\nsn: Person\n\n"
            )
        })
        .collect()
}

#[track_caller]
pub(crate) fn failed<T: std::fmt::Debug>(outcome: Result<T, Error>, failure: Failure, words: &str) -> Error {
    let error = outcome.expect_err("a failure");
    assert_eq!(error.failure, failure, "{error}");
    assert!(error.message.contains(words), "{error}");
    error
}
