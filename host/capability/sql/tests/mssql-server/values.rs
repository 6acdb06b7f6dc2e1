//! Values there and back.

use std::slice::from_ref;
use std::sync::atomic::{AtomicU32, Ordering};

use patchbay_capability::sql::{Failure, Value};

use crate::bed::Bed;
use crate::line::{Line, failure, text};

/// A value written into a column of this type comes back as `expected`, and finds its row
/// when it comes back as it went.
async fn check(line: &mut Line, column: &str, given: Value, expected: Value) {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let table = format!("t{}", COUNT.fetch_add(1, Ordering::Relaxed));
    line.execute(&format!("CREATE TABLE {table} (v {column} NULL)"), &[]).await.unwrap();
    let rows = line.execute(&format!("INSERT INTO {table} (v) VALUES (?)"), from_ref(&given)).await;
    assert_eq!(rows, Ok(1), "{column} {given:?}");
    let back = line.one(&format!("SELECT v FROM {table}"), &[]).await;
    assert_eq!(back, Ok(expected.clone()), "{column} {given:?}");
    if given == expected && given != Value::Null {
        let found = line.one(&format!("SELECT count(*) FROM {table} WHERE v = ?"), from_ref(&given)).await;
        assert_eq!(found, Ok(Value::Integer(1)), "{column} {given:?}");
    }
}

fn timestamp(value: &str) -> Value {
    Value::Timestamp(value.into())
}

fn decimal(value: &str) -> Value {
    Value::Decimal(value.into())
}

pub(crate) async fn at_the_limits(bed: Bed) {
    let mut line = bed.line().await;
    for (column, value) in [
        ("NVARCHAR(MAX)", text("@P1 [x] ]]")),
        ("NVARCHAR(MAX)", text("a\0b")),
        ("NVARCHAR(4000)", text(&"ü".repeat(4000))),
        ("NVARCHAR(4000)", text(&"\u{1f98a}".repeat(2000))),
        ("VARCHAR(40)", text("Zoë €")),
        ("DECIMAL(38,4)", decimal("-123456789012345678901234.5600")),
        ("DECIMAL(38,0)", decimal("99999999999999999999999999999999999999")),
        ("DECIMAL(38,37)", decimal("0.0000000000000000000000000000000000001")),
        ("VARBINARY(MAX)", Value::Bytes(vec![7; 100_000])),
        ("DATE", Value::Date("0001-01-01".into())),
        ("DATE", Value::Date("9999-12-31".into())),
        ("TIME", Value::Time("23:59:59.9999999".into())),
        ("DATETIME2", timestamp("2026-01-31T09:30:00.1234567")),
        ("DATETIMEOFFSET", timestamp("2026-01-31T08:30:00.5Z")),
        ("UNIQUEIDENTIFIER", Value::Uuid(0x0123_4567_89ab_cdef, 0x8000_0000_0000_0001)),
    ] {
        check(&mut line, column, value.clone(), value).await;
    }
}

pub(crate) async fn types_of_sql_server(bed: Bed) {
    let mut line = bed.line().await;
    let uuid = Value::Uuid(0x0123_4567_89ab_cdef, 0x8000_0000_0000_0001);
    for (column, given, expected) in [
        ("TINYINT", Value::Integer(255), Value::Integer(255)),
        ("SMALLINT", text("5"), Value::Integer(5)),
        ("INT", Value::Boolean(true), Value::Integer(1)),
        ("BIT", Value::Integer(1), Value::Boolean(true)),
        ("REAL", Value::Float(0.5), Value::Float(0.5)),
        ("DECIMAL(6,2)", Value::Integer(3), decimal("3.00")),
        ("MONEY", decimal("12.5"), decimal("12.5000")),
        ("MONEY", decimal("-900000000000.1234"), decimal("-900000000000.1234")),
        ("SMALLMONEY", decimal("0.0001"), decimal("0.0001")),
        ("CHAR(5)", text("ab"), text("ab   ")),
        ("NCHAR(5)", text("äb"), text("äb   ")),
        ("UNIQUEIDENTIFIER", text("01234567-89ab-cdef-8000-000000000001"), uuid.clone()),
        ("NVARCHAR(40)", uuid, text("01234567-89AB-CDEF-8000-000000000001")),
        ("DATETIME", timestamp("2026-01-31T09:30:00.25"), timestamp("2026-01-31T09:30:00.25")),
        ("DATETIME", timestamp("2026-01-31T09:30:00+01:00"), timestamp("2026-01-31T08:30:00")),
        ("SMALLDATETIME", timestamp("2026-01-31T09:30:00"), timestamp("2026-01-31T09:30:00")),
        ("DATETIMEOFFSET", timestamp("2026-01-31T09:30:00+01:00"), timestamp("2026-01-31T08:30:00Z")),
        ("DATETIME", text("2026-01-31 09:30:00"), timestamp("2026-01-31T09:30:00")),
        ("DATE", timestamp("2026-01-31T00:30:00+01:00"), Value::Date("2026-01-30".into())),
        ("NVARCHAR(MAX)", Value::Json("{\"a\": 1}".into()), text("{\"a\": 1}")),
        ("BINARY(4)", Value::Bytes(vec![1]), Value::Bytes(vec![1, 0, 0, 0])),
        ("VARCHAR(10)", Value::Integer(5), text("5")),
        ("SYSNAME", text("ann"), text("ann")),
    ] {
        // An alias type that is NOT NULL by default is told otherwise by the table.
        check(&mut line, column, given, expected).await;
    }
    line.execute("CREATE TABLE x (v XML, r ROWVERSION)", &[]).await.unwrap();
    line.execute("INSERT INTO x (v) VALUES (?)", &[text("<a>1</a>")]).await.unwrap();
    assert_eq!(line.one("SELECT v FROM x", &[]).await, Ok(text("<a>1</a>")));
    let version = line.one("SELECT r FROM x", &[]).await.unwrap();
    assert!(matches!(&version, Value::Bytes(bytes) if bytes.len() == 8), "{version:?}");
    assert_eq!(line.one("SELECT count(*) FROM x WHERE r = ?", &[version]).await, Ok(Value::Integer(1)));
    // A read `datetime` finds its row, to the three hundredth of a second.
    line.execute("CREATE TABLE d (v DATETIME)", &[]).await.unwrap();
    line.execute("INSERT INTO d VALUES ('2026-01-31 09:30:00.007')", &[]).await.unwrap();
    let moment = line.one("SELECT v FROM d", &[]).await.unwrap();
    assert_eq!(line.one("SELECT count(*) FROM d WHERE v = ?", &[moment]).await, Ok(Value::Integer(1)));
}

pub(crate) async fn what_does_not_fit_is_an_invalid_parameter(bed: Bed) {
    bed.admin(&["CREATE TABLE t (n INT, k TINYINT, s NVARCHAR(3), d DATETIME, u UNIQUEIDENTIFIER)"]);
    let mut line = bed.line().await;
    for (column, value) in [
        ("n", text("hunter2")),
        ("n", Value::Integer(1 << 40)),
        ("n", Value::Float(f64::NAN)),
        ("k", Value::Integer(300)),
        ("s", text("hunter2")),
        ("d", timestamp("yesterday")),
        ("d", timestamp("1600-01-01T00:00:00")),
        ("d", text("hunter2")),
        ("d", text("2026-02-31")),
        ("u", text("hunter2")),
    ] {
        let outcome = line.execute(&format!("INSERT INTO t ({column}) VALUES (?)"), from_ref(&value)).await;
        let error = outcome.unwrap_err();
        assert_eq!(error.failure, Failure::InvalidParameter, "{column} {value:?}: {error:?}");
        assert!(!error.message.contains("hunter2"), "a value in {error}");
    }
    // Not one of them broke the connection.
    assert_eq!(line.one("SELECT count(*) FROM t", &[]).await, Ok(Value::Integer(0)));
    assert_eq!(failure(line.execute("INSERT INTO t (n) VALUES (?)", &[]).await), Failure::InvalidStatement);
}

pub(crate) async fn null_fits_every_column(bed: Bed) {
    let types = [
        "INT",
        "BIT",
        "FLOAT",
        "DECIMAL(9,2)",
        "MONEY",
        "NVARCHAR(10)",
        "VARCHAR(10)",
        "VARBINARY(10)",
        "DATE",
        "TIME",
        "DATETIME",
        "DATETIME2",
        "DATETIMEOFFSET",
        "UNIQUEIDENTIFIER",
        "XML",
        "SQL_VARIANT",
        "IMAGE",
        "TEXT",
    ];
    let mut line = bed.line().await;
    for (index, column) in types.into_iter().enumerate() {
        line.execute(&format!("CREATE TABLE n{index} (id INT, v {column})"), &[]).await.unwrap();
        let insert = format!("INSERT INTO n{index} (v, id) VALUES (?, ?)");
        assert_eq!(line.execute(&insert, &[Value::Null, Value::Integer(1)]).await, Ok(1), "{column}");
        let update = format!("UPDATE n{index} SET v = ? WHERE id = ?");
        assert_eq!(line.execute(&update, &[Value::Null, Value::Integer(1)]).await, Ok(1), "{column}");
        assert_eq!(line.one(&format!("SELECT v FROM n{index}"), &[]).await, Ok(Value::Null), "{column}");
    }
}
