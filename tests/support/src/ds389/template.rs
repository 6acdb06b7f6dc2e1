//! A server's files, made once and copied by every server.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use super::{ADMIN, BASE, Ds389, INSTANCE, PASSWORD, READER, SERVICE, UNPRIVILEGED, find};
use crate::certificates::Certificates;
use crate::directory::run;
use crate::machine::{self, chown_all, chown_like, free_port, is_root, scratch};

/// Grows when what is made below changes: an older template is then not taken any more.
const VERSION: u32 = 1;
/// Where the package says where everything is.
const DEFAULTS: &str = "share/dirsrv/inf/defaults.inf";
/// Says in the files of a template where they were made: the server's settings have whole
/// paths in them.
const ORIGIN: &str = "origin";

/// What every server begins with.
#[derive(Debug)]
pub(super) struct Template {
    /// The files.
    pub(super) files: PathBuf,
}

impl Template {
    /// The template in `target/tmp`, made now where there is none. One process makes it, and
    /// others wait.
    pub(super) fn get() -> Result<Self> {
        let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tmp/389");
        fs::create_dir_all(&place).with_context(|| format!("cannot make {}", place.display()))?;
        let lock = File::create(place.join("lock")).context("cannot make a lock")?;
        lock.lock().context("cannot lock the template of the directory")?;
        let known = known_defaults()?;
        let version = known.lines().find_map(|line| line.strip_prefix("version =")).unwrap_or_default().trim();
        let version: String = version.chars().filter(|c| c.is_ascii_alphanumeric() || ".-".contains(*c)).collect();
        let files = place.join(format!("{version}-{VERSION}"));
        if !files.is_dir() {
            make(&place, &files)?;
        }
        Ok(Self { files })
    }

    /// Makes a copy in `dir` one of its own: paths, ports, and whom it runs as.
    pub(super) fn settle(&self, dir: &Path, port: u16, tls_port: u16) -> Result<()> {
        let origin = fs::read_to_string(dir.join(ORIGIN)).context("not a copy of a template")?;
        let (now, user) = (dir.display().to_string(), server_user()?);
        edit(dir, |name| match name.to_ascii_lowercase().as_str() {
            "nsslapd-port" => Some(format!("{name}: {port}")),
            "nsslapd-secureport" => Some(format!("{name}: {tls_port}")),
            "nsslapd-localuser" => Some(format!("{name}: {user}")),
            _ => None,
        })?;
        let file = dir.join("etc/dirsrv").join(INSTANCE).join("dse.ldif");
        let settings = fs::read_to_string(&file).context("cannot read dse.ldif")?;
        fs::write(&file, settings.replace(&origin, &now)).context("cannot write dse.ldif")?;
        fs::write(dir.join(ORIGIN), now).context("cannot write where the files are")
    }
}

/// Makes a directory, gives it a certificate, lets it do what tests want, and keeps its files.
fn make(place: &Path, files: &Path) -> Result<()> {
    let work = tempfile::Builder::new().prefix("patchbay-389-").tempdir_in(scratch())?;
    create(work.path()).context("cannot make a directory of 389 Directory Server")?;
    certify(work.path()).context("cannot give 389 Directory Server a certificate")?;
    let kept = configure(work)?;
    let part = place.join("part");
    if part.exists() {
        fs::remove_dir_all(&part).context("cannot remove what an earlier run left")?;
    }
    run(Command::new("cp").arg("-a").arg(kept.dir.path()).arg(&part))?;
    // Whoever owns the checkout can copy it then.
    chown_like(&part, place)?;
    fs::rename(&part, files).context("cannot keep the template")
}

/// Lets the package's own program make an instance, wholly below `dir`.
fn create(dir: &Path) -> Result<()> {
    for name in
        ["share/dirsrv/inf", "etc/dirsrv", "run", "lock", "log", "lib", "home", "tmp", "tmpfiles.d", "default", "inst"]
    {
        fs::create_dir_all(dir.join(name))?;
    }
    let shared = Path::new("/usr/share/dirsrv");
    for name in ["data", "schema", "mibs"] {
        std::os::unix::fs::symlink(shared.join(name), dir.join("share/dirsrv").join(name))?;
    }
    for name in ["config", "schema"] {
        run(Command::new("cp").arg("-r").arg(Path::new("/etc/dirsrv").join(name)).arg(dir.join("etc/dirsrv")))?;
    }
    fs::write(dir.join(DEFAULTS), defaults(&known_defaults()?, dir))?;
    fs::write(dir.join("instance.inf"), instance(&server_user()?)?)?;
    if is_root()? {
        chown_all(dir, UNPRIVILEGED)?;
    }
    let mut command = machine::program(&find("dscreate")?, None)?;
    command.env("PREFIX", dir).env("HOME", dir.join("home")).arg("from-file").arg(dir.join("instance.inf"));
    run(&mut command).map(drop)
}

/// Where the package has everything, and which version it is.
fn known_defaults() -> Result<String> {
    let file = Path::new("/usr").join(DEFAULTS);
    fs::read_to_string(&file).with_context(|| {
        format!(
            "cannot read {} (389 Directory Server 2.3 or later; on Debian: apt-get install 389-ds-base)",
            file.display()
        )
    })
}

/// The package's paths with each one below `dir` that the server writes to.
fn defaults(known: &str, dir: &Path) -> String {
    let below = [
        ("prefix", ""),
        ("tmp_dir", "tmp"),
        ("sysconf_dir", "etc"),
        ("initconfig_dir", "default"),
        ("config_dir", "etc/dirsrv/slapd-{instance_name}"),
        ("local_state_dir", ""),
        ("run_dir", "run"),
        ("ldapi", "run/slapd-{instance_name}.socket"),
        ("pid_file", "run/slapd-{instance_name}.pid"),
        ("inst_dir", "inst/slapd-{instance_name}"),
        ("tmpfiles_d", "tmpfiles.d"),
        ("schema_dir", "etc/dirsrv/slapd-{instance_name}/schema"),
        ("cert_dir", "etc/dirsrv/slapd-{instance_name}"),
        ("lock_dir", "lock/slapd-{instance_name}"),
        ("log_dir", "log/slapd-{instance_name}"),
        ("access_log", "log/slapd-{instance_name}/access"),
        ("audit_log", "log/slapd-{instance_name}/audit"),
        ("error_log", "log/slapd-{instance_name}/errors"),
        ("security_log", "log/slapd-{instance_name}/security"),
        ("db_dir", "lib/slapd-{instance_name}/db"),
        ("db_home_dir", "lib/slapd-{instance_name}/db"),
        ("backup_dir", "lib/slapd-{instance_name}/bak"),
        ("ldif_dir", "lib/slapd-{instance_name}/ldif"),
    ];
    let mut out = String::with_capacity(known.len());
    for line in known.lines() {
        let name = line.split('=').next().unwrap_or_default().trim();
        match below.iter().find(|(known, _)| *known == name) {
            Some((_, "")) => out.push_str(&format!("{name} = {}", dir.display())),
            Some((_, path)) => out.push_str(&format!("{name} = {}/{path}", dir.display())),
            None if name == "with_systemd" => out.push_str("with_systemd = 0"),
            None => out.push_str(line),
        }
        out.push('\n');
    }
    out
}

/// What `dscreate` is to make.
fn instance(user: &str) -> Result<String> {
    let (port, tls_port) = (free_port()?, free_port()?);
    let group = run(Command::new("id").args(["-gn", user]))?;
    let (name, group) = (INSTANCE.trim_start_matches("slapd-"), group.trim());
    Ok(format!(
        "[general]
config_version = 2
full_machine_name = localhost
selinux = False
systemd = False
strict_host_checking = False
start = False
[slapd]
instance_name = {name}
port = {port}
secure_port = {tls_port}
root_dn = {ADMIN}
root_password = {PASSWORD}
self_sign_cert = False
user = {user}
group = {group}
[backend-userroot]
suffix = {BASE}
create_suffix_entry = True
"
    ))
}

/// Puts a certificate for loopback, and who signed it, where the server looks for them.
fn certify(dir: &Path) -> Result<()> {
    let certificates = Certificates::new()?;
    let path = |name: &str| dir.join(name);
    fs::write(path("ca.pem"), &certificates.ca)?;
    fs::write(path("server.pem"), &certificates.server.0)?;
    fs::write(path("server.key"), &certificates.server.1)?;
    let store = dir.join("etc/dirsrv").join(INSTANCE);
    let password = store.join("pwdfile.txt");
    run(Command::new("openssl")
        .args(["pkcs12", "-export", "-name", "Server-Cert", "-passout", "pass:"])
        .arg("-in")
        .arg(path("server.pem"))
        .arg("-inkey")
        .arg(path("server.key"))
        .arg("-out")
        .arg(path("server.p12")))?;
    run(Command::new("pk12util")
        .arg("-i")
        .arg(path("server.p12"))
        .arg("-d")
        .arg(&store)
        .arg("-k")
        .arg(&password)
        .args(["-W", ""]))?;
    run(Command::new("certutil")
        .args(["-A", "-n", "CA", "-t", "CT,,", "-i"])
        .arg(path("ca.pem"))
        .arg("-d")
        .arg(&store)
        .arg("-f")
        .arg(&password))?;
    for name in ["server.pem", "server.key", "server.p12"] {
        fs::remove_file(path(name))?;
    }
    Ok(())
}

/// Turns on what tests want, and adds the first entries; a server that ended in good order.
fn configure(work: TempDir) -> Result<Ds389> {
    let loopback = "nsslapd-port: 0\nnsslapd-secureport: 0\nnsslapd-security: on\nnsslapd-listenhost: 127.0.0.1\n\
                    nsslapd-securelistenhost: 127.0.0.1";
    // Before its first start: else it would listen everywhere, without TLS.
    edit(work.path(), |name| match name.to_ascii_lowercase().as_str() {
        "nsslapd-port" => Some(loopback.to_owned()),
        "nsslapd-secureport" | "nsslapd-security" => Some(String::new()),
        "nsslapd-listenhost" | "nsslapd-securelistenhost" => Some(String::new()),
        _ => None,
    })?;
    fs::write(work.path().join(ORIGIN), work.path().display().to_string())?;
    let template = Template { files: work.path().to_owned() };
    let mut server = Ds389::on(work, &template)?;
    server.ldif(SETTINGS).context("cannot set 389 Directory Server up")?;
    // Plugins begin with a start; the changelog is made by its own.
    server.restart()?;
    server.ldif(&first_entries()).context("cannot add the first entries")?;
    server.stop()?;
    let store = server.dir.path().join("etc/dirsrv").join(INSTANCE);
    remove(&store, |name| name.starts_with("dse.ldif."))?;
    remove(&server.dir.path().join("log").join(INSTANCE), |_| true)?;
    // Memory of the process that is gone, which is made again.
    remove(&server.dir.path().join("lib").join(INSTANCE).join("db"), |name| name.starts_with("__db."))?;
    Ok(server)
}

/// Removes files of a directory by their names.
fn remove(dir: &Path, unwanted: impl Fn(&str) -> bool) -> Result<()> {
    for file in fs::read_dir(dir)? {
        let file = file?;
        if file.file_type()?.is_file() && unwanted(&file.file_name().to_string_lossy()) {
            fs::remove_file(file.path())?;
        }
    }
    Ok(())
}

/// Writes the settings of the server in `dir` again: a line of a `name` that `change` has
/// something for becomes that, and nothing where that is empty.
fn edit(dir: &Path, change: impl Fn(&str) -> Option<String>) -> Result<()> {
    let file = dir.join("etc/dirsrv").join(INSTANCE).join("dse.ldif");
    // Long lines go on behind a space.
    let settings = fs::read_to_string(&file).context("cannot read dse.ldif")?.replace("\n ", "");
    let mut out = String::with_capacity(settings.len());
    for line in settings.lines() {
        let (name, _) = line.split_once(':').unwrap_or((line, ""));
        match change(name) {
            Some(changed) if changed.is_empty() => continue,
            Some(changed) => out.push_str(&changed),
            None => out.push_str(line),
        }
        out.push('\n');
    }
    fs::write(&file, out).context("cannot write dse.ldif")
}

/// Whom servers run as: somebody of their own when we are root.
fn server_user() -> Result<String> {
    if is_root()? {
        return Ok(UNPRIVILEGED.to_owned());
    }
    Ok(run(Command::new("id").arg("-un"))?.trim().to_owned())
}

/// Plugins, limits and rules.
const SETTINGS: &str = include_str!("settings.ldif");

/// The units, two accounts, and what they may do.
fn first_entries() -> String {
    let mut out = String::new();
    for unit in ["people", "groups"] {
        out.push_str(&format!("dn: ou={unit},{BASE}\nobjectClass: organizationalUnit\nou: {unit}\n\n"));
    }
    for (dn, name) in [(SERVICE, "patchbay"), (READER, "reader")] {
        out.push_str(&format!(
            "dn: {dn}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: {name}\n\
             userPassword: {PASSWORD}\n\n"
        ));
    }
    for (entry, user, rights) in [
        (BASE, SERVICE, "all"),
        (BASE, READER, "read,search,compare"),
        ("cn=changelog", SERVICE, "read,search,compare"),
    ] {
        out.push_str(&format!(
            "dn: {entry}\nchangetype: modify\nadd: aci\naci: (targetattr = \"*\")(version 3.0; acl \"{user}\"; \
             allow ({rights}) userdn = \"ldap:///{user}\";)\n\n"
        ));
    }
    out
}
