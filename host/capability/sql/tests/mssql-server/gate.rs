//! The gate over the real database.

use std::sync::Arc;
use std::time::{Duration, Instant};

use patchbay_capability::sql::{
    Batch, Binding, BindingOptions, Call, Failure, Fragment, Policy, Reply, Statement, Value, Verb,
};
use patchbay_capability::{Scope, Usage};

use crate::bed::Bed;
use crate::line::{soon, text};

fn binding(bed: &Bed) -> Arc<Binding> {
    let options = BindingOptions {
        policy: Policy {
            tables: ["person".to_owned()].into(),
            verbs: [Verb::Select, Verb::Insert, Verb::Update, Verb::Delete].into(),
            ..Policy::default()
        },
        max_statements: 50,
        max_statement_bytes: 1 << 16,
        max_batch_rows: 100,
        max_batch_bytes: 1 << 16,
        max_result_bytes: 1 << 20,
        places: Vec::new(),
        secrets: vec!["hunter2".into()],
    };
    Arc::new(Binding::new("db", options, bed.pool(1), None))
}

fn scope() -> Scope {
    Scope {
        app: "desk".into(),
        operation: "search",
        request_id: "r1".into(),
        deadline: soon(),
        usage: Usage::default(),
    }
}

fn ident(name: &str) -> Fragment {
    Fragment::Identifier(vec![name.into()])
}

fn sql(text: &str) -> Fragment {
    Fragment::Text(text.into())
}

pub(crate) async fn names_in_brackets_and_pages(bed: Bed) {
    bed.admin(&[
        "CREATE TABLE person (id INT NOT NULL PRIMARY KEY, [odd ]]name] NVARCHAR(40))",
        "CREATE TABLE salary (id INT PRIMARY KEY)",
    ]);
    let binding = binding(&bed);
    let mut session = binding.open(&scope()).await.unwrap();
    assert_eq!(session.call(Call::Begin).await, Ok(Reply::Done));
    let fragments = vec![
        sql("INSERT INTO "),
        ident("person"),
        sql(" ("),
        ident("id"),
        sql(", "),
        ident("odd ]name"),
        sql(") VALUES ("),
        Fragment::Param(0),
        sql(", "),
        Fragment::Param(1),
        sql(")"),
    ];
    let insert = Statement { fragments, params: vec![Value::Integer(1), text("x'; DROP TABLE person; --")] };
    assert_eq!(session.call(Call::Execute(insert.clone())).await, Ok(Reply::Affected(1)));
    assert_eq!(session.call(Call::Commit).await, Ok(Reply::Done));

    let fragments = vec![
        sql("SELECT "),
        ident("odd ]name"),
        sql(" FROM "),
        ident("person"),
        sql(" WHERE "),
        ident("id"),
        sql(" = "),
        Fragment::Param(0),
        sql(" OR "),
        ident("id"),
        sql(" < "),
        Fragment::Param(0),
        sql(" ORDER BY "),
        ident("id"),
        sql(" OFFSET "),
        Fragment::Param(1),
        sql(" ROWS FETCH NEXT "),
        Fragment::Param(0),
        sql(" ROWS ONLY"),
    ];
    let select = Statement { fragments, params: vec![Value::Integer(1), Value::Integer(0)] };
    assert!(matches!(session.call(Call::Query(select)).await, Ok(Reply::Columns(_))));
    let rows = session.call(Call::Next { max_rows: 10 }).await;
    assert_eq!(rows, Ok(Reply::Batch(Batch::last(vec![vec![text("x'; DROP TABLE person; --")]]))));

    // A failed statement spoils the transaction.
    assert_eq!(session.call(Call::Begin).await, Ok(Reply::Done));
    let clash = session.call(Call::Execute(insert)).await.unwrap_err();
    assert_eq!((clash.failure, clash.columns), (Failure::UniqueViolation, vec!["id".to_owned()]));
    assert_eq!(session.call(Call::Commit).await.unwrap_err().failure, Failure::InvalidStatement);
    assert_eq!(session.call(Call::Rollback).await, Ok(Reply::Done));

    let salary = Statement { fragments: vec![sql("SELECT id FROM "), ident("salary")], params: Vec::new() };
    assert_eq!(session.call(Call::Query(salary)).await.unwrap_err().failure, Failure::Denied);
    assert_eq!(session.call(Call::Tables).await, Ok(Reply::Tables(vec![vec!["person".into()]])));
    let denied = session.call(Call::Describe(vec!["salary".into()])).await.unwrap_err();
    assert_eq!(denied.failure, Failure::Denied);
}

pub(crate) async fn the_operations_deadline_ends_a_statement(bed: Bed) {
    bed.admin(&["CREATE TABLE person (id INT PRIMARY KEY)"]);
    let binding = binding(&bed);
    // Another writer holds the row.
    let mut other = bed.line().await;
    other.begin().await;
    other.execute("INSERT INTO person VALUES (1)", &[]).await.unwrap();
    let short = Scope { deadline: Instant::now() + Duration::from_millis(300), ..scope() };
    let mut session = binding.open(&short).await.unwrap();
    let fragments = vec![sql("UPDATE "), ident("person"), sql(" SET "), ident("id"), sql(" = 2")];
    let outcome = session.call(Call::Execute(Statement { fragments, params: vec![] })).await;
    assert_eq!(outcome.unwrap_err().failure, Failure::Timeout);
    drop(session);
    other.rollback().await;
    let mut session = binding.open(&scope()).await.unwrap();
    let one = Statement { fragments: vec![sql("SELECT 1")], params: vec![] };
    assert!(session.call(Call::Query(one)).await.is_ok());
}
