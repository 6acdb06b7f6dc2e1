//! What the connector's logic needs of a directory. In the sandbox that is the host's
//! `patchbay:ldap/client`; tests bring directories of their own.

use patchbay_connector::ldap::{
    self, Attribute, Batch, Connection, DirSyncPage, DirSyncRequest, Entry, Error, Failure, Filter, Modification, Name,
    Rdn, SearchOptions, SearchRequest, SecretValue, SyncPage, SyncRequest, Terms, Written,
};

/// Entries that one pull of a search asks for.
const BATCH: u32 = 1_000;

/// Entries that the host asks the server for at a time.
pub const PAGE: u32 = 500;

/// One connection.
pub trait Directory {
    /// A search under way.
    type Search: Search;

    /// What the server says of itself.
    fn root_dse(&mut self) -> Result<Entry, Error>;

    /// The subschema.
    fn schema(&mut self) -> Result<Entry, Error>;

    /// Subtrees that the grant lets be read.
    fn bases(&mut self) -> Result<Vec<String>, Error>;

    /// Whether the grant lets an attribute be written.
    fn writes(&mut self, attribute: &str) -> Result<bool, Error>;

    /// Leaves the connection, with its locks: what comes next is done on another one.
    fn renew(&mut self);

    /// Begins a search.
    fn search(&mut self, request: &SearchRequest) -> Result<Self::Search, Error>;

    /// Entries that match, up to `limit`.
    fn count(&mut self, base: &str, scope: ldap::Scope, filter: &Filter, limit: u64) -> Result<u64, Error>;

    /// Adds an entry.
    fn add(
        &mut self,
        name: &Name,
        attributes: &[Attribute],
        secrets: &[SecretValue],
        terms: &Terms,
    ) -> Result<Written, Error>;

    /// Changes one.
    fn modify(
        &mut self,
        dn: &str,
        changes: &[Modification],
        secrets: &[SecretValue],
        terms: &Terms,
    ) -> Result<Written, Error>;

    /// Renames or moves one, or both.
    fn rename(
        &mut self,
        dn: &str,
        new_rdn: &Rdn,
        delete_old: bool,
        new_parent: Option<&str>,
        terms: &Terms,
    ) -> Result<Written, Error>;

    /// Deletes one.
    fn delete(&mut self, dn: &str, terms: &Terms) -> Result<(), Error>;

    /// The Password Modify operation (RFC 3062).
    fn set_password(&mut self, dn: &str, secret: u32) -> Result<(), Error>;

    /// Changes by Active Directory's DirSync control.
    fn dir_sync(&mut self, request: &DirSyncRequest) -> Result<DirSyncPage, Error>;

    /// Changes by content synchronization (RFC 4533).
    fn sync(&mut self, request: &SyncRequest) -> Result<SyncPage, Error>;

    /// Hands a search to the host and gets a token that resumes it in a later operation.
    /// The connection goes along; what comes next is done on another one.
    fn park(&mut self, search: Self::Search) -> Result<Vec<u8>, Error>;

    /// Waits for the host's lock of this name, and holds it to the end of the operation.
    fn lock(&mut self, key: &str) -> Result<(), Error>;

    /// All entries that match; [`Failure::LimitExceeded`] when there are more than `limit`.
    fn all(&mut self, request: &SearchRequest, limit: usize) -> Result<Vec<Entry>, Error> {
        let mut search = self.search(request)?;
        let mut entries = Vec::new();
        loop {
            let batch = search.next(BATCH)?;
            entries.extend(batch.entries);
            if entries.len() > limit {
                return Err(too_many(limit));
            }
            if batch.done {
                return Ok(entries);
            }
        }
    }

    /// The entry of this name, where it is there and matches.
    fn entry(
        &mut self,
        dn: &str,
        filter: Filter,
        attributes: Vec<String>,
        options: SearchOptions,
    ) -> Result<Option<Entry>, Error> {
        let request = SearchRequest { options, ..request(dn, ldap::Scope::Base, filter, attributes) };
        match self.all(&request, 1) {
            Ok(entries) => Ok(entries.into_iter().next()),
            Err(error) if error.failure == Failure::NoSuchObject => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// A search under way. The next one on its connection ends it.
pub trait Search {
    /// At most so many entries; none only when the search is done.
    fn next(&mut self, max: u32) -> Result<Batch, Error>;

    /// Passes over so many entries; fewer only at the end. Says how many.
    fn skip(&mut self, entries: u64) -> Result<u64, Error>;
}

/// A search with neither order nor window.
pub fn request(base: &str, scope: ldap::Scope, filter: Filter, attributes: Vec<String>) -> SearchRequest {
    SearchRequest {
        base: base.to_owned(),
        scope,
        filter,
        attributes,
        page_size: PAGE,
        sort: Vec::new(),
        window: None,
        options: SearchOptions::empty(),
    }
}

/// Terms of a write that is bound to no condition.
pub fn terms(read_back: Vec<String>) -> Terms {
    Terms { assertion: None, read_back, permissive: false, tree: false }
}

/// The host's connections: one that is leased when it is needed, and another one when that
/// went along with a search.
#[derive(Debug)]
pub struct Host {
    binding: String,
    connection: Option<Connection>,
    /// That of a search that was resumed. Whatever else is asked for goes over another one, as
    /// it would end the search.
    resumed: Option<Connection>,
}

impl Host {
    /// A connection of the binding.
    pub fn open(binding: &str) -> Result<Self, Error> {
        let connection = Connection::open(binding)?;
        Ok(Self { binding: binding.to_owned(), connection: Some(connection), resumed: None })
    }

    /// The connection of a search that was handed to the host, and the search.
    pub fn resume(binding: &str, token: &[u8]) -> Result<(Self, ldap::Search), Error> {
        let (connection, search) = Connection::resume(binding, token)?;
        Ok((Self { binding: binding.to_owned(), connection: None, resumed: Some(connection) }, search))
    }

    fn lease(&mut self) -> Result<&Connection, Error> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => Connection::open(&self.binding)?,
        };
        Ok(self.connection.insert(connection))
    }
}

impl Directory for Host {
    type Search = ldap::Search;

    fn root_dse(&mut self) -> Result<Entry, Error> {
        self.lease()?.root_dse()
    }

    fn schema(&mut self) -> Result<Entry, Error> {
        self.lease()?.schema()
    }

    fn bases(&mut self) -> Result<Vec<String>, Error> {
        Ok(self.lease()?.bases())
    }

    fn writes(&mut self, attribute: &str) -> Result<bool, Error> {
        Ok(self.lease()?.writes(attribute))
    }

    fn renew(&mut self) {
        self.connection = None;
    }

    fn search(&mut self, request: &SearchRequest) -> Result<ldap::Search, Error> {
        self.lease()?.search(request)
    }

    fn count(&mut self, base: &str, scope: ldap::Scope, filter: &Filter, limit: u64) -> Result<u64, Error> {
        self.lease()?.count(base, scope, filter, limit)
    }

    fn add(
        &mut self,
        name: &Name,
        attributes: &[Attribute],
        secrets: &[SecretValue],
        terms: &Terms,
    ) -> Result<Written, Error> {
        self.lease()?.add(name, attributes, secrets, terms)
    }

    fn modify(
        &mut self,
        dn: &str,
        changes: &[Modification],
        secrets: &[SecretValue],
        terms: &Terms,
    ) -> Result<Written, Error> {
        self.lease()?.modify(dn, changes, secrets, terms)
    }

    fn rename(
        &mut self,
        dn: &str,
        new_rdn: &Rdn,
        delete_old: bool,
        new_parent: Option<&str>,
        terms: &Terms,
    ) -> Result<Written, Error> {
        self.lease()?.rename(dn, new_rdn, delete_old, new_parent, terms)
    }

    fn delete(&mut self, dn: &str, terms: &Terms) -> Result<(), Error> {
        self.lease()?.delete(dn, terms)
    }

    fn set_password(&mut self, dn: &str, secret: u32) -> Result<(), Error> {
        self.lease()?.set_password(dn, secret)
    }

    fn dir_sync(&mut self, request: &DirSyncRequest) -> Result<DirSyncPage, Error> {
        self.lease()?.dir_sync(request)
    }

    fn sync(&mut self, request: &SyncRequest) -> Result<SyncPage, Error> {
        self.lease()?.sync(request)
    }

    fn park(&mut self, search: ldap::Search) -> Result<Vec<u8>, Error> {
        let token = ldap::Search::park(search);
        // It went along; of a search that was resumed, the one that was resumed with it.
        if self.resumed.take().is_none() {
            self.connection = None;
        }
        token
    }

    fn lock(&mut self, key: &str) -> Result<(), Error> {
        self.lease()?.lock(key)
    }
}

impl Search for ldap::Search {
    fn next(&mut self, max: u32) -> Result<Batch, Error> {
        Self::next(self, max)
    }

    fn skip(&mut self, entries: u64) -> Result<u64, Error> {
        Self::skip(self, entries)
    }
}

/// The failure of a result that is larger than it may be.
fn too_many(limit: usize) -> Error {
    Error {
        failure: Failure::LimitExceeded,
        code: None,
        attribute: None,
        message: format!("more than {limit} entries"),
    }
}
