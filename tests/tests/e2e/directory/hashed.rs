//! Passwords for a directory that stores what it gets: hashed on the host, and proved by
//! logging in with them.

use patchbay_test_support::matrix;
use patchbay_tests::{Helpdesk, Host, HostOptions, Target};
use serde_json::json;
use toml::{Table, Value};

use crate::bodies::{one, user};
use crate::logs;

/// The example with the host's hashes in `userPassword`.
fn hashed(app: &mut Table, hash: &str) {
    let settings = r#"
        settings.classes.person.password = false
        settings.classes.person.attributes.userPassword = { type = "text", single = true }
    "#;
    let mapping = format!(r#"resources.User.attributes.password = {{ attribute = "userPassword", hash = {hash} }}"#);
    merge(app, format!("{settings}\n{mapping}").parse().expect("it is TOML"));
}

/// Lays one table over another.
fn merge(table: &mut Table, over: Table) {
    for (key, value) in over {
        match (table.get_mut(&key), value) {
            (Some(Value::Table(table)), Value::Table(over)) if !over.contains_key("attribute") => merge(table, over),
            (_, value) => drop(table.insert(key, value)),
        }
    }
}

/// A password is set, changed, kept and taken away, stored by a scheme that is known by what
/// its hashes begin with.
async fn check(adjust: fn(&mut Table), mark: &str) {
    logs::capture();
    let helpdesk = Helpdesk::fresh(Target::OpenLdap).await.expect("a directory");
    let options = HostOptions { adjust: Some(adjust), ..HostOptions::default() };
    let mut host = Host::start(&helpdesk, options).await.expect("a host");
    let run = matrix::Run::begin("end-to-end", Target::OpenLdap.name());
    let scim = host.client("helpdesk").expect("a client");
    let stored = || helpdesk.values("(uid=nina@helpdesk.example)", "userPassword").expect("an entry");
    let binds = async |password: &str| {
        let rows = helpdesk.rows().await.expect("rows");
        helpdesk
            .binds(rows.find("person", "login", "nina@helpdesk.example").expect("Nina"), password)
            .expect("an answer")
    };
    let mut body = user("nina@helpdesk.example");
    body["password"] = json!("Corr3ct-H\u{f8}rse");
    let created = scim.post("/Users", &body).await.expect("an answer");
    assert_eq!(created.status, 201, "{mark}: {}", created.text);
    assert!(binds("Corr3ct-H\u{f8}rse").await && !binds("Corr3ct-Horse").await, "{mark}");
    let first = stored();
    assert!(matches!(first.as_slice(), [hash] if hash.starts_with(mark)), "{mark}: {first:?}");

    let path = format!("/Users/{}", created.id().expect("an id"));
    // Whatever version it was, the old one goes.
    for password in ["B@ttery-Staple", "B@ttery-Staple", "Th1rd-Password"] {
        let changed = scim.patch(&path, &one("replace", "password", json!(password))).await.expect("an answer");
        assert_eq!(changed.status, 200, "{mark}: {}", changed.text);
        assert!(binds(password).await && !binds("Corr3ct-H\u{f8}rse").await, "{mark}");
    }
    let last = stored();
    assert!(matches!(last.as_slice(), [hash] if hash.starts_with(mark) && first != last), "{mark}: {last:?}");
    for secret in ["Corr3ct-H", "B@ttery-Staple", "Th1rd-Password", first[0].as_str(), last[0].as_str()] {
        assert_eq!(logs::containing(secret), [""; 0], "{mark}");
    }
    let read = scim.get(&format!("{path}?attributes=password,userName")).await.expect("an answer");
    assert!(read.status == 200 && !read.text.contains("assword"), "{mark}: {}", read.text);

    // What does not name it keeps it, and what removes it takes it away.
    let title = scim.patch(&path, &one("replace", "title", json!("Analyst"))).await.expect("an answer");
    assert_eq!(title.status, 200, "{mark}: {}", title.text);
    assert_eq!(stored(), last, "{mark}");
    let removed = json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{ "op": "remove", "path": "password" }],
    });
    let removed = scim.patch(&path, &removed).await.expect("an answer");
    assert_eq!(removed.status, 200, "{mark}: {}", removed.text);
    assert_eq!(stored(), [""; 0], "{mark}");
    assert!(!binds("Th1rd-Password").await, "{mark}");
    drop(run);
    host.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_checks_what_the_host_has_hashed() {
    check(|app| hashed(app, r#""ssha""#), "{SSHA}").await;
    check(
        |app| hashed(app, r#"{ scheme = "sha512-crypt", iterations = 6000, form = "ldap" }"#),
        "{CRYPT}$6$rounds=6000$",
    )
    .await;
    check(|app| hashed(app, r#"{ scheme = "bcrypt", cost = 10, form = "ldap" }"#), "{CRYPT}$2b$10$").await;
    check(
        |app| hashed(app, r#"{ scheme = "argon2id", memory_kib = 8192, iterations = 1, form = "ldap" }"#),
        "{ARGON2}$argon2id$v=19$m=8192,t=1,p=1$",
    )
    .await;
}
