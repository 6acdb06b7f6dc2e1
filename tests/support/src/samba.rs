//! A private Active Directory domain controller (Samba): own directory, loopback, free
//! ports. It serves LDAP, tickets where they are wanted, and nothing else.

mod kerberos;
mod template;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, anyhow};
use tempfile::TempDir;

use crate::certificates::Certificates;
use crate::directory::{Client, Entry, find_binary, run};
use crate::machine::{self, chown_all, free_port, is_root, scratch};
use crate::process::Process;
use kerberos::Ports;
use template::Template;

/// User of the operating system the server runs as when we are root; every system has it.
const UNPRIVILEGED: &str = "nobody";
const BASE: &str = "DC=test,DC=lan";
const ADMIN: &str = "administrator@test.lan";
const ADMIN_DN: &str = "CN=Administrator,CN=Users,DC=test,DC=lan";
/// The domain wants several kinds of characters.
const PASSWORD: &str = "Patchbay-test-passw0rd";

/// A running domain controller. Stopped, and its data gone, when dropped, and also when this
/// process ends in any other way.
#[derive(Debug)]
pub struct SambaAd {
    process: Option<Process>,
    port: u16,
    tls_port: u16,
    /// Where there is Kerberos.
    kerberos: Option<Ports>,
    /// Whether we are root and the server runs as [`UNPRIVILEGED`].
    root: bool,
    shim: PathBuf,
    client: Client,
    certificates: Certificates,
    // Dropped after the server is gone.
    dir: TempDir,
}

/// Set by whoever says elsewhere that the cases on Samba are not run (`cargo xtask test`).
const LEFT_OUT: &str = "PATCHBAY_TEST_NO_SAMBA";

impl SambaAd {
    /// Whether this run is to do without Samba, because it cannot be started here. Without
    /// that being said a test that starts it fails, with the reason.
    #[expect(clippy::print_stderr, reason = "a test's words go there")]
    pub fn is_left_out() -> bool {
        let left_out = std::env::var_os(LEFT_OUT).is_some_and(|value| !value.is_empty());
        if left_out {
            eprintln!("NOT RUN on Samba's Active Directory: {LEFT_OUT} is set");
        }
        left_out
    }

    /// Starts a server on a copy of a fresh domain with two more units, `OU=People` and
    /// `OU=Groups`. Listens on loopback only, and answers when this returns.
    ///
    /// Needs Samba with what makes domains, ldap-utils, and a C compiler. The domain is made
    /// once, by root, and kept in `target/tmp`; the server itself runs as anybody.
    pub fn start() -> Result<Self> {
        Self::with(None)
    }

    /// The same with these certificates: several servers are trusted by one authority then.
    pub fn with(certificates: Option<Certificates>) -> Result<Self> {
        Self::create(certificates, None)
    }

    fn create(certificates: Option<Certificates>, kerberos: Option<Ports>) -> Result<Self> {
        let template = Template::get()?;
        let dir = tempfile::Builder::new()
            .prefix("patchbay-samba-")
            .tempdir_in(scratch())
            .context("cannot make a directory for Samba")?;
        let root = is_root()?;
        let certificates = certificates.map_or_else(Certificates::new, Ok)?;
        let from = template.domain.join(".");
        run(Command::new("cp").args(["-a", "--no-preserve=ownership"]).arg(from).arg(dir.path()))?;
        for name in ["run", "log", "ncalrpc", "winbindd", "cache", "tls", "ntp", "state"] {
            fs::create_dir_all(dir.path().join(name))?;
        }
        for (name, text) in [
            ("tls/ca.pem", certificates.ca.clone()),
            ("tls/server.pem", certificates.server.0.clone()),
            ("tls/server.key", certificates.server.1.clone()),
            ("etc/smb.conf", configuration(dir.path(), kerberos)),
        ] {
            place(&dir.path().join(name), &text)?;
        }
        if root {
            chown_all(dir.path(), UNPRIVILEGED)?;
        }
        let (port, tls_port) = (free_port()?, free_port()?);
        let client = Client {
            url: format!("ldaps://127.0.0.1:{tls_port}"),
            ca_file: dir.path().join("tls/ca.pem"),
            user: ADMIN.into(),
            password: PASSWORD.into(),
        };
        let shim = template.shim;
        let mut server = Self { process: None, port, tls_port, kerberos, root, shim, client, certificates, dir };
        server.resume()?;
        for unit in ["People", "Groups"] {
            server.ldif(&format!("dn: OU={unit},{BASE}\nobjectClass: organizationalUnit\nou: {unit}\n"))?;
        }
        Ok(server)
    }

    /// `ldap://127.0.0.1:PORT`: plain, or with StartTLS. Plain simple binds are let in,
    /// which a domain controller as it comes would refuse.
    pub fn url(&self) -> String {
        format!("ldap://127.0.0.1:{}", self.port)
    }

    /// `ldaps://127.0.0.1:PORT`
    pub fn ldaps_url(&self) -> String {
        format!("ldaps://127.0.0.1:{}", self.tls_port)
    }

    /// The port of [`Self::url`].
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The port of [`Self::ldaps_url`].
    pub fn tls_port(&self) -> u16 {
        self.tls_port
    }

    /// The authority that signed the server's certificate, as a PEM file.
    pub fn ca_file(&self) -> &Path {
        &self.client.ca_file
    }

    /// The server's certificates.
    pub fn certificates(&self) -> &Certificates {
        &self.certificates
    }

    /// `DC=test,DC=lan`
    pub fn base(&self) -> &'static str {
        BASE
    }

    /// The administrator's user principal name.
    pub fn admin(&self) -> &'static str {
        ADMIN
    }

    /// The administrator's distinguished name.
    pub fn admin_dn(&self) -> &'static str {
        ADMIN_DN
    }

    /// The administrator's password.
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

    /// Whether the server takes this password for this user (a name of any kind that may
    /// log on).
    pub fn binds(&self, user: &str, password: &str) -> Result<bool> {
        self.client.binds(user, password)
    }

    /// Kills the server at once, as a crash would; data and ports stay for [`Self::resume`].
    pub fn kill(&mut self) {
        drop(self.process.take());
    }

    /// Starts the server again after [`Self::kill`], on the same ports and data.
    pub fn resume(&mut self) -> Result<()> {
        if self.process.is_some() {
            return Ok(());
        }
        let dir = self.dir.path();
        let samba = find("samba")?;
        let mut command = machine::program(&samba, self.root.then_some(UNPRIVILEGED))?;
        command
            .env("LD_PRELOAD", &self.shim)
            .env("PATCHBAY_PORTS", format!("389={},636={},3268=0,3269=0", self.port, self.tls_port))
            .env("TDB_NO_FSYNC", "1")
            // In front, in one process.
            .args(["--interactive", "--model=single", "--debug-stdout"])
            .arg(format!("--configfile={}", dir.join("etc/smb.conf").display()));
        let mut process = Process::spawn("samba", &mut command, dir, "output", "KILL")?;
        process.wait_until(|| self.client.is_answered(), &[&dir.join("output")])?;
        self.process = Some(process);
        Ok(())
    }

    /// Kills the server and starts it again.
    pub fn restart(&mut self) -> Result<()> {
        self.kill();
        self.resume()
    }
}

/// LDAP alone, or with Kerberos; everything inside `dir`, and the disk is not waited for.
fn configuration(dir: &Path, kerberos: Option<Ports>) -> String {
    let dir = dir.display();
    let (services, ports) = match kerberos {
        None => ("ldap", String::new()),
        Some(Ports { tickets, passwords }) => {
            ("ldap kdc", format!("krb5 port = {tickets}\nkpasswd port = {passwords}\n"))
        }
    };
    format!(
        "[global]
netbios name = DC1
realm = TEST.LAN
workgroup = TEST
server role = active directory domain controller
server services = {services}
{ports}dcerpc endpoint servers =
# With the whole mask: a network of one address is none for Samba.
interfaces = 127.0.0.1/8
bind interfaces only = yes
private dir = {dir}/private
lock directory = {dir}
state directory = {dir}/state
cache directory = {dir}/cache
binddns dir = {dir}/bind-dns
pid directory = {dir}/run
ncalrpc dir = {dir}/ncalrpc
winbindd socket directory = {dir}/winbindd
ntp signd socket directory = {dir}/ntp
log file = {dir}/log/log.%m
log level = 1
tls enabled = yes
tls certfile = {dir}/tls/server.pem
tls keyfile = {dir}/tls/server.key
tls cafile = {dir}/tls/ca.pem
ldap server require strong auth = no
load printers = no
disable spoolss = yes
ldb:nosync = true
"
    )
}

/// Writes a file for its owner alone.
fn place(path: &Path, text: &str) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    Ok(())
}

fn find(name: &str) -> Result<PathBuf> {
    find_binary(name).ok_or_else(|| {
        anyhow!(
            "{name} is not installed (Samba 4.17 or later; on Debian: apt-get install samba samba-ad-provision \
             samba-dsdb-modules samba-vfs-modules)"
        )
    })
}

/// A program of Samba, as ourselves.
fn program(name: &str) -> Result<Command> {
    machine::program(&find(name)?, None)
}
