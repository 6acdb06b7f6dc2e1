//! SQL bindings and their pools.

use std::sync::Arc;

use patchbay_capability::Observer;
use patchbay_capability::sql::{self, BindingOptions, Pool};
use patchbay_capability_sql::PoolOptions;
#[cfg(feature = "mssql")]
use patchbay_capability_sql::mssql;
#[cfg(feature = "mysql")]
use patchbay_capability_sql::mysql;
#[cfg(feature = "odbc")]
use patchbay_capability_sql::odbc;
#[cfg(feature = "postgres")]
use patchbay_capability_sql::postgres;
#[cfg(feature = "sqlite")]
use patchbay_capability_sql::{SqliteOptions, sqlite};

use super::password::Password;
use crate::config::{Secret, SqlBinding, Target};
use crate::observe::CallLog;

/// A pool of connections to the binding's target; none is opened yet.
///
/// The error names the key at fault, and why.
pub(super) fn pool(binding: &SqlBinding, password: Option<&Password>) -> Result<Arc<dyn Pool>, (&'static str, String)> {
    let sizes = sizes(binding);
    let lock_timeout = binding.limits.lock_timeout;
    let secret = password.map(|password| password.secret.expose().to_owned());
    let source = password.and_then(|password| password.source.clone());
    match &binding.target {
        #[cfg(feature = "sqlite")]
        Target::Sqlite(path) => {
            let options = SqliteOptions { busy_timeout: lock_timeout, ..SqliteOptions::new(path) };
            Ok(sqlite::pool(options, sizes))
        }
        #[cfg(feature = "postgres")]
        Target::Postgres(options) => {
            let mut options = options.clone();
            (options.password, options.password_source, options.lock_timeout) = (secret, source, lock_timeout);
            postgres::pool(options, sizes).map_err(|error| ("tls", error.to_string()))
        }
        #[cfg(feature = "mssql")]
        Target::Mssql(options) => {
            let mut options = options.clone();
            (options.password, options.password_source, options.lock_timeout) = (secret, source, lock_timeout);
            mssql::pool(options, sizes).map_err(|error| ("tls", error.to_string()))
        }
        #[cfg(feature = "mysql")]
        Target::Mysql(options) => {
            let mut options = options.clone();
            (options.password, options.password_source, options.lock_timeout) = (secret, source, lock_timeout);
            mysql::pool(options, sizes).map_err(|error| ("tls", error.to_string()))
        }
        #[cfg(feature = "odbc")]
        Target::Odbc(options) => {
            let mut options = options.clone();
            (options.password, options.password_source, options.lock_timeout) = (secret, source, lock_timeout);
            odbc::pool(options, sizes).map_err(|error| ("url", error.to_string()))
        }
    }
}

/// A pool for somebody who only looks: an SQLite file keeps the journal it has.
///
/// The error names the key at fault, and why.
pub(crate) fn looking(
    binding: &SqlBinding,
    password: Option<&Secret>,
) -> Result<Arc<dyn Pool>, (&'static str, String)> {
    match &binding.target {
        #[cfg(feature = "sqlite")]
        Target::Sqlite(path) => {
            Ok(sqlite::pool(SqliteOptions { wal: false, ..SqliteOptions::new(path) }, sizes(binding)))
        }
        // One look takes no time in which a password could change.
        _ => {
            let password = password.map(|secret| Password { secret: secret.clone(), source: None });
            pool(binding, password.as_ref())
        }
    }
}

fn sizes(binding: &SqlBinding) -> PoolOptions {
    PoolOptions {
        max: binding.pool.max,
        connect_timeout: binding.pool.connect_timeout,
        idle_timeout: binding.pool.idle_timeout,
        max_lifetime: binding.pool.max_lifetime,
        return_after: binding.pool.return_after,
        validate_after: binding.pool.validate_after,
        wait_timeout: binding.pool.wait_timeout,
        max_waiting: binding.pool.max_waiting,
        request_timeout: binding.limits.statement_timeout,
        ..PoolOptions::default()
    }
}

/// The binding over its pool.
pub(super) fn binding(
    name: &str,
    binding: &SqlBinding,
    password: Option<&Password>,
    pool: &Arc<dyn Pool>,
    observer: Option<Arc<dyn Observer>>,
) -> sql::Binding {
    let observer = Arc::new(CallLog::new(binding.log_params, observer));
    sql::Binding::new(
        name,
        options(binding, password.map(|password| &password.secret)),
        Arc::clone(pool),
        Some(observer),
    )
}

/// What the binding grants and limits, and what no message of it may show.
pub(crate) fn options(binding: &SqlBinding, password: Option<&Secret>) -> BindingOptions {
    let mut secrets: Vec<String> = password.map(|password| password.expose().to_owned()).into_iter().collect();
    match &binding.target {
        #[cfg(feature = "sqlite")]
        Target::Sqlite(path) => secrets.push(path.display().to_string()),
        #[cfg(feature = "postgres")]
        Target::Postgres(options) => {
            secrets.push(options.user.clone());
            secrets.extend(options.hosts.iter().map(|(host, _)| host.clone()));
        }
        #[cfg(feature = "mssql")]
        Target::Mssql(options) => {
            secrets.extend([options.user.clone(), options.host.clone()]);
            secrets.extend(options.failover.iter().map(|place| place.host.clone()));
        }
        #[cfg(feature = "mysql")]
        Target::Mysql(options) => {
            secrets.push(options.user.clone());
            secrets.extend(options.hosts.iter().map(|(host, _)| host.clone()));
        }
        #[cfg(feature = "odbc")]
        Target::Odbc(options) => secrets.extend(options.secrets()),
    }
    BindingOptions {
        policy: binding.policy.clone(),
        max_statements: binding.limits.statements,
        max_statement_bytes: binding.limits.statement_size,
        max_batch_rows: binding.limits.batch_rows,
        max_batch_bytes: binding.limits.batch_size,
        max_result_bytes: binding.limits.result_size,
        secrets,
    }
}
