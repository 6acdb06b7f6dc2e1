//! `patchbay:sql/client`: handles of a guest, over sessions behind the capability's gate.
//!
//! Whatever a guest does wrong here is answered with an error value. Only a handle that
//! the guest cannot have is a trap.

use patchbay_capability::sql::{Batch, Call, Column, Dialect, Error, Failure, Procedure, Reply, Session};
use wasmtime::component::Resource;

use crate::bindings::patchbay::sql::client as wit;
use crate::convert::all;
use crate::sanitise;
use crate::state::{Quota, State};

/// A connection as the guest holds it.
#[derive(Debug)]
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct Connection {
    session: Session,
    dialect: Dialect,
    /// The cursor that is open on it: the last one, unless another statement ended it.
    cursor: Option<u64>,
}

/// A cursor as the guest holds it. Rows come from the session of its connection.
#[derive(Debug)]
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct Cursor {
    connection: u32,
    serial: u64,
    columns: Vec<Column>,
    exhausted: bool,
}

/// Answer to the guest: a trap, an error value, or a value.
type Answer<T> = wasmtime::Result<Result<T, wit::Error>>;

impl State {
    /// Hands `call` to the session of `connection`, with the guest's clock stopped.
    /// Every call but `next` ends an open cursor.
    async fn call(&mut self, connection: &Resource<Connection>, call: Call) -> wasmtime::Result<Result<Reply, Error>> {
        let connection = self.table.get_mut(connection)?;
        if !matches!(call, Call::Next { .. }) {
            connection.cursor = None;
        }
        self.meter.pause();
        let reply = connection.session.call(call).await;
        self.meter.resume();
        Ok(reply)
    }

    /// A call that is answered with [`Reply::Done`].
    async fn plain_call(&mut self, connection: &Resource<Connection>, call: Call) -> Answer<()> {
        Ok(match self.call(connection, call).await? {
            Ok(Reply::Done) => Ok(()),
            other => Err(unexpected(other)),
        })
    }

    /// The error for a guest that has as many handles as it may.
    fn no_room(&self) -> Option<wit::Error> {
        let Quota { handles, max_handles, .. } = self.quota;
        (handles >= max_handles).then(|| limit(format!("an operation may hold {max_handles} handles")))
    }

    async fn open_connection(&mut self, binding: String) -> Answer<Resource<Connection>> {
        if let Some(full) = self.no_room() {
            return Ok(Err(full));
        }
        if self.quota.connections >= self.quota.max_connections {
            let max = self.quota.max_connections;
            return Ok(Err(limit(format!("an operation may hold {max} connections"))));
        }
        let Some(binding) = self.bindings.sql.get(&binding) else {
            let name = sanitise::line(binding, 64);
            return Ok(Err(Error::new(Failure::UnknownBinding, format!("there is no binding `{name}`")).into()));
        };
        let dialect = binding.dialect();
        self.meter.pause();
        let session = binding.open(&self.scope).await;
        self.meter.resume();
        match session {
            Ok(session) => {
                self.quota.connections += 1;
                let session = session.leaving(&self.footprint);
                Ok(Ok(self.keep(Connection { session, dialect, cursor: None })?))
            }
            Err(error) => Ok(Err(error.into())),
        }
    }
}

impl wit::Host for State {}

impl wit::HostConnection for State {
    async fn open(&mut self, binding: String) -> Answer<Resource<Connection>> {
        self.open_connection(binding).await
    }

    fn dialect(&mut self, this: Resource<Connection>) -> wasmtime::Result<wit::Dialect> {
        Ok(self.table.get(&this)?.dialect.into())
    }

    async fn query(&mut self, this: Resource<Connection>, statement: wit::Statement) -> Answer<Resource<Cursor>> {
        if let Some(full) = self.no_room() {
            return Ok(Err(full));
        }
        let columns = match self.call(&this, Call::Query(statement.into())).await? {
            Ok(Reply::Columns(columns)) => columns,
            other => return Ok(Err(unexpected(other))),
        };
        self.quota.cursors += 1;
        let serial = self.quota.cursors;
        self.table.get_mut(&this)?.cursor = Some(serial);
        Ok(Ok(self.keep(Cursor { connection: this.rep(), serial, columns, exhausted: false })?))
    }

    async fn pipeline(
        &mut self,
        this: Resource<Connection>,
        statements: Vec<wit::Statement>,
        max_rows: u32,
    ) -> Answer<Vec<wit::Batch>> {
        let call = Call::Pipeline { statements: all(statements), max_rows };
        Ok(match self.call(&this, call).await? {
            Ok(Reply::Batches(batches)) => Ok(all(batches)),
            other => Err(unexpected(other)),
        })
    }

    async fn execute(&mut self, this: Resource<Connection>, statement: wit::Statement) -> Answer<u64> {
        Ok(match self.call(&this, Call::Execute(statement.into())).await? {
            Ok(Reply::Affected(rows)) => Ok(rows),
            other => Err(unexpected(other)),
        })
    }

    async fn call(
        &mut self,
        this: Resource<Connection>,
        name: Vec<String>,
        arguments: Vec<wit::Argument>,
        max_rows: u32,
    ) -> Answer<wit::CallResult> {
        let call = Call::Procedure { call: Procedure { name, arguments: all(arguments) }, max_rows };
        // Not this trait's `call`, but the state's own.
        Ok(match State::call(self, &this, call).await? {
            Ok(Reply::Called(called)) => Ok(called.into()),
            other => Err(unexpected(other)),
        })
    }

    async fn begin(&mut self, this: Resource<Connection>) -> Answer<()> {
        self.plain_call(&this, Call::Begin).await
    }

    async fn commit(&mut self, this: Resource<Connection>) -> Answer<()> {
        self.plain_call(&this, Call::Commit).await
    }

    async fn rollback(&mut self, this: Resource<Connection>) -> Answer<()> {
        self.plain_call(&this, Call::Rollback).await
    }

    async fn lock(&mut self, this: Resource<Connection>, table: Vec<String>, key: String) -> Answer<()> {
        self.plain_call(&this, Call::Lock { table, key }).await
    }

    async fn tables(&mut self, this: Resource<Connection>) -> Answer<Vec<Vec<String>>> {
        Ok(match self.call(&this, Call::Tables).await? {
            Ok(Reply::Tables(tables)) => Ok(tables),
            other => Err(unexpected(other)),
        })
    }

    async fn describe(&mut self, this: Resource<Connection>, table: Vec<String>) -> Answer<wit::TableInfo> {
        Ok(match self.call(&this, Call::Describe(table)).await? {
            Ok(Reply::Table(table)) => Ok(table.into()),
            other => Err(unexpected(other)),
        })
    }

    async fn drop(&mut self, this: Resource<Connection>) -> wasmtime::Result<()> {
        // The lease inside rolls back what is open and goes back to its pool.
        self.give_back(this)?;
        self.quota.connections = self.quota.connections.saturating_sub(1);
        Ok(())
    }
}

impl State {
    /// The connection on which the cursor `serial` is still open. The connection may be
    /// gone, and its place in the table taken by something else.
    fn live(&self, connection: u32, serial: u64) -> Option<Resource<Connection>> {
        let handle = Resource::<Connection>::new_borrow(connection);
        let open = self.table.get(&handle).is_ok_and(|connection| connection.cursor == Some(serial));
        open.then_some(handle)
    }
}

impl wit::HostCursor for State {
    fn columns(&mut self, this: Resource<Cursor>) -> wasmtime::Result<Vec<wit::Column>> {
        Ok(all(self.table.get(&this)?.columns.clone()))
    }

    async fn next(&mut self, this: Resource<Cursor>, max_rows: u32) -> Answer<wit::Batch> {
        let &Cursor { connection, serial, exhausted, .. } = self.table.get(&this)?;
        if exhausted {
            return Ok(Ok(Batch::last(Vec::new()).into()));
        }
        let Some(connection) = self.live(connection, serial) else {
            let ended = "the cursor was ended by another statement on its connection";
            return Ok(Err(Error::new(Failure::InvalidStatement, ended).into()));
        };
        match self.call(&connection, Call::Next { max_rows }).await? {
            Ok(Reply::Batch(batch)) => {
                self.table.get_mut(&this)?.exhausted = batch.done;
                Ok(Ok(batch.into()))
            }
            other => Ok(Err(unexpected(other))),
        }
    }

    async fn drop(&mut self, this: Resource<Cursor>) -> wasmtime::Result<()> {
        let cursor = self.take_back(this)?;
        let Some(connection) = self.live(cursor.connection, cursor.serial) else { return Ok(()) };
        if cursor.exhausted {
            self.table.get_mut(&connection)?.cursor = None;
            return Ok(());
        }
        if let Err(error) = self.call(&connection, Call::CloseCursor).await? {
            // The guest has no way to hear of it; the next call on the connection will.
            tracing::debug!(app = &*self.scope.app, request_id = &*self.scope.request_id, %error, "closing a cursor");
        }
        Ok(())
    }
}

fn limit(message: String) -> wit::Error {
    Error::new(Failure::LimitExceeded, message).into()
}

/// The error in `reply`, or one that says that the driver answered something else.
fn unexpected(reply: Result<Reply, Error>) -> wit::Error {
    match reply {
        Err(error) => error.into(),
        Ok(_) => Error::new(Failure::Other, "the driver gave an answer of another kind").into(),
    }
}
