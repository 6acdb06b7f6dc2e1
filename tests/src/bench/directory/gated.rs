//! The host's way to a directory: gate, pool and driver, a lease for every operation. No
//! sandbox, no SCIM, no HTTP.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use patchbay_capability::ldap::{
    Assertion, Attribute, Binding, BindingOptions, Call, Change, ChangeKind, Dn, Filter, FilterNode, Name, Naming,
    ParkingOptions, Policy, Reply, SearchOptions, SearchRequest, SearchScope, Terms, Verb,
};
use patchbay_capability::{Scope, Usage};
use patchbay_capability_ldap::{Bind, LdapOptions, PoolOptions, Server, pool};

use super::bare::Login;
use super::{Operation, PEOPLE, person_dn};
use crate::bench::load::Measured;

/// A binding that may do what is measured.
pub(super) fn binding(login: &Login, connections: u64) -> Result<Arc<Binding>> {
    let mut options = LdapOptions::new(Server::from_url(&login.url, true)?);
    options.bind =
        Bind::Simple { name: login.dn.clone(), password: Some(login.password.clone()), password_source: None };
    let sizes = PoolOptions { max: usize::try_from(connections)?, ..PoolOptions::default() };
    let subtree = vec![login.base.parse::<Dn>().map_err(|error| anyhow::anyhow!("{error}"))?];
    let writable = ["objectClass", "uid", "cn", "sn", "mail", "title"];
    let granted = BindingOptions {
        policy: Policy {
            read: subtree.clone(),
            write: subtree,
            verbs: BTreeSet::from([Verb::Search, Verb::Add, Verb::Modify]),
            read_attributes: None,
            write_attributes: writable.map(str::to_owned).into(),
        },
        max_operations: 5_000,
        max_request_bytes: 4 << 20,
        max_page_entries: 1_000,
        max_page_bytes: 1 << 20,
        max_result_bytes: 64 << 20,
        parking: ParkingOptions::default(),
        lock_timeout: Duration::from_secs(10),
        places: Vec::new(),
        secrets: vec![login.password.clone()],
    };
    Ok(Arc::new(Binding::new("directory", granted, pool(options, sizes)?, None)))
}

/// One operation after the other by so many at a time, for so long.
pub(super) async fn run(
    binding: &Arc<Binding>,
    base: &str,
    operation: Operation,
    connections: u64,
    duration: Duration,
    fresh: &Arc<AtomicU64>,
) -> Result<Measured> {
    let start = Instant::now();
    let tasks: Vec<_> = (0..connections)
        .map(|number| {
            let (binding, base, fresh) = (Arc::clone(binding), base.to_owned(), Arc::clone(fresh));
            tokio::spawn(async move {
                let (mut answers, mut person) = (0, number * PEOPLE / connections);
                while start.elapsed() < duration {
                    one(&binding, &base, operation, person % PEOPLE, &fresh).await?;
                    (answers, person) = (answers + 1, person + 1);
                }
                anyhow::Ok(answers)
            })
        })
        .collect();
    let mut answers = 0;
    for task in tasks {
        answers += task.await??;
    }
    Ok(Measured { answers, elapsed: start.elapsed() })
}

async fn one(binding: &Arc<Binding>, base: &str, operation: Operation, person: u64, fresh: &AtomicU64) -> Result<()> {
    let scope = Scope {
        app: "bench".into(),
        operation: "bench",
        request_id: "bench".into(),
        deadline: Instant::now() + Duration::from_secs(30),
        usage: Usage::default(),
    };
    let mut session = binding.open(&scope).await?;
    match operation {
        Operation::Search => {
            let uid = Assertion { attribute: "uid".to_owned(), value: format!("user{person}").into_bytes() };
            let request = SearchRequest {
                base: base.to_owned(),
                scope: SearchScope::Subtree,
                filter: Filter::new(vec![FilterNode::Equal(uid)]),
                attributes: vec!["*".to_owned(), "+".to_owned()],
                page_size: 100,
                sort: Vec::new(),
                window: None,
                options: SearchOptions::default(),
            };
            session.call(Call::Search(request)).await?;
            let Reply::Batch(batch) = session.call(Call::Next { max_entries: 100 }).await? else {
                anyhow::bail!("no entries")
            };
            ensure!(batch.entries.len() == 1, "{} entries", batch.entries.len());
        }
        Operation::Modify => {
            let title = format!("Title {}", fresh.fetch_add(1, Ordering::Relaxed));
            let change = Change { kind: ChangeKind::Replace, attribute: attribute("title", &title) };
            let (dn, terms) = (person_dn(base, person), Terms::default());
            session.call(Call::Modify { dn, changes: vec![change], secrets: Vec::new(), terms }).await?;
        }
        Operation::Add => {
            let number = fresh.fetch_add(1, Ordering::Relaxed);
            let uid = format!("new{number}");
            let classes = ["top", "person", "organizationalPerson", "inetOrgPerson"];
            let attributes = vec![
                Attribute {
                    name: "objectClass".to_owned(),
                    values: classes.iter().map(|class| class.as_bytes().to_vec()).collect(),
                },
                attribute("uid", &uid),
                attribute("cn", &format!("New {number}")),
                attribute("sn", &format!("Number {number}")),
                attribute("mail", &format!("new{number}@example.org")),
            ];
            let leaf = vec![Naming { attribute: "uid".to_owned(), value: uid }];
            let name = Name { parts: vec![leaf], below: base.to_owned() };
            session.call(Call::Add { name, attributes, secrets: Vec::new(), terms: Terms::default() }).await?;
        }
    }
    Ok(())
}

fn attribute(name: &str, value: &str) -> Attribute {
    Attribute { name: name.to_owned(), values: vec![value.as_bytes().to_vec()] }
}
