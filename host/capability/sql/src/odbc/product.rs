//! What is behind a driver: which dialect it speaks, and how a session is set up.

use std::time::Duration;

use patchbay_capability::sql::Dialect;

use super::attributes::Attributes;
use crate::{mysql, postgres};

/// Parts of drivers' names and files, and the dialect of the databases they reach.
const DRIVERS: [(&str, Dialect); 16] = [
    ("postgres", Dialect::Postgres),
    ("psqlodbc", Dialect::Postgres),
    ("mariadb", Dialect::Mysql),
    ("maodbc", Dialect::Mysql),
    ("mysql", Dialect::Mysql),
    ("myodbc", Dialect::Mysql),
    ("sqlite", Dialect::Sqlite),
    ("sql server", Dialect::Mssql),
    ("msodbcsql", Dialect::Mssql),
    ("tdsodbc", Dialect::Mssql),
    ("freetds", Dialect::Mssql),
    ("oracle", Dialect::Oracle),
    ("sqora", Dialect::Oracle),
    ("db2", Dialect::Db2),
    ("hdbodbc", Dialect::Hana),
    ("libodbchdb", Dialect::Hana),
];

/// The dialect that a driver's name, or its file's, stands for.
pub(super) fn of_driver(driver: &str) -> Option<Dialect> {
    let driver = driver.to_lowercase();
    DRIVERS.iter().find(|(part, _)| driver.contains(part)).map(|(_, dialect)| *dialect)
}

/// The dialect of a product, by what it calls itself (`SQL_DBMS_NAME`).
pub(super) fn of_name(name: &str) -> Option<Dialect> {
    let name = name.to_lowercase();
    let is = |part: &str| name.contains(part);
    if is("postgresql") {
        Some(Dialect::Postgres)
    } else if is("mysql") || is("mariadb") {
        Some(Dialect::Mysql)
    } else if is("sqlite") {
        Some(Dialect::Sqlite)
    } else if is("microsoft sql server") || is("sql azure") {
        Some(Dialect::Mssql)
    } else if name.starts_with("oracle") {
        Some(Dialect::Oracle)
    } else if name.starts_with("db2") {
        Some(Dialect::Db2)
    } else if name == "hdb" {
        Some(Dialect::Hana)
    } else {
        None
    }
}

/// Whether what calls itself a product of dialect `found` is to be talked to in `wanted`. One that
/// is not known is taken at the operator's word, where that is given.
///
/// A statement is held against the grant by the rules of `wanted`, so a server that reads it by
/// its own would do what nobody granted. Of the known ones only PostgreSQL reads standard SQL as
/// the policy does, which lets little of it through.
pub(super) fn speaks(found: Option<Dialect>, wanted: Dialect, any_product: bool) -> bool {
    match found {
        Some(found) => found == wanted || (found, wanted) == (Dialect::Postgres, Dialect::Ansi),
        None => any_product,
    }
}

/// As it is written in a configuration.
pub(super) fn word(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Postgres => "postgres",
        Dialect::Mysql => "mysql",
        Dialect::Sqlite => "sqlite",
        Dialect::Mssql => "mssql",
        Dialect::Oracle => "oracle",
        Dialect::Db2 => "db2",
        Dialect::Hana => "hana",
        Dialect::Ansi => "ansi",
    }
}

/// Adds to a connection string what a driver needs to behave, where the operator has not
/// said otherwise. Drivers pass over keywords they do not know.
pub(super) fn complete(attributes: &mut Attributes, dialect: Dialect, lock_timeout: Duration) {
    match dialect {
        Dialect::Postgres => {
            // Truth values are of a type of their own, and not text of five characters.
            attributes.add("BoolsAsChar", "0");
            // Without a savepoint around each statement: a transaction with a failed
            // statement is rolled back as a whole.
            attributes.add("Protocol", "7.4-0");
        }
        // Rows found are counted, changed or not (2); results come as they are read, and not
        // all at once (FORWARD_CURSOR and NO_CACHE).
        Dialect::Mysql => attributes.add("OPTION", "3145730"),
        Dialect::Sqlite => {
            attributes.add("FKSupport", "1");
            // Milliseconds to wait for another writer.
            attributes.add("Timeout", &millis(lock_timeout).to_string());
            attributes.add("NoCreat", "1");
        }
        Dialect::Mssql | Dialect::Oracle | Dialect::Db2 | Dialect::Hana | Dialect::Ansi => {}
    }
}

/// What follows a SELECT of constants: many databases want a table to be read.
pub(super) fn from_nothing(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Oracle => " FROM SYS.DUAL",
        Dialect::Db2 => " FROM SYSIBM.SYSDUMMY1",
        Dialect::Hana => " FROM SYS.DUMMY",
        Dialect::Postgres | Dialect::Mysql | Dialect::Sqlite | Dialect::Mssql | Dialect::Ansi => "",
    }
}

fn millis(time: Duration) -> u128 {
    time.as_millis().clamp(1, i32::MAX.unsigned_abs().into())
}

/// The SELECT that tells whether a server takes writes, and the answer of one that does; none
/// where it cannot be asked.
pub(super) fn writable(dialect: Dialect) -> Option<(&'static str, &'static str)> {
    match dialect {
        Dialect::Postgres => Some(("SHOW transaction_read_only", "off")),
        // A number, or of later servers a word.
        Dialect::Mysql => Some(("SELECT CASE WHEN CAST(@@GLOBAL.read_only AS CHAR) IN ('0', 'OFF') THEN 'w' END", "w")),
        Dialect::Mssql => {
            Some(("SELECT CAST(DATABASEPROPERTYEX(DB_NAME(), 'Updateability') AS nvarchar(128))", "READ_WRITE"))
        }
        Dialect::Oracle => Some(("SELECT SYS_CONTEXT('USERENV', 'DATABASE_ROLE') FROM SYS.DUAL", "PRIMARY")),
        // A standby of Db2 or HANA lets nobody in who may not read only.
        Dialect::Sqlite | Dialect::Db2 | Dialect::Hana | Dialect::Ansi => None,
    }
}

/// The statement that sets how long locks are waited for; none where there is none for a
/// session, or where the driver was told already.
fn lock_timeout(dialect: Dialect, time: Duration) -> Option<String> {
    match dialect {
        Dialect::Postgres => Some(format!("SET lock_timeout = {}", millis(time))),
        Dialect::Mysql => Some(mysql::lock_timeout(time)),
        Dialect::Mssql => Some(format!("SET LOCK_TIMEOUT {}", millis(time))),
        // Without it, it waits for ever. Whole seconds.
        Dialect::Db2 => Some(format!("SET CURRENT LOCK TIMEOUT {}", time.as_millis().div_ceil(1000).clamp(1, 32_767))),
        Dialect::Sqlite | Dialect::Oracle | Dialect::Hana | Dialect::Ansi => None,
    }
}

/// Statements that are run first in each session: times are in UTC, strings are what the
/// policy's parser takes them for, nothing is cut to size, no lock is waited for for ever.
pub(super) fn session_settings(dialect: Dialect, lock_time: Duration) -> Vec<String> {
    let own = settings(dialect).into_iter();
    own.chain(lock_timeout(dialect, lock_time)).collect()
}

fn settings(dialect: Dialect) -> Vec<String> {
    let settings: &[&str] = match dialect {
        Dialect::Postgres => &[
            "SET standard_conforming_strings = on",
            "SET TIME ZONE 'UTC'",
            postgres::ISOLATION,
            "SET DateStyle = 'ISO, YMD'",
            "SET IntervalStyle = 'iso_8601'",
            "SET application_name = 'patchbay'",
        ],
        // How text is sent is the driver's business, which does not let it be changed.
        Dialect::Mysql => return vec![format!("SET {}", mysql::SETTINGS), mysql::ISOLATION.to_owned()],
        Dialect::Sqlite => &["PRAGMA foreign_keys = ON"],
        Dialect::Mssql => &["SET QUOTED_IDENTIFIER ON; SET ANSI_NULLS ON; SET ANSI_PADDING ON; SET ANSI_WARNINGS ON; \
             SET ARITHABORT ON; SET CONCAT_NULL_YIELDS_NULL ON; SET XACT_ABORT ON; SET LANGUAGE us_english; \
             SET DATEFORMAT ymd; SET TRANSACTION ISOLATION LEVEL READ COMMITTED"],
        Dialect::Oracle => &[
            "ALTER SESSION SET TIME_ZONE = 'UTC'",
            "ALTER SESSION SET NLS_DATE_FORMAT = 'YYYY-MM-DD HH24:MI:SS'",
            "ALTER SESSION SET NLS_TIMESTAMP_FORMAT = 'YYYY-MM-DD HH24:MI:SS.FF'",
            "ALTER SESSION SET NLS_NUMERIC_CHARACTERS = '.,'",
            "ALTER SESSION SET NLS_LANGUAGE = 'AMERICAN'",
            // Text compares as it is written, which is what its indexes are made for.
            "ALTER SESSION SET NLS_COMP = 'BINARY'",
            "ALTER SESSION SET NLS_SORT = 'BINARY'",
        ],
        // It has no time zone of a session, and its language is the client's.
        Dialect::Db2 => &[],
        Dialect::Hana => &["SET 'LOCALE' = 'en_US'"],
        // Nothing that all of them would take.
        Dialect::Ansi => &[],
    };
    settings.iter().map(|text| (*text).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locks_are_waited_for_as_long_as_it_was_said() {
        let last = |dialect| session_settings(dialect, Duration::from_millis(1500)).pop().unwrap_or_default();
        assert_eq!(last(Dialect::Postgres), "SET lock_timeout = 1500");
        assert_eq!(last(Dialect::Mssql), "SET LOCK_TIMEOUT 1500");
        assert_eq!(last(Dialect::Db2), "SET CURRENT LOCK TIMEOUT 2");
        assert_eq!(last(Dialect::Mysql), "SET SESSION innodb_lock_wait_timeout = 2, lock_wait_timeout = 2");
        let mut attributes = Attributes::parse("Driver=SQLite3").unwrap();
        complete(&mut attributes, Dialect::Sqlite, Duration::from_millis(1500));
        assert_eq!(attributes.get("timeout"), Some("1500"));
    }

    #[test]
    fn sessions_are_in_utc_and_see_what_is_committed() {
        let settings = settings(Dialect::Postgres);
        for wanted in ["SET TIME ZONE 'UTC'", postgres::ISOLATION] {
            assert!(settings.iter().any(|own| own == wanted), "{settings:?}");
        }
    }

    #[test]
    fn a_known_product_is_talked_to_in_its_own_dialect() {
        for name in ["Microsoft SQL Server", "MariaDB", "MySQL", "SQLite", "Oracle", "DB2/LINUXX8664", "HDB"] {
            let found = of_name(name);
            assert!(!speaks(found, Dialect::Ansi, true), "{name}");
            assert!(!speaks(found, Dialect::Postgres, true), "{name}");
            assert!(found.is_some_and(|own| speaks(found, own, false)), "{name}");
        }
        assert!(speaks(of_name("PostgreSQL"), Dialect::Ansi, false));
        assert!(speaks(of_name("Informix"), Dialect::Ansi, true));
        assert!(!speaks(of_name("Informix"), Dialect::Ansi, false));
    }

    #[test]
    fn drivers_and_products() {
        for (driver, expected) in [
            ("PostgreSQL Unicode", Some(Dialect::Postgres)),
            ("/usr/lib/odbc/psqlodbcw.so", Some(Dialect::Postgres)),
            ("MariaDB Unicode", Some(Dialect::Mysql)),
            ("MySQL ODBC 8.4 Unicode Driver", Some(Dialect::Mysql)),
            ("SQLite3", Some(Dialect::Sqlite)),
            ("ODBC Driver 18 for SQL Server", Some(Dialect::Mssql)),
            ("/opt/msodbcsql18/libmsodbcsql-18.so", Some(Dialect::Mssql)),
            ("Oracle 23 ODBC driver", Some(Dialect::Oracle)),
            ("IBM DB2 ODBC DRIVER", Some(Dialect::Db2)),
            ("/opt/ibm/clidriver/lib/libdb2.so", Some(Dialect::Db2)),
            ("HDBODBC", Some(Dialect::Hana)),
            ("/usr/sap/hdbclient/libodbcHDB.so", Some(Dialect::Hana)),
            ("IBM INFORMIX ODBC DRIVER", None),
        ] {
            assert_eq!(of_driver(driver), expected, "{driver}");
        }
        for (name, expected) in [
            ("PostgreSQL", Some(Dialect::Postgres)),
            ("MariaDB", Some(Dialect::Mysql)),
            ("MySQL", Some(Dialect::Mysql)),
            ("SQLite", Some(Dialect::Sqlite)),
            ("Microsoft SQL Server", Some(Dialect::Mssql)),
            ("Oracle", Some(Dialect::Oracle)),
            ("DB2/LINUXX8664", Some(Dialect::Db2)),
            ("HDB", Some(Dialect::Hana)),
            ("Informix", None),
            ("Adaptive Server Enterprise", None),
        ] {
            assert_eq!(of_name(name), expected, "{name}");
        }
    }
}
