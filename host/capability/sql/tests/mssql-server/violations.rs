//! Errors of the database, with the names that tell what is at fault.

use patchbay_capability::sql::{Failure, Value};

use crate::bed::Bed;
use crate::line::text;

const SCHEMA: [&str; 6] = [
    "CREATE TABLE team (team_id INT NOT NULL CONSTRAINT team_key PRIMARY KEY, name NVARCHAR(40) NOT NULL)",
    "CREATE TABLE person (
        person_id INT NOT NULL CONSTRAINT person_key PRIMARY KEY,
        login NVARCHAR(40) NOT NULL CONSTRAINT person_login_once UNIQUE,
        first_name NVARCHAR(40),
        last_name NVARCHAR(40),
        badge NVARCHAR(10) COLLATE Latin1_General_100_CI_AS,
        state CHAR(1) DEFAULT 'A' CONSTRAINT person_state_known CHECK (state IN ('A', 'D')),
        team_id INT CONSTRAINT person_team REFERENCES team (team_id),
        since DATE, until DATE,
        CONSTRAINT person_name_once UNIQUE (first_name, last_name),
        CONSTRAINT person_in_order CHECK (since <= until)
    )",
    "CREATE UNIQUE INDEX person_badge_once ON person (badge)",
    "INSERT INTO team VALUES (1, N'ops')",
    "INSERT INTO person (person_id, login, first_name, last_name, badge, team_id)
        VALUES (1, N'ann', N'Ann', N'Lee', N'B1', 1)",
    "CREATE TRIGGER keep ON person INSTEAD OF DELETE AS BEGIN SET NOCOUNT ON; THROW 50001, 'people are kept', 1; END",
];

/// Failure, number, constraint, table, columns.
type Expected<'a> = (Failure, u32, Option<&'a str>, Option<&'a str>, &'a [&'a str]);

async fn check(bed: &Bed, statement: &str, params: &[Value], expected: Expected<'_>) {
    let mut line = bed.line().await;
    let error = line.execute(statement, params).await.unwrap_err();
    let (failure, number, constraint, table, columns) = expected;
    assert_eq!(
        (error.failure, error.sqlstate.clone(), error.constraint.as_deref()),
        (failure, Some(format!("mssql.{number}")), constraint),
        "{statement}: {error:?}"
    );
    let found: Vec<&str> = error.columns.iter().map(String::as_str).collect();
    assert_eq!((error.table.as_deref(), found.as_slice()), (table, columns), "{statement}: {error:?}");
    for value in ["ann", "Ann", "Lee", "B1", "b1", "77"] {
        // "cannot" is no name.
        assert!(!error.message.replace("annot", "").contains(value), "a value in {error}");
    }
    assert_eq!(line.one("SELECT 7", &[]).await, Ok(Value::Integer(7)));
}

pub(crate) async fn constraints_that_others_do_not_have(bed: Bed) {
    bed.admin(&SCHEMA);
    // Of two columns, which the server's sentence does not name.
    check(
        &bed,
        "UPDATE person SET since = ?, until = ? WHERE person_id = ?",
        &[Value::Date("2026-01-31".into()), Value::Date("2025-01-31".into()), Value::Integer(1)],
        (Failure::CheckViolation, 547, Some("person_in_order"), Some("person"), &["since", "until"]),
    )
    .await;
    // NULL is a value like any other to a unique key: there is one of it.
    let insert = "INSERT INTO person (person_id, login) VALUES (?, ?)";
    assert_eq!(bed.line().await.execute(insert, &[Value::Integer(2), text("two")]).await, Ok(1));
    let named: Expected<'_> =
        (Failure::UniqueViolation, 2627, Some("person_name_once"), Some("person"), &["first_name", "last_name"]);
    check(&bed, insert, &[Value::Integer(3), text("three")], named).await;
    bed.admin(&["ALTER TABLE person DROP CONSTRAINT person_name_once"]);
    let badge: Expected<'_> = (Failure::UniqueViolation, 2601, Some("person_badge_once"), Some("person"), &["badge"]);
    check(&bed, insert, &[Value::Integer(3), text("three")], badge).await;
    // Too long: 8152 up to 2017, 2628 from 2019 on.
    let error = bed.line().await.execute("UPDATE person SET badge = ?", &[text(&"y".repeat(11))]).await.unwrap_err();
    assert_eq!(error.failure, Failure::InvalidParameter, "{error:?}");
    assert!(["mssql.8152", "mssql.2628"].map(Some).contains(&error.sqlstate.as_deref()), "{error:?}");
    assert!(!error.message.contains("yyy"), "{error}");
}

pub(crate) async fn rules_of_triggers(bed: Bed) {
    bed.admin(&SCHEMA);
    check(&bed, "DELETE FROM person", &[], (Failure::CheckViolation, 50001, None, None, &[])).await;
    bed.admin(&["ALTER TRIGGER keep ON person INSTEAD OF DELETE AS RAISERROR('people are kept', 16, 1)"]);
    check(&bed, "DELETE FROM person", &[], (Failure::CheckViolation, 50000, None, None, &[])).await;
}

pub(crate) async fn counts_are_right_with_triggers(bed: Bed) {
    bed.admin(&[
        "CREATE TABLE t (a INT)",
        "CREATE TABLE log (a INT)",
        "INSERT INTO t VALUES (1), (2)",
        "INSERT INTO log VALUES (1), (2), (3)",
        "CREATE TRIGGER noted ON t AFTER INSERT, UPDATE AS UPDATE log SET a = a + 1",
    ]);
    let mut line = bed.line().await;
    assert_eq!(line.execute("UPDATE t SET a = 5", &[]).await, Ok(2));
    assert_eq!(line.execute("UPDATE t SET a = 5 WHERE a = ?", &[Value::Integer(9)]).await, Ok(0));
    assert_eq!(line.execute("INSERT INTO t VALUES (?)", &[Value::Integer(3)]).await, Ok(1));
    // The server does not give back rows of a table with triggers in this form.
    let error = line.query("UPDATE t SET a = 6 OUTPUT INSERTED.a", &[]).await.unwrap_err();
    assert_eq!((error.failure, error.sqlstate.as_deref()), (Failure::InvalidStatement, Some("mssql.334")), "{error}");
}
