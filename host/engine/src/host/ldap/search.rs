//! What a guest does with a search.

use patchbay_capability::ldap::{Batch, Call, Reply};
use wasmtime::component::Resource;

use super::{Answer, Connection, Search, invalid, unexpected, wit};
use crate::state::State;

/// What is said to whoever goes on with a search that another one ended.
const ENDED: &str = "the search was ended by another request on its connection";

impl State {
    /// The connection on which the search `serial` is still open. The connection may be
    /// gone, and its place in the table taken by something else.
    fn searching(&self, connection: u32, serial: u64) -> Option<Resource<Connection>> {
        let handle = Resource::<Connection>::new_borrow(connection);
        let open = self.table.get(&handle).is_ok_and(|connection| connection.search == Some(serial));
        open.then_some(handle)
    }
}

impl State {
    /// The next entries of a search; none only at its end.
    async fn pull(&mut self, this: &Resource<Search>, max_entries: u32) -> Answer<Batch> {
        let &Search { connection, serial, exhausted, .. } = self.table.get(this)?;
        if exhausted {
            return Ok(Ok(Batch { done: true, ..Batch::default() }));
        }
        let Some(connection) = self.searching(connection, serial) else { return Ok(Err(invalid(ENDED).into())) };
        match self.ldap_call(&connection, Call::Next { max_entries }).await? {
            Ok(Reply::Batch(batch)) => {
                let search = self.table.get_mut(this)?;
                search.exhausted = batch.done;
                search.total = batch.total.or(search.total);
                Ok(Ok(batch))
            }
            other => Ok(Err(unexpected(other))),
        }
    }
}

impl wit::HostSearch for State {
    async fn next(&mut self, this: Resource<Search>, max_entries: u32) -> Answer<wit::Batch> {
        Ok(self.pull(&this, max_entries).await?.map(Into::into))
    }

    async fn skip(&mut self, this: Resource<Search>, entries: u64) -> Answer<u64> {
        let mut passed = 0;
        while passed < entries {
            let left = u32::try_from(entries - passed).unwrap_or(u32::MAX);
            match self.pull(&this, left).await? {
                Ok(batch) => {
                    passed += u64::try_from(batch.entries.len()).unwrap_or(u64::MAX);
                    if batch.done {
                        break;
                    }
                }
                Err(error) => return Ok(Err(error)),
            }
        }
        Ok(Ok(passed))
    }

    fn total(&mut self, this: Resource<Search>) -> wasmtime::Result<Option<u32>> {
        Ok(self.table.get(&this)?.total)
    }

    async fn park(&mut self, this: Resource<Search>) -> Answer<Vec<u8>> {
        let search = self.take_back(this)?;
        let Some(connection) = self.searching(search.connection, search.serial).filter(|_| !search.exhausted) else {
            let why = if search.exhausted { "the search is over, so there is nothing to go on with" } else { ENDED };
            return Ok(Err(invalid(why).into()));
        };
        let connection = self.table.get_mut(&connection)?;
        connection.search = None;
        let Some(session) = connection.session.take() else { return Ok(Err(invalid(ENDED).into())) };
        self.quota.connections = self.quota.connections.saturating_sub(1);
        Ok(session.park().map_err(Into::into))
    }

    async fn drop(&mut self, this: Resource<Search>) -> wasmtime::Result<()> {
        let search = self.take_back(this)?;
        let Some(connection) = self.searching(search.connection, search.serial) else { return Ok(()) };
        if search.exhausted {
            self.table.get_mut(&connection)?.search = None;
            return Ok(());
        }
        if let Err(error) = self.ldap_call(&connection, Call::EndSearch).await? {
            // The guest has no way to hear of it; the next call on the connection will.
            tracing::debug!(app = &*self.scope.app, request_id = &*self.scope.request_id, %error, "ending a search");
        }
        Ok(())
    }
}
