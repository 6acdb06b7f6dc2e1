//! Secrets reach the directory, and nobody else.

use std::sync::Arc;

use patchbay_capability::ldap::{Call, Failure, Secret, SecretForm, SecretValue, Terms};
use patchbay_test_support::SambaAd;
use zeroize::Zeroizing;

use crate::bed::{Bed, add, attribute, named, person, replace, write};

fn secret(text: &str) -> Secret {
    Arc::new(Zeroizing::new(text.to_owned())).into()
}

fn secrets(attribute: &str, text: &str, form: SecretForm) -> Vec<SecretValue> {
    vec![SecretValue { attribute: attribute.to_owned(), secret: secret(text), form }]
}

fn set(dn: &str, attribute: &str, text: &str, form: SecretForm) -> Call {
    let secrets = secrets(attribute, text, form);
    Call::Modify { dn: dn.to_owned(), changes: Vec::new(), secrets, terms: Terms::default() }
}

#[tokio::test]
async fn openldap_takes_passwords_in_each_way() {
    let bed = Bed::openldap(1);
    let mut session = bed.open().await;
    let (first, second, third) = ("First-pässword 1", "Second-password \"2\"", "Third-password\\3");
    let secrets = secrets("userPassword", first, SecretForm::Text);
    let name = named("uid", "ada", &bed.people);
    let call = Call::Add { name, attributes: person("ada"), secrets, terms: Terms::default() };
    let dn = write(&mut session, call).await.unwrap().dn;
    assert!(bed.server.binds(&dn, first).unwrap());
    write(&mut session, set(&dn, "userPassword", second, SecretForm::Text)).await.unwrap();
    assert!(bed.server.binds(&dn, second).unwrap() && !bed.server.binds(&dn, first).unwrap());
    session.call(Call::SetPassword { dn: dn.clone(), secret: secret(third) }).await.unwrap();
    assert!(bed.server.binds(&dn, third).unwrap());
    let error = write(&mut session, set(&dn, "description", third, SecretForm::Text)).await.unwrap_err();
    assert_eq!((error.failure, error.attribute.as_deref()), (Failure::Denied, Some("description")));
}

#[tokio::test]
async fn samba_takes_passwords_as_it_wants_them() {
    if SambaAd::is_left_out() {
        return;
    }
    let bed = Bed::samba(1);
    let mut session = bed.open().await;
    let attributes = vec![attribute("objectClass", "user"), attribute("sAMAccountName", "ada")];
    let dn = write(&mut session, add(named("cn", "Ada", &bed.people), attributes)).await.unwrap().dn;
    let text = "Pässword-\"1\"-\u{1f511}";
    write(&mut session, set(&dn, "unicodePwd", text, SecretForm::ActiveDirectory)).await.unwrap();
    write(&mut session, replace(&dn, "userAccountControl", "512")).await.unwrap();
    assert!(bed.server.binds("ada@test.lan", text).unwrap());
    let weak = write(&mut session, set(&dn, "unicodePwd", "x", SecretForm::ActiveDirectory)).await.unwrap_err();
    assert_eq!(weak.failure, Failure::ConstraintViolation, "{weak}");
}
