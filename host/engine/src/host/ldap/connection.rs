//! What a guest does with a connection.

use patchbay_capability::ldap::{Call, Reply};
use wasmtime::component::Resource;

use super::{Answer, Connection, Search, unexpected, wit};
use crate::convert::{all, ldap};
use crate::state::State;

impl State {
    /// A call that is answered with an entry.
    async fn entry(&mut self, connection: &Resource<Connection>, call: Call) -> Answer<wit::Entry> {
        Ok(match self.ldap_call(connection, call).await? {
            Ok(Reply::Entry(entry)) => Ok(entry.into()),
            other => Err(unexpected(other)),
        })
    }

    /// A call that is answered with what was written.
    async fn write(&mut self, connection: &Resource<Connection>, call: Call) -> Answer<wit::Written> {
        Ok(match self.ldap_call(connection, call).await? {
            Ok(Reply::Written(written)) => Ok(written.into()),
            other => Err(unexpected(other)),
        })
    }
}

impl wit::HostConnection for State {
    async fn open(&mut self, binding: String) -> Answer<Resource<Connection>> {
        let binding = match self.ldap_binding(binding, 1) {
            Ok(binding) => binding,
            Err(error) => return Ok(Err(error)),
        };
        self.meter.pause();
        let session = binding.open(&self.scope).await;
        self.meter.resume();
        match session {
            Ok(session) => Ok(Ok(self.keep_session(binding, session, None)?)),
            Err(error) => Ok(Err(error.into())),
        }
    }

    async fn resume(&mut self, binding: String, token: Vec<u8>) -> Answer<(Resource<Connection>, Resource<Search>)> {
        let binding = match self.ldap_binding(binding, 2) {
            Ok(binding) => binding,
            Err(error) => return Ok(Err(error)),
        };
        let session = match binding.resume(&self.scope, &token) {
            Ok(session) => session,
            Err(error) => return Ok(Err(error.into())),
        };
        let (serial, total) = (self.next_search(), session.total());
        let connection = self.keep_session(binding, session, Some(serial))?;
        let search = Search { connection: connection.rep(), serial, total, exhausted: false };
        let search = self.keep(search)?;
        Ok(Ok((connection, search)))
    }

    async fn root_dse(&mut self, this: Resource<Connection>) -> Answer<wit::Entry> {
        self.entry(&this, Call::RootDse).await
    }

    async fn schema(&mut self, this: Resource<Connection>) -> Answer<wit::Entry> {
        self.entry(&this, Call::Schema).await
    }

    fn bases(&mut self, this: Resource<Connection>) -> wasmtime::Result<Vec<String>> {
        let bases = self.table.get(&this)?.binding.bases();
        Ok(bases.iter().map(|base| base.text().to_owned()).collect())
    }

    fn writes(&mut self, this: Resource<Connection>, attribute: String) -> wasmtime::Result<bool> {
        Ok(self.table.get(&this)?.binding.writes(&attribute))
    }

    async fn search(&mut self, this: Resource<Connection>, request: wit::SearchRequest) -> Answer<Resource<Search>> {
        if let Some(full) = self.no_room_for(1) {
            return Ok(Err(full));
        }
        match self.ldap_call(&this, Call::Search(request.into())).await? {
            Ok(Reply::Searching) => {}
            other => return Ok(Err(unexpected(other))),
        }
        let serial = self.next_search();
        self.table.get_mut(&this)?.search = Some(serial);
        Ok(Ok(self.keep(Search { connection: this.rep(), serial, total: None, exhausted: false })?))
    }

    async fn count(
        &mut self,
        this: Resource<Connection>,
        base: String,
        scope: wit::Scope,
        filter: Vec<wit::FilterNode>,
        limit: u64,
    ) -> Answer<u64> {
        Ok(match self.ldap_call(&this, ldap::count(base, scope, filter, limit)).await? {
            Ok(Reply::Counted(entries)) => Ok(entries),
            other => Err(unexpected(other)),
        })
    }

    async fn add(
        &mut self,
        this: Resource<Connection>,
        name: wit::Name,
        attributes: Vec<wit::Attribute>,
        secrets: Vec<wit::SecretValue>,
        terms: wit::Terms,
    ) -> Answer<wit::Written> {
        let secrets = match self.secret_values(secrets) {
            Ok(secrets) => secrets,
            Err(error) => return Ok(Err(error)),
        };
        let call = Call::Add { name: name.into(), attributes: all(attributes), secrets, terms: terms.into() };
        self.write(&this, call).await
    }

    async fn modify(
        &mut self,
        this: Resource<Connection>,
        dn: String,
        changes: Vec<wit::Modification>,
        secrets: Vec<wit::SecretValue>,
        terms: wit::Terms,
    ) -> Answer<wit::Written> {
        let secrets = match self.secret_values(secrets) {
            Ok(secrets) => secrets,
            Err(error) => return Ok(Err(error)),
        };
        self.write(&this, Call::Modify { dn, changes: all(changes), secrets, terms: terms.into() }).await
    }

    async fn rename(
        &mut self,
        this: Resource<Connection>,
        dn: String,
        new_rdn: Vec<wit::Naming>,
        delete_old: bool,
        new_parent: Option<String>,
        terms: wit::Terms,
    ) -> Answer<wit::Written> {
        let call = Call::Rename { dn, new_rdn: all(new_rdn), delete_old, new_parent, terms: terms.into() };
        self.write(&this, call).await
    }

    async fn delete(&mut self, this: Resource<Connection>, dn: String, terms: wit::Terms) -> Answer<()> {
        self.plain_ldap_call(&this, Call::Delete { dn, terms: terms.into() }).await
    }

    async fn set_password(&mut self, this: Resource<Connection>, dn: String, secret: u32) -> Answer<()> {
        match self.secret(secret) {
            Ok(secret) => self.plain_ldap_call(&this, Call::SetPassword { dn, secret }).await,
            Err(error) => Ok(Err(error)),
        }
    }

    async fn dir_sync(&mut self, this: Resource<Connection>, request: wit::DirSyncRequest) -> Answer<wit::DirSyncPage> {
        Ok(match self.ldap_call(&this, Call::DirSync(request.into())).await? {
            Ok(Reply::DirSync(page)) => Ok(page.into()),
            other => Err(unexpected(other)),
        })
    }

    async fn sync(&mut self, this: Resource<Connection>, request: wit::SyncRequest) -> Answer<wit::SyncPage> {
        Ok(match self.ldap_call(&this, Call::Sync(request.into())).await? {
            Ok(Reply::Sync(page)) => Ok(page.into()),
            other => Err(unexpected(other)),
        })
    }

    async fn lock(&mut self, this: Resource<Connection>, key: String) -> Answer<()> {
        self.plain_ldap_call(&this, Call::Lock(key)).await
    }

    async fn drop(&mut self, this: Resource<Connection>) -> wasmtime::Result<()> {
        // The lease inside abandons what is open and goes back to its pool.
        if self.take_back(this)?.session.is_some() {
            self.quota.connections = self.quota.connections.saturating_sub(1);
        }
        Ok(())
    }
}
