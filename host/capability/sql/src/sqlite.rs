//! SQLite, through its own library.
//!
//! The library blocks, so each connection lives on a thread of its own, which serves one
//! command after the other (`worker`). The pool holds the near end: a channel, and the
//! library's interrupt handle for what takes too long.

mod blame;
pub(crate) mod catalogue;
pub(crate) mod ddl;
mod error;
pub(crate) mod value;
mod worker;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use patchbay_capability::sql::{Dialect, Error, Failure, Pool, Reply, Request};
use patchbay_pool::{Connect, Connection, OpenGuard, PoolOptions};
use rusqlite::InterruptHandle;
use tokio::sync::oneshot;

use crate::pool::Sql;
use crate::thread::{ROOM, Thread};

/// What is said when a connection's thread has ended.
const LOST: &str = "the connection's thread has ended";

/// Where a SQLite database is and how it is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqliteOptions {
    /// The database file.
    pub path: PathBuf,
    /// Make the file when it is not there. Off by default: a mistyped path is an error,
    /// not an empty database.
    pub create: bool,
    /// How long to wait for another writer, within the deadline of the call.
    pub busy_timeout: Duration,
    /// Write-ahead log: readers and the writer do not wait for each other. Stays on in
    /// the file once it was set.
    pub wal: bool,
    /// Foreign keys are enforced.
    pub foreign_keys: bool,
    /// Compiled statements kept per connection.
    pub statement_cache: usize,
}

impl SqliteOptions {
    /// The file at `path`, which has to exist; 10 s busy timeout, write-ahead log, foreign
    /// keys enforced, 128 compiled statements.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            create: false,
            busy_timeout: Duration::from_secs(10),
            wal: true,
            foreign_keys: true,
            statement_cache: 128,
        }
    }
}

/// A pool of connections to one database file. Opens nothing yet.
pub fn pool(options: SqliteOptions, pool: PoolOptions) -> Arc<dyn Pool> {
    crate::pool::pool(Dialect::Sqlite, SqliteConnect { options: Arc::new(options) }, pool)
}

#[derive(Debug)]
struct SqliteConnect {
    options: Arc<SqliteOptions>,
}

#[async_trait]
impl Connect for SqliteConnect {
    type Protocol = Sql;
    type Connection = SqliteConnection;

    async fn connect(&self, open: OpenGuard) -> Result<SqliteConnection, Error> {
        let (commands, inbox) = sync_channel(ROOM);
        let (opened, ready) = oneshot::channel::<Result<InterruptHandle, Error>>();
        let options = Arc::clone(&self.options);
        std::thread::Builder::new()
            .name("patchbay-sqlite".into())
            .spawn(move || {
                let _open = open;
                match worker::open(&options) {
                    Ok(connection) => {
                        if opened.send(Ok(connection.get_interrupt_handle())).is_ok() {
                            worker::serve(&connection, &options, &inbox);
                        }
                    }
                    // Nobody waits any more: nobody to tell.
                    Err(error) => drop(opened.send(Err(error))),
                }
            })
            .map_err(|error| Error::new(Failure::Unavailable, format!("cannot start a thread: {error}")))?;
        let mut thread = Thread::new(commands, LOST);
        let interrupt = ready.await.map_err(|_| Error::new(Failure::Unavailable, LOST))??;
        thread.opened();
        Ok(SqliteConnection { thread, interrupt })
    }
}

/// The near end of a connection's thread, which ends when this is dropped.
struct SqliteConnection {
    thread: Thread,
    interrupt: InterruptHandle,
}

impl std::fmt::Debug for SqliteConnection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteConnection").field("thread", &self.thread).finish_non_exhaustive()
    }
}

#[async_trait]
impl Connection for SqliteConnection {
    type Protocol = Sql;

    fn is_alive(&self) -> bool {
        self.thread.is_alive()
    }

    fn is_at_rest(&self) -> bool {
        self.thread.is_at_rest()
    }

    async fn run(&mut self, request: Request, deadline: Instant) -> Result<Reply, Error> {
        self.thread.run(request, deadline).await
    }

    async fn ping(&mut self) -> bool {
        self.thread.ping().await
    }

    async fn recover(&mut self, interrupted: bool) -> bool {
        if interrupted {
            // Stops the command under way, if it has not ended yet. The reset is sent
            // after this, so nothing else can be hit.
            self.interrupt.interrupt();
        }
        self.thread.reset().await
    }
}
