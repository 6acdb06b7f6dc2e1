//! DirSync, update sequence numbers and times, on Samba's Active Directory.

use patchbay_test_support::{SambaAd, matrix};
use serde_json::{Value, json};

use crate::follower::{Account, Follower};

const BASE: &str = "DC=test,DC=lan";

fn server() -> SambaAd {
    let server = SambaAd::start().unwrap();
    for unit in ["staff", "other"] {
        let unit = format!("dn: OU={unit},{BASE}\nchangetype: add\nobjectClass: organizationalUnit\nou: {unit}\n");
        server.ldif(&unit).unwrap();
    }
    for name in ["anna", "ben", "carl"] {
        hire(&server, name, "staff");
    }
    hire(&server, "zoe", "other");
    server
}

fn account(server: &SambaAd) -> Account {
    Account {
        url: server.ldaps_url(),
        ca_file: server.ca_file().to_owned(),
        name: server.admin().to_owned(),
        password: server.password().to_owned(),
        reads: vec![BASE.to_owned()],
    }
}

fn people(changes: &Value) -> Value {
    json!({
        "object_classes": ["user"],
        "base": format!("OU=staff,{BASE}"),
        "include": ["sAMAccountName", "cn", "title"],
        "changes": changes,
    })
}

fn hire(server: &SambaAd, name: &str, unit: &str) {
    let dn = format!("CN={name},OU={unit},{BASE}");
    server.ldif(&format!("dn: {dn}\nchangetype: add\nobjectClass: user\nsAMAccountName: {name}\n")).unwrap();
}

fn set_title(server: &SambaAd, name: &str, unit: &str, title: &str) {
    let dn = format!("CN={name},OU={unit},{BASE}");
    server.ldif(&format!("dn: {dn}\nchangetype: modify\nreplace: title\ntitle: {title}\n")).unwrap();
}

/// What happens to people is told. `of_others` is what is said of somebody who is in another
/// unit and always was.
async fn check(changes: Value, sees_gone: bool, of_others: &[&'static str]) {
    let server = server();
    let _run = matrix::Run::begin("changes", "samba-ad");
    let mut follower = Follower::new(account(&server), people(&changes), "sAMAccountName").await;
    follower.check(&[]).await;
    set_title(&server, "anna", "staff", "one");
    hire(&server, "dora", "staff");
    follower.check(&["+anna", "+dora"]).await;
    set_title(&server, "zoe", "other", "one");
    follower.check(of_others).await;
    if sees_gone {
        server.ldif(&format!("dn: CN=ben,OU=staff,{BASE}\nchangetype: delete\n")).unwrap();
        let from = format!("CN=carl,OU=staff,{BASE}");
        let to = format!("OU=other,{BASE}");
        let away = format!("dn: {from}\nchangetype: moddn\nnewrdn: CN=carl\ndeleteoldrdn: 1\nnewsuperior: {to}\n");
        server.ldif(&away).unwrap();
        follower.check(&["-ben", "-carl"]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dir_sync_tells_all() {
    if SambaAd::is_left_out() {
        return;
    }
    check(json!({ "method": "dirsync" }), true, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_tell_all() {
    if SambaAd::is_left_out() {
        return;
    }
    check(json!({ "method": "usn" }), true, &["-stranger"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn times_tell_what_is_there() {
    if SambaAd::is_left_out() {
        return;
    }
    check(json!({ "method": "timestamp", "overlap": "2s" }), false, &[]).await;
}
