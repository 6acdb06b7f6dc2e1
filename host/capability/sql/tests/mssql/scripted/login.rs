//! Ways to log in.

use std::sync::{Arc, Mutex};

use patchbay_capability::sql::{Failure, Pool};
use patchbay_capability_sql::mssql::MssqlLogin;
use patchbay_capability_sql::{PasswordSource, PoolOptions, mssql};

use super::options;
use crate::line::{Line, soon};
use crate::server::{Act, Login, Server};

/// A pool that logs in like this; a token is what `source` says.
fn pool(server: &Server, login: MssqlLogin, source: Option<PasswordSource>) -> Arc<dyn Pool> {
    let mut options = options(server);
    if login != MssqlLogin::Sql {
        options.user.clear();
    }
    (options.login, options.password_source) = (login, source);
    mssql::pool(options, PoolOptions { max: 2, ..PoolOptions::default() }).unwrap()
}

#[tokio::test]
async fn with_a_name() {
    let server = Server::start(None).await;
    Line::open(&pool(&server, MssqlLogin::Sql, None)).await;
    assert_eq!(server.logins(), [Login::Name("patchbay".into())]);
}

#[tokio::test]
async fn with_a_token_that_is_read_for_each_connection() {
    let server = Server::start(None).await;
    let file = Arc::new(Mutex::new("token-one".to_owned()));
    let source = PasswordSource::new({
        let file = Arc::clone(&file);
        move || Ok(file.lock().unwrap().clone())
    });
    let pool = pool(&server, MssqlLogin::Token, Some(source));
    let _first = Line::open(&pool).await;
    *file.lock().unwrap() = "token-two".into();
    let _second = Line::open(&pool).await;
    assert_eq!(server.logins(), ["token-one", "token-two"].map(|token| Login::Token(token.into())));
}

#[tokio::test]
async fn a_token_that_is_refused_is_not_shown() {
    let server = Server::start(None).await;
    let sentence = "Login failed for user '<token-identified principal>'. The token is expired.";
    server.script("LOGIN", vec![Act::Error(18456, 14, sentence)]);
    let pool = pool(&server, MssqlLogin::Token, None);
    let refused = pool.lease(soon()).await.unwrap_err();
    assert_eq!(refused.failure, Failure::PermissionDenied);
    assert_eq!(server.logins(), [Login::Token("hunter2-hunter2".into())]);
    assert!(!format!("{refused:?} {pool:?}").contains("hunter2"), "{refused:?} {pool:?}");
}

/// No ticket is to be had here: the cache that is named is not there.
#[cfg(feature = "mssql-kerberos")]
#[tokio::test]
async fn without_a_ticket_nothing_is_said() {
    let server = Server::start(None).await;
    let refused = pool(&server, MssqlLogin::Kerberos, None).lease(soon()).await.unwrap_err();
    assert_eq!(refused.failure, Failure::Unavailable, "{refused:?}");
    assert_eq!(server.logins(), []);
}

#[cfg(not(feature = "mssql-kerberos"))]
#[tokio::test]
async fn tickets_that_are_not_built_in_are_refused_before_anything_is_opened() {
    let server = Server::start(None).await;
    let mut options = options(&server);
    options.user.clear();
    options.login = MssqlLogin::Kerberos;
    let refused = mssql::pool(options, PoolOptions::default()).unwrap_err().to_string();
    assert!(refused.contains("cargo feature `mssql-kerberos`"), "{refused}");
    assert_eq!(server.opened(), 0);
}
