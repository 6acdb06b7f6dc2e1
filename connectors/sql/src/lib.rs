//! The generic SQL connector: objects are rows of tables, as the settings say.
//!
//! Its logic is plain Rust over [`database::Database`]; only [`connector`] knows the
//! sandbox. `README.md` beside this crate is the reference of all settings.
//!
//! * [`settings`] is what an administrator writes, [`catalogue`] what the database says;
//!   [`plan::compile`] makes a [`plan::Plan`] of the two, which [`prepare`] encodes.
//! * [`key`] and [`value`] convert between the contract and columns, [`condition`] writes WHERE
//!   clauses, [`dialect`] knows where databases differ.
//! * `custom` runs the administrator's own statements, which [`plan::statement`] holds.
//! * [`read`], [`write`] and [`changes`] are the operations, [`discover`] and [`check`] the answers
//!   about them, and [`fault`] turns the database's errors into the contract's.

pub mod catalogue;
pub mod changes;
pub mod check;
pub mod condition;
pub mod connector;
pub mod content;
mod custom;
mod database;
pub mod dialect;
pub mod discover;
pub mod fault;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod golden;
pub mod key;
pub mod page;
pub mod plan;
pub mod prepare;
pub mod read;
pub mod settings;
pub mod value;
pub mod write;

pub use connector::Sql;

patchbay_connector::export!(Sql);
