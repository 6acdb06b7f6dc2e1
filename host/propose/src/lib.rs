//! From a live database to a mapping: what [`Database`] holds goes in, a [`Proposal`] of
//! users, groups, membership and their SCIM attributes comes out, and [`write`] makes a
//! configuration file of it.
//!
//! Names, constraints and a few values are all there is to go by, so every part of a
//! proposal has a reason and says how sure it is. What cannot be known is asked
//! ([`Interview`]) or assumed, and then the file says so. Nothing here does I/O: who looks
//! at the database, and who asks, is the caller's business.

mod children;
mod class;
mod content;
mod database;
pub mod directory;
mod draft;
mod flags;
mod groups;
mod interview;
mod mask;
mod names;
mod proposal;
mod relations;
mod roles;
mod users;
mod vocabulary;
pub mod write;

pub use database::{Count, Database, Samples, Table};
pub use draft::{Failure, Hints, propose};
pub use interview::{Answer, Assume, Confidence, Interview, Question, Stopped};
pub use mask::{masked, samples};
pub use proposal::{Class, Constant, Finding, Line, List, Lookup, Proposal, Reference, Values, Version};
pub use write::one_line;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
