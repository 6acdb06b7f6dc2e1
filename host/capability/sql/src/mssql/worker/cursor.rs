//! A result's rows, served as they are asked for, and how they end.

use futures_util::TryStreamExt as _;
use patchbay_capability::sql::{Batch, Column, Reply, Request, Row, Value};
use tiberius::error::Error as Fault;
use tiberius::{QueryItem, QueryStream};
use tokio::sync::{mpsc, oneshot};

use super::super::client::Tds;
use super::super::row;
use super::super::statement::Ready;
use super::{Answer, Command, Trouble};

/// Rows read and thrown away to end a cursor; with more to come a new session is cheaper.
const DRAINED_ROWS: usize = 256;

/// Runs a statement and reads its first rows; beside them, what is left of the result.
pub(super) async fn first_batch(
    client: &mut Tds,
    ready: Ready<'_>,
    max_rows: u32,
    max_bytes: usize,
) -> (Result<Batch, Trouble>, Result<Drained, Trouble>) {
    match Cursor::open(client, ready).await {
        Ok((mut cursor, _)) => {
            let batch = cursor.batch(max_rows, max_bytes).await;
            (batch, cursor.drain(DRAINED_ROWS).await)
        }
        Err((trouble, left)) => (Err(trouble), left),
    }
}

/// How a cursor ended.
pub(super) enum Course {
    /// With an answer that is still to be given.
    Over { answer: oneshot::Sender<Answer>, outcome: Result<Reply, Trouble>, left: Result<Drained, Trouble> },
    /// With another command.
    Left { left: Result<Drained, Trouble>, next: Command },
    /// The near end is gone.
    Gone,
}

/// Runs a query and serves its cursor until it ends or something else is asked.
pub(super) async fn serve_cursor(
    client: &mut Tds,
    ready: Ready<'_>,
    answer: oneshot::Sender<Answer>,
    inbox: &mut mpsc::Receiver<Command>,
) -> Course {
    let (mut cursor, columns) = match Cursor::open(client, ready).await {
        Ok(opened) => opened,
        Err((trouble, left)) => return Course::Over { answer, outcome: Err(trouble), left },
    };
    if cursor.ahead.is_none() {
        return Course::Over { answer, outcome: Ok(Reply::Columns(columns)), left: Ok(Drained::End) };
    }
    // Abandoned or not: the next command tells what becomes of the cursor.
    let _ = answer.send(Answer { outcome: Ok(Reply::Columns(columns)), at_rest: false });
    loop {
        let (max_rows, max_bytes, answer) = match inbox.recv().await {
            None => return Course::Gone,
            Some(Command::Run { request: Request::Next { max_rows, max_bytes }, answer }) => {
                (max_rows, max_bytes, answer)
            }
            Some(next) => return Course::Left { left: cursor.drain(DRAINED_ROWS).await, next },
        };
        match cursor.batch(max_rows, max_bytes).await {
            Ok(batch) if !batch.done => {
                let _ = answer.send(Answer { outcome: Ok(Reply::Batch(batch)), at_rest: false });
            }
            Ok(batch) => return Course::Over { answer, outcome: Ok(Reply::Batch(batch)), left: Ok(Drained::End) },
            Err(trouble) => {
                let left = cursor.drain(DRAINED_ROWS).await;
                return Course::Over { answer, outcome: Err(trouble), left };
            }
        }
    }
}

/// How reading to the end went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Drained {
    More,
    End,
}

/// Rows under way, one ahead of what was delivered.
struct Cursor<'c> {
    stream: QueryStream<'c>,
    ahead: Option<Row>,
    /// Nothing is left to read.
    ended: bool,
}

impl<'c> Cursor<'c> {
    /// Runs the statement and reads the first row: errors of execution belong to the query
    /// and not to the first batch. Beside an error, what is left of the result.
    async fn open(
        client: &'c mut Tds,
        ready: Ready<'_>,
    ) -> Result<(Self, Vec<Column>), (Trouble, Result<Drained, Trouble>)> {
        let over = |fault: Fault| (Trouble::Session(fault), Ok(Drained::End));
        let mut stream = ready.query().query(client).await.map_err(over)?;
        let columns = stream.columns().await.map_err(over)?.map(row::columns).unwrap_or_default();
        let mut cursor = Self { stream, ahead: None, ended: false };
        match cursor.step().await {
            Ok(first) => {
                cursor.ahead = first;
                Ok((cursor, columns))
            }
            Err(trouble) => {
                let left = cursor.drain(DRAINED_ROWS).await;
                Err((trouble, left))
            }
        }
    }

    /// The next row of the first result; what triggers select is passed over.
    async fn step(&mut self) -> Result<Option<Row>, Trouble> {
        loop {
            match self.stream.try_next().await {
                Ok(Some(QueryItem::Row(row))) if row.result_index() == 0 => {
                    return row::decode(&row).map(Some).map_err(Trouble::Value);
                }
                Ok(Some(_)) => {}
                Ok(None) => {
                    self.ended = true;
                    return Ok(None);
                }
                Err(fault) => {
                    self.ended = true;
                    return Err(fault.into());
                }
            }
        }
    }

    async fn batch(&mut self, max_rows: u32, max_bytes: usize) -> Result<Batch, Trouble> {
        let max_rows = usize::try_from(max_rows).unwrap_or(usize::MAX).max(1);
        let mut batch = Batch::default();
        let mut bytes = 0_usize;
        while let Some(row) = self.ahead.take() {
            bytes = row.iter().map(Value::size).fold(bytes, usize::saturating_add);
            batch.rows.push(row);
            self.ahead = self.step().await?;
            if batch.rows.len() >= max_rows || bytes >= max_bytes {
                break;
            }
        }
        batch.done = self.ahead.is_none();
        Ok(batch)
    }

    /// Reads up to `limit` rows and throws them away.
    async fn drain(&mut self, limit: usize) -> Result<Drained, Trouble> {
        for _ in 0..limit {
            if self.ended {
                return Ok(Drained::End);
            }
            match self.stream.try_next().await {
                Ok(Some(_)) => {}
                Ok(None) => self.ended = true,
                Err(fault) => {
                    self.ended = true;
                    return Err(fault.into());
                }
            }
        }
        Ok(if self.ended { Drained::End } else { Drained::More })
    }
}
