use patchbay_connector::ldap::Attribute;

use super::*;

fn root(attributes: &[(&str, &str)]) -> RootDse {
    let one = |(name, value): &(&str, &str)| Attribute {
        name: (*name).to_owned(),
        values: value.split('|').map(|value| value.as_bytes().to_vec()).collect(),
    };
    RootDse::read(&attributes.iter().map(one).collect::<Vec<_>>())
}

#[test]
fn vendors_are_told_by_what_they_say() {
    let check = |attributes: &[(&str, &str)], expected: Vendor| assert_eq!(root(attributes).vendor, expected);
    check(&[("objectClass", "top|OpenLDAProotDSE")], Vendor::OpenLdap);
    check(&[("supportedCapabilities", "1.2.840.113556.1.4.800|1.2.840.113556.1.4.1670")], Vendor::ActiveDirectory);
    check(&[("supportedCapabilities", "1.2.840.113556.1.4.1851")], Vendor::AdLds);
    let samba =
        [("vendorName", "Samba Team (https://www.samba.org)"), ("supportedCapabilities", "1.2.840.113556.1.4.800")];
    check(&samba, Vendor::SambaAd);
    check(&[("vendorname", "389 Project"), ("vendorversion", "389-Directory/2.3.1")], Vendor::Ds389);
    check(&[("vendorName", "Oracle Corporation"), ("vendorVersion", "Oracle Unified Directory 12")], Vendor::OpenDj);
    check(&[("vendorName", "Oracle Corporation"), ("vendorVersion", "Sun-Directory-Server/11.1")], Vendor::Oracle);
    check(&[("vendorVersion", "LDAP Agent for NetIQ eDirectory 9.1")], Vendor::EDirectory);
    check(&[("vendorName", "Apache Software Foundation")], Vendor::ApacheDs);
    check(&[("vendorName", "International Business Machines (IBM)")], Vendor::Ibm);
    check(&[("vendorName", "Someone")], Vendor::Generic);
    check(&[], Vendor::Generic);
}

#[test]
fn defaults_fit_what_the_server_has() {
    let check = |attributes: &[(&str, &str)], feed: Feed, password: PasswordWay, version: &str| {
        let defaults = root(attributes).defaults();
        assert_eq!((defaults.feed, defaults.password, defaults.version), (feed, password, version), "{attributes:?}");
    };
    let openldap = ("objectClass", "OpenLDAProotDSE");
    check(&[openldap], Feed::Timestamp, PasswordWay::Modify, "entryCSN");
    check(&[openldap, ("supportedControl", oid::SYNC)], Feed::Syncrepl, PasswordWay::Modify, "entryCSN");
    check(
        &[openldap, ("supportedExtension", "1.3.6.1.4.1.1466.20037")],
        Feed::Timestamp,
        PasswordWay::UserPassword,
        "entryCSN",
    );
    let ad = ("supportedCapabilities", oid::ACTIVE_DIRECTORY);
    check(&[ad], Feed::Usn, PasswordWay::UnicodePwd, "uSNChanged");
    check(&[ad, ("supportedControl", oid::DIR_SYNC)], Feed::DirSync, PasswordWay::UnicodePwd, "uSNChanged");
    let ds389 = ("vendorName", "389 Project");
    check(&[ds389, ("changelog", "cn=changelog")], Feed::ChangeLog, PasswordWay::Modify, "modifyTimestamp");
    check(&[ds389, ("lastusn;userroot", "7")], Feed::Timestamp, PasswordWay::Modify, "entryusn");
}

#[test]
fn the_rest_is_read_as_it_stands() {
    let root = root(&[
        ("namingContexts", "dc=a|"),
        ("defaultnamingcontext", "dc=a"),
        ("configContext", "cn=config"),
        ("subschemaSubentry", "cn=Subschema"),
        ("supportedFeatures", oid::TRUE_FALSE_FILTERS),
        ("supportedExtension", oid::PASSWORD_MODIFY),
    ]);
    assert_eq!(root.naming_contexts, ["dc=a"]);
    assert_eq!(root.default_context.as_deref(), Some("dc=a"));
    assert_eq!(root.config_context.as_deref(), Some("cn=config"));
    assert_eq!(root.schema.as_deref(), Some("cn=Subschema"));
    assert!(root.feature(oid::TRUE_FALSE_FILTERS) && root.extension(oid::PASSWORD_MODIFY) && !root.control(oid::SORT));
    let stored = postcard::to_allocvec(&root).expect("a plan holds it");
    assert_eq!(postcard::from_bytes(&stored), Ok(root));
}

#[test]
fn vendors_have_names() {
    for (vendor, name) in NAMES {
        assert_eq!(vendor.name(), name);
        assert_eq!(Vendor::parse(&name.to_uppercase()), Some(vendor));
    }
    assert_eq!(Vendor::parse("x500"), None);
}

#[test]
fn servers_keep_some_attributes() {
    let check = |vendor: Vendor, name: &str, expected: bool| assert_eq!(vendor.keeps(name), expected, "{name}");
    check(Vendor::ActiveDirectory, "memberOf", true);
    check(Vendor::SambaAd, "whenChanged", true);
    check(Vendor::SambaAd, "member", false);
    check(Vendor::OpenLdap, "memberOf", true);
    check(Vendor::OpenLdap, "whenChanged", false);
    check(Vendor::Generic, "memberOf", false);
}
