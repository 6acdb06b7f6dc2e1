//! A lease with short words for its requests.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::{Duration, Instant};

use patchbay_capability::sql::{
    Argument, Batch, Called, Error, Failure, Lease, Pool, Prepared, Procedure, Reply, Request, Row, Value,
};

pub(crate) fn soon() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

pub(crate) fn text(value: &str) -> Value {
    Value::Text(value.into())
}

/// The failure of an outcome that has to be one.
#[track_caller]
pub(crate) fn failure<T: Debug>(outcome: Result<T, Error>) -> Failure {
    outcome.unwrap_err().failure
}

/// A lease with short words for its requests. `?` stands for placeholders.
pub(crate) struct Line(pub(crate) Box<dyn Lease>);

/// `?` as `@P1`, `@P2` and so on.
fn numbered(text: &str) -> String {
    let mut pieces = text.split('?');
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for (index, piece) in pieces.enumerate() {
        out.push_str(&format!("@P{}{piece}", index + 1));
    }
    out
}

impl Line {
    pub(crate) async fn open(pool: &Arc<dyn Pool>) -> Self {
        Self(pool.lease(soon()).await.unwrap())
    }

    pub(crate) async fn run(&mut self, request: Request) -> Result<Reply, Error> {
        self.0.run(request, soon()).await
    }

    pub(crate) async fn execute(&mut self, text: &str, params: &[Value]) -> Result<u64, Error> {
        match self.run(Request::Execute { text: numbered(text), params: params.to_vec() }).await? {
            Reply::Affected(rows) => Ok(rows),
            other => panic!("{other:?}"),
        }
    }

    /// Opens a cursor; names of its columns.
    pub(crate) async fn query(&mut self, text: &str, params: &[Value]) -> Result<Vec<String>, Error> {
        match self.run(Request::Query { text: numbered(text), params: params.to_vec() }).await? {
            Reply::Columns(columns) => Ok(columns.into_iter().map(|column| column.name).collect()),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn batch(&mut self, max_rows: u32, max_bytes: usize) -> Result<Batch, Error> {
        match self.run(Request::Next { max_rows, max_bytes }).await? {
            Reply::Batch(batch) => Ok(batch),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn next(&mut self, max_rows: u32) -> Result<Vec<Row>, Error> {
        self.batch(max_rows, usize::MAX).await.map(|batch| batch.rows)
    }

    /// All rows of a query.
    pub(crate) async fn all(&mut self, text: &str, params: &[Value]) -> Result<Vec<Row>, Error> {
        self.query(text, params).await?;
        let mut all = Vec::new();
        loop {
            let rows = self.next(100).await?;
            if rows.is_empty() {
                return Ok(all);
            }
            all.extend(rows);
        }
    }

    /// The one value of a query.
    pub(crate) async fn one(&mut self, text: &str, params: &[Value]) -> Result<Value, Error> {
        let rows = self.all(text, params).await?;
        assert_eq!(rows.len(), 1, "{text}");
        Ok(rows[0][0].clone())
    }

    pub(crate) async fn pipeline(
        &mut self,
        texts: &[&str],
        max_rows: u32,
        max_bytes: usize,
    ) -> Result<Vec<Batch>, Error> {
        let prepared = |text: &&str| Prepared { text: (*text).to_owned(), params: Vec::new() };
        let statements = texts.iter().map(prepared).collect();
        match self.run(Request::Pipeline { statements, max_rows, max_bytes }).await? {
            Reply::Batches(batches) => Ok(batches),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn call(
        &mut self,
        name: &[&str],
        arguments: Vec<Argument>,
        max_rows: u32,
    ) -> Result<Called, Error> {
        let call = Procedure { name: name.iter().map(|part| (*part).to_owned()).collect(), arguments };
        match self.run(Request::Procedure { call, max_rows, max_bytes: 1 << 20 }).await? {
            Reply::Called(called) => Ok(called),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn begin(&mut self) {
        assert_eq!(self.run(Request::Begin).await, Ok(Reply::Done));
    }

    pub(crate) async fn commit(&mut self) -> Result<(), Error> {
        self.run(Request::Commit).await.map(drop)
    }

    pub(crate) async fn rollback(&mut self) {
        assert_eq!(self.run(Request::Rollback).await, Ok(Reply::Done));
    }
}
