//! A password that is changed while connections are open: new ones are opened with the newer.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use patchbay_capability::sql::{Failure, Pool, Value};
use patchbay_capability_sql::{OdbcOptions, PasswordSource, PoolOptions, odbc};
use patchbay_test_support::OdbcDriver;

use crate::bed::{Line, Target, soon};
use crate::way;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_connections_use_what_the_file_says_now() {
    for target in [Target::postgres(), Target::mariadb()] {
        let (driver, port, database) = match &target {
            Target::MariaDb(_) => {
                let own = target.mysql_options();
                (OdbcDriver::MariaDb, own.hosts[0].1, own.database)
            }
            _ => {
                let own = target.postgres_options();
                (OdbcDriver::Postgres, own.hosts[0].1, own.database)
            }
        };
        let user = "rotated";
        let set = |verb: &str, password: &str| {
            let word = target.pick("", "PASSWORD", "IDENTIFIED BY");
            target.admin(&format!("{verb} USER {user} {word} '{password}'"));
        };
        set("CREATE", "first-password");
        let file = Arc::new(Mutex::new(Ok("first-password".to_owned())));
        if matches!(target, Target::MariaDb(_)) {
            target.admin(&format!("GRANT ALL ON {database}.* TO {user}"));
        }
        let url = driver.server_url(port, &database, user).unwrap();
        let mut options = OdbcOptions::from_url(&url).unwrap();
        options.worker = way::options(&target).worker;
        options.password = Some("first-password".into());
        options.password_source = Some(PasswordSource::new({
            let file = Arc::clone(&file);
            move || file.lock().unwrap().clone()
        }));
        // Connections live for a moment only, so that each lease logs in.
        let sizes = PoolOptions { max: 2, max_lifetime: Duration::from_millis(1), ..PoolOptions::default() };
        let pool = odbc::pool(options, sizes).unwrap();
        let mut old = Line::open(&pool).await;
        opens(&pool).await;

        // The file first, then the database, with a while between them.
        *file.lock().unwrap() = Ok("second-password".into());
        opens(&pool).await;
        set("ALTER", "second-password");
        opens(&pool).await;

        // The database first: refused until the file follows.
        set("ALTER", "third-password");
        let refused = pool.lease(soon()).await.unwrap_err();
        assert_eq!(refused.failure, Failure::PermissionDenied, "{target:?}: {refused}");
        assert!(!format!("{refused:?} {pool:?}").contains("-password"), "{refused:?} {pool:?}");
        *file.lock().unwrap() = Ok("third-password".into());
        opens(&pool).await;

        // A file that is gone for a moment does no harm.
        *file.lock().unwrap() = Err("no such file".into());
        opens(&pool).await;
        // And the connection from before goes on.
        assert_eq!(old.one("SELECT 8", &[]).await, Ok(Value::Integer(8)));
    }
}

async fn opens(pool: &Arc<dyn Pool>) {
    let mut line = Line::open(pool).await;
    assert_eq!(line.one("SELECT 7", &[]).await, Ok(Value::Integer(7)));
    drop(line);
    tokio::time::sleep(Duration::from_millis(2)).await;
}
