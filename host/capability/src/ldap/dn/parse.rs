//! RFC 4514 text to parts.

use std::borrow::Cow;

use super::{Dn, DnError};

/// What the parser comes upon, in order.
#[derive(Debug)]
pub(super) enum Piece<'t> {
    /// An attribute and its value.
    Part { attribute: &'t str, value: Value<'t> },
    /// The relative name ends, before this byte.
    End(usize),
}

/// A value, without its escapes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Value<'t> {
    /// Text mostly, but escapes may give any bytes.
    Bytes(Cow<'t, [u8]>),
    /// Digits of the `#` form, which is the value's BER.
    Hex(&'t str),
}

/// Reads a name and hands its pieces to `visit`. Spaces around types, values and
/// separators are allowed, as RFC 2253 did.
pub(super) fn parse<'t>(text: &'t str, visit: &mut impl FnMut(Piece<'t>)) -> Result<(), DnError> {
    if text.len() > Dn::MAX_BYTES {
        return Err(DnError { reason: "a name is too long", at: Dn::MAX_BYTES });
    }
    let mut parser = Parser { text, at: 0 };
    parser.spaces();
    if parser.peek().is_none() {
        return Ok(());
    }
    loop {
        let attribute = parser.attribute()?;
        let value = parser.value()?;
        visit(Piece::Part { attribute, value });
        match parser.peek() {
            Some(b'+') => parser.at += 1,
            Some(b',') => {
                visit(Piece::End(parser.at));
                parser.at += 1;
            }
            _ => {
                visit(Piece::End(parser.at));
                return Ok(());
            }
        }
    }
}

/// Whether a text is an attribute type: a name, or a number with dots.
pub(crate) fn is_type(text: &str) -> bool {
    let mut bytes = text.bytes();
    match bytes.next() {
        Some(b'a'..=b'z' | b'A'..=b'Z') => {
            bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        }
        Some(b'0'..=b'9') => {
            text.split('.').all(|arc| !arc.is_empty() && arc.bytes().all(|byte| byte.is_ascii_digit()))
        }
        _ => false,
    }
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Parser<'t> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn spaces(&mut self) {
        while self.peek() == Some(b' ') {
            self.at += 1;
        }
    }

    fn fail<T>(&self, reason: &'static str) -> Result<T, DnError> {
        Err(DnError { reason, at: self.at })
    }

    /// Text from `start` up to here.
    fn since(&self, start: usize) -> &'t str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// An attribute type and the equals sign behind it.
    fn attribute(&mut self) -> Result<&'t str, DnError> {
        self.spaces();
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')) {
            self.at += 1;
        }
        let attribute = self.since(start);
        if !is_type(attribute) {
            self.at = start;
            return self.fail("no attribute type");
        }
        self.spaces();
        if self.peek() != Some(b'=') {
            return self.fail("no equals sign");
        }
        self.at += 1;
        Ok(attribute)
    }

    /// A value, up to what ends it.
    fn value(&mut self) -> Result<Value<'t>, DnError> {
        self.spaces();
        if self.peek() == Some(b'#') {
            return self.digits();
        }
        let start = self.at;
        let mut escaped = false;
        while let Some(byte) = self.peek() {
            match byte {
                b',' | b'+' => break,
                b'"' => return self.fail("a double quote that is not escaped"),
                b';' | b'<' | b'>' | 0 => return self.fail("a character that has to be escaped"),
                b'\\' => {
                    escaped = true;
                    self.at += self.escape()?.1;
                }
                _ => self.at += 1,
            }
        }
        let raw = self.since(start);
        if escaped { Ok(Value::Bytes(self.unescaped(start)?.into())) } else { Ok(plain(raw)) }
    }

    /// The byte that the escape here stands for, and how long it is.
    fn escape(&self) -> Result<(u8, usize), DnError> {
        let digit = |at: usize| {
            let byte = self.text.as_bytes().get(at).copied()?;
            u8::try_from(char::from(byte).to_digit(16)?).ok()
        };
        match self.text.as_bytes().get(self.at + 1) {
            Some(&special @ (b'\\' | b'"' | b'+' | b',' | b';' | b'<' | b'>' | b' ' | b'#' | b'=')) => Ok((special, 2)),
            Some(_) => match (digit(self.at + 1), digit(self.at + 2)) {
                (Some(high), Some(low)) => Ok((high << 4 | low, 3)),
                _ => self.fail("a backslash that escapes nothing"),
            },
            None => self.fail("a backslash that escapes nothing"),
        }
    }

    /// The value from `start` up to here, which has escapes, without spaces at its end that
    /// are not escaped.
    fn unescaped(&mut self, start: usize) -> Result<Vec<u8>, DnError> {
        let end = std::mem::replace(&mut self.at, start);
        let mut value = Vec::with_capacity(end - start);
        let mut kept = 0;
        while self.at < end {
            match self.peek() {
                Some(b'\\') => {
                    let (byte, length) = self.escape()?;
                    value.push(byte);
                    kept = value.len();
                    self.at += length;
                }
                Some(byte) => {
                    value.push(byte);
                    if byte != b' ' {
                        kept = value.len();
                    }
                    self.at += 1;
                }
                None => break,
            }
        }
        value.truncate(kept);
        Ok(value)
    }

    /// The `#` form.
    fn digits(&mut self) -> Result<Value<'t>, DnError> {
        self.at += 1;
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_hexdigit()) {
            self.at += 1;
        }
        let digits = self.since(start);
        if digits.is_empty() || !digits.len().is_multiple_of(2) {
            return self.fail("a number sign without pairs of digits");
        }
        self.spaces();
        if matches!(self.peek(), None | Some(b',' | b'+')) {
            Ok(Value::Hex(digits))
        } else {
            self.fail("something behind the digits of a number sign")
        }
    }
}

/// A value without escapes.
fn plain(raw: &str) -> Value<'_> {
    Value::Bytes(Cow::Borrowed(raw.trim_end_matches(' ').as_bytes()))
}
