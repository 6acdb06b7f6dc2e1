//! Secrets are seen by nobody but the driver.

use super::*;

/// In no error, no `Debug` output and no event; whatever the server says.
#[tokio::test]
async fn no_secret_shows() {
    let echo = |text: &str| Err(Error { code: Some(19), ..Error::new(Failure::ConstraintViolation, text.to_owned()) });
    let answers = vec![echo("bad: opensesame"), echo("weak opensesame!"), echo("no opensesame, hunter2-secret")];
    let bench = watched(options(), answers, true);
    let mut session = bench.open().await;
    let changed = Call::Modify {
        dn: ADA.to_owned(),
        changes: vec![Change { kind: ChangeKind::Replace, attribute: attribute("userPassword", "{SSHA}opensesame") }],
        secrets: vec![password("opensesame")],
        terms: Terms::default(),
    };
    let calls = vec![add("ou=people,dc=example"), changed, set_password(ADA)];
    // What was written as it stands is no secret to the connector, but no observer sees it.
    let shown = format!("{:?}", [&calls[0], &calls[2]]);
    let outcomes = play(&mut session, calls).await;
    let asked = bench.script.asked.lock().unwrap();
    let requests = format!("{:?} {:?}", asked[0], asked[2]);
    let all = format!("{shown}\n{outcomes:?}\n{requests}\n{session:?}\n{:?}\n{:?}", bench.lines(), bench.binding);
    for hidden in ["opensesame", "hunter2", "111, 112, 101"] {
        assert!(!all.contains(hidden), "{hidden} in {all}");
    }
    for outcome in outcomes {
        assert_eq!(outcome.unwrap_err().message, "the server's message held a secret, and is not shown");
    }
}

#[tokio::test]
async fn messages_are_scrubbed() {
    let refusal = Err(Error::new(Failure::PermissionDenied, "bind as hunter2-secret: password=abc"));
    let bench = bench(options(), vec![refusal]);
    let error = bench.open().await.call(modify(ADA, "mail")).await.unwrap_err();
    assert_eq!(error.message, "bind as ***: password=***");
}

/// Else a connector could put a secret where it can read it.
#[tokio::test]
async fn a_secret_goes_nowhere_where_it_can_be_read() {
    let cn_alone = || Policy { read_attributes: Some(names("cn")), ..options().policy };
    for (policy, name, expected) in [
        (options().policy, "userPassword", "Written"),
        (options().policy, "mail", "Denied"),
        (cn_alone(), "mail", "Written"),
        (cn_alone(), "CN;x-a", "Denied"),
    ] {
        let bench = bench(BindingOptions { policy, ..options() }, vec![written()]);
        let secrets = vec![SecretValue { attribute: name.to_owned(), ..password("opensesame") }];
        let call = Call::Modify { dn: ADA.to_owned(), changes: Vec::new(), secrets, terms: Terms::default() };
        assert_eq!(name_of(&bench.open().await.call(call).await), expected, "{name}");
    }
}

/// Else a connector could guess one, and see by the failure whether it was right.
#[tokio::test]
async fn no_secret_is_compared() {
    use ChangeKind::{Add, Delete, Increment, Replace};
    let change = |kind, name: &str, value: Option<&str>| Change {
        kind,
        attribute: Attribute {
            name: name.to_owned(),
            values: value.iter().map(|text| text.as_bytes().to_vec()).collect(),
        },
    };
    for (changes, expected) in [
        (vec![change(Replace, "userPassword", Some("{SSHA}x"))], "Written"),
        (vec![change(Replace, "userPassword", None)], "Written"),
        (vec![change(Delete, "userPassword", None)], "Written"),
        (vec![change(Delete, "userPassword", Some("guess"))], "Denied"),
        (vec![change(Delete, "USERPASSWORD;x-a", Some("guess"))], "Denied"),
        (vec![change(Add, "userPassword", Some("guess"))], "Denied"),
        (vec![change(Increment, "userPassword", Some("1"))], "Denied"),
        (vec![change(Delete, "mail", Some("a@b.c")), change(Add, "mail", Some("d@e.f"))], "Written"),
        (vec![change(Replace, "mail", None), change(Delete, "userPassword", Some("guess"))], "Denied"),
    ] {
        let bench = bench(options(), vec![written()]);
        let shown = format!("{changes:?}");
        let call = Call::Modify { dn: ADA.to_owned(), changes, secrets: Vec::new(), terms: Terms::default() };
        assert_eq!(name_of(&bench.open().await.call(call).await), expected, "{shown}");
    }
}

#[tokio::test]
async fn a_secret_is_kept_once() {
    let bench = bench(BindingOptions { max_request_bytes: 1 << 20, ..options() }, vec![written()]);
    let mut session = bench.open().await;
    let secrets = vec![password("opensesame"); 1_000];
    let call = Call::Modify { dn: ADA.to_owned(), changes: Vec::new(), secrets, terms: Terms::default() };
    check(&play(&mut session, vec![call]).await, &["Written"]);
    assert_eq!(session.secrets.len(), 1);
}
