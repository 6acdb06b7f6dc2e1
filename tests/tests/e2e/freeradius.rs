//! FreeRADIUS with its own schema files: users and groups are rows of attribute-value
//! tables, in which nothing is unique.

use std::collections::BTreeSet;

use patchbay_password::{HashConfig, Scheme};
use patchbay_test_support::matrix;
use patchbay_tests::packaged::FREERADIUS;
use patchbay_tests::{Client, Packaged, Target};
use serde_json::{Value, json};

use crate::bodies::{members, one, patch};
use crate::harness::{GROUP, USER, ids, is_error};

/// The example's extension of users.
const RADIUS: &str = "urn:example:params:scim:schemas:extension:radius:2.0:User";

/// Runs `test` on a fresh database of each kind.
async fn on_each(test: impl AsyncFn(&Packaged, &Client)) {
    for target in Target::all() {
        let mut radius = Packaged::start(FREERADIUS, target).await.unwrap_or_else(|error| panic!("{error:#}"));
        let scim = radius.client().expect("a client");
        eprintln!("on {target:?}");
        let run = matrix::Run::begin("end-to-end", target.name());
        test(&radius, &scim).await;
        drop(run);
        radius.shutdown().await;
    }
}

fn user(name: &str) -> Value {
    json!({
        "schemas": [USER, RADIUS],
        "userName": name,
        "externalId": format!("ext-{name}"),
        "active": true,
        "password": "Corr3ct-Horse",
        RADIUS: { "simultaneousUse": 2, "replyMessages": ["Welcome", "Be kind"] },
    })
}

async fn create(scim: &Client, path: &str, body: &Value) -> String {
    let answer = scim.post(path, body).await.expect("an answer");
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.id().expect("an id").to_owned()
}

async fn change(scim: &Client, path: &str, body: &Value) {
    let answer = scim.patch(path, body).await.expect("an answer");
    assert!(matches!(answer.status, 200 | 204), "{} {}", answer.status, answer.text);
}

/// The rows of a user in a table, as `attribute|op|value`.
async fn rows(radius: &Packaged, table: &str, name: &str) -> BTreeSet<String> {
    // Spelt as on SQL Server, which tells upper from lower case.
    let query = format!("SELECT Attribute, op, Value FROM {table} WHERE UserName = '{name}' ORDER BY id");
    radius.rows(&query).await.unwrap().into_iter().collect()
}

/// The same without passwords.
async fn plain_rows(radius: &Packaged, table: &str, name: &str) -> Vec<String> {
    rows(radius, table, name).await.into_iter().filter(|row| !row.starts_with("Crypt-Password")).collect()
}

/// Whether the stored password is this one, by crypting it again with its salt.
fn verifies(stored: &str, password: &str) -> bool {
    let scheme = Scheme::new(&HashConfig::Name("sha512-crypt".to_owned())).unwrap();
    // Four characters of crypt(3)'s alphabet are three bytes, from the lowest bits.
    let alphabet = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let digit = |c: &u8| alphabet.iter().position(|known| known == c).expect("a digit") as u32;
    let salt = stored.split('$').nth(3).expect("a salt").as_bytes();
    let three = |four: &[u8]| four.iter().rev().fold(0, |bits, c| bits << 6 | digit(c)).to_be_bytes()[1..].to_vec();
    let salt: Vec<u8> = salt.chunks(4).flat_map(three).collect();
    scheme.hash(password, &salt).is_ok_and(|hash| hash == stored)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_is_provisioned_disabled_enabled_and_deleted() {
    on_each(async |radius, scim| {
        let id = create(scim, "/Users", &user("anna")).await;
        assert_eq!(id, "anna");
        let path = "/Users/anna";
        assert_eq!(
            plain_rows(radius, "radcheck", "anna").await,
            ["Simultaneous-Use|:=|2", "Tmp-String-9|:=|ext-anna", "User-Category|:=|provisioned"]
        );
        assert_eq!(
            plain_rows(radius, "radreply", "anna").await,
            ["Reply-Message|+=|Be kind", "Reply-Message|+=|Welcome"]
        );
        let password = "SELECT id, Value FROM radcheck WHERE Attribute = 'Crypt-Password' AND UserName = 'anna'";
        let stored = radius.rows(password).await.unwrap();
        let (row, hash) = stored[0].split_once('|').unwrap();
        assert!(hash.starts_with("$6$") && verifies(hash, "Corr3ct-Horse"), "{hash}");

        let read = scim.get(path).await.unwrap();
        assert_eq!((read.at("/userName"), read.at("/active")), (&json!("anna"), &json!(true)), "{}", read.text);
        assert_eq!(read.at("/externalId"), "ext-anna");
        assert_eq!(
            read.at(&format!("/{RADIUS}")),
            &json!({
                "simultaneousUse": 2, "replyMessages": ["Be kind", "Welcome"],
            })
        );
        assert!(!read.text.contains("$6$") && !read.text.contains("assword"), "{}", read.text);

        // What somebody else wrote for this user stays, to the row.
        let foreign = "INSERT INTO radcheck (UserName, Attribute, op, Value) VALUES
            ('anna', 'Calling-Station-Id', '==', '00-11'), ('anna', 'Auth-Type', '==', 'PAP')";
        radius.execute(foreign).await.unwrap();
        change(scim, path, &one("Replace", "active", json!("False"))).await;
        assert!(rows(radius, "radcheck", "anna").await.contains("Auth-Type|:=|Reject"));
        assert_eq!(scim.get(path).await.unwrap().at("/active"), false);
        assert_eq!(ids(&scim.get("/Users?filter=active eq false").await.unwrap()), ["anna"]);
        assert_eq!(ids(&scim.get("/Users?filter=active eq true").await.unwrap()), [""; 0]);
        change(scim, path, &one("Replace", "active", json!("True"))).await;
        let kept = rows(radius, "radcheck", "anna").await;
        assert!(!kept.contains("Auth-Type|:=|Reject") && kept.contains("Auth-Type|==|PAP"), "{kept:?}");
        assert!(kept.contains("Calling-Station-Id|==|00-11"), "{kept:?}");

        change(scim, path, &one("Replace", "password", json!("B@ttery-Staple"))).await;
        let stored = radius.rows(password).await.unwrap();
        let (same, hash) = stored[0].split_once('|').unwrap();
        assert_eq!((stored.len(), same), (1, row), "the row is changed, not written anew");
        assert!(verifies(hash, "B@ttery-Staple"), "{hash}");
        let lists = patch(json!([
            { "op": "Add", "path": format!("{RADIUS}:replyMessages"), "value": ["Third"] },
            { "op": "Remove", "path": format!("{RADIUS}:simultaneousUse") },
            { "op": "Replace", "path": format!("{RADIUS}:framedIpAddress"), "value": "10.1.2.3" },
        ]));
        change(scim, path, &lists).await;
        assert_eq!(
            plain_rows(radius, "radreply", "anna").await,
            [
                "Framed-IP-Address|:=|10.1.2.3",
                "Reply-Message|+=|Be kind",
                "Reply-Message|+=|Third",
                "Reply-Message|+=|Welcome",
            ]
        );
        assert!(!kept.is_empty() && rows(radius, "radcheck", "anna").await.iter().all(|row| !row.starts_with("Simul")));

        let renamed = scim.patch(path, &one("Replace", "userName", json!("anne"))).await.unwrap();
        is_error(&renamed, 400, Some("mutability"), "userName");
        let again = scim.post("/Users", &user("anna")).await.unwrap();
        is_error(&again, 409, Some("uniqueness"), "userName");

        assert_eq!(scim.delete(path).await.unwrap().status, 204);
        for table in ["radcheck", "radreply"] {
            assert_eq!(rows(radius, table, "anna").await, BTreeSet::new());
        }
        assert_eq!(scim.get(path).await.unwrap().status, 404);
        assert_eq!(scim.delete(path).await.unwrap().status, 404);
        // And the name is free again.
        create(scim, "/Users", &user("anna")).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_put_replaces_what_is_mapped_and_nothing_else() {
    on_each(async |radius, scim| {
        create(scim, "/Users", &user("anna")).await;
        radius
            .execute(
                "INSERT INTO radreply (UserName, Attribute, op, Value) VALUES ('anna', 'Session-Timeout', '=', '60')",
            )
            .await
            .unwrap();
        let body = json!({
            "schemas": [USER, RADIUS], "userName": "anna", "active": false,
            RADIUS: { "replyMessages": ["Welcome"], "framedIpAddress": "10.0.0.9" },
        });
        let first = scim.get("/Users/anna").await.unwrap();
        let version = first.header("etag").expect("a version").to_owned();
        let put = |version: String, body: Value| async move {
            let request = scim.request("PUT".parse().unwrap(), "/Users/anna").unwrap();
            let request = request.header("content-type", "application/scim+json").header("if-match", version);
            scim.answer(request.body(body.to_string())).await.unwrap()
        };
        let answer = put(version.clone(), body.clone()).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(
            plain_rows(radius, "radcheck", "anna").await,
            ["Auth-Type|:=|Reject", "User-Category|:=|provisioned"]
        );
        assert_eq!(
            plain_rows(radius, "radreply", "anna").await,
            ["Framed-IP-Address|:=|10.0.0.9", "Reply-Message|+=|Welcome", "Session-Timeout|=|60"]
        );
        // The version that was seen before is no more.
        assert_eq!(put(version, body).await.status, 412);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_is_its_rows() {
    on_each(async |radius, scim| {
        for name in ["anna", "bert", "cleo"] {
            create(scim, "/Users", &user(name)).await;
        }
        let body = json!({ "schemas": [GROUP], "displayName": "staff", "members": members(["anna"]) });
        assert_eq!(create(scim, "/Groups", &body).await, "staff");
        let empty = json!({ "schemas": [GROUP], "displayName": "guests" });
        create(scim, "/Groups", &empty).await;
        is_error(&scim.post("/Groups", &empty).await.unwrap(), 409, Some("uniqueness"), "displayName");
        let anchors = "SELECT GroupName, Attribute, Value FROM radgroupreply ORDER BY GroupName";
        assert_eq!(radius.rows(anchors).await.unwrap(), ["guests|Fall-Through|Yes", "staff|Fall-Through|Yes"]);

        let names = async || radius.rows("SELECT GroupName, UserName FROM radusergroup ORDER BY id").await.unwrap();
        change(scim, "/Groups/staff", &one("Add", "members", members(["bert", "anna", "cleo"]))).await;
        assert_eq!(names().await, ["staff|anna", "staff|bert", "staff|cleo"]);
        let read = scim.get("/Users/bert").await.unwrap();
        assert_eq!(read.at("/groups/0/value"), "staff", "{}", read.text);
        assert_eq!(ids(&scim.get("/Users?filter=groups eq \"staff\"").await.unwrap()).len(), 3);
        change(scim, "/Groups/staff", &one("Remove", "members", members(["bert"]))).await;
        assert_eq!(names().await, ["staff|anna", "staff|cleo"]);

        assert_eq!(scim.delete("/Users/anna").await.unwrap().status, 204);
        assert_eq!(names().await, ["staff|cleo"], "who is gone is no member");
        change(scim, "/Groups/staff", &one("Remove", "members", members(["cleo"]))).await;
        assert_eq!(scim.get("/Groups/staff").await.unwrap().status, 200, "its anchor keeps it there");

        change(scim, "/Groups/guests", &one("Add", "members", members(["bert"]))).await;
        assert_eq!(scim.delete("/Groups/guests").await.unwrap().status, 204);
        assert_eq!(names().await, [""; 0]);
        assert_eq!(radius.rows(anchors).await.unwrap(), ["staff|Fall-Through|Yes"]);
        assert_eq!(scim.get("/Users/bert").await.unwrap().status, 200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn thousands_are_listed_page_by_page() {
    const COUNT: usize = 1_250;
    on_each(async |radius, scim| {
        for attribute in ["Simultaneous-Use", "Session-Timeout"] {
            let rows: Vec<String> =
                (0..COUNT).map(|n| format!("('u{n:05}', '{attribute}', ':=', '{}')", n % 10)).collect();
            // SQL Server takes a thousand at a time.
            for rows in rows.chunks(500) {
                let insert =
                    format!("INSERT INTO radcheck (UserName, Attribute, op, Value) VALUES {}", rows.join(", "));
                radius.execute(&insert).await.unwrap();
            }
        }
        radius
            .execute(
                "INSERT INTO radcheck (UserName, Attribute, op, Value)
                 SELECT DISTINCT UserName, 'Auth-Type', ':=', 'Reject' FROM radcheck WHERE UserName < 'u00100'",
            )
            .await
            .unwrap();
        let mut seen = Vec::new();
        while seen.len() < COUNT {
            let page = scim.get(&format!("/Users?startIndex={}&count=400", seen.len() + 1)).await.unwrap();
            assert_eq!(page.at("/totalResults"), COUNT, "{}", page.text);
            let found = ids(&page);
            assert!(!found.is_empty());
            seen.extend(found);
        }
        let expected: Vec<String> = (0..COUNT).map(|n| format!("u{n:05}")).collect();
        assert_eq!(seen, expected);
        for (filter, count) in [
            ("active eq false", 100),
            ("active eq true and userName sw \"u00\"", 900),
            ("userName gt \"u01199\"", 50),
            (&format!("{RADIUS}:simultaneousUse eq 7"), 125),
            (&format!("{RADIUS}:simultaneousUse eq 7 and not (active eq true)"), 10),
        ] {
            let page = scim.find("/Users", filter).await.unwrap();
            assert_eq!(page.at("/totalResults"), count, "{filter}: {}", page.text);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_create_one_user_one_does() {
    const RIVALS: usize = 16;
    on_each(async |radius, scim| {
        for name in ["ada", "bob"] {
            let rivals: Vec<_> = (0..RIVALS)
                .map(|number| {
                    let scim = scim.clone();
                    let mut body = user(name);
                    // Hashing would keep them apart.
                    body.as_object_mut().unwrap().remove("password");
                    body["externalId"] = json!(format!("rival-{number}"));
                    tokio::spawn(async move { scim.post("/Users", &body).await.unwrap() })
                })
                .collect();
            let mut winners = 0;
            for rival in rivals {
                let answer = rival.await.unwrap();
                match answer.status {
                    201 => winners += 1,
                    _ => is_error(&answer, 409, Some("uniqueness"), "userName"),
                }
            }
            assert_eq!(winners, 1);
            assert_eq!(plain_rows(radius, "radcheck", name).await.len(), 3, "its rows are those of one");
            let rows = format!("SELECT COUNT(*) FROM radcheck WHERE UserName = '{name}'");
            assert_eq!(radius.rows(&rows).await.unwrap(), ["3"]);
        }
    })
    .await;
}
