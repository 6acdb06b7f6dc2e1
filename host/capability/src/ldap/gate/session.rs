//! A leased connection behind the gate.

use std::sync::Arc;
use std::time::Instant;

use super::admit::{Admitted, invalid, limit_exceeded, too_much};
use super::locks::Holding;
use super::parking::Parked;
use super::witness::{Heard, Witness};
use super::{Binding, in_time};
use crate::Scope;
use crate::ldap::policy::strip_description;
use crate::ldap::{Call, Dn, Entry, Error, Failure, Footprint, Lease, Reply, Request, Secret, SyncState};
use crate::usage::Tally;

/// Locks that one session may hold: enough for one that writes many values that are to be
/// unique. Each operation that waits for one of them waits for all.
const MAX_LOCKS: usize = 300;

/// A leased connection behind the gate. One request at a time; whatever follows a search
/// ends it.
#[derive(Debug)]
pub struct Session {
    pub(super) binding: Arc<Binding>,
    pub(super) witness: Witness,
    lease: Box<dyn Lease>,
    /// Of the operation, all its sessions together.
    pub(super) tally: Tally,
    pub(super) search: Search,
    /// Entries in the whole list of the search, where the server told.
    pub(super) total: Option<u32>,
    footprint: Footprint,
    /// Secrets that went to the server, to know them again in what it says.
    pub(super) secrets: Vec<Secret>,
    /// The lease holds them as well: what was sent may be under way when the session is gone.
    locks: Holding,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Search {
    None,
    Open,
    /// The last entry was delivered; the driver need not be asked again.
    Ended,
}

impl Session {
    pub(super) fn new(binding: &Arc<Binding>, scope: &Scope, lease: Box<dyn Lease>) -> Self {
        Self {
            binding: Arc::clone(binding),
            witness: Witness::new(binding, scope),
            lease,
            tally: Tally::of(scope, &binding.name),
            search: Search::None,
            total: None,
            footprint: Footprint::default(),
            secrets: Vec::new(),
            locks: Holding::default(),
        }
    }

    /// A session that goes on with a parked search.
    pub(super) fn resumed(binding: &Arc<Binding>, scope: &Scope, parked: Parked) -> Self {
        let mut session = Self::new(binding, scope, parked.lease);
        session.search = Search::Open;
        session.total = parked.total;
        session.witness.hold(Some(parked.heard.unwrap_or_else(Heard::of_resumption)));
        session
    }

    /// The same session, noting what it leaves at the target in `footprint`.
    #[must_use]
    pub fn leaving(mut self, footprint: &Footprint) -> Self {
        self.footprint = footprint.clone();
        self
    }

    /// Subtrees that may be read.
    pub fn bases(&self) -> &[Dn] {
        self.binding.bases()
    }

    /// Entries in the whole list of the last search, where the server told (with a window).
    pub fn total(&self) -> Option<u32> {
        self.total
    }

    /// Leaves the open search, with the connection, to a later operation; gives the token to
    /// resume it with ([`Binding::resume`]). Locks are given back.
    ///
    /// Fails with [`Failure::InvalidRequest`] where no search is open; the connection is
    /// given back then as well.
    pub fn park(self) -> Result<Vec<u8>, Error> {
        let Self { binding, mut witness, lease, search, total, locks, .. } = self;
        let parked = match search {
            Search::Open => in_time(witness.scope()).and_then(|()| {
                // Nothing but the search is under way.
                locks.give_back();
                let token = binding.lot.put(Parked { lease, total, heard: witness.release() })?;
                Ok(token.to_vec())
            }),
            Search::Ended => Err(invalid("the search is over")),
            Search::None => Err(invalid("no search is open")),
        };
        parked.map_err(|error| binding.report(witness.scope(), error))
    }

    /// The one entry: everything a guest can do to a directory passes here. Messages of the
    /// errors it returns are scrubbed.
    pub async fn call(&mut self, call: Call) -> Result<Reply, Error> {
        let outcome = match self.admit(call) {
            Ok(Admitted::Run(request)) => self.act(request).await,
            Ok(Admitted::Pull { max_entries, max_bytes }) => self.pull(max_entries, max_bytes).await,
            Ok(Admitted::Wait(key)) => self.lock(key).await,
            Ok(Admitted::Answered(reply)) => Ok(reply),
            Err(error) => Err(error),
        };
        outcome.map_err(|error| self.binding.report(self.witness.scope(), error))
    }

    /// The next entries of the open search; none only at its end.
    async fn pull(&mut self, max_entries: u32, max_bytes: usize) -> Result<Reply, Error> {
        loop {
            let reply = self.act(Request::Next { max_entries, max_bytes }).await?;
            match &reply {
                // All of them were outside the grant.
                Reply::Batch(batch) if batch.entries.is_empty() && !batch.done => in_time(self.witness.scope())?,
                _ => return Ok(reply),
            }
        }
    }

    async fn lock(&mut self, key: String) -> Result<Reply, Error> {
        match self.locks.look(&key) {
            (true, _) => return Ok(Reply::Done),
            (false, 0) => self.lease.keep(Box::new(self.locks.clone())),
            (false, MAX_LOCKS..) => {
                return Err(limit_exceeded(format!(
                    "a connection holds the locks of at most {MAX_LOCKS} names, and this would be one more"
                )));
            }
            (false, _) => {}
        }
        let deadline = self.witness.scope().deadline;
        let longest = Instant::now().checked_add(self.binding.options.lock_timeout);
        let until = longest.map_or(deadline, |longest| longest.min(deadline));
        self.binding.locks.hold(&self.locks, key, until).await?;
        Ok(Reply::Done)
    }

    /// Runs an admitted request, keeps the books, tells the observer.
    async fn act(&mut self, request: Request) -> Result<Reply, Error> {
        if !matches!(request, Request::Next { .. }) {
            self.witness.flush(Ok(0));
            // Before it is known to be over: a request that is abandoned ends it all the same.
            self.search = Search::None;
            self.total = None;
        }
        let step = self.step(&request);
        let line = self.witness.line(&request);
        let start = Instant::now();
        let outcome = self.lease.run(request, self.witness.scope().deadline).await;
        let heard = line.map(|line| Heard { line, elapsed: start.elapsed() });
        match outcome {
            Ok(reply) => self.settle(reply, heard),
            Err(error) => Err(self.stumble(error, step, heard.as_ref())),
        }
    }

    /// Keeps the books of an answer, and takes out of it what is not granted.
    fn settle(&mut self, mut reply: Reply, heard: Option<Heard>) -> Result<Reply, Error> {
        let (entries, bytes) = self.granted(&mut reply);
        match &reply {
            Reply::Searching => {
                self.search = Search::Open;
                self.witness.hold(heard);
            }
            Reply::Batch(batch) => {
                if batch.done {
                    self.search = Search::Ended;
                }
                self.total = batch.total.or(self.total);
                self.witness.flush(Ok(entries));
            }
            Reply::Counted(count) => self.tell(heard.as_ref(), Ok(*count)),
            Reply::Written(_) => self.tell(heard.as_ref(), Ok(1)),
            _ => self.tell(heard.as_ref(), Ok(entries)),
        }
        self.tally.fetch(bytes);
        let limit = self.binding.options.max_result_bytes;
        if self.tally.bytes() > limit {
            match &mut reply {
                // It was done, whatever there is no room for.
                Reply::Written(written) => written.entry = None,
                Reply::Done | Reply::Searching | Reply::Counted(_) => {}
                Reply::Entry(_) | Reply::Batch(_) | Reply::DirSync(_) | Reply::Sync(_) => return Err(too_much(limit)),
            }
        }
        Ok(reply)
    }

    /// Takes entries and attributes out of an answer that the grant does not cover; says how
    /// many entries stay, and how many bytes.
    fn granted(&self, reply: &mut Reply) -> (u64, usize) {
        let grant = &self.binding.grant;
        let (mut bytes, mut strangers) = (0_usize, 0_usize);
        let mut keep = |entry: &mut Entry, nameless: bool| {
            // What is gone may come without a name.
            let kept = grant.keep(entry) || nameless && entry.dn.is_empty();
            bytes = bytes.saturating_add(if kept { entry.size() } else { 0 });
            strangers += usize::from(!kept);
            kept
        };
        let entries = match reply {
            Reply::Entry(entry) => {
                strip_description(entry);
                bytes = entry.size();
                1
            }
            Reply::Written(written) => {
                let kept = written.entry.take_if(|entry| !keep(entry, false));
                usize::from(kept.is_none() && written.entry.is_some())
            }
            Reply::Batch(batch) => {
                batch.entries.retain_mut(|entry| keep(entry, false));
                batch.entries.len()
            }
            Reply::DirSync(page) => {
                page.entries.retain_mut(|entry| keep(entry, false));
                page.entries.len()
            }
            Reply::Sync(page) => {
                page.entries.retain_mut(|one| keep(&mut one.entry, one.state == SyncState::Deleted));
                let uuids = page.deleted.iter().chain(&page.present).map(|uuid| uuid.len() + 8);
                let uuids = uuids.fold(0, usize::saturating_add);
                bytes = bytes.saturating_add(uuids);
                page.entries.len()
            }
            Reply::Searching | Reply::Counted(_) | Reply::Done => 0,
        };
        if strangers > 0 {
            let scope = self.witness.scope();
            tracing::warn!(
                target: "patchbay::ldap",
                app = &*scope.app,
                operation = scope.operation,
                request_id = &*scope.request_id,
                binding = &*self.binding.name,
                entries = strangers,
                "the server sent entries outside the subtrees that may be read: they are left out"
            );
        }
        (u64::try_from(entries).unwrap_or(u64::MAX), bytes)
    }

    /// Notes in the footprint what is about to be done, before it is: a call that is
    /// abandoned may happen all the same.
    fn step(&self, request: &Request) -> Option<Step> {
        let tree = match request {
            Request::Delete(delete) => delete.terms.tree,
            Request::Add(_) | Request::Modify(_) | Request::Rename(_) | Request::SetPassword(_) => false,
            _ => return None,
        };
        Some(Step { tree, before: self.footprint.write() })
    }

    /// Keeps the books of a failure, and takes secrets out of what the server says.
    fn stumble(&mut self, mut error: Error, step: Option<Step>, heard: Option<&Heard>) -> Error {
        self.search = Search::None;
        if error.failure == Failure::Unavailable {
            self.footprint.lose();
        }
        if let Some(step) = step.filter(|step| did_nothing(&error, step.tree)) {
            self.footprint.undo(step.before);
        }
        let told = |secret: &Secret| !secret.text().is_empty() && error.message.contains(secret.text());
        if self.secrets.iter().any(told) {
            error.message = "the server's message held a secret, and is not shown".to_owned();
        }
        self.witness.flush(Err(&error));
        self.tell(heard, Err(&error));
        error
    }

    fn tell(&self, heard: Option<&Heard>, outcome: Result<u64, &Error>) {
        if let Some(heard) = heard {
            self.witness.tell(heard, outcome);
        }
    }
}

#[cfg(test)]
impl Session {
    /// Puts the session where a search is open.
    pub(super) fn assume_search(&mut self) {
        self.search = Search::Open;
    }

    /// Lets the operation's deadline pass.
    pub(super) fn expire(&mut self) {
        self.witness.expire();
    }
}

/// A write that was announced in the footprint.
struct Step {
    /// It takes more than one entry.
    tree: bool,
    /// What the footprint said before.
    before: bool,
}

/// Whether a failed write left nothing behind: each is done as a whole or not at all
/// (RFC 4511 section 4.6), so a server that refuses has done nothing. A tree may be gone in
/// part when a limit ends its deletion, and a server that has broken down may have done
/// anything; numbers from 81 to 99 are no server's.
fn did_nothing(error: &Error, tree: bool) -> bool {
    const OPERATIONS_ERROR: u32 = 1;
    const TIME_LIMIT_EXCEEDED: u32 = 3;
    const OTHER: u32 = 80;
    const LAST_OF_CLIENTS: u32 = 99;
    match error.code {
        // It may be what the server says as it closes the connection.
        _ if error.failure == Failure::Unavailable => false,
        Some(OPERATIONS_ERROR | TIME_LIMIT_EXCEEDED | OTHER..=LAST_OF_CLIENTS) => false,
        Some(_) => !tree || matches!(error.failure, Failure::NoSuchObject | Failure::Unsupported),
        None => matches!(error.failure, Failure::Busy | Failure::InvalidRequest | Failure::Unsupported),
    }
}
