//! The connector.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::atomic::{self, AtomicBool, AtomicU32};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use patchbay_contract::{
    Attribute, Cell, Change, ChangePage, Connector, Context, Delta, Diagnostic, Error, ErrorKind, Object, ObjectChange,
    ObjectClass, ObjectId, Page, Precision, Query, Value, WriteResult,
};

use crate::compare::{order, shown};
use crate::condition::matches;

/// When the first write happens; each later one is a second later.
const FIRST_WRITE: i64 = 1_767_225_600;

#[derive(Debug, Clone, Default, PartialEq)]
struct Stored {
    cells: BTreeMap<String, Cell>,
    revision: u64,
}

/// What is in the app at one moment, apart from the record of reads and writes.
#[derive(Debug, Clone)]
pub struct Snapshot(State);

#[derive(Debug, Clone, Default)]
struct State {
    /// By class, then by the order of creation.
    objects: BTreeMap<String, BTreeMap<u64, Stored>>,
    /// Writes so far; also what the next id, revision and time are made of.
    clock: u64,
    ids: u64,
    /// Class and key of each write.
    log: Vec<(String, u64)>,
    reads: Vec<String>,
    writes: Vec<String>,
}

/// A connected app in memory.
///
/// Attributes called `created` and `modified` are filled by the store, as a target's
/// triggers would.
#[derive(Debug)]
pub struct Memory {
    classes: Vec<ObjectClass>,
    versioned: bool,
    /// Filters leave out nothing.
    coarse: bool,
    state: Mutex<State>,
    discoveries: AtomicU32,
    counts: AtomicU32,
    /// Searches go on nowhere.
    forgetful: AtomicBool,
    /// The next object that is asked for once a write was done cannot be read.
    unreadable: AtomicBool,
    /// The next object that is asked for once a write was done is not to be seen.
    unseen: AtomicBool,
}

impl Memory {
    /// An empty app of these classes whose objects have no revisions.
    pub fn new(classes: Vec<ObjectClass>) -> Self {
        Self {
            classes,
            versioned: false,
            coarse: false,
            state: Mutex::default(),
            discoveries: AtomicU32::new(0),
            counts: AtomicU32::new(0),
            forgetful: AtomicBool::new(false),
            unreadable: AtomicBool::new(false),
            unseen: AtomicBool::new(false),
        }
    }

    /// Takes every filter, and gives everything for it: a superset of what matches.
    #[must_use]
    pub fn coarse(mut self) -> Self {
        self.coarse = true;
        self
    }

    /// The target goes away after the next write, for one reading of an object.
    pub fn go_away_after_a_write(&self) {
        self.unreadable.store(true, atomic::Ordering::Relaxed);
    }

    /// The next write takes its object out of sight, for one reading.
    pub fn hide_after_a_write(&self) {
        self.unseen.store(true, atomic::Ordering::Relaxed);
    }

    /// The target no longer knows where searches were.
    pub fn forget_places(&self) {
        self.forgetful.store(true, atomic::Ordering::Relaxed);
    }

    /// The same with revisions, which every write changes and checks.
    #[must_use]
    pub fn versioned(mut self) -> Self {
        self.versioned = true;
        self.classes.iter_mut().for_each(|class| class.operations.versions = true);
        self
    }

    /// The same, able to tell what changed.
    #[must_use]
    pub fn synced(mut self) -> Self {
        self.classes.iter_mut().for_each(|class| class.operations.sync = true);
        self
    }

    /// The same, unable to change what is there.
    #[must_use]
    pub fn without_updates(mut self) -> Self {
        self.classes.iter_mut().for_each(|class| class.operations.update = false);
        self
    }

    /// The same, unable to filter: all that the host asks for is checked by the host.
    #[must_use]
    pub fn without_filters(mut self) -> Self {
        self.classes.iter_mut().flat_map(|class| &mut class.attributes).for_each(|info| info.filterable.clear());
        self
    }

    /// The same, unable to sort.
    #[must_use]
    pub fn without_order(mut self) -> Self {
        self.classes.iter_mut().flat_map(|class| &mut class.attributes).for_each(|info| info.traits.sortable = false);
        self
    }

    /// What was written since the last call, a line for each attribute.
    pub fn writes(&self) -> Vec<String> {
        std::mem::take(&mut self.state().writes)
    }

    /// How often the classes were asked for.
    pub fn discoveries(&self) -> u32 {
        self.discoveries.load(atomic::Ordering::Relaxed)
    }

    /// How often matches were counted.
    pub fn counts(&self) -> u32 {
        self.counts.load(atomic::Ordering::Relaxed)
    }

    /// What was read since the last call.
    pub fn reads(&self) -> Vec<String> {
        std::mem::take(&mut self.state().reads)
    }

    /// Puts `count` objects there at once, each with its number as text in `attribute`.
    pub fn fill(&self, class: &str, attribute: &str, count: u64) {
        let mut state = self.state();
        let first = state.ids + 1;
        state.ids += count;
        let objects = state.objects.entry(class.to_owned()).or_default();
        for key in first..first + count {
            let cells = BTreeMap::from([(attribute.to_owned(), vec![Value::Text(key.to_string())])]);
            objects.insert(key, Stored { cells, revision: 0 });
        }
    }

    /// What is there now, for [`Memory::restore`].
    pub fn snapshot(&self) -> Snapshot {
        let state = self.state();
        Snapshot(State { reads: Vec::new(), writes: Vec::new(), ..state.clone() })
    }

    /// The text of a secret that an object keeps, which no read shows.
    pub fn secret(&self, class: &str, uid: &str, attribute: &str) -> Option<String> {
        let state = self.state();
        let (_, stored) = find(self, &state, class, uid, None).ok()?;
        match stored.cells.get(attribute)?.first()? {
            Value::Secret(secret) => Some(secret.shared().to_string()),
            _ => None,
        }
    }

    /// Puts everything back as it was; also the record, which is then empty.
    pub fn restore(&self, snapshot: &Snapshot) {
        self.state().clone_from(&snapshot.0);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn class(&self, name: &str) -> Result<&ObjectClass, Error> {
        self.classes
            .iter()
            .find(|class| class.name == name)
            .ok_or_else(|| Error::new(ErrorKind::Internal, "there is no such class"))
    }

    /// An error where the class cannot tell what changed.
    fn sync(&self, class: &str) -> Result<(), Error> {
        match self.class(class)?.operations.sync {
            true => Ok(()),
            false => Err(Error::new(ErrorKind::Unsupported, "it cannot be told what changed")),
        }
    }

    /// An error where one of `attributes` is a secret.
    fn shows(&self, class: &str, attributes: &[String]) -> Result<(), Error> {
        let class = self.class(class)?;
        match attributes.iter().find(|name| class.attribute(name).is_some_and(|info| info.traits.secret)) {
            Some(name) => Err(Error::new(ErrorKind::Internal, "a secret is never read").attribute(name.as_str())),
            None => Ok(()),
        }
    }

    fn revision(&self, stored: &Stored) -> Option<String> {
        self.versioned.then(|| format!("r{}", stored.revision))
    }

    fn object(&self, key: u64, stored: &Stored, attributes: &[String]) -> Object {
        let cells = attributes.iter().map(|name| stored.cells.get(name).cloned().unwrap_or_default()).collect();
        Object { id: ObjectId { uid: key.to_string(), revision: self.revision(stored) }, cells }
    }

    /// Fills what the store fills, checks uniqueness, and keeps the object.
    fn keep(&self, state: &mut State, class: &ObjectClass, key: u64, mut stored: Stored) -> Result<WriteResult, Error> {
        state.clock += 1;
        stored.revision = state.clock;
        let now = jiff::Timestamp::from_second(FIRST_WRITE.saturating_add_unsigned(state.clock)).unwrap_or_default();
        for name in ["created", "modified"] {
            let fresh = name == "modified" || !stored.cells.contains_key(name);
            if fresh && class.attribute(name).is_some() {
                stored.cells.insert(name.to_owned(), vec![Value::Timestamp(now.to_string())]);
            }
        }
        let objects = state.objects.entry(class.name.clone()).or_default();
        for info in &class.attributes {
            let values = stored.cells.get(&info.name).map(Vec::as_slice).unwrap_or_default();
            if values.iter().any(|value| matches!(value, Value::Secret(_)) != info.traits.secret) {
                let error =
                    Error::new(ErrorKind::Internal, "secrets are for the attributes that keep them, and for no other");
                return Err(error.attribute(info.name.as_str()));
            }
        }
        for info in class.attributes.iter().filter(|info| info.traits.unique) {
            let Some(mine) = stored.cells.get(&info.name).and_then(|cell| cell.first()) else { continue };
            let same = |other: &Stored| {
                let theirs = other.cells.get(&info.name).and_then(|cell| cell.first());
                theirs.is_some_and(|theirs| order(mine, theirs, info.traits.case_exact) == Some(Ordering::Equal))
            };
            if objects.iter().any(|(other, object)| *other != key && same(object)) {
                let error = Error::new(ErrorKind::AlreadyExists, "another object has this value");
                return Err(error.attribute(info.name.as_str()));
            }
        }
        let id = ObjectId { uid: key.to_string(), revision: self.revision(&stored) };
        objects.insert(key, stored);
        state.log.push((class.name.clone(), key));
        Ok(WriteResult { id, side_effects: Vec::new() })
    }
}

fn not_found() -> Error {
    Error::new(ErrorKind::NotFound, "there is no such object")
}

/// The object and its key, at the revision asked for.
fn find<'s>(
    memory: &Memory,
    state: &'s State,
    class: &str,
    uid: &str,
    if_match: Option<&str>,
) -> Result<(u64, &'s Stored), Error> {
    let key: u64 = uid.parse().map_err(|_| not_found())?;
    let found = state.objects.get(class).and_then(|objects| objects.get(&key));
    // An id has one spelling.
    let stored = found.filter(|_| key.to_string() == uid).ok_or_else(not_found)?;
    match if_match {
        Some(wanted) if memory.revision(stored).as_deref() != Some(wanted) => {
            Err(Error::new(ErrorKind::PreconditionFailed, "the object has another version"))
        }
        _ => Ok((key, stored)),
    }
}

/// Absent values stand last ascending and first descending.
fn sorted(class: &ObjectClass, query: &Query, found: &mut [(u64, &Stored)]) {
    for by in query.order.iter().rev() {
        let exact = class.attribute(&by.attribute).is_some_and(|info| info.traits.case_exact);
        let value = |stored: &&Stored| stored.cells.get(&by.attribute).and_then(|cell| cell.first()).cloned();
        found.sort_by(|(_, a), (_, b)| {
            let ascending = match (value(a), value(b)) {
                (Some(a), Some(b)) => order(&a, &b, exact).unwrap_or(Ordering::Equal),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => Ordering::Equal,
            };
            if by.descending { ascending.reverse() } else { ascending }
        });
    }
}

fn change(cell: &mut Cell, change: Change, case_exact: bool) {
    let same = |a: &Value, b: &Value| a == b || order(a, b, case_exact) == Some(Ordering::Equal);
    match change {
        Change::Replace(values) => *cell = values,
        Change::Add(values) => {
            for value in values {
                if !cell.iter().any(|there| same(there, &value)) {
                    cell.push(value);
                }
            }
        }
        Change::Remove(values) => cell.retain(|there| !values.iter().any(|gone| same(there, gone))),
        Change::Clear => cell.clear(),
    }
}

fn line(change: &Change) -> String {
    let list = |values: &[Value]| values.iter().map(shown).collect::<Vec<_>>().join(",");
    match change {
        Change::Replace(values) => format!("={}", list(values)),
        Change::Add(values) => format!("+{}", list(values)),
        Change::Remove(values) => format!("-{}", list(values)),
        Change::Clear => "=".to_owned(),
    }
}

#[async_trait]
impl Connector for Memory {
    async fn test(&self, _: &Context) -> Result<Vec<Diagnostic>, Error> {
        self.state().reads.push("test".to_owned());
        Ok(Vec::new())
    }

    async fn discover(&self, _: &Context) -> Result<Vec<ObjectClass>, Error> {
        self.discoveries.fetch_add(1, atomic::Ordering::Relaxed);
        Ok(self.classes.clone())
    }

    async fn get(&self, _: &Context, class: &str, uid: &str, attributes: &[String]) -> Result<Object, Error> {
        let mut state = self.state();
        state.reads.push(format!("get {class} {uid} {}", attributes.join(",")));
        self.shows(class, attributes)?;
        if !state.writes.is_empty() && self.unreadable.swap(false, atomic::Ordering::Relaxed) {
            return Err(Error::new(ErrorKind::Unavailable, "the target went away"));
        }
        if !state.writes.is_empty() && self.unseen.swap(false, atomic::Ordering::Relaxed) {
            return Err(Error::new(ErrorKind::NotFound, "nothing to be seen"));
        }
        let (key, stored) = find(self, &state, class, uid, None)?;
        Ok(self.object(key, stored, attributes))
    }

    async fn search(&self, _: &Context, query: Query) -> Result<Page, Error> {
        let class = self.class(&query.class)?;
        self.shows(&class.name, &query.attributes)?;
        let mut state = self.state();
        state.reads.push(format!("search {} offset {:?}", query.class, query.offset));
        let none = BTreeMap::new();
        let objects = state.objects.get(&query.class).unwrap_or(&none);
        let mut found: Vec<(u64, &Stored)> = objects
            .iter()
            .filter(|(key, stored)| {
                self.coarse || query.filter.as_ref().is_none_or(|f| matches(f, class, &key.to_string(), &stored.cells))
            })
            .map(|(key, stored)| (*key, stored))
            .collect();
        sorted(class, &query, &mut found);
        self.counts.fetch_add(u32::from(query.want_total), atomic::Ordering::Relaxed);
        let total = query.want_total.then_some(found.len() as u64);
        let start = match &query.continuation {
            None => query.offset.unwrap_or_default(),
            Some(_) if self.forgetful.load(atomic::Ordering::Relaxed) => {
                return Err(Error::new(ErrorKind::TokenExpired, "the place is forgotten"));
            }
            Some(token) => {
                let place = std::str::from_utf8(token).ok().and_then(|text| text.parse().ok());
                place.ok_or_else(|| Error::new(ErrorKind::TokenExpired, "not a place in this search"))?
            }
        };
        let start = usize::try_from(start).unwrap_or(usize::MAX);
        let page = found.iter().skip(start).take(query.page_size as usize);
        let objects: Vec<Object> = page.map(|(key, stored)| self.object(*key, stored, &query.attributes)).collect();
        let end = start.saturating_add(objects.len());
        let next = (end < found.len()).then(|| end.to_string().into_bytes());
        let all = self.coarse && query.filter.is_some();
        let precision = if all { Precision::Superset } else { Precision::Exact };
        Ok(Page { objects, precision, next, total })
    }

    async fn create(&self, _: &Context, class: &str, attributes: Vec<Attribute>) -> Result<WriteResult, Error> {
        let class = self.class(class)?;
        let mut state = self.state();
        let names: Vec<&str> = attributes.iter().map(|a| a.name.as_str()).collect();
        let record = format!("create {} {}", class.name, names.join(","));
        state.writes.push(record);
        let cells = attributes.into_iter().filter(|a| !a.values.is_empty()).map(|a| (a.name, a.values)).collect();
        let key = state.ids + 1;
        let result = self.keep(&mut state, class, key, Stored { cells, revision: 0 })?;
        state.ids = key;
        Ok(result)
    }

    async fn update(
        &self,
        _: &Context,
        class: &str,
        uid: &str,
        if_match: Option<&str>,
        deltas: Vec<Delta>,
    ) -> Result<WriteResult, Error> {
        let class = self.class(class)?;
        let mut state = self.state();
        let (key, stored) = find(self, &state, &class.name, uid, if_match)?;
        let mut stored = stored.clone();
        for delta in deltas {
            state.writes.push(format!("{} {}", delta.attribute, line(&delta.change)));
            let exact = class.attribute(&delta.attribute).is_some_and(|info| info.traits.case_exact);
            change(stored.cells.entry(delta.attribute).or_default(), delta.change, exact);
        }
        self.keep(&mut state, class, key, stored)
    }

    async fn delete(&self, _: &Context, class: &str, uid: &str, if_match: Option<&str>) -> Result<(), Error> {
        let mut state = self.state();
        let (key, _) = find(self, &state, class, uid, if_match)?;
        state.writes.push(format!("delete {class} {uid}"));
        state.log.push((class.to_owned(), key));
        state.objects.get_mut(class).and_then(|objects| objects.remove(&key)).map(drop).ok_or_else(not_found)
    }

    async fn latest_token(&self, _: &Context, class: &str) -> Result<Vec<u8>, Error> {
        self.sync(class)?;
        Ok(format!("{class} {}", self.state().log.len()).into_bytes())
    }

    async fn changes(
        &self,
        _: &Context,
        class: &str,
        token: &[u8],
        attributes: &[String],
        limit: u32,
        _: Duration,
    ) -> Result<ChangePage, Error> {
        self.sync(class)?;
        let mut state = self.state();
        state.reads.push(format!("changes {class} {}", attributes.join(",")));
        self.shows(class, attributes)?;
        let place = std::str::from_utf8(token).ok().and_then(|token| token.split_once(' '));
        let place = place.filter(|(of, _)| *of == class).and_then(|(_, place)| place.parse::<usize>().ok());
        let place = place.filter(|place| *place <= state.log.len());
        let place = place.ok_or_else(|| Error::new(ErrorKind::TokenExpired, "the token is of another class"))?;
        let mut keys: Vec<u64> = Vec::new();
        let mut end = place;
        for (of, key) in state.log.iter().skip(place) {
            if of == class && !keys.contains(key) {
                if keys.len() == limit as usize {
                    break;
                }
                keys.push(*key);
            }
            end += 1;
        }
        let objects = state.objects.get(class);
        let change = |key: u64| match objects.and_then(|objects| objects.get(&key)) {
            Some(stored) => ObjectChange::Upsert(self.object(key, stored, attributes)),
            None => ObjectChange::Delete(ObjectId { uid: key.to_string(), revision: None }),
        };
        let changes = keys.into_iter().map(change).collect();
        Ok(ChangePage {
            changes,
            token: format!("{class} {end}").into_bytes(),
            more: end < state.log.len(),
            live: false,
        })
    }
}
