//! A private 389 Directory Server: own directory, loopback, free ports.

mod template;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, anyhow, bail};
use tempfile::TempDir;

use crate::directory::{Client, Entry, INVALID_CREDENTIALS, find_binary, run};
use crate::machine::{self, chown_all, free_port, is_root, scratch};
use crate::process::{Process, READY_WITHIN};
use template::Template;

/// User of the operating system the server runs as when we are root; the package makes it.
const UNPRIVILEGED: &str = "dirsrv";
/// What servers call themselves.
const INSTANCE: &str = "slapd-t";
const BASE: &str = "dc=example,dc=org";
/// May do everything; limits and policies do not hold for it.
const ADMIN: &str = "cn=Directory Manager";
/// May read and write all entries, and read the changelog; limits and policies hold.
const SERVICE: &str = "cn=patchbay,dc=example,dc=org";
/// May read all entries, and write none.
const READER: &str = "cn=reader,dc=example,dc=org";
/// Of all three.
const PASSWORD: &str = "patchbay-test-password";
/// Besides a wrong password: constraintViolation after too many, and unwillingToPerform for
/// an account that is locked, or whose password has to be changed.
const REFUSALS: [i32; 3] = [INVALID_CREDENTIALS, 19, 53];
/// Set by whoever wants the cases on it: it is big, and slow to install and to start.
const ASKED_FOR: &str = "PATCHBAY_TEST_389";

/// A running server. Stopped, and its data gone, when dropped, and also when this process
/// ends in any other way.
#[derive(Debug)]
pub struct Ds389 {
    process: Option<Process>,
    port: u16,
    tls_port: u16,
    /// Whether we are root and the server runs as [`UNPRIVILEGED`].
    root: bool,
    client: Client,
    // Dropped after the server is gone.
    dir: TempDir,
}

impl Ds389 {
    /// Whether this run is to do without it, as nobody asked for it (`PATCHBAY_TEST_389`).
    #[expect(clippy::print_stderr, reason = "a test's words go there")]
    pub fn is_left_out() -> bool {
        let left_out = std::env::var_os(ASKED_FOR).is_none_or(|value| value.is_empty());
        if left_out {
            eprintln!("NOT RUN on 389 Directory Server: {ASKED_FOR} is not set");
        }
        left_out
    }

    /// Starts a server on a copy of a new directory: `ou=people` and `ou=groups` below
    /// [`Self::base`]. It keeps `memberOf`, follows renamed and deleted entries (`member`,
    /// `uniqueMember`, `owner`, `seeAlso`, `manager`, `secretary`), lets no two entries have the
    /// same `uid` or `uidNumber`, has rules for passwords, and tells changes by its changelog
    /// and by content synchronization. Listens on loopback only, and answers when this returns.
    ///
    /// Needs 389 Directory Server, NSS's tools, openssl and ldap-utils. The directory is made
    /// once and kept in `target/tmp`.
    pub fn start() -> Result<Self> {
        let template = Template::get()?;
        let dir = tempfile::Builder::new()
            .prefix("patchbay-389-")
            .tempdir_in(scratch())
            .context("cannot make a directory for 389 Directory Server")?;
        let from = template.files.join(".");
        run(Command::new("cp").args(["-a", "--no-preserve=ownership"]).arg(from).arg(dir.path()))?;
        Self::on(dir, &template)
    }

    /// A server on files that are there.
    fn on(dir: TempDir, template: &Template) -> Result<Self> {
        let (port, tls_port) = (free_port()?, free_port()?);
        let root = is_root()?;
        template.settle(dir.path(), port, tls_port)?;
        if root {
            chown_all(dir.path(), UNPRIVILEGED)?;
        }
        let client = Client {
            url: format!("ldaps://127.0.0.1:{tls_port}"),
            ca_file: dir.path().join("ca.pem"),
            user: ADMIN.into(),
            password: PASSWORD.into(),
        };
        let mut server = Self { process: None, port, tls_port, root, client, dir };
        server.resume()?;
        Ok(server)
    }

    /// `ldap://127.0.0.1:PORT`: plain, or with StartTLS.
    pub fn url(&self) -> String {
        format!("ldap://127.0.0.1:{}", self.port)
    }

    /// `ldaps://127.0.0.1:PORT`
    pub fn ldaps_url(&self) -> String {
        format!("ldaps://127.0.0.1:{}", self.tls_port)
    }

    /// The authority that signed the server's certificate, as a PEM file.
    pub fn ca_file(&self) -> &Path {
        &self.client.ca_file
    }

    /// `dc=example,dc=org`
    pub fn base(&self) -> &'static str {
        BASE
    }

    /// Who may do everything; neither limits nor password policies hold for it.
    pub fn admin_dn(&self) -> &'static str {
        ADMIN
    }

    /// Who may read and write all entries, and whom limits and password policies hold for.
    pub fn service_dn(&self) -> &'static str {
        SERVICE
    }

    /// Who may only read.
    pub fn reader_dn(&self) -> &'static str {
        READER
    }

    /// The password of all three.
    pub fn password(&self) -> &'static str {
        PASSWORD
    }

    /// Carries out LDIF as the administrator; a record without `changetype` is added. Stops
    /// at the first error.
    pub fn ldif(&self, text: &str) -> Result<()> {
        self.client.ldif(text)
    }

    /// What `ldapsearch` prints of the subtree at `base`, lines not folded; as the
    /// administrator.
    pub fn search(&self, base: &str, filter: &str, attributes: &[&str]) -> Result<String> {
        self.client.search(base, filter, attributes)
    }

    /// The entries of the subtree at `base` that match; as the administrator.
    pub fn entries(&self, base: &str, filter: &str, attributes: &[&str]) -> Result<Vec<Entry>> {
        self.client.entries(base, filter, attributes)
    }

    /// Whether the server takes this password for this name, and lets it in with it: who has
    /// to change it first may do nothing else.
    pub fn binds(&self, dn: &str, password: &str) -> Result<bool> {
        self.client.binds_unless(dn, password, &REFUSALS)
    }

    /// Kills the server at once, as a crash would; data and ports stay for [`Self::resume`].
    pub fn kill(&mut self) {
        drop(self.process.take());
    }

    /// Lets the server end in good order: what it has is on the disk then.
    fn stop(&mut self) -> Result<()> {
        let Some(mut process) = self.process.take() else { return Ok(()) };
        if !process.ask_to_end("TERM", READY_WITHIN)? {
            bail!("ns-slapd did not end well");
        }
        Ok(())
    }

    /// Starts the server again after [`Self::kill`], on the same ports and data.
    pub fn resume(&mut self) -> Result<()> {
        if self.process.is_some() {
            return Ok(());
        }
        let dir = self.dir.path();
        let mut command = machine::program(&find("ns-slapd")?, self.root.then_some(UNPRIVILEGED))?;
        command
            .env("HOME", dir)
            .arg("-D")
            .arg(dir.join("etc/dirsrv").join(INSTANCE))
            .arg("-i")
            .arg(dir.join("run").join(format!("{INSTANCE}.pid")))
            // In front.
            .args(["-d", "0"]);
        let mut process = Process::spawn("ns-slapd", &mut command, dir, "output", "KILL")?;
        let logs = [dir.join("output"), dir.join("log").join(INSTANCE).join("errors")];
        process.wait_until(|| self.client.is_answered(), &[&logs[0], &logs[1]])?;
        self.process = Some(process);
        Ok(())
    }

    /// Kills the server and starts it again.
    pub fn restart(&mut self) -> Result<()> {
        self.kill();
        self.resume()
    }
}

fn find(name: &str) -> Result<PathBuf> {
    find_binary(name).ok_or_else(|| {
        anyhow!("{name} is not installed (389 Directory Server 2.3 or later; on Debian: apt-get install 389-ds-base)")
    })
}
