//! Binds by Kerberos, on a real domain. `cargo test -p patchbay-capability-ldap --features gssapi
//! --test gssapi` runs it; it needs Samba with its tools, and `kinit`.
//!
//! Kerberos reads its environment, which a process cannot change while it runs. So this
//! program starts itself again for each case, with an environment of the case's own, and looks
//! at what comes of that.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a test says what it expects, in helpers as well, and what it did"
)]

mod client;

use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use patchbay_test_support::SambaAd;

/// The account that binds.
const NAME: &str = "desk@TEST.LAN";

/// A domain with an account that may bind.
struct Bed {
    samba: SambaAd,
    krb5_conf: PathBuf,
    scratch: tempfile::TempDir,
}

/// What a case has otherwise than the first one.
#[derive(Clone, Default)]
struct Case<'a> {
    url: Option<String>,
    principal: Option<&'a str>,
    keytab: Option<&'a Path>,
    tickets: Option<&'a Path>,
    krb5_conf: Option<&'a Path>,
}

impl Bed {
    fn start() -> Self {
        let samba = SambaAd::with_kerberos().unwrap();
        samba
            .ldif(&format!(
                "dn: CN=desk,OU=People,{}\nobjectClass: user\nsAMAccountName: desk\nuserPrincipalName: {NAME}\n\
                 userAccountControl: 512\nunicodePwd:: {}\n",
                samba.base(),
                unicode("S3cret!pass1")
            ))
            .unwrap();
        let krb5_conf = samba.krb5_conf().unwrap();
        Self { samba, krb5_conf, scratch: tempfile::tempdir().unwrap() }
    }

    fn url(&self) -> String {
        format!("ldaps://localhost:{}", self.samba.tls_port())
    }

    fn command(&self, program: &Path, case: &Case<'_>) -> Command {
        let nowhere = self.scratch.path().join("nothing");
        let tickets = case.tickets.map(|path| format!("FILE:{}", path.display()));
        let mut command = Command::new(program);
        command
            .env("KRB5_CONFIG", case.krb5_conf.unwrap_or(&self.krb5_conf))
            .env("KRB5_CLIENT_KTNAME", case.keytab.unwrap_or(&nowhere))
            .env("KRB5CCNAME", tickets.unwrap_or_else(|| "MEMORY:own".to_owned()));
        command
    }

    /// What comes of a bind and a search.
    fn outcome(&self, case: &Case<'_>) -> String {
        let mut command = self.command(&std::env::current_exe().unwrap(), case);
        let url = case.url.clone().unwrap_or_else(|| self.url());
        command.env(client::URL, url).env(client::AUTHORITY, self.samba.ca_file());
        if let Some(principal) = case.principal {
            command.env(client::PRINCIPAL, principal);
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    #[track_caller]
    fn check(&self, what: &str, case: &Case<'_>, expected: &str) {
        let found = self.outcome(case);
        assert!(found.contains(expected), "{what}: {found:?} and not {expected:?}");
        // Names of people and machines are for the log.
        assert!(!found.contains("desk@") && !found.contains("localhost"), "{what}: {found}");
        println!("{what}: {found}");
    }
}

/// A password as Active Directory takes it, in base64.
fn unicode(password: &str) -> String {
    let quoted: Vec<u8> = format!("\"{password}\"").encode_utf16().flat_map(u16::to_le_bytes).collect();
    base64::engine::general_purpose::STANDARD.encode(quoted)
}

fn main() {
    if client::is_asked() {
        return client::run();
    }
    if SambaAd::is_left_out() {
        return;
    }
    let bed = Bed::start();
    let keytab = bed.samba.keytab(NAME).unwrap();
    let found = "found DC=test,DC=lan";
    let good = Case { keytab: Some(&keytab), ..Case::default() };
    bed.check("a key, over LDAPS", &good, found);
    let start_tls = format!("ldap://localhost:{}", bed.samba.port());
    bed.check("a key, over StartTLS", &Case { url: Some(start_tls), ..good.clone() }, found);
    bed.check("the key of a principal", &Case { principal: Some(NAME), ..good.clone() }, found);
    let none = "PermissionDenied: there are no Kerberos tickets for the binding, and no key";
    let other = Case { principal: Some("other@TEST.LAN"), ..good.clone() };
    bed.check("the key of somebody else", &other, none);
    bed.check("no key", &Case::default(), none);

    let tickets = bed.scratch.path().join("own");
    let by_ticket = Case { tickets: Some(&tickets), ..Case::default() };
    let mut kinit = bed.command(Path::new("kinit"), &by_ticket);
    let output = kinit.args(["-k", "-t"]).arg(&keytab).arg(NAME).output().expect("kinit (Debian's krb5-user)");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    bed.check("a ticket", &by_ticket, found);

    let address = format!("ldaps://127.0.0.1:{}", bed.samba.tls_port());
    let unknown = Case { url: Some(address), ..good.clone() };
    bed.check("a host that Kerberos does not know", &unknown, "Unavailable: Kerberos knows no service");
    let nobody = bed.scratch.path().join("krb5.conf");
    let text = std::fs::read_to_string(&bed.krb5_conf).unwrap();
    let (head, _) = text.split_once("\n  kdc = ").unwrap();
    std::fs::write(&nobody, format!("{head}\n  kdc = 127.0.0.1:1\n }}\n")).unwrap();
    let alone = Case { krb5_conf: Some(&nobody), ..good.clone() };
    bed.check("a realm that does not answer", &alone, "Unavailable: no server of the Kerberos realm answers");
    let plain = Case { url: Some("ldapi://%2Frun%2Fldapi".to_owned()), ..good.clone() };
    bed.check("a way without TLS", &plain, "the bind by Kerberos needs TLS on the way to each server");

    // The same name, and a key of before.
    let change = format!(
        "dn: CN=desk,OU=People,{}\nchangetype: modify\nreplace: unicodePwd\nunicodePwd:: {}\n",
        bed.samba.base(),
        unicode("An0ther!pass")
    );
    bed.samba.ldif(&change).unwrap();
    bed.check("a wrong key", &good, "PermissionDenied: the key of the binding is not the one that Kerberos knows");
    let fresh = bed.samba.keytab(NAME).unwrap();
    bed.check("the new key", &Case { keytab: Some(&fresh), ..Case::default() }, found);
}
