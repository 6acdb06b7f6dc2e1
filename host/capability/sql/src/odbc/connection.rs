//! The near end of a connection's thread.

use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use patchbay_capability::sql::{Error, Failure, Reply, Request};
use patchbay_pool::{Addresses, Connection, OpenGuard};
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::time::timeout;

use super::process::{self, Process};
use super::session::{Opening, Session};
use super::worker;
use crate::constraints::Constraints;
use crate::pool::Sql;
use crate::thread::{Command, ROOM, Thread};

/// What is said when its thread has ended.
const LOST: &str = "the ODBC connection was lost";
/// How long a connection may take to say that it works.
const PING: Duration = Duration::from_secs(2);

/// What a thread holds as long as it runs, also after its connection was given up.
#[derive(Debug)]
pub(super) struct Hold {
    pub(super) _open: OpenGuard,
    pub(super) _thread: OwnedSemaphorePermit,
}

/// Which of several addresses a connection leads to.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) addresses: Arc<Addresses>,
    pub(super) address: usize,
}

/// The near end of a connection's thread, which ends when this is dropped and the driver
/// has come back from what it is doing.
#[derive(Debug)]
pub(super) struct OdbcConnection {
    thread: Thread,
    /// Where the session is in a process of its own.
    process: Option<Process>,
    place: Place,
}

impl Drop for OdbcConnection {
    fn drop(&mut self) {
        // One at rest ends by itself.
        if let Some(process) = self.process.as_ref().filter(|_| !self.thread.is_at_rest()) {
            process.kill();
        }
    }
}

impl OdbcConnection {
    /// Starts a thread that opens a session, and waits until it has.
    pub(super) async fn open(
        opening: Opening,
        constraints: Arc<Constraints>,
        hold: Hold,
        place: Place,
    ) -> Result<Self, Error> {
        let Started { commands, opened, process } = start(opening, constraints, hold)?;
        // Not at rest before it is open: given up meanwhile, its process is ended.
        let mut connection = Self { thread: Thread::new(commands, LOST), process, place };
        opened.await.map_err(|_| Error::new(Failure::Unavailable, LOST))??;
        connection.thread.opened();
        Ok(connection)
    }
}

/// A session's thread.
pub(super) struct Started {
    /// Where its commands go.
    pub(super) commands: SyncSender<Command>,
    /// Whether the session could be opened.
    pub(super) opened: oneshot::Receiver<Result<(), Error>>,
    /// The process it leads to, if any.
    pub(super) process: Option<Process>,
}

/// Starts a thread for a session. It keeps `hold` as long as it runs.
pub(super) fn start<H: Send + 'static>(
    opening: Opening,
    constraints: Arc<Constraints>,
    hold: H,
) -> Result<Started, Error> {
    let (commands, inbox) = sync_channel(ROOM);
    let (opened, ready) = oneshot::channel();
    let (process, pipes) = opening.worker.as_ref().map(Process::start).transpose()?.unzip();
    let child = process.clone();
    std::thread::Builder::new()
        .name("patchbay-odbc".into())
        .spawn(move || {
            let _hold = hold;
            if let (Some(child), Some(pipes)) = (child, pipes) {
                process::relay(&child, pipes, opening, &constraints, opened, &inbox);
                return;
            }
            match Session::open(&opening, constraints) {
                Ok(session) => {
                    if opened.send(Ok(())).is_ok() {
                        worker::serve(session, &inbox);
                    }
                }
                // Nobody waits any more: nobody to tell.
                Err(error) => drop(opened.send(Err(error))),
            }
        })
        .map_err(|error| Error::new(Failure::Unavailable, format!("cannot start a thread: {error}")))?;
    Ok(Started { commands, opened: ready, process })
}

#[async_trait]
impl Connection for OdbcConnection {
    type Protocol = Sql;

    fn is_alive(&self) -> bool {
        self.thread.is_alive()
    }

    fn is_at_rest(&self) -> bool {
        self.thread.is_at_rest()
    }

    fn is_fallback(&self) -> bool {
        self.place.addresses.is_fallback(self.place.address)
    }

    async fn run(&mut self, request: Request, deadline: Instant) -> Result<Reply, Error> {
        self.thread.run(request, deadline).await
    }

    async fn ping(&mut self) -> bool {
        timeout(PING, self.thread.ping()).await.unwrap_or(false)
    }

    async fn recover(&mut self, interrupted: bool) -> bool {
        if let Some(process) = self.process.as_ref().filter(|_| interrupted) {
            process.kill();
            return false;
        }
        // What is under way ends by itself, when the driver's own time for it is over; the
        // pool waits only for so long. Answers cannot be mixed up: the driver gives one
        // after the other.
        self.thread.reset().await
    }
}
