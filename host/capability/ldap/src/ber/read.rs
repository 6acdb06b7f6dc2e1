//! Reading BER.

use super::tag;

/// What is wrong with what a server sent, as the end of a sentence that begins with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the server's answer {0}")]
pub(crate) struct Malformed(pub(crate) &'static str);

/// A tag with its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
}

/// Reads one element after the other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

/// Bytes that the first element of `bytes` takes, header and all; none while too little is
/// there to tell.
pub(crate) fn frame(bytes: &[u8]) -> Result<Option<usize>, Malformed> {
    let Some((header, length)) = header(bytes)? else { return Ok(None) };
    header.checked_add(length).map(Some).ok_or(Malformed("announces more than there can be"))
}

/// Bytes of tag and length, and the length; none while too little is there to tell.
fn header(bytes: &[u8]) -> Result<Option<(usize, usize)>, Malformed> {
    let Some((tag, rest)) = bytes.split_first() else { return Ok(None) };
    if tag & 0x1f == 0x1f {
        return Err(Malformed("has a tag that LDAP does not know"));
    }
    let Some((first, rest)) = rest.split_first() else { return Ok(None) };
    if first & 0x80 == 0 {
        return Ok(Some((2, usize::from(*first))));
    }
    let count = usize::from(first & 0x7f);
    // 0 is the indefinite form, which LDAP forbids. Leading zeros are common.
    if count == 0 || count > 8 {
        return Err(Malformed("has a length that LDAP does not allow"));
    }
    let Some(digits) = rest.get(..count) else { return Ok(None) };
    let length = digits.iter().fold(0_u64, |length, digit| (length << 8) | u64::from(*digit));
    let length = usize::try_from(length).map_err(|_| Malformed("announces more than there can be"))?;
    Ok(Some((2 + count, length)))
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Nothing may follow.
    pub(crate) fn end(&self) -> Result<(), Malformed> {
        if self.is_empty() { Ok(()) } else { Err(Malformed("has an element too many")) }
    }

    /// The next element, if any.
    pub(crate) fn next(&mut self) -> Result<Option<Element<'a>>, Malformed> {
        let Some(&tag) = self.rest.first() else { return Ok(None) };
        let cut = Malformed("ends in the middle of an element");
        let (start, length) = header(self.rest)?.ok_or(cut)?;
        let end = start.checked_add(length).ok_or(cut)?;
        let content = self.rest.get(start..end).ok_or(cut)?;
        self.rest = self.rest.get(end..).unwrap_or_default();
        Ok(Some(Element { tag, content }))
    }

    /// The next element, which has to have this tag: its content.
    pub(crate) fn expect(&mut self, tag: u8) -> Result<&'a [u8], Malformed> {
        match self.next()? {
            Some(element) if element.tag == tag => Ok(element.content),
            Some(_) => Err(Malformed("has an element of another kind than LDAP says")),
            None => Err(Malformed("lacks an element")),
        }
    }

    /// The same for one that may be left out.
    pub(crate) fn optional(&mut self, tag: u8) -> Result<Option<&'a [u8]>, Malformed> {
        if self.rest.first() == Some(&tag) { self.expect(tag).map(Some) } else { Ok(None) }
    }

    /// The parts of the next element, which has to have this tag.
    pub(crate) fn parts(&mut self, tag: u8) -> Result<Self, Malformed> {
        self.expect(tag).map(Self::new)
    }

    /// An integer or an enumerated value.
    pub(crate) fn integer(&mut self, tag: u8) -> Result<i64, Malformed> {
        self.expect(tag).and_then(integer)
    }

    /// One that is never negative.
    pub(crate) fn count(&mut self, tag: u8) -> Result<u32, Malformed> {
        u32::try_from(self.integer(tag)?).map_err(|_| Malformed("has a number out of range"))
    }

    /// A boolean that may be left out.
    pub(crate) fn flag(&mut self, default: bool) -> Result<bool, Malformed> {
        Ok(match self.optional(tag::BOOLEAN)? {
            None => default,
            Some([byte]) => *byte != 0,
            Some(_) => return Err(Malformed("has a boolean of several bytes")),
        })
    }

    /// Text.
    pub(crate) fn text(&mut self) -> Result<&'a str, Malformed> {
        text(self.expect(tag::OCTETS)?)
    }
}

/// The content of an integer.
pub(crate) fn integer(content: &[u8]) -> Result<i64, Malformed> {
    let (Some(first), 1..=8) = (content.first(), content.len()) else {
        return Err(Malformed("has a number that is too long"));
    };
    let start = if first & 0x80 == 0 { 0 } else { -1 };
    Ok(content.iter().fold(start, |number, byte| (number << 8) | i64::from(*byte)))
}

/// Content that has to be text.
pub(crate) fn text(content: &[u8]) -> Result<&str, Malformed> {
    std::str::from_utf8(content).map_err(|_| Malformed("has a name that is no UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_frame(bytes: &[u8], expected: Result<Option<usize>, Malformed>) {
        assert_eq!(frame(bytes).is_ok(), expected.is_ok(), "{bytes:x?}");
        if let (Ok(found), Ok(expected)) = (frame(bytes), expected) {
            assert_eq!(found, expected, "{bytes:x?}");
        }
    }

    #[test]
    fn frames() {
        let bad = Err(Malformed(""));
        check_frame(&[], Ok(None));
        check_frame(&[0x30], Ok(None));
        check_frame(&[0x30, 5], Ok(Some(7)));
        check_frame(&[0x30, 0x82, 1], Ok(None));
        check_frame(&[0x30, 0x82, 1, 0], Ok(Some(260)));
        // As Active Directory writes it.
        check_frame(&[0x30, 0x84, 0, 0, 0, 16], Ok(Some(22)));
        check_frame(&[0x30, 0x80], bad);
        check_frame(&[0x30, 0x89, 0, 0, 0, 0, 0, 0, 0, 0, 1], bad);
        check_frame(&[0x3f, 1, 0], bad);
        check_frame(&[0x30, 0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], bad);
    }

    #[track_caller]
    fn check_integer(content: &[u8], expected: Option<i64>) {
        assert_eq!(integer(content).ok(), expected, "{content:x?}");
    }

    #[test]
    fn integers() {
        check_integer(&[], None);
        check_integer(&[0], Some(0));
        check_integer(&[0x7f], Some(127));
        check_integer(&[0x80], Some(-128));
        check_integer(&[0, 0x80], Some(128));
        check_integer(&[0xff, 0xff, 0xff, 0xff], Some(-1));
        check_integer(&[0; 9], None);
    }

    #[test]
    fn elements_end_where_they_say_or_not_at_all() {
        let mut reader = Reader::new(&[4, 2, b'h', b'i', 1, 1, 0xff, 4, 9, 0]);
        assert_eq!(reader.text(), Ok("hi"));
        assert_eq!(reader.flag(false), Ok(true));
        assert_eq!(reader.flag(true), Ok(true));
        assert!(reader.next().is_err());
        assert!(Reader::new(&[4, 1, 0xff]).text().is_err());
        assert!(Reader::new(&[]).expect(4).is_err());
        assert!(Reader::new(&[2, 1, 0xff]).count(2).is_err());
    }
}
