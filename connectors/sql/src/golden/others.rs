//! Oracle, Db2, HANA and standard SQL: as their administrators would write it.

use super::*;
use crate::plan::{Class, Native, Next, Numbers, Source};

const OTHERS: [Dialect; 4] = [Dialect::Oracle, Dialect::Db2, Dialect::Hana, Dialect::Ansi];

/// A page after another one, sorted by a column that may be NULL.
fn page(dialect: Dialect) -> Recorder {
    page_of(&class(dialect, "person"))
}

fn page_of(person: &Class) -> Recorder {
    let row = |name: Sql, id| vec![name, Sql::Integer(id), Sql::Integer(1)];
    let first = vec![row(Sql::Text("A".into()), 1), row(Sql::Text("B".into()), 2)];
    let mut db = Recorder::new([Answer::Rows(first), Answer::Rows(Vec::new())]);
    let query = Query {
        class: "person".into(),
        filter: None,
        attributes: Vec::new(),
        order: vec![Order { attribute: "first_name".into(), descending: false }],
        page_size: 1,
        offset: None,
        continuation: None,
        want_total: false,
    };
    let next = read::search(&mut db, person, &query).expect("it can be read").next;
    let query = Query { continuation: next, offset: None, ..query };
    read::search(&mut db, person, &query).expect("it can be read");
    db
}

/// SQL Server sorts it otherwise than it would compare it with Unicode.
#[test]
fn pages_by_text_in_a_code_page() {
    let mut person = class(Dialect::Mssql, "person");
    for attribute in &mut person.attributes {
        if let Source::Column(column) = &mut attribute.source {
            column.narrow = (column.name == "first_name").then(|| "SQL_Latin1_General_CP1_CI_AS".to_owned());
        }
    }
    let db = page_of(&person);
    let page = db.seen.last().expect("a second page");
    let value = |number| format!("CAST({number} COLLATE SQL_Latin1_General_CP1_CI_AS AS VARCHAR(8000))");
    for text in [format!(r#"t."first_name" > {}"#, value("?2")), format!(r#"t."first_name" = {} AND"#, value("?3"))] {
        assert!(page.contains(&text), "{page}");
    }
}

#[test]
fn pages() {
    let select = r#"SELECT t."first_name", t."person_id", t."row_version" FROM "person" t WHERE (t."gone" IS NULL OR t."gone" <> ?1)"#;
    let after =
        r#" AND (((t."first_name" > ?2 OR t."first_name" IS NULL)) OR (t."first_name" = ?3 AND t."person_id" > ?4))"#;
    for (dialect, order) in [
        (Dialect::Oracle, r#"ORDER BY t."first_name", t."person_id" FETCH NEXT"#),
        (Dialect::Db2, r#"ORDER BY t."first_name", t."person_id" FETCH NEXT"#),
        (Dialect::Hana, r#"ORDER BY t."first_name" NULLS LAST, t."person_id" LIMIT"#),
        (
            Dialect::Ansi,
            r#"ORDER BY CASE WHEN t."first_name" IS NULL THEN 1 ELSE 0 END, t."first_name", t."person_id" FETCH NEXT"#,
        ),
    ] {
        let [first, second] = if dialect == Dialect::Hana { ["?2", "?5"] } else { ["2 ROWS ONLY"; 2] };
        let db = page(dialect);
        check(&db, &[&format!("{select} {order} {first}"), &format!("{select}{after} {order} {second}")]);
    }
    let skipped = |dialect: Dialect| {
        let mut sql = Builder::new();
        dialect.page(&mut sql, 10, Some(20));
        sql.to_string()
    };
    assert_eq!(skipped(Dialect::Oracle), " OFFSET 20 ROWS FETCH NEXT 10 ROWS ONLY");
    assert_eq!(skipped(Dialect::Hana), " LIMIT ?1 OFFSET ?2");
}

#[test]
fn parts_of_text() {
    let starts = [compare("login", Comparator::StartsWith, text("an"))];
    for dialect in [Dialect::Oracle, Dialect::Hana, Dialect::Ansi] {
        check_filter(dialect, &starts, r#"lower(t."login") LIKE lower(?1) ESCAPE '!'"#);
    }
    // It has to be told what an argument is.
    let typed = r#"lower(t."login") LIKE lower(CAST(?1 AS VARCHAR(32672))) ESCAPE '!'"#;
    check_filter(Dialect::Db2, &starts, typed);
}

/// The statements of a new person with mail, whose key is read back by `found`.
fn created(dialect: Dialect, found: Vec<Answer>) -> Recorder {
    let mut answers = vec![Answer::Affected(1)];
    answers.extend(found);
    let inserts = if dialect.rows_per_insert() == 1 { 2 } else { 1 };
    answers.extend(std::iter::repeat_n(Answer::Affected(1), inserts));
    answers.push(Answer::Rows(vec![vec![Sql::Integer(1)]]));
    let mut db = Recorder::new(answers);
    let given = [
        Attribute { name: "login".into(), values: vec![text("anna")] },
        Attribute { name: "mail".into(), values: vec![text("a@x"), text("b@x")] },
    ];
    let result = write::create(&mut db, &class(dialect, "person"), &given).expect("it works");
    assert_eq!(result.id.uid, "9");
    db
}

#[test]
fn a_new_row_is_found_by_what_it_was_given() {
    let insert = r#"INSERT INTO "person" ("login") VALUES (?1)"#;
    let find = r#"SELECT "person_id" FROM "person" WHERE "login" = ?1"#;
    let both = r#"INSERT INTO "mail" ("person_id", "address", "kind") VALUES (?1, ?2, ?3), (?4, ?5, ?6)"#;
    let each = r#"INSERT INTO "mail" ("person_id", "address", "kind") VALUES (?1, ?2, ?3)"#;
    let version = r#"SELECT "row_version" FROM "person" WHERE "person_id" = ?1"#;
    for dialect in OTHERS {
        let db = created(dialect, vec![Answer::Rows(vec![vec![Sql::Decimal("9".into())]])]);
        match dialect.rows_per_insert() {
            1 => check(&db, &["BEGIN", insert, find, each, each, version, "COMMIT"]),
            _ => check(&db, &["BEGIN", insert, find, both, version, "COMMIT"]),
        }
    }
}

#[test]
fn a_list_that_is_replaced_goes_in_as_a_new_one_does() {
    let find = r#"SELECT c."person_id", c."address" FROM "mail" c WHERE c."person_id" = ?1 AND c."kind" = ?2 ORDER BY c."address""#;
    let gone = r#"DELETE FROM "mail" WHERE "person_id" = ?1 AND "kind" = ?2 AND ("address" IN (?3))"#;
    let both = r#"INSERT INTO "mail" ("person_id", "address", "kind") VALUES (?1, ?2, ?3), (?4, ?5, ?6)"#;
    let each = r#"INSERT INTO "mail" ("person_id", "address", "kind") VALUES (?1, ?2, ?3)"#;
    for dialect in OTHERS {
        let old = vec![Sql::Integer(9), Sql::Text("old@x".into())];
        let inserts = if dialect.rows_per_insert() == 1 { 2 } else { 1 };
        let mut answers = vec![Answer::Affected(1), Answer::Rows(vec![old])];
        answers.extend(std::iter::repeat_n(Answer::Affected(1), 1 + inserts));
        answers.push(Answer::Rows(vec![vec![Sql::Integer(2)]]));
        let mut db = Recorder::new(answers);
        let deltas = [Delta { attribute: "mail".into(), change: Change::Replace(vec![text("a@x"), text("b@x")]) }];
        write::update(&mut db, &class(dialect, "person"), "9", None, &deltas).expect("it works");
        let inner: Vec<&str> = db.seen[2..db.seen.len() - 2].iter().map(String::as_str).collect();
        match dialect.rows_per_insert() {
            1 => assert_eq!(inner, [find, gone, each, each], "{dialect:?}"),
            _ => assert_eq!(inner, [find, gone, both], "{dialect:?}"),
        }
    }
}

#[test]
fn lists_of_keys_are_no_longer_than_databases_take() {
    for (dialect, most) in [
        (Dialect::Postgres, 4_096),
        (Dialect::Mssql, 2_000),
        (Dialect::Oracle, 1_000),
        (Dialect::Db2, 2_000),
        (Dialect::Hana, 2_000),
        (Dialect::Ansi, 1_000),
    ] {
        assert!(dialect.max_params().next_power_of_two() <= most, "{dialect:?}");
    }
    // Filled up to a power of two, a page of 1,000 would pass Oracle's limit.
    let objects = 1..=1_000_i64;
    let rows = objects.map(|id| vec![Sql::Integer(id), Sql::Integer(1)]).collect();
    let mut db = Recorder::new([Answer::Rows(rows), Answer::Rows(Vec::new()), Answer::Rows(Vec::new())]);
    let query = Query {
        class: "person".into(),
        filter: None,
        attributes: vec!["mail".into()],
        order: Vec::new(),
        page_size: 1_000,
        offset: None,
        continuation: None,
        want_total: false,
    };
    let page = read::search(&mut db, &class(Dialect::Oracle, "person"), &query).expect("it can be read");
    assert_eq!(page.objects.len(), 1_000);
    let lists: Vec<usize> = db.seen[1..].iter().map(|text| text.matches('?').count() - 1).collect();
    assert_eq!(lists, [512, 512], "each with the kind of mail beside it");
}

#[test]
fn or_by_the_number_that_was_counted_up() {
    let created = |dialect: Dialect| {
        let mut team = class_without_lists(class(dialect, "team"));
        team.versions = crate::plan::Versions::None;
        let mut db = Recorder::new([Answer::Affected(1), Answer::Rows(vec![vec![Sql::Decimal("9".into())]])]);
        let given = [Attribute { name: "name".into(), values: vec![text("Red")] }];
        let outcome = write::create(&mut db, &team, &given);
        (db, outcome.map(|result| result.id.uid).map_err(|error| error.kind))
    };
    let insert = r#"INSERT INTO "team" ("name") VALUES (?1)"#;
    for (dialect, asked) in [
        (Dialect::Db2, "SELECT IDENTITY_VAL_LOCAL() FROM SYSIBM.SYSDUMMY1"),
        (Dialect::Hana, "SELECT CURRENT_IDENTITY_VALUE() FROM SYS.DUMMY"),
    ] {
        let (db, uid) = created(dialect);
        assert_eq!(uid.as_deref(), Ok("9"));
        check(&db, &["BEGIN", insert, asked, "COMMIT"]);
    }
    // Nothing tells it: what was inserted does not stay.
    for dialect in [Dialect::Oracle, Dialect::Ansi] {
        let (db, uid) = created(dialect);
        assert_eq!(uid, Err(ErrorKind::Configuration));
        check(&db, &["BEGIN", insert, "ROLLBACK"]);
    }
}

#[test]
fn sequences_and_rows_without_values() {
    let drawn = |dialect: Dialect| {
        let mut team = class_without_lists(class(dialect, "team"));
        team.versions = crate::plan::Versions::None;
        let column = team.key[0].clone();
        team.next = vec![Next { column, source: Numbers::Sequence(vec!["HR".into(), "TEAM_SEQ".into()]) }];
        let key = || Answer::Rows(vec![vec![Sql::Decimal("9".into())]]);
        let mut db = Recorder::new([key(), Answer::Affected(1), key()]);
        let given = [Attribute { name: "name".into(), values: vec![text("Red")] }];
        write::create(&mut db, &team, &given).expect("it works");
        db.seen[1].clone()
    };
    assert_eq!(drawn(Dialect::Oracle), r#"SELECT "HR"."TEAM_SEQ".NEXTVAL FROM SYS.DUAL"#);
    assert_eq!(drawn(Dialect::Hana), r#"SELECT "HR"."TEAM_SEQ".NEXTVAL FROM SYS.DUMMY"#);
    assert_eq!(drawn(Dialect::Db2), r#"SELECT NEXT VALUE FOR "HR"."TEAM_SEQ" FROM SYSIBM.SYSDUMMY1"#);

    let bare = |dialect: Dialect| {
        let mut team = class_without_lists(class(dialect, "team"));
        team.attributes.iter_mut().for_each(|attribute| attribute.required = false);
        team.versions = crate::plan::Versions::None;
        let mut db = Recorder::new([Answer::Affected(1), Answer::Rows(vec![vec![Sql::Integer(9)]])]);
        // Whether the key is to be had afterwards is another matter.
        let _ = write::create(&mut db, &team, &[]);
        db.seen[1].clone()
    };
    for dialect in [Dialect::Oracle, Dialect::Db2, Dialect::Hana] {
        assert_eq!(bare(dialect), r#"INSERT INTO "team" ("team_id") VALUES (DEFAULT)"#);
    }
    assert_eq!(bare(Dialect::Ansi), r#"INSERT INTO "team" DEFAULT VALUES"#);
}

#[test]
fn rows_are_locked_before_they_are_compared() {
    for dialect in OTHERS {
        let content = || Answer::Rows(vec![vec![Sql::Integer(5), Sql::Integer(5), Sql::Text("Red".into())]]);
        let team = class(dialect, "team");
        let mut db = Recorder::new([Answer::Rows(vec![vec![Sql::Integer(1)]]), content()]);
        write::delete(&mut db, &team, "5", Some("another")).expect_err("the version is another");
        let lock = match dialect {
            Dialect::Db2 => "WITH RS USE AND KEEP UPDATE LOCKS",
            _ => "FOR UPDATE",
        };
        assert_eq!(db.seen[1], format!(r#"SELECT 1 FROM "team" WHERE "team_id" = ?1 {lock}"#));
    }
}

#[test]
fn text_without_characters_is_no_value_on_oracle() {
    let person = class(Dialect::Oracle, "person");
    assert!(
        person
            .attributes
            .iter()
            .flat_map(|attribute| attribute.own_columns())
            .all(|column| { column.native != Native::Text || column.never_empty })
    );
    let mut db = Recorder::new([]);
    let empty = [Attribute { name: "login".into(), values: vec![text("")] }];
    let error = write::create(&mut db, &person, &empty).expect_err("it cannot be stored");
    assert_eq!((error.kind, error.attribute.as_deref()), (ErrorKind::InvalidValue, Some("login")));
    assert!(error.message.contains("no value"), "{}", error.message);
    check(&db, &[]);
    check_filter(Dialect::Oracle, &[compare("first_name", Comparator::Equal, text(""))], "1 = 0");
    check_filter(Dialect::Oracle, &[compare("first_name", Comparator::NotEqual, text(""))], "1 = 1");
    check_filter(Dialect::Ansi, &[compare("first_name", Comparator::Equal, text(""))], r#"t."first_name" = ?1"#);
}

#[test]
fn blanks_are_taken_off_as_each_database_wants() {
    for (dialect, expected) in [
        (Dialect::Oracle, r#"rtrim(t."first_name") = ?1"#),
        (Dialect::Db2, r#"rtrim(t."first_name") = ?1"#),
        (Dialect::Ansi, r#"trim(TRAILING ' ' FROM t."first_name") = ?1"#),
    ] {
        let person = class(dialect, "person");
        let mut first_name = person.attribute("first_name").expect("it has one").own_columns()[0].clone();
        (first_name.trim, first_name.padded) = (true, false);
        let mut sql = Builder::new();
        condition::equal(&mut sql, dialect, Some("t"), &first_name, Sql::Text("A".into()));
        assert_eq!(sql.to_string(), expected, "{dialect:?}");
    }
}

#[test]
fn moments() {
    for (dialect, now, clock) in [
        (Dialect::Oracle, "CURRENT_TIMESTAMP", Some("SELECT CAST(CURRENT_TIMESTAMP AS TIMESTAMP) FROM SYS.DUAL")),
        (
            Dialect::Db2,
            "(CURRENT_TIMESTAMP - CURRENT_TIMEZONE)",
            Some("SELECT CURRENT_TIMESTAMP - CURRENT_TIMEZONE FROM SYSIBM.SYSDUMMY1"),
        ),
        (Dialect::Hana, "CURRENT_UTCTIMESTAMP", Some("SELECT CURRENT_UTCTIMESTAMP FROM SYS.DUMMY")),
        (Dialect::Ansi, "CURRENT_TIMESTAMP", None),
    ] {
        assert_eq!((dialect.now(), dialect.clock(), dialect.join()), (now, clock, " || "));
    }
}
