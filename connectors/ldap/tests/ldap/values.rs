//! Values of the types that directories have: times, security ids, options, Active
//! Directory's numbers.

use patchbay_contract::{Change, FilterNode, Value};
use serde_json::json;

use crate::settings::{settings, with};
use crate::target::{Kind, Target, attribute, check, set, text};

#[tokio::test(flavor = "multi_thread")]
async fn times_are_points_in_time() {
    check(async |target| {
        let name = if target.kind == Kind::SambaAd { "whenCreated" } else { "createTimestamp" };
        let created = target.values("person", &target.uid("anna").await, name).await;
        assert!(created.len() == 1 && created[0].starts_with("@20") && created[0].ends_with('Z'), "{created:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_bytes_whatever_option_the_server_wants() {
    check(async |target| {
        // The smallest that OpenLDAP takes for one is a real one.
        let pem = patchbay_test_support::Certificates::new().unwrap().client.0;
        let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
        let der = base64(&body);
        let given = vec![attribute("userCertificate", [Value::Binary(der.clone())])];
        let uid = target.person("dora", given).await.unwrap_or_else(|error| panic!("{error:?} on {:?}", target.kind));
        assert_eq!(target.values("person", &uid, "userCertificate").await, [format!("{der:?}")], "{:?}", target.kind);
        target.change("person", &uid, "userCertificate", Change::Clear).await.unwrap();
        assert_eq!(target.values("person", &uid, "userCertificate").await, [""; 0], "{:?}", target.kind);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn active_directorys_own_types() {
    let mut settings = settings(Kind::SambaAd);
    settings["classes"]["person"]["attributes"]["expires"] = json!({ "attribute": "accountExpires" });
    settings["classes"]["person"]["attributes"]["changed"] = json!({ "attribute": "pwdLastSet", "read_only": true });
    if patchbay_test_support::SambaAd::is_left_out() {
        return;
    }
    let target = Target::new(Kind::SambaAd, settings);
    let uid = target.uid("anna").await;
    let sid = target.values("person", &uid, "objectSid").await;
    assert!(sid[0].starts_with("S-1-5-21-"), "{sid:?}");
    let until = "2031-05-06T07:08:09Z";
    target.update("person", &uid, vec![set("expires", Value::Timestamp(until.into()))]).await.unwrap();
    assert_eq!(target.values("person", &uid, "expires").await, [format!("@{until}")]);
    assert_eq!(target.entry("anna").texts("accountexpires"), [filetime(1_935_817_689)]);
    // Never.
    target.change("person", &uid, "expires", Change::Clear).await.unwrap();
    assert_eq!(target.values("person", &uid, "expires").await, [""; 0]);
    // The last moment that has a text, and those that have none.
    let last = "9999-12-31T23:59:59Z";
    target.update("person", &uid, vec![set("expires", Value::Timestamp(last.into()))]).await.unwrap();
    assert_eq!(target.entry("anna").texts("accountexpires"), ["2650467743990000000"]);
    assert_eq!(target.values("person", &uid, "expires").await, [format!("@{last}")]);
    let has_expiry = || vec![FilterNode::Present("expires".into())];
    assert_eq!(target.matches(has_expiry()).await.unwrap(), ["anna"]);
    let dn = target.entry("anna").dn;
    for never in ["2650467744000000000", "9223372036854775806", "9223372036854775807", "0"] {
        target
            .directory
            .ldif(&format!("dn: {dn}\nchangetype: modify\nreplace: accountExpires\naccountExpires: {never}\n"));
        assert_eq!(target.values("person", &uid, "expires").await, [""; 0], "{never}");
        assert_eq!(target.matches(has_expiry()).await.unwrap(), [""; 0], "{never}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn languages_are_attributes_of_their_own() {
    let french = json!({ "attribute": "title;lang-fr" });
    let target =
        Target::new(Kind::OpenLdap, with(settings(Kind::OpenLdap), "/classes/person/attributes/titre", french));
    let uid = target.uid("anna").await;
    target.update("person", &uid, vec![set("titre", text("Chef"))]).await.unwrap();
    assert_eq!(target.values("person", &uid, "titre").await, ["Chef"]);
    assert_eq!(target.values("person", &uid, "title").await, ["Agent"]);
    target.change("person", &uid, "title", Change::Clear).await.unwrap();
    assert_eq!(target.values("person", &uid, "titre").await, ["Chef"]);
}

/// Seconds since 1970 as Active Directory counts.
fn filetime(seconds: i64) -> String {
    ((seconds + 11_644_473_600) * 10_000_000).to_string()
}

fn base64(text: &str) -> Vec<u8> {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut count, mut out) = (0_u32, 0, Vec::new());
    for letter in text.bytes().filter(|byte| *byte != b'=') {
        let value = letters.iter().position(|known| *known == letter).unwrap();
        bits = bits << 6 | u32::try_from(value).unwrap();
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push(u8::try_from(bits >> count & 0xff).unwrap());
        }
    }
    out
}
