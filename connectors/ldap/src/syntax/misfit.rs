//! Values that do not fit.

use std::fmt::{self, Display, Formatter};

/// Why a value does not fit a syntax. As text it follows the attribute's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misfit {
    /// It has to be something else.
    Type(&'static str),
    /// It has no characters.
    Empty,
    /// It holds a NUL character.
    Nul,
    /// It holds other characters than these.
    Characters(&'static str),
    /// It is a number that is too large or too small.
    Range,
    /// Its bytes are no UTF-8.
    Encoding,
}

impl Display for Misfit {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Type(wanted) => write!(f, "must be {wanted}"),
            Self::Empty => f.write_str("must not be empty"),
            Self::Nul => f.write_str("holds a NUL character"),
            Self::Characters(wanted) => write!(f, "must have {wanted} only"),
            Self::Range => f.write_str("is out of range"),
            Self::Encoding => f.write_str("is not UTF-8"),
        }
    }
}

impl std::error::Error for Misfit {}
