//! A connector over a map in memory, which remembers what was written to it.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use patchbay_contract::*;

type Stored = BTreeMap<String, Cell>;

#[derive(Debug)]
pub(crate) struct Fake {
    pub(crate) classes: Vec<ObjectClass>,
    objects: Mutex<BTreeMap<(String, String), Stored>>,
    writes: Mutex<Vec<String>>,
    reads: Mutex<Vec<String>>,
}

pub(crate) fn text(name: &str) -> AttributeInfo {
    use Comparator::*;
    AttributeInfo {
        name: name.into(),
        native_name: None,
        kind: ValueType::Text,
        traits: AttributeTraits {
            creatable: true,
            updatable: true,
            readable: true,
            sortable: true,
            ..AttributeTraits::default()
        },
        filterable: vec![Equal, NotEqual, Contains, StartsWith, EndsWith, Greater, GreaterOrEqual, Less, LessOrEqual],
        target: None,
        description: None,
    }
}

pub(crate) fn many(name: &str) -> AttributeInfo {
    let mut info = text(name);
    info.traits.multi_valued = true;
    info.traits.sortable = false;
    info
}

pub(crate) fn reference(name: &str, class: &str) -> AttributeInfo {
    AttributeInfo { kind: ValueType::Reference, target: Some(class.into()), ..text(name) }
}

fn class(name: &str, attributes: Vec<AttributeInfo>) -> ObjectClass {
    let operations =
        Operations { get: true, search: true, create: true, update: true, delete: true, ..Operations::default() };
    ObjectClass {
        name: name.into(),
        native_name: None,
        update_mode: UpdateMode::Delta,
        name_attribute: None,
        key: vec!["id".into()],
        operations,
        attributes,
        max_page_size: 1000,
    }
}

impl Fake {
    pub(crate) fn helpdesk() -> Self {
        let login = AttributeInfo {
            traits: AttributeTraits { required: true, unique: true, ..text("login").traits },
            ..text("login")
        };
        let level = AttributeInfo { kind: ValueType::Integer, ..text("level") };
        let mut members = reference("members", "person");
        members.traits = AttributeTraits { multi_valued: true, expensive: true, ..members.traits };
        members.traits.sortable = false;
        let person = class(
            "person",
            vec![
                login,
                text("first_name"),
                text("last_name"),
                text("status"),
                text("title"),
                many("work_mail"),
                text("phone"),
                many("roles"),
                level,
                reference("manager", "person"),
                text("department"),
            ],
        );
        let name = AttributeInfo {
            traits: AttributeTraits { required: true, unique: true, ..text("name").traits },
            ..text("name")
        };
        Self {
            classes: vec![person, class("team", vec![name, members])],
            objects: Mutex::default(),
            writes: Mutex::default(),
            reads: Mutex::default(),
        }
    }

    /// What was written since the last call.
    pub(crate) fn writes(&self) -> Vec<String> {
        std::mem::take(&mut self.writes.lock().unwrap())
    }

    /// What was read since the last call.
    pub(crate) fn reads(&self) -> Vec<String> {
        std::mem::take(&mut self.reads.lock().unwrap())
    }

    fn matches(filter: &Filter, uid: &str, stored: &Stored) -> bool {
        let mut results: Vec<bool> = Vec::new();
        for node in filter.nodes() {
            let at = |i: &u32| results[*i as usize];
            let result = match node {
                FilterNode::And(parts) => parts.iter().all(at),
                FilterNode::Or(parts) => parts.iter().any(at),
                FilterNode::Not(part) => !at(part),
                FilterNode::Present(name) => stored.get(name).is_some_and(|c| !c.is_empty()),
                FilterNode::Uid(wanted) => wanted == uid,
                FilterNode::Compare(c) => {
                    let cell = stored.get(&c.attribute).cloned().unwrap_or_default();
                    if cell.is_empty() {
                        c.operator == Comparator::NotEqual
                    } else {
                        cell.iter().any(|v| compare(v, c.operator, &c.value))
                    }
                }
            };
            results.push(result);
        }
        results.last().copied().unwrap_or(true)
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Text(s) | Value::Reference(s) | Value::Timestamp(s) | Value::Decimal(s) | Value::Json(s) => {
            s.to_lowercase()
        }
        Value::Integer(i) => format!("{i:020}"),
        Value::Boolean(b) => b.to_string(),
        Value::Binary(b) => format!("{b:?}"),
    }
}

fn compare(a: &Value, operator: Comparator, b: &Value) -> bool {
    let (a, b) = (plain(a), plain(b));
    match operator {
        Comparator::Equal => a == b,
        Comparator::NotEqual => a != b,
        Comparator::Contains => a.contains(&b),
        Comparator::StartsWith => a.starts_with(&b),
        Comparator::EndsWith => a.ends_with(&b),
        Comparator::Greater => a > b,
        Comparator::GreaterOrEqual => a >= b,
        Comparator::Less => a < b,
        Comparator::LessOrEqual => a <= b,
    }
}

#[async_trait]
impl Connector for Fake {
    async fn test(&self, _: &Context) -> Result<Vec<Diagnostic>, Error> {
        self.reads.lock().unwrap().push("test".into());
        Ok(Vec::new())
    }

    async fn discover(&self, _: &Context) -> Result<Vec<ObjectClass>, Error> {
        Ok(self.classes.clone())
    }

    async fn get(&self, _: &Context, class: &str, uid: &str, attributes: &[String]) -> Result<Object, Error> {
        self.reads.lock().unwrap().push(format!("get {class} {uid} {}", attributes.join(",")));
        let objects = self.objects.lock().unwrap();
        let stored = objects
            .get(&(class.into(), uid.into()))
            .ok_or_else(|| Error::new(ErrorKind::NotFound, "there is no such object"))?;
        Ok(object(uid, stored, attributes))
    }

    async fn search(&self, _: &Context, query: Query) -> Result<Page, Error> {
        let objects = self.objects.lock().unwrap();
        self.reads.lock().unwrap().push(format!("search {} offset {:?}", query.class, query.offset));
        let mut found: Vec<(&String, &Stored)> = objects
            .iter()
            .filter(|((class, uid), stored)| {
                *class == query.class && query.filter.as_ref().is_none_or(|f| Self::matches(f, uid, stored))
            })
            .map(|((_, uid), stored)| (uid, stored))
            .collect();
        for order in query.order.iter().rev() {
            found.sort_by_key(|(_, s)| s.get(&order.attribute).and_then(|c| c.first()).map(plain));
            if order.descending {
                found.reverse();
            }
        }
        let total = found.len() as u64;
        let start = match &query.continuation {
            Some(token) => String::from_utf8(token.clone()).unwrap().parse::<usize>().unwrap(),
            None => query.offset.unwrap_or(0) as usize,
        };
        let page: Vec<Object> = found
            .iter()
            .skip(start)
            .take(query.page_size as usize)
            .map(|(uid, stored)| object(uid, stored, &query.attributes))
            .collect();
        let end = start + page.len();
        let next = (end < found.len()).then(|| end.to_string().into_bytes());
        let total = query.want_total.then_some(total);
        Ok(Page { objects: page, precision: Precision::Exact, next, total })
    }

    async fn create(&self, _: &Context, class: &str, attributes: Vec<Attribute>) -> Result<WriteResult, Error> {
        let mut objects = self.objects.lock().unwrap();
        let names: Vec<&str> = attributes.iter().map(|a| a.name.as_str()).collect();
        self.writes.lock().unwrap().push(format!("create {class} {}", names.join(",")));
        let unique = if class == "person" { "login" } else { "name" };
        let wanted = attributes.iter().find(|a| a.name == unique).map(|a| a.values.clone());
        if objects.iter().any(|((c, _), s)| c == class && s.get(unique) == wanted.as_ref()) {
            return Err(Error::new(ErrorKind::AlreadyExists, "another object has this value").attribute(unique));
        }
        let uid = format!("{}", objects.len() + 1);
        let stored = attributes.into_iter().map(|a| (a.name, a.values)).collect();
        objects.insert((class.into(), uid.clone()), stored);
        Ok(WriteResult { id: ObjectId { uid, revision: None }, side_effects: Vec::new() })
    }

    async fn update(
        &self,
        _: &Context,
        class: &str,
        uid: &str,
        _: Option<&str>,
        deltas: Vec<Delta>,
    ) -> Result<WriteResult, Error> {
        let mut objects = self.objects.lock().unwrap();
        let stored = objects
            .get_mut(&(class.into(), uid.into()))
            .ok_or_else(|| Error::new(ErrorKind::NotFound, "there is no such object"))?;
        for delta in deltas {
            self.writes.lock().unwrap().push(format!("{} {}", delta.attribute, shown(&delta.change)));
            let cell = stored.entry(delta.attribute).or_default();
            match delta.change {
                Change::Replace(values) => *cell = values,
                Change::Add(values) => values.into_iter().for_each(|v| {
                    if !cell.contains(&v) {
                        cell.push(v);
                    }
                }),
                Change::Remove(values) => cell.retain(|v| !values.contains(v)),
                Change::Clear => cell.clear(),
            }
        }
        Ok(WriteResult { id: ObjectId { uid: uid.into(), revision: None }, side_effects: Vec::new() })
    }

    async fn delete(&self, _: &Context, class: &str, uid: &str, _: Option<&str>) -> Result<(), Error> {
        match self.objects.lock().unwrap().remove(&(class.into(), uid.into())) {
            Some(_) => Ok(()),
            None => Err(Error::new(ErrorKind::NotFound, "there is no such object")),
        }
    }
}

fn object(uid: &str, stored: &Stored, attributes: &[String]) -> Object {
    let cells = attributes.iter().map(|a| stored.get(a).cloned().unwrap_or_default()).collect();
    Object { id: ObjectId { uid: uid.into(), revision: None }, cells }
}

fn shown(change: &Change) -> String {
    let list = |values: &[Value]| values.iter().map(plain).collect::<Vec<_>>().join(",");
    match change {
        Change::Replace(values) => format!("={}", list(values)),
        Change::Add(values) => format!("+{}", list(values)),
        Change::Remove(values) => format!("-{}", list(values)),
        Change::Clear => "=".into(),
    }
}
