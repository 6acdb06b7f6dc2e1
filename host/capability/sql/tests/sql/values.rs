//! Values there and back.

use std::slice::from_ref;
use std::sync::atomic::{AtomicU32, Ordering};

use patchbay_capability::sql::{Dialect, Failure, Value};

use crate::bed::{Line, Target, failure, targets, text};
use crate::way;

/// A value written into a column of this type comes back as `expected`, and finds its row
/// when compared with it. Each case has a table of its own: a prepared statement goes with
/// the types its table had.
async fn check(line: &mut Line, column: &str, given: Value, expected: Value) {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let table = format!("t{}", COUNT.fetch_add(1, Ordering::Relaxed));
    line.execute(&format!("CREATE TABLE {table} (v {column})"), &[]).await.unwrap();
    let rows = line.execute(&format!("INSERT INTO {table} (v) VALUES (?)"), from_ref(&given)).await;
    assert_eq!(rows, Ok(1), "{line:?} {column} {given:?}");
    let back = line.one(&format!("SELECT v FROM {table}"), &[]).await;
    assert_eq!(back, Ok(way::seen(line.dialect, column, expected)), "{line:?} {column} {given:?}");
    if given != Value::Null {
        let found = line.one(&format!("SELECT count(*) FROM {table} WHERE v = ?"), from_ref(&given)).await;
        assert_eq!(found, Ok(Value::Integer(1)), "{line:?} {column} {given:?}");
    }
}

fn timestamp(value: &str) -> Value {
    Value::Timestamp(value.into())
}

#[tokio::test]
async fn the_same_on_all() {
    for target in targets() {
        let mut line = target.line().await;
        let bytes = target.choose("BLOB", "BYTEA", "BLOB", "VARBINARY(MAX)");
        let double = target.choose("DOUBLE", "DOUBLE PRECISION", "DOUBLE", "FLOAT");
        let plain = target.choose("TEXT", "TEXT", "TEXT", "NVARCHAR(MAX)");
        let long = target.choose("TEXT", "TEXT", "LONGTEXT", "NVARCHAR(MAX)");
        let truth = target.choose("BOOLEAN", "BOOLEAN", "BOOLEAN", "BIT");
        let moment = target.choose("TIMESTAMP", "TIMESTAMP", "DATETIME(6)", "DATETIME2");
        for (column, value) in [
            (plain, Value::Null),
            (plain, text("")),
            (plain, text("it's \"quoted\", $1 ? % _ \\ \n\t and more")),
            (plain, text("Zoë 👩‍👩‍👧 漢字 \u{202e}")),
            (long, text(&"x".repeat(1 << 20))),
            ("VARCHAR(40)", text("ann")),
            ("INTEGER", Value::Null),
            ("INTEGER", Value::Integer(-7)),
            ("BIGINT", Value::Integer(i64::MAX)),
            ("BIGINT", Value::Integer(i64::MIN)),
            (truth, Value::Boolean(true)),
            (truth, Value::Boolean(false)),
            (double, Value::Float(0.1)),
            (double, Value::Float(-1.5e300)),
            ("DECIMAL(20,3)", Value::Decimal("12.125".into())),
            (bytes, Value::Bytes(vec![0, 1, 0xff])),
            (bytes, Value::Bytes(Vec::new())),
            ("DATE", Value::Date("2026-01-31".into())),
            ("TIME", Value::Time("09:30:00".into())),
            (moment, timestamp("2026-01-31T09:30:00")),
            (moment, timestamp("2026-01-31T09:30:00.25")),
        ] {
            check(&mut line, column, value.clone(), value).await;
        }
        let utc = timestamp("2026-01-31T08:30:00");
        check(&mut line, moment, timestamp("2026-01-31T09:30:00+01:00"), utc).await;
    }
}

#[tokio::test]
async fn postgres_types() {
    let target = Target::postgres();
    target.admin("CREATE EXTENSION citext; CREATE TYPE mood AS ENUM ('glad', 'sad'); CREATE DOMAIN tag AS VARCHAR(9)");
    let mut line = target.line().await;
    let uuid = Value::Uuid(0x0123_4567_89ab_cdef, 0x8000_0000_0000_0001);
    let uuid_text = text("01234567-89ab-cdef-8000-000000000001");
    for (column, given, expected) in [
        ("SMALLINT", Value::Integer(5), Value::Integer(5)),
        ("SMALLINT", text("5"), Value::Integer(5)),
        ("INTEGER", Value::Boolean(true), Value::Integer(1)),
        ("BOOLEAN", Value::Integer(1), Value::Boolean(true)),
        ("REAL", Value::Float(0.5), Value::Float(0.5)),
        (
            "NUMERIC",
            Value::Decimal("-123456789012345678901234.5600".into()),
            Value::Decimal("-123456789012345678901234.5600".into()),
        ),
        ("NUMERIC(6,2)", Value::Integer(3), Value::Decimal("3.00".into())),
        ("CHAR(5)", text("ab"), text("ab   ")),
        ("CITEXT", text("Ann"), text("Ann")),
        ("NAME", text("ann"), text("ann")),
        ("mood", text("sad"), text("sad")),
        ("tag", text("x"), text("x")),
        ("UUID", uuid.clone(), uuid.clone()),
        ("UUID", uuid_text.clone(), uuid.clone()),
        ("TEXT", uuid, uuid_text),
        ("TIMESTAMPTZ", timestamp("2026-01-31T09:30:00.5+01:00"), timestamp("2026-01-31T08:30:00.5Z")),
        ("TIMESTAMPTZ", Value::Other("infinity".into()), Value::Other("infinity".into())),
        ("DATE", timestamp("2026-01-31T00:30:00+01:00"), Value::Date("2026-01-30".into())),
        ("DATE", text("infinity"), Value::Other("infinity".into())),
        ("TIMETZ", text("09:30:00+01"), Value::Other("09:30:00+01:00".into())),
        ("INTERVAL", text("1 month 2 days 3.5 seconds"), Value::Other("P1M2DT3.5S".into())),
        ("INET", text("10.0.0.1"), Value::Other("10.0.0.1".into())),
        ("BIT(3)", text("101"), Value::Other("101".into())),
        ("JSONB", Value::Json("{\"a\": 1}".into()), Value::Json("{\"a\": 1}".into())),
        ("TEXT[]", Value::Json("[\"a\\\"b\\\\\",null,\"\"]".into()), Value::Json("[\"a\\\"b\\\\\",null,\"\"]".into())),
        ("INTEGER[]", Value::Json("[1,2]".into()), Value::Json("[1,2]".into())),
        ("\"char\"", text("x"), text("x")),
    ] {
        // A driver does not tell what a parameter should be, so JSON stays JSON.
        if way::ODBC && column.ends_with("[]") {
            continue;
        }
        check(&mut line, column, given, expected).await;
    }
    // A driver makes text of what it does not know.
    if way::ODBC {
        return;
    }
    target.admin("CREATE TABLE t (v JSON, p POINT)");
    let mut line = target.line().await;
    line.execute("INSERT INTO t (v) VALUES (?)", &[Value::Json("{}".into())]).await.unwrap();
    assert_eq!(line.one("SELECT v FROM t", &[]).await, Ok(Value::Json("{}".into())));
    let error = line.one("SELECT p FROM t", &[]).await.unwrap_err();
    assert_eq!((error.failure, error.message.contains("column p")), (Failure::Unsupported, true), "{error}");
}

#[tokio::test]
async fn mariadb_types() {
    let target = Target::mariadb();
    let mut line = target.line().await;
    let uuid_text = text("01234567-89ab-4def-8000-000000000001");
    let uuid = Value::Uuid(0x0123_4567_89ab_4def, 0x8000_0000_0000_0001);
    let decimal = Value::Decimal("-123456789012345678901234.5600".into());
    for (column, given, expected) in [
        ("TEXT", text("a\0b"), text("a\0b")),
        ("SMALLINT", text("5"), Value::Integer(5)),
        ("INTEGER", Value::Boolean(true), Value::Integer(1)),
        ("TINYINT(1)", Value::Integer(1), Value::Boolean(true)),
        ("TINYINT(1)", Value::Integer(7), Value::Integer(7)),
        ("TINYINT", Value::Integer(1), Value::Integer(1)),
        ("BIT(1)", Value::Boolean(true), Value::Boolean(true)),
        ("BIT(12)", Value::Integer(258), Value::Integer(258)),
        ("BIGINT UNSIGNED", text("18446744073709551615"), Value::Decimal("18446744073709551615".into())),
        ("INT UNSIGNED", Value::Integer(4_294_967_295), Value::Integer(4_294_967_295)),
        ("YEAR", Value::Integer(2026), Value::Integer(2026)),
        ("FLOAT", Value::Float(0.5), Value::Float(0.5)),
        ("DECIMAL(40,4)", decimal.clone(), decimal),
        ("DECIMAL(6,2)", Value::Integer(3), Value::Decimal("3.00".into())),
        ("CHAR(5)", text("ab"), text("ab")),
        ("VARCHAR(9) CHARACTER SET latin1", text("Zoë"), text("Zoë")),
        ("VARBINARY(9)", Value::Bytes(vec![0xff, 0, b'\'']), Value::Bytes(vec![0xff, 0, b'\''])),
        ("BINARY(3)", Value::Bytes(vec![1, 2, 0xff]), Value::Bytes(vec![1, 2, 0xff])),
        ("ENUM('glad','sad')", text("sad"), text("sad")),
        ("SET('a','b')", text("a,b"), text("a,b")),
        ("UUID", uuid.clone(), uuid_text.clone()),
        ("UUID", uuid_text.clone(), uuid_text.clone()),
        ("CHAR(36)", uuid, uuid_text),
        ("TIMESTAMP(6)", timestamp("2026-01-31T09:30:00.5+01:00"), timestamp("2026-01-31T08:30:00.5Z")),
        ("DATE", timestamp("2026-01-31T00:00:00Z"), Value::Date("2026-01-31".into())),
        ("TIME", text("-30:00:00"), Value::Other("-30:00:00".into())),
        ("JSON", Value::Json("{\"a\": 1}".into()), text("{\"a\": 1}")),
        ("INET6", text("::1"), text("::1")),
    ] {
        if way::ODBC && given == text("a\0b") {
            // Drivers disagree on where it ends.
            let refused = line.execute("SELECT ?", from_ref(&given)).await;
            assert_eq!(failure(refused), Failure::InvalidParameter);
            continue;
        }
        check(&mut line, column, given, expected).await;
    }
    target.admin("CREATE TABLE t (v DATE, p POINT); SET sql_mode = ''; INSERT INTO t (v) VALUES ('0000-00-00')");
    let mut line = target.line().await;
    assert_eq!(line.one("SELECT v FROM t", &[]).await, Ok(Value::Other("0000-00-00".into())));
    // A driver makes text of what it does not know.
    if way::ODBC {
        return;
    }
    let error = line.one("SELECT p FROM t", &[]).await.unwrap_err();
    assert_eq!((error.failure, error.message.contains("column p")), (Failure::Unsupported, true), "{error}");
}

#[tokio::test]
async fn sqlite_types() {
    let target = Target::sqlite();
    let mut line = target.line().await;
    for (column, given, expected) in [
        ("INTEGER", text("5"), Value::Integer(5)),
        ("", text("5"), text("5")),
        ("BOOLEAN", Value::Integer(7), Value::Integer(7)),
        ("DECIMAL(6,2)", Value::Integer(3), Value::Decimal("3".into())),
        ("CHAR(5)", text("ab"), text("ab")),
        ("UUID", Value::Uuid(1, 2), text("00000000-0000-0001-0000-000000000002")),
        ("DATE", text("31.1.2026"), text("31.1.2026")),
        ("JSON", Value::Json("{\"a\":1}".into()), Value::Json("{\"a\":1}".into())),
    ] {
        check(&mut line, column, given, expected).await;
    }
    // The database's own timestamps compare with ours.
    target.admin("CREATE TABLE t (v DATETIME DEFAULT CURRENT_TIMESTAMP, x INT); INSERT INTO t (x) VALUES (1)");
    let mut line = target.line().await;
    for (moment, expected) in [("2026-01-01T00:00:00Z", 1), ("9000-01-01T00:00:00Z", 0)] {
        let count = line.one("SELECT count(*) FROM t WHERE v > ?", &[timestamp(moment)]).await;
        assert_eq!(count, Ok(Value::Integer(expected)), "{moment}");
    }
}

#[tokio::test]
async fn what_does_not_fit_is_an_invalid_parameter() {
    for target in targets() {
        let table = "CREATE TABLE t (n INTEGER, s VARCHAR(3), d TIMESTAMP)";
        target.admin(target.choose(
            table,
            table,
            "CREATE TABLE t (n INTEGER, s VARCHAR(3), d DATETIME, e ENUM('a'))",
            // Its TIMESTAMP is no time.
            "CREATE TABLE t (n INTEGER, s VARCHAR(3), d DATETIME2)",
        ));
        let mut line = target.line().await;
        let mut unfit = vec![("d", timestamp("yesterday"), "")];
        match target.dialect() {
            Dialect::Postgres => unfit.extend([
                ("s", text("a\0b"), ""),
                ("n", text("hunter2"), "22P02"),
                ("n", Value::Integer(1 << 40), "22003"),
                ("n", Value::Bytes(vec![1]), if way::ODBC { "42804" } else { "" }),
                ("s", text("hunter2"), "22001"),
                ("d", text("hunter2"), "22007"),
                ("d", text("2026-02-31"), "22008"),
            ]),
            Dialect::Mysql => unfit.extend([
                ("n", text("hunter2"), "22007"),
                ("n", text("7hunter2"), "01000"),
                ("n", Value::Integer(1 << 40), "22003"),
                ("n", Value::Float(f64::INFINITY), ""),
                ("s", text("hunter2"), "22001"),
                ("s", Value::Bytes(vec![0xff]), "22007"),
                ("e", text("hunter2"), "01000"),
                ("d", text("hunter2"), "22007"),
                ("d", text("2026-02-31"), "22007"),
                ("d", Value::Date("2026-02-31".into()), ""),
            ]),
            Dialect::Mssql => unfit.extend([
                ("n", text("hunter2"), "mssql.245"),
                ("n", Value::Integer(1 << 40), "mssql.8115"),
                ("n", Value::Float(f64::NAN), ""),
                ("d", text("hunter2"), "mssql.241"),
                ("d", text("2026-02-31"), "mssql.241"),
            ]),
            _ => unfit.extend([("s", text("a\0b"), ""), ("n", Value::Float(f64::NAN), "")]),
        }
        for (column, value, state) in unfit {
            let outcome = line.execute(&format!("INSERT INTO t ({column}) VALUES (?)"), from_ref(&value)).await;
            let error = outcome.expect_err(&format!("{target:?} {column} {value:?}"));
            assert_eq!(error.failure, Failure::InvalidParameter, "{target:?} {column} {value:?}: {error}");
            assert_eq!(error.sqlstate.as_deref().unwrap_or_default(), state, "{target:?} {column} {value:?}: {error}");
            assert!(!error.message.contains("hunter2"), "a value in {error}");
        }
        // Not one of them broke the connection.
        assert_eq!(line.one("SELECT count(*) FROM t", &[]).await, Ok(Value::Integer(0)));
        assert_eq!(failure(line.execute("INSERT INTO t (n) VALUES (?)", &[]).await), Failure::InvalidStatement);
    }
}
