//! Every entry point can be denied before a driver is reached, and the books are kept.

mod outage;
mod procedure;

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;

use super::*;
use crate::StatementEvent;
use crate::sql::{
    Argument, Batch, Call, Called, ColumnInfo, ColumnKind, Direction, Footprint, ForeignKey, Fragment, Generation,
    Lease, Prepared, Procedure, Reply, Request, Statement, TableInfo, Value, Verb,
};

type Answer = Result<Reply, Error>;

/// A pool whose lease gives the answers it was made with, in order, and notes what it
/// was asked. Without answers left it fails the test: nothing should have come so far.
#[derive(Debug, Default)]
struct FakePool {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    asked: Arc<Mutex<Vec<Request>>>,
    leased: AtomicBool,
    no_lease: bool,
}

#[derive(Debug)]
struct FakeLease {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    asked: Arc<Mutex<Vec<Request>>>,
}

#[async_trait]
impl Pool for FakePool {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    async fn lease(&self, _deadline: Instant) -> Result<Box<dyn Lease>, Error> {
        assert!(!self.no_lease, "the pool was reached");
        self.leased.store(true, Ordering::Relaxed);
        Ok(Box::new(FakeLease { answers: Arc::clone(&self.answers), asked: Arc::clone(&self.asked) }))
    }

    async fn close(&self) {}
}

#[async_trait]
impl Lease for FakeLease {
    async fn run(&mut self, request: Request, _deadline: Instant) -> Answer {
        self.asked.lock().unwrap().push(request);
        self.answers.lock().unwrap().pop_front().expect("the driver was reached")
    }
}

/// Notes events as `text -> outcome`.
#[derive(Debug, Default)]
struct Notes(Mutex<Vec<String>>);

impl Observer for Notes {
    fn statement(&self, scope: &Scope, event: &StatementEvent<'_>) {
        let outcome = match event.outcome {
            Ok(rows) => rows.to_string(),
            Err(error) => format!("{:?} {}", error.failure, error.message),
        };
        let line = format!("{} {} {}({}) -> {outcome}", scope.app, event.binding, event.text, event.params.len());
        self.0.lock().unwrap().push(line);
    }
}

fn options() -> BindingOptions {
    BindingOptions {
        policy: Policy {
            tables: ["person".to_owned(), "team".to_owned()].into(),
            verbs: [Verb::Select, Verb::Insert, Verb::Update, Verb::Delete].into(),
            procedures: ["hr.join".to_owned()].into(),
        },
        max_statements: 100,
        max_statement_bytes: 10_000,
        max_batch_rows: 50,
        max_batch_bytes: 10_000,
        max_result_bytes: 20_000,
        places: vec!["/srv/desk.db".to_owned()],
        secrets: vec!["hunter2-secret".to_owned()],
    }
}

fn scope() -> Scope {
    Scope {
        app: "desk".into(),
        operation: "search",
        request_id: "r1".into(),
        deadline: Instant::now() + Duration::from_secs(60),
        usage: crate::Usage::default(),
    }
}

struct Bench {
    session: Session,
    asked: Arc<Mutex<Vec<Request>>>,
    notes: Arc<Notes>,
}

/// A session under `options` over a driver that gives `answers`.
async fn bench(options: BindingOptions, answers: Vec<Answer>) -> Bench {
    let pool = FakePool { answers: Arc::new(Mutex::new(answers.into())), ..FakePool::default() };
    let asked = Arc::clone(&pool.asked);
    let notes = Arc::new(Notes::default());
    let binding = Arc::new(Binding::new("db", options, Arc::new(pool), Some(notes.clone() as Arc<dyn Observer>)));
    let session = binding.open(&scope()).await.unwrap();
    Bench { session, asked, notes }
}

fn sql(text: &str) -> Statement {
    Statement { fragments: vec![Fragment::Text(text.into())], params: Vec::new() }
}

fn batch(count: usize, done: bool) -> Batch {
    Batch { rows: vec![vec![Value::Integer(1)]; count], done }
}

/// So many rows, and more to come.
fn rows(count: usize) -> Answer {
    Ok(Reply::Batch(batch(count, false)))
}

/// So many rows, and no more.
fn last_rows(count: usize) -> Answer {
    Ok(Reply::Batch(batch(count, true)))
}

fn pipeline(texts: &[&str]) -> Call {
    Call::Pipeline { statements: texts.iter().map(|text| sql(text)).collect(), max_rows: 10 }
}

fn procedure(name: &[&str], arguments: Vec<Argument>) -> Call {
    let name = name.iter().map(|part| (*part).to_owned()).collect();
    Call::Procedure { call: Procedure { name, arguments }, max_rows: 10 }
}

fn argument(name: Option<&str>, direction: Direction, value: Value) -> Argument {
    Argument { name: name.map(str::to_owned), direction, value, kind: ColumnKind::Text }
}

/// One of each call; a new one does not compile until it is listed here.
fn every_call() -> Vec<Call> {
    let calls = vec![
        Call::Query(sql("SELECT a FROM person")),
        Call::Next { max_rows: 1 },
        Call::CloseCursor,
        Call::Execute(sql("DELETE FROM person")),
        procedure(&["hr", "join"], Vec::new()),
        pipeline(&["SELECT a FROM person"]),
        Call::Begin,
        Call::Commit,
        Call::Rollback,
        Call::Lock { table: vec!["person".into()], key: "7".into() },
        Call::Tables,
        Call::Describe(vec!["person".into()]),
    ];
    for call in &calls {
        match call {
            Call::Query(_)
            | Call::Next { .. }
            | Call::CloseCursor
            | Call::Execute(_)
            | Call::Procedure { .. }
            | Call::Pipeline { .. }
            | Call::Begin
            | Call::Commit
            | Call::Rollback
            | Call::Lock { .. }
            | Call::Tables
            | Call::Describe(_) => {}
        }
    }
    calls
}

/// A grant that lets a session open but does not cover this call.
fn without(call: &Call) -> Policy {
    let all = options().policy;
    match call {
        Call::Query(_) | Call::Pipeline { .. } | Call::Next { .. } | Call::CloseCursor => {
            Policy { verbs: [Verb::Delete].into(), ..all }
        }
        // Whoever may call a procedure may have a transaction around it.
        Call::Execute(_) | Call::Begin | Call::Commit | Call::Rollback => {
            Policy { verbs: [Verb::Select].into(), procedures: [].into(), ..all }
        }
        Call::Procedure { .. } => Policy { procedures: ["hr.leave".to_owned(), "join".to_owned()].into(), ..all },
        Call::Tables => Policy { tables: [].into(), ..all },
        Call::Describe(_) | Call::Lock { .. } => Policy { tables: ["team".to_owned()].into(), ..all },
    }
}

#[tokio::test]
async fn open_is_denied_without_a_grant() {
    let pool = FakePool { no_lease: true, ..FakePool::default() };
    let options = BindingOptions { policy: Policy::default(), ..options() };
    let binding = Arc::new(Binding::new("db", options, Arc::new(pool), None));
    assert_eq!(binding.open(&scope()).await.unwrap_err().failure, Failure::Denied);
}

#[tokio::test]
async fn every_call_is_denied_without_a_grant() {
    for call in every_call() {
        let mut bench = bench(BindingOptions { policy: without(&call), ..options() }, Vec::new()).await;
        let error = bench.session.call(call.clone()).await.unwrap_err();
        assert_eq!(error.failure, Failure::Denied, "{call:?}: {error}");
        assert!(bench.asked.lock().unwrap().is_empty(), "{call:?} reached the driver");
    }
}

#[tokio::test]
async fn nothing_runs_after_the_deadline() {
    let pool = Arc::new(FakePool { no_lease: true, ..FakePool::default() });
    let late = Scope { deadline: Instant::now(), ..scope() };
    let binding = Arc::new(Binding::new("db", options(), pool, None));
    assert_eq!(binding.open(&late).await.unwrap_err().failure, Failure::Timeout);

    for call in every_call() {
        let mut bench = bench(options(), Vec::new()).await;
        // As if each call came in its place.
        bench.session.assume(true, matches!(call, Call::Commit | Call::Rollback | Call::Lock { .. }));
        bench.session.expire();
        let error = bench.session.call(call.clone()).await.unwrap_err();
        assert_eq!(error.failure, Failure::Timeout, "{call:?}: {error}");
        assert!(bench.asked.lock().unwrap().is_empty(), "{call:?} reached the driver");
    }
}

/// The calls, in order, give these outcomes: the reply's or failure's name.
#[track_caller]
fn check(outcomes: &[Answer], expected: &[&str]) {
    let actual: Vec<String> = outcomes
        .iter()
        .map(|outcome| match outcome {
            Ok(reply) => format!("{reply:?}").chars().take_while(|c| c.is_alphanumeric()).collect(),
            Err(error) => format!("{:?}", error.failure),
        })
        .collect();
    assert_eq!(actual, expected);
}

async fn play(session: &mut Session, calls: Vec<Call>) -> Vec<Answer> {
    let mut outcomes = Vec::new();
    for call in calls {
        outcomes.push(session.call(call).await);
    }
    outcomes
}

#[tokio::test]
async fn quotas() {
    let few = BindingOptions { max_statements: 2, ..options() };
    let mut bench1 = bench(few, vec![Ok(Reply::Affected(1)), Ok(Reply::Affected(1))]).await;
    let delete = || Call::Execute(sql("DELETE FROM person"));
    check(
        &play(&mut bench1.session, vec![delete(), delete(), delete()]).await,
        &["Affected", "Affected", "LimitExceeded"],
    );

    let short = BindingOptions { max_statement_bytes: 40, ..options() };
    let mut bench2 = bench(short, Vec::new()).await;
    let long_text = Call::Query(sql(&format!("SELECT a FROM person WHERE a = '{}'", "x".repeat(40))));
    let long_param = Call::Query(Statement {
        fragments: vec![Fragment::Text("SELECT ".into()), Fragment::Param(0)],
        params: vec![Value::Text("x".repeat(40))],
    });
    check(&play(&mut bench2.session, vec![long_text, long_param]).await, &["LimitExceeded", "LimitExceeded"]);

    // Ten rows of 16 bytes: the second batch goes over what an operation may fetch.
    let small = BindingOptions { max_result_bytes: 15 * 8, ..options() };
    let mut bench3 = bench(small, vec![Ok(Reply::Columns(Vec::new())), rows(10), rows(10)]).await;
    let next = || Call::Next { max_rows: 10 };
    let query = Call::Query(sql("SELECT a FROM person"));
    check(&play(&mut bench3.session, vec![query, next(), next()]).await, &["Columns", "Batch", "LimitExceeded"]);
}

/// A binding over a driver that gives `answers`.
fn binding(options: BindingOptions, answers: Vec<Answer>) -> Arc<Binding> {
    let pool = FakePool { answers: Arc::new(Mutex::new(answers.into())), ..FakePool::default() };
    Arc::new(Binding::new("db", options, Arc::new(pool), None))
}

#[tokio::test]
async fn what_is_refused_counts() {
    let binding = binding(BindingOptions { max_statements: 20, ..options() }, Vec::new());
    let operation = scope();
    let mut session = binding.open(&operation).await.unwrap();
    let denied = || Call::Query(sql("SELECT a FROM salary"));
    // A pipeline counts as often as it has statements, whichever of them is denied.
    let three = pipeline(&["SELECT a FROM person", "SELECT a FROM salary", "SELECT a FROM person"]);
    let mut calls = vec![denied(); 17];
    calls.extend([three, denied(), pipeline(&["SELECT a FROM person"])]);
    let outcomes = play(&mut session, calls).await;
    check(&outcomes, &[["Denied"; 18].as_slice(), ["LimitExceeded"; 2].as_slice()].concat());
    assert!(!Tally::of(&operation, &binding.name).deny(), "no more of them are logged");
}

/// Who gives a connection back and takes another has no more than before.
#[tokio::test]
async fn quotas_are_of_the_operation_and_not_of_a_session() {
    let limits = BindingOptions { max_statements: 3, max_result_bytes: 15 * 8, ..options() };
    let answers = vec![Ok(Reply::Affected(1)), Ok(Reply::Columns(Vec::new())), rows(1), Ok(Reply::Affected(1))];
    let binding = binding(limits, answers);
    let operation = scope();
    let session = async || binding.open(&operation).await.unwrap();
    let delete = || Call::Execute(sql("DELETE FROM person"));
    check(&play(&mut session().await, vec![delete()]).await, &["Affected"]);
    let look = vec![Call::Query(sql("SELECT a FROM person")), Call::Next { max_rows: 1 }];
    check(&play(&mut session().await, look).await, &["Columns", "Batch"]);
    let left = session().await.left();
    assert!(left < 120 && left > 0, "{left}");
    check(&play(&mut session().await, vec![delete(), delete()]).await, &["Affected", "LimitExceeded"]);
    let other = binding.open(&scope()).await.unwrap();
    assert_eq!(other.left(), 120, "another operation has its own");
}

#[tokio::test]
async fn batches_are_clamped_and_the_end_is_remembered() {
    let mut bench = bench(options(), vec![Ok(Reply::Columns(Vec::new())), rows(50), last_rows(3)]).await;
    let next = || Call::Next { max_rows: 10_000 };
    let query = Call::Query(sql("SELECT a FROM person"));
    let calls = vec![next(), query, Call::Next { max_rows: 0 }, next(), next(), next(), Call::CloseCursor, next()];
    check(
        &play(&mut bench.session, calls).await,
        &["InvalidStatement", "Columns", "InvalidStatement", "Batch", "Batch", "Batch", "Done", "InvalidStatement"],
    );
    let asked = bench.asked.lock().unwrap();
    assert_eq!(asked.len(), 3, "the end was asked for again: {asked:?}");
    assert_eq!(asked.get(1), Some(&Request::Next { max_rows: 50, max_bytes: 10_000 }));
}

#[tokio::test]
async fn a_pipeline_reads_and_shares_what_a_batch_may_hold() {
    let both = Ok(Reply::Batches(vec![batch(2, true), batch(10, false)]));
    let mut bench = bench(options(), vec![both]).await;
    let calls = vec![
        pipeline(&[]),
        pipeline(&["SELECT a FROM person", "DELETE FROM person RETURNING a"]),
        pipeline(&["SELECT a FROM person", "SELECT a FROM salary"]),
        Call::Pipeline { statements: vec![sql("SELECT a FROM person")], max_rows: 0 },
        pipeline(&["SELECT a FROM person"; 65]),
        pipeline(&["SELECT a FROM person", "SELECT a FROM team"]),
    ];
    check(
        &play(&mut bench.session, calls).await,
        &["Batches", "InvalidStatement", "Denied", "InvalidStatement", "LimitExceeded", "Batches"],
    );
    let asked = bench.asked.lock().unwrap();
    let text = |text: &str| Prepared { text: text.into(), params: Vec::new() };
    let statements = vec![text("SELECT a FROM person"), text("SELECT a FROM team")];
    assert_eq!(*asked, [Request::Pipeline { statements, max_rows: 10, max_bytes: 5_000 }]);
    assert_eq!(
        *bench.notes.0.lock().unwrap(),
        ["desk db SELECT a FROM person(0) -> 2", "desk db SELECT a FROM team(0) -> 10",]
    );
}

#[tokio::test]
async fn a_failed_transaction_can_only_be_rolled_back() {
    let clash = Err(Error::new(Failure::UniqueViolation, "duplicate"));
    let answers = vec![Ok(Reply::Done), clash, Ok(Reply::Done), Ok(Reply::Affected(1))];
    let mut bench = bench(options(), answers).await;
    let delete = || Call::Execute(sql("DELETE FROM person"));
    let calls = vec![
        Call::Commit,
        Call::Rollback,
        Call::Begin,
        Call::Begin,
        delete(),
        delete(),
        Call::Commit,
        Call::Rollback,
        delete(),
    ];
    check(
        &play(&mut bench.session, calls).await,
        &[
            "InvalidStatement",
            "Done",
            "Done",
            "InvalidStatement",
            "UniqueViolation",
            "InvalidStatement",
            "InvalidStatement",
            "Done",
            "Affected",
        ],
    );
}

#[tokio::test]
async fn a_lock_needs_a_transaction_and_has_one_name_per_table() {
    let answers = vec![Ok(Reply::Done), Ok(Reply::Done), Ok(Reply::Done)];
    let mut bench = bench(options(), answers).await;
    let lock = |table: &[&str], key: &str| Call::Lock {
        table: table.iter().map(|part| (*part).to_owned()).collect(),
        key: key.to_owned(),
    };
    let long = "x".repeat(4097);
    let calls = vec![
        lock(&["person"], "7"),
        Call::Begin,
        lock(&["person"], &long),
        lock(&["person"], "\0"),
        lock(&["PERSON"], "7"),
        lock(&["public", "person"], "7"),
    ];
    check(
        &play(&mut bench.session, calls).await,
        &["InvalidStatement", "Done", "InvalidStatement", "InvalidStatement", "Done", "Done"],
    );
    let locks: Vec<Request> =
        bench.asked.lock().unwrap().iter().filter(|request| matches!(request, Request::Lock(_))).cloned().collect();
    assert_eq!(locks, [Request::Lock("person\n7".to_owned()), Request::Lock("person\n7".to_owned())]);
}

#[tokio::test]
async fn the_observer_hears_each_statement_once() {
    let refused = Err(Error::new(Failure::Other, "no, hunter2-secret"));
    let columns = || Ok(Reply::Columns(Vec::new()));
    let answers =
        vec![columns(), rows(2), Ok(Reply::Done), Ok(Reply::Affected(4)), Ok(Reply::Done), columns(), refused];
    let mut bench = bench(options(), answers).await;
    let one = Statement {
        fragments: vec![Fragment::Text("SELECT ".into()), Fragment::Param(0)],
        params: vec![Value::Integer(7)],
    };
    let calls = vec![
        Call::Query(one),
        Call::Next { max_rows: 9 },
        Call::Begin,
        Call::Execute(sql("DELETE FROM team")),
        Call::Commit,
        Call::Query(sql("SELECT 2")),
        Call::Execute(sql("DELETE FROM person")),
    ];
    let outcomes = play(&mut bench.session, calls).await;
    assert_eq!(outcomes.last().unwrap().as_ref().unwrap_err().message, "no, ***");
    drop(bench.session);
    assert_eq!(
        *bench.notes.0.lock().unwrap(),
        [
            "desk db SELECT $1(1) -> 2",
            "desk db BEGIN(0) -> 0",
            "desk db DELETE FROM team(0) -> 4",
            "desk db COMMIT(0) -> 0",
            "desk db SELECT 2(0) -> 0",
            "desk db DELETE FROM person(0) -> Other no, ***",
        ]
    );
}

#[tokio::test]
async fn the_catalogue_shows_what_is_granted() {
    let name = |parts: &[&str]| parts.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>();
    let key = |table: &str| ForeignKey {
        name: None,
        columns: name(&["a"]),
        table: name(&[table]),
        references: name(&["id"]),
    };
    let info = TableInfo {
        name: name(&["person"]),
        view: false,
        columns: vec![ColumnInfo {
            name: "a".into(),
            type_name: "integer".into(),
            kind: ColumnKind::Integer,
            nullable: true,
            generation: Generation::None,
            max_length: None,
            padded: false,
            case_sensitive: true,
        }],
        primary_key: Vec::new(),
        unique_keys: Vec::new(),
        foreign_keys: vec![key("salary"), key("team")],
        deferrable: false,
    };
    let all = vec![name(&["person"]), name(&["public", "person"]), name(&["salary"]), name(&["hr", "team"])];
    let mut bench = bench(options(), vec![Ok(Reply::Tables(all)), Ok(Reply::Table(info))]).await;
    let outcomes = play(&mut bench.session, vec![Call::Tables, Call::Describe(name(&["person"]))]).await;
    assert_eq!(outcomes.first().unwrap(), &Ok(Reply::Tables(vec![name(&["person"])])));
    let Some(Ok(Reply::Table(info))) = outcomes.get(1) else { panic!("no table") };
    assert_eq!(info.foreign_keys, [key("team")]);
}

/// What the footprint says after these calls: whether something may have been written, and
/// whether a connection broke.
async fn footprint_of(steps: Vec<(Call, Answer)>) -> (bool, bool) {
    let (calls, answers): (Vec<Call>, Vec<Answer>) = steps.into_iter().unzip();
    let Bench { session, .. } = bench(options(), answers).await;
    let footprint = Footprint::default();
    let mut session = session.leaving(&footprint);
    for call in calls {
        drop(session.call(call).await);
    }
    (footprint.may_have_written(), footprint.lost_connection())
}

#[tokio::test]
async fn a_footprint_shows_what_may_stand() {
    let failed = |failure| Err(Error::new(failure, "script"));
    let begin = || (Call::Begin, Ok(Reply::Done));
    let insert = |answer: Answer| (Call::Execute(sql("INSERT INTO person (a) VALUES (1)")), answer);
    let select = || (Call::Query(sql("SELECT a FROM person")), Ok(Reply::Columns(Vec::new())));
    let commit = |answer: Answer| (Call::Commit, answer);
    let done = || Ok(Reply::Affected(1));
    let lost = || failed(Failure::Unavailable);
    for (steps, expected) in [
        (vec![select()], (false, false)),
        (vec![begin(), insert(done())], (false, false)),
        (vec![begin(), insert(failed(Failure::Serialization))], (false, false)),
        (vec![begin(), insert(lost())], (false, true)),
        (vec![begin(), insert(done()), commit(Ok(Reply::Done))], (true, false)),
        (vec![begin(), insert(done()), commit(lost())], (true, true)),
        (vec![begin(), insert(done()), commit(failed(Failure::Timeout))], (true, false)),
        (vec![begin(), insert(done()), commit(failed(Failure::Serialization))], (false, false)),
        (vec![begin(), select(), commit(lost())], (false, true)),
        // By itself, each statement is its own commit.
        (vec![insert(done())], (true, false)),
        (vec![insert(lost())], (true, true)),
        (vec![insert(done()), begin(), insert(failed(Failure::Serialization))], (true, false)),
    ] {
        let shown = format!("{steps:?}");
        assert_eq!(footprint_of(steps).await, expected, "{shown}");
    }
}

/// What an operator lists tables with lets nobody read one.
#[tokio::test]
async fn a_listing_lists_and_does_nothing_else() {
    let names = vec![vec!["person".to_owned()], vec!["hr".to_owned(), "salary".to_owned()]];
    let pool =
        FakePool { answers: Arc::new(Mutex::new([Ok(Reply::Tables(names.clone()))].into())), ..FakePool::default() };
    let binding = Arc::new(Binding::listing("db", options(), Arc::new(pool), None));
    let mut session = binding.open(&scope()).await.unwrap();
    assert_eq!(session.call(Call::Tables).await.unwrap(), Reply::Tables(names));
    for call in every_call() {
        // What has no cursor or transaction to act on is answered without the driver.
        let harmless = matches!(call, Call::Tables | Call::Next { .. } | Call::CloseCursor);
        if harmless {
            continue;
        }
        let error = session.call(call.clone()).await.unwrap_err();
        assert_eq!(error.failure, Failure::Denied, "{call:?}");
    }
}
