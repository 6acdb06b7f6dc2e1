//! A provisioned domain, made once and copied by every server; and the library that lets
//! Samba listen on other ports than its own.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, anyhow, bail};

use super::{PASSWORD, program};
use crate::directory::{find_binary, run};
use crate::machine::{chown_like, is_root, scratch};

/// Grows when what is made below changes: an older template is then not taken any more.
const VERSION: u32 = 1;

const SHIM: &str = include_str!("portshim.c");

/// What every server needs.
#[derive(Debug)]
pub(super) struct Template {
    /// The domain's files.
    pub(super) domain: PathBuf,
    /// The library.
    pub(super) shim: PathBuf,
}

impl Template {
    /// The template in `target/tmp`, made now where there is none. One process makes it, and
    /// others wait.
    pub(super) fn get() -> Result<Self> {
        let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tmp/samba");
        fs::create_dir_all(&place).with_context(|| format!("cannot make {}", place.display()))?;
        let lock = File::create(place.join("lock")).context("cannot make a lock")?;
        lock.lock().context("cannot lock the template of the domain")?;
        let version = run(program("samba")?.arg("--version"))?;
        let version: String = version.chars().filter(|c| c.is_ascii_alphanumeric() || ".-".contains(*c)).collect();
        let domain = place.join(format!("{version}-{VERSION}"));
        if !domain.is_dir() {
            provision(&place, &domain)?;
        }
        Ok(Self { domain, shim: shim(&place)? })
    }
}

/// Makes a domain. Only root can: the files get access rules of the domain's users.
fn provision(place: &Path, domain: &Path) -> Result<()> {
    if !is_root()? {
        bail!(
            "there is no Samba domain to copy in {}, and only root can make one: run the tests of \
             patchbay-test-support as root once",
            domain.display()
        );
    }
    let work = tempfile::Builder::new().prefix("patchbay-samba-").tempdir_in(scratch())?;
    let (made, settings) = (work.path().join("domain"), work.path().join("empty.conf"));
    // Empty, so that the machine's own settings have no part in it.
    fs::write(&settings, "").context("cannot write empty.conf")?;
    let option = |name: &str, value: &Path| format!("--{name}={}", value.display());
    let mut command = program("samba-tool")?;
    command
        .env("HOME", work.path())
        .env("TDB_NO_FSYNC", "1")
        .args(["domain", "provision", "--realm=TEST.LAN", "--domain=TEST", "--server-role=dc"])
        .args(["--dns-backend=NONE", "--host-name=dc1", "--host-ip=127.0.0.1", "--plaintext-secrets"])
        .arg(format!("--adminpass={PASSWORD}"))
        .arg(option("configfile", &settings))
        .arg(option("targetdir", &made));
    run(&mut command).context("cannot make a Samba domain (Debian's samba-ad-provision and samba-vfs-modules)")?;
    let mut command = program("samba-tool")?;
    // Else nobody could change a password twice in a test.
    command
        .env("HOME", work.path())
        .args(["domain", "passwordsettings", "set", "--min-pwd-age=0", "--history-length=0"])
        .arg(format!("--URL=tdb://{}", made.join("private/sam.ldb").display()))
        .arg(option("configfile", &made.join("etc/smb.conf")));
    run(&mut command).context("cannot set the domain's password rules")?;
    // Shared files, which nobody asks for here, and whose rules only root could copy.
    fs::remove_dir_all(made.join("state/sysvol")).context("cannot remove sysvol")?;
    for name in ["private/ldapi", "private/ldap_priv"] {
        let path = made.join(name);
        if path.is_dir() {
            fs::remove_dir_all(&path)?;
        } else if path.exists() {
            fs::remove_file(&path)?;
        }
    }
    let part = place.join("part");
    if part.exists() {
        fs::remove_dir_all(&part).context("cannot remove what an earlier run left")?;
    }
    run(Command::new("cp").arg("-a").arg(&made).arg(&part))?;
    // Whoever owns the checkout can copy it then.
    chown_like(&part, place)?;
    fs::rename(&part, domain).context("cannot keep the template")
}

/// The library, compiled again when its source has changed.
fn shim(place: &Path) -> Result<PathBuf> {
    let (source, library) = (place.join("portshim.c"), place.join("portshim.so"));
    if library.is_file() && fs::read_to_string(&source).is_ok_and(|text| text == SHIM) {
        return Ok(library);
    }
    let compiler = find_binary("cc").ok_or_else(|| anyhow!("cc is not installed (on Debian: apt-get install gcc)"))?;
    // Servers that run have the old file open; it is replaced, not written to.
    let (text, part) = (place.join("part.c"), place.join("part.so"));
    fs::write(&text, SHIM).context("cannot write portshim.c")?;
    run(Command::new(compiler).args(["-O2", "-Wall", "-shared", "-fPIC", "-o"]).arg(&part).arg(&text).arg("-ldl"))
        .context("cannot compile portshim.c")?;
    fs::rename(&part, &library)?;
    fs::rename(&text, &source)?;
    Ok(library)
}
