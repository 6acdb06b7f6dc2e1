//! Rows with a mark that grows from write to write: a watermark of the class's own rows, or
//! the sequence of a history.
//!
//! A mark is taken before it is committed, and who took an earlier one may commit later. So
//! "greater than the last one seen" loses rows. What holds instead is that a transaction
//! takes no longer than the configured overlap from its mark to its commit. From that
//! follows what is *settled*: when the greatest mark was M at some moment, then one overlap
//! later nothing with a mark up to M can still come to light.
//!
//! So rows are read in passes, each from the *floor* up to the greatest mark at its start.
//! What is above the floor was read by earlier passes as well; a row of which a pass before
//! told is known by its hash, and left out. A pass at whose start a *sample* (M, moment) has
//! settled has seen all there will ever be up to M, and makes M the floor. No clock but the
//! database's is asked, and that for differences only; marks are compared with it to keep
//! one from the future from becoming a floor.

use std::cmp::Ordering;

use patchbay_connector::sql::{Row, Value};
use patchbay_connector::time::Instant;
use patchbay_connector::{Error, ErrorKind, Fault};
use serde::{Deserialize, Serialize};

use super::digests::Digests;
use super::objects::{Keys, statement};
use super::{keyset, objects, token};
use crate::condition::{self, OWN};
use crate::content::Content;
use crate::database::Database;
use crate::dialect::Dialect;
use crate::page::Wire;
use crate::plan::feed::{Marks, Scale};
use crate::plan::{Class, Column, KeyPart};
use crate::{fault, key};

/// Added to every overlap, in milliseconds: clocks of databases and marks in seconds are
/// cut off.
const SLACK: u64 = 2_000;
/// Entries before the last that a first token looks back, where marks are plain numbers and
/// there is no sample yet.
const LOOK_BACK: i64 = 10_000;

/// How far rows were read.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    /// Up to this mark all is settled and told; none: nothing is.
    floor: Option<Wire>,
    /// What becomes the floor once it has settled.
    sample: Option<Sample>,
    /// Rows above the floor that were told of.
    told: Digests,
    /// The pass under way.
    pass: Option<Pass>,
}

/// The greatest mark at a moment.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Sample {
    mark: Wire,
    at: Instant,
}

/// One reading of all rows above the floor.
#[derive(Debug, Serialize, Deserialize)]
struct Pass {
    /// The greatest mark at its start.
    high: Wire,
    /// The floor after it, where a sample had settled at its start.
    floor: Option<Wire>,
    /// The sample after it.
    sample: Option<Sample>,
    /// The last row that was read.
    position: Vec<Wire>,
    /// Rows that will be above the floor, as far as they were read.
    told: Digests,
}

/// The state of somebody who knows all there is now.
pub(super) fn latest(db: &mut impl Database, class: &Class, marks: &Marks) -> Result<State, Error> {
    let reader = Reader { class, marks };
    let high = reader.greatest(db)?;
    let now = now(db, class.dialect)?;
    let Some(high) = high else { return Ok(State::default()) };
    let sample = Sample { mark: reader.no_later(high.clone(), now)?, at: now };
    let floor = match marks.scale {
        Scale::Number => reader.look_back(db)?,
        _ => Some(reader.earlier(&sample.mark)?),
    };
    let mut state = State { floor: floor.clone(), sample: Some(sample), ..State::default() };
    let mut pass = Pass { high, floor, sample: None, position: Vec::new(), told: Digests::default() };
    // What does not fit is told of again, and nothing else.
    while !pass.told.is_full() {
        let rows = reader.rows(db, &state, &pass, keyset::CHUNK)?;
        let full = rows.len() == keyset::CHUNK;
        for row in rows {
            pass.told.insert(row.digest);
            pass.position = row.position;
        }
        if !full {
            break;
        }
    }
    state.told = pass.told;
    Ok(state)
}

/// Adds keys of at most `limit` objects that changed; true when the pass is over.
pub(super) fn step(
    db: &mut impl Database,
    class: &Class,
    marks: &Marks,
    state: &mut State,
    limit: usize,
    keys: &mut Keys<'_>,
) -> Result<bool, Error> {
    let reader = Reader { class, marks };
    let pass = match state.pass.take() {
        Some(pass) => Some(pass),
        None => reader.begin(db, state)?,
    };
    let Some(mut pass) = pass else { return Ok(true) };
    let size = keyset::chunk(limit);
    for _ in 0..keyset::CHUNKS {
        let rows = reader.rows(db, state, &pass, size)?;
        let full = rows.len() == size;
        for row in rows {
            if keys.len() == limit {
                state.pass = Some(pass);
                return Ok(false);
            }
            let known = state.told.contains(row.digest) || pass.told.contains(row.digest);
            if pass.floor.as_ref().is_none_or(|floor| is_greater(row.position.first(), floor)) {
                pass.told.insert(row.digest);
            }
            pass.position = row.position;
            if let (false, Some((uid, key))) = (known, row.object) {
                keys.insert(uid, key);
            }
        }
        if !full {
            let Pass { floor, sample, told, .. } = pass;
            *state = State { floor: floor.or(state.floor.take()), sample, told, pass: None };
            return Ok(true);
        }
    }
    state.pass = Some(pass);
    Ok(false)
}

/// A row of the class's table, or an entry of the history.
struct Found {
    /// Mark, and what tells it from others of the same.
    position: Vec<Wire>,
    digest: u128,
    /// The object; none where an entry is about nothing that can be one.
    object: Option<(String, Row)>,
}

/// What reads marks.
#[derive(Debug, Clone, Copy)]
struct Reader<'a> {
    class: &'a Class,
    marks: &'a Marks,
}

impl Reader<'_> {
    /// The next pass; none where there is nothing to read.
    fn begin(&self, db: &mut impl Database, state: &State) -> Result<Option<Pass>, Error> {
        // In this order: the mark was taken before the time was asked for.
        let high = self.greatest(db)?;
        let now = now(db, self.class.dialect)?;
        let Some(high) = high else { return Ok(None) };
        let behind = state.floor.as_ref().is_some_and(|floor| is_greater(Some(floor), &high));
        if self.marks.history && behind {
            return Err(token::outgrown("the history begins anew: its numbers are smaller than they were"));
        }
        let wait = i64::try_from(self.marks.overlap.saturating_add(SLACK)).unwrap_or(i64::MAX);
        let settled = state.sample.as_ref().filter(|sample| sample.at.plus(wait) <= now);
        let floor = settled.map(|sample| sample.mark.clone());
        let sample = match (&floor, &state.sample) {
            (None, Some(waiting)) => waiting.clone(),
            _ => Sample { mark: self.no_later(high.clone(), now)?, at: now },
        };
        Ok(Some(Pass { high, floor, sample: Some(sample), position: Vec::new(), told: Digests::default() }))
    }

    /// The next rows of a pass.
    fn rows(&self, db: &mut impl Database, state: &State, pass: &Pass, size: usize) -> Result<Vec<Found>, Error> {
        let Marks { mark, row, key, content, table, fixed, .. } = self.marks;
        let dialect = self.class.dialect;
        let order: Vec<&Column> = std::iter::once(mark).chain(row).collect();
        let mut sql = statement("SELECT ");
        keyset::sort_keys(&mut sql, dialect, &order);
        for name in key.iter().map(|part| &part.name).chain(content) {
            sql.text(", ");
            condition::column(&mut sql, Some(OWN), name);
        }
        condition::from(&mut sql, table, OWN);
        sql.text(" WHERE ");
        if pass.position.is_empty() {
            if let Some(floor) = &state.floor {
                condition::sort_key(&mut sql, dialect, Some(OWN), mark);
                sql.text(" > ").param(floor.clone().into()).text(" AND ");
            }
        } else {
            keyset::after(&mut sql, dialect, &order, &pass.position);
            sql.text(" AND ");
        }
        condition::sort_key(&mut sql, dialect, Some(OWN), mark);
        sql.text(" <= ").param(pass.high.clone().into());
        condition::and_fixed(&mut sql, Some(OWN), fixed);
        let rows = keyset::read(db, dialect, sql, &order, size)?;
        rows.into_iter().map(|values| self.found(values, order.len())).collect()
    }

    fn found(&self, values: Row, ordered: usize) -> Result<Found, Error> {
        let mut digest = Content::default();
        digest.add(0, &values);
        let mut values = values.into_iter();
        let position = values.by_ref().take(ordered).map(Wire::from).collect();
        let own: Row = values.take(self.marks.key.len()).collect();
        let object = if self.marks.history {
            // An entry may be about something else, which has no such key. Text that is a key
            // of another type is escaped as in an id of text, and then read as one.
            let parts: Vec<KeyPart> = self.marks.key.iter().map(KeyPart::of).collect();
            key::encode(&parts, &own).and_then(|uid| {
                let key = key::decode(&self.class.key_parts(), &uid)?;
                Some((uid, key))
            })
        } else {
            Some(objects::own(self.class, own)?)
        };
        Ok(Found { position, digest: digest.digest(), object })
    }

    /// The greatest mark there is.
    fn greatest(&self, db: &mut impl Database) -> Result<Option<Wire>, Error> {
        let mut sql = statement("SELECT MAX(");
        condition::sort_key(&mut sql, self.class.dialect, Some(OWN), &self.marks.mark);
        sql.text(")");
        condition::from(&mut sql, &self.marks.table, OWN);
        if !self.marks.fixed.is_empty() {
            sql.text(" WHERE 1 = 1");
            condition::and_fixed(&mut sql, Some(OWN), &self.marks.fixed);
        }
        let greatest = keyset::value(db, sql)?;
        Ok(Some(greatest).filter(|mark| *mark != Value::Null).map(Wire::from))
    }

    /// The mark so many rows before the last; none where there are fewer.
    fn look_back(&self, db: &mut impl Database) -> Result<Option<Wire>, Error> {
        let mut sql = statement("SELECT ");
        let mark = |sql: &mut _| condition::sort_key(sql, self.class.dialect, Some(OWN), &self.marks.mark);
        mark(&mut sql);
        condition::from(&mut sql, &self.marks.table, OWN);
        sql.text(" WHERE ");
        mark(&mut sql);
        sql.text(" IS NOT NULL");
        condition::and_fixed(&mut sql, Some(OWN), &self.marks.fixed);
        sql.text(" ORDER BY ");
        mark(&mut sql);
        sql.text(" DESC");
        self.class.dialect.page(&mut sql, 1, Some(LOOK_BACK));
        let rows = db.query(sql.build(), 1).map_err(|error| fault::plain(&error))?;
        Ok(rows.into_iter().next().and_then(|row| row.into_iter().next()).map(Wire::from))
    }

    /// The mark, or that of the moment, where it would be from the future.
    fn no_later(&self, mark: Wire, now: Instant) -> Result<Wire, Error> {
        let present = match self.marks.scale {
            Scale::Number => return Ok(mark),
            _ => self.mark_of(now),
        };
        Ok(if is_greater(Some(&mark), &present) { present } else { mark })
    }

    /// The mark one overlap before this one.
    fn earlier(&self, mark: &Wire) -> Result<Wire, Error> {
        let at = match (self.marks.scale, mark) {
            (Scale::Seconds, Wire::Integer(number)) => Instant::EPOCH.plus(number.saturating_mul(1_000)),
            (Scale::Milliseconds, Wire::Integer(number)) => Instant::EPOCH.plus(*number),
            (_, mark) => instant(mark).ok_or_else(|| fault::unreadable(&self.marks.mark.name))?,
        };
        let back = i64::try_from(self.marks.overlap.saturating_add(SLACK)).unwrap_or(i64::MAX);
        Ok(self.mark_of(at.plus(-back)))
    }

    /// A moment as a mark.
    fn mark_of(&self, at: Instant) -> Wire {
        match self.marks.scale {
            Scale::Seconds => Wire::Integer(at.milliseconds().div_euclid(1_000)),
            Scale::Milliseconds => Wire::Integer(at.milliseconds()),
            // As `Dialect::instant` brings them into one shape.
            _ if self.class.dialect == Dialect::Sqlite => Wire::Text(at.to_sql()),
            _ => Wire::Timestamp(at.to_rfc3339()),
        }
    }
}

/// The time by the database's clock, with fractions of a second.
fn now(db: &mut impl Database, dialect: Dialect) -> Result<Instant, Error> {
    let text = dialect.clock().ok_or_else(|| {
        Error::fault(ErrorKind::Configuration, "changes cannot be followed: this database's clock is not known")
    })?;
    let now = keyset::value(db, statement(text))?;
    instant(&now.into())
        .ok_or_else(|| Error::fault(ErrorKind::Internal, "the database's clock cannot be read").with_code("sql.value"))
}

fn instant(value: &Wire) -> Option<Instant> {
    match value {
        Wire::Timestamp(text) | Wire::Text(text) => Instant::parse(text),
        _ => None,
    }
}

/// Whether a mark is greater than another. Marks that cannot be compared are no reason to
/// leave a row out.
fn is_greater(mark: Option<&Wire>, than: &Wire) -> bool {
    let order = match (mark, than) {
        (Some(Wire::Integer(mark)), Wire::Integer(than)) => Some(mark.cmp(than)),
        (Some(mark), than) => instant(mark).zip(instant(than)).map(|(mark, than)| mark.cmp(&than)),
        (None, _) => None,
    };
    order.is_none_or(|order| order == Ordering::Greater)
}
