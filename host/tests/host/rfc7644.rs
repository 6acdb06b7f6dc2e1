//! What only HTTP shows of RFC 7644: media types (section 3.8), statuses (3.12), versions of
//! the protocol (3.13). All else is tested in the gateway, whose tests have a table of all.

use patchbay::server::Listening;
use reqwest::redirect::Policy;
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::support::{TOKEN, start};

const PLAIN: &str = "plain_http = true\n";
const BASE: &str = "/apps/hr/scim/v2";
const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";

/// A request to the app `hr`, which goes nowhere else.
fn request(server: &Listening, method: Method, path: &str) -> RequestBuilder {
    let client = Client::builder().redirect(Policy::none()).build().unwrap();
    client.request(method, format!("{}{path}", server.origin())).bearer_auth(TOKEN)
}

fn create(server: &Listening, login: &str) -> RequestBuilder {
    let body = json!({"schemas": [USER], "userName": login});
    request(server, Method::POST, &format!("{BASE}/Users")).json(&body)
}

fn header<'r>(response: &'r Response, name: &str) -> Option<&'r str> {
    response.headers().get(name).map(|value| value.to_str().unwrap())
}

/// That the answer is a SCIM error of this status, in HTTP and in its body.
async fn refused(response: Response, status: u16, scim_type: Option<&str>) -> Value {
    assert_eq!(response.status(), status);
    assert_eq!(header(&response, "content-type"), Some("application/scim+json"));
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]));
    assert_eq!(body["status"], status.to_string());
    assert_eq!(body.get("scimType").and_then(Value::as_str), scim_type, "{body}");
    body
}

#[tokio::test]
async fn rfc_7644_section_3_4_1_location() {
    let (server, _) = start(PLAIN).await;
    let made = create(&server, "jürgen/ann").send().await.unwrap();
    let place = format!("{}{BASE}/Users/j%C3%BCrgen%2Fann", server.origin());
    assert_eq!((made.status().as_u16(), header(&made, "location")), (201, Some(place.as_str())));
    for method in [Method::GET, Method::HEAD] {
        let path = place.strip_prefix(&server.origin()).unwrap();
        let found = request(&server, method, path).send().await.unwrap();
        assert_eq!((found.status().as_u16(), header(&found, "location")), (200, Some(place.as_str())));
    }
}

#[tokio::test]
async fn rfc_7644_section_3_7_4_example() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let (server, _) = start("plain_http = true\nlimits = { body = \"1MiB\" }\n").await;
    let mut stream = tokio::net::TcpStream::connect(server.address()).await.unwrap();
    let head = format!(
        "POST {BASE}/Bulk HTTP/1.1\r\nHost: example.com\r\nAccept: application/scim+json\r\n\
         Content-Type: application/scim+json\r\nAuthorization: Bearer {TOKEN}\r\n\
         Content-Length: 4294967296\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 413 ") && head.contains("application/scim+json"), "{head}");
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(
        (&body["status"], &body["schemas"][0]),
        (&json!("413"), &json!("urn:ietf:params:scim:api:messages:2.0:Error"))
    );
    assert!(body["detail"].as_str().unwrap().contains("1048576"), "{body}");
}

/// "Servers MUST accept requests and be able to return JSON-structured responses using UTF-8".
#[tokio::test]
async fn rfc_7644_section_3_8_json_in_utf_8() {
    let (server, people) = start(PLAIN).await;
    let post = |kind: Option<&str>, body: Vec<u8>| {
        let post = request(&server, Method::POST, &format!("{BASE}/Users")).body(body);
        kind.map_or(post.try_clone().unwrap(), |kind| post.header("content-type", kind))
    };
    let body = |login: &str| json!({"schemas": [USER], "userName": login}).to_string().into_bytes();
    let kinds =
        [Some("application/scim+json"), Some("application/json"), Some("application/scim+json; charset=utf-8"), None];
    for (number, kind) in kinds.into_iter().enumerate() {
        let login = format!("Jürgen 李 {number}");
        let made = post(kind, body(&login)).send().await.unwrap();
        assert_eq!(
            (made.status().as_u16(), header(&made, "content-type")),
            (201, Some("application/scim+json")),
            "{kind:?}"
        );
        assert_eq!(made.json::<Value>().await.unwrap()["userName"], login, "{kind:?}");
    }
    let latin = b"{\"schemas\":[\"urn:ietf:params:scim:schemas:core:2.0:User\"],\"userName\":\"J\xfcrgen\"}".to_vec();
    refused(post(Some("application/scim+json"), latin.clone()).send().await.unwrap(), 400, Some("invalidSyntax")).await;
    let named = post(Some("application/scim+json; charset=iso-8859-1"), latin).send().await.unwrap();
    refused(named, 415, None).await;
    assert_eq!(people.logins().len(), 4);
}

/// A value is text, a list an array, and what has parts an object; and so it is read.
#[tokio::test]
async fn rfc_7644_section_3_8_the_shapes_of_attributes() {
    let (server, _) = start(PLAIN).await;
    let made: Value = create(&server, "ann").send().await.unwrap().json().await.unwrap();
    assert!(made["userName"].is_string() && made["schemas"].is_array() && made["meta"].is_object(), "{made}");
    for body in [json!({"schemas": [USER], "userName": {"value": 1}}), json!({"schemas": USER, "userName": 1})] {
        let post = request(&server, Method::POST, &format!("{BASE}/Users")).json(&body);
        assert_eq!(post.send().await.unwrap().status(), 400, "{body}");
    }
}

/// `/Users/ID.scim` is a way that clients MAY choose, and that servers need not have: an id may
/// end so itself, and `Accept` says the same.
#[tokio::test]
async fn rfc_7644_section_3_8_no_suffix_chooses_a_format() {
    let (server, _) = start(PLAIN).await;
    create(&server, "ann").send().await.unwrap();
    refused(request(&server, Method::GET, &format!("{BASE}/Users/ann.scim")).send().await.unwrap(), 404, None).await;
    create(&server, "ann.scim").send().await.unwrap();
    let found = request(&server, Method::GET, &format!("{BASE}/Users/ann.scim")).send().await.unwrap();
    assert_eq!(found.json::<Value>().await.unwrap()["userName"], "ann.scim");
}

#[tokio::test]
async fn rfc_7644_section_3_12_table_8() {
    let (server, _) = start("plain_http = true\nlimits = { body = \"2KiB\" }\n").await;
    create(&server, "ann").send().await.unwrap();
    let send = async |method: Method, path: &str, body: &str| {
        let request = request(&server, method, path).header("content-type", "application/scim+json");
        request.body(body.to_owned()).send().await.unwrap()
    };
    let users = &format!("{BASE}/Users");
    let ann = &format!("{BASE}/Users/ann");
    let person = &json!({"schemas": [USER], "userName": "ann"}).to_string();
    let patch = &json!({
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": [{"op": "replace", "path": "title", "value": "x"}],
    })
    .to_string();
    let writes = [(Method::POST, users), (Method::PUT, ann), (Method::PATCH, ann)];
    // 307 and 308 are never sent, also not for the paths that servers like to send elsewhere.
    for path in [
        format!("{users}/"),
        format!("{BASE}/"),
        BASE.to_owned(),
        "/apps/hr/scim/Users".to_owned(),
        format!("{BASE}/Me"),
    ] {
        assert!(!send(Method::GET, &path, "").await.status().is_redirection(), "{path}");
    }
    for (method, path) in writes.clone() {
        refused(send(method.clone(), path, "{").await, 400, Some("invalidSyntax")).await;
        let large = format!("{{\"userName\":\"{}\"}}", "x".repeat(3000));
        refused(send(method, path, &large).await, 413, None).await;
    }
    for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
        let request = Client::new().request(method.clone(), format!("{}{ann}", server.origin()));
        let answer = request.send().await.unwrap();
        assert_eq!(header(&answer, "www-authenticate"), Some("Bearer"));
        refused(answer, 401, None).await;
        refused(send(method, &format!("{BASE}/Cars"), person).await, 404, None).await;
    }
    refused(send(Method::GET, &format!("{BASE}/Schemas?filter=id+pr"), "").await, 403, None).await;
    refused(send(Method::PUT, &format!("{BASE}/Users/bob"), person).await, 404, None).await;
    // "Service provider does not support the request operation, e.g., PATCH."
    refused(send(Method::PATCH, ann, patch).await, 501, None).await;
    refused(create(&server, "boom").send().await.unwrap(), 500, None).await;
}

#[tokio::test]
async fn rfc_7644_section_3_13_versions() {
    let (server, _) = start(PLAIN).await;
    create(&server, "ann").send().await.unwrap();
    // "When omitted, ... using the most recent SCIM protocol version".
    for base in ["/apps/hr/scim/v2", "/apps/hr/scim"] {
        let found = request(&server, Method::GET, &format!("{base}/Users/ann")).send().await.unwrap();
        let found: Value = found.json().await.unwrap();
        assert_eq!(found["meta"]["location"], format!("{}{base}/Users/ann", server.origin()));
    }
    for version in ["v1", "v3", "v1.1"] {
        let path = format!("/apps/hr/scim/{version}/Users/ann");
        for method in [Method::GET, Method::DELETE] {
            refused(request(&server, method, &path).send().await.unwrap(), 400, Some("invalidVers")).await;
        }
    }
    let found = request(&server, Method::GET, &format!("{BASE}/Users/ann")).send().await.unwrap();
    assert_eq!(found.status(), 200);
}
