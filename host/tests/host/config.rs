//! What is wrong with a configuration is said all at once, with key and line.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use patchbay::config::{Config, Connector, Environment, SecretSource, Target, Transport};
use patchbay_capability_sql::TlsMode;
use patchbay_capability_sql::mssql::MssqlLogin;

/// A configuration that is good.
const GOOD: &str = r#"
[server]
plain_http = true

[apps.hr]
connector = "sql"
tokens = [{ env = "HR_TOKEN", name = "entra-2026" }, { file = "next", me = "7" }]
ecma2host = true
limits = { operation = "5s", cpu = "500ms", memory = "32MiB" }

[apps.hr.bindings.db]
capability = "sql"
url = "postgres://patchbay@db.corp/hr"
password = { env = "HR_PASSWORD" }
pool = { max = 3, wait_timeout = "2s", max_waiting = 5, return_after = "90s", validate_after = "500ms" }
limits = { lock_timeout = "3s", statement_timeout = "4s" }
tls = { ca_file = "ca.pem" }
allow = { tables = ["person", "hr.team"], verbs = ["select", "insert"] }

[apps.hr.settings]
since = 2026-01-31
classes.person.table = "person"

[apps.hr.resources.User]
class = "person"
attributes = { userName = "login" }
"#;

const SECOND: Duration = Duration::from_secs(1);

/// The problems of `text`, as they are printed without the file's name.
#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let problems = Config::parse(text, Path::new("p.toml")).map(|_| ()).unwrap_err();
    let printed = problems.to_string();
    let found: Vec<&str> = printed.lines().map(|line| line.strip_prefix("p.toml:").unwrap()).collect();
    assert_eq!(found, expected, "\n{printed}");
}

/// The same, with an otherwise good `[server]` in front: lines are those of `text` plus 3.
#[track_caller]
fn check_app(text: &str, expected: &[&str]) {
    check(&format!("[server]\nplain_http = true\n\n{text}"), expected);
}

#[test]
fn a_good_one_is_understood() {
    let config = Config::parse(GOOD, Path::new("/etc/patchbay/p.toml")).unwrap();
    assert_eq!(config.server.listen, "127.0.0.1:8585".parse::<SocketAddr>().unwrap());
    assert_eq!(config.server.transport, Transport::Plain);
    assert_eq!(config.server.limits.body, 1 << 20);
    let app = &config.apps["hr"];
    assert_eq!(app.connector, Connector::BuiltIn("sql".to_owned()));
    let tokens: Vec<_> = app.tokens.iter().map(|token| (token.name.as_str(), &token.source)).collect();
    let (env, file) = (SecretSource::Env("HR_TOKEN".to_owned()), SecretSource::File("next".into()));
    assert_eq!(tokens, [("entra-2026", &env), ("token-2", &file)]);
    let stands_for: Vec<_> = app.tokens.iter().map(|token| token.me.as_deref()).collect();
    assert_eq!(stands_for, [None, Some("7")]);
    assert!(app.ecma2host);
    assert_eq!(app.client, "default");
    assert_eq!(app.limits.operation, Duration::from_secs(5));
    assert_eq!(app.limits.cpu, Duration::from_millis(500));
    assert_eq!(app.limits.memory, 32 << 20);
    assert_eq!((app.limits.bulk, app.limits.requests, app.limits.instances), (120 * SECOND, 256, 64));
    assert_eq!(app.settings.to_string(), r#"{"classes":{"person":{"table":"person"}},"since":"2026-01-31"}"#);
    let binding = &app.bindings.sql["db"];
    assert_eq!((binding.pool.max, binding.pool.max_waiting), (3, 5));
    assert_eq!((binding.pool.return_after, binding.pool.validate_after), (90 * SECOND, SECOND / 2));
    assert_eq!((binding.pool.wait_timeout, binding.limits.lock_timeout), (2 * SECOND, 3 * SECOND));
    assert_eq!(binding.limits.statement_timeout, Some(4 * SECOND));
    let Target::Postgres(options) = &binding.target else { panic!("{:?}", binding.target) };
    assert_eq!(options.hosts, [("db.corp".to_owned(), 5432)]);
    assert_eq!(
        (options.user.as_str(), options.database.as_str(), options.tls),
        ("patchbay", "hr", TlsMode::VerifyFull)
    );
    assert_eq!(options.ca_file.as_deref(), Some(Path::new("/etc/patchbay/ca.pem")));
}

#[test]
fn one_of_several_apps_gets_half_unless_it_says_more() {
    let app = |name: &str, limits: &str| {
        format!("[apps.{name}]\nconnector = \"sql\"\ntokens = [{{ env = \"T\" }}]\nlimits = {{ {limits} }}\n")
    };
    let server = "[server]\nplain_http = true\nlimits = { requests = 25 }\n[engine]\ninstances = 10\n";
    let limits = |text: &str, name: &str| {
        let config = Config::parse(text, Path::new("p.toml")).unwrap();
        (config.apps[name].limits.requests, config.apps[name].limits.instances)
    };
    let (plain, own) = (app("a", ""), app("b", "requests = 20, instances = 3, bulk = \"5m\""));
    assert_eq!(limits(&[server, &plain].concat(), "a"), (25, 10));
    let both = [server, &plain, &own].concat();
    assert_eq!((limits(&both, "a"), limits(&both, "b")), ((13, 5), (20, 3)));
    let wrong = ["[server]\nplain_http = true\n", &app("a", "requests = 0, instances = 0, bulk = \"0s\"")].concat();
    check(
        &wrong,
        &[
            "6: apps.a.limits.bulk: invalid value: string \"0s\", expected a time with its unit, such as \"500ms\", \"20s\", \"5m\" or \"1h\"",
            "6: apps.a.limits.instances: must be at least 1",
            "6: apps.a.limits.requests: must be at least 1",
        ],
    );
}

#[test]
fn files_are_relative_to_the_configuration() {
    let text = r#"
        [server]
        tls = { cert = "tls/cert.pem", key = "/abs/key.pem" }
        [apps.a]
        connector = { path = "a.wasm", sha256 = "0000000000000000000000000000000000000000000000000000000000000aFf" }
        tokens = [{ env = "T" }]
        [apps.a.bindings.db]
        capability = "sql"
        url = "sqlite:data/a.db"
        allow = { tables = ["t"], verbs = ["select"] }
    "#;
    let config = Config::parse(text, Path::new("/etc/p/p.toml")).unwrap();
    let (cert, key) = ("/etc/p/tls/cert.pem".into(), "/abs/key.pem".into());
    assert_eq!(config.server.transport, Transport::Tls { cert, key });
    let app = &config.apps["a"];
    let Connector::File { path, sha256, wasi: false } = &app.connector else { panic!("{:?}", app.connector) };
    assert_eq!((path.as_path(), sha256[30], sha256[31]), (Path::new("/etc/p/a.wasm"), 0x0a, 0xff));
    let Target::Sqlite(file) = &app.bindings.sql["db"].target else { panic!("{:?}", app.bindings.sql["db"].target) };
    assert_eq!(file, Path::new("/etc/p/data/a.db"));
}

#[test]
fn text_that_is_no_toml() {
    check(
        "[server]\nlisten = \n\n[apps.x\n",
        &[
            "2: this is not TOML: string values must be quoted, expected literal string",
            "4: this is not TOML: unclosed table, expected `]`",
        ],
    );
}

#[test]
fn unknown_keys_and_wrong_types_all_at_once() {
    check(
        r#"[server]
plain_http = "yes"
listen = "localhost"
portt = 1
limits = { body = 1000, requests = 0, header_timeout = "5 sec" }

[apps.hr]
connector = "sql"
tokens = [{ env = 5 }, { env = "A" }, { fiel = "x" }]
clinet = "entra"
ecma2host = 1

[apps.hr.bindings.db]
capability = "oracle"
url = "sqlite:x.db"
pool = { max = -1, max_waiting = 0, wait_timeout = "soon", validate_after = 5 }
limits = { lock_timeout = 5, statement_timeout = "0s" }
allow = { tables = "person", verbs = ["select", "drop"] }

[apps.hr.resources.User]
class = "person"
attributes = { userName = 5 }
colour = "red"

[extra]
"#,
        &[
            "2: server.plain_http: invalid type: string \"yes\", expected a boolean",
            "3: server.listen: invalid socket address syntax",
            "4: server.portt: unknown field `portt`, expected one of `listen`, `tls`, `plain_http`, `public_url`, `admin`, `limits`",
            "5: server.limits.body: invalid type: integer `1000`, expected a size with its unit, such as \"512KiB\", \"1MiB\" or \"1GiB\"",
            "5: server.limits.header_timeout: invalid value: string \"5 sec\", expected a time with its unit, such as \"500ms\", \"20s\", \"5m\" or \"1h\"",
            "5: server.limits.requests: must be at least 1",
            "9: apps.hr.tokens[0].env: invalid type: integer `5`, expected a string",
            "9: apps.hr.tokens[2]: unknown field `fiel`, expected one of `env`, `file`, `name`, `me`",
            "10: apps.hr.clinet: unknown field `clinet`, expected one of `connector`, `tokens`, `client`, `ecma2host`, `limits`, `bindings`, `settings`, `resources`",
            "11: apps.hr.ecma2host: invalid type: integer `1`, expected a boolean",
            "14: apps.hr.bindings.db.capability: unknown variant `oracle`, expected `sql` or `ldap`",
            "16: apps.hr.bindings.db.pool.max: invalid value: integer `-1`, expected u32",
            "16: apps.hr.bindings.db.pool.max_waiting: must be at least 1",
            "16: apps.hr.bindings.db.pool.validate_after: invalid type: integer `5`, expected a time with its unit, such as \"500ms\", \"20s\", \"5m\" or \"1h\"",
            "16: apps.hr.bindings.db.pool.wait_timeout: invalid value: string \"soon\", expected a time with its unit, such as \"500ms\", \"20s\", \"5m\" or \"1h\"",
            "17: apps.hr.bindings.db.limits.lock_timeout: invalid type: integer `5`, expected a time with its unit, such as \"500ms\", \"20s\", \"5m\" or \"1h\"",
            "17: apps.hr.bindings.db.limits.statement_timeout: invalid value: string \"0s\", expected a time with its unit, such as \"500ms\", \"20s\", \"5m\" or \"1h\"",
            "18: apps.hr.bindings.db.allow.tables: invalid type: string \"person\", expected a sequence",
            "18: apps.hr.bindings.db.allow.verbs[1]: unknown variant `drop`, expected one of `select`, `insert`, `update`, `delete`",
            "22: apps.hr.resources.User.attributes.userName: must be a native attribute's name, or a table of `attribute`, `values`, `hash`, `from_target`, `constant`, `read_only` and `required`",
            "23: apps.hr.resources.User.colour: unknown field `colour`, expected one of `class`, `endpoint`, `schema`, `attributes`",
            "25: extra: unknown field `extra`, expected one of `server`, `engine`, `apps`",
        ],
    );
}

#[test]
fn what_is_missing() {
    check(
        "",
        &[
            "1: server: needs `tls = { cert = \"...\", key = \"...\" }` (`patchbay cert` makes such files), or `plain_http = true` on a loopback address",
        ],
    );
    check("[server]\ntls = { cert = \"c\" }\n", &["2: server.tls.key: is missing"]);
    check_app(
        "[apps.hr]\n[apps.hr.bindings.db]\n[apps.hr.resources.User]\n",
        &[
            "4: apps.hr.connector: is missing",
            "4: apps.hr.tokens: is missing",
            "5: apps.hr.bindings.db.allow: is missing",
            "5: apps.hr.bindings.db.capability: is missing",
            "5: apps.hr.bindings.db.url: is missing",
            "6: apps.hr.resources.User: missing field `class`",
        ],
    );
    check_app(
        "[apps.hr]\nconnector = { path = \"x\" }\ntokens = []\n",
        &["5: apps.hr.connector.sha256: is missing", "6: apps.hr.tokens: at least one token is needed"],
    );
}

#[test]
fn what_makes_no_sense() {
    check(
        "[server]\nlisten = \"0.0.0.0:80\"\nplain_http = true\n",
        &["3: server.plain_http: is only allowed on a loopback address, and `listen` is 0.0.0.0:80"],
    );
    check(
        "[server]\ntls = { cert = \"c\", key = \"k\" }\nplain_http = true\nadmin = \"10.0.0.1:1\"\npublic_url = \"https://h/x\"\n",
        &[
            "3: server.plain_http: cannot be true together with `tls`",
            "4: server.admin: must be a loopback address: it is served without TLS and without a token",
            "5: server.public_url: must be a scheme, a host and maybe a port: `https://HOST[:PORT]`",
        ],
    );
    check_app(
        "[apps.'h r']\nconnector = \"../sql\"\ntokens = [{ env = \"A\", name = \"a\" }, { env = \"B\", name = \"a\" }]\n\
         [apps.x]\nconnector = { path = \"x\", sha256 = \"123\" }\ntokens = [{ env = \"A\", file = \"B\" }]\n",
        &[
            "4: apps.'h r': the name of an app has up to 64 letters, digits, `-` and `_` and starts with a letter or digit",
            "5: apps.'h r'.connector: is not the name of a connector; for a file write { path = \"FILE\", sha256 = \"...\" }",
            "6: apps.'h r'.tokens[1]: another token is called \"a\" already",
            "8: apps.x.connector.sha256: must be 64 hexadecimal digits",
            "9: apps.x.tokens[0]: only one of `env` and `file`",
        ],
    );
    check_app(
        "[apps.hr]\nconnector = \"sql\"\ntokens = [{ env = \"A\", me = \"7\" }, { env = \"B\", me = \"\" }]\n",
        &[
            "6: apps.hr.tokens[0].me: is the id of a User, and the app maps no resource type `User`",
            "6: apps.hr.tokens[1].me: must be the id of a User",
        ],
    );
}

#[test]
fn grants() {
    let check = |allow: &str, expected: &[&str]| {
        let text = format!(
            "[apps.a]\nconnector = \"sql\"\ntokens = [{{ env = \"T\" }}]\n[apps.a.bindings.db]\ncapability = \"sql\"\n\
             url = \"postgres://u@h/d\"\nallow = {{ {allow} }}\n"
        );
        if expected.is_empty() {
            let text = format!("[server]\nplain_http = true\n\n{text}");
            let config = Config::parse(&text, Path::new("p.toml")).unwrap();
            let policy = &config.apps["a"].bindings.sql["db"].policy;
            assert!(policy.procedures.contains("hr.add_person"), "{policy:?}");
        } else {
            check_app(&text, expected);
        }
    };
    check(r#"tables = ["t"], verbs = ["select"], procedures = ["hr.add_person"]"#, &[]);
    check(r#"tables = [], verbs = [], procedures = ["hr.add_person"]"#, &[]);
    check(
        r#"tables = [], verbs = [], procedures = []"#,
        &[
            "10: apps.a.bindings.db.allow.tables: at least one table is needed",
            "10: apps.a.bindings.db.allow.verbs: at least one verb is needed",
        ],
    );
    check(
        r#"tables = ["t."], verbs = ["select"], procedures = ["p", ".p", ""]"#,
        &[
            "10: apps.a.bindings.db.allow.procedures[1]: must be `PROCEDURE` or `SCHEMA.PROCEDURE`",
            "10: apps.a.bindings.db.allow.procedures[2]: must be `PROCEDURE` or `SCHEMA.PROCEDURE`",
            "10: apps.a.bindings.db.allow.tables[0]: must be `TABLE` or `SCHEMA.TABLE`",
        ],
    );
    check(
        r#"tables = ["t"], verbs = ["select"], procedures = "p""#,
        &["10: apps.a.bindings.db.allow.procedures: invalid type: string \"p\", expected a sequence"],
    );
}

#[test]
fn targets() {
    let check = |url: &str, extra: &str, expected: &[&str]| {
        let text = format!(
            "[apps.a]\nconnector = \"sql\"\ntokens = [{{ env = \"T\" }}]\n[apps.a.bindings.db]\ncapability = \"sql\"\n\
             allow = {{ tables = [\"t\"], verbs = [\"select\"] }}\nurl = \"{url}\"\n{extra}\n"
        );
        check_app(&text, expected);
    };
    check(
        "oracle://x",
        "",
        &["10: apps.a.bindings.db.url: must start with `sqlite:`, `postgres://`, `mysql://`, `mssql://` or `odbc:`"],
    );
    check(
        "mssql://u@host",
        "",
        &[
            "10: apps.a.bindings.db.url: the database URL names no database: it must be `mssql://[USER@]HOST[:PORT]/DATABASE`",
        ],
    );
    check(
        "sqlserver://u:hunter2@host/db",
        "",
        &["10: apps.a.bindings.db.url: must not hold a password: write `password = { env = \"NAME\" }` beside it"],
    );
    check(
        "mssql://host/db?login=token",
        "",
        &["7: apps.a.bindings.db.password: is needed: where the access token is that login=token asks for"],
    );
    check(
        "mssql://u@host/db?login=token",
        "password = { env = \"T\" }",
        &["10: apps.a.bindings.db.url: the database URL names a user, whom a login by token or Kerberos does not take"],
    );
    check(
        "mssql://u@host/db?login=windows",
        "",
        &[
            "10: apps.a.bindings.db.url: the database URL has a login option other than sql, token and kerberos: it must \
             be `mssql://[USER@]HOST[:PORT]/DATABASE`",
        ],
    );
    let ticket = "11: apps.a.bindings.db.password: does not go with login=kerberos, which takes a ticket";
    #[cfg(feature = "mssql-kerberos")]
    check("mssql://host/db?login=kerberos", "password = { env = \"T\" }", &[ticket]);
    #[cfg(not(feature = "mssql-kerberos"))]
    check(
        "mssql://host/db?login=kerberos",
        "password = { env = \"T\" }",
        &[
            "10: apps.a.bindings.db.url: the database URL asks for login=kerberos, which this program was built without \
             (cargo feature `mssql-kerberos`)",
            ticket,
        ],
    );
    check(
        "mysql://u@host",
        "",
        &[
            "10: apps.a.bindings.db.url: the database URL names no database: it must be `mysql://USER@HOST[:PORT]/DATABASE`",
        ],
    );
    check(
        "mariadb://u:hunter2@host/db",
        "",
        &["10: apps.a.bindings.db.url: must not hold a password: write `password = { env = \"NAME\" }` beside it"],
    );
    check(
        "sqlite:x",
        "odbc = { process = true }",
        &["11: apps.a.bindings.db.odbc: goes with a `url` that starts with `odbc:` only"],
    );
    #[cfg(not(feature = "odbc"))]
    check(
        "odbc:DSN=x",
        "",
        &["10: apps.a.bindings.db.url: reaches a database through ODBC, which this program was built without \
             (cargo feature `odbc`)"],
    );
    #[cfg(feature = "odbc")]
    {
        let shape = "it must be `odbc:Driver={NAME};KEYWORD=VALUE;...`, with the password in `password` beside it";
        let url = |what: &str| format!("10: apps.a.bindings.db.url: the database URL {what}: {shape}");
        check("odbc:Driver=SQLite3;PWD=hunter2", "", &[&url("must not hold a password, which PWD is")]);
        check("odbc:hunter2", "", &[&url("has a part that is not KEYWORD=VALUE")]);
        check("odbc:Server=x", "", &[&url("names neither a driver (Driver=) nor a data source (DSN=)")]);
        let alternatives = r#"odbc = { dialect = "ansi", alternatives = ["Server=b", "PWD=hunter2", ""] }"#;
        let shape = "it must be what the connection string says differently there: `KEYWORD=VALUE;...`";
        let at = |index: usize, what: &str| {
            format!("11: apps.a.bindings.db.odbc.alternatives[{index}]: the database URL {what}: {shape}")
        };
        let problems = [at(1, "must not hold a password, which PWD is"), at(2, "says nothing of its own")];
        check("odbc:DSN=x", alternatives, &problems.each_ref().map(String::as_str));
        check(
            "odbc:DSN=x",
            "tls = { mode = \"verify-full\" }",
            &[
                "7: apps.a.bindings.db.odbc.dialect: is needed, as the driver's name does not tell what the database \
                 speaks",
                "11: apps.a.bindings.db.tls: is the driver's business: its own words for TLS go into `url`",
            ],
        );
    }
    check("sqlite::memory:", "", &["10: apps.a.bindings.db.url: must be `sqlite:` and the name of a file"]);
    check(
        "sqlite:x",
        "password = { env = \"P\" }\ntls = { mode = \"disable\" }",
        &[
            "11: apps.a.bindings.db.password: an SQLite file has no password",
            "12: apps.a.bindings.db.tls: an SQLite file has no connection to protect",
        ],
    );
    let shape = "it must be `postgres://USER@HOST[:PORT]/DATABASE`";
    check("postgres://host/db", "", &[&format!("10: apps.a.bindings.db.url: the database URL names no user: {shape}")]);
    let option = "has an unknown option \"password\"";
    let url = "postgres://u@host/db?password=hunter2";
    check(url, "", &[&format!("10: apps.a.bindings.db.url: the database URL {option}: {shape}")]);
    check(
        "postgres://u:hunter2@host/db",
        "",
        &["10: apps.a.bindings.db.url: must not hold a password: write `password = { env = \"NAME\" }` beside it"],
    );
}

#[test]
fn logins_to_sql_server() {
    let check = |url: &str, expected| {
        let text = GOOD.replace("postgres://patchbay@db.corp/hr", url);
        let config = Config::parse(&text, Path::new("p.toml")).unwrap();
        let Target::Mssql(options) = &config.apps["hr"].bindings.sql["db"].target else { panic!("{url}") };
        assert_eq!(options.login, expected, "{url}");
    };
    check("mssql://u@host/db", MssqlLogin::Sql);
    check("mssql://u@host/db?login=sql", MssqlLogin::Sql);
    check("mssql://host/db?login=token", MssqlLogin::Token);
}

#[test]
fn several_hosts() {
    for (url, expected) in [
        ("postgres://u@a:1,b/db", ["a:1", "b:5432"]),
        ("mysql://u@a:1,b/db", ["a:1", "b:3306"]),
        ("mssql://u@a:1,b:2/db", ["a:1", "b:2"]),
    ] {
        let text = GOOD.replace("postgres://patchbay@db.corp/hr", url);
        let config = Config::parse(&text, Path::new("p.toml")).unwrap();
        let found: Vec<String> = match &config.apps["hr"].bindings.sql["db"].target {
            Target::Postgres(options) => options.hosts.iter().map(|(host, port)| format!("{host}:{port}")).collect(),
            Target::Mysql(options) => options.hosts.iter().map(|(host, port)| format!("{host}:{port}")).collect(),
            Target::Mssql(options) => {
                let further = options.failover.iter().map(|place| (&place.host, place.port));
                let all = std::iter::once((&options.host, options.port)).chain(further);
                all.map(|(host, port)| format!("{host}:{}", port.unwrap_or_default())).collect()
            }
            Target::Sqlite(_) => panic!("{url}"),
            #[cfg(feature = "odbc")]
            Target::Odbc(_) => panic!("{url}"),
        };
        assert_eq!(found, expected, "{url}");
    }
    let text = GOOD.replace("postgres://patchbay@db.corp/hr", "postgres://u@a,/db");
    let shape = "it must be `postgres://USER@HOST[:PORT]/DATABASE`";
    check(&text, &[&format!("13: apps.hr.bindings.db.url: the database URL names no host: {shape}")]);
}

#[test]
fn a_secret_in_the_file_is_refused_without_repeating_it() {
    check_app(
        "[apps.a]\nconnector = \"sql\"\ntokens = [\"hunter2-hunter2\"]\n",
        &[
            "6: apps.a.tokens[0]: a secret never stands in the file itself: write { env = \"NAME\" } or { file = \"PATH\" }",
        ],
    );
}

#[test]
fn secrets_are_read_from_where_they_are() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("token"), "from-a-file\r\n").unwrap();
    std::fs::write(directory.path().join("empty"), "\n").unwrap();
    let environment = Environment::fixed([("TOKEN", "from-the-environment")]);
    let check = |source: SecretSource, expected: Result<&str, &str>| {
        let read = source.read(directory.path(), &environment);
        match expected {
            Ok(value) => assert_eq!(read.unwrap().expose(), value),
            Err(part) => assert!(read.clone().unwrap_err().contains(part), "{read:?}"),
        }
    };
    check(SecretSource::Env("TOKEN".to_owned()), Ok("from-the-environment"));
    check(SecretSource::Env("NONE".to_owned()), Err("NONE is not set"));
    check(SecretSource::File("token".into()), Ok("from-a-file"));
    check(SecretSource::File("empty".into()), Err("empty"));
    check(SecretSource::File("none".into()), Err("none"));
    let secret = SecretSource::File("token".into()).read(directory.path(), &environment).unwrap();
    assert_eq!(format!("{secret:?}{environment:?}"), "Secret(***)Environment::Fixed(***)");
}

#[test]
fn the_examples_are_good() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let mut found = 0;
    let of = |example: &str| std::fs::read_dir(examples.join(example)).unwrap();
    for file in of("helpdesk").chain(of("procedures")) {
        let file = file.unwrap().path();
        if file.extension().is_some_and(|extension| extension == "toml") {
            Config::load(&file).unwrap_or_else(|problems| panic!("\n{problems}"));
            found += 1;
        }
    }
    assert!(found >= 6, "{found}");
}
