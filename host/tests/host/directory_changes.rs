//! `patchbay changes`, with the real program on directories: every run is a host of its own,
//! and all that is between two of them is the token in a file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;

use patchbay_test_support::{OpenLdap, SambaAd};
use serde_json::Value;
use tempfile::TempDir;

use crate::helpdesk::{TOKEN, connectors};

/// Environment variable of the directory's password.
const PASSWORD: &str = "PATCHBAY_TEST_DIRECTORY_PASSWORD";

/// A directory that others write to.
enum Server {
    OpenLdap(OpenLdap),
    SambaAd(SambaAd),
}

impl Server {
    fn base(&self) -> &'static str {
        match self {
            Self::OpenLdap(server) => server.base(),
            Self::SambaAd(server) => server.base(),
        }
    }

    fn ldif(&self, text: &str) {
        match self {
            Self::OpenLdap(server) => server.ldif(text).unwrap(),
            Self::SambaAd(server) => server.ldif(text).unwrap(),
        }
    }

    fn restart(&mut self) {
        match self {
            Self::OpenLdap(server) => server.restart().unwrap(),
            Self::SambaAd(server) => {
                server.kill();
                server.resume().unwrap();
            }
        }
    }

    fn dn(&self, name: &str) -> String {
        format!("cn={name},ou=people,{}", self.base())
    }

    fn hire(&self, names: &[&str]) {
        let people: String = names
            .iter()
            .map(|name| {
                let dn = self.dn(name);
                match self {
                    Self::OpenLdap(_) => {
                        format!("dn: {dn}\nobjectClass: inetOrgPerson\nuid: {name}\ncn: {name}\nsn: {name}\n\n")
                    }
                    Self::SambaAd(_) => format!("dn: {dn}\nobjectClass: user\nsAMAccountName: {name}\n\n"),
                }
            })
            .collect();
        self.ldif(&people);
    }

    fn promote(&self, name: &str, title: &str) {
        self.ldif(&format!("dn: {}\nchangetype: modify\nreplace: title\ntitle: {title}\n", self.dn(name)));
    }

    fn fire(&self, name: &str) {
        self.ldif(&format!("dn: {}\nchangetype: delete\n", self.dn(name)));
    }

    fn rename(&self, name: &str, to: &str) {
        self.ldif(&format!("dn: {}\nchangetype: modrdn\nnewrdn: cn={to}\ndeleteoldrdn: 1\n", self.dn(name)));
    }

    /// A configuration of one app that may only read, and finds changes in this way.
    fn config(&self, method: &str) -> String {
        let (url, bind, ca_file, class, login) = match self {
            Self::OpenLdap(server) => {
                (server.ldaps_url(), server.service_dn(), server.ca_file(), "inetOrgPerson", "uid")
            }
            Self::SambaAd(server) => (server.ldaps_url(), server.admin(), server.ca_file(), "user", "sAMAccountName"),
        };
        let (base, cache) = (self.base(), concat!(env!("CARGO_TARGET_TMPDIR"), "/cache"));
        let log = if method == "accesslog" { ", \"cn=log\"" } else { "" };
        format!(
            r#"
[server]
listen = "127.0.0.1:8585"
plain_http = true

[engine]
cache = '{cache}'

[apps.staff]
connector = "ldap"
tokens = [{{ env = "APP_TOKEN" }}]

[apps.staff.bindings.directory]
capability = "ldap"
servers = ["{url}"]
bind = {{ as = '{bind}' }}
password = {{ env = "{PASSWORD}" }}
tls = {{ ca_file = '{}' }}

[apps.staff.bindings.directory.allow]
read = ["{base}"{log}]
verbs = ["search"]

[apps.staff.settings.classes.person]
object_classes = "{class}"
base = "ou=people,{base}"
name = "{login}"
read_only = true
include = ["{login}", "cn", "title"]
changes = {{ method = "{method}" }}

[apps.staff.resources.User]
class = "person"

[apps.staff.resources.User.attributes]
userName = "{login}"
displayName = "cn"
title = "title"
"#,
            ca_file.display()
        )
    }
}

/// Somebody who follows the changes of people, by one run of the program after another.
struct Follower {
    directory: TempDir,
    /// Logins by id, of everybody who was told of.
    names: BTreeMap<String, String>,
}

impl Follower {
    fn new(config: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("p.toml"), config).unwrap();
        Self { directory, names: BTreeMap::new() }
    }

    fn token(&self) -> PathBuf {
        self.directory.path().join("users.token")
    }

    /// One run; exit code, lines, and what it says besides.
    fn run(&self, server: &Server, more: &[&str]) -> (Option<i32>, Vec<Value>, String) {
        let password = match server {
            Server::OpenLdap(server) => server.password(),
            Server::SambaAd(server) => server.password(),
        };
        let mut command = Command::new(env!("CARGO_BIN_EXE_patchbay"));
        command.env_remove("PATCHBAY_LOG").env_remove("RUST_LOG").env("PATCHBAY_CONNECTORS", connectors());
        command.env(PASSWORD, password).env("APP_TOKEN", TOKEN);
        command.arg("changes").arg("--config").arg(self.directory.path().join("p.toml")).args(["staff", "User"]);
        let output = command.arg("--token-file").arg(self.token()).args(more).output().unwrap();
        let text = [String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap()];
        let lines = text[0].lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        (output.status.code(), lines, text[1].clone())
    }

    /// What a run that has to work tells: `+LOGIN TITLE` and `-LOGIN`.
    #[track_caller]
    fn told(&mut self, server: &Server, more: &[&str]) -> BTreeSet<String> {
        let (code, lines, text) = self.run(server, more);
        assert_eq!(code, Some(0), "{text}");
        let mut told = BTreeSet::new();
        for line in lines {
            let id = line["id"].as_str().unwrap().to_owned();
            if line["op"] == "delete" {
                told.insert(format!("-{}", self.names.get(&id).map_or("a stranger", String::as_str)));
                continue;
            }
            let resource = &line["resource"];
            let login = resource["userName"].as_str().unwrap();
            told.insert(format!("+{login} {}", resource["title"].as_str().unwrap_or_default()).trim_end().to_owned());
            self.names.insert(id, login.to_owned());
        }
        told
    }

    #[track_caller]
    fn check(&mut self, server: &Server, more: &[&str], expected: &[&str]) {
        let expected: BTreeSet<String> = expected.iter().map(|line| (*line).to_owned()).collect();
        assert_eq!(self.told(server, more), expected, "{more:?}");
    }

    /// A run with a token that is of no use; the file stays as it is.
    #[track_caller]
    fn check_stale(&self, server: &Server, why: &str) {
        let before = std::fs::read(self.token()).unwrap();
        let (code, lines, text) = self.run(server, &[]);
        assert_eq!((code, lines.len()), (Some(65), 0), "{text}");
        let advice = format!("remove {} and start with --from-start", self.token().display());
        for expected in ["a full run is needed", why, &advice] {
            assert!(text.contains(expected), "{expected}: {text}");
        }
        assert_eq!(std::fs::read(self.token()).unwrap(), before);
    }

    fn configure(&self, from: &str, to: &str) {
        let file = self.directory.path().join("p.toml");
        let config = std::fs::read_to_string(&file).unwrap();
        assert!(config.contains(from), "{from}");
        std::fs::write(file, config.replace(from, to)).unwrap();
    }
}

/// From everybody there is to what changes, with hosts and servers that come and go. `other` is
/// another method, which the token is not of.
fn check(mut server: Server, method: &str, other: &str) -> (Server, Follower) {
    server.hire(&["ada", "bob", "cyd"]);
    let mut follower = Follower::new(&server.config(method));
    // All there is, broken off once.
    let mut all = follower.told(&server, &["--from-start", "--limit", "2"]);
    assert_eq!(all.len(), 2);
    all.extend(follower.told(&server, &["--from-start"]));
    assert_eq!(all, ["+ada", "+bob", "+cyd"].map(str::to_owned).into());
    follower.check(&server, &[], &[]);

    server.promote("ada", "Head");
    server.promote("ada", "Chief");
    server.fire("bob");
    server.hire(&["dee"]);
    server.rename("cyd", "Cydney");
    follower.check(&server, &[], &["+ada Chief", "+cyd", "+dee", "-bob"]);
    follower.check(&server, &[], &[]);

    // The server is started anew, and so is the host.
    server.promote("dee", "Dr");
    server.restart();
    server.fire("ada");
    follower.check(&server, &[], &["+dee Dr", "-ada"]);
    follower.check(&server, &[], &[]);

    // More than one page, some at a time, while more are to come.
    let names: Vec<String> = (0..130).map(|number| format!("p{number:03}")).collect();
    server.hire(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let mut told = follower.told(&server, &["--limit", "50"]);
    assert_eq!(told.len(), 50);
    server.hire(&["last"]);
    server.fire("dee");
    loop {
        let more = follower.told(&server, &["--limit", "50"]);
        if more.is_empty() {
            break;
        }
        told.extend(more);
    }
    let mut expected: BTreeSet<String> = names.iter().map(|name| format!("+{name}")).collect();
    expected.extend(["+last".to_owned(), "-dee".to_owned()]);
    assert_eq!(told, expected);

    let method = format!("method = \"{method}\"");
    follower.configure(&method, &format!("method = \"{other}\""));
    follower.check_stale(&server, "the token was changed, or is of another class");
    follower.configure(&format!("method = \"{other}\""), &method);
    follower.check(&server, &[], &[]);
    (server, follower)
}

/// A full run as it is advised to be.
fn check_full_run(server: &Server, mut follower: Follower) {
    std::fs::remove_file(follower.token()).unwrap();
    let told = follower.told(server, &["--from-start"]);
    assert_eq!(told.len(), 132, "cyd, last, and 130 others: {told:?}");
    follower.check(server, &[], &[]);
}

/// A first run that begins anew each time, and is ended by its limit each time, gets nowhere.
#[test]
fn a_first_run_that_gets_nowhere_is_an_error() {
    let server = Server::OpenLdap(OpenLdap::start().unwrap());
    server.hire(&["ada", "bob", "cyd"]);
    let mut follower = Follower::new(&server.config("timestamp"));
    let some = ["--from-start", "--limit", "2"];
    assert_eq!(follower.told(&server, &some).len(), 2);
    let (code, lines, text) = follower.run(&server, &some);
    assert_eq!((code, lines.len()), (Some(1), 2), "{text}");
    assert!(text.contains("run once without --limit"), "{text}");
    follower.check(&server, &["--from-start"], &["+ada", "+bob", "+cyd"]);
}

#[test]
fn openldap_by_content_synchronization() {
    let (server, follower) = check(Server::OpenLdap(OpenLdap::start().unwrap()), "syncrepl", "timestamp");
    // What stands in the file belongs to this program.
    let token = std::fs::read_to_string(follower.token()).unwrap();
    std::fs::write(follower.token(), &token[..token.len() / 2]).unwrap();
    follower.check_stale(&server, "the token cannot be read");
    check_full_run(&server, follower);
}

#[test]
fn openldap_by_its_access_log() {
    let (server, follower) = check(Server::OpenLdap(OpenLdap::start().unwrap()), "accesslog", "syncrepl");
    server.promote("last", "Head");
    let Server::OpenLdap(openldap) = &server else { return };
    // The log is purged behind the token.
    for entry in openldap.entries("cn=log", "(reqStart=*)", &["reqStart"]).unwrap() {
        openldap.ldif(&format!("dn: {}\nchangetype: delete\n", entry.dn)).unwrap();
    }
    follower.check_stale(&server, "log");
    server.promote("last", "Chief");
    check_full_run(&server, follower);
}

#[test]
fn active_directory_by_dirsync() {
    if SambaAd::is_left_out() {
        return;
    }
    let (server, follower) = check(Server::SambaAd(SambaAd::start().unwrap()), "dirsync", "usn");
    check_full_run(&server, follower);
}
