//! Passwords, from the request to the column: hashed there, and nowhere else at all.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use patchbay_password::{HashConfig, Scheme};
use serde_json::{Value, json};

use crate::bodies::{one, user};
use crate::harness::{App, ERROR, USER, on_each};
use crate::logs;

/// What the column holds.
async fn stored(app: &App, id: &str) -> Option<String> {
    let rows = app.rows().await;
    rows.find("person", "person_id", id).expect("the person").get("password_hash").map(str::to_owned)
}

/// Whether a hash in the PHC form is that of `password`, by doing it again with its salt.
fn verifies(hash: &str, password: &str) -> bool {
    let scheme = Scheme::new(&HashConfig::Name("argon2id".to_owned())).unwrap();
    let salt = hash.split('$').nth(4).expect("a salt");
    scheme.hash(password, &STANDARD_NO_PAD.decode(salt).expect("Base64")).unwrap() == hash
}

/// Demands that the column holds the hash of `password`, that the statement which wrote it
/// is shown without it, and that the log has neither. Returns the hash.
async fn check(app: &App, id: &str, password: &str) -> String {
    let hash = stored(app, id).await.expect("a hash");
    assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$") && verifies(&hash, password), "{hash}");
    let writes: Vec<_> = app.statements().into_iter().filter(|s| s.writes()).collect();
    let column = |text: &str| text.contains("password_hash");
    assert!(writes.iter().any(|s| column(&s.text) && s.params.contains(&"'***'".to_owned())), "{writes:?}");
    for secret in [password, hash.as_str()] {
        assert!(!format!("{writes:?}").contains(secret), "{writes:?}");
        assert_eq!(logs::containing(secret), [""; 0]);
    }
    hash
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_set_changed_kept_and_taken_away() {
    on_each(async |app| {
        let mut body = user("secretive@helpdesk.example");
        body["password"] = json!("Corr3ct-Horse");
        let id = app.create(&body).await;
        let path = format!("/Users/{id}");
        let first = check(app, &id, "Corr3ct-Horse").await;

        // As Entra changes it; the same one again gets a salt of its own.
        app.patch(&path, &one("Replace", "password", json!("B@ttery-Staple"))).await;
        let second = check(app, &id, "B@ttery-Staple").await;
        app.patch(&path, &one("Replace", "password", json!("B@ttery-Staple"))).await;
        let third = check(app, &id, "B@ttery-Staple").await;
        assert!(first != second && second != third);

        // What is not said leaves it, and nothing reads it.
        app.patch(&path, &one("Replace", "title", json!("Analyst"))).await;
        body.as_object_mut().unwrap().remove("password");
        assert_eq!(app.scim.put(&path, &body).await.unwrap().status, 200);
        assert_eq!(stored(app, &id).await.as_ref(), Some(&third));
        let shown = app.get(&format!("{path}?attributes=password,userName")).await;
        assert!(!shown.text.contains("assword"), "{}", shown.text);
        let read = app.statements().into_iter().find(|s| !s.writes() && s.text.contains("password_hash"));
        assert!(read.is_none(), "{read:?}");

        body["password"] = json!("Grün & Blau");
        assert_eq!(app.scim.put(&path, &body).await.unwrap().status, 200);
        check(app, &id, "Grün & Blau").await;

        app.patch(
            &path,
            &json!({
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                "Operations": [{ "op": "Remove", "path": "password" }],
            }),
        )
        .await;
        assert_eq!(stored(app, &id).await, None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_cannot_be_kept_changes_nothing() {
    on_each(async |app| {
        let id = app.create(&user("careless@helpdesk.example")).await;
        let long = "L0ng-secret".repeat(100);
        for value in [json!(""), json!(long), json!("NuL-secret\0"), json!(4_711_000), json!({ "a": "Obj-secret" })] {
            let body = one("Replace", "password", value);
            let answer = app.unchanged("a bad password", app.scim.patch(&format!("/Users/{id}"), &body)).await.unwrap();
            assert_eq!((answer.status, answer.at("/scimType")), (400, &json!("invalidValue")), "{}", answer.text);
            assert_eq!(answer.at("/schemas/0"), ERROR);
            assert!(answer.at("/detail").as_str().unwrap().contains("password"), "{}", answer.text);
            assert!(!answer.text.contains("-secret"), "{}", answer.text);
        }
        assert_eq!(logs::containing("-secret"), [""; 0]);
        for query in ["filter=password pr", "filter=password eq \"x\"", "sortBy=password"] {
            assert_eq!(app.scim.get(&format!("/Users?{query}")).await.unwrap().status, 400, "{query}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn discovery_tells_of_passwords() {
    on_each(async |app| {
        assert_eq!(app.get("/ServiceProviderConfig").await.at("/changePassword/supported"), &Value::Bool(true));
        let schema = app.get(&format!("/Schemas/{USER}")).await;
        let attributes = schema.at("/attributes").as_array().unwrap();
        let password = attributes.iter().find(|a| a["name"] == "password").expect("it is published");
        assert_eq!((&password["mutability"], &password["returned"]), (&json!("writeOnly"), &json!("never")));
    })
    .await;
}
