//! Rows under way, and how they end.

use mysql_async::prelude::Queryable as _;
use mysql_async::{BinaryProtocol, Conn, Params, QueryResult, Statement};
use patchbay_capability::sql::{Batch, Error, Reply, Row, Value};

use super::super::connection::Line;
use super::super::{row, statement};
use super::{Status, Transaction};

/// Rows read and thrown away before a cursor that is closed early is cancelled instead.
const DRAINED_ROWS: usize = 256;

/// Rows under way, one ahead of what was delivered.
pub(super) struct Cursor<'a> {
    /// None after the last row.
    pub(super) rows: Option<QueryResult<'a, 'static, BinaryProtocol>>,
    ahead: Option<Row>,
}

/// Why a batch ended before its end.
pub(super) enum Stop {
    /// The server's error; the result has ended.
    Server(mysql_async::Error),
    /// A value that the contract has no word for; the result goes on.
    Value(Error),
}

/// Runs a statement and waits for its first row: errors of execution belong to the query
/// and not to the first batch.
pub(super) async fn open<'a>(
    conn: &'a mut Conn,
    status: &mut Status,
    text: &str,
    prepared: &Statement,
    params: Params,
) -> Result<(Reply, Cursor<'a>), Error> {
    let mut rows = conn.exec_iter(prepared, params).await.map_err(|e| status.failed(&e, text))?;
    let columns = statement::columns(rows.columns_ref());
    let first = rows.next().await.map_err(|e| status.failed(&e, text))?;
    let cursor = match first {
        Some(first) => Cursor { rows: Some(rows), ahead: Some(row::decode(first)?) },
        None => {
            rows.drop_result().await.map_err(|e| status.failed(&e, text))?;
            Cursor { rows: None, ahead: None }
        }
    };
    Ok((Reply::Columns(columns), cursor))
}

impl Cursor<'_> {
    pub(super) async fn batch(&mut self, max_rows: u32, max_bytes: usize) -> Result<Batch, Stop> {
        let max_rows = usize::try_from(max_rows).unwrap_or(usize::MAX).max(1);
        let mut batch = Batch::default();
        let mut bytes = 0_usize;
        while let Some(row) = self.ahead.take() {
            bytes = row.iter().map(Value::size).fold(bytes, usize::saturating_add);
            batch.rows.push(row);
            let Some(rows) = self.rows.as_mut() else { break };
            match rows.next().await.map_err(Stop::Server)? {
                Some(next) => self.ahead = Some(row::decode(next).map_err(Stop::Value)?),
                None => {
                    if let Some(rows) = self.rows.take() {
                        rows.drop_result().await.map_err(Stop::Server)?;
                    }
                }
            }
            if batch.rows.len() >= max_rows || bytes >= max_bytes {
                break;
            }
        }
        batch.done = self.ahead.is_none();
        Ok(batch)
    }
}

/// Ends a cursor. What is left of it is read if it is little; else the statement is
/// cancelled, unless that would undo an open transaction. True when the cancel may not
/// have found anything to end.
pub(super) async fn close(cursor: Cursor<'_>, status: &mut Status, line: &Line) -> bool {
    let Some(mut rows) = cursor.rows else { return false };
    let mut end = drain(&mut rows, DRAINED_ROWS).await;
    let cancel = matches!(end, Drained::More) && status.transaction == Transaction::None;
    if cancel {
        line.kill("QUERY").await;
    }
    while matches!(end, Drained::More) {
        end = drain(&mut rows, DRAINED_ROWS).await;
    }
    if let Drained::Failed(error) = &end {
        status.alive &= !error.is_fatal();
        if status.transaction == Transaction::Open {
            status.transaction = Transaction::Failed;
        }
    }
    cancel && matches!(end, Drained::End)
}

/// How reading to the end went.
enum Drained {
    /// There is more.
    More,
    /// The rows ended.
    End,
    /// An error ended them, such as a cancel.
    Failed(mysql_async::Error),
}

/// Reads up to `limit` rows and throws them away.
async fn drain(rows: &mut QueryResult<'_, 'static, BinaryProtocol>, limit: usize) -> Drained {
    for _ in 0..limit {
        match rows.next().await {
            Ok(Some(_)) => {}
            Ok(None) => return Drained::End,
            Err(error) => return Drained::Failed(error),
        }
    }
    Drained::More
}
