//! A connection whose driver blocks lives on a thread of its own, which serves one command
//! after the other. This is what goes back and forth, and the near end of it.

use std::sync::mpsc::SyncSender;
use std::time::Instant;

use patchbay_capability::sql::{Error, Failure, Reply, Request};
use tokio::sync::oneshot;

/// Commands that can be under way: one, and a reset behind it.
pub(crate) const ROOM: usize = 2;

/// What the near end asks of the thread.
#[derive(Debug)]
pub(crate) enum Command {
    /// Run a request.
    Run {
        /// What to do.
        request: Request,
        /// When its answer is of no use any more.
        deadline: Instant,
        /// Where the answer goes.
        answer: oneshot::Sender<Answer>,
    },
    /// Roll back, end the cursor; answered with whether the connection is at rest then.
    Reset {
        /// Where that goes.
        done: oneshot::Sender<bool>,
    },
    /// Ask the server for a sign of life.
    Ping {
        /// Whether there was one.
        done: oneshot::Sender<bool>,
    },
}

/// An answer, and whether the connection is at rest after it.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) outcome: Result<Reply, Error>,
    pub(crate) at_rest: bool,
}

/// The near end. The thread ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Thread {
    commands: SyncSender<Command>,
    /// What is said when the thread has ended.
    lost: &'static str,
    at_rest: bool,
    alive: bool,
}

impl Thread {
    /// Over a channel with [`ROOM`]. Not at rest before it [is open](Self::opened).
    pub(crate) fn new(commands: SyncSender<Command>, lost: &'static str) -> Self {
        Self { commands, lost, at_rest: false, alive: true }
    }

    /// The thread has its connection.
    pub(crate) fn opened(&mut self) {
        self.at_rest = true;
    }

    pub(crate) fn is_alive(&self) -> bool {
        self.alive
    }

    pub(crate) fn is_at_rest(&self) -> bool {
        self.at_rest
    }

    /// Runs a request. Whoever gives up waiting leaves something under way.
    pub(crate) async fn run(&mut self, request: Request, deadline: Instant) -> Result<Reply, Error> {
        let (answer, ready) = oneshot::channel();
        self.at_rest = false;
        if self.commands.try_send(Command::Run { request, deadline, answer }).is_ok()
            && let Ok(Answer { outcome, at_rest }) = ready.await
        {
            self.at_rest = at_rest;
            return outcome;
        }
        self.alive = false;
        Err(Error::new(Failure::Unavailable, self.lost))
    }

    /// Brings the connection to rest; whether it is.
    pub(crate) async fn reset(&mut self) -> bool {
        self.at_rest = false;
        self.at_rest = self.ask(|done| Command::Reset { done }).await;
        self.at_rest
    }

    /// Whether the connection works.
    pub(crate) async fn ping(&mut self) -> bool {
        let at_rest = std::mem::take(&mut self.at_rest);
        let good = self.ask(|done| Command::Ping { done }).await;
        self.at_rest = at_rest;
        good
    }

    async fn ask(&mut self, command: impl FnOnce(oneshot::Sender<bool>) -> Command) -> bool {
        let (done, answer) = oneshot::channel();
        // The channel has room for all that can be under way.
        let sent = self.commands.try_send(command(done)).is_ok();
        let good = sent && answer.await.unwrap_or(false);
        self.alive &= good;
        good
    }
}
