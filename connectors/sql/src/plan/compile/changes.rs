//! `changes` of a class: whether its columns are fit for it.

use patchbay_connector::sql::TableInfo;

use super::{Compiler, Problems, is_unique, members};
use crate::catalogue;
use crate::dialect::Dialect;
use crate::plan::feed::{Feed, Marks, Method, Range, Scale};
use crate::plan::statement::Custom;
use crate::plan::{self, Attribute, Column, Kind, Native};
use crate::settings;
use crate::settings::changes::{self, Unit};

/// Milliseconds between taking a mark and committing it, where the settings do not say.
const OVERLAP: u64 = 60_000;

/// PostgreSQL's own column with the transaction that wrote a row.
const XMIN: &str = "xmin";

/// The class whose changes are to be found.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) class: &'a settings::Class,
    pub(super) table: &'a TableInfo,
    pub(super) key: &'a [Column],
    pub(super) attributes: &'a [Attribute],
    /// Its own statements.
    pub(super) custom: Option<&'a Custom>,
}

/// The feed of a class, or problems below `path`.
pub(super) fn feed(compiler: &Compiler<'_>, source: &Source<'_>, path: &str, problems: &mut Problems) -> Option<Feed> {
    let Source { class, table, key, custom, .. } = *source;
    let changes = class.changes.as_ref()?;
    let path = format!("{path}/changes");
    if custom.is_some_and(|own| own.declared || own.get.is_some() || own.search.is_some()) {
        let message = "changes are found in the class's own table, and this class is read by statements of its own";
        problems.error(path, message);
        return None;
    }
    let method = match &changes.method {
        changes::Method::Snapshot => Some(Method::Snapshot),
        changes::Method::Tracking => tracking(compiler, table, key, &path, problems),
        changes::Method::Watermark(own) => {
            let path = format!("{path}/watermark");
            if !changes.deletes && class.soft_delete.is_empty() {
                let message = "rows that are deleted are not noticed: mark them (`soft_delete`), or compare all keys \
                               (`deletes = \"snapshot\"`)";
                problems.warning(&path, message);
            }
            watermark(compiler, source, own, &path, problems)
        }
        changes::Method::History(own) => history(compiler, own, key, &format!("{path}/history"), problems),
    };
    Some(Feed { method: method?, deletes: changes.deletes })
}

fn tracking(
    compiler: &Compiler<'_>,
    table: &TableInfo,
    key: &[Column],
    path: &str,
    problems: &mut Problems,
) -> Option<Method> {
    let path = format!("{path}/tracking");
    if compiler.dialect != Dialect::Mssql {
        problems.error(path, "only SQL Server tracks changes");
        return None;
    }
    let primary = &table.primary_key;
    if key.len() != primary.len() || key.iter().any(|part| !primary.contains(&part.name)) {
        problems.error(path, "changes are tracked by the primary key: it has to be the key of the class");
        return None;
    }
    Some(Method::Range(Range::Tracking))
}

fn watermark(
    compiler: &Compiler<'_>,
    source: &Source<'_>,
    own: &changes::Watermark,
    path: &str,
    problems: &mut Problems,
) -> Option<Method> {
    let Source { class, table, key, .. } = *source;
    let place = format!("{path}/column");
    let exact = |range: Range, problems: &mut Problems| {
        if own.overlap.is_some() || own.unit.is_some() {
            problems.error(path, "the database knows this column's order itself: it needs no `overlap` and no `unit`");
        }
        Some(Method::Range(range))
    };
    if compiler.dialect == Dialect::Postgres && own.column == XMIN {
        if table.view {
            problems.error(place, "a view has no column `xmin`");
            return None;
        }
        return exact(Range::Transaction, problems);
    }
    let mut mark = compiler.column(table, &own.column, &place, problems)?;
    let typed = catalogue::column(table, &own.column).map(|info| info.type_name.to_ascii_lowercase());
    if compiler.dialect == Dialect::Mssql && matches!(typed.as_deref(), Some("timestamp" | "rowversion")) {
        return exact(Range::Rowversion(mark), problems);
    }
    let as_configured = class
        .attributes
        .iter()
        .find(|(name, attribute)| attribute.column.as_ref().unwrap_or(name).eq_ignore_ascii_case(&mark.name));
    if let Some((_, settings::Attribute { kind: Some(settings::Kind::Timestamp), .. })) = as_configured
        && mark.can_be(Kind::Timestamp)
    {
        mark.kind = Kind::Timestamp;
    }
    let scale = scale(&mark, compiler.dialect, own.unit, path, problems)?;
    Some(Method::Marks(Marks {
        table: class.table.clone(),
        history: false,
        scale,
        content: content(source, &mark),
        mark,
        row: key.to_vec(),
        key: key.to_vec(),
        fixed: Vec::new(),
        overlap: own.overlap.unwrap_or(OVERLAP),
    }))
}

/// Columns in which a change shows that leaves the mark as it is: the version, else all
/// that belong to the object.
fn content(source: &Source<'_>, mark: &Column) -> Vec<String> {
    let Source { class, table, key, attributes, custom } = *source;
    let reads = |attribute: &&Attribute| custom.is_none_or(|own| !own.write_only.contains(&attribute.name));
    let name = |asked: &String| catalogue::column(table, asked).map(|info| info.name.clone());
    // A version that is the mark shows nothing that the mark does not.
    let version = class.version_column().filter(|version| !version.column.eq_ignore_ascii_case(&mark.name));
    let mut columns: Vec<String> = match version {
        Some(version) => name(&version.column).into_iter().collect(),
        None => {
            let own = attributes.iter().filter(|attribute| !matches!(attribute.source, plan::Source::Multi(_)));
            let own =
                own.filter(reads).flat_map(Attribute::own_columns).filter(|column| column.native != Native::Bytes);
            let soft = class.soft_delete.iter().filter_map(|(column, _)| name(column));
            own.map(|column| column.name.clone()).chain(soft).collect()
        }
    };
    columns.retain(|column| *column != mark.name && key.iter().all(|part| part.name != *column));
    columns.sort();
    columns.dedup();
    columns
}

/// What a mark counts. Text is a point in time on SQLite only, which can bring it into one
/// shape.
fn scale(mark: &Column, dialect: Dialect, unit: Option<Unit>, path: &str, problems: &mut Problems) -> Option<Scale> {
    if dialect.clock().is_none() {
        let message = "this database's clock is not known: only a snapshot tells what has changed";
        problems.error(path, message);
        return None;
    }
    let scale = match (mark.native, mark.kind, unit) {
        (Native::Timestamp, _, None) => Scale::Time,
        (Native::Text, Kind::Timestamp, None) if dialect == Dialect::Sqlite => Scale::Time,
        (Native::Integer { .. }, _, None) => Scale::Number,
        (Native::Integer { .. }, _, Some(Unit::Seconds)) => Scale::Seconds,
        (Native::Integer { .. }, _, Some(Unit::Milliseconds)) => Scale::Milliseconds,
        (Native::Timestamp | Native::Text, _, Some(_)) => {
            problems.error(format!("{path}/unit"), "only an integer has a unit");
            return None;
        }
        _ => {
            let message = format!("`{}` is no point in time and no integer", mark.name);
            problems.error(path, message);
            return None;
        }
    };
    Some(scale)
}

fn history(
    compiler: &Compiler<'_>,
    own: &changes::History,
    class_key: &[Column],
    path: &str,
    problems: &mut Problems,
) -> Option<Method> {
    // A table that is not there was reported when the catalogue was read.
    let table = compiler.catalogue.table(&own.table)?;
    let mark = compiler.column(table, &own.sequence, &format!("{path}/sequence"), problems);
    let key = compiler.columns(table, &own.key, &format!("{path}/key"), problems);
    let fixed = compiler.fixed(table, &own.fixed, &format!("{path}/where"), problems);
    let (mark, key) = (mark?, key?);
    // Logs for several tables keep keys as text; there it is taken as an id.
    let as_text = matches!((key.as_slice(), class_key), ([one], [_]) if one.native == Native::Text);
    if !as_text && !members::same_shape(&key, class_key) {
        let names: Vec<&str> = class_key.iter().map(|part| part.name.as_str()).collect();
        let message = format!("the columns do not match the key of the class ({})", names.join(", "));
        problems.error(format!("{path}/key"), message);
        return None;
    }
    let scale = scale(&mark, compiler.dialect, None, &format!("{path}/sequence"), problems)?;
    let mut row = compiler.columns(table, &table.primary_key, path, problems)?;
    if is_unique(table, &mark.name) {
        row.clear();
    } else if row.is_empty() || row.iter().any(|part| !part.native.can_be_key()) {
        if !table.view {
            let message = format!("nothing tells two entries with the same `{}` apart: it has to be unique", mark.name);
            problems.error(format!("{path}/sequence"), message);
            return None;
        }
        let message = format!("a view has no constraints: `{}` is taken to be unique", mark.name);
        problems.warning(format!("{path}/sequence"), message);
        row.clear();
    }
    Some(Method::Marks(Marks {
        table: own.table.clone(),
        history: true,
        mark,
        scale,
        row,
        key,
        content: Vec::new(),
        fixed,
        overlap: own.overlap.unwrap_or(OVERLAP),
    }))
}
