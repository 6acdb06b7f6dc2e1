//! A private OpenLDAP server: own directory, loopback, free ports.

mod slapd;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow};
use tempfile::TempDir;

use crate::certificates::Certificates;
use crate::directory::{Client, Entry, find_binary, run};
use crate::machine::{self, chown, free_port, is_root, scratch};
use crate::process::{Process, READY_WITHIN};
use slapd::Source;

/// User of the operating system the server runs as when we are root; every system has it.
const UNPRIVILEGED: &str = "nobody";
const BASE: &str = "dc=example,dc=org";
/// May do everything; limits and policies do not hold for it.
const ADMIN: &str = "cn=admin,dc=example,dc=org";
/// May read and write all entries; limits and policies hold.
const SERVICE: &str = "cn=patchbay,dc=example,dc=org";
/// May read all entries, and write none.
const READER: &str = "cn=reader,dc=example,dc=org";
/// Of all three.
const PASSWORD: &str = "patchbay-test-password";

/// What a server is made with.
#[derive(Debug, Clone)]
pub struct Options {
    /// `memberOf` is kept by the server.
    pub memberof: bool,
    /// Names of entries that were renamed or deleted are followed in attributes that hold
    /// names.
    pub refint: bool,
    /// Attributes whose values are unique, each by itself.
    pub unique: Vec<&'static str>,
    /// Rules for passwords, and lockout after five wrong ones; clear text is hashed.
    pub ppolicy: bool,
    /// Writes are logged below `cn=log`.
    pub accesslog: bool,
    /// `groupOfURLs` shows whom its `memberURL` finds as `member`; needs its schema.
    pub dynlist: bool,
    /// Server-side sorting and list views.
    pub sssvlv: bool,
    /// Entries that one search may bring to anybody but the administrator; none for no limit.
    pub size_limit: Option<u32>,
    /// More of a schema: names of those that come with OpenLDAP, and paths of files.
    pub schema: Vec<PathBuf>,
    /// Those of the server; none for fresh ones.
    pub certificates: Option<Certificates>,
}

impl Default for Options {
    /// All overlays, `uid` and `uidNumber` unique, no limit.
    fn default() -> Self {
        Self {
            memberof: true,
            refint: true,
            unique: vec!["uid", "uidNumber"],
            ppolicy: true,
            accesslog: true,
            dynlist: false,
            sssvlv: true,
            size_limit: None,
            schema: Vec::new(),
            certificates: None,
        }
    }
}

/// A running server. Stopped, and its data gone, when dropped, and also when this process
/// ends in any other way.
#[derive(Debug)]
pub struct OpenLdap {
    process: Option<Process>,
    port: u16,
    tls_port: u16,
    /// Whether we are root and the server runs as [`UNPRIVILEGED`].
    root: bool,
    client: Client,
    certificates: Certificates,
    // Dropped after the server is gone.
    dir: TempDir,
}

impl OpenLdap {
    /// Starts a server on a new, nearly empty directory: `ou=people`, `ou=groups` and
    /// `ou=policies` below [`Self::base`], with all overlays. Listens on loopback only, and
    /// answers when this returns.
    ///
    /// Needs slapd and ldap-utils.
    pub fn start() -> Result<Self> {
        Self::with(&Options::default())
    }

    /// The same, made differently.
    pub fn with(options: &Options) -> Result<Self> {
        Self::create(options, (free_port()?, free_port()?), None)
    }

    /// Two servers that have the same entries: what is written to one the other has soon
    /// after. Both are trusted by the same authority.
    pub fn pair(options: &Options) -> Result<(Self, Self)> {
        let certificates = options.certificates.clone().map_or_else(Certificates::new, Ok)?;
        let options = Options { certificates: Some(certificates), ..options.clone() };
        let (first, second) = ((free_port()?, free_port()?), (free_port()?, free_port()?));
        Ok((
            Self::create(&options, first, Some(Source::Peer { own: 1, port: second.0 }))?,
            Self::create(&options, second, Some(Source::Peer { own: 2, port: first.0 }))?,
        ))
    }

    /// A server and a replica of it, which takes no writes, but refers them to the first one's
    /// [`Self::ldaps_url`]. Both are trusted by the same authority.
    pub fn with_replica(options: &Options) -> Result<(Self, Self)> {
        let certificates = options.certificates.clone().map_or_else(Certificates::new, Ok)?;
        let options = Options { certificates: Some(certificates), ..options.clone() };
        let provider = Self::with(&options)?;
        let source = Source::Provider { port: provider.port, url: provider.ldaps_url() };
        let replica = Self::create(&options, (free_port()?, free_port()?), Some(source))?;
        Ok((provider, replica))
    }

    fn create(options: &Options, (port, tls_port): (u16, u16), source: Option<Source>) -> Result<Self> {
        let dir = tempfile::Builder::new()
            .prefix("patchbay-ldap-")
            .tempdir_in(scratch())
            .context("cannot make a directory for OpenLDAP")?;
        let root = is_root()?;
        let certificates = options.certificates.clone().map_or_else(Certificates::new, Ok)?;
        let owner = owner(dir.path())?;
        let files = [
            ("ca.pem", certificates.ca.clone()),
            ("server.pem", certificates.server.0.clone()),
            ("server.key", certificates.server.1.clone()),
            ("slapd.conf", slapd::configuration(dir.path(), options, source.as_ref(), owner)),
        ];
        for (name, text) in files {
            place(dir.path(), name, &text, root)?;
        }
        for name in ["data", "log"] {
            fs::create_dir(dir.path().join(name))?;
            if root {
                chown(&dir.path().join(name), UNPRIVILEGED)?;
            }
        }
        if root {
            chown(dir.path(), UNPRIVILEGED)?;
        }
        let client = Client {
            url: format!("ldaps://127.0.0.1:{tls_port}"),
            ca_file: dir.path().join("ca.pem"),
            user: ADMIN.into(),
            password: PASSWORD.into(),
        };
        let mut server = Self { process: None, port, tls_port, root, client, certificates, dir };
        // Others get them from the first one, with the same entryUUIDs.
        if matches!(source, None | Some(Source::Peer { own: 1, .. })) {
            server.load_first_entries()?;
        }
        server.resume()?;
        server
            .wait_until(|server| server.search(BASE, "(ou=policies)", &["1.1"]).is_ok_and(|found| !found.is_empty()))?;
        Ok(server)
    }

    /// By the program that works on the files: no server has to run.
    fn load_first_entries(&self) -> Result<()> {
        let hashed = run(program("slappasswd", self.root)?.args(["-n", "-s", PASSWORD]))?;
        let file = place(self.dir.path(), "first.ldif", &slapd::first_entries(&hashed), self.root)?;
        let settings = self.dir.path().join("slapd.conf");
        run(program("slapadd", self.root)?.arg("-q").arg("-f").arg(settings).args(["-b", BASE, "-l"]).arg(file))?;
        Ok(())
    }

    /// `ldap://127.0.0.1:PORT`: plain, or with StartTLS.
    pub fn url(&self) -> String {
        format!("ldap://127.0.0.1:{}", self.port)
    }

    /// `ldaps://127.0.0.1:PORT`
    pub fn ldaps_url(&self) -> String {
        format!("ldaps://127.0.0.1:{}", self.tls_port)
    }

    /// The path of its socket. Whoever started it comes in as the administrator by SASL
    /// EXTERNAL.
    pub fn socket(&self) -> PathBuf {
        self.dir.path().join("ldapi")
    }

    /// `ldapi://PATH`, escaped.
    pub fn ldapi_url(&self) -> String {
        format!("ldapi://{}", self.socket().display().to_string().replace('/', "%2F"))
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

    /// The server's certificates. The client's stands for [`Self::service_dn`] in SASL
    /// EXTERNAL.
    pub fn certificates(&self) -> &Certificates {
        &self.certificates
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

    /// Whether the server takes this password for this name.
    pub fn binds(&self, dn: &str, password: &str) -> Result<bool> {
        self.client.binds(dn, password)
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
        let mut command = program("slapd", self.root)?;
        command
            .arg("-f")
            .arg(dir.join("slapd.conf"))
            .arg("-h")
            .arg(format!("{}/ {}/ {}", self.url(), self.ldaps_url(), self.ldapi_url()))
            // In front.
            .args(["-d", "0"]);
        self.process = Some(Process::spawn("slapd", &mut command, dir, "output", "KILL")?);
        self.wait_until(|server| server.client.is_answered())
    }

    /// Kills the server and starts it again.
    pub fn restart(&mut self) -> Result<()> {
        self.kill();
        self.resume()
    }

    /// Stops the server from answering, with its connections open, until
    /// [`Self::unfreeze`].
    pub fn freeze(&self) -> Result<()> {
        self.signal("-STOP")?;
        let process = self.process.as_ref().context("the server does not run")?;
        let state = format!("/proc/{}/stat", process.id());
        let deadline = Instant::now() + READY_WITHIN;
        // Its threads go on until the first of them has taken notice.
        while fs::read_to_string(&state).is_ok_and(|state| !state.contains(") T ")) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    /// Lets it go on after [`Self::freeze`].
    pub fn unfreeze(&self) -> Result<()> {
        self.signal("-CONT")
    }

    fn signal(&self, signal: &str) -> Result<()> {
        let process = self.process.as_ref().context("the server does not run")?;
        run(Command::new("kill").args([signal, &process.id()])).map(drop)
    }

    fn wait_until(&mut self, ready: impl Fn(&Self) -> bool) -> Result<()> {
        let mut process = self.process.take().context("the server does not run")?;
        process.wait_until(|| ready(self), &[&self.dir.path().join("output")])?;
        self.process = Some(process);
        Ok(())
    }
}

/// Writes a file that only the server may read.
fn place(dir: &Path, name: &str, text: &str, root: bool) -> Result<PathBuf> {
    use std::os::unix::fs::PermissionsExt as _;
    let path = dir.join(name);
    fs::write(&path, text).with_context(|| format!("cannot write {name}"))?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
    if root {
        chown(&path, UNPRIVILEGED)?;
    }
    Ok(path)
}

/// User and group of what we create.
fn owner(path: &Path) -> Result<(u32, u32)> {
    use std::os::unix::fs::MetadataExt as _;
    let own = fs::metadata(path)?;
    Ok((own.uid(), own.gid()))
}

/// A program of OpenLDAP's server, run as somebody else when we are root.
fn program(name: &str, root: bool) -> Result<Command> {
    let path = find_binary(name)
        .ok_or_else(|| anyhow!("{name} is not installed (OpenLDAP 2.5 or later; on Debian: apt-get install slapd)"))?;
    machine::program(&path, root.then_some(UNPRIVILEGED))
}
