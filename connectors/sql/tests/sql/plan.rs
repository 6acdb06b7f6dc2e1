//! `prepare`, `discover` and `test` against real catalogues.

use patchbay_contract::{Connector as _, ErrorKind, ObjectClass, Severity, ValueType};
use serde_json::json;

use crate::target::{Kind, Target, check, ctx, kind_of};

fn class<'a>(classes: &'a [ObjectClass], name: &str) -> &'a ObjectClass {
    classes.iter().find(|class| class.name == name).unwrap_or_else(|| panic!("no class {name}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn classes_are_described_as_the_catalogue_has_them() {
    check(|target| async move {
        let classes = target.app.discover(&ctx()).await.unwrap();
        let person = class(&classes, "person");
        assert_eq!(
            (person.key.as_slice(), person.name_attribute.as_deref()),
            (&["person_id".to_owned()][..], Some("login"))
        );
        let traits = |name: &str| person.attribute(name).unwrap_or_else(|| panic!("no {name}")).traits;
        let id = traits("person_id");
        assert!(id.key && !id.creatable && !id.updatable && id.unique);
        let login = traits("login");
        assert!(login.required && login.unique && !login.case_exact && login.sortable && login.updatable);
        assert!(!traits("first_name").required && !traits("first_name").case_exact && traits("code").case_exact);
        assert!(!traits("status").required, "it has a default");
        let kind = |name: &str| person.attribute(name).map(|attribute| attribute.kind);
        assert_eq!(kind("age"), Some(ValueType::Integer));
        assert_eq!(kind("salary"), Some(ValueType::Decimal));
        assert_eq!(kind("active"), Some(ValueType::Boolean));
        assert_eq!(kind("created"), Some(ValueType::Timestamp));
        assert_eq!(kind("department"), Some(ValueType::Text));
        for hidden in ["dept_id", "manager_id", "row_version"] {
            assert_eq!(kind(hidden), None, "{hidden} is used for something else");
        }
        let groups = person.attribute("groups").unwrap();
        assert_eq!((groups.kind, groups.target.as_deref()), (ValueType::Reference, Some("team")));
        assert!(groups.traits.multi_valued && groups.traits.expensive && !groups.traits.updatable);
        let locker = class(&classes, "locker");
        let number = locker.attribute("number").unwrap().traits;
        assert!(number.key && number.creatable && number.required && !number.updatable);
        assert!(target.app.test(&ctx()).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_settings_every_granted_table_is_proposed() {
    for kind in Kind::all() {
        let target = Target::new(kind, json!({}), false).await;
        let classes = target.app.discover(&ctx()).await.unwrap();
        assert!(classes.iter().all(|class| class.name != "secret"), "it is not granted");
        let person = class(&classes, "person");
        let reference = person.attribute("manager").unwrap();
        assert_eq!((reference.kind, reference.target.as_deref()), (ValueType::Reference, Some("person")));
        assert_eq!(person.attribute("dept").unwrap().target.as_deref(), Some("department"));
        assert_eq!(person.attribute("team_person").unwrap().target.as_deref(), Some("team"));
        assert!(person.attribute("mail").unwrap().traits.multi_valued);
        assert_eq!(person.name_attribute.as_deref(), Some("login"));
        assert_eq!(class(&classes, "locker").key, ["building", "number"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_do_not_fit_are_reported_with_their_places() {
    for kind in Kind::all() {
        let settings = json!({ "classes": {
            "person": {
                "table": "person",
                "name": "nick",
                "attributes": { "x": { "column": "nothing" }, "age": { "type": "timestamp" } },
                "references": { "manager": { "columns": ["manager_id"], "class": "people" } },
                "lookups": { "d": { "column": "dept_id", "table": "department", "key": "name", "value": "nix" } },
                "multi": { "m": { "table": "mail", "parent": "person_id", "value": "address", "where": { "kind": "WW" } } },
                "soft_delete": { "set": { "deleted": "yes" } },
            },
            "secret": { "table": "secret" },
            "working": { "table": "working" },
            "lost": { "table": "lost" },
        } });
        let target = Target::new(kind, settings, false).await;
        let findings = target.app.test(&ctx()).await.unwrap();
        let mut places: Vec<String> = findings
            .iter()
            .filter(|finding| finding.severity == Severity::Error)
            .filter_map(|finding| finding.path.clone())
            .collect();
        places.sort();
        assert_eq!(
            places,
            [
                "/classes/lost/table",
                "/classes/person/attributes/age/type",
                "/classes/person/attributes/x",
                "/classes/person/lookups/d/value",
                "/classes/person/multi/m/where/kind",
                "/classes/person/name",
                "/classes/person/references/manager/class",
                "/classes/person/soft_delete/set/deleted",
                "/classes/secret/table",
                "/classes/working/key",
            ],
            "{findings:#?}"
        );
        let outcome = kind_of(target.get("person", "1", &["login"]).await.map(|_| ()));
        assert_eq!(outcome, Err((ErrorKind::Configuration, None)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_with_a_key_can_be_read() {
    for kind in Kind::all() {
        let settings = json!({ "classes": { "working": { "table": "working", "key": "person_id" } } });
        let target = Target::new(kind, settings, false).await;
        target.sql("INSERT INTO person (login) VALUES ('anna')");
        assert_eq!(target.values("working", "1", "login").await, ["anna"]);
        let outcome = kind_of(target.delete("working", "1").await);
        assert_eq!(outcome, Err((ErrorKind::Mutability, None)));
    }
}
