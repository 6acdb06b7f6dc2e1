//! Enabled and disabled; passwords, proved by logging in with them.

use patchbay_contract::{Change, Comparator, ErrorKind, Value};
use serde_json::json;

use crate::settings::{settings, with};
use crate::target::{Kind, Target, attribute, check, check_with, compare, kind_of, secret, set, text};

/// What somebody logs in with.
fn user(target: &Target, login: &str) -> String {
    match target.kind {
        Kind::OpenLdap | Kind::Ds389 => target.entry(login).dn,
        Kind::SambaAd => format!("TEST\\{login}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_disabled_does_not_log_in() {
    check(async |target| {
        let password = target.kind.password();
        let given = vec![attribute("password", [secret(password)]), attribute("active", [Value::Boolean(true)])];
        let uid = target.person("dora", given).await.unwrap();
        let dora = user(target, "dora");
        assert!(target.directory.binds(&dora, password), "{:?}", target.kind);
        assert_eq!(target.values("person", &uid, "active").await, ["true"]);
        target.update("person", &uid, vec![set("active", Value::Boolean(false))]).await.unwrap();
        assert!(!target.directory.binds(&dora, password), "{:?}", target.kind);
        assert_eq!(target.values("person", &uid, "active").await, ["false"]);
        let inactive = vec![compare("active", Comparator::Equal, Value::Boolean(false))];
        assert_eq!(target.matches(inactive).await.unwrap(), ["dora"]);
        target.update("person", &uid, vec![set("active", Value::Boolean(true))]).await.unwrap();
        assert!(target.directory.binds(&dora, password), "{:?}", target.kind);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_born_disabled() {
    check(async |target| {
        let given =
            vec![attribute("password", [secret(target.kind.password())]), attribute("active", [Value::Boolean(false)])];
        let uid = target.person("dora", given).await.unwrap();
        assert_eq!(target.values("person", &uid, "active").await, ["false"], "{:?}", target.kind);
        assert!(!target.directory.binds(&user(target, "dora"), target.kind.password()), "{:?}", target.kind);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_replaces_the_old_one() {
    check(async |target| {
        let (first, second) = (target.kind.password(), "An0ther-\u{3b1}\u{1f98a}-secret, \"quoted\" \\");
        let uid = target.person("dora", vec![attribute("password", [secret(first)])]).await.unwrap();
        let dora = user(target, "dora");
        target.update("person", &uid, vec![set("active", Value::Boolean(true))]).await.unwrap();
        assert!(target.directory.binds(&dora, first), "{:?}", target.kind);
        target.update("person", &uid, vec![set("password", secret(second)), set("title", text("x"))]).await.unwrap();
        assert!(!target.directory.binds(&dora, first), "{:?}", target.kind);
        assert!(target.directory.binds(&dora, second), "{:?}", target.kind);
        for line in target.sent() {
            assert!(!line.contains("An0ther") && !line.contains("Correct-horse"), "{line}");
        }
        let read = target.get("person", &uid, &["password"]).await;
        assert!(!format!("{read:?}").contains("SSHA"), "{read:?}");
        let stored = target.entry("dora");
        if target.kind == Kind::OpenLdap {
            assert!(stored.texts("userpassword").iter().all(|value| value.starts_with("{SSHA}")), "hashed");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_weak_password_is_refused_and_nothing_written() {
    check(async |target| {
        let outcome = kind_of(target.person("dora", vec![attribute("password", [secret("abc")])]).await);
        assert_eq!(outcome, Err((ErrorKind::InvalidValue, Some("password".into()))), "{:?}", target.kind);
        assert!(target.directory.entries("(cn=dora)", &["1.1"]).is_empty(), "{:?}", target.kind);
        let uid = target.uid("bert").await;
        let change = target.change("person", &uid, "password", Change::Replace(vec![secret("abc")])).await;
        assert_eq!(kind_of(change), Err((ErrorKind::InvalidValue, Some("password".into()))), "{:?}", target.kind);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn must_change_at_the_next_logon() {
    let must = |kind| {
        let way = if kind == Kind::SambaAd { "unicodePwd" } else { "operation" };
        with(settings(kind), "/classes/person/password", json!({ "way": way, "must_change": true }))
    };
    check_with(must, async |target| {
        if target.kind == Kind::Ds389 {
            target
                .directory
                .ldif("dn: cn=config\nchangetype: modify\nreplace: passwordMustChange\npasswordMustChange: on\n");
        }
        let given =
            vec![attribute("password", [secret(target.kind.password())]), attribute("active", [Value::Boolean(true)])];
        target.person("dora", given).await.unwrap();
        let entry = target.entry("dora");
        if target.kind == Kind::Ds389 {
            // Who has to change it may do nothing before that.
            assert!(!target.directory.binds(&user(target, "dora"), target.kind.password()));
        }
        match target.kind {
            Kind::OpenLdap => assert_eq!(entry.texts("pwdreset"), ["TRUE"]),
            Kind::Ds389 => assert_eq!(entry.texts("passwordexpirationtime"), ["19700101000000Z"]),
            Kind::SambaAd => assert_eq!(entry.texts("pwdlastset"), ["0"]),
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_opens_a_lock() {
    check(async |target| {
        if target.kind == Kind::SambaAd {
            // The domain as it is made locks nobody out.
            target.directory.ldif(&format!(
                "dn: {}\nchangetype: modify\nreplace: lockoutThreshold\nlockoutThreshold: 5\n",
                target.directory.base()
            ));
        }
        let given =
            vec![attribute("password", [secret(target.kind.password())]), attribute("active", [Value::Boolean(true)])];
        let uid = target.person("dora", given).await.unwrap();
        let dora = user(target, "dora");
        for _ in 0..6 {
            assert!(!target.directory.binds(&dora, "Wrong-passw0rd"));
        }
        assert!(!target.directory.binds(&dora, target.kind.password()), "locked out on {:?}", target.kind);
        let new = "Back-again-8";
        target.change("person", &uid, "password", Change::Replace(vec![secret(new)])).await.unwrap();
        assert!(target.directory.binds(&dora, new), "{:?}", target.kind);
    })
    .await;
}

/// What the flags mean, and which of them stay.
#[tokio::test(flavor = "multi_thread")]
async fn account_control_keeps_its_other_bits() {
    check(async |target| {
        if target.kind != Kind::SambaAd {
            return;
        }
        let dn = target.entry("anna").dn;
        // Normal, without a password, one that never expires, smart card.
        let replace = |value: u32| {
            format!("dn: {dn}\nchangetype: modify\nreplace: userAccountControl\nuserAccountControl: {value}\n")
        };
        target.directory.ldif(&replace(0x200 | 0x20 | 0x10000 | 0x100_0000));
        let uid = target.uid("anna").await;
        target.update("person", &uid, vec![set("active", Value::Boolean(false))]).await.unwrap();
        let control = || target.entry("anna").text("useraccountcontrol").unwrap().parse::<u32>().unwrap();
        assert_eq!(control() & !0x20, 0x200 | 0x10000 | 0x100_0000 | 2);
        target.update("person", &uid, vec![set("active", Value::Boolean(true))]).await.unwrap();
        assert_eq!(control() & !0x20, 0x200 | 0x10000 | 0x100_0000);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn protected_accounts_are_refused() {
    check(async |target| {
        if target.kind != Kind::SambaAd {
            return;
        }
        let settings = with(settings(Kind::SambaAd), "/classes/person/base", "CN=Users,DC=test,DC=lan".into());
        let settings = with(settings, "/classes/person/dn", "cn={cn}".into());
        target.reconfigure(&settings);
        for login in ["Administrator", "krbtgt"] {
            let uid = target.uid(&login.to_lowercase()).await;
            for change in [
                set("title", text("x")),
                set("active", Value::Boolean(false)),
                set("password", secret("Some-passw0rd")),
            ] {
                let outcome = kind_of(target.update("person", &uid, vec![change]).await).map(drop);
                assert!(matches!(outcome, Err((ErrorKind::PermissionDenied, _))), "{login}: {outcome:?}");
            }
            let outcome = kind_of(target.delete("person", &uid).await);
            assert_eq!(outcome, Err((ErrorKind::PermissionDenied, None)), "{login}");
        }
    })
    .await;
}

/// The password policy opens an account with every new password: what an administrator shut
/// stays shut, by whatever name.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_opens_no_account_that_is_renamed_with_it() {
    check(async |target| {
        let given =
            vec![attribute("password", [secret(target.kind.password())]), attribute("active", [Value::Boolean(false)])];
        let uid = target.person("dora", given).await.unwrap();
        let new = "Back-again-8";
        let deltas = vec![set("cn", text("Dora Vig")), set("password", secret(new))];
        target.update("person", &uid, deltas).await.unwrap();
        assert!(target.entry("dora").dn.to_lowercase().starts_with("cn=dora vig,"), "{:?}", target.kind);
        assert_eq!(target.values("person", &uid, "active").await, ["false"], "{:?}", target.kind);
        assert!(!target.directory.binds(&user(target, "dora"), new), "{:?}", target.kind);
    })
    .await;
}
