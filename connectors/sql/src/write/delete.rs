//! `delete`: the rows of multi-valued attributes, then the object's own; or, where the
//! settings say so, a mark on the row.

use patchbay_connector::Error;
use patchbay_connector::sql::{self, Builder};

use super::rows::Place;
use super::transaction::{self, Abort};
use super::{Target, entity, writable};
use crate::database::Database;
use crate::fault::{self, About};
use crate::plan::{Attribute, Class, Column, Source, Touch, TouchChange};
use crate::{key, value};

/// Deletes an object, at version `if_match` where that is given.
pub(super) fn delete(db: &mut impl Database, class: &Class, uid: &str, if_match: Option<&str>) -> Result<(), Error> {
    writable(class)?;
    let target = Target::new(class, uid, if_match)?;
    transaction::run(db, |db| {
        if let Some(entity) = &class.entity {
            return entity::delete(db, &target, entity);
        }
        target.check_content(db)?;
        rows(db, &target, |_| true)
    })
}

/// Deletes or marks the row, and deletes those of lists that `clear` says so of.
pub(super) fn rows(
    db: &mut impl Database,
    target: &Target<'_>,
    clear: impl Fn(&Attribute) -> bool,
) -> Result<(), Abort> {
    let class = target.class;
    let mut sql = Builder::new();
    if class.soft_delete.is_empty() {
        for attribute in class.attributes.iter().filter(|attribute| clear(attribute)) {
            if let Source::Multi(multi) = &attribute.source
                && !multi.view
            {
                Place { class, attribute, multi, key: &target.key }.clear(db)?;
            }
        }
        sql.text("DELETE FROM ").ident(class.table.iter().cloned());
    } else {
        mark(&mut sql, class, &target.key)?;
    }
    target.condition(&mut sql);
    let affected =
        db.execute(sql.build()).map_err(|error| Abort::new(&error, About::class(class).delete_error(&error)))?;
    target.expect_one(db, affected)
}

/// `UPDATE table SET` what marks a row as deleted, and what changes with that.
fn mark(sql: &mut Builder, class: &Class, key: &[sql::Value]) -> Result<(), Error> {
    sql.text("UPDATE ").ident(class.table.iter().cloned()).text(" SET ");
    sql.list(", ", &class.soft_delete, |sql, fixed| {
        sql.ident([&fixed.column]).text(" = ");
        match value::constant(&fixed.value) {
            Some(constant) => sql.param(constant),
            None => sql.text(class.dialect.now()),
        };
    });
    for Touch { column, change } in &class.touches {
        sql.text(", ").ident([&column.name]).text(" = ");
        match change {
            TouchChange::Increment(by) => {
                sql.text("COALESCE(").ident([&column.name]).text(&format!(", 0) + ({by})"));
            }
            TouchChange::Append { text, key: with_key } => {
                let mut suffix = text.clone();
                if *with_key {
                    suffix.push_str(
                        &key::encode(&class.key_parts(), key).ok_or_else(|| fault::unreadable_key(class, key))?,
                    );
                }
                append(sql, class, column, suffix);
            }
        }
    }
    super::update::increment(sql, class);
    Ok(())
}

/// What the column holds with `suffix` at its end; the column's length is kept.
fn append(sql: &mut Builder, class: &Class, column: &Column, suffix: String) {
    let (before, after) = class.dialect.as_text();
    let text = |sql: &mut Builder| {
        sql.text(before).ident([&column.name]).text(after);
    };
    match column.max_length {
        None => text(sql),
        Some(limit) => {
            let length = u32::try_from(suffix.chars().count()).unwrap_or(u32::MAX);
            let [open, between, close] = class.dialect.beginning();
            sql.text(open);
            text(sql);
            sql.text(&format!("{between}{}{close}", limit.saturating_sub(length)));
        }
    }
    sql.text(class.dialect.join()).text(before).param(sql::Value::Text(suffix)).text(after);
}
