//! Content synchronization (RFC 4533).

use ldap3::controls::{MakeCritical as _, RefreshMode, SyncRequest};
use patchbay_capability::ldap::SyncState;

use crate::ber::{Malformed, Reader, tag};
use crate::message::RawControl;

/// Of the request.
pub(crate) const SYNC: &str = "1.3.6.1.4.1.4203.1.9.1.1";
pub(crate) const SYNC_STATE: &str = "1.3.6.1.4.1.4203.1.9.1.2";
pub(crate) const SYNC_DONE: &str = "1.3.6.1.4.1.4203.1.9.1.3";
/// No control, but the name of messages on the way.
pub(crate) const SYNC_INFO: &str = "1.3.6.1.4.1.4203.1.9.1.4";

/// Bytes of an entryUUID.
const UUID: usize = 16;

/// Of an entry.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct StateAnswer {
    pub(crate) state: SyncState,
    pub(crate) uuid: Vec<u8>,
    pub(crate) cookie: Option<Vec<u8>>,
}

/// Of the end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SyncDone {
    pub(crate) cookie: Option<Vec<u8>>,
    /// All that is gone was told.
    pub(crate) refresh_deletes: bool,
}

/// Word on the way.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum SyncInfo {
    Cookie(Vec<u8>),
    /// What is gone was told, until here; `refreshed`, where that is all.
    Deletes {
        cookie: Option<Vec<u8>>,
        refreshed: bool,
    },
    /// What is there was told, until here; `refreshed`, where that is all.
    Presents {
        cookie: Option<Vec<u8>>,
        refreshed: bool,
    },
    Uuids {
        cookie: Option<Vec<u8>>,
        /// They are gone; else they are there.
        gone: bool,
        uuids: Vec<Vec<u8>>,
    },
}

/// Changes since `cookie`; without, all there is. With `persist` those to come as well.
pub(crate) fn sync(cookie: Option<&[u8]>, persist: bool) -> RawControl {
    let mode = if persist { RefreshMode::RefreshAndPersist } else { RefreshMode::RefreshOnly };
    SyncRequest { mode, cookie: cookie.map(<[u8]>::to_vec), reload_hint: false }.critical().into()
}

pub(crate) fn read_state(value: &[u8]) -> Result<StateAnswer, Malformed> {
    let mut parts = Reader::new(value).parts(tag::SEQUENCE)?;
    let state = match parts.integer(tag::ENUMERATED)? {
        0 => SyncState::Present,
        1 => SyncState::Added,
        2 => SyncState::Modified,
        3 => SyncState::Deleted,
        _ => return Err(Malformed("has a state of an entry that LDAP does not know")),
    };
    let answer = StateAnswer { state, uuid: uuid(parts.expect(tag::OCTETS)?)?, cookie: cookie(&mut parts)? };
    parts.end()?;
    Ok(answer)
}

pub(crate) fn read_done(value: &[u8]) -> Result<SyncDone, Malformed> {
    let mut parts = Reader::new(value).parts(tag::SEQUENCE)?;
    let answer = SyncDone { cookie: cookie(&mut parts)?, refresh_deletes: parts.flag(false)? };
    parts.end()?;
    Ok(answer)
}

pub(crate) fn read_info(value: &[u8]) -> Result<SyncInfo, Malformed> {
    let element = Reader::new(value).next()?.ok_or(Malformed("lacks an element"))?;
    let mut parts = Reader::new(element.content);
    Ok(match element.tag {
        0x80 => SyncInfo::Cookie(element.content.to_vec()),
        0xa1 => SyncInfo::Deletes { cookie: cookie(&mut parts)?, refreshed: parts.flag(true)? },
        0xa2 => SyncInfo::Presents { cookie: cookie(&mut parts)?, refreshed: parts.flag(true)? },
        0xa3 => {
            let cookie = cookie(&mut parts)?;
            let gone = parts.flag(false)?;
            let mut set = parts.parts(tag::SET)?;
            let mut uuids = Vec::new();
            while !set.is_empty() {
                uuids.push(uuid(set.expect(tag::OCTETS)?)?);
            }
            SyncInfo::Uuids { cookie, gone, uuids }
        }
        _ => return Err(Malformed("has word of a synchronization that LDAP does not know")),
    })
}

fn cookie(parts: &mut Reader<'_>) -> Result<Option<Vec<u8>>, Malformed> {
    Ok(parts.optional(tag::OCTETS)?.map(<[u8]>::to_vec))
}

fn uuid(bytes: &[u8]) -> Result<Vec<u8>, Malformed> {
    if bytes.len() == UUID { Ok(bytes.to_vec()) } else { Err(Malformed("has an entryUUID that is none")) }
}

#[cfg(test)]
mod tests {
    use super::super::{check, check_total};
    use super::*;

    const A: &[u8] = b"0123456789abcdef";

    #[test]
    fn requests() {
        check(&sync(None, false), SYNC, true, Some(b"\x30\x03\x0a\x01\x01"));
        check(&sync(Some(b"rid"), false), SYNC, true, Some(b"\x30\x08\x0a\x01\x01\x04\x03rid"));
        check(&sync(Some(b"rid"), true), SYNC, true, Some(b"\x30\x08\x0a\x01\x03\x04\x03rid"));
    }

    #[test]
    fn states_and_ends() {
        let value = [b"\x30\x15\x0a\x01\x02\x04\x10".as_slice(), A].concat();
        let expected = StateAnswer { state: SyncState::Modified, uuid: A.into(), cookie: None };
        assert_eq!(read_state(&value), Ok(expected));
        check_total(&value, read_state);
        let value = b"\x30\x06\x04\x01c\x01\x01\xff";
        assert_eq!(read_done(value), Ok(SyncDone { cookie: Some(b"c".into()), refresh_deletes: true }));
        assert_eq!(read_done(b"\x30\x00"), Ok(SyncDone { cookie: None, refresh_deletes: false }));
        check_total(value, read_done);
    }

    #[test]
    fn word_on_the_way() {
        let set = [b"\xa3\x1a\x04\x01c\x01\x01\xff\x31\x12\x04\x10".as_slice(), A].concat();
        let uuids = SyncInfo::Uuids { cookie: Some(b"c".into()), gone: true, uuids: vec![A.into()] };
        for (value, expected) in [
            (b"\x80\x02ck".as_slice(), SyncInfo::Cookie(b"ck".into())),
            (b"\xa1\x03\x04\x01c", SyncInfo::Deletes { cookie: Some(b"c".into()), refreshed: true }),
            (b"\xa2\x00", SyncInfo::Presents { cookie: None, refreshed: true }),
            (b"\xa2\x03\x01\x01\x00", SyncInfo::Presents { cookie: None, refreshed: false }),
            (&set, uuids),
        ] {
            assert_eq!(read_info(value), Ok(expected));
            check_total(value, read_info);
        }
    }
}
