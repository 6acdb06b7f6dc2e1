//! The statements themselves, word by word: what an administrator will see in the
//! database's log.

mod entity;
mod operations;
mod others;
mod soft;

use patchbay_connector::sql::{Builder, Failure, Value as Sql};
use patchbay_connector::{
    Attribute, Change, Comparator, Comparison, Delta, ErrorKind, FilterNode, Order, Query, Value,
};

use crate::dialect::Dialect;
use crate::fixture::{Answer, Recorder, class, classes, failed};
use crate::plan::{Plan, encode};
use crate::{condition, read, write};

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn compare(attribute: &str, operator: Comparator, value: Value) -> FilterNode {
    FilterNode::Compare(Comparison { attribute: attribute.to_owned(), operator, value })
}

/// The condition for a filter on `person`.
fn check_filter(dialect: Dialect, nodes: &[FilterNode], expected: &str) {
    let class = class(dialect, "person");
    let mut sql = Builder::new();
    let tree = patchbay_connector::filter::Tree::new(nodes).expect("it is a tree");
    condition::filter(&mut sql, &class, tree).expect("it can be written");
    assert_eq!(sql.to_string(), expected);
}

/// The statements of an operation.
fn check(db: &Recorder, expected: &[&str]) {
    assert_eq!(db.seen, expected);
}

#[test]
fn a_plan_reads_back_as_it_was_written() {
    let classes = classes(Dialect::Postgres);
    let bytes = encode("db", &classes).expect("it can be encoded");
    let plan = Plan::decode(&bytes).expect("it can be decoded");
    assert_eq!((plan.binding, plan.classes().expect("all can be decoded")), ("db", classes.clone()));
    assert_eq!(plan.class("team").as_ref(), Ok(&classes[1]));
    assert_eq!(plan.class("nobody").map_err(|error| error.kind), Err(ErrorKind::Configuration));
    for cut in 0..bytes.len() {
        let outcome = Plan::decode(&bytes[..cut]).and_then(|plan| plan.classes());
        assert_eq!(outcome.map_err(|error| error.kind), Err(ErrorKind::StalePlan), "cut at {cut}");
    }
}

#[test]
fn comparisons_leave_indexes_usable_and_are_never_unknown_under_not() {
    let login = compare("login", Comparator::Equal, text("anna"));
    let first = compare("first_name", Comparator::Equal, text("Anna"));
    // The column's own comparison ignores case already.
    check_filter(Dialect::Postgres, std::slice::from_ref(&login), r#"t."login" = ?1"#);
    check_filter(Dialect::Postgres, std::slice::from_ref(&first), r#"t."first_name" = ?1"#);
    check_filter(
        Dialect::Postgres,
        &[first, FilterNode::Not(0)],
        r#"NOT ((t."first_name" IS NOT NULL AND t."first_name" = ?1))"#,
    );
    check_filter(
        Dialect::Postgres,
        &[compare("login", Comparator::StartsWith, text("an"))],
        r#"lower(t."login") LIKE lower(?1) ESCAPE '!'"#,
    );
    check_filter(
        Dialect::Sqlite,
        &[compare("first_name", Comparator::EndsWith, text("na"))],
        r#"substr(t."first_name", -length(?1)) = ?2"#,
    );
    check_filter(Dialect::Postgres, &[compare("manager", Comparator::Equal, text("007"))], "1 = 0");
    check_filter(
        Dialect::Postgres,
        &[compare("mail", Comparator::Equal, text("a@x"))],
        r#"EXISTS (SELECT 1 FROM "mail" c WHERE c."person_id" = t."person_id" AND c."kind" = ?1 AND c."address" = ?2)"#,
    );
    check_filter(
        Dialect::Postgres,
        &[compare("department", Comparator::NotEqual, text("IT"))],
        r#"NOT EXISTS (SELECT 1 FROM "department" l WHERE l."dept_id" = t."dept_id" AND l."name" = ?1)"#,
    );
}

#[test]
fn mysql_compares_byte_by_byte_after_its_index() {
    let login = compare("login", Comparator::Equal, text("anna"));
    let folded =
        r#"(t."login" = ?1 AND CAST(lower(CONVERT(t."login" USING utf8mb4)) AS BINARY) = CAST(lower(?2) AS BINARY))"#;
    check_filter(Dialect::Mysql, std::slice::from_ref(&login), folded);
    check_filter(
        Dialect::Mysql,
        &[compare("first_name", Comparator::Equal, text("Anna"))],
        r#"(t."first_name" = ?1 AND CAST(CONVERT(t."first_name" USING utf8mb4) AS BINARY) = CAST(?2 AS BINARY))"#,
    );
    check_filter(
        Dialect::Mysql,
        &[compare("login", Comparator::StartsWith, text("an"))],
        r#"CAST(lower(CONVERT(t."login" USING utf8mb4)) AS BINARY) LIKE CAST(lower(?1) AS BINARY) ESCAPE '!'"#,
    );
}

#[test]
fn get_reads_one_row_and_one_list_each() {
    let person = class(Dialect::Postgres, "person");
    let row = vec![Sql::Integer(7), Sql::Integer(3), Sql::Text("anna".into()), Sql::Text("IT".into())];
    let mail = vec![Sql::Integer(7), Sql::Text("a@x".into())];
    let mut db = Recorder::new([Answer::Rows(vec![row]), Answer::Rows(vec![mail])]);
    let names = ["login", "mail", "department"].map(str::to_owned);
    let object = read::get(&mut db, &person, "7", &names).expect("it is there");
    assert_eq!((object.id.uid.as_str(), object.id.revision.as_deref()), ("7", Some("3")));
    assert_eq!(object.cells, [vec![text("anna")], vec![text("a@x")], vec![text("IT")]]);
    check(
        &db,
        &[
            r#"SELECT t."person_id", t."row_version", t."login", l0."name" FROM "person" t LEFT JOIN "department" l0 ON l0."dept_id" = t."dept_id" WHERE t."person_id" = ?1 AND (t."gone" IS NULL OR t."gone" <> ?2)"#,
            r#"SELECT c."person_id", c."address" FROM "mail" c WHERE c."person_id" = ?1 AND c."kind" = ?2 ORDER BY c."address" LIMIT 1001"#,
        ],
    );
}

#[test]
fn a_long_list_is_read_again_from_its_beginning() {
    let team = class(Dialect::Postgres, "team");
    let name = vec![Sql::Integer(5), Sql::Integer(5), Sql::Text("Red".into())];
    let member = |person| vec![Sql::Integer(5), Sql::Integer(person)];
    let (first, all) = ((1..=1001).map(member).collect(), (1..=2000).map(member).collect());
    let mut db = Recorder::new([Answer::Rows(vec![name]), Answer::Rows(first), Answer::Rows(all)]);
    let object = read::get(&mut db, &team, "5", &["members".to_owned()]).expect("it is there");
    assert_eq!(object.cells[0].len(), 2000);
    let members = r#"SELECT c."team_id", c."person_id" FROM "member" c WHERE c."team_id" = ?1 ORDER BY c."person_id""#;
    check(
        &db,
        &[
            r#"SELECT t."team_id", t."team_id", t."name" FROM "team" t WHERE t."team_id" = ?1"#,
            &format!("{members} LIMIT 1001"),
            members,
        ],
    );
}

#[test]
fn a_later_page_starts_after_the_last_row() {
    let person = class(Dialect::Sqlite, "person");
    let row = |name: Sql, id| vec![name, Sql::Integer(id), Sql::Integer(1)];
    let rows = vec![row(Sql::Text("A".into()), 1), row(Sql::Null, 2), row(Sql::Null, 3)];
    let mut db = Recorder::new([Answer::Rows(rows), Answer::Rows(Vec::new())]);
    let query = Query {
        class: "person".into(),
        filter: None,
        attributes: Vec::new(),
        order: vec![Order { attribute: "first_name".into(), descending: false }],
        page_size: 2,
        offset: None,
        continuation: None,
        want_total: false,
    };
    let page = read::search(&mut db, &person, &query).expect("it can be read");
    let query = Query { continuation: page.next, ..query };
    let last = read::search(&mut db, &person, &query).expect("it can be read");
    assert_eq!((last.objects.len(), last.next), (0, None));
    let select = r#"SELECT t."first_name", t."person_id", t."row_version" FROM "person" t WHERE (t."gone" IS NULL OR t."gone" <> ?1)"#;
    let order = r#" ORDER BY t."first_name" NULLS LAST, t."person_id" LIMIT"#;
    let after = r#" AND ((t."first_name" IS NULL AND t."person_id" > ?2))"#;
    check(&db, &[&format!("{select}{order} ?2"), &format!("{select}{after}{order} ?3")]);
}

#[test]
fn an_update_is_one_statement_and_the_rows_that_changed() {
    let person = class(Dialect::Postgres, "person");
    let dept = Answer::Rows(vec![vec![Sql::Integer(2)]]);
    let version = Answer::Rows(vec![vec![Sql::Integer(4)]]);
    let mut db = Recorder::new([dept, Answer::Affected(1), Answer::Affected(1), version]);
    let deltas = [
        Delta { attribute: "first_name".into(), change: Change::Clear },
        Delta { attribute: "department".into(), change: Change::Replace(vec![text("IT")]) },
        Delta { attribute: "mail".into(), change: Change::Add(vec![text("a@x"), text("b@x")]) },
    ];
    let result = write::update(&mut db, &person, "7", Some("3"), &deltas).expect("it works");
    assert_eq!(result.id.revision.as_deref(), Some("4"));
    check(
        &db,
        &[
            "BEGIN",
            r#"SELECT "dept_id" FROM "department" WHERE "name" = ?1 ORDER BY "dept_id""#,
            r#"UPDATE "person" SET "first_name" = ?1, "dept_id" = ?2, "row_version" = COALESCE("row_version", 0) + 1 WHERE "person_id" = ?3 AND "row_version" = ?4 AND ("gone" IS NULL OR "gone" <> ?5)"#,
            r#"INSERT INTO "mail" ("person_id", "address", "kind") VALUES (?1, ?2, ?3), (?4, ?5, ?6) ON CONFLICT ("person_id", "kind", "address") DO NOTHING"#,
            r#"SELECT "row_version" FROM "person" WHERE "person_id" = ?1"#,
            "COMMIT",
        ],
    );
}

#[test]
fn a_change_of_members_locks_the_group_and_writes_single_rows() {
    let team = class(Dialect::Postgres, "team");
    let there = Answer::Rows(vec![vec![Sql::Integer(1)]]);
    let content = Answer::Rows(vec![vec![Sql::Integer(5), Sql::Integer(5), Sql::Text("Red".into())]]);
    let mut db = Recorder::new([there, Answer::Affected(2), content]);
    let members = vec![Value::Reference("1".into()), Value::Reference("2".into()), Value::Reference("x".into())];
    let deltas = [Delta { attribute: "members".into(), change: Change::Remove(members) }];
    write::update(&mut db, &team, "5", None, &deltas).expect("it works");
    check(
        &db,
        &[
            "BEGIN",
            r#"SELECT 1 FROM "team" WHERE "team_id" = ?1 FOR UPDATE"#,
            r#"DELETE FROM "member" WHERE "team_id" = ?1 AND ("person_id" IN (?2, ?3))"#,
            // The version, of what is cheap to read.
            r#"SELECT t."team_id", t."team_id", t."name" FROM "team" t WHERE t."team_id" = ?1"#,
            "COMMIT",
        ],
    );
}

#[test]
fn a_commit_without_an_answer_leaves_doubt() {
    let team = class(Dialect::Postgres, "team");
    let mut db = Recorder::new([Answer::Affected(1)]);
    db.lost_commit = true;
    let error = write::delete(&mut db, &class_without_lists(team), "5", None).expect_err("nobody knows");
    assert_eq!(error.kind, ErrorKind::Timeout, "{error:?}");
    check(&db, &["BEGIN", r#"DELETE FROM "team" WHERE "team_id" = ?1"#, "COMMIT"]);
}

fn class_without_lists(mut class: crate::plan::Class) -> crate::plan::Class {
    class.attributes.retain(|attribute| !matches!(attribute.source, crate::plan::Source::Multi(_)));
    class
}

#[test]
fn a_version_of_the_content_is_compared_under_the_lock() {
    let team = class(Dialect::Postgres, "team");
    let content = || Answer::Rows(vec![vec![Sql::Integer(5), Sql::Integer(5), Sql::Text("Red".into())]]);
    let there = || Answer::Rows(vec![vec![Sql::Integer(1)]]);
    let lock = r#"SELECT 1 FROM "team" WHERE "team_id" = ?1 FOR UPDATE"#;
    let read = r#"SELECT t."team_id", t."team_id", t."name" FROM "team" t WHERE t."team_id" = ?1"#;
    let mut db = Recorder::new([content()]);
    let seen = read::get(&mut db, &team, "5", &[]).expect("it is there").id.revision.expect("it has a version");
    let rename = [Delta { attribute: "name".into(), change: Change::Replace(vec![text("Blue")]) }];

    let mut db = Recorder::new([there(), content(), Answer::Affected(1), content()]);
    write::update(&mut db, &team, "5", Some(&seen), &rename).expect("it works");
    let update = r#"UPDATE "team" SET "name" = ?1 WHERE "team_id" = ?2"#;
    check(&db, &["BEGIN", lock, read, update, read, "COMMIT"]);

    let mut db = Recorder::new([there(), content()]);
    let error = write::update(&mut db, &team, "5", Some("another"), &rename).expect_err("the version is another");
    assert_eq!(error.kind, ErrorKind::PreconditionFailed);
    check(&db, &["BEGIN", lock, read, "ROLLBACK"]);

    let mut db = Recorder::new([there(), content()]);
    let error = write::delete(&mut db, &team, "5", Some("another")).expect_err("the version is another");
    assert_eq!(error.kind, ErrorKind::PreconditionFailed);
    check(&db, &["BEGIN", lock, read, "ROLLBACK"]);
}

#[test]
fn create_inserts_what_was_given_and_reads_the_key_back() {
    let person = class(Dialect::Postgres, "person");
    let key = Answer::Rows(vec![vec![Sql::Integer(9)]]);
    let version = Answer::Rows(vec![vec![Sql::Integer(1)]]);
    let mut db = Recorder::new([key, Answer::Affected(1), version]);
    let given = [
        Attribute { name: "login".into(), values: vec![text("anna")] },
        Attribute { name: "first_name".into(), values: Vec::new() },
        Attribute { name: "manager".into(), values: vec![Value::Reference("7".into())] },
        Attribute { name: "mail".into(), values: vec![text("a@x"), text("a@x")] },
    ];
    let result = write::create(&mut db, &person, &given).expect("it works");
    assert_eq!((result.id.uid.as_str(), result.id.revision.as_deref()), ("9", Some("1")));
    check(
        &db,
        &[
            "BEGIN",
            r#"INSERT INTO "person" ("login", "manager_id") VALUES (?1, ?2) RETURNING "person_id""#,
            r#"INSERT INTO "mail" ("person_id", "address", "kind") VALUES (?1, ?2, ?3)"#,
            r#"SELECT "row_version" FROM "person" WHERE "person_id" = ?1"#,
            "COMMIT",
        ],
    );
}

#[test]
fn a_soft_delete_leaves_lists_alone() {
    let mut db = Recorder::new([Answer::Affected(1)]);
    write::delete(&mut db, &class(Dialect::Postgres, "person"), "7", None).expect("it works");
    check(
        &db,
        &[
            "BEGIN",
            r#"UPDATE "person" SET "gone" = ?1, "row_version" = COALESCE("row_version", 0) + 1 WHERE "person_id" = ?2 AND ("gone" IS NULL OR "gone" <> ?3)"#,
            "COMMIT",
        ],
    );
}

#[test]
fn what_fails_is_rolled_back_and_left_to_the_host_to_try_again() {
    let team = class(Dialect::Postgres, "team");
    let delete = |answers: Vec<Answer>| {
        let mut db = Recorder::new(answers);
        let outcome = write::delete(&mut db, &team, "5", None).map_err(|error| error.kind);
        (outcome, db.seen.iter().filter(|step| *step == "ROLLBACK").count())
    };
    let lost = || Answer::Failed(failed(Failure::Serialization));
    let won = || Answer::Affected(1);
    assert_eq!(delete(vec![won(), won()]), (Ok(()), 0));
    assert_eq!(delete(vec![won(), lost()]), (Err(ErrorKind::Contention), 1));
    assert_eq!(delete(vec![Answer::Failed(failed(Failure::Busy))]), (Err(ErrorKind::Unavailable), 1));
    // Nobody is there to roll back.
    assert_eq!(delete(vec![Answer::Failed(failed(Failure::Unavailable))]), (Err(ErrorKind::Unavailable), 0));
    let broken = Answer::Failed(failed(Failure::ForeignKeyViolation));
    assert_eq!(delete(vec![won(), broken]), (Err(ErrorKind::Conflict), 1));
    let gone = Answer::Rows(Vec::new());
    assert_eq!(delete(vec![won(), Answer::Affected(0), gone]), (Err(ErrorKind::NotFound), 1));
    // A key that belongs to several rows: nothing is kept.
    assert_eq!(delete(vec![won(), Answer::Affected(2)]), (Err(ErrorKind::Configuration), 1));
}

#[test]
fn errors_name_the_attribute_by_column_or_by_constraint() {
    let person = class(Dialect::Postgres, "person");
    let create = |error: patchbay_connector::sql::Error| {
        let mut db = Recorder::new([Answer::Failed(error)]);
        let given = [
            Attribute { name: "login".into(), values: vec![text("anna")] },
            Attribute { name: "manager".into(), values: vec![Value::Reference("7".into())] },
        ];
        let error = write::create(&mut db, &person, &given).expect_err("the script says so");
        (error.kind, error.attribute)
    };
    let unique = failed(Failure::UniqueViolation);
    let by_name = patchbay_connector::sql::Error { constraint: Some("person_login_key".into()), ..unique.clone() };
    assert_eq!(create(by_name), (ErrorKind::AlreadyExists, Some("login".into())));
    let by_column = patchbay_connector::sql::Error { columns: vec!["LOGIN".into()], ..unique.clone() };
    assert_eq!(create(by_column), (ErrorKind::AlreadyExists, Some("login".into())));
    let elsewhere =
        patchbay_connector::sql::Error { table: Some("audit".into()), columns: vec!["login".into()], ..unique };
    assert_eq!(create(elsewhere), (ErrorKind::AlreadyExists, None));
    let check = patchbay_connector::sql::Error {
        constraint: Some("ck_person_login_short".into()),
        ..failed(Failure::CheckViolation)
    };
    assert_eq!(create(check), (ErrorKind::InvalidValue, Some("login".into())));
    // The only reference that was written.
    assert_eq!(create(failed(Failure::ForeignKeyViolation)), (ErrorKind::InvalidValue, Some("manager".into())));
    assert_eq!(create(failed(Failure::Undefined)), (ErrorKind::StalePlan, None));
    assert_eq!(create(failed(Failure::Unavailable)), (ErrorKind::Unavailable, None));
}

#[test]
fn sql_server_pages_sorts_and_locks_in_words_of_its_own() {
    let person = class(Dialect::Mssql, "person");
    check_filter(
        Dialect::Mssql,
        &[compare("login", Comparator::StartsWith, text("a_[b]"))],
        r#"(lower(t."login") COLLATE Latin1_General_100_BIN2) LIKE lower(?1) ESCAPE '!'"#,
    );
    // Neither accents nor blanks at the end are lost on the way to an index and back.
    check_filter(
        Dialect::Mssql,
        &[compare("login", Comparator::Equal, text("anna"))],
        r#"(t."login" = ?1 AND CAST(lower(CAST(t."login" AS NVARCHAR(MAX)) COLLATE Latin1_General_100_CI_AS) AS VARBINARY(MAX)) = CAST(lower(?2 COLLATE Latin1_General_100_CI_AS) AS VARBINARY(MAX)))"#,
    );
    check_filter(
        Dialect::Mssql,
        &[compare("first_name", Comparator::Equal, text("Anna"))],
        r#"(t."first_name" = ?1 AND CAST(CAST(t."first_name" AS NVARCHAR(MAX)) AS VARBINARY(MAX)) = CAST(?2 AS VARBINARY(MAX)))"#,
    );
    // A pattern of more than 4,000 characters is an error there, and this is longer than any value.
    check_filter(Dialect::Mssql, &[compare("login", Comparator::Contains, text(&"x".repeat(21)))], "1 = 0");
    let row = |id: i64| vec![Sql::Null, Sql::Integer(id), Sql::Integer(1)];
    let mut db = Recorder::new([Answer::Rows(vec![row(1), row(2)]), Answer::Rows(Vec::new())]);
    let query = Query {
        class: "person".into(),
        attributes: Vec::new(),
        filter: None,
        order: vec![Order { attribute: "first_name".into(), descending: false }],
        page_size: 1,
        offset: Some(4),
        continuation: None,
        want_total: false,
    };
    let page = read::search(&mut db, &person, &query).expect("it can be read");
    let query = Query { continuation: page.next, ..query };
    read::search(&mut db, &person, &query).expect("it can be read");
    let select = r#"SELECT t."first_name", t."person_id", t."row_version" FROM "person" t WHERE (t."gone" IS NULL OR t."gone" <> ?1)"#;
    let order = r#" ORDER BY CASE WHEN t."first_name" IS NULL THEN 1 ELSE 0 END, t."first_name", t."person_id""#;
    let after = r#" AND ((t."first_name" IS NULL AND t."person_id" > ?2))"#;
    check(
        &db,
        &[
            &format!("{select}{order} OFFSET ?2 ROWS FETCH NEXT ?3 ROWS ONLY"),
            &format!("{select}{after}{order} OFFSET ?3 ROWS FETCH NEXT ?4 ROWS ONLY"),
        ],
    );
    assert_eq!(db.params[0][1..], [Sql::Integer(4), Sql::Integer(2)]);
    assert_eq!(db.params[1][2..], [Sql::Integer(0), Sql::Integer(2)]);

    let team = class(Dialect::Mssql, "team");
    let there = Answer::Rows(vec![vec![Sql::Integer(1)]]);
    let content = Answer::Rows(vec![vec![Sql::Integer(5), Sql::Integer(5), Sql::Text("Red".into())]]);
    let mut db = Recorder::new([there, Answer::Rows(Vec::new()), Answer::Affected(1), content]);
    let members = Change::Add(vec![Value::Reference("7".into())]);
    let deltas = [Delta { attribute: "members".into(), change: members }];
    write::update(&mut db, &team, "5", None, &deltas).expect("it works");
    check(
        &db,
        &[
            "BEGIN",
            r#"SELECT 1 FROM "team" WITH (UPDLOCK, HOLDLOCK, ROWLOCK) WHERE "team_id" = ?1"#,
            r#"SELECT "person_id" FROM "member" WHERE "team_id" = ?1 AND ("person_id" IN (?2))"#,
            r#"INSERT INTO "member" ("team_id", "person_id") VALUES (?1, ?2)"#,
            r#"SELECT t."team_id", t."team_id", t."name" FROM "team" t WHERE t."team_id" = ?1"#,
            "COMMIT",
        ],
    );
}

#[test]
fn sql_server_returns_the_key_of_a_row_that_nothing_else_finds() {
    let version = Answer::Rows(vec![vec![Sql::Integer(1)]]);
    let key = Answer::Rows(vec![vec![Sql::Integer(9)]]);
    let given = |name: &str| [Attribute { name: name.into(), values: vec![text("anna")] }];
    // The login is unique: triggers or not, the row is found by it.
    let person = class(Dialect::Mssql, "person");
    let mut db = Recorder::new([Answer::Affected(1), key.clone(), version]);
    let result = write::create(&mut db, &person, &given("login")).expect("it works");
    assert_eq!(result.id.uid, "9");
    check(
        &db,
        &[
            "BEGIN",
            r#"INSERT INTO "person" ("login") VALUES (?1)"#,
            r#"SELECT "person_id" FROM "person" WHERE "login" = ?1"#,
            r#"SELECT "row_version" FROM "person" WHERE "person_id" = ?1"#,
            "COMMIT",
        ],
    );
    let team = class(Dialect::Mssql, "team");
    let content = Answer::Rows(vec![vec![Sql::Integer(9), Sql::Text("anna".into())]]);
    let mut db = Recorder::new([key, content]);
    assert_eq!(write::create(&mut db, &team, &given("name")).expect("it works").id.uid, "9");
    assert_eq!(db.seen[1], r#"INSERT INTO "team" ("name") OUTPUT INSERTED."team_id" VALUES (?1)"#);
    // Unless the table has triggers: then it needs something to be found by.
    let triggers = failed(Failure::InvalidStatement);
    let triggers = patchbay_connector::sql::Error { sqlstate: Some("mssql.334".into()), ..triggers };
    let mut db = Recorder::new([Answer::Failed(triggers)]);
    let refused = write::create(&mut db, &team, &given("name")).expect_err("nothing is returned");
    assert_eq!(refused.kind, ErrorKind::Configuration);
    assert!(refused.message.contains("needs a value for its key, or for a unique column"), "{}", refused.message);
}
