//! `check` on the examples of packaged applications, each on the databases that it is for.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use patchbay::config::Config;
use patchbay_test_support::{MariaDb, Postgres, package_file};

use crate::helpdesk::{TOKEN, connectors};

const MYSQL_SCHEMA: &str = "etc/freeradius/3.0/mods-config/sql/main/mysql/schema.sql";
const POSTGRES_SCHEMA: &str = "etc/freeradius/3.0/mods-config/sql/main/postgresql/schema.sql";
const SQLITE_SCHEMA: &str = "etc/freeradius/3.0/mods-config/sql/main/sqlite/schema.sql";

fn example(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(file)
}

/// Runs `patchbay check` on an example, pointed at `url`, and demands that all is well, with
/// these words in the report.
fn check(file: &str, url: &str, password: &str, words: &[&str]) {
    let directory = tempfile::tempdir().unwrap();
    let config = std::fs::read_to_string(example(file)).unwrap();
    let line = config.lines().find(|line| line.starts_with("url ")).unwrap();
    let config = config.replace(line, &format!("url = {url:?}"));
    let cache = format!("[engine]\ncache = '{}/cache'\n", env!("CARGO_TARGET_TMPDIR"));
    let path = directory.path().join("p.toml");
    std::fs::write(&path, format!("{config}\n{cache}")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_patchbay"));
    command.env_remove("PATCHBAY_LOG").env_remove("RUST_LOG").env("PATCHBAY_CONNECTORS", connectors());
    for app in ["RADIUS", "CACTI"] {
        command.env(format!("{app}_TOKEN"), TOKEN).env(format!("{app}_DB_PASSWORD"), password);
    }
    let Output { status, stdout, stderr } = command.arg("check").arg("--config").arg(&path).output().unwrap();
    let text = String::from_utf8([stdout, stderr].concat()).unwrap();
    assert_eq!(status.code(), Some(0), "{file}: {text}");
    assert!(!text.contains("warning"), "{file}: {text}");
    for word in words.iter().chain(&["no problems"]) {
        assert!(text.contains(word), "{file}: {word}\n{text}");
    }
}

/// The schema of FreeRADIUS for one database.
fn radius(path: &str) -> String {
    package_file("freeradius-config", path).unwrap_or_else(|error| panic!("{error:#}"))
}

#[test]
fn freeradius_on_sqlite() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("radius.db");
    rusqlite::Connection::open(&file).unwrap().execute_batch(&radius(SQLITE_SCHEMA)).unwrap();
    check("freeradius/patchbay.sqlite.toml", &format!("sqlite:{}", file.display()), "", &["group, user"]);
}

#[test]
fn freeradius_on_postgres() {
    let server = Postgres::start().unwrap();
    server.create_database("radius").unwrap();
    server.sql("radius", &radius(POSTGRES_SCHEMA)).unwrap();
    let url = format!("postgres://{}@127.0.0.1:{}/radius", server.user(), server.port());
    check("freeradius/patchbay.postgres.toml", &url, server.password(), &["group, user"]);
}

#[test]
fn freeradius_and_cacti_on_mariadb() {
    let server = MariaDb::start().unwrap();
    let cacti = package_file("cacti", "usr/share/cacti/conf_templates/cacti.sql");
    let cacti = cacti.unwrap_or_else(|error| panic!("{error:#}"));
    for (name, file, schema) in [
        ("radius", "freeradius/patchbay.mariadb.toml", radius(MYSQL_SCHEMA)),
        ("cacti", "cacti/patchbay.mariadb.toml", cacti),
    ] {
        server.create_database(name).unwrap();
        // Longer than an argument of a command may be.
        let statements = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(statements.path(), schema).unwrap();
        server.sql(name, &format!("source {}", statements.path().display())).unwrap();
        let url = format!("mysql://{}@127.0.0.1:{}/{name}", server.user(), server.port());
        check(file, &url, server.password(), &["group, user"]);
    }
}

/// There is no SQL Server to ask here. What the file says is what the others say, which
/// are tried; its tables have the same columns.
#[test]
fn freeradius_on_sql_server_differs_by_its_binding_only() {
    let read = |database: &str| {
        let path = example(&format!("freeradius/patchbay.{database}.toml"));
        let text = std::fs::read_to_string(&path).unwrap();
        Config::parse(&text, &path).unwrap_or_else(|problems| panic!("{problems}"));
        let start = text.find("# ------").unwrap();
        text[start..].to_owned()
    };
    let expected = read("sqlite");
    for database in ["postgres", "mariadb", "mssql"] {
        assert_eq!(read(database), expected, "{database}");
    }
    let schema = radius("etc/freeradius/3.0/mods-config/sql/main/mssql/schema.sql").to_lowercase();
    for table in ["radcheck", "radreply", "radgroupcheck", "radgroupreply"] {
        let start = schema.find(&format!("create table [{table}]")).unwrap();
        let columns = schema[start..].split(") on").next().unwrap();
        for column in ["attribute", "op", "value"] {
            assert!(columns.contains(&format!("[{column}]")), "{table}.{column}");
        }
    }
}
