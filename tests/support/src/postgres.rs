//! A private PostgreSQL server: own data directory, loopback, free port.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};
use tempfile::TempDir;

use crate::machine::{self, chown, free_port, is_root, scratch};
use crate::process::{Process, READY_WITHIN};

/// User of the operating system the server runs as when we are root: it refuses root.
const UNPRIVILEGED: &str = "postgres";
/// How long it may take to end when it is told to.
const QUIT_WITHIN: Duration = Duration::from_secs(5);
/// Role of the database; a superuser.
const USER: &str = "patchbay";
const PASSWORD: &str = "patchbay-test-password";

/// A running server. Stopped, and its data gone, when dropped, and also when this process
/// ends in any other way.
#[derive(Debug)]
pub struct Postgres {
    process: Option<Process>,
    port: u16,
    /// Whether we are root and the server runs as [`UNPRIVILEGED`].
    root: bool,
    // Dropped after the server is gone.
    dir: TempDir,
}

impl Postgres {
    /// Creates a database cluster in a temporary directory and starts a server on it,
    /// listening on loopback only. Answers once the server does.
    ///
    /// Needs the server's programs (`initdb`, `postgres`), and, as root, a user
    /// `postgres` to run them as.
    pub fn start() -> Result<Self> {
        let dir = tempfile::Builder::new()
            .prefix("patchbay-pg-")
            .tempdir_in(scratch())
            .context("cannot make a directory for PostgreSQL")?;
        let root = is_root()?;
        if root {
            chown(dir.path(), UNPRIVILEGED)?;
        }
        let password = dir.path().join("password");
        fs::write(&password, PASSWORD).context("cannot write the password file")?;
        let data = dir.path().join("data");
        let output = program("initdb", root)?
            .arg("--pgdata")
            .arg(&data)
            .args(["--username", USER, "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"])
            .arg("--pwfile")
            .arg(&password)
            .stdin(Stdio::null())
            .output()
            .context("cannot run initdb")?;
        if !output.status.success() {
            bail!("initdb failed: {}", String::from_utf8_lossy(&output.stderr));
        }
        let mut server = Self { process: None, port: free_port()?, root, dir };
        server.resume()?;
        Ok(server)
    }

    /// The port it listens on, at 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Name of the superuser.
    pub fn user(&self) -> &'static str {
        USER
    }

    /// Password of the superuser.
    pub fn password(&self) -> &'static str {
        PASSWORD
    }

    /// `postgres://USER@127.0.0.1:PORT/DATABASE?sslmode=disable`, without the password.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{USER}@127.0.0.1:{}/{database}?sslmode=disable", self.port)
    }

    /// Runs SQL as the superuser through `psql`, stopping at the first error; returns what
    /// it printed.
    pub fn sql(&self, database: &str, sql: &str) -> Result<String> {
        let output = Command::new(find_binary("psql")?)
            .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"])
            .args(["--host=127.0.0.1", "--username", USER, "--dbname", database])
            .arg(format!("--port={}", self.port))
            .arg("--command")
            .arg(sql)
            .env("PGPASSWORD", PASSWORD)
            .stdin(Stdio::null())
            .output()
            .context("cannot run psql")?;
        if !output.status.success() {
            bail!("psql failed: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// A new, empty database of this name (a plain word).
    pub fn create_database(&self, name: &str) -> Result<()> {
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            bail!("{name:?} is no plain word");
        }
        self.sql("postgres", &format!("CREATE DATABASE {name} TEMPLATE template0")).map(drop)
    }

    /// Lets the server speak TLS with this certificate and key (PEM); plain connections
    /// stay possible.
    pub fn enable_tls(&self, certificate: &str, key: &str) -> Result<()> {
        use std::os::unix::fs::PermissionsExt as _;
        for (name, pem) in [("server.crt", certificate), ("server.key", key)] {
            let path = self.dir.path().join("data").join(name);
            fs::write(&path, pem).with_context(|| format!("cannot write {name}"))?;
            // The server takes no key that others could read.
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
            if self.root {
                chown(&path, UNPRIVILEGED)?;
            }
        }
        self.sql("postgres", "ALTER SYSTEM SET ssl = on")?;
        self.sql("postgres", "SELECT pg_reload_conf()")?;
        // The reload is carried out some time after it was asked for.
        let deadline = Instant::now() + READY_WITHIN;
        while self.sql("postgres", "SHOW ssl")?.trim() != "on" {
            if Instant::now() >= deadline {
                bail!("the server does not take the certificate");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// Kills the server at once, as a crash would; data and port stay for [`Self::resume`].
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            // The server's own children notice that it is gone and end by themselves. SIGQUIT
            // makes it tell them; it is killed in case that it does not come to that.
            let _ = process.ask_to_end("QUIT", QUIT_WITHIN);
        }
    }

    /// Starts the server again after [`Self::kill`], on the same port and data.
    pub fn resume(&mut self) -> Result<()> {
        if self.process.is_some() {
            return Ok(());
        }
        let dir = self.dir.path();
        let mut command = program("postgres", self.root)?;
        command.arg("-D").arg(dir.join("data"));
        for (name, value) in [
            ("listen_addresses", "127.0.0.1"),
            ("port", &self.port.to_string()),
            ("unix_socket_directories", &dir.display().to_string()),
            ("fsync", "off"),
            ("synchronous_commit", "off"),
            ("full_page_writes", "off"),
            ("shared_buffers", "64MB"),
            ("max_connections", "100"),
            ("autovacuum", "off"),
        ] {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        let mut process = Process::spawn("postgres", &mut command, dir, "log", "QUIT")?;
        process.wait_until(|| self.sql("postgres", "SELECT 1").is_ok(), &[&dir.join("log")])?;
        self.process = Some(process);
        Ok(())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Where a program of PostgreSQL is: on PATH, or where Debian puts it.
pub fn find_binary(name: &str) -> Result<PathBuf> {
    let on_path = std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    let mut places: Vec<PathBuf> = on_path.unwrap_or_default();
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .map(|entries| entries.flatten().map(|entry| entry.path().join("bin")).collect())
        .unwrap_or_default();
    versions.sort();
    places.extend(versions.into_iter().rev());
    places.into_iter().map(|place| place.join(name)).find(|path| path.is_file()).ok_or_else(|| {
        anyhow!("{name} is not installed (PostgreSQL 15 or later; on Debian: apt-get install postgresql)")
    })
}

/// A program of PostgreSQL, run as somebody else when we are root, with a clean
/// environment: settings of the machine must not leak in.
fn program(name: &str, root: bool) -> Result<Command> {
    machine::program(&find_binary(name)?, root.then_some(UNPRIVILEGED))
}
