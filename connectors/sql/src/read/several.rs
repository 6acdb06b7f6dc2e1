//! Several objects by their keys.

use patchbay_connector::sql::{self, Builder, Row};
use patchbay_connector::{Error, Object};

use super::projection::Projection;
use super::{and_visible, children};
use crate::condition::{self, OWN};
use crate::database::Database;
use crate::fault;
use crate::plan::Class;

/// Most keys in one statement: SQLite limits the depth of an expression.
const MOST: usize = 250;

/// Most rows of them: the key of a view need not be unique.
const MOST_ROWS: usize = 100_000;

/// Those of the objects with these keys that are there, in no particular order.
pub(crate) fn several(
    db: &mut impl Database,
    class: &Class,
    keys: &[&Row],
    attributes: &[String],
) -> Result<Vec<Object>, Error> {
    let projection = Projection::new(class, attributes, Vec::new())?;
    let mut objects = Vec::with_capacity(keys.len());
    for keys in keys.chunks(MOST) {
        let mut sql = projection.select(class, |sql| condition::from_class(sql, class, condition::Selection::ALL))?;
        sql.text(" WHERE (");
        any_of(&mut sql, class, keys);
        sql.text(")");
        and_visible(&mut sql, class);
        let rows = db.query_all(sql.build(), MOST_ROWS).map_err(|error| fault::plain(&error))?;
        let mut drafts = projection.drafts(class, rows)?;
        children::fill(db, class, &projection.children(), &mut drafts)?;
        objects.append(&mut drafts.finish());
    }
    Ok(objects)
}

/// Appends the condition that a row has one of these keys. Their number is rounded up to a
/// power of two by repeating the last, so that there are few statements to prepare.
fn any_of(sql: &mut Builder, class: &Class, keys: &[&Row]) {
    let padded = keys.len().next_power_of_two();
    let keys = keys.iter().copied().chain(std::iter::repeat_n(keys.last().copied(), padded - keys.len()).flatten());
    sql.list(" OR ", keys, |sql, key: &Vec<sql::Value>| {
        sql.text("(");
        condition::has_key(sql, class, Some(OWN), key);
        sql.text(")");
    });
}
