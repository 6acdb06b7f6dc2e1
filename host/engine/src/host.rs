//! What a guest can import.

pub(crate) mod ldap;
pub(crate) mod log;
pub(crate) mod sql;
pub(crate) mod wasi;

use wasmtime::component::Resource;

use crate::bindings::patchbay::connector::types;
use crate::state::State;

/// The interface has types only.
impl types::Host for State {}

impl State {
    /// Makes a handle of `entry`. More handles than the operation may hold are a trap;
    /// where the contract has an error for that, the caller asks first.
    fn keep<T: Send + 'static>(&mut self, entry: T) -> wasmtime::Result<Resource<T>> {
        let handle = self.table.push(entry)?;
        self.quota.handles += 1;
        Ok(handle)
    }

    /// Ends a handle.
    fn give_back<T: Send + 'static>(&mut self, handle: Resource<T>) -> wasmtime::Result<()> {
        self.take_back(handle).map(drop)
    }

    /// Ends a handle and returns what was behind it.
    fn take_back<T: Send + 'static>(&mut self, handle: Resource<T>) -> wasmtime::Result<T> {
        let entry = self.table.delete(handle)?;
        self.quota.handles = self.quota.handles.saturating_sub(1);
        Ok(entry)
    }
}
