//! What a guest can import.

pub(crate) mod log;
pub(crate) mod sql;

use crate::bindings::patchbay::connector::types;

/// The interface has types only.
impl types::Host for crate::state::State {}
