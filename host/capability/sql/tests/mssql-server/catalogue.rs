//! What the catalogue says of a realistic schema.

use patchbay_capability::sql::{ColumnInfo, Failure, Generation, Reply, Request, TableInfo};

use crate::bed::Bed;
use crate::line::failure;

const SCHEMA: [&str; 10] = [
    "CREATE TABLE department (code CHAR(4) NOT NULL CONSTRAINT department_key PRIMARY KEY, name NVARCHAR(80) NOT NULL)",
    "CREATE SEQUENCE numbers AS BIGINT START WITH 1",
    "CREATE TABLE person (
        person_id INT IDENTITY NOT NULL CONSTRAINT person_key PRIMARY KEY,
        login NVARCHAR(40) COLLATE Latin1_General_100_CI_AS NOT NULL CONSTRAINT person_login_once UNIQUE,
        first_name VARCHAR(40),
        last_name NVARCHAR(40) NOT NULL,
        full_name AS (first_name + ' ' + last_name),
        active BIT NOT NULL DEFAULT 1,
        salary DECIMAL(10,2),
        born DATE,
        photo VARBINARY(MAX),
        created DATETIME2 NOT NULL DEFAULT SYSUTCDATETIME(),
        dept CHAR(4) CONSTRAINT person_dept REFERENCES department,
        boss INT CONSTRAINT person_boss REFERENCES person (person_id),
        number BIGINT NOT NULL DEFAULT NEXT VALUE FOR numbers,
        notes NVARCHAR(MAX),
        tag UNIQUEIDENTIFIER DEFAULT NEWID(),
        version ROWVERSION,
        CONSTRAINT person_name_once UNIQUE (first_name, last_name)
    )",
    "CREATE UNIQUE INDEX person_born_once ON person (born)",
    "CREATE UNIQUE INDEX person_partial ON person (salary) WHERE active = 1",
    "CREATE INDEX person_plain ON person (boss)",
    "CREATE TABLE membership (team INT, person INT CONSTRAINT membership_person REFERENCES person ON DELETE CASCADE,
        CONSTRAINT membership_key PRIMARY KEY (person, team))",
    "CREATE VIEW active_person AS SELECT person_id, login FROM person WHERE active = 1",
    "CREATE SCHEMA hr",
    "CREATE TABLE hr.grade ([odd ]]name] INT CONSTRAINT grade_person REFERENCES dbo.person, short SYSNAME)",
];

async fn describe(bed: &Bed, name: &[&str]) -> TableInfo {
    let name = name.iter().map(|part| (*part).to_owned()).collect();
    match bed.line().await.run(Request::Describe(name)).await.unwrap() {
        Reply::Table(info) => info,
        other => panic!("{other:?}"),
    }
}

/// `name type kind [not null] [generation] [(length)] [padded] [nocase]`.
fn column(info: &ColumnInfo) -> String {
    let mut text = format!("{} {} {:?}", info.name, info.type_name, info.kind);
    if !info.nullable {
        text.push_str(" not null");
    }
    if info.generation != Generation::None {
        text.push_str(&format!(" {:?}", info.generation));
    }
    if let Some(length) = info.max_length {
        text.push_str(&format!(" ({length})"));
    }
    if info.padded {
        text.push_str(" padded");
    }
    if !info.case_sensitive {
        text.push_str(" nocase");
    }
    text
}

fn columns(info: &TableInfo) -> Vec<String> {
    info.columns.iter().map(column).collect()
}

/// `name: columns` or `name: columns -> table(columns)`, in order.
fn keys(info: &TableInfo) -> Vec<String> {
    let name = |name: &Option<String>| name.clone().unwrap_or_else(|| "-".into());
    let unique = info.unique_keys.iter().map(|key| format!("{}: {}", name(&key.name), key.columns.join(",")));
    let foreign = info.foreign_keys.iter().map(|key| {
        let (columns, table) = (key.columns.join(","), key.table.join("."));
        format!("{}: {columns} -> {table}({})", name(&key.name), key.references.join(","))
    });
    let mut keys: Vec<String> = unique.chain(foreign).collect();
    keys.sort();
    keys
}

pub(crate) async fn a_realistic_schema(bed: Bed) {
    bed.admin(&SCHEMA);
    let person = describe(&bed, &["person"]).await;
    assert_eq!((person.name.join("."), person.view), ("person".to_owned(), false));
    assert_eq!(person.primary_key, ["person_id"]);
    assert_eq!(
        columns(&person),
        [
            "person_id int Integer not null Identity",
            "login nvarchar(40) Text not null (40) nocase",
            "first_name varchar(40) Text (40)",
            "last_name nvarchar(40) Text not null (40)",
            "full_name nvarchar(81) Text Computed (81)",
            "active bit Boolean not null Default",
            "salary decimal(10,2) Decimal",
            "born date Date",
            "photo varbinary(max) Bytes",
            "created datetime2(7) Timestamp not null Default",
            "dept char(4) Text (4) padded",
            "boss int Integer",
            "number bigint Integer not null Identity",
            "notes nvarchar(max) Text",
            "tag uniqueidentifier Uuid Default",
            "version timestamp Bytes not null Computed",
        ]
    );
    assert_eq!(
        keys(&person),
        [
            "person_born_once: born",
            "person_boss: boss -> person(person_id)",
            "person_dept: dept -> department(code)",
            "person_login_once: login",
            "person_name_once: first_name,last_name",
        ]
    );
    let membership = describe(&bed, &["membership"]).await;
    assert_eq!(membership.primary_key, ["person", "team"]);
    assert!(membership.columns.iter().all(|c| !c.nullable && c.generation == Generation::None));
    let view = describe(&bed, &["active_person"]).await;
    assert!(view.view && view.primary_key.is_empty() && view.columns.len() == 2);
    assert_eq!(describe(&bed, &["dbo", "person"]).await.name, ["dbo", "person"]);
    for missing in [vec!["nobody"], vec!["nowhere", "person"], vec!["a", "b", "c"], vec!["x'; --"], vec!["[person]"]] {
        let name = missing.iter().map(|part| (*part).to_owned()).collect();
        let outcome = bed.line().await.run(Request::Describe(name)).await;
        assert_eq!(failure(outcome), Failure::Undefined, "{missing:?}");
    }
}

pub(crate) async fn another_schema(bed: Bed) {
    bed.admin(&SCHEMA);
    let grade = describe(&bed, &["hr", "grade"]).await;
    assert_eq!(grade.name, ["hr", "grade"]);
    assert_eq!(columns(&grade), ["odd ]name int Integer", "short nvarchar(128) Text not null (128)"]);
    assert_eq!(keys(&grade), ["grade_person: odd ]name -> person(person_id)"]);
    let outcome = bed.line().await.run(Request::Describe(vec!["grade".into()])).await;
    assert_eq!(failure(outcome), Failure::Undefined);
}
