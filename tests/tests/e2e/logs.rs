//! What the host logs: captured for the whole test run, and one line per write.

use std::io;
use std::sync::{Mutex, Once, PoisonError};

use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;

use crate::bodies::{one, user};
use crate::harness::on_each;

static START: Once = Once::new();
static LINES: Mutex<String> = Mutex::new(String::new());

/// Starts capturing; once per process.
pub(crate) fn capture() {
    START.call_once(|| {
        let filter = tracing_subscriber::EnvFilter::new("info,patchbay=debug");
        let subscriber =
            tracing_subscriber::fmt().json().flatten_event(true).with_env_filter(filter).with_writer(Buffer).finish();
        tracing::subscriber::set_global_default(subscriber).expect("no other subscriber");
    });
}

/// The lines so far that contain `text`, in any case of letters.
pub(crate) fn containing(text: &str) -> Vec<String> {
    let text = text.to_lowercase();
    let lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
    lines.lines().filter(|line| line.to_lowercase().contains(&text)).map(str::to_owned).collect()
}

struct Buffer;

impl io::Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.lock().unwrap_or_else(PoisonError::into_inner).push_str(&String::from_utf8_lossy(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Buffer {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        Self
    }
}

/// The audit line of a request, which has to be the only one.
#[track_caller]
pub(crate) fn audit_line(request_id: &str) -> Value {
    // One id may begin with another.
    let lines = containing(&format!("\"{request_id}\""));
    let audit: Vec<Value> = lines
        .iter()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|line| line["target"] == "patchbay::audit")
        .collect();
    assert_eq!(audit.len(), 1, "{lines:#?}");
    audit[0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_write_has_one_audit_line() {
    on_each(async |app| {
        let created = app.scim.post("/Users", &user("audited@helpdesk.example")).await.unwrap();
        let id = created.id().unwrap().to_owned();
        let line = audit_line(created.header("x-request-id").expect("a request id"));
        assert_eq!(line["app"], "helpdesk", "{line}");
        assert_eq!(line["operation"], "create", "{line}");
        assert_eq!(line["resource_type"], "User", "{line}");
        assert_eq!(line["id"], json!(id), "{line}");
        assert_eq!(line["status"], 201, "{line}");
        assert!(line["token"].is_string() && line["duration_ms"].is_number(), "{line}");
        assert!(!line.to_string().contains("audited@"), "{line}");

        let path = format!("/Users/{id}");
        let refused = app.scim.post("/Users", &user("audited@helpdesk.example")).await.unwrap();
        let line = audit_line(refused.header("x-request-id").unwrap());
        assert_eq!((&line["status"], &line["scim_type"]), (&json!(409), &json!("uniqueness")), "{line}");

        let patched = app.patch(&path, &one("Replace", "active", json!("False"))).await;
        assert_eq!(audit_line(patched.header("x-request-id").unwrap())["operation"], "patch");
        let deleted = app.scim.delete(&path).await.unwrap();
        assert_eq!(audit_line(deleted.header("x-request-id").unwrap())["operation"], "delete");

        // Reading is no write.
        let read = app.scim.get("/Users").await.unwrap();
        let lines = containing(read.header("x-request-id").unwrap());
        assert!(!lines.iter().any(|line| line.contains("patchbay::audit")), "{lines:#?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_id_is_kept_if_it_is_sane() {
    on_each(async |app| {
        let request = |id: &str| {
            let request = app.scim.request(reqwest::Method::GET, "/Users?count=1").unwrap();
            app.scim.answer(request.header("x-request-id", id))
        };
        assert_eq!(request("entra-7f3a").await.unwrap().header("x-request-id"), Some("entra-7f3a"));
        for odd in ["a b\tc", "x\"y", &"long".repeat(200)] {
            let answer = request(odd).await.unwrap();
            let given = answer.header("x-request-id").expect("one of the host's own");
            assert!(given != odd && !given.is_empty(), "{given}");
        }
    })
    .await;
}
