//! What is said to become of a query.

use std::time::Duration;

use patchbay_contract::Context;
use patchbay_gateway::{Explanation, Reading};
use patchbay_memory::{Memory, helpdesk};
use patchbay_scim::{ListQuery, ScimError, SortOrder};
use serde_json::json;

use crate::App;

async fn explain(app: &App, resource_type: &str, query: &ListQuery) -> Result<Explanation, ScimError> {
    let context = Context { request_id: "r1".into(), traceparent: None, deadline: Duration::from_secs(5) };
    app.gateway.explain(&context, "https://host/scim", resource_type, query).await
}

fn filter(text: &str) -> ListQuery {
    ListQuery { filter: Some(text.to_owned()), ..ListQuery::default() }
}

/// That the target evaluates `target` of the filter and the host looks at `host`, and
/// that this is also what happens.
async fn check(app: &App, text: &str, target: Option<&str>, host: &[(&str, &str)]) {
    let explanation = explain(app, "User", &filter(text)).await.unwrap();
    let checks: Vec<(&str, String)> = explanation
        .host_checks
        .iter()
        .map(|check| {
            let reasons: Vec<&str> = check.reasons.iter().map(|reason| reason.as_str()).collect();
            (check.condition.as_str(), reasons.join(" "))
        })
        .collect();
    let checks: Vec<(&str, &str)> = checks.iter().map(|(condition, reasons)| (*condition, reasons.as_str())).collect();
    assert_eq!((explanation.target_filter.as_deref(), checks.as_slice()), (target, host), "{text}");
    let reading = if host.is_empty() { Reading::Target } else { Reading::Host };
    assert_eq!(explanation.reading, reading, "{text}");
    app.fake.reads();
    app.get(&format!("/Users?startIndex=2&filter={text}")).await;
    // Who pages knows where the page begins.
    let offset = if host.is_empty() { Some(1) } else { None };
    assert_eq!(app.fake.reads(), [format!("search person offset {offset:?}")], "{text}");
}

#[tokio::test]
async fn filters_are_shown_as_they_are_split() {
    let app = App::wide("default");
    check(&app, "userName eq \"ada\"", Some("login = \"ada\""), &[]).await;
    check(&app, "id eq \"7\"", Some("key = \"7\""), &[]).await;
    check(
        &app,
        "title co \"x\" and not (active eq true or userName sw \"a\")",
        Some("title contains \"x\" and not (active = true or login starts with \"a\")"),
        &[],
    )
    .await;
    // The host's part leaves no trace in what the target is asked, but widens it.
    check(
        &app,
        "userName sw \"a\" and meta.version pr",
        Some("login starts with \"a\""),
        &[("meta.version pr", "made")],
    )
    .await;
    check(&app, "userName sw \"a\" or meta.version pr", None, &[("meta.version pr", "made")]).await;
    check(
        &app,
        "not (userName sw \"a\" or meta.version pr)",
        Some("not (login starts with \"a\")"),
        &[("meta.version pr", "made")],
    )
    .await;
    check(&app, "schemas co \"User\"", None, &[("schemas co \"User\"", "made")]).await;
    check(&app, "userName pr and id pr", Some("login is present and login != \"\""), &[]).await;
    // What a constant decides is nobody's to check.
    check(
        &app,
        "meta.resourceType eq \"User\" and title eq \"x\" or meta.resourceType eq \"Group\" and meta.version pr",
        Some("title = \"x\""),
        &[],
    )
    .await;
}

#[tokio::test]
async fn the_host_says_why_it_checks() {
    let small = App::new("default");
    check(&small, "displayName eq \"Ada Byron\"", None, &[("displayName eq \"Ada Byron\"", "expression")]).await;
    check(&small, "active eq true", Some("status = \"A\""), &[]).await;
    let manager = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.$ref";
    let reference = format!("{manager} co \"x\"");
    check(&small, &reference, Some("manager is present"), &[(&reference, "made")]).await;
    let boss = format!("{manager} eq \"https://host/scim/Users/1\"");
    check(&small, &boss, Some("manager = the object \"1\""), &[]).await;
    let app = App::wide("default");
    let level = "urn:example:params:scim:schemas:extension:hr:1.0:User:level";
    let half = format!("{level} gt 7.5");
    check(&app, &half, None, &[(&half, "literal")]).await;
    let bare = App::with(helpdesk::WIDE, Memory::new(helpdesk::wide()).without_filters(), "default");
    check(&bare, "userName eq \"ada\"", None, &[("userName eq \"ada\"", "operator")]).await;
    // References have case by their type, whatever the target does with its text.
    let mapping = "[User]\nclass = \"person\"\nattributes = { userName = \"login\", profileUrl = \"title\" }";
    let urls = App::with(mapping, Memory::new(helpdesk::wide()), "default");
    check(&urls, "profileUrl eq \"x:y\"", None, &[("profileUrl eq \"x:y\"", "case")]).await;
    let both = "emails[value sw \"a\" and value ew \"z\"]";
    check(
        &app,
        both,
        Some("other_mail is present or home_mail is present or work_mail is present"),
        &[(both, "element")],
    )
    .await;
}

#[tokio::test]
async fn what_is_not_understood_is_an_error() {
    let app = App::wide("default");
    let refused = async |resource_type: &str, query: ListQuery| {
        let error = explain(&app, resource_type, &query).await.unwrap_err();
        (error.status, error.scim_type.map(|scim_type| scim_type.as_str()))
    };
    assert_eq!(refused("User", filter("colour eq \"red\"")).await, (400, Some("invalidFilter")));
    assert_eq!(refused("User", filter("userName eq")).await, (400, Some("invalidFilter")));
    let by_colour = ListQuery { sort_by: Some("colour".to_owned()), ..ListQuery::default() };
    assert_eq!(refused("User", by_colour).await, (400, Some("invalidPath")));
    assert_eq!(refused("Car", ListQuery::default()).await, (404, None));
}

#[tokio::test]
async fn orders_pages_and_totals_are_named() {
    async fn check(app: &App, sort_by: Option<&str>, text: Option<&str>, order: &str, by: &str) {
        let query = ListQuery {
            filter: text.map(str::to_owned),
            sort_by: sort_by.map(str::to_owned),
            sort_order: SortOrder::Descending,
            start_index: 11,
            count: Some(5000),
            ..ListQuery::default()
        };
        // By its endpoint as well as by its name.
        let explanation = explain(app, "/Users", &query).await.unwrap();
        let rows = explanation.rows();
        let row = |name: &str| rows.iter().find(|(heading, _)| *heading == name).map(|(_, text)| text.as_str());
        assert_eq!(row("order"), Some(order), "{explanation}");
        let page = format!("by the {by}: up to 1000, from index 11");
        assert_eq!(row("page"), Some(page.as_str()), "{explanation}");
        assert_eq!(row("total"), Some(format!("exact, counted by the {by}").as_str()), "{explanation}");
        let bound = (by == "host").then_some("tooMany beyond 10000 objects of the target");
        assert_eq!(row("bound"), bound, "{explanation}");
        assert_eq!(explanation.to_json()["scanBound"], if by == "host" { json!(10_000) } else { json!(null) });
    }
    let app = App::wide("default");
    check(&app, None, None, "by key", "target").await;
    check(&app, Some("userName"), None, "by the target: login descending", "target").await;
    check(&app, Some("timezone"), None, "any: no resource has the attribute", "target").await;
    let why = |path: &str, reason: &str| format!("by the host: {path} descending, as {reason}");
    let element = why("emails", "one of several values has to be looked at by itself");
    check(&app, Some("emails"), None, &element, "host").await;
    check(&app, Some("id"), None, &why("id", "the host makes the values"), "host").await;
    let values = why("userType", "the mapped values sort in another way than the target's");
    check(&app, Some("userType"), None, &values, "host").await;
    let filter = why("userName", "the host filters, so it sorts as well");
    check(&app, Some("userName"), Some("meta.version pr"), &filter, "host").await;
    let bare = App::with(helpdesk::WIDE, Memory::new(helpdesk::wide()).without_order(), "default");
    let order = why("userName", "the connector does not offer to sort by the attribute");
    check(&bare, Some("userName"), None, &order, "host").await;
}

#[tokio::test]
async fn what_needs_no_reading_is_said_to_need_none() {
    let app = App::wide("entra");
    let nothing = explain(&app, "User", &filter("meta.resourceType eq \"Group\"")).await.unwrap();
    assert_eq!((nothing.reading, nothing.target_filter), (Reading::Nobody, None));
    let probe = explain(&app, "User", &filter("PLACEHOLDER eq \"x\"")).await.unwrap();
    assert_eq!((probe.reading, probe.filter.as_deref()), (Reading::Test, Some("PLACEHOLDER eq \"x\"")));
    assert_eq!(app.fake.reads(), [""; 0], "explaining reads nothing");
}

#[tokio::test]
async fn programs_get_it_as_json() {
    let app = App::wide("default");
    let query = ListQuery { sort_by: Some("userName".into()), ..filter("title eq \"x\" and meta.version pr") };
    assert_eq!(
        explain(&app, "User", &query).await.unwrap().to_json(),
        json!({
            "resourceType": "User",
            "class": "person",
            "filter": "title eq \"x\" and meta.version pr",
            "targetFilter": "title = \"x\"",
            "hostChecks": [{ "condition": "meta.version pr", "attribute": "meta.version", "reasons": ["made"] }],
            "evaluatedBy": "host",
            "sort": { "by": "host", "attribute": "userName", "order": "ascending", "reason": "filter" },
            "page": { "by": "host", "startIndex": 1, "count": 100 },
            "total": { "exact": true, "by": "host" },
            "scanBound": 10_000,
        })
    );
}
