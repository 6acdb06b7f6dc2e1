//! When a server takes two values of an attribute for one (RFC 4517 section 4.2).
//!
//! Where that is not certain, values count as different: the server refuses a value that it has
//! already, whereas one that it is never given would be lost.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::dn;
use crate::syntax::{Rules, Syntax};

/// How the values of an attribute are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Equality {
    /// Byte by byte.
    Bytes,
    /// As names of entries.
    Name,
    /// As text.
    Text {
        /// Whether upper and lower case are one.
        ignores_case: bool,
        /// What does not count either.
        ignored: Ignored,
    },
}

/// What does not count in a text when it is compared (RFC 4518 section 2.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ignored {
    /// All counts.
    Nothing,
    /// Spaces at the ends, and all but one of several in a row.
    LooseSpaces,
    /// All spaces.
    Spaces,
    /// All spaces and hyphens.
    SpacesAndHyphens,
}

impl Equality {
    /// How a server compares values of a syntax, by its rules or else by what it is.
    pub fn of(syntax: Syntax, rules: Rules<'_>) -> Self {
        match rules.equality {
            _ if rules.vendor.is_active_directory() => Self::by_syntax(syntax).counting_all(),
            Some(rule) => Self::by_rule(&rule.to_ascii_lowercase()),
            None if rules.vendor.compares_without_rules() => Self::by_syntax(syntax),
            None => Self::Bytes,
        }
    }

    /// By the name of a matching rule in lower case, or its OID.
    fn by_rule(rule: &str) -> Self {
        let text = |ignores_case, ignored| Self::Text { ignores_case, ignored };
        match rule {
            "distinguishednamematch" | "2.5.13.1" | "uniquemembermatch" | "2.5.13.23" => Self::Name,
            "caseignorematch" | "2.5.13.2" | "caseignorelistmatch" | "2.5.13.11" => text(true, Ignored::LooseSpaces),
            "caseignoreia5match" | "1.3.6.1.4.1.1466.109.114.2" => text(true, Ignored::LooseSpaces),
            "caseexactmatch" | "2.5.13.5" => text(false, Ignored::LooseSpaces),
            "caseexactia5match" | "1.3.6.1.4.1.1466.109.114.1" => text(false, Ignored::LooseSpaces),
            "numericstringmatch" | "2.5.13.8" => text(false, Ignored::Spaces),
            // By the RFC case does not count; in OpenLDAP it does.
            "telephonenumbermatch" | "2.5.13.20" => text(false, Ignored::SpacesAndHyphens),
            "objectidentifiermatch" | "2.5.13.0" | "uuidmatch" | "1.3.6.1.1.16.2" => text(true, Ignored::Nothing),
            _ => Self::Bytes,
        }
    }

    /// As the rule does that the standard gives the attributes of a syntax.
    fn by_syntax(syntax: Syntax) -> Self {
        let text = |ignores_case, ignored| Self::Text { ignores_case, ignored };
        match syntax {
            Syntax::Dn | Syntax::NameAndOptionalUid => Self::Name,
            Syntax::DirectoryString
            | Syntax::Ia5String
            | Syntax::PrintableString
            | Syntax::CountryString
            | Syntax::PostalAddress => text(true, Ignored::LooseSpaces),
            Syntax::CaseExactString => text(false, Ignored::LooseSpaces),
            Syntax::NumericString => text(false, Ignored::Spaces),
            Syntax::TelephoneNumber => text(false, Ignored::SpacesAndHyphens),
            Syntax::Uuid | Syntax::Oid | Syntax::DnWithBinary | Syntax::DnWithString => text(true, Ignored::Nothing),
            _ => Self::Bytes,
        }
    }

    /// The same, but that spaces and hyphens count.
    fn counting_all(self) -> Self {
        match self {
            Self::Text { ignores_case, .. } => Self::Text { ignores_case, ignored: Ignored::Nothing },
            other => other,
        }
    }

    /// What is the same for two values if the server takes them for one.
    pub fn key(self, value: &[u8]) -> Vec<u8> {
        let Ok(text) = str::from_utf8(value) else { return value.to_vec() };
        let Self::Text { ignores_case, ignored } = self else {
            return if self == Self::Name { dn::key(text).into_bytes() } else { value.to_vec() };
        };
        let mut text: String = match ignored {
            Ignored::Nothing => text.to_owned(),
            Ignored::LooseSpaces => text.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" "),
            Ignored::Spaces => text.replace(' ', ""),
            Ignored::SpacesAndHyphens => text.replace([' ', '-'], ""),
        };
        if ignores_case {
            text = text.to_lowercase();
        }
        text.into_bytes()
    }

    /// Whether the server takes two values for one.
    pub fn same(self, one: &[u8], other: &[u8]) -> bool {
        one == other || self.key(one) == self.key(other)
    }

    /// The values without those that an earlier one is the same as.
    pub fn distinct(self, mut values: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
        let mut seen = HashSet::with_capacity(values.len());
        values.retain(|value| seen.insert(self.key(value)));
        values
    }
}

#[cfg(test)]
mod tests;
