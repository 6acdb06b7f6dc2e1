//! A private MariaDB server: own data directory, loopback, free port.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, anyhow, bail};
use tempfile::TempDir;

use crate::machine::{self, chown, free_port, is_root, scratch};
use crate::process::Process;

/// User of the operating system the server runs as when we are root; every system has it.
const UNPRIVILEGED: &str = "nobody";
/// User of the database, with all rights.
const USER: &str = "patchbay";
const PASSWORD: &str = "patchbay-test-password";

/// The user, and nobody else: a fresh server lets root in without a password.
const FIRST: &str = "CREATE USER IF NOT EXISTS patchbay@'%' IDENTIFIED BY 'patchbay-test-password';
GRANT ALL ON *.* TO patchbay@'%' WITH GRANT OPTION;
DROP USER IF EXISTS root@localhost, root@'127.0.0.1', root@'::1';
";

/// A running server. Stopped, and its data gone, when dropped, and also when this process
/// ends in any other way.
#[derive(Debug)]
pub struct MariaDb {
    process: Option<Process>,
    port: u16,
    /// Whether we are root and the server runs as [`UNPRIVILEGED`].
    root: bool,
    // Dropped after the server is gone.
    dir: TempDir,
}

impl MariaDb {
    /// Creates a data directory in a temporary place and starts a server on it, listening
    /// on loopback only. Answers once the server does.
    ///
    /// Needs the server's programs (`mariadb-install-db`, `mariadbd`) and its client
    /// (`mariadb`).
    pub fn start() -> Result<Self> {
        let dir = tempfile::Builder::new()
            .prefix("patchbay-mariadb-")
            .tempdir_in(scratch())
            .context("cannot make a directory for MariaDB")?;
        let root = is_root()?;
        if root {
            chown(dir.path(), UNPRIVILEGED)?;
        }
        let port = free_port()?;
        let settings = dir.path().join("my.cnf");
        fs::write(&settings, configuration(dir.path(), port)).context("cannot write my.cnf")?;
        fs::write(dir.path().join("init.sql"), FIRST).context("cannot write init.sql")?;
        let output = program("mariadb-install-db", root)?
            .arg(format!("--defaults-file={}", settings.display()))
            .args(["--auth-root-authentication-method=normal", "--skip-test-db"])
            .stdin(Stdio::null())
            .output()
            .context("cannot run mariadb-install-db")?;
        if !output.status.success() {
            bail!(
                "mariadb-install-db failed: {}{}",
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            );
        }
        let mut server = Self { process: None, port, root, dir };
        server.resume()?;
        Ok(server)
    }

    /// The port it listens on, at 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Name of the user with all rights.
    pub fn user(&self) -> &'static str {
        USER
    }

    /// Password of that user.
    pub fn password(&self) -> &'static str {
        PASSWORD
    }

    /// `mysql://USER@127.0.0.1:PORT/DATABASE?ssl-mode=DISABLED`, without the password.
    pub fn url(&self, database: &str) -> String {
        format!("mysql://{USER}@127.0.0.1:{}/{database}?ssl-mode=DISABLED", self.port)
    }

    /// Runs SQL through the client `mariadb`, stopping at the first error; returns the
    /// rows it printed, columns apart by tabs.
    pub fn sql(&self, database: &str, sql: &str) -> Result<String> {
        let output = Command::new(find_binary("mariadb")?)
            .args(["--no-defaults", "--batch", "--raw", "--skip-column-names", "--default-character-set=utf8mb4"])
            .args(["--protocol=tcp", "--host=127.0.0.1", "--connect-timeout=10", "--user", USER])
            .arg(format!("--port={}", self.port))
            .arg(format!("--database={database}"))
            .arg(format!("--execute={sql}"))
            .env("MYSQL_PWD", PASSWORD)
            .stdin(Stdio::null())
            .output()
            .context("cannot run mariadb")?;
        if !output.status.success() {
            bail!("mariadb failed: {}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// A new, empty database of this name (a plain word).
    pub fn create_database(&self, name: &str) -> Result<()> {
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            bail!("{name:?} is no plain word");
        }
        self.sql("mysql", &format!("CREATE DATABASE {name}")).map(drop)
    }

    /// Lets the server speak TLS with this certificate and key (PEM), which takes a
    /// restart; plain connections stay possible.
    pub fn enable_tls(&mut self, certificate: &str, key: &str) -> Result<()> {
        use std::os::unix::fs::PermissionsExt as _;
        let settings = self.dir.path().join("my.cnf");
        let mut text = fs::read_to_string(&settings).context("cannot read my.cnf")?;
        for (name, option, pem) in [("server.crt", "ssl_cert", certificate), ("server.key", "ssl_key", key)] {
            let path = self.dir.path().join(name);
            fs::write(&path, pem).with_context(|| format!("cannot write {name}"))?;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
            if self.root {
                chown(&path, UNPRIVILEGED)?;
            }
            text.push_str(&format!("{option}={}\n", path.display()));
        }
        fs::write(&settings, text).context("cannot write my.cnf")?;
        self.kill();
        self.resume()
    }

    /// Kills the server at once, as a crash would; data and port stay for [`Self::resume`].
    pub fn kill(&mut self) {
        drop(self.process.take());
    }

    /// Starts the server again after [`Self::kill`], on the same port and data.
    pub fn resume(&mut self) -> Result<()> {
        if self.process.is_some() {
            return Ok(());
        }
        let dir = self.dir.path();
        let mut command = program("mariadbd", self.root)?;
        command.arg(format!("--defaults-file={}", dir.join("my.cnf").display()));
        let mut process = Process::spawn("mariadbd", &mut command, dir, "log", "KILL")?;
        process.wait_until(|| self.sql("mysql", "DO 1").is_ok(), &[&dir.join("log")])?;
        self.process = Some(process);
        Ok(())
    }
}

/// Small and quick; a crash of the server loses nothing, one of the machine would.
fn configuration(dir: &Path, port: u16) -> String {
    let dir = dir.display();
    format!(
        "[mariadbd]
datadir={dir}/data
socket={dir}/socket
pid-file={dir}/pid
tmpdir={dir}
init-file={dir}/init.sql
port={port}
bind-address=127.0.0.1
character-set-server=utf8mb4
skip-name-resolve
skip-log-bin
max_connections=200
lock_wait_timeout=60
performance_schema=OFF
innodb_buffer_pool_size=64M
innodb_log_file_size=16M
innodb_flush_log_at_trx_commit=2
innodb_flush_method=nosync
innodb_doublewrite=0
aria_log_file_size=8M
aria_pagecache_buffer_size=8M
key_buffer_size=1M
"
    )
}

/// Where a program of MariaDB is: on PATH, or among the system's servers.
fn find_binary(name: &str) -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
    places.map(|place| place.join(name)).find(|path| path.is_file()).ok_or_else(|| {
        anyhow!(
            "{name} is not installed (MariaDB 10.6 or later; on Debian: apt-get install mariadb-server-core \
             mariadb-client-core)"
        )
    })
}

/// A program of MariaDB, run as somebody else when we are root.
fn program(name: &str, root: bool) -> Result<Command> {
    machine::program(&find_binary(name)?, root.then_some(UNPRIVILEGED))
}
