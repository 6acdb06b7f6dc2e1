//! What a session is like, and who gets none.

use patchbay_capability::sql::{Failure, Value};
use patchbay_capability_sql::mssql::MssqlLogin;
use patchbay_capability_sql::{MssqlOptions, PoolOptions, mssql};

use crate::bed::Bed;
use crate::line::{soon, text};

/// Bits of `@@OPTIONS`: ANSI_WARNINGS, ANSI_PADDING, ANSI_NULLS, ARITHABORT,
/// QUOTED_IDENTIFIER, CONCAT_NULL_YIELDS_NULL, XACT_ABORT.
const ON: i64 = 8 + 16 + 32 + 64 + 256 + 4096 + 16384;
/// IMPLICIT_TRANSACTIONS, CURSOR_CLOSE_ON_COMMIT, NOCOUNT, NUMERIC_ROUNDABORT.
const OFF: i64 = 2 + 4 + 512 + 8192;

pub(crate) async fn settings(bed: Bed) {
    let options = MssqlOptions { application_name: "patchbay test".into(), ..bed.options() };
    let pool = mssql::pool(options, PoolOptions::default()).unwrap();
    let mut line = crate::line::Line::open(&pool).await;
    assert_eq!(line.one("SELECT @@LANGUAGE", &[]).await, Ok(text("us_english")));
    assert_eq!(line.one("SELECT APP_NAME()", &[]).await, Ok(text("patchbay test")));
    assert_eq!(line.one("SELECT @@LOCK_TIMEOUT", &[]).await, Ok(Value::Integer(10_000)));
    assert_eq!(line.one("SELECT @@TEXTSIZE", &[]).await, Ok(Value::Integer(i32::MAX.into())));
    assert_eq!(line.one(&format!("SELECT @@OPTIONS & {ON}"), &[]).await, Ok(Value::Integer(ON)));
    assert_eq!(line.one(&format!("SELECT @@OPTIONS & {OFF}"), &[]).await, Ok(Value::Integer(0)));
    // In a transaction the requests carry what the server said of it.
    line.begin().await;
    assert_eq!(line.one("SELECT @@TRANCOUNT", &[]).await, Ok(Value::Integer(1)));
    line.commit().await.unwrap();
    assert_eq!(line.one("SELECT @@TRANCOUNT", &[]).await, Ok(Value::Integer(0)));
}

/// The suite runs with whichever login its URL asks for.
pub(crate) async fn the_way_that_was_asked_for(bed: Bed) {
    let options = bed.options();
    let (login, user) = (options.login, options.user.clone());
    let mut line = crate::line::Line::open(&mssql::pool(options, PoolOptions::default()).unwrap()).await;
    let way = "SELECT CAST(auth_scheme AS nvarchar(60)) FROM sys.dm_exec_connections WHERE session_id = @@SPID";
    match login {
        MssqlLogin::Sql => {
            assert_eq!(line.one(way, &[]).await, Ok(text("SQL")));
            assert_eq!(line.one("SELECT CAST(ORIGINAL_LOGIN() AS nvarchar(256))", &[]).await, Ok(text(&user)));
        }
        MssqlLogin::Kerberos => assert_eq!(line.one(way, &[]).await, Ok(text("KERBEROS"))),
        // What the server calls this way depends on its edition; who came of it is no name of ours.
        MssqlLogin::Token => {
            let name = line.one("SELECT CAST(ORIGINAL_LOGIN() AS nvarchar(256))", &[]).await;
            assert!(matches!(&name, Ok(Value::Text(name)) if !name.is_empty()), "{name:?}");
        }
    }
}

pub(crate) async fn refused_logins(bed: Bed) {
    let wrong = MssqlOptions { password: Some("hunter2-hunter2".into()), ..bed.options() };
    let missing = MssqlOptions { database: "patchbay_test_nope".into(), ..bed.options() };
    let wrong = (wrong, Failure::PermissionDenied, 18456);
    // A ticket is not to be got wrong.
    let wrong = Some(wrong).filter(|(options, ..)| options.login.has_password());
    for (options, failure, number) in wrong.into_iter().chain([(missing, Failure::Unavailable, 4060)]) {
        let pool = mssql::pool(options, PoolOptions::default()).unwrap();
        let error = pool.lease(soon()).await.unwrap_err();
        assert_eq!((error.failure, error.sqlstate.clone()), (failure, Some(format!("mssql.{number}"))), "{error:?}");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
}
