//! One instance of a component, for one operation.

use patchbay_contract::{Diagnostic, Error};
use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre};

use crate::bindings::exports::patchbay::connector::{lifecycle, reader, schema, sync, writer};
use crate::bindings::patchbay::connector::types as wit;
use crate::convert::all;
use crate::fault;
use crate::state::State;

/// Where a component's exports are, looked up once at load time. What is optional in
/// the contract is optional here: exporting the interface is the ability.
#[derive(Clone)]
pub(crate) struct Exports {
    pub(crate) lifecycle: lifecycle::GuestIndices,
    pub(crate) schema: schema::GuestIndices,
    pub(crate) reader: Option<reader::GuestIndices>,
    pub(crate) writer: Option<writer::GuestIndices>,
    pub(crate) sync: Option<sync::GuestIndices>,
}

/// A live instance. Dropping it drops all the guest had: memory, handles, leases.
#[derive(Debug)]
pub(crate) struct Guest<'a> {
    pub(crate) store: Store<State>,
    instance: Instance,
    exports: &'a Exports,
}

impl std::fmt::Debug for Exports {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exports")
            .field("reader", &self.reader.is_some())
            .field("writer", &self.writer.is_some())
            .field("sync", &self.sync.is_some())
            .finish_non_exhaustive()
    }
}

impl<'a> Guest<'a> {
    /// A fresh store and instance, held to the limits in `state`.
    pub(crate) async fn start(pre: &InstancePre<State>, exports: &'a Exports, state: State) -> Result<Self, Error> {
        let transfer_bytes = state.transfer_bytes;
        let mut store = Store::new(pre.engine(), state);
        store.limiter(|state| &mut state.limiter);
        store.set_hostcall_fuel(transfer_bytes);
        store.epoch_deadline_callback(|mut store| store.data_mut().meter.tick());
        store.set_epoch_deadline(1);
        match pre.instantiate_async(&mut store).await {
            Ok(instance) => Ok(Self { store, instance, exports }),
            Err(trap) => Err(fault::of(&trap, store.data())),
        }
    }

    /// What the connector says of itself.
    pub(crate) async fn describe(&mut self) -> Result<lifecycle::Descriptor, Error> {
        let lifecycle = self.lifecycle()?;
        let answer = lifecycle.call_describe(&mut self.store).await;
        self.untrapped(answer)
    }

    /// Configures the instance; the inner error is what the connector finds wrong with
    /// the settings.
    pub(crate) async fn init(
        &mut self,
        settings: &str,
        plan: Option<&[u8]>,
    ) -> Result<Result<(), Vec<Diagnostic>>, Error> {
        let lifecycle = self.lifecycle()?;
        let answer = lifecycle.call_init(&mut self.store, settings, plan).await;
        Ok(self.untrapped(answer)?.map_err(all))
    }

    /// The mandatory interface of that name.
    pub(crate) fn lifecycle(&mut self) -> Result<lifecycle::Guest, Error> {
        let loaded = self.exports.lifecycle.load(&mut self.store, &self.instance);
        self.untrapped(loaded)
    }

    /// The mandatory interface of that name.
    pub(crate) fn schema(&mut self) -> Result<schema::Guest, Error> {
        let loaded = self.exports.schema.load(&mut self.store, &self.instance);
        self.untrapped(loaded)
    }

    /// The optional interface of that name.
    pub(crate) fn reader(&mut self) -> Result<reader::Guest, Error> {
        let indices = self.exports.reader.as_ref().ok_or_else(|| fault::unsupported("reader"))?;
        let loaded = indices.load(&mut self.store, &self.instance);
        self.untrapped(loaded)
    }

    /// The optional interface of that name.
    pub(crate) fn writer(&mut self) -> Result<writer::Guest, Error> {
        let indices = self.exports.writer.as_ref().ok_or_else(|| fault::unsupported("writer"))?;
        let loaded = indices.load(&mut self.store, &self.instance);
        self.untrapped(loaded)
    }

    /// The optional interface of that name.
    pub(crate) fn sync(&mut self) -> Result<sync::Guest, Error> {
        let indices = self.exports.sync.as_ref().ok_or_else(|| fault::unsupported("sync"))?;
        let loaded = indices.load(&mut self.store, &self.instance);
        self.untrapped(loaded)
    }

    /// An answer of the guest: a trap becomes a fault, the guest's own error one of the
    /// contract's.
    pub(crate) fn answer<T>(&self, answer: wasmtime::Result<Result<T, wit::Error>>) -> Result<T, Error> {
        self.untrapped(answer)?.map_err(Error::from)
    }

    fn untrapped<T>(&self, answer: wasmtime::Result<T>) -> Result<T, Error> {
        answer.map_err(|trap| fault::of(&trap, self.store.data()))
    }
}
