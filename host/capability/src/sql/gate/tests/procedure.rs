//! Calls of procedures: the grant, the shape, the books.

use super::*;

fn called(outputs: Vec<Value>, rows: Batch) -> Answer {
    Ok(Reply::Called(Called { outputs, status: None, columns: Vec::new(), rows }))
}

#[tokio::test]
async fn only_the_procedures_of_the_grant() {
    let quiet = || called(Vec::new(), batch(0, true));
    for (granted, name, expected) in [
        ("hr.join", &["hr", "join"][..], "Called"),
        ("hr.join", &["HR", "Join"], "Called"),
        ("join", &["public", "join"], "Called"),
        ("join", &["hr", "join"], "Denied"),
        ("hr.join", &["join"], "Denied"),
        ("hr.join", &["other", "hr", "join"], "Denied"),
        ("person", &["team"], "Denied"),
        ("hr.join", &[], "Denied"),
        ("hr.join", &["hr.join"], "Denied"),
    ] {
        let policy = Policy { procedures: [granted.to_owned()].into(), ..Policy::default() };
        let mut bench = bench(BindingOptions { policy, ..options() }, vec![quiet()]).await;
        let outcome = bench.session.call(procedure(name, Vec::new())).await;
        check(std::slice::from_ref(&outcome), &[expected]);
        assert_eq!(bench.asked.lock().unwrap().is_empty(), expected == "Denied", "{name:?}");
    }
    // A granted table is no granted procedure.
    let mut bench = bench(options(), Vec::new()).await;
    check(&[bench.session.call(procedure(&["person"], Vec::new())).await], &["Denied"]);
}

#[tokio::test]
async fn arguments_have_limits_and_plain_names() {
    use Direction::{Input, Output};
    let ok = || called(Vec::new(), batch(0, true));
    let long = Value::Text("x".repeat(10_000));
    for (arguments, expected) in [
        (vec![argument(None, Input, Value::Null)], "Called"),
        (vec![argument(Some("@login_1"), Input, Value::Null)], "Called"),
        (vec![argument(Some("a"), Input, Value::Null), argument(None, Input, Value::Null)], "InvalidStatement"),
        (vec![argument(Some("a b"), Input, Value::Null)], "InvalidStatement"),
        (vec![argument(Some("a) --"), Input, Value::Null)], "InvalidStatement"),
        (vec![argument(Some("1a"), Input, Value::Null)], "InvalidStatement"),
        (vec![argument(Some("@"), Input, Value::Null)], "InvalidStatement"),
        (vec![argument(None, Input, long)], "LimitExceeded"),
        (vec![argument(None, Output, Value::Null); 257], "LimitExceeded"),
    ] {
        let mut bench = bench(options(), vec![ok()]).await;
        check(&[bench.session.call(procedure(&["hr", "join"], arguments)).await], &[expected]);
    }
}

#[tokio::test]
async fn results_are_bounded() {
    let answers = vec![called(Vec::new(), batch(1, true)), called(Vec::new(), batch(1, true))];
    let mut bench = bench(options(), answers).await;
    let call = |max_rows| {
        let call = Procedure { name: vec!["hr".into(), "join".into()], arguments: Vec::new() };
        Call::Procedure { call, max_rows }
    };
    let calls = vec![call(0), call(60), call(1_000_000)];
    check(&play(&mut bench.session, calls).await, &["InvalidStatement", "Called", "Called"]);
    let asked = bench.asked.lock().unwrap();
    let limits: Vec<(u32, usize)> = asked
        .iter()
        .map(|request| match request {
            Request::Procedure { max_rows, max_bytes, .. } => (*max_rows, *max_bytes),
            other => panic!("{other:?}"),
        })
        .collect();
    // What one row took is not to be had again.
    assert_eq!(limits, [(60, 20_000), (10_000, 19_992)]);
}

#[tokio::test]
async fn the_books_are_kept() {
    let huge = called(vec![Value::Text("x".repeat(30_000))], batch(0, true));
    let answers = vec![
        Ok(Reply::Done),
        called(vec![Value::Integer(7)], batch(2, true)),
        Err(Error::new(Failure::CheckViolation, "no, says hunter2-secret")),
        Ok(Reply::Done),
        huge,
    ];
    let mut bench = bench(options(), answers).await;
    let arguments = vec![
        argument(None, Direction::Input, Value::Text("ada".into())),
        argument(None, Direction::Output, Value::Text("unseen".into())),
        argument(None, Direction::Both, Value::Integer(1)),
    ];
    let call = || procedure(&["hr", "join"], arguments.clone());
    let calls = vec![Call::Begin, call(), call(), call(), Call::Commit, Call::Rollback, call()];
    check(
        &play(&mut bench.session, calls).await,
        &["Done", "Called", "CheckViolation", "InvalidStatement", "InvalidStatement", "Done", "LimitExceeded"],
    );
    assert_eq!(
        *bench.notes.0.lock().unwrap(),
        [
            "desk db BEGIN(0) -> 0",
            "desk db CALL hr.join(?, OUT, ?)(2) -> 2",
            "desk db CALL hr.join(?, OUT, ?)(2) -> CheckViolation no, says ***",
            "desk db ROLLBACK(0) -> 0",
            "desk db CALL hr.join(?, OUT, ?)(2) -> 0",
        ]
    );
}
