//! One line per write, and never a value in it.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use reqwest::{Client, Method};
use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;

use crate::support::{TOKEN, start};

/// A log in memory.
#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// All lines, as text and as JSON.
    fn lines(&self) -> Vec<(String, Value)> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().map(|line| (line.to_owned(), serde_json::from_str(line).unwrap())).collect()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn each_write_is_one_line() {
    let log = Log::default();
    let filter = tracing_subscriber::EnvFilter::new("info,patchbay=trace");
    let subscriber =
        tracing_subscriber::fmt().json().flatten_event(true).with_env_filter(filter).with_writer(log.clone());
    // Holds for this thread, which is the only one of this test's runtime.
    let _guard = tracing::subscriber::set_default(subscriber.finish());
    let (server, _) = start("plain_http = true\n").await;
    let send = async |method: Method, path: &str, token: &str, body: Option<Value>| {
        let url = format!("{}/apps/hr/scim/v2/Users{path}", server.origin());
        let mut request = Client::new().request(method, url).bearer_auth(token).header("x-request-id", "r-1");
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.unwrap().status().as_u16()
    };
    let person = |login: &str| Some(json!({ "userName": login, "title": "a-title-to-hide" }));
    assert_eq!(send(Method::POST, "", TOKEN, person("ann")).await, 201);
    assert_eq!(send(Method::POST, "", TOKEN, Some(json!({ "title": "a-title-to-hide" }))).await, 400);
    assert_eq!(send(Method::POST, "", TOKEN, person("boom")).await, 500);
    assert_eq!(send(Method::POST, "", TOKEN, person("down")).await, 503);
    assert_eq!(send(Method::POST, "", TOKEN, person("late")).await, 504);
    assert_eq!(send(Method::POST, "", TOKEN, person("unread")).await, 201);
    assert_eq!(send(Method::GET, "/ann", TOKEN, None).await, 200);
    assert_eq!(send(Method::POST, "", "a-token-to-hide", person("eve")).await, 401);
    assert_eq!(send(Method::GET, "?filter=title+co+%22a-title-to-hide%22", TOKEN, None).await, 200);
    assert_eq!(send(Method::DELETE, "/ann", TOKEN, None).await, 204);
    // Of a Bulk request that ends in the middle, what was done is on record, and what nobody
    // knows the end of.
    let operations = ["bob", "boom", "cleo"]
        .map(|login| json!({ "method": "POST", "path": "/Users", "bulkId": login, "data": person(login) }));
    let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations });
    assert_eq!(send(Method::POST, "/../Bulk", TOKEN, Some(body)).await, 500);

    let lines = log.lines();
    let plan = lines.iter().map(|(_, line)| line).find(|line| line["target"] == "patchbay::query").unwrap();
    assert_eq!((&plan["evaluated_by"], &plan["host_checks"]), (&"host".into(), &"title (operator)".into()), "{plan}");
    let audit: Vec<&Value> =
        lines.iter().map(|(_, line)| line).filter(|line| line["target"] == "patchbay::audit").collect();
    let of = |line: &Value| -> Vec<String> {
        let fields =
            ["app", "token", "operation", "resource_type", "id", "outcome", "status", "scim_type", "request_id"];
        fields.iter().map(|field| line[field].as_str().map_or(line[field].to_string(), str::to_owned)).collect()
    };
    let found: Vec<Vec<String>> = audit.into_iter().map(of).collect();
    assert_eq!(
        found,
        [
            ["hr", "main", "create", "User", "ann", "written", "201", "null", "r-1"],
            ["hr", "main", "create", "User", "null", "refused", "400", "invalidValue", "r-1"],
            ["hr", "main", "create", "Users", "null", "unknown", "null", "null", "r-1"],
            ["hr", "main", "create", "User", "null", "refused", "503", "null", "r-1"],
            ["hr", "main", "create", "User", "null", "unknown", "504", "null", "r-1"],
            ["hr", "main", "create", "User", "unread", "written", "201", "null", "r-1"],
            ["hr", "main", "delete", "User", "ann", "written", "204", "null", "r-1"],
            ["hr", "main", "create", "User", "bob", "written", "201", "null", "r-1"],
            ["hr", "main", "create", "Users", "null", "unknown", "null", "null", "r-1"],
        ],
    );
    for (line, _) in &lines {
        for hidden in ["a-title-to-hide", "a-token-to-hide", TOKEN] {
            assert!(!line.contains(hidden), "{line}");
        }
    }
    assert!(lines.iter().any(|(_, line)| line["target"] == "patchbay::auth"), "{lines:?}");
}
