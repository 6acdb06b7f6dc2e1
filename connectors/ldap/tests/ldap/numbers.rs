//! Numbers of a counter that somebody was given by hand.

use patchbay_contract::{Attribute, Value};
use patchbay_test_support::OpenLdapOptions;
use serde_json::json;

use crate::settings::{settings, with};
use crate::target::{Kind, Target, attribute, set, text};

/// People with accounts, on a server that lets two have one number.
fn target() -> Target {
    let next = json!({ "uidNumber": { "entry": "cn=next,dc=example,dc=org", "attribute": "uidNumber" } });
    let mut settings = with(settings(Kind::OpenLdap), "/classes/person/next", next);
    let person = &mut settings["classes"]["person"];
    person["object_classes"] = json!(["inetOrgPerson", "posixAccount"]);
    person["filter"] = json!("(objectClass=inetOrgPerson)");
    person["include"] = json!(["cn", "sn", "uidNumber", "gidNumber", "homeDirectory"]);
    person["unique"] = json!(["uidNumber"]);
    let options = OpenLdapOptions { unique: vec!["uid"], ..OpenLdapOptions::default() };
    let target = Target::openldap(&options, settings);
    target.directory.ldif(
        "dn: cn=next,dc=example,dc=org\nobjectClass: account\nobjectClass: posixAccount\ncn: next\nuid: next\n\
         uidNumber: 10005\ngidNumber: 0\nhomeDirectory: /\n",
    );
    target
}

fn account(number: Option<i64>) -> Vec<Attribute> {
    let mut given = vec![attribute("homeDirectory", [text("/")]), attribute("gidNumber", [Value::Integer(100)])];
    given.extend(number.map(|number| attribute("uidNumber", [Value::Integer(number)])));
    given
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_somebody_has_is_given_to_nobody_else() {
    let target = target();
    target.person("eve", account(Some(10_005))).await.unwrap();
    target.person("mia", account(Some(10_006))).await.unwrap();
    let zoe = target.person("zoe", account(None)).await.unwrap();
    assert_eq!(target.values("person", &zoe, "uidNumber").await, ["10007"]);
    // As well where the account comes to somebody who is there.
    target.person("ida", account(Some(10_008))).await.unwrap();
    let bert = target.uid("bert").await;
    let deltas = account(None).into_iter().map(|given| set(&given.name, given.values[0].clone())).collect();
    target.update("person", &bert, deltas).await.unwrap();
    assert_eq!(target.values("person", &bert, "uidNumber").await, ["10009"]);
    for number in 10_005..=10_009 {
        let holders = target.directory.entries(&format!("(&(sn=*)(uidNumber={number}))"), &["1.1"]).len();
        assert_eq!(holders, 1, "{number}");
    }
}
