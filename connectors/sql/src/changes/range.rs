//! What was committed between two moments of which the database itself says that nothing
//! can come between any more. Nothing is read twice, and no time has to be guessed.
//!
//! * PostgreSQL: each row has the number of the transaction that wrote it (`xmin`), and the
//!   database knows the oldest transaction under way. All below that are settled. The
//!   column has 32 bits of the number and no index, so each pass reads the whole table.
//! * SQL Server, `rowversion`: the same with `MIN_ACTIVE_ROWVERSION()`, and with an index
//!   where there is one.
//! * SQL Server, change tracking: versions are given at commit. What is older than the
//!   retention is cleaned up; the database says whether that has happened.

use std::cmp::Ordering;

use patchbay_connector::sql::{Builder, Failure, Row, Value};
use patchbay_connector::{Error, ErrorKind, Fault};
use serde::{Deserialize, Serialize};

use super::objects::{Keys, statement};
use super::{keyset, objects, token};
use crate::condition::{self, OWN};
use crate::database::Database;
use crate::fault;
use crate::page::Wire;
use crate::plan::feed::Range;
use crate::plan::{Class, Column};

/// Transaction numbers that PostgreSQL's 32 bits can tell apart.
const EPOCH: i64 = 1 << 32;

/// How far rows were read.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct State {
    /// All before it is settled and told.
    low: Wire,
    /// The pass under way.
    pass: Option<Pass>,
}

/// One reading of what lies between two moments.
#[derive(Debug, Serialize, Deserialize)]
struct Pass {
    high: Wire,
    /// Key of the last row that was read.
    position: Vec<Wire>,
}

/// The state of somebody who knows all there is now.
pub(super) fn latest(db: &mut impl Database, class: &Class, range: &Range) -> Result<State, Error> {
    let low = horizon(db, range)?;
    valid(db, class, range, &low)?;
    Ok(State { low, pass: None })
}

/// Adds keys of at most `limit` objects that changed; true when the pass is over.
pub(super) fn step(
    db: &mut impl Database,
    class: &Class,
    range: &Range,
    state: &mut State,
    limit: usize,
    keys: &mut Keys<'_>,
) -> Result<bool, Error> {
    let mut pass = match state.pass.take() {
        Some(pass) => pass,
        None => Pass { high: horizon(db, range)?, position: Vec::new() },
    };
    match order(&state.low, &pass.high) {
        Some(Ordering::Less) => {}
        Some(Ordering::Equal) => {
            valid(db, class, range, &state.low)?;
            return Ok(true);
        }
        // A copy of the database from earlier on, or another one.
        Some(Ordering::Greater) | None => {
            return Err(token::outgrown("the database is behind what the token has seen"));
        }
    }
    let columns: Vec<&Column> = class.key.iter().collect();
    let rows = read(db, class, range, &state.low, &pass, &columns, limit)?;
    // After reading: what was cleaned up before would be missing from the rows.
    valid(db, class, range, &state.low)?;
    let full = rows.len() == limit;
    for row in rows {
        let mut values = row.into_iter();
        pass.position = values.by_ref().take(columns.len()).map(Wire::from).collect();
        let (uid, key) = objects::own(class, values.collect())?;
        keys.insert(uid, key);
    }
    if full {
        state.pass = Some(pass);
    } else {
        state.low = pass.high;
    }
    Ok(!full)
}

/// The next rows of a pass, at most `limit`.
fn read(
    db: &mut impl Database,
    class: &Class,
    range: &Range,
    low: &Wire,
    pass: &Pass,
    columns: &[&Column],
    limit: usize,
) -> Result<Vec<Row>, Error> {
    let dialect = class.dialect;
    let mut sql = statement("SELECT ");
    keyset::sort_keys(&mut sql, dialect, columns);
    for part in columns {
        sql.text(", ");
        condition::column(&mut sql, Some(OWN), &part.name);
    }
    match range {
        Range::Tracking => {
            sql.text(" FROM CHANGETABLE(CHANGES ").ident(class.table.iter().cloned()).text(", ");
            sql.param(low.clone().into()).text(") ").text(OWN).text(" WHERE ").text(OWN);
            sql.text(".SYS_CHANGE_VERSION <= ").param(pass.high.clone().into());
        }
        Range::Rowversion(column) => {
            condition::from(&mut sql, &class.table, OWN);
            sql.text(" WHERE ");
            condition::column(&mut sql, Some(OWN), &column.name);
            sql.text(" >= ").param(low.clone().into()).text(" AND ");
            condition::column(&mut sql, Some(OWN), &column.name);
            sql.text(" < ").param(pass.high.clone().into());
        }
        Range::Transaction => {
            condition::from(&mut sql, &class.table, OWN);
            sql.text(" WHERE ");
            written_between(&mut sql, low, &pass.high)?;
        }
    }
    if !pass.position.is_empty() {
        sql.text(" AND ");
        keyset::after(&mut sql, dialect, columns, &pass.position);
    }
    keyset::read(db, dialect, sql, columns, limit)
}

/// Appends the condition that a transaction between the two wrote the row. Numbers start
/// again after 32 bits: a row from that long ago may be told of without need, none is left
/// out.
fn written_between(sql: &mut Builder, low: &Wire, high: &Wire) -> Result<(), Error> {
    let (Wire::Integer(low), Wire::Integer(high)) = (low, high) else { return Err(token::expired()) };
    let span = high.saturating_sub(*low);
    if span >= EPOCH {
        return Err(token::outgrown("the token is too old for the database's transaction numbers"));
    }
    sql.text("(CAST(CAST(");
    condition::column(sql, Some(OWN), "xmin");
    sql.text(" AS TEXT) AS BIGINT) - ").param(Value::Integer(low.rem_euclid(EPOCH)));
    sql.text(" + 4294967296) % 4294967296 < ").param(Value::Integer(span));
    Ok(())
}

/// Where the present ends: all before it is settled.
pub(super) fn horizon(db: &mut impl Database, range: &Range) -> Result<Wire, Error> {
    let text = match range {
        Range::Transaction => "SELECT txid_snapshot_xmin(txid_current_snapshot())",
        Range::Rowversion(_) => "SELECT MIN_ACTIVE_ROWVERSION()",
        Range::Tracking => "SELECT CHANGE_TRACKING_CURRENT_VERSION()",
    };
    match keyset::value(db, statement(text))? {
        Value::Null => {
            Err(Error::fault(ErrorKind::Configuration, "change tracking is not switched on in the database"))
        }
        horizon => Ok(horizon.into()),
    }
}

/// Whether the database still has all changes since `low`.
pub(super) fn valid(db: &mut impl Database, class: &Class, range: &Range, low: &Wire) -> Result<(), Error> {
    if *range != Range::Tracking {
        return Ok(());
    }
    // The function takes no name but as text; the host holds this one against the grant.
    let name: Vec<String> = class.table.iter().map(|part| format!("[{}]", part.replace(']', "]]"))).collect();
    let name = name.join(".").replace('\'', "''");
    let sql = statement(&format!("SELECT CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID('{name}'))"));
    let rows = db.query(sql.build(), 1).map_err(|error| match error.failure {
        Failure::Undefined => {
            Error::fault(ErrorKind::Configuration, "changes of the table are not tracked").with_internal(error.message)
        }
        _ => fault::plain(&error),
    })?;
    match rows.into_iter().next().and_then(|row| row.into_iter().next()).map(Wire::from) {
        Some(least) if least != Wire::Null => match order(low, &least) {
            Some(Ordering::Less) | None => {
                Err(token::outgrown("the token is older than what the database keeps of its changes"))
            }
            Some(Ordering::Equal | Ordering::Greater) => Ok(()),
        },
        _ => Err(Error::fault(ErrorKind::Configuration, "changes of the table are not tracked")
            .with_internal(format!("`{}` has no change tracking, or it may not be seen", class.table.join(".")))),
    }
}

fn order(one: &Wire, other: &Wire) -> Option<Ordering> {
    match (one, other) {
        (Wire::Integer(one), Wire::Integer(other)) => Some(one.cmp(other)),
        (Wire::Bytes(one), Wire::Bytes(other)) if one.len() == other.len() => Some(one.cmp(other)),
        _ => None,
    }
}
