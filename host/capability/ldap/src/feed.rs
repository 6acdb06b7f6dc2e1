//! Changes since a cookie.

use patchbay_capability::ldap::{
    DirSyncPage, DirSyncRequest, Error, Failure, SearchScope, SyncEntry, SyncPage, SyncRequest, SyncState,
};

use crate::ber::{Malformed, Writer};
use crate::connection::LdapConnection;
use crate::controls::{self, StateAnswer, SyncDone, SyncInfo};
use crate::error::{Asked, translate};
use crate::filter;
use crate::message::{Answer, Message, Operation, Outcome, RawControl, SearchParts};

/// An answer to DirSync may be so much longer than what was asked for: servers count
/// differently, and never stop within an entry.
const TOLERANCE: usize = 4;
/// What one identifier counts against a limit of bytes.
const UUID: usize = 24;

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

    /// All changes, by content synchronization.
    pub(crate) async fn sync(&mut self, request: &SyncRequest, max_bytes: usize) -> Result<SyncPage, Error> {
        let SyncRequest { base, scope, filter, attributes, cookie, max_entries } = request;
        self.demand_control(controls::SYNC, "has no content synchronization")?;
        let filter = self.filter(filter)?;
        let id = self.search(base, *scope, &filter, attributes, controls::sync(cookie.as_deref())).await?;
        let mut taking = Taking::default();
        loop {
            let message = self.wire.receive(id).await?;
            if let Answer::Done(outcome) = &message.answer {
                if outcome.code != 0 {
                    return Err(changes_refused(cookie.is_some(), outcome));
                }
                // Without it there is no telling what is gone.
                let end = message.control(controls::SYNC_DONE).ok_or(Malformed("lacks the end of the synchronization"));
                let end = end.and_then(controls::read_done).map_err(|malformed| self.wire.broken(malformed))?;
                return Ok(taking.finish(end));
            }
            taking.take(message).map_err(|malformed| self.wire.broken(malformed))?;
            if taking.changed > u64::from(*max_entries) || taking.bytes > max_bytes {
                return Err(self.too_much("there are more changes than may be read at a time"));
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

/// A synchronization that comes in.
#[derive(Debug, Default)]
struct Taking {
    page: SyncPage,
    /// Whether the server told, at least for a part, what is there and not what is gone.
    presents: bool,
    changed: u64,
    bytes: usize,
}

impl Taking {
    fn take(&mut self, message: Message) -> Result<(), Malformed> {
        let state = message.control(controls::SYNC_STATE).map(controls::read_state).transpose()?;
        match message.answer {
            Answer::Entry(entry) => {
                let StateAnswer { state, uuid, cookie } = state.ok_or(Malformed("has an entry without its state"))?;
                self.cookie(cookie);
                self.bytes = self.bytes.saturating_add(entry.size()).saturating_add(UUID);
                match state {
                    SyncState::Present => self.page.present.push(uuid),
                    SyncState::Deleted => self.page.deleted.push(uuid),
                    SyncState::Added | SyncState::Modified => {
                        self.changed = self.changed.saturating_add(1);
                        self.page.entries.push(SyncEntry { state, uuid, entry });
                    }
                }
            }
            Answer::Intermediate { name, value } if name.as_deref() == Some(controls::SYNC_INFO) => {
                match controls::read_info(value.as_deref().unwrap_or_default())? {
                    SyncInfo::Cookie(cookie) => self.cookie(Some(cookie)),
                    SyncInfo::Deletes(cookie) => self.cookie(cookie),
                    SyncInfo::Presents(cookie) => {
                        self.presents = true;
                        self.cookie(cookie);
                    }
                    SyncInfo::Uuids { cookie, gone, mut uuids } => {
                        self.cookie(cookie);
                        self.bytes = self.bytes.saturating_add(uuids.len().saturating_mul(UUID));
                        let list = if gone { &mut self.page.deleted } else { &mut self.page.present };
                        list.append(&mut uuids);
                    }
                }
            }
            Answer::Reference | Answer::Intermediate { .. } | Answer::Done(_) => {}
        }
        Ok(())
    }

    /// The last one counts.
    fn cookie(&mut self, cookie: Option<Vec<u8>>) {
        if cookie.is_some() {
            self.page.cookie = cookie;
        }
    }

    fn finish(mut self, end: SyncDone) -> SyncPage {
        self.cookie(end.cookie);
        self.page.deletes_by_absence = self.presents || !end.refresh_deletes;
        self.page
    }
}

#[cfg(test)]
mod tests {
    use patchbay_capability::ldap::Entry;

    use super::*;

    fn info(value: &[u8]) -> Message {
        let answer = Answer::Intermediate { name: Some(controls::SYNC_INFO.into()), value: Some(value.into()) };
        Message { id: 1, tag: 0x79, answer, controls: vec![] }
    }

    fn found(state: u8, uuid: u8) -> Message {
        let value = [&[0x30, 0x15, 0x0a, 1, state, 4, 16], [uuid; 16].as_slice()].concat();
        let control = RawControl { ctype: controls::SYNC_STATE.into(), crit: false, val: Some(value) };
        let entry = Entry { dn: "a=b".into(), attributes: vec![] };
        Message { id: 1, tag: 0x64, answer: Answer::Entry(entry), controls: vec![control] }
    }

    #[test]
    fn what_is_gone_and_what_is_there() {
        let mut taking = Taking::default();
        let gone = [b"\xa3\x1a\x04\x01c\x01\x01\xff\x31\x12\x04\x10".as_slice(), &[9; 16]].concat();
        for message in [found(1, 1), found(0, 2), found(3, 3), info(&gone)] {
            taking.take(message).unwrap();
        }
        assert_eq!(taking.changed, 1);
        let page = taking.finish(SyncDone { cookie: None, refresh_deletes: true });
        assert_eq!(page.entries.len(), 1);
        assert_eq!(page.present, [[2; 16]]);
        assert_eq!(page.deleted, [[3; 16], [9; 16]]);
        assert_eq!(page.cookie, Some(b"c".to_vec()));
        assert!(!page.deletes_by_absence);
    }

    #[test]
    fn a_server_that_tells_what_is_there_tells_what_is_gone_by_not_telling() {
        let end = SyncDone { cookie: None, refresh_deletes: false };
        assert!(Taking::default().finish(end).deletes_by_absence);
        let mut taking = Taking::default();
        taking.take(info(b"\xa2\x00")).unwrap();
        let end = SyncDone { cookie: Some(b"d".into()), refresh_deletes: true };
        let page = taking.finish(end);
        assert!(page.deletes_by_absence);
        assert_eq!(page.cookie, Some(b"d".to_vec()));
    }

    #[test]
    fn an_entry_without_its_state_is_an_error() {
        let message = Message { controls: vec![], ..found(1, 1) };
        assert!(Taking::default().take(message).is_err());
    }
}
