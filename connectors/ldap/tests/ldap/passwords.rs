//! Passwords of accounts that the policy of the server would open with them.

use patchbay_contract::{Connector as _, ErrorKind, Value};

use crate::settings::settings;
use crate::target::{Kind, Target, attribute, ctx, kind_of, secret, set};

const NEW: &str = "Back-again-8";

/// Dora, whom an administrator has shut.
async fn shut(target: &Target) -> String {
    let given =
        vec![attribute("password", [secret(target.kind.password())]), attribute("active", [Value::Boolean(true)])];
    let uid = target.person("dora", given).await.unwrap();
    lock(target, "replace: pwdAccountLockedTime\npwdAccountLockedTime: 000001010000Z");
    uid
}

/// Changes her entry beside the connector.
fn lock(target: &Target, change: &str) {
    target.directory.ldif(&format!("dn: {}\nchangetype: modify\n{change}\n", target.entry("dora").dn));
}

fn binds(target: &Target, password: &str) -> bool {
    target.directory.binds(&target.entry("dora").dn, password)
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_shut_an_account_opens_none_with_a_password() {
    let target = Target::new(Kind::OpenLdap, settings(Kind::OpenLdap));
    let uid = shut(&target).await;
    let app = target.withholding(&["pwdAccountLockedTime"], &settings(Kind::OpenLdap));
    target.sent();
    let outcome = app.update(&ctx(), "person", &uid, None, vec![set("password", secret(NEW))]).await;
    assert_eq!(kind_of(outcome).map(drop), Err((ErrorKind::PermissionDenied, None)));
    let writes = |line: &String| ["add", "modify", "rename", "delete", "set"].iter().any(|verb| line.starts_with(verb));
    let sent = target.sent();
    assert!(!sent.iter().any(writes), "{sent:?}");
    assert_eq!(target.entry("dora").texts("pwdaccountlockedtime"), ["000001010000Z"]);
    lock(&target, "delete: pwdAccountLockedTime");
    assert!(binds(&target, target.kind.password()) && !binds(&target, NEW), "the password is the old one");
    // Of an account that is open, nothing has to be shut.
    app.update(&ctx(), "person", &uid, None, vec![set("password", secret(NEW))]).await.unwrap();
    assert!(binds(&target, NEW));
    // The settings are told before.
    let told = |found: Vec<patchbay_contract::Diagnostic>| -> Vec<String> {
        let about = found.into_iter().filter(|finding| finding.summary.contains("pwdAccountLockedTime"));
        about.filter_map(|finding| finding.path).collect()
    };
    assert_eq!(told(app.test(&ctx()).await.unwrap()), ["/classes/person/password"]);
    assert_eq!(told(target.app.test(&ctx()).await.unwrap()), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_shut_gets_a_password_and_stays_shut() {
    let target = Target::new(Kind::OpenLdap, settings(Kind::OpenLdap));
    let uid = shut(&target).await;
    target.update("person", &uid, vec![set("password", secret(NEW))]).await.unwrap();
    assert_eq!(target.values("person", &uid, "active").await, ["false"]);
    assert!(!binds(&target, NEW));
    target.update("person", &uid, vec![set("active", Value::Boolean(true))]).await.unwrap();
    assert!(binds(&target, NEW));
    // Nobody is shut by a password that is refused.
    let deltas = vec![set("active", Value::Boolean(false)), set("password", secret("abc"))];
    let outcome = kind_of(target.update("person", &uid, deltas).await);
    assert_eq!(outcome, Err((ErrorKind::InvalidValue, Some("password".into()))));
    assert_eq!(target.values("person", &uid, "active").await, ["true"]);
    assert!(binds(&target, NEW));
    // What comes after a password does not take it back, and the error says so.
    let deltas = vec![set("password", secret("And-again-9")), set("userCertificate", Value::Binary(b"none".to_vec()))];
    let error = target.update("person", &uid, deltas).await.unwrap_err();
    assert_eq!((error.kind, error.attribute.as_deref()), (ErrorKind::Partial, Some("userCertificate")));
    assert!(error.message.ends_with("the password was set before"), "{}", error.message);
    assert!(binds(&target, "And-again-9"));
}
