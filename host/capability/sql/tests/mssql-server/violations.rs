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
    "CREATE TRIGGER keep ON person INSTEAD OF DELETE AS THROW 50001, 'people are kept', 1",
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
        assert!(!error.message.contains(value), "a value in {error}");
    }
    assert_eq!(line.one("SELECT 7", &[]).await, Ok(Value::Integer(7)));
}

pub(crate) async fn constraints_are_named_with_their_columns(bed: Bed) {
    bed.admin(&SCHEMA).await;
    let insert = "INSERT INTO person (person_id, login, first_name, last_name, badge) VALUES (?, ?, ?, ?, ?)";
    let row = |id: i64, login: &str, first: &str, last: &str, badge: &str| {
        vec![Value::Integer(id), text(login), text(first), text(last), text(badge)]
    };
    let person = Some("person");
    for (row, number, constraint, columns) in [
        (row(2, "ann", "x", "x", "x"), 2627, "person_login_once", ["login"].as_slice()),
        (row(2, "x", "Ann", "Lee", "x"), 2627, "person_name_once", &["first_name", "last_name"]),
        (row(2, "x", "x", "x", "b1"), 2601, "person_badge_once", &["badge"]),
        (row(1, "x", "x", "x", "x"), 2627, "person_key", &["person_id"]),
    ] {
        check(&bed, insert, &row, (Failure::UniqueViolation, number, Some(constraint), person, columns)).await;
    }
    let one = Value::Integer(1);
    check(
        &bed,
        "UPDATE person SET login = ? WHERE person_id = ?",
        &[Value::Null, one.clone()],
        (Failure::NotNullViolation, 515, None, person, &["login"]),
    )
    .await;
    check(
        &bed,
        "UPDATE person SET state = ? WHERE person_id = ?",
        &[text("Q"), one.clone()],
        (Failure::CheckViolation, 547, Some("person_state_known"), person, &["state"]),
    )
    .await;
    check(
        &bed,
        "UPDATE person SET since = ?, until = ? WHERE person_id = ?",
        &[Value::Date("2026-01-31".into()), Value::Date("2025-01-31".into()), one.clone()],
        (Failure::CheckViolation, 547, Some("person_in_order"), person, &["since", "until"]),
    )
    .await;
    let team: Expected<'_> = (Failure::ForeignKeyViolation, 547, Some("person_team"), person, &["team_id"]);
    let params = [text("x"), Value::Integer(77), one.clone()];
    check(&bed, "UPDATE person SET first_name = ?, team_id = ? WHERE person_id = ?", &params, team).await;
    let params = [text("x"), Value::Integer(2), Value::Integer(77)];
    check(&bed, "INSERT INTO person (login, person_id, team_id) VALUES (?, ?, ?)", &params, team).await;
    // The parent goes: no column of the child is to blame.
    let orphans: Expected<'_> = (Failure::ForeignKeyViolation, 547, Some("person_team"), person, &[]);
    check(&bed, "DELETE FROM team WHERE team_id = ?", &[one], orphans).await;
}

pub(crate) async fn rules_of_triggers(bed: Bed) {
    bed.admin(&SCHEMA).await;
    check(&bed, "DELETE FROM person", &[], (Failure::CheckViolation, 50001, None, None, &[])).await;
    bed.admin(&["ALTER TRIGGER keep ON person INSTEAD OF DELETE AS RAISERROR('people are kept', 16, 1)"]).await;
    check(&bed, "DELETE FROM person", &[], (Failure::CheckViolation, 50000, None, None, &[])).await;
}

pub(crate) async fn what_is_not_there_is_undefined(bed: Bed) {
    bed.admin(&SCHEMA).await;
    let mut line = bed.line().await;
    for (statement, expected) in [
        ("SELECT 1 FROM nobody", Failure::Undefined),
        ("SELECT [nickname] FROM person", Failure::Undefined),
        ("SELECT 1 FROM person WHERE \"nickname\" = 'x'", Failure::Undefined),
        ("INSERT INTO person (nickname) VALUES (1)", Failure::Undefined),
        ("UPDATE person SET nickname = 1", Failure::Undefined),
        ("SELECT 1 1", Failure::InvalidStatement),
        ("SELECT FROM WHERE", Failure::InvalidStatement),
    ] {
        let error = line.query(statement, &[]).await.unwrap_err();
        assert_eq!(error.failure, expected, "{statement}: {error:?}");
    }
    assert_eq!(line.one("SELECT 1", &[]).await, Ok(Value::Integer(1)));
}

pub(crate) async fn a_statement_outlives_a_change_of_its_table(bed: Bed) {
    bed.admin(&["CREATE TABLE t (a INT)", "INSERT INTO t VALUES (1)"]).await;
    let mut line = bed.line().await;
    assert_eq!(line.all("SELECT * FROM t", &[]).await.unwrap(), [vec![Value::Integer(1)]]);
    bed.admin(&["ALTER TABLE t ADD b INT NOT NULL CONSTRAINT two DEFAULT 2"]).await;
    assert_eq!(line.all("SELECT * FROM t", &[]).await.unwrap(), [vec![Value::Integer(1), Value::Integer(2)]]);
    bed.admin(&["ALTER TABLE t DROP CONSTRAINT two", "ALTER TABLE t DROP COLUMN b"]).await;
    assert_eq!(line.query("SELECT b FROM t", &[]).await.unwrap_err().failure, Failure::Undefined);
}

pub(crate) async fn counts_are_right_with_triggers(bed: Bed) {
    bed.admin(&[
        "CREATE TABLE t (a INT)",
        "CREATE TABLE log (a INT)",
        "INSERT INTO t VALUES (1), (2)",
        "INSERT INTO log VALUES (1), (2), (3)",
        "CREATE TRIGGER noted ON t AFTER INSERT, UPDATE AS UPDATE log SET a = a + 1",
    ])
    .await;
    let mut line = bed.line().await;
    assert_eq!(line.execute("UPDATE t SET a = 5", &[]).await, Ok(2));
    assert_eq!(line.execute("UPDATE t SET a = 5 WHERE a = ?", &[Value::Integer(9)]).await, Ok(0));
    assert_eq!(line.execute("INSERT INTO t VALUES (?)", &[Value::Integer(3)]).await, Ok(1));
    // The server does not give back rows of a table with triggers in this form.
    let error = line.query("UPDATE t SET a = 6 OUTPUT INSERTED.a", &[]).await.unwrap_err();
    assert_eq!((error.failure, error.sqlstate.as_deref()), (Failure::InvalidStatement, Some("mssql.334")), "{error}");
}
