//! PATCH against a naive model: a user as plain data, the semantics written anew.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::patched;
use crate::testing::users;

/// One e-mail address: type to (value, display).
type Emails = BTreeMap<&'static str, (String, Option<String>)>;

#[derive(Debug, Clone, Default, PartialEq)]
struct Model {
    title: Option<String>,
    name: BTreeMap<&'static str, String>,
    emails: Emails,
    primary: Option<&'static str>,
}

#[derive(Debug, Clone)]
enum Step {
    Title(Option<String>),
    NamePart(&'static str, Option<String>),
    Name(BTreeMap<&'static str, String>),
    NoName,
    Email(&'static str, String),
    Display(&'static str, String),
    Primary(&'static str),
    NoEmail(&'static str),
    Emails(Emails),
    NoEmails,
}

const TYPES: [&str; 3] = ["work", "home", "other"];

impl Model {
    fn play(&mut self, step: &Step) {
        match step.clone() {
            Step::Title(title) => self.title = title,
            Step::NamePart(part, Some(text)) => {
                self.name.insert(part, text);
            }
            Step::NamePart(part, None) => {
                self.name.remove(part);
            }
            Step::Name(parts) => self.name.extend(parts),
            Step::NoName => self.name.clear(),
            Step::Email(kind, value) => self.emails.entry(kind).or_default().0 = value,
            Step::Display(kind, text) => {
                if let Some(email) = self.emails.get_mut(kind) {
                    email.1 = Some(text);
                }
            }
            Step::Primary(kind) if self.emails.contains_key(kind) => self.primary = Some(kind),
            Step::Primary(_) => {}
            Step::NoEmail(kind) => {
                self.emails.remove(kind);
                self.primary = self.primary.filter(|primary| *primary != kind);
            }
            Step::Emails(emails) => {
                self.emails = emails;
                self.primary = None;
            }
            Step::NoEmails => {
                self.emails.clear();
                self.primary = None;
            }
        }
    }

    /// The step as a client may send it; none where the model has nothing to apply it to.
    fn operation(&self, step: &Step) -> Option<Value> {
        Some(match step {
            Step::Title(Some(title)) => json!({"op": "replace", "path": "title", "value": title}),
            Step::Title(None) => json!({"op": "remove", "path": "title"}),
            Step::NamePart(part, Some(text)) => json!({"op": "add", "path": format!("name.{part}"), "value": text}),
            Step::NamePart(part, None) => json!({"op": "Replace", "value": {format!("name.{part}"): null}}),
            Step::Name(parts) => json!({"op": "replace", "path": "name", "value": parts}),
            Step::NoName => json!({"op": "remove", "path": "name"}),
            Step::Email(kind, value) => {
                json!({"op": "Replace", "path": format!("emails[type eq \"{kind}\"].value"), "value": value})
            }
            Step::Display(kind, text) => {
                self.emails.get(kind)?;
                json!({"op": "add", "path": format!("emails[type eq \"{kind}\"].display"), "value": text})
            }
            Step::Primary(kind) => {
                self.emails.get(kind)?;
                json!({"op": "add", "path": format!("emails[type eq \"{kind}\"].primary"), "value": "True"})
            }
            Step::NoEmail(kind) => json!({"op": "remove", "path": format!("emails[type eq \"{kind}\"]")}),
            Step::Emails(emails) => json!({"op": "replace", "path": "emails", "value": rendered(emails, None)}),
            Step::NoEmails => json!({"op": "remove", "path": "emails"}),
        })
    }

    fn of(resource: &Value) -> Self {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let emails = resource["emails"].as_array().cloned().unwrap_or_default();
        let kind = |email: &Value| TYPES.into_iter().find(|kind| email["type"] == *kind).unwrap();
        let parts = ["givenName", "familyName"].into_iter();
        let primary: Vec<_> = emails.iter().filter(|email| email["primary"] == true).map(kind).collect();
        assert!(primary.len() < 2, "{emails:?}");
        Self {
            title: text(&resource["title"]),
            name: parts.filter_map(|part| Some((part, text(&resource["name"][part])?))).collect(),
            emails: emails.iter().map(|e| (kind(e), (text(&e["value"]).unwrap(), text(&e["display"])))).collect(),
            primary: primary.first().copied(),
        }
    }
}

fn rendered(emails: &Emails, primary: Option<&str>) -> Vec<Value> {
    let one = |(kind, (value, display)): (&&str, &(String, Option<String>))| {
        let mut email = Map::from_iter([("type".to_owned(), json!(kind)), ("value".to_owned(), json!(value))]);
        if let Some(display) = display {
            email.insert("display".to_owned(), json!(display));
        }
        if primary == Some(kind) {
            email.insert("primary".to_owned(), json!(true));
        }
        Value::Object(email)
    };
    emails.iter().map(one).collect()
}

fn any_step() -> impl Strategy<Value = Step> {
    let text = || "[a-zA-Z]{1,3}";
    let kind = || prop::sample::select(TYPES.to_vec());
    let part = || prop::sample::select(vec!["givenName", "familyName"]);
    let emails = prop::collection::btree_map(kind(), (text(), prop::option::of(text())), 1..3);
    prop_oneof![
        prop::option::of(text()).prop_map(Step::Title),
        (part(), prop::option::of(text())).prop_map(|(part, text)| Step::NamePart(part, text)),
        prop::collection::btree_map(part(), text(), 1..3).prop_map(Step::Name),
        Just(Step::NoName),
        (kind(), text()).prop_map(|(kind, value)| Step::Email(kind, value)),
        (kind(), text()).prop_map(|(kind, text)| Step::Display(kind, text)),
        kind().prop_map(Step::Primary),
        kind().prop_map(Step::NoEmail),
        emails.prop_map(Step::Emails),
        Just(Step::NoEmails),
    ]
}

proptest! {
    #[test]
    fn apply_agrees_with_the_model(steps in prop::collection::vec(any_step(), 1..16)) {
        let mut model = Model::default();
        let mut operations = Vec::new();
        for step in &steps {
            if let Some(operation) = model.operation(step) {
                operations.push(operation);
                model.play(step);
            }
        }
        prop_assume!(!operations.is_empty());
        let start = json!({"schemas": [crate::USER_URN], "userName": "b"});
        let (after, _) = patched(&users(), "entra", &start, Value::Array(operations.clone())).unwrap();
        prop_assert_eq!(Model::of(&after), model, "{}", Value::Array(operations.clone()));

        // One PATCH of many operations is the same as many of one.
        let mut stepwise = start;
        for operation in operations {
            (stepwise, _) = patched(&users(), "entra", &stepwise, json!([operation])).unwrap();
        }
        prop_assert_eq!(stepwise, after);
    }
}
