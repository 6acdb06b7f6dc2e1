//! Rows in batches.

use patchbay_capability::sql::{Dialect, Failure, Reply, Request, Row, Value};

use crate::bed::{Line, Target, failure, targets, text};
use crate::way;

/// A query of so many numbers, counted while they are read.
pub(crate) fn count_to(target: &Target, last: u32) -> String {
    let recursion =
        format!("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {last}) SELECT i FROM n");
    // MariaDB ends a recursion early, and finishes it before its first row.
    let sequence = format!("SELECT seq AS i FROM seq_1_to_{last}");
    let counted = format!(
        "SELECT TOP ({last}) ROW_NUMBER() OVER (ORDER BY (SELECT NULL)) AS i
         FROM sys.all_columns AS a CROSS JOIN sys.all_columns AS b CROSS JOIN sys.all_columns AS c"
    );
    target.choose(&recursion, &recursion, &sequence, &counted).to_owned()
}

fn numbers(from: i64, to: i64) -> Vec<Row> {
    (from..=to).map(|i| vec![Value::Integer(i)]).collect()
}

async fn batch(line: &mut Line, max_rows: u32, max_bytes: usize) -> Vec<Row> {
    match line.run(Request::Next { max_rows, max_bytes }).await.unwrap() {
        Reply::Batch(batch) => batch.rows,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn batches_keep_within_rows_and_bytes() {
    for target in targets() {
        let mut line = target.line().await;
        assert_eq!(line.query(&count_to(&target, 1000), &[]).await.unwrap(), ["i"]);
        assert_eq!(batch(&mut line, 3, usize::MAX).await, numbers(1, 3));
        // Each row counts 8 bytes; the row that passes the limit is the last one.
        assert_eq!(batch(&mut line, 100, 20).await, numbers(4, 6));
        // Never nothing, however small the limit.
        assert_eq!(batch(&mut line, 100, 1).await, numbers(7, 7));
        assert_eq!(batch(&mut line, 5000, usize::MAX).await, numbers(8, 1000));
        assert_eq!(batch(&mut line, 5000, usize::MAX).await, numbers(1, 0));
        assert_eq!(batch(&mut line, 5000, usize::MAX).await, numbers(1, 0));
    }
}

#[tokio::test]
async fn a_cursor_ends_with_the_next_statement_or_when_closed() {
    for target in targets() {
        let pool = target.pool(1);
        let mut line = Line::open(&pool).await;
        assert_eq!(failure(line.next(1).await), Failure::InvalidStatement);
        line.query(&count_to(&target, 1000), &[]).await.unwrap();
        line.next(1).await.unwrap();
        assert_eq!(line.one("SELECT 7", &[]).await, Ok(Value::Integer(7)));
        line.query(&count_to(&target, 1000), &[]).await.unwrap();
        assert_eq!(line.run(Request::CloseCursor).await, Ok(Reply::Done));
        assert_eq!(failure(line.next(1).await), Failure::InvalidStatement);
        line.query(&count_to(&target, 1000), &[]).await.unwrap();
        // Given back with the cursor open: the next one finds it at rest.
        drop(line);
        let mut line = Line::open(&pool).await;
        assert_eq!(failure(line.next(1).await), Failure::InvalidStatement);
        assert_eq!(line.one("SELECT 8", &[]).await, Ok(Value::Integer(8)));
    }
}

#[tokio::test]
async fn closing_a_long_result_does_not_read_it_all() {
    // Drivers of ODBC do, unless they are told otherwise; it works all the same.
    let rows = if way::ODBC { 200_000 } else { 100_000_000 };
    for target in targets() {
        let pool = target.pool(1);
        let long = count_to(&target, rows);
        for _ in 0..3 {
            let mut line = Line::open(&pool).await;
            line.query(&long, &[]).await.unwrap();
            assert_eq!(line.next(2).await.unwrap(), numbers(1, 2));
            assert_eq!(line.one("SELECT 7", &[]).await, Ok(Value::Integer(7)));
            line.query(&long, &[]).await.unwrap();
        }
    }
}

#[tokio::test]
async fn writes_that_return_rows() {
    for target in targets() {
        target.admin("CREATE TABLE t (a INTEGER NOT NULL PRIMARY KEY, b VARCHAR(9))");
        let pool = target.pool(1);
        let mut line = Line::open(&pool).await;
        let returning = "INSERT INTO t VALUES (?, ?) RETURNING a, b";
        let output = "INSERT INTO t OUTPUT INSERTED.a, INSERTED.b VALUES (?, ?)";
        let insert = target.choose(returning, returning, returning, output);
        line.query(insert, &[Value::Integer(1), text("x")]).await.unwrap();
        // Done although nobody fetched, and its errors come at once.
        let clash = line.query(insert, &[Value::Integer(1), text("y")]).await;
        assert_eq!(failure(clash), Failure::UniqueViolation);
        // MariaDB's UPDATE returns nothing.
        if target.dialect() == Dialect::Mysql {
            assert_eq!(line.execute("UPDATE t SET b = 'z'", &[]).await, Ok(1));
            // Found and not changed is found.
            assert_eq!(line.execute("UPDATE t SET b = 'z'", &[]).await, Ok(1));
        } else {
            let returning = "UPDATE t SET b = 'z' RETURNING b";
            let update = target.choose(returning, returning, "", "UPDATE t SET b = 'z' OUTPUT INSERTED.b");
            assert_eq!(line.all(update, &[]).await.unwrap(), [vec![text("z")]]);
        }
        assert_eq!(line.execute("UPDATE t SET b = 'w' WHERE a = 2", &[]).await, Ok(0));
        assert_eq!(line.execute("DELETE FROM t", &[]).await, Ok(1));
        assert_eq!(line.execute("SELECT 1", &[]).await.map(drop), Ok(()));
    }
}

#[tokio::test]
async fn errors_in_the_middle_of_a_result() {
    for target in targets() {
        let mut line = target.line().await;
        // Fails at the third row.
        let broken = target.choose(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9)
             SELECT CASE WHEN i < 3 THEN i ELSE abs(-9223372036854775807 - 1) END FROM n",
            "SELECT 1 / (3 - i) FROM generate_series(1, 9) AS n (i)",
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9)
             SELECT CASE WHEN i < 3 THEN i ELSE (SELECT 1 UNION SELECT i) END FROM n",
            "SELECT 1 / (3 - i) FROM (VALUES (1), (2), (3), (4)) AS n (i)",
        );
        match line.query(broken, &[]).await {
            // Drivers of ODBC may read all of it at once, and SQL Server may see it coming.
            Err(_) if way::ODBC || target.dialect() == Dialect::Mssql => {}
            opened => {
                opened.unwrap();
                assert!(line.next(100).await.is_err(), "{target:?}");
            }
        }
        assert_eq!(failure(line.next(1).await), Failure::InvalidStatement);
        assert_eq!(line.one("SELECT 7", &[]).await, Ok(Value::Integer(7)));
    }
}
