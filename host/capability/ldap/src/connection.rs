//! The near end of a connection.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use patchbay_capability::ldap::{Entry, Error, Failure, Reply, Request, SearchScope};
use patchbay_pool::Connection;
use tokio::time::timeout;

use crate::ber::Writer;
use crate::capabilities::Capabilities;
use crate::connect::Directory;
use crate::error::{Asked, translate};
use crate::filter;
use crate::message::{Answer, Operation, SearchParts};
use crate::pool::Ldap;
use crate::referral::Elsewhere;
use crate::search::Search;
use crate::wire::Wire;

/// How long a connection may take to say that it works.
const PING: Duration = Duration::from_secs(2);

/// A connection, and what it is in the middle of.
#[derive(Debug)]
pub(crate) struct LdapConnection {
    pub(crate) wire: Wire,
    pub(crate) server: Capabilities,
    search: Option<Search>,
    /// Which of the addresses it leads to.
    pub(crate) address: usize,
    pub(crate) directory: Arc<Directory>,
    /// Where the server referred the last write to, if it did.
    pub(crate) referred: Vec<String>,
    /// The connection to the server that writes are referred to.
    pub(crate) elsewhere: Option<Elsewhere>,
}

impl LdapConnection {
    /// Over a way that is bound already. Asks what the server can do.
    pub(crate) async fn new(wire: Wire, address: usize, directory: Arc<Directory>) -> Result<Self, Error> {
        let mut connection = Self {
            wire,
            server: Capabilities::default(),
            search: None,
            address,
            directory,
            referred: Vec::new(),
            elsewhere: None,
        };
        match connection.root_dse().await {
            Ok(_) => Ok(connection),
            // A server that does not say what it can do is asked for nothing special.
            Err(_) if connection.wire.is_alive() => Ok(connection),
            Err(error) => Err(error),
        }
    }

    /// What the server says of itself, all of it.
    async fn root_dse(&mut self) -> Result<Entry, Error> {
        let root = self.read("", &["*".to_owned(), "+".to_owned()]).await?;
        self.server = Capabilities::of(&root);
        Ok(root)
    }

    async fn schema(&mut self) -> Result<Entry, Error> {
        if self.server.subschema.is_none() {
            self.root_dse().await?;
        }
        let Some(name) = self.server.subschema.clone() else {
            return Err(Error::new(Failure::Unsupported, "the server does not say where its schema is"));
        };
        // Active Directory only gives what is named.
        let names = ["*", "+", "objectClasses", "attributeTypes", "ldapSyntaxes", "matchingRules", "dITContentRules"];
        self.read(&name, &names.map(str::to_owned)).await
    }

    /// One entry by its name.
    pub(crate) async fn read(&mut self, dn: &str, attributes: &[String]) -> Result<Entry, Error> {
        let mut anything = Writer::default();
        filter::anything(&mut anything);
        let parts = SearchParts { base: dn, scope: SearchScope::Base, filter: &anything.into_vec(), attributes };
        let id = self.wire.send(&Operation::Search(parts), &[]).await?;
        let mut found = None;
        loop {
            match self.wire.receive(id).await?.answer {
                Answer::Entry(entry) => found = Some(entry),
                Answer::Reference | Answer::Intermediate { .. } => {}
                Answer::Done(outcome) if outcome.code == 0 => {
                    return found.ok_or_else(|| Error::new(Failure::NoSuchObject, "there is no such entry to be seen"));
                }
                Answer::Done(outcome) => return Err(translate(Asked::Search, &outcome)),
            }
        }
    }

    /// Searches that would go on elsewhere do not; that is worth a word, once.
    pub(crate) fn tell_references(&self, count: u64) {
        if count == 0 {
            return;
        }
        if self.directory.told.swap(true, Ordering::Relaxed) {
            tracing::debug!(target: "patchbay::ldap", count, "a search would go on at other servers, which are not asked");
        } else {
            tracing::info!(target: "patchbay::ldap", count, "searches would go on at other servers, which are not asked");
        }
    }
}

impl Drop for LdapConnection {
    fn drop(&mut self) {
        self.wire.close();
    }
}

#[async_trait]
impl Connection for LdapConnection {
    type Protocol = Ldap;

    fn is_alive(&self) -> bool {
        self.wire.is_alive()
    }

    fn is_at_rest(&self) -> bool {
        let busy = |elsewhere: &Elsewhere| elsewhere.connection.wire.is_busy();
        self.search.as_ref().is_none_or(Search::is_done)
            && !self.wire.is_busy()
            && !self.elsewhere.as_ref().is_some_and(busy)
    }

    fn is_fallback(&self) -> bool {
        self.directory.addresses.is_fallback(self.address)
    }

    async fn run(&mut self, request: Request, deadline: Instant) -> Result<Reply, Error> {
        if let Request::Next { max_entries, max_bytes } = request {
            let Some(mut search) = self.search.take() else {
                return Err(Error::new(Failure::InvalidRequest, "no search is open"));
            };
            let batch = search.next(self, max_entries, max_bytes).await?;
            // After the end there is nothing, as often as somebody asks.
            self.search = Some(search);
            return Ok(Reply::Batch(batch));
        }
        self.search = None;
        self.wire.abandon();
        match request {
            Request::RootDse => self.root_dse().await.map(Reply::Entry),
            Request::Schema => self.schema().await.map(Reply::Entry),
            Request::Search(request) => {
                self.search = Some(Search::open(self, &request).await?);
                Ok(Reply::Searching)
            }
            Request::Next { .. } | Request::EndSearch => Ok(Reply::Done),
            Request::Count(request) => self.count(&request).await.map(Reply::Counted),
            Request::Add(_)
            | Request::Modify(_)
            | Request::Rename(_)
            | Request::Delete(_)
            | Request::SetPassword(_) => self.change(&request, deadline).await,
            Request::DirSync { request, max_bytes } => self.dir_sync(&request, max_bytes).await.map(Reply::DirSync),
            Request::Sync { request, max_bytes } => self.sync(&request, max_bytes).await.map(Reply::Sync),
        }
    }

    async fn ping(&mut self) -> bool {
        let asked = timeout(PING, self.read("", &["1.1".to_owned()])).await;
        match asked {
            Ok(Ok(_)) => true,
            // A server that shows nothing of itself has answered all the same.
            Ok(Err(error)) => error.code.is_some() && self.wire.is_alive() || error.failure == Failure::NoSuchObject,
            Err(_) => false,
        }
    }

    async fn recover(&mut self, interrupted: bool) -> bool {
        // Half a request, or one that nobody waits for any more.
        if interrupted && self.wire.has_unsent() {
            return false;
        }
        self.search = None;
        self.leave_elsewhere().await;
        if self.wire.is_writing() {
            return self.wire.settle().await.is_ok();
        }
        // What still comes of the search is read until the server says something else.
        self.wire.abandon();
        self.ping().await && self.wire.is_alive()
    }
}
