//! Active Directory's DirSync.

use super::with_value;
use crate::ber::{Malformed, Reader, tag};
use crate::message::RawControl;

/// Request and answer.
pub(crate) const DIR_SYNC: &str = "1.2.840.113556.1.4.841";

/// See what the bound account may see.
const OBJECT_SECURITY: i32 = 0x0000_0001;
/// Only values that changed. The sign bit, as the flags are a signed number.
const INCREMENTAL_VALUES: i32 = i32::MIN;

/// What the answer holds beside entries.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct DirSyncAnswer {
    pub(crate) more: bool,
    pub(crate) cookie: Vec<u8>,
}

/// Changes since `cookie`, an empty one for all there is, in at most so many bytes.
pub(crate) fn dir_sync(object_security: bool, incremental_values: bool, max_bytes: usize, cookie: &[u8]) -> RawControl {
    let mut flags = 0;
    if object_security {
        flags |= OBJECT_SECURITY;
    }
    if incremental_values {
        flags |= INCREMENTAL_VALUES;
    }
    with_value(DIR_SYNC, true, |out| {
        out.nest(tag::SEQUENCE, |out| {
            out.integer(tag::INTEGER, flags.into());
            out.integer(tag::INTEGER, i32::try_from(max_bytes).unwrap_or(i32::MAX).into());
            out.octets(cookie);
        });
    })
}

pub(crate) fn read_dir_sync(value: &[u8]) -> Result<DirSyncAnswer, Malformed> {
    let mut parts = Reader::new(value).parts(tag::SEQUENCE)?;
    let more = parts.integer(tag::INTEGER)? != 0;
    parts.integer(tag::INTEGER)?;
    Ok(DirSyncAnswer { more, cookie: parts.expect(tag::OCTETS)?.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::super::{check, check_total};
    use super::*;

    #[test]
    fn request_and_answer() {
        check(&dir_sync(false, false, 256, b""), DIR_SYNC, true, Some(b"\x30\x09\x02\x01\x00\x02\x02\x01\x00\x04\x00"));
        check(
            &dir_sync(true, true, usize::MAX, b"c"),
            DIR_SYNC,
            true,
            Some(b"\x30\x0f\x02\x04\x80\x00\x00\x01\x02\x04\x7f\xff\xff\xff\x04\x01c"),
        );
        let answer = b"\x30\x0a\x02\x01\x01\x02\x01\x00\x04\x02ck";
        assert_eq!(read_dir_sync(answer), Ok(DirSyncAnswer { more: true, cookie: b"ck".into() }));
        check_total(answer, read_dir_sync);
    }
}
