//! Changes that are told when they happen.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::follower::Follower;
use crate::server::{Kind, Server, people};

/// Longer than any of these cases takes.
const LONG: Duration = Duration::from_secs(30);
/// What happens meanwhile happens after so long.
const LATER: Duration = Duration::from_secs(2);

/// What somebody hears who waits, while `happens` does something to the server; it is that
/// which ends the waiting.
async fn heard(follower: &mut Follower, happens: impl FnOnce() + Send + 'static) -> Vec<String> {
    let start = Instant::now();
    let happening = tokio::task::spawn_blocking(move || {
        std::thread::sleep(LATER);
        happens();
    });
    let (told, more, live) = follower.listen(10, LONG).await.unwrap();
    happening.await.unwrap();
    assert!(start.elapsed() >= LATER && start.elapsed() < LONG, "{told:?}");
    assert!(live && !more, "{told:?}");
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_told_when_it_happens() {
    let server = std::sync::Arc::new(Server::start(Kind::OpenLdap));
    let mut follower = Follower::new(server.account(), people(&json!({ "method": "syncrepl" })), "uid").await;
    let on = |happens: fn(&Server)| {
        let server = std::sync::Arc::clone(&server);
        move || happens(&server)
    };
    assert_eq!(heard(&mut follower, on(|server| server.set_title("anna", "Dr"))).await, ["+anna"]);
    follower.check(&[]).await;
    assert_eq!(heard(&mut follower, on(|server| server.hire("dora"))).await, ["+dora"]);
    follower.check(&[]).await;
    assert_eq!(heard(&mut follower, on(|server| server.fire("ben"))).await, ["-ben"]);
    follower.check(&[]).await;
    // Out of the class by its filter.
    assert_eq!(heard(&mut follower, on(|server| server.set_title("carl", "left"))).await, ["-carl"]);
    // `check` asks as another host would. What happens while nobody listens is told at once.
    follower.check(&[]).await;
    server.set_title("anna", "Prof");
    let start = Instant::now();
    let (told, _, live) = follower.listen(10, LONG).await.unwrap();
    assert_eq!((told, live), (vec!["+anna".to_owned()], true));
    assert!(start.elapsed() < LONG);
    follower.check(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_that_brings_nothing_costs_nothing() {
    let server = Server::start(Kind::OpenLdap);
    let mut follower = Follower::new(server.account(), people(&json!({ "method": "syncrepl" })), "uid").await;
    for _ in 0..3 {
        let start = Instant::now();
        let short = Duration::from_millis(300);
        assert_eq!(follower.listen(10, short).await.unwrap(), (vec![], false, true));
        assert!(start.elapsed() >= short);
    }
    server.set_title("anna", "Dr");
    follower.check(&["+anna"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn servers_that_have_to_be_asked_are_not_waited_for() {
    let server = Server::start(Kind::OpenLdap);
    for changes in [json!({ "method": "accesslog" }), json!({ "method": "timestamp", "overlap": "2s" })] {
        let mut follower = Follower::new(server.account(), people(&changes), "uid").await;
        let start = Instant::now();
        assert_eq!(follower.listen(10, LONG).await.unwrap(), (vec![], false, false), "{changes}");
        assert!(start.elapsed() < LONG, "{changes}");
    }
}
