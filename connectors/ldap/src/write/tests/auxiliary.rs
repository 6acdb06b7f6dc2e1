use patchbay_connector::ldap;

use super::*;

const ANNA: usize = 5;
const DN: &str = "modify uid=anna,ou=people,dc=example,dc=org";

/// A class of people with accounts, and what else the settings say of it.
fn settings(more: &str) -> String {
    format!(
        r#"{{"classes": {{"person": {{
            "object_classes": ["inetOrgPerson", "posixAccount"], "filter": "(objectClass=inetOrgPerson)",
            "base": "ou=people,dc=example,dc=org", "dn": "uid={{uid}},ou=people,dc=example,dc=org"{more}
        }}}}}}"#
    )
}

const COUNTER: &str = r#", "next": {"uidNumber": {"entry": "cn=counter,dc=example,dc=org", "attribute": "uidNumber"}}"#;

/// A refusal for the object classes of an entry, which names this attribute.
fn violation(attribute: Option<&str>) -> Option<ldap::Error> {
    let error = failed(Failure::ObjectClassViolation);
    Some(ldap::Error { attribute: attribute.map(str::to_owned), ..error })
}

/// What an update of Anna writes, where the server answers its first writes like this.
fn check(
    more: &str,
    deltas: &[Delta],
    answers: Vec<Option<ldap::Error>>,
    expected: &[&str],
) -> Result<(), (ErrorKind, String)> {
    let mut db = Memory::new();
    let class = db.class(&settings(more), "person");
    db.failures = answers.into();
    let result = update(&mut db, &class, &uuid(ANNA), None, deltas);
    assert_eq!(writes(&db), expected, "{deltas:?}");
    result
        .map(drop)
        .map_err(|error| (error.kind, format!("{}: {}", error.attribute.unwrap_or_default(), error.message)))
}

#[test]
fn a_missing_class_comes_with_what_needs_it() {
    let number = replace("uidNumber", Value::Integer(7));
    let (first, second) = (format!("{DN} =uidNumber:7"), format!("{DN} +objectClass:posixAccount =uidNumber:7"));
    for named in [Some("uidNumber"), None] {
        let outcome = check("", std::slice::from_ref(&number), vec![violation(named)], &[&first, &second]);
        assert_eq!(outcome, Ok(()), "{named:?}");
    }
    // Where the entry may have it, the class is not looked for.
    assert_eq!(check("", std::slice::from_ref(&number), Vec::new(), &[&first]), Ok(()));
    // Somebody else was quicker.
    let raced = Some(failed(Failure::ValueExists));
    let outcome = check("", &[number], vec![violation(None), raced], &[&first, &second, &first]);
    assert_eq!(outcome, Ok(()));
}

#[test]
fn a_number_comes_along() {
    let shell = replace("loginShell", text("/bin/sh"));
    let counter = "modify cn=counter,dc=example,dc=org -uidNumber:1000 +uidNumber:1001";
    let whole = format!("{DN} +objectClass:posixAccount =loginShell:/bin/sh +uidNumber:1000");
    let first = format!("{DN} =loginShell:/bin/sh");
    let outcome =
        check(COUNTER, std::slice::from_ref(&shell), vec![violation(Some("loginShell"))], &[&first, counter, &whole]);
    assert_eq!(outcome, Ok(()));
    // One number, however often it is tried.
    let again = vec![violation(None), None, Some(failed(Failure::ValueExists)), violation(None)];
    let outcome = check(COUNTER, &[shell], again, &[&first, counter, &whole, &first, &whole]);
    assert_eq!(outcome, Ok(()));
}

#[test]
fn other_refusals_stay_what_they_are() {
    let number = replace("uidNumber", Value::Integer(7));
    let first = format!("{DN} =uidNumber:7");
    let refused = |name: &str| {
        let message = format!("{name}: `{name}` is needed by the object classes, or not allowed by them");
        Err((ErrorKind::InvalidValue, message))
    };
    // Another attribute than one that the class would allow.
    assert_eq!(check("", std::slice::from_ref(&number), vec![violation(Some("mail"))], &[&first]), refused("mail"));
    assert_eq!(
        check("", &[replace("mail", text("a@b"))], vec![violation(Some("mail"))], &[&format!("{DN} =mail:a@b")]),
        refused("mail")
    );
    // The class needs more than was given.
    let second = format!("{DN} +objectClass:posixAccount =uidNumber:7");
    let answers = vec![violation(Some("uidNumber")), violation(Some("uid"))];
    assert_eq!(check("", std::slice::from_ref(&number), answers, &[&first, &second]), refused("uid"));
    let outcome = check(r#", "add_missing_classes": false"#, &[number], vec![violation(None)], &[&first]);
    let message = "uidNumber: `uidNumber` needs the object class `posixAccount`, which the entry does not have";
    assert_eq!(outcome, Err((ErrorKind::InvalidValue, message.to_owned())));
}
