//! A database with one table of three persons, and a clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use patchbay_capability::sql::{Batch, Column, Dialect, Error, Failure, Lease, Pool, Reply, Request, Row, Value};

/// Leases connections that take `delay` for every request, and counts them.
#[derive(Debug, Default)]
pub(crate) struct FakePool {
    delay: Duration,
    live: Arc<AtomicU32>,
    leases: AtomicU32,
    closed_cursors: Arc<AtomicU32>,
}

impl FakePool {
    /// A pool whose every request takes that long.
    pub(crate) fn slow(delay: Duration) -> Arc<Self> {
        Arc::new(Self { delay, ..Self::default() })
    }

    /// Leases that are out now.
    pub(crate) fn live(&self) -> u32 {
        self.live.load(Ordering::SeqCst)
    }

    /// Leases there were in all.
    pub(crate) fn leases(&self) -> u32 {
        self.leases.load(Ordering::SeqCst)
    }

    /// Cursors that were closed before their end.
    pub(crate) fn closed_cursors(&self) -> u32 {
        self.closed_cursors.load(Ordering::SeqCst)
    }
}

#[derive(Debug)]
struct FakeLease {
    delay: Duration,
    rows: std::vec::IntoIter<Row>,
    live: Arc<AtomicU32>,
    closed_cursors: Arc<AtomicU32>,
}

#[async_trait]
impl Pool for FakePool {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    async fn lease(&self, _deadline: Instant) -> Result<Box<dyn Lease>, Error> {
        self.leases.fetch_add(1, Ordering::SeqCst);
        self.live.fetch_add(1, Ordering::SeqCst);
        Ok(Box::new(FakeLease {
            delay: self.delay,
            rows: Vec::new().into_iter(),
            live: Arc::clone(&self.live),
            closed_cursors: Arc::clone(&self.closed_cursors),
        }))
    }

    async fn close(&self) {}
}

#[async_trait]
impl Lease for FakeLease {
    async fn run(&mut self, request: Request, _deadline: Instant) -> Result<Reply, Error> {
        if !self.delay.is_zero() {
            tokio::time::sleep(self.delay).await;
        }
        Ok(match request {
            Request::Query { .. } => {
                let persons = [(1, "ada"), (2, "bob"), (3, "cy")];
                let row = |&(id, login): &(i64, &str)| vec![Value::Integer(id), Value::Text(login.to_owned())];
                self.rows = persons.iter().map(row).collect::<Vec<_>>().into_iter();
                let column =
                    |name: &str| Column { name: name.to_owned(), type_name: "TEXT".to_owned(), nullable: None };
                Reply::Columns(vec![column("id"), column("login")])
            }
            Request::Next { max_rows, .. } => {
                let rows = self.rows.by_ref().take(usize::try_from(max_rows).unwrap()).collect();
                Reply::Batch(Batch { rows, done: self.rows.as_slice().is_empty() })
            }
            Request::Pipeline { .. } => {
                return Err(Error::new(Failure::Unsupported, "one statement at a time"));
            }
            Request::Execute { .. } => Reply::Affected(1),
            Request::Procedure { .. } => {
                return Err(Error::new(Failure::Unsupported, "no procedures"));
            }
            Request::CloseCursor => {
                self.closed_cursors.fetch_add(1, Ordering::SeqCst);
                Reply::Done
            }
            Request::Begin | Request::Commit | Request::Rollback | Request::Lock(_) => Reply::Done,
            Request::Tables | Request::Describe(_) => {
                return Err(Error::new(Failure::Unsupported, "no catalogue"));
            }
        })
    }
}

impl Drop for FakeLease {
    fn drop(&mut self) {
        self.live.fetch_sub(1, Ordering::SeqCst);
    }
}
