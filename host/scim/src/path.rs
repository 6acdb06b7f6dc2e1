//! Attribute paths (RFC 7644 section 3.10) and PATCH paths (section 3.5.2).

use std::fmt;

use crate::{Filter, ParseOptions, ScimError, filter::parse};

/// The schema URNs a server knows, longest first: what tells where a URN ends and an
/// attribute name begins, as URNs hold dots and colons themselves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SchemaUrns(Vec<String>);

impl SchemaUrns {
    /// A set of URNs, in any order.
    pub fn new(urns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let mut urns: Vec<String> = urns.into_iter().map(Into::into).collect();
        urns.sort_by_key(|urn| std::cmp::Reverse(urn.len()));
        Self(urns)
    }

    /// Splits `text` into the longest known URN and what follows it: nothing, or a path
    /// after the colon.
    pub fn split<'t>(&self, text: &'t str) -> Option<(&str, Option<&'t str>)> {
        self.0.iter().find_map(|urn| {
            let head = text.get(..urn.len()).filter(|head| head.eq_ignore_ascii_case(urn))?;
            match text.get(head.len()..)? {
                "" => Some((urn.as_str(), None)),
                rest => rest.strip_prefix(':').map(|rest| (urn.as_str(), Some(rest))),
            }
        })
    }

    /// The known URN that `text` is, in its own spelling.
    pub fn canonical(&self, text: &str) -> Option<&str> {
        self.0.iter().find(|urn| urn.eq_ignore_ascii_case(text)).map(String::as_str)
    }
}

/// An attribute, e.g. `name.givenName` or `urn:…:User:userName`. Names keep the case
/// they were written in; compare with [`AttrPath::same`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AttrPath {
    /// Schema URN, where the path was qualified.
    pub urn: Option<String>,
    /// Attribute name.
    pub name: String,
    /// Sub-attribute name.
    pub sub: Option<String>,
}

/// What a PATCH operation points at.
#[derive(Debug, Clone, PartialEq)]
pub enum PatchPath {
    /// A schema URN alone: all attributes of that extension.
    Schema(String),
    /// An attribute, maybe only some of its values, maybe only one sub-attribute.
    Attribute {
        /// The attribute; its `sub` is always none.
        attr: AttrPath,
        /// Which of its values.
        filter: Option<Filter>,
        /// Which sub-attribute.
        sub: Option<String>,
    },
}

/// Why a piece of text is no attribute path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// Nothing there.
    #[error("an attribute name is missing")]
    Empty,
    /// A name that is not of letters, digits, `-`, `_` and `$`.
    #[error("'{0}' is not an attribute name")]
    Name(String),
    /// Only a schema URN.
    #[error("'{0}' is a schema, not an attribute")]
    OnlySchema(String),
}

impl AttrPath {
    /// An unqualified attribute.
    pub fn attribute(name: impl Into<String>) -> Self {
        Self { urn: None, name: name.into(), sub: None }
    }

    /// An unqualified sub-attribute.
    pub fn sub(name: impl Into<String>, sub: impl Into<String>) -> Self {
        Self { urn: None, name: name.into(), sub: Some(sub.into()) }
    }

    /// Reads a path. A known URN is taken whole; before an unknown one ends the last colon.
    pub fn parse(text: &str, urns: &SchemaUrns) -> Result<Self, PathError> {
        let (urn, rest) = match urns.split(text) {
            Some((urn, None)) => return Err(PathError::OnlySchema(urn.to_owned())),
            Some((urn, Some(rest))) => (Some(urn.to_owned()), rest),
            None => match text.rsplit_once(':') {
                Some((urn, rest)) if is_uri(urn) => (Some(urn.to_owned()), rest),
                Some(_) => return Err(PathError::Name(excerpt(text))),
                None => (None, text),
            },
        };
        let (name, sub) = match rest.split_once('.') {
            Some((name, sub)) => (name, Some(sub)),
            None => (rest, None),
        };
        Ok(Self { urn, name: attribute_name(name)?, sub: sub.map(attribute_name).transpose()? })
    }

    /// Whether both name the same attribute: names and URNs have no case.
    pub fn same(&self, other: &Self) -> bool {
        same_option(self.urn.as_deref(), other.urn.as_deref())
            && self.name.eq_ignore_ascii_case(&other.name)
            && same_option(self.sub.as_deref(), other.sub.as_deref())
    }

    /// Whether this is the unqualified attribute `name` without a sub-attribute.
    pub fn is(&self, name: &str) -> bool {
        self.urn.is_none() && self.sub.is_none() && self.name.eq_ignore_ascii_case(name)
    }
}

impl fmt::Display for AttrPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(urn) = &self.urn {
            write!(f, "{urn}:")?;
        }
        f.write_str(&self.name)?;
        self.sub.iter().try_for_each(|sub| write!(f, ".{sub}"))
    }
}

impl PatchPath {
    /// Reads the `path` of a PATCH operation: `attr`, `attr.sub`, `attr[filter]`,
    /// `attr[filter].sub`, each maybe qualified, or a schema URN alone. Anything else
    /// is `invalidPath`; a malformed filter in it is `invalidFilter`.
    pub fn parse(text: &str, options: &ParseOptions<'_>) -> Result<Self, ScimError> {
        if let Some((urn, None)) = options.urns.split(text) {
            return Ok(Self::Schema(urn.to_owned()));
        }
        parse::patch_path(text, options)
    }
}

impl fmt::Display for PatchPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Schema(urn) => f.write_str(urn),
            Self::Attribute { attr, filter, sub } => {
                write!(f, "{attr}")?;
                if let Some(filter) = filter {
                    write!(f, "[{filter}]")?;
                }
                sub.iter().try_for_each(|sub| write!(f, ".{sub}"))
            }
        }
    }
}

/// Checks one name. The RFC's grammar has letters, digits, `-` and `_`; `$` is there for
/// `$ref` and for attribute names of the ECMA host (`Contoso$Login`).
pub(crate) fn attribute_name(text: &str) -> Result<String, PathError> {
    let mut chars = text.chars();
    let Some(first) = chars.next() else { return Err(PathError::Empty) };
    let starts = first.is_ascii_alphabetic() || matches!(first, '$' | '_');
    if starts && chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '$')) {
        Ok(text.to_owned())
    } else {
        Err(PathError::Name(excerpt(text)))
    }
}

/// Whether an attribute can have this name; others cannot be asked for.
pub fn is_attribute_name(text: &str) -> bool {
    attribute_name(text).is_ok()
}

/// The start of `text`, short enough for an error message.
pub(crate) fn excerpt(text: &str) -> String {
    const LONGEST: usize = 60;
    let clean = |c: char| if c.is_control() { '\u{fffd}' } else { c };
    let mut start: String = text.chars().take(LONGEST).map(clean).collect();
    if text.chars().nth(LONGEST).is_some() {
        start.push('…');
    }
    start
}

fn is_uri(text: &str) -> bool {
    let scheme = text.split_once(':').map(|(scheme, _)| scheme);
    scheme.is_some_and(|s| s.starts_with(|c: char| c.is_ascii_alphabetic()))
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-._~:/?#@!$&'*+,;=%".contains(c))
}

fn same_option(a: Option<&str>, b: Option<&str>) -> bool {
    match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
