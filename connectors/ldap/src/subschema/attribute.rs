//! Attribute types.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::text::Description;

/// What the values of an attribute are for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Usage {
    /// For users; all others are operational.
    #[default]
    UserApplications,
    /// For the directory.
    DirectoryOperation,
    /// For the directory, shared by its servers.
    DistributedOperation,
    /// For this very server.
    DsaOperation,
}

/// An attribute type, with what it inherits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttributeType {
    /// The numeric OID, or what the server has in its place.
    pub oid: String,
    /// Its names; the first is used.
    pub names: Vec<String>,
    /// What the server says of it.
    pub description: Option<String>,
    /// Its superior, by name or OID.
    pub sup: Option<String>,
    /// Matching rule for equality, by name where the schema has one; none where values
    /// cannot be compared so, or where the server does not say (Active Directory).
    pub equality: Option<String>,
    /// Matching rule for order.
    pub ordering: Option<String>,
    /// Matching rule for parts.
    pub substring: Option<String>,
    /// OID of its syntax.
    pub syntax: Option<String>,
    /// How long values may be at least; servers need not keep to it.
    pub length: Option<u32>,
    /// At most one value.
    pub single_value: bool,
    /// Shared by several entries (RFC 3671).
    pub collective: bool,
    /// Kept by the server alone.
    pub no_user_modification: bool,
    /// Not to be used any more.
    pub obsolete: bool,
    /// What its values are for.
    pub usage: Usage,
}

impl AttributeType {
    /// `rules` are names of matching rules by OID.
    pub(super) fn new(mut text: Description, rules: &HashMap<String, String>) -> Self {
        let mut rule = |field: &str| text.one(field).map(|rule| rules.get(&rule).cloned().unwrap_or(rule));
        let (equality, ordering, substring) = (rule("EQUALITY"), rule("ORDERING"), rule("SUBSTR"));
        let (syntax, length) = match text.one("SYNTAX") {
            Some(syntax) => match syntax.trim_end_matches('}').split_once('{') {
                Some((syntax, length)) => (Some(syntax.to_owned()), length.trim().parse().ok()),
                None => (Some(syntax), None),
            },
            None => (None, None),
        };
        let usage = text.one("USAGE").unwrap_or_default();
        let usages = [
            ("directoryOperation", Usage::DirectoryOperation),
            ("distributedOperation", Usage::DistributedOperation),
            ("dSAOperation", Usage::DsaOperation),
        ];
        let usage = usages.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(&usage));
        Self {
            names: text.take("NAME"),
            description: text.one("DESC"),
            sup: text.one("SUP"),
            equality,
            ordering,
            substring,
            syntax,
            length,
            single_value: text.has("SINGLE-VALUE"),
            collective: text.has("COLLECTIVE"),
            no_user_modification: text.has("NO-USER-MODIFICATION"),
            obsolete: text.has("OBSOLETE"),
            usage: usage.map_or(Usage::UserApplications, |(_, usage)| usage),
            oid: text.oid,
        }
    }

    /// Its first name, or else its OID.
    pub fn name(&self) -> &str {
        self.names.first().unwrap_or(&self.oid)
    }

    /// Whether this is one of its names, or its OID.
    pub fn is_called(&self, name: &str) -> bool {
        self.names.iter().chain([&self.oid]).any(|known| known.eq_ignore_ascii_case(name))
    }

    /// Whether it is for the directory and not for users, and so only read when it is asked
    /// for.
    pub fn is_operational(&self) -> bool {
        self.usage != Usage::UserApplications
    }

    /// Takes what it does not say itself.
    pub(super) fn inherit(&mut self, superior: &Self) {
        let rules = [
            (&mut self.equality, &superior.equality),
            (&mut self.ordering, &superior.ordering),
            (&mut self.substring, &superior.substring),
        ];
        for (own, theirs) in rules {
            if own.is_none() {
                own.clone_from(theirs);
            }
        }
        if self.syntax.is_none() {
            self.syntax.clone_from(&superior.syntax);
            self.length = self.length.or(superior.length);
        }
    }
}
