//! A create that meets a row that was deleted by marking: the row comes back under its old
//! key, with what the create gives in the place of what it held.

use patchbay_connector::sql::{self, Builder};
use patchbay_connector::{Attribute as Given, Change, Comparator};

use crate::condition;
use crate::database::Database;
use crate::fault::{self, About};
use crate::plan::feed::Method;
use crate::plan::{Class, Revival, Source};
use crate::value;
use crate::write::assign::{Assignments, Set};
use crate::write::rows::{self, Edit, Place};
use crate::write::transaction::Abort;
use crate::write::update::increment;

/// Brings back the row that one of the revival's attributes finds, and returns its key;
/// none where there is no such row. Of several rows, the one with the greatest key.
///
/// The row is locked before it is written, and found by its marks: of two creates at the
/// same time one brings it back, and the other one finds it alive.
pub(super) fn revive(
    db: &mut impl Database,
    class: &Class,
    given: &[Given],
    own: &Assignments<'_>,
) -> Result<Option<Vec<sql::Value>>, Abort> {
    let Some(revival) = &class.revival else { return Ok(None) };
    for name in &revival.by {
        let Some(given) = given.iter().find(|given| given.name == *name) else { continue };
        if let Some(key) = find(db, class, given, own)? {
            write(db, class, revival, own, &key)?;
            return Ok(Some(key));
        }
    }
    Ok(None)
}

/// The key of the deleted row with this value, which is locked from then on.
fn find(
    db: &mut impl Database,
    class: &Class,
    given: &Given,
    own: &Assignments<'_>,
) -> Result<Option<Vec<sql::Value>>, Abort> {
    let source = class.attribute(&given.name).map(|attribute| &attribute.source);
    let (Some(Source::Column(column)), [value]) = (source, given.values.as_slice()) else { return Ok(None) };
    let mut sql = Builder::new();
    sql.text("SELECT ").list(", ", &class.key, |sql, part| {
        sql.ident([&part.name]);
    });
    sql.text(" FROM ").ident(class.table.iter().cloned()).text(class.dialect.table_lock()).text(" WHERE ");
    condition::compare(&mut sql, class.dialect, None, column, Comparator::Equal, value, false);
    condition::and_fixed(&mut sql, None, &class.soft_delete);
    // A key that the client chose cannot become another one.
    for part in &class.key {
        if let Some((_, Set::To(chosen))) = own.columns.iter().find(|(known, _)| known.name == part.name) {
            sql.text(" AND ");
            condition::equal(&mut sql, class.dialect, None, part, chosen.clone());
        }
    }
    sql.text(" ORDER BY ").list(", ", &class.key, |sql, part| {
        sql.ident([&part.name]).text(" DESC");
    });
    if class.dialect.locks_first() {
        class.dialect.first(&mut sql, 1);
    }
    sql.text(class.dialect.lock());
    let rows = db.query(sql.build(), 1).map_err(|error| Abort::new(&error, fault::plain(&error)))?;
    Ok(rows.into_iter().next())
}

/// The one UPDATE: what is given, nothing where an attribute that can be without is not,
/// and no marks.
fn write(
    db: &mut impl Database,
    class: &Class,
    revival: &Revival,
    own: &Assignments<'_>,
    key: &[sql::Value],
) -> Result<(), Abort> {
    let is_key = |name: &str| class.key.iter().any(|part| part.name == name);
    let mut columns: Vec<(&str, Option<sql::Value>)> = Vec::new();
    for (column, set) in own.columns.iter().filter(|(column, _)| !is_key(&column.name)) {
        columns.push((
            &column.name,
            Some(match set {
                Set::To(value) => value.clone(),
                Set::Without(_) => sql::Value::Null,
            }),
        ));
    }
    let lost = class.attributes.iter().filter(|attribute| attribute.creatable && attribute.updatable);
    // A number from elsewhere stays, and so does the mark by which changes are found.
    let mark = match class.feed.as_ref().map(|feed| &feed.method) {
        Some(Method::Marks(marks)) if !marks.history => Some(marks.mark.name.as_str()),
        _ => None,
    };
    let kept = |name: &str| mark == Some(name) || class.next.iter().any(|next| next.column.name == name);
    let lost = lost.flat_map(|attribute| attribute.own_columns());
    let lost = lost.filter(|column| column.nullable && !kept(&column.name));
    let lost = lost.map(|column| (column.name.as_str(), Some(sql::Value::Null)));
    let restored = revival.restore.iter().map(|fixed| (fixed.column.as_str(), value::constant(&fixed.value)));
    for (name, value) in restored.chain(lost) {
        if !columns.iter().any(|(known, _)| *known == name) {
            columns.push((name, value));
        }
    }
    let mut sql = Builder::new();
    sql.text("UPDATE ").ident(class.table.iter().cloned()).text(" SET ");
    sql.list(", ", &columns, |sql, (name, value)| {
        sql.ident([*name]).text(" = ");
        match value {
            Some(value) => sql.param(value.clone()),
            None => sql.text(class.dialect.now()),
        };
    });
    increment(&mut sql, class);
    sql.text(" WHERE ");
    condition::has_key(&mut sql, class, None, key);
    condition::and_fixed(&mut sql, None, &class.soft_delete);
    let about = About { class, multi: None, written: &own.attributes };
    let written = db.execute(sql.build()).map_err(|error| Abort::new(&error, about.error(&error)))?;
    if written == 1 { Ok(()) } else { Err(super::not_one(&format!("the UPDATE wrote {written} rows"))) }
}

/// Makes the lists of a row that came back those that are given, and empties the others.
pub(super) fn lists(db: &mut impl Database, class: &Class, given: &[Given], key: &[sql::Value]) -> Result<(), Abort> {
    for attribute in class.attributes.iter().filter(|attribute| attribute.creatable) {
        let Source::Multi(multi) = &attribute.source else { continue };
        let values = given.iter().find(|given| given.name == attribute.name).map(|given| given.values.clone());
        // A truth value that is not given is what it is in a new object: there is no row.
        let edit = match values.filter(|values| !values.is_empty()) {
            Some(values) => rows::edit(attribute, multi, &Change::Replace(values))?,
            None => Edit::Clear,
        };
        Place { class, attribute, multi, key }.apply(db, &edit)?;
    }
    Ok(())
}
