//! The near end of a connection: what the session is doing, and how it is brought to rest.

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures_util::StreamExt as _;
use hashlink::LruCache;
use patchbay_capability::sql::{Column, Error, Failure, Reply, Request, Row, Value};
use tokio::time::timeout;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, RowStream, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::catalogue;
use super::error::{Constraints, translate};
use super::param::Param;
use super::row;
use crate::pool::Connection;

/// Rows read and thrown away before a cursor that is closed early is cancelled instead.
const DRAINED_ROWS: usize = 256;
/// How long a connection may take to say that it works.
const PING: Duration = Duration::from_secs(2);

/// The near end of a connection. Dropping it ends the session; the server rolls back.
pub(super) struct PostgresConnection {
    client: Client,
    tls: MakeRustlsConnect,
    statements: LruCache<String, Statement>,
    cursor: Option<Cursor>,
    transaction: Transaction,
    constraints: Arc<Constraints>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transaction {
    None,
    Open,
    /// A statement failed: COMMIT would be answered with a silent rollback.
    Failed,
}

/// Rows under way, one ahead of what was delivered. After the last one `ahead` is empty
/// and `rows` gone.
struct Cursor {
    rows: Option<Pin<Box<RowStream>>>,
    ahead: Option<Row>,
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
    ) -> Self {
        Self {
            client,
            tls,
            statements: LruCache::new(statement_cache.max(1)),
            cursor: None,
            transaction: Transaction::None,
            constraints,
        }
    }

    /// An error of the server, noted where it ends the transaction.
    fn failed(&mut self, error: &tokio_postgres::Error) -> Error {
        if self.transaction == Transaction::Open && error.as_db_error().is_some() {
            self.transaction = Transaction::Failed;
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

    /// Drops a prepared statement the server may not take any more; whether it can be
    /// prepared and run again: nothing was executed then.
    fn outdated(&mut self, text: &str, error: &tokio_postgres::Error, was_cached: bool) -> bool {
        let Some(code) = error.code() else { return false };
        let stale = *code == SqlState::FEATURE_NOT_SUPPORTED || *code == SqlState::INVALID_SQL_STATEMENT_NAME;
        if stale || *code == SqlState::UNDEFINED_TABLE || *code == SqlState::UNDEFINED_COLUMN {
            self.statements.remove(text);
        }
        stale && was_cached && self.transaction == Transaction::None
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
                Err(error) if self.outdated(text, &error, was_cached) => {}
                Err(error) => return Err(self.failed(&error)),
            }
        }
    }

    async fn execute(&mut self, text: &str, params: &[Value]) -> Result<Reply, Error> {
        loop {
            let (statement, was_cached) = self.prepare(text, params).await?;
            match self.client.execute_raw(&statement, params.iter().map(Param)).await {
                Ok(affected) => return Ok(Reply::Affected(affected)),
                Err(error) if self.outdated(text, &error, was_cached) => {}
                Err(error) => return Err(self.failed(&error)),
            }
        }
    }

    async fn fetch(&mut self, max_rows: u32, max_bytes: usize) -> Result<Reply, Error> {
        let Some(cursor) = self.cursor.as_mut() else {
            return Err(Error::new(Failure::InvalidStatement, "no cursor is open"));
        };
        let max_rows = usize::try_from(max_rows).unwrap_or(usize::MAX).max(1);
        let mut batch = Vec::new();
        let mut bytes = 0_usize;
        while let Some(row) = cursor.ahead.take() {
            bytes = row.iter().map(Value::size).fold(bytes, usize::saturating_add);
            batch.push(row);
            let Some(rows) = cursor.rows.as_mut() else { break };
            match rows.next().await {
                Some(Ok(next)) => cursor.ahead = Some(row::decode(&next)?),
                None => cursor.rows = None,
                Some(Err(error)) => {
                    self.cursor = None;
                    return Err(self.failed(&error));
                }
            }
            if batch.len() >= max_rows || bytes >= max_bytes {
                break;
            }
        }
        Ok(Reply::Rows(batch))
    }

    /// Ends the cursor. What is left of it is read if it is little; else the statement is
    /// cancelled, unless that would undo an open transaction.
    async fn close_cursor(&mut self) -> Result<(), Error> {
        let Some(mut rows) = self.cursor.take().and_then(|cursor| cursor.rows) else { return Ok(()) };
        if !drained(&mut rows, DRAINED_ROWS).await && self.transaction == Transaction::None {
            self.cancel().await?;
        }
        while !drained(&mut rows, DRAINED_ROWS).await {}
        Ok(())
    }

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

    /// Waits until the server has answered everything. A late cancel can hit the first
    /// try; the second one is out of its reach.
    async fn settle(&mut self, text: &str) -> bool {
        for _ in 0..2 {
            match self.client.batch_execute(text).await {
                Ok(()) => {
                    self.transaction = Transaction::None;
                    return true;
                }
                Err(error) if error.code() == Some(&SqlState::QUERY_CANCELED) => {}
                Err(_) => return false,
            }
        }
        false
    }
}

/// Reads up to `limit` rows; whether that was all of them. An error ends them as well.
async fn drained(rows: &mut Pin<Box<RowStream>>, limit: usize) -> bool {
    for _ in 0..limit {
        match rows.next().await {
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return true,
        }
    }
    false
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
    fn is_alive(&self) -> bool {
        !self.client.is_closed()
    }

    fn is_at_rest(&self) -> bool {
        self.transaction == Transaction::None && self.cursor.as_ref().is_none_or(|cursor| cursor.rows.is_none())
    }

    async fn run(&mut self, request: Request, _deadline: Instant) -> Result<Reply, Error> {
        if let Request::Next { max_rows, max_bytes } = request {
            return self.fetch(max_rows, max_bytes).await;
        }
        self.close_cursor().await?;
        match request {
            Request::Query { text, params } => self.query(&text, &params).await,
            Request::Execute { text, params } => self.execute(&text, &params).await,
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
        timeout(PING, self.client.check_connection()).await.is_ok_and(|outcome| outcome.is_ok())
    }

    async fn recover(&mut self, interrupted: bool) -> bool {
        let rows = self.cursor.take().and_then(|cursor| cursor.rows);
        let pending = match rows {
            Some(mut rows) if !interrupted => {
                // Little is left of most cursors; the rest is not worth waiting for.
                timeout(Duration::from_millis(50), drained(&mut rows, DRAINED_ROWS)).await != Ok(true)
            }
            rows => interrupted || rows.is_some(),
        };
        if pending && self.cancel().await.is_err() {
            return false;
        }
        match self.transaction {
            Transaction::Open | Transaction::Failed => self.settle("ROLLBACK").await,
            Transaction::None => !pending || self.settle("").await,
        }
    }
}
