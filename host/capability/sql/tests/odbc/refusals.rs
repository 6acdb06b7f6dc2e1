//! Connections that are not made, and what is said of it.

use std::time::{Duration, Instant};

use patchbay_capability::sql::{Dialect, Error, Failure, Value};
use patchbay_capability_sql::{OdbcOptions, PoolOptions, odbc};
use patchbay_test_support::{OdbcDriver, Postgres};

use crate::bed::{Line, Target, failure, soon};
use crate::way;

async fn refusal(options: OdbcOptions) -> Error {
    let pool = odbc::pool(options, PoolOptions::default()).unwrap();
    assert!(!format!("{pool:?}").contains("hunter2"));
    let error = pool.lease(soon()).await.unwrap_err();
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    error
}

#[tokio::test]
async fn a_wrong_password_is_not_shown() {
    for target in [Target::postgres(), Target::mariadb()] {
        for password in ["hunter2-hunter2", "hunter2;UID=root", "hunter2};UID=root;{"] {
            let mut options = way::options(&target);
            options.password = Some(password.into());
            let error = refusal(options).await;
            assert_eq!(error.failure, Failure::PermissionDenied, "{target:?} {error:?}");
        }
    }
}

#[tokio::test]
async fn a_password_of_any_characters_works() {
    let target = Target::postgres();
    for (number, password) in ["plain", "a;b=c", "{x}", "a}b", "}};UID=x;{{", " a ", "ä'\"\\%"].iter().enumerate() {
        let user = format!("{}_{number}", target.schema().replace("public", "visitor"));
        let user = format!("{user}_{}", std::process::id());
        target.admin(&format!("CREATE USER {user} PASSWORD '{}'", password.replace('\'', "''")));
        let own = target.postgres_options();
        let url = OdbcDriver::Postgres.server_url(own.hosts[0].1, &own.database, &user).unwrap();
        let mut options = OdbcOptions::from_url(&url).unwrap();
        options.password = Some((*password).to_owned());
        options.worker = way::options(&target).worker;
        let pool = odbc::pool(options, PoolOptions::default()).unwrap();
        let who = Line::open(&pool).await.one("SELECT current_user::text", &[]).await;
        assert_eq!(who, Ok(Value::Text(user)), "{password}");
    }
}

#[tokio::test]
async fn what_is_not_there() {
    let server = |port, database, user| {
        let url = OdbcDriver::Postgres.server_url(port, database, user).unwrap();
        OdbcOptions::from_url(&url).unwrap()
    };
    let postgres = way::options(&Target::postgres());
    let own = Target::postgres().postgres_options();
    let missing_file = Target::sqlite();
    let file = way::options(&missing_file);
    let path = file.secrets()[0].clone();
    std::fs::remove_file(&path).unwrap();
    let mut nobody = server(1, "x", "me");
    let mut database = server(own.hosts[0].1, "nope", &own.user);
    let mut library = OdbcOptions::from_url("odbc:Driver=/nowhere/psqlodbcw.so;Server=x").unwrap();
    let mut source = OdbcOptions::from_url("odbc:DSN=nowhere").unwrap();
    source.dialect = Some(Dialect::Oracle);
    for options in [&mut nobody, &mut database, &mut library, &mut source] {
        options.worker.clone_from(&postgres.worker);
        options.password = own.password.clone();
    }
    for options in [nobody, database, library, source, file] {
        let error = refusal(options).await;
        assert_eq!(error.failure, Failure::Unavailable, "{error:?}");
        assert!(!error.message.is_empty());
    }
    assert!(!std::path::Path::new(&path).exists(), "a mistyped path made a file");
}

#[tokio::test]
async fn another_database_than_was_said() {
    let target = Target::sqlite();
    let mut options = way::options(&target);
    // By the rules of another dialect, standard SQL among them, nobody would know what it reads.
    for (dialect, said) in [(Dialect::Postgres, "postgres"), (Dialect::Ansi, "ansi")] {
        options.dialect = Some(dialect);
        let error = refusal(options.clone()).await;
        assert_eq!(error.failure, Failure::Unsupported, "{error:?}");
        assert!(error.message.contains("SQLite") && error.message.contains(said), "{error}");
        assert!(error.message.contains("it has to be sqlite"), "{error}");
    }
    // Nothing says what a data source is.
    let silent = odbc::pool(OdbcOptions::from_url("odbc:DSN=hr").unwrap(), PoolOptions::default());
    assert!(silent.unwrap_err().to_string().contains("odbc.dialect"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_dies_and_comes_back() {
    let mut server = tokio::task::spawn_blocking(|| Postgres::start().unwrap()).await.unwrap();
    let url = OdbcDriver::Postgres.server_url(server.port(), "postgres", server.user()).unwrap();
    let mut options = OdbcOptions::from_url(&url).unwrap();
    options.password = Some(server.password().to_owned());
    options.worker = way::options(&Target::sqlite()).worker;
    let sizes = PoolOptions { max: 1, validate_after: Duration::ZERO, ..PoolOptions::default() };
    let pool = odbc::pool(options, sizes).unwrap();
    let mut line = Line::open(&pool).await;
    line.begin().await;
    line.one("SELECT 1", &[]).await.unwrap();
    server.kill();
    assert_eq!(failure(line.one("SELECT 1", &[]).await), Failure::Unavailable);
    drop(line);
    let start = Instant::now();
    assert_eq!(failure(pool.lease(soon()).await), Failure::Unavailable);
    assert!(start.elapsed() < Duration::from_secs(6), "it took {:?}", start.elapsed());
    server.resume().unwrap();
    assert_eq!(Line::open(&pool).await.one("SELECT 7", &[]).await, Ok(Value::Integer(7)));
    // Idle while the server restarts: the dead connection is not handed out.
    server.kill();
    server.resume().unwrap();
    assert_eq!(Line::open(&pool).await.one("SELECT 8", &[]).await, Ok(Value::Integer(8)));
}
