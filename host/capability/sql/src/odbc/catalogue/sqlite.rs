//! SQLite, by its pragmas and the stored definitions.

use patchbay_capability::sql::{ColumnInfo, ColumnKind, ForeignKey, Generation, TableInfo, UniqueKey};
use sqlparser::ast::{ColumnOption, Statement};
use sqlparser::dialect::SQLiteDialect;
use sqlparser::parser::Parser;

use super::{Ask, Trouble, empty, text};
use crate::sqlite::catalogue::{declared_length, is_padded};
use crate::sqlite::ddl::{Constraints, Named, indexed_columns};
use crate::sqlite::value::kind;

/// The one schema a connection has, unless the operator attached more.
const SCHEMA: &str = "main";

const TABLES: &str = "
    SELECT name FROM pragma_table_list
    WHERE schema = 'main' AND type IN ('table', 'view', 'virtual') AND name NOT LIKE 'sqlite!_%' ESCAPE '!'
    ORDER BY name";

const RELATION: &str = "
    SELECT s.name, s.type, coalesce(s.sql, ''), l.wr
    FROM main.sqlite_schema AS s JOIN pragma_table_list AS l ON l.schema = 'main' AND l.name = s.name
    WHERE s.type IN ('table', 'view') AND s.name = ? COLLATE NOCASE";

const COLUMNS: &str = "
    SELECT name, type, \"notnull\", dflt_value IS NOT NULL, pk, hidden FROM pragma_table_xinfo(?)
    WHERE hidden <> 1 ORDER BY cid";

const INDEXES: &str = "
    SELECT name, origin FROM pragma_index_list(?) WHERE \"unique\" AND NOT partial AND origin <> 'pk'
    ORDER BY seq DESC";

const INDEX: &str = "SELECT sql FROM main.sqlite_schema WHERE type = 'index' AND name = ?";

const INDEX_COLUMNS: &str = "SELECT name FROM pragma_index_xinfo(?) WHERE key ORDER BY seqno";

const FOREIGN_KEYS: &str = "
    SELECT id, \"table\", \"from\", \"to\" FROM pragma_foreign_key_list(?) ORDER BY id DESC, seq";

const PRIMARY_KEY: &str = "SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk";

pub(super) fn tables(ask: &mut Ask<'_>) -> Result<Vec<Vec<String>>, Trouble> {
    let names = ask.rows(TABLES, &[])?;
    Ok(names.iter().flat_map(|row| [vec![row.needed(0)], vec![SCHEMA.to_owned(), row.needed(0)]]).collect())
}

pub(super) fn describe(ask: &mut Ask<'_>, name: &[String]) -> Result<Option<TableInfo>, Trouble> {
    let table = match name {
        [table] => table,
        [schema, table] if schema.eq_ignore_ascii_case(SCHEMA) => table,
        _ => return Ok(None),
    };
    let found = ask.rows(RELATION, &[text(table)])?;
    let Some(relation) = found.first() else { return Ok(None) };
    let table = relation.needed(0);
    let sql = relation.needed(2);
    let constraints = Constraints::parse(&sql);
    let mut info = empty(vec![table.clone()], relation.needed(1) == "view");
    if name.len() == 2 {
        info.name.insert(0, SCHEMA.to_owned());
    }
    columns(ask, &table, &sql, relation.truth(3), &mut info)?;
    for index in ask.rows(INDEXES, &[text(&table)])? {
        let (index, origin) = (index.needed(0), index.needed(1));
        let columns = ask.rows(INDEX_COLUMNS, &[text(&index)])?;
        // None where there is an expression among them.
        let columns: Option<Vec<String>> = columns.iter().map(|row| row.text(0)).collect();
        let Some(columns) = columns else {
            let names: Vec<&str> = info.columns.iter().map(|column| column.name.as_str()).collect();
            let sql = ask.rows(INDEX, &[text(&index)])?.first().map(|row| row.needed(0)).unwrap_or_default();
            ask.session.constraints.remember(&table, &index, indexed_columns(&sql, &names));
            continue;
        };
        let name = if origin == "c" { Some(index) } else { name_of(&constraints.unique, &columns) };
        info.unique_keys.push(UniqueKey { name, columns });
    }
    foreign_keys(ask, &table, &constraints, &mut info)?;
    for key in &info.unique_keys {
        ask.session.constraints.remember(&table, key.name.as_deref().unwrap_or_default(), key.columns.clone());
    }
    for check in constraints.checks {
        ask.session.constraints.remember(&table, check.name.as_deref().unwrap_or_default(), check.columns);
    }
    Ok(Some(info))
}

fn columns(
    ask: &mut Ask<'_>,
    table: &str,
    sql: &str,
    without_rowid: bool,
    info: &mut TableInfo,
) -> Result<(), Trouble> {
    let folding = folding_columns(sql);
    let mut key: Vec<(i64, usize)> = Vec::new();
    for (index, row) in ask.rows(COLUMNS, &[text(table)])?.iter().enumerate() {
        let (name, type_name, place) = (row.needed(0), row.needed(1), row.number(4));
        let kind = kind(&type_name);
        if place > 0 {
            key.push((place, index));
        }
        info.columns.push(ColumnInfo {
            kind,
            nullable: !row.truth(2) && place == 0,
            generation: match (row.number(5) >= 2, row.truth(3)) {
                (true, _) => Generation::Computed,
                (false, true) => Generation::Default,
                (false, false) => Generation::None,
            },
            max_length: if kind == ColumnKind::Text { declared_length(&type_name) } else { None },
            padded: is_padded(&type_name),
            case_sensitive: !folding.iter().any(|folded| folded.eq_ignore_ascii_case(&name)),
            name,
            type_name,
        });
    }
    key.sort_unstable();
    // A key of one column declared INTEGER, by that very word, is the row's number.
    if let ([(_, index)], false) = (key.as_slice(), without_rowid)
        && let Some(column) = info.columns.get_mut(*index)
        && column.type_name.eq_ignore_ascii_case("INTEGER")
    {
        column.generation = Generation::Identity;
    }
    let names = key.iter().filter_map(|(_, index)| info.columns.get(*index)).map(|column| column.name.clone());
    info.primary_key = names.collect();
    Ok(())
}

/// Columns that are declared to compare without case.
fn folding_columns(sql: &str) -> Vec<String> {
    let Ok(statements) = Parser::parse_sql(&SQLiteDialect {}, sql) else { return Vec::new() };
    let Some(Statement::CreateTable(table)) = statements.first() else { return Vec::new() };
    let folds = |option: &ColumnOption| matches!(option, ColumnOption::Collation(name) if name.to_string().eq_ignore_ascii_case("NOCASE"));
    let folding = table.columns.iter().filter(|column| column.options.iter().any(|option| folds(&option.option)));
    folding.map(|column| column.name.value.clone()).collect()
}

fn foreign_keys(
    ask: &mut Ask<'_>,
    table: &str,
    constraints: &Constraints,
    info: &mut TableInfo,
) -> Result<(), Trouble> {
    let parts = ask.rows(FOREIGN_KEYS, &[text(table)])?;
    for key in parts.chunk_by(|a, b| a.number(0) == b.number(0)) {
        let Some(first) = key.first() else { continue };
        let parent = first.needed(1);
        let columns: Vec<String> = key.iter().map(|row| row.needed(2)).collect();
        let named: Option<Vec<String>> = key.iter().map(|row| row.text(3)).collect();
        let references = match named {
            Some(references) => references,
            // Without columns it means the parent's primary key.
            None => ask.rows(PRIMARY_KEY, &[text(&parent)])?.iter().map(|row| row.needed(0)).collect(),
        };
        let name = name_of(&constraints.foreign, &columns);
        info.foreign_keys.push(ForeignKey { name, columns, table: vec![parent], references });
    }
    Ok(())
}

fn name_of(constraints: &[Named], columns: &[String]) -> Option<String> {
    let same = |named: &&Named| {
        named.columns.len() == columns.len()
            && named.columns.iter().zip(columns).all(|(a, b)| a.eq_ignore_ascii_case(b))
    };
    constraints.iter().find(same)?.name.clone()
}
