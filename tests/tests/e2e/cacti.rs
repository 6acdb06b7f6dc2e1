//! Cacti with its own schema file: ordinary tables, but no key that keeps names unique.

use patchbay_tests::packaged::CACTI;
use patchbay_tests::{Packaged, Target};
use serde_json::{Value, json};

use crate::bodies::{members, one};
use crate::harness::{GROUP, USER, ids, is_error};

fn user(name: &str) -> Value {
    json!({
        "schemas": [USER],
        "userName": name,
        "displayName": "Nina Berg",
        "active": true,
        "password": "Corr3ct-Horse",
        "emails": [{ "type": "work", "primary": true, "value": format!("{name}@cacti.example") }],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn users_and_groups_are_provisioned() {
    let mut cacti = Packaged::start(CACTI, Target::Mariadb).await.unwrap_or_else(|error| panic!("{error:#}"));
    let scim = cacti.client().unwrap();
    // Those that Cacti brings along.
    let all = scim.get("/Users").await.unwrap();
    assert_eq!(ids(&all).len(), 2, "{}", all.text);

    let created = scim.post("/Users", &user("nina")).await.unwrap();
    assert_eq!(created.status, 201, "{}", created.text);
    let id = created.id().unwrap().to_owned();
    let columns = "SELECT username, full_name, email_address, enabled, realm, policy_graphs FROM user_auth";
    let row = async || cacti.rows(&format!("{columns} WHERE id = {id}")).await.unwrap();
    assert_eq!(row().await, ["nina|Nina Berg|nina@cacti.example|on|0|1"], "what is not mapped has Cacti's defaults");
    let hash = cacti.rows(&format!("SELECT password FROM user_auth WHERE id = {id}")).await.unwrap();
    assert!(hash[0].starts_with("$2y$12$"), "{hash:?}");

    let path = format!("/Users/{id}");
    for (active, enabled) in [(false, ""), (true, "on"), (false, "")] {
        let answer = scim.patch(&path, &one("Replace", "active", json!(active))).await.unwrap();
        assert!(matches!(answer.status, 200 | 204), "{}", answer.text);
        assert_eq!(row().await, [format!("nina|Nina Berg|nina@cacti.example|{enabled}|0|1")]);
        assert_eq!(scim.get(&path).await.unwrap().at("/active"), active);
    }
    let inactive = ids(&scim.find("/Users", "active eq false").await.unwrap());
    assert!(inactive.contains(&id) && inactive.len() == 2, "Cacti's guest is the other one: {inactive:?}");

    is_error(&scim.post("/Users", &user("nina")).await.unwrap(), 409, Some("uniqueness"), "userName");
    let renamed = scim.patch(&path, &one("Replace", "userName", json!("admin"))).await.unwrap();
    is_error(&renamed, 409, Some("uniqueness"), "userName");
    let renamed = scim.patch(&path, &one("Replace", "userName", json!("nina.berg"))).await.unwrap();
    assert!(matches!(renamed.status, 200 | 204), "{}", renamed.text);

    let group = json!({ "schemas": [GROUP], "displayName": "operators", "members": members([id.as_str()]) });
    let created = scim.post("/Groups", &group).await.unwrap();
    assert_eq!(created.status, 201, "{}", created.text);
    let group_id = created.id().unwrap().to_owned();
    is_error(&scim.post("/Groups", &group).await.unwrap(), 409, Some("uniqueness"), "displayName");
    let members_of = async || cacti.rows("SELECT group_id, user_id FROM user_auth_group_members").await.unwrap();
    assert_eq!(members_of().await, [format!("{group_id}|{id}")]);
    assert_eq!(scim.get(&path).await.unwrap().at("/groups/0/value"), &json!(group_id));

    // What Cacti keeps of a user in other tables goes with the user.
    cacti
        .execute(&format!(
            "INSERT INTO user_auth_realm (realm_id, user_id) VALUES (8, {id});
             INSERT INTO settings_user (user_id, name, value) VALUES ({id}, 'theme', 'dark')"
        ))
        .await
        .unwrap();
    assert_eq!(scim.delete(&path).await.unwrap().status, 204);
    for table in ["user_auth_realm", "settings_user", "user_auth_group_members"] {
        let left = format!("SELECT COUNT(*) FROM {table} WHERE user_id = {id}");
        assert_eq!(cacti.rows(&left).await.unwrap(), ["0"], "{table}");
    }
    assert_eq!(scim.delete(&format!("/Groups/{group_id}")).await.unwrap().status, 204);
    assert_eq!(cacti.rows("SELECT COUNT(*) FROM user_auth_group").await.unwrap(), ["0"]);
    cacti.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_create_one_user_one_does() {
    const RIVALS: usize = 16;
    let mut cacti = Packaged::start(CACTI, Target::Mariadb).await.unwrap_or_else(|error| panic!("{error:#}"));
    let scim = cacti.client().unwrap();
    let rivals: Vec<_> = (0..RIVALS)
        .map(|_| {
            let scim = scim.clone();
            let mut body = user("nina");
            body.as_object_mut().unwrap().remove("password");
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
    assert_eq!(cacti.rows("SELECT COUNT(*) FROM user_auth WHERE username = 'nina'").await.unwrap(), ["1"]);
    cacti.shutdown().await;
}
