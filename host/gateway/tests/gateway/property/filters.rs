//! A filter finds what `Filter::matches` says of every resource, whether the target
//! evaluates it, the host, or both.

use patchbay_gateway::Method;
use patchbay_memory::{Memory, helpdesk};
use patchbay_scim::{
    AttrPath, CompareOp, CompareValue, ENTERPRISE_URN, Filter, ParseOptions, Profile, Schema, SchemaSet, USER_URN,
};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use super::block_on;
use crate::App;

/// URL of the user with the id 1.
const BOSS: &str = "https://host/scim/Users/1";
const HR: &str = "urn:example:params:scim:schemas:extension:hr:1.0:User";
const TEXTS: [&str; 7] = ["", "a", "A", "ab", "b", "Ba", "aba"];
const TIMES: [&str; 3] = ["2026-01-01T00:00:01Z", "2026-01-01T01:00:02+01:00", "2025-12-31T00:00:00"];

fn text() -> impl Strategy<Value = Value> {
    select(&TEXTS[..]).prop_map(Value::from)
}

fn texts() -> impl Strategy<Value = Vec<Value>> {
    prop::collection::vec(select(&TEXTS[1..]).prop_map(Value::from), 0..3)
}

/// A user with values here and there; the login is filled in later.
fn user() -> impl Strategy<Value = Value> {
    let plain = (
        prop::option::of(text()),
        prop::option::of(text()),
        prop::option::of(text()),
        prop::option::of(any::<bool>()),
        prop::option::of(select(&["Employee", "Intern"][..])),
        prop::option::of(text()),
    );
    let lists = (texts(), texts(), texts(), texts(), prop::option::of(text()), prop::option::of(any::<bool>()));
    let more = (
        prop::option::of(-1..3_i64),
        prop::option::of(select(vec![json!(1.5), json!(2), json!(-0.25)])),
        prop::option::of(select(&TIMES[..])),
        prop::option::of(text()),
        prop::option::of(select(&["1", "2"][..])),
        prop::option::of(select(&["YQ==", "+/8="][..])),
    );
    (plain, lists, more).prop_map(|(plain, lists, more)| {
        let (title, family, external, active, kind, department) = plain;
        let (work, home, other, roles, street, primary) = lists;
        let (level, rate, hired, number, manager, certificate) = more;
        let mut emails = Vec::new();
        emails.extend(unique(work).map(|v| json!({"type": "work", "value": v})));
        emails.extend(unique(home).map(|v| json!({"type": "home", "value": v})));
        emails.extend(unique(other).map(|v| json!({"value": v})));
        let roles: Vec<Value> = unique(roles).map(|v| json!({"value": v})).collect();
        let mut address = json!({"type": "work", "streetAddress": street, "primary": primary});
        address.as_object_mut().unwrap().retain(|_, v| !v.is_null());
        let certificates: Vec<Value> = certificate.iter().map(|v| json!({"value": v})).collect();
        let manager = manager.map(|id| json!({"value": id}));
        json!({
            "schemas": [USER_URN, ENTERPRISE_URN, HR], "title": title, "name": {"familyName": family},
            "externalId": external, "active": active, "userType": kind, "emails": emails, "roles": roles,
            "addresses": [address], "x509Certificates": certificates,
            ENTERPRISE_URN: {"department": department, "employeeNumber": number, "manager": manager},
            HR: {"level": level, "rate": rate, "hired": hired},
        })
    })
}

/// A target that ignores case keeps one of two spellings.
fn unique(values: Vec<Value>) -> impl Iterator<Item = Value> {
    let mut seen = Vec::new();
    values.into_iter().filter(move |value| {
        let key = value.as_str().unwrap().to_lowercase();
        let new = !seen.contains(&key);
        seen.push(key);
        new
    })
}

fn path(text: &str) -> AttrPath {
    AttrPath::parse(text, &patchbay_scim::SchemaUrns::new([USER_URN, ENTERPRISE_URN, HR])).unwrap()
}

fn op() -> impl Strategy<Value = CompareOp> {
    use CompareOp::{Co, Eq, Ew, Ge, Gt, Le, Lt, Ne, Sw};
    select(vec![Eq, Eq, Ne, Ne, Co, Sw, Ew, Gt, Ge, Lt, Le])
}

fn string() -> BoxedStrategy<CompareValue> {
    let others =
        ["work", "HOME", "employee", "Intern", "User", "1", "2", "YQ", "YQ==", USER_URN, ENTERPRISE_URN, HR, BOSS];
    prop_oneof![
        4 => select(&TEXTS[..]).prop_map(|t| CompareValue::String(t.into())),
        2 => select(others.to_vec()).prop_map(|t| CompareValue::String(t.into())),
        1 => select(&TIMES[..]).prop_map(|t| CompareValue::String(t.into())),
        1 => Just(CompareValue::Null),
    ]
    .boxed()
}

fn literal() -> BoxedStrategy<CompareValue> {
    prop_oneof![
        6 => string(),
        2 => select(&["0", "1", "1.0", "2", "1.5", "-0.25", "1e0"][..]).prop_map(|n| CompareValue::Number(n.into())),
        2 => any::<bool>().prop_map(CompareValue::Bool),
    ]
    .boxed()
}

/// Conditions on attributes, each with literals that mostly fit.
fn condition() -> BoxedStrategy<Filter> {
    let strings: Vec<String> = [
        "userName",
        "title",
        "externalId",
        "name.familyName",
        "name.givenName",
        "userType",
        "emails",
        "emails.value",
        "emails.type",
        "roles",
        "addresses.streetAddress",
        "addresses.type",
        "ims.value",
        "id",
        "schemas",
        "meta.resourceType",
        "meta.version",
        "x509Certificates",
    ]
    .into_iter()
    .map(str::to_owned)
    .chain(
        ["department", "employeeNumber", "manager", "manager.value", "manager.$ref"]
            .map(|n| format!("{ENTERPRISE_URN}:{n}")),
    )
    .collect();
    let others = ["active", "addresses.primary", "meta.created", "meta.lastModified"]
        .into_iter()
        .map(str::to_owned)
        .chain(["level", "rate", "hired"].map(|n| format!("{HR}:{n}")))
        .collect::<Vec<_>>();
    let wholes = ["name", "addresses", "emails", "ims", "roles"].map(str::to_owned).to_vec();
    let present = select([strings.clone(), others.clone(), wholes].concat()).prop_map(|p| Filter::Present(path(&p)));
    let compare = |paths: Vec<String>, literal: BoxedStrategy<CompareValue>| {
        (select(paths), op(), literal).prop_map(|(p, op, value)| Filter::compare(path(&p), op, value))
    };
    prop_oneof![2 => present, 6 => compare(strings, string()), 4 => compare(others, literal())].boxed()
}

/// A condition on one value of a list.
fn within(subs: &'static [&'static str]) -> impl Strategy<Value = Filter> {
    let leaf = prop_oneof![
        1 => select(subs).prop_map(|sub| Filter::Present(AttrPath::attribute(sub))),
        4 => (select(subs), op(), literal())
            .prop_map(|(sub, op, value)| Filter::compare(AttrPath::attribute(sub), op, value)),
    ];
    combined(leaf.boxed(), 4)
}

fn combined(leaf: BoxedStrategy<Filter>, size: u32) -> BoxedStrategy<Filter> {
    leaf.prop_recursive(3, size, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Filter::And),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Filter::Or),
            inner.prop_map(|f| Filter::Not(Box::new(f))),
        ]
    })
    .boxed()
}

/// Filters as clients write them.
fn filter() -> BoxedStrategy<String> {
    let value_path = prop_oneof![
        ("emails", within(&["value", "type"])),
        ("roles", within(&["value"])),
        ("addresses", within(&["streetAddress", "type", "primary"])),
        ("ims", within(&["value", "type"])),
    ];
    let value_path = value_path
        .prop_map(|(name, filter)| Filter::ValuePath { path: AttrPath::attribute(name), filter: Box::new(filter) });
    combined(prop_oneof![3 => condition(), 1 => value_path].boxed(), 8).prop_map(|filter| filter.to_string()).boxed()
}

/// The published schemas of users.
async fn schemas(app: &App) -> SchemaSet {
    let mut read = Vec::new();
    for urn in [USER_URN, ENTERPRISE_URN, HR] {
        let schema = app.get(&format!("/Schemas/{urn}")).await;
        read.push(serde_json::from_value::<Schema>(schema).unwrap());
    }
    let extensions = read.split_off(1).into_iter().map(|schema| (schema, false)).collect();
    SchemaSet::new(read.remove(0), extensions)
}

async fn filled(memory: Memory, users: &[Value]) -> App {
    let app = App::with(helpdesk::WIDE, memory.versioned(), "rfc");
    for (login, user) in ["ab", "B", "c", "d"].into_iter().zip(users) {
        let mut user = user.clone();
        user["userName"] = login.into();
        let response = app.send(Method::Post, "/Users", Some(user)).await;
        assert_eq!(response.status, 201, "{:?}", response.body);
    }
    app
}

fn ids(list: &Value) -> Vec<&str> {
    list["Resources"].as_array().unwrap().iter().map(|r| r["id"].as_str().unwrap()).collect()
}

async fn check(users: &[Value], filters: &[String]) -> Result<(), TestCaseError> {
    let pushing = filled(Memory::new(helpdesk::wide()), users).await;
    let checking = filled(Memory::new(helpdesk::wide()).without_filters(), users).await;
    let all = pushing.get("/Users?count=100").await;
    let resources: Vec<&Map<String, Value>> =
        all["Resources"].as_array().unwrap().iter().map(|r| r.as_object().unwrap()).collect();
    let schemas = schemas(&pushing).await;
    let profile = Profile::builtin("rfc").unwrap();
    for text in filters {
        let parsed = Filter::parse(text, &ParseOptions::of(schemas.urns(), &profile)).unwrap();
        let target = format!("/Users?count=100&attributes=userName&filter={text}");
        for (app, how) in [(&pushing, "by the target"), (&checking, "by the host")] {
            let response = app.send(Method::Get, &target, None).await;
            let Ok(typed) = parsed.typed(&schemas, &profile) else {
                prop_assert_eq!(response.status, 400, "{}", text);
                continue;
            };
            let list = response.body.unwrap();
            prop_assert_eq!(response.status, 200, "{}: {}", text, list);
            let model: Vec<&str> = resources
                .iter()
                .filter(|resource| typed.matches(resource, &schemas))
                .map(|resource| resource["id"].as_str().unwrap())
                .collect();
            prop_assert_eq!(ids(&list), model, "{} {}", text, how);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn filters_find_what_the_model_finds(
        users in prop::collection::vec(user(), 1..5),
        filters in prop::collection::vec(filter(), 12),
    ) {
        block_on(check(&users, &filters))?;
    }
}
