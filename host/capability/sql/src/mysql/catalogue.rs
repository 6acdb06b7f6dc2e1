//! What the information schema says about tables, views and constraints.

use mysql_async::prelude::{FromRow, Queryable as _};
use mysql_async::{Conn, Error, Value};
use patchbay_capability::sql::{ColumnInfo, ColumnKind, ForeignKey, Generation, TableInfo, UniqueKey};

use super::is_mariadb;
use crate::constraints::Constraints;

pub(crate) const TABLES: &str = "
    SELECT CAST(t.table_schema AS CHAR), CAST(t.table_name AS CHAR), COALESCE(t.table_schema = DATABASE(), 0)
    FROM information_schema.tables AS t
    WHERE t.table_type IN ('BASE TABLE', 'VIEW', 'SYSTEM VERSIONED')
      AND t.table_schema NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys')
    ORDER BY 1, 2";

/// Tables of one name in any spelling; servers on some systems do not tell case.
pub(crate) const RELATION: &str = "
    SELECT CAST(t.table_schema AS CHAR), CAST(t.table_name AS CHAR), t.table_type = 'VIEW',
           @@lower_case_table_names
    FROM information_schema.tables AS t
    WHERE t.table_type IN ('BASE TABLE', 'VIEW', 'SYSTEM VERSIONED')
      AND t.table_schema = COALESCE(?, DATABASE()) AND t.table_name = ?";

pub(crate) const COLUMNS: &str = "
    SELECT CAST(c.column_name AS CHAR), CAST(c.column_type AS CHAR), LOWER(CAST(c.data_type AS CHAR)),
           c.is_nullable = 'YES', LOWER(CAST(c.extra AS CHAR)), CAST(c.column_default AS CHAR),
           c.character_maximum_length, CAST(c.collation_name AS CHAR), LOWER(CAST(c.character_set_name AS CHAR))
    FROM information_schema.columns AS c
    WHERE c.table_schema = ? AND c.table_name = ?
    ORDER BY c.ordinal_position";

/// Columns of unique indexes; a part of a column, or an expression, has another mark.
pub(crate) const KEYS: &str = "
    SELECT CAST(s.index_name AS CHAR), CAST(s.column_name AS CHAR), s.sub_part IS NULL
    FROM information_schema.statistics AS s
    WHERE s.table_schema = ? AND s.table_name = ? AND s.non_unique = 0
    ORDER BY s.index_name, s.seq_in_index";

pub(crate) const FOREIGN_KEYS: &str = "
    SELECT CAST(k.constraint_name AS CHAR), CAST(k.column_name AS CHAR),
           CAST(k.referenced_table_schema AS CHAR), CAST(k.referenced_table_name AS CHAR),
           CAST(k.referenced_column_name AS CHAR), COALESCE(k.referenced_table_schema = DATABASE(), 0)
    FROM information_schema.key_column_usage AS k
    WHERE k.table_schema = ? AND k.table_name = ? AND k.referenced_table_name IS NOT NULL
    ORDER BY k.constraint_name, k.ordinal_position";

pub(crate) const CHECKS_OF_MARIADB: &str = "
    SELECT CAST(k.constraint_name AS CHAR), CAST(k.check_clause AS CHAR)
    FROM information_schema.check_constraints AS k
    WHERE k.constraint_schema = ? AND k.table_name = ?";

pub(crate) const CHECKS_OF_MYSQL: &str = "
    SELECT CAST(k.constraint_name AS CHAR), CAST(k.check_clause AS CHAR)
    FROM information_schema.check_constraints AS k
    JOIN information_schema.table_constraints AS t
      ON t.constraint_schema = k.constraint_schema AND t.constraint_name = k.constraint_name
    WHERE t.table_schema = ? AND t.table_name = ? AND t.constraint_type = 'CHECK'";

/// Names of tables and views: with the database, and also alone in the current one.
pub(super) async fn tables(conn: &mut Conn) -> Result<Vec<Vec<String>>, Error> {
    let mut tables = Vec::new();
    for (database, table, current) in rows::<(String, String, bool)>(conn, TABLES, Vec::new()).await? {
        if current {
            tables.push(vec![table.clone()]);
        }
        tables.push(vec![database, table]);
    }
    Ok(tables)
}

/// Everything about one table or view, if it exists; its constraints are remembered for
/// errors to come.
pub(super) async fn describe(
    conn: &mut Conn,
    name: &[String],
    constraints: &Constraints,
) -> Result<Option<TableInfo>, Error> {
    let (database, table) = match name {
        [table] => (None, table),
        [database, table] => (Some(database), table),
        _ => return Ok(None),
    };
    let given = vec![Value::from(database), Value::from(table)];
    let mut found = rows::<(String, String, bool, u8)>(conn, RELATION, given).await?;
    let spelled = |(place, name, _, folds): &(String, String, bool, u8)| {
        let exact = name == table && database.is_none_or(|database| database == place);
        exact || (*folds != 0 && name.to_lowercase() == table.to_lowercase())
    };
    let Some(at) = found.iter().position(spelled) else { return Ok(None) };
    let (place, table, view, _) = found.swap_remove(at);
    let of_table = || vec![Value::from(&place), Value::from(&table)];

    let checks = if is_mariadb(conn) { CHECKS_OF_MARIADB } else { CHECKS_OF_MYSQL };
    let checks = rows::<(String, String)>(conn, checks, of_table()).await?;
    let mut info = TableInfo {
        name: if database.is_some() { vec![place.clone(), table.clone()] } else { vec![table.clone()] },
        view,
        columns: Vec::new(),
        primary_key: Vec::new(),
        unique_keys: Vec::new(),
        foreign_keys: Vec::new(),
        deferrable: false,
    };
    for mut own in rows::<Described>(conn, COLUMNS, of_table()).await? {
        if own.2 == "longtext" && checks.iter().any(|(_, clause)| is_json_check(clause, &own.0)) {
            own.2 = "json".to_owned();
        }
        info.columns.push(column(own));
    }
    for (name, clause) in checks {
        let named = info.columns.iter().filter(|column| mentions(&clause, &column.name));
        constraints.remember(&table, &name, named.map(|column| column.name.clone()).collect());
    }
    unique_keys(conn, of_table(), &mut info, constraints).await?;
    foreign_keys(conn, of_table(), &mut info).await?;
    Ok(Some(info))
}

/// Whether it is the check that MariaDB's JSON, a text, has.
pub(crate) fn is_json_check(clause: &str, column: &str) -> bool {
    clause == format!("json_valid(`{}`)", column.replace('`', "``"))
}

/// Name, type with and without its size, nullable, extra, default, characters, collation and
/// character set.
pub(crate) type Described =
    (String, String, String, bool, String, Option<String>, Option<u64>, Option<String>, Option<String>);

async fn rows<T: FromRow + Send + 'static>(conn: &mut Conn, text: &str, params: Vec<Value>) -> Result<Vec<T>, Error> {
    let mut found = Vec::new();
    for row in conn.exec::<mysql_async::Row, _, _>(text, params).await? {
        found.push(mysql_async::from_row_opt(row).map_err(|error| Error::Other(Box::new(error)))?);
    }
    Ok(found)
}

/// What the information schema says of a column.
pub(crate) fn column(described: Described) -> ColumnInfo {
    let (name, mut type_name, base, nullable, extra, default, length, collation, charset) = described;
    // MySQL marks an expression as a default with DEFAULT_GENERATED.
    let computed = ["virtual generated", "stored generated", "persistent"].iter().any(|mark| extra.contains(mark));
    let default = default.filter(|default| default != "NULL");
    let generation = if computed {
        Generation::Computed
    } else if extra.contains("auto_increment") || default.as_ref().is_some_and(|text| text.contains("nextval(")) {
        Generation::Identity
    } else if default.is_some() {
        Generation::Default
    } else {
        Generation::None
    };
    let kind = kind(&base, &type_name);
    // As a definition would have it, where that says more: such a column holds no other text.
    if let Some(charset) = charset.filter(|charset| charset != "utf8mb4" && kind == ColumnKind::Text) {
        type_name.push_str(&format!(" character set {charset}"));
    }
    ColumnInfo {
        kind,
        nullable,
        generation,
        max_length: match base.as_str() {
            // The longer texts have a limit in bytes, which no count of characters keeps.
            "char" | "varchar" => length.and_then(|length| u32::try_from(length).ok()),
            _ => None,
        },
        // It comes back without, and blanks do not count either way.
        padded: base == "char",
        case_sensitive: collation.is_none_or(|collation| !collation.ends_with("_ci")),
        name,
        type_name,
    }
}

fn kind(base: &str, type_name: &str) -> ColumnKind {
    match base {
        // What BOOLEAN is short for.
        "tinyint" if type_name.to_ascii_lowercase().starts_with("tinyint(1)") => ColumnKind::Boolean,
        "bit" if type_name.eq_ignore_ascii_case("bit(1)") => ColumnKind::Boolean,
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "year" | "bit" => ColumnKind::Integer,
        "float" | "double" => ColumnKind::Float,
        "decimal" => ColumnKind::Decimal,
        "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" | "enum" | "set" => ColumnKind::Text,
        "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" => ColumnKind::Bytes,
        "date" => ColumnKind::Date,
        "time" => ColumnKind::Time,
        "datetime" | "timestamp" => ColumnKind::Timestamp,
        "uuid" => ColumnKind::Uuid,
        "json" => ColumnKind::Json,
        _ => ColumnKind::Other,
    }
}

/// Whether a clause names this column, which the server prints in backticks.
pub(crate) fn mentions(clause: &str, column: &str) -> bool {
    clause.contains(&format!("`{}`", column.replace('`', "``")))
}

async fn unique_keys(
    conn: &mut Conn,
    of_table: Vec<Value>,
    info: &mut TableInfo,
    constraints: &Constraints,
) -> Result<(), Error> {
    let mut keys: Vec<(String, Vec<Option<String>>)> = Vec::new();
    for (index, column, whole) in rows::<(String, Option<String>, bool)>(conn, KEYS, of_table).await? {
        let column = column.filter(|_| whole);
        match keys.last_mut() {
            Some((name, columns)) if *name == index => columns.push(column),
            _ => keys.push((index, vec![column])),
        }
    }
    let table = info.name.last().cloned().unwrap_or_default();
    for (name, columns) in keys {
        // For an error also what names some of its columns helps.
        constraints.remember(&table, &name, columns.iter().flatten().cloned().collect());
        let Some(columns) = columns.into_iter().collect::<Option<Vec<String>>>() else { continue };
        if name == "PRIMARY" {
            info.primary_key = columns;
        } else {
            info.unique_keys.push(UniqueKey { name: Some(name), columns });
        }
    }
    Ok(())
}

/// Key, column, database, table and column pointed at, and whether it is our database.
type Pointer = (String, String, String, String, String, bool);

async fn foreign_keys(conn: &mut Conn, of_table: Vec<Value>, info: &mut TableInfo) -> Result<(), Error> {
    for (name, column, database, table, references, current) in rows::<Pointer>(conn, FOREIGN_KEYS, of_table).await? {
        match info.foreign_keys.last_mut() {
            Some(key) if key.name.as_ref() == Some(&name) => {
                key.columns.push(column);
                key.references.push(references);
            }
            _ => info.foreign_keys.push(ForeignKey {
                name: Some(name),
                columns: vec![column],
                table: if current { vec![table] } else { vec![database, table] },
                references: vec![references],
            }),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(type_name: &str, extra: &str, default: Option<&str>, expected: (ColumnKind, Generation)) {
        let base = type_name.split(['(', ' ']).next().unwrap_or_default().to_owned();
        let default = default.map(str::to_owned);
        let described = ("c".into(), type_name.into(), base, true, extra.into(), default, None, None, None);
        let info = column(described);
        assert_eq!((info.kind, info.generation), expected, "{type_name} {extra}");
    }

    #[test]
    fn a_type_says_which_characters_it_holds() {
        for (type_name, charset, expected) in [
            ("varchar(40)", Some("latin1"), "varchar(40) character set latin1"),
            ("varchar(40)", Some("utf8mb4"), "varchar(40)"),
            ("longtext", None, "longtext"),
        ] {
            let base = type_name.split('(').next().unwrap_or_default().to_owned();
            let charset = charset.map(str::to_owned);
            let described = ("c".into(), type_name.into(), base, true, String::new(), None, None, None, charset);
            assert_eq!(column(described).type_name, expected);
        }
    }

    #[test]
    fn columns_of_both_servers() {
        check("tinyint(1)", "", Some("1"), (ColumnKind::Boolean, Generation::Default));
        check("tinyint(1) unsigned", "", None, (ColumnKind::Boolean, Generation::None));
        check("tinyint", "", None, (ColumnKind::Integer, Generation::None));
        check("bit(1)", "", Some("b'0'"), (ColumnKind::Boolean, Generation::Default));
        check("bit(8)", "", Some("NULL"), (ColumnKind::Integer, Generation::None));
        check("int(11)", "auto_increment", None, (ColumnKind::Integer, Generation::Identity));
        check("bigint", "", Some("nextval(`d`.`s`)"), (ColumnKind::Integer, Generation::Identity));
        check("varchar(40)", "stored generated", None, (ColumnKind::Text, Generation::Computed));
        check("datetime", "default_generated", Some("now()"), (ColumnKind::Timestamp, Generation::Default));
        check("enum('a','b')", "", None, (ColumnKind::Text, Generation::None));
        check("point", "", None, (ColumnKind::Other, Generation::None));
    }
}
