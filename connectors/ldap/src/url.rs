//! URLs of LDAP (RFC 4516), as dynamic groups have them:
//! `ldap:///ou=people,dc=example,dc=org??sub?(title=Agent)`.
//!
//! Only such that lead to the directory that holds them are read. Any text comes to an end in
//! time that grows with its length alone.

use std::fmt::{self, Display, Formatter};

use patchbay_connector::ldap::{Filter, FilterBuilder, Scope};

use crate::dn::{self, Dn};
use crate::filter_text;

/// Longest URL, in bytes.
const MAX_BYTES: usize = 64 * 1024;

/// A search in the directory that holds the URL.
#[derive(Debug, Clone, PartialEq)]
pub struct Url {
    /// Name of the entry where the search begins.
    pub base: String,
    /// How far below; the entry itself where the URL says nothing.
    pub scope: Scope,
    /// Which entries; all where the URL says nothing.
    pub filter: Filter,
}

/// Why a text is no URL that can be followed. As text it follows "a URL that".
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UrlProblem {
    /// It has more bytes than it may have.
    Long,
    /// It is none of LDAP, or none at all.
    Scheme,
    /// It leads to a server that it names.
    Host,
    /// A `%` is not followed by two hexadecimal digits, or the bytes are no UTF-8.
    Encoding,
    /// It has more parts than there are.
    Parts,
    /// Where to begin is no name of an entry; why.
    Base(String),
    /// How far to go is none of `base`, `one` and `sub`.
    Scope,
    /// What to look for is no filter; why.
    Filter(String),
    /// It may only be followed by who knows an extension.
    Extension,
}

impl Display for UrlProblem {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Long => write!(f, "is longer than {MAX_BYTES} bytes"),
            Self::Scheme => f.write_str("does not begin with `ldap:///`"),
            Self::Host => f.write_str("names a server: only `ldap:///` leads to this directory"),
            Self::Encoding => f.write_str("has a `%` without two hexadecimal digits, or is no UTF-8"),
            Self::Parts => f.write_str("has more than four `?`"),
            Self::Base(problem) => write!(f, "begins at no distinguished name: {problem}"),
            Self::Scope => f.write_str("has a scope that is none of `base`, `one` and `sub`"),
            Self::Filter(problem) => write!(f, "has a filter that cannot be read: {problem}"),
            Self::Extension => f.write_str("has a critical extension, and none is known here"),
        }
    }
}

impl std::error::Error for UrlProblem {}

impl Url {
    /// Reads a URL. Characters that belong into `%` may stand as they are, as servers take
    /// them so. The attributes in it mean nothing here.
    pub fn parse(text: &[u8]) -> Result<Self, UrlProblem> {
        const SCHEME: &str = "ldap://";
        if text.len() > MAX_BYTES {
            return Err(UrlProblem::Long);
        }
        let text = std::str::from_utf8(text).map_err(|_| UrlProblem::Encoding)?.trim();
        let scheme = text.get(..SCHEME.len()).filter(|scheme| scheme.eq_ignore_ascii_case(SCHEME));
        let rest = scheme.and_then(|_| text.get(SCHEME.len()..)).ok_or(UrlProblem::Scheme)?;
        let (host, rest) =
            rest.split_once('/').ok_or(if rest.is_empty() { UrlProblem::Scheme } else { UrlProblem::Host })?;
        if !host.is_empty() {
            return Err(UrlProblem::Host);
        }
        let mut parts = rest.split('?');
        let mut part = || decoded(parts.next().unwrap_or_default());
        let base = part()?;
        Dn::parse(&base).map_err(|problem| UrlProblem::Base(problem.to_string()))?;
        let _attributes = part()?;
        let scope = scope(&part()?)?;
        let filter = filter(&part()?)?;
        let extensions = parts.next().unwrap_or_default();
        if parts.next().is_some() {
            return Err(UrlProblem::Parts);
        }
        if extensions.split(',').any(|extension| extension.trim_start().starts_with('!')) {
            return Err(UrlProblem::Extension);
        }
        Ok(Self { base, scope, filter })
    }
}

fn scope(text: &str) -> Result<Scope, UrlProblem> {
    match text.to_ascii_lowercase().as_str() {
        "" | "base" => Ok(Scope::Base),
        "one" => Ok(Scope::OneLevel),
        "sub" => Ok(Scope::Subtree),
        _ => Err(UrlProblem::Scope),
    }
}

fn filter(text: &str) -> Result<Filter, UrlProblem> {
    if text.is_empty() {
        let mut all = FilterBuilder::new();
        all.present("objectClass");
        return Ok(all.build());
    }
    filter_text::parse(text).map_err(|problem| UrlProblem::Filter(problem.to_string()))
}

/// A part without its `%` escapes (RFC 3986 section 2.1).
fn decoded(part: &str) -> Result<String, UrlProblem> {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = rest.next().zip(rest.next());
                digits.and_then(|(high, low)| dn::pair(high, low)).ok_or(UrlProblem::Encoding)?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).map_err(|_| UrlProblem::Encoding)
}

#[cfg(test)]
mod tests;
