//! The near end of a connection: a channel to the task that owns it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, Opts};
use patchbay_capability::sql::{Error, Failure, Reply, Request};
use patchbay_pool::{Connection, Credentials};
use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;
use tokio::time::timeout;

use super::session::{Command, Session, State};
use crate::pool::Sql;

/// How long an interrupted statement may go on before the server is told to end it.
const SETTLE: Duration = Duration::from_millis(100);
/// How long a connection may take to say that it works.
const PING: Duration = Duration::from_secs(2);
/// How long telling the server to end something may take.
const KILL: Duration = Duration::from_secs(3);

/// The near end of a connection. Dropping it ends the session; the server rolls back.
pub(super) struct MysqlConnection {
    commands: mpsc::Sender<Command>,
    line: Line,
    state: State,
    task: AbortHandle,
    /// It does not come back to rest by itself.
    stuck: bool,
}

/// Which session at which server: what is needed to end it from outside.
#[derive(Clone)]
pub(super) struct Line {
    pub(super) server: Opts,
    pub(super) id: u32,
    /// The password may be another one by now.
    pub(super) credentials: Arc<Credentials>,
}

impl Line {
    /// Ends what the session is running (`QUERY`), or the session (`CONNECTION`), over a
    /// connection of its own. The server has taken note of it when this returns.
    pub(super) async fn kill(&self, what: &'static str) {
        let killed = timeout(KILL, async {
            let server = super::with_password(&self.server, self.credentials.current().as_deref());
            let mut conn = Conn::new(server).await?;
            conn.query_drop(format!("KILL {what} {}", self.id)).await?;
            conn.disconnect().await
        })
        .await;
        match killed {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                let reason = super::error::connecting(&error);
                tracing::debug!(target: "patchbay::sql", %reason, "a statement could not be cancelled");
            }
            Err(_) => tracing::debug!(target: "patchbay::sql", "a statement could not be cancelled in time"),
        }
    }
}

impl std::fmt::Debug for MysqlConnection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MysqlConnection")
            .field("state", &self.state)
            .field("stuck", &self.stuck)
            .finish_non_exhaustive()
    }
}

impl MysqlConnection {
    /// Gives the session a task of its own.
    pub(super) fn start(session: Session) -> Self {
        // One command at a time is under way, and a reset may follow it.
        let (commands, inbox) = mpsc::channel(2);
        let line = session.line();
        let task = tokio::spawn(session.serve(inbox)).abort_handle();
        Self { commands, line, state: State { at_rest: true, alive: true }, task, stuck: false }
    }

    /// Hands a command to the task. The channel has room for all that can be under way.
    fn send(&mut self, command: Command) -> Result<(), Error> {
        self.commands.try_send(command).map_err(|_| self.gone())
    }

    fn gone(&mut self) -> Error {
        self.state.alive = false;
        Error::new(Failure::Unavailable, "the connection to the server was lost")
    }
}

#[async_trait]
impl Connection for MysqlConnection {
    type Protocol = Sql;

    fn is_alive(&self) -> bool {
        self.state.alive && !self.stuck && !self.commands.is_closed()
    }

    fn is_at_rest(&self) -> bool {
        self.state.at_rest
    }

    async fn run(&mut self, request: Request, _deadline: Instant) -> Result<Reply, Error> {
        let (answer, ready) = oneshot::channel();
        self.state.at_rest = false;
        self.send(Command::Run { request, answer })?;
        let Ok((outcome, state)) = ready.await else { return Err(self.gone()) };
        self.state = state;
        outcome
    }

    async fn ping(&mut self) -> bool {
        let (done, ready) = oneshot::channel();
        if self.send(Command::Ping { done }).is_err() {
            return false;
        }
        self.stuck = true;
        let works = matches!(timeout(PING, ready).await, Ok(Ok(true)));
        self.stuck = !works;
        works
    }

    async fn recover(&mut self, _interrupted: bool) -> bool {
        let (done, ready) = oneshot::channel();
        if self.send(Command::Reset { done }).is_err() {
            return false;
        }
        // Until the task has answered, its end cannot be waited for: whoever drops this in
        // the middle drops the connection.
        self.stuck = true;
        match timeout(SETTLE, ready).await {
            Ok(Ok(true)) => {
                self.stuck = false;
                self.state.at_rest = true;
                true
            }
            Ok(_) => false,
            Err(_) => {
                // It takes too long. What the server has begun ends with the session.
                self.line.kill("CONNECTION").await;
                false
            }
        }
    }
}

impl Drop for MysqlConnection {
    fn drop(&mut self) {
        if self.stuck {
            self.task.abort();
        }
    }
}
