//! What is written for SQL Server, read by a parser of its language. No server takes part: it
//! is what can be known of these statements where none is named.

use std::collections::BTreeSet;

use sqlparser::dialect::MsSqlDialect;
use sqlparser::parser::Parser;

use crate::named::batches;
use crate::target::Kind;
use crate::{changes, entity};

/// Scripts with batches, and what stands in them for nobody but the server.
const SCRIPTS: [(&str, &str); 3] = [
    ("mssql.sql", include_str!("schema/mssql.sql")),
    ("account.mssql.sql", include_str!("schema/account.mssql.sql")),
    ("schema.mssql.sql", include_str!("../../../../examples/helpdesk/schema.mssql.sql")),
];

/// Beginnings of the statements that the parser does not know, though the server does.
const UNKNOWN: [&str; 4] = [
    // An argument that comes back.
    "CREATE PROCEDURE add_account\n",
    // A column that is computed.
    "ALTER TABLE hr.asset ADD label AS",
    "ALTER DATABASE CURRENT SET CHANGE_TRACKING",
    "ALTER TABLE employee ENABLE CHANGE_TRACKING",
];

/// Statements, each with where it comes from.
fn statements() -> Vec<(String, String)> {
    let of_scripts = SCRIPTS.iter().flat_map(|(name, script)| {
        batches(script).enumerate().map(move |(place, batch)| (format!("{name} {}", place + 1), batch.to_owned()))
    });
    let of_entities = entity::tables(Kind::Mssql).map(|text| ("entity.rs".to_owned(), text.to_owned()));
    let of_changes = changes::statements(Kind::Mssql).into_iter().map(|text| ("changes.rs".to_owned(), text));
    of_scripts.chain(of_entities).chain(of_changes).collect()
}

#[test]
fn statements_for_sql_server_can_be_parsed() {
    let mut unknown = BTreeSet::new();
    let mut problems = Vec::new();
    for (place, text) in statements() {
        if let Some(beginning) = UNKNOWN.iter().find(|beginning| text.trim_start().starts_with(**beginning)) {
            unknown.insert(*beginning);
            continue;
        }
        if let Err(error) = Parser::parse_sql(&MsSqlDialect {}, &text) {
            problems.push(format!("{place}: {error}\n{text}"));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
    assert_eq!(unknown, BTreeSet::from(UNKNOWN), "what is left out is there");
}

/// What is easily forgotten, and found out on a server only.
#[test]
fn triggers_and_procedures_are_written_as_the_server_wants() {
    let mut made = 0;
    for (place, text) in SCRIPTS {
        for batch in batches(text) {
            let code: Vec<&str> = batch.lines().filter(|line| !line.trim_start().starts_with("--")).collect();
            let code = code.join("\n");
            let alone = ["CREATE VIEW", "CREATE TRIGGER", "CREATE PROCEDURE", "CREATE SCHEMA"];
            if let Some(word) = alone.iter().find(|word| code.contains(**word)) {
                made += 1;
                assert!(code.trim_start().starts_with(word), "{place}: {word} has to begin its batch");
            }
            if code.contains("CREATE TRIGGER") {
                assert!(code.contains("SET NOCOUNT ON;"), "{place}: the trigger's rows would be counted");
            }
            // Nobody ends the statement before it, unless this does.
            for (at, _) in code.match_indices("THROW") {
                let before = code[..at].trim_end();
                assert!(before.ends_with(';'), "{place}: THROW needs a semicolon before it");
            }
        }
    }
    assert!(made > 10, "{made}");
}
