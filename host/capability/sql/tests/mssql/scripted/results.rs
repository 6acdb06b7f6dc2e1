//! Rows, counts and parameters.

use std::time::Duration;

use patchbay_capability::sql::{Batch, Failure, Reply, Request, Row, Value};

use super::{line, pool};
use crate::line::{Line, failure, text};
use crate::server::{Act, Server};

fn numbers(from: i64, to: i64) -> Vec<Row> {
    (from..=to).map(|i| vec![Value::Integer(i)]).collect()
}

fn counted(count: u64) -> Vec<Act> {
    vec![Act::Columns(&["i"]), Act::Count(count)]
}

#[tokio::test]
async fn a_session_begins_with_settings() {
    let (server, _line) = line().await;
    let greetings = server.greetings();
    assert_eq!(greetings.len(), 1);
    for setting in ["XACT_ABORT ON", "QUOTED_IDENTIFIER ON", "NOCOUNT OFF", "LANGUAGE us_english", "LOCK_TIMEOUT 10000"]
    {
        assert!(greetings[0].contains(&format!("SET {setting}")), "{setting}");
    }
}

#[tokio::test]
async fn parameters_have_types_and_null_is_written_out() {
    let (server, mut line) = line().await;
    let params = [Value::Integer(1), Value::Null, text("it's"), Value::Null, Value::Decimal("1.50".into())];
    line.execute("INSERT INTO t VALUES (?, ?, '@P9', ?, ?, ?)", &params).await.unwrap();
    line.execute("INSERT INTO [a@P1] VALUES (?)", &[Value::Null]).await.unwrap();
    let long = Value::Text("x".repeat(5000));
    let rest = [
        Value::Boolean(true),
        Value::Float(0.5),
        Value::Bytes(vec![1]),
        Value::Date("2026-01-31".into()),
        Value::Time("09:30:00".into()),
        Value::Timestamp("2026-01-31T09:30:00".into()),
        Value::Timestamp("2026-01-31T09:30:00Z".into()),
        Value::Uuid(1, 2),
        long,
    ];
    line.execute("SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?", &rest).await.unwrap();
    let unfit = line.execute("SELECT ?", &[Value::Date("soon".into())]).await.unwrap_err();
    assert_eq!((unfit.failure, unfit.message.as_str()), (Failure::InvalidParameter, "parameter 1 is a malformed date"));
    assert_eq!(
        server.heard(),
        [
            "INSERT INTO t VALUES (@P1, NULL, '@P9', @P2, NULL, @P3) | @P1 bigint,@P2 nvarchar(4000),@P3 numeric(3,2)",
            "INSERT INTO [a@P1] VALUES (NULL)",
            "SELECT @P1, @P2, @P3, @P4, @P5, @P6, @P7, @P8, @P9 | @P1 bit,@P2 float(53),@P3 varbinary(8000),@P4 date,\
             @P5 time,@P6 datetime2,@P7 datetimeoffset,@P8 uniqueidentifier,@P9 nvarchar(max)",
        ]
    );
}

#[tokio::test]
async fn the_last_count_is_the_statements_own() {
    let (server, mut line) = line().await;
    // A trigger's statements come first.
    server.script("UPDATE t", vec![Act::Affected(5), Act::Affected(7), Act::Affected(2)]);
    server.script("DELETE t", vec![Act::Affected(0)]);
    assert_eq!(line.execute("UPDATE t", &[]).await, Ok(2));
    assert_eq!(line.execute("DELETE t", &[]).await, Ok(0));
    assert_eq!(line.execute("SELECT nothing", &[]).await, Ok(0));
}

#[tokio::test]
async fn batches_keep_within_rows_and_bytes() {
    let (server, mut line) = line().await;
    server.script("SELECT i", counted(1000));
    assert_eq!(line.query("SELECT i", &[]).await.unwrap(), ["i"]);
    assert_eq!(line.next(3).await.unwrap(), numbers(1, 3));
    // Each row counts 8 bytes; the row that passes the limit is the last one.
    assert_eq!(line.batch(100, 20).await, Ok(Batch { rows: numbers(4, 6), done: false }));
    assert_eq!(line.batch(100, 1).await, Ok(Batch { rows: numbers(7, 7), done: false }));
    assert_eq!(line.batch(5000, usize::MAX).await, Ok(Batch::last(numbers(8, 1000))));
    assert_eq!(line.batch(5000, usize::MAX).await, Ok(Batch::last(Vec::new())));
    assert_eq!(line.run(Request::CloseCursor).await, Ok(Reply::Done));
    assert_eq!(failure(line.next(1).await), Failure::InvalidStatement);
    // No rows, and no columns.
    assert_eq!(line.query("INSERT", &[]).await, Ok(Vec::new()));
    assert_eq!(line.batch(1, 1).await, Ok(Batch::last(Vec::new())));
}

#[tokio::test]
async fn text_of_every_sort() {
    let (server, mut line) = line().await;
    let long = "👩‍👩‍👧 漢字 ".repeat(150);
    let texts = [Some(String::new()), None, Some("it's \"quoted\"\0".into()), Some(long)];
    server.script("SELECT t", vec![Act::Columns(&["a", "b", "c", "d"]), Act::Texts(texts.to_vec())]);
    let expected = texts.map(|text| text.map_or(Value::Null, Value::Text)).to_vec();
    assert_eq!(line.all("SELECT t", &[]).await, Ok(vec![expected]));
}

#[tokio::test]
async fn rows_are_read_as_they_are_asked_for() {
    let (server, mut line) = line().await;
    server.script("SELECT i", counted(20_000_000));
    line.query("SELECT i", &[]).await.unwrap();
    assert_eq!(line.next(2).await.unwrap(), numbers(1, 2));
    // The server writes until the network is full, and no further.
    let mut written = usize::MAX;
    while written != server.rows() {
        written = server.rows();
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    assert!(written < 5_000_000, "{written} rows went somewhere");
    // What is left is not read: the session is replaced.
    assert_eq!(line.run(Request::CloseCursor).await, Ok(Reply::Done));
    assert_eq!(server.opened(), 2);
    server.script("SELECT 7", vec![Act::Columns(&["i"]), Act::Numbers(&[7])]);
    assert_eq!(line.one("SELECT 7", &[]).await, Ok(Value::Integer(7)));
    assert_eq!(server.greetings().len(), 2);
}

#[tokio::test]
async fn a_cursor_ends_with_the_next_statement_or_when_given_back() {
    let server = Server::start(None).await;
    server.script("SELECT i", counted(50));
    server.script("SELECT 7", vec![Act::Columns(&["i"]), Act::Numbers(&[7])]);
    let pool = pool(&server);
    let mut line = Line::open(&pool).await;
    line.query("SELECT i", &[]).await.unwrap();
    line.next(1).await.unwrap();
    assert_eq!(line.one("SELECT 7", &[]).await, Ok(Value::Integer(7)));
    line.query("SELECT i", &[]).await.unwrap();
    drop(line);
    let mut line = Line::open(&pool).await;
    assert_eq!(failure(line.next(1).await), Failure::InvalidStatement);
    assert_eq!(line.one("SELECT 7", &[]).await, Ok(Value::Integer(7)));
    // Little was left: the session is the same.
    assert_eq!(server.opened(), 1);
}

#[tokio::test]
async fn a_transaction_reads_what_is_left_rather_than_be_lost() {
    let (server, mut line) = line().await;
    server.script("SELECT i", counted(5000));
    line.begin().await;
    line.query("SELECT i", &[]).await.unwrap();
    line.next(1).await.unwrap();
    line.execute("UPDATE t", &[]).await.unwrap();
    line.commit().await.unwrap();
    assert_eq!(server.heard(), ["BEGIN TRANSACTION", "SELECT i", "UPDATE t", "COMMIT TRANSACTION"]);
    assert_eq!(server.opened(), 1);
}

#[tokio::test]
async fn errors_in_the_middle_of_a_result() {
    let (server, mut line) = line().await;
    let broken = vec![
        Act::Columns(&["i"]),
        Act::Numbers(&[1]),
        Act::Numbers(&[2]),
        Act::Error(8134, 16, "Divide by zero error encountered."),
    ];
    server.script("SELECT i", broken);
    server.script("SELECT 7", vec![Act::Columns(&["i"]), Act::Numbers(&[7])]);
    line.query("SELECT i", &[]).await.unwrap();
    assert_eq!(failure(line.next(100).await), Failure::InvalidParameter);
    assert_eq!(failure(line.next(1).await), Failure::InvalidStatement);
    assert_eq!(line.one("SELECT 7", &[]).await, Ok(Value::Integer(7)));
    assert_eq!(failure(line.pipeline(&["SELECT 7", "SELECT i"], 9, usize::MAX).await), Failure::InvalidParameter);
    assert_eq!(line.one("SELECT 7", &[]).await, Ok(Value::Integer(7)));
    assert_eq!(server.opened(), 1);
}

#[tokio::test]
async fn a_pipeline_gives_first_rows() {
    let (server, mut line) = line().await;
    server.script("SELECT i", counted(100));
    server.script("SELECT none", vec![Act::Columns(&["i"])]);
    let batches = line.pipeline(&["SELECT i", "SELECT none", "SELECT i"], 3, usize::MAX).await.unwrap();
    let three = Batch { rows: numbers(1, 3), done: false };
    assert_eq!(batches, [three.clone(), Batch::last(Vec::new()), three]);
    let batches = line.pipeline(&["SELECT i"], 100, usize::MAX).await.unwrap();
    assert_eq!(batches, [Batch::last(numbers(1, 100))]);
    assert_eq!(server.opened(), 1);
}
