//! `get` and `search`: values, projection, order, totals, and what the schema says.

use patchbay_contract::{Comparator, Connector as _, ErrorKind, Order, Query, ValueType};

use crate::settings::settings;
use crate::target::{Kind, Target, by, check, compare, ctx, filter, kind_of, query, show, text, uids};

#[tokio::test(flavor = "multi_thread")]
async fn an_object_has_what_was_asked_for_and_nothing_else() {
    check(async |target| {
        let uid = target.uid("anna").await;
        let anna = target.get("person", &uid, &["title", "nonsense"]).await;
        assert!(anna.is_err(), "{anna:?} on {:?}", target.kind);
        let anna = target.get("person", &uid, &["title", "photo", "login"]).await.unwrap();
        assert_eq!(anna.id.uid, uid);
        assert_eq!(anna.cells, [vec![text("Agent")], vec![], vec![text("anna")]], "{:?}", target.kind);
        let dn = target.values("person", &uid, "dn").await;
        assert!(dn[0].to_lowercase().starts_with("cn=anna lee,ou=people,"), "{dn:?}");
        let id = match target.kind {
            Kind::OpenLdap => "entryUUID",
            Kind::SambaAd => "objectGUID",
            Kind::Ds389 => "nsUniqueId",
        };
        assert_eq!(target.values("person", &uid, id).await, [uid], "{:?}", target.kind);
    })
    .await;
}

/// Which attributes of people may be read makes no difference to what the server says of
/// itself: its schema, here its rules for parts of text.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_attributes_that_may_be_read_leaves_the_schema() {
    let target = Target::new(Kind::OpenLdap, settings(Kind::OpenLdap));
    let app = target.reading(&["uid", "cn", "entryUUID"], &settings(Kind::OpenLdap));
    let attributes = vec!["login".to_owned(), "mail".to_owned()];
    let by_login = filter(vec![compare("login", Comparator::Contains, text("NN"))]);
    let found = app.search(&ctx(), Query { filter: Some(by_login), attributes, ..query("person") }).await.unwrap();
    let cells: Vec<_> = found.objects.into_iter().map(|object| object.cells).collect();
    assert_eq!(cells, [[vec![text("anna")], vec![]]]);
    let by_mail = filter(vec![compare("mail", Comparator::Contains, text("anna"))]);
    app.search(&ctx(), Query { filter: Some(by_mail), ..query("person") }).await.unwrap_err();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_says_how_many_there_are() {
    check(async |target| {
        let page = target.search(Query { want_total: true, page_size: 2, ..query("person") }).await.unwrap();
        assert_eq!((page.objects.len(), page.total), (2, Some(3)), "{:?}", target.kind);
        let none = target.search(Query { want_total: true, page_size: 0, ..query("person") }).await.unwrap();
        assert_eq!((none.objects.len(), none.total), (0, Some(3)), "{:?}", target.kind);
        let rest = target.search(Query { continuation: page.next.clone(), ..query("person") }).await.unwrap();
        assert_eq!(rest.objects.len(), 1, "{:?}", target.kind);
        assert_eq!(rest.next, None);
        assert!(!uids(&page).contains(&rest.objects[0].id.uid), "{:?}", target.kind);
        let groups = target.search(Query { want_total: true, ..query("group") }).await.unwrap();
        assert_eq!(groups.total, Some(2), "{:?}", target.kind);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn order_is_the_servers_or_refused() {
    check(async |target| {
        let classes = target.app.discover(&ctx()).await.unwrap();
        let person = classes.iter().find(|class| class.name == "person").unwrap();
        let sortable = person.attribute("login").unwrap().traits.sortable;
        assert!(!person.attribute("phones").unwrap().traits.sortable, "{:?}", target.kind);
        for descending in [false, true] {
            let order: Vec<Order> = vec![by("login", descending)];
            let attributes = vec!["login".to_owned()];
            let outcome = target.search(Query { order, attributes, ..query("person") }).await;
            if !sortable {
                assert_eq!(kind_of(outcome).map(drop), Err((ErrorKind::Unsupported, Some("login".into()))));
                continue;
            }
            let page = outcome.unwrap();
            let logins: Vec<String> =
                page.objects.into_iter().flat_map(|object| object.cells).flatten().map(show).collect();
            let mut want = vec!["anna", "bert", "cleo"];
            if descending {
                want.reverse();
            }
            assert_eq!(logins, want, "{:?}", target.kind);
        }
    })
    .await;
}

/// Types, single and several values, and rights come from the directory's own schema.
#[tokio::test(flavor = "multi_thread")]
async fn the_schema_is_the_directorys() {
    check(async |target| {
        let classes = target.app.discover(&ctx()).await.unwrap();
        let person = classes.iter().find(|class| class.name == "person").unwrap();
        let traits =
            |name: &str| person.attribute(name).unwrap_or_else(|| panic!("{name} on {:?}", target.kind)).traits;
        assert!(!traits("login").multi_valued && traits("phones").multi_valued, "{:?}", target.kind);
        assert!(!traits("dn").creatable && !traits("dn").updatable && traits("dn").readable);
        assert!(traits("password").secret && !traits("password").readable && traits("password").updatable);
        assert!(traits("member_of").multi_valued && !traits("member_of").updatable);
        assert!(!traits("login").case_exact);
        let kind = |name: &str| person.attribute(name).unwrap().kind;
        assert_eq!(kind("manager"), ValueType::Reference);
        assert_eq!(kind("photo"), ValueType::Binary);
        assert_eq!(kind("active"), ValueType::Boolean);
        assert_eq!(person.attribute("manager").unwrap().target.as_deref(), Some("person"));
        let (id, created) = match target.kind {
            Kind::OpenLdap => ("entryUUID", "createTimestamp"),
            Kind::SambaAd => ("objectGUID", "whenCreated"),
            Kind::Ds389 => ("nsUniqueId", "createTimestamp"),
        };
        assert!(!traits(id).updatable && !traits(id).creatable && !traits(created).updatable, "{:?}", target.kind);
        assert_eq!(kind(created), ValueType::Timestamp, "{:?}", target.kind);
        assert!(person.operations.create && person.operations.update && person.operations.versions);
        let group = classes.iter().find(|class| class.name == "group").unwrap();
        let members = group.attribute("members").unwrap();
        assert!(members.traits.multi_valued && members.traits.expensive && members.kind == ValueType::Reference);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_target_has_nothing_to_complain_of() {
    check(async |target| {
        let found = target.app.test(&ctx()).await.unwrap();
        assert!(found.iter().all(|finding| finding.severity == patchbay_contract::Severity::Warning), "{found:?}");
    })
    .await;
}
