//! A replica that refers writes to its provider.

use std::sync::Arc;
use std::time::{Duration, Instant};

use patchbay_capability::ldap::{
    ChangeKind, Error, Failure, PasswordRequest, Pool, RenameRequest, Reply, Request, Terms,
};
use patchbay_capability_ldap::{Bind, LdapOptions, PoolOptions, Referrals, Server, pool};
use patchbay_test_support::{OpenLdap, OpenLdapOptions};

use crate::line::{Line, change, equal, failed, options, person, small, soon, texts};

const ANN: &str = "uid=ann,ou=people,dc=example,dc=org";

/// A provider, and its replica.
struct Both {
    provider: OpenLdap,
    replica: OpenLdap,
}

impl Both {
    fn start() -> Self {
        // What a replica is told it need not work out.
        let options = OpenLdapOptions { memberof: false, refint: false, ..OpenLdapOptions::default() };
        let (provider, replica) = OpenLdap::with_replica(&options).unwrap();
        Self { provider, replica }
    }

    /// What reaches the replica first, and the provider where it is referred there.
    fn options(&self) -> LdapOptions {
        let mut options = LdapOptions { referrals: Referrals::Servers, ..options(&self.replica) };
        options.servers.push(Server::from_url(&self.provider.ldaps_url(), false).unwrap());
        options
    }

    fn pool(&self, change: impl FnOnce(&mut LdapOptions)) -> Arc<dyn Pool> {
        let mut options = self.options();
        change(&mut options);
        pool(options, small(1)).unwrap()
    }

    /// Waits until the replica has what the provider has of an entry.
    async fn follow(&self, filter: &str) {
        let wait = Instant::now() + Duration::from_secs(20);
        while self.replica.entries(self.replica.base(), filter, &["1.1"]).unwrap().is_empty() {
            assert!(Instant::now() < wait, "the replica does not follow to {filter}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

fn read_back(attribute: &str) -> Terms {
    Terms { read_back: vec![attribute.into()], ..Terms::default() }
}

fn title(value: &str) -> Vec<patchbay_capability::ldap::Change> {
    vec![change(ChangeKind::Replace, "title", &[value])]
}

async fn set_password(line: &mut Line, dn: &str, secret: &str) -> Result<Reply, Error> {
    let secret = secret.as_bytes().to_vec().into();
    line.run(Request::SetPassword(PasswordRequest { dn: dn.into(), secret })).await
}

#[tokio::test]
async fn writes_are_made_at_the_provider() {
    let both = Both::start();
    let mut line = Line::open(&both.pool(|_| ())).await;
    // From the writer, whether the replica has followed or not.
    let written = line.add(ANN, person("ann"), read_back("entryUUID")).await.unwrap();
    let uuid = texts(&written.entry.unwrap(), "entryUUID");
    assert_eq!(uuid.len(), 1);
    both.follow("(uid=ann)").await;
    assert_eq!(texts(&line.read(ANN, &["entryUUID"]).await.unwrap(), "entryUUID"), uuid);

    let written = line.modify(ANN, title("Dr"), read_back("title")).await.unwrap();
    assert_eq!(texts(&written.entry.unwrap(), "title"), ["Dr"]);
    both.follow("(title=Dr)").await;
    // Conditions are the provider's to check, and its refusals are told as they are.
    let condition = Terms { assertion: Some(equal("title", b"Prof")), ..Terms::default() };
    failed(line.modify(ANN, title("Mr"), condition).await, Failure::AssertionFailed, "");
    failed(line.add(ANN, person("ann"), Terms::default()).await, Failure::AlreadyExists, "");

    set_password(&mut line, ANN, "S3cret!pass1").await.unwrap();
    assert!(both.provider.binds(ANN, "S3cret!pass1").unwrap());
    failed(set_password(&mut line, ANN, "x").await, Failure::ConstraintViolation, "too short");

    let bob = "uid=bob,ou=groups,dc=example,dc=org";
    let rename = RenameRequest {
        dn: ANN.into(),
        new_rdn: "uid=bob".into(),
        delete_old: true,
        new_parent: Some("ou=groups,dc=example,dc=org".into()),
        new_dn: bob.into(),
        terms: read_back("uid"),
    };
    let written = line.write(Request::Rename(rename)).await.unwrap();
    assert_eq!((written.dn.as_str(), texts(&written.entry.unwrap(), "uid")), (bob, vec!["bob".to_owned()]));
    line.delete(bob, Terms::default()).await.unwrap();
    assert!(both.provider.entries("dc=example,dc=org", "(uid=bob)", &["1.1"]).unwrap().is_empty());
}

#[tokio::test]
async fn what_is_not_configured_is_not_followed() {
    let mut both = Both::start();
    both.provider.ldif(&format!("dn: {ANN}\nobjectClass: inetOrgPerson\nuid: ann\ncn: ann\nsn: x\n")).unwrap();
    both.follow("(uid=ann)").await;
    let refused = async |change: &dyn Fn(&mut LdapOptions), words: &str| {
        let mut line = Line::open(&both.pool(|options| change(options))).await;
        let error = failed(line.modify(ANN, title("Dr"), Terms::default()).await, Failure::Referral, words);
        assert_eq!(error.code, Some(10));
        // A referral is no reason to give the connection up.
        line.read(ANN, &["cn"]).await.unwrap();
    };
    refused(&|options| options.referrals = Referrals::Refuse, "referrals are not followed").await;
    let none = "none of the binding's";
    refused(&|options| options.servers.truncate(1), none).await;
    // The same machine, another port; another name for the same machine.
    let port = both.provider.port();
    let other = Server::from_url(&format!("ldap://127.0.0.1:{port}"), false).unwrap();
    refused(&|options| options.servers[1] = other.clone(), none).await;
    refused(&|options| options.servers[1].host = "localhost".into(), none).await;
    assert!(both.provider.entries(ANN, "(title=*)", &["1.1"]).unwrap().is_empty());

    let mut line = Line::open(&both.pool(|_| ())).await;
    both.provider.kill();
    let outcome = line.modify(ANN, title("Dr"), Terms::default()).await;
    // Nothing was asked of anybody who could have done it.
    failed(outcome, Failure::Busy, "another server has it, which cannot be reached now");
    line.read(ANN, &["cn"]).await.unwrap();
    both.provider.resume().unwrap();
    line.modify(ANN, title("Dr"), Terms::default()).await.unwrap();
    both.provider.restart().unwrap();
    line.modify(ANN, title("Prof"), Terms::default()).await.unwrap();
}

#[tokio::test]
async fn the_provider_is_asked_as_the_replica_is() {
    let both = Both::start();
    let reader = |options: &mut LdapOptions| {
        let password = Some(both.provider.password().to_owned());
        options.bind = Bind::Simple { name: both.provider.reader_dn().into(), password, password_source: None };
    };
    let mut line = Line::open(&both.pool(reader)).await;
    let outcome = line.modify("ou=people,dc=example,dc=org", title("x"), Terms::default()).await;
    assert_eq!(failed(outcome, Failure::PermissionDenied, "the server does not allow it").code, Some(50));
    // Its certificate is looked at as well.
    let authority = OpenLdap::start().unwrap();
    let mut options = both.options();
    options.servers.remove(0);
    options.ca_file = Some(authority.ca_file().to_owned());
    failed(pool(options, small(1)).unwrap().lease(soon()).await, Failure::Unavailable, "not trusted");
}

#[tokio::test]
async fn a_write_at_the_provider_that_nobody_waits_for_is_ended() {
    let both = Both::start();
    let sizes = PoolOptions { max: 1, grace: Duration::from_secs(10), ..PoolOptions::default() };
    let directory = pool(both.options(), sizes).unwrap();
    let mut line = Line::open(&directory).await;
    line.add(ANN, person("ann"), Terms::default()).await.unwrap();
    both.provider.freeze().unwrap();
    let write = Request::Modify(patchbay_capability::ldap::ModifyRequest {
        dn: ANN.into(),
        changes: title("Dr"),
        secrets: vec![],
        terms: Terms::default(),
    });
    let short = Instant::now() + Duration::from_millis(500);
    failed(line.0.run(write, short).await, Failure::Timeout, "in time");
    drop(line);
    both.provider.unfreeze().unwrap();
    // The next one waits for the first one's end.
    let mut line = Line::open(&directory).await;
    assert_eq!(both.provider.entries(ANN, "(title=Dr)", &["1.1"]).unwrap().len(), 1);
    line.modify(ANN, title("Prof"), Terms::default()).await.unwrap();
    assert_eq!(both.provider.entries(ANN, "(title=Prof)", &["1.1"]).unwrap().len(), 1);
    drop(line);
    directory.close().await;
}
