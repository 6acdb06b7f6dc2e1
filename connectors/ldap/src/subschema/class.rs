//! Object classes.

use std::collections::HashSet;
use std::fmt::{self, Display, Formatter};

use super::text::Description;

/// What an object class is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// For others to inherit from.
    Abstract,
    /// What an entry is.
    Structural,
    /// What is added to an entry.
    Auxiliary,
}

/// An object class, with its own attributes only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectClass {
    /// The numeric OID, or what the server has in its place.
    pub oid: String,
    /// Its names; the first is used.
    pub names: Vec<String>,
    /// What the server says of it.
    pub description: Option<String>,
    /// Its superiors, by name or OID.
    pub sup: Vec<String>,
    /// What it is for.
    pub kind: Kind,
    /// Attributes that an entry has to have.
    pub must: Vec<String>,
    /// Attributes that it can have.
    pub may: Vec<String>,
    /// Not to be used any more.
    pub obsolete: bool,
}

impl ObjectClass {
    pub(super) fn new(mut text: Description) -> Self {
        let kind = match (text.has("ABSTRACT"), text.has("AUXILIARY")) {
            (true, _) => Kind::Abstract,
            (false, true) => Kind::Auxiliary,
            (false, false) => Kind::Structural,
        };
        Self {
            names: text.take("NAME"),
            description: text.one("DESC"),
            sup: text.take("SUP"),
            kind,
            must: text.take("MUST"),
            may: text.take("MAY"),
            obsolete: text.has("OBSOLETE"),
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
}

/// Attributes of entries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    /// Attributes that an entry has to have.
    pub must: Vec<String>,
    /// Others that it can have.
    pub may: Vec<String>,
}

impl Contents {
    pub(super) fn add(&mut self, must: &[String], may: &[String]) {
        self.must.extend_from_slice(must);
        self.may.extend_from_slice(may);
    }

    /// Each attribute once, by the name that `name` makes of its own, in order.
    pub(super) fn settle(self, name: impl Fn(&str) -> String) -> Self {
        let mut seen = HashSet::new();
        let mut list = |names: Vec<String>| {
            let mut names: Vec<String> = names.iter().map(|own| name(own)).collect();
            names.retain(|name| seen.insert(name.to_ascii_lowercase()));
            names.sort_by_key(|name| name.to_ascii_lowercase());
            names
        };
        let must = list(self.must);
        Self { must, may: list(self.may) }
    }
}

/// A class that the schema does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownClass {
    /// Its name, as it was asked for.
    pub name: String,
}

impl Display for UnknownClass {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "the directory has no object class `{}`", self.name)
    }
}

impl std::error::Error for UnknownClass {}
