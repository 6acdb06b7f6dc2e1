//! Bindings to databases.

#[cfg(feature = "sqlite")]
use std::path::Path;

use patchbay_capability::sql;
#[cfg(feature = "mysql")]
use patchbay_capability_sql::MysqlOptions;
use patchbay_capability_sql::OptionsError;
#[cfg(feature = "postgres")]
use patchbay_capability_sql::PostgresOptions;
#[cfg(feature = "mssql")]
use patchbay_capability_sql::mssql::{Encryption, MssqlLogin, MssqlOptions};

use super::pool;
use crate::config::file::{self, TlsMode, Verb};
use crate::config::path::KeyPath;
use crate::config::resolve::Resolver;
use crate::config::resolve::server::{bytes, time};
use crate::config::{SqlBinding, SqlLimits, Target};

/// Resolves one binding; none where something that must be there is not.
pub(super) fn binding(resolver: &mut Resolver, path: KeyPath, typed: file::SqlBinding) -> Option<SqlBinding> {
    let url_path = path.key("url");
    let target = match resolver.required(typed.url, &url_path) {
        Some(url) => target(resolver, &path, &url, typed.tls, typed.odbc, typed.password.is_some()),
        None => None,
    };
    let allow_path = path.key("allow");
    let policy = match resolver.required(typed.allow, &allow_path) {
        Some(allow) => policy(resolver, &allow_path, allow),
        None => None,
    };
    let pool = pool(resolver, &path, &typed.pool);
    let limits_path = path.key("limits");
    let limits = SqlLimits {
        statements: resolver.positive(typed.limits.statements, 5000, &limits_path.key("statements")),
        statement_size: bytes(typed.limits.statement_size, 4 << 20),
        batch_rows: resolver.positive(typed.limits.batch_rows, 1000, &limits_path.key("batch_rows")),
        batch_size: bytes(typed.limits.batch_size, 1 << 20),
        result_size: bytes(typed.limits.result_size, 64 << 20),
        lock_timeout: time(typed.limits.lock_timeout, 10),
        statement_timeout: typed.limits.statement_timeout.map(|time| time.0),
    };
    Some(SqlBinding {
        path,
        target: target?,
        password: typed.password.map(|password| password.source),
        pool,
        policy: policy?,
        limits,
        log_params: typed.log_params,
    })
}

/// What `url` reaches. Messages never repeat the URL: it may hold a password after all.
fn target(
    resolver: &mut Resolver,
    path: &KeyPath,
    url: &str,
    tls: file::DatabaseTls,
    odbc: Option<file::Odbc>,
    password: bool,
) -> Option<Target> {
    let url_path = path.key("url");
    if let Some(string) = url.strip_prefix("odbc:") {
        return odbc_target(resolver, path, string, tls, odbc.unwrap_or_default());
    }
    if odbc.is_some() {
        resolver.problem(&path.key("odbc"), "goes with a `url` that starts with `odbc:` only");
    }
    #[cfg(not(feature = "sqlite"))]
    if url.starts_with("sqlite:") {
        let _ = password;
        resolver.problem(&url_path, "reaches SQLite, which this program was built without");
        return None;
    }
    #[cfg(feature = "sqlite")]
    if let Some(file) = url.strip_prefix("sqlite:") {
        let file = file.strip_prefix("//").unwrap_or(file);
        if file.is_empty() || file.starts_with(':') || file.contains(['?', '\0']) {
            resolver.problem(&url_path, "must be `sqlite:` and the name of a file");
            return None;
        }
        if password {
            resolver.problem(&path.key("password"), "an SQLite file has no password");
        }
        if tls.mode.is_some() || tls.ca_file.is_some() || tls.allow_plaintext {
            resolver.problem(&path.key("tls"), "an SQLite file has no connection to protect");
        }
        return Some(Target::Sqlite(resolver.base.join(Path::new(file))));
    }
    let mode = tls.mode.map(|mode| match mode {
        TlsMode::VerifyFull => patchbay_capability_sql::TlsMode::VerifyFull,
        TlsMode::Disable => patchbay_capability_sql::TlsMode::Disable,
    });
    #[cfg(not(feature = "postgres"))]
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        resolver.problem(&url_path, "reaches PostgreSQL, which this program was built without");
        return None;
    }
    #[cfg(feature = "postgres")]
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        let mut options = server(resolver, &url_path, "postgres://USER@", PostgresOptions::from_url(url))?;
        without_password(resolver, &url_path, options.password.as_ref())?;
        options.tls = mode.unwrap_or(options.tls);
        options.allow_plaintext = tls.allow_plaintext;
        options.ca_file = tls.ca_file.or(options.ca_file).map(|file| resolver.base.join(file));
        return Some(Target::Postgres(options));
    }
    #[cfg(not(feature = "mysql"))]
    if url.starts_with("mysql://") || url.starts_with("mariadb://") {
        resolver.problem(&url_path, "reaches MySQL, which this program was built without");
        return None;
    }
    #[cfg(feature = "mysql")]
    if url.starts_with("mysql://") || url.starts_with("mariadb://") {
        let mut options = server(resolver, &url_path, "mysql://USER@", MysqlOptions::from_url(url))?;
        without_password(resolver, &url_path, options.password.as_ref())?;
        options.tls = mode.unwrap_or(options.tls);
        options.allow_plaintext = tls.allow_plaintext;
        options.ca_file = tls.ca_file.or(options.ca_file).map(|file| resolver.base.join(file));
        return Some(Target::Mysql(options));
    }
    #[cfg(not(feature = "mssql"))]
    if url.starts_with("mssql://") || url.starts_with("sqlserver://") {
        resolver.problem(&url_path, "reaches SQL Server, which this program was built without");
        return None;
    }
    #[cfg(feature = "mssql")]
    if url.starts_with("mssql://") || url.starts_with("sqlserver://") {
        let mut options = server(resolver, &url_path, "mssql://[USER@]", MssqlOptions::from_url(url))?;
        without_password(resolver, &url_path, options.password.as_ref())?;
        if let Err(error) = options.check_login() {
            resolver.problem(&url_path, error.to_string());
        }
        match options.login {
            MssqlLogin::Token if !password => {
                resolver
                    .problem(&path.key("password"), "is needed: where the access token is that login=token asks for");
            }
            MssqlLogin::Kerberos if password => {
                resolver.problem(&path.key("password"), "does not go with login=kerberos, which takes a ticket");
            }
            MssqlLogin::Sql | MssqlLogin::Token | MssqlLogin::Kerberos => {}
        }
        // The URL says how, `tls` whether.
        match tls.mode {
            Some(TlsMode::Disable) => options.encryption = Encryption::Disable,
            Some(TlsMode::VerifyFull) if options.trust_certificate || options.encryption == Encryption::Disable => {
                resolver.problem(&path.key("tls").key("mode"), "does not go with what the URL says");
            }
            Some(TlsMode::VerifyFull) | None => {}
        }
        options.allow_plaintext = tls.allow_plaintext;
        options.ca_file = tls.ca_file.or(options.ca_file).map(|file| resolver.base.join(file));
        return Some(Target::Mssql(options));
    }
    resolver.problem(&url_path, "must start with `sqlite:`, `postgres://`, `mysql://`, `mssql://` or `odbc:`");
    None
}

#[cfg(feature = "odbc")]
use super::odbc::target as odbc_target;

/// Says that ODBC is not there.
#[cfg(not(feature = "odbc"))]
fn odbc_target(
    resolver: &mut Resolver,
    path: &KeyPath,
    _: &str,
    _: file::DatabaseTls,
    _: file::Odbc,
) -> Option<Target> {
    let what = "reaches a database through ODBC, which this program was built without (cargo feature `odbc`)";
    resolver.problem(&path.key("url"), what);
    None
}

/// The options in a server's URL; none where it cannot be read.
fn server<T>(resolver: &mut Resolver, path: &KeyPath, start: &str, read: Result<T, OptionsError>) -> Option<T> {
    match read {
        Ok(options) => Some(options),
        Err(error) => {
            resolver.problem(path, format!("{error}: it must be `{start}HOST[:PORT]/DATABASE`"));
            None
        }
    }
}

/// None where a URL holds a password after all.
fn without_password(resolver: &mut Resolver, path: &KeyPath, password: Option<&String>) -> Option<()> {
    if password.is_some() {
        resolver.problem(path, "must not hold a password: write `password = { env = \"NAME\" }` beside it");
        return None;
    }
    Some(())
}

fn policy(resolver: &mut Resolver, path: &KeyPath, allow: file::Allow) -> Option<sql::Policy> {
    let procedures_path = path.key("procedures");
    names(resolver, &procedures_path, &allow.procedures, "must be `PROCEDURE` or `SCHEMA.PROCEDURE`");
    let needed = allow.procedures.is_empty() && resolver.problems_under(&procedures_path) == 0;
    let tables_path = path.key("tables");
    let tables = resolver.required(allow.tables, &tables_path);
    if let Some(tables) = &tables {
        if tables.is_empty() && needed {
            resolver.problem(&tables_path, "at least one table is needed");
        }
        names(resolver, &tables_path, tables, "must be `TABLE` or `SCHEMA.TABLE`");
    }
    let verbs_path = path.key("verbs");
    let verbs = resolver.required(allow.verbs, &verbs_path);
    if verbs.as_ref().is_some_and(Vec::is_empty) && needed && resolver.problems_under(&verbs_path) == 0 {
        resolver.problem(&verbs_path, "at least one verb is needed");
    }
    let verbs = verbs?.into_iter().map(|verb| match verb {
        Verb::Select => sql::Verb::Select,
        Verb::Insert => sql::Verb::Insert,
        Verb::Update => sql::Verb::Update,
        Verb::Delete => sql::Verb::Delete,
    });
    Some(sql::Policy {
        tables: tables?.into_iter().collect(),
        verbs: verbs.collect(),
        procedures: allow.procedures.into_iter().collect(),
    })
}

/// Reports what cannot be the name of something in a database.
fn names(resolver: &mut Resolver, path: &KeyPath, names: &[String], problem: &str) {
    for (index, name) in names.iter().enumerate() {
        if name.is_empty() || name.starts_with('.') || name.ends_with('.') || name.chars().any(char::is_control) {
            let index = resolver.document.index_as_typed(path, index);
            resolver.problem(&path.index(index), problem);
        }
    }
}
