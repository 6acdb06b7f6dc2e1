//! `patchbay discover` and `patchbay init` on directories: a file comes out that works.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use patchbay::config::{Config, Environment};
use patchbay::serve::{Options, start};
use patchbay_test_support::{OpenLdap, SambaAd};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::helpdesk::{TOKEN, connectors};

/// Environment variable of the directory's password.
const PASSWORD: &str = "PATCHBAY_TEST_DIRECTORY_PASSWORD";

/// Two people and a group of one of them.
const PEOPLE: &str = "\
dn: uid=ada,ou=people,dc=example,dc=org
objectClass: inetOrgPerson
uid: ada
cn: Ada Byron
sn: Byron
givenName: Ada
mail: ada@example.org
userPassword: t1meMa$heen

dn: uid=bob,ou=people,dc=example,dc=org
objectClass: inetOrgPerson
uid: bob
cn: Bob Bow
sn: Bow
title: Dr

dn: cn=staff,ou=groups,dc=example,dc=org
objectClass: groupOfNames
cn: staff
member: uid=ada,ou=people,dc=example,dc=org
";

/// What names a directory on a command line, and a place to write to.
struct Bed {
    directory: TempDir,
    place: Vec<String>,
    password: String,
}

impl Bed {
    fn new(url: &str, bind_as: &str, ca_file: &Path, password: &str) -> Self {
        let ca_file = ca_file.to_str().unwrap();
        let place = ["--url", url, "--bind-as", bind_as, "--ca-file", ca_file, "--password-env", PASSWORD];
        Self {
            directory: tempfile::tempdir().unwrap(),
            place: place.map(str::to_owned).to_vec(),
            password: password.to_owned(),
        }
    }

    fn file(&self) -> PathBuf {
        self.directory.path().join("p.toml")
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_patchbay"));
        command.env_remove("PATCHBAY_LOG").env_remove("RUST_LOG").env("PATCHBAY_CONNECTORS", connectors());
        command.env(PASSWORD, &self.password).env("APP_TOKEN", TOKEN);
        command.args(arguments).args(&self.place).output().unwrap()
    }

    /// What a command prints; it has to end well, and not show the password.
    #[track_caller]
    fn check(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let (out, err) = (text(output.stdout), text(output.stderr));
        assert_eq!(output.status.code(), Some(0), "{arguments:?}\n{out}\n{err}");
        assert!(!out.contains(&self.password) && !err.contains(&self.password), "{out}\n{err}");
        out
    }

    fn init(&self) -> String {
        let file = self.file();
        let out = self.check(&["init", "--yes", "--out", file.to_str().unwrap()]);
        assert!(out.contains("no problems"), "{out}");
        out
    }

    /// `patchbay check` has nothing to say of what was written.
    #[track_caller]
    fn check_file(&self) {
        let checked = Command::new(env!("CARGO_BIN_EXE_patchbay"))
            .env("PATCHBAY_CONNECTORS", connectors())
            .env(PASSWORD, &self.password)
            .env("APP_TOKEN", TOKEN)
            .args(["check", "--config", self.file().to_str().unwrap()])
            .output()
            .unwrap();
        let checked = String::from_utf8([checked.stdout, checked.stderr].concat()).unwrap();
        assert!(checked.contains("no problems"), "{checked}");
    }

    /// Serves what was written, and gives the answer to each request in turn.
    async fn serve(&self, requests: &[(&str, &str, Value)]) -> Vec<Value> {
        let text = std::fs::read_to_string(self.file()).unwrap().replace("127.0.0.1:8585", "127.0.0.1:0");
        let config = Config::parse(&text, &self.file()).unwrap_or_else(|problems| panic!("\n{problems}\n{text}"));
        let environment = Environment::fixed([(PASSWORD, self.password.as_str()), ("APP_TOKEN", TOKEN)]);
        let options = Options { connectors: Some(connectors()), environment, ..Options::default() };
        let running = start(config, options).await.unwrap();
        let client = reqwest::Client::builder().timeout(Duration::from_secs(30)).build().unwrap();
        let mut answers: Vec<Value> = Vec::new();
        for (method, path, body) in requests {
            let id = answers.iter().rev().find_map(|answer| answer["id"].as_str()).unwrap_or_default();
            let url = format!("{}{}", running.base_url("app"), path.replace("{id}", id));
            let request = client.request(method.parse().unwrap(), url).bearer_auth(TOKEN);
            let request = if body.is_null() { request } else { request.json(body) };
            let answer = request.send().await.unwrap();
            let status = answer.status();
            let text = answer.text().await.unwrap();
            assert!(
                status.is_success(),
                "{method} {path}: {status} {text}\n{}",
                std::fs::read_to_string(self.file()).unwrap()
            );
            answers.push(serde_json::from_str(&text).unwrap_or_default());
        }
        running.shutdown().await;
        answers
    }
}

fn new_user(login: &str, password: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": login, "displayName": format!("{login} Zed"), "password": password,
        "name": {"givenName": login, "familyName": "Zed"},
    })
}

#[tokio::test]
async fn openldap_from_nothing_to_a_login() {
    let server = OpenLdap::start().unwrap();
    server.ldif(PEOPLE).unwrap();
    let bed = Bed::new(&server.ldaps_url(), server.service_dn(), server.ca_file(), server.password());

    let shown = bed.check(&["discover"]);
    for expected in ["OpenLDAP", "dc=example,dc=org", "inetOrgPerson", "x@x.xx", "the password operation"] {
        assert!(shown.contains(expected), "{expected}: {shown}");
    }
    assert!(!shown.contains("ada@") && !shown.contains("t1me"), "{shown}");
    let json: Value = serde_json::from_str(&bed.check(&["discover", "--json", "--show-samples"])).unwrap();
    assert_eq!((&json["objectClasses"]["inetOrgPerson"], &json["complete"]), (&json!(2), &json!(true)));
    assert!(json.to_string().contains("ada@example.org") && !json.to_string().contains("t1me"), "{json}");

    let said = bed.init();
    assert!(said.contains("inetOrgPerson below ou=people,dc=example,dc=org"), "{said}");
    let answers = bed
        .serve(&[
            ("GET", "/Users?filter=userName%20eq%20%22ada%22", Value::Null),
            ("POST", "/Users", new_user("zoe", "S3cret&Safe-1")),
            ("GET", "/Groups", Value::Null),
        ])
        .await;
    assert_eq!(answers[0]["Resources"][0]["emails"][0]["value"], "ada@example.org");
    assert_eq!(answers[2]["totalResults"], 1);
    assert!(server.binds("uid=zoe,ou=people,dc=example,dc=org", "S3cret&Safe-1").unwrap());
}

/// Accounts of Unix in two units, and an entry that counts them.
const ACCOUNTS: &str = "\
dn: ou=sales,ou=people,dc=example,dc=org
objectClass: organizationalUnit
ou: sales

dn: ou=works,ou=people,dc=example,dc=org
objectClass: organizationalUnit
ou: works

dn: uid=ada,ou=sales,ou=people,dc=example,dc=org
objectClass: inetOrgPerson
objectClass: posixAccount
uid: ada
cn: Ada Byron
sn: Byron
departmentNumber: Sales
uidNumber: 1001
gidNumber: 100
homeDirectory: /home/ada

dn: uid=bob,ou=works,ou=people,dc=example,dc=org
objectClass: inetOrgPerson
objectClass: posixAccount
uid: bob
cn: Bob Bow
sn: Bow
departmentNumber: Works
uidNumber: 1002
gidNumber: 100
homeDirectory: /home/bob

dn: cn=staff,ou=groups,dc=example,dc=org
objectClass: groupOfNames
cn: staff
member: uid=ada,ou=sales,ou=people,dc=example,dc=org

dn: cn=next,ou=groups,dc=example,dc=org
objectClass: device
objectClass: extensibleObject
cn: next
uidNumber: 1003
";

/// Units, groups read back, a counter and a feed: found, granted, and at work.
#[tokio::test]
async fn accounts_of_unix_in_several_units() {
    let server = OpenLdap::start().unwrap();
    server.ldif(ACCOUNTS).unwrap();
    let bed = Bed::new(&server.ldaps_url(), server.service_dn(), server.ca_file(), server.password());
    bed.init();
    let text = std::fs::read_to_string(bed.file()).unwrap();
    for expected in [
        "containers = { by = \"departmentNumber\"",
        "next = { uidNumber = { entry = \"cn=next,ou=groups,dc=example,dc=org\"",
        "member_of = \"group\"",
        "changes = { method = \"syncrepl\" }",
    ] {
        let line = text.lines().position(|line| line.starts_with(expected));
        let line = line.unwrap_or_else(|| panic!("{expected}: {text}"));
        assert!(text.lines().nth(line - 1).is_some_and(|above| above.starts_with("# ")), "{expected} has no reason");
    }
    bed.check_file();
    // A mapping for what an account has to have; `init` says that it is missing.
    assert!(text.contains("gidNumber and homeDirectory"), "{text}");
    let more = "[apps.app.resources.User.attributes]\n\
                \"urn:example:User:gid\" = \"gidNumber\"\n\"urn:example:User:home\" = \"homeDirectory\"";
    let text = text.replace("[apps.app.resources.User.attributes]", more);
    let write = text.replace("write = [\"objectClass\"", "write = [\"objectClass\", \"gidNumber\", \"homeDirectory\"");
    assert_ne!(write, text, "{text}");
    std::fs::write(bed.file(), write).unwrap();
    let department = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
    let mut zoe = new_user("zoe", "S3cret&Safe-1");
    zoe[department] = json!({ "department": "Works" });
    zoe["urn:example:User"] = json!({ "gid": 100, "home": "/home/zoe" });
    let moved = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{ "op": "replace", "path": format!("{department}:department"), "value": "Sales" }],
    });
    let answers = bed
        .serve(&[
            ("GET", "/Users?attributes=userName,groups&sortBy=userName", Value::Null),
            ("POST", "/Users", zoe),
            ("PATCH", "/Users/{id}", moved),
        ])
        .await;
    assert_eq!(answers[0]["Resources"][0]["groups"].as_array().map(Vec::len), Some(1), "{}", answers[0]);
    let found = server.entries("dc=example,dc=org", "(uid=zoe)", &["uidNumber"]).unwrap();
    assert_eq!(found[0].dn, "uid=zoe,ou=sales,ou=people,dc=example,dc=org");
    assert_eq!(found[0].texts("uidnumber"), ["1003"]);
    assert!(server.binds(&found[0].dn, "S3cret&Safe-1").unwrap());
}

/// Accounts of Unix that are no persons (RFC 2307), and somebody who is.
const UNIX: &str = "\
dn: uid=ada,ou=people,dc=example,dc=org
objectClass: account
objectClass: posixAccount
uid: ada
cn: Ada Byron
uidNumber: 1001
gidNumber: 100
homeDirectory: /home/ada

dn: uid=bob,ou=people,dc=example,dc=org
objectClass: account
objectClass: posixAccount
uid: bob
cn: Bob Bow
uidNumber: 1002
gidNumber: 100
homeDirectory: /home/bob

dn: cn=manager,ou=groups,dc=example,dc=org
objectClass: inetOrgPerson
cn: manager
sn: Manager
mail: manager@example.org
";

/// Those that most are get mapped, with what their object classes allow; the other is told of.
#[tokio::test]
async fn accounts_of_unix_that_are_no_persons() {
    let server = OpenLdap::start().unwrap();
    server.ldif(UNIX).unwrap();
    let bed = Bed::new(&server.ldaps_url(), server.service_dn(), server.ca_file(), server.password());
    let said = bed.init();
    assert!(said.contains("posixAccount below ou=people,dc=example,dc=org"), "{said}");
    bed.check_file();
    let text = std::fs::read_to_string(bed.file()).unwrap();
    assert!(text.replace("\n# ", " ").contains("1 of inetOrgPerson"), "{text}");
    let people = bed.serve(&[("GET", "/Users?sortBy=userName", Value::Null)]).await.remove(0);
    assert_eq!(people["totalResults"], 2, "{people}");
    assert_eq!(
        (&people["Resources"][0]["userName"], &people["Resources"][1]["userName"]),
        (&json!("ada"), &json!("bob"))
    );
}

/// Whoever started the server comes in as its administrator, without a password.
#[tokio::test]
async fn openldap_through_its_socket() {
    let server = OpenLdap::start().unwrap();
    server.ldif(PEOPLE).unwrap();
    let place = ["--url".to_owned(), server.ldapi_url()].to_vec();
    // It is not asked for one, so what it has is shown nowhere.
    let bed = Bed { directory: tempfile::tempdir().unwrap(), place, password: server.password().to_owned() };
    assert!(bed.check(&["discover"]).contains("inetOrgPerson"));
    bed.init();
    let text = std::fs::read_to_string(bed.file()).unwrap();
    assert!(text.contains("\"ldapi://%2F") && text.contains("bind       = \"external\""), "{text}");
    let found = ("GET", "/Users?filter=userName%20eq%20%22ada%22", Value::Null);
    let answers = bed.serve(&[found, ("POST", "/Users", new_user("zoe", "S3cret&Safe-1"))]).await;
    assert_eq!(answers[0]["Resources"][0]["emails"][0]["value"], "ada@example.org");
    assert!(server.binds("uid=zoe,ou=people,dc=example,dc=org", "S3cret&Safe-1").unwrap());
}

#[tokio::test]
async fn active_directory_from_nothing_to_a_login() {
    if SambaAd::is_left_out() {
        return;
    }
    let server = SambaAd::start().unwrap();
    let base = server.base();
    let people = format!(
        "dn: CN=Ada Byron,OU=People,{base}\nobjectClass: user\nsAMAccountName: ada\ngivenName: Ada\nsn: Byron\n\n\
         dn: CN=Bob Bow,OU=People,{base}\nobjectClass: user\nsAMAccountName: bob\nsn: Bow\n\n\
         dn: CN=Cy Cue,OU=People,{base}\nobjectClass: user\nsAMAccountName: cy\nsn: Cue\n\n\
         dn: CN=Dee Dow,OU=People,{base}\nobjectClass: user\nsAMAccountName: dee\nsn: Dow\n"
    );
    server.ldif(&people).unwrap();
    let bed = Bed::new(&server.ldaps_url(), server.admin_dn(), server.ca_file(), server.password());
    let shown = bed.check(&["discover"]);
    assert!(shown.contains("Samba Active Directory") && shown.contains("DirSync"), "{shown}");
    bed.init();
    let answers = bed
        .serve(&[
            ("GET", "/Users?filter=userName%20eq%20%22ada%22", Value::Null),
            ("POST", "/Users", new_user("zoe", "S3cret&Safe-1")),
            ("GET", "/Users/{id}", Value::Null),
        ])
        .await;
    assert_eq!(answers[0]["Resources"][0]["name"]["familyName"], "Byron");
    assert_eq!((&answers[2]["userName"], &answers[2]["active"]), (&json!("zoe"), &json!(true)));
    assert!(server.binds(&format!("CN=zoe Zed,OU=People,{base}"), "S3cret&Safe-1").unwrap());
}

#[test]
fn what_cannot_work_is_said_by_its_option() {
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_patchbay")).args(arguments).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let check = |arguments: &[&str], code: i32, expected: &str| {
        let (status, err) = run(arguments);
        assert_eq!(status, Some(code), "{arguments:?}: {err}");
        assert!(err.contains(expected), "{arguments:?}: {err}");
    };
    check(
        &["discover", "--url", "ldaps://u:hunter2@h"],
        64,
        "--url: the server's address has more than a host and a port",
    );
    check(&["discover", "--url", "ldaps://h", "--bind-as", "cn=x"], 64, "--password-env or --password-file: is needed");
    check(
        &["discover", "--url", "ldap://directory.example", "--no-tls"],
        64,
        "--no-tls: false sends everything in the clear",
    );
    check(&["discover", "--url", "sqlite:x", "--bind-as", "cn=x"], 64, "--bind-as: goes with a directory");
    check(&["discover", "--url", "ldap://127.0.0.1:9", "--no-tls"], 1, "the directory cannot be looked at");
}
