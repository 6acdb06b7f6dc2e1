//! A directory in memory, for unit tests: entries, filters, and the errors that servers
//! answer with. What it was asked is written down.

mod data;
mod evaluate;

use std::collections::{BTreeMap, VecDeque};

use patchbay_connector::ldap::{
    Attribute, Batch, ChangeKind, DirSyncPage, DirSyncRequest, Entry, Error, Failure, Filter, Modification, Name, Rdn,
    Scope, SearchRequest, SecretValue, SyncPage, SyncRequest, Terms, Written,
};

use crate::directory::{self, Directory, Search};
use crate::dn::{self, Dn};
use crate::filter_text;
use crate::plan::Class;
use crate::plan::Plan;
use crate::{prepare, settings};

/// The id of the entry that was made as number `number`.
pub(crate) fn uuid(number: usize) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

/// An error of the directory.
pub(crate) fn failed(failure: Failure) -> Error {
    Error { failure, code: None, attribute: None, message: "it did not work".into() }
}

/// A directory in memory.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    entries: BTreeMap<String, Entry>,
    made: usize,
    changed: usize,
    /// Controls that the root DSE tells.
    pub(crate) controls: Vec<&'static str>,
    /// Whether it is Active Directory.
    pub(crate) windows: bool,
    /// Requests, in order.
    pub(crate) seen: Vec<String>,
    /// Failures of the next writes; none for one that works.
    pub(crate) failures: VecDeque<Option<Error>>,
    /// Parked searches.
    parked: Vec<Vec<Entry>>,
    /// No search is kept.
    pub(crate) parks_nothing: bool,
    /// What else the root DSE tells.
    pub(crate) root: Vec<(&'static str, String)>,
    /// Answers to content synchronization, in order.
    pub(crate) synced: VecDeque<SyncPage>,
    /// What it answers with where there is none.
    pub(crate) sync_failure: Option<Error>,
    /// Answers to DirSync.
    pub(crate) dir_synced: VecDeque<DirSyncPage>,
    /// Attributes that the grant does not let be written.
    pub(crate) denied: Vec<&'static str>,
    /// What somebody else does right before the next change.
    pub(crate) meanwhile: Option<fn(&mut Memory)>,
}

/// A search under way.
#[derive(Debug)]
pub(crate) struct Found(VecDeque<Entry>);

impl Search for Found {
    fn next(&mut self, max: u32) -> Result<Batch, Error> {
        let count = self.0.len().min(max as usize);
        Ok(Batch { entries: self.0.drain(..count).collect(), done: self.0.is_empty() })
    }

    fn skip(&mut self, entries: u64) -> Result<u64, Error> {
        let count = self.0.len().min(usize::try_from(entries).unwrap_or(usize::MAX));
        self.0.drain(..count);
        Ok(count as u64)
    }
}

impl Memory {
    /// A directory like OpenLDAP with some entries: see `data`.
    pub(crate) fn new() -> Self {
        let mut memory = Self { controls: vec!["1.3.6.1.1.12"], ..Self::default() };
        for (dn, attributes) in data::ENTRIES {
            memory.put(dn, attributes);
        }
        memory
    }

    /// Like Active Directory.
    pub(crate) fn windows() -> Self {
        let mut memory = Self { windows: true, controls: vec!["1.2.840.113556.1.4.1413"], ..Self::default() };
        for (dn, attributes) in data::WINDOWS {
            memory.put(dn, attributes);
        }
        memory
    }

    /// Takes an entry away.
    pub(crate) fn take(&mut self, dn: &str) -> Entry {
        self.entries.remove(&dn::key(dn)).unwrap_or_else(|| panic!("there is no {dn}"))
    }

    /// Puts one back as it was: it is the same, and did not change.
    pub(crate) fn restore(&mut self, entry: Entry) {
        self.entries.insert(dn::key(&entry.dn), entry);
    }

    /// Puts an entry there, with `name: value` by line.
    pub(crate) fn put(&mut self, dn: &str, attributes: &str) {
        let mut entry = Entry { dn: dn.to_owned(), attributes: Vec::new() };
        for line in attributes.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (name, value) = line.split_once(": ").expect("a line is `name: value`");
            add(&mut entry, name, &[value.as_bytes().to_vec()]);
        }
        self.insert(entry);
    }

    fn insert(&mut self, mut entry: Entry) {
        self.made += 1;
        let id = match self.windows {
            true => ("objectGUID", crate::guid::to_bytes(&uuid(self.made)).expect("it is a GUID").to_vec()),
            false => ("entryUUID", uuid(self.made).into_bytes()),
        };
        set(&mut entry, id.0, vec![id.1]);
        self.stamp(&mut entry);
        self.entries.insert(dn::key(&entry.dn), entry);
    }

    fn stamp(&mut self, entry: &mut Entry) {
        self.changed += 1;
        let name = if self.windows { "uSNChanged" } else { "entryCSN" };
        let mark = if self.windows { self.changed.to_string() } else { format!("csn#{:06}", self.changed) };
        set(entry, name, vec![mark.into_bytes()]);
    }

    /// The entry of this name.
    pub(crate) fn at(&self, dn: &str) -> Option<&Entry> {
        self.entries.get(&dn::key(dn))
    }

    /// Values of one of its attributes, as text.
    pub(crate) fn texts(&self, dn: &str, name: &str) -> Vec<String> {
        let entry = self.at(dn).unwrap_or_else(|| panic!("there is no {dn}"));
        entry.values(name).iter().map(|value| String::from_utf8_lossy(value).into_owned()).collect()
    }

    /// A class of these settings.
    pub(crate) fn class(&mut self, settings: &str, name: &str) -> Class {
        let settings = settings::parse(settings).unwrap_or_else(|problems| panic!("{problems:?}"));
        let bytes = prepare::prepare(self, &settings).unwrap_or_else(|error| panic!("{error:?}"));
        self.seen.clear();
        Plan::decode(&bytes).and_then(|plan| plan.class(name)).unwrap_or_else(|error| panic!("{error:?}"))
    }

    /// Goes on with a search that was parked.
    pub(crate) fn resume(&mut self, token: &[u8]) -> Found {
        Found(std::mem::take(&mut self.parked[usize::from(token[0])]).into())
    }

    fn fail(&mut self) -> Result<(), Error> {
        self.failures.pop_front().flatten().map_or(Ok(()), Err)
    }

    fn matches(&self, base: &str, scope: Scope, filter: &Filter) -> Result<Vec<&Entry>, Error> {
        let base = Dn::parse(base).map_err(|_| failed(Failure::InvalidRequest))?;
        if !self.entries.contains_key(&base.key()) {
            return Err(failed(Failure::NoSuchObject));
        }
        let inside = |entry: &&Entry| {
            let dn = Dn::parse(&entry.dn).expect("entries have names");
            match scope {
                Scope::Base => dn.key() == base.key(),
                Scope::OneLevel => dn.parent().is_some_and(|parent| parent.key() == base.key()),
                Scope::Subtree => dn.is_at_or_below(&base),
            }
        };
        Ok(self.entries.values().filter(inside).filter(|entry| evaluate::matches(entry, filter)).collect())
    }

    fn project(&self, entry: &Entry, wanted: &[String]) -> Entry {
        let asked = |attribute: &&Attribute| {
            wanted
                .iter()
                .any(|name| name.split(';').next().is_some_and(|name| name.eq_ignore_ascii_case(&attribute.name)))
        };
        Entry { dn: entry.dn.clone(), attributes: entry.attributes.iter().filter(asked).cloned().collect() }
    }

    fn meet(&self, dn: &str, terms: &Terms) -> Result<Entry, Error> {
        let entry = self.at(dn).ok_or_else(|| failed(Failure::NoSuchObject))?;
        match &terms.assertion {
            Some(filter) if !evaluate::matches(entry, filter) => Err(failed(Failure::AssertionFailed)),
            _ => Ok(entry.clone()),
        }
    }

    fn written(&mut self, mut entry: Entry, terms: &Terms) -> Written {
        self.stamp(&mut entry);
        let answer = self.project(&entry, &terms.read_back);
        let dn = entry.dn.clone();
        self.entries.insert(dn::key(&dn), entry);
        Written { dn, entry: (!terms.read_back.is_empty()).then_some(answer) }
    }
}

impl Directory for Memory {
    type Search = Found;

    fn root_dse(&mut self) -> Result<Entry, Error> {
        let mut entry = Entry { dn: String::new(), attributes: Vec::new() };
        for line in if self.windows { data::WINDOWS_ROOT } else { data::ROOT } {
            let (name, value) = line.split_once(": ").expect("a line is `name: value`");
            add(&mut entry, name, &[value.as_bytes().to_vec()]);
        }
        for (name, value) in &self.root {
            add(&mut entry, name, &[value.clone().into_bytes()]);
        }
        let controls: Vec<Vec<u8>> = self.controls.iter().map(|oid| oid.as_bytes().to_vec()).collect();
        add(&mut entry, "supportedControl", &controls);
        Ok(entry)
    }

    fn schema(&mut self) -> Result<Entry, Error> {
        let (types, classes) = if self.windows { data::WINDOWS_SCHEMA } else { data::SCHEMA };
        let lines = |text: &str| {
            text.lines().map(|line| line.trim().as_bytes().to_vec()).filter(|line| !line.is_empty()).collect()
        };
        Ok(Entry {
            dn: "cn=Subschema".into(),
            attributes: vec![
                Attribute::new("attributeTypes", lines(types)),
                Attribute::new("objectClasses", lines(classes)),
            ],
        })
    }

    fn bases(&mut self) -> Result<Vec<String>, Error> {
        Ok(vec!["dc=example,dc=org".into()])
    }

    fn writes(&mut self, attribute: &str) -> Result<bool, Error> {
        Ok(!self.denied.iter().any(|name| name.eq_ignore_ascii_case(attribute)))
    }

    fn renew(&mut self) {
        self.seen.push("renew".to_owned());
    }

    fn search(&mut self, request: &SearchRequest) -> Result<Found, Error> {
        self.seen.push(format!("search {} {}", request.base, filter_text::write(&request.filter)));
        let found = self.matches(&request.base, request.scope, &request.filter)?;
        Ok(Found(found.into_iter().map(|entry| self.project(entry, &request.attributes)).collect()))
    }

    fn count(&mut self, base: &str, scope: Scope, filter: &Filter, limit: u64) -> Result<u64, Error> {
        self.seen.push(format!("count {base} {}", filter_text::write(filter)));
        Ok((self.matches(base, scope, filter)?.len() as u64).min(limit))
    }

    fn add(
        &mut self,
        name: &Name,
        attributes: &[Attribute],
        secrets: &[SecretValue],
        terms: &Terms,
    ) -> Result<Written, Error> {
        let dn = evaluate::name(name);
        self.seen.push(format!("add {dn}"));
        self.fail()?;
        let parent = Dn::parse(&dn).expect("it was made of parts").parent().expect("it is not the root");
        if self.entries.contains_key(&dn::key(&dn)) {
            return Err(failed(Failure::AlreadyExists));
        }
        if !self.entries.contains_key(&parent.key()) {
            return Err(failed(Failure::NoSuchObject));
        }
        assert!(attributes.iter().all(|attribute| !attribute.values.is_empty()), "no attribute is empty");
        let mut entry = Entry { dn, attributes: attributes.to_vec() };
        for secret in secrets {
            set(&mut entry, &secret.attribute, vec![format!("secret {}", secret.secret).into_bytes()]);
        }
        let key = dn::key(&entry.dn);
        self.insert(entry);
        let entry = self.entries.get(&key).expect("it was added").clone();
        Ok(Written { dn: entry.dn.clone(), entry: Some(self.project(&entry, &terms.read_back)) })
    }

    fn modify(
        &mut self,
        dn: &str,
        changes: &[Modification],
        secrets: &[SecretValue],
        terms: &Terms,
    ) -> Result<Written, Error> {
        if let Some(meanwhile) = self.meanwhile.take() {
            meanwhile(self);
        }
        // The permissive modify control of Active Directory.
        let permissive = terms.permissive && self.controls.contains(&"1.2.840.113556.1.4.1413");
        let shown: Vec<String> = changes.iter().map(evaluate::change).collect();
        self.seen.push(format!("modify {dn} {}", shown.join(" ")).trim_end().to_owned());
        self.fail()?;
        let mut entry = self.meet(dn, terms)?;
        for Modification { kind, attribute } in changes {
            let Attribute { name, values } = attribute;
            match kind {
                ChangeKind::Add => {
                    let is_there = |value: &&Vec<u8>| evaluate::has(&entry, name, value);
                    if !permissive && values.iter().any(|value| is_there(&value)) {
                        return Err(failed(Failure::ValueExists));
                    }
                    let new: Vec<Vec<u8>> = values.iter().filter(|value| !is_there(value)).cloned().collect();
                    add(&mut entry, name, &new);
                }
                ChangeKind::Delete => {
                    if !permissive && !values.iter().all(|value| evaluate::has(&entry, name, value)) {
                        return Err(failed(Failure::NoSuchValue));
                    }
                    let left =
                        entry.values(name).iter().filter(|old| !values.iter().any(|value| evaluate::same(old, value)));
                    let left = left.cloned().collect();
                    set(&mut entry, name, left);
                    if name == "member" && entry.values(name).is_empty() {
                        return Err(failed(Failure::ObjectClassViolation));
                    }
                }
                ChangeKind::Replace => set(&mut entry, name, values.clone()),
                ChangeKind::Increment => return Err(failed(Failure::Unsupported)),
            }
        }
        for secret in secrets {
            set(&mut entry, &secret.attribute, vec![format!("secret {}", secret.secret).into_bytes()]);
        }
        let named = Dn::parse(&entry.dn).ok().and_then(|dn| dn.leaf().cloned()).map_or(Vec::new(), |leaf| leaf.parts);
        if named
            .iter()
            .any(|part| changed(changes, &part.attribute) && !evaluate::has(&entry, &part.attribute, &part.value))
        {
            return Err(failed(Failure::NamingViolation));
        }
        Ok(self.written(entry, terms))
    }

    fn rename(
        &mut self,
        dn: &str,
        new_rdn: &Rdn,
        delete_old: bool,
        new_parent: Option<&str>,
        terms: &Terms,
    ) -> Result<Written, Error> {
        let below = new_parent.map(str::to_owned);
        let old = Dn::parse(dn).map_err(|_| failed(Failure::InvalidRequest))?;
        let below = below.unwrap_or_else(|| old.parent().expect("it has a parent").to_string());
        let to = evaluate::name(&Name { parts: vec![new_rdn.clone()], below });
        let keeping = if delete_old { "" } else { " keeping the old" };
        self.seen.push(format!("rename {dn} to {to}{keeping}"));
        self.fail()?;
        let mut entry = self.meet(dn, terms)?;
        let parent = Dn::parse(&to).expect("it was made of parts").parent().expect("it is not the root");
        if !self.entries.contains_key(&parent.key()) {
            return Err(failed(Failure::NoSuchObject));
        }
        if dn::key(&to) != dn::key(dn) && self.entries.contains_key(&dn::key(&to)) {
            return Err(failed(Failure::AlreadyExists));
        }
        for part in &old.leaf().expect("it has a first part").parts {
            if delete_old {
                let left = entry.values(&part.attribute).iter().filter(|value| !evaluate::same(value, &part.value));
                let left = left.cloned().collect();
                set(&mut entry, &part.attribute, left);
            }
        }
        for part in new_rdn {
            if !evaluate::has(&entry, &part.attribute, part.value.as_bytes()) {
                add(&mut entry, &part.attribute, &[part.value.clone().into_bytes()]);
            }
        }
        self.entries.remove(&dn::key(dn));
        entry.dn = to;
        Ok(self.written(entry, terms))
    }

    fn delete(&mut self, dn: &str, terms: &Terms) -> Result<(), Error> {
        self.seen.push(format!("delete {dn}"));
        self.fail()?;
        self.meet(dn, terms)?;
        self.entries.remove(&dn::key(dn));
        Ok(())
    }

    fn set_password(&mut self, dn: &str, secret: u32) -> Result<(), Error> {
        self.seen.push(format!("password {dn} {secret}"));
        self.fail()?;
        // As OpenLDAP's password policy does.
        let mut entry = self.meet(dn, &directory::terms(Vec::new()))?;
        set(&mut entry, "pwdAccountLockedTime", Vec::new());
        self.written(entry, &directory::terms(Vec::new()));
        Ok(())
    }

    fn dir_sync(&mut self, request: &DirSyncRequest) -> Result<DirSyncPage, Error> {
        let cookie = String::from_utf8_lossy(request.cookie.as_deref().unwrap_or_default());
        self.seen.push(format!("dir-sync {} {} {cookie}", request.base, filter_text::write(&request.filter)));
        self.dir_synced.pop_front().ok_or_else(|| failed(Failure::TokenExpired))
    }

    fn sync(&mut self, request: &SyncRequest) -> Result<SyncPage, Error> {
        let cookie = String::from_utf8_lossy(request.cookie.as_deref().unwrap_or_default());
        let wait = if request.wait == 0 { String::new() } else { format!(" for {}", request.wait) };
        self.seen.push(format!("sync {} {} {cookie}{wait}", request.base, filter_text::write(&request.filter)));
        let failure = self.sync_failure.clone().unwrap_or_else(|| failed(Failure::TokenExpired));
        self.synced.pop_front().ok_or(failure)
    }

    fn park(&mut self, search: Found) -> Result<Vec<u8>, Error> {
        self.seen.push("park".to_owned());
        if self.parks_nothing {
            return Err(failed(Failure::LimitExceeded));
        }
        self.parked.push(search.0.into());
        Ok(vec![u8::try_from(self.parked.len() - 1).expect("tests park little")])
    }

    fn lock(&mut self, key: &str) -> Result<(), Error> {
        self.seen.push(format!("lock {key}"));
        Ok(())
    }
}

/// Whether an attribute is among those that are changed.
fn changed(changes: &[Modification], name: &str) -> bool {
    changes.iter().any(|change| change.attribute.name.eq_ignore_ascii_case(name))
}

/// Adds values to an attribute.
fn add(entry: &mut Entry, name: &str, values: &[Vec<u8>]) {
    match entry.attributes.iter_mut().find(|attribute| attribute.name.eq_ignore_ascii_case(name)) {
        Some(attribute) => attribute.values.extend(values.iter().cloned()),
        None => entry.attributes.push(Attribute::new(name, values.to_vec())),
    }
}

/// Gives an attribute these values and no others.
fn set(entry: &mut Entry, name: &str, values: Vec<Vec<u8>>) {
    entry.attributes.retain(|attribute| !attribute.name.eq_ignore_ascii_case(name));
    if !values.is_empty() {
        entry.attributes.push(Attribute::new(name, values));
    }
}
