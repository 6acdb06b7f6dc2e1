//! SQL bindings and their pools.

use std::sync::Arc;

use patchbay_capability::Observer;
use patchbay_capability::sql::{self, BindingOptions, Pool, Verb};
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
            // It stays in the file, for whoever else uses it: no more of that than is granted.
            let wal = binding.policy.verbs.iter().any(|verb| *verb != Verb::Select);
            let options = SqliteOptions { busy_timeout: lock_timeout, wal, ..SqliteOptions::new(path) };
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
    password: Option<&Password>,
) -> Result<Arc<dyn Pool>, (&'static str, String)> {
    match &binding.target {
        #[cfg(feature = "sqlite")]
        Target::Sqlite(path) => {
            let busy_timeout = binding.limits.lock_timeout;
            let options = SqliteOptions { busy_timeout, wal: false, ..SqliteOptions::new(path) };
            Ok(sqlite::pool(options, sizes(binding)))
        }
        _ => pool(binding, password),
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
    pool: Arc<dyn Pool>,
    observer: Option<Arc<dyn Observer>>,
) -> sql::Binding {
    let observer = Arc::new(CallLog::new(binding.log_params, observer));
    sql::Binding::new(name, options(binding, password.map(|password| &password.secret)), pool, Some(observer))
}

/// What the binding grants and limits, and what its messages may show to nobody, or only to
/// the operator.
pub(crate) fn options(binding: &SqlBinding, password: Option<&Secret>) -> BindingOptions {
    let places = match &binding.target {
        #[cfg(feature = "sqlite")]
        Target::Sqlite(path) => vec![path.display().to_string()],
        #[cfg(feature = "postgres")]
        Target::Postgres(options) => {
            let hosts = options.hosts.iter().map(|(host, _)| host.clone());
            std::iter::once(options.user.clone()).chain(hosts).collect()
        }
        #[cfg(feature = "mssql")]
        Target::Mssql(options) => {
            let others = options.failover.iter().map(|place| place.host.clone());
            [options.user.clone(), options.host.clone()].into_iter().chain(others).collect()
        }
        #[cfg(feature = "mysql")]
        Target::Mysql(options) => {
            let hosts = options.hosts.iter().map(|(host, _)| host.clone());
            std::iter::once(options.user.clone()).chain(hosts).collect()
        }
        #[cfg(feature = "odbc")]
        Target::Odbc(options) => options.secrets(),
    };
    BindingOptions {
        policy: binding.policy.clone(),
        max_statements: binding.limits.statements,
        max_statement_bytes: binding.limits.statement_size,
        max_batch_rows: binding.limits.batch_rows,
        max_batch_bytes: binding.limits.batch_size,
        max_result_bytes: binding.limits.result_size,
        places,
        secrets: password.map(|password| password.expose().to_owned()).into_iter().collect(),
    }
}
