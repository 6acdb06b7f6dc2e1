//! HTTP around SCIM: content types, methods, sizes, entity tags, projections, PUT.

use reqwest::Method;
use serde_json::{Value, json};

use crate::bodies::{one, user};
use crate::harness::{ENTERPRISE, ids, is_error, is_error_body, on_each};

#[tokio::test(flavor = "multi_thread")]
async fn content_types() {
    on_each(async |app| {
        let body = user("types@helpdesk.example").to_string();
        for (number, good) in
            ["application/scim+json", "application/json", "application/scim+json; charset=utf-8"].iter().enumerate()
        {
            let request = app.scim.request(Method::POST, "/Users").unwrap().header("content-type", *good);
            let answer =
                app.scim.answer(request.body(body.replace("types@", &format!("types{number}@")))).await.unwrap();
            assert_eq!(answer.status, 201, "{good}: {}", answer.text);
        }
        for bad in ["text/plain", "application/x-www-form-urlencoded", "text/html"] {
            let request = app.scim.request(Method::POST, "/Users").unwrap().header("content-type", bad);
            let answer = app.unchanged(bad, app.scim.answer(request.body(body.clone()))).await.unwrap();
            is_error(&answer, 415, None, "");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn methods_and_places_that_are_not_there() {
    on_each(async |app| {
        for (method, path, statuses) in [
            (Method::DELETE, "/Users", &[405][..]),
            (Method::PUT, "/Users", &[405]),
            (Method::POST, "/Users/1", &[404, 405]),
            (Method::GET, "/Nonsense", &[404]),
            (Method::GET, "/Users/1/emails", &[404]),
            (Method::DELETE, "/Schemas", &[405]),
        ] {
            let body = user("nowhere@helpdesk.example");
            let body = (method != Method::GET && method != Method::DELETE).then_some(&body);
            let what = format!("{method} {path}");
            let answer = app.unchanged(&what, app.scim.send(method, path, body)).await.unwrap();
            assert!(statuses.contains(&answer.status), "{what}: {} {}", answer.status, answer.text);
            is_error_body(&answer);
        }
        let head = app.scim.send(Method::HEAD, "/Users", None).await.unwrap();
        assert_eq!((head.status, head.text.as_str()), (200, ""));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn entity_tags_guard_writes() {
    on_each(async |app| {
        let id = app.person("tomas.horak@helpdesk.example").await;
        let path = format!("/Users/{id}");
        let read = app.get(&path).await;
        let tag = read.header("etag").expect("an ETag").to_owned();
        assert_eq!(read.at("/meta/version"), &tag);
        let patch_if = async |tag: &str, title: &str| {
            let request = app.scim.request(Method::PATCH, &path).unwrap().header("if-match", tag);
            let body = one("replace", "title", json!(title)).to_string();
            app.scim.answer(request.header("content-type", "application/scim+json").body(body)).await.unwrap()
        };
        let answer = patch_if(&tag, "First").await;
        assert!(matches!(answer.status, 200 | 204), "{}", answer.text);
        app.unchanged("a stale tag", async {
            is_error(&patch_if(&tag, "Second").await, 412, None, "");
        })
        .await;
        let request = app.scim.request(Method::DELETE, &path).unwrap().header("if-match", &tag);
        is_error(&app.scim.answer(request).await.unwrap(), 412, None, "");
        let fresh = app.get(&path).await.header("etag").unwrap().to_owned();
        assert_ne!(fresh, tag);
        let request = app.scim.request(Method::GET, &path).unwrap().header("if-none-match", &fresh);
        assert_eq!(app.scim.answer(request).await.unwrap().status, 304);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn projections() {
    on_each(async |app| {
        let path = format!("/Users/{}", app.person("kofi.mensah@helpdesk.example").await);
        let keys = |body: &Value| body.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        let some = app.get(&format!("{path}?attributes=userName,name.familyName,{ENTERPRISE}:department")).await;
        let names = keys(&some.body);
        assert!(names.contains(&"id".into()) && names.contains(&"userName".into()), "{}", some.text);
        assert_eq!(some.at("/name"), &json!({ "familyName": "Mensah" }));
        assert_eq!(some.at(&format!("/{ENTERPRISE}")), &json!({ "department": "Network Operations" }));
        assert!(some.at("/emails").is_null() && some.at("/active").is_null(), "{}", some.text);
        let most = app.get(&format!("{path}?excludedAttributes=emails,roles")).await;
        assert!(most.at("/emails").is_null() && most.at("/roles").is_null() && most.at("/userName").is_string());

        app.statements();
        app.get(&format!("{path}?attributes=userName")).await;
        let read: Vec<String> = app.statements().into_iter().map(|s| s.text).collect();
        assert!(!read.iter().any(|text| text.contains("person_mail")), "what nobody asked for was read: {read:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_resource_comes_and_goes() {
    on_each(async |app| {
        let login = "whole@helpdesk.example";
        let id = app.create(&user(login)).await;
        let path = format!("/Users/{id}");
        let read = app.get(&path).await;
        assert_eq!(read.at("/profileUrl"), &format!("https://helpdesk.example/people/{id}"));
        assert_eq!(read.at("/active"), true);
        assert_eq!(read.at(&format!("/{ENTERPRISE}/department")), "Service Desk");
        assert!(read.at("/meta/created").is_string() && read.at("/meta/lastModified").is_string(), "{}", read.text);
        let phones = read.at("/phoneNumbers").as_array().unwrap();
        assert_eq!(phones.len(), 2, "{}", read.text);

        // PUT replaces: what it does not mention is gone, what is read-only stays.
        let body = json!({
            "schemas": [crate::harness::USER],
            "userName": login,
            "displayName": "Only This",
            "emails": [{ "type": "other", "value": "nina@home.example" }],
        });
        let put = app.scim.put(&path, &body).await.unwrap();
        assert_eq!(put.status, 200, "{}", put.text);
        let rows = app.rows().await;
        let person = rows.find("person", "person_id", &id).unwrap();
        assert_eq!(person.get("display_name"), Some("Only This"));
        assert_eq!((person.get("title"), person.get("phone_work"), person.get("dept_id")), (None, None, None));
        let mails: Vec<_> = rows.table("person_mail").unwrap().filter("person_id", &id).collect();
        assert_eq!(mails.len(), 1);
        assert_eq!((mails[0].get("kind"), mails[0].get("address")), (Some("O"), Some("nina@home.example")));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_label_that_is_not_there_is_added_once() {
    on_each(async |app| {
        let name = "Department of New Things";
        let attempts = (0..6).map(|number| {
            let (scim, mut body) = (app.scim.clone(), user(&format!("new{number}@helpdesk.example")));
            body[ENTERPRISE]["department"] = json!(name);
            tokio::spawn(async move { scim.post("/Users", &body).await.unwrap() })
        });
        for attempt in attempts.collect::<Vec<_>>() {
            let answer = attempt.await.unwrap();
            assert_eq!(answer.status, 201, "{}", answer.text);
            assert_eq!(answer.at(&format!("/{ENTERPRISE}/department")), name);
        }
        let rows = app.rows().await;
        assert_eq!(rows.table("department").unwrap().filter("name", name).count(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_on_everything_mapped() {
    on_each(async |app| {
        let tomas = app.person("tomas.horak@helpdesk.example").await;
        let kofi = app.person("kofi.mensah@helpdesk.example").await;
        let adler = app.person("w.adler@helpdesk.example").await;
        let backup = app.person("svc-backup").await;
        let check = async |filter: &str, want: &[&String]| {
            let answer = app.scim.find("/Users", filter).await.unwrap();
            let mut found = ids(&answer);
            found.sort_unstable();
            let mut want: Vec<String> = want.iter().map(|id| (*id).clone()).collect();
            want.sort_unstable();
            assert_eq!(found, want, "{filter}");
            assert_eq!(answer.at("/totalResults").as_u64(), Some(want.len() as u64), "{filter}");
        };
        check("USERNAME EQ \"TOMAS.HORAK@helpdesk.example\"", &[&tomas]).await;
        check("active eq false", &[&adler]).await;
        check("active eq \"False\"", &[&adler]).await;
        check("not (name.familyName pr)", &[&backup]).await;
        check("title ne \"Network Engineer\" and roles.value eq \"Agent\" and name.givenName sw \"T\"", &[&tomas])
            .await;
        check("phoneNumbers[type eq \"mobile\"].value ew \"6666\"", &[&kofi]).await;
        check("emails.value eq \"kofi@mensah.example\"", &[&kofi]).await;
        check("emails[type eq \"work\" and value co \"adler\"]", &[&adler]).await;
        check(&format!("{ENTERPRISE}:department eq \"Network Operations\""), &[&kofi]).await;
        check(&format!("{ENTERPRISE}:costCenter eq \"CC-3000\""), &[&kofi]).await;
        check("(userName sw \"t\" or userName sw \"k\") and not (active eq false)", &[&tomas, &kofi]).await;
        check(&format!("id eq \"{kofi}\""), &[&kofi]).await;
        check("id eq \"no such id\"", &[]).await;
        check("groups.value pr and title co \"engineer\"", &[&kofi]).await;
    })
    .await;
}
