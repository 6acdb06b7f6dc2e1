//! What a parser has to know of a dialect, and what of it is no table.

use sqlparser::dialect;

use crate::sql::Dialect;

/// The parser's rules for a dialect.
pub(super) fn rules(dialect: Dialect) -> &'static dyn dialect::Dialect {
    match dialect {
        Dialect::Postgres => &dialect::PostgreSqlDialect {},
        Dialect::Mysql => &dialect::MySqlDialect {},
        Dialect::Sqlite => &dialect::SQLiteDialect {},
        Dialect::Mssql => &dialect::MsSqlDialect {},
        Dialect::Oracle => &dialect::OracleDialect {},
        // Strings, names and comments are those of the standard; what else they have (names
        // with `#` without quotes, say) is refused. What speaks standard SQL only by name may
        // read them in another way: see `ansi`.
        Dialect::Db2 | Dialect::Hana | Dialect::Ansi => &dialect::AnsiDialect {},
    }
}

/// Whether this is the table of one row and nothing in it that stands where a SELECT reads no
/// table. Only with its schema, in which nobody can make another: it needs no grant.
pub(super) fn is_dummy(dialect: Dialect, parts: &[&str]) -> bool {
    let expected = match dialect {
        Dialect::Oracle => ["SYS", "DUAL"],
        Dialect::Db2 => ["SYSIBM", "SYSDUMMY1"],
        Dialect::Hana => ["SYS", "DUMMY"],
        Dialect::Postgres | Dialect::Mysql | Dialect::Sqlite | Dialect::Mssql | Dialect::Ansi => return false,
    };
    parts == expected
}

/// Whether this word, without quotes, is a register there that tells who or where the server
/// is, though it looks like a column.
pub(super) fn is_revealing_register(dialect: Dialect, word: &str) -> bool {
    match dialect {
        Dialect::Oracle => matches!(word, "uid" | "ora_invoking_user" | "ora_invoking_userid"),
        // `CURRENT SERVER` and its like begin so; the harmless ones can be written in one word.
        Dialect::Db2 => matches!(word, "current" | "current_server" | "current_sqlid" | "current_path"),
        Dialect::Hana => matches!(word, "current_connection" | "current_object_schema"),
        // Informix.
        Dialect::Ansi => matches!(word, "dbservername" | "sitename" | "current_server"),
        Dialect::Postgres | Dialect::Mysql | Dialect::Sqlite | Dialect::Mssql => false,
    }
}
