//! What ODBC's functions leave out: unique keys, and columns that the database fills itself.
//! Asked of the catalogue where it is known, and of the standard's views elsewhere. Those of
//! Oracle, Db2 and HANA are written from their documentation and were never run.

use patchbay_capability::sql::{Dialect, Generation, TableInfo, UniqueKey};

use super::super::error::Trouble;
use super::super::product;
use super::{Ask, Found, text};

/// What is asked of a catalogue. Placeholders are schema and table, as often as they stand.
struct Questions {
    /// Constraint, column, place; and a number under which errors name it, where they do so.
    unique: &'static str,
    /// CHECK constraint, and a column that it is about; empty where that cannot be asked.
    checks: &'static str,
    /// Column, and `i` where it counts up by itself, `c` where it is computed.
    filled: &'static str,
}

const ORACLE: Questions = Questions {
    unique: "SELECT k.constraint_name, k.column_name, k.position FROM sys.all_constraints c JOIN \
             sys.all_cons_columns k ON k.owner = c.owner AND k.constraint_name = c.constraint_name WHERE c.owner = ? \
             AND c.table_name = ? AND c.constraint_type = 'U' AND c.status = 'ENABLED' UNION SELECT i.index_name, \
             k.column_name, k.column_position FROM sys.all_indexes i JOIN sys.all_ind_columns k ON k.index_owner = \
             i.owner AND k.index_name = i.index_name WHERE i.table_owner = ? AND i.table_name = ? AND i.uniqueness = \
             'UNIQUE' AND i.index_type = 'NORMAL' ORDER BY 1, 3",
    checks: "SELECT k.constraint_name, k.column_name FROM sys.all_constraints c JOIN sys.all_cons_columns k ON k.owner \
             = c.owner AND k.constraint_name = c.constraint_name WHERE c.owner = ? AND c.table_name = ? AND \
             c.constraint_type = 'C' ORDER BY 1, 2",
    filled: "SELECT column_name, CASE WHEN identity_column = 'YES' THEN 'i' ELSE 'c' END FROM sys.all_tab_cols WHERE \
             owner = ? AND table_name = ? AND hidden_column = 'NO' AND (identity_column = 'YES' OR virtual_column = \
             'YES')",
};

const DB2: Questions = Questions {
    unique: "SELECT i.INDNAME, k.COLNAME, k.COLSEQ, i.IID FROM SYSCAT.INDEXES i JOIN SYSCAT.INDEXCOLUSE k ON \
             k.INDSCHEMA = i.INDSCHEMA AND k.INDNAME = i.INDNAME WHERE i.TABSCHEMA = ? AND i.TABNAME = ? AND \
             i.UNIQUERULE IN ('U', 'P') AND k.COLORDER IN ('A', 'D') ORDER BY 1, 3",
    checks: "SELECT CONSTNAME, COLNAME FROM SYSCAT.COLCHECKS WHERE TABSCHEMA = ? AND TABNAME = ? AND USAGE = 'R' ORDER \
             BY 1, 2",
    filled: "SELECT COLNAME, CASE WHEN IDENTITY = 'Y' THEN 'i' ELSE 'c' END FROM SYSCAT.COLUMNS WHERE TABSCHEMA = ? \
             AND TABNAME = ? AND GENERATED IN ('A', 'D')",
};

const HANA: Questions = Questions {
    unique: "SELECT INDEX_NAME, COLUMN_NAME, POSITION FROM SYS.INDEX_COLUMNS WHERE SCHEMA_NAME = ? AND TABLE_NAME = ? \
             AND \"CONSTRAINT\" IN ('UNIQUE', 'NOT NULL UNIQUE', 'PRIMARY KEY') ORDER BY 1, 3",
    checks: "",
    filled: "SELECT COLUMN_NAME, CASE WHEN GENERATION_TYPE LIKE '%IDENTITY%' THEN 'i' ELSE 'c' END FROM \
             SYS.TABLE_COLUMNS WHERE SCHEMA_NAME = ? AND TABLE_NAME = ? AND GENERATION_TYPE IS NOT NULL",
};

const ANSI: Questions = Questions {
    unique: "SELECT c.constraint_name, k.column_name, k.ordinal_position FROM information_schema.table_constraints c \
             JOIN information_schema.key_column_usage k ON k.constraint_schema = c.constraint_schema AND \
             k.constraint_name = c.constraint_name AND k.table_schema = c.table_schema AND k.table_name = \
             c.table_name WHERE c.table_schema = ? AND c.table_name = ? AND c.constraint_type = 'UNIQUE' ORDER BY 1, 3",
    checks: "SELECT c.constraint_name, u.column_name FROM information_schema.table_constraints c JOIN \
             information_schema.constraint_column_usage u ON u.constraint_schema = c.constraint_schema AND \
             u.constraint_name = c.constraint_name WHERE c.table_schema = ? AND c.table_name = ? AND \
             c.constraint_type = 'CHECK' ORDER BY 1, 2",
    filled: "SELECT column_name, 'i' FROM information_schema.columns WHERE table_schema = ? AND table_name = ? AND \
             is_identity = 'YES'",
};

/// The schema in which a name without one is looked for; none where that is not known.
pub(super) fn current_schema(ask: &mut Ask<'_>) -> Result<Option<String>, Trouble> {
    let register = match ask.session.dialect {
        Dialect::Oracle => "SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA')",
        Dialect::Db2 => "CURRENT SCHEMA",
        Dialect::Hana | Dialect::Ansi => "CURRENT_SCHEMA",
        Dialect::Postgres | Dialect::Mysql | Dialect::Sqlite | Dialect::Mssql => return Ok(None),
    };
    let question = format!("SELECT {register}{}", product::from_nothing(ask.session.dialect));
    let rows = rows(ask, &question, &[])?;
    Ok(rows.first().and_then(|row| row.text(0)).map(|name| name.trim_end().to_owned()).filter(|name| !name.is_empty()))
}

/// Adds to a table in `schema` what the catalogue knows beyond ODBC's functions, and remembers
/// its constraints for errors to come.
pub(super) fn complete(ask: &mut Ask<'_>, info: &mut TableInfo, schema: &str, table: &str) -> Result<(), Trouble> {
    let questions = match ask.session.dialect {
        Dialect::Oracle => ORACLE,
        Dialect::Db2 => DB2,
        Dialect::Hana => HANA,
        Dialect::Ansi => ANSI,
        Dialect::Postgres | Dialect::Mysql | Dialect::Sqlite | Dialect::Mssql => return Ok(()),
    };
    let mut numbers = Vec::new();
    for row in rows(ask, questions.unique, &[schema, table])? {
        let (name, column) = (Some(row.needed(0)), row.needed(1));
        match info.unique_keys.last_mut().filter(|key| key.name == name) {
            Some(key) => key.columns.push(column),
            None => {
                info.unique_keys.push(UniqueKey { name, columns: vec![column] });
                numbers.push(row.text(3));
            }
        }
    }
    for (key, number) in info.unique_keys.iter().zip(numbers) {
        let names = [key.name.clone(), number];
        for name in names.iter().flatten() {
            ask.session.constraints.remember(table, name, key.columns.clone());
        }
    }
    let mut checks: Vec<(String, Vec<String>)> = Vec::new();
    if !questions.checks.is_empty() {
        for row in rows(ask, questions.checks, &[schema, table])? {
            let (name, column) = (row.needed(0), row.needed(1));
            match checks.last_mut().filter(|(known, _)| *known == name) {
                Some((_, columns)) => columns.push(column),
                None => checks.push((name, vec![column])),
            }
        }
    }
    for (name, columns) in checks {
        ask.session.constraints.remember(table, &name, columns);
    }
    // Its index is among them, under whatever name.
    info.unique_keys.retain(|key| key.columns != info.primary_key);
    for row in rows(ask, questions.filled, &[schema, table])? {
        let name = row.needed(0);
        for column in info.columns.iter_mut().filter(|column| column.name == name) {
            column.generation = match row.needed(1).trim_end() {
                "i" => Generation::Identity,
                _ => Generation::Computed,
            };
        }
    }
    Ok(())
}

/// The answer to a question; none from a database that is not known and has no such view.
fn rows(ask: &mut Ask<'_>, question: &str, names: &[&str]) -> Result<Vec<Found>, Trouble> {
    let places = question.matches('?').count();
    let values: Vec<_> = names.iter().cycle().take(places).map(|name| text(name)).collect();
    match ask.rows(question, &values) {
        Err(trouble) if ask.session.dialect == Dialect::Ansi && !super::super::error::is_lost(&trouble) => {
            let error = ask.session.translate(trouble, question);
            tracing::debug!(target: "patchbay::sql", %error, "the catalogue has no view of the standard's");
            Ok(Vec::new())
        }
        answer => answer,
    }
}
