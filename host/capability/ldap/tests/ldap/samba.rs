//! Active Directory, by Samba.

use std::time::{Duration, Instant};

use patchbay_capability::ldap::{
    AddRequest, Attribute, ChangeKind, DirSyncPage, DirSyncRequest, Error, Failure, Filter, FilterNode, ModifyRequest,
    RenameRequest, Reply, Request, SearchOptions, SearchRequest, SearchScope, SecretAttribute, SyncRequest, Terms,
};
use patchbay_capability_ldap::{Bind, LdapOptions, PoolOptions, Security, Server, pool};
use patchbay_test_support::SambaAd;

use crate::line::{Line, attribute, base, change, equal, failed, present, simple, small, soon, subtree, texts, values};

fn options(samba: &SambaAd) -> LdapOptions {
    let mut options = LdapOptions::new(Server::from_url(&samba.ldaps_url(), false).unwrap());
    options.ca_file = Some(samba.ca_file().to_owned());
    options.bind = simple(samba.admin(), samba.password());
    options
}

async fn connect(samba: &SambaAd) -> Line {
    Line::open(&pool(options(samba), small(1)).unwrap()).await
}

fn user(name: &str, control: &str) -> Vec<Attribute> {
    vec![
        attribute("objectClass", &["user"]),
        attribute("sAMAccountName", &[name]),
        attribute("userPrincipalName", &[&format!("{name}@test.lan")]),
        attribute("userAccountControl", &[control]),
    ]
}

fn password(text: &str) -> SecretAttribute {
    let quoted: Vec<u8> = format!("\"{text}\"").encode_utf16().flat_map(u16::to_le_bytes).collect();
    SecretAttribute { attribute: "unicodePwd".into(), value: quoted.into() }
}

fn add(dn: &str, attributes: Vec<Attribute>, secrets: Vec<SecretAttribute>) -> Request {
    let terms = Terms { read_back: vec!["objectGUID".into(), "sAMAccountName".into()], ..Terms::default() };
    Request::Add(AddRequest { dn: dn.into(), attributes, secrets, terms })
}

fn people(samba: &SambaAd, name: &str) -> String {
    format!("CN={name},OU=People,{}", samba.base())
}

#[tokio::test]
async fn binds_by_every_kind_of_name_and_says_why_not() {
    if SambaAd::is_left_out() {
        return;
    }
    let samba = SambaAd::start().unwrap();
    let start_tls = Server { host: "127.0.0.1".into(), port: samba.port(), security: Security::StartTls };
    for (name, servers) in [
        (samba.admin().to_owned(), None),
        (samba.admin_dn().to_owned(), None),
        ("TEST\\Administrator".to_owned(), None),
        (samba.admin_dn().to_owned(), Some(vec![start_tls])),
    ] {
        let mut options = options(&samba);
        options.bind = simple(&name, samba.password());
        options.servers = servers.unwrap_or(options.servers);
        let mut line = Line::open(&pool(options, small(1)).unwrap()).await;
        assert_eq!(line.read(samba.base(), &["dc"]).await.unwrap().attributes.len(), 1, "{name}");
    }

    let mut line = connect(&samba).await;
    let dn = people(&samba, "ann");
    line.write(add(&dn, user("ann", "512"), vec![password("S3cret!pass1")])).await.unwrap();
    let refused = async |secret: &str, words: &str| {
        let bind = simple("ann@test.lan", secret);
        let sizes = PoolOptions { connect_timeout: Duration::from_secs(10), ..small(1) };
        let outcome = pool(LdapOptions { bind, ..options(&samba) }, sizes).unwrap().lease(soon()).await;
        let error = failed(outcome, Failure::PermissionDenied, words);
        assert!(!error.message.contains(secret));
    };
    refused("wrong-password", "the name or the password of the binding is wrong").await;
    let set = |name: &str, value: &str| vec![change(ChangeKind::Replace, name, &[value])];
    line.modify(&dn, set("userAccountControl", "514"), Terms::default()).await.unwrap();
    refused("S3cret!pass1", "the account of the binding is disabled").await;
    line.modify(&dn, set("userAccountControl", "512"), Terms::default()).await.unwrap();
    line.modify(&dn, set("pwdLastSet", "0"), Terms::default()).await.unwrap();
    refused("S3cret!pass1", "must be changed first").await;
    line.modify(&dn, set("pwdLastSet", "-1"), Terms::default()).await.unwrap();
    line.modify(&dn, set("accountExpires", "1"), Terms::default()).await.unwrap();
    refused("S3cret!pass1", "the account of the binding has expired").await;

    let plain = Server { host: "127.0.0.1".into(), port: samba.port(), security: Security::Plain };
    let outcome = pool(LdapOptions { servers: vec![plain], ..options(&samba) }, small(1)).unwrap().lease(soon()).await;
    // Where the domain demands more than a password in the clear.
    if let Err(error) = outcome {
        assert_eq!(error.failure, Failure::PermissionDenied, "{error}");
    }
    let anonymous = LdapOptions { bind: Bind::Anonymous, ..options(&samba) };
    let mut line = Line::open(&pool(anonymous, small(1)).unwrap()).await;
    assert!(matches!(line.run(Request::RootDse).await, Ok(Reply::Entry(_))));
    assert!(line.search(base(samba.base(), &["*"])).await.is_err());
}

#[tokio::test]
async fn writes_their_terms_and_refusals() {
    if SambaAd::is_left_out() {
        return;
    }
    let samba = SambaAd::start().unwrap();
    let mut line = connect(&samba).await;
    let (ann, bob) = (people(&samba, "ann"), people(&samba, "bob"));
    // Read behind the write: there is no control for it.
    let written = line.write(add(&ann, user("ann", "512"), vec![password("S3cret!pass1")])).await.unwrap();
    let entry = written.entry.unwrap();
    assert_eq!((texts(&entry, "sAMAccountName"), values(&entry, "objectGUID")[0].len()), (vec!["ann".to_owned()], 16));
    assert!(samba.binds("ann@test.lan", "S3cret!pass1").unwrap());

    let weak =
        ModifyRequest { dn: ann.clone(), changes: vec![], secrets: vec![password("a")], terms: Terms::default() };
    let error = failed(line.run(Request::Modify(weak)).await, Failure::ConstraintViolation, "");
    assert_eq!(error.attribute.as_deref(), Some("unicodePwd"), "{error}");

    failed(line.write(add(&ann, user("ann2", "512"), vec![])).await, Failure::AlreadyExists, "");
    failed(line.write(add(&bob, user("ann", "512"), vec![])).await, Failure::AlreadyExists, "");
    failed(
        line.write(add(&bob, [user("bob", "512"), vec![attribute("shoeSize", &["1"])]].concat(), vec![])).await,
        Failure::Undefined,
        "",
    );
    line.write(add(&bob, user("bob", "514"), vec![])).await.unwrap();

    let group = format!("CN=team,OU=Groups,{}", samba.base());
    let team = vec![
        attribute("objectClass", &["group"]),
        attribute("sAMAccountName", &["team"]),
        attribute("member", &[&ann]),
    ];
    line.add(&group, team, Terms::default()).await.unwrap();
    let member = |kind, dn: &str| vec![change(kind, "member", &[dn])];
    failed(line.modify(&group, member(ChangeKind::Add, &ann), Terms::default()).await, Failure::ValueExists, "");
    let gone = line.modify(&group, member(ChangeKind::Delete, &bob), Terms::default()).await.unwrap_err();
    assert!(matches!(gone.failure, Failure::NoSuchValue | Failure::Unwilling), "{gone}");
    // Permissive, where the server is.
    let phone = || vec![change(ChangeKind::Add, "otherTelephone", &["1"])];
    line.modify(&ann, phone(), Terms::default()).await.unwrap();
    failed(line.modify(&ann, phone(), Terms::default()).await, Failure::ValueExists, "");
    line.modify(&ann, phone(), Terms { permissive: true, ..Terms::default() }).await.unwrap();

    let condition = Terms { assertion: Some(equal("title", b"Dr")), ..Terms::default() };
    failed(line.modify(&ann, phone(), condition).await, Failure::Unsupported, "conditions");

    let new_dn = format!("CN=ann b,OU=Groups,{}", samba.base());
    let rename = RenameRequest {
        dn: ann.clone(),
        new_rdn: "CN=ann b".into(),
        delete_old: true,
        new_parent: Some(format!("OU=Groups,{}", samba.base())),
        new_dn: new_dn.clone(),
        terms: Terms { read_back: vec!["objectGUID".into()], ..Terms::default() },
    };
    let renamed = line.write(Request::Rename(rename)).await.unwrap();
    assert_eq!(renamed.dn, new_dn);
    assert_eq!(values(&renamed.entry.unwrap(), "objectGUID"), values(&entry, "objectGUID"));

    let unit = format!("OU=Groups,{}", samba.base());
    failed(line.delete(&unit, Terms::default()).await, Failure::NotLeaf, "");
    line.delete(&unit, Terms { tree: true, ..Terms::default() }).await.unwrap();
    failed(line.read(&group, &["*"]).await, Failure::NoSuchObject, "");
}

#[tokio::test]
async fn searches_tombstones_and_the_schema() {
    if SambaAd::is_left_out() {
        return;
    }
    let samba = SambaAd::start().unwrap();
    let mut line = connect(&samba).await;
    for i in 0..25 {
        line.write(add(&people(&samba, &format!("u{i}")), user(&format!("u{i}"), "514"), vec![])).await.unwrap();
    }
    let users = Filter::new(vec![FilterNode::Present("userPrincipalName".into())]);
    let request = SearchRequest { page_size: 10, ..subtree(samba.base(), users.clone(), &["sAMAccountName"]) };
    assert_eq!(line.search(request).await.unwrap().len(), 25);
    assert_eq!(line.count(samba.base(), users, 1000).await, Ok(25));
    for (filter, expected) in [(FilterNode::And(vec![]), true), (FilterNode::Or(vec![]), false)] {
        let people = format!("OU=People,{}", samba.base());
        let found = line.search(subtree(&people, Filter::new(vec![filter]), &["1.1"])).await.unwrap();
        assert_eq!(!found.is_empty(), expected);
    }
    let gone = people(&samba, "u7");
    let guid = line.read(&gone, &["objectGUID"]).await.unwrap();
    line.delete(&gone, Terms::default()).await.unwrap();
    let by_guid = equal("objectGUID", values(&guid, "objectGUID")[0]);
    assert!(line.search(subtree(samba.base(), by_guid.clone(), &["isDeleted"])).await.unwrap().is_empty());
    let options = SearchOptions { deleted: true, extended_names: true };
    let found = line.search(SearchRequest { options, ..subtree(samba.base(), by_guid, &["isDeleted"]) }).await.unwrap();
    assert_eq!(texts(&found[0], "isDeleted"), ["TRUE"]);
    assert!(found[0].dn.contains("<GUID="), "{}", found[0].dn);

    let Ok(Reply::Entry(schema)) = line.run(Request::Schema).await else { panic!() };
    assert!(texts(&schema, "attributeTypes").iter().any(|of| of.contains("'sAMAccountName'")));
    assert!(texts(&schema, "objectClasses").iter().any(|of| of.contains("'user'")));
    let request = SyncRequest {
        base: samba.base().into(),
        scope: SearchScope::Subtree,
        filter: present("uid"),
        attributes: vec!["uid".into()],
        cookie: None,
        max_entries: 10,
        wait: Duration::ZERO,
    };
    failed(line.run(Request::Sync { request, max_bytes: 1000 }).await, Failure::Unsupported, "");
}

async fn changes(line: &mut Line, samba: &SambaAd, cookie: Option<Vec<u8>>) -> Result<DirSyncPage, Error> {
    let request = DirSyncRequest {
        base: samba.base().into(),
        filter: equal("objectClass", b"user"),
        attributes: vec!["sAMAccountName".into(), "title".into(), "isDeleted".into(), "objectGUID".into()],
        cookie,
        incremental_values: true,
        object_security: false,
    };
    match line.run(Request::DirSync { request, max_bytes: 1 << 20 }).await? {
        Reply::DirSync(page) => Ok(page),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn changes_by_dir_sync() {
    if SambaAd::is_left_out() {
        return;
    }
    let samba = SambaAd::start().unwrap();
    let mut line = connect(&samba).await;
    let (ann, bob) = (people(&samba, "ann"), people(&samba, "bob"));
    line.write(add(&ann, user("ann", "514"), vec![])).await.unwrap();
    line.write(add(&bob, user("bob", "514"), vec![])).await.unwrap();
    let mut cookie = None;
    let mut names = Vec::new();
    let start = Instant::now();
    loop {
        assert!(start.elapsed() < Duration::from_secs(30));
        let page = changes(&mut line, &samba, cookie).await.unwrap();
        names.extend(page.entries.iter().flat_map(|entry| texts(entry, "sAMAccountName")));
        cookie = Some(page.cookie);
        if !page.more {
            break;
        }
    }
    assert!(names.contains(&"ann".to_owned()) && names.contains(&"bob".to_owned()), "{names:?}");
    line.modify(&ann, vec![change(ChangeKind::Replace, "title", &["Dr"])], Terms::default()).await.unwrap();
    line.delete(&bob, Terms::default()).await.unwrap();
    let page = changes(&mut line, &samba, cookie).await.unwrap();
    assert_eq!(page.entries.len(), 2, "{page:?}");
    assert!(page.entries.iter().any(|entry| texts(entry, "title") == ["Dr"]));
    assert!(page.entries.iter().any(|entry| texts(entry, "isDeleted") == ["TRUE"]));
    assert!(changes(&mut line, &samba, Some(b"nonsense".to_vec())).await.is_err());
    // The connection is good still.
    assert_eq!(line.read(&ann, &["title"]).await.unwrap().attributes.len(), 1);
}
