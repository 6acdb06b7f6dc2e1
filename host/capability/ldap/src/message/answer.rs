//! Answers.

use patchbay_capability::ldap::{Attribute, Entry};

use super::RawControl;
use crate::ber::{Malformed, Reader, tag};

/// Tags of answers that end something.
pub(super) const BIND: u8 = 0x61;
pub(super) const DONE: u8 = 0x65;
pub(super) const MODIFY: u8 = 0x67;
pub(super) const ADD: u8 = 0x69;
pub(super) const DELETE: u8 = 0x6b;
pub(super) const RENAME: u8 = 0x6d;
pub(super) const EXTENDED: u8 = 0x78;
/// Tags of those that do not.
const ENTRY: u8 = 0x64;
const REFERENCE: u8 = 0x73;
const INTERMEDIATE: u8 = 0x79;

/// Longest diagnostic message that is kept, in bytes.
const MESSAGE: usize = 4096;
/// Most places an answer may refer to that are looked at.
const REFERRALS: usize = 16;
/// Most controls an answer may carry.
const CONTROLS: usize = 64;
/// Bytes that a value or an attribute takes in memory besides what is in it. On the wire that
/// may be two.
const OVERHEAD: usize = 56;

/// An answer, or a part of one.
#[derive(Debug)]
pub(crate) struct Message {
    /// Of the request; 0 where nothing was asked.
    pub(crate) id: i32,
    /// What it is an answer to.
    pub(crate) tag: u8,
    pub(crate) answer: Answer,
    pub(crate) controls: Vec<RawControl>,
}

#[derive(Debug)]
pub(crate) enum Answer {
    /// A search found this.
    Entry(Entry),
    /// A search would go on elsewhere.
    Reference,
    /// Word on the way (RFC 4511 section 4.13).
    Intermediate { name: Option<String>, value: Option<Vec<u8>> },
    /// The end, of whatever it was.
    Done(Outcome),
}

/// How a request ended (RFC 4511 section 4.1.9).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) code: u32,
    /// How much of the name is there.
    pub(crate) matched: String,
    /// The server's own words.
    pub(crate) message: String,
    /// Of an extended answer: what it is.
    pub(crate) name: Option<String>,
    /// Where else it can be asked: URLs.
    pub(crate) referral: Vec<String>,
    /// Of a bind: the server's next word in SASL.
    pub(crate) credentials: Vec<u8>,
}

impl Message {
    /// Reads a whole message, whose entry takes no more than `room` bytes of memory.
    pub(crate) fn parse(bytes: &[u8], room: usize) -> Result<Self, Malformed> {
        let mut parts = Reader::new(bytes).parts(tag::SEQUENCE)?;
        let id = i32::try_from(parts.integer(tag::INTEGER)?).map_err(|_| Malformed("has a number out of range"))?;
        let operation = parts.next()?.ok_or(Malformed("is empty"))?;
        let content = Reader::new(operation.content);
        let answer = match operation.tag {
            ENTRY => Answer::Entry(entry(content, room)?),
            REFERENCE => Answer::Reference,
            INTERMEDIATE => intermediate(content)?,
            BIND | DONE | MODIFY | ADD | DELETE | RENAME | EXTENDED => Answer::Done(outcome(content)?),
            _ => return Err(Malformed("is none that LDAP knows")),
        };
        let mut controls = Vec::new();
        // Active Directory puts the name of a notice of disconnection where controls belong.
        while let Some(element) = parts.next()? {
            if element.tag == tag::constructed(0) {
                read_controls(Reader::new(element.content), &mut controls)?;
            }
        }
        Ok(Self { id, tag: operation.tag, answer, controls })
    }

    /// The value of the control of this kind, if it is there.
    pub(crate) fn control(&self, oid: &str) -> Option<&[u8]> {
        let control = self.controls.iter().find(|control| control.ctype == oid)?;
        Some(control.val.as_deref().unwrap_or_default())
    }
}

/// The inside of a SearchResultEntry, of which no more is read than takes `room` bytes.
pub(crate) fn entry(mut parts: Reader<'_>, mut room: usize) -> Result<Entry, Malformed> {
    let mut charge = |content: &[u8]| {
        let taken = content.len().saturating_add(OVERHEAD);
        room = room.checked_sub(taken).ok_or(Malformed("has more values than the binding's settings allow"))?;
        Ok(())
    };
    let dn = parts.text()?.to_owned();
    let mut list = parts.parts(tag::SEQUENCE)?;
    let mut attributes = Vec::new();
    while !list.is_empty() {
        let mut attribute = list.parts(tag::SEQUENCE)?;
        let name = attribute.text()?;
        charge(name.as_bytes())?;
        let mut set = attribute.parts(tag::SET)?;
        let mut values = Vec::new();
        while !set.is_empty() {
            let value = set.expect(tag::OCTETS)?;
            charge(value)?;
            values.push(value.to_vec());
        }
        attributes.push(Attribute { name: name.to_owned(), values });
    }
    Ok(Entry { dn, attributes })
}

fn outcome(mut parts: Reader<'_>) -> Result<Outcome, Malformed> {
    let code = parts.count(tag::ENUMERATED)?;
    let matched = shown(parts.expect(tag::OCTETS)?);
    let message = shown(parts.expect(tag::OCTETS)?);
    let mut outcome = Outcome { code, matched, message, ..Outcome::default() };
    // Values: nobody asks for them.
    while let Some(element) = parts.next()? {
        if element.tag == tag::constructed(3) {
            outcome.referral = urls(Reader::new(element.content))?;
        } else if element.tag == tag::primitive(7) {
            outcome.credentials = element.content.to_vec();
        } else if element.tag == tag::primitive(10) {
            outcome.name = Some(shown(element.content));
        }
    }
    Ok(outcome)
}

fn urls(mut list: Reader<'_>) -> Result<Vec<String>, Malformed> {
    let mut urls = Vec::new();
    while !list.is_empty() && urls.len() < REFERRALS {
        urls.push(shown(list.expect(tag::OCTETS)?));
    }
    Ok(urls)
}

fn intermediate(mut parts: Reader<'_>) -> Result<Answer, Malformed> {
    let name = parts.optional(tag::primitive(0))?.map(shown);
    let value = parts.optional(tag::primitive(1))?.map(<[u8]>::to_vec);
    Ok(Answer::Intermediate { name, value })
}

/// Puts controls to those that were read already.
fn read_controls(mut list: Reader<'_>, controls: &mut Vec<RawControl>) -> Result<(), Malformed> {
    while !list.is_empty() {
        let mut control = list.parts(tag::SEQUENCE)?;
        let ctype = control.text()?.to_owned();
        let crit = control.flag(false)?;
        let val = control.optional(tag::OCTETS)?.map(<[u8]>::to_vec);
        controls.push(RawControl { ctype, crit, val });
        if controls.len() > CONTROLS {
            return Err(Malformed("has too many controls"));
        }
    }
    Ok(())
}

/// A server's words, whatever their encoding, as far as they are worth keeping.
fn shown(bytes: &[u8]) -> String {
    let bytes = bytes.get(..MESSAGE).unwrap_or(bytes);
    String::from_utf8_lossy(bytes).trim_end_matches('\0').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_with_a_control() {
        let bytes = b"\x30\x27\x02\x01\x07\x64\x13\x04\x03a=b\x30\x0c\x30\x0a\x04\x01m\x31\x05\x04\x03\xff\x00x\xa0\x0d\x30\x0b\x04\x03\
1.2\x01\x01\xff\x04\x01v";
        let message = Message::parse(bytes, 1000).unwrap();
        assert_eq!(message.id, 7);
        assert_eq!(message.control("1.2"), Some(b"v".as_slice()));
        assert_eq!(message.control("1.3"), None);
        let Answer::Entry(entry) = message.answer else { panic!("{message:?}") };
        let attributes = vec![Attribute { name: "m".into(), values: vec![vec![0xff, 0, b'x']] }];
        assert_eq!(entry, Entry { dn: "a=b".into(), attributes });
    }

    #[test]
    fn ends_of_requests() {
        let bytes = b"\x30\x13\x02\x01\x02\x65\x0e\x0a\x01\x20\x04\x03c=d\x04\x04gone";
        let Answer::Done(outcome) = Message::parse(bytes, 1000).unwrap().answer else { panic!() };
        let expected = Outcome { code: 32, matched: "c=d".into(), message: "gone".into(), ..Outcome::default() };
        assert_eq!(outcome, expected);
        let bytes = b"\x30\x1a\x02\x01\x03\x67\x15\x0a\x01\x0a\x04\x00\x04\x00\xa3\x0c\x04\x08ldap://h\x04\x00";
        let Answer::Done(outcome) = Message::parse(bytes, 1000).unwrap().answer else { panic!() };
        assert_eq!((outcome.code, outcome.referral), (10, vec!["ldap://h".to_owned(), String::new()]));
        let bytes = b"\x30\x10\x02\x01\x03\x61\x0b\x0a\x01\x0e\x04\x00\x04\x00\x87\x02ab";
        let Answer::Done(outcome) = Message::parse(bytes, 1000).unwrap().answer else { panic!() };
        assert_eq!((outcome.code, outcome.credentials), (14, b"ab".to_vec()));
        // Active Directory's notice of disconnection, with its name in the wrong place.
        let bytes = b"\x30\x14\x02\x01\x00\x78\x07\x0a\x01\x34\x04\x00\x04\x00\x8a\x061.3.6.";
        let message = Message::parse(bytes, 1000).unwrap();
        assert_eq!(message.id, 0);
        assert!(matches!(message.answer, Answer::Done(Outcome { code: 52, .. })));
    }

    #[test]
    fn whatever_is_cut_short_or_changed_is_an_error_or_another_message() {
        let good = b"\x30\x27\x02\x01\x07\x64\x13\x04\x03a=b\x30\x0c\x30\x0a\x04\x01m\x31\x05\x04\x03\xff\x00x\xa0\x0d\x30\x0b\x04\x03\
1.2\x01\x01\xff\x04\x01v";
        assert!(Message::parse(good, 1000).is_ok());
        for end in 0..good.len() {
            assert!(Message::parse(&good[..end], 1000).is_err(), "{end}");
        }
        for at in 0..good.len() {
            for byte in [0, 1, 0x30, 0x7f, 0x80, 0x84, 0xff] {
                let mut changed = good.to_vec();
                changed[at] = byte;
                // No panic, and no endless work.
                let _ = Message::parse(&changed, 1000);
            }
        }
    }

    /// An element.
    fn ber(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x84], &length[..], content].concat()
    }

    #[track_caller]
    fn check(rest: &[Vec<u8>], room: usize, expected: Result<(), &str>) {
        let bytes = ber(0x30, &[ber(2, &[1]), rest.concat()].concat());
        let outcome = Message::parse(&bytes, room).map(drop).map_err(|malformed| malformed.0);
        assert_eq!(outcome, expected);
    }

    #[test]
    fn many_small_parts_are_no_small_message() {
        let entry = |attributes: &[u8]| ber(0x64, &[ber(4, b"a=b"), ber(0x30, attributes)].concat());
        let values = |count: usize| ber(0x30, &[ber(4, b"m"), ber(0x31, &[4, 1, b'x'].repeat(count))].concat());
        let too_many = Err("has more values than the binding's settings allow");
        check(&[entry(&values(9))], 10 * 57, Ok(()));
        check(&[entry(&values(10))], 10 * 57, too_many);
        check(&[entry(&values(0).repeat(10))], 10 * 57, Ok(()));
        check(&[entry(&values(0).repeat(11))], 10 * 57, too_many);
        let controls = |count: usize| ber(0xa0, &ber(0x30, &ber(4, b"1.2")).repeat(count));
        let done = ber(0x65, &[0x0a, 1, 0, 4, 0, 4, 0]);
        check(&[done.clone(), controls(32), controls(32)], 0, Ok(()));
        check(&[done, controls(32), controls(33)], 0, Err("has too many controls"));
    }
}
