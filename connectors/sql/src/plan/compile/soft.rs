//! `soft_delete` against the catalogue.

use patchbay_connector::Comparator;
use patchbay_connector::sql::TableInfo;

use super::{Compiler, Problems};
use crate::condition;
use crate::plan::{Attribute, Column, Constant, Fixed, Native, Revival, Source, Touch, TouchChange};
use crate::settings::{self, pointer};

/// Columns that `delete` changes besides marking the row.
pub(super) fn touches(
    compiler: &Compiler<'_>,
    class: &settings::Class,
    table: &TableInfo,
    key: &[Column],
    path: &str,
    problems: &mut Problems,
) -> Vec<Touch> {
    let compiled = class.touches.iter().filter_map(|(name, touch)| {
        let path = format!("{path}/soft_delete/set/{}", pointer(name));
        let column = compiler.column(table, name, &path, problems)?;
        if column.computed || key.iter().any(|part| part.name == column.name) {
            problems.error(&path, "a key, and what the database computes, cannot be changed");
            return None;
        }
        let counted = class.version_column().filter(|version| version.increment);
        if counted.is_some_and(|version| version.column.eq_ignore_ascii_case(&column.name)) {
            problems.error(&path, "is the version, which delete counts up already");
            return None;
        }
        let change = match touch {
            settings::Touch::Increment(by) => TouchChange::Increment(*by),
            settings::Touch::Append(text) => TouchChange::Append { text: text.clone(), key: false },
            settings::Touch::AppendKey(text) => TouchChange::Append { text: text.clone(), key: true },
        };
        let fits = match change {
            TouchChange::Increment(_) => matches!(column.native, Native::Integer { .. } | Native::Decimal),
            TouchChange::Append { .. } => matches!(column.native, Native::Text),
        };
        if !fits {
            problems.error(&path, "the column's type does not go with this");
        }
        Some(Touch { column, change })
    });
    compiled.collect()
}

/// Warns of marks that clients can set without deleting anything: whoever writes such a value
/// takes the object out of everybody's sight, his own included.
pub(super) fn writable_marks(marks: &[Fixed], attributes: &[Attribute], path: &str, problems: &mut Problems) {
    for mark in marks {
        let writes = |attribute: &&Attribute| {
            (attribute.creatable || attribute.updatable)
                && attribute.own_columns().iter().any(|column| column.name == mark.column)
        };
        if let Some(attribute) = attributes.iter().find(writes) {
            problems.warning(
                format!("{path}/soft_delete/set/{}", pointer(&mark.column)),
                format!(
                    "marks deleted rows, and can be written as `{}` too: an object that gets this value is not to be \
                     seen any more. Unless that is meant, make the attribute read-only",
                    attribute.name
                ),
            );
        }
    }
}

/// How a create brings back what was deleted; none where it does not.
pub(super) fn revival(
    compiler: &Compiler<'_>,
    class: &settings::Class,
    table: &TableInfo,
    (marks, attributes): (&[Fixed], &[Attribute]),
    path: &str,
    problems: &mut Problems,
) -> Option<Revival> {
    if class.revival.by.is_empty() {
        return None;
    }
    let path = format!("{path}/soft_delete");
    for name in &class.revival.by {
        let path = format!("{path}/reactivate");
        let found = attributes.iter().find(|attribute| attribute.name == *name);
        match found.map(|attribute| (attribute, &attribute.source)) {
            Some((attribute, Source::Column(column)))
                if attribute.creatable && condition::applicable(column, Comparator::Equal) =>
            {
                if class.touches.iter().any(|(touched, _)| touched.eq_ignore_ascii_case(&column.name)) {
                    problems.error(&path, format!("`{name}` is changed by delete, so no deleted row is found by it"));
                }
                if !attribute.unique && !attribute.key {
                    problems.warning(&path, format!("no constraint of the database makes `{name}` unique"));
                }
            }
            Some(_) => problems.error(&path, format!("`{name}` is not a column that create takes and that compares")),
            None => problems.error(&path, format!("the class has no attribute `{name}`")),
        }
    }
    let restore_path = format!("{path}/restore");
    let given = compiler.fixed(table, &class.revival.restore, &restore_path, problems);
    for stray in given.iter().filter(|fixed| !marks.iter().any(|mark| mark.column == fixed.column)) {
        problems.error(
            format!("{restore_path}/{}", pointer(&stray.column)),
            "delete does not set this column, so there is nothing to restore",
        );
    }
    let restore: Vec<Fixed> = marks
        .iter()
        .filter_map(|mark| {
            let told = given.iter().find(|fixed| fixed.column == mark.column).cloned();
            let found = told.or_else(|| opposite(compiler, table, mark, problems));
            if found.is_none() {
                let message = format!("must say what `{}` holds in a row that is not deleted", mark.column);
                problems.error(&restore_path, message);
            }
            found
        })
        .collect();
    if restore.len() == marks.len() && restore.iter().zip(marks).all(|(restored, mark)| restored.value == mark.value) {
        problems.error(&restore_path, "leaves the row as it is when it is deleted");
    }
    Some(Revival { by: class.revival.by.clone(), restore })
}

/// What a mark most likely was before: the other truth value, or nothing.
fn opposite(compiler: &Compiler<'_>, table: &TableInfo, mark: &Fixed, problems: &mut Problems) -> Option<Fixed> {
    let column = compiler.column(table, &mark.column, "", problems)?;
    let value = match &mark.value {
        Constant::Boolean(value) => Constant::Boolean(!value),
        Constant::Null => return None,
        _ if column.nullable => Constant::Null,
        _ => return None,
    };
    Some(Fixed { column: mark.column.clone(), value })
}
