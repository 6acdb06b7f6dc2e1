//! Attributes that reach into other tables: references, lookups, child and junction
//! tables.

use patchbay_connector::sql::TableInfo;

use super::{Compiler, Problems};
use crate::plan::{Attribute, Column, KeyPart, Kind, Lookup, Multi, Native, Reference, Shape, Source, Values};
use crate::settings::{self, pointer};

/// All such attributes of a class.
pub(super) fn attributes(
    compiler: &Compiler<'_>,
    class: &settings::Class,
    table: &TableInfo,
    key: &[Column],
    read_only: bool,
    path: &str,
    problems: &mut Problems,
) -> Vec<Attribute> {
    let mut attributes = Vec::new();
    for (name, own) in &class.references {
        let path = format!("{path}/references/{}", pointer(name));
        if let Some(to) = reference(compiler, table, &own.columns, &own.class, &path, "columns", problems) {
            let writable = !read_only && !own.read_only && to.columns.iter().all(|column| !column.computed);
            attributes.push(attribute(name, Source::Reference(to), writable));
        }
    }
    for (name, own) in &class.lookups {
        let path = format!("{path}/lookups/{}", pointer(name));
        if let Some(lookup) = lookup(compiler, table, own, &path, problems) {
            let writable = !read_only && !own.read_only && !lookup.column.computed;
            attributes.push(attribute(name, Source::Lookup(lookup), writable));
        }
    }
    for (name, own) in class.multi.iter().chain(&class.rows) {
        let section = if own.shape == Shape::List { "multi" } else { "rows" };
        let path = format!("{path}/{section}/{}", pointer(name));
        if let Some(multi) = multi(compiler, own, key, &path, problems) {
            let writable = !read_only && !own.read_only && !multi.view;
            let expensive = own.expensive.unwrap_or(own.class.is_some());
            if own.required && !writable {
                problems.error(format!("{path}/required"), "an attribute that cannot be written cannot be required");
            }
            let required = own.required && writable;
            attributes.push(Attribute { expensive, required, ..attribute(name, Source::Multi(multi), writable) });
        }
    }
    same_rows(&attributes, path, problems);
    // A key column that is also a reference is set with the object and fixed from then on.
    for attribute in &mut attributes {
        if attribute.own_columns().iter().any(|own| key.iter().any(|part| part.name == own.name)) {
            attribute.updatable = false;
        }
    }
    attributes
}

/// Refuses single values that stand side by side in one row: the row goes with either.
fn same_rows(attributes: &[Attribute], path: &str, problems: &mut Problems) {
    for (place, one) in attributes.iter().enumerate().filter(|(_, one)| one.updatable) {
        let Source::Multi(own) = &one.source else { continue };
        let other = attributes.iter().skip(place + 1).filter(|other| other.updatable).find(|other| {
            let Source::Multi(multi) = &other.source else { return false };
            let (mine, theirs) = (own.value.columns(), multi.value.columns());
            (own.shape != Shape::List || multi.shape != Shape::List)
                && (&own.table, &own.parent, &own.fixed) == (&multi.table, &multi.parent, &multi.fixed)
                && !mine.is_empty()
                && !theirs.is_empty()
                && mine.iter().all(|column| theirs.iter().all(|their| their.name != column.name))
        });
        if let Some(other) = other {
            let message = format!(
                "`{}` and `{}` are in the same rows, which go when one loses its value: tell them apart by `where`",
                one.name, other.name
            );
            problems.error(path, message);
        }
    }
}

fn attribute(name: &str, source: Source, writable: bool) -> Attribute {
    let mut attribute = Attribute {
        name: name.to_owned(),
        source,
        required: false,
        creatable: writable,
        updatable: writable,
        unique: false,
        key: false,
        expensive: false,
    };
    attribute.required = writable && attribute.own_columns().iter().any(|column| !column.nullable && !column.generated);
    attribute
}

/// Columns of `table` that hold the key of an object of `class`.
fn reference(
    compiler: &Compiler<'_>,
    table: &TableInfo,
    names: &[String],
    class: &str,
    path: &str,
    setting: &str,
    problems: &mut Problems,
) -> Option<Reference> {
    let columns = compiler.columns(table, names, &format!("{path}/{setting}"), problems)?;
    let Some(key) = compiler.key_of(class) else {
        problems.error(format!("{path}/class"), format!("there is no class `{class}`"));
        return None;
    };
    if key.is_empty() {
        // The other class has a problem of its own.
        return None;
    }
    if !same_shape(&columns, key) {
        problems.error(
            format!("{path}/{setting}"),
            format!("the columns do not match the key of class `{class}` ({})", names_of(key)),
        );
        return None;
    }
    let other = compiler.settings.classes.iter().find(|other| other.name == class)?;
    let target = compiler.catalogue.table(&other.table)?;
    // Where the database has a foreign key on these columns, it has to lead to that key.
    for foreign in &table.foreign_keys {
        let exact = foreign.columns.len() == columns.len()
            && columns.iter().all(|column| foreign.columns.contains(&column.name));
        let leads_there = foreign.table.last() == target.name.last();
        let to_key = columns.iter().zip(key).all(|(column, part)| {
            foreign.columns.iter().position(|name| *name == column.name).and_then(|place| foreign.references.get(place))
                == Some(&part.name)
        });
        if exact && leads_there && !to_key {
            problems.error(
                format!("{path}/{setting}"),
                format!("the foreign key leads to other columns than the key of class `{class}`"),
            );
        }
    }
    Some(Reference { columns, class: class.to_owned(), key: key.iter().map(KeyPart::of).collect() })
}

/// Whether columns can hold a key.
pub(super) fn same_shape(columns: &[Column], key: &[Column]) -> bool {
    let family = |native: Native| match native {
        Native::Integer { .. } | Native::Decimal => 0,
        Native::Text | Native::Opaque => 1,
        Native::Uuid => 2,
        _ => 3,
    };
    columns.len() == key.len()
        && columns.iter().zip(key).all(|(column, part)| family(column.native) == family(part.native))
}

fn names_of(columns: &[Column]) -> String {
    columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ")
}

fn lookup(
    compiler: &Compiler<'_>,
    table: &TableInfo,
    own: &settings::Lookup,
    path: &str,
    problems: &mut Problems,
) -> Option<Lookup> {
    let column = compiler.column(table, &own.column, &format!("{path}/column"), problems);
    // A table that is not there was reported when the catalogue was read.
    let codes = compiler.catalogue.table(&own.table)?;
    let key = compiler.column(codes, &own.key, &format!("{path}/key"), problems);
    let value = compiler.column(codes, &own.value, &format!("{path}/value"), problems);
    let lookup = Lookup {
        column: column?,
        table: own.table.clone(),
        key: key?,
        value: value?,
        create: own.create,
        leaves_out: compiler.dialect.returns() && !codes.deferrable,
    };
    if !codes.view && !super::is_unique(codes, &lookup.key.name) {
        problems.error(format!("{path}/key"), format!("`{}` is not unique in its table", lookup.key.name));
    }
    if !codes.view && !super::is_unique(codes, &lookup.value.name) {
        problems.warning(format!("{path}/value"), "a label may belong to several codes; the smallest is written");
    }
    if own.create && codes.view {
        problems.error(format!("{path}/create"), "labels cannot be added to a view");
    }
    if own.create && !codes.view && !lookup.key.generated {
        let message = format!("labels cannot be added: nothing gives `{}` a value", lookup.key.name);
        problems.error(format!("{path}/create"), message);
    }
    if matches!(lookup.value.kind, Kind::Json | Kind::Binary) {
        problems.error(format!("{path}/value"), "a column of this type cannot be a label");
    }
    Some(lookup)
}

fn multi(
    compiler: &Compiler<'_>,
    own: &settings::Multi,
    key: &[Column],
    path: &str,
    problems: &mut Problems,
) -> Option<Multi> {
    // A table that is not there was reported when the catalogue was read.
    let table = compiler.catalogue.table(&own.table)?;
    let parent = compiler.columns(table, &own.parent, &format!("{path}/parent"), problems);
    if let Some(parent) = &parent
        && !same_shape(parent, key)
    {
        let message = format!("the columns do not match the key of the class ({})", names_of(key));
        problems.error(format!("{path}/parent"), message);
    }
    let value = match &own.class {
        Some(class) => reference(compiler, table, &own.value, class, path, "value", problems).map(Values::Reference),
        None if matches!(own.shape, Shape::Flag(_)) => Some(Values::Presence),
        None => own.value.first().and_then(|name| {
            let mut column = compiler.column(table, name, &format!("{path}/value"), problems)?;
            if let Some(kind) = own.kind.map(super::kind) {
                if column.can_be(kind) {
                    column.kind = kind;
                } else {
                    let message = format!("column `{}` has no values of this type", column.name);
                    problems.error(format!("{path}/type"), message);
                }
            }
            column.case_exact = own.case_exact.unwrap_or(column.case_exact);
            Some(Values::Scalar(column))
        }),
    };
    let fixed = compiler.fixed(table, &own.fixed, &format!("{path}/where"), problems);
    let order = match &own.order {
        Some(name) => Some(compiler.column(table, name, &format!("{path}/order"), problems)?),
        None => None,
    };
    let (parent, value) = (parent?, value?);

    let written = parent.iter().chain(value.columns()).map(|column| column.name.as_str());
    let written: Vec<&str> = written.chain(fixed.iter().map(|fixed| fixed.column.as_str())).collect();
    let keys = table.unique_keys.iter().map(|key| &key.columns).chain(std::iter::once(&table.primary_key));
    // Exactly these columns: a key over fewer is met by rows that hold something else.
    let covers = |columns: &&Vec<String>| {
        columns.len() == written.len() && written.iter().all(|name| columns.iter().any(|column| column == name))
    };
    let unique = keys.into_iter().find(covers).cloned();
    // Where case counts for the database but not for the attribute, its key is no help.
    let folds = matches!(&value, Values::Scalar(column) if column.native_case && !column.case_exact);
    let nullable = value.columns().iter().any(|column| column.nullable);
    if !table.view {
        let filled = |name: &str| written.contains(&name) || own.order.as_deref() == Some(name);
        for column in &table.columns {
            let needed = !column.nullable && column.generation == patchbay_connector::sql::Generation::None;
            if needed && !filled(&column.name) && !own.read_only {
                problems.warning(
                    path,
                    format!("`{}` must have a value that nothing gives it: name it in `where`", column.name),
                );
            }
        }
    }
    Some(Multi {
        table: own.table.clone(),
        parent,
        value,
        shape: own.shape,
        fixed,
        order,
        unique: unique.filter(|_| !folds && !nullable && !table.deferrable),
        view: table.view,
    })
}
