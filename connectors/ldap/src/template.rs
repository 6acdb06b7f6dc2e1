//! Templates of distinguished names: `uid={uid},ou={department},ou=people,dc=example,dc=org`.
//!
//! A placeholder is an attribute, or alternatives of which the first with a value counts
//! (`{cn|displayName|uid}`). Text may stand beside it, and two attributes may make up one
//! part (`cn={cn}+uid={uid}`). Behind the last placeholder everything is the base below which
//! names are made, and stays as it was written. Filled in, a template gives parts: values are
//! never escaped here, and the host does it.

mod read;

use std::fmt::{self, Display, Formatter};

use patchbay_connector::ldap::{Name, Naming, Rdn};
use serde::{Deserialize, Serialize};

pub use read::TemplateProblem;

/// A template of names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    /// The leaf first; the last has a placeholder, and there is at least one.
    parts: Vec<Part>,
    /// The text behind them.
    below: String,
}

/// A relative distinguished name.
type Part = Vec<Value>;

/// One attribute of a name, and what its value is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Value {
    attribute: String,
    pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Piece {
    /// Text, without its escapes.
    Text(String),
    /// The first of these attributes that has a value.
    Attribute(Vec<String>),
}

/// A name cannot be made: an attribute has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The attribute, or the alternatives none of which has a value.
    pub attributes: Vec<String>,
}

impl Display for Missing {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "the entry's name needs a value of {}", self.attributes.join(" or "))
    }
}

impl std::error::Error for Missing {}

impl Template {
    /// Reads a template.
    pub fn parse(text: &str) -> Result<Self, TemplateProblem> {
        let (parts, below) = read::template(text)?;
        Ok(Self { parts, below })
    }

    /// The name of an entry with these values, asked for by the names in the template. None
    /// and blank are missing.
    pub fn fill(&self, mut values: impl FnMut(&str) -> Option<String>) -> Result<Name, Missing> {
        let parts = self.parts.iter().map(|part| fill(part, &mut values)).collect::<Result<_, _>>()?;
        Ok(Name { parts, below: self.below.clone() })
    }

    /// Only the first part of that name.
    pub fn leaf(&self, mut values: impl FnMut(&str) -> Option<String>) -> Result<Rdn, Missing> {
        self.parts.first().map_or(Ok(Rdn::new()), |part| fill(part, &mut values))
    }

    /// All attributes that the name depends on, each once.
    pub fn attributes(&self) -> Vec<&str> {
        placeholders(&self.parts)
    }

    /// Those that its first part depends on: an entry is renamed when they change.
    pub fn leaf_attributes(&self) -> Vec<&str> {
        placeholders(self.parts.get(..1).unwrap_or_default())
    }

    /// Those that the rest depends on: an entry is moved when they change.
    pub fn container_attributes(&self) -> Vec<&str> {
        placeholders(self.parts.get(1..).unwrap_or_default())
    }

    /// The attributes that the first part is made of; the directory keeps their values equal
    /// to the name.
    pub fn naming(&self) -> Vec<&str> {
        self.parts.first().into_iter().flatten().map(|value| value.attribute.as_str()).collect()
    }

    /// How many parts are between the first and [`Template::below`].
    pub fn parents(&self) -> usize {
        self.parts.len().saturating_sub(1)
    }

    /// The base below which all names are, as it was written; may be empty.
    pub fn below(&self) -> &str {
        &self.below
    }
}

fn fill(part: &Part, values: &mut impl FnMut(&str) -> Option<String>) -> Result<Rdn, Missing> {
    let mut naming = Vec::with_capacity(part.len());
    for Value { attribute, pieces } in part {
        let mut value = String::new();
        for piece in pieces {
            match piece {
                Piece::Text(text) => value.push_str(text),
                Piece::Attribute(names) => {
                    let found = names.iter().find_map(|name| values(name).filter(|value| !value.trim().is_empty()));
                    value.push_str(&found.ok_or_else(|| Missing { attributes: names.clone() })?);
                }
            }
        }
        naming.push(Naming { attribute: attribute.clone(), value });
    }
    Ok(naming)
}

fn placeholders(parts: &[Part]) -> Vec<&str> {
    let pieces = parts.iter().flatten().flat_map(|value| &value.pieces);
    let mut names: Vec<&str> = Vec::new();
    for piece in pieces {
        let Piece::Attribute(alternatives) = piece else { continue };
        for name in alternatives {
            if !names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                names.push(name);
            }
        }
    }
    names
}

#[cfg(test)]
mod tests;
