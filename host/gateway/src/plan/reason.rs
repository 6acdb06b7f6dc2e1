//! Why the host does itself what a target could have done.

use std::fmt;

/// Why a part of a query is not the target's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The connector does not offer the operator for the attribute.
    Operator,
    /// The connector does not offer to sort by the attribute.
    Order,
    /// One side tells upper from lower case, the other does not.
    Case,
    /// The target's type compares or sorts in another way than the SCIM type.
    Type,
    /// The literal is none that the target's type can hold.
    Literal,
    /// The values come of a value map, whose SCIM values sort in another way.
    Values,
    /// The values come of an expression.
    Expression,
    /// The host makes the values: `$ref`, `type`, `meta` and the like.
    Made,
    /// One value of several has to meet all conditions, or is the one to sort by.
    Element,
    /// The host filters, so it has to sort as well.
    Filter,
}

impl Reason {
    /// One word, for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Order => "order",
            Self::Case => "case",
            Self::Type => "type",
            Self::Literal => "literal",
            Self::Values => "values",
            Self::Expression => "expression",
            Self::Made => "made",
            Self::Element => "element",
            Self::Filter => "filter",
        }
    }
}

/// Half a sentence, for people.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Operator => "the connector does not offer this operator for the attribute",
            Self::Order => "the connector does not offer to sort by the attribute",
            Self::Case => "SCIM and the target disagree on whether upper and lower case differ",
            Self::Type => "the target's type does not behave as the SCIM type does",
            Self::Literal => "the target's type cannot hold this value",
            Self::Values => "the mapped values sort in another way than the target's",
            Self::Expression => "the values come of an expression",
            Self::Made => "the host makes the values",
            Self::Element => "one of several values has to be looked at by itself",
            Self::Filter => "the host filters, so it sorts as well",
        })
    }
}
