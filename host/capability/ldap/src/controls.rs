//! Controls: what each is called, and how it is written and read. All of it is here, and
//! nothing else knows their numbers.
//!
//! Requests for the controls that `ldap3` has are written by it; those that it lacks, and
//! the assertion, whose filter is a tree here and text there, are raw. Answers are always
//! read here: its readers panic at what no server should say.

mod dir_sync;
mod password_policy;
mod sorting;
mod sync;

use ldap3::controls::{MakeCritical as _, PagedResults, PostRead};
use patchbay_capability::ldap::{Entry, Error, Filter};

use crate::ber::{Malformed, Reader, Writer, tag};
use crate::filter;
use crate::message::{RawControl, entry};

pub(crate) use dir_sync::{DIR_SYNC, dir_sync, read_dir_sync};
pub(crate) use password_policy::{PolicyAnswer, PolicyError, PolicyWarning, password_policy, read_password_policy};
pub(crate) use sorting::{SORT, SORT_ANSWER, VIEW, VIEW_ANSWER, read_sort, read_view, sort as sorted, view};
pub(crate) use sync::{
    SYNC, SYNC_DONE, SYNC_INFO, SYNC_STATE, StateAnswer, SyncDone, SyncInfo, read_done, read_info, read_state, sync,
};

/// Memory that what is read back may take, besides twice its size, in bytes.
const ROOM: usize = 4 << 20;

/// Paged results (RFC 2696).
pub(crate) const PAGED: &str = "1.2.840.113556.1.4.319";
/// Assertion (RFC 4528).
pub(crate) const ASSERTION: &str = "1.3.6.1.1.12";
/// The entry as it is after the write (RFC 4527).
pub(crate) const POST_READ: &str = "1.3.6.1.1.13.2";
/// Active Directory: delete what is below as well.
pub(crate) const TREE_DELETE: &str = "1.2.840.113556.1.4.805";
/// Active Directory: values that are there, or gone, already are no error.
pub(crate) const PERMISSIVE: &str = "1.2.840.113556.1.4.1413";
/// Active Directory: tombstones too.
pub(crate) const SHOW_DELETED: &str = "1.2.840.113556.1.4.417";
/// Active Directory: names with GUID and SID.
pub(crate) const EXTENDED_DN: &str = "1.2.840.113556.1.4.529";

/// A control that says all by being there.
pub(crate) fn plain(oid: &str) -> RawControl {
    RawControl { ctype: oid.to_owned(), crit: true, val: None }
}

/// One whose value `write` writes.
fn with_value(oid: &str, critical: bool, write: impl FnOnce(&mut Writer)) -> RawControl {
    let mut out = Writer::default();
    write(&mut out);
    RawControl { ctype: oid.to_owned(), crit: critical, val: Some(out.into_vec()) }
}

/// Entries in pages of `size`, from where `cookie` says.
pub(crate) fn paged(size: u32, cookie: &[u8]) -> RawControl {
    let size = i32::try_from(size).unwrap_or(i32::MAX);
    PagedResults { size, cookie: cookie.to_vec() }.critical().into()
}

/// The cookie of the next page; none when there is no further one.
pub(crate) fn read_paged(value: &[u8]) -> Result<Option<Vec<u8>>, Malformed> {
    let mut parts = Reader::new(value).parts(tag::SEQUENCE)?;
    parts.integer(tag::INTEGER)?;
    let cookie = parts.expect(tag::OCTETS)?;
    Ok((!cookie.is_empty()).then(|| cookie.to_vec()))
}

/// Only where the entry matches.
pub(crate) fn assertion(condition: &Filter, knows_constants: bool) -> Result<RawControl, Error> {
    let mut out = Writer::default();
    filter::write(condition, knows_constants, &mut out)?;
    Ok(RawControl { ctype: ASSERTION.to_owned(), crit: true, val: Some(out.into_vec()) })
}

/// Bring these attributes back.
pub(crate) fn post_read(attributes: &[String]) -> RawControl {
    PostRead::new(attributes.to_vec())
}

/// What came back. One entry of many small values may take [`ROOM`], besides twice its size.
pub(crate) fn read_post_read(value: &[u8]) -> Result<Entry, Malformed> {
    const ENTRY: u8 = 0x64;
    let mut parts = Reader::new(value);
    match parts.next()? {
        // OpenLDAP and Active Directory write it as LDAP has it, others as a plain sequence.
        Some(element) if element.tag == ENTRY || element.tag == tag::SEQUENCE => {
            entry(Reader::new(element.content), ROOM.saturating_add(value.len().saturating_mul(2)))
        }
        _ => Err(Malformed("has an element of another kind than LDAP says")),
    }
}

/// Names as `<GUID=...>;<SID=...>;DN`, the first two as text.
pub(crate) fn extended_names() -> RawControl {
    with_value(EXTENDED_DN, true, |out| {
        out.nest(tag::SEQUENCE, |out| out.integer(tag::INTEGER, 1));
    })
}

/// A control as it goes out.
#[cfg(test)]
#[track_caller]
fn check(control: &RawControl, oid: &str, critical: bool, value: Option<&[u8]>) {
    assert_eq!((control.ctype.as_str(), control.crit, control.val.as_deref()), (oid, critical, value));
}

/// Calls `read` with `good`, cut short and changed anywhere: it may say what it likes, but
/// has to say something.
#[cfg(test)]
#[track_caller]
fn check_total<T>(good: &[u8], read: impl Fn(&[u8]) -> Result<T, Malformed>) {
    for end in 0..good.len() {
        let _ = read(&good[..end]);
    }
    for at in 0..good.len() {
        for byte in [0, 1, 4, 0x30, 0x31, 0x7f, 0x80, 0x84, 0xa0, 0xa3, 0xff] {
            let mut changed = good.to_vec();
            changed[at] = byte;
            let _ = read(&changed);
        }
    }
}

#[cfg(test)]
mod tests {
    use patchbay_capability::ldap::{Attribute, FilterNode};

    use super::*;

    #[test]
    fn what_goes_out() {
        check(&plain(TREE_DELETE), TREE_DELETE, true, None);
        check(&plain(PERMISSIVE), PERMISSIVE, true, None);
        check(&plain(SHOW_DELETED), SHOW_DELETED, true, None);
        check(&paged(500, b"ab"), PAGED, true, Some(b"\x30\x08\x02\x02\x01\xf4\x04\x02ab"));
        let present = Filter::new(vec![FilterNode::Present("cn".into())]);
        check(&assertion(&present, true).unwrap(), ASSERTION, true, Some(b"\x87\x02cn"));
        let attributes = ["cn".to_owned(), "sn".to_owned()];
        check(&post_read(&attributes), POST_READ, false, Some(b"\x30\x08\x04\x02cn\x04\x02sn"));
        check(&extended_names(), EXTENDED_DN, true, Some(b"\x30\x03\x02\x01\x01"));
    }

    #[test]
    fn what_comes_back() {
        let page = b"\x30\x09\x02\x01\x00\x04\x04next";
        assert_eq!(read_paged(page), Ok(Some(b"next".to_vec())));
        assert_eq!(read_paged(b"\x30\x05\x02\x01\x00\x04\x00"), Ok(None));
        check_total(page, read_paged);
        for tag in [b'\x64', b'\x30'] {
            let value = [&[tag], b"\x11\x04\x03a=b\x30\x0a\x30\x08\x04\x01m\x31\x03\x04\x01x".as_slice()].concat();
            let attributes = vec![Attribute { name: "m".into(), values: vec![b"x".into()] }];
            assert_eq!(read_post_read(&value), Ok(Entry { dn: "a=b".into(), attributes }));
            check_total(&value, read_post_read);
        }
    }
}
