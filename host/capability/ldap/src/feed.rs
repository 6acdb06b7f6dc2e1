//! Changes since a cookie.

mod content;

use patchbay_capability::ldap::{DirSyncPage, DirSyncRequest, Error, Failure, SearchScope};

use crate::ber::{Malformed, Writer};
use crate::connection::LdapConnection;
use crate::controls;
use crate::error::{Asked, translate};
use crate::filter;
use crate::message::{Answer, Operation, Outcome, RawControl, SearchParts};

/// An answer to DirSync may be so much longer than what was asked for: servers count
/// differently, and never stop within an entry.
const TOLERANCE: usize = 4;

impl LdapConnection {
    /// The next page of changes, by DirSync.
    pub(crate) async fn dir_sync(&mut self, request: &DirSyncRequest, max_bytes: usize) -> Result<DirSyncPage, Error> {
        let DirSyncRequest { base, filter, attributes, cookie, incremental_values, object_security } = request;
        self.demand_control(controls::DIR_SYNC, "has no DirSync")?;
        let known = cookie.as_deref().unwrap_or_default();
        let control = controls::dir_sync(*object_security, *incremental_values, max_bytes, known);
        let filter = self.filter(filter)?;
        let id = self.search(base, SearchScope::Subtree, &filter, attributes, control).await?;
        let mut page = DirSyncPage::default();
        let mut bytes = 0_usize;
        loop {
            let message = self.wire.receive(id).await?;
            match message.answer {
                Answer::Entry(entry) => {
                    bytes = bytes.saturating_add(entry.size());
                    if !page.entries.is_empty() && bytes > max_bytes.saturating_mul(TOLERANCE) {
                        return Err(self.too_much("the server sends more changes than it was asked for"));
                    }
                    page.entries.push(entry);
                }
                Answer::Reference | Answer::Intermediate { .. } => {}
                Answer::Done(ref outcome) if outcome.code == 0 => {
                    let value = message.control(controls::DIR_SYNC);
                    let answer = value.ok_or(Malformed("lacks the cookie")).and_then(controls::read_dir_sync);
                    let answer = answer.map_err(|malformed| self.wire.broken(malformed))?;
                    (page.more, page.cookie) = (answer.more, answer.cookie);
                    return Ok(page);
                }
                Answer::Done(outcome) => return Err(changes_refused(cookie.is_some(), &outcome)),
            }
        }
    }

    /// The rest is not wanted.
    fn too_much(&mut self, message: &str) -> Error {
        self.wire.abandon();
        Error::new(Failure::LimitExceeded, message)
    }

    fn filter(&self, filter: &patchbay_capability::ldap::Filter) -> Result<Vec<u8>, Error> {
        let mut out = Writer::default();
        filter::write(filter, self.server.knows_constants, &mut out)?;
        Ok(out.into_vec())
    }

    async fn search(
        &mut self,
        base: &str,
        scope: SearchScope,
        filter: &[u8],
        attributes: &[String],
        control: RawControl,
    ) -> Result<i32, Error> {
        let parts = SearchParts { base, scope, filter, attributes };
        self.wire.send(&Operation::Search(parts), &[control]).await
    }

    fn demand_control(&self, oid: &str, what: &str) -> Result<(), Error> {
        if self.server.has_control(oid) {
            Ok(())
        } else {
            Err(Error::new(Failure::Unsupported, format!("the server {what}")))
        }
    }
}

fn changes_refused(with_cookie: bool, outcome: &Outcome) -> Error {
    translate(if with_cookie { Asked::Resume } else { Asked::Search }, outcome)
}
