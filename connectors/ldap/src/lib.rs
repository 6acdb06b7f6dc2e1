//! The generic LDAP connector: objects are entries of a directory, as the settings say.
//!
//! Its logic is plain Rust over [`directory::Directory`]; only [`connector`] knows the
//! sandbox. `README.md` beside this crate is the reference of all settings.
//!
//! * [`settings`] is what an administrator writes, [`vendor`] and [`subschema`] what the
//!   server says; [`plan::compile`] makes a [`plan::Plan`] of the three, which [`prepare`]
//!   encodes.
//! * [`syntax`] converts between the contract and stored values, with [`guid`], [`sid`],
//!   [`filetime`], [`generalized_time`] and [`account_control`]; [`dn`] and [`template`] know
//!   names, [`filter_text`] and [`filter`] filters, [`equality`] which values are one, [`link`]
//!   finds ids for names and back, [`dynamic`] those whom the [`url`]s of a group find.
//! * [`read`] and [`write`] are the operations, [`discover`] and [`check`] the answers about
//!   them, and [`fault`] turns the server's errors into the contract's.

pub mod account_control;
pub mod active;
pub mod changes;
pub mod check;
pub mod connector;
pub mod content;
pub mod directory;
pub mod discover;
pub mod dn;
pub mod dynamic;
pub mod equality;
pub mod fault;
pub mod filetime;
pub mod filter;
pub mod filter_text;
#[cfg(test)]
mod fixture;
pub mod generalized_time;
pub mod guid;
pub mod link;
pub mod locate;
pub mod plan;
pub mod prepare;
pub mod read;
pub mod settings;
pub mod sid;
pub mod subschema;
pub mod syntax;
pub mod template;
pub mod url;
pub mod value;
pub mod vendor;
pub mod write;

pub use connector::Ldap;

patchbay_connector::export!(Ldap);
