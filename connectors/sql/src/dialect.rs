//! Where SQL databases differ. The rest of the connector asks here and writes one kind
//! of SQL.

use patchbay_connector::sql::{Builder, Dialect as Client, Value};
use serde::{Deserialize, Serialize};

/// A dialect this connector speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Dialect {
    /// PostgreSQL 12 or later.
    Postgres,
    /// SQLite 3.35 or later.
    Sqlite,
    /// MySQL 8.0 or later, and MariaDB 10.6 or later.
    Mysql,
    /// SQL Server 2016 or later, and Azure SQL.
    Mssql,
    /// Oracle Database 12.2 or later.
    Oracle,
    /// Db2 for Linux, UNIX and Windows 11.1 or later.
    Db2,
    /// SAP HANA 2.0 or later.
    Hana,
    /// What has standard SQL, pages (`OFFSET` and `FETCH`) and `FOR UPDATE`.
    Ansi,
}

/// What text is matched by: `co`, `sw`, `ew`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Anywhere.
    Anywhere,
    /// At the start.
    Start,
    /// At the end.
    End,
}

impl Dialect {
    /// The dialect of a connection.
    pub fn of(client: Client) -> Self {
        match client {
            Client::Postgres => Self::Postgres,
            Client::Sqlite => Self::Sqlite,
            Client::Mysql => Self::Mysql,
            Client::Mssql => Self::Mssql,
            Client::Oracle => Self::Oracle,
            Client::Db2 => Self::Db2,
            Client::Hana => Self::Hana,
            Client::Ansi => Self::Ansi,
        }
    }

    /// Whether text without characters is NULL there, so that it cannot be stored, and is equal
    /// to nothing.
    pub fn empty_is_null(self) -> bool {
        self == Self::Oracle
    }

    /// Rows that one INSERT takes.
    pub fn rows_per_insert(self) -> usize {
        match self {
            Self::Postgres | Self::Sqlite | Self::Mysql | Self::Mssql | Self::Db2 | Self::Ansi => 200,
            Self::Oracle | Self::Hana => 1,
        }
    }

    /// What stands around a parameter that is a function's argument: Db2 wants to know what it
    /// is. The longest text there is, so that nothing is cut.
    pub fn argument(self) -> (&'static str, &'static str) {
        match self {
            Self::Db2 => ("CAST(", " AS VARCHAR(32672))"),
            _ => ("", ""),
        }
    }

    /// What follows a SELECT so that nobody changes the rows before the transaction
    /// ends. SQLite's write transactions exclude each other anyway.
    pub fn lock(self) -> &'static str {
        match self {
            Self::Postgres | Self::Mysql | Self::Oracle | Self::Hana | Self::Ansi => " FOR UPDATE",
            Self::Db2 => " WITH RS USE AND KEEP UPDATE LOCKS",
            Self::Sqlite | Self::Mssql => "",
        }
    }

    /// The same, where it is said of the table and follows its name. HOLDLOCK keeps the
    /// place of a row that is not there, too.
    pub fn table_lock(self) -> &'static str {
        match self {
            Self::Mssql => " WITH (UPDLOCK, HOLDLOCK, ROWLOCK)",
            _ => "",
        }
    }

    /// Sorts absent values last ascending and first descending (RFC 7644 section
    /// 3.4.2.3), which is what PostgreSQL, Oracle and Db2, and their indexes, do by themselves.
    pub fn nulls(self, descending: bool) -> &'static str {
        match (self, descending) {
            (Self::Sqlite | Self::Hana, false) => " NULLS LAST",
            (Self::Sqlite | Self::Hana, true) => " NULLS FIRST",
            _ => "",
        }
    }

    /// The same where it takes a sort key of its own, before the one of the column: what
    /// stands around the column there. MySQL and SQL Server have no word for it, and not all that
    /// speak standard SQL do.
    pub fn nulls_key(self, descending: bool) -> Option<(&'static str, &'static str)> {
        match (self, descending) {
            (Self::Postgres | Self::Sqlite | Self::Oracle | Self::Db2 | Self::Hana, _) => None,
            (Self::Mysql, false) => Some(("", " IS NULL, ")),
            (Self::Mysql, true) => Some(("", " IS NULL DESC, ")),
            (Self::Mssql | Self::Ansi, false) => Some(("CASE WHEN ", " IS NULL THEN 1 ELSE 0 END, ")),
            (Self::Mssql | Self::Ansi, true) => Some(("CASE WHEN ", " IS NULL THEN 0 ELSE 1 END, ")),
        }
    }

    /// Text around a value of any type that makes text of it.
    pub fn as_text(self) -> (&'static str, &'static str) {
        match self {
            Self::Postgres | Self::Sqlite => ("CAST(", " AS TEXT)"),
            Self::Mysql => ("CAST(", " AS CHAR)"),
            Self::Mssql => ("CAST(", " AS NVARCHAR(MAX))"),
            Self::Oracle => ("CAST(", " AS VARCHAR2(4000))"),
            Self::Hana => ("CAST(", " AS NVARCHAR(5000))"),
            Self::Db2 | Self::Ansi => ("CAST(", " AS VARCHAR(4000))"),
        }
    }

    /// Text around a decimal parameter, which MySQL would take for a binary float.
    pub fn decimal(self) -> (&'static str, &'static str) {
        match self {
            Self::Mysql => ("CAST(", " AS DECIMAL(65,30))"),
            _ => ("", ""),
        }
    }

    /// Text around a column and around a parameter that tells whether two texts are the same,
    /// byte by byte, for databases whose own `=` takes `e` for `é`, or `a` for `a` with a blank.
    /// It is added to their own, which has the index.
    pub fn same(self, case: bool) -> Option<[(&'static str, &'static str); 2]> {
        match (self, case) {
            // Bytes of Unicode text, whatever the column's code page; no collation has a part.
            (Self::Mssql, true) => {
                Some([("CAST(CAST(", " AS NVARCHAR(MAX)) AS VARBINARY(MAX))"), ("CAST(", " AS VARBINARY(MAX))")])
            }
            (Self::Mssql, false) => Some([
                ("CAST(lower(CAST(", " AS NVARCHAR(MAX)) COLLATE Latin1_General_100_CI_AS) AS VARBINARY(MAX))"),
                ("CAST(lower(", " COLLATE Latin1_General_100_CI_AS) AS VARBINARY(MAX))"),
            ]),
            _ => self.exact(case),
        }
    }

    /// The same where parts of texts can be looked for in it as well.
    pub fn exact(self, case: bool) -> Option<[(&'static str, &'static str); 2]> {
        match (self, case) {
            (Self::Mysql, true) => Some([("CAST(CONVERT(", " USING utf8mb4) AS BINARY)"), ("CAST(", " AS BINARY)")]),
            (Self::Mysql, false) => {
                Some([("CAST(lower(CONVERT(", " USING utf8mb4)) AS BINARY)"), ("CAST(lower(", ") AS BINARY)")])
            }
            _ => None,
        }
    }

    /// Text around a column of text so that a comparison of it takes all of Unicode.
    pub fn unicode(self) -> (&'static str, &'static str) {
        match self {
            Self::Mysql => ("CONVERT(", " USING utf8mb4)"),
            _ => ("", ""),
        }
    }

    /// Text around a column of floats of 32 bits that makes the number of it that it is compared
    /// as. It is read as the shortest decimal, which is another one.
    pub fn double(self) -> (&'static str, &'static str) {
        match self {
            // Older servers have no such cast.
            Self::Mysql => ("(", " + 0e0)"),
            Self::Hana => ("CAST(", " AS DOUBLE)"),
            Self::Oracle => ("CAST(", " AS BINARY_DOUBLE)"),
            Self::Postgres | Self::Sqlite | Self::Mssql | Self::Db2 | Self::Ansi => ("CAST(", " AS DOUBLE PRECISION)"),
        }
    }

    /// Text around a column and around a parameter of which a text is what the column holds, to
    /// the letter, to be added to the database's own `=`. None where that tells all texts apart,
    /// or where no other comparison is known.
    pub fn stored(self, native_case: bool, padded: bool) -> Option<[(&'static str, &'static str); 2]> {
        const NOTHING: (&str, &str) = ("", "");
        match self {
            // It pads what it compares, unless that is bytes.
            Self::Mssql if padded => Some([self.exact_case(), NOTHING]),
            Self::Mysql | Self::Mssql => self.same(true),
            // A cast keeps the collation, and drops the blanks of CHAR(n).
            Self::Postgres if !native_case && !padded => Some([("CAST(", " AS TEXT) COLLATE \"C\""), NOTHING]),
            Self::Sqlite if !native_case => Some([self.exact_case(), NOTHING]),
            _ => None,
        }
    }

    /// Whether INSERT tells what it wrote, and leaves out what is there if asked to.
    pub fn returns(self) -> bool {
        match self {
            Self::Postgres | Self::Sqlite => true,
            // MariaDB's returns, MySQL's does not; what both leave out is more than that.
            // SQL Server's leaves out nothing, and returns nothing where there are triggers.
            // The others tell it into variables, or as a table that a SELECT reads.
            Self::Mysql | Self::Mssql | Self::Oracle | Self::Db2 | Self::Hana | Self::Ansi => false,
        }
    }

    /// What follows `INSERT INTO table` where no column gets a value; none where a column has to
    /// be named.
    pub fn all_defaults(self) -> Option<&'static str> {
        match self {
            Self::Postgres | Self::Sqlite | Self::Mssql | Self::Ansi => Some(" DEFAULT VALUES"),
            Self::Mysql => Some(" () VALUES ()"),
            Self::Oracle | Self::Db2 | Self::Hana => None,
        }
    }

    /// The SELECT of the number that this session's last INSERT counted up; none where nothing
    /// tells it.
    pub fn last_number(self) -> Option<&'static str> {
        match self {
            Self::Mysql => Some("SELECT LAST_INSERT_ID()"),
            Self::Db2 => Some("SELECT IDENTITY_VAL_LOCAL() FROM SYSIBM.SYSDUMMY1"),
            Self::Hana => Some("SELECT CURRENT_IDENTITY_VALUE() FROM SYS.DUMMY"),
            Self::Postgres | Self::Sqlite | Self::Mssql | Self::Oracle | Self::Ansi => None,
        }
    }

    /// The SELECT that makes it forget the number of an INSERT before, which stands where the
    /// next one counts nothing up; none where it cannot be made to.
    pub fn forget_number(self) -> Option<&'static str> {
        (self == Self::Mysql).then_some("SELECT LAST_INSERT_ID(0)")
    }

    /// Text before and after a timestamp column that makes it comparable. SQLite keeps
    /// points in time as text of several shapes; this gives them one, in UTC and with
    /// milliseconds.
    pub fn instant(self) -> (&'static str, &'static str) {
        match self {
            Self::Sqlite => ("strftime('%Y-%m-%d %H:%M:%f', ", ")"),
            _ => ("", ""),
        }
    }

    /// Text around a column so that a comparison tells upper from lower case although
    /// the column's own does not.
    pub fn exact_case(self) -> (&'static str, &'static str) {
        match self {
            Self::Postgres => ("CAST(", " AS TEXT)"),
            // An expression has no collation of its own, a column in a CAST keeps it.
            Self::Sqlite => ("(", " || '')"),
            Self::Mysql => ("CONVERT(", " USING utf8mb4) COLLATE utf8mb4_bin"),
            Self::Mssql => ("(", " COLLATE Latin1_General_100_BIN2)"),
            // Oracle and HANA compare to the letter. What Db2 and others do is a matter of the
            // database's collation, of which their catalogues do not speak in one way.
            Self::Oracle | Self::Db2 | Self::Hana | Self::Ansi => ("", ""),
        }
    }

    /// Text around a text, beside what folds its case, that leaves a collation no part in finding
    /// a pattern in it.
    pub fn plain(self, case: bool) -> Option<(&'static str, &'static str)> {
        match (self, case) {
            (Self::Mssql, true) => Some(self.exact_case()),
            (Self::Mssql, false) => Some(("(lower(", ") COLLATE Latin1_General_100_BIN2)")),
            _ => None,
        }
    }

    /// Text before, between and after text and pattern that tests for a part. The
    /// pattern stands twice where `repeat` is true.
    pub fn matches(self, part: Part) -> Match {
        match (self, part) {
            (Self::Sqlite, Part::Anywhere) => Match { before: "instr(", between: ", ", after: ") > 0", repeat: None },
            // No LIKE on SQLite: it ignores case, and it fails on long patterns.
            (Self::Sqlite, Part::Start) => {
                Match { before: "substr(", between: ", 1, length(", after: "", repeat: Some(")) = ") }
            }
            (Self::Sqlite, Part::End) => {
                Match { before: "substr(", between: ", -length(", after: "", repeat: Some(")) = ") }
            }
            _ => Match { before: "", between: " LIKE ", after: " ESCAPE '!'", repeat: None },
        }
    }

    /// Whether a column of at most `limit` characters may hold `text`. Asked on SQL Server only,
    /// which counts characters as UTF-16 does, and fails on patterns of more than 4,000.
    pub fn may_hold(self, limit: Option<u32>, text: &str) -> bool {
        let limit = limit.and_then(|limit| usize::try_from(limit).ok()).filter(|_| self == Self::Mssql);
        limit.is_none_or(|limit| text.len() <= limit || text.encode_utf16().count() <= limit)
    }

    /// The pattern that finds `text`.
    pub fn pattern(self, part: Part, text: &str) -> String {
        if self == Self::Sqlite {
            return text.to_owned();
        }
        let mut pattern = String::with_capacity(text.len() + 2);
        if part != Part::Start {
            pattern.push('%');
        }
        for c in text.chars() {
            // SQL Server takes `[abc]` for any of the three.
            if matches!(c, '%' | '_' | '!') || (c == '[' && self == Self::Mssql) {
                pattern.push('!');
            }
            pattern.push(c);
        }
        if part != Part::End {
            pattern.push('%');
        }
        pattern
    }

    /// Largest number of parameters that one statement gets from us; all databases
    /// take more.
    pub fn max_params(self) -> usize {
        match self {
            Self::Postgres | Self::Sqlite | Self::Mysql => 4_000,
            // It takes 2098; lists are filled up to 1024. Of others not all take many more.
            Self::Mssql | Self::Db2 | Self::Hana => 1_000,
            // It takes 1000 in a list (ORA-01795), and nobody knows what others take. A power of
            // two, so that a list that is filled up is no longer.
            Self::Oracle | Self::Ansi => 512,
        }
    }

    /// Ends an ordered SELECT so that it gives the first rows only, always as many, so that
    /// the number can be part of the text.
    pub fn first(self, sql: &mut Builder, rows: u32) {
        match self {
            Self::Postgres | Self::Sqlite | Self::Mysql | Self::Hana => sql.text(&format!(" LIMIT {rows}")),
            Self::Oracle | Self::Db2 | Self::Ansi => sql.text(&format!(" FETCH FIRST {rows} ROWS ONLY")),
            Self::Mssql => sql.text(&format!(" OFFSET 0 ROWS FETCH NEXT {rows} ROWS ONLY")),
        };
    }

    /// Ends an ordered SELECT so that it gives so many rows, after those `before`.
    pub fn page(self, sql: &mut Builder, rows: i64, before: Option<i64>) {
        match self {
            Self::Postgres | Self::Sqlite | Self::Mysql | Self::Hana => {
                sql.text(" LIMIT ").param(Value::Integer(rows));
                if let Some(before) = before {
                    sql.text(" OFFSET ").param(Value::Integer(before));
                }
            }
            Self::Mssql => {
                sql.text(" OFFSET ").param(Value::Integer(before.unwrap_or(0))).text(" ROWS FETCH NEXT ");
                sql.param(Value::Integer(rows)).text(" ROWS ONLY");
            }
            // Not all of them take a parameter here, or take it from their drivers.
            Self::Oracle | Self::Db2 | Self::Ansi => {
                if let Some(before) = before {
                    sql.text(&format!(" OFFSET {before} ROWS"));
                }
                sql.text(&format!(" FETCH NEXT {rows} ROWS ONLY"));
            }
        }
    }

    /// Whether a SELECT that locks rows can say how many it wants. Oracle's cannot (ORA-02014);
    /// the others lock no more than they give.
    pub fn locks_first(self) -> bool {
        !matches!(self, Self::Oracle | Self::Hana)
    }

    /// The present moment.
    pub fn now(self) -> &'static str {
        match self {
            // The sessions of the first four are in UTC. Of others nothing is known.
            Self::Postgres | Self::Sqlite | Self::Mysql | Self::Oracle | Self::Ansi => "CURRENT_TIMESTAMP",
            // The CURRENT_TIMESTAMP of these is the clock on the server's wall.
            Self::Mssql => "SYSUTCDATETIME()",
            Self::Db2 => "(CURRENT_TIMESTAMP - CURRENT_TIMEZONE)",
            Self::Hana => "CURRENT_UTCTIMESTAMP",
        }
    }

    /// The SELECT of the time by the database's clock, in UTC and with fractions of a second;
    /// none where it cannot be asked for in a way that is known.
    pub fn clock(self) -> Option<&'static str> {
        match self {
            Self::Postgres => Some("SELECT clock_timestamp()"),
            Self::Sqlite => Some("SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')"),
            Self::Mysql => Some("SELECT NOW(6)"),
            Self::Mssql => Some("SELECT SYSUTCDATETIME()"),
            Self::Oracle => Some("SELECT CAST(CURRENT_TIMESTAMP AS TIMESTAMP) FROM SYS.DUAL"),
            Self::Db2 => Some("SELECT CURRENT_TIMESTAMP - CURRENT_TIMEZONE FROM SYSIBM.SYSDUMMY1"),
            Self::Hana => Some("SELECT CURRENT_UTCTIMESTAMP FROM SYS.DUMMY"),
            Self::Ansi => None,
        }
    }

    /// Text before a text, between it and a number, and after that: the text's first so many
    /// characters.
    pub fn beginning(self) -> [&'static str; 3] {
        match self {
            Self::Postgres | Self::Sqlite | Self::Mysql | Self::Mssql | Self::Db2 | Self::Hana => {
                ["substring(", ", 1, ", ")"]
            }
            Self::Oracle => ["SUBSTR(", ", 1, ", ")"],
            // As the standard has it.
            Self::Ansi => ["substring(", " FROM 1 FOR ", ")"],
        }
    }

    /// Text around a text that takes the blanks off its end.
    pub fn rtrim(self) -> (&'static str, &'static str) {
        match self {
            Self::Ansi => ("trim(TRAILING ' ' FROM ", ")"),
            _ => ("rtrim(", ")"),
        }
    }

    /// Between two texts that are put together.
    pub fn join(self) -> &'static str {
        match self {
            // MySQL's sessions are asked to take it so.
            Self::Mssql => " + ",
            _ => " || ",
        }
    }

    /// Whether it has sequences, and in a way that is known.
    pub fn has_sequences(self) -> bool {
        !matches!(self, Self::Sqlite | Self::Ansi)
    }

    /// The SELECT of a sequence's next number. `compile` refuses them where there are none.
    pub fn next_value(self, sql: &mut Builder, name: &[String]) {
        match self {
            Self::Postgres | Self::Sqlite | Self::Ansi => {
                // The name is an argument there, in a literal of its own.
                let quoted: Vec<String> =
                    name.iter().map(|part| format!("\"{}\"", part.replace('"', "\"\""))).collect();
                sql.text(&format!("SELECT nextval('{}')", quoted.join(".").replace('\'', "''")));
            }
            Self::Mysql => {
                sql.text("SELECT nextval(").ident(name.iter().cloned()).text(")");
            }
            Self::Mssql => {
                sql.text("SELECT NEXT VALUE FOR ").ident(name.iter().cloned());
            }
            Self::Db2 => {
                sql.text("SELECT NEXT VALUE FOR ").ident(name.iter().cloned()).text(" FROM SYSIBM.SYSDUMMY1");
            }
            Self::Oracle => {
                sql.text("SELECT ").ident(name.iter().cloned()).text(".NEXTVAL FROM SYS.DUAL");
            }
            Self::Hana => {
                sql.text("SELECT ").ident(name.iter().cloned()).text(".NEXTVAL FROM SYS.DUMMY");
            }
        }
    }

    /// The SELECT of a new UUID; none where there is no type for it.
    pub fn new_uuid(self) -> Option<&'static str> {
        match self {
            Self::Postgres | Self::Sqlite | Self::Mysql => Some("SELECT uuid()"),
            Self::Mssql => Some("SELECT NEWID()"),
            Self::Oracle | Self::Db2 | Self::Hana | Self::Ansi => None,
        }
    }
}

/// How a dialect tests for a part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Match {
    /// Before the text.
    pub before: &'static str,
    /// Between text and pattern.
    pub between: &'static str,
    /// After the pattern.
    pub after: &'static str,
    /// After a first pattern, where the pattern stands twice.
    pub repeat: Option<&'static str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_holds_no_more_than_its_length() {
        for (dialect, limit, text, expected) in [
            (Dialect::Mssql, Some(3), "abc", true),
            (Dialect::Mssql, Some(3), "abcd", false),
            (Dialect::Mssql, Some(3), "\u{e9}\u{e9}\u{e9}", true),
            (Dialect::Mssql, Some(3), "\u{1f98a}\u{1f98a}", false),
            (Dialect::Mssql, None, "abcd", true),
            (Dialect::Sqlite, Some(3), "abcd", true),
        ] {
            assert_eq!(dialect.may_hold(limit, text), expected, "{dialect:?} {text}");
        }
    }

    #[test]
    fn patterns_match_wildcards_literally() {
        assert_eq!(Dialect::Postgres.pattern(Part::Anywhere, "50%_!"), "%50!%!_!!%");
        assert_eq!(Dialect::Postgres.pattern(Part::Start, "a"), "a%");
        assert_eq!(Dialect::Postgres.pattern(Part::End, "a"), "%a");
        assert_eq!(Dialect::Sqlite.pattern(Part::End, "50%"), "50%");
        assert_eq!(Dialect::Mssql.pattern(Part::Start, "[a]_"), "![a]!_%");
    }
}
