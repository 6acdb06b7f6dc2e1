//! What the unit tests share: a catalogue, classes compiled from it, and a database that
//! records statements and answers from a script.

use std::collections::VecDeque;

use patchbay_connector::sql::{
    Argument, Batch, CallResult, ColumnInfo, ColumnKind, Dialect as Client, Error, Failure, ForeignKey, Generation,
    Row, Statement, TableInfo, UniqueKey, Value, render,
};

use crate::catalogue::Catalogue;
use crate::database::Database;
use crate::dialect::Dialect;
use crate::plan::Class;
use crate::plan::compile::compile;
use crate::settings;

/// Settings with one of everything.
pub(crate) const SETTINGS: &str = r#"{"classes": {
    "person": {
        "table": "person", "name": "login", "version": {"column": "row_version", "increment": true},
        "references": {"manager": {"columns": "manager_id", "class": "person"}},
        "lookups": {"department": {"column": "dept_id", "table": "department", "key": "dept_id", "value": "name"}},
        "multi": {
            "mail": {"table": "mail", "parent": "person_id", "value": "address", "where": {"kind": "W"}},
            "groups": {"table": "member", "parent": "person_id", "value": "team_id", "class": "team", "read_only": true}
        },
        "soft_delete": {"set": {"gone": true}}
    },
    "team": {
        "table": "team",
        "multi": {"members": {"table": "member", "parent": "team_id", "value": "person_id", "class": "person"}}
    }
}}"#;

fn column(name: &str, kind: ColumnKind, nullable: bool, generation: Generation) -> ColumnInfo {
    let type_name = match kind {
        ColumnKind::Integer => "integer",
        ColumnKind::Boolean => "boolean",
        _ => "character varying(20)",
    };
    ColumnInfo {
        name: name.into(),
        type_name: type_name.into(),
        kind,
        nullable,
        generation,
        max_length: (kind == ColumnKind::Text).then_some(20),
        padded: false,
        case_sensitive: name != "login",
    }
}

fn table(name: &str, columns: Vec<ColumnInfo>, key: &[&str]) -> TableInfo {
    TableInfo {
        name: vec![name.into()],
        view: false,
        columns,
        primary_key: key.iter().map(|part| (*part).into()).collect(),
        unique_keys: Vec::new(),
        foreign_keys: Vec::new(),
        deferrable: false,
    }
}

/// The tables that [`SETTINGS`] names.
pub(crate) fn catalogue() -> Catalogue {
    use ColumnKind::{Boolean, Integer, Text};
    use Generation::{Default, Identity, None};
    let mut person = table(
        "person",
        vec![
            column("person_id", Integer, false, Identity),
            column("login", Text, false, None),
            column("first_name", Text, true, None),
            column("dept_id", Integer, true, None),
            column("manager_id", Integer, true, None),
            column("row_version", Integer, false, Default),
            column("gone", Boolean, false, Default),
        ],
        &["person_id"],
    );
    person.unique_keys.push(UniqueKey { name: Some("person_login_key".into()), columns: vec!["login".into()] });
    person.foreign_keys.push(ForeignKey {
        name: Some("person_manager".into()),
        columns: vec!["manager_id".into()],
        table: vec!["person".into()],
        references: vec!["person_id".into()],
    });
    let mut department = table(
        "department",
        vec![column("dept_id", Integer, false, Identity), column("name", Text, false, None)],
        &["dept_id"],
    );
    department.unique_keys.push(UniqueKey { name: Option::None, columns: vec!["name".into()] });
    let mail = table(
        "mail",
        vec![
            column("person_id", Integer, false, None),
            column("kind", Text, false, None),
            column("address", Text, false, None),
        ],
        &["person_id", "kind", "address"],
    );
    let team = table(
        "team",
        vec![column("team_id", Integer, false, Identity), column("name", Text, false, None)],
        &["team_id"],
    );
    let member = table(
        "member",
        vec![column("team_id", Integer, false, None), column("person_id", Integer, false, None)],
        &["team_id", "person_id"],
    );
    let mut catalogue = Catalogue::default();
    for info in [person, department, mail, team, member] {
        catalogue.insert(info);
    }
    catalogue
}

/// The classes of [`SETTINGS`].
pub(crate) fn classes(dialect: Dialect) -> Vec<Class> {
    let settings = settings::parse(SETTINGS).expect("the settings are in order");
    let (classes, problems) = compile(&settings, &catalogue(), dialect);
    classes.unwrap_or_else(|| panic!("{problems:?}"))
}

/// One of them.
pub(crate) fn class(dialect: Dialect, name: &str) -> Class {
    classes(dialect).into_iter().find(|class| class.name == name).expect("there is such a class")
}

/// What a statement is answered with.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    Rows(Vec<Row>),
    Affected(u64),
    Called(CallResult),
    Failed(Error),
}

/// An error of the database.
pub(crate) fn failed(failure: Failure) -> Error {
    Error {
        failure,
        sqlstate: None,
        constraint: None,
        table: None,
        columns: Vec::new(),
        message: "it did not work".into(),
    }
}

/// A database that only pretends.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    answers: VecDeque<Answer>,
    /// Statements and transaction steps, in order.
    pub(crate) seen: Vec<String>,
    /// Their parameters.
    pub(crate) params: Vec<Vec<Value>>,
    /// Whether the connection is lost while it commits.
    pub(crate) lost_commit: bool,
}

impl Recorder {
    pub(crate) fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self { answers: answers.into_iter().collect(), ..Self::default() }
    }

    fn answer(&mut self, statement: Statement) -> Answer {
        self.seen.push(render(&statement.fragments));
        self.params.push(statement.params);
        self.answers.pop_front().expect("the script answers every statement")
    }

    fn step(&mut self, name: &str) -> Result<(), Error> {
        self.seen.push(name.to_owned());
        Ok(())
    }
}

impl Database for Recorder {
    fn dialect(&self) -> Client {
        Client::Postgres
    }

    fn query(&mut self, statement: Statement, enough: usize) -> Result<Vec<Row>, Error> {
        match self.answer(statement) {
            Answer::Rows(mut rows) => {
                rows.truncate(enough);
                Ok(rows)
            }
            Answer::Failed(error) => Err(error),
            other => panic!("the script has {other:?} for a query"),
        }
    }

    fn pipeline(&mut self, statements: Vec<Statement>, max_rows: u32) -> Result<Vec<Batch>, Error> {
        let enough = usize::try_from(max_rows).unwrap_or(usize::MAX);
        let first = |statement| {
            let mut rows = self.query(statement, usize::MAX)?;
            let done = rows.len() <= enough;
            rows.truncate(enough);
            Ok(Batch { rows, done })
        };
        statements.into_iter().map(first).collect()
    }

    fn execute(&mut self, statement: Statement) -> Result<u64, Error> {
        match self.answer(statement) {
            Answer::Affected(count) => Ok(count),
            Answer::Failed(error) => Err(error),
            other => panic!("the script has {other:?} for a statement without rows"),
        }
    }

    fn call(&mut self, procedure: &[String], arguments: &[Argument], _: u32) -> Result<CallResult, Error> {
        let shown: Vec<String> = arguments
            .iter()
            .map(|argument| {
                let name = argument.name.iter().map(|name| format!("{name}: ")).collect::<String>();
                format!("{name}{:?} {:?}", argument.direction, argument.value)
            })
            .collect();
        self.seen.push(format!("CALL {}({})", procedure.join("."), shown.join(", ")));
        self.params.push(Vec::new());
        match self.answers.pop_front().expect("the script answers every call") {
            Answer::Called(result) => Ok(result),
            Answer::Failed(error) => Err(error),
            other => panic!("the script has {other:?} for a call"),
        }
    }

    fn begin(&mut self) -> Result<(), Error> {
        self.step("BEGIN")
    }

    fn commit(&mut self) -> Result<(), Error> {
        self.step("COMMIT")?;
        if self.lost_commit { Err(failed(Failure::Unavailable)) } else { Ok(()) }
    }

    fn rollback(&mut self) -> Result<(), Error> {
        self.step("ROLLBACK")
    }

    fn lock(&mut self, table: &[String], key: &str) -> Result<(), Error> {
        self.step(&format!("LOCK {} {key}", table.join(".")))
    }

    fn tables(&mut self) -> Result<Vec<Vec<String>>, Error> {
        Ok(catalogue().tables().map(|(name, _)| name.to_vec()).collect())
    }

    fn describe(&mut self, table: &[String]) -> Result<TableInfo, Error> {
        catalogue().table(table).cloned().ok_or_else(|| failed(Failure::Undefined))
    }
}
