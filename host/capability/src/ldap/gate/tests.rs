//! Every entry point can be denied before a driver is reached, and the books are kept.

mod calls;
mod outage;
mod parking;
mod secrets;

use std::any::Any;
use std::collections::{BTreeSet, VecDeque};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use zeroize::Zeroizing;

use super::*;
use crate::ldap::{
    Assertion, Attribute, Batch, Call, Change, ChangeKind, DirSyncRequest, Entry, Filter, FilterNode, Footprint, Lease,
    Name, Naming, Reply, Request, SearchOptions, SearchRequest, SearchScope, Secret, SecretForm, SecretValue,
    SyncRequest, Terms, Verb, Written,
};
use crate::{OperationEvent, Usage};

type Answer = Result<Reply, Error>;

/// A pool whose leases give the answers it was made with, in order, and note what they were
/// asked. Without answers left they fail the test: nothing should have come so far.
#[derive(Debug, Default)]
struct FakePool {
    script: Arc<Script>,
    no_lease: bool,
}

#[derive(Debug, Default)]
struct Script {
    answers: Mutex<VecDeque<Answer>>,
    asked: Mutex<Vec<Request>>,
    /// Leases that are out.
    out: AtomicUsize,
    /// What was sent is under way when a lease ends; and what is kept for so long.
    lingers: bool,
    under_way: Mutex<Vec<Box<dyn Any + Send>>>,
    /// A lease comes only once no more than so many are out, where that is not 0.
    most: usize,
}

#[derive(Debug)]
struct FakeLease(Arc<Script>, Option<Box<dyn Any + Send>>);

impl Drop for FakeLease {
    fn drop(&mut self) {
        if self.0.lingers {
            self.0.under_way.lock().unwrap().extend(self.1.take());
        }
        self.0.out.fetch_sub(1, Ordering::Relaxed);
    }
}

#[async_trait]
impl Pool for FakePool {
    async fn lease(&self, _deadline: Instant) -> Result<Box<dyn Lease>, Error> {
        assert!(!self.no_lease, "the pool was reached");
        while self.script.most > 0 && self.script.out() >= self.script.most {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.script.out.fetch_add(1, Ordering::Relaxed);
        Ok(Box::new(FakeLease(Arc::clone(&self.script), None)))
    }

    async fn close(&self) {}
}

#[async_trait]
impl Lease for FakeLease {
    async fn run(&mut self, request: Request, _deadline: Instant) -> Answer {
        self.0.asked.lock().unwrap().push(request);
        self.0.answers.lock().unwrap().pop_front().expect("the driver was reached")
    }

    fn keep(&mut self, held: Box<dyn Any + Send>) {
        self.1 = Some(held);
    }
}

impl Script {
    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    fn out(&self) -> usize {
        self.out.load(Ordering::Relaxed)
    }
}

/// Notes events as `text [values] -> outcome`.
#[derive(Debug, Default)]
struct Notes {
    lines: Mutex<Vec<String>>,
    values: bool,
}

impl Observer for Notes {
    fn statement(&self, _: &Scope, event: &crate::StatementEvent<'_>) {
        panic!("a statement: {event:?}");
    }

    fn wants_values(&self, _: &Scope) -> bool {
        self.values
    }

    fn operation(&self, scope: &Scope, event: &OperationEvent<'_>) {
        let outcome = match event.outcome {
            Ok(entries) => entries.to_string(),
            Err(error) => format!("{:?} {}", error.failure, error.message),
        };
        let value = |value: &Vec<u8>| value.escape_ascii().to_string();
        let values = event.values.iter().map(|attribute| {
            format!(" {}={}", attribute.name, attribute.values.iter().map(value).collect::<Vec<_>>().join("|"))
        });
        let values: String = values.collect();
        let line = format!("{} {} {}{values} -> {outcome}", scope.app, event.binding, event.text);
        self.lines.lock().unwrap().push(line);
    }
}

fn names(list: &str) -> BTreeSet<String> {
    list.split_whitespace().map(str::to_owned).collect()
}

fn options() -> BindingOptions {
    let people = || vec!["ou=people,dc=example".parse().unwrap()];
    BindingOptions {
        policy: Policy {
            read: people(),
            write: people(),
            verbs: [Verb::Search, Verb::Add, Verb::Modify, Verb::Rename, Verb::Delete, Verb::Password].into(),
            read_attributes: None,
            write_attributes: names("objectClass uid cn mail userPassword"),
        },
        max_operations: 100,
        max_request_bytes: 10_000,
        max_page_entries: 50,
        max_page_bytes: 10_000,
        max_result_bytes: 20_000,
        parking: ParkingOptions::default(),
        lock_timeout: Duration::from_millis(30),
        places: vec!["ldap.corp".to_owned()],
        secrets: vec!["hunter2-secret".to_owned()],
    }
}

fn scope() -> Scope {
    Scope {
        app: "desk".into(),
        operation: "search",
        request_id: "r1".into(),
        deadline: Instant::now() + Duration::from_secs(60),
        usage: Usage::default(),
    }
}

struct Bench {
    binding: Arc<Binding>,
    script: Arc<Script>,
    notes: Arc<Notes>,
}

/// A binding under `options` over a driver that gives `answers`.
fn bench(options: BindingOptions, answers: Vec<Answer>) -> Bench {
    watched(options, answers, false)
}

/// The same, with an observer that sees values.
fn watched(options: BindingOptions, answers: Vec<Answer>, values: bool) -> Bench {
    bench_of(options, Script { answers: Mutex::new(answers.into()), ..Script::default() }, values)
}

fn bench_of(options: BindingOptions, script: Script, values: bool) -> Bench {
    let script = Arc::new(script);
    let notes = Arc::new(Notes { values, ..Notes::default() });
    let pool = FakePool { script: Arc::clone(&script), no_lease: false };
    let binding = Binding::new("dir", options, Arc::new(pool), Some(notes.clone() as Arc<dyn Observer>));
    Bench { binding: Arc::new(binding), script, notes }
}

impl Bench {
    async fn open(&self) -> Session {
        self.binding.open(&scope()).await.unwrap()
    }

    fn lines(&self) -> Vec<String> {
        self.notes.lines.lock().unwrap().clone()
    }
}

fn secret(text: &str) -> Secret {
    Secret::from(Arc::new(Zeroizing::new(text.to_owned())))
}

fn attribute(name: &str, value: &str) -> Attribute {
    Attribute { name: name.to_owned(), values: vec![value.as_bytes().to_vec()] }
}

fn everybody() -> Filter {
    Filter::new(vec![FilterNode::Present("objectClass".to_owned())])
}

fn by(attribute: &str, value: &str) -> Filter {
    let assertion = Assertion { attribute: attribute.to_owned(), value: value.as_bytes().to_vec() };
    Filter::new(vec![FilterNode::Equal(assertion)])
}

const ADA: &str = "uid=ada,ou=people,dc=example";

fn named(leaf: &str, value: &str, below: &str) -> Name {
    let naming = Naming { attribute: leaf.to_owned(), value: value.to_owned() };
    Name { parts: vec![vec![naming]], below: below.to_owned() }
}

fn search(base: &str, attributes: &str) -> Call {
    Call::Search(SearchRequest {
        base: base.to_owned(),
        scope: SearchScope::Subtree,
        filter: by("uid", "ada"),
        attributes: attributes.split_whitespace().map(str::to_owned).collect(),
        page_size: 0,
        sort: Vec::new(),
        window: None,
        options: SearchOptions::default(),
    })
}

fn add(below: &str) -> Call {
    Call::Add {
        name: named("uid", "ada", below),
        attributes: vec![attribute("objectClass", "person"), attribute("cn", "Ada")],
        secrets: vec![password("opensesame")],
        terms: Terms::default(),
    }
}

fn password(text: &str) -> SecretValue {
    SecretValue { attribute: "userPassword".to_owned(), secret: secret(text), form: SecretForm::Text }
}

fn modify(dn: &str, name: &str) -> Call {
    let changes = vec![Change { kind: ChangeKind::Replace, attribute: attribute(name, "a@b.c") }];
    Call::Modify { dn: dn.to_owned(), changes, secrets: Vec::new(), terms: Terms::default() }
}

fn rename(dn: &str, leaf: &str, new_parent: Option<&str>) -> Call {
    Call::Rename {
        dn: dn.to_owned(),
        new_rdn: vec![Naming { attribute: leaf.to_owned(), value: "eve".to_owned() }],
        delete_old: true,
        new_parent: new_parent.map(str::to_owned),
        terms: Terms::default(),
    }
}

fn delete(dn: &str, tree: bool) -> Call {
    Call::Delete { dn: dn.to_owned(), terms: Terms { tree, ..Terms::default() } }
}

fn set_password(dn: &str) -> Call {
    Call::SetPassword { dn: dn.to_owned(), secret: secret("opensesame") }
}

fn dir_sync(base: &str) -> Call {
    Call::DirSync(DirSyncRequest {
        base: base.to_owned(),
        filter: everybody(),
        attributes: vec!["cn".to_owned()],
        cookie: None,
        incremental_values: false,
        object_security: true,
    })
}

fn sync(base: &str) -> Call {
    Call::Sync(SyncRequest {
        base: base.to_owned(),
        scope: SearchScope::Subtree,
        filter: everybody(),
        attributes: vec!["cn".to_owned()],
        cookie: None,
        max_entries: 10,
        wait: Duration::ZERO,
    })
}

fn count(base: &str) -> Call {
    Call::Count { base: base.to_owned(), scope: SearchScope::OneLevel, filter: everybody(), limit: 9 }
}

/// One of each call; a new one does not compile until it is listed here.
fn every_call() -> Vec<Call> {
    let people = "ou=people,dc=example";
    let calls = vec![
        Call::RootDse,
        Call::Schema,
        search(people, "cn"),
        Call::Next { max_entries: 1 },
        Call::EndSearch,
        count(people),
        add(people),
        modify(ADA, "mail"),
        rename(ADA, "uid", None),
        delete(ADA, false),
        set_password(ADA),
        dir_sync(people),
        sync(people),
        Call::Lock("uid".to_owned()),
    ];
    for call in &calls {
        match call {
            Call::RootDse
            | Call::Schema
            | Call::Search(_)
            | Call::Next { .. }
            | Call::EndSearch
            | Call::Count { .. }
            | Call::Add { .. }
            | Call::Modify { .. }
            | Call::Rename { .. }
            | Call::Delete { .. }
            | Call::SetPassword { .. }
            | Call::DirSync(_)
            | Call::Sync(_)
            | Call::Lock(_) => {}
        }
    }
    calls
}

fn entry(dn: &str, attributes: &[&str]) -> Entry {
    Entry { dn: dn.to_owned(), attributes: attributes.iter().map(|name| attribute(name, "x")).collect() }
}

/// So many people.
fn batch(count: usize, done: bool) -> Answer {
    Ok(Reply::Batch(Batch { entries: vec![entry(ADA, &["cn"]); count], done, total: None }))
}

fn written() -> Answer {
    Ok(Reply::Written(Written { dn: ADA.to_owned(), entry: None }))
}

fn failed(failure: Failure, code: Option<u32>) -> Answer {
    Err(Error { code, ..Error::new(failure, "script") })
}

async fn play(session: &mut Session, calls: Vec<Call>) -> Vec<Answer> {
    let mut outcomes = Vec::new();
    for call in calls {
        outcomes.push(session.call(call).await);
    }
    outcomes
}

/// The reply's or failure's name.
fn name_of(outcome: &Answer) -> String {
    match outcome {
        Ok(reply) => format!("{reply:?}").chars().take_while(|c| c.is_alphanumeric()).collect(),
        Err(error) => format!("{:?}", error.failure),
    }
}

/// The calls, in order, give these outcomes: the reply's or failure's name.
#[track_caller]
fn check(outcomes: &[Answer], expected: &[&str]) {
    assert_eq!(outcomes.iter().map(name_of).collect::<Vec<_>>(), expected);
}
