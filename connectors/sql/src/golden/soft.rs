//! Statements of rows that are marked, brought back, and numbered from elsewhere.

use patchbay_connector::sql::Value as Sql;
use patchbay_connector::{Attribute, ErrorKind};

use super::{check, text};
use crate::dialect::Dialect;
use crate::fixture::{Answer, Recorder, catalogue};
use crate::plan::Class;
use crate::plan::compile::compile;
use crate::{settings, write};

/// The class `person` with these settings beside its table.
fn person(dialect: Dialect, more: &str) -> Class {
    let json = format!(r#"{{"classes": {{"person": {{"table": "person", "version": false, {more}}}}}}}"#);
    let settings = settings::parse(&json).unwrap_or_else(|problems| panic!("{problems:?}"));
    let (classes, problems) = compile(&settings, &catalogue(), dialect);
    classes.and_then(|classes| classes.into_iter().next()).unwrap_or_else(|| panic!("{problems:?}"))
}

fn login(login: &str) -> Vec<Attribute> {
    vec![Attribute { name: "login".into(), values: vec![text(login)] }]
}

const REVIVING: &str =
    r#""columns": ["login", "first_name"], "soft_delete": {"set": {"gone": true}, "reactivate": "login"}"#;

#[test]
fn a_mark_that_clients_can_write_is_warned_of() {
    let warned = |attribute: &str| {
        let more = format!(
            r#""columns": ["login"], "attributes": {{{attribute}}}, "soft_delete": {{"set": {{"gone": true}}}}"#
        );
        let json = format!(r#"{{"classes": {{"person": {{"table": "person", "version": false, {more}}}}}}}"#);
        let settings = settings::parse(&json).unwrap_or_else(|problems| panic!("{problems:?}"));
        let (classes, problems) = compile(&settings, &catalogue(), Dialect::Postgres);
        assert!(classes.is_some(), "{problems:?}");
        let about = problems.into_iter().filter(|problem| problem.summary.contains("marks deleted rows"));
        about.map(|problem| problem.path.unwrap_or_default()).collect::<Vec<_>>()
    };
    assert_eq!(warned(""), Vec::<String>::new());
    assert_eq!(warned(r#""left": {"column": "gone"}"#), ["/classes/person/soft_delete/set/gone"]);
    assert_eq!(warned(r#""left": {"column": "gone", "read_only": true}"#), Vec::<String>::new());
}

#[test]
fn a_deleted_row_is_locked_and_comes_back() {
    let update =
        r#"UPDATE "person" SET "login" = ?1, "gone" = ?2, "first_name" = ?3 WHERE "person_id" = ?4 AND "gone" = ?5"#;
    for (dialect, find) in [
        (
            Dialect::Postgres,
            r#"SELECT "person_id" FROM "person" WHERE "login" = ?1 AND "gone" = ?2 ORDER BY "person_id" DESC LIMIT 1 FOR UPDATE"#,
        ),
        (
            Dialect::Mssql,
            r#"SELECT "person_id" FROM "person" WITH (UPDLOCK, HOLDLOCK, ROWLOCK) WHERE ("login" = ?1 AND CAST(lower(CAST("login" AS NVARCHAR(MAX)) COLLATE Latin1_General_100_CI_AS) AS VARBINARY(MAX)) = CAST(lower(?2 COLLATE Latin1_General_100_CI_AS) AS VARBINARY(MAX))) AND "gone" = ?3 ORDER BY "person_id" DESC OFFSET 0 ROWS FETCH NEXT 1 ROWS ONLY"#,
        ),
    ] {
        let class = person(dialect, REVIVING);
        let found = Answer::Rows(vec![vec![Sql::Integer(7)]]);
        let mut db = Recorder::new([found, Answer::Affected(1)]);
        let created = write::create(&mut db, &class, &login("anna")).expect("it comes back");
        assert_eq!(created.id.uid, "7");
        check(&db, &["BEGIN", find, update, "COMMIT"]);
        let written = [Sql::Text("anna".into()), Sql::Boolean(false), Sql::Null, Sql::Integer(7), Sql::Boolean(true)];
        assert_eq!(db.params[1], written, "{dialect:?}");
    }
}

#[test]
fn without_a_deleted_row_a_new_one_is_inserted() {
    let class = person(Dialect::Postgres, REVIVING);
    let none = Answer::Rows(Vec::new());
    let mut db = Recorder::new([none, Answer::Rows(vec![vec![Sql::Integer(8)]])]);
    assert_eq!(write::create(&mut db, &class, &login("bert")).expect("it is new").id.uid, "8");
    assert_eq!(db.seen[2], r#"INSERT INTO "person" ("login") VALUES (?1) RETURNING "person_id""#);
}

#[test]
fn marking_changes_what_the_settings_say() {
    let more =
        r#""soft_delete": {"set": {"gone": true, "login": {"append_key": "~"}, "row_version": {"increment": 2}}}"#;
    for (dialect, joined) in [
        (Dialect::Postgres, r#"substring(CAST("login" AS TEXT), 1, 17) || CAST(?2 AS TEXT)"#),
        (Dialect::Mysql, r#"substring(CAST("login" AS CHAR), 1, 17) || CAST(?2 AS CHAR)"#),
        (Dialect::Mssql, r#"substring(CAST("login" AS NVARCHAR(MAX)), 1, 17) + CAST(?2 AS NVARCHAR(MAX))"#),
        (Dialect::Oracle, r#"SUBSTR(CAST("login" AS VARCHAR2(4000)), 1, 17) || CAST(?2 AS VARCHAR2(4000))"#),
        (Dialect::Db2, r#"substring(CAST("login" AS VARCHAR(4000)), 1, 17) || CAST(?2 AS VARCHAR(4000))"#),
        (Dialect::Hana, r#"substring(CAST("login" AS NVARCHAR(5000)), 1, 17) || CAST(?2 AS NVARCHAR(5000))"#),
        (Dialect::Ansi, r#"substring(CAST("login" AS VARCHAR(4000)) FROM 1 FOR 17) || CAST(?2 AS VARCHAR(4000))"#),
    ] {
        let class = person(dialect, more);
        let mut db = Recorder::new([Answer::Affected(1)]);
        write::delete(&mut db, &class, "42", None).expect("it is marked");
        let update = format!(
            r#"UPDATE "person" SET "gone" = ?1, "login" = {joined}, "row_version" = COALESCE("row_version", 0) + (2) WHERE "person_id" = ?3 AND ("gone" IS NULL OR "gone" <> ?4)"#
        );
        check(&db, &["BEGIN", &update, "COMMIT"]);
        assert_eq!(db.params[0][1], Sql::Text("~42".into()));
    }
}

#[test]
fn a_counter_is_locked_before_it_is_read() {
    let more = r#""next": {"person_id": {"table": "department", "column": "dept_id", "where": {"name": "person"}}}"#;
    let class = person(Dialect::Mssql, more);
    let number = Answer::Rows(vec![vec![Sql::Integer(8)]]);
    let key = Answer::Rows(vec![vec![Sql::Integer(7)]]);
    let mut db = Recorder::new([Answer::Affected(1), number, Answer::Affected(1), key]);
    assert_eq!(write::create(&mut db, &class, &login("anna")).expect("it is numbered").id.uid, "7");
    check(
        &db,
        &[
            "BEGIN",
            r#"UPDATE "department" SET "dept_id" = "dept_id" + 1 WHERE 1 = 1 AND "name" = ?1"#,
            r#"SELECT "dept_id" FROM "department" WHERE 1 = 1 AND "name" = ?1"#,
            r#"INSERT INTO "person" ("login", "person_id") VALUES (?1, ?2)"#,
            r#"SELECT "person_id" FROM "person" WHERE "person_id" = ?1"#,
            "COMMIT",
        ],
    );
    let mut db = Recorder::new([Answer::Affected(0)]);
    let lost = write::create(&mut db, &class, &login("anna")).expect_err("there is no such row");
    assert_eq!(lost.kind, ErrorKind::Configuration);
    assert_eq!(db.seen.last().map(String::as_str), Some("ROLLBACK"));
}

#[test]
fn sequences_are_named_as_each_database_wants() {
    for (dialect, draw) in [
        (Dialect::Postgres, r#"SELECT nextval('"hr"."it''s ""odd"""')"#),
        (Dialect::Mysql, r#"SELECT nextval("hr"."it's ""odd""")"#),
        (Dialect::Mssql, r#"SELECT NEXT VALUE FOR "hr"."it's ""odd""""#),
    ] {
        let class = person(dialect, r#""next": {"person_id": {"sequence": "hr.\"it's \"\"odd\"\"\""}}"#);
        let number = || Answer::Rows(vec![vec![Sql::Integer(7)]]);
        let insert = if dialect == Dialect::Postgres { number() } else { Answer::Affected(1) };
        let mut db = Recorder::new([number(), insert, number()]);
        assert_eq!(write::create(&mut db, &class, &login("anna")).expect("it is numbered").id.uid, "7");
        assert_eq!(db.seen[1], draw, "{dialect:?}");
    }
}
