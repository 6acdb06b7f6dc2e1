//! Bindings to what has an ODBC driver.

use patchbay_capability::sql;
use patchbay_capability_sql::{OdbcOptions, odbc::OdbcWorker};

use crate::config::Target;
use crate::config::file::{self, Dialect};
use crate::config::path::KeyPath;
use crate::config::resolve::Resolver;

/// What `string` reaches. Messages never repeat it: it may hold a password after all.
pub(super) fn target(
    resolver: &mut Resolver,
    path: &KeyPath,
    string: &str,
    tls: file::DatabaseTls,
    odbc: file::Odbc,
) -> Option<Target> {
    if tls.mode.is_some() || tls.ca_file.is_some() || tls.allow_plaintext {
        let what = "is the driver's business: its own words for TLS go into `url`";
        resolver.problem(&path.key("tls"), what);
    }
    let mut options = match OdbcOptions::from_url(&format!("odbc:{string}")) {
        Ok(options) => options,
        Err(error) => {
            let shape = "it must be `odbc:Driver={NAME};KEYWORD=VALUE;...`, with the password in `password` beside it";
            resolver.problem(&path.key("url"), format!("{error}: {shape}"));
            return None;
        }
    };
    options.dialect = odbc.dialect.map(|dialect| match dialect {
        Dialect::Postgres => sql::Dialect::Postgres,
        Dialect::Mysql => sql::Dialect::Mysql,
        Dialect::Sqlite => sql::Dialect::Sqlite,
        Dialect::Mssql => sql::Dialect::Mssql,
        Dialect::Oracle => sql::Dialect::Oracle,
        Dialect::Db2 => sql::Dialect::Db2,
        Dialect::Hana => sql::Dialect::Hana,
        Dialect::Ansi => sql::Dialect::Ansi,
    });
    if options.known_dialect().is_none() {
        let what = "is needed, as the driver's name does not tell what the database speaks";
        resolver.problem(&path.key("odbc").key("dialect"), what);
        return None;
    }
    for (index, string) in odbc.alternatives.iter().enumerate() {
        if let Err(error) = options.add_alternative(string) {
            let path = path.key("odbc").key("alternatives");
            let index = resolver.document.index_as_typed(&path, index);
            let shape = "it must be what the connection string says differently there: `KEYWORD=VALUE;...`";
            resolver.problem(&path.index(index), format!("{error}: {shape}"));
        }
    }
    if odbc.process {
        match OdbcWorker::this_program() {
            Ok(worker) => options.worker = Some(worker),
            Err(error) => {
                let what = format!("cannot be true: this program does not know where it is ({error})");
                resolver.problem(&path.key("odbc").key("process"), what);
            }
        }
    }
    Some(Target::Odbc(options))
}
