//! The domain's Kerberos: its key server, keys in files, and what clients have to read.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

use super::{BASE, SambaAd, place, program};
use crate::directory::run;
use crate::machine::free_port;

/// Ports of what the domain has beside LDAP.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ports {
    /// Tickets.
    pub(super) tickets: u16,
    /// Changing passwords; nobody does.
    pub(super) passwords: u16,
}

impl Ports {
    pub(super) fn free() -> Result<Self> {
        Ok(Self { tickets: free_port()?, passwords: free_port()? })
    }
}

impl SambaAd {
    /// A server that gives out tickets as well, and whose LDAP is known to them as
    /// `ldap/localhost`.
    pub fn with_kerberos() -> Result<Self> {
        let samba = Self::create(None, Some(Ports::free()?))?;
        let machine = format!("CN=DC1,OU=Domain Controllers,{BASE}");
        let name = "changetype: modify\nadd: servicePrincipalName\nservicePrincipalName: ldap/localhost\n";
        samba.ldif(&format!("dn: {machine}\n{name}"))?;
        Ok(samba)
    }

    /// A `krb5.conf` of this domain, for clients: the value of `KRB5_CONFIG`.
    pub fn krb5_conf(&self) -> Result<PathBuf> {
        let ports = self.kerberos.context("the server was not started with Kerberos")?;
        // Nothing is asked of the machine's own DNS, and no port for UDP was looked for.
        let text = format!(
            "[libdefaults]\n default_realm = TEST.LAN\n dns_lookup_realm = false\n dns_lookup_kdc = false\n rdns = false\n \
             dns_canonicalize_hostname = false\n udp_preference_limit = 1\n\
             [realms]\n TEST.LAN = {{\n  kdc = 127.0.0.1:{}\n }}\n",
            ports.tickets
        );
        let path = self.dir.path().join("clients.conf");
        place(&path, &text)?;
        Ok(path)
    }

    /// A file with the keys that `principal` has now: the value of `KRB5_CLIENT_KTNAME`.
    pub fn keytab(&self, principal: &str) -> Result<PathBuf> {
        let path = self.dir.path().join(format!("{principal}.keytab"));
        // Keys would be added to those that are in it.
        if path.exists() {
            fs::remove_file(&path).context("cannot remove an older keytab")?;
        }
        let mut command = program("samba-tool")?;
        command
            .env("HOME", self.dir.path())
            .args(["domain", "exportkeytab"])
            .arg(&path)
            .arg(format!("--principal={principal}"))
            .arg(format!("--configfile={}", self.dir.path().join("etc/smb.conf").display()));
        run(&mut command).context("cannot write a keytab")?;
        Ok(path)
    }
}
