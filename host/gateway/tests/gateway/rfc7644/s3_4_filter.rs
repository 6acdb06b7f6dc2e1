//! Section 3.4.2.2: tables 3 to 5 and figure 2, by the target and by the host.

use patchbay_gateway::Method;
use patchbay_memory::{Memory, helpdesk};
use serde_json::{Value, json};

use super::{ENTERPRISE, GROUP, HR, USER, column, refused, user};
use crate::App;

/// Three users, of whom the first has most and the last nothing but a name.
pub(super) async fn people(memory: Memory) -> App {
    let app = App::with(helpdesk::WIDE, memory, "rfc");
    user(
        &app,
        json!({
            "userName": "bjensen", "name": {"familyName": "O'Malley", "givenName": "Barbara"}, "title": "Tour Guide",
            "userType": "Employee", "active": true, "externalId": "E-1",
            "emails": [{"type": "work", "value": "b@example.com"}, {"type": "home", "value": "babs@jensen.org"}],
            "x509Certificates": [{"value": "aGVsbG8="}],
            ENTERPRISE: {"department": "Tours", "manager": {"value": "2"}},
            HR: {"level": 7, "rate": 12.5, "hired": "2011-05-13T04:42:34Z"},
        }),
    )
    .await;
    user(
        &app,
        json!({
            "userName": "jsmith", "name": {"familyName": "Smith"}, "userType": "Intern", "active": false,
            "emails": [{"type": "home", "value": "j@example.org"}], "ims": [{"type": "xmpp", "value": "j@foo.com"}],
            HR: {"level": 10, "rate": 9, "hired": "2012-01-01T00:00:00+02:00"},
        }),
    )
    .await;
    user(&app, json!({"userName": "kim"})).await;
    app
}

/// That the filter finds these, whoever evaluates it.
pub(super) async fn check(cases: &[(&str, &[&str])]) {
    for (how, memory) in [
        ("by the target", Memory::new(helpdesk::wide()).versioned()),
        ("by the host", Memory::new(helpdesk::wide()).versioned().without_filters()),
    ] {
        let app = people(memory).await;
        for (filter, logins) in cases {
            let list = app.get(&format!("/Users?filter={filter}")).await;
            assert_eq!(column(&list, "userName"), *logins, "{filter} {how}");
            assert_eq!(list["totalResults"], logins.len(), "{filter} {how}");
        }
    }
}

#[tokio::test]
async fn s3_4_2_2_table_3_operators() {
    let hired = |op: &str| format!("{HR}:hired {op} \"2011-05-13T06:42:34+02:00\"");
    let level = |op: &str| format!("{HR}:level {op} 7");
    let cases: Vec<(String, &[&str])> = vec![
        ("userName eq \"bjensen\"".into(), &["bjensen"]),
        ("userName ne \"bjensen\"".into(), &["jsmith", "kim"]),
        ("title ne \"Tour Guide\"".into(), &["jsmith", "kim"]),
        ("userName co \"sm\"".into(), &["jsmith"]),
        ("userName co \"jsmith\"".into(), &["jsmith"]),
        ("userName sw \"J\"".into(), &["jsmith"]),
        ("userName sw \"jsmith\"".into(), &["jsmith"]),
        ("userName ew \"n\"".into(), &["bjensen"]),
        ("userName ew \"bjensen\"".into(), &["bjensen"]),
        ("title pr".into(), &["bjensen"]),
        ("name pr".into(), &["bjensen", "jsmith"]),
        ("emails pr".into(), &["bjensen", "jsmith"]),
        ("userName gt \"bjensen\"".into(), &["jsmith", "kim"]),
        ("userName ge \"jsmith\"".into(), &["jsmith", "kim"]),
        ("userName lt \"jsmith\"".into(), &["bjensen"]),
        ("userName le \"jsmith\"".into(), &["bjensen", "jsmith"]),
        // By number, not by text: 10 is more than 7.
        (level("gt"), &["jsmith"]),
        (level("ge"), &["bjensen", "jsmith"]),
        (level("lt"), &[]),
        (level("le"), &["bjensen"]),
        (level("eq"), &["bjensen"]),
        (level("ne"), &["jsmith", "kim"]),
        (format!("{HR}:level eq 7.0"), &["bjensen"]),
        (format!("{HR}:rate gt 9.0"), &["bjensen"]),
        (format!("{HR}:rate eq 12.50"), &["bjensen"]),
        // By instant, not by text.
        (format!("{HR}:hired lt \"9999-12-31T23:59:59Z\""), &["bjensen", "jsmith"]),
        (format!("{HR}:hired ge \"9999-12-31T23:59:59Z\""), &[]),
        (hired("eq"), &["bjensen"]),
        (hired("gt"), &["jsmith"]),
        (hired("ge"), &["bjensen", "jsmith"]),
        (hired("lt"), &[]),
        (hired("le"), &["bjensen"]),
        ("active eq true".into(), &["bjensen"]),
        ("active ne true".into(), &["jsmith", "kim"]),
        ("x509Certificates eq \"aGVsbG8\"".into(), &["bjensen"]),
        ("title eq null".into(), &["jsmith", "kim"]),
        ("title ne null".into(), &["bjensen"]),
    ];
    let cases: Vec<(&str, &[&str])> = cases.iter().map(|(filter, logins)| (filter.as_str(), *logins)).collect();
    check(&cases).await;
}

#[tokio::test]
async fn s3_4_2_2_table_3_operators_that_do_not_fit_the_type() {
    let app = people(Memory::new(helpdesk::wide())).await;
    for filter in [
        "active gt true",
        "active sw \"t\"",
        "x509Certificates ge \"aGk=\"",
        "x509Certificates co \"aGk=\"",
        "urn:example:params:scim:schemas:extension:hr:1.0:User:level co 7",
        "meta.created sw \"2011\"",
        "title gt null",
        "name eq \"x\"",
        "active eq 1",
        "meta.created gt \"yesterday\"",
        "urn:example:params:scim:schemas:extension:hr:1.0:User:level eq \"7\"",
        "title eq 7",
        "password pr",
    ] {
        refused(&app.send(Method::Get, &format!("/Users?filter={filter}"), None).await, 400, Some("invalidFilter"));
    }
}

#[tokio::test]
async fn s3_4_2_2_tables_4_and_5_logic_and_precedence() {
    check(&[
        ("title pr and userType eq \"Employee\"", &["bjensen"]),
        ("title pr or userType eq \"Intern\"", &["bjensen", "jsmith"]),
        ("not (title pr)", &["jsmith", "kim"]),
        ("NOT (title PR) AND userType PR", &["jsmith"]),
        // `and` binds tighter than `or`, `not` tighter than both, groups tightest.
        ("userName eq \"kim\" or title pr and userType eq \"Intern\"", &["kim"]),
        ("(userName eq \"kim\" or title pr) and userType eq \"Intern\"", &[]),
        ("not (title pr) and userName eq \"kim\" or active eq true", &["bjensen", "kim"]),
        ("not (title pr or userName eq \"kim\")", &["jsmith"]),
        ("emails[type eq \"home\" and value ew \"org\"]", &["bjensen", "jsmith"]),
        ("emails[type eq \"work\" and value ew \"org\"]", &[]),
        ("emails[type eq \"work\" and not (value ew \"org\")]", &["bjensen"]),
        ("emails[not (type eq \"home\")]", &["bjensen"]),
        ("emails[type eq \"work\" or type eq \"home\"]", &["bjensen", "jsmith"]),
        ("not (emails[type eq \"work\"])", &["jsmith", "kim"]),
        ("name[familyName eq \"Smith\" and not (givenName pr)]", &["jsmith"]),
    ])
    .await;
}

#[tokio::test]
async fn s3_4_2_2_figure_2_examples() {
    check(&[
        ("userName eq \"bjensen\"", &["bjensen"]),
        ("name.familyName co \"O'Malley\"", &["bjensen"]),
        ("userName sw \"J\"", &["jsmith"]),
        ("urn:ietf:params:scim:schemas:core:2.0:User:userName sw \"J\"", &["jsmith"]),
        ("title pr", &["bjensen"]),
        ("meta.lastModified gt \"2011-05-13T04:42:34Z\"", &["bjensen", "jsmith", "kim"]),
        ("meta.lastModified ge \"2011-05-13T04:42:34Z\"", &["bjensen", "jsmith", "kim"]),
        ("meta.lastModified lt \"2011-05-13T04:42:34Z\"", &[]),
        ("meta.lastModified le \"2011-05-13T04:42:34Z\"", &[]),
        ("title pr and userType eq \"Employee\"", &["bjensen"]),
        ("title pr or userType eq \"Intern\"", &["bjensen", "jsmith"]),
        ("schemas eq \"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User\"", &["bjensen"]),
        ("userType eq \"Employee\" and (emails co \"example.com\" or emails.value co \"example.org\")", &["bjensen"]),
        ("userType ne \"Employee\" and not (emails co \"example.com\" or emails.value co \"example.org\")", &["kim"]),
        ("userType eq \"Employee\" and (emails.type eq \"work\")", &["bjensen"]),
        ("userType eq \"Employee\" and emails[type eq \"work\" and value co \"@example.com\"]", &["bjensen"]),
        (
            "emails[type eq \"work\" and value co \"@example.com\"] or ims[type eq \"xmpp\" and value co \"@foo.com\"]",
            &["bjensen", "jsmith"],
        ),
    ])
    .await;
}

#[tokio::test]
async fn s3_4_2_2_case_follows_the_schema() {
    check(&[
        ("title eq \"TOUR guide\"", &["bjensen"]),
        ("userType eq \"employee\"", &["bjensen"]),
        ("externalId eq \"E-1\"", &["bjensen"]),
        ("externalId eq \"e-1\"", &[]),
        ("externalId co \"e\"", &[]),
        ("id eq \"1\"", &["bjensen"]),
    ])
    .await;
}

#[tokio::test]
async fn s3_4_2_2_most_is_left_to_the_target() {
    let app = people(Memory::new(helpdesk::wide())).await;
    app.fake.reads();
    // A page of one is read as such: the host did not have to look at the others.
    for filter in [
        "meta.lastModified gt \"2011-05-13T04:42:34Z\"",
        "emails[type eq \"home\" and value co \"e\"]",
        "not (title pr)",
        "userType ne \"Temp\"",
        "active eq null or active eq true",
        "meta.resourceType eq \"User\" and userName pr",
    ] {
        let list = app.get(&format!("/Users?count=1&attributes=userName&filter={filter}")).await;
        assert!(list["totalResults"].as_u64().unwrap() > 1, "{filter}");
        let reads = app.fake.reads();
        assert_eq!(reads, ["search person offset None"], "{filter}");
    }
}

#[tokio::test]
async fn s3_4_2_2_malformed_filters() {
    let app = people(Memory::new(helpdesk::wide())).await;
    for filter in [
        "userName",
        "userName regex \"x\"",
        "userName eq",
        "userName eq \"x",
        "eq \"x\"",
        "(userName pr",
        "userName pr)",
        "userName pr and",
        "not userName pr",
        "emails[type eq \"x\"",
        "userName eq x",
        "colour eq \"red\"",
        "nickname. pr",
        "emails[colour eq \"x\"]",
        "title[value eq \"x\"]",
    ] {
        refused(&app.send(Method::Get, &format!("/Users?filter={filter}"), None).await, 400, Some("invalidFilter"));
    }
    let unsupported = app.send(Method::Get, "/Users?filter=userName regex \"x\"", None).await;
    assert!(unsupported.body.unwrap()["detail"].as_str().unwrap().contains("'regex' is not supported"));
    assert_eq!(app.get(&format!("/Users?filter={USER}:title pr")).await["totalResults"], 1);
}

#[tokio::test]
async fn s3_4_2_2_limits_are_limits() {
    let app = people(Memory::new(helpdesk::wide())).await;
    let deep = format!("{}userName pr{}", "(".repeat(40), ")".repeat(40));
    let wide = vec!["title pr"; 600].join(" or ");
    let long = format!("userName eq \"{}\"", "x".repeat(20_000));
    for filter in [deep, wide, long] {
        refused(&app.send(Method::Get, &format!("/Users?filter={filter}"), None).await, 400, Some("invalidFilter"));
    }
}

#[tokio::test]
async fn s3_4_2_2_references_by_url_and_type() {
    let classes = helpdesk::wide;
    for (memory, pushes) in [(Memory::new(classes()), true), (Memory::new(classes()).without_filters(), false)] {
        let app = App::with(helpdesk::WIDE, memory, "rfc");
        let ids = [user(&app, json!({"userName": "ada"})).await, user(&app, json!({"userName": "bob"})).await];
        for (name, members) in [("both", &ids[..]), ("first", &ids[..1]), ("none", &[])] {
            let members: Vec<Value> = members.iter().map(|id| json!({"value": id})).collect();
            app.made("/Groups", json!({"schemas": [GROUP], "displayName": name, "members": members})).await;
        }
        let check = async |filter: &str, expected: &[&str]| {
            app.fake.reads();
            let list = app.get(&format!("/Groups?startIndex=1&attributes=displayName&filter={filter}")).await;
            assert_eq!(column(&list, "displayName"), expected, "{filter} pushed {pushes}");
        };
        let [ada, bob] = [&ids[0], &ids[1]].map(|id| format!("https://host/scim/Users/{id}"));
        check("members.type eq \"User\"", &["both", "first"]).await;
        check("members.type eq \"Group\"", &[]).await;
        check("members.type ne \"User\"", &["none"]).await;
        check("members.type pr", &["both", "first"]).await;
        check("members.$ref pr", &["both", "first"]).await;
        check("not (members.type sw \"Us\")", &["none"]).await;
        check(&format!("members.$ref eq \"{bob}\""), &["both"]).await;
        check(&format!("members.$ref eq \"{}\"", bob.replace("Users", "Groups")), &[]).await;
        check(&format!("members.$ref eq \"{}\"", bob.replace("host", "HOST")), &[]).await;
        check(&format!("members.$ref ne \"{ada}\""), &["both", "none"]).await;
        check("members.$ref ne \"x\"", &["both", "first", "none"]).await;
        check("members.$ref ew \"/Users/2\"", &["both"]).await;
        check(&format!("members[type eq \"User\" and value eq \"{}\"]", ids[1]), &["both"]).await;
        check(&format!("members[type eq \"Group\" and value eq \"{}\"]", ids[1]), &[]).await;
        // One member is asked for, and nobody is two.
        check(&format!("members[$ref eq \"{ada}\" and value eq \"{}\"]", ids[0]), &["both", "first"]).await;
        check(&format!("members[$ref eq \"{ada}\" and value eq \"{}\"]", ids[1]), &[]).await;
        check(&format!("members[$ref eq \"{ada}\" and $ref eq \"{bob}\"]"), &[]).await;
        check(&format!("members[not ($ref eq \"{ada}\")]"), &["both"]).await;
        check("members[type eq null]", &[]).await;
        check("members[$ref ne null]", &["both", "first"]).await;
    }
}
