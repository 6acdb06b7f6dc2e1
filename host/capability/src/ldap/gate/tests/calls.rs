//! Authorisation, quota, deadline, footprint, observer.

use super::*;
use crate::ldap::{DirSyncPage, SortKey, SyncEntry, SyncPage, SyncState, Window};

const PEOPLE: &str = "ou=people,dc=example";

/// Grants that let a session open but do not cover this call; none for what always may.
fn without(call: &Call) -> Vec<Policy> {
    let all = || options().policy;
    let verbs = |verb| Policy { verbs: all().verbs.into_iter().filter(|other| *other != verb).collect(), ..all() };
    let elsewhere = || vec!["ou=groups,dc=example".parse().unwrap()];
    let unread = || Policy { read: elsewhere(), ..all() };
    let unwritten = || Policy { write: elsewhere(), ..all() };
    let attributes = |list: &str| Policy { write_attributes: names(list), ..all() };
    let hidden = || Policy { read_attributes: Some(names("cn")), ..all() };
    match call {
        Call::RootDse | Call::Schema => Vec::new(),
        Call::Search(_) => vec![verbs(Verb::Search), unread(), hidden()],
        Call::Count { .. } | Call::DirSync(_) | Call::Sync(_) => vec![verbs(Verb::Search), unread()],
        Call::Next { .. } | Call::EndSearch => vec![verbs(Verb::Search)],
        Call::Add { .. } => vec![
            verbs(Verb::Add),
            verbs(Verb::Password),
            unwritten(),
            attributes("objectClass cn userPassword"),
            attributes("objectClass uid userPassword"),
            attributes("objectClass cn uid"),
        ],
        Call::Modify { .. } => vec![verbs(Verb::Modify), unwritten(), attributes("cn")],
        Call::Rename { .. } => vec![verbs(Verb::Rename), unwritten(), attributes("cn")],
        Call::Delete { .. } => vec![verbs(Verb::Delete), unwritten()],
        Call::SetPassword { .. } => vec![verbs(Verb::Password), unwritten()],
        Call::Lock(_) => vec![Policy { verbs: [Verb::Search].into(), ..all() }],
    }
}

#[tokio::test]
async fn open_and_resume_are_denied_without_a_grant() {
    let pool = FakePool { no_lease: true, ..FakePool::default() };
    let options = BindingOptions { policy: Policy { verbs: [].into(), ..options().policy }, ..options() };
    let binding = Arc::new(Binding::new("dir", options, Arc::new(pool), None));
    assert_eq!(binding.open(&scope()).await.unwrap_err().failure, Failure::Denied);
    assert_eq!(binding.resume(&scope(), b"0123456789abcdef").unwrap_err().failure, Failure::Denied);
}

#[tokio::test]
async fn what_may_be_written_is_told_before() {
    let check = |policy: Policy, attribute: &str, expected: bool| {
        let binding = bench(BindingOptions { policy, ..options() }, Vec::new()).binding;
        assert_eq!(binding.writes(attribute), expected, "{attribute}");
    };
    let all = || options().policy;
    check(all(), "CN;lang-de", true);
    check(all(), "userPassword", true);
    check(all(), "pwdReset", false);
    check(all(), "2.5.4.3", false);
    let verbs = |verbs: &[Verb]| Policy { verbs: verbs.iter().copied().collect(), ..all() };
    check(verbs(&[Verb::Search, Verb::Password]), "cn", false);
    check(verbs(&[Verb::Modify]), "userPassword", false);
}

#[tokio::test]
async fn every_call_is_denied_without_a_grant() {
    for call in every_call() {
        for policy in without(&call) {
            let shown = format!("{call:?} under {policy:?}");
            let bench = bench(BindingOptions { policy, ..options() }, Vec::new());
            let error = bench.open().await.call(call.clone()).await.unwrap_err();
            assert_eq!(error.failure, Failure::Denied, "{shown}: {error}");
            assert_eq!(bench.script.asked(), 0, "{shown} reached the driver");
        }
    }
}

#[tokio::test]
async fn nothing_runs_after_the_deadline() {
    let pool = Arc::new(FakePool { no_lease: true, ..FakePool::default() });
    let late = Scope { deadline: Instant::now(), ..scope() };
    let binding = Arc::new(Binding::new("dir", options(), pool, None));
    assert_eq!(binding.open(&late).await.unwrap_err().failure, Failure::Timeout);
    assert_eq!(binding.resume(&late, b"x").unwrap_err().failure, Failure::Timeout);

    for call in every_call() {
        let bench = bench(options(), Vec::new());
        let mut session = bench.open().await;
        // As if each call came in its place.
        session.assume_search();
        session.expire();
        let error = session.call(call.clone()).await.unwrap_err();
        assert_eq!(error.failure, Failure::Timeout, "{call:?}: {error}");
        assert_eq!(bench.script.asked(), 0, "{call:?} reached the driver");
    }
}

/// The call fails before the driver hears of it; `says` is part of why.
async fn refused(call: Call, failure: Failure, says: &str) {
    let bench = bench(options(), Vec::new());
    let error = bench.open().await.call(call.clone()).await.unwrap_err();
    assert_eq!(error.failure, failure, "{call:?}: {error}");
    assert!(error.message.contains(says), "{call:?}: {error}");
    assert_eq!(bench.script.asked(), 0, "{call:?} reached the driver");
}

#[tokio::test]
async fn names_stay_within_their_subtrees() {
    use Failure::{Denied, InvalidRequest};
    refused(search("dc=example", "cn"), Denied, "the base").await;
    refused(search("", "cn"), Denied, "the base").await;
    refused(search("<GUID=0a>", "cn"), InvalidRequest, "no distinguished name").await;
    refused(count("dc=example"), Denied, "the base").await;
    refused(dir_sync("dc=example"), Denied, "the base").await;
    refused(sync("dc=example"), Denied, "the base").await;
    refused(add("dc=example"), Denied, "the entry").await;
    refused(add("ou=people,dc=evil\\,dc=example"), Denied, "the entry").await;
    refused(add("+ou=people,dc=example"), InvalidRequest, "no distinguished name").await;
    refused(modify("uid=ada\\,ou=people,dc=example", "mail"), Denied, "the entry").await;
    refused(delete(PEOPLE, true), Denied, "the entry").await;
    refused(rename(PEOPLE, "uid", None), Denied, "the entry").await;
    refused(rename(ADA, "uid", Some("dc=example")), Denied, "the new name").await;
    refused(rename(ADA, "uid", Some("<GUID=0a>")), InvalidRequest, "the name").await;
    refused(rename(ADA, "uid=x,ou", None), InvalidRequest, "uid=x,ou").await;
    refused(rename(ADA, "sn", None), Denied, "\"sn\"").await;
    refused(rename("sn=ada,ou=people,dc=example", "uid", None), Denied, "\"sn\"").await;
    refused(set_password("dc=example"), Denied, "the entry").await;
}

#[tokio::test]
async fn requests_that_make_no_sense_are_refused() {
    use Failure::InvalidRequest;
    let with = |change: &dyn Fn(&mut SearchRequest)| {
        let Call::Search(mut request) = search(PEOPLE, "cn") else { panic!() };
        change(&mut request);
        Call::Search(request)
    };
    let key = SortKey { attribute: "cn".to_owned(), rule: None, descending: false };
    refused(with(&|request| request.window = Some(Window { offset: 1, count: 1 })), InvalidRequest, "sorted").await;
    let none = |request: &mut SearchRequest| {
        request.sort = vec![key.clone()];
        request.window = Some(Window { offset: 0, count: 1 });
    };
    refused(with(&none), InvalidRequest, "begins at 1").await;
    refused(with(&|request| request.sort = vec![key.clone(); 9]), InvalidRequest, "at most 8").await;
    refused(with(&|request| request.filter = Filter::default()), InvalidRequest, "filter").await;
    let nothing = |dn: &str| Call::Modify {
        dn: dn.to_owned(),
        changes: Vec::new(),
        secrets: Vec::new(),
        terms: Terms::default(),
    };
    refused(nothing(ADA), InvalidRequest, "nothing").await;
    let on = |terms: Terms| {
        let Call::Modify { dn, changes, secrets, .. } = modify(ADA, "mail") else { panic!() };
        Call::Modify { dn, changes, secrets, terms }
    };
    refused(on(Terms { tree: true, ..Terms::default() }), InvalidRequest, "below").await;
    let probe = Terms { assertion: Some(by("userPassword", "x")), ..Terms::default() };
    refused(on(probe), Failure::Denied, "userPassword").await;
    let back = Terms { read_back: vec!["cn".to_owned()], ..Terms::default() };
    refused(Call::Delete { dn: ADA.to_owned(), terms: back }, InvalidRequest, "read back").await;
    let Call::Add { name, secrets, terms, .. } = add(PEOPLE) else { panic!() };
    let attributes = vec![Attribute { name: "cn".to_owned(), values: Vec::new() }];
    refused(Call::Add { name, attributes, secrets, terms }, InvalidRequest, "\"cn\" has no value").await;
    refused(Call::Lock("x".repeat(4097)), InvalidRequest, "4096").await;
    refused(Call::Next { max_entries: 1 }, InvalidRequest, "no search").await;
    refused(Call::Next { max_entries: 0 }, InvalidRequest, "at least one").await;
    refused(modify(ADA, &"x".repeat(10_000)), Failure::LimitExceeded, "10000 bytes").await;
}

/// Conditions and reading back take the right to read, at the place where the entry is then.
#[tokio::test]
async fn writing_does_not_let_read() {
    let elsewhere = Policy { read: vec!["uid=eve,ou=people,dc=example".parse().unwrap()], ..options().policy };
    let terms = |assertion: bool, back: bool| Terms {
        assertion: assertion.then(everybody),
        read_back: if back { vec!["cn".to_owned()] } else { Vec::new() },
        ..Terms::default()
    };
    for (terms, renamed, expected) in [
        (terms(false, false), false, "Written"),
        (terms(true, false), false, "Denied"),
        (terms(false, true), false, "Denied"),
        (terms(true, false), true, "Denied"),
        (terms(false, true), true, "Written"),
    ] {
        let bench = bench(BindingOptions { policy: elsewhere.clone(), ..options() }, vec![written()]);
        let Call::Modify { dn, changes, secrets, .. } = modify(ADA, "mail") else { panic!() };
        let Call::Rename { new_rdn, delete_old, new_parent, .. } = rename(ADA, "uid", None) else { panic!() };
        let call = if renamed {
            Call::Rename { dn, new_rdn, delete_old, new_parent, terms }
        } else {
            Call::Modify { dn, changes, secrets, terms }
        };
        let shown = format!("{call:?}");
        assert_eq!(name_of(&bench.open().await.call(call).await), expected, "{shown}");
    }
}

#[tokio::test]
async fn the_driver_gets_what_passed() {
    let bench = bench(options(), vec![Ok(Reply::Searching), written(), written(), written(), Ok(Reply::Done)]);
    let mut session = bench.open().await;
    let renamed = rename(ADA, "uid", Some("ou=x,ou=people,dc=example"));
    let secret_only = Call::Modify {
        dn: ADA.to_owned(),
        changes: Vec::new(),
        secrets: vec![password("opensesame")],
        terms: Terms { read_back: vec!["userPassword".to_owned()], ..Terms::default() },
    };
    let calls = vec![search(PEOPLE, "cn userPassword"), add(PEOPLE), secret_only, renamed, delete(ADA, true)];
    check(&play(&mut session, calls).await, &["Searching", "Written", "Written", "Written", "Done"]);
    let asked = bench.script.asked.lock().unwrap();
    let [
        Request::Search(search),
        Request::Add(add),
        Request::Modify(modify),
        Request::Rename(rename),
        Request::Delete(delete),
    ] = asked.as_slice()
    else {
        panic!("{asked:?}")
    };
    assert_eq!((search.attributes.join(" ").as_str(), search.page_size), ("cn", 50));
    assert_eq!((add.dn.as_str(), add.secrets[0].value.as_slice()), (ADA, b"opensesame".as_slice()));
    assert_eq!((modify.terms.read_back.join(" ").as_str(), modify.secrets.len()), ("1.1", 1));
    let parent = rename.new_parent.as_deref();
    assert_eq!((rename.new_rdn.as_str(), parent), ("uid=eve", Some("ou=x,ou=people,dc=example")));
    assert_eq!(rename.new_dn, "uid=eve,ou=x,ou=people,dc=example");
    assert!(delete.terms.tree);
}

#[tokio::test]
async fn quotas() {
    let few = BindingOptions { max_operations: 2, ..options() };
    let bench1 = bench(few, vec![written(), written()]);
    let mut session = bench1.open().await;
    let change = || modify(ADA, "mail");
    check(&play(&mut session, vec![change(), change(), change()]).await, &["Written", "Written", "LimitExceeded"]);

    let small = BindingOptions { max_result_bytes: 600, ..options() };
    let bench2 = bench(small, vec![Ok(Reply::Searching), batch(5, false), batch(5, false)]);
    let mut session = bench2.open().await;
    let next = || Call::Next { max_entries: 5 };
    check(
        &play(&mut session, vec![search(PEOPLE, "cn"), next(), next()]).await,
        &["Searching", "Batch", "LimitExceeded"],
    );
}

/// A write that was done is no failure, however much is read back; the next one is none that
/// was done.
#[tokio::test]
async fn what_was_done_is_not_refused_afterwards() {
    let large = |count| Written { dn: ADA.to_owned(), entry: Some(entry(ADA, &["cn"].repeat(count))) };
    let answers = vec![Ok(Reply::Written(large(1))), Ok(Reply::Written(large(100)))];
    let bench = bench(BindingOptions { max_result_bytes: 600, ..options() }, answers);
    let mut session = bench.open().await;
    let outcomes = play(&mut session, vec![modify(ADA, "mail"); 3]).await;
    check(&outcomes, &["Written", "Written", "LimitExceeded"]);
    let back = outcomes.iter().map(|outcome| matches!(outcome, Ok(Reply::Written(Written { entry: Some(_), .. }))));
    assert_eq!(back.collect::<Vec<_>>(), [true, false, false]);
    let rest = vec![search(PEOPLE, "cn"), delete(ADA, false), Call::EndSearch];
    check(&play(&mut session, rest).await, &["LimitExceeded", "LimitExceeded", "Done"]);
    assert_eq!(bench.script.asked(), 2, "what cannot be answered is not asked");
}

#[tokio::test]
async fn what_is_refused_counts() {
    let bench = bench(BindingOptions { max_operations: 20, ..options() }, Vec::new());
    let operation = scope();
    let mut session = bench.binding.open(&operation).await.unwrap();
    let outcomes = play(&mut session, vec![search("dc=example", "cn"); 22]).await;
    check(&outcomes, &[["Denied"; 20].as_slice(), ["LimitExceeded"; 2].as_slice()].concat());
    assert!(!Tally::of(&operation, &bench.binding.name).deny(), "no more of them are logged");
}

/// Who gives a connection back and takes another has no more than before.
#[tokio::test]
async fn quotas_are_of_the_operation_and_not_of_a_session() {
    let limits = BindingOptions { max_operations: 3, max_result_bytes: 150, ..options() };
    let bench = bench(limits, vec![written(), Ok(Reply::Searching), batch(1, true), written()]);
    let operation = scope();
    let session = async || bench.binding.open(&operation).await.unwrap();
    check(&play(&mut session().await, vec![modify(ADA, "mail")]).await, &["Written"]);
    let look = vec![search(PEOPLE, "cn"), Call::Next { max_entries: 1 }];
    check(&play(&mut session().await, look).await, &["Searching", "Batch"]);
    let left = session().await.left();
    assert!(left < 150 && left > 0, "{left}");
    check(&play(&mut session().await, vec![modify(ADA, "mail"); 2]).await, &["Written", "LimitExceeded"]);
    let other = bench.open().await;
    assert_eq!(other.left(), 150, "another operation has its own");
}

#[tokio::test]
async fn pages_are_clamped_and_the_end_is_remembered() {
    let bench = bench(options(), vec![Ok(Reply::Searching), batch(50, false), batch(3, true)]);
    let mut session = bench.open().await;
    let next = || Call::Next { max_entries: 10_000 };
    let calls = vec![next(), search(PEOPLE, "cn"), next(), next(), next(), Call::EndSearch, next()];
    check(
        &play(&mut session, calls).await,
        &["InvalidRequest", "Searching", "Batch", "Batch", "Batch", "Done", "InvalidRequest"],
    );
    let asked = bench.script.asked.lock().unwrap();
    assert_eq!(asked.len(), 3, "the end was asked for again: {asked:?}");
    assert!(matches!(asked[1], Request::Next { max_entries: 50, max_bytes: 10_000 }), "{asked:?}");
}

#[tokio::test]
async fn who_waits_leaves_time_for_what_comes_of_it() {
    let answers = || Ok(Reply::Sync(SyncPage::default()));
    let bench = bench(options(), vec![answers(), answers()]);
    let mut session = bench.open().await;
    let wait = |wait: Duration| match sync(PEOPLE) {
        Call::Sync(request) => Call::Sync(SyncRequest { wait, ..request }),
        other => other,
    };
    let minute = Duration::from_secs(60);
    check(&play(&mut session, vec![wait(minute * 60), wait(Duration::from_secs(1))]).await, &["Sync", "Sync"]);
    let asked = bench.script.asked.lock().unwrap();
    let waits = asked.iter().map(|request| match request {
        Request::Sync { request, .. } => request.wait,
        other => panic!("{other:?}"),
    });
    let waits: Vec<Duration> = waits.collect();
    assert!(waits[0] > minute / 2 && waits[0] <= minute * 3 / 4, "{waits:?}");
    assert_eq!(waits[1], Duration::from_secs(1));
}

#[tokio::test]
async fn what_is_not_granted_does_not_come_back() {
    let eve = "uid=eve,ou=groups,dc=example";
    let strangers = Batch { entries: vec![entry(eve, &["cn"])], done: false, total: None };
    let mixed =
        Batch { entries: vec![entry(eve, &["cn"]), entry(ADA, &["cn", "unicodePwd"])], done: true, total: Some(7) };
    let one = |state, dn: &str| SyncEntry { state, uuid: vec![0; 16], entry: entry(dn, &["cn", "userPassword"]) };
    let page = SyncPage {
        entries: vec![
            one(SyncState::Added, eve),
            one(SyncState::Added, ADA),
            one(SyncState::Deleted, ""),
            one(SyncState::Added, ""),
        ],
        ..SyncPage::default()
    };
    let dir = DirSyncPage { entries: vec![entry(eve, &["cn"]), entry(ADA, &["cn"])], ..DirSyncPage::default() };
    let back = Written { dn: ADA.to_owned(), entry: Some(entry(ADA, &["cn", "userPassword"])) };
    let answers = vec![
        Ok(Reply::Searching),
        Ok(Reply::Batch(strangers)),
        Ok(Reply::Batch(mixed)),
        Ok(Reply::Sync(page)),
        Ok(Reply::DirSync(dir)),
        Ok(Reply::Written(back)),
        Ok(Reply::Entry(entry("", &["vendorName", "olcRootPW"]))),
    ];
    let bench = bench(options(), answers);
    let mut session = bench.open().await;
    let calls = vec![
        search(PEOPLE, "*"),
        Call::Next { max_entries: 5 },
        sync(PEOPLE),
        dir_sync(PEOPLE),
        modify(ADA, "mail"),
        Call::RootDse,
    ];
    let outcomes = play(&mut session, calls).await;
    let shown = format!("{outcomes:?}");
    assert!(!shown.contains("eve") && !shown.contains("Pwd") && !shown.contains("assword"), "{shown}");
    check(&outcomes, &["Searching", "Batch", "Sync", "DirSync", "Written", "Entry"]);
    let Ok(Reply::Batch(batch)) = &outcomes[1] else { panic!() };
    assert_eq!(
        (batch.entries.len(), batch.done, batch.total),
        (1, true, Some(7)),
        "an empty page in between is skipped"
    );
    let Ok(Reply::Sync(page)) = &outcomes[2] else { panic!() };
    assert_eq!(
        page.entries.iter().map(|entry| entry.state).collect::<Vec<_>>(),
        [SyncState::Added, SyncState::Deleted]
    );
}

/// What a server is does not depend on which attributes of people are granted; where it runs
/// is nobody's business.
#[tokio::test]
async fn a_server_says_what_it_is_whatever_is_granted() {
    let root = "supportedControl namingContexts dsServiceName vendorName;x-a userPassword 2.5.4.3 altServer \
                DNSHOSTNAME ldapServiceName;x-a serverName netscapemdsuffix";
    let schema = "objectClasses attributeTypes ldapSyntaxes olcRootPW";
    let described = |names: &str| Ok(Reply::Entry(entry("", &names.split_whitespace().collect::<Vec<_>>())));
    for read_attributes in [None, Some(names("uid cn"))] {
        let policy = Policy { read_attributes, ..options().policy };
        let bench = bench(BindingOptions { policy, ..options() }, vec![described(root), described(schema)]);
        let outcomes = play(&mut bench.open().await, vec![Call::RootDse, Call::Schema]).await;
        let left = outcomes.iter().map(|outcome| match outcome {
            Ok(Reply::Entry(entry)) => {
                entry.attributes.iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join(" ")
            }
            other => panic!("{other:?}"),
        });
        let expected = [
            "supportedControl namingContexts dsServiceName vendorName;x-a",
            "objectClasses attributeTypes ldapSyntaxes",
        ];
        assert_eq!(left.collect::<Vec<_>>(), expected);
    }
}

/// What the footprint says after these calls: whether something may have been written, and
/// whether a connection broke.
async fn footprint_of(steps: Vec<(Call, Answer)>) -> (bool, bool) {
    let (calls, answers): (Vec<Call>, Vec<Answer>) = steps.into_iter().unzip();
    let footprint = Footprint::default();
    let bench = bench(options(), answers);
    let mut session = bench.open().await.leaving(&footprint);
    play(&mut session, calls).await;
    (footprint.may_have_written(), footprint.lost_connection())
}

#[tokio::test]
async fn a_footprint_shows_what_may_stand() {
    use Failure::{
        AlreadyExists, AssertionFailed, Busy, LimitExceeded, NotLeaf, Other, Timeout, Unavailable, Unwilling,
    };
    let look = || (search(PEOPLE, "cn"), Ok(Reply::Searching));
    let change = |answer: Answer| (modify(ADA, "mail"), answer);
    let take = |tree: bool, answer: Answer| (delete(ADA, tree), answer);
    for (steps, expected) in [
        (vec![look()], (false, false)),
        (vec![(search(PEOPLE, "cn"), failed(Unavailable, None))], (false, true)),
        (vec![change(written())], (true, false)),
        (vec![(add(PEOPLE), written())], (true, false)),
        (vec![(rename(ADA, "uid", None), written())], (true, false)),
        (vec![(set_password(ADA), Ok(Reply::Done))], (true, false)),
        (vec![take(false, Ok(Reply::Done))], (true, false)),
        // Refused: nothing was done.
        (vec![(add(PEOPLE), failed(AlreadyExists, Some(68)))], (false, false)),
        (vec![change(failed(Unwilling, Some(53)))], (false, false)),
        (vec![change(failed(Busy, Some(51)))], (false, false)),
        (vec![change(failed(AssertionFailed, Some(122)))], (false, false)),
        (vec![change(failed(Busy, None))], (false, false)),
        (vec![change(failed(AssertionFailed, Some(122)))], (false, false)),
        (vec![take(false, failed(NotLeaf, Some(66)))], (false, false)),
        // Nobody knows.
        (vec![change(failed(Timeout, None))], (true, false)),
        (vec![change(failed(Unavailable, None))], (true, true)),
        (vec![change(failed(Unavailable, Some(52)))], (true, true)),
        (vec![change(failed(Other, Some(80)))], (true, false)),
        (vec![change(failed(LimitExceeded, Some(3)))], (true, false)),
        (vec![take(true, failed(LimitExceeded, Some(11)))], (true, false)),
        // What was written before stands.
        (vec![change(written()), change(failed(Unwilling, Some(53)))], (true, false)),
    ] {
        let shown = format!("{steps:?}");
        assert_eq!(footprint_of(steps).await, expected, "{shown}");
    }
}

#[tokio::test]
async fn the_observer_hears_each_request_once() {
    let calls = || {
        let filter = Filter::new(vec![
            FilterNode::Present("mail".to_owned()),
            FilterNode::Not(0),
            by("uid", "ada").nodes()[0].clone(),
            FilterNode::And(vec![1, 2]),
        ]);
        let Call::Search(request) = search(PEOPLE, "cn mail") else { panic!() };
        vec![
            Call::Search(SearchRequest { filter, ..request }),
            Call::Next { max_entries: 5 },
            Call::Next { max_entries: 5 },
            search(PEOPLE, ""),
            add(PEOPLE),
            modify(ADA, "mail"),
            rename(ADA, "uid", None),
            set_password(ADA),
            count(PEOPLE),
        ]
    };
    let refusal = Err(Error { code: Some(53), ..Error::new(Failure::Unwilling, "no, hunter2-secret") });
    let answers = || {
        vec![
            Ok(Reply::Searching),
            batch(2, false),
            batch(3, true),
            Ok(Reply::Searching),
            written(),
            refusal.clone(),
            written(),
            Ok(Reply::Done),
            Ok(Reply::Counted(12)),
        ]
    };
    let lines = [
        ("search ou=people,dc=example sub (&(!(mail=*))(uid=?)) cn mail", " uid=ada", "2"),
        ("search ou=people,dc=example sub (uid=?) 1.1", " uid=ada", "0"),
        (
            "add uid=ada,ou=people,dc=example objectClass cn userPassword",
            " objectClass=person cn=Ada userPassword=",
            "1",
        ),
        ("modify uid=ada,ou=people,dc=example replace mail", " mail=a@b.c", "Unwilling no, ***"),
        ("rename uid=ada,ou=people,dc=example to uid=eve,ou=people,dc=example", "", "1"),
        ("set-password uid=ada,ou=people,dc=example", "", "0"),
        ("count ou=people,dc=example one (objectClass=*)", "", "12"),
    ];
    for values in [false, true] {
        let bench = watched(options(), answers(), values);
        let mut session = bench.open().await;
        play(&mut session, calls()).await;
        drop(session);
        let expected = lines
            .map(|(text, shown, outcome)| format!("desk dir {text}{} -> {outcome}", if values { shown } else { "" }));
        assert_eq!(bench.lines(), expected);
    }
}

#[tokio::test]
async fn locks_keep_sessions_apart_until_they_end() {
    let bench = bench(options(), Vec::new());
    let (mut one, mut other) = (bench.open().await, bench.open().await);
    let lock = |key: &str| Call::Lock(key.to_owned());
    check(&play(&mut one, vec![lock("uid"), lock("uid"), lock("gid")]).await, &["Done", "Done", "Done"]);
    check(&play(&mut other, vec![lock("uid"), lock("x")]).await, &["Busy", "Done"]);
    drop(one);
    check(&play(&mut other, vec![lock("uid"), lock("gid")]).await, &["Done", "Done"]);
    let many = (0..310).map(|key| lock(&key.to_string())).collect();
    assert_eq!(name_of(play(&mut other, many).await.last().unwrap()), "LimitExceeded");
}

/// A write that nobody waits for may be done at any moment until the driver knows better.
#[tokio::test]
async fn a_lock_outlives_its_session_while_something_is_under_way() {
    let bench = bench_of(options(), Script { lingers: true, ..Script::default() }, false);
    let lock = || vec![Call::Lock("uid".to_owned())];
    let (mut one, mut other) = (bench.open().await, bench.open().await);
    check(&play(&mut one, lock()).await, &["Done"]);
    drop(one);
    check(&play(&mut other, lock()).await, &["Busy"]);
    bench.script.under_way.lock().unwrap().clear();
    check(&play(&mut other, lock()).await, &["Done"]);
}
