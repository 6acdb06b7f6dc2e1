//! `patchbay:ldap/client`: handles of a guest, over sessions behind the capability's gate.
//!
//! Whatever a guest does wrong here is answered with an error value. Only a handle that
//! the guest cannot have is a trap.

mod connection;
mod search;

use std::sync::Arc;

use patchbay_capability::ldap::{Binding, Call, Error, Failure, Reply, Secret, SecretValue, Session};
use wasmtime::component::Resource;

use crate::bindings::patchbay::ldap::client as wit;
use crate::sanitise;
use crate::state::{Quota, State};

/// A connection as the guest holds it.
#[derive(Debug)]
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct Connection {
    binding: Arc<Binding>,
    /// None once it went along with a search that was parked.
    session: Option<Session>,
    /// The search that is open on it: the last one, unless another request ended it.
    search: Option<u64>,
}

/// A search as the guest holds it. Entries come from the session of its connection.
#[derive(Debug)]
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct Search {
    connection: u32,
    serial: u64,
    total: Option<u32>,
    exhausted: bool,
}

/// Answer to the guest: a trap, an error value, or a value.
type Answer<T> = wasmtime::Result<Result<T, wit::Error>>;

impl wit::Host for State {}

impl State {
    /// Hands `call` to the session of `connection`, with the guest's clock stopped. Every
    /// request to the server but for more of a search ends an open one.
    async fn ldap_call(
        &mut self,
        connection: &Resource<Connection>,
        call: Call,
    ) -> wasmtime::Result<Result<Reply, Error>> {
        let connection = self.table.get_mut(connection)?;
        if !matches!(call, Call::Next { .. } | Call::Lock(_)) {
            connection.search = None;
        }
        let Some(session) = &mut connection.session else {
            return Ok(Err(invalid("the connection went along with a search that was parked")));
        };
        self.meter.pause();
        let reply = session.call(call).await;
        self.meter.resume();
        Ok(reply)
    }

    /// A call that is answered with [`Reply::Done`].
    async fn plain_ldap_call(&mut self, connection: &Resource<Connection>, call: Call) -> Answer<()> {
        Ok(match self.ldap_call(connection, call).await? {
            Ok(Reply::Done) => Ok(()),
            other => Err(unexpected(other)),
        })
    }

    /// The error for a guest that could not have `more` handles.
    fn no_room_for(&self, more: usize) -> Option<wit::Error> {
        let Quota { handles, max_handles, .. } = self.quota;
        let full = handles.saturating_add(more) > max_handles;
        full.then(|| limit(format!("an operation may hold {max_handles} handles")))
    }

    /// The binding of this name, where the guest may have one more connection, and `handles`
    /// for it.
    fn ldap_binding(&self, name: String, handles: usize) -> Result<Arc<Binding>, wit::Error> {
        if let Some(full) = self.no_room_for(handles) {
            return Err(full);
        }
        if self.quota.connections >= self.quota.max_connections {
            let max = self.quota.max_connections;
            return Err(limit(format!("an operation may hold {max} connections")));
        }
        self.bindings.ldap.get(&name).cloned().ok_or_else(|| {
            let name = sanitise::line(name, 64);
            Error::new(Failure::UnknownBinding, format!("there is no binding `{name}`")).into()
        })
    }

    /// Makes a handle of a leased session.
    fn keep_session(
        &mut self,
        binding: Arc<Binding>,
        session: Session,
        search: Option<u64>,
    ) -> wasmtime::Result<Resource<Connection>> {
        let session = Some(session.leaving(&self.footprint));
        let handle = self.keep(Connection { binding, session, search })?;
        self.quota.connections += 1;
        Ok(handle)
    }

    /// The number of a new search.
    fn next_search(&mut self) -> u64 {
        self.quota.cursors += 1;
        self.quota.cursors
    }

    /// The secret with this number; the guest has no way to one that is not of its operation.
    fn secret(&self, number: u32) -> Result<Secret, wit::Error> {
        let found = usize::try_from(number).ok().and_then(|number| self.secrets.get(number));
        let secret = found.ok_or_else(|| invalid(format!("the operation has no secret {number}")))?;
        Ok(secret.shared().into())
    }

    /// Secrets in the place of their numbers.
    fn secret_values(&self, values: Vec<wit::SecretValue>) -> Result<Vec<SecretValue>, wit::Error> {
        let one = |value: wit::SecretValue| {
            let secret = self.secret(value.secret)?;
            Ok(SecretValue { attribute: value.attribute, secret, form: value.form.into() })
        };
        values.into_iter().map(one).collect()
    }
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(Failure::InvalidRequest, message)
}

fn limit(message: String) -> wit::Error {
    Error::new(Failure::LimitExceeded, message).into()
}

/// The error in `reply`, or one that says that the driver answered something else.
fn unexpected(reply: Result<Reply, Error>) -> wit::Error {
    match reply {
        Err(error) => error.into(),
        Ok(_) => Error::new(Failure::Other, "the driver gave an answer of another kind").into(),
    }
}
