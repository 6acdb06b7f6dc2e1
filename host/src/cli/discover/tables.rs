//! Tables as they are, before anything is made of them.

use std::io::{self, Write};

use patchbay_capability::sql::{ColumnInfo, ForeignKey, Generation};
use patchbay_propose::{Count, Samples, Table, one_line, samples};
use serde_json::{Value, json};

use crate::output;
use crate::survey::{MAX_ROWS, MAX_TABLES, Survey};

/// Values shown of a column.
const SHOWN: usize = 4;

/// Prints keys, foreign keys, row counts and values; `clear`: values as they are.
pub(super) fn print(out: &mut dyn Write, survey: &Survey, clear: bool) -> io::Result<()> {
    for (index, table) in survey.database.tables.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        let kind = if table.info.view { "view" } else { "table" };
        writeln!(out, "{}  ({kind}, {})", one_line(&table.title()), one_line(&table.count.to_string()))?;
        if !table.info.primary_key.is_empty() {
            writeln!(out, "  key      {}", names(&table.info.primary_key))?;
        }
        for key in &table.info.unique_keys {
            writeln!(out, "  unique   {}", names(&key.columns))?;
        }
        for key in &table.info.foreign_keys {
            writeln!(out, "  foreign  {}", foreign(key))?;
        }
        let mut rows = vec![["COLUMN", "TYPE", "PROPERTIES", "VALUES"].map(str::to_owned).to_vec()];
        for (place, column) in table.info.columns.iter().enumerate() {
            rows.push(vec![
                one_line(&column.name),
                one_line(&column.type_name),
                properties(column).join(" "),
                values(table, place, column, clear).join(", "),
            ]);
        }
        output::columns(out, 2, &rows)?;
    }
    if survey.left_out > 0 {
        writeln!(out, "\n{} more tables: it stops at {MAX_TABLES}.", survey.left_out)?;
    }
    if !survey.refused.is_empty() {
        writeln!(out, "\nNot to be seen: {}.", names(&survey.refused))?;
    }
    let how = if clear { "as they are" } else { "masked: their shape, and codes that come again and again" };
    writeln!(out, "\nValues are {how}. They are of the first {MAX_ROWS} rows of a table at most.")
}

/// The same as JSON.
pub(super) fn to_json(survey: &Survey, clear: bool) -> Value {
    let column = |table: &Table, place: usize, column: &ColumnInfo| {
        let seen = table.samples.get(place);
        json!({
            "name": column.name,
            "type": column.type_name,
            "properties": properties(column),
            "values": values(table, place, column, clear),
            "distinct": seen.map(Samples::distinct),
            "nulls": seen.map(|seen| seen.rows() - seen.filled()),
        })
    };
    let tables = survey.database.tables.iter().map(|table| {
        let info = &table.info;
        json!({
            "name": info.name,
            "view": info.view,
            "rows": match &table.count { Count::Exact(rows) => Some(rows), _ => None },
            "moreRowsThan": match &table.count { Count::MoreThan(rows) => Some(rows), _ => None },
            "rowsUnknown": match &table.count { Count::Unknown(why) => Some(why), _ => None },
            "key": info.primary_key,
            "unique": info.unique_keys.iter().map(|key| &key.columns).collect::<Vec<_>>(),
            "foreignKeys": info.foreign_keys.iter().map(|key| json!({
                "columns": key.columns, "table": key.table, "references": key.references,
            })).collect::<Vec<_>>(),
            "columns": info.columns.iter().enumerate().map(|(place, info)| column(table, place, info)).collect::<Vec<_>>(),
        })
    });
    json!({ "tables": tables.collect::<Vec<_>>(), "tablesLeftOut": survey.left_out, "tablesRefused": survey.refused, "masked": !clear })
}

fn values(table: &Table, place: usize, column: &ColumnInfo, clear: bool) -> Vec<String> {
    table.samples.get(place).map(|seen| samples(column, seen, SHOWN, clear)).unwrap_or_default()
}

fn names(names: &[String]) -> String {
    one_line(&names.join(", "))
}

fn foreign(key: &ForeignKey) -> String {
    one_line(&format!("{} -> {} ({})", key.columns.join(", "), key.table.join("."), key.references.join(", ")))
}

fn properties(column: &ColumnInfo) -> Vec<&'static str> {
    let generated = match column.generation {
        Generation::None => None,
        Generation::Default => Some("default"),
        Generation::Identity => Some("generated"),
        Generation::Computed => Some("computed"),
    };
    let flags = [(!column.nullable, "required"), (column.padded, "padded")];
    flags.iter().filter(|(set, _)| *set).map(|(_, name)| *name).chain(generated).collect()
}
