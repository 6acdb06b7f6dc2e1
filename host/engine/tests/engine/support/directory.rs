//! A directory of five entries that only pretends.

use std::any::Any;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use patchbay_capability::ldap::{
    Attribute, Batch, BindingOptions, Dn, Entry, Error, Failure, Lease, ParkingOptions, Policy, Pool, Reply, Request,
    Verb, Written,
};

/// Leases connections, counts them, and keeps what came over them.
#[derive(Debug, Default)]
pub(crate) struct FakeDirectory {
    live: Arc<AtomicU32>,
    /// Requests in words, without secrets.
    heard: Arc<Mutex<Vec<String>>>,
    /// Secrets, as they would go over the wire.
    secrets: Arc<Mutex<Vec<Vec<u8>>>>,
}

fn taken<T>(list: &Mutex<Vec<T>>) -> Vec<T> {
    std::mem::take(&mut *list.lock().unwrap_or_else(PoisonError::into_inner))
}

impl FakeDirectory {
    /// Leases that are out now, parked ones too.
    pub(crate) fn live(&self) -> u32 {
        self.live.load(Ordering::SeqCst)
    }

    /// What was asked since the last call.
    pub(crate) fn heard(&self) -> Vec<String> {
        taken(&self.heard)
    }

    /// Secrets that came since the last call.
    pub(crate) fn secrets(&self) -> Vec<Vec<u8>> {
        taken(&self.secrets)
    }

    /// What is granted of it.
    pub(crate) fn options() -> BindingOptions {
        let base = Dn::parse("dc=example").unwrap();
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        BindingOptions {
            policy: Policy {
                read: vec![base.clone()],
                write: vec![base],
                verbs: [Verb::Search, Verb::Add, Verb::Modify, Verb::Password].into(),
                read_attributes: None,
                write_attributes: names(&["cn", "userPassword", "unicodePwd"]),
            },
            max_operations: 1000,
            max_request_bytes: 1 << 16,
            max_page_entries: 100,
            max_page_bytes: 1 << 20,
            max_result_bytes: 1 << 24,
            parking: ParkingOptions { max: 2, ..ParkingOptions::default() },
            lock_timeout: Duration::from_secs(1),
            places: Vec::new(),
            secrets: Vec::new(),
        }
    }
}

#[derive(Debug)]
struct FakeLease {
    entries: std::vec::IntoIter<Entry>,
    live: Arc<AtomicU32>,
    heard: Arc<Mutex<Vec<String>>>,
    secrets: Arc<Mutex<Vec<Vec<u8>>>>,
    kept: Option<Box<dyn Any + Send>>,
}

#[async_trait]
impl Pool for FakeDirectory {
    async fn lease(&self, _deadline: Instant) -> Result<Box<dyn Lease>, Error> {
        self.live.fetch_add(1, Ordering::SeqCst);
        Ok(Box::new(FakeLease {
            entries: Vec::new().into_iter(),
            live: Arc::clone(&self.live),
            heard: Arc::clone(&self.heard),
            secrets: Arc::clone(&self.secrets),
            kept: None,
        }))
    }

    async fn close(&self) {}
}

fn entry(name: &str) -> Entry {
    let attribute = Attribute { name: "cn".to_owned(), values: vec![name.as_bytes().to_vec()] };
    Entry { dn: format!("cn={name},dc=example"), attributes: vec![attribute] }
}

impl FakeLease {
    fn hear(&self, what: String) {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).push(what);
    }

    fn note(&self, secret: &[u8]) {
        self.secrets.lock().unwrap_or_else(PoisonError::into_inner).push(secret.to_vec());
    }
}

#[async_trait]
impl Lease for FakeLease {
    fn keep(&mut self, held: Box<dyn Any + Send>) {
        self.kept = Some(held);
    }

    async fn run(&mut self, request: Request, _deadline: Instant) -> Result<Reply, Error> {
        Ok(match request {
            Request::Search(search) => {
                self.hear(format!("search {}", search.base));
                self.entries = ["a", "b", "c", "d", "e"].map(entry).to_vec().into_iter();
                Reply::Searching
            }
            Request::Next { max_entries, .. } => {
                let entries = self.entries.by_ref().take(usize::try_from(max_entries).unwrap()).collect();
                Reply::Batch(Batch { entries, done: self.entries.as_slice().is_empty(), total: None })
            }
            Request::EndSearch => {
                self.hear("end".to_owned());
                Reply::Done
            }
            Request::Add(add) => {
                let names: Vec<&str> = add.attributes.iter().map(|attribute| attribute.name.as_str()).collect();
                self.hear(format!("add {} {}", add.dn, names.join(",")));
                add.secrets.iter().for_each(|secret| self.note(&secret.value));
                Reply::Written(Written { dn: add.dn, entry: None })
            }
            Request::SetPassword(set) => {
                self.hear(format!("set-password {}", set.dn));
                self.note(&set.secret);
                Reply::Done
            }
            _ => return Err(Error::new(Failure::Unsupported, "it only pretends")),
        })
    }
}

impl Drop for FakeLease {
    fn drop(&mut self) {
        self.live.fetch_sub(1, Ordering::SeqCst);
    }
}
