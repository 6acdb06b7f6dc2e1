//! Types that cross the SQL contract, and the driver traits.

use std::time::Instant;

use async_trait::async_trait;

use super::{Called, Procedure};

/// SQL dialect of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[expect(missing_docs, reason = "product names")]
pub enum Dialect {
    Postgres,
    Mysql,
    Sqlite,
    Mssql,
    Oracle,
    Db2,
    Hana,
    /// Any other: what the standard says is all that can be counted on.
    Ansi,
}

/// A value in a parameter or a result.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Value {
    /// SQL NULL.
    Null,
    /// A truth value.
    Boolean(bool),
    /// A 64-bit integer.
    Integer(i64),
    /// A binary float.
    Float(f64),
    /// Exact decimal, base 10.
    Decimal(String),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// RFC 3339 full-date.
    Date(String),
    /// RFC 3339 partial-time.
    Time(String),
    /// RFC 3339 date-time; with an offset where the column keeps one.
    Timestamp(String),
    /// A UUID, high and low half.
    Uuid(u64, u64),
    /// JSON text.
    Json(String),
    /// A type without a mapping, as text.
    Other(String),
}

impl Value {
    /// Bytes it takes against a quota: its content and a small constant.
    pub fn size(&self) -> usize {
        8 + match self {
            Self::Null | Self::Boolean(_) | Self::Integer(_) | Self::Float(_) => 0,
            Self::Uuid(..) => 8,
            Self::Bytes(bytes) => bytes.len(),
            Self::Decimal(text)
            | Self::Text(text)
            | Self::Date(text)
            | Self::Time(text)
            | Self::Timestamp(text)
            | Self::Json(text)
            | Self::Other(text) => text.len(),
        }
    }
}

/// A piece of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fragment {
    /// SQL text; no values, no identifiers of the target.
    Text(String),
    /// One qualified name, part by part; the host quotes it.
    Identifier(Vec<String>),
    /// Index into [`Statement::params`].
    Param(u32),
}

/// A statement as a guest hands it in.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Statement {
    /// Pieces in order.
    pub fragments: Vec<Fragment>,
    /// Values the pieces refer to.
    pub params: Vec<Value>,
}

/// A result column.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Column {
    /// Name or alias.
    pub name: String,
    /// As the database prints its type.
    pub type_name: String,
    /// Whether it may be NULL, where known.
    pub nullable: Option<bool>,
}

/// A result row.
pub type Row = Vec<Value>;

/// Rows of a result, and whether these were the last.
#[derive(Debug, Clone, PartialEq, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Batch {
    /// In the result's order.
    pub rows: Vec<Row>,
    /// Nothing comes after them.
    pub done: bool,
}

impl Batch {
    /// The whole of a result, or its end.
    pub fn last(rows: Vec<Row>) -> Self {
        Self { rows, done: true }
    }
}

/// A statement after the gate.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Prepared {
    /// Text with the dialect's placeholders.
    pub text: String,
    /// Parameters in placeholder order.
    pub params: Vec<Value>,
}

/// Broad type of a catalogue column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[expect(missing_docs, reason = "the names say it")]
pub enum ColumnKind {
    Boolean,
    Integer,
    Float,
    Decimal,
    Text,
    Bytes,
    Date,
    Time,
    Timestamp,
    Uuid,
    Json,
    Other,
}

/// Who gives a column its value when an insert leaves it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Generation {
    /// Nobody.
    None,
    /// A DEFAULT.
    Default,
    /// Identity, serial, AUTOINCREMENT, rowid alias.
    Identity,
    /// Computed from other columns; cannot be written.
    Computed,
}

/// A column in the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ColumnInfo {
    /// Name.
    pub name: String,
    /// As the database prints its type.
    pub type_name: String,
    /// Broad type.
    pub kind: ColumnKind,
    /// Whether NULL is allowed.
    pub nullable: bool,
    /// Who fills it when an insert does not.
    pub generation: Generation,
    /// Characters, for text.
    pub max_length: Option<u32>,
    /// `CHAR(n)`: values may come back padded with spaces.
    pub padded: bool,
    /// Whether `=` tells upper from lower case.
    pub case_sensitive: bool,
}

/// A unique constraint or index.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct UniqueKey {
    /// Its name, where it has one.
    pub name: Option<String>,
    /// Its columns.
    pub columns: Vec<String>,
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ForeignKey {
    /// Its name, where it has one.
    pub name: Option<String>,
    /// Columns of this table.
    pub columns: Vec<String>,
    /// The table pointed at.
    pub table: Vec<String>,
    /// Columns there.
    pub references: Vec<String>,
}

/// A table or view in the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct TableInfo {
    /// Name, part by part.
    pub name: Vec<String>,
    /// Whether it is a view.
    pub view: bool,
    /// Columns in order.
    pub columns: Vec<ColumnInfo>,
    /// Primary key columns in order; empty where there is none.
    pub primary_key: Vec<String>,
    /// Unique constraints and indexes, without the primary key.
    pub unique_keys: Vec<UniqueKey>,
    /// Foreign keys.
    pub foreign_keys: Vec<ForeignKey>,
    /// Whether one of its keys may be checked at the end of a transaction only, so that no
    /// INSERT can leave out what is there.
    pub deferrable: bool,
}

/// What kind of SQL failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Failure {
    /// No binding of this name.
    UnknownBinding,
    /// The grant does not cover it.
    Denied,
    /// No such table or column.
    Undefined,
    /// Unreachable, or the connection was lost.
    Unavailable,
    /// Waited too long for a lock or for a free connection: the call did nothing.
    Busy,
    /// Deadline passed.
    Timeout,
    /// A quota: statements, bytes, rows.
    LimitExceeded,
    /// The statement cannot be run as it stands.
    InvalidStatement,
    /// A parameter does not fit its place (type, length, range).
    InvalidParameter,
    /// Unique constraint.
    UniqueViolation,
    /// Foreign key constraint.
    ForeignKeyViolation,
    /// NULL where it is not allowed.
    NotNullViolation,
    /// CHECK constraint or an error raised by a trigger as one.
    CheckViolation,
    /// Deadlock or serialization failure: the transaction may be tried again.
    Serialization,
    /// The database refuses (rights, login).
    PermissionDenied,
    /// This driver cannot do it.
    Unsupported,
    /// Anything else.
    Other,
}

/// A failed call. `message` has passed the scrubber once it leaves the gate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[error("{message}")]
pub struct Error {
    /// What kind.
    pub failure: Failure,
    /// From the server.
    pub sqlstate: Option<String>,
    /// Name of the constraint.
    pub constraint: Option<String>,
    /// Table at fault, where the server tells.
    pub table: Option<String>,
    /// Columns at fault, where the server tells.
    pub columns: Vec<String>,
    /// For the log and the connector.
    pub message: String,
}

impl Error {
    /// An error without server detail.
    pub fn new(failure: Failure, message: impl Into<String>) -> Self {
        Self { failure, sqlstate: None, constraint: None, table: None, columns: Vec::new(), message: message.into() }
    }
}

/// What the engine asks of a [`crate::sql::Session`] on behalf of a guest.
#[derive(Debug, Clone, PartialEq)]
pub enum Call {
    /// Run a statement that yields rows; answered with [`Reply::Columns`].
    Query(Statement),
    /// Run statements that only read, and give the first rows of each; answered with
    /// [`Reply::Batches`].
    Pipeline {
        /// What to run.
        statements: Vec<Statement>,
        /// At most so many rows of each.
        max_rows: u32,
    },
    /// The next rows of the open cursor; answered with [`Reply::Batch`].
    Next {
        /// At most so many.
        max_rows: u32,
    },
    /// End the open cursor, if any.
    CloseCursor,
    /// Run a statement for its effect; answered with [`Reply::Affected`].
    Execute(Statement),
    /// Call a procedure; answered with [`Reply::Called`].
    Procedure {
        /// Which, and with what.
        call: Procedure,
        /// At most so many rows of its first result set.
        max_rows: u32,
    },
    /// Begin a transaction.
    Begin,
    /// Commit it.
    Commit,
    /// Roll it back.
    Rollback,
    /// Hold the lock on a key of a table until the transaction ends.
    Lock {
        /// The table, which the grant has to cover.
        table: Vec<String>,
        /// What tells locks on it apart.
        key: String,
    },
    /// Names of tables and views the grant covers; answered with [`Reply::Tables`].
    Tables,
    /// One table of the catalogue; answered with [`Reply::Table`].
    Describe(Vec<String>),
}

/// A [`Call`] after the gate: text instead of fragments, and limits.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Request {
    /// Text with the dialect's placeholders, and the parameters in placeholder order.
    Query {
        /// Statement text.
        text: String,
        /// Parameters.
        params: Vec<Value>,
    },
    /// Statements that only read. The driver sends all before it waits for the first
    /// answer, where the target takes that.
    Pipeline {
        /// Statements in order; at least one.
        statements: Vec<Prepared>,
        /// At most so many rows of each.
        max_rows: u32,
        /// Of each, stop after the row that passes so many bytes.
        max_bytes: usize,
    },
    /// Rows of the open cursor.
    Next {
        /// At most so many rows.
        max_rows: u32,
        /// Stop after the row that passes so many bytes.
        max_bytes: usize,
    },
    /// End the open cursor.
    CloseCursor,
    /// Statement for its effect.
    Execute {
        /// Statement text.
        text: String,
        /// Parameters.
        params: Vec<Value>,
    },
    /// A call of a procedure. Names are not quoted yet: [`Procedure::quoted`].
    Procedure {
        /// Which, and with what.
        call: Procedure,
        /// At most so many rows of its first result set.
        max_rows: u32,
        /// Stop after the row that passes so many bytes.
        max_bytes: usize,
    },
    /// Begin.
    Begin,
    /// Commit.
    Commit,
    /// Roll back.
    Rollback,
    /// Hold the lock of this name until the transaction ends; answered with
    /// [`Reply::Done`], or [`Failure::Unsupported`] where the target has no such locks.
    Lock(String),
    /// All tables and views of the current database that are not the system's.
    Tables,
    /// One of them.
    Describe(Vec<String>),
}

/// Answer to a [`Request`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Reply {
    /// A cursor is open with these columns.
    Columns(Vec<Column>),
    /// Rows of the cursor; after the end, none and done.
    Batch(Batch),
    /// The first rows of each statement of a pipeline, in order. What is left of a result
    /// that is not done is not to be had.
    Batches(Vec<Batch>),
    /// Rows affected.
    Affected(u64),
    /// What a procedure came back with.
    Called(Called),
    /// Done.
    Done,
    /// Table names.
    Tables(Vec<Vec<String>>),
    /// A table.
    Table(TableInfo),
}

/// A pool of connections to one target. Implemented by driver crates.
#[async_trait]
pub trait Pool: Send + Sync + std::fmt::Debug {
    /// The target's dialect.
    fn dialect(&self) -> Dialect;

    /// A connection for exclusive use, waiting until `deadline` at most:
    /// [`Failure::Unavailable`] when the target cannot be reached, [`Failure::Busy`] when
    /// none gets free.
    async fn lease(&self, deadline: Instant) -> Result<Box<dyn Lease>, Error>;

    /// Closes idle connections and refuses new leases; returns when all are closed.
    async fn close(&self);
}

/// A leased connection. Runs one request at a time. Dropping it at any moment, also
/// in the middle of `run`, is safe: the driver's own task finishes or abandons what is
/// under way, rolls back an open transaction and only then gives the connection back,
/// or discards it.
#[async_trait]
pub trait Lease: Send + std::fmt::Debug {
    /// Runs one request; [`Failure::Timeout`] when `deadline` passes first.
    async fn run(&mut self, request: Request, deadline: Instant) -> Result<Reply, Error>;
}
