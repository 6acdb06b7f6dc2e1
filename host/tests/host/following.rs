//! `patchbay changes --follow` on a directory that tells of changes by itself.

use std::io::{BufRead as _, BufReader, Lines};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use patchbay_test_support::OpenLdap;
use serde_json::Value;
use tempfile::TempDir;

use crate::changes::{short, terminate};
use crate::helpdesk::connectors;

/// A pause between two looks that none of this waits for.
const INTERVAL: Duration = Duration::from_secs(300);

struct Bed {
    server: OpenLdap,
    directory: TempDir,
}

/// A program that follows, and what it prints.
struct Following {
    program: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Bed {
    fn new() -> Self {
        let (server, directory) = (OpenLdap::start().unwrap(), tempfile::tempdir().unwrap());
        let text = format!(
            r#"
[server]
plain_http = true

[apps.hr]
connector = "ldap"
tokens = [{{ env = "APP_TOKEN" }}]

[apps.hr.bindings.directory]
capability = "ldap"
servers = ["{}"]
bind = {{ as = "{}" }}
password = {{ env = "PASSWORD" }}
tls = {{ ca_file = "{}" }}
allow = {{ read = ["ou=people,{base}"], verbs = ["search"] }}

[apps.hr.settings.classes.person]
object_classes = ["inetOrgPerson"]
base = "ou=people,{base}"

[apps.hr.resources.User]
class = "person"
attributes = {{ userName = "uid", displayName = "cn" }}
"#,
            server.ldaps_url(),
            server.service_dn(),
            server.ca_file().display(),
            base = server.base(),
        );
        std::fs::write(directory.path().join("p.toml"), text).unwrap();
        Self { server, directory }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_patchbay"));
        command.env_remove("PATCHBAY_LOG").env_remove("RUST_LOG").env("PATCHBAY_CONNECTORS", connectors());
        command.env("PASSWORD", self.server.password()).env("APP_TOKEN", "app-token-0123456789");
        command.args(["changes", "hr", "User", "--config"]).arg(self.file("p.toml"));
        command.arg("--token-file").arg(self.file("users.token")).args(arguments);
        command
    }

    fn follow(&self) -> Following {
        let interval = INTERVAL.as_secs().to_string();
        let mut command = self.command(&["--follow", "--interval", &interval]);
        let mut program = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(program.stdout.take().unwrap()).lines();
        Following { program, lines }
    }

    /// A run that ends by itself, and prints these.
    #[track_caller]
    fn check(&self, expected: &[&str]) {
        let output = self.command(&[]).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(short(&lines), expected);
    }

    fn ldif(&self, text: &str) {
        self.server.ldif(text).unwrap();
    }

    fn dn(&self, uid: &str) -> String {
        format!("uid={uid},ou=people,{}", self.server.base())
    }

    fn hire(&self, uid: &str) {
        let dn = self.dn(uid);
        self.ldif(&format!("dn: {dn}\nchangetype: add\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: {uid}\nsn: x\n"));
    }
}

impl Following {
    /// The next line, shortened.
    fn next(&mut self) -> String {
        let line = self.lines.next().unwrap().unwrap();
        short(&[serde_json::from_str(&line).unwrap()]).remove(0)
    }

    /// Asks the program to stop, which it does well, with nothing more to say.
    fn stop(mut self) {
        terminate(&self.program);
        assert!(self.lines.next().is_none());
        assert_eq!(self.program.wait().unwrap().code(), Some(0));
    }
}

#[test]
fn changes_are_printed_as_they_happen() {
    let bed = Bed::new();
    bed.hire("ada");
    bed.check(&[]);
    let start = Instant::now();
    let mut following = bed.follow();
    // While the program starts, and then one after the other.
    bed.hire("bob");
    assert_eq!(following.next(), "+bob");
    for uid in ["cyd", "dan", "eve"] {
        bed.hire(uid);
        assert_eq!(following.next(), format!("+{uid}"));
    }
    bed.ldif(&format!("dn: {}\nchangetype: modify\nreplace: cn\ncn: Ada\n", bed.dn("ada")));
    assert_eq!(following.next(), "+ada");
    bed.ldif(&format!("dn: {}\nchangetype: delete\n", bed.dn("bob")));
    assert!(following.next().starts_with('-'));
    assert!(start.elapsed() < INTERVAL, "a pause was made");
    following.stop();

    // What happens in between is told to the next one, once.
    bed.hire("fay");
    let mut following = bed.follow();
    assert_eq!(following.next(), "+fay");
    bed.hire("gus");
    assert_eq!(following.next(), "+gus");
    following.stop();
    bed.check(&[]);
}
