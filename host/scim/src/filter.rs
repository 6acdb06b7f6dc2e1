//! Filters (RFC 7644 section 3.4.2.2): the tree, its canonical text, and its limits.
//! Read one with [`Filter::parse`],
//! check it against schemas with [`Filter::typed`], evaluate it with [`Filter::matches`].

mod check;
mod decimal;
mod eval;
pub(crate) mod parse;
mod scope;

pub(crate) use check::typed_element;
pub(crate) use decimal::is_same_number;
pub(crate) use eval::{matches_element, same_simple};

use std::fmt;

use crate::{AttrPath, Profile, SchemaUrns, ScimError};

/// A filter. [`Filter::parse`] builds `And` and `Or` with two or more parts.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// All of these.
    And(Vec<Filter>),
    /// Any of these.
    Or(Vec<Filter>),
    /// Not this one.
    Not(Box<Filter>),
    /// `attr pr`: has a value.
    Present(AttrPath),
    /// `attr op value`. On a multi-valued attribute: any of its values.
    Compare {
        /// The attribute.
        path: AttrPath,
        /// The operator.
        op: CompareOp,
        /// The literal.
        value: CompareValue,
    },
    /// `attr[filter]`: one value of `attr` meets the whole filter.
    ValuePath {
        /// The attribute.
        path: AttrPath,
        /// In terms of its sub-attributes.
        filter: Box<Filter>,
    },
}

/// A comparison operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are those of the RFC")]
pub enum CompareOp {
    Eq,
    Ne,
    Co,
    Sw,
    Ew,
    Gt,
    Ge,
    Lt,
    Le,
}

/// A literal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum CompareValue {
    /// A string, unescaped.
    String(String),
    /// A JSON number, as it was written: exact, unlike a float.
    Number(String),
    /// `true` or `false`.
    Bool(bool),
    /// `null`.
    Null,
}

/// What is accepted beside the grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lenient {
    /// A word without quotes is a string: `externalId eq jyoung`.
    pub unquoted_strings: bool,
}

impl From<&Profile> for Lenient {
    fn from(profile: &Profile) -> Self {
        Self { unquoted_strings: profile.unquoted_filter_values }
    }
}

/// How big a filter may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of text.
    pub max_length: usize,
    /// Nodes of the tree.
    pub max_nodes: usize,
    /// Nesting of groups, `not` and value paths. Bounds the stack that reading and
    /// walking the tree take.
    pub max_depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_length: 16 * 1024, max_nodes: 512, max_depth: 32 }
    }
}

/// What [`Filter::parse`] needs beside the text.
#[derive(Debug, Clone, Copy)]
pub struct ParseOptions<'a> {
    /// URNs that paths may be qualified with.
    pub urns: &'a SchemaUrns,
    /// What is accepted beside the grammar.
    pub lenient: Lenient,
    /// How big the filter may be.
    pub limits: Limits,
}

impl<'a> ParseOptions<'a> {
    /// The grammar to the letter, with the default limits.
    pub fn strict(urns: &'a SchemaUrns) -> Self {
        Self { urns, lenient: Lenient::default(), limits: Limits::default() }
    }

    /// As the profile has it, with the default limits.
    pub fn of(urns: &'a SchemaUrns, profile: &Profile) -> Self {
        Self { lenient: Lenient::from(profile), ..Self::strict(urns) }
    }
}

impl Filter {
    /// Reads a filter. Any fault is `invalidFilter` with the byte position.
    pub fn parse(text: &str, options: &ParseOptions<'_>) -> Result<Self, ScimError> {
        parse::filter(text, options)
    }

    /// The comparison `path op value`.
    pub fn compare(path: AttrPath, op: CompareOp, value: CompareValue) -> Self {
        Self::Compare { path, op, value }
    }

    /// All of `parts`; a single part is itself.
    pub fn and(parts: Vec<Self>) -> Self {
        Self::combine(parts, Self::And)
    }

    /// Any of `parts`; a single part is itself.
    pub fn or(parts: Vec<Self>) -> Self {
        Self::combine(parts, Self::Or)
    }

    fn combine(mut parts: Vec<Self>, join: fn(Vec<Self>) -> Self) -> Self {
        match (parts.len(), parts.pop()) {
            (1, Some(only)) => only,
            (_, Some(last)) => {
                parts.push(last);
                join(parts)
            }
            (_, None) => join(parts),
        }
    }
}

impl CompareOp {
    const ALL: [Self; 9] = [Self::Eq, Self::Ne, Self::Co, Self::Sw, Self::Ew, Self::Gt, Self::Ge, Self::Lt, Self::Le];

    /// The operator as it stands in a filter.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Co => "co",
            Self::Sw => "sw",
            Self::Ew => "ew",
            Self::Gt => "gt",
            Self::Ge => "ge",
            Self::Lt => "lt",
            Self::Le => "le",
        }
    }

    /// The operator of this name, in any case.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|op| op.as_str().eq_ignore_ascii_case(name))
    }

    /// Whether it is one of `gt ge lt le`.
    pub fn orders(self) -> bool {
        matches!(self, Self::Gt | Self::Ge | Self::Lt | Self::Le)
    }

    /// Whether it is one of `co sw ew`.
    pub fn is_substring(self) -> bool {
        matches!(self, Self::Co | Self::Sw | Self::Ew)
    }
}

impl fmt::Display for CompareOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for CompareValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::String(text) => write!(f, "{}", serde_json::Value::from(text.as_str())),
            Self::Number(number) => f.write_str(number),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Null => f.write_str("null"),
        }
    }
}

/// The canonical text: reading it yields the same tree.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(parts) => join(f, parts, " and ", |part| matches!(part, Self::And(_) | Self::Or(_))),
            Self::Or(parts) => join(f, parts, " or ", |part| matches!(part, Self::Or(_))),
            Self::Not(inner) => write!(f, "not ({inner})"),
            Self::Present(path) => write!(f, "{path} pr"),
            Self::Compare { path, op, value } => write!(f, "{path} {op} {value}"),
            Self::ValuePath { path, filter } => write!(f, "{path}[{filter}]"),
        }
    }
}

fn join(
    f: &mut fmt::Formatter<'_>,
    parts: &[Filter],
    separator: &str,
    needs_group: impl Fn(&Filter) -> bool,
) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            f.write_str(separator)?;
        }
        if needs_group(part) {
            write!(f, "({part})")?;
        } else {
            write!(f, "{part}")?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
