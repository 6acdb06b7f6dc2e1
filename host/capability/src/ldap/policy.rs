//! What the operator grants on an LDAP binding, and whether a request stays within it.

mod attributes;
mod filter;
mod subtree;

use std::collections::BTreeSet;

pub use attributes::is_secret;
use attributes::{Names, base_name, is_named};
pub(crate) use subtree::{Place, strip_description};

use super::{Dn, Error, Failure};

/// What an entry is: without it nothing can be told of one, and it tells of nobody.
const OBJECT_CLASS: &str = "objectClass";

/// An operation that can be granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verb {
    /// Search, count, follow changes, read back what was written.
    Search,
    /// Add entries.
    Add,
    /// Change attributes.
    Modify,
    /// Rename and move.
    Rename,
    /// Delete entries, or whole subtrees.
    Delete,
    /// Set passwords, in whatever way.
    Password,
}

impl Verb {
    /// As configuration and messages write it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Search => "search",
            Self::Add => "add",
            Self::Modify => "modify",
            Self::Rename => "rename",
            Self::Delete => "delete",
            Self::Password => "password",
        }
    }
}

/// Subtrees, attributes and verbs a guest may use; anything else is denied. The root DSE and
/// the subschema can always be read, whatever attributes are granted: they say what a server
/// is, not who is in it. What names the machine it runs on is left out of them.
///
/// Attributes that hold passwords are never read, whatever is granted ([`is_secret`]). All
/// attributes are named, never numbered: a number is another name for one that the grant
/// may not cover.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policy {
    /// Subtrees that may be read, their bases included. A search whose base lies above one is
    /// denied, not narrowed.
    pub read: Vec<Dn>,
    /// Subtrees that may be written. Below a base, anything the verbs say. The base itself
    /// may be changed, and entries be put under it; it is neither added, renamed nor deleted.
    pub write: Vec<Dn>,
    /// What may be done there.
    pub verbs: BTreeSet<Verb>,
    /// Attributes that may be read, compared, and sorted by; none for all but secret ones.
    /// `objectClass` always may.
    pub read_attributes: Option<BTreeSet<String>>,
    /// Attributes that may be written, those of names and secrets included. Secret ones need
    /// [`Verb::Password`] as well.
    pub write_attributes: BTreeSet<String>,
}

/// A [`Policy`] made ready to be asked on the hot path.
#[derive(Debug)]
pub(crate) struct Grant {
    policy: Policy,
    /// None for all but secret ones.
    readable: Option<Names>,
    writable: Names,
}

impl Grant {
    pub(crate) fn new(policy: Policy) -> Self {
        let readable = policy.read_attributes.as_ref().map(Names::new);
        let writable = Names::new(&policy.write_attributes);
        Self { policy, readable, writable }
    }

    /// Whether it lets anything be done at all.
    pub(crate) fn is_some(&self) -> bool {
        !self.policy.verbs.is_empty()
    }

    /// Fails where this verb is not granted.
    pub(crate) fn allows(&self, verb: Verb) -> Result<(), Error> {
        if self.policy.verbs.contains(&verb) { Ok(()) } else { Err(denied(format!("{} is not granted", verb.word()))) }
    }

    /// Fails where no verb is granted that changes something.
    pub(crate) fn allows_writing(&self) -> Result<(), Error> {
        if self.policy.verbs.iter().any(|verb| *verb != Verb::Search) {
            Ok(())
        } else {
            Err(denied("no verb that writes is granted".to_owned()))
        }
    }

    /// Fails where this attribute may not be read, compared or sorted by.
    pub(crate) fn readable(&self, description: &str) -> Result<(), Error> {
        if !is_named(description) {
            return Err(at(description, Failure::InvalidRequest, "is no attribute description with a name"));
        }
        if self.reads(description) { Ok(()) } else { Err(at(description, Failure::Denied, "may not be read")) }
    }

    /// Fails where this attribute may not be written.
    pub(crate) fn writable(&self, description: &str) -> Result<(), Error> {
        if !is_named(description) {
            return Err(at(description, Failure::InvalidRequest, "is no attribute description with a name"));
        }
        if !self.writable.contain(base_name(description)) {
            return Err(at(description, Failure::Denied, "may not be written"));
        }
        if is_secret(description) { self.allows(Verb::Password) } else { Ok(()) }
    }

    /// Fails where this attribute may be read: it is no place for a secret then.
    pub(crate) fn conceals(&self, description: &str) -> Result<(), Error> {
        if self.reads(description) {
            return Err(at(description, Failure::Denied, "may be read, so that it takes no secret"));
        }
        Ok(())
    }

    /// What of the attributes asked for may be asked: at least one, `1.1` where none may.
    pub(crate) fn ask(&self, mut attributes: Vec<String>) -> Vec<String> {
        let all = |name: &str| name == "*" || name == "+";
        let mut everything = false;
        attributes.retain(|name| {
            everything |= all(name);
            if all(name) { self.readable.is_none() } else { is_named(name) && self.reads(name) }
        });
        if let Some(granted) = self.policy.read_attributes.as_ref().filter(|_| everything) {
            for name in granted.iter().map(String::as_str).chain([OBJECT_CLASS]) {
                if !is_secret(name) && !attributes.iter().any(|asked| asked.eq_ignore_ascii_case(name)) {
                    attributes.push(name.to_owned());
                }
            }
        }
        if attributes.is_empty() {
            attributes.push("1.1".to_owned());
        }
        attributes
    }

    /// Whether an attribute may be read.
    fn reads(&self, description: &str) -> bool {
        let name = base_name(description);
        !is_secret(name)
            && match &self.readable {
                None => true,
                Some(names) => names.contain(name) || name.eq_ignore_ascii_case(OBJECT_CLASS),
            }
    }
}

fn denied(message: String) -> Error {
    Error::new(Failure::Denied, message)
}

/// An error about an attribute.
fn at(attribute: &str, failure: Failure, what: &str) -> Error {
    Error { attribute: Some(attribute.to_owned()), ..Error::new(failure, format!("attribute {attribute:?} {what}")) }
}

#[cfg(test)]
mod tests;
