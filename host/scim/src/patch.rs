//! PATCH (RFC 7644 section 3.5.2): from a client's operations to [`Edit`]s, one
//! attribute each, and from edits to a changed resource.

mod apply;
mod choose;
mod edit;
mod elements;
mod parse;

pub use apply::apply;
pub use choose::Lost;
pub use edit::{Edit, EditOp, Target};

/// A PATCH body as edits, in the order in which they take effect.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Patch {
    /// The edits.
    pub edits: Vec<Edit>,
    /// Paths that no schema has, as the client wrote them; always empty unless the
    /// profile ignores unknown attributes.
    pub unknown: Vec<String>,
}

/// How many operations a PATCH may have, if nothing else is said.
pub const MAX_OPERATIONS: usize = 1000;

#[cfg(test)]
mod tests;
