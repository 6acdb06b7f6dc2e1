//! Calls on their way to the driver: order, authorisation, quota.

use std::time::Instant;

use super::in_time;
use super::session::{Search, Session};
use super::size::size;
use crate::ldap::dn::{compose, rdn};
use crate::ldap::policy::{Place, Verb, is_secret};
use crate::ldap::{
    AddRequest, Attribute, Batch, Call, Change, ChangeKind, CountRequest, DeleteRequest, DirSyncRequest, Dn, Error,
    Failure, ModifyRequest, Name, PasswordRequest, Rdn, RenameRequest, Reply, Request, SearchRequest, SecretAttribute,
    SecretForm, SecretValue, SyncRequest, Terms,
};

/// Longest key of a lock, in bytes.
const MAX_LOCK_KEY: usize = 4096;
/// Longest list of keys to sort by.
const MAX_SORT_KEYS: usize = 8;

/// A call that has passed authorisation and quota.
pub(super) enum Admitted {
    /// To be run by the driver.
    Run(Request),
    /// Entries of the open search.
    Pull { max_entries: u32, max_bytes: usize },
    /// A lock to wait for.
    Wait(String),
    /// Answered by what the session knows.
    Answered(Reply),
}

impl Session {
    /// Authorisation, order of calls, quota and deadline, before the driver sees anything.
    pub(super) fn admit(&mut self, call: Call) -> Result<Admitted, Error> {
        // First of all: what is refused has cost something, too. An open search ends once, and
        // its entries are counted as bytes.
        if !matches!(call, Call::Next { .. } | Call::EndSearch) {
            self.count()?;
        }
        let limit = self.binding.options.max_request_bytes;
        if size(&call) > limit {
            return Err(limit_exceeded(format!("a call brings at most {limit} bytes")));
        }
        let admitted = match call {
            Call::Next { max_entries } => self.next(max_entries)?,
            Call::EndSearch => self.end_search()?,
            Call::Lock(key) => {
                self.binding.grant.allows_writing()?;
                if key.len() > MAX_LOCK_KEY {
                    return Err(invalid(format!("the key of a lock has at most {MAX_LOCK_KEY} bytes")));
                }
                Admitted::Wait(key)
            }
            Call::RootDse => Admitted::Run(Request::RootDse),
            Call::Schema => Admitted::Run(Request::Schema),
            Call::Search(request) => Admitted::Run(Request::Search(self.search(request)?)),
            Call::Count { base, scope, filter, limit } => {
                let grant = &self.binding.grant;
                grant.allows(Verb::Search)?;
                grant.filter(&filter)?;
                let base = grant.read_name("the base", base)?;
                let page_size = self.page_size(0);
                Admitted::Run(Request::Count(CountRequest { base, scope, filter, limit, page_size }))
            }
            Call::Add { name, attributes, secrets, terms } => {
                Admitted::Run(Request::Add(self.add(&name, attributes, secrets, terms)?))
            }
            Call::Modify { dn, changes, secrets, terms } => {
                Admitted::Run(Request::Modify(self.modify(dn, changes, secrets, terms)?))
            }
            Call::Rename { dn, new_rdn, delete_old, new_parent, terms } => {
                Admitted::Run(Request::Rename(self.rename(dn, &new_rdn, delete_old, new_parent, terms)?))
            }
            Call::Delete { dn, terms } => {
                let grant = &self.binding.grant;
                grant.allows(Verb::Delete)?;
                let dn = grant.write_name("the entry", dn, Place::Below)?;
                if !terms.read_back.is_empty() {
                    return Err(invalid("of an entry that is deleted, nothing can be read back"));
                }
                let terms = self.terms(terms, &dn, None)?;
                Admitted::Run(Request::Delete(DeleteRequest { dn: dn.into_text(), terms }))
            }
            Call::SetPassword { dn, secret } => {
                let grant = &self.binding.grant;
                grant.allows(Verb::Password)?;
                let dn = grant.write_name("the entry", dn, Place::AtOrBelow)?.into_text();
                let value = SecretValue { attribute: String::new(), secret, form: SecretForm::Text };
                let secret = self.encode(value).value;
                Admitted::Run(Request::SetPassword(PasswordRequest { dn, secret }))
            }
            Call::DirSync(request) => {
                let max_bytes = self.binding.options.max_page_bytes.min(self.left()).max(1);
                Admitted::Run(Request::DirSync { request: self.dir_sync(request)?, max_bytes })
            }
            Call::Sync(request) => {
                let max_bytes = self.left().max(1);
                Admitted::Run(Request::Sync { request: self.sync(request)?, max_bytes })
            }
        };
        let ends_a_search = matches!(admitted, Admitted::Run(Request::EndSearch));
        if matches!(admitted, Admitted::Run(_) | Admitted::Pull { .. }) && !ends_a_search && self.left() == 0 {
            return Err(too_much(self.binding.options.max_result_bytes));
        }
        in_time(self.witness.scope())?;
        Ok(admitted)
    }

    fn next(&self, max_entries: u32) -> Result<Admitted, Error> {
        self.binding.grant.allows(Verb::Search)?;
        if max_entries == 0 {
            return Err(invalid("a page holds at least one entry"));
        }
        let options = &self.binding.options;
        match self.search {
            Search::None => Err(invalid("no search is open")),
            Search::Ended => {
                Ok(Admitted::Answered(Reply::Batch(Batch { entries: Vec::new(), done: true, total: self.total })))
            }
            Search::Open => Ok(Admitted::Pull {
                max_entries: max_entries.min(options.max_page_entries.max(1)),
                max_bytes: options.max_page_bytes.min(self.left()).max(1),
            }),
        }
    }

    fn end_search(&mut self) -> Result<Admitted, Error> {
        self.binding.grant.allows(Verb::Search)?;
        if self.search == Search::Open {
            return Ok(Admitted::Run(Request::EndSearch));
        }
        self.search = Search::None;
        Ok(Admitted::Answered(Reply::Done))
    }

    fn search(&self, mut request: SearchRequest) -> Result<SearchRequest, Error> {
        let grant = &self.binding.grant;
        grant.allows(Verb::Search)?;
        grant.filter(&request.filter)?;
        grant.sort(&request.sort)?;
        if request.sort.len() > MAX_SORT_KEYS {
            return Err(invalid(format!("a search is sorted by at most {MAX_SORT_KEYS} attributes")));
        }
        if let Some(window) = &mut request.window {
            if request.sort.is_empty() {
                return Err(invalid("a window is one of a sorted result"));
            }
            if window.offset == 0 || window.count == 0 {
                return Err(invalid("a window begins at 1 and holds at least one entry"));
            }
            window.count = window.count.min(self.binding.options.max_page_entries.max(1));
        }
        request.base = grant.read_name("the base", request.base)?;
        request.attributes = grant.ask(request.attributes);
        request.page_size = self.page_size(request.page_size);
        Ok(request)
    }

    fn add(
        &mut self,
        name: &Name,
        attributes: Vec<Attribute>,
        secrets: Vec<SecretValue>,
        terms: Terms,
    ) -> Result<AddRequest, Error> {
        let grant = &self.binding.grant;
        grant.allows(Verb::Add)?;
        let dn = compose(name)?;
        grant.writes_name("the entry", &dn, Place::Below)?;
        for attribute in dn.leaf_types() {
            grant.writable(attribute)?;
        }
        for attribute in &attributes {
            grant.writable(&attribute.name)?;
            has_values(attribute)?;
        }
        let terms = self.terms(terms, &dn, Some(&dn))?;
        let secrets = self.secret_attributes(secrets)?;
        Ok(AddRequest { dn: dn.into_text(), attributes, secrets, terms })
    }

    fn modify(
        &mut self,
        dn: String,
        changes: Vec<Change>,
        secrets: Vec<SecretValue>,
        terms: Terms,
    ) -> Result<ModifyRequest, Error> {
        let grant = &self.binding.grant;
        // Who may set passwords may do that alone.
        let verb = if changes.is_empty() && !secrets.is_empty() { Verb::Password } else { Verb::Modify };
        grant.allows(verb)?;
        let dn = grant.write_name("the entry", dn, Place::AtOrBelow)?;
        if changes.is_empty() && secrets.is_empty() {
            return Err(invalid("nothing is to be changed"));
        }
        for Change { kind, attribute } in &changes {
            grant.writable(&attribute.name)?;
            if !keeps_secrets(*kind, attribute) {
                return Err(Error {
                    attribute: Some(attribute.name.clone()),
                    ..Error::new(
                        Failure::Denied,
                        format!("attribute {:?} is secret: it is replaced as a whole, or deleted", attribute.name),
                    )
                });
            }
            if matches!(kind, ChangeKind::Add | ChangeKind::Increment) {
                has_values(attribute)?;
            }
        }
        let terms = self.terms(terms, &dn, Some(&dn))?;
        let secrets = self.secret_attributes(secrets)?;
        Ok(ModifyRequest { dn: dn.into_text(), changes, secrets, terms })
    }

    fn rename(
        &self,
        dn: String,
        new_rdn: &Rdn,
        delete_old: bool,
        new_parent: Option<String>,
        terms: Terms,
    ) -> Result<RenameRequest, Error> {
        let grant = &self.binding.grant;
        grant.allows(Verb::Rename)?;
        let dn = grant.write_name("the entry", dn, Place::Below)?;
        let new_rdn_text = rdn(new_rdn)?;
        let below = new_parent.as_deref().unwrap_or_else(|| dn.parent());
        let new_dn = compose(&Name { parts: vec![new_rdn.clone()], below: below.to_owned() })?;
        grant.writes_name("the new name", &new_dn, Place::Below)?;
        for attribute in new_dn.leaf_types() {
            grant.writable(attribute)?;
        }
        if delete_old {
            for attribute in dn.leaf_types() {
                grant.writable(attribute)?;
            }
        }
        let terms = self.terms(terms, &dn, Some(&new_dn))?;
        Ok(RenameRequest {
            dn: dn.into_text(),
            new_rdn: new_rdn_text,
            delete_old,
            new_parent,
            new_dn: new_dn.into_text(),
            terms,
        })
    }

    fn dir_sync(&self, mut request: DirSyncRequest) -> Result<DirSyncRequest, Error> {
        let grant = &self.binding.grant;
        grant.allows(Verb::Search)?;
        grant.filter(&request.filter)?;
        request.base = grant.read_name("the base", request.base)?;
        request.attributes = grant.ask(request.attributes);
        Ok(request)
    }

    fn sync(&self, mut request: SyncRequest) -> Result<SyncRequest, Error> {
        let grant = &self.binding.grant;
        grant.allows(Verb::Search)?;
        grant.filter(&request.filter)?;
        request.base = grant.read_name("the base", request.base)?;
        request.attributes = grant.ask(request.attributes);
        // What is heard last is of use only where there is time to read it.
        let left = self.witness.scope().deadline.saturating_duration_since(Instant::now());
        request.wait = request.wait.min(left / 4 * 3);
        Ok(request)
    }

    /// Terms of a write to `dn`, called `after` when it is done; none where it is gone.
    /// Conditions and what is read back need the right to read.
    fn terms(&self, mut terms: Terms, dn: &Dn, after: Option<&Dn>) -> Result<Terms, Error> {
        let grant = &self.binding.grant;
        if terms.tree && after.is_some() {
            return Err(invalid("what is below an entry can only be deleted with it"));
        }
        if let Some(filter) = &terms.assertion {
            grant.allows(Verb::Search)?;
            grant.filter(filter)?;
            grant.reads_name("the entry", dn)?;
        }
        if let Some(after) = after.filter(|_| !terms.read_back.is_empty()) {
            grant.allows(Verb::Search)?;
            grant.reads_name("the entry", after)?;
            terms.read_back = grant.ask(terms.read_back);
        }
        Ok(terms)
    }

    /// Secrets as the driver gets them. Whoever sets one needs the verb for it, whatever the
    /// attribute is called; and it goes nowhere where the connector could read it back.
    fn secret_attributes(&mut self, secrets: Vec<SecretValue>) -> Result<Vec<SecretAttribute>, Error> {
        if secrets.is_empty() {
            return Ok(Vec::new());
        }
        self.binding.grant.allows(Verb::Password)?;
        for secret in &secrets {
            self.binding.grant.writable(&secret.attribute)?;
            self.binding.grant.conceals(&secret.attribute)?;
        }
        Ok(secrets.into_iter().map(|secret| self.encode(secret)).collect())
    }

    /// The bytes of a secret. The session keeps it, once, to know it again in a message.
    fn encode(&mut self, secret: SecretValue) -> SecretAttribute {
        let encoded = secret.encode();
        if !self.secrets.iter().any(|known| known.is(&secret.secret)) {
            self.secrets.push(secret.secret);
        }
        encoded
    }

    /// Entries to ask the server for at a time; 0 leaves it to the binding.
    fn page_size(&self, wanted: u32) -> u32 {
        let most = self.binding.options.max_page_entries.max(1);
        if wanted == 0 { most } else { wanted.min(most) }
    }

    /// Bytes that the operation may fetch still.
    pub(super) fn left(&self) -> usize {
        self.binding.options.max_result_bytes.saturating_sub(self.tally.bytes())
    }

    fn count(&self) -> Result<(), Error> {
        let limit = self.binding.options.max_operations;
        if self.tally.request(1, limit) {
            return Ok(());
        }
        Err(limit_exceeded(format!("an operation makes at most {limit} requests")))
    }
}

/// Whether a change does not compare what it brings with what is there: how it fails would
/// tell a secret that was guessed.
fn keeps_secrets(kind: ChangeKind, attribute: &Attribute) -> bool {
    match kind {
        ChangeKind::Replace => true,
        ChangeKind::Delete if attribute.values.is_empty() => true,
        ChangeKind::Add | ChangeKind::Delete | ChangeKind::Increment => !is_secret(&attribute.name),
    }
}

fn has_values(attribute: &Attribute) -> Result<(), Error> {
    if !attribute.values.is_empty() {
        return Ok(());
    }
    let name = attribute.name.clone();
    Err(Error { attribute: Some(name), ..invalid(format!("attribute {:?} has no value to add", attribute.name)) })
}

pub(super) fn invalid(message: impl Into<String>) -> Error {
    Error::new(Failure::InvalidRequest, message)
}

/// More was fetched than an operation may.
pub(super) fn too_much(limit: usize) -> Error {
    limit_exceeded(format!("an operation fetches at most {limit} bytes"))
}

pub(super) fn limit_exceeded(message: String) -> Error {
    Error::new(Failure::LimitExceeded, message)
}
