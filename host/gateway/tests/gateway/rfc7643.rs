//! What RFC 7644 takes from RFC 7643: values and characteristics of attributes (sections 2 and
//! 7), `schemas` and the common attributes (section 3).

use patchbay_gateway::Method;
use patchbay_memory::{Memory, helpdesk};
use serde_json::{Value, json};

use crate::App;
use crate::rfc7644::{DEVICE, ENTERPRISE, GROUP, HR, USER, patch, refused, user};

async fn post(app: &App, mut body: Value) -> patchbay_gateway::Response {
    let extensions = [ENTERPRISE, HR].into_iter().filter(|urn| body.get(urn).is_some());
    body["schemas"] = std::iter::once(USER).chain(extensions).collect();
    app.send(Method::Post, "/Users", Some(body)).await
}

/// Section 2.3, type by type: what fits, how it is shown, and what does not fit.
#[tokio::test]
async fn rfc7643_s2_3_types() {
    let app = App::wide("rfc");
    // Under the core, an extension, or in a list of objects.
    let body = |[group, name]: [&str; 2], value: &Value| match group {
        "" => json!({"userName": "a", name: value}),
        _ if group.starts_with("urn:") => json!({"userName": "a", group: {name: value}}),
        _ => json!({"userName": "a", group: [{name: value}]}),
    };
    let check = async |path: [&str; 2], fits: &[(Value, Value)], others: &[Value]| {
        let key = if path[0].is_empty() { path[1] } else { path[0] };
        for (sent, shown) in fits {
            let made = post(&app, body(path, sent)).await.body.unwrap();
            assert_eq!(made[key], body(path, shown)[key], "{sent}");
            app.send(Method::Delete, &format!("/Users/{}", made["id"].as_str().unwrap()), None).await;
        }
        for other in others {
            refused(&post(&app, body(path, other)).await, 400, Some("invalidValue"));
        }
    };
    let same = |value: Value| (value.clone(), value);
    check(["", "title"], &[same(json!("Tour Guide \u{1F3D4}"))], &[json!(7), json!(true), json!({"x": 1})]).await;
    let no_boolean = [json!("true"), json!(1), json!("")];
    check(["", "active"], &[same(json!(true)), same(json!(false))], &no_boolean).await;
    check([HR, "rate"], &[same(json!(12.5)), (json!(9), json!(9.0))], &[json!("12.5"), json!(true)]).await;
    // "MUST NOT contain fractional or exponent parts".
    check([HR, "level"], &[same(json!(-7))], &[json!(7.5), json!(7.0), json!("7")]).await;
    // xsd:dateTime, whose zone may be left out; "both a date and a time".
    let zoneless = (json!("2008-01-23T04:56:22"), json!("2008-01-23T04:56:22Z"));
    let never = same(json!("9999-12-31T23:59:59Z"));
    let hired = [same(json!("2008-01-23T04:56:22Z")), zoneless, never];
    check([HR, "hired"], &hired, &[json!("2008-01-23"), json!("04:56:22Z"), json!(1_201_064_182)]).await;
    let base64 = [same(json!("aGVsbG8=")), (json!("aGVsbG8"), json!("aGVsbG8="))];
    check(["x509Certificates", "value"], &base64, &[json!("a GVsbG8="), json!("?"), json!(1)]).await;
    check([ENTERPRISE, "manager"], &[], &[json!("26118915"), json!(1)]).await;
}

/// Section 2.4: one primary, and no value of one type twice.
#[tokio::test]
async fn rfc7643_s2_4_many_values() {
    let app = App::wide("rfc");
    let primary = |kind: &str| json!({"type": kind, "streetAddress": "x", "primary": true});
    let two = json!({"userName": "a", "addresses": [primary("work"), primary("home")]});
    refused(&post(&app, two).await, 400, Some("invalidValue"));
    let email = json!({"type": "work", "value": "a@b"});
    let same = json!([email, email, {"type": "home", "value": "a@b"}, {"TYPE": "work", "Value": "a@b"}]);
    let made = post(&app, json!({"userName": "a", "emails": same})).await.body.unwrap();
    assert_eq!(made["emails"], json!([{"type": "home", "value": "a@b"}, email]));
    let target = format!("/Users/{}", made["id"].as_str().unwrap());
    let more = json!({"type": "work", "value": "c@d"});
    let now = patch(&app, &target, json!([{"op": "add", "path": "emails", "value": [more, more, email]}])).await;
    assert_eq!(now.body.unwrap()["emails"], json!([{"type": "home", "value": "a@b"}, email, more]));
    let group = app.group("g", &["1", "1", "2", "1"]).await;
    assert_eq!(app.get(&format!("/Groups/{group}")).await["members"].as_array().unwrap().len(), 2);
}

/// Section 2.5: null, an empty list and nothing at all are the same state.
#[tokio::test]
async fn rfc7643_s2_5_unassigned_is_unassigned() {
    let app = App::wide("rfc");
    let mut shown = Vec::new();
    for body in [
        json!({"userName": "a"}),
        json!({"userName": "a", "title": null, "emails": null, "name": null}),
        json!({"userName": "a", "emails": [], "name": {}, "roles": []}),
    ] {
        let mut made = post(&app, body).await.body.unwrap();
        app.send(Method::Delete, &format!("/Users/{}", made["id"].as_str().unwrap()), None).await;
        made["id"].take();
        made["meta"].take();
        shown.push(made);
    }
    assert_eq!((&shown[0], &shown[0]), (&shown[1], &shown[2]));
}

/// Section 3: `schemas` is "a non-empty array", and its order "MUST NOT impact behavior"; 3.1:
/// the common attributes.
#[tokio::test]
async fn rfc7643_s3_schemas_and_common_attributes() {
    let app = App::wide("rfc");
    let check = async |schemas: Value, status: u16| {
        let body = json!({"schemas": schemas, "userName": format!("u{status}"), ENTERPRISE: {"department": "x"}});
        let response = app.send(Method::Post, "/Users", Some(body)).await;
        match status {
            201 => assert_eq!(response.status, 201, "{:?}", response.body),
            _ => refused(&response, status, Some("invalidSyntax")),
        }
    };
    check(json!([]), 400).await;
    check(json!(USER), 400).await;
    check(json!([ENTERPRISE]), 400).await;
    check(json!([USER]), 400).await;
    check(json!([USER, ENTERPRISE, "urn:nobody:knows"]), 400).await;
    check(json!([ENTERPRISE, USER]), 201).await;
    let id = user(&app, json!({"userName": "a", "externalId": "E"})).await;
    let target = format!("/Users/{id}");
    // "id" and "meta" are the service provider's.
    for operation in [
        json!({"op": "replace", "path": "id", "value": "x"}),
        json!({"op": "add", "path": "meta.created", "value": "2008-01-23T04:56:22Z"}),
        json!({"op": "remove", "path": "meta"}),
    ] {
        refused(&patch(&app, &target, json!([operation])).await, 400, Some("mutability"));
    }
    let schemas = |body: &Value| body["schemas"].clone();
    assert_eq!(schemas(&app.get(&target).await), json!([USER]));
    let add = json!([{"op": "add", "path": format!("{ENTERPRISE}:department"), "value": "x"}]);
    assert_eq!(schemas(&patch(&app, &target, add).await.body.unwrap()), json!([USER, ENTERPRISE]));
}

/// Section 4.1.1: "Each User MUST include a non-empty userName value"; the same goes for all
/// that is required.
#[tokio::test]
async fn rfc7643_s4_1_1_what_is_required_is_not_empty() {
    for profile in ["rfc", "default"] {
        let app = App::wide(profile);
        refused(&post(&app, json!({"userName": ""})).await, 400, Some("invalidValue"));
        refused(&post(&app, json!({"userName": null})).await, 400, Some("invalidValue"));
        let target = format!("/Users/{}", user(&app, json!({"userName": "a"})).await);
        let put = json!({"schemas": [USER], "userName": ""});
        refused(&app.send(Method::Put, &target, Some(put)).await, 400, Some("invalidValue"));
        let change = json!([{"op": "replace", "path": "userName", "value": ""}]);
        let scim_type = if profile == "rfc" { "invalidValue" } else { "mutability" };
        refused(&patch(&app, &target, change).await, 400, Some(scim_type));
        let group = json!({"schemas": [GROUP], "displayName": ""});
        refused(&app.send(Method::Post, "/Groups", Some(group)).await, 400, Some("invalidValue"));
        let device = json!({"schemas": [DEVICE], "serial": ""});
        refused(&app.send(Method::Post, "/Devices", Some(device)).await, 400, Some("invalidValue"));
        // What is not required may be empty by the RFC.
        let made = post(&app, json!({"userName": "b", "title": ""})).await.body.unwrap();
        assert_eq!(made.get("title"), (profile == "rfc").then(|| json!("")).as_ref());
    }
}

/// Section 7, each characteristic as /Schemas has it, and as it works.
#[tokio::test]
async fn rfc7643_s7_characteristics_are_announced_and_hold() {
    let app = App::with(helpdesk::WIDE, Memory::new(helpdesk::wide()).versioned(), "rfc");
    let id = user(&app, json!({"userName": "Ada", "externalId": "E", ENTERPRISE: {"employeeNumber": "7"}})).await;
    let target = &format!("/Users/{id}");
    let schema = async |urn: &str| app.get(&format!("/Schemas/{urn}")).await["attributes"].clone();
    let (core, enterprise) = (schema(USER).await, schema(ENTERPRISE).await);
    let attribute = |schema: &Value, name: &str| {
        schema.as_array().unwrap().iter().find(|attribute| attribute["name"] == name).cloned().unwrap_or_default()
    };
    let user_name = attribute(&core, "userName");
    assert_eq!((&user_name["required"], &user_name["caseExact"]), (&json!(true), &json!(false)));
    assert_eq!(user_name["uniqueness"], "server");
    refused(&post(&app, json!({})).await, 400, Some("invalidValue"));
    refused(&post(&app, json!({"userName": "ADA"})).await, 409, Some("uniqueness"));
    assert_eq!(app.get("/Users?filter=userName eq \"ada\"").await["totalResults"], 1);
    let password = attribute(&core, "password");
    assert_eq!((&password["mutability"], &password["returned"]), (&json!("writeOnly"), &json!("never")));
    let number = attribute(&enterprise, "employeeNumber");
    assert_eq!((&number["mutability"], &number["returned"]), (&json!("immutable"), &json!("default")));
    let change = json!([{"op": "replace", "path": format!("{ENTERPRISE}:employeeNumber"), "value": "8"}]);
    refused(&patch(&app, target, change).await, 400, Some("mutability"));
    let emails = attribute(&core, "emails");
    assert_eq!((&emails["multiValued"], &emails["type"]), (&json!(true), &json!("complex")));
    let manager = attribute(&enterprise, "manager");
    let reference = manager["subAttributes"].as_array().unwrap().iter().find(|sub| sub["name"] == "$ref").unwrap();
    assert_eq!((&reference["type"], &reference["referenceTypes"]), (&json!("reference"), &json!(["User"])));
    // `id` and `schemas` are "always", `meta` is not. The URNs are those of "the attributes
    // present in the current JSON structure" (section 3).
    let shown = app.get(&format!("{target}?excludedAttributes=id,schemas,meta,userName,externalId,{ENTERPRISE}")).await;
    assert_eq!(shown, json!({"schemas": [USER], "id": id}));
}
