//! What Patchbay is compared with: a program with `ldap3` and nothing else. It knows the
//! entries' names, asks for what it needs, and gives the answers to nobody.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use ldap3::{Ldap, LdapConnAsync, Mod, Scope, SearchEntry};

use super::{Operation, PEOPLE, person_dn};
use crate::bench::load::Measured;

/// Where the directory is, and whom to be there.
#[derive(Debug, Clone)]
pub(super) struct Login {
    pub(super) url: String,
    pub(super) dn: String,
    pub(super) password: String,
    /// Where people are.
    pub(super) base: String,
}

/// One operation after the other on so many connections, for so long. `fresh` gives numbers
/// for new entries.
pub(super) async fn run(
    login: &Login,
    operation: Operation,
    connections: u64,
    duration: Duration,
    fresh: &Arc<AtomicU64>,
) -> Result<Measured> {
    let mut clients = Vec::new();
    for _ in 0..connections {
        clients.push(connect(login).await?);
    }
    let start = Instant::now();
    let tasks: Vec<_> = clients
        .into_iter()
        .zip(0..)
        .map(|(mut ldap, number): (Ldap, u64)| {
            let (login, fresh) = (login.clone(), Arc::clone(fresh));
            tokio::spawn(async move {
                let mut answers = 0;
                let mut person = number * PEOPLE / connections;
                while start.elapsed() < duration {
                    one(&mut ldap, &login, operation, person % PEOPLE, &fresh).await?;
                    (answers, person) = (answers + 1, person + 1);
                }
                ldap.unbind().await?;
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

pub(super) async fn connect(login: &Login) -> Result<Ldap> {
    let (connection, mut ldap) = LdapConnAsync::new(&login.url).await?;
    tokio::spawn(async move {
        // A connection that breaks shows in the operation that waits for it.
        let _ = connection.drive().await;
    });
    ldap.simple_bind(&login.dn, &login.password).await?.success()?;
    Ok(ldap)
}

async fn one(ldap: &mut Ldap, login: &Login, operation: Operation, person: u64, fresh: &AtomicU64) -> Result<()> {
    let one = |value: String| HashSet::from([value.into_bytes()]);
    match operation {
        Operation::Search => {
            let filter = format!("(uid=user{person})");
            let (found, _) = ldap.search(&login.base, Scope::Subtree, &filter, vec!["*", "+"]).await?.success()?;
            ensure!(found.len() == 1, "{} entries", found.len());
            for entry in found {
                ensure!(!SearchEntry::construct(entry).attrs.is_empty(), "an entry without attributes");
            }
        }
        Operation::Modify => {
            let title = format!("Title {}", fresh.fetch_add(1, Ordering::Relaxed));
            let change = vec![Mod::Replace(b"title".to_vec(), one(title))];
            ldap.modify(&person_dn(&login.base, person), change).await?.success()?;
        }
        Operation::Add => {
            let number = fresh.fetch_add(1, Ordering::Relaxed);
            let attributes = [
                ("uid", format!("new{number}")),
                ("cn", format!("New {number}")),
                ("sn", format!("Number {number}")),
                ("mail", format!("new{number}@example.org")),
            ];
            let classes = ["top", "person", "organizationalPerson", "inetOrgPerson"];
            let classes = classes.iter().map(|class| class.as_bytes().to_vec()).collect();
            let attributes = attributes.into_iter().map(|(name, value)| (name.as_bytes().to_vec(), one(value)));
            let attributes = attributes.chain([(b"objectClass".to_vec(), classes)]).collect();
            ldap.add(&format!("uid=new{number},{}", login.base), attributes).await?.success()?;
        }
    }
    Ok(())
}
