//! Handles of the LDAP capability: searches that end or wait, secrets that stay behind, and
//! bindings that are not there.

use patchbay_contract::{Attribute, Change, Connector as _, Delta, ErrorKind, Page, Query, Secret, Value};
use patchbay_engine::{App, Limits};
use zeroize::Zeroizing;

use crate::support::{FakeDirectory, app_of, app_with, ctx};

fn directory() -> std::sync::Arc<FakeDirectory> {
    std::sync::Arc::default()
}

fn query(class: &str, page_size: u32, continuation: Option<Vec<u8>>) -> Query {
    Query {
        class: class.to_owned(),
        filter: None,
        attributes: vec!["cn".to_owned()],
        order: Vec::new(),
        page_size,
        offset: None,
        continuation,
        want_total: true,
    }
}

fn names(page: &Page) -> Vec<&str> {
    page.objects.iter().map(|object| object.id.uid.as_str()).collect()
}

/// What a trick ends with: the failure by name, and its message.
async fn outcome(app: &App, class: &str) -> (String, String) {
    let error = app.search(&ctx("r"), query(class, 10, None)).await.unwrap_err();
    (error.message, error.internal.unwrap_or_default())
}

fn attribute(name: &str, value: Value) -> Attribute {
    Attribute { name: name.to_owned(), values: vec![value] }
}

fn secret(text: &str) -> Value {
    Value::Secret(Secret::new(Zeroizing::new(text.to_owned())))
}

#[tokio::test]
async fn a_search_waits_for_the_next_operation_once() {
    let directory = directory();
    let app = app_of(&directory, Limits::default());
    let first = app.search(&ctx("r"), query("directory", 2, None)).await.unwrap();
    assert_eq!((names(&first), first.total), (vec!["cn=a,dc=example", "cn=b,dc=example"], Some(1)));
    assert_eq!(directory.live(), 1, "the connection waits with its search");
    let second = app.search(&ctx("r"), query("directory", 2, first.next.clone())).await.unwrap();
    assert_eq!(names(&second), ["cn=c,dc=example", "cn=d,dc=example"]);
    let error = app.search(&ctx("r"), query("directory", 2, first.next)).await.unwrap_err();
    assert_eq!(error.message, "Failure::TokenExpired");
    let last = app.search(&ctx("r"), query("directory", 2, second.next)).await.unwrap();
    assert_eq!((names(&last), &last.next), (vec!["cn=e,dc=example"], &None));
    assert_eq!((directory.live(), directory.heard()), (0, vec!["search dc=example".to_owned()]));
}

#[tokio::test]
async fn what_a_guest_does_wrong_is_an_answer() {
    let directory = directory();
    let app = app_of(&directory, Limits::default());
    for (class, failure, message) in [
        ("directory: ended search", "InvalidRequest", "ended by another request"),
        ("directory: orphaned search", "InvalidRequest", "ended by another request"),
        ("directory: parked and used", "InvalidRequest", "went along with a search that was parked"),
        ("directory: parked at its end", "InvalidRequest", "the search is over"),
        ("directory: beyond its grant", "Denied", "dc=elsewhere"),
        ("directory: elsewhere", "UnknownBinding", "there is no binding `elsewhere`"),
    ] {
        let (found, why) = outcome(&app, class).await;
        assert_eq!(found, format!("Failure::{failure}"), "{class}: {why}");
        assert!(why.contains(message), "{class}: {why}");
    }
    assert_eq!(directory.live(), 1, "the one that is parked");
    let without = app_with("obedient", Limits::default(), None);
    assert_eq!(outcome(&without, "directory").await.0, "Failure::UnknownBinding");
}

#[tokio::test]
async fn handles_are_counted() {
    let directory = directory();
    let limits = Limits { handles: 5, connections: 3, ..Limits::default() };
    let app = app_of(&directory, limits);
    let (found, why) = outcome(&app, "directory: leaks").await;
    assert_eq!(
        (found.as_str(), why.as_str()),
        ("4 handles, then Failure::LimitExceeded", "an operation may hold 5 handles")
    );
    let (found, why) = outcome(&app, "directory: leaks connections").await;
    assert_eq!(
        (found.as_str(), why.as_str()),
        ("3 handles, then Failure::LimitExceeded", "an operation may hold 3 connections")
    );
    assert_eq!(directory.live(), 0);
    // A search that is resumed is two handles.
    let first = app.search(&ctx("r"), query("directory", 2, None)).await.unwrap();
    let app = app_of(&directory, Limits { handles: 1, ..Limits::default() });
    let error = app.search(&ctx("r"), query("directory", 2, first.next)).await.unwrap_err();
    assert_eq!(error.message, "Failure::LimitExceeded");
}

#[tokio::test]
async fn a_secret_goes_past_the_guest() {
    let directory = directory();
    let app = app_of(&directory, Limits::default());
    let attributes = vec![
        attribute("cn", Value::Text("x".to_owned())),
        attribute("userPassword", secret("hush")),
        attribute("unicodePwd", secret("pst")),
    ];
    let written = app.create(&ctx("r"), "directory", attributes).await.unwrap();
    assert_eq!(written.id.uid, r#"cn=a\, \"b\",dc=example"#);
    assert_eq!(directory.heard(), [r#"add cn=a\, \"b\",dc=example cn"#]);
    assert_eq!(directory.secrets(), [b"hush".to_vec(), b"\"\0p\0s\0t\0\"\0".to_vec()]);

    let dn = "cn=a,dc=example";
    let delta = Delta { attribute: "userPassword".to_owned(), change: Change::Replace(vec![secret("other")]) };
    app.update(&ctx("r"), "directory", dn, None, vec![delta]).await.unwrap();
    assert_eq!((directory.heard(), directory.secrets()), (vec![format!("set-password {dn}")], vec![b"other".to_vec()]));
}

#[tokio::test]
async fn a_guest_has_the_secrets_of_its_operation_and_no_others() {
    let directory = directory();
    let app = app_of(&directory, Limits::default());
    // The operation brings one; the guest asks for the first, the second and the last there could be.
    for (number, there) in [("0", true), ("1", false), ("4294967295", false)] {
        let attributes =
            vec![attribute("userPassword", secret("hush")), attribute("unicodePwd", Value::Text(number.to_owned()))];
        let outcome = app.create(&ctx("r"), "directory", attributes).await;
        if there {
            outcome.unwrap();
            assert_eq!((directory.heard().len(), directory.secrets().len()), (1, 2));
            continue;
        }
        let error = outcome.unwrap_err();
        assert_eq!((error.kind, error.message.as_str()), (ErrorKind::Internal, "Failure::InvalidRequest"));
        assert_eq!(error.internal, Some(format!("the operation has no secret {number}")));
        assert_eq!((directory.heard(), directory.secrets()), (vec![], vec![]), "nothing reached the directory");
    }
    let error = app.update(&ctx("r"), "directory", "cn=a,dc=example", None, Vec::new()).await.unwrap_err();
    assert_eq!(error.internal.as_deref(), Some("the operation has no secret 7"));
    assert_eq!(directory.secrets(), [] as [Vec<u8>; 0]);
}
