//! Two servers, one of which dies in the middle of a load.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use patchbay_capability::ldap::{ChangeKind, Error, Failure, ModifyRequest, Pool, Reply, Request, Terms};
use patchbay_capability_ldap::{PoolOptions, Server, pool};
use patchbay_test_support::{OpenLdap, OpenLdapOptions};

use crate::line::{Line, change, options, people, texts};

/// Writers at a time.
const WRITERS: usize = 8;

#[derive(Default)]
struct Tally {
    /// The first server is dead.
    dead: AtomicBool,
    stop: AtomicBool,
    before: AtomicUsize,
    after: AtomicUsize,
    failed: AtomicUsize,
}

async fn write(pool: &Arc<dyn Pool>, dn: &str, value: &str) -> Result<(), Error> {
    let deadline = Instant::now() + Duration::from_secs(5);
    let mut lease = pool.lease(deadline).await?;
    let changes = vec![change(ChangeKind::Replace, "description", &[value])];
    let modify = ModifyRequest { dn: dn.into(), changes, secrets: vec![], terms: Terms::default() };
    let reply = lease.run(Request::Modify(modify), deadline).await?;
    assert!(matches!(reply, Reply::Written(_)), "{reply:?}");
    Ok(())
}

/// Writes until it is told to stop; the last value that was taken after the death.
async fn writer(pool: Arc<dyn Pool>, dn: String, tally: Arc<Tally>) -> Option<String> {
    let mut last = None;
    for round in 0_u32.. {
        if tally.stop.load(Ordering::SeqCst) {
            break;
        }
        let dead = tally.dead.load(Ordering::SeqCst);
        let value = format!("round {round}");
        match write(&pool, &dn, &value).await {
            Ok(()) if dead => {
                tally.after.fetch_add(1, Ordering::SeqCst);
                last = Some(value);
            }
            Ok(()) => {
                tally.before.fetch_add(1, Ordering::SeqCst);
            }
            Err(error) => {
                // The fate of a write that was under way is unknown, and the answer says so.
                assert_eq!(error.failure, Failure::Unavailable, "{error}");
                assert_eq!(error.code, None, "{error}");
                tally.failed.fetch_add(1, Ordering::SeqCst);
            }
        }
    }
    last
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_second_server_takes_over_and_the_first_one_comes_back() {
    let (mut first, mut second) = OpenLdap::pair(&OpenLdapOptions::default()).unwrap();
    first.ldif(&people(&first, WRITERS)).unwrap();
    let mut both = options(&first);
    both.servers.push(Server::from_url(&second.ldaps_url(), false).unwrap());
    let sizes = PoolOptions { max: WRITERS, return_after: Duration::from_millis(500), ..PoolOptions::default() };
    let directory = pool(both, sizes).unwrap();
    let wait = Instant::now() + Duration::from_secs(20);
    while second.entries(second.base(), "(uid=*)", &["uid"]).unwrap().len() < WRITERS {
        assert!(Instant::now() < wait, "the second server does not follow");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    let tally = Arc::new(Tally::default());
    let dn = |i: usize| format!("uid=p{i:04},ou=people,dc=example,dc=org");
    let writers: Vec<_> =
        (0..WRITERS).map(|i| tokio::spawn(writer(Arc::clone(&directory), dn(i), Arc::clone(&tally)))).collect();
    tokio::time::sleep(Duration::from_millis(800)).await;
    first.kill();
    tally.dead.store(true, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(1500)).await;
    tally.stop.store(true, Ordering::SeqCst);
    for (i, writer) in writers.into_iter().enumerate() {
        let last = writer.await.unwrap().expect("a write after the death");
        let found = second.entries(&dn(i), "(objectClass=*)", &["description"]).unwrap();
        assert_eq!(found[0].text("description"), Some(last));
    }
    assert!(tally.before.load(Ordering::SeqCst) > 0 && tally.after.load(Ordering::SeqCst) > 0);
    // Each connection breaks once, and its writer notices at most once more.
    assert!(tally.failed.load(Ordering::SeqCst) <= WRITERS * 2, "{}", tally.failed.load(Ordering::SeqCst));

    first.resume().unwrap();
    // It has rested, and connections to the second one grow too old.
    tokio::time::sleep(Duration::from_millis(5800)).await;
    let mut line = Line::open(&directory).await;
    second.kill();
    assert_eq!(texts(&line.read(&dn(0), &["uid"]).await.unwrap(), "uid"), ["p0000"]);
}
