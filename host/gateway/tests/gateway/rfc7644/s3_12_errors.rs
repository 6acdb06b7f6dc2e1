//! Section 3.12: tables 8 and 9 and the examples. What is shown by HTTP alone (401, bodies
//! that are too large) is tested at the edge.

use std::sync::Arc;

use async_trait::async_trait;
use patchbay_contract::{
    Attribute, Connector, Context, Delta, Diagnostic, Error, ErrorKind, Object, ObjectClass, Page, Query, WriteResult,
};
use patchbay_gateway::{AppConfig, Gateway, Method};
use patchbay_memory::helpdesk;
use serde_json::{Value, json};

use super::{BULK, DEVICE, ENTERPRISE, ERROR, PATCH, SEARCH, USER, patch, refused, user};
use crate::App;

const ALL: [Method; 5] = [Method::Get, Method::Post, Method::Put, Method::Patch, Method::Delete];

/// A target that has classes, and answers everything else with this error.
#[derive(Debug)]
struct Failing(ErrorKind);

impl Failing {
    fn error<T>(&self) -> Result<T, Error> {
        Err(Error::new(self.0, "for a reason"))
    }
}

#[async_trait]
impl Connector for Failing {
    async fn test(&self, _: &Context) -> Result<Vec<Diagnostic>, Error> {
        self.error()
    }

    async fn discover(&self, _: &Context) -> Result<Vec<ObjectClass>, Error> {
        Ok(helpdesk::wide())
    }

    async fn get(&self, _: &Context, _: &str, _: &str, _: &[String]) -> Result<Object, Error> {
        self.error()
    }

    async fn search(&self, _: &Context, _: Query) -> Result<Page, Error> {
        self.error()
    }

    async fn create(&self, _: &Context, _: &str, _: Vec<Attribute>) -> Result<WriteResult, Error> {
        self.error()
    }

    async fn update(
        &self,
        _: &Context,
        _: &str,
        _: &str,
        _: Option<&str>,
        _: Vec<Delta>,
    ) -> Result<WriteResult, Error> {
        self.error()
    }

    async fn delete(&self, _: &Context, _: &str, _: &str, _: Option<&str>) -> Result<(), Error> {
        self.error()
    }
}

/// Where a method belongs, and a good body for it.
fn good(method: Method) -> (&'static str, Option<Value>) {
    let person = json!({"schemas": [USER], "userName": "eve"});
    match method {
        Method::Get | Method::Delete => ("/Users/1", None),
        Method::Post => ("/Users", Some(person)),
        Method::Put => ("/Users/1", Some(person)),
        Method::Patch => ("/Users/1", change(json!({"op": "replace", "path": "title", "value": "x"}))),
    }
}

fn change(operation: Value) -> Option<Value> {
    Some(json!({"schemas": [PATCH], "Operations": [operation]}))
}

/// The rows that a target's refusal leads to, with each method. A redirect (307, 308) is never
/// among them: nothing here is anywhere else, and /Me is answered where it is asked for.
#[tokio::test]
async fn s3_12_table_8_what_the_target_refuses() {
    for (kind, status, scim_type) in [
        (ErrorKind::InvalidValue, 400, Some("invalidValue")),
        (ErrorKind::PermissionDenied, 403, None),
        (ErrorKind::NotFound, 404, None),
        (ErrorKind::AlreadyExists, 409, Some("uniqueness")),
        (ErrorKind::Conflict, 409, None),
        (ErrorKind::PreconditionFailed, 412, None),
        (ErrorKind::Internal, 500, None),
        (ErrorKind::Configuration, 500, None),
        (ErrorKind::Unsupported, 501, None),
    ] {
        let config = AppConfig {
            resources: toml::from_str(helpdesk::WIDE).unwrap(),
            client: "rfc".to_owned(),
            ecma2host: false,
        };
        let gateway = Gateway::new(&config, Arc::new(Failing(kind))).unwrap();
        let app = App { gateway, ..App::wide("rfc") };
        for method in ALL {
            let (target, body) = good(method);
            refused(&app.send(method, target, body).await, status, scim_type);
        }
    }
}

#[tokio::test]
async fn s3_12_table_8_what_the_request_gets_wrong() {
    let check = async |method: Method, target: &str, body: Option<Value>, status: u16, scim_type: Option<&str>| {
        let app = App::wide("rfc");
        user(&app, json!({"userName": "ada"})).await;
        user(&app, json!({"userName": "bob"})).await;
        let before = app.get("/Users").await;
        refused(&app.send(method, target, body).await, status, scim_type);
        assert_eq!(app.get("/Users").await, before, "{target}");
    };
    // 400, "unparsable, syntactically incorrect, or violates schema".
    for method in [Method::Post, Method::Put, Method::Patch] {
        let (target, _) = good(method);
        check(method, target, Some(json!("x")), 400, Some("invalidSyntax")).await;
        check(method, target, None, 400, Some("invalidSyntax")).await;
    }
    check(Method::Get, "/Users?filter=x", None, 400, Some("invalidFilter")).await;
    // 404, "Specified resource (e.g., User) or endpoint does not exist".
    for method in ALL {
        check(method, if method == Method::Post { "/Cars" } else { "/Users/99" }, good(method).1, 404, None).await;
        check(method, "/Cars/1", good(method).1, 404, None).await;
        check(method, "/Users/1/title", good(method).1, 404, None).await;
    }
    // 409 for a duplicate; for a version it is 412, as RFC 9110 section 13.1.1 has it and the
    // next row of the table.
    let taken = json!({"schemas": [USER], "userName": "BOB"});
    check(Method::Post, "/Users", Some(taken.clone()), 409, Some("uniqueness")).await;
    check(Method::Put, "/Users/1", Some(taken), 409, Some("uniqueness")).await;
    let rename = change(json!({"op": "replace", "path": "userName", "value": "bob"}));
    check(Method::Patch, "/Users/1", rename, 409, Some("uniqueness")).await;
    // 413 for more operations than announced.
    let many: Vec<Value> = (0..=1000).map(|id| json!({"method": "DELETE", "path": format!("/Users/{id}")})).collect();
    let many = json!({"schemas": [BULK], "Operations": many});
    check(Method::Post, "/Bulk", Some(many), 413, None).await;
    // 501 for what is not offered.
    for method in ALL {
        check(method, "/Me", good(method).1, 501, None).await;
    }
}

#[tokio::test]
async fn s3_12_table_8_412() {
    let app = App::wide("rfc");
    user(&app, json!({"userName": "ada"})).await;
    for method in [Method::Put, Method::Patch, Method::Delete] {
        let (target, body) = good(method);
        refused(&app.send_if(method, target, body, Some("W/\"stale\""), None).await, 412, None);
    }
    assert_eq!(app.fake.writes(), [""; 0]);
}

/// Each keyword in each place that the table names; `tooMany` is tested with section 3.4.2.1,
/// where many are.
#[tokio::test]
async fn s3_12_table_9_keywords() {
    let search = |mut body: Value| {
        body["schemas"] = json!([SEARCH]);
        Some(body)
    };
    let person = |name: &str, value: Value| {
        let mut body = json!({"schemas": [USER], "userName": "eve"});
        body[name] = value;
        Some(body)
    };
    let number = |number: &str| json!({"employeeNumber": number});
    let mut numbered = person(ENTERPRISE, number("8"));
    numbered.as_mut().unwrap()["schemas"] = json!([USER, ENTERPRISE]);
    let path = format!("{ENTERPRISE}:employeeNumber");
    let replace = |path: &str, value: Value| change(json!({"op": "replace", "path": path, "value": value}));
    let (get, post, put, one) = (Method::Get, Method::Post, Method::Put, "/Users/1");
    let cases = [
        (get, "/Users?filter=title", None, "invalidFilter"),
        (get, "/Users?filter=active gt true", None, "invalidFilter"),
        (post, "/Users/.search", search(json!({"filter": "title"})), "invalidFilter"),
        (Method::Patch, one, change(json!({"op": "remove", "path": "emails[type xx 1]"})), "invalidFilter"),
        (post, "/Users", person("userName", "bob".into()), "uniqueness"),
        (put, one, person("userName", "bob".into()), "uniqueness"),
        (Method::Patch, one, replace("userName", "bob".into()), "uniqueness"),
        (put, one, numbered, "mutability"),
        (Method::Patch, one, replace(&path, "8".into()), "mutability"),
        (Method::Patch, one, replace("id", "8".into()), "mutability"),
        (post, "/Users/.search", Some(json!({"filter": "id pr"})), "invalidSyntax"),
        (post, "/Users", Some(json!({"userName": "x"})), "invalidSyntax"),
        (post, "/Users", Some(json!({"schemas": ["urn:x"], "userName": "x"})), "invalidSyntax"),
        (post, "/Bulk", Some(json!({"schemas": [BULK]})), "invalidSyntax"),
        (put, one, person("colour", "red".into()), "invalidSyntax"),
        (Method::Patch, one, replace("ti tle", "x".into()), "invalidPath"),
        (Method::Patch, one, replace("colour", "x".into()), "invalidPath"),
        (Method::Patch, one, change(json!({"op": "remove"})), "noTarget"),
        (Method::Patch, one, replace("emails[type eq \"work\"].value", "x".into()), "noTarget"),
        (get, "/Users?count=many", None, "invalidValue"),
        (get, "/Users?sortBy=title&sortOrder=up", None, "invalidValue"),
        (post, "/Users", Some(json!({"schemas": [USER]})), "invalidValue"),
        (post, "/Devices", Some(json!({"schemas": [DEVICE]})), "invalidValue"),
        (post, "/Users", person("active", "true".into()), "invalidValue"),
        (post, "/Users/.search", search(json!({"count": "many"})), "invalidValue"),
        (put, one, person("title", 7.into()), "invalidValue"),
        (put, one, Some(json!({"schemas": [USER]})), "invalidValue"),
        (Method::Patch, one, replace("title", 7.into()), "invalidValue"),
        (get, "/v1/Users", None, "invalidVers"),
        (post, "/v1/Users", person("title", "x".into()), "invalidVers"),
        (put, "/v1/Users/1", person("title", "x".into()), "invalidVers"),
        (Method::Patch, "/v1/Users/1", replace("title", "x".into()), "invalidVers"),
        (Method::Delete, "/v1/Users/1", None, "invalidVers"),
        (get, "/Users?filter=password eq \"t1meMa$heen\"", None, "sensitive"),
        (get, "/?filter=not (title pr or password sw \"t1me\")", None, "sensitive"),
    ];
    let app = App::wide("rfc");
    user(&app, json!({"userName": "ada", "title": "x", ENTERPRISE: number("7")})).await;
    user(&app, json!({"userName": "bob"})).await;
    let before = app.get("/Users").await;
    for (method, target, body, scim_type) in cases {
        let status = if scim_type == "uniqueness" { 409 } else { 400 };
        let response = app.send(method, target, body).await;
        refused(&response, status, Some(scim_type));
        assert!(!response.body.unwrap().to_string().contains("t1me"), "{target}");
    }
    assert_eq!(app.get("/Users").await, before);
    // Out of the URL a password is still nothing to filter by.
    let search = search(json!({"filter": "password eq \"x\""}));
    refused(&app.send(post, "/Users/.search", search).await, 400, Some("invalidFilter"));
}

#[tokio::test]
async fn s3_12_example_of_a_get() {
    let app = App::wide("rfc");
    let response = app.send(Method::Get, "/Users/2819c223-7f76-453a-919d-413861904646", None).await;
    let mut body = response.body.unwrap();
    assert!(body["detail"].is_string());
    body.as_object_mut().unwrap().shift_remove("detail");
    assert_eq!((response.status, body), (404, json!({"schemas": [ERROR], "status": "404"})));
}

/// The RFC's PUT with another `id` contradicts its section 3.5.1, by which what is read-only
/// "SHALL be ignored". So it is; the same error is that of a PATCH.
#[tokio::test]
async fn s3_12_example_of_a_put() {
    let app = App::wide("rfc");
    let target = format!("/Users/{}", user(&app, json!({"userName": "ada"})).await);
    let body = json!({"schemas": [USER], "id": "other", "userName": "ada"});
    assert_eq!(app.send(Method::Put, &target, Some(body)).await.body.unwrap(), app.get(&target).await);
    let response = patch(&app, &target, json!([{"op": "replace", "path": "id", "value": "other"}])).await;
    let body = response.body.unwrap();
    let rest = json!({"schemas": [ERROR], "scimType": "mutability", "detail": body["detail"], "status": "400"});
    assert_eq!((response.status, &body), (400, &rest));
    assert!(body["detail"].as_str().unwrap().contains("'id' is read-only"), "{body}");
}

#[tokio::test]
async fn s3_12_errors_name_no_values() {
    let app = App::wide("rfc");
    let body = json!({"schemas": [USER], "userName": "ada", "userType": "s3cret", "password": ["s3cret"]});
    let response = app.send(Method::Post, "/Users", Some(body)).await;
    refused(&response, 400, Some("invalidValue"));
    assert!(!format!("{:?}{:?}", response.body, response.internal).contains("s3cret"));
}
