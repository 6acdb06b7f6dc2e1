//! Values of all widths: none is cut, and none is larger than allowed.

use patchbay_capability::sql::{Dialect, Failure, Value};
use patchbay_capability_sql::{PoolOptions, odbc};

use crate::bed::{Line, targets};
use crate::way;

#[tokio::test]
async fn long_values_come_back_whole() {
    for target in targets() {
        target.admin(target.pick(
            "CREATE TABLE t (s TEXT, b BLOB)",
            "CREATE TABLE t (s TEXT, b BYTEA)",
            "CREATE TABLE t (s LONGTEXT, b LONGBLOB)",
        ));
        let mut line = target.line().await;
        // Around the size of the first piece, and characters of two units across its end.
        for length in [0, 1, 254, 255, 256, 1022, 1023, 1024, 1025, 2047, 8190, 8191, 300_000] {
            let text = Value::Text(format!("{}😀", "x".repeat(length)));
            let bytes = Value::Bytes((0..length).map(|n| u8::try_from(n % 251).unwrap()).collect());
            line.execute("DELETE FROM t", &[]).await.unwrap();
            let wrote = line.execute("INSERT INTO t (s, b) VALUES (?, ?)", &[text.clone(), bytes.clone()]).await;
            assert_eq!(wrote, Ok(1), "{target:?} {length}");
            let back = line.all("SELECT s, b FROM t", &[]).await.unwrap();
            assert!(back == [vec![text, bytes]], "{target:?} {length}");
        }
    }
}

#[tokio::test]
async fn a_value_beyond_the_limit_is_named() {
    for target in targets() {
        target.admin(target.pick("CREATE TABLE t (s TEXT)", "CREATE TABLE t (s TEXT)", "CREATE TABLE t (s LONGTEXT)"));
        let mut options = way::options(&target);
        options.value_limit = 20_000;
        let pool = odbc::pool(options, PoolOptions::default()).unwrap();
        let mut line = Line::open(&pool).await;
        for (length, fits) in [(9_999, true), (10_001, false), (600_000, false)] {
            line.execute("DELETE FROM t", &[]).await.unwrap();
            line.execute("INSERT INTO t (s) VALUES (?)", &[Value::Text("x".repeat(length))]).await.unwrap();
            match line.one("SELECT s FROM t", &[]).await {
                Ok(Value::Text(text)) => assert_eq!((text.len(), fits), (length, true)),
                Ok(other) => panic!("{target:?}: {other:?}"),
                Err(error) => {
                    assert!(!fits, "{target:?} {length}: {error}");
                    assert_eq!(error.failure, Failure::LimitExceeded);
                    assert!(error.message.contains("column s") && error.message.contains("20000"), "{error}");
                }
            }
        }
        assert_eq!(line.one("SELECT 7", &[]).await, Ok(Value::Integer(7)));
    }
}

#[tokio::test]
async fn columns_and_names_in_any_script() {
    for target in targets() {
        let quote = target.pick("\"", "\"", "`");
        target.admin(&format!("CREATE TABLE {quote}Größe 漢{quote} ({quote}näme{quote} VARCHAR(40))"));
        let mut line = target.line().await;
        let insert = format!("INSERT INTO {quote}Größe 漢{quote} ({quote}näme{quote}) VALUES (?)");
        let wrote = line.execute(&insert, &[Value::Text("Zoë 漢".into())]).await;
        // Debian's driver for SQLite takes no wide characters; whether the driver manager can
        // help depends on what else is loaded. What it must not do is to change the statement.
        if let (Dialect::Sqlite, Err(error)) = (target.dialect(), &wrote) {
            assert_eq!(error.failure, Failure::Unsupported, "{error}");
            assert_eq!(target.admin("SELECT count(*) FROM \"Größe 漢\""), ["0"]);
            continue;
        }
        assert_eq!(wrote, Ok(1), "{target:?}");
        let select =
            format!("SELECT {quote}näme{quote} FROM {quote}Größe 漢{quote} WHERE {quote}näme{quote} = 'Zoë 漢'");
        assert_eq!(line.query(&select, &[]).await.unwrap(), ["näme"], "{target:?}");
        assert_eq!(line.next(9).await.unwrap(), [vec![Value::Text("Zoë 漢".into())]], "{target:?}");
    }
}
