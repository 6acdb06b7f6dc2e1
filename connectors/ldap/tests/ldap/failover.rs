//! Two servers with the same entries: one dies in the middle of a load, and comes back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use patchbay_contract::{Connector as _, ErrorKind};
use patchbay_test_support::{OpenLdap, OpenLdapOptions};
use tokio::task::JoinSet;

use crate::directory::Directory;
use crate::settings::settings;
use crate::target::{Kind, Target, ctx, set, text};

const WORKERS: usize = 6;

/// Both servers, with the same people in them; the app prefers the one of the target.
fn pair() -> (Target, OpenLdap) {
    let (first, second) = OpenLdap::pair(&OpenLdapOptions::default()).unwrap();
    let others = vec![second.ldaps_url()];
    let target = Target::with_others(Directory::OpenLdap(first), settings(Kind::OpenLdap), others);
    wait_until(|| second.entries(second.base(), "(cn=Blue)", &["1.1"]).unwrap().len() == 1);
    (target, second)
}

fn wait_until(ready: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !ready() {
        assert!(Instant::now() < deadline, "the servers do not get the same entries");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_server_takes_over_and_gives_back() {
    let (mut target, mut second) = pair();
    let uid = target.uid("bert").await;
    let (stop, done, gone) =
        (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let mut load = JoinSet::new();
    for number in 0..WORKERS {
        let (app, uid) = (Arc::clone(&target.app), uid.clone());
        let (stop, done, gone) = (Arc::clone(&stop), Arc::clone(&done), Arc::clone(&gone));
        load.spawn(async move {
            let mut turn = 0;
            while !stop.load(Ordering::Relaxed) {
                turn += 1;
                let outcome = if number % 2 == 0 {
                    app.get(&ctx(), "person", &uid, &["title".to_owned()]).await.map(drop)
                } else {
                    let deltas = vec![set("note", text(&format!("{number} {turn}")))];
                    app.update(&ctx(), "person", &uid, None, deltas).await.map(drop)
                };
                match outcome {
                    Ok(()) => done.fetch_add(1, Ordering::Relaxed),
                    Err(error) => {
                        // A write that was under way may have been done: that is said.
                        let kinds = [ErrorKind::Unavailable, ErrorKind::Timeout, ErrorKind::Contention];
                        assert!(kinds.contains(&error.kind), "{error:?}");
                        gone.fetch_add(1, Ordering::Relaxed)
                    }
                };
            }
        });
    }
    // Each time the load goes on within seconds, with the server that is left.
    let goes_on = async |what: &str| {
        let before = done.load(Ordering::Relaxed);
        let deadline = Instant::now() + Duration::from_secs(20);
        while done.load(Ordering::Relaxed) < before + 20 {
            assert!(Instant::now() < deadline, "{what}: nothing goes on");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    goes_on("at first").await;
    target.directory.kill();
    goes_on("without the first").await;
    target.directory.resume();
    goes_on("with both again").await;
    second.kill();
    goes_on("without the second").await;
    stop.store(true, Ordering::Relaxed);
    while let Some(worker) = load.join_next().await {
        worker.unwrap();
    }
    let (done, gone) = (done.load(Ordering::Relaxed), gone.load(Ordering::Relaxed));
    assert!(gone < done, "{gone} failed, {done} did not");
}

/// A server that takes connections and says nothing any more.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_hangs_does_not_hold_the_app() {
    let target = Target::new(Kind::OpenLdap, settings(Kind::OpenLdap));
    let uid = target.uid("anna").await;
    let Directory::OpenLdap(server) = &target.directory else { panic!("not OpenLDAP") };
    server.freeze().unwrap();
    let start = Instant::now();
    let short = patchbay_contract::Context { deadline: Duration::from_secs(2), ..ctx() };
    let outcome = target.app.get(&short, "person", &uid, &["title".to_owned()]).await;
    assert!(start.elapsed() < Duration::from_secs(6), "{:?}", start.elapsed());
    let error = outcome.expect_err("a server that hangs answered");
    assert!(matches!(error.kind, ErrorKind::Timeout | ErrorKind::Unavailable), "{error:?}");
    server.unfreeze().unwrap();
    assert_eq!(target.values("person", &uid, "title").await, ["Agent"]);
}
