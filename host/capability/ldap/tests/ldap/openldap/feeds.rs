//! Changes by content synchronization.

use patchbay_capability::ldap::{
    ChangeKind, DirSyncRequest, Error, Failure, Filter, Reply, Request, SearchScope, SyncPage, SyncRequest, Terms,
};
use patchbay_test_support::OpenLdap;

use crate::line::{Line, change, connect, failed, people, present, texts, values};

async fn sync(line: &mut Line, base: &str, cookie: Option<Vec<u8>>, max_entries: u32) -> Result<SyncPage, Error> {
    let request = SyncRequest {
        base: base.into(),
        scope: SearchScope::Subtree,
        filter: present("uid"),
        attributes: vec!["uid".into(), "entryUUID".into()],
        cookie,
        max_entries,
    };
    match line.run(Request::Sync { request, max_bytes: 1 << 20 }).await? {
        Reply::Sync(page) => Ok(page),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_changed_since_the_cookie() {
    let ldap = OpenLdap::start().unwrap();
    ldap.ldif(&people(&ldap, 30)).unwrap();
    let mut line = connect(&ldap).await;
    let dn = |i: usize| format!("uid=p{i:04},ou=people,{}", ldap.base());
    let first = sync(&mut line, ldap.base(), None, 100).await.unwrap();
    assert_eq!((first.entries.len(), first.deleted.len()), (30, 0));
    let of = |i: usize| first.entries.iter().find(|found| found.entry.dn == dn(i)).unwrap().uuid.clone();

    let quiet = sync(&mut line, ldap.base(), first.cookie.clone(), 100).await.unwrap();
    assert_eq!((quiet.entries.len(), quiet.deleted.len(), quiet.deletes_by_absence), (0, 0, false));

    line.modify(&dn(3), vec![change(ChangeKind::Replace, "sn", &["New"])], Terms::default()).await.unwrap();
    line.delete(&dn(4), Terms::default()).await.unwrap();
    let second = sync(&mut line, ldap.base(), first.cookie.clone(), 100).await.unwrap();
    assert_eq!(second.entries.len(), 1);
    let found = &second.entries[0];
    assert_eq!((found.entry.dn.as_str(), &found.uuid), (dn(3).as_str(), &of(3)));
    assert_eq!(texts(&found.entry, "uid"), ["p0003"]);
    assert_eq!(values(&found.entry, "entryUUID").len(), 1);
    assert!(!second.deletes_by_absence);
    assert_eq!(second.deleted, [of(4)]);
    assert!(second.cookie.is_some() && second.cookie != first.cookie);

    // Too many at a time.
    failed(sync(&mut line, ldap.base(), None, 10).await, Failure::LimitExceeded, "more changes");
    assert_eq!(sync(&mut line, ldap.base(), None, 100).await.unwrap().entries.len(), 29);

    let request = DirSyncRequest {
        base: ldap.base().into(),
        filter: Filter::new(vec![patchbay_capability::ldap::FilterNode::And(vec![])]),
        attributes: vec!["*".into()],
        cookie: None,
        incremental_values: false,
        object_security: false,
    };
    failed(line.run(Request::DirSync { request, max_bytes: 1000 }).await, Failure::Unsupported, "no DirSync");
}
