//! Whatever a client does in whatever order, the resources are those of a naive model.

use std::collections::{BTreeMap, BTreeSet};

use patchbay_gateway::Method;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use super::block_on;
use crate::App;
use crate::rfc7644::{ENTERPRISE, PATCH, USER};

const LOGINS: [&str; 3] = ["ada", "bob", "cyd"];
const TEXTS: [&str; 3] = ["x", "y", "z"];
const KINDS: [&str; 2] = ["work", "home"];

/// A user as plain data.
#[derive(Debug, Clone, Default, PartialEq)]
struct Person {
    login: String,
    title: Option<String>,
    name: BTreeMap<&'static str, String>,
    active: Option<bool>,
    mails: BTreeMap<&'static str, BTreeSet<String>>,
    department: Option<String>,
}

#[derive(Debug, Clone)]
enum Change {
    Title(Option<&'static str>),
    NamePart(&'static str, Option<&'static str>),
    NoName,
    Active(bool),
    AddMail(&'static str, &'static str),
    DropMail(&'static str, &'static str),
    DropKind(&'static str),
    Mails(Vec<(&'static str, &'static str)>),
    NoMails,
    Department(Option<&'static str>),
    Login(&'static str),
}

#[derive(Debug, Clone)]
enum Step {
    Create(Person),
    Replace(usize, Person),
    Patch(usize, Vec<Change>),
    Delete(usize),
}

impl Person {
    fn apply(&mut self, change: &Change) {
        let own = |text: &&str| (*text).to_owned();
        match change {
            Change::Title(title) => self.title = title.as_ref().map(own),
            Change::NamePart(part, Some(text)) => _ = self.name.insert(part, own(text)),
            Change::NamePart(part, None) => _ = self.name.remove(part),
            Change::NoName => self.name.clear(),
            Change::Active(active) => self.active = Some(*active),
            Change::AddMail(kind, value) => _ = self.mails.entry(kind).or_default().insert(own(value)),
            Change::DropMail(kind, value) => _ = self.mails.entry(kind).or_default().remove(*value),
            Change::DropKind(kind) => _ = self.mails.remove(kind),
            Change::Mails(all) => {
                self.mails.clear();
                all.iter().for_each(|(kind, value)| _ = self.mails.entry(kind).or_default().insert(own(value)));
            }
            Change::NoMails => self.mails.clear(),
            Change::Department(department) => self.department = department.as_ref().map(own),
            Change::Login(login) => self.login = own(login),
        }
    }

    fn mails(&self) -> Vec<Value> {
        let pairs = self.mails.iter().flat_map(|(kind, values)| values.iter().map(move |value| (kind, value)));
        pairs.map(|(kind, value)| json!({"type": kind, "value": value})).collect()
    }

    /// The body that makes it, or makes something else into it.
    fn body(&self) -> Value {
        json!({
            "schemas": [USER, ENTERPRISE], "userName": self.login, "title": self.title, "name": self.name,
            "active": self.active, "emails": self.mails(), ENTERPRISE: {"department": self.department},
        })
    }
}

/// What can be compared with [`Person::body`] of a resource that is shown.
fn shown(resource: &Value) -> Person {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let mut person = Person {
        login: text(&resource["userName"]).unwrap(),
        title: text(&resource["title"]),
        active: resource["active"].as_bool(),
        department: text(&resource[ENTERPRISE]["department"]),
        ..Person::default()
    };
    for part in ["givenName", "familyName"] {
        person.name.extend(text(&resource["name"][part]).map(|value| (part, value)));
    }
    for mail in resource["emails"].as_array().into_iter().flatten() {
        let kind = KINDS.into_iter().find(|kind| mail["type"] == *kind).unwrap();
        assert!(person.mails.entry(kind).or_default().insert(text(&mail["value"]).unwrap()), "a value twice");
    }
    person
}

/// As the client of a strict server writes it.
fn operation(change: &Change) -> Value {
    let set = |path: &str, value: &Option<&str>| match value {
        Some(value) => json!({"op": "replace", "path": path, "value": value}),
        None => json!({"op": "remove", "path": path}),
    };
    match change {
        Change::Title(title) => set("title", title),
        Change::NamePart(part, value) => set(&format!("name.{part}"), value),
        Change::NoName => json!({"op": "remove", "path": "name"}),
        Change::Active(active) => json!({"op": "add", "value": {"active": active}}),
        Change::AddMail(kind, value) => {
            json!({"op": "add", "path": "emails", "value": [{"type": kind, "value": value}]})
        }
        Change::DropMail(kind, value) => {
            json!({"op": "remove", "path": format!("emails[type eq \"{kind}\" and value eq \"{value}\"]")})
        }
        Change::DropKind(kind) => json!({"op": "remove", "path": format!("emails[type eq \"{kind}\"]")}),
        Change::Mails(all) => {
            let values: Vec<Value> = all.iter().map(|(kind, value)| json!({"type": kind, "value": value})).collect();
            json!({"op": "replace", "path": "emails", "value": values})
        }
        Change::NoMails => json!({"op": "remove", "path": "emails"}),
        Change::Department(department) => set(&format!("{ENTERPRISE}:department"), department),
        Change::Login(login) => json!({"op": "replace", "path": "userName", "value": login}),
    }
}

fn person() -> impl Strategy<Value = Person> {
    let mail = (select(&KINDS[..]), select(&TEXTS[..]));
    let texts = || prop::option::of(select(&TEXTS[..]).prop_map(str::to_owned));
    (select(&LOGINS[..]), texts(), texts(), texts(), any::<bool>(), prop::collection::vec(mail, 0..4)).prop_map(
        |(login, title, given, department, active, all)| {
            let mut person =
                Person { login: login.to_owned(), title, department, active: Some(active), ..Person::default() };
            person.name.extend(given.map(|given| ("givenName", given)));
            person.apply(&Change::Mails(all));
            person
        },
    )
}

fn change() -> impl Strategy<Value = Change> {
    let text = || select(&TEXTS[..]);
    let maybe = || prop::option::of(select(&TEXTS[..]));
    let kind = || select(&KINDS[..]);
    prop_oneof![
        maybe().prop_map(Change::Title),
        (select(&["givenName", "familyName"][..]), maybe()).prop_map(|(part, value)| Change::NamePart(part, value)),
        Just(Change::NoName),
        any::<bool>().prop_map(Change::Active),
        (kind(), text()).prop_map(|(kind, value)| Change::AddMail(kind, value)),
        (kind(), text()).prop_map(|(kind, value)| Change::DropMail(kind, value)),
        kind().prop_map(Change::DropKind),
        prop::collection::vec((kind(), text()), 0..3).prop_map(Change::Mails),
        Just(Change::NoMails),
        maybe().prop_map(Change::Department),
        select(&LOGINS[..]).prop_map(Change::Login),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => person().prop_map(Step::Create),
        2 => (0..4_usize, person()).prop_map(|(at, person)| Step::Replace(at, person)),
        4 => (0..4_usize, prop::collection::vec(change(), 1..5)).prop_map(|(at, changes)| Step::Patch(at, changes)),
        1 => (0..4_usize).prop_map(Step::Delete),
    ]
}

/// Plays the step on the model: the status the server has to answer.
fn play(model: &mut BTreeMap<String, Person>, id: &str, step: &Step) -> u16 {
    let taken = |model: &BTreeMap<String, Person>, login: &str| {
        model.iter().any(|(other, person)| other != id && person.login == login)
    };
    let after = match step {
        Step::Delete(_) => return if model.remove(id).is_some() { 204 } else { 404 },
        Step::Create(person) => person.clone(),
        Step::Replace(..) | Step::Patch(..) if !model.contains_key(id) => return 404,
        Step::Replace(_, person) => person.clone(),
        Step::Patch(_, changes) => {
            let mut person = model[id].clone();
            changes.iter().for_each(|change| person.apply(change));
            person
        }
    };
    match (taken(model, &after.login), step) {
        (true, _) => 409,
        (false, Step::Create(_)) => 201,
        (false, _) => {
            model.insert(id.to_owned(), after);
            200
        }
    }
}

async fn check(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let app = App::wide("rfc");
    let mut model: BTreeMap<String, Person> = BTreeMap::new();
    for step in steps {
        let at = match &step {
            Step::Create(_) => None,
            Step::Replace(at, _) | Step::Patch(at, _) | Step::Delete(at) => Some(*at),
        };
        let id = at.map_or(String::new(), |at| model.keys().nth(at).cloned().unwrap_or_else(|| "999".to_owned()));
        let target = format!("/Users/{id}");
        let before = model.clone();
        let status = play(&mut model, &id, &step);
        let response = match &step {
            Step::Create(person) => app.send(Method::Post, "/Users", Some(person.body())).await,
            Step::Replace(_, person) => app.send(Method::Put, &target, Some(person.body())).await,
            Step::Patch(_, changes) => {
                let operations: Vec<Value> = changes.iter().map(operation).collect();
                let body = json!({"schemas": [PATCH], "Operations": operations});
                app.send(Method::Patch, &target, Some(body)).await
            }
            Step::Delete(_) => app.send(Method::Delete, &target, None).await,
        };
        let body = response.body.unwrap_or_default();
        prop_assert_eq!(response.status, status, "{:?}: {}", step, body);
        if let (201, Step::Create(person)) = (status, &step) {
            model.insert(body["id"].as_str().unwrap().to_owned(), person.clone());
        }
        let writes = app.fake.writes();
        prop_assert!(status != 200 || before != model || writes.is_empty(), "nothing changed, but {:?}", writes);
        let list = app.get("/Users").await;
        let now: BTreeMap<String, Person> = list["Resources"]
            .as_array()
            .unwrap()
            .iter()
            .map(|resource| (resource["id"].as_str().unwrap().to_owned(), shown(resource)))
            .collect();
        // A kind of mail without values is none.
        let tidy = |all: &BTreeMap<String, Person>| -> BTreeMap<String, Person> {
            let mut all = all.clone();
            all.values_mut().for_each(|person| person.mails.retain(|_, values| !values.is_empty()));
            all
        };
        prop_assert_eq!(now, tidy(&model), "after {:?}", step);
        for resource in list["Resources"].as_array().unwrap() {
            prop_assert!(consistent(resource.as_object().unwrap()), "{}", resource);
        }
    }
    Ok(())
}

/// `schemas` names the extensions that are there, and nothing is null or empty.
fn consistent(resource: &Map<String, Value>) -> bool {
    let declared = resource["schemas"].as_array().unwrap().iter().any(|urn| urn == ENTERPRISE);
    declared == resource.contains_key(ENTERPRISE)
        && resource.values().all(|value| !value.is_null() && *value != json!([]) && *value != json!({}))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn resources_are_those_of_the_model(steps in prop::collection::vec(step(), 1..25)) {
        block_on(check(steps))?;
    }
}
