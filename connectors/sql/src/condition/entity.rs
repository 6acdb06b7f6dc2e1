//! Objects that are no rows, as a table: one row per key.

use patchbay_connector::sql::{self, Builder};

use super::{OWN, column, equal_all};
use crate::plan::{Class, Column, Entity, Native};

/// `FROM` the keys that are in the tables of `entity`, each once, as [`OWN`]. With `key`,
/// only this one: said inside, where every database uses its index.
pub(super) fn from(sql: &mut Builder, class: &Class, entity: &Entity, key: Option<&[sql::Value]>) {
    let several = entity.tables.len() > 1;
    sql.text(" FROM (").list(" UNION ", &entity.tables, |sql, own| {
        // The names of a union's columns are those of its first part. UNION tells apart by itself.
        sql.text(if several { "SELECT " } else { "SELECT DISTINCT " }).list(", ", &own.key, |sql, part| {
            column(sql, None, &part.name);
        });
        sql.text(" FROM ").ident(own.table.iter().cloned()).text(" WHERE ");
        sql.list(" AND ", &own.key, filled);
        if let Some(key) = key {
            sql.text(" AND ");
            equal_all(sql, class.dialect, None, &own.key, key);
        }
    });
    sql.text(") AS ").text(OWN);
}

/// Appends that a part of a key is there: rows without it belong to nobody.
fn filled(sql: &mut Builder, part: &Column) {
    column(sql, None, &part.name);
    match part.native {
        Native::Text => sql.text(" <> ''"),
        _ => sql.text(" IS NOT NULL"),
    };
}
