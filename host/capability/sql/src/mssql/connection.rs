//! The near end of a connection.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use patchbay_capability::sql::{Error, Failure, Reply, Request};
use patchbay_pool::{Connection, OpenGuard};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::worker::{Command, Worker};
use crate::pool::Sql;

/// How long a connection may take to say that it works.
const PING: Duration = Duration::from_secs(2);

/// The near end of a connection. Dropping it closes the socket, also in the middle of a
/// statement; the server rolls back.
#[derive(Debug)]
pub(super) struct MssqlConnection {
    inbox: mpsc::Sender<Command>,
    task: JoinHandle<()>,
    at_rest: bool,
}

impl MssqlConnection {
    pub(super) fn start(worker: Worker, open: OpenGuard) -> Self {
        let (inbox, commands) = mpsc::channel(1);
        let task = tokio::spawn(async move {
            let _open = open;
            Box::pin(worker.serve(commands)).await;
        });
        Self { inbox, task, at_rest: true }
    }

    async fn ask(&self, command: impl FnOnce(oneshot::Sender<bool>) -> Command) -> bool {
        let (done, answer) = oneshot::channel();
        self.inbox.send(command(done)).await.is_ok() && answer.await.unwrap_or(false)
    }
}

impl Drop for MssqlConnection {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[async_trait]
impl Connection for MssqlConnection {
    type Protocol = Sql;

    fn is_alive(&self) -> bool {
        !self.inbox.is_closed()
    }

    fn is_at_rest(&self) -> bool {
        self.at_rest
    }

    async fn run(&mut self, request: Request, _deadline: Instant) -> Result<Reply, Error> {
        let lost = || Error::new(Failure::Unavailable, "the connection to the server was lost");
        let (answer, answered) = oneshot::channel();
        self.at_rest = false;
        self.inbox.send(Command::Run { request, answer }).await.map_err(|_| lost())?;
        let answer = answered.await.map_err(|_| lost())?;
        self.at_rest = answer.at_rest;
        answer.outcome
    }

    async fn ping(&mut self) -> bool {
        timeout(PING, self.ask(|done| Command::Ping { done })).await.unwrap_or(false)
    }

    async fn recover(&mut self, interrupted: bool) -> bool {
        // What was under way is not cancelled and waited for: its answer could come in the
        // place of another's.
        if interrupted || !self.ask(|done| Command::Reset { done }).await {
            return false;
        }
        self.at_rest = true;
        true
    }
}
