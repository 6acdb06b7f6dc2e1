//! Statements for objects that are no rows.

use patchbay_connector::sql::Value as Sql;
use patchbay_connector::{Attribute, Change, Delta, ErrorKind, Query, Value};

use super::{check, text};
use crate::dialect::Dialect;
use crate::fixture::{Answer, Recorder, catalogue};
use crate::plan::Class;
use crate::plan::compile::compile;
use crate::{read, settings, write};

/// Whoever has mail or is a member.
fn holder(dialect: Dialect) -> Class {
    let json = r#"{"classes": {"holder": {
        "entity": {
            "key": "person_id", "tables": ["mail", "member"],
            "anchor": {"table": "mail", "set": {"kind": "A", "address": "none"}}
        },
        "rows": {
            "home": {"table": "mail", "parent": "person_id", "value": "address", "where": {"kind": "H"}},
            "away": {"table": "mail", "parent": "person_id", "present": true, "where": {"kind": "X", "address": "-"}}
        }
    }}}"#;
    let settings = settings::parse(json).expect("the settings are in order");
    let (classes, problems) = compile(&settings, &catalogue(), dialect);
    classes.unwrap_or_else(|| panic!("{problems:?}")).remove(0)
}

fn one() -> Answer {
    Answer::Rows(vec![vec![Sql::Integer(1)]])
}

fn none() -> Answer {
    Answer::Rows(Vec::new())
}

#[test]
fn a_page_is_one_statement_over_all_tables() {
    let query = |dialect, expected: &str| {
        let mut db = Recorder::new([none()]);
        let query = Query {
            class: "holder".into(),
            filter: None,
            attributes: vec!["person_id".into()],
            order: Vec::new(),
            page_size: 10,
            offset: None,
            continuation: None,
            want_total: false,
        };
        read::search(&mut db, &holder(dialect), &query).expect("it works");
        check(&db, &[expected]);
    };
    query(
        Dialect::Postgres,
        r#"SELECT t."person_id", t."person_id" FROM (SELECT "person_id" FROM (SELECT t."person_id" FROM "mail" t WHERE t."person_id" IS NOT NULL GROUP BY t."person_id" ORDER BY t."person_id" LIMIT ?1) k0 UNION SELECT "person_id" FROM (SELECT t."person_id" FROM "member" t WHERE t."person_id" IS NOT NULL GROUP BY t."person_id" ORDER BY t."person_id" LIMIT ?2) k1) t ORDER BY t."person_id" LIMIT ?3"#,
    );
    query(
        Dialect::Mssql,
        r#"SELECT t."person_id", t."person_id" FROM (SELECT "person_id" FROM (SELECT t."person_id" FROM "mail" t WHERE t."person_id" IS NOT NULL GROUP BY t."person_id" ORDER BY t."person_id" OFFSET ?1 ROWS FETCH NEXT ?2 ROWS ONLY) k0 UNION SELECT "person_id" FROM (SELECT t."person_id" FROM "member" t WHERE t."person_id" IS NOT NULL GROUP BY t."person_id" ORDER BY t."person_id" OFFSET ?3 ROWS FETCH NEXT ?4 ROWS ONLY) k1) t ORDER BY t."person_id" OFFSET ?5 ROWS FETCH NEXT ?6 ROWS ONLY"#,
    );
}

/// The object with one key, said inside, where every database finds it by an index.
const THERE: &str = r#"SELECT 1 FROM (SELECT "person_id" FROM (SELECT t."person_id" FROM "mail" t WHERE t."person_id" IS NOT NULL AND t."person_id" = ?1 GROUP BY t."person_id") k0 UNION SELECT "person_id" FROM (SELECT t."person_id" FROM "member" t WHERE t."person_id" IS NOT NULL AND t."person_id" = ?2 GROUP BY t."person_id") k1) t"#;

#[test]
fn who_creates_looks_under_the_lock() {
    let given = [Attribute { name: "person_id".into(), values: vec![Value::Integer(7)] }];
    let mut db = Recorder::new([one()]);
    let taken = write::create(&mut db, &holder(Dialect::Postgres), &given).expect_err("it is there");
    assert_eq!((taken.kind, taken.attribute.as_deref()), (ErrorKind::AlreadyExists, Some("person_id")));
    check(&db, &["BEGIN", "LOCK mail 7", THERE, "ROLLBACK"]);

    // SQL Server locks what it looks at, table by table.
    let mut db = Recorder::new([one(), one(), one()]);
    write::create(&mut db, &holder(Dialect::Mssql), &given).expect_err("it is there");
    let range = |table: &str| {
        format!(r#"SELECT COUNT(*) FROM "{table}" WITH (UPDLOCK, HOLDLOCK, ROWLOCK) WHERE "person_id" = ?1"#)
    };
    check(&db, &["BEGIN", &range("mail"), &range("member"), THERE, "ROLLBACK"]);
}

#[test]
fn an_update_changes_the_one_row_in_its_place() {
    let stored = Answer::Rows(vec![vec![Sql::Integer(7), Sql::Text("a@x".into())]]);
    let version = [
        Answer::Rows(vec![vec![Sql::Integer(7), Sql::Integer(7)]]),
        Answer::Rows(Vec::new()),
        Answer::Rows(Vec::new()),
    ];
    let answers = [one(), stored, Answer::Affected(1), one()];
    let mut db = Recorder::new(answers.into_iter().chain(version));
    let deltas = [Delta { attribute: "home".into(), change: Change::Replace(vec![text("b@x")]) }];
    write::update(&mut db, &holder(Dialect::Postgres), "7", None, &deltas).expect("it works");
    // What follows is the new version.
    db.seen.truncate(6);
    check(
        &db,
        &[
            "BEGIN",
            "LOCK mail 7",
            THERE,
            r#"SELECT c."person_id", c."address" FROM "mail" c WHERE c."person_id" = ?1 AND c."kind" = ?2 ORDER BY c."address""#,
            r#"UPDATE "mail" SET "address" = ?1 WHERE "person_id" = ?2 AND "kind" = ?3"#,
            THERE,
        ],
    );
}

#[test]
fn delete_takes_all_rows() {
    let mut db = Recorder::new([one(), Answer::Affected(3), Answer::Affected(1), none()]);
    write::delete(&mut db, &holder(Dialect::Sqlite), "7", None).expect("it works");
    check(
        &db,
        &[
            "BEGIN",
            THERE,
            r#"DELETE FROM "mail" WHERE "person_id" = ?1"#,
            r#"DELETE FROM "member" WHERE "person_id" = ?1"#,
            THERE,
            "COMMIT",
        ],
    );
}
