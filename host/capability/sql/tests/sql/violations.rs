//! Errors of the database, with the names that tell what is at fault.

use patchbay_capability::sql::{Dialect, Failure, Request, Value};

use patchbay_capability_sql::{PoolOptions, mysql};

use crate::bed::{Line, Target, targets, text};
use crate::way;

/// The same on all; `BADGE` stands for what makes badges unique in any case.
const TEXT: &str = "
    CREATE TABLE team (team_id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL);
    CREATE TABLE person (
        person_id INTEGER PRIMARY KEY,
        login VARCHAR(40) NOT NULL,
        first_name VARCHAR(40),
        last_name VARCHAR(40),
        badge VARCHAR(10),
        state CHAR(1) DEFAULT 'A',
        team_id INTEGER,
        CONSTRAINT person_team FOREIGN KEY (team_id) REFERENCES team (team_id),
        CONSTRAINT person_state_known CHECK (state IN ('A', 'D')),
        CONSTRAINT person_login_once UNIQUE (login),
        CONSTRAINT person_name_once UNIQUE (first_name, last_name)
    );
    CREATE UNIQUE INDEX person_badge_once ON person (BADGE);
    INSERT INTO team VALUES (1, 'ops');
    INSERT INTO person (person_id, login, first_name, last_name, badge, team_id)
        VALUES (1, 'ann', 'Ann', 'Lee', 'B1', 1);";

fn schema(target: &Target) -> String {
    // MariaDB's texts are compared without case, and it has no indexes on expressions.
    let text = TEXT.replace("BADGE", target.choose("lower(badge)", "lower(badge)", "badge", "badge"));
    if target.dialect() != Dialect::Mssql {
        return text;
    }
    // Here a column may be, and keys get names of their own.
    text.replace("badge VARCHAR(10)", "badge VARCHAR(10) COLLATE Latin1_General_100_CI_AS")
        .replace("_id INTEGER PRIMARY KEY", "_id INTEGER NOT NULL CONSTRAINT TABLE_key PRIMARY KEY")
        .replacen("TABLE_key", "team_key", 1)
        .replacen("TABLE_key", "person_key", 1)
}

struct Expected<'a> {
    failure: Failure,
    state: &'a str,
    /// SQL Server's number.
    number: u32,
    constraint: Option<&'a str>,
    table: Option<&'a str>,
    columns: &'a [&'a str],
}

async fn check(target: &Target, statement: &str, params: &[Value], expected: &Expected<'_>) {
    let mut line = target.line().await;
    // The connector knows the schema before it writes.
    for table in ["person", "team"] {
        line.run(Request::Describe(vec![table.into()])).await.unwrap();
    }
    let error = line.execute(statement, params).await.unwrap_err();
    if way::ODBC && target.dialect() == Dialect::Sqlite && expected.failure == Failure::ForeignKeyViolation {
        // SQLite does not say which, and there is nobody to look it up.
        assert_eq!((error.failure, error.constraint, error.table), (expected.failure, None, None));
        return;
    }
    let columns: Vec<&str> = error.columns.iter().map(String::as_str).collect();
    // MySQL has one state for all constraints.
    let number = format!("mssql.{}", expected.number);
    let state = if expected.state == "P0001" { "45000" } else { "23000" };
    let state = target.choose("", expected.state, state, &number);
    assert_eq!(
        (error.failure, error.sqlstate.as_deref().unwrap_or_default(), error.constraint.as_deref()),
        (expected.failure, state, expected.constraint),
        "{target:?} {statement}: {error:?}"
    );
    assert_eq!(
        (error.table.as_deref(), columns.as_slice()),
        (expected.table, expected.columns),
        "{target:?}: {error:?}"
    );
    for value in ["ann", "Ann", "Lee", "B1", "b1", "77"] {
        // "cannot" is no name.
        assert!(!error.message.replace("annot", "").contains(value), "{target:?}: a value in {error}");
    }
}

#[tokio::test]
async fn constraints_are_named_with_their_columns() {
    for target in targets() {
        target.admin(&schema(&target));
        let unique = |constraint, columns| Expected {
            failure: Failure::UniqueViolation,
            state: "23505",
            number: 2627,
            constraint: Some(constraint),
            table: Some("person"),
            columns,
        };
        let insert = "INSERT INTO person (person_id, login, first_name, last_name, badge) VALUES (?, ?, ?, ?, ?)";
        let row = |id: i64, login: &str, first: &str, last: &str, badge: &str| {
            vec![Value::Integer(id), text(login), text(first), text(last), text(badge)]
        };
        check(&target, insert, &row(2, "ann", "x", "x", "x"), &unique("person_login_once", &["login"])).await;
        check(
            &target,
            insert,
            &row(2, "x", "Ann", "Lee", "x"),
            &unique("person_name_once", &["first_name", "last_name"]),
        )
        .await;
        let badge = Expected { number: 2601, ..unique("person_badge_once", &["badge"]) };
        check(&target, insert, &row(2, "x", "x", "x", "b1"), &badge).await;
        let key = Expected {
            constraint: Some(target.choose("", "person_pkey", "PRIMARY", "person_key")).filter(|name| !name.is_empty()),
            ..unique("", &["person_id"])
        };
        check(&target, insert, &row(1, "x", "x", "x", "x"), &key).await;
        check(
            &target,
            "UPDATE person SET login = ? WHERE person_id = ?",
            &[Value::Null, Value::Integer(1)],
            &Expected {
                failure: Failure::NotNullViolation,
                state: "23502",
                number: 515,
                constraint: None,
                table: Some("person"),
                columns: &["login"],
            },
        )
        .await;
        check(
            &target,
            "UPDATE person SET state = ? WHERE person_id = ?",
            &[text("Q"), Value::Integer(1)],
            &Expected {
                failure: Failure::CheckViolation,
                state: "23514",
                number: 547,
                constraint: Some("person_state_known"),
                table: Some("person"),
                columns: &["state"],
            },
        )
        .await;
        let team = Expected {
            failure: Failure::ForeignKeyViolation,
            state: "23503",
            number: 547,
            constraint: Some("person_team"),
            table: Some("person"),
            columns: &["team_id"],
        };
        check(
            &target,
            "UPDATE person SET first_name = ?, team_id = ? WHERE person_id = ?",
            &[text("x"), Value::Integer(77), Value::Integer(1)],
            &team,
        )
        .await;
        check(
            &target,
            "INSERT INTO person (login, person_id, team_id) VALUES (?, ?, ?)",
            &[text("x"), Value::Integer(2), Value::Integer(77)],
            &team,
        )
        .await;
        // The parent goes: no column of the child is to blame.
        let orphans = Expected { columns: &[], ..team };
        check(&target, "DELETE FROM team WHERE team_id = ?", &[Value::Integer(1)], &orphans).await;
    }
}

#[tokio::test]
async fn rules_of_triggers() {
    for target in targets() {
        target.admin(&schema(&target));
        target.admin(target.choose(
            "CREATE TRIGGER keep BEFORE DELETE ON person BEGIN SELECT RAISE(ABORT, 'people are kept'); END",
            "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE EXCEPTION 'people are kept'; END $$;
             CREATE TRIGGER keep BEFORE DELETE ON person FOR EACH ROW EXECUTE FUNCTION keep()",
            "CREATE TRIGGER keep BEFORE DELETE ON person FOR EACH ROW
             SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'people are kept'",
            "CREATE TRIGGER keep ON person AFTER DELETE AS
             BEGIN
                 SET NOCOUNT ON;
                 THROW 50001, 'people are kept', 1;
             END",
        ));
        check(
            &target,
            "DELETE FROM person",
            &[],
            &Expected {
                failure: Failure::CheckViolation,
                state: "P0001",
                number: 50_001,
                constraint: None,
                table: None,
                columns: &[],
            },
        )
        .await;
    }
}

#[tokio::test]
async fn what_is_not_there_is_undefined() {
    for target in targets() {
        target.admin(&schema(&target));
        let mut line = target.line().await;
        for (statement, expected) in [
            ("SELECT 1 FROM nobody", Failure::Undefined),
            (
                target.choose(
                    "SELECT \"nickname\" FROM person",
                    "SELECT \"nickname\" FROM person",
                    "SELECT `n` FROM person",
                    "SELECT [nickname] FROM person",
                ),
                Failure::Undefined,
            ),
            ("SELECT 1 FROM person WHERE nickname = 'x'", Failure::Undefined),
            ("INSERT INTO person (nickname) VALUES (1)", Failure::Undefined),
            ("UPDATE person SET nickname = 1", Failure::Undefined),
            // A first word that SQL Server does not know is a procedure to it.
            (target.choose("SELEKT 1", "SELEKT 1", "SELEKT 1", "SELECT 1 1"), Failure::InvalidStatement),
            ("SELECT FROM WHERE", Failure::InvalidStatement),
        ] {
            // A name that is nothing is a string to SQLite, and nobody can tell its driver otherwise.
            if way::ODBC && target.dialect() == Dialect::Sqlite && statement.contains('"') {
                continue;
            }
            let error = line.query(statement, &[]).await.unwrap_err();
            assert_eq!(error.failure, expected, "{target:?} {statement}: {error}");
        }
        assert_eq!(line.one("SELECT 1", &[]).await, Ok(Value::Integer(1)));
    }
}

#[tokio::test]
async fn a_statement_outlives_a_change_of_its_table() {
    for target in targets() {
        target.admin("CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1)");
        let mut line = target.line().await;
        assert_eq!(line.all("SELECT * FROM t", &[]).await.unwrap(), [vec![Value::Integer(1)]]);
        let add = "ALTER TABLE t ADD COLUMN b INTEGER DEFAULT 2";
        target.admin(target.choose(add, add, add, "ALTER TABLE t ADD b INTEGER NOT NULL CONSTRAINT two DEFAULT 2"));
        assert_eq!(line.all("SELECT * FROM t", &[]).await.unwrap(), [vec![Value::Integer(1), Value::Integer(2)]]);
        assert_eq!(line.all("SELECT b FROM t", &[]).await.unwrap(), [vec![Value::Integer(2)]]);
        // A parameter's type is the server's memory of what the column was.
        if target.dialect() == Dialect::Postgres {
            let insert = "INSERT INTO t (b) VALUES (?)";
            assert_eq!(line.execute(insert, &[Value::Integer(3)]).await, Ok(1));
            target.admin("ALTER TABLE t ALTER COLUMN b TYPE BIGINT");
            assert_eq!(line.execute(insert, &[Value::Integer(1 << 40)]).await, Ok(1));
            target.admin("DELETE FROM t WHERE a IS NULL");
            target.admin("ALTER TABLE t ALTER COLUMN b DROP DEFAULT, ALTER COLUMN b TYPE DATE USING NULL");
            line.begin().await;
            let stale = line.execute(insert, &[Value::Integer(3)]).await.unwrap_err();
            let expected = if way::ODBC { Failure::InvalidParameter } else { Failure::Undefined };
            assert_eq!(stale.failure, expected, "{stale}");
            line.rollback().await;
        }
        let drop = "ALTER TABLE t DROP COLUMN b";
        target.admin(target.choose(drop, drop, drop, "ALTER TABLE t DROP CONSTRAINT two; ALTER TABLE t DROP COLUMN b"));
        assert_eq!(line.query("SELECT b FROM t", &[]).await.unwrap_err().failure, Failure::Undefined);
    }
}

#[tokio::test]
async fn rights_that_are_missing() {
    let target = Target::mariadb();
    target.admin(&format!(
        "CREATE TABLE t (a INTEGER); CREATE USER visitor_{0} IDENTIFIED BY 'x'; CREATE TABLE hidden (a INTEGER);
         GRANT SELECT ON {0}.t TO visitor_{0}",
        target.schema()
    ));
    let mut options = target.mysql_options();
    options.user = format!("visitor_{}", target.schema());
    options.password = Some("x".into());
    let mut line = Line::open(&mysql::pool(options, PoolOptions::default()).unwrap()).await;
    assert_eq!(line.all("SELECT a FROM t", &[]).await, Ok(Vec::new()));
    for (statement, expected) in [
        ("INSERT INTO t VALUES (1)", Failure::PermissionDenied),
        ("SELECT a FROM hidden", Failure::PermissionDenied),
        ("SELECT user FROM mysql.global_priv", Failure::PermissionDenied),
    ] {
        let error = line.query(statement, &[]).await.unwrap_err();
        assert_eq!(error.failure, expected, "{statement}: {error}");
    }
}
