//! Ways to the server, and names to go by.

use std::fs;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use patchbay_capability::ldap::{Failure, Reply, Request};
use patchbay_capability_ldap::{
    Bind, ClientCertificate, LdapOptions, OptionsError, PasswordSource, PoolOptions, Security, Server, pool,
};
use patchbay_test_support::OpenLdap;

use crate::line::{Line, base, failed, options, present, simple, small, soon, subtree};

fn server(host: &str, port: u16, security: Security) -> Server {
    Server { host: host.into(), port, security }
}

/// Whether people can be read with these options.
async fn check(options: LdapOptions, what: &str) {
    let mut line = Line::open(&pool(options, small(1)).unwrap()).await;
    let found = line.search(subtree("ou=people,dc=example,dc=org", present("objectClass"), &["1.1"])).await;
    assert_eq!(found.map(|found| found.len()), Ok(1), "{what}");
}

/// How a lease fails with them.
async fn refused(options: LdapOptions, failure: Failure, words: &str) {
    let sizes = PoolOptions { connect_timeout: Duration::from_secs(3), ..small(1) };
    failed(pool(options, sizes).unwrap().lease(soon()).await, failure, words);
}

#[tokio::test]
async fn every_way_and_every_name() {
    let ldap = OpenLdap::start().unwrap();
    let over = |server: Server| LdapOptions { servers: vec![server], ..options(&ldap) };
    check(options(&ldap), "TLS").await;
    check(over(server("localhost", ldap.tls_port(), Security::Ldaps)), "TLS, by name").await;
    check(over(server("127.0.0.1", ldap.port(), Security::StartTls)), "StartTLS").await;
    check(over(server("127.0.0.1", ldap.port(), Security::Plain)), "plain").await;
    check(over(server(ldap.socket().to_str().unwrap(), 0, Security::Plain)), "socket").await;

    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = dir.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let (certificate, key) = &ldap.certificates().client;
    let certificate = ClientCertificate { certificate: file("client.pem", certificate), key: file("client.key", key) };
    let external = LdapOptions { bind: Bind::External, client_certificate: Some(certificate), ..options(&ldap) };
    check(external, "by certificate").await;
    let socket = Server::from_url(&ldap.ldapi_url(), false).unwrap();
    assert_eq!(socket, server(ldap.socket().to_str().unwrap(), 0, Security::Plain));
    check(LdapOptions { bind: Bind::External, ..over(socket) }, "by the user of the operating system").await;

    // As nobody one may read what the server says of itself, and nothing else.
    let anonymous = LdapOptions { bind: Bind::Anonymous, ..options(&ldap) };
    let mut line = Line::open(&pool(anonymous, small(1)).unwrap()).await;
    assert!(matches!(line.run(Request::RootDse).await, Ok(Reply::Entry(_))));
    failed(line.search(base(ldap.base(), &["*"])).await, Failure::NoSuchObject, "no such entry");
}

#[tokio::test]
async fn what_is_not_let_in_and_why() {
    let ldap = OpenLdap::start().unwrap();
    let with = |bind: Bind| LdapOptions { bind, ..options(&ldap) };
    let wrong = "the name or the password of the binding is wrong";
    refused(with(simple(ldap.service_dn(), "wrong")), Failure::PermissionDenied, wrong).await;
    refused(with(simple("cn=nobody,dc=example,dc=org", "x")), Failure::PermissionDenied, wrong).await;
    refused(with(simple("no name", "x")), Failure::PermissionDenied, "does not know the name").await;
    // Whoever knows another authority trusts nobody here.
    let stranger = patchbay_test_support::Certificates::new().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let ca_file = dir.path().join("ca.pem");
    fs::write(&ca_file, stranger.ca).unwrap();
    let words = "by an authority that is not trusted";
    refused(LdapOptions { ca_file: Some(ca_file), ..options(&ldap) }, Failure::Unavailable, words).await;
    // A plain port speaks no TLS, and one with TLS no StartTLS.
    let at = |port, security| LdapOptions { servers: vec![server("127.0.0.1", port, security)], ..options(&ldap) };
    refused(at(ldap.port(), Security::Ldaps), Failure::Unavailable, "").await;
    refused(at(ldap.tls_port(), Security::StartTls), Failure::Unavailable, "").await;
    refused(at(1, Security::Ldaps), Failure::Unavailable, "cannot be reached").await;

    let missing = LdapOptions { ca_file: Some(dir.path().join("none.pem")), ..options(&ldap) };
    assert!(matches!(pool(missing, small(1)), Err(OptionsError::Certificates(_))));
}

#[tokio::test]
async fn a_password_that_has_to_be_changed_and_an_account_that_is_locked() {
    let ldap = OpenLdap::start().unwrap();
    let name = format!("uid=must,ou=people,{}", ldap.base());
    ldap.ldif(&format!(
        "dn: {name}\nobjectClass: inetOrgPerson\nuid: must\ncn: must\nsn: must\nuserPassword: first-password\n\n\
         dn: {name}\nchangetype: modify\nreplace: pwdReset\npwdReset: TRUE\n"
    ))
    .unwrap();
    let bind = |password: &str| LdapOptions { bind: simple(&name, password), ..options(&ldap) };
    refused(bind("first-password"), Failure::PermissionDenied, "must be changed first").await;
    for _ in 0..5 {
        refused(bind("wrong"), Failure::PermissionDenied, "wrong").await;
    }
    // OpenLDAP does not say that it is locked unless it is told to.
    refused(bind("first-password"), Failure::PermissionDenied, "wrong").await;
}

#[tokio::test]
async fn a_new_password_is_read_when_a_connection_is_opened() {
    let ldap = OpenLdap::start().unwrap();
    let name = format!("uid=rotated,ou=people,{}", ldap.base());
    let set = |password: &str| {
        // Whose password an administrator sets must change it, unless that is taken back.
        let set = format!("replace: userPassword\nuserPassword: {password}\n");
        let change = format!("dn: {name}\nchangetype: modify\n");
        ldap.ldif(&format!("{change}{set}\n{change}delete: pwdReset\n")).unwrap();
    };
    ldap.ldif(&format!(
        "dn: {name}\nobjectClass: inetOrgPerson\nuid: rotated\ncn: r\nsn: r\nuserPassword: password-1\n"
    ))
    .unwrap();
    let file = Arc::new(Mutex::new("password-1".to_owned()));
    let source = PasswordSource::new({
        let file = Arc::clone(&file);
        move || Ok(file.lock().unwrap().clone())
    });
    let bind = Bind::Simple { name: name.clone(), password: None, password_source: Some(source) };
    let sizes = PoolOptions { max_lifetime: Duration::ZERO, ..small(1) };
    let pool = pool(LdapOptions { bind, ..options(&ldap) }, sizes).unwrap();
    let check = async || {
        let mut line = Line::open(&pool).await;
        assert_eq!(line.read(&name, &["uid"]).await.unwrap().dn, name);
    };
    check().await;
    set("password-2");
    *file.lock().unwrap() = "password-2".into();
    check().await;
    // The file is ahead of the server: the password before is tried as well.
    *file.lock().unwrap() = "password-3".into();
    check().await;
    *file.lock().unwrap() = String::new();
    check().await;
}
