//! Tokens, bodies, limits and URLs.

use std::time::Duration;

use patchbay::server::Listening;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

use crate::support::{TOKEN, TOKEN_OF_ANN, start};

const PLAIN: &str = "plain_http = true\n";

/// A request to the app `hr`.
fn request(server: &Listening, method: Method, path: &str) -> RequestBuilder {
    request_with(server, method, path, TOKEN)
}

fn request_with(server: &Listening, method: Method, path: &str, token: &str) -> RequestBuilder {
    Client::new().request(method, format!("{}{path}", server.origin())).bearer_auth(token)
}

fn create(server: &Listening, login: &str) -> RequestBuilder {
    let body = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": login });
    request(server, Method::POST, "/apps/hr/scim/v2/Users").json(&body)
}

/// Status and JSON body.
async fn answer(request: RequestBuilder) -> (StatusCode, Value) {
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/scim+json");
    (response.status(), response.json().await.unwrap())
}

/// That the answer is a SCIM error (RFC 7644 section 3.12) with this status.
#[track_caller]
fn check_error(answer: &(StatusCode, Value), status: u16) {
    assert_eq!(answer.0, status, "{}", answer.1);
    assert_eq!(answer.1["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:Error"]));
    assert_eq!(answer.1["status"], status.to_string());
}

#[tokio::test]
async fn who_has_no_token_learns_nothing() {
    let (server, _) = start(PLAIN).await;
    let ask = async |path: &str, authorization: Option<&str>| {
        let mut request = Client::new().get(format!("{}{path}", server.origin())).header("x-request-id", "same");
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let mut headers: Vec<_> = response.headers().iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
        headers.retain(|header| !header.starts_with("date"));
        (status, headers, response.text().await.unwrap())
    };
    let reference = ask("/apps/hr/scim/v2/Users", None).await;
    assert_eq!(reference.0, 401);
    assert!(reference.1.contains(&"www-authenticate: \"Bearer\"".to_owned()), "{:?}", reference.1);
    let body: Value = serde_json::from_str(&reference.2).unwrap();
    assert_eq!(body, json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "401" }));
    // Another app's token, wrong ones, and apps that are not there: all the same answer.
    for (path, authorization) in [
        ("/apps/hr/scim/v2/Users", Some("Bearer another-token-12")),
        ("/apps/hr/scim/v2/Users", Some("Bearer wrong-wrong-wrong")),
        ("/apps/hr/scim/v2/Users", Some("Basic Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5")),
        ("/apps/nobody/scim/v2/Users", Some("Bearer correct-horse-battery")),
        ("/apps/nobody/scim/v2/Users", None),
        ("/ecma2host_hr/scim/Users", None),
        ("/ecma2host_nobody/scim/Users", None),
        ("/apps/HR/scim/v2/Users", Some("Bearer correct-horse-battery")),
        ("/apps/hr/scim/v2/no/such/endpoint", None),
    ] {
        assert_eq!(ask(path, authorization).await, reference, "{path} {authorization:?}");
    }
}

#[tokio::test]
async fn each_base_url_names_itself() {
    let (server, people) = start(PLAIN).await;
    let (status, created) = answer(create(&server, "ann")).await;
    assert_eq!(status, 201, "{created}");
    assert_eq!(people.logins(), ["ann"]);
    for base in ["/apps/hr/scim/v2", "/apps/hr/scim", "/ecma2host_hr/scim"] {
        let (status, found) = answer(request(&server, Method::GET, &format!("{base}/Users/ann"))).await;
        assert_eq!(status, 200, "{found}");
        assert_eq!(found["meta"]["location"], format!("{}{base}/Users/ann", server.origin()));
    }
    let crm =
        Client::new().get(format!("{}/ecma2host_crm/scim/Users", server.origin())).bearer_auth("another-token-12");
    check_error(&answer(crm).await, 404);
}

#[tokio::test]
async fn a_client_that_stands_for_somebody_has_an_alias() {
    let (server, people) = start(PLAIN).await;
    let (_, created) = answer(create(&server, "ann")).await;
    answer(create(&server, "bob")).await;
    for base in ["/apps/hr/scim/v2", "/ecma2host_hr/scim"] {
        let me = |method: Method| request_with(&server, method, &format!("{base}/Me"), TOKEN_OF_ANN);
        let own = format!("{}{base}/Users/ann", server.origin());
        for method in [Method::GET, Method::HEAD] {
            let found = me(method.clone()).send().await.unwrap();
            assert_eq!((found.status(), found.headers()["location"].to_str().unwrap()), (StatusCode::OK, own.as_str()));
            let text = found.text().await.unwrap();
            match method {
                Method::HEAD => assert_eq!(text, ""),
                _ => assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["meta"]["location"], own),
            }
        }
        let body = json!({ "schemas": created["schemas"], "userName": "eve" });
        check_error(&answer(me(Method::POST).json(&body)).await, 501);
        // Another token of the same app stands for nobody.
        check_error(&answer(request(&server, Method::GET, &format!("{base}/Me"))).await, 501);
    }
    let me = |method| request_with(&server, method, "/apps/hr/scim/v2/Me", TOKEN_OF_ANN);
    let deleted = me(Method::DELETE).send().await.unwrap();
    assert_eq!(deleted.status(), StatusCode::NO_CONTENT);
    assert!(deleted.headers()["location"].to_str().unwrap().ends_with("/Users/ann"));
    assert_eq!(people.logins(), ["bob"]);
    check_error(&answer(me(Method::GET)).await, 404);
}

#[tokio::test]
async fn the_public_url_wins() {
    let (server, _) = start("plain_http = true\npublic_url = \"https://scim.example\"\n").await;
    let (_, created) = answer(create(&server, "ann")).await;
    assert_eq!(created["meta"]["location"], "https://scim.example/apps/hr/scim/v2/Users/ann");
}

#[tokio::test]
async fn bodies_have_a_type_a_size_and_an_end() {
    let (server, people) = start("plain_http = true\nlimits = { body = \"2KiB\", body_timeout = \"300ms\" }\n").await;
    let post = || request(&server, Method::POST, "/apps/hr/scim/v2/Users");
    let typed = |kind: &str, body: &str| post().header("content-type", kind).body(body.to_owned());
    let ann = r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"ann"}"#;
    check_error(&answer(typed("application/x-www-form-urlencoded", ann)).await, 415);
    check_error(&answer(typed("application/json; charset=latin1", ann)).await, 415);
    check_error(&answer(typed("application/json", ann).header("content-encoding", "gzip")).await, 415);
    let broken = answer(typed("application/json", "{\"userName\": \"secret-value\",")).await;
    check_error(&broken, 400);
    assert_eq!(broken.1["scimType"], "invalidSyntax");
    assert!(!broken.1.to_string().contains("secret-value"), "{}", broken.1);
    check_error(&answer(typed("application/json", "\u{feff}{}")).await, 400);
    check_error(&answer(typed("application/json", "")).await, 400);
    let deep = format!("{{\"userName\":{}1{}}}", "[".repeat(500), "]".repeat(500));
    let deep = answer(typed("application/json", &deep)).await;
    check_error(&deep, 400);
    assert_eq!(deep.1["scimType"], "invalidSyntax");
    assert!(deep.1["detail"].as_str().unwrap().contains("nested too deep"), "{}", deep.1);
    let large = format!("{{\"userName\":\"{}\"}}", "x".repeat(3000));
    check_error(&answer(typed("application/json", &large)).await, 413);
    check_error(&slow_body(&server, "Content-Length: 100").await, 408);
    assert!(people.logins().is_empty(), "{:?}", people.logins());
    let (status, _) = answer(typed("Application/SCIM+JSON; charset=\"UTF-8\"", ann)).await;
    assert_eq!((status.as_u16(), people.logins()), (201, vec!["ann".to_owned()]));
}

/// The answer to a request whose body does not arrive.
async fn slow_body(server: &Listening, framing: &str) -> (StatusCode, Value) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let mut stream = tokio::net::TcpStream::connect(server.address()).await.unwrap();
    let head = format!(
        "POST /apps/hr/scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n\
         Content-Type: application/json\r\n{framing}\r\n\r\n{{"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    tokio::time::timeout(Duration::from_secs(5), stream.read_to_string(&mut answer)).await.unwrap().unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse::<u16>().unwrap();
    (StatusCode::from_u16(status).unwrap(), serde_json::from_str(body).unwrap())
}

#[tokio::test]
async fn a_body_of_unknown_length_is_limited_too() {
    let (server, _) = start("plain_http = true\nlimits = { body = \"2KiB\" }\n").await;
    // One chunk announces more than is allowed, and the size is not known before.
    let chunk = format!("Transfer-Encoding: chunked\r\n\r\n1000\r\n{}", "x".repeat(0x1000));
    check_error(&slow_body(&server, &chunk).await, 413);
}

#[tokio::test]
async fn urls_and_methods() {
    let (server, _) = start(PLAIN).await;
    answer(create(&server, "ann")).await;
    for malformed in ["/Users/%zz", "/Users?filter=%"] {
        let refused = answer(request(&server, Method::GET, &format!("/apps/hr/scim/v2{malformed}"))).await;
        check_error(&refused, 400);
        assert_eq!(refused.1["scimType"], "invalidValue");
    }
    for (path, allow) in [
        ("Users", "GET, HEAD, POST"),
        ("Users/ann", "GET, HEAD, PUT, PATCH, DELETE"),
        ("Me", "GET, HEAD, PUT, PATCH, DELETE"),
        ("Bulk", "POST"),
        ("Schemas", "GET, HEAD"),
    ] {
        let path = format!("/apps/hr/scim/v2/{path}");
        let refused = request(&server, Method::OPTIONS, &path).send().await.unwrap();
        assert_eq!(refused.headers()["allow"], allow, "{path}");
        check_error(&answer(request(&server, Method::OPTIONS, &path)).await, 405);
    }
    check_error(&answer(request(&server, Method::GET, "/")).await, 404);
    check_error(&answer(request(&server, Method::GET, "/apps/hr/scim/v2/Users/nobody")).await, 404);
    let unreadable =
        request(&server, Method::DELETE, "/apps/hr/scim/v2/Users/ann").header("if-match", &b"W/\"\xff\""[..]);
    check_error(&answer(unreadable).await, 400);
    let filter = "/apps/hr/scim/v2/Users?filter=userName+eq+%22ann%22&count=5";
    let (status, list) = answer(request(&server, Method::GET, filter)).await;
    assert_eq!((status.as_u16(), &list["totalResults"]), (200, &json!(1)), "{list}");
    let head = |path| request(&server, Method::HEAD, path).send();
    let get = |path| request(&server, Method::GET, path).send();
    let (head, get) =
        (head("/apps/hr/scim/v2/Users/ann").await.unwrap(), get("/apps/hr/scim/v2/Users/ann").await.unwrap());
    let length = |response: &Response| response.headers()["content-length"].clone();
    assert_eq!((head.status(), length(&head)), (get.status(), length(&get)));
    assert_eq!(head.text().await.unwrap(), "");
    let deleted = request(&server, Method::DELETE, "/apps/hr/scim/v2/Users/ann").send().await.unwrap();
    assert_eq!((deleted.status().as_u16(), deleted.headers().get("content-type")), (204, None));
}

#[tokio::test]
async fn heads_have_a_size() {
    let (server, _) = start(PLAIN).await;
    let users = "/apps/hr/scim/v2/Users";
    for (url, status) in [(40_000, 200), (60_000, 414)] {
        let path = format!("{users}?unknown={}", "x".repeat(url));
        let answer = answer(request(&server, Method::GET, &path)).await;
        if status == 200 {
            assert_eq!(answer.0, status, "{}", answer.1);
        } else {
            check_error(&answer, status);
        }
    }
    let long = request(&server, Method::GET, users).header("x-long", "x".repeat(70_000));
    check_error(&answer(long).await, 431);
    let many = (0..110).fold(request(&server, Method::GET, users), |request, number| {
        request.header(format!("x-number-{number}"), "x")
    });
    check_error(&answer(many).await, 431);
    assert_eq!(answer(request(&server, Method::GET, users)).await.0, 200);
}

#[tokio::test]
async fn every_answer_has_a_request_id() {
    let (server, _) = start(PLAIN).await;
    let id = async |given: Option<&str>, path: &str| {
        let mut request = request(&server, Method::GET, path);
        if let Some(given) = given {
            request = request.header("x-request-id", given);
        }
        request.send().await.unwrap().headers()["x-request-id"].to_str().unwrap().to_owned()
    };
    assert_eq!(id(Some("abc-123"), "/apps/hr/scim/v2/Users").await, "abc-123");
    assert_eq!(id(Some("abc-123"), "/").await, "abc-123");
    assert_ne!(id(Some("has a space"), "/").await, "has a space");
    assert_ne!(id(None, "/").await, id(None, "/").await);
}

#[tokio::test]
async fn a_bug_is_an_answer_and_not_the_end() {
    let (server, people) = start(PLAIN).await;
    check_error(&answer(create(&server, "boom")).await, 500);
    assert_eq!(answer(create(&server, "ann")).await.0, 201);
    assert_eq!(people.logins(), ["ann"]);
}

#[tokio::test]
async fn too_many_at_a_time_are_told_to_come_back() {
    let (server, people) = start("plain_http = true\nlimits = { requests = 1 }\n").await;
    let slow = tokio::spawn(create(&server, "slow").send());
    people.begun.notified().await;
    let busy = request(&server, Method::GET, "/apps/hr/scim/v2/Users").send().await.unwrap();
    assert_eq!((busy.status().as_u16(), busy.headers()["retry-after"].to_str().unwrap()), (503, "1"));
    people.go_on.notify_one();
    assert_eq!(slow.await.unwrap().unwrap().status(), 201);
    assert_eq!(answer(create(&server, "ann")).await.0, 201);
}

#[tokio::test]
async fn an_app_that_has_stopped_answering_does_not_take_the_others_along() {
    let (server, people) = start("plain_http = true\nlimits = { requests = 2 }\n").await;
    let slow = tokio::spawn(create(&server, "slow").send());
    people.begun.notified().await;
    let of = |app: &str, token: &str| {
        let url = format!("{}/apps/{app}/scim/v2/Users", server.origin());
        reqwest::Client::new().get(url).bearer_auth(token).send()
    };
    assert_eq!(of("hr", TOKEN).await.unwrap().status(), 503);
    assert_eq!(of("crm", "another-token-12").await.unwrap().status(), 200);
    people.go_on.notify_one();
    assert_eq!(slow.await.unwrap().unwrap().status(), 201);
    assert_eq!(of("hr", TOKEN).await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_write_goes_on_when_its_client_hangs_up() {
    let (server, people) = start(PLAIN).await;
    let slow = tokio::spawn(create(&server, "slow").send());
    people.begun.notified().await;
    slow.abort();
    assert!(slow.await.unwrap_err().is_cancelled());
    people.go_on.notify_one();
    server.shutdown().await;
    assert_eq!(people.logins(), ["slow"]);
}

#[tokio::test]
async fn rfc_7644_section_3_1_the_client_chooses_the_media_type() {
    let (server, _) = start(PLAIN).await;
    answer(create(&server, "ann")).await;
    for (accept, expected) in [
        ("application/scim+json", "application/scim+json"),
        ("application/json", "application/json"),
        ("application/json, application/scim+json;q=0.5", "application/json"),
        ("text/html, */*;q=0.1", "application/scim+json"),
    ] {
        for path in ["/apps/hr/scim/v2/Users/ann", "/apps/hr/scim/v2/Users/nobody", "/nowhere"] {
            let response = request(&server, Method::GET, path).header("accept", accept).send().await.unwrap();
            assert_eq!(response.headers()["content-type"], expected, "{accept} {path}");
        }
    }
}
