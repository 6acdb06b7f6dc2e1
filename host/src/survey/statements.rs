//! The statements of a survey.

use patchbay_capability::sql::{ColumnKind, Dialect, Fragment, Statement, TableInfo};

/// Columns that are looked at.
const MAX_COLUMNS: usize = 100;
/// Characters of a text that are looked at: enough for a hash of a password.
const MAX_TEXT: u32 = 200;

/// Counts rows, and stops after `limit` and one more.
pub(super) fn count(dialect: Dialect, name: &[String], limit: u64) -> Statement {
    let limit = limit + 1;
    let (first, last) = limits(dialect, &limit.to_string());
    let fragments = vec![
        text(format!("SELECT count(*) FROM (SELECT {first}1 AS one FROM ")),
        Fragment::Identifier(name.to_vec()),
        text(format!("{last}) AS few")),
    ];
    Statement { fragments, params: Vec::new() }
}

/// The first rows of a table, and which columns they have, by their places in the
/// catalogue: those whose values say something. Long texts are cut short by the database.
/// None where there is no such column.
pub(super) fn rows(dialect: Dialect, info: &TableInfo, limit: usize) -> Option<(Statement, Vec<usize>)> {
    let (first, last) = limits(dialect, &limit.to_string());
    let mut fragments = vec![text(format!("SELECT {first}"))];
    let mut places = Vec::new();
    for (place, column) in info.columns.iter().enumerate() {
        if places.len() == MAX_COLUMNS {
            break;
        }
        let Some((before, after)) = around(dialect, column.kind) else { continue };
        let comma = if places.is_empty() { "" } else { ", " };
        fragments.push(text(format!("{comma}{before}")));
        fragments.push(Fragment::Identifier(vec![column.name.clone()]));
        fragments.push(text(after));
        places.push(place);
    }
    fragments.push(text(" FROM "));
    fragments.push(Fragment::Identifier(info.name.clone()));
    fragments.push(text(last));
    (!places.is_empty()).then_some((Statement { fragments, params: Vec::new() }, places))
}

/// What limits a SELECT, behind its word and at its end.
fn limits(dialect: Dialect, limit: &str) -> (String, String) {
    match dialect {
        Dialect::Mssql => (format!("TOP ({limit}) "), String::new()),
        Dialect::Oracle | Dialect::Db2 | Dialect::Ansi => (String::new(), format!(" FETCH FIRST {limit} ROWS ONLY")),
        Dialect::Postgres | Dialect::Mysql | Dialect::Sqlite | Dialect::Hana => {
            (String::new(), format!(" LIMIT {limit}"))
        }
    }
}

/// What a column of this kind stands between; none where its values say nothing here, or
/// may be of any size.
fn around(dialect: Dialect, kind: ColumnKind) -> Option<(String, String)> {
    let cut = |before: &str, after: &str| Some((before.to_owned(), format!("{after}, 1, {MAX_TEXT})")));
    match (kind, dialect) {
        (ColumnKind::Bytes | ColumnKind::Json, _) => None,
        // An enumeration is text as well, which takes no function of texts.
        (ColumnKind::Text | ColumnKind::Other, Dialect::Postgres) => cut("substr(CAST(", " AS text)"),
        (ColumnKind::Text | ColumnKind::Other, Dialect::Sqlite) => cut("substr(", ""),
        (ColumnKind::Text, Dialect::Mssql) => cut("substring(", ""),
        (ColumnKind::Text, Dialect::Mysql | Dialect::Oracle | Dialect::Db2 | Dialect::Hana) => cut("substr(", ""),
        // Standard SQL spells it with words between.
        (ColumnKind::Text, Dialect::Ansi) => Some(("substring(".to_owned(), format!(" FROM 1 FOR {MAX_TEXT})"))),
        (ColumnKind::Other, _) => None,
        _ => Some((String::new(), String::new())),
    }
}

fn text(text: impl Into<String>) -> Fragment {
    Fragment::Text(text.into())
}

#[cfg(test)]
mod tests {
    use patchbay_capability::sql::{ColumnInfo, Generation};

    use super::*;

    fn plain(statement: &Statement) -> String {
        let part = |fragment: &Fragment| match fragment {
            Fragment::Text(text) => text.clone(),
            Fragment::Identifier(parts) => format!("[{}]", parts.join("].[")),
            Fragment::Param(_) => "?".to_owned(),
        };
        statement.fragments.iter().map(part).collect()
    }

    #[test]
    fn each_database_is_asked_in_its_own_words() {
        let column = |name: &str, kind| ColumnInfo {
            name: name.to_owned(),
            type_name: String::new(),
            kind,
            nullable: true,
            generation: Generation::None,
            max_length: None,
            padded: false,
            case_sensitive: true,
        };
        let info = TableInfo {
            name: vec!["hr".to_owned(), "person".to_owned()],
            view: false,
            columns: vec![
                column("photo", ColumnKind::Bytes),
                column("id", ColumnKind::Integer),
                column("login", ColumnKind::Text),
            ],
            primary_key: Vec::new(),
            unique_keys: Vec::new(),
            foreign_keys: Vec::new(),
            deferrable: false,
        };
        for (dialect, expected) in [
            (Dialect::Postgres, "SELECT [id], substr(CAST([login] AS text), 1, 200) FROM [hr].[person] LIMIT 9"),
            (Dialect::Mssql, "SELECT TOP (9) [id], substring([login], 1, 200) FROM [hr].[person]"),
            (Dialect::Mysql, "SELECT [id], substr([login], 1, 200) FROM [hr].[person] LIMIT 9"),
        ] {
            let (statement, places) = rows(dialect, &info, 9).unwrap();
            assert_eq!((plain(&statement).as_str(), places.as_slice()), (expected, &[1, 2][..]));
        }
        let counted = plain(&count(Dialect::Mssql, &info.name, 9));
        assert_eq!(counted, "SELECT count(*) FROM (SELECT TOP (10) 1 AS one FROM [hr].[person]) AS few");
        let only = TableInfo { columns: vec![column("photo", ColumnKind::Bytes)], ..info };
        assert!(rows(Dialect::Sqlite, &only, 9).is_none());
    }
}
