//! Why what a directory sends is not read by `ldap3`, shown by what `ldap3` makes of it. A test
//! that fails here is good news: host/ARCHITECTURE.md says what may then be given up for it.

use std::env;
use std::os::unix::process::ExitStatusExt as _;
use std::process::Command;
use std::time::Duration;

use ldap3::{Ldap, LdapConnAsync, Scope};
use patchbay_capability::ldap::Failure;

use super::server::{Answer, Hostile, ber, entry, message};
use super::{bytes, modify, nested, outcome};

/// Set where this program runs once more, to be ended.
const AGAIN: &str = "PATCHBAY_TEST_ENDED_BY_A_DIRECTORY";
/// What the operating system ends a process with whose stack overflowed.
const SIGABRT: i32 = 6;

/// A client of the server's.
async fn client(server: &Hostile) -> Ldap {
    let (connection, mut ldap) =
        LdapConnAsync::new(&format!("ldap://127.0.0.1:{}", server.address().port)).await.unwrap();
    tokio::spawn(connection.drive());
    // The first search is answered as it should be.
    ldap.search("", Scope::Base, "(objectClass=*)", ["+"]).await.unwrap();
    ldap
}

#[tokio::test]
async fn one_nested_answer_ends_the_process() {
    let deep = bytes(nested(150_000));
    if env::var_os(AGAIN).is_some() {
        let server = Hostile::start(deep).await;
        let _ = client(&server).await.delete("dc=x").await;
        return;
    }
    let name = std::thread::current().name().unwrap().to_owned();
    let mut program = Command::new(env::current_exe().unwrap());
    let ended = program.args(["--exact", &name]).env(AGAIN, "1").output().unwrap();
    assert_eq!(ended.status.signal(), Some(SIGABRT), "{ended:?}");
    assert_eq!(outcome(modify(), deep).await.unwrap_err().failure, Failure::Unavailable);
}

#[tokio::test]
async fn a_word_that_is_no_utf8_panics() {
    // As servers with messages of their country have it.
    let refusal = ber(0x67, &[ber(0x0a, &[50]), ber(4, b""), ber(4, b"keine Erlaubnis f\xfcr das")].concat());
    let answer = Answer::bytes(move |id| message(id, &refusal));
    let server = Hostile::start(answer.clone()).await;
    let mut ldap = client(&server).await;
    let lost = tokio::spawn(async move { ldap.modify("dc=x", Vec::<ldap3::Mod<&[u8]>>::new()).await.map(|_| ()) });
    assert!(lost.await.unwrap_err().is_panic());
    // A refusal it is nevertheless, and says that nothing was written.
    let error = outcome(modify(), answer).await.unwrap_err();
    assert_eq!(error.failure, Failure::PermissionDenied, "{error}");
}

#[tokio::test]
async fn entries_that_nobody_takes_pile_up() {
    const ENTRIES: usize = 320;
    let value = ber(0x30, &[ber(4, b"x"), ber(0x31, &ber(4, &[b'v'; 100_000]))].concat());
    let one = entry("a=b", &value);
    let server = Hostile::start(Answer::closing(move |id| message(id, &one).repeat(ENTRIES))).await;
    let mut ldap = client(&server).await;
    let mut untaken = ldap.streaming_search("dc=x", Scope::Subtree, "(uid=*)", ["*"]).await.unwrap();
    // It has read to the end of the connection, and all of it is in memory.
    while !ldap.is_closed() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    for _ in 0..ENTRIES {
        assert!(untaken.next().await.unwrap().is_some());
    }
}
