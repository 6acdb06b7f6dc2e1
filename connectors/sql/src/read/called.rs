//! Objects that a procedure gives. It gives them all, or one; which of them are wanted, and
//! which page, is found out here, and what they are filtered by on the host.

use patchbay_connector::sql::{self, Row};
use patchbay_connector::{Error, ErrorKind, Fault, Object, Page, Precision, Query};

use super::children;
use super::projection::Projection;
use crate::custom::{self, Environment};
use crate::database::Database;
use crate::fault::{self, About};
use crate::key;
use crate::page::Bookmark;
use crate::plan::Class;
use crate::plan::statement::Step;

/// Most rows that are taken from a procedure.
const MAX_ROWS: u32 = 10_000;

/// The object with this key, if there is one.
pub(super) fn one(
    db: &mut impl Database,
    class: &Class,
    step: &Step,
    key: &[sql::Value],
    attributes: &[String],
) -> Result<Option<Object>, Error> {
    let projection = Projection::new(class, attributes, Vec::new())?;
    let Some(row) = find(db, class, step, key, &projection.columns(class))? else { return Ok(None) };
    let mut drafts = projection.drafts(class, vec![row])?;
    children::fill(db, class, &projection.children(), &mut drafts)?;
    Ok(drafts.finish().pop())
}

/// These columns of the object with this key, if there is one.
pub(super) fn columns(
    db: &mut impl Database,
    class: &Class,
    step: &Step,
    key: &[sql::Value],
    names: &[&str],
) -> Result<Option<Row>, Error> {
    let all: Vec<&str> = class.key.iter().map(|part| part.name.as_str()).chain(names.iter().copied()).collect();
    let row = find(db, class, step, key, &all)?;
    Ok(row.map(|row| row.into_iter().skip(class.key.len()).collect()))
}

/// The row of the object with this key: `names` begin with those of the key.
fn find(
    db: &mut impl Database,
    class: &Class,
    step: &Step,
    key: &[sql::Value],
    names: &[&str],
) -> Result<Option<Row>, Error> {
    let parts = class.key_parts();
    let wanted = key::encode(&parts, key);
    let rows = rows(db, class, step, key, names)?;
    Ok(rows.into_iter().find(|row| row.get(..parts.len()).and_then(|key| key::encode(&parts, key)) == wanted))
}

/// A page of objects, in the order of their ids. The filter is the host's.
pub(super) fn search(db: &mut impl Database, class: &Class, step: &Step, query: &Query) -> Result<Page, Error> {
    if let Some(order) = query.order.first() {
        let message = "objects cannot be sorted by this attribute";
        return Err(Error::fault(ErrorKind::InvalidValue, message).with_attribute(&order.attribute));
    }
    let projection = Projection::new(class, &query.attributes, Vec::new())?;
    let parts = class.key_parts();
    let mut objects: Vec<(String, Row)> = rows(db, class, step, &[], &projection.columns(class))?
        .into_iter()
        .map(|row| {
            let key = row.get(..parts.len()).unwrap_or_default();
            let uid = key::encode(&parts, key).ok_or_else(|| fault::unreadable_key(class, key))?;
            Ok((uid, row))
        })
        .collect::<Result<_, Error>>()?;
    objects.sort_by(|(one, _), (other, _)| one.cmp(other));
    if objects.windows(2).any(|pair| matches!(pair, [(one, _), (other, _)] if one == other)) {
        return Err(Error::fault(ErrorKind::Configuration, "the configured key belongs to several rows"));
    }

    let filtered = query.filter.as_deref().is_some_and(|nodes| !nodes.is_empty());
    let count = u64::try_from(objects.len()).unwrap_or(u64::MAX);
    let start = match (&query.continuation, query.offset) {
        (Some(token), _) => {
            let last = Bookmark::decode(token, &class.name, &[], 1)?;
            let Some(sql::Value::Text(last)) = last.first() else {
                let message = "the continuation does not belong to this search";
                return Err(Error::fault(ErrorKind::TokenExpired, message));
            };
            objects.partition_point(|(uid, _)| uid <= last)
        }
        (None, offset) => offset.map_or(0, |offset| usize::try_from(offset).unwrap_or(usize::MAX)),
    };
    let size = usize::try_from(query.page_size.min(super::MAX_PAGE)).unwrap_or(usize::MAX);
    let more = objects.len() > start.saturating_add(size) && size > 0;
    let page: Vec<(String, Row)> = objects.into_iter().skip(start).take(size).collect();
    let next = match page.last().filter(|_| more) {
        Some((uid, _)) => Some(Bookmark::new(&class.name, &[], vec![sql::Value::Text(uid.clone())]).encode()?),
        None => None,
    };
    let mut drafts = projection.drafts(class, page.into_iter().map(|(_, row)| row).collect())?;
    children::fill(db, class, &projection.children(), &mut drafts)?;
    Ok(Page {
        attributes: query.attributes.clone(),
        objects: drafts.finish(),
        precision: if filtered { Precision::Superset } else { Precision::Exact },
        next,
        total: (query.want_total && !filtered).then_some(count),
    })
}

/// All rows that the procedure gives, with these columns in this order.
fn rows(
    db: &mut impl Database,
    class: &Class,
    step: &Step,
    key: &[sql::Value],
    names: &[&str],
) -> Result<Vec<Row>, Error> {
    let mut environment = Environment::default();
    environment.key(class, key);
    let result = custom::call(db, About::class(class), step, &mut environment, MAX_ROWS);
    let result = result.map_err(|failed| failed.error)?;
    if !result.rows.done {
        let message = "the target's procedure gives more objects than can be taken at a time";
        return Err(Error::fault(ErrorKind::TooMany, message));
    }
    let place = |name: &&str| {
        let exact = result.columns.iter().position(|column| column.name == *name);
        let place = exact.or_else(|| result.columns.iter().position(|column| column.name.eq_ignore_ascii_case(name)));
        place.ok_or_else(|| {
            let message = format!("the target's procedure gives no column `{name}`");
            Error::fault(ErrorKind::Configuration, message)
        })
    };
    let places = names.iter().map(place).collect::<Result<Vec<usize>, Error>>()?;
    let arrange = |row: Row| places.iter().map(|place| row.get(*place).cloned().unwrap_or(sql::Value::Null)).collect();
    Ok(result.rows.rows.into_iter().map(arrange).collect())
}
