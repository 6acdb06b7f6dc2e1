//! Databases whose catalogue is not known here: what ODBC's own functions tell.
//!
//! They tell columns, the primary key and foreign keys. They do not tell whether comparisons
//! tell case; for which columns the database fills itself, and for unique keys, which have no
//! safe function in the crate `odbc-api`, views are asked ([`keys`]).

use odbc_api::{Connection, Cursor as _, CursorImpl, Error as Fault, handles::StatementImpl};
use patchbay_capability::sql::{ColumnInfo, ColumnKind, Error, Failure, ForeignKey, Generation, TableInfo};

use super::super::row::Reader;
use super::{Ask, Found, Trouble, empty, keys};

/// Most rows of one answer of the catalogue.
const MAX_ROWS: usize = 100_000;
/// Most bytes of one value of it.
const VALUE_LIMIT: usize = 64 * 1024;

type Answer<'c> = CursorImpl<StatementImpl<'c>>;

/// Names of tables and views with their schema, and alone where they are found so.
pub(super) fn tables(ask: &mut Ask<'_>) -> Result<Vec<Vec<String>>, Trouble> {
    let own = keys::current_schema(ask)?;
    let mut tables = Vec::new();
    for row in rows(ask, |connection| connection.preallocate()?.into_tables_cursor("", "", "", "TABLE,VIEW"))? {
        let (schema, table) = (row.text(1).filter(|schema| !schema.is_empty()), row.needed(2));
        if own.is_none() || own == schema {
            tables.push(vec![table.clone()]);
        }
        tables.extend(schema.map(|schema| vec![schema, table]));
    }
    tables.sort();
    tables.dedup();
    Ok(tables)
}

pub(super) fn describe(ask: &mut Ask<'_>, name: &[String]) -> Result<Option<TableInfo>, Trouble> {
    let (schema, table) = match name {
        [table] => (None, table.as_str()),
        [schema, table] => (Some(schema.as_str()), table.as_str()),
        _ => return Ok(None),
    };
    // Names are patterns there: what they find is compared once more.
    let kinds = rows(ask, |connection| {
        connection.preallocate()?.into_tables_cursor("", schema.unwrap_or_default(), table, "TABLE,VIEW")
    })?;
    let is_meant = |row: &Found, at: usize| {
        row.needed(at) == table && schema.is_none_or(|schema| row.text(at - 1).as_deref() == Some(schema))
    };
    let meant: Vec<&Found> = kinds.iter().filter(|row| is_meant(row, 2)).collect();
    let found = match meant.as_slice() {
        [] => return Ok(None),
        [found] => *found,
        several => {
            let own = keys::current_schema(ask)?;
            let found = several.iter().find(|row| own.is_some() && row.text(1) == own);
            *found.ok_or_else(|| Error::new(Failure::Undefined, format!("several schemas have a table {table}")))?
        }
    };
    let place = found.text(1).unwrap_or_default();
    let mut info = empty(name.to_vec(), found.needed(3).contains("VIEW"));

    for row in rows(ask, |connection| connection.preallocate()?.into_columns_cursor("", &place, table, ""))? {
        if row.needed(2) == table && row.needed(1) == place {
            info.columns.push(column(&row));
        }
    }
    let key = rows(ask, |connection| {
        let schema = Some(place.as_str()).filter(|schema| !schema.is_empty());
        connection.preallocate()?.into_primary_keys_cursor(None, schema, table)
    })?;
    let mut key: Vec<(i64, String)> = key.iter().map(|row| (row.number(4), row.needed(3))).collect();
    key.sort();
    info.primary_key = key.into_iter().map(|(_, column)| column).collect();

    let pointers =
        rows(ask, |connection| connection.preallocate()?.into_foreign_keys_cursor("", "", "", "", &place, table))?;
    for row in pointers {
        let (name, column, references) = (row.text(11), row.needed(7), row.needed(3));
        match info.foreign_keys.last_mut().filter(|key| key.name == name && row.number(8) > 1) {
            Some(key) => {
                key.columns.push(column);
                key.references.push(references);
            }
            None => {
                let parent_place = row.text(1).filter(|parent| !parent.is_empty() && *parent != place);
                let parent = parent_place.into_iter().chain([row.needed(2)]).collect();
                info.foreign_keys.push(ForeignKey {
                    name,
                    columns: vec![column],
                    table: parent,
                    references: vec![references],
                });
            }
        }
    }
    for key in &info.foreign_keys {
        ask.session.constraints.remember(table, key.name.as_deref().unwrap_or_default(), key.columns.clone());
    }
    keys::complete(ask, &mut info, &place, table)?;
    Ok(Some(info))
}

/// All rows of an answer of the catalogue.
fn rows<'s>(
    ask: &'s mut Ask<'_>,
    question: impl FnOnce(&'s Connection<'static>) -> Result<Answer<'s>, Fault>,
) -> Result<Vec<Found>, Trouble> {
    let dialect = ask.session.dialect;
    let mut cursor = question(ask.session.connection())?;
    let (mut reader, _) = Reader::new(&mut cursor, dialect, VALUE_LIMIT)?;
    let mut rows = Vec::new();
    while let Some(mut row) = cursor.next_row()? {
        rows.push(Found(reader.row(&mut row)?));
        if rows.len() > MAX_ROWS {
            let message = format!("the catalogue has more than {MAX_ROWS} rows");
            return Err(Trouble::Value(Error::new(Failure::LimitExceeded, message)));
        }
    }
    Ok(rows)
}

/// A row of `SQLColumns`.
fn column(row: &Found) -> ColumnInfo {
    let (code, mut type_name) = (row.number(4), row.needed(5));
    let kind = kind(code, &type_name);
    // A limit is known where there are digits behind the point; else it may be that of a type
    // without one.
    let (digits, behind) = (row.number(6), row.number(8));
    if kind == ColumnKind::Decimal && (1..=digits).contains(&behind) && !type_name.contains('(') {
        type_name = format!("{type_name}({digits},{behind})");
    }
    // For long text, drivers say how much of it they hand over.
    let has_length = kind == ColumnKind::Text && !matches!(code, -1 | -10);
    let default = row.text(12).filter(|default| !default.trim().eq_ignore_ascii_case("null"));
    ColumnInfo {
        name: row.needed(3),
        kind,
        nullable: row.number(10) != 0,
        generation: if default.is_some() { Generation::Default } else { Generation::None },
        max_length: u32::try_from(row.number(6)).ok().filter(|length| *length > 0 && has_length),
        // CHAR and WCHAR.
        padded: matches!(code, 1 | -8),
        case_sensitive: true,
        type_name,
    }
}

/// The broad type of ODBC's number for it.
fn kind(code: i64, type_name: &str) -> ColumnKind {
    match code {
        -7 => ColumnKind::Boolean,
        -6 | 4 | 5 | -5 => ColumnKind::Integer,
        6..=8 => ColumnKind::Float,
        2 | 3 => ColumnKind::Decimal,
        1 | 12 | -1 | -8 | -9 | -10 if type_name.to_lowercase().contains("json") => ColumnKind::Json,
        1 | 12 | -1 | -8 | -9 | -10 => ColumnKind::Text,
        -4..=-2 => ColumnKind::Bytes,
        9 | 91 => ColumnKind::Date,
        10 | 92 => ColumnKind::Time,
        11 | 93 => ColumnKind::Timestamp,
        -11 => ColumnKind::Uuid,
        _ => ColumnKind::Other,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    use patchbay_capability::sql::Dialect;
    use patchbay_test_support::OdbcDriver;

    use super::super::super::session::{Opening, Session};
    use super::*;
    use crate::constraints::Constraints;

    /// A real driver's answers, of a database whose catalogue could be read better.
    #[test]
    fn what_a_driver_tells() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("t.db");
        let schema = "CREATE TABLE team (a INTEGER, b VARCHAR(9) NOT NULL, PRIMARY KEY (a, b));
            CREATE TABLE person (id INTEGER PRIMARY KEY, login VARCHAR(40) NOT NULL, born DATE DEFAULT '2000-01-01',
                a INTEGER, b VARCHAR(9), FOREIGN KEY (a, b) REFERENCES team (a, b));
            CREATE VIEW everybody AS SELECT login FROM person";
        rusqlite::Connection::open(&file).unwrap().execute_batch(schema).unwrap();
        let url = OdbcDriver::Sqlite.file_url(&file).unwrap();
        let opening = Opening {
            string: url.strip_prefix("odbc:").unwrap().to_owned(),
            dialect: Dialect::Sqlite,
            any_product: false,
            must_write: false,
            value_limit: 1000,
            connect_timeout: Duration::from_secs(5),
            lock_timeout: Duration::from_secs(5),
            worker: None,
        };
        let mut session = Session::open(&opening, Arc::new(Constraints::default())).unwrap();
        let mut ask = Ask { session: &mut session, deadline: Instant::now() + Duration::from_secs(20) };
        let found = tables(&mut ask).unwrap();
        for name in ["everybody", "person", "team"] {
            assert!(found.contains(&vec![name.to_owned()]), "{found:?}");
        }
        let person = describe(&mut ask, &["person".to_owned()]).unwrap().unwrap();
        let columns: Vec<_> =
            person.columns.iter().map(|c| (c.name.as_str(), c.kind, c.nullable, c.generation)).collect();
        assert_eq!(
            columns,
            [
                ("id", ColumnKind::Integer, true, Generation::None),
                ("login", ColumnKind::Text, false, Generation::None),
                ("born", ColumnKind::Date, true, Generation::Default),
                ("a", ColumnKind::Integer, true, Generation::None),
                ("b", ColumnKind::Text, true, Generation::None),
            ]
        );
        assert_eq!((person.view, person.primary_key.join(",")), (false, "id".to_owned()));
        assert_eq!(person.columns[1].max_length, Some(40));
        let keys: Vec<_> = person.foreign_keys.iter().map(|k| (&k.columns, &k.table, &k.references)).collect();
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(keys, [(&names(&["a", "b"]), &names(&["team"]), &names(&["a", "b"]))]);
        let team = describe(&mut ask, &["team".to_owned()]).unwrap().unwrap();
        assert_eq!(team.primary_key, ["a", "b"]);
        assert!(describe(&mut ask, &["everybody".to_owned()]).unwrap().is_some_and(|view| view.view));
        for missing in [&["nobody"][..], &["pers%"], &["a", "b", "c"]] {
            assert_eq!(describe(&mut ask, &names(missing)).unwrap(), None, "{missing:?}");
        }
    }

    #[test]
    fn kinds() {
        for (code, name, expected) in [
            (12, "VARCHAR2", ColumnKind::Text),
            (-9, "NVARCHAR2", ColumnKind::Text),
            (-1, "json", ColumnKind::Json),
            (3, "NUMBER", ColumnKind::Decimal),
            (-5, "BIGINT", ColumnKind::Integer),
            (-3, "RAW", ColumnKind::Bytes),
            (93, "TIMESTAMP", ColumnKind::Timestamp),
            (-150, "sql_variant", ColumnKind::Other),
        ] {
            assert_eq!(kind(code, name), expected, "{name}");
        }
    }
}
