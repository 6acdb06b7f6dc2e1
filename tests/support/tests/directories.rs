//! The directories start, hold what they are given, and come back after a crash.

use patchbay_test_support::{Ds389, OpenLdap, OpenLdapOptions, SambaAd};

const PERSON: &str = "dn: uid=ann,ou=people,dc=example,dc=org
objectClass: inetOrgPerson
uid: ann
cn: Ann
sn: Lee
userPassword: secret-of-ann
";

#[test]
fn openldap() {
    let mut server = OpenLdap::start().unwrap();
    server.ldif(PERSON).unwrap();
    server
        .ldif("dn: cn=all,ou=groups,dc=example,dc=org\nobjectClass: groupOfNames\ncn: all\nmember: uid=ann,ou=people,dc=example,dc=org\n")
        .unwrap();
    let found = server.entries(server.base(), "(uid=ann)", &["*", "memberOf", "entryUUID"]).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].dn, "uid=ann,ou=people,dc=example,dc=org");
    assert_eq!(found[0].texts("memberof"), ["cn=all,ou=groups,dc=example,dc=org"]);
    assert!(found[0].text("userpassword").unwrap().starts_with("{SSHA}"), "clear text is hashed");
    assert_eq!(found[0].text("entryuuid").unwrap().len(), 36);
    let twin = PERSON.replace("uid=ann,ou=people", "cn=twin,ou=people");
    let refused = server.ldif(&twin).unwrap_err().to_string();
    assert!(refused.contains("unique"), "{refused}");
    assert!(server.binds(&found[0].dn, "secret-of-ann").unwrap());
    assert!(!server.binds(&found[0].dn, "secret of nobody").unwrap());
    assert!(server.binds(server.service_dn(), server.password()).unwrap());
    assert!(server.binds(server.reader_dn(), server.password()).unwrap());
    let log = server.search("cn=log", "(objectClass=auditAdd)", &["reqDN"]).unwrap();
    assert!(log.contains("reqDN: uid=ann"), "{log}");
    server.restart().unwrap();
    assert_eq!(server.entries(server.base(), "(uid=ann)", &["1.1"]).unwrap().len(), 1);
}

#[test]
fn openldap_without_its_overlays() {
    let options = OpenLdapOptions {
        memberof: false,
        unique: Vec::new(),
        ppolicy: false,
        size_limit: Some(500),
        ..OpenLdapOptions::default()
    };
    let server = OpenLdap::with(&options).unwrap();
    server.ldif(PERSON).unwrap();
    server.ldif(&PERSON.replace("uid=ann,ou=people", "cn=twin,ou=people").replace("cn: Ann", "cn: twin")).unwrap();
    let found = server.entries(server.base(), "(uid=ann)", &["userPassword", "memberOf"]).unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].text("userpassword").as_deref(), Some("secret-of-ann"));
}

#[test]
fn a_pair_of_openldap() {
    let (mut first, second) = OpenLdap::pair(&OpenLdapOptions::default()).unwrap();
    assert_eq!(first.certificates().ca, second.certificates().ca);
    first.ldif(PERSON).unwrap();
    let arrived = |server: &OpenLdap, filter: &str| {
        for _ in 0..500 {
            if server.entries(server.base(), filter, &["1.1"]).unwrap().len() == 1 {
                return true;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        false
    };
    assert!(arrived(&second, "(uid=ann)"));
    first.kill();
    second.ldif(&PERSON.replace("ann", "bob")).unwrap();
    first.resume().unwrap();
    assert!(arrived(&first, "(uid=bob)"));
}

#[test]
fn samba() {
    if SambaAd::is_left_out() {
        return;
    }
    let mut server = SambaAd::start().unwrap();
    let base = server.base();
    let quoted = base64(&"\"Ann-passw0rd\"".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>());
    server
        .ldif(&format!(
            "dn: CN=Ann Lee,OU=People,{base}\nobjectClass: user\nsAMAccountName: ann\n\
             userPrincipalName: ann@test.lan\nuserAccountControl: 512\nunicodePwd:: {quoted}\n"
        ))
        .unwrap();
    server
        .ldif(&format!("dn: CN=All,OU=Groups,{base}\nobjectClass: group\nmember: CN=Ann Lee,OU=People,{base}\n"))
        .unwrap();
    let found = server.entries(base, "(sAMAccountName=ann)", &["memberOf", "objectGUID"]).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].texts("memberof"), [format!("CN=All,OU=Groups,{base}")]);
    assert_eq!(found[0].attributes["objectguid"][0].len(), 16);
    assert!(server.binds("ann@test.lan", "Ann-passw0rd").unwrap());
    assert!(!server.binds("ann@test.lan", "Bob-passw0rd").unwrap());
    assert!(server.binds("TEST\\administrator", server.password()).unwrap());
    server.restart().unwrap();
    assert_eq!(server.entries(base, "(sAMAccountName=ann)", &["1.1"]).unwrap().len(), 1);
}

#[test]
fn ds389() {
    if Ds389::is_left_out() {
        return;
    }
    let mut server = Ds389::start().unwrap();
    server.ldif(PERSON).unwrap();
    server
        .ldif("dn: cn=all,ou=groups,dc=example,dc=org\nobjectClass: groupOfNames\ncn: all\nmember: uid=ann,ou=people,dc=example,dc=org\n")
        .unwrap();
    let found = server.entries(server.base(), "(uid=ann)", &["*", "memberOf", "nsUniqueId"]).unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].texts("memberof"), ["cn=all,ou=groups,dc=example,dc=org"]);
    assert!(found[0].text("userpassword").unwrap().starts_with("{SSHA512}"), "clear text is hashed");
    assert_eq!(found[0].text("nsuniqueid").unwrap().len(), 35);
    let twin = PERSON.replace("uid=ann,ou=people", "cn=twin,ou=people");
    let refused = server.ldif(&twin).unwrap_err().to_string();
    assert!(refused.contains("Constraint violation"), "{refused}");
    assert!(server.binds(&found[0].dn, "secret-of-ann").unwrap());
    assert!(!server.binds(&found[0].dn, "secret of nobody").unwrap());
    assert!(server.binds(server.service_dn(), server.password()).unwrap());
    assert!(server.binds(server.reader_dn(), server.password()).unwrap());
    let log = server.entries("cn=changelog", "(targetDn=uid=ann,*)", &["changeType", "targetUniqueId"]).unwrap();
    assert_eq!(log[0].text("targetuniqueid"), found[0].text("nsuniqueid"));
    server.restart().unwrap();
    assert_eq!(server.entries(server.base(), "(uid=ann)", &["1.1"]).unwrap().len(), 1);
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// What the examples and the connector's tests put in.
#[test]
fn the_seeds_load() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let read = |name: &str| std::fs::read_to_string(root.join(name)).unwrap();
    let cases = "connectors/ldap/tests/ldap";
    let options = OpenLdapOptions {
        schema: vec![root.join("examples/openldap/helpdesk.schema")],
        unique: vec!["uid"],
        ..OpenLdapOptions::default()
    };
    let server = OpenLdap::with(&options).unwrap();
    server.ldif(&read("examples/openldap/seed.ldif")).unwrap();
    let base = server.base();
    let small = read(&format!("{cases}/seed.openldap.ldif")).replace("{placeholder}", server.service_dn());
    server
        .ldif(
            &small.replace("{people}", &format!("ou=people,{base}")).replace("{groups}", &format!("ou=groups,{base}")),
        )
        .unwrap();
    assert_eq!(server.entries(base, "(objectClass=inetOrgPerson)", &["1.1"]).unwrap().len(), 9);
    if SambaAd::is_left_out() {
        return;
    }
    let server = SambaAd::start().unwrap();
    server.ldif(&read("examples/active-directory/seed.ldif")).unwrap();
    let base = server.base();
    let small = read(&format!("{cases}/seed.samba.ldif"));
    server
        .ldif(
            &small.replace("{people}", &format!("ou=people,{base}")).replace("{groups}", &format!("ou=groups,{base}")),
        )
        .unwrap();
    assert_eq!(server.entries(&format!("OU=People,{base}"), "(objectClass=user)", &["1.1"]).unwrap().len(), 9);
}
