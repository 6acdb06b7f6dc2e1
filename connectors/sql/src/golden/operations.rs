//! Statements and procedures of the administrator's own.

use patchbay_connector::sql::{Batch, CallResult, Column, Value as Sql};
use patchbay_connector::{AttributeInfo, AttributeTraits, Operations, Precision};

use super::*;
use crate::fixture::catalogue;
use crate::plan::Class;
use crate::plan::compile::compile;
use crate::{catalogue::Catalogue, discover, settings};

/// A class `person` with these settings beside its table.
fn compiled(dialect: Dialect, class: &str) -> Result<Class, Vec<String>> {
    let json = format!(r#"{{"classes": {{"person": {class}, "team": {{"table": "team"}}}}}}"#);
    let shown = |problems: Vec<patchbay_connector::Diagnostic>| -> Vec<String> {
        let show = |problem: patchbay_connector::Diagnostic| {
            let path = problem.path.unwrap_or_default();
            format!("{}: {}", path.trim_start_matches("/classes/person"), problem.summary)
        };
        problems.into_iter().map(show).collect()
    };
    let settings = settings::parse(&json).map_err(shown)?;
    let mut db = Recorder::default();
    let (_, missing) = Catalogue::load(&mut db, &settings).map_err(|error| vec![error.message])?;
    assert_eq!(missing, []);
    let mut all = catalogue();
    for class in settings.classes.iter().filter(|class| class.declared) {
        let (own, _) = Catalogue::load(&mut db, &settings).map_err(|error| vec![error.message])?;
        all.insert(own.table(&class.table).expect("it is declared").clone());
    }
    let (classes, problems) = compile(&settings, &all, dialect);
    let named = |class: &Class| class.name == "person";
    classes.and_then(|classes| classes.into_iter().find(named)).ok_or_else(|| shown(problems))
}

const DECLARED: &str = r#"{"key": "person_id", "attributes": {
    "person_id": {"type": "integer"}, "login": {"max_length": 20}, "active": {"type": "boolean"},
    "hash": {"write_only": true}}, "multi": {
    "groups": {"table": "member", "parent": "person_id", "value": "team_id", "class": "team"}},
    "operations": OPERATIONS}"#;

fn declared(operations: &str) -> Class {
    compiled(Dialect::Postgres, &DECLARED.replace("OPERATIONS", operations)).expect("it is in order")
}

/// Problems of these operations of a class with a table.
#[track_caller]
fn check_problems(dialect: Dialect, operations: &str, expected: &[&str]) {
    let class = format!(
        r#"{{"table": "person", "attributes": {{"gone": {{}}}},
            "references": {{"manager": {{"columns": "manager_id", "class": "person"}}}},
            "multi": {{"mail": {{"table": "mail", "parent": "person_id", "value": "address",
                "where": {{"kind": "W"}}}}}},
            "operations": {operations}}}"#
    );
    let problems = compiled(dialect, &class).map(drop).err().unwrap_or_default();
    assert_eq!(problems, expected, "{operations}");
}

fn called(outputs: &[Sql], rows: Vec<Vec<Sql>>, columns: &[&str]) -> Answer {
    let column = |name: &&str| Column { name: (*name).to_owned(), type_name: String::new(), nullable: None };
    Answer::Called(CallResult {
        outputs: outputs.to_vec(),
        status: None,
        columns: columns.iter().map(column).collect(),
        rows: Batch { rows, done: true },
    })
}

fn given(name: &str, values: &[Value]) -> Attribute {
    Attribute { name: name.to_owned(), values: values.to_vec() }
}

#[test]
fn parameters_are_what_the_operation_knows() {
    let postgres = Dialect::Postgres;
    check_problems(
        postgres,
        r#"{"get": "SELECT * FROM person WHERE person_id = :person_id AND login = :login",
            "search": "SELECT * FROM person WHERE login = :login AND 1 = :nobody",
            "create": "INSERT INTO person VALUES (:person_id, :login, :mail, :old.login)",
            "update": "UPDATE person SET login = :login, x = :old.login, y = :changed.login, z = :changed.nobody",
            "delete": "DELETE FROM person WHERE login = :login AND x = :value",
            "set": {"login": "UPDATE person SET login = :value WHERE first_name = :first_name AND x = :value.login",
                "mail": "x", "nobody": "x", "person_id": "x"}}"#,
        &[
            "/operations/get: the parameter `:login` is not part of the key, and nothing else is known here",
            "/operations/search: the parameter `:login` is not known where all objects are read",
            "/operations/search: the parameter `:nobody` is no attribute, no column and nothing that an earlier statement gave",
            "/operations/create: the parameter `:person_id` is not known when an object is made",
            "/operations/create: the parameter `:mail` is a list, which changes by `add` and `remove`",
            "/operations/create: the parameter `:old.login` is no attribute, no column and nothing that an earlier statement gave",
            "/operations/update: the parameter `:changed.nobody` is about no attribute",
            "/operations/delete: the parameter `:value` is no attribute, no column and nothing that an earlier statement gave",
            "/operations/set/mail: `mail` is a list: it has `add` and `remove`",
            "/operations/set/nobody: the class has no attribute `nobody`",
            "/operations/set/person_id: `person_id` is the object's key and cannot change",
        ],
    );
}

#[test]
fn steps_have_to_make_sense() {
    check_problems(
        Dialect::Postgres,
        r#"{"search": "TABLE person", "create": ["SELECT 1", {"call": "p", "arguments": [{"in": "login", "name": "a"}, "x"],
                "result": {"from": "rc"}}, {"call": "q", "result": {}}],
            "update": "UPDATE 'x", "enable": {"gone": "x", "login": "x"}, "disable": {"login": "x"},
            "add": {"login": "x"}, "remove": {"login": "x", "mail": "x"},
            "errors": {"1": {"kind": "conflict", "attribute": "nobody"}}}"#,
        &[
            "/operations/search: must be a SELECT: it is asked as a table is",
            "/operations/create/0: a SELECT gives a row: name its columns in `returns`",
            "/operations/create/1/arguments: all arguments have a `name`, or none",
            "/operations/create/1/arguments/1: the parameter `x` is no attribute, no column and nothing that an earlier statement gave",
            "/operations/create/1/result/from: nothing comes back here under the name `rc`",
            "/operations/create/2/result: `from` is missing: procedures of this database return no status",
            "/operations/update: the statement has a string without an end",
            "/operations/enable/gone: needs its opposite in `disable`",
            "/operations/enable/login: `login` is no truth value",
            "/operations/add/login: `login` is no list",
            "/operations/remove/mail: needs its opposite in `add`",
            "/operations/errors/1/attribute: the class has no attribute `nobody`",
        ],
    );
    check_problems(
        Dialect::Sqlite,
        r#"{"delete": {"call": "p"}}"#,
        &["/operations/delete: SQLite has no stored procedures"],
    );
    check_problems(
        Dialect::Mysql,
        r#"{"delete": {"call": "p", "arguments": [{"in": "login", "name": "who"}]}}"#,
        &["/operations/delete/arguments: this database finds arguments by their place: leave `name` out"],
    );
    check_problems(Dialect::Mssql, r#"{"delete": {"call": "p", "result": {}}}"#, &[]);
}

#[test]
fn several_statements_pass_on_what_they_give() {
    let class = declared(
        r#"{"search": "SELECT person_id, login, active FROM people WHERE kind = 'P'",
            "create": [
                {"call": "hr.join", "arguments": ["login", {"value": "P"}, {"out": "person_id"}]},
                {"sql": "INSERT INTO log (id, what) VALUES (:person_id, ':login')"},
                {"sql": "SELECT count(*) FROM log WHERE id = :person_id", "returns": "count"},
                {"sql": "DELETE FROM queue WHERE place < :count", "rows": "any"}],
            "set": {"hash": {"call": "hr.set_password", "arguments": ["person_id", "value", "login"]}},
            "enable": {"active": {"call": "hr.enable", "arguments": ["person_id"]}},
            "disable": {"active": {"call": "hr.disable", "arguments": ["person_id"]}}}"#,
    );
    let mut db = Recorder::new([
        called(&[Sql::Integer(7)], Vec::new(), &[]),
        Answer::Affected(1),
        Answer::Rows(vec![vec![Sql::Integer(3)]]),
        Answer::Affected(5),
        called(&[], Vec::new(), &[]),
        called(&[], Vec::new(), &[]),
    ]);
    let attributes = [
        given("login", &[text("o'Hara :x")]),
        given("active", &[Value::Boolean(false)]),
        given("hash", &[text("$argon2id$x")]),
    ];
    let made = write::create(&mut db, &class, &attributes).expect("it works");
    assert_eq!((made.id.uid.as_str(), made.id.revision), ("7", None));
    check(
        &db,
        &[
            "BEGIN",
            r#"CALL hr.join(Direction::Input Value::Text("o'Hara :x"), Direction::Input Value::Text("P"), Direction::Output Value::Null)"#,
            "INSERT INTO log (id, what) VALUES (?1, ':login')",
            "SELECT count(*) FROM log WHERE id = ?1",
            "DELETE FROM queue WHERE place < ?1",
            "CALL hr.disable(Direction::Input Value::Integer(7))",
            r#"CALL hr.set_password(Direction::Input Value::Integer(7), Direction::Input Value::Text("$argon2id$x"), Direction::Input Value::Text("o'Hara :x"))"#,
            "COMMIT",
        ],
    );
    assert_eq!(db.params[3], [Sql::Integer(3)]);
}

#[test]
fn reads_ask_the_statement_as_a_table() {
    let class = declared(
        r#"{"search": "SELECT person_id, login, active FROM people",
            "get": "SELECT person_id, login, active FROM people WHERE person_id = :person_id"}"#,
    );
    let mut db =
        Recorder::new([Answer::Rows(vec![vec![Sql::Integer(7), Sql::Text("ada".into())]]), Answer::Rows(Vec::new())]);
    let names = ["login".to_owned(), "hash".to_owned()];
    let object = read::get(&mut db, &class, "7", &names).expect("it is there");
    assert_eq!(object.cells, [vec![text("ada")], Vec::new()]);
    let query = Query {
        class: "person".into(),
        filter: Some(vec![compare("login", Comparator::Equal, text("ada"))]),
        attributes: vec!["login".into()],
        order: vec![Order { attribute: "login".into(), descending: false }],
        page_size: 10,
        offset: None,
        continuation: None,
        want_total: false,
    };
    read::search(&mut db, &class, &query).expect("it works");
    check(
        &db,
        &[
            r#"SELECT t."person_id", t."login" FROM (SELECT person_id, login, active FROM people WHERE person_id = ?1) t WHERE t."person_id" = ?2"#,
            r#"SELECT t."login", t."person_id", t."login" FROM (SELECT person_id, login, active FROM people) t WHERE t."login" = ?1 ORDER BY t."login", t."person_id" LIMIT ?2"#,
        ],
    );
    // Nothing writes, so nothing can be written.
    assert_eq!(discover::class(&class).operations, Operations::GET | Operations::SEARCH);
}

#[test]
fn a_procedure_reads_pages_that_the_host_filters() {
    let class = declared(r#"{"search": {"call": "hr.people", "arguments": [{"value": 1}]}}"#);
    let row = |id: i64, login: &str| vec![Sql::Text(login.into()), Sql::Boolean(true), Sql::Integer(id)];
    let people = || {
        let rows = vec![row(3, "cy"), row(1, "ada"), row(2, "bob")];
        called(&[], rows, &["LOGIN", "active", "person_id"])
    };
    let query = |continuation, offset| Query {
        class: "person".into(),
        filter: None,
        attributes: vec!["login".into()],
        order: Vec::new(),
        page_size: 2,
        offset,
        continuation,
        want_total: true,
    };
    let shown = |page: &patchbay_connector::Page| {
        page.objects.iter().map(|object| format!("{} {:?}", object.id.uid, object.cells)).collect::<Vec<_>>()
    };
    let mut db = Recorder::new([people(), people(), people(), people(), called(&[], Vec::new(), &["x"])]);
    let first = read::search(&mut db, &class, &query(None, None)).expect("it works");
    assert_eq!((first.total, first.precision, first.objects.len()), (Some(3), Precision::Exact, 2));
    assert_eq!(shown(&first)[0], r#"1 [[Value::Text("ada")]]"#);
    let second = read::search(&mut db, &class, &query(first.next, None)).expect("it works");
    assert_eq!((shown(&second).len(), second.next.is_none()), (1, true));
    let third = read::search(&mut db, &class, &query(None, Some(2))).expect("it works");
    assert_eq!(shown(&third), shown(&second));
    let object = read::get(&mut db, &class, "2", &["login".to_owned()]).expect("it is there");
    assert_eq!(object.cells, [vec![text("bob")]]);
    let error = read::get(&mut db, &class, "2", &["login".to_owned()]).expect_err("a column is missing");
    assert_eq!(
        (error.kind, error.message.as_str()),
        (ErrorKind::Configuration, "the target's procedure gives no column `person_id`")
    );
    let info = discover::class(&class);
    assert!(info.attributes.iter().all(|attribute| attribute.filterable.is_empty()), "{info:?}");
    let sortable = |info: &AttributeInfo| info.traits & AttributeTraits::SORTABLE == AttributeTraits::SORTABLE;
    assert!(!info.attributes.iter().any(sortable));
}

#[test]
fn an_update_tells_what_was_and_what_changes() {
    let class = declared(
        r#"{"search": "SELECT person_id, login, active FROM people",
            "update": "UPDATE people SET login = :login, was = :old.login, renamed = :changed.login, on = :active WHERE id = :person_id",
            "delete": {"call": "hr.leave", "arguments": ["login"]}}"#,
    );
    let mut db = Recorder::new([
        Answer::Rows(vec![vec![Sql::Integer(1), Sql::Text("ada".into()), Sql::Boolean(true)]]),
        Answer::Affected(1),
        Answer::Rows(vec![vec![Sql::Integer(1), Sql::Text("eve".into())]]),
        called(&[], Vec::new(), &[]),
        Answer::Rows(Vec::new()),
    ]);
    let deltas = [Delta { attribute: "login".into(), change: Change::Replace(vec![text("eve")]) }];
    write::update(&mut db, &class, "7", None, &deltas).expect("it works");
    write::delete(&mut db, &class, "7", None).expect("it works");
    let error = write::delete(&mut db, &class, "8", None).expect_err("it is not there");
    assert_eq!(error.kind, ErrorKind::NotFound);
    let from = "FROM (SELECT person_id, login, active FROM people) t WHERE t.\"person_id\" = ?1";
    check(
        &db,
        &[
            "BEGIN",
            &format!(r#"SELECT 1, t."login", t."active" {from}"#),
            "UPDATE people SET login = ?1, was = ?2, renamed = ?3, on = ?4 WHERE id = ?5",
            "COMMIT",
            "BEGIN",
            &format!(r#"SELECT 1, t."login" {from}"#),
            r#"CALL hr.leave(Direction::Input Value::Text("eve"))"#,
            "COMMIT",
            "BEGIN",
            &format!(r#"SELECT 1, t."login" {from}"#),
            "ROLLBACK",
        ],
    );
    let params =
        [Sql::Text("eve".into()), Sql::Text("ada".into()), Sql::Boolean(true), Sql::Boolean(true), Sql::Integer(7)];
    assert_eq!(db.params[1], params);
    // What no statement mentions cannot be written.
    let deltas = [Delta { attribute: "hash".into(), change: Change::Replace(vec![text("x")]) }];
    let error = write::update(&mut db, &class, "7", None, &deltas).expect_err("there is no statement");
    assert_eq!((error.kind, error.attribute.as_deref()), (ErrorKind::Mutability, Some("hash")));
    let error = write::create(&mut db, &class, &[]).expect_err("there is no statement");
    assert_eq!(error.kind, ErrorKind::Unsupported);
    assert_eq!(
        discover::class(&class).operations,
        Operations::GET | Operations::SEARCH | Operations::UPDATE | Operations::DELETE
    );
}

#[test]
fn a_label_goes_only_if_it_is_there() {
    let class = compiled(
        Dialect::Postgres,
        r#"{"table": "person", "version": false, "lookups": {"department": {
                "column": "dept_id", "table": "department", "key": "dept_id", "value": "name"}},
            "operations": {"update": "UPDATE person SET dept_id = :department WHERE person_id = :person_id"}}"#,
    )
    .expect("it is in order");
    for (held, expected) in [(5, Sql::Null), (6, Sql::Integer(6))] {
        let mut db = Recorder::new([
            Answer::Rows(vec![vec![Sql::Integer(1)]]),
            Answer::Rows(vec![vec![Sql::Integer(1), Sql::Integer(held)]]),
            Answer::Rows(vec![vec![Sql::Integer(5)]]),
            Answer::Affected(1),
        ]);
        let deltas = [Delta { attribute: "department".into(), change: Change::Remove(vec![text("Sales")]) }];
        write::update(&mut db, &class, "7", None, &deltas).expect("it works");
        assert_eq!(db.params.last(), Some(&vec![expected, Sql::Integer(7)]), "{held}");
    }
}

#[test]
fn a_list_changes_by_a_statement_per_value() {
    let class = declared(
        r#"{"search": "SELECT person_id, login, active FROM people",
            "add": {"groups": {"call": "hr.enter", "arguments": ["person_id", "value"]}},
            "remove": {"groups": "DELETE FROM member WHERE person_id = :person_id AND team_id = :value.team_id"}}"#,
    );
    let team = |id: &str| Value::Reference(id.to_owned());
    let id = |id: i64| vec![Sql::Integer(id)];
    let mut db = Recorder::new([
        Answer::Rows(vec![id(1)]),
        Answer::Rows(vec![id(4)]),
        called(&[], Vec::new(), &[]),
        Answer::Rows(vec![id(4)]),
        Answer::Affected(1),
    ]);
    let deltas = [
        Delta { attribute: "groups".into(), change: Change::Add(vec![team("4"), team("5")]) },
        Delta { attribute: "groups".into(), change: Change::Remove(vec![team("4"), team("6"), team("x")]) },
    ];
    write::update(&mut db, &class, "7", None, &deltas).expect("it works");
    let held =
        |ids: &str| format!(r#"SELECT "team_id" FROM "member" WHERE "person_id" = ?1 AND ("team_id" IN ({ids}))"#);
    check(
        &db,
        &[
            "BEGIN",
            r#"SELECT 1 FROM (SELECT person_id, login, active FROM people) t WHERE t."person_id" = ?1"#,
            &held("?2, ?3"),
            "CALL hr.enter(Direction::Input Value::Integer(7), Direction::Input Value::Integer(5))",
            &held("?2, ?3"),
            "DELETE FROM member WHERE person_id = ?1 AND team_id = ?2",
            "COMMIT",
        ],
    );
    assert_eq!(db.params[4], [Sql::Integer(7), Sql::Integer(4)]);
}

#[test]
fn errors_and_codes_mean_what_the_settings_say() {
    let class = declared(
        r#"{"search": "SELECT person_id, login, active FROM people",
            "delete": [{"call": "hr.leave", "arguments": ["person_id", {"out": "rc"}],
                "result": {"from": "rc", "ok": [0, 1], "errors": {"2": "conflict",
                    "3": {"kind": "invalid-value", "attribute": "login", "message": "no such login"}}},
                "errors": {"45001": {"kind": "permission-denied", "message": "not you"}}},
                {"sql": "DELETE FROM queue WHERE id = :person_id", "rows": 2}],
            "errors": {"50001": "not-found", "45001": "conflict"}}"#,
    );
    let state = |state: &str, failure| {
        Answer::Failed(patchbay_connector::sql::Error { sqlstate: Some(state.to_owned()), ..failed(failure) })
    };
    let code = |code: i64| called(&[Sql::Integer(code)], Vec::new(), &[]);
    for (answers, expected) in [
        (vec![code(1), Answer::Affected(2)], None),
        (vec![code(0), Answer::Affected(0)], Some((ErrorKind::Conflict, "the target did not change the object", None))),
        (
            vec![code(0), Answer::Affected(3)],
            Some((ErrorKind::Conflict, "the target changed other rows than expected", None)),
        ),
        (vec![code(2)], Some((ErrorKind::Conflict, "the target's state does not allow this", None))),
        (vec![code(3)], Some((ErrorKind::InvalidValue, "no such login", Some("login")))),
        (
            vec![code(4)],
            Some((ErrorKind::Configuration, "the target gave a code back that the settings do not know", None)),
        ),
        (
            vec![called(&[Sql::Null], Vec::new(), &[])],
            Some((ErrorKind::Configuration, "the target gave no code back that can be read", None)),
        ),
        (vec![state("45001", Failure::CheckViolation)], Some((ErrorKind::PermissionDenied, "not you", None))),
        (vec![state("mssql.50001", Failure::CheckViolation)], Some((ErrorKind::NotFound, "no such object", None))),
        (
            vec![state("45002", Failure::CheckViolation)],
            Some((ErrorKind::InvalidValue, "the target refuses these values", None)),
        ),
        (
            vec![state("42601", Failure::InvalidStatement)],
            Some((ErrorKind::Configuration, "the database cannot run a statement of the settings", None)),
        ),
        (
            vec![state("42883", Failure::Undefined)],
            Some((
                ErrorKind::Configuration,
                "a statement or procedure of the settings needs something that the target does not have",
                None,
            )),
        ),
        (
            vec![state("", Failure::Denied)],
            Some((ErrorKind::PermissionDenied, "the binding does not grant this", None)),
        ),
    ] {
        let met = Answer::Rows(vec![vec![Sql::Integer(1)]]);
        let mut db = Recorder::new(std::iter::once(met).chain(answers));
        let outcome = write::delete(&mut db, &class, "7", None).err();
        let outcome = outcome.as_ref().map(|error| (error.kind, error.message.as_str(), error.attribute.as_deref()));
        assert_eq!(outcome, expected);
        let end = if expected.is_some() { "ROLLBACK" } else { "COMMIT" };
        assert_eq!(db.seen.last().map(String::as_str), Some(end));
    }
}

#[test]
fn own_statements_beside_generated_ones() {
    let class = compiled(
        Dialect::Postgres,
        r#"{"table": "person", "version": {"column": "row_version", "increment": true},
            "multi": {"groups": {"table": "member", "parent": "person_id", "value": "team_id", "class": "team"}},
            "operations": {"set": {"login": "UPDATE login SET name = :value WHERE id = :person_id"},
                "add": {"groups": {"call": "enter", "arguments": ["person_id", "value"]}},
                "remove": {"groups": {"call": "leave", "arguments": ["person_id", "value"]}}}}"#,
    )
    .expect("it is in order");
    let mut db = Recorder::new([
        Answer::Rows(vec![vec![Sql::Integer(7)]]),
        Answer::Affected(1),
        Answer::Rows(vec![vec![Sql::Integer(1)]]),
        // The update.
        Answer::Rows(vec![vec![Sql::Integer(1)]]),
        Answer::Affected(1),
        Answer::Affected(1),
        Answer::Rows(vec![vec![Sql::Integer(2)]]),
        // The delete.
        Answer::Rows(vec![vec![Sql::Integer(1)]]),
        Answer::Rows(vec![vec![Sql::Integer(7), Sql::Integer(4)]]),
        called(&[], Vec::new(), &[]),
        Answer::Affected(1),
    ]);
    let attributes = [given("login", &[text("ada")]), given("first_name", &[text("Ada")])];
    write::create(&mut db, &class, &attributes).expect("it works");
    let deltas = [Delta { attribute: "login".into(), change: Change::Replace(vec![text("eve")]) }];
    write::update(&mut db, &class, "7", Some("1"), &deltas).expect("it works");
    write::delete(&mut db, &class, "7", None).expect("it works");
    let own = "UPDATE login SET name = ?1 WHERE id = ?2";
    let version = r#"SELECT "row_version" FROM "person" WHERE "person_id" = ?1"#;
    check(
        &db,
        &[
            "BEGIN",
            r#"INSERT INTO "person" ("first_name") VALUES (?1) RETURNING "person_id""#,
            own,
            version,
            "COMMIT",
            "BEGIN",
            r#"SELECT 1 FROM "person" WHERE "person_id" = ?1 AND "row_version" = ?2 FOR UPDATE"#,
            r#"UPDATE "person" SET "row_version" = COALESCE("row_version", 0) + 1 WHERE "person_id" = ?1 AND "row_version" = ?2"#,
            own,
            version,
            "COMMIT",
            "BEGIN",
            r#"SELECT 1 FROM "person" WHERE "person_id" = ?1 FOR UPDATE"#,
            r#"SELECT c."person_id", c."team_id" FROM "member" c WHERE c."person_id" = ?1 ORDER BY c."team_id""#,
            "CALL leave(Direction::Input Value::Integer(7), Direction::Input Value::Integer(4))",
            r#"DELETE FROM "person" WHERE "person_id" = ?1"#,
            "COMMIT",
        ],
    );
}
