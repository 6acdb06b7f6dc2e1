//! Changes by content synchronization.

use std::time::{Duration, Instant};

use patchbay_capability::ldap::{
    ChangeKind, DirSyncRequest, Error, Failure, Filter, Reply, Request, SearchScope, SyncPage, SyncRequest, Terms,
};
use patchbay_test_support::OpenLdap;

use crate::line::{Line, change, connect, failed, people, present, texts, values};

/// Longer than any of these cases takes.
const LONG: Duration = Duration::from_secs(15);

async fn sync(line: &mut Line, base: &str, cookie: Option<Vec<u8>>, max_entries: u32) -> Result<SyncPage, Error> {
    listen(line, base, cookie, max_entries, Duration::ZERO).await
}

async fn listen(
    line: &mut Line,
    base: &str,
    cookie: Option<Vec<u8>>,
    max_entries: u32,
    wait: Duration,
) -> Result<SyncPage, Error> {
    let request = SyncRequest {
        base: base.into(),
        scope: SearchScope::Subtree,
        filter: present("uid"),
        attributes: vec!["uid".into(), "entryUUID".into()],
        cookie,
        max_entries,
        wait,
    };
    match line.run(Request::Sync { request, max_bytes: 1 << 20 }).await? {
        Reply::Sync(page) => Ok(page),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_changed_since_the_cookie() {
    let ldap = OpenLdap::start().unwrap();
    ldap.ldif(&people(&ldap, 30)).unwrap();
    let mut line = connect(&ldap).await;
    let dn = |i: usize| format!("uid=p{i:04},ou=people,{}", ldap.base());
    let first = sync(&mut line, ldap.base(), None, 100).await.unwrap();
    assert_eq!((first.entries.len(), first.deleted.len()), (30, 0));
    let of = |i: usize| first.entries.iter().find(|found| found.entry.dn == dn(i)).unwrap().uuid.clone();

    let quiet = sync(&mut line, ldap.base(), first.cookie.clone(), 100).await.unwrap();
    assert_eq!((quiet.entries.len(), quiet.deleted.len(), quiet.deletes_by_absence), (0, 0, false));

    line.modify(&dn(3), vec![change(ChangeKind::Replace, "sn", &["New"])], Terms::default()).await.unwrap();
    line.delete(&dn(4), Terms::default()).await.unwrap();
    let second = sync(&mut line, ldap.base(), first.cookie.clone(), 100).await.unwrap();
    assert_eq!(second.entries.len(), 1);
    let found = &second.entries[0];
    assert_eq!((found.entry.dn.as_str(), &found.uuid), (dn(3).as_str(), &of(3)));
    assert_eq!(texts(&found.entry, "uid"), ["p0003"]);
    assert_eq!(values(&found.entry, "entryUUID").len(), 1);
    assert!(!second.deletes_by_absence);
    assert_eq!(second.deleted, [of(4)]);
    assert!(second.cookie.is_some() && second.cookie != first.cookie);

    // Too many at a time.
    failed(sync(&mut line, ldap.base(), None, 10).await, Failure::LimitExceeded, "more changes");
    assert_eq!(sync(&mut line, ldap.base(), None, 100).await.unwrap().entries.len(), 29);

    let request = DirSyncRequest {
        base: ldap.base().into(),
        filter: Filter::new(vec![patchbay_capability::ldap::FilterNode::And(vec![])]),
        attributes: vec!["*".into()],
        cookie: None,
        incremental_values: false,
        object_security: false,
    };
    failed(line.run(Request::DirSync { request, max_bytes: 1000 }).await, Failure::Unsupported, "no DirSync");
}

/// What changed in a page: names of entries, and how many are gone.
fn short(page: &SyncPage) -> (Vec<String>, usize) {
    (page.entries.iter().flat_map(|found| texts(&found.entry, "uid")).collect(), page.deleted.len())
}

#[tokio::test]
async fn a_change_is_heard_when_it_happens() {
    let ldap = OpenLdap::start().unwrap();
    ldap.ldif(&people(&ldap, 5)).unwrap();
    let dn = |i: usize| format!("uid=p{i:04},ou=people,{}", ldap.base());
    let (mut ear, mut hand) = (connect(&ldap).await, connect(&ldap).await);
    let title = async |hand: &mut Line, i: usize, title: &str| {
        hand.modify(&dn(i), vec![change(ChangeKind::Replace, "title", &[title])], Terms::default()).await.unwrap();
    };
    let first = sync(&mut ear, ldap.base(), None, 100).await.unwrap();
    assert!(!first.live);

    // Nothing happens: the wait goes by, and the cookie stays good.
    let start = Instant::now();
    let quiet = listen(&mut ear, ldap.base(), first.cookie.clone(), 100, Duration::from_millis(500)).await.unwrap();
    assert!(start.elapsed() >= Duration::from_millis(500));
    assert_eq!((short(&quiet), quiet.live, quiet.deletes_by_absence), ((vec![], 0), true, false));
    let cookie = quiet.cookie.or(first.cookie);

    // What happened before is told at once.
    title(&mut hand, 0, "before").await;
    let at_once = listen(&mut ear, ldap.base(), cookie, 100, LONG).await.unwrap();
    assert_eq!((short(&at_once), at_once.live), ((vec!["p0000".into()], 0), true));

    // A change, two of one entry, one that is gone: each in its own wait, which it ends.
    let mut cookie = at_once.cookie;
    for (what, expected) in
        [("one", (vec!["p0001".to_owned()], 0)), ("two", (vec!["p0002".into()], 0)), ("gone", (vec![], 1))]
    {
        let start = Instant::now();
        let happens = async {
            tokio::time::sleep(Duration::from_secs(2)).await;
            match what {
                "one" => title(&mut hand, 1, "x").await,
                "two" => {
                    title(&mut hand, 2, "x").await;
                    title(&mut hand, 2, "y").await;
                }
                _ => hand.delete(&dn(3), Terms::default()).await.unwrap(),
            }
        };
        let (page, ()) = tokio::join!(listen(&mut ear, ldap.base(), cookie.clone(), 100, LONG), happens);
        let page = page.unwrap();
        assert_eq!((short(&page), page.live), (expected, true), "{what}");
        assert!(start.elapsed() >= Duration::from_secs(2) && start.elapsed() < LONG, "{what}");
        assert!(page.cookie.is_some() && page.cookie != cookie, "{what}");
        cookie = page.cookie;
        // The connection answers, whatever the server still says of the search that was left.
        title(&mut hand, 4, what).await;
        assert_eq!(texts(&ear.read(&dn(4), &["title"]).await.unwrap(), "title"), [what]);
        let rest = sync(&mut ear, ldap.base(), cookie, 100).await.unwrap();
        assert_eq!(short(&rest), (vec!["p0004".into()], 0), "told twice, or not: {what}");
        cookie = rest.cookie;
    }
}

#[tokio::test]
async fn who_stops_listening_leaves_a_connection_that_is_sound() {
    let ldap = OpenLdap::start().unwrap();
    ldap.ldif(&people(&ldap, 5)).unwrap();
    let pool = patchbay_capability_ldap::pool(crate::line::options(&ldap), crate::line::small(1)).unwrap();
    let mut hand = connect(&ldap).await;
    let mut ear = Line::open(&pool).await;
    let first = sync(&mut ear, ldap.base(), None, 100).await.unwrap();
    for round in 0..3 {
        // One gives up in the middle, one waits to the end; then it all goes on without them.
        let listening = listen(&mut ear, ldap.base(), first.cookie.clone(), 100, LONG);
        let given_up = tokio::time::timeout(Duration::from_millis(300), listening).await;
        assert!(given_up.is_err() == (round == 0), "there is something to tell from the first round on");
        drop(ear);
        for i in 0..5 {
            let dn = format!("uid=p{i:04},ou=people,{}", ldap.base());
            let new = change(ChangeKind::Replace, "title", &[&format!("{round}")]);
            hand.modify(&dn, vec![new], Terms::default()).await.unwrap();
        }
        ear = Line::open(&pool).await;
        let found = ear.read(&format!("uid=p0004,ou=people,{}", ldap.base()), &["title"]).await.unwrap();
        assert_eq!(texts(&found, "title"), [format!("{round}")]);
    }
    assert_eq!(short(&sync(&mut ear, ldap.base(), first.cookie, 100).await.unwrap()).0.len(), 5);
}
