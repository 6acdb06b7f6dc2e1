//! Secrets reach the directory, and nobody else.

use std::path::Path;
use std::sync::Arc;

use patchbay_capability::ldap::{Call, Failure, Secret, SecretForm, SecretValue, Terms, is_secret};
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

/// What Active Directory and Samba hide themselves, by the names in their own schema: all but
/// what says only how keys are made, and when.
#[test]
fn what_active_directory_hides_is_secret() {
    if SambaAd::is_left_out() {
        return;
    }
    let setup = Path::new("/usr/share/samba/setup");
    // Not all of it is UTF-8, but all names are.
    let read = |name: &str| String::from_utf8_lossy(&std::fs::read(setup.join(name)).unwrap()).into_owned();
    let of_samba = read("provision_init.ldif");
    let hidden: Vec<&str> = of_samba.lines().filter_map(|line| line.strip_prefix("passwordAttribute: ")).collect();
    assert!(hidden.len() > 10, "{hidden:?}");
    let schema = read("ad-schema/AD_DS_Attributes__Windows_Server_2016.ldf").replace('\r', "");
    let field = |block: &str, name: &str| {
        let value = |line: &str| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then(|| value.to_owned())
        };
        block.lines().find_map(value)
    };
    // fCONFIDENTIAL.
    let confidential = |block: &str| field(block, "searchFlags")?.parse::<u32>().ok().filter(|flags| flags & 0x80 != 0);
    let confidential: Vec<String> = schema
        .split("\n\n")
        .filter(|block| confidential(block).is_some())
        .map(|block| field(block, "ldapDisplayName").unwrap())
        .collect();
    assert!(confidential.len() > 10, "{confidential:?}");
    let harmless = |name: &str| {
        name.starts_with("msKds-") && name != "msKds-RootKeyData"
            || ["msDS-IssuerCertificates", "msDS-TransformationRulesCompiled", "msPKIRoamingTimeStamp"].contains(&name)
    };
    let missing: Vec<&str> = confidential
        .iter()
        .map(String::as_str)
        .chain(hidden)
        .filter(|name| !is_secret(name) && !harmless(name))
        .collect();
    assert_eq!(missing, [""; 0]);
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
