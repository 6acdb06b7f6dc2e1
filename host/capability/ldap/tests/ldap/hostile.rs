//! A directory that means harm, or has lost its mind: each time there is an error, in time,
//! and the host lives on.

mod library;
mod server;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use patchbay_capability::ldap::{
    ChangeKind, DirSyncRequest, Error, Failure, ModifyRequest, Pool, Reply, Request, SearchScope, SyncRequest, Terms,
};
use patchbay_capability_ldap::{LdapOptions, PoolOptions, pool};

use crate::line::{Line, change, present, simple, small, subtree};
use server::{Answer, Hostile, ber, done, entry, message};

/// Nothing takes longer than this.
const PATIENCE: Duration = Duration::from_millis(1500);

fn directory(server: &Hostile) -> Arc<dyn Pool> {
    let mut options = LdapOptions::new(server.address());
    options.bind = simple("cn=a", "password");
    options.max_message = 1 << 20;
    let sizes = PoolOptions { connect_timeout: PATIENCE, grace: PATIENCE, ..small(1) };
    pool(options, sizes).unwrap()
}

/// What comes of `request` when the server answers it with `answer`. Afterwards the pool
/// works, as the server behaves again.
async fn outcome(request: Request, answer: Answer) -> Result<Reply, Error> {
    let server = Hostile::start(answer).await;
    let pool = directory(&server);
    let start = Instant::now();
    let mut line = Line::open(&pool).await;
    let deadline = Instant::now() + PATIENCE;
    let mut outcome = line.0.run(request, deadline).await;
    if outcome == Ok(Reply::Searching) {
        outcome = line.0.run(Request::Next { max_entries: 1000, max_bytes: 1 << 20 }, deadline).await;
    }
    assert!(start.elapsed() < PATIENCE * 3);
    drop(line);
    server.behave();
    let mut line = Line::open(&pool).await;
    assert!(matches!(line.run(Request::RootDse).await, Ok(Reply::Entry(_))));
    outcome
}

fn search() -> Request {
    Request::Search(subtree("dc=x", present("uid"), &["uid"]))
}

fn modify() -> Request {
    let changes = vec![change(ChangeKind::Replace, "sn", &["x"])];
    Request::Modify(ModifyRequest { dn: "uid=a".into(), changes, secrets: vec![], terms: Terms::default() })
}

fn sync() -> Request {
    listen(Duration::ZERO)
}

fn listen(wait: Duration) -> Request {
    let request = SyncRequest {
        base: "dc=x".into(),
        scope: SearchScope::Subtree,
        filter: present("uid"),
        attributes: vec!["uid".into()],
        cookie: None,
        max_entries: 1000,
        wait,
    };
    Request::Sync { request, max_bytes: 1 << 20 }
}

fn dir_sync() -> Request {
    let request = DirSyncRequest {
        base: "dc=x".into(),
        filter: present("uid"),
        attributes: vec!["uid".into()],
        cookie: None,
        incremental_values: false,
        object_security: false,
    };
    Request::DirSync { request, max_bytes: 1 << 16 }
}

async fn check(what: &str, answer: Answer, failure: Failure) {
    for request in [search(), modify(), sync(), listen(PATIENCE), dir_sync()] {
        let shown = format!("{what}: {request:?}");
        match outcome(request, answer.clone()).await {
            Err(error) => assert_eq!(error.failure, failure, "{shown}: {error}"),
            Ok(reply) => panic!("{shown}: {reply:?}"),
        }
    }
}

fn bytes(bytes: impl Into<Vec<u8>>) -> Answer {
    let bytes = bytes.into();
    Answer::bytes(move |_| bytes.clone())
}

/// Sequences within sequences, all with the length they say.
fn nested(depth: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for level in (0..depth).rev() {
        out.extend_from_slice(&[0x30, 0x83]);
        out.extend_from_slice(&u32::try_from(level * 5).unwrap().to_be_bytes()[1..]);
    }
    out
}

#[tokio::test]
async fn what_is_no_ldap() {
    check("another protocol", bytes("HTTP/1.1 400 Bad Request\r\n\r\n"), Failure::Unavailable).await;
    check("no definite length", bytes([0x30, 0x80, 2, 1, 2, 0, 0]), Failure::Unavailable).await;
    check("a tag of several bytes", bytes([0x3f, 0x81, 0x01, 0]), Failure::Unavailable).await;
    check("an empty message", bytes([0x30, 0]), Failure::Unavailable).await;
    check(
        "a length that is none",
        bytes([0x30, 0x88, 255, 255, 255, 255, 255, 255, 255, 255, 0]),
        Failure::Unavailable,
    )
    .await;
    check(
        "more than is allowed",
        bytes([&[0x30, 0x84, 0x7f, 255, 255, 255][..], &[0; 4096]].concat()),
        Failure::Unavailable,
    )
    .await;
    check("nested too deeply", bytes(nested(150_000)), Failure::Unavailable).await;
    let deep = Answer::bytes(|id| message(id, &ber(0x64, &[ber(4, b"a=b"), nested(100_000)].concat())));
    check("an entry nested too deeply", deep, Failure::Unavailable).await;
}

#[tokio::test]
async fn answers_to_something_else() {
    for (what, other) in
        [("a later one", 7), ("one that is over", -1), ("a negative one", -1000), ("far away", 1 << 30)]
    {
        let answer = Answer::bytes(move |id| message(id + other, &done(0x65, 0, &[])));
        check(what, answer, Failure::Unavailable).await;
    }
    check("no number", bytes(ber(0x30, &[ber(4, b"1"), done(0x65, 0, &[])].concat())), Failure::Unavailable).await;
    check("a number too long", bytes(ber(0x30, &[ber(2, &[1; 9]), done(0x65, 0, &[])].concat())), Failure::Unavailable)
        .await;
    check("an unknown kind", Answer::bytes(|id| message(id, &done(0x6f, 0, &[]))), Failure::Unavailable).await;
    check("the end of a comparison", Answer::bytes(|id| message(id, &done(0x61, 0, &[]))), Failure::Unavailable).await;
    let notice = done(0x78, 52, &ber(0x8a, b"1.3.6.1.4.1.1466.20036"));
    check("a farewell", Answer::bytes(move |_| message(0, &notice)), Failure::Unavailable).await;
}

#[tokio::test]
async fn entries_and_controls_that_are_none() {
    let bad_entries = [
        ("a name that is no text", ber(0x64, &[ber(4, &[0xff, 0xfe]), ber(0x30, &[])].concat())),
        ("no attributes", ber(0x64, &ber(4, b"a=b"))),
        ("values that are none", entry("a=b", &ber(0x30, &[ber(4, b"x"), ber(0x31, &ber(2, &[1]))].concat()))),
        ("an attribute without values", entry("a=b", &ber(0x30, &ber(4, b"x")))),
        ("cut short", entry("a=b", &[0x30, 0x20, 4, 1, b'x'])),
    ];
    for (what, operation) in bad_entries {
        let answer = Answer::bytes(move |id| [message(id, &operation), message(id, &done(0x65, 0, &[]))].concat());
        check(what, answer, Failure::Unavailable).await;
    }
    let control = |oid: &str, value: &[u8]| ber(0xa0, &ber(0x30, &[ber(4, oid.as_bytes()), ber(4, value)].concat()));
    let oids = ["1.2.840.113556.1.4.319", "1.2.840.113556.1.4.841", "1.3.6.1.4.1.4203.1.9.1.3"];
    for (oid, request) in oids.into_iter().zip([search(), dir_sync(), sync()]) {
        for value in [&[][..], &[0x30, 0x80], &[0x30, 3, 4, 9, 9], &[2, 1, 1], &[0x30, 9, 2, 9, 1, 1, 1, 1, 1, 1, 1]] {
            let controls = control(oid, value);
            let answer = Answer::bytes(move |id| message(id, &[done(0x65, 0, &[]), controls.clone()].concat()));
            let error = outcome(request.clone(), answer).await.unwrap_err();
            assert_eq!(error.failure, Failure::Unavailable, "{oid} {value:x?}: {error}");
            assert!(error.message.starts_with("the server's answer"), "{error}");
        }
    }
    let controls = ber(0xa0, &[4, 200, 0]);
    check(
        "controls that are none",
        Answer::bytes(move |id| message(id, &[done(0x65, 0, &[]), controls.clone()].concat())),
        Failure::Unavailable,
    )
    .await;
    let values = ber(4, b"v").repeat(100_000);
    let small = entry("a=b", &ber(0x30, &[ber(4, b"x"), ber(0x31, &values)].concat()));
    check("values without end", Answer::bytes(move |id| message(id, &small)), Failure::Unavailable).await;
    let many = ber(0xa0, &ber(0x30, &ber(4, b"1.2")).repeat(100_000));
    check(
        "controls without end",
        Answer::bytes(move |id| message(id, &[done(0x65, 0, &[]), many.clone()].concat())),
        Failure::Unavailable,
    )
    .await;
}

#[tokio::test]
async fn silence_and_what_never_ends() {
    check("no answer", Answer::silence(), Failure::Timeout).await;
    check("the connection closed", Answer::closing(|_| Vec::new()), Failure::Unavailable).await;
    let half = |id| message(id, &done(0x65, 0, &[]))[..5].to_vec();
    check("closed in the middle", Answer::closing(half), Failure::Unavailable).await;
    check("half an answer", Answer::bytes(half), Failure::Timeout).await;
    check("one byte at a time", Answer::dripping(|id| message(id, &done(0x65, 0, &[]))), Failure::Timeout).await;
    // Empty pages, each with a promise of another one.
    let cookie = ber(0x30, &[ber(2, &[0]), ber(4, b"again")].concat());
    let control = ber(0xa0, &ber(0x30, &[ber(4, b"1.2.840.113556.1.4.319"), ber(4, &cookie)].concat()));
    let pages = Answer::bytes(move |id| message(id, &[done(0x65, 0, &[]), control.clone()].concat()));
    assert_eq!(outcome(search(), pages).await.unwrap_err().failure, Failure::Timeout);
}

#[tokio::test]
async fn a_flood_is_taken_a_page_at_a_time() {
    let value = ber(0x30, &[ber(4, b"x"), ber(0x31, &ber(4, &[b'v'; 1000]))].concat());
    let one = entry("a=b", &value);
    let flood = Answer::endless(move |id| message(id, &one));
    // As many as were asked for, and the rest stays with the server.
    let Ok(Reply::Batch(batch)) = outcome(search(), flood.clone()).await else { panic!() };
    assert!(batch.entries.len() <= 1000 && !batch.done);
    assert_eq!(outcome(dir_sync(), flood.clone()).await.unwrap_err().failure, Failure::LimitExceeded);
    // A synchronization's entries have a state, or are none.
    assert_eq!(outcome(sync(), flood.clone()).await.unwrap_err().failure, Failure::Unavailable);
    assert_eq!(outcome(modify(), flood).await.unwrap_err().failure, Failure::Unavailable);
    let uuids = ber(0x31, &ber(4, &[1; 16]).repeat(1000));
    let info = ber(0xa3, &[ber(1, &[255]), uuids].concat());
    let word = ber(0x79, &[ber(0x80, b"1.3.6.1.4.1.4203.1.9.1.4"), ber(0x81, &info)].concat());
    let flood = Answer::endless(move |id| message(id, &word));
    assert_eq!(outcome(sync(), flood).await.unwrap_err().failure, Failure::LimitExceeded);
}

#[tokio::test]
async fn logins_are_no_better() {
    for (what, answer) in [
        ("silence", Answer::silence()),
        ("closed", Answer::closing(|_| Vec::new())),
        ("nonsense", bytes([0x30, 0x80, 1])),
        ("another answer", Answer::bytes(|id| message(id, &done(0x65, 0, &[])))),
        ("nested", bytes(nested(150_000))),
        (
            "half a policy",
            Answer::bytes(|id| {
                let control = ber(0x30, &[ber(4, b"1.3.6.1.4.1.42.2.27.8.5.1"), ber(4, &[0x30, 9, 0xa0])].concat());
                message(id, &[done(0x61, 0, &[]), ber(0xa0, &control)].concat())
            }),
        ),
    ] {
        let server = Hostile::at_login(answer).await;
        let pool = directory(&server);
        let start = Instant::now();
        let error = pool.lease(start + PATIENCE * 2).await.expect_err(what);
        assert_eq!(error.failure, Failure::Unavailable, "{what}: {error}");
        assert!(start.elapsed() < PATIENCE * 3, "{what}");
    }
}

/// The control that ends a synchronization.
fn end_of_sync(id: i32) -> Vec<u8> {
    let value = ber(0x30, &ber(4, b"cookie"));
    let control = ber(0x30, &[ber(4, b"1.3.6.1.4.1.4203.1.9.1.3"), ber(4, &value)].concat());
    message(id, &[done(0x65, 0, &[]), ber(0xa0, &control)].concat())
}

#[tokio::test]
async fn a_server_that_cannot_be_listened_to_is_asked() {
    for code in [2, 12, 53] {
        let asked = AtomicUsize::new(0);
        let answer = Answer::bytes(move |id| match asked.fetch_add(1, Ordering::SeqCst) {
            0 => message(id, &done(0x65, code, &[])),
            _ => end_of_sync(id),
        });
        let Ok(Reply::Sync(page)) = outcome(listen(PATIENCE), answer).await else { panic!("{code}") };
        assert_eq!((page.cookie, page.live), (Some(b"cookie".to_vec()), false), "{code}");
    }
    // It ends where others would go on.
    let Ok(Reply::Sync(page)) = outcome(listen(PATIENCE), Answer::bytes(end_of_sync)).await else { panic!() };
    assert_eq!((page.cookie, page.live), (Some(b"cookie".to_vec()), false));
    // Any other refusal is one.
    let busy = Answer::bytes(|id| message(id, &done(0x65, 51, &[])));
    assert_eq!(outcome(listen(PATIENCE), busy).await.unwrap_err().failure, Failure::Busy);
}

#[tokio::test]
async fn a_server_that_says_nothing_without_end() {
    let word =
        |id, info: &[u8]| message(id, &ber(0x79, &[ber(0x80, b"1.3.6.1.4.1.4203.1.9.1.4"), ber(0x81, info)].concat()));
    let cookies = Answer::endless(move |id| [word(id, &ber(0xa1, &[])), word(id, &ber(0x80, b"new"))].concat());
    let Ok(Reply::Sync(page)) = outcome(listen(PATIENCE / 4), cookies).await else { panic!() };
    assert_eq!((page.cookie, page.live, page.entries.len()), (Some(b"new".to_vec()), true, 0));
}
