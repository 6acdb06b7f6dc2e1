//! Leases that end in the middle of something, and servers that fall silent.

use std::time::{Duration, Instant};

use patchbay_capability::ldap::{ChangeKind, Failure, ModifyRequest, Request, Terms};
use patchbay_capability_ldap::{LdapOptions, PoolOptions, pool};
use patchbay_test_support::OpenLdap;

use crate::line::{Line, base, change, failed, options, people, person, small, soon, texts};

#[tokio::test]
async fn a_silent_server_is_waited_for_until_the_deadline_and_no_longer() {
    let ldap = OpenLdap::start().unwrap();
    let short = Some(Duration::from_millis(300));
    // Of this kind of request, and of any.
    for (search_timeout, request_timeout) in [(short, None), (None, short)] {
        let sizes = PoolOptions { request_timeout, ..small(1) };
        let directory = pool(LdapOptions { search_timeout, ..options(&ldap) }, sizes).unwrap();
        let mut line = Line::open(&directory).await;
        ldap.freeze().unwrap();
        let start = Instant::now();
        let request = base(ldap.base(), &["*"]);
        line.open_search(request).await.unwrap();
        failed(line.next(1).await, Failure::Timeout, "in time");
        assert!(start.elapsed() < Duration::from_secs(3));
        failed(line.next(1).await, Failure::Unavailable, "given up");
        drop(line);
        ldap.unfreeze().unwrap();
        let mut line = Line::open(&directory).await;
        assert_eq!(line.read(ldap.base(), &["dc"]).await.unwrap().dn, ldap.base());
    }
}

#[tokio::test]
async fn a_write_that_nobody_waits_for_is_ended_before_the_next_lease() {
    let ldap = OpenLdap::start().unwrap();
    let directory = pool(options(&ldap), small(1)).unwrap();
    let dn = format!("uid=a,ou=people,{}", ldap.base());
    Line::open(&directory).await.add(&dn, person("a"), Terms::default()).await.unwrap();
    let mut line = Line::open(&directory).await;
    ldap.freeze().unwrap();
    let changes = vec![change(ChangeKind::Replace, "sn", &["New"])];
    let modify = Request::Modify(ModifyRequest { dn: dn.clone(), changes, secrets: vec![], terms: Terms::default() });
    let waited = tokio::time::timeout(Duration::from_millis(200), line.0.run(modify, soon())).await;
    assert!(waited.is_err());
    drop(line);
    ldap.unfreeze().unwrap();
    let mut line = Line::open(&directory).await;
    assert_eq!(texts(&line.read(&dn, &["sn"]).await.unwrap(), "sn"), ["New"]);
}

#[tokio::test]
async fn given_up_anywhere_a_connection_is_good_or_gone() {
    let ldap = OpenLdap::start().unwrap();
    ldap.ldif(&people(&ldap, 100)).unwrap();
    let directory = pool(options(&ldap), small(2)).unwrap();
    for round in 0..60_u64 {
        let mut line = Line::open(&directory).await;
        let all = crate::line::subtree(ldap.base(), crate::line::present("uid"), &["*", "+"]);
        let _ = tokio::time::timeout(Duration::from_micros(round * 100), line.search(all)).await;
        drop(line);
        let mut line = Line::open(&directory).await;
        let entry = line.read(&format!("uid=p{round:04},ou=people,{}", ldap.base()), &["uid"]).await.unwrap();
        assert_eq!(texts(&entry, "uid"), [format!("p{round:04}")]);
    }
}

#[tokio::test]
async fn idle_connections_that_the_server_closed_are_not_handed_out() {
    let mut ldap = OpenLdap::start().unwrap();
    let directory = pool(options(&ldap), small(2)).unwrap();
    let (first, second) = (Line::open(&directory).await, Line::open(&directory).await);
    drop((first, second));
    ldap.restart().unwrap();
    // Word of it has to reach us.
    tokio::time::sleep(Duration::from_millis(50)).await;
    for _ in 0..2 {
        let mut line = Line::open(&directory).await;
        assert_eq!(line.read(ldap.base(), &["dc"]).await.unwrap().dn, ldap.base());
    }
    tokio::time::timeout(Duration::from_secs(5), directory.close()).await.unwrap();
    failed(directory.lease(soon()).await, Failure::Unavailable, "closed");
}

#[tokio::test]
async fn a_server_that_is_gone_is_unavailable_in_time() {
    let mut ldap = OpenLdap::start().unwrap();
    let sizes = PoolOptions { connect_timeout: Duration::from_millis(500), ..small(1) };
    let directory = pool(options(&ldap), sizes).unwrap();
    let mut line = Line::open(&directory).await;
    ldap.kill();
    failed(line.read(ldap.base(), &["dc"]).await, Failure::Unavailable, "");
    drop(line);
    failed(directory.lease(soon()).await, Failure::Unavailable, "cannot be reached");
}
