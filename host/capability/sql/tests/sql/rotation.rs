//! A password that changes while the pool is in use.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use patchbay_capability::sql::{Failure, Pool, Value};
use patchbay_capability_sql::{PasswordSource, PoolOptions, mssql, mysql, postgres};

use crate::bed::{Line, Target, failure, soon, targets_of};

/// Where an operator keeps the password.
type File = Arc<Mutex<Result<String, String>>>;

/// A pool of two connections that logs in as `user`, with the password of the file.
fn pool(target: &Target, user: &str, password: &str, file: &File) -> Arc<dyn Pool> {
    let file = Arc::clone(file);
    let source = Some(PasswordSource::new(move || file.lock().unwrap().clone()));
    let sizes = PoolOptions { max: 2, ..PoolOptions::default() };
    match target {
        Target::Postgres(_) => {
            let mut options = target.postgres_options();
            (options.user, options.password, options.password_source) = (user.into(), Some(password.into()), source);
            postgres::pool(options, sizes).unwrap()
        }
        Target::MariaDb(_) => {
            let mut options = target.mysql_options();
            (options.user, options.password, options.password_source) = (user.into(), Some(password.into()), source);
            mysql::pool(options, sizes).unwrap()
        }
        Target::Mssql(_) => {
            let mut options = target.mssql_options();
            (options.user, options.password, options.password_source) = (user.into(), Some(password.into()), source);
            mssql::pool(options, sizes).unwrap()
        }
        Target::Sqlite(_) => panic!("a file has no password"),
    }
}

/// Leads to a fresh connection, as the other one is held.
async fn opens(pool: &Arc<dyn Pool>) {
    assert_eq!(Line::open(pool).await.one("SELECT 7", &[]).await, Ok(Value::Integer(7)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_password_is_taken_without_a_restart() {
    for target in targets_of(&[Target::postgres, Target::mariadb, Target::mssql]) {
        // Users belong to the server, and a server that is named to others as well.
        let own = match &target {
            Target::Mssql(_) => target.mssql_options().database,
            _ => "rotated".to_owned(),
        };
        let user = own.as_str();
        let change = |password: &str| {
            target.admin(&match target {
                Target::Postgres(_) => format!("ALTER ROLE {user} PASSWORD '{password}'"),
                Target::Mssql(_) => format!("ALTER LOGIN [{user}] WITH PASSWORD = '{password}'"),
                _ => format!("ALTER USER {user}@'%' IDENTIFIED BY '{password}'"),
            });
        };
        let login = format!(
            "CREATE LOGIN [{user}] WITH PASSWORD = 'first-password', CHECK_POLICY = OFF; CREATE USER [{user}] FOR LOGIN [{user}]"
        );
        target.admin(target.choose(
            "",
            "CREATE ROLE rotated LOGIN PASSWORD 'first-password'",
            "CREATE USER rotated@'%' IDENTIFIED BY 'first-password'; GRANT ALL ON *.* TO rotated@'%'",
            &login,
        ));
        let file: File = Arc::new(Mutex::new(Ok("first-password".into())));
        let pool = pool(&target, user, "first-password", &file);
        let mut old = Line::open(&pool).await;
        opens(&pool).await;

        // The file first, then the database, with a while between them.
        *file.lock().unwrap() = Ok("second-password".into());
        drop_idle(&target, &pool, &mut old).await;
        opens(&pool).await;
        change("second-password");
        drop_idle(&target, &pool, &mut old).await;
        opens(&pool).await;

        // The database first: refused until the file follows.
        change("third-password");
        drop_idle(&target, &pool, &mut old).await;
        let refused = pool.lease(soon()).await.unwrap_err();
        assert_eq!(refused.failure, Failure::PermissionDenied, "{target:?}: {refused}");
        assert!(!format!("{refused:?} {pool:?}").contains("-password"), "{refused:?} {pool:?}");
        *file.lock().unwrap() = Ok("third-password".into());
        opens(&pool).await;

        // A file that is gone for a moment does no harm.
        *file.lock().unwrap() = Err("no such file".into());
        drop_idle(&target, &pool, &mut old).await;
        opens(&pool).await;
        // And the connection from before goes on.
        assert_eq!(old.one("SELECT 8", &[]).await, Ok(Value::Integer(8)));
        if let Target::Mssql(_) = target {
            drop(old);
            pool.close().await;
            forget(&target, user);
        }
    }
}

/// Removes a login from a server that goes on, once nobody uses it.
fn forget(target: &Target, login: &str) {
    let sessions = format!("SELECT COUNT(*) FROM sys.dm_exec_sessions WHERE login_name = '{login}'");
    let until = soon();
    while target.admin(&sessions) != ["0"] {
        assert!(Instant::now() < until, "the sessions of {login} do not end");
        std::thread::sleep(Duration::from_millis(100));
    }
    target.admin(&format!("DROP USER [{login}]; DROP LOGIN [{login}]"));
}

/// Ends the pool's other connection, as an administrator would.
async fn drop_idle(target: &Target, pool: &Arc<dyn Pool>, old: &mut Line) {
    let id = target.session_number();
    let Value::Integer(mine) = old.one(id, &[]).await.unwrap() else { panic!("no number") };
    let mut other = Line::open(pool).await;
    let Value::Integer(theirs) = other.one(id, &[]).await.unwrap() else { panic!("no number") };
    assert_ne!(mine, theirs);
    target.end_session(theirs);
    assert_eq!(failure(other.one("SELECT 1", &[]).await), Failure::Unavailable);
}
