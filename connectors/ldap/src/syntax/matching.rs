//! What a server can compare by itself.

use patchbay_connector::Comparator;

use super::Syntax;
use crate::vendor::Vendor;

/// Matching rules of an attribute, by name.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// For equality.
    pub equality: Option<&'a str>,
    /// For order.
    pub ordering: Option<&'a str>,
    /// For parts of values.
    pub substring: Option<&'a str>,
    /// Some compare by syntax where they name no rule.
    pub vendor: Vendor,
}

const EQUALITY: [Comparator; 2] = [Comparator::Equal, Comparator::NotEqual];
const SUBSTRING: [Comparator; 3] = [Comparator::Contains, Comparator::StartsWith, Comparator::EndsWith];
const ORDERING: [Comparator; 4] =
    [Comparator::Greater, Comparator::GreaterOrEqual, Comparator::Less, Comparator::LessOrEqual];

impl Syntax {
    /// The operators that the server evaluates as the contract has them. `not-equal` goes for
    /// attributes with one value: `(!(a=v))` says of several that none is so. Order goes for
    /// numbers and times only, as servers order text in their own ways. Of a
    /// [`Syntax::FileTime`] the server takes "never" for a value, and only equality is sure.
    pub fn operators(self, rules: Rules<'_>) -> Vec<Comparator> {
        let (equality, ordering, substring) = match rules.vendor.is_active_directory() {
            true => (true, true, true),
            false => {
                let implied = rules.vendor.compares_without_rules();
                (implied || rules.equality.is_some(), rules.ordering.is_some(), rules.substring.is_some())
            }
        };
        let groups = [
            (equality && self.has_equality(), EQUALITY.as_slice()),
            (substring && self.has_substrings(), SUBSTRING.as_slice()),
            (ordering && self.has_order(), ORDERING.as_slice()),
        ];
        groups.into_iter().filter(|(has, _)| *has).flat_map(|(_, operators)| operators.iter().copied()).collect()
    }

    /// Whether letters are compared with their case, by the rule for equality where the
    /// server names it.
    pub fn is_case_exact(self, equality: Option<&str>) -> bool {
        match equality.map(str::to_ascii_lowercase) {
            Some(rule) if rule.contains("exact") => true,
            Some(rule) if rule.contains("ignore") => false,
            _ => self == Self::CaseExactString,
        }
    }

    /// Certificates have rules whose assertions are no certificates, pictures have none, and
    /// access control lists and names with more beside them are not compared alike anywhere.
    fn has_equality(self) -> bool {
        !matches!(
            self,
            Self::Certificate | Self::Jpeg | Self::SecurityDescriptor | Self::DnWithBinary | Self::DnWithString
        )
    }

    /// Text whose parts are what the contract shows.
    fn has_substrings(self) -> bool {
        matches!(
            self,
            Self::DirectoryString
                | Self::CaseExactString
                | Self::Ia5String
                | Self::PrintableString
                | Self::NumericString
                | Self::TelephoneNumber
                | Self::CountryString
        )
    }

    fn has_order(self) -> bool {
        matches!(
            self,
            Self::Integer
                | Self::SmallInteger
                | Self::LargeInteger
                | Self::GeneralizedTime
                | Self::GeneralizedTimeTenths
        )
    }
}
