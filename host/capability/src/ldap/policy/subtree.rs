//! Subtrees: where a request may go, and what of an answer stays.

use super::attributes::base_name;
use super::{Grant, denied, is_secret};
use crate::ldap::dn::malformed;
use crate::ldap::{Attribute, Dn, Entry, Error};

/// Attributes of a root DSE that name the machine a server runs on, or others.
const HOSTS: [&str; 5] = ["altServer", "dnsHostName", "ldapServiceName", "netscapemdsuffix", "serverName"];

/// Which entries of a write subtree a write may be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Those below a base.
    Below,
    /// The base too.
    AtOrBelow,
}

impl Grant {
    /// Subtrees that may be read.
    pub(crate) fn bases(&self) -> &[Dn] {
        &self.policy.read
    }

    /// Reads a name, `what` in messages, and fails where it may not be read.
    pub(crate) fn read_name(&self, what: &str, text: String) -> Result<String, Error> {
        if self.policy.read.iter().any(|base| base.text() == text) {
            return Ok(text);
        }
        let dn = Dn::parse(text).map_err(|error| malformed(what, error))?;
        self.reads_name(what, &dn)?;
        Ok(dn.into_text())
    }

    /// Fails where this name may not be read.
    pub(crate) fn reads_name(&self, what: &str, dn: &Dn) -> Result<(), Error> {
        if self.policy.read.iter().any(|base| dn.is_within(base)) {
            return Ok(());
        }
        Err(denied(format!("{what} {:?} is not within a subtree that may be read", dn.text())))
    }

    /// Reads a name, and fails where it may not be written.
    pub(crate) fn write_name(&self, what: &str, text: String, place: Place) -> Result<Dn, Error> {
        let dn = Dn::parse(text).map_err(|error| malformed(what, error))?;
        self.writes_name(what, &dn, place)?;
        Ok(dn)
    }

    /// Fails where this name may not be written.
    pub(crate) fn writes_name(&self, what: &str, dn: &Dn, place: Place) -> Result<(), Error> {
        let granted = |base: &Dn| match place {
            Place::Below => dn.is_below(base),
            Place::AtOrBelow => dn.is_within(base),
        };
        if self.policy.write.iter().any(granted) {
            return Ok(());
        }
        let relation = if place == Place::Below { "below one" } else { "within a subtree" };
        Err(denied(format!("{what} {:?} is not {relation} that may be written", dn.text())))
    }

    /// Takes out of an entry what may not be read; false where the entry itself may not.
    pub(crate) fn keep(&self, entry: &mut Entry) -> bool {
        if entry.dn.starts_with('<') {
            // With extended names, the entry's own name is one too.
            entry.dn = plain_name(&entry.dn).to_owned();
        }
        self.strip(entry);
        self.holds(&entry.dn)
    }

    /// Takes attributes out of an entry that may not be read.
    fn strip(&self, entry: &mut Entry) {
        entry.attributes.retain(|attribute| has_name(attribute) && self.reads(&attribute.name));
    }

    /// Whether the entry of this name, as a server wrote it, may be read.
    fn holds(&self, dn: &str) -> bool {
        let bases = &self.policy.read;
        bases.iter().any(|base| base.plainly_holds(dn))
            || Dn::parse(dn).is_ok_and(|dn| bases.iter().any(|base| dn.is_within(base)))
    }
}

/// Takes out of what a server says of itself (root DSE, schema) what tells more than that:
/// secrets, attributes without a name, and where it runs. Which attributes of people are
/// granted makes no difference here.
pub(crate) fn strip_description(entry: &mut Entry) {
    entry.attributes.retain(|attribute| {
        let name = base_name(&attribute.name);
        has_name(attribute) && !is_secret(name) && !HOSTS.iter().any(|host| name.eq_ignore_ascii_case(host))
    });
}

fn has_name(attribute: &Attribute) -> bool {
    attribute.name.starts_with(|c: char| c.is_ascii_alphabetic())
}

/// The name at the end of `<GUID=...>;<SID=...>;DN`; empty where there is none.
fn plain_name(extended: &str) -> &str {
    let mut rest = extended;
    while rest.starts_with('<') {
        rest = rest.split_once(">;").map_or("", |(_, rest)| rest);
    }
    rest
}
