//! What a directory says of its own schema (RFC 4512 section 4.2): attribute types, object
//! classes, matching rules, and content rules.
//!
//! Servers write descriptions in their own ways; [`read`](Subschema::read) takes all of them,
//! and one that cannot be read is left out and told of. Names are compared without case.

mod attribute;
mod class;
mod text;

use std::collections::{HashMap, HashSet, VecDeque};

use patchbay_connector::ldap;

pub use attribute::{AttributeType, Usage};
pub use class::{Contents, Kind, ObjectClass, UnknownClass};
use text::{Description, Unreadable};

/// Most descriptions of one kind.
const MAX_DESCRIPTIONS: usize = 20_000;
/// Longest description, in bytes.
const MAX_BYTES: usize = 256 * 1024;
/// Longest chain of superior types or classes.
const MAX_CHAIN: usize = 64;

/// A directory's schema.
#[derive(Debug, Clone, Default)]
pub struct Subschema {
    attributes: Vec<AttributeType>,
    classes: Vec<ObjectClass>,
    /// What content rules add to the class of the same OID.
    rules: HashMap<String, Contents>,
    /// By every name and the OID, in lower case.
    by_attribute: HashMap<String, usize>,
    by_class: HashMap<String, usize>,
}

/// A description that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Attribute of the subschema that it was a value of.
    pub attribute: String,
    /// Which value, from 0.
    pub index: usize,
    /// Where in it reading ended, in bytes.
    pub position: usize,
    /// Why.
    pub reason: String,
}

impl Subschema {
    /// Reads the subschema's entry.
    pub fn read(entry: &[ldap::Attribute]) -> (Self, Vec<Skipped>) {
        let mut skipped = Vec::new();
        let mut schema = Self::default();
        let rules = rule_names(&descriptions(entry, "matchingRules", &mut skipped));
        schema.attributes = descriptions(entry, "attributeTypes", &mut skipped)
            .into_iter()
            .map(|description| AttributeType::new(description, &rules))
            .collect();
        schema.by_attribute = index(&schema.attributes, |attribute| (&attribute.oid, &attribute.names));
        schema.inherit();
        schema.classes = descriptions(entry, "objectClasses", &mut skipped).into_iter().map(ObjectClass::new).collect();
        schema.by_class = index(&schema.classes, |class| (&class.oid, &class.names));
        schema.rules = descriptions(entry, "dITContentRules", &mut skipped)
            .into_iter()
            .map(|mut rule| (rule.oid.clone(), Contents { must: rule.take("MUST"), may: rule.take("MAY") }))
            .collect();
        (schema, skipped)
    }

    /// The attribute of this name, second name or OID; options (`;lang-en`) do not count.
    pub fn attribute(&self, name: &str) -> Option<&AttributeType> {
        let (name, _) = name.split_once(';').unwrap_or((name, ""));
        self.attributes.get(*self.by_attribute.get(&name.to_ascii_lowercase())?)
    }

    /// All attribute types, as the directory lists them.
    pub fn attributes(&self) -> impl Iterator<Item = &AttributeType> {
        self.attributes.iter()
    }

    /// The class of this name, second name or OID.
    pub fn class(&self, name: &str) -> Option<&ObjectClass> {
        self.classes.get(*self.by_class.get(&name.to_ascii_lowercase())?)
    }

    /// All object classes, as the directory lists them.
    pub fn classes(&self) -> impl Iterator<Item = &ObjectClass> {
        self.classes.iter()
    }

    /// Whether these are two names of one attribute.
    pub fn same(&self, a: &str, b: &str) -> bool {
        match (self.attribute(a), self.attribute(b)) {
            (Some(a), Some(b)) => a.oid == b.oid,
            _ => a.eq_ignore_ascii_case(b),
        }
    }

    /// The class itself, and all that it inherits from, the nearest first. Superiors that the
    /// schema does not have are left out.
    pub fn superiors<'a>(&'a self, class: &'a ObjectClass) -> Vec<&'a ObjectClass> {
        let mut found = Vec::new();
        let mut seen = HashSet::new();
        let mut next = VecDeque::from([class]);
        while let Some(class) = next.pop_front().filter(|_| found.len() < MAX_CHAIN) {
            if seen.insert(class.oid.as_str()) {
                found.push(class);
                next.extend(class.sup.iter().filter_map(|name| self.class(name)));
            }
        }
        found
    }

    /// What an entry of all these classes has to have and can have, with what they inherit
    /// and what content rules add. Attributes have their first name, and are sorted by it.
    pub fn contents(&self, classes: &[&str]) -> Result<Contents, UnknownClass> {
        let mut contents = Contents::default();
        for name in classes {
            let class = self.class(name).ok_or_else(|| UnknownClass { name: (*name).to_owned() })?;
            for class in self.superiors(class) {
                contents.add(&class.must, &class.may);
                if let Some(rule) = self.rules.get(&class.oid) {
                    contents.add(&rule.must, &rule.may);
                }
            }
        }
        Ok(contents.settle(|name| self.attribute(name).map_or(name, AttributeType::name).to_owned()))
    }

    /// Gives every attribute what it has from its superiors.
    fn inherit(&mut self) {
        let chains: Vec<Vec<usize>> = (0..self.attributes.len()).map(|place| self.chain(place)).collect();
        for (place, chain) in chains.into_iter().enumerate() {
            for superior in chain {
                let superior = self.attributes.get(superior).cloned();
                if let (Some(own), Some(superior)) = (self.attributes.get_mut(place), superior) {
                    own.inherit(&superior);
                }
            }
        }
    }

    /// Places of an attribute's superiors, the nearest first.
    fn chain(&self, start: usize) -> Vec<usize> {
        let mut chain = Vec::new();
        let mut place = start;
        while let Some(sup) = self.attributes.get(place).and_then(|attribute| attribute.sup.as_ref()) {
            match self.by_attribute.get(&sup.to_ascii_lowercase()) {
                Some(next) if *next != start && !chain.contains(next) && chain.len() < MAX_CHAIN => {
                    chain.push(*next);
                    place = *next;
                }
                _ => break,
            }
        }
        chain
    }
}

/// The descriptions in one attribute of the subschema that can be read.
fn descriptions(entry: &[ldap::Attribute], name: &str, skipped: &mut Vec<Skipped>) -> Vec<Description> {
    let mut found = Vec::new();
    let values = entry.iter().filter(|attribute| attribute.name.eq_ignore_ascii_case(name));
    for (place, value) in values.flat_map(|attribute| &attribute.values).enumerate() {
        let read = if place >= MAX_DESCRIPTIONS {
            Err(Unreadable { position: 0, reason: "there are too many of them" })
        } else if value.len() > MAX_BYTES {
            Err(Unreadable { position: MAX_BYTES, reason: "it is too long" })
        } else {
            Description::read(&String::from_utf8_lossy(value))
        };
        match read {
            Ok(description) => found.push(description),
            Err(Unreadable { position, reason }) => {
                skipped.push(Skipped { attribute: name.to_owned(), index: place, position, reason: reason.to_owned() });
            }
        }
        if place >= MAX_DESCRIPTIONS {
            break;
        }
    }
    found
}

/// Places by OID and by every name; of two with the same name, the first has it.
fn index<T>(items: &[T], called: impl Fn(&T) -> (&String, &Vec<String>)) -> HashMap<String, usize> {
    let mut places = HashMap::new();
    for (place, item) in items.iter().enumerate() {
        let (oid, names) = called(item);
        for name in names.iter().chain([oid]) {
            places.entry(name.to_ascii_lowercase()).or_insert(place);
        }
    }
    places
}

/// First names of matching rules, by OID.
fn rule_names(rules: &[Description]) -> HashMap<String, String> {
    rules.iter().filter_map(|rule| Some((rule.oid.clone(), rule.all("NAME").first()?.clone()))).collect()
}

#[cfg(test)]
mod tests;
