//! A set of comparators in two bytes.

use patchbay_connector::Comparator;
use serde::{Deserialize, Serialize};

/// All comparators.
const ALL: [Comparator; 9] = [
    Comparator::Equal,
    Comparator::NotEqual,
    Comparator::Contains,
    Comparator::StartsWith,
    Comparator::EndsWith,
    Comparator::Greater,
    Comparator::GreaterOrEqual,
    Comparator::Less,
    Comparator::LessOrEqual,
];

/// Comparators that the server evaluates for an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Operators(u16);

impl Operators {
    /// Of these.
    pub fn of(operators: &[Comparator]) -> Self {
        Self(operators.iter().fold(0, |set, operator| set | 1 << *operator as u8))
    }

    /// Equality and nothing else.
    pub fn equality() -> Self {
        Self::of(&[Comparator::Equal, Comparator::NotEqual])
    }

    /// Whether it is one of them.
    pub fn has(self, operator: Comparator) -> bool {
        self.0 & (1 << operator as u8) != 0
    }

    /// All of them in order.
    pub fn list(self) -> Vec<Comparator> {
        ALL.into_iter().filter(|operator| self.has(*operator)).collect()
    }
}
