//! Results sorted by the server (RFC 2891), and windows on them (Virtual List View).

use patchbay_capability::ldap::{SortKey, Window};

use super::with_value;
use crate::ber::{Malformed, Reader, tag};
use crate::message::RawControl;

pub(crate) const SORT: &str = "1.2.840.113556.1.4.473";
pub(crate) const SORT_ANSWER: &str = "1.2.840.113556.1.4.474";
pub(crate) const VIEW: &str = "2.16.840.1.113730.3.4.9";
pub(crate) const VIEW_ANSWER: &str = "2.16.840.1.113730.3.4.10";

/// What the answer says of the window.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ViewAnswer {
    /// Entries in the whole list.
    pub(crate) total: u32,
    /// 0, or why there is no window.
    pub(crate) code: u32,
}

/// By these keys.
pub(crate) fn sort(keys: &[SortKey]) -> RawControl {
    with_value(SORT, true, |out| {
        out.nest(tag::SEQUENCE, |out| {
            for SortKey { attribute, rule, descending } in keys {
                out.nest(tag::SEQUENCE, |out| {
                    out.octets(attribute);
                    rule.iter().for_each(|rule| out.put(tag::primitive(0), rule.as_bytes()));
                    if *descending {
                        out.flag(tag::primitive(1), true);
                    }
                });
            }
        });
    })
}

/// The result code of the sorting.
pub(crate) fn read_sort(value: &[u8]) -> Result<u32, Malformed> {
    Reader::new(value).parts(tag::SEQUENCE)?.count(tag::ENUMERATED)
}

/// Those from `window.offset` on.
pub(crate) fn view(window: Window) -> RawControl {
    with_value(VIEW, true, |out| {
        out.nest(tag::SEQUENCE, |out| {
            out.integer(tag::INTEGER, 0);
            out.integer(tag::INTEGER, window.count.saturating_sub(1).min(i32::MAX.unsigned_abs()).into());
            out.nest(tag::constructed(0), |out| {
                out.integer(tag::INTEGER, window.offset.clamp(1, i32::MAX.unsigned_abs()).into());
                // We do not know how many there are.
                out.integer(tag::INTEGER, 0);
            });
        });
    })
}

pub(crate) fn read_view(value: &[u8]) -> Result<ViewAnswer, Malformed> {
    let mut parts = Reader::new(value).parts(tag::SEQUENCE)?;
    parts.integer(tag::INTEGER)?;
    Ok(ViewAnswer { total: parts.count(tag::INTEGER)?, code: parts.count(tag::ENUMERATED)? })
}

#[cfg(test)]
mod tests {
    use super::super::{check, check_total};
    use super::*;

    #[test]
    fn keys_and_windows() {
        let keys = [
            SortKey { attribute: "sn".into(), rule: None, descending: false },
            SortKey { attribute: "cn".into(), rule: Some("2.5".into()), descending: true },
        ];
        let value = b"\x30\x14\x30\x04\x04\x02sn\x30\x0c\x04\x02cn\x80\x032.5\x81\x01\xff";
        check(&sort(&keys), SORT, true, Some(value));
        let value = b"\x30\x0e\x02\x01\x00\x02\x01\x09\xa0\x06\x02\x01\x15\x02\x01\x00";
        check(&view(Window { offset: 21, count: 10 }), VIEW, true, Some(value));
    }

    #[test]
    fn answers() {
        let sorted = b"\x30\x07\x0a\x01\x10\x80\x02sn";
        assert_eq!(read_sort(sorted), Ok(16));
        check_total(sorted, read_sort);
        let seen = b"\x30\x0a\x02\x01\x15\x02\x02\x01\x00\x0a\x01\x00";
        assert_eq!(read_view(seen), Ok(ViewAnswer { total: 256, code: 0 }));
        check_total(seen, read_view);
    }
}
