//! Several statements in one go.

use patchbay_capability::sql::{Batch, Error, Failure, Prepared, Reply, Request, Value};

use crate::bed::{Line, Target, failure, targets, text};
use crate::{cursor, way};

/// The numbers up to 1000.
fn all_numbers(target: &Target) -> &str {
    let recursion = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) SELECT i FROM n";
    let limited = "WITH n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
                   SELECT i FROM n OPTION (MAXRECURSION 1000)";
    target.choose(recursion, recursion, recursion, limited)
}

fn numbers(to: i64, done: bool) -> Batch {
    Batch { rows: (1..=to).map(|i| vec![Value::Integer(i)]).collect(), done }
}

async fn pipeline(line: &mut Line, texts: &[&str], max_rows: u32, max_bytes: usize) -> Result<Vec<Batch>, Error> {
    let prepared = |text: &&str| Prepared { text: (*text).to_owned(), params: Vec::new() };
    let statements = texts.iter().map(prepared).collect();
    match line.run(Request::Pipeline { statements, max_rows, max_bytes }).await? {
        Reply::Batches(batches) => Ok(batches),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn each_gives_its_first_rows_and_whether_there_are_more() {
    for target in targets() {
        let numbers_query = all_numbers(&target);
        let mut line = target.line().await;
        let none = "SELECT 1 FROM (SELECT 1 AS one) AS t WHERE 1 = 0";
        let outcome = pipeline(&mut line, &[numbers_query, none, "SELECT 1"], 3, usize::MAX).await;
        assert_eq!(outcome, Ok(vec![numbers(3, false), numbers(0, true), numbers(1, true)]), "{target:?}");
        assert_eq!(pipeline(&mut line, &[numbers_query], 1000, usize::MAX).await, Ok(vec![numbers(1000, true)]));
        assert_eq!(pipeline(&mut line, &[numbers_query], 1000, 20).await, Ok(vec![numbers(3, false)]));
        assert_eq!(pipeline(&mut line, &[numbers_query], 1000, 1).await, Ok(vec![numbers(1, false)]));
    }
}

#[tokio::test]
async fn a_pipeline_ends_a_cursor_and_leaves_none() {
    for target in targets() {
        let numbers_query = all_numbers(&target);
        let pool = target.pool(1);
        let mut line = Line::open(&pool).await;
        line.query(numbers_query, &[]).await.unwrap();
        assert_eq!(pipeline(&mut line, &[numbers_query], 2, usize::MAX).await, Ok(vec![numbers(2, false)]));
        assert_eq!(failure(line.next(1).await), Failure::InvalidStatement, "{target:?}");
        assert_eq!(line.one("SELECT 7", &[]).await, Ok(Value::Integer(7)));
        pipeline(&mut line, &[numbers_query, numbers_query], 1, usize::MAX).await.unwrap();
        drop(line);
        assert_eq!(Line::open(&pool).await.one("SELECT 8", &[]).await, Ok(Value::Integer(8)));
    }
}

#[tokio::test]
async fn what_nobody_reads_does_not_hold_up_the_next_one() {
    for target in targets() {
        let pool = target.pool(1);
        let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900) \
                       SELECT a.i FROM n AS a, n AS b, n AS c";
        // Drivers of ODBC read all of it first.
        let endless = if way::ODBC { endless.trim_end_matches(", n AS c") } else { endless };
        let counted = cursor::count_to(&target, 100_000_000);
        let endless = target.choose(endless, endless, endless, &counted);
        for _ in 0..3 {
            let mut line = Line::open(&pool).await;
            assert_eq!(pipeline(&mut line, &[endless], 1, usize::MAX).await, Ok(vec![numbers(1, false)]));
            drop(line);
            assert_eq!(Line::open(&pool).await.one("SELECT 7", &[]).await, Ok(Value::Integer(7)), "{target:?}");
        }
    }
}

#[tokio::test]
async fn a_transaction_sees_its_own_writes_and_ends_with_the_first_error() {
    for target in targets() {
        target.admin("CREATE TABLE t (a INTEGER NOT NULL PRIMARY KEY, b VARCHAR(9))");
        let mut line = target.line().await;
        line.begin().await;
        line.execute("INSERT INTO t VALUES (1, 'x')", &[]).await.unwrap();
        let read = pipeline(&mut line, &["SELECT b FROM t", "SELECT a FROM t"], 9, usize::MAX).await;
        assert_eq!(read, Ok(vec![Batch::last(vec![vec![text("x")]]), numbers(1, true)]), "{target:?}");
        let division = "SELECT 1 / (a - 1) FROM t";
        let broken = target.choose(
            "SELECT abs(-9223372036854775807 - 1)",
            division,
            "SELECT (SELECT 1 UNION SELECT 2)",
            division,
        );
        let outcome = pipeline(&mut line, &["SELECT a FROM t", broken, "SELECT a FROM t"], 9, usize::MAX).await;
        assert!(outcome.is_err(), "{target:?}: {outcome:?}");
        line.rollback().await;
        assert_eq!(pipeline(&mut line, &["SELECT a FROM t"], 9, usize::MAX).await, Ok(vec![numbers(0, true)]));
    }
}

#[tokio::test]
async fn statements_prepared_for_another_table_are_prepared_anew() {
    for target in targets() {
        target.admin("CREATE TABLE t (a INTEGER, b INTEGER); INSERT INTO t VALUES (1, 2)");
        let mut line = target.line().await;
        let texts = ["SELECT 1", "SELECT * FROM t"];
        pipeline(&mut line, &texts, 9, usize::MAX).await.unwrap();
        target.admin("ALTER TABLE t DROP COLUMN b");
        let outcome = pipeline(&mut line, &texts, 9, usize::MAX).await;
        assert_eq!(outcome, Ok(vec![numbers(1, true), numbers(1, true)]), "{target:?}");
    }
}
