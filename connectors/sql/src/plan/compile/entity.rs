//! Classes whose objects are no rows.

use patchbay_connector::sql::{Generation, TableInfo};

use super::{Compiler, Problems};
use crate::catalogue;
use crate::plan::{Anchor, Attribute, Column, Entity, EntityTable};
use crate::settings::{self, pointer};

/// The key columns of the class, as the object has them: always there, and given by nobody
/// but the client. Empty after a problem.
pub(super) fn key(
    compiler: &Compiler<'_>,
    class: &settings::Class,
    entity: &settings::Entity,
    problems: &mut Problems,
) -> Vec<Column> {
    let path = format!("/classes/{}/entity", pointer(&class.name));
    let mut found: Vec<Vec<Column>> = Vec::new();
    for (place, own) in entity.tables.iter().enumerate() {
        let path = format!("{path}/tables/{place}");
        // A table that is not there was reported when the catalogue was read.
        let Some(table) = compiler.catalogue.table(&own.table) else { return Vec::new() };
        let Some(columns) = compiler.columns(table, &own.key, &path, problems) else { return Vec::new() };
        for column in &columns {
            if !column.native.can_be_key() {
                problems.error(&path, format!("`{}` has a type that cannot be a key", column.name));
            }
        }
        if let Some(first) = found.first()
            && first.iter().zip(&columns).any(|(one, other)| !alike(one, other))
        {
            problems.error(&path, "the key has other types here than in the first table");
        }
        found.push(columns);
    }
    let mut tables = found.into_iter();
    let mut key = tables.next().unwrap_or_default();
    for column in &mut key {
        (column.nullable, column.generated, column.identity) = (false, false, false);
    }
    for columns in tables {
        for (own, other) in key.iter_mut().zip(columns) {
            own.native_case &= other.native_case;
            own.case_exact &= other.case_exact;
            own.max_length = match (own.max_length, other.max_length) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
        }
    }
    key
}

/// Whether two columns can hold the same key.
fn alike(one: &Column, other: &Column) -> bool {
    std::mem::discriminant(&one.native) == std::mem::discriminant(&other.native)
}

/// The key as attributes, and what else the class may say about them.
pub(super) fn attributes(
    compiler: &Compiler<'_>,
    class: &settings::Class,
    table: &TableInfo,
    key: &[Column],
    read_only: bool,
    path: &str,
    problems: &mut Problems,
) -> Vec<Attribute> {
    let defaults = settings::Attribute::default();
    let means = |column: &Column, name: &str| {
        catalogue::column(table, name).is_some_and(|info| info.name.eq_ignore_ascii_case(&column.name))
    };
    for (name, own) in &class.attributes {
        if !key.iter().any(|column| means(column, own.column.as_ref().unwrap_or(name))) {
            let path = format!("{path}/attributes/{}", pointer(name));
            problems.error(path, "is not part of the key, which is all that an entity has of its own");
        }
    }
    // Called as the settings spell them: they are named there in any case.
    key.iter()
        .zip(&class.key)
        .map(|(column, spelt)| {
            let own = class.attributes.iter().find(|(name, own)| means(column, own.column.as_ref().unwrap_or(name)));
            let (name, own) = own.map_or((spelt, &defaults), |(name, own)| (name, own));
            let path = format!("{path}/attributes/{}", pointer(name));
            let attribute = compiler.attribute(name, column.clone(), own, table, true, read_only, &path, problems);
            Attribute { unique: key.len() == 1, ..attribute }
        })
        .collect()
}

/// The tables and the anchor.
pub(super) fn compile(
    compiler: &Compiler<'_>,
    own: &settings::Entity,
    read_only: bool,
    path: &str,
    problems: &mut Problems,
) -> Option<Entity> {
    let mut tables = Vec::new();
    for (place, own) in own.tables.iter().enumerate() {
        let table = compiler.catalogue.table(&own.table)?;
        let key = compiler.columns(table, &own.key, &format!("{path}/entity/tables/{place}"), problems)?;
        tables.push(EntityTable { table: own.table.clone(), key, view: table.view });
    }
    let anchor = match &own.anchor {
        None => None,
        Some(anchor) => {
            let path = format!("{path}/entity/anchor");
            let place = tables.iter().position(|known| known.table == anchor.table)?;
            let table = compiler.catalogue.table(&anchor.table)?;
            let fixed = compiler.fixed(table, &anchor.set, &format!("{path}/set"), problems);
            let key = tables.get(place).map(|known| known.key.as_slice()).unwrap_or_default();
            let set =
                |name: &str| fixed.iter().any(|fixed| fixed.column == name) || key.iter().any(|part| part.name == name);
            let needed = |column: &&patchbay_connector::sql::ColumnInfo| {
                !column.nullable && column.generation == Generation::None && !set(&column.name)
            };
            if table.view && !read_only {
                problems.error(format!("{path}/table"), "rows cannot be added to a view");
            }
            if let Some(column) = table.columns.iter().find(needed) {
                problems
                    .error(format!("{path}/set"), format!("`{}` must have a value that nothing gives it", column.name));
            }
            Some(Anchor { place, fixed })
        }
    };
    Some(Entity { tables, anchor })
}
