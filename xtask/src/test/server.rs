//! Servers that the tests start for themselves.

use std::env;
use std::path::PathBuf;

use anyhow::{Result, bail};

use super::install::{install, is_root};
use crate::shell;

struct Server {
    /// What it is called, with the oldest version.
    name: &'static str,
    /// Programs that have to be there.
    programs: &'static [&'static str],
    /// Debian's packages that hold them.
    packages: &'static [&'static str],
}

const OPENLDAP: Server = Server {
    name: "OpenLDAP 2.5",
    programs: &["slapd", "slapadd", "slappasswd", "ldapmodify", "ldapsearch"],
    packages: &["slapd", "ldap-utils"],
};

const SERVERS: [Server; 3] = [
    Server { name: "PostgreSQL 15", programs: &["initdb", "postgres", "psql"], packages: &["postgresql"] },
    Server {
        name: "MariaDB 10.6",
        programs: &["mariadb-install-db", "mariadbd", "mariadb"],
        // Without the package that would start a server of its own.
        packages: &["mariadb-server-core", "mariadb-client-core"],
    },
    OPENLDAP,
];

const SAMBA: Server = Server {
    name: "Samba 4.17",
    programs: &["samba", "samba-tool", "cc"],
    packages: &["samba", "samba-ad-provision", "samba-dsdb-modules", "samba-vfs-modules", "gcc"],
};

/// What a domain cannot be made without, and is no program: Debian has it in packages of its
/// own.
const SAMBA_FILES: [&str; 2] = ["samba/vfs/acl_xattr.so", "samba/ldb/samba_dsdb.so"];

/// Makes sure of the servers that no run is complete without, installing them where we may.
pub(super) fn ensure() -> Result<()> {
    SERVERS.iter().try_for_each(Server::ensure)
}

/// Makes sure of OpenLDAP.
pub(crate) fn ensure_openldap() -> Result<()> {
    OPENLDAP.ensure()
}

/// Makes sure that Samba can be started: its programs, and somebody who may make a domain,
/// or one that was made before.
pub(crate) fn ensure_samba() -> Result<()> {
    let found = || SAMBA.is_found() && samba_files_found();
    if !(found() || install(SAMBA.name, SAMBA.packages)? && found()) {
        return SAMBA.fail();
    }
    let made = std::fs::read_dir(shell::target_dir().join("tmp").join("samba"));
    let made = made.into_iter().flatten().flatten().any(|entry| entry.path().join("private").is_dir());
    if !made && !is_root() {
        bail!("there is no domain to copy yet, and only root can make one: run the tests as root once");
    }
    Ok(())
}

/// Whether Samba's own modules are there. Debian keeps them by machine type, others do not,
/// and may have built them in: what is not Debian is not looked at.
fn samba_files_found() -> bool {
    let machines = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten().map(|entry| entry.path());
    let machines: Vec<PathBuf> = machines.filter(|path| path.to_string_lossy().contains("-linux-gnu")).collect();
    machines.is_empty() || SAMBA_FILES.iter().all(|file| machines.iter().any(|machine| machine.join(file).is_file()))
}

impl Server {
    /// Makes sure that the programs are there, installing them where we may.
    fn ensure(&self) -> Result<()> {
        if self.is_found() || install(self.name, self.packages)? && self.is_found() { Ok(()) } else { self.fail() }
    }

    fn fail(&self) -> Result<()> {
        bail!(
            "the tests need the programs of {} or later ({}), on PATH or where Debian puts them; on Debian, as root: \
             apt-get install {}. No server has to run",
            self.name,
            self.programs.join(", "),
            self.packages.join(" ")
        )
    }

    /// Whether the programs are on PATH or where Debian puts them.
    fn is_found(&self) -> bool {
        let path = env::var_os("PATH").unwrap_or_default();
        let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
        let directories: Vec<PathBuf> = env::split_paths(&path)
            .chain(debian.map(|version| version.path().join("bin")))
            .chain(["/usr/sbin".into(), "/usr/local/sbin".into()])
            .collect();
        self.programs.iter().all(|program| directories.iter().any(|directory| directory.join(program).is_file()))
    }
}
