//! The near end of a connection's thread.

use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use patchbay_capability::sql::{Error, Failure, Reply, Request};
use patchbay_pool::{Connection, OpenGuard};
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::time::timeout;

use super::process::{self, Process};
use super::session::{Opening, Session};
use super::worker::{self, Answer, Command};
use crate::constraints::Constraints;
use crate::pool::Sql;

/// How long a connection may take to say that it works.
const PING: Duration = Duration::from_secs(2);

/// What a thread holds as long as it runs, also after its connection was given up.
#[derive(Debug)]
pub(super) struct Hold {
    pub(super) _open: OpenGuard,
    pub(super) _thread: OwnedSemaphorePermit,
}

/// The near end of a connection's thread, which ends when this is dropped and the driver
/// has come back from what it is doing.
#[derive(Debug)]
pub(super) struct OdbcConnection {
    commands: SyncSender<Command>,
    /// Where the session is in a process of its own.
    process: Option<Process>,
    at_rest: bool,
    alive: bool,
}

impl Drop for OdbcConnection {
    fn drop(&mut self) {
        // One at rest ends by itself.
        if let Some(process) = self.process.as_ref().filter(|_| !self.at_rest) {
            process.kill();
        }
    }
}

impl OdbcConnection {
    /// Starts a thread that opens a session, and waits until it has.
    pub(super) async fn open(opening: Opening, constraints: Arc<Constraints>, hold: Hold) -> Result<Self, Error> {
        let Started { commands, opened, process } = start(opening, constraints, hold)?;
        // Not at rest before it is open: given up meanwhile, its process is ended.
        let mut connection = Self { commands, process, at_rest: false, alive: true };
        opened.await.map_err(|_| gone())??;
        connection.at_rest = true;
        Ok(connection)
    }

    /// Hands a command to the thread. The channel has room for all that can be under way.
    fn send(&mut self, command: Command) -> Result<(), Error> {
        self.commands.try_send(command).map_err(|_| {
            self.alive = false;
            gone()
        })
    }

    async fn ask(&mut self, command: impl FnOnce(oneshot::Sender<bool>) -> Command) -> bool {
        let (done, answer) = oneshot::channel();
        // Whoever gives up waiting leaves something under way.
        let at_rest = std::mem::take(&mut self.at_rest);
        if self.send(command(done)).is_err() {
            return false;
        }
        let good = answer.await.unwrap_or(false);
        self.alive &= good;
        self.at_rest = at_rest;
        good
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
    // One command at a time is under way, and a reset may follow it.
    let (commands, inbox) = sync_channel::<Command>(2);
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
        self.alive
    }

    fn is_at_rest(&self) -> bool {
        self.at_rest
    }

    async fn run(&mut self, request: Request, deadline: Instant) -> Result<Reply, Error> {
        let (answer, ready) = oneshot::channel::<Answer>();
        self.at_rest = false;
        self.send(Command::Run { request, deadline, answer })?;
        let Ok(Answer { outcome, at_rest }) = ready.await else {
            self.alive = false;
            return Err(gone());
        };
        self.at_rest = at_rest;
        outcome
    }

    async fn ping(&mut self) -> bool {
        timeout(PING, self.ask(|done| Command::Ping { done })).await.unwrap_or(false)
    }

    async fn recover(&mut self, interrupted: bool) -> bool {
        if let Some(process) = self.process.as_ref().filter(|_| interrupted) {
            process.kill();
            return false;
        }
        // What is under way ends by itself, when the driver's own time for it is over; the
        // pool waits only for so long. Answers cannot be mixed up: the driver gives one
        // after the other.
        self.at_rest = self.ask(|done| Command::Reset { done }).await;
        self.at_rest
    }
}

fn gone() -> Error {
    Error::new(Failure::Unavailable, "the ODBC connection was lost")
}
