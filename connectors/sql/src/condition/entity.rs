//! Objects that are no rows, as a table: one row per key.

use std::borrow::Cow;

use patchbay_connector::Error;
use patchbay_connector::sql::{self, Builder};

use super::{OWN, column, has_key};
use crate::custom;
use crate::dialect::Dialect;
use crate::plan::{Class, Column, Entity, EntityTable, Native, Source};

/// Writes something about a class.
pub(crate) type Write<'w> = &'w dyn Fn(&mut Builder, &Class) -> Result<(), Error>;

/// What is said of each table whose rows make the objects of a class; columns are those of
/// the class that the writers are given.
#[derive(Clone, Copy)]
pub(crate) struct Selection<'w> {
    /// ` AND` what the objects have to be like.
    pub(crate) narrow: Write<'w>,
    /// Their order, and how many.
    pub(crate) end: Write<'w>,
}

impl Selection<'_> {
    /// All objects.
    pub(crate) const ALL: Selection<'static> = Selection { narrow: &|_, _| Ok(()), end: &|_, _| Ok(()) };
}

/// `FROM` what the objects of a class are rows of, as [`OWN`]: its table, or a SELECT of the
/// administrator's in its place. Where they are no rows, there is one per key, of those that
/// `of_each` leaves.
pub(crate) fn from_class(sql: &mut Builder, class: &Class, of_each: Selection<'_>) -> Result<(), Error> {
    match &class.entity {
        None => custom::from(sql, class, None),
        Some(entity) => tables(sql, class, entity, &of_each)?,
    }
    Ok(())
}

/// The same for the object with this key, where other objects need not be left out.
pub(crate) fn from_object(sql: &mut Builder, class: &Class, key: &[sql::Value]) -> Result<(), Error> {
    let Some(entity) = &class.entity else {
        custom::from(sql, class, Some(key));
        return Ok(());
    };
    let narrow = |sql: &mut Builder, class: &Class| {
        sql.text(" AND ");
        has_key(sql, class, Some(OWN), key);
        Ok(())
    };
    tables(sql, class, entity, &Selection { narrow: &narrow, ..Selection::ALL })
}

/// `FROM` the keys that are in the tables of `entity`, each once, as [`OWN`]. What is asked
/// of the objects is asked in each table: no database has to put together all keys to find
/// a few.
fn tables(sql: &mut Builder, class: &Class, entity: &Entity, of_each: &Selection<'_>) -> Result<(), Error> {
    sql.text(" FROM (");
    let several = entity.tables.len() > 1;
    for (place, own) in entity.tables.iter().enumerate() {
        if several {
            // A part of a UNION has no order of its own, but what it selects from may.
            sql.text(if place > 0 { " UNION SELECT " } else { "SELECT " }).list(", ", &own.key, |sql, part| {
                sql.ident([&part.name]);
            });
            sql.text(" FROM (");
        }
        let class = seen_from(class, own);
        let key = |sql: &mut Builder, part: &Column| column(sql, Some(OWN), &part.name);
        sql.text("SELECT ").list(", ", &own.key, key);
        super::from(sql, &own.table, OWN);
        sql.text(" WHERE ").list(" AND ", &own.key, |sql, part| filled(sql, class.dialect, part));
        (of_each.narrow)(sql, &class)?;
        // Not DISTINCT: what is sorted by need not be what is selected.
        sql.text(" GROUP BY ").list(", ", &own.key, key);
        (of_each.end)(sql, &class)?;
        if several {
            sql.text(&format!(") k{place}"));
        }
    }
    sql.text(") ").text(OWN);
    Ok(())
}

/// The class with the key columns' names in one of its tables.
fn seen_from<'a>(class: &'a Class, own: &EntityTable) -> Cow<'a, Class> {
    if class.key.iter().zip(&own.key).all(|(part, here)| part.name == here.name) {
        return Cow::Borrowed(class);
    }
    let mut class = class.clone();
    let named = |name: &str| {
        let renamed = own.key.iter().zip(&class.key).find(|(_, part)| part.name == name);
        renamed.map_or_else(|| name.to_owned(), |(here, _)| here.name.clone())
    };
    let attributes: Vec<String> = class
        .attributes
        .iter()
        .map(|attribute| attribute.own_columns().first().map(|column| named(&column.name)).unwrap_or_default())
        .collect();
    let key: Vec<String> = class.key.iter().map(|part| named(&part.name)).collect();
    for (attribute, name) in class.attributes.iter_mut().zip(attributes) {
        if let Source::Column(column) = &mut attribute.source {
            column.name = name;
        }
    }
    for (part, name) in class.key.iter_mut().zip(key) {
        part.name = name;
    }
    Cow::Owned(class)
}

/// Appends that a part of a key is there: rows without it belong to nobody.
fn filled(sql: &mut Builder, dialect: Dialect, part: &Column) {
    column(sql, Some(OWN), &part.name);
    match part.native {
        Native::Text if !dialect.empty_is_null() => sql.text(" <> ''"),
        _ => sql.text(" IS NOT NULL"),
    };
}
