//! Databases that somebody runs `patchbay init` on, each on an engine of its own.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use patchbay_test_support::{MariaDb, Postgres};
use serde_json::Value;
use tempfile::TempDir;

use crate::helpdesk::{TOKEN, connectors};

/// Environment variable of the database's password.
const PASSWORD: &str = "PATCHBAY_TEST_INIT_PASSWORD";

/// Engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Sqlite,
    Postgres,
    Mariadb,
}

impl Kind {
    pub(super) const ALL: [Self; 3] = [Self::Sqlite, Self::Postgres, Self::Mariadb];

    /// A file of the example application.
    pub(super) fn example(self) -> String {
        let read = |file: &str| {
            let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/helpdesk");
            std::fs::read_to_string(examples.join(file)).unwrap()
        };
        let (schema, seed) = match self {
            Self::Sqlite => ("schema.sqlite.sql", "seed.sql"),
            Self::Postgres => ("schema.postgres.sql", "seed.sql"),
            Self::Mariadb => ("schema.mariadb.sql", "seed.mariadb.sql"),
        };
        format!("{}\n{}", read(schema), read(seed))
    }
}

/// The servers of this process, started when first asked for and stopped with it.
static POSTGRES: Mutex<Option<Arc<Postgres>>> = Mutex::new(None);
static MARIADB: Mutex<Option<Arc<MariaDb>>> = Mutex::new(None);
static NUMBER: AtomicU32 = AtomicU32::new(1);

enum Store {
    Sqlite,
    Postgres(Arc<Postgres>),
    Mariadb(Arc<MariaDb>),
}

fn started<T>(server: &Mutex<Option<Arc<T>>>, start: impl FnOnce() -> T) -> Arc<T> {
    // A test that failed in here left nothing half done.
    let mut server = server.lock().unwrap_or_else(PoisonError::into_inner);
    Arc::clone(server.get_or_insert_with(|| Arc::new(start())))
}

/// A database, and a directory to write a configuration to.
pub(super) struct Bed {
    directory: TempDir,
    store: Store,
    name: String,
}

impl Bed {
    /// A database on which `sql` was run.
    pub(super) fn new(kind: Kind, sql: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let name = format!("init_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let store = match kind {
            Kind::Sqlite => {
                let database = rusqlite::Connection::open(directory.path().join("app.db")).unwrap();
                database.execute_batch(sql).unwrap();
                Store::Sqlite
            }
            Kind::Postgres => {
                let server = started(&POSTGRES, || Postgres::start().unwrap());
                server.create_database(&name).unwrap();
                server.sql(&name, sql).unwrap();
                Store::Postgres(server)
            }
            Kind::Mariadb => {
                let server = started(&MARIADB, || MariaDb::start().unwrap());
                server.create_database(&name).unwrap();
                server.sql(&name, sql).unwrap();
                Store::Mariadb(server)
            }
        };
        Self { directory, store, name }
    }

    pub(super) fn file(&self) -> PathBuf {
        self.directory.path().join("p.toml")
    }

    pub(super) fn text(&self) -> String {
        std::fs::read_to_string(self.file()).unwrap()
    }

    pub(super) fn config(&self) -> toml::Table {
        self.text().parse().unwrap()
    }

    /// What names the database on a command line.
    pub(super) fn place(&self) -> Vec<String> {
        let (url, password) = match &self.store {
            Store::Sqlite => (format!("sqlite:{}", self.directory.path().join("app.db").display()), false),
            Store::Postgres(server) => {
                (format!("postgres://{}@127.0.0.1:{}/{}", server.user(), server.port(), self.name), true)
            }
            Store::Mariadb(server) => {
                (format!("mysql://{}@127.0.0.1:{}/{}", server.user(), server.port(), self.name), true)
            }
        };
        let mut place = vec!["--url".to_owned(), url];
        if password {
            place.extend(["--password-env", PASSWORD, "--no-tls"].map(str::to_owned));
        }
        place
    }

    pub(super) fn password(&self) -> Option<&'static str> {
        match &self.store {
            Store::Sqlite => None,
            Store::Postgres(server) => Some(server.password()),
            Store::Mariadb(server) => Some(server.password()),
        }
    }

    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_patchbay"));
        command.env_remove("PATCHBAY_LOG").env_remove("RUST_LOG");
        command.env("PATCHBAY_CONNECTORS", connectors()).env("DESK_TOKEN", TOKEN);
        // Compiled code is kept between tests, as between starts.
        command.env("CACHE_DIRECTORY", concat!(env!("CARGO_TARGET_TMPDIR"), "/cache"));
        if let Some(password) = self.password() {
            command.env(PASSWORD, password);
        }
        command
    }

    /// Runs `patchbay` with these arguments and this input; exit code, standard output and
    /// standard error.
    pub(super) fn run(&self, arguments: &[&str], input: &str) -> (Option<i32>, String, String) {
        let mut command = self.command();
        command.args(arguments).args(self.place());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // It need not read it.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    }

    /// Runs `patchbay init` for the app `desk`.
    pub(super) fn init(&self, more: &[&str], input: &str) -> (Option<i32>, String, String) {
        let file = self.file();
        let mut arguments = vec!["init", "--app", "desk", "--out", file.to_str().unwrap()];
        arguments.extend(more);
        self.run(&arguments, input)
    }

    /// Serves what was written.
    pub(super) fn serve(&self) -> Served {
        let mut command = self.command();
        command.args(["--log-format", "json", "serve", "--listen", "127.0.0.1:0", "--config"]).arg(self.file());
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
        let ready: Value = serde_json::from_str(&log.next().unwrap().unwrap()).unwrap();
        assert_eq!(ready["message"], "ready", "{ready}");
        // Read on, so that it can go on writing.
        std::thread::spawn(move || log.for_each(drop));
        let base = format!("{}/apps/desk/scim/v2", ready["url"].as_str().unwrap());
        Served { child, base, client: reqwest::Client::new() }
    }
}

/// A server, stopped when dropped.
pub(super) struct Served {
    child: Child,
    base: String,
    client: reqwest::Client,
}

impl Served {
    /// Sends a request, demands this status and gives the body.
    pub(super) async fn send(&self, method: &str, path: &str, body: Option<Value>, status: u16) -> Value {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.client.request(method.clone(), format!("{}{path}", self.base)).bearer_auth(TOKEN);
        if let Some(body) = body {
            request = request.header("content-type", "application/scim+json").body(body.to_string());
        }
        let answer = request.send().await.unwrap();
        let found = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        assert_eq!(found, status, "{method} {path}: {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
