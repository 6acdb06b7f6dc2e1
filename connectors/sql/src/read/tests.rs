//! Values that are not of their columns' types.

use patchbay_connector::sql::Value as Sql;
use patchbay_connector::{Cell, Error, Object, Value};

use super::{Query, get, search};
use crate::dialect::Dialect;
use crate::fixture::{Answer, Recorder, catalogue};
use crate::plan::Class;
use crate::plan::compile::compile;
use crate::settings;

const SETTINGS: &str = r#"{"classes": {"person": {
    "table": "person", "version": false, "attributes": {"first_name": {"type": "timestamp"}},
    "references": {"manager": {"columns": "manager_id", "class": "person"}},
    "multi": {"mail": {"table": "mail", "parent": "person_id", "value": "address", "type": "timestamp"}}
}}}"#;

fn person() -> Class {
    let settings = settings::parse(SETTINGS).unwrap_or_else(|problems| panic!("{problems:?}"));
    let (classes, problems) = compile(&settings, &catalogue(), Dialect::Postgres);
    classes.and_then(|classes| classes.into_iter().next()).unwrap_or_else(|| panic!("{problems:?}"))
}

fn sql(text: &str) -> Sql {
    Sql::Text(text.to_owned())
}

/// What `first_name`, `login` and `mail` of a row, and of rows of mail, are read as.
fn check(first: Sql, mail: &[&str], expected: [&[&str]; 3]) {
    let mail = mail.iter().map(|address| vec![Sql::Integer(7), sql(address)]).collect();
    let mut db = Recorder::new([Answer::Rows(vec![vec![Sql::Integer(7), first, sql("anna")]]), Answer::Rows(mail)]);
    let names = ["first_name", "login", "mail"].map(str::to_owned);
    let object = get(&mut db, &person(), "7", &names).expect("it can be read");
    let shown = |cell: &Cell| -> Vec<String> {
        let text = |value: &Value| match value {
            Value::Text(text) | Value::Timestamp(text) => text.clone(),
            other => format!("{other:?}"),
        };
        cell.iter().map(text).collect()
    };
    assert_eq!(object.cells.iter().map(shown).collect::<Vec<_>>(), expected);
}

#[test]
fn a_value_that_cannot_be_read_is_none() {
    const DAY: &str = "2026-01-31T00:00:00Z";
    check(sql(DAY), &[DAY], [&[DAY], &["anna"], &[DAY]]);
    check(Sql::Other("0000-00-00 00:00:00".into()), &[DAY], [&[], &["anna"], &[DAY]]);
    check(sql(""), &[], [&[], &["anna"], &[]]);
    // What is bad of a list is left out alone.
    check(Sql::Bytes(vec![0xff]), &["", DAY, "x"], [&[], &["anna"], &[DAY]]);
}

/// The error of a search that meets this row.
fn check_error(attribute: &str, row: Vec<Sql>, internal: &str) {
    let mut db = Recorder::new([Answer::Rows(vec![row])]);
    let query = Query {
        class: "person".into(),
        filter: None,
        attributes: vec![attribute.to_owned()],
        order: Vec::new(),
        page_size: 10,
        offset: None,
        continuation: None,
        want_total: false,
    };
    let outcome: Result<Vec<Object>, Error> = search(&mut db, &person(), &query).map(|page| page.objects);
    let error = outcome.expect_err("it cannot be read");
    assert_eq!(error.code.as_deref(), Some("sql.value"), "{error:?}");
    assert_eq!(error.internal.as_deref(), Some(internal), "{error:?}");
}

#[test]
fn what_remains_an_error_says_in_which_row_it_is() {
    check_error("login", vec![Sql::Null, sql("anna")], "in the row of `person` with person_id = NULL");
    let mixed = vec![sql("x"), sql("anna")];
    check_error("login", mixed, "in the row of `person` with person_id = a value of another type");
    check_error("manager", vec![Sql::Integer(7), sql("x")], "in the object `7`");
}
