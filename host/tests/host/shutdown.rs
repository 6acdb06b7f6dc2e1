//! Stopping.

use std::time::Duration;

use reqwest::Client;
use serde_json::json;

use crate::support::{TOKEN, start};

#[tokio::test]
async fn what_is_under_way_is_finished_and_nothing_new_begun() {
    let (server, people) = start("plain_http = true\n").await;
    let url = format!("{}/apps/hr/scim/v2/Users", server.origin());
    let create = |login: &str| Client::new().post(&url).bearer_auth(TOKEN).json(&json!({ "userName": login })).send();
    let slow = tokio::spawn(create("slow"));
    people.begun.notified().await;
    let stopping = tokio::spawn(server.shutdown());
    // The listener closes at once; a connection may still get into the backlog just then.
    let refused = async {
        while create("late").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), refused).await.unwrap();
    assert!(!stopping.is_finished());
    people.go_on.notify_one();
    assert_eq!(slow.await.unwrap().unwrap().status(), 201);
    tokio::time::timeout(Duration::from_secs(5), stopping).await.unwrap().unwrap();
    assert!(people.logins().contains(&"slow".to_owned()), "{:?}", people.logins());
}

#[tokio::test]
async fn what_takes_too_long_is_abandoned() {
    let (server, people) = start("plain_http = true\nlimits = { shutdown_timeout = \"200ms\" }\n").await;
    let url = format!("{}/apps/hr/scim/v2/Users", server.origin());
    let slow = tokio::spawn(Client::new().post(&url).bearer_auth(TOKEN).json(&json!({ "userName": "slow" })).send());
    people.begun.notified().await;
    tokio::time::timeout(Duration::from_secs(5), server.shutdown()).await.unwrap();
    assert!(slow.await.unwrap().is_err());
}

#[tokio::test]
async fn an_idle_connection_does_not_hold_up_the_end() {
    let (server, _) = start("plain_http = true\n").await;
    let url = format!("{}/apps/hr/scim/v2/Users", server.origin());
    let client = Client::new();
    assert_eq!(client.get(&url).bearer_auth(TOKEN).send().await.unwrap().status(), 200);
    let never_spoke = tokio::net::TcpStream::connect(server.address()).await.unwrap();
    tokio::time::timeout(Duration::from_secs(5), server.shutdown()).await.unwrap();
    drop((client, never_spoke));
}

#[tokio::test]
async fn health_is_told_on_its_own_address() {
    let (server, _) = start("plain_http = true\nadmin = \"127.0.0.1:0\"\n").await;
    let address = server.admin_address().unwrap();
    let get = async |path: &str| {
        let response = reqwest::get(format!("http://{address}{path}")).await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    };
    assert_eq!(get("/healthz").await, (200, "ok\n".to_owned()));
    assert_eq!(get("/readyz").await, (200, "ready\n".to_owned()));
    assert_eq!(get("/apps/hr/scim/v2/Users").await.0, 404);
    let on_the_main_address = reqwest::get(format!("{}/healthz", server.origin())).await.unwrap();
    assert_eq!(on_the_main_address.status(), 404);
}
