//! Locks that keep two writers from making the same thing where no unique key does.
//!
//! Who holds the lock looks whether the thing is there, and makes it where it is not; what
//! was looked for stays so until the transaction ends. Why that is exact:
//!
//! * PostgreSQL, MySQL and MariaDB: the host's lock on table and key is an advisory lock of
//!   the server, given back after the transaction has ended. Statements see what was
//!   committed before they began (`READ COMMITTED`), so the next holder sees all that the
//!   last one wrote. Where the database takes several spellings for one value, all values
//!   share a lock.
//! * SQLite: a transaction begins as the only one that writes.
//! * SQL Server: the statement that looks locks the range it looks at (`UPDLOCK, HOLDLOCK`),
//!   also where it is empty, and only one transaction can hold such a lock.
//!
//! * What is reached through ODBC only has no such locks that are known here, and what needs
//!   one is refused.
//!
//! A program that writes to the tables without asking for the lock does what the schema
//! lets it do; on all but SQL Server and SQLite nothing short of a lock on the whole table
//! would keep it from that.

use patchbay_connector::sql::{self, Failure};
use patchbay_connector::{Error, ErrorKind, Fault};

use super::fault;
use super::transaction::Abort;
use crate::database::Database;
use crate::dialect::Dialect;

/// Characters of a key that tell locks apart: who has more in common waits for nothing,
/// which does no harm.
const TOLD_APART: usize = 500;

/// Takes the lock on `key` of a table, where the dialect has such locks.
pub(super) fn hold(db: &mut impl Database, dialect: Dialect, table: &[String], key: &str) -> Result<(), Abort> {
    match dialect {
        Dialect::Sqlite | Dialect::Mssql => Ok(()),
        Dialect::Postgres | Dialect::Mysql | Dialect::Oracle | Dialect::Db2 | Dialect::Hana | Dialect::Ansi => {
            let key: String = key.chars().take(TOLD_APART).collect();
            db.lock(table, &key).map_err(|error| match error.failure {
                Failure::Unsupported => {
                    let message = "this connection has no locks, which keep two objects from getting one name";
                    Error::fault(ErrorKind::Configuration, message).with_internal(error.message).into()
                }
                _ => Abort::new(&error, fault::plain(&error)),
            })
        }
    }
}

/// A value in the form that its lock has: MySQL pads before it compares.
pub(super) fn bare(value: &sql::Value) -> sql::Value {
    match value {
        sql::Value::Text(text) => sql::Value::Text(text.trim_end_matches(' ').to_owned()),
        other => other.clone(),
    }
}
