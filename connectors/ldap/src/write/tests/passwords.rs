//! Passwords that are set by the operation, of accounts that the policy would open with it.

use super::*;

const ANNA: usize = 5;
const DN: &str = "uid=anna,ou=people,dc=example,dc=org";
const LOCK: &str = "modify uid=anna,ou=people,dc=example,dc=org =pwdAccountLockedTime:000001010000Z";
const SET: &str = "password uid=anna,ou=people,dc=example,dc=org 0";

/// A directory whose Anna is shut, or not.
fn directory(shut: bool, more: &str) -> (Memory, Class) {
    let mut db = Memory::new();
    let settings = format!(
        r#"{{"classes": {{"person": {{
            "object_classes": ["inetOrgPerson"], "base": "ou=people,dc=example,dc=org", "dn": "uid={{uid}}",
            "active": "pwdAccountLockedTime", "password": {{"way": "operation" {more}}}
        }}}}}}"#
    );
    let class = db.class(&settings, "person");
    if shut {
        update(&mut db, &class, &uuid(ANNA), None, &[replace("active", Value::Boolean(false))])
            .expect("it can be shut");
    }
    db.seen.clear();
    (db, class)
}

fn password() -> Delta {
    replace("password", Value::Secret(0))
}

/// What comes of a new password for her, and of `more`, where the directory answers its first
/// writes so.
fn check(
    shut: bool,
    more: &[Delta],
    answers: &[Option<Failure>],
    written: &[&str],
    outcome: Result<(), ErrorKind>,
    open: bool,
) {
    let (mut db, class) = directory(shut, "");
    db.failures = answers.iter().map(|answer| answer.map(failed)).collect();
    let deltas: Vec<Delta> = more.iter().cloned().chain([password()]).collect();
    let result = update(&mut db, &class, &uuid(ANNA), None, &deltas);
    assert_eq!(writes(&db), written, "{answers:?}");
    assert_eq!(result.as_ref().map(drop).map_err(|error| error.kind), outcome, "{answers:?}");
    assert_eq!(db.texts(DN, "pwdAccountLockedTime").is_empty(), open, "{answers:?}");
    let told = result.err().map_or_else(String::new, |error| error.message);
    assert_eq!(told.contains("the password was set before"), outcome == Err(ErrorKind::Partial), "{told}");
}

#[test]
fn a_new_password_opens_no_account() {
    check(true, &[], &[], &[LOCK, SET, LOCK], Ok(()), false);
    check(false, &[], &[], &[SET], Ok(()), true);
    // Who may not shut accounts opens none either.
    check(true, &[], &[Some(Failure::Denied)], &[LOCK], Err(ErrorKind::PermissionDenied), false);
    check(true, &[], &[Some(Failure::PermissionDenied)], &[LOCK], Err(ErrorKind::PermissionDenied), false);
    let weak = Some(Failure::ConstraintViolation);
    check(true, &[], &[None, weak], &[LOCK, SET], Err(ErrorKind::InvalidValue), false);
}

#[test]
fn a_lost_connection_leaves_no_account_open() {
    let lost = Some(Failure::Unavailable);
    check(true, &[], &[None, None, lost], &[LOCK, SET, LOCK, "renew", LOCK], Ok(()), false);
    // Nobody knows whether the password was set.
    check(true, &[], &[None, lost], &[LOCK, SET, LOCK], Err(ErrorKind::Unavailable), false);
    // The account is open, and the error does not say that nothing was done.
    let again = [None, None, lost, lost];
    check(true, &[], &again, &[LOCK, SET, LOCK, "renew", LOCK], Err(ErrorKind::Partial), true);
    let denied = [None, None, Some(Failure::PermissionDenied)];
    check(true, &[], &denied, &[LOCK, SET, LOCK], Err(ErrorKind::Partial), true);
}

#[test]
fn a_password_that_is_refused_shuts_nobody() {
    let shut = [replace("active", Value::Boolean(false))];
    let weak = Some(Failure::ConstraintViolation);
    let back = format!("modify {DN} =pwdAccountLockedTime:");
    check(false, &shut, &[None, weak], &[LOCK, SET, &back], Err(ErrorKind::InvalidValue), true);
    let (mut db, class) = directory(false, "");
    db.failures = [None, weak.map(failed), Some(failed(Failure::PermissionDenied))].into();
    let deltas = [shut[0].clone(), password()];
    let error = update(&mut db, &class, &uuid(ANNA), None, &deltas).expect_err("it is refused");
    assert_eq!(kind(&error), (ErrorKind::Partial, Some("password")));
    assert!(error.message.contains("`active` was written before"), "{}", error.message);
}

#[test]
fn what_is_refused_after_a_password_says_that_it_was_set() {
    let surname = replace("sn", text("X"));
    let change = format!("modify {DN} =sn:X");
    let refused = Some(Failure::ConstraintViolation);
    check(false, std::slice::from_ref(&surname), &[None, refused], &[SET, &change], Err(ErrorKind::Partial), true);
    // However often it was tried.
    let raced = Some(Failure::NoSuchValue);
    let answers = [None, raced, raced, raced, raced];
    let written = [SET, &change, &change, &change, &change];
    check(false, &[surname], &answers, &written, Err(ErrorKind::Partial), true);
}

#[test]
fn what_goes_with_a_password_has_to_be_granted() {
    for (more, shut, denied) in [("", true, "pwdAccountLockedTime"), (r#", "must_change": true"#, false, "pwdReset")] {
        let (mut db, class) = directory(shut, more);
        db.denied = vec![denied];
        let error = update(&mut db, &class, &uuid(ANNA), None, &[password()]).expect_err("it is not granted");
        assert_eq!(kind(&error), (ErrorKind::PermissionDenied, None), "{denied}");
        assert_eq!(writes(&db), Vec::<&str>::new(), "{denied}");
    }
}
