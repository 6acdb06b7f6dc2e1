//! What SQLite's schema says about tables, views and constraints.

use patchbay_capability::sql::{ColumnInfo, ColumnKind, Error, Failure, ForeignKey, Generation, TableInfo, UniqueKey};
use rusqlite::{Connection, OptionalExtension as _};

use super::ddl::{self, Constraints, Named};
use super::error::translate;
use super::value::kind;

/// The one schema a connection has: nothing is ever attached.
const SCHEMA: &str = "main";

/// Names of tables and views, each alone and with the schema.
pub(super) fn tables(connection: &Connection) -> rusqlite::Result<Vec<Vec<String>>> {
    let mut statement = connection.prepare_cached(
        "SELECT name FROM pragma_table_list
         WHERE schema = 'main' AND type IN ('table', 'view', 'virtual') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
         ORDER BY name",
    )?;
    let names = statement.query_map([], |row| row.get::<_, String>(0))?;
    let mut tables = Vec::new();
    for name in names {
        let name = name?;
        tables.push(vec![name.clone()]);
        tables.push(vec![SCHEMA.to_owned(), name]);
    }
    Ok(tables)
}

/// Everything about one table or view.
pub(super) fn describe(connection: &Connection, name: &[String]) -> Result<TableInfo, Error> {
    let table = match name {
        [table] => table,
        [schema, table] if schema.eq_ignore_ascii_case(SCHEMA) => table,
        _ => return Err(undefined(name)),
    };
    let found = read(connection, table).map_err(|error| translate(error, None))?;
    let mut info = found.ok_or_else(|| undefined(name))?;
    if name.len() == 2 {
        info.name.insert(0, SCHEMA.to_owned());
    }
    Ok(info)
}

fn undefined(name: &[String]) -> Error {
    Error::new(Failure::Undefined, format!("there is no table {}", name.join(".")))
}

fn read(connection: &Connection, table: &str) -> rusqlite::Result<Option<TableInfo>> {
    let found = connection
        .query_row(
            "SELECT s.name, s.type, coalesce(s.sql, ''), l.wr
             FROM main.sqlite_schema AS s JOIN pragma_table_list AS l ON l.schema = 'main' AND l.name = s.name
             WHERE s.type IN ('table', 'view') AND s.name = ?1 COLLATE NOCASE",
            [table],
            |row| {
                Ok((
                    row.get::<_, String>(0)?,
                    row.get::<_, String>(1)?,
                    row.get::<_, String>(2)?,
                    row.get::<_, bool>(3)?,
                ))
            },
        )
        .optional()?;
    let Some((name, object, sql, without_rowid)) = found else { return Ok(None) };
    let constraints = Constraints::parse(&sql);
    let mut columns = columns(connection, &name)?;
    let mut key: Vec<(u32, usize)> =
        columns.iter().enumerate().filter(|(_, c)| c.key > 0).map(|(index, c)| (c.key, index)).collect();
    key.sort_unstable();
    // A key of one column declared INTEGER, by that very word, is the row's number.
    if let ([(_, index)], false) = (key.as_slice(), without_rowid)
        && let Some(column) = columns.get_mut(*index)
        && column.info.type_name.eq_ignore_ascii_case("INTEGER")
    {
        column.info.generation = Generation::Identity;
    }
    let primary_key =
        key.iter().filter_map(|(_, index)| columns.get(*index)).map(|column| column.info.name.clone()).collect();
    Ok(Some(TableInfo {
        unique_keys: unique_keys(connection, &name, &constraints)?,
        foreign_keys: foreign_keys(connection, &name, &constraints)?,
        name: vec![name],
        view: object == "view",
        columns: columns.into_iter().map(|column| column.info).collect(),
        primary_key,
        deferrable: false,
    }))
}

struct Column {
    info: ColumnInfo,
    /// Position in the primary key, from 1; 0 when it is not part of it.
    key: u32,
}

fn columns(connection: &Connection, table: &str) -> rusqlite::Result<Vec<Column>> {
    let mut statement = connection.prepare_cached(
        "SELECT name, type, \"notnull\", dflt_value IS NOT NULL, pk, hidden FROM pragma_table_xinfo(?1)
         WHERE hidden <> 1 ORDER BY cid",
    )?;
    let rows = statement.query_map([table], |row| {
        let type_name: String = row.get(1)?;
        let kind = kind(&type_name);
        let has_default: bool = row.get(3)?;
        let key: u32 = row.get(4)?;
        let generated = row.get::<_, u32>(5)? >= 2;
        Ok(Column {
            info: ColumnInfo {
                name: row.get(0)?,
                kind,
                // SQLite lets NULL into some keys, for compatibility with its own past; nobody means it.
                nullable: !row.get::<_, bool>(2)? && key == 0,
                generation: match (generated, has_default) {
                    (true, _) => Generation::Computed,
                    (false, true) => Generation::Default,
                    (false, false) => Generation::None,
                },
                max_length: if kind == ColumnKind::Text { declared_length(&type_name) } else { None },
                padded: is_padded(&type_name),
                case_sensitive: true,
                type_name,
            },
            key,
        })
    })?;
    let mut columns = rows.collect::<rusqlite::Result<Vec<_>>>()?;
    for column in &mut columns {
        // Views have no collations of their own, and say so with an error.
        let collation = connection
            .column_metadata(Some(SCHEMA), table, &column.info.name)
            .ok()
            .and_then(|(_, collation, ..)| collation.map(|name| name.to_string_lossy().into_owned()));
        column.info.case_sensitive = !collation.is_some_and(|name| name.eq_ignore_ascii_case("NOCASE"));
    }
    Ok(columns)
}

/// `n` of `VARCHAR(n)`; SQLite does not enforce it, the application that declared it may.
pub(crate) fn declared_length(type_name: &str) -> Option<u32> {
    let (_, rest) = type_name.split_once('(')?;
    let digits: String = rest.trim_start().chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

pub(crate) fn is_padded(type_name: &str) -> bool {
    let name = type_name.split('(').next().unwrap_or_default().trim();
    ["CHAR", "CHARACTER", "NCHAR", "NATIVE CHARACTER"].iter().any(|char| name.eq_ignore_ascii_case(char))
}

/// Unique constraints and indexes that hold for every row and name plain columns.
fn unique_keys(connection: &Connection, table: &str, constraints: &Constraints) -> rusqlite::Result<Vec<UniqueKey>> {
    let mut keys = Vec::new();
    for (index, origin) in unique_indexes(connection, table)? {
        let Some(columns) = index_columns(connection, &index)? else { continue };
        let name = if origin == "c" { Some(index) } else { name_of(&constraints.unique, &columns) };
        keys.push(UniqueKey { name, columns });
    }
    Ok(keys)
}

/// Name and origin (`c` for CREATE INDEX, `u` for a constraint) of unique indexes that are
/// neither partial nor the primary key's, in the order of their making.
fn unique_indexes(connection: &Connection, table: &str) -> rusqlite::Result<Vec<(String, String)>> {
    let mut statement = connection.prepare_cached(
        "SELECT name, origin FROM pragma_index_list(?1) WHERE \"unique\" AND NOT partial AND origin <> 'pk'
         ORDER BY seq DESC",
    )?;
    let rows = statement.query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

/// Columns of an index; none when there is an expression among them.
fn index_columns(connection: &Connection, index: &str) -> rusqlite::Result<Option<Vec<String>>> {
    let mut statement =
        connection.prepare_cached("SELECT name FROM pragma_index_xinfo(?1) WHERE key ORDER BY seqno")?;
    let rows = statement.query_map([index], |row| row.get::<_, Option<String>>(0))?;
    rows.collect()
}

/// One row of `pragma_foreign_key_list`: key, parent table, column, parent column.
type KeyPart = (i64, String, String, Option<String>);

pub(super) fn foreign_keys(
    connection: &Connection,
    table: &str,
    constraints: &Constraints,
) -> rusqlite::Result<Vec<ForeignKey>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, \"table\", \"from\", \"to\" FROM pragma_foreign_key_list(?1) ORDER BY id DESC, seq",
    )?;
    let rows = statement.query_map([table], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
    let parts = rows.collect::<rusqlite::Result<Vec<KeyPart>>>()?;
    let mut keys = Vec::new();
    for key in parts.chunk_by(|a, b| a.0 == b.0) {
        let Some((_, parent, ..)) = key.first() else { continue };
        let columns: Vec<String> = key.iter().map(|(_, _, column, _)| column.clone()).collect();
        let named: Option<Vec<String>> = key.iter().map(|(.., parent_column)| parent_column.clone()).collect();
        let references = match named {
            Some(references) => references,
            // Without columns it means the parent's primary key.
            None => primary_key(connection, parent)?,
        };
        keys.push(ForeignKey {
            name: name_of(&constraints.foreign, &columns),
            columns,
            table: vec![parent.clone()],
            references,
        });
    }
    Ok(keys)
}

fn primary_key(connection: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare_cached("SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk")?;
    let rows = statement.query_map([table], |row| row.get(0))?;
    rows.collect()
}

fn name_of(constraints: &[Named], columns: &[String]) -> Option<String> {
    let same = |named: &Named| {
        named.columns.len() == columns.len()
            && named.columns.iter().zip(columns).all(|(a, b)| a.eq_ignore_ascii_case(b))
    };
    constraints.iter().find(|named| same(named))?.name.clone()
}

/// Constraints of a table by its stored definition.
pub(super) fn constraints(connection: &Connection, table: &str) -> rusqlite::Result<Constraints> {
    let sql = connection
        .query_row(
            "SELECT sql FROM main.sqlite_schema WHERE type = 'table' AND name = ?1 COLLATE NOCASE",
            [table],
            |row| row.get::<_, String>(0),
        )
        .optional()?;
    Ok(sql.map(|sql| Constraints::parse(&sql)).unwrap_or_default())
}

/// Name of the unique constraint or index on exactly these columns.
pub(super) fn unique_name(
    connection: &Connection,
    table: &str,
    columns: &[String],
) -> rusqlite::Result<Option<String>> {
    let constraints = constraints(connection, table)?;
    let same = |found: &[String]| {
        found.len() == columns.len() && found.iter().zip(columns).all(|(a, b)| a.eq_ignore_ascii_case(b))
    };
    let mut statement = connection
        .prepare_cached("SELECT name, origin FROM pragma_index_list(?1) WHERE \"unique\" AND origin <> 'pk'")?;
    let indexes = statement.query_map([table], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    for index in indexes {
        let (index, origin) = index?;
        let Some(found) = index_columns(connection, &index)? else { continue };
        if same(&found) {
            return Ok(if origin == "c" { Some(index) } else { name_of(&constraints.unique, columns) });
        }
    }
    Ok(None)
}

pub(super) fn table_of_index(connection: &Connection, index: &str) -> rusqlite::Result<Option<String>> {
    connection
        .query_row("SELECT tbl_name FROM main.sqlite_schema WHERE type = 'index' AND name = ?1", [index], |row| {
            row.get(0)
        })
        .optional()
}

/// Columns an index on expressions is about.
pub(super) fn columns_of_index(connection: &Connection, table: &str, index: &str) -> rusqlite::Result<Vec<String>> {
    let sql: Option<String> = connection
        .query_row("SELECT sql FROM main.sqlite_schema WHERE type = 'index' AND name = ?1", [index], |row| row.get(0))
        .optional()?
        .flatten();
    let columns = columns(connection, table)?;
    let names: Vec<&str> = columns.iter().map(|column| column.info.name.as_str()).collect();
    Ok(sql.map(|sql| ddl::indexed_columns(&sql, &names)).unwrap_or_default())
}

/// A check somewhere in the schema.
pub(super) struct FoundCheck {
    pub(super) table: String,
    pub(super) name: Option<String>,
    pub(super) columns: Vec<String>,
}

/// The check SQLite calls `subject`, if only one is called so.
pub(super) fn check(connection: &Connection, subject: &str) -> rusqlite::Result<Option<FoundCheck>> {
    let mut statement = connection
        .prepare_cached("SELECT name, sql FROM main.sqlite_schema WHERE type = 'table' AND sql LIKE '%CHECK%'")?;
    let tables = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    let mut found = None;
    for table in tables {
        let (table, sql) = table?;
        for check in Constraints::parse(&sql).checks {
            if check.is_called(subject) {
                if found.is_some() {
                    return Ok(None);
                }
                found = Some(FoundCheck { table: table.clone(), name: check.name, columns: check.columns });
            }
        }
    }
    Ok(found)
}
