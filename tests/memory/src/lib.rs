//! A connected app in memory: [`Memory`] implements the contract's `Connector` over maps,
//! naively enough to be the measure of what the gateway makes of a target, and remembers
//! what was read and written. [`helpdesk`] has classes and a mapping to go with it.

mod catalogue;
mod compare;
mod condition;
pub mod helpdesk;
mod store;

pub use catalogue::{attribute, class, many, reference, text};
pub use store::{Memory, Snapshot};
