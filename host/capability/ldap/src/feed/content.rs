//! Content synchronization (RFC 4533).
//!
//! Who only asks (refreshOnly) gets what changed since the cookie. Who listens
//! (refreshAndPersist) gets the same, and if that is nothing, waits for the first change: with
//! the cookie that comes with it the search is given up, and the next request goes on there.

use std::time::Duration;

use patchbay_capability::ldap::{Error, SyncEntry, SyncPage, SyncRequest, SyncState};
use tokio::time::{Instant, timeout_at};

use super::changes_refused;
use crate::ber::Malformed;
use crate::connection::LdapConnection;
use crate::controls::{self, StateAnswer, SyncDone, SyncInfo};
use crate::message::{Answer, Message};

/// What one identifier counts against a limit of bytes.
const UUID: usize = 24;
/// Changes seldom come alone: after one, so long for each that follows.
const BREATH: Duration = Duration::from_millis(20);
/// And so long in all.
const BREATHS: Duration = Duration::from_millis(500);

/// Codes of a server that refreshes and does not persist: protocolError,
/// unavailableCriticalExtension, unwillingToPerform.
const DOES_NOT_PERSIST: [u32; 3] = [2, 12, 53];

impl LdapConnection {
    /// All changes, by content synchronization; where there are none, the first ones that
    /// come while it waits.
    pub(crate) async fn sync(&mut self, request: &SyncRequest, max_bytes: usize) -> Result<SyncPage, Error> {
        self.demand_control(controls::SYNC, "has no content synchronization")?;
        if request.wait.is_zero() {
            return self.synchronise(request, max_bytes, false).await;
        }
        match self.synchronise(request, max_bytes, true).await {
            Err(error) if error.code.is_some_and(|code| DOES_NOT_PERSIST.contains(&code)) => {
                self.synchronise(request, max_bytes, false).await
            }
            outcome => outcome,
        }
    }

    async fn synchronise(&mut self, request: &SyncRequest, max_bytes: usize, persist: bool) -> Result<SyncPage, Error> {
        let SyncRequest { base, scope, filter, attributes, cookie, max_entries, wait } = request;
        let filter = self.filter(filter)?;
        let control = controls::sync(cookie.as_deref(), persist);
        let id = self.search(base, *scope, &filter, attributes, control).await?;
        let mut taking = Taking::default();
        // Of the listening, once it has begun; and of the first change that was heard.
        let (mut end, mut heard) = (None, None);
        loop {
            let message = match end {
                None => self.wire.receive(id).await?,
                // A server that never holds its tongue is not listened to for longer.
                Some(end) if end <= Instant::now() => break,
                Some(end) => match timeout_at(end, self.wire.receive(id)).await {
                    Ok(message) => message?,
                    Err(_) => break,
                },
            };
            if let Answer::Done(outcome) = &message.answer {
                if outcome.code != 0 {
                    return Err(changes_refused(cookie.is_some(), outcome));
                }
                // Without it there is no telling what is gone.
                let told =
                    message.control(controls::SYNC_DONE).ok_or(Malformed("lacks the end of the synchronization"));
                let told = told.and_then(controls::read_done).map_err(|malformed| self.wire.broken(malformed))?;
                return Ok(taking.finish(told));
            }
            taking.take(message).map_err(|malformed| self.wire.broken(malformed))?;
            if taking.changed > u64::from(*max_entries) || taking.bytes > max_bytes {
                return Err(self.too_much("there are more changes than may be read at a time"));
            }
            if !(persist && taking.refreshed) {
                continue;
            }
            let now = Instant::now();
            match (end, taking.tells_something()) {
                (None, true) => break,
                (None, false) => end = Some(now + *wait),
                (Some(_), true) => {
                    let first = *heard.get_or_insert(now);
                    end = Some((now + BREATH).min(first + BREATHS));
                }
                (Some(_), false) => {}
            }
        }
        // The search goes on at the server until it is told.
        self.wire.abandon();
        Ok(taking.leave(cookie.as_deref()))
    }
}

/// A synchronization that comes in.
#[derive(Debug, Default)]
struct Taking {
    page: SyncPage,
    /// Whether the server told, at least for a part, what is there and not what is gone.
    presents: bool,
    /// What changed before was told; what comes now changes now.
    refreshed: bool,
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
                if self.refreshed {
                    self.forget(&uuid);
                }
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
                    SyncInfo::Deletes { cookie, refreshed } => {
                        self.refreshed |= refreshed;
                        self.cookie(cookie);
                    }
                    SyncInfo::Presents { cookie, refreshed } => {
                        self.presents = true;
                        self.refreshed |= refreshed;
                        self.cookie(cookie);
                    }
                    SyncInfo::Uuids { cookie, gone, mut uuids } => {
                        self.cookie(cookie);
                        if self.refreshed {
                            uuids.iter().for_each(|uuid| self.forget(uuid));
                        }
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

    /// What was said of this entry is not true any more: it has changed since.
    fn forget(&mut self, uuid: &[u8]) {
        self.page.entries.retain(|found| found.uuid != uuid);
        self.page.deleted.retain(|gone| gone != uuid);
        self.page.present.retain(|there| there != uuid);
    }

    /// Whether there is something that somebody waits for. What is gone by not being told of
    /// is for others to find out.
    fn tells_something(&self) -> bool {
        self.presents || !self.page.entries.is_empty() || !self.page.deleted.is_empty()
    }

    /// The page of somebody who has heard enough, and asked with this cookie.
    fn leave(mut self, asked: Option<&[u8]>) -> SyncPage {
        self.page.deletes_by_absence = self.presents;
        // A server that tells all there is each time, or the same again, is asked in peace.
        self.page.live = !self.presents && (!self.tells_something() || self.page.cookie.as_deref() != asked);
        self.page
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
    use crate::message::RawControl;

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
    fn what_changes_while_somebody_listens_is_told_as_it_is_in_the_end() {
        let check = |messages: Vec<Message>, entries: &[u8], deleted: &[u8]| {
            let mut taking = Taking::default();
            for message in [info(b"\xa1\x00")].into_iter().chain(messages) {
                taking.take(message).unwrap();
            }
            let page = taking.leave(Some(b"before"));
            let uuids = |numbers: &[u8]| numbers.iter().map(|number| vec![*number; 16]).collect::<Vec<_>>();
            assert_eq!(page.entries.into_iter().map(|found| found.uuid).collect::<Vec<_>>(), uuids(entries));
            assert_eq!(page.deleted, uuids(deleted));
            assert!(page.live && !page.deletes_by_absence);
        };
        check(vec![], &[], &[]);
        check(vec![found(1, 1), found(2, 1), found(2, 2)], &[1, 2], &[]);
        check(vec![found(2, 1), found(3, 1)], &[], &[1]);
        check(vec![found(3, 1), found(1, 1)], &[1], &[]);
    }

    #[test]
    fn the_refreshing_may_have_several_parts() {
        let mut taking = Taking::default();
        taking.take(info(b"\xa2\x03\x01\x01\x00")).unwrap();
        assert!(!taking.refreshed);
        taking.take(info(b"\xa1\x06\x04\x01c\x01\x01\xff")).unwrap();
        assert!(taking.refreshed);
        let page = taking.leave(Some(b"b"));
        assert_eq!((page.deletes_by_absence, page.live, page.cookie), (true, false, Some(b"c".to_vec())));
    }

    #[test]
    fn a_server_that_says_the_same_again_is_not_asked_at_once() {
        let mut taking = Taking::default();
        for message in [found(1, 1), info(b"\xa1\x03\x04\x01c")] {
            taking.take(message).unwrap();
        }
        assert!(!taking.leave(Some(b"c")).live);
    }

    #[test]
    fn an_entry_without_its_state_is_an_error() {
        let message = Message { controls: vec![], ..found(1, 1) };
        assert!(Taking::default().take(message).is_err());
    }
}
