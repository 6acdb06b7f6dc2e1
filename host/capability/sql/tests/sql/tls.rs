//! TLS to the server: verified or not at all.

use std::path::Path;
use std::time::Duration;

use patchbay_capability::sql::{Failure, Request, Value};
use patchbay_capability_sql::postgres::OptionsError;
use patchbay_capability_sql::{MysqlOptions, PoolOptions, PostgresOptions, TlsMode, mysql, postgres};
use patchbay_test_support::{MariaDb, Postgres};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::time::timeout;

use crate::bed::{Line, failure, soon};

fn options(server: &Postgres, host: &str, ca_file: &Path) -> PostgresOptions {
    let mut options = PostgresOptions::new(host, server.user(), "postgres");
    options.hosts = vec![(host.to_owned(), server.port())];
    options.password = Some(server.password().to_owned());
    options.ca_file = Some(ca_file.to_owned());
    options
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_servers_certificate_is_checked() {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let stranger = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let (ours, theirs) = (dir.path().join("ours.pem"), dir.path().join("theirs.pem"));
    std::fs::write(&ours, cert.pem()).unwrap();
    std::fs::write(&theirs, stranger.cert.pem()).unwrap();
    let server = Postgres::start().unwrap();
    server.enable_tls(&cert.pem(), &signing_key.serialize_pem()).unwrap();

    let pool = postgres::pool(options(&server, "localhost", &ours), PoolOptions { max: 1, ..PoolOptions::default() });
    let pool = pool.unwrap();
    let mut line = Line::open(&pool).await;
    let encrypted = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
    assert_eq!(line.one(encrypted, &[]).await, Ok(Value::Boolean(true)));
    // What is cancelled is cancelled through TLS as well.
    let sleep = Request::Query { text: "SELECT pg_sleep(600)::text".into(), params: Vec::new() };
    assert!(timeout(Duration::from_millis(200), line.run(sleep)).await.is_err());
    drop(line);
    let mut line = Line::open(&pool).await;
    assert_eq!(line.one(encrypted, &[]).await, Ok(Value::Boolean(true)));
    let sleeping = "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(600)::text'";
    let gone = soon();
    while line.one(sleeping, &[]).await != Ok(Value::Integer(0)) {
        assert!(std::time::Instant::now() < gone, "the statement goes on");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    // Somebody else's certificate; a host the certificate is not for.
    for options in [options(&server, "localhost", &theirs), options(&server, "127.0.0.1", &ours)] {
        let pool = postgres::pool(options, PoolOptions::default()).unwrap();
        let error = pool.lease(soon()).await.unwrap_err();
        assert_eq!(error.failure, Failure::Unavailable);
        assert!(error.message.contains("certificate"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_certificate_of_mariadb_is_checked() {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let stranger = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let (ours, theirs) = (dir.path().join("ours.pem"), dir.path().join("theirs.pem"));
    std::fs::write(&ours, cert.pem()).unwrap();
    std::fs::write(&theirs, stranger.cert.pem()).unwrap();
    let mut server = MariaDb::start().unwrap();
    server.enable_tls(&cert.pem(), &signing_key.serialize_pem()).unwrap();
    let options = |host: &str, ca_file: &Path| {
        let mut options = MysqlOptions::new(host, server.user(), "mysql");
        options.hosts = vec![(host.to_owned(), server.port())];
        options.password = Some(server.password().to_owned());
        options.ca_file = Some(ca_file.to_owned());
        options
    };

    let sizes = PoolOptions { max: 1, ..PoolOptions::default() };
    let pool = mysql::pool(options("localhost", &ours), sizes).unwrap();
    let mut line = Line::open(&pool).await;
    let encrypted =
        "SELECT variable_value <> '' FROM information_schema.session_status WHERE variable_name = 'ssl_cipher'";
    assert_eq!(line.one(encrypted, &[]).await, Ok(Value::Integer(1)));
    // What is cancelled is cancelled through TLS as well.
    let sleep = Request::Query { text: "SELECT sleep(600)".into(), params: Vec::new() };
    assert!(timeout(Duration::from_millis(200), line.run(sleep)).await.is_err());
    drop(line);
    let mut line = Line::open(&pool).await;
    let sleeping = "SELECT count(*) FROM information_schema.processlist WHERE info = 'SELECT sleep(600)'";
    let gone = soon();
    while line.one(sleeping, &[]).await != Ok(Value::Integer(0)) {
        assert!(std::time::Instant::now() < gone, "the statement goes on");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    // Somebody else's certificate; a host the certificate is not for.
    for options in [options("localhost", &theirs), options("127.0.0.1", &ours)] {
        let pool = mysql::pool(options, PoolOptions::default()).unwrap();
        let error = pool.lease(soon()).await.unwrap_err();
        assert_eq!(error.failure, Failure::Unavailable);
        assert!(error.message.contains("certificate"), "{error}");
    }
}

#[test]
fn certificates_that_cannot_be_used() {
    let dir = tempfile::tempdir().unwrap();
    let empty = dir.path().join("empty.pem");
    std::fs::write(&empty, "").unwrap();
    for file in [empty, dir.path().join("missing.pem")] {
        let mut options = PostgresOptions::new("localhost", "me", "db");
        options.ca_file = Some(file.clone());
        let outcome = postgres::pool(options.clone(), PoolOptions::default());
        assert!(matches!(outcome, Err(OptionsError::Certificates(_))), "{outcome:?}");
        // Not looked at where there is no TLS.
        options.tls = TlsMode::Disable;
        assert!(postgres::pool(options, PoolOptions::default()).is_ok());
        let mut options = MysqlOptions::new("localhost", "me", "db");
        options.ca_file = Some(file);
        let outcome = mysql::pool(options.clone(), PoolOptions::default());
        assert!(matches!(outcome, Err(OptionsError::Certificates(_))), "{outcome:?}");
        options.tls = TlsMode::Disable;
        assert!(mysql::pool(options, PoolOptions::default()).is_ok());
    }
}

#[tokio::test]
async fn a_server_without_tls_is_refused() {
    let target = crate::bed::Target::postgres();
    let mut options = target.postgres_options();
    options.tls = TlsMode::VerifyFull;
    let pool = postgres::pool(options, PoolOptions::default()).unwrap();
    assert_eq!(failure(pool.lease(soon()).await), Failure::Unavailable);
}
