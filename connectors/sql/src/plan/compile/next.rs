//! `next` against the catalogue.

use patchbay_connector::sql::TableInfo;

use super::{Compiler, Problems};
use crate::catalogue;
use crate::plan::{Column, Native, Next, Numbers};
use crate::settings::{self, Counter, pointer};

/// The numbered columns of a class.
pub(super) fn next(
    compiler: &Compiler<'_>,
    class: &settings::Class,
    table: &TableInfo,
    path: &str,
    problems: &mut Problems,
) -> Vec<Next> {
    let compiled = class.next.iter().filter_map(|(name, source)| {
        let path = format!("{path}/next/{}", pointer(name));
        let column = compiler.column(table, name, &path, problems)?;
        if column.computed || !matches!(column.native, Native::Integer { .. } | Native::Decimal | Native::Text) {
            problems.error(&path, format!("column `{name}` takes no numbers"));
            return None;
        }
        let source = match source {
            settings::Next::Sequence(_) if !compiler.dialect.has_sequences() => {
                problems.error(format!("{path}/sequence"), "this database has no sequences, or none that are known");
                return None;
            }
            settings::Next::Sequence(name) => Numbers::Sequence(name.clone()),
            settings::Next::Table(counter) => counted(compiler, counter, &path, problems)?,
        };
        Some(Next { column, source })
    });
    compiled.collect()
}

fn counted(compiler: &Compiler<'_>, counter: &Counter, path: &str, problems: &mut Problems) -> Option<Numbers> {
    let Counter { table, column, fixed, last } = counter;
    let info = compiler.catalogue.table(table)?;
    let number = compiler.column(info, column, &format!("{path}/column"), problems)?;
    if !matches!(number.native, Native::Integer { .. } | Native::Decimal) {
        problems.error(format!("{path}/column"), format!("column `{column}` holds no whole numbers"));
    }
    let fixed = compiler.fixed(info, fixed, &format!("{path}/where"), problems);
    Some(Numbers::Counter { table: table.clone(), column: number.name, fixed, last: *last })
}

/// Marks a column that `next` fills: the target gives its value when nobody else does, and
/// where it is the key, nobody else may.
pub(super) fn mark(class: &settings::Class, table: &TableInfo, column: &mut Column) {
    let own = |name: &str| catalogue::column(table, name).is_some_and(|info| info.name == column.name);
    if class.next.iter().any(|(name, _)| own(name)) {
        column.generated = true;
        column.identity = true;
    }
}
