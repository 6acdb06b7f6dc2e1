//! The near end of a connection: what the session is doing, and how it is brought to rest.

mod cursor;
pub(crate) mod procedure;

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures_util::StreamExt as _;
use futures_util::future::join_all;
use hashlink::LruCache;
use patchbay_capability::sql::{Column, Error, Failure, Prepared, Reply, Request, Value};
use patchbay_pool::Connection;
use tokio::time::timeout;
use tokio_postgres::error::{DbError, SqlState};
use tokio_postgres::{Client, SimpleQueryMessage, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::catalogue;
use super::error::{is_unfit, translate};
use super::param::Param;
use super::row;
use crate::constraints::Constraints;
use crate::pool::{Sql, read_only};
use cursor::{Cursor, DRAINED_ROWS, Drained, drain, first_batch};

/// How long an interrupted statement may go on before it is cancelled.
const SETTLE: Duration = Duration::from_millis(100);
/// Takes an advisory lock until the transaction ends. The seed keeps our locks apart from
/// those of others; two names that share a number wait for each other, and nothing else.
pub(crate) const LOCK: &str =
    "SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended($1, 7305806132241850469)) IS NULL";
/// How long a connection may take to say that it works.
const PING: Duration = Duration::from_secs(2);

/// The near end of a connection. Dropping it ends the session; the server rolls back.
pub(super) struct PostgresConnection {
    client: Client,
    tls: MakeRustlsConnect,
    statements: LruCache<String, Statement>,
    cursor: Option<Cursor>,
    /// Rows that nobody wants may still be on their way.
    unread: bool,
    /// A cancel was sent, and nothing was hit by it yet: it may hit whatever runs next.
    cancelling: bool,
    transaction: Transaction,
    constraints: Arc<Constraints>,
    /// One of several servers: of use only as long as it takes writes.
    must_write: bool,
    /// It does not any more.
    demoted: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transaction {
    None,
    Open,
    /// A statement failed: COMMIT would be answered with a silent rollback.
    Failed,
}

impl std::fmt::Debug for PostgresConnection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresConnection")
            .field("transaction", &self.transaction)
            .field("cursor", &self.cursor.is_some())
            .field("statements", &self.statements.len())
            .finish_non_exhaustive()
    }
}

impl PostgresConnection {
    pub(super) fn new(
        client: Client,
        tls: MakeRustlsConnect,
        statement_cache: usize,
        constraints: Arc<Constraints>,
        must_write: bool,
    ) -> Self {
        Self {
            client,
            tls,
            statements: LruCache::new(statement_cache.max(1)),
            cursor: None,
            unread: false,
            cancelling: false,
            transaction: Transaction::None,
            constraints,
            must_write,
            demoted: false,
        }
    }

    /// An error of the server, noted where it ends the transaction.
    fn failed(&mut self, error: &tokio_postgres::Error) -> Error {
        if self.transaction == Transaction::Open && error.as_db_error().is_some() {
            self.transaction = Transaction::Failed;
        }
        if self.must_write && error.code() == Some(&SqlState::READ_ONLY_SQL_TRANSACTION) {
            self.demoted = true;
            return read_only();
        }
        translate(error, &self.constraints)
    }

    /// The prepared statement, and whether it was there already.
    async fn prepare(&mut self, text: &str, params: &[Value]) -> Result<(Statement, bool), Error> {
        let cached = self.statements.get(text).cloned();
        let (statement, was_cached) = match cached {
            Some(statement) => (statement, true),
            None => {
                let statement = self.client.prepare(text).await.map_err(|e| self.failed(&e))?;
                row::check_supported(statement.columns())?;
                self.statements.insert(text.to_owned(), statement.clone());
                (statement, false)
            }
        };
        if statement.params().len() != params.len() {
            return Err(Error::new(
                Failure::InvalidStatement,
                format!("the statement takes {} parameters, not {}", statement.params().len(), params.len()),
            ));
        }
        Ok((statement, was_cached))
    }

    /// What to do about a failed statement: nothing, which means to prepare and run it
    /// once more, or to return the error.
    ///
    /// A statement prepared a while ago may fail because a table has changed under it. It
    /// is forgotten then; outside a transaction nothing of it stands, so it can be run anew.
    fn retry(&mut self, text: &str, error: &tokio_postgres::Error, was_cached: bool) -> Result<(), Error> {
        let stale = match error.as_db_error() {
            Some(error) => Stale::of(error),
            None if is_unfit(error) => Stale::Perhaps,
            None => Stale::No,
        };
        if !was_cached || stale == Stale::No {
            return Err(self.failed(error));
        }
        self.statements.remove(text);
        if self.transaction == Transaction::None {
            return Ok(());
        }
        let mut failed = self.failed(error);
        if stale == Stale::Probably {
            failed.failure = Failure::Undefined;
        }
        Err(failed)
    }

    async fn query(&mut self, text: &str, params: &[Value]) -> Result<Reply, Error> {
        loop {
            let (statement, was_cached) = self.prepare(text, params).await?;
            let opened = match self.client.query_raw(&statement, params.iter().map(Param)).await {
                Ok(rows) => {
                    let mut rows = Box::pin(rows);
                    // The first row is awaited: errors of execution belong to the query
                    // and not to the first batch.
                    rows.next().await.transpose().map(|first| (first, rows))
                }
                Err(error) => Err(error),
            };
            match opened {
                Ok((first, rows)) => {
                    self.cursor = Some(match first {
                        Some(first) => Cursor { rows: Some(rows), ahead: Some(row::decode(&first)?) },
                        None => Cursor { rows: None, ahead: None },
                    });
                    return Ok(Reply::Columns(columns(&statement)));
                }
                Err(error) => self.retry(text, &error, was_cached)?,
            }
        }
    }

    async fn execute(&mut self, text: &str, params: &[Value]) -> Result<Reply, Error> {
        loop {
            let (statement, was_cached) = self.prepare(text, params).await?;
            match self.client.execute_raw(&statement, params.iter().map(Param)).await {
                Ok(affected) => return Ok(Reply::Affected(affected)),
                Err(error) => self.retry(text, &error, was_cached)?,
            }
        }
    }

    /// Sends all statements before it waits for the first answer.
    async fn pipeline(&mut self, statements: &[Prepared], max_rows: u32, max_bytes: usize) -> Result<Reply, Error> {
        'again: loop {
            let mut ready = Vec::with_capacity(statements.len());
            for Prepared { text, params } in statements {
                ready.push(self.prepare(text, params).await?);
            }
            let first_rows = statements
                .iter()
                .zip(&ready)
                .map(|(sent, (statement, _))| first_batch(&self.client, statement, &sent.params, max_rows, max_bytes));
            let outcomes = join_all(first_rows).await;
            let mut batches = Vec::with_capacity(outcomes.len());
            for ((outcome, (_, was_cached)), sent) in outcomes.into_iter().zip(ready).zip(statements) {
                match outcome {
                    Ok(batch) => batches.push(batch?),
                    // In a transaction, what comes after the first error says no more than
                    // that there was one.
                    Err(error) => {
                        self.retry(&sent.text, &error, was_cached)?;
                        continue 'again;
                    }
                }
            }
            self.unread |= batches.iter().any(|batch| !batch.done);
            return Ok(Reply::Batches(batches));
        }
    }

    /// Asks the server to end what is under way. It is done when the server has read that,
    /// which may be later than this returns.
    async fn cancel(&self) -> Result<(), Error> {
        self.client.cancel_token().cancel_query(self.tls.clone()).await.map_err(|e| translate(&e, &self.constraints))
    }

    /// Runs a command that has no result.
    async fn command(&mut self, text: &str) -> Result<(), Error> {
        self.client.batch_execute(text).await.map_err(|e| self.failed(&e))
    }

    async fn commit(&mut self) -> Result<Reply, Error> {
        if self.transaction == Transaction::Failed {
            return Err(Error::new(Failure::InvalidStatement, "the transaction has failed and cannot be committed"));
        }
        if std::mem::take(&mut self.unread) {
            // What nobody read may have failed, and COMMIT would then roll back without a word.
            self.command("SELECT 1").await?;
        }
        let outcome = self.client.batch_execute("COMMIT").await;
        match outcome {
            Ok(()) => {
                self.transaction = Transaction::None;
                Ok(Reply::Done)
            }
            // Deferred constraints: the server has rolled back. A ROLLBACK to come does no harm.
            Err(error) => Err(self.failed(&error)),
        }
    }

    /// Waits until the server has answered everything, and a last statement.
    async fn settle(&mut self, text: &str) -> bool {
        let settled = self.client.batch_execute(text).await.is_ok();
        if settled {
            self.transaction = Transaction::None;
            self.unread = false;
        }
        settled
    }
}

/// Whether the server takes writes: it is no standby, and not set to read only.
pub(super) async fn is_writable(client: &Client) -> Result<bool, tokio_postgres::Error> {
    let messages = client.simple_query("SHOW transaction_read_only").await?;
    Ok(messages.iter().any(|message| matches!(message, SimpleQueryMessage::Row(row) if row.get(0) == Some("off"))))
}

/// Whether a prepared statement failed because it was prepared against other tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stale {
    No,
    /// A value does not fit the type its column had, or has.
    Perhaps,
    Probably,
}

impl Stale {
    fn of(error: &DbError) -> Self {
        let code = error.code();
        let replanned = *code == SqlState::FEATURE_NOT_SUPPORTED && error.routine() == Some("RevalidateCachedQuery");
        match code.code().get(..2) {
            _ if replanned || *code == SqlState::INVALID_SQL_STATEMENT_NAME => Self::Probably,
            Some("42") => Self::Probably,
            Some("22") => Self::Perhaps,
            _ => Self::No,
        }
    }
}

fn columns(statement: &Statement) -> Vec<Column> {
    statement
        .columns()
        .iter()
        .map(|column| Column {
            name: column.name().to_owned(),
            type_name: column.type_().name().to_owned(),
            nullable: None,
        })
        .collect()
}

#[async_trait]
impl Connection for PostgresConnection {
    type Protocol = Sql;

    fn is_alive(&self) -> bool {
        !self.client.is_closed() && !self.demoted
    }

    fn is_at_rest(&self) -> bool {
        self.transaction == Transaction::None
            && !self.unread
            && !self.cancelling
            && self.cursor.as_ref().is_none_or(|cursor| cursor.rows.is_none())
    }

    async fn run(&mut self, request: Request, _deadline: Instant) -> Result<Reply, Error> {
        if let Request::Next { max_rows, max_bytes } = request {
            return self.fetch(max_rows, max_bytes).await;
        }
        self.close_cursor().await?;
        match request {
            Request::Query { text, params } => self.query(&text, &params).await,
            Request::Pipeline { statements, max_rows, max_bytes } => {
                self.pipeline(&statements, max_rows, max_bytes).await
            }
            Request::Execute { text, params } => self.execute(&text, &params).await,
            Request::Procedure { call, max_rows, max_bytes } => self.call(&call, max_rows, max_bytes).await,
            Request::Next { .. } | Request::CloseCursor => Ok(Reply::Done),
            Request::Begin => {
                // Noted first: a begin that is abandoned may happen all the same.
                self.transaction = Transaction::Open;
                self.command("BEGIN").await.map(|()| Reply::Done)
            }
            Request::Commit => self.commit().await,
            Request::Rollback => {
                self.command("ROLLBACK").await?;
                self.transaction = Transaction::None;
                Ok(Reply::Done)
            }
            Request::Lock(name) => {
                self.query(LOCK, &[Value::Text(name)]).await?;
                self.close_cursor().await.map(|()| Reply::Done)
            }
            Request::Tables => {
                let found = catalogue::tables(&self.client).await;
                found.map(Reply::Tables).map_err(|e| self.failed(&e))
            }
            Request::Describe(name) => {
                let found = catalogue::describe(&self.client, &name, &self.constraints).await;
                match found {
                    Ok(Some(table)) => Ok(Reply::Table(table)),
                    Ok(None) => Err(Error::new(Failure::Undefined, format!("there is no table {}", name.join(".")))),
                    Err(error) => Err(self.failed(&error)),
                }
            }
        }
    }

    async fn ping(&mut self) -> bool {
        let works = async {
            match self.must_write {
                true => is_writable(&self.client).await,
                false => self.client.check_connection().await.map(|()| true),
            }
        };
        timeout(PING, works).await.is_ok_and(|outcome| outcome.unwrap_or_default())
    }

    async fn recover(&mut self, interrupted: bool) -> bool {
        if self.cancelling {
            return false;
        }
        let rows = self.cursor.take().and_then(|cursor| cursor.rows);
        let settled = timeout(SETTLE, async {
            if let Some(mut rows) = rows
                && drain(&mut rows, DRAINED_ROWS).await == Drained::More
            {
                return false;
            }
            match self.transaction {
                Transaction::None if interrupted || self.unread => self.settle("").await,
                Transaction::None => true,
                Transaction::Open | Transaction::Failed => self.settle("ROLLBACK").await,
            }
        })
        .await;
        if let Ok(settled) = settled
            && settled
        {
            return true;
        }
        // It takes too long: the server is asked to stop. That may come late and hit
        // whatever runs then, so this connection runs nothing any more.
        if let Err(error) = self.cancel().await {
            tracing::debug!(target: "patchbay::sql", %error, "a statement could not be cancelled");
        }
        false
    }
}
