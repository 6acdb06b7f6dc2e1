//! Rows under way, and how they end.

use std::pin::Pin;

use futures_util::StreamExt as _;
use patchbay_capability::sql::{Batch, Error, Failure, Reply, Row, Value};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, RowStream, Statement};

use super::super::param::Param;
use super::super::row;
use super::{PostgresConnection, Transaction};

/// Rows read and thrown away before a cursor that is closed early is cancelled instead.
pub(super) const DRAINED_ROWS: usize = 256;

/// Rows under way, one ahead of what was delivered. After the last one `ahead` is empty
/// and `rows` gone.
pub(super) struct Cursor {
    pub(super) rows: Option<Pin<Box<RowStream>>>,
    pub(super) ahead: Option<Row>,
}

impl PostgresConnection {
    pub(super) async fn fetch(&mut self, max_rows: u32, max_bytes: usize) -> Result<Reply, Error> {
        let Some(cursor) = self.cursor.as_mut() else {
            return Err(Error::new(Failure::InvalidStatement, "no cursor is open"));
        };
        let max_rows = usize::try_from(max_rows).unwrap_or(usize::MAX).max(1);
        let mut batch = Batch::default();
        let mut bytes = 0_usize;
        while let Some(row) = cursor.ahead.take() {
            bytes = row.iter().map(Value::size).fold(bytes, usize::saturating_add);
            batch.rows.push(row);
            let Some(rows) = cursor.rows.as_mut() else { break };
            match rows.next().await {
                Some(Ok(next)) => cursor.ahead = Some(row::decode(&next)?),
                None => cursor.rows = None,
                Some(Err(error)) => {
                    self.cursor = None;
                    return Err(self.failed(&error));
                }
            }
            if batch.rows.len() >= max_rows || bytes >= max_bytes {
                break;
            }
        }
        batch.done = cursor.ahead.is_none();
        Ok(Reply::Batch(batch))
    }

    /// Ends the cursor. What is left of it is read if it is little; else the statement is
    /// cancelled, unless that would undo an open transaction.
    pub(super) async fn close_cursor(&mut self) -> Result<(), Error> {
        let Some(mut rows) = self.cursor.take().and_then(|cursor| cursor.rows) else { return Ok(()) };
        let mut end = drain(&mut rows, DRAINED_ROWS).await;
        if end == Drained::More && self.transaction == Transaction::None {
            // Noted first: this may be abandoned at any moment from here on.
            self.cancelling = true;
            self.cancel().await?;
            while end == Drained::More {
                end = drain(&mut rows, DRAINED_ROWS).await;
            }
            // It ended otherwise: the cancel is still on its way, and must not hit what
            // comes next. It finds this instead.
            if end != Drained::Cancelled {
                self.absorb_cancel().await?;
            }
            self.cancelling = false;
        }
        while end == Drained::More {
            end = drain(&mut rows, DRAINED_ROWS).await;
        }
        if matches!(end, Drained::Failed | Drained::Cancelled) && self.transaction == Transaction::Open {
            self.transaction = Transaction::Failed;
        }
        Ok(())
    }

    async fn absorb_cancel(&mut self) -> Result<(), Error> {
        match self.client.batch_execute("SELECT pg_catalog.pg_sleep(0.5)").await {
            Err(error) if error.code() != Some(&SqlState::QUERY_CANCELED) => Err(self.failed(&error)),
            _ => Ok(()),
        }
    }
}

/// Runs a statement and reads its first rows; the driver throws away what is left. The
/// outer error is the server's, the inner one that of a value that cannot be read.
pub(super) async fn first_batch(
    client: &Client,
    statement: &Statement,
    params: &[Value],
    max_rows: u32,
    max_bytes: usize,
) -> Result<Result<Batch, Error>, tokio_postgres::Error> {
    let max_rows = usize::try_from(max_rows).unwrap_or(usize::MAX);
    let mut rows = Box::pin(client.query_raw(statement, params.iter().map(Param)).await?);
    let mut batch = Batch::default();
    let mut bytes = 0_usize;
    // One is read beyond the last that is wanted: it tells whether there are more.
    loop {
        let Some(row) = rows.next().await.transpose()? else {
            batch.done = true;
            return Ok(Ok(batch));
        };
        if batch.rows.len() >= max_rows || bytes >= max_bytes {
            return Ok(Ok(batch));
        }
        match row::decode(&row) {
            Ok(row) => {
                bytes = row.iter().map(Value::size).fold(bytes, usize::saturating_add);
                batch.rows.push(row);
            }
            Err(error) => return Ok(Err(error)),
        }
    }
}

/// How reading to the end went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Drained {
    /// There is more.
    More,
    /// The rows ended.
    End,
    /// A cancel ended them.
    Cancelled,
    /// Another error did.
    Failed,
}

/// Reads up to `limit` rows and throws them away.
pub(super) async fn drain(rows: &mut Pin<Box<RowStream>>, limit: usize) -> Drained {
    for _ in 0..limit {
        match rows.next().await {
            Some(Ok(_)) => {}
            Some(Err(error)) if error.code() == Some(&SqlState::QUERY_CANCELED) => return Drained::Cancelled,
            Some(Err(_)) => return Drained::Failed,
            None => return Drained::End,
        }
    }
    Drained::More
}
