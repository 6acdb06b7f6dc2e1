//! Several apps on one port, their tokens, and the ECMA host's path.

use serde_json::json;

use crate::bodies::{one, user};
use crate::harness::{ECMA2HOST, ids, is_error_body, on_each};

#[tokio::test(flavor = "multi_thread")]
async fn apps_have_their_own_tokens() {
    on_each(async |app| {
        assert_eq!(app.strict.get("/Users").await.unwrap().status, 200);
        assert_eq!(app.scim.get("/Users").await.unwrap().status, 200);
        for (client, token) in [(&app.scim, app.host.token("strict")), (&app.strict, app.host.token("helpdesk"))] {
            let answer = client.with_token(token).get("/Users").await.unwrap();
            assert_eq!(answer.status, 401, "another app's token");
            is_error_body(&answer);
        }
        // A second token of the same app is as good as the first, for changing over.
        let next = app.scim.with_token(app.host.second_token());
        assert_eq!(next.get("/Users").await.unwrap().status, 200);
        assert_eq!(
            app.scim.with_token(app.host.token("helpdesk").to_uppercase()).get("/Users").await.unwrap().status,
            401
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_base_urls_lead_to_the_app() {
    on_each(async |app| {
        let short = app.scim.with_base(app.scim.base().trim_end_matches("/v2"));
        assert_eq!(ids(&short.get("/Users?count=100").await.unwrap()), ids(&app.get("/Users?count=100").await));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ecma_path_speaks_native_names() {
    on_each(async |app| {
        let ecma = app.host.ecma_client("helpdesk").unwrap();
        let id = app.person("tomas.horak@helpdesk.example").await;
        let read = ecma.get(&format!("/Users/{id}")).await.unwrap();
        assert_eq!(read.status, 200, "{}", read.text);
        assert_eq!(read.at(&format!("/{ECMA2HOST}/employee_no")), "E-0002", "{}", read.text);
        assert!(read.at("/schemas").as_array().unwrap().contains(&json!(ECMA2HOST)));
        let schemas = ecma.get("/Schemas").await.unwrap();
        assert!(schemas.text.contains(ECMA2HOST), "{}", schemas.text);
        // The other base URL does not show the block.
        assert!(!app.get(&format!("/Users/{id}")).await.text.contains("ECMA2Host"));

        // Changes through the block, one by one and as Entra's newer dialect merges them.
        let path = format!("/Users/{id}");
        let changed = ecma.patch(&path, &one("Replace", &format!("{ECMA2HOST}:title"), json!("Analyst"))).await.unwrap();
        assert!(matches!(changed.status, 200 | 204), "{}", changed.text);
        let merged = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [
            { "op": "replace", "value": { format!("{ECMA2HOST}:phone_work"): "+420 1", format!("{ECMA2HOST}:locale"): "en" } },
        ] });
        let changed = ecma.patch(&path, &merged).await.unwrap();
        assert!(matches!(changed.status, 200 | 204), "{}", changed.text);
        let rows = app.rows().await;
        let person = rows.find("person", "person_id", &id).unwrap();
        let cells = ["title", "phone_work", "locale"].map(|column| person.get(column).unwrap());
        assert_eq!(cells, ["Analyst", "+420 1", "en"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn apps_do_not_share_what_they_accept() {
    on_each(async |app| {
        let id = app.create(&user("two.apps@helpdesk.example")).await;
        let path = format!("/Users/{id}");
        // The same database, so the same people; but each app with its own client profile.
        assert_eq!(app.strict.get(&path).await.unwrap().at("/userName"), "two.apps@helpdesk.example");
        let spelled = one("Replace", "active", json!("False"));
        assert_eq!(app.strict.patch(&path, &spelled).await.unwrap().status, 400);
        app.patch(&path, &spelled).await;
        assert_eq!(app.strict.get(&path).await.unwrap().at("/active"), false);
    })
    .await;
}
