//! A log that cannot be written: what is done has to be on record, so nothing is.

use std::process::{Child, Stdio};
use std::time::Duration;

use reqwest::Client;
use serde_json::json;

use crate::helpdesk::{Helpdesk, TOKEN};

/// Ended when dropped.
struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// A port on loopback that nobody listens on right now.
fn free_port() -> u16 {
    std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn writes_are_refused_and_reads_answered() {
    let (port, admin) = (free_port(), free_port());
    let app =
        Helpdesk::new(|config| config.replacen("[server]\n", &format!("[server]\nadmin = \"127.0.0.1:{admin}\"\n"), 1));
    let listen = format!("127.0.0.1:{port}");
    // Every write to it fails, as on a disk that is full.
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = app.command(&["serve", "--listen", &listen]);
    let _served = Served(command.stdout(Stdio::null()).stderr(full).spawn().unwrap());
    let client = Client::new();
    let ready = async || match client.get(format!("http://127.0.0.1:{admin}/readyz")).send().await {
        Ok(answer) => Some((answer.status().as_u16(), answer.text().await.unwrap())),
        Err(_) => None,
    };
    let mut seen = None;
    for _ in 0..600 {
        // It may be asked before there is the first line.
        seen = ready().await;
        if seen.as_ref().is_some_and(|(status, _)| *status == 503) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(seen, Some((503, "the log cannot be written\n".to_owned())));

    let users = format!("http://{listen}/apps/helpdesk/scim/v2/Users");
    let person = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "nobody-recorded-me" });
    for _ in 0..3 {
        let refused = client.post(&users).bearer_auth(TOKEN).json(&person).send().await.unwrap();
        assert_eq!(refused.status(), 503);
        assert!(refused.headers().contains_key("retry-after"));
        assert!(refused.text().await.unwrap().contains("record of changes"));
    }
    // Requests that only read are answered, and so are those that log something themselves.
    let answer = client.get(&users).bearer_auth(TOKEN).send().await.unwrap();
    let body: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(body["totalResults"], 0, "{body}");
    assert_eq!(client.get(&users).bearer_auth("another-token-123").send().await.unwrap().status(), 401);
}
