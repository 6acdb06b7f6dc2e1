//! The gate over real databases.

use std::sync::Arc;
use std::time::Duration;

use patchbay_capability::sql::{
    Batch, Binding, BindingOptions, Call, Failure, Fragment, Policy, Pool, Reply, Statement, Value, Verb,
};
use patchbay_capability::{Scope, Usage};

use crate::bed::{soon, targets, text};

fn binding(pool: Arc<dyn Pool>) -> Arc<Binding> {
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
    Arc::new(Binding::new("db", options, pool, None))
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

#[tokio::test]
async fn a_write_and_a_read_through_the_gate() {
    for target in targets() {
        let quoted = "\"odd \"\"name\"";
        let odd = target.choose(quoted, quoted, "`odd \"name`", "[odd \"name]");
        target.admin(&format!(
            "CREATE TABLE person (id INTEGER NOT NULL PRIMARY KEY, {odd} VARCHAR(60));
             CREATE TABLE salary (id INTEGER NOT NULL PRIMARY KEY, person_id INTEGER REFERENCES person (id))"
        ));
        let binding = binding(target.pool(1));
        let mut session = binding.open(&scope()).await.unwrap();
        assert_eq!(session.call(Call::Begin).await, Ok(Reply::Done));
        let insert = Statement {
            fragments: vec![
                sql("INSERT INTO "),
                ident("person"),
                sql(" ("),
                ident("id"),
                sql(", "),
                ident("odd \"name"),
                sql(") VALUES ("),
                Fragment::Param(0),
                sql(", "),
                Fragment::Param(1),
                sql(")"),
            ],
            params: vec![Value::Integer(1), text("x'; DROP TABLE person; --")],
        };
        assert_eq!(session.call(Call::Execute(insert.clone())).await, Ok(Reply::Affected(1)));
        assert_eq!(session.call(Call::Commit).await, Ok(Reply::Done));

        let select = Statement {
            fragments: vec![
                sql("SELECT "),
                ident("odd \"name"),
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
            ],
            params: vec![Value::Integer(1)],
        };
        assert!(matches!(session.call(Call::Query(select)).await, Ok(Reply::Columns(_))));
        let rows = session.call(Call::Next { max_rows: 10 }).await;
        assert_eq!(rows, Ok(Reply::Batch(Batch::last(vec![vec![text("x'; DROP TABLE person; --")]]))));
        assert_eq!(session.call(Call::Next { max_rows: 10 }).await, Ok(Reply::Batch(Batch::last(Vec::new()))));

        // A failed statement spoils the transaction on both.
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
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_operations_deadline_ends_a_statement() {
    for target in targets() {
        target.admin("CREATE TABLE person (id INTEGER PRIMARY KEY)");
        let binding = binding(target.pool(1));
        let short = Scope { deadline: std::time::Instant::now() + Duration::from_millis(300), ..scope() };
        let mut session = binding.open(&short).await.unwrap();
        let recursion =
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i > 0) SELECT max(i) FROM n";
        // MariaDB ends a recursion after a while.
        let product = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900)
            SELECT max(a.i * b.i * c.i * d.i) FROM n AS a, n AS b, n AS c, n AS d";
        // SQL Server's recursions end early as well, and read a table that nobody granted.
        let digits = "(VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9))";
        let (sum, from): (Vec<_>, Vec<_>) =
            (0..11).map(|place| (format!("t{place}.i"), format!("{digits} AS t{place} (i)"))).unzip();
        let digits = format!("SELECT max({}) FROM {}", sum.join(" + "), from.join(", "));
        let endless = target.choose(recursion, recursion, product, &digits);
        let outcome = session.call(Call::Query(Statement { fragments: vec![sql(endless)], params: vec![] })).await;
        assert_eq!(outcome.unwrap_err().failure, Failure::Timeout, "{target:?}");
        drop(session);
        let mut session = binding.open(&scope()).await.unwrap();
        let one = Statement { fragments: vec![sql("SELECT 1")], params: vec![] };
        assert!(session.call(Call::Query(one)).await.is_ok(), "{target:?}");
    }
}
