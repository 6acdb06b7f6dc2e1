//! Reading a distinguished name.

use std::fmt::{self, Display, Formatter};

use super::{Ava, Dn, RelativeName};

/// Why a text is no distinguished name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DnProblem {
    /// Where, in bytes from the start.
    pub position: usize,
    /// What is wrong there.
    pub reason: &'static str,
}

impl Display for DnProblem {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} at position {}", self.reason, self.position)
    }
}

impl std::error::Error for DnProblem {}

/// The whole text.
pub(super) fn name(text: &str) -> Result<Dn, DnProblem> {
    let mut input = Input { text: text.as_bytes(), position: 0 };
    let mut parts = Vec::new();
    input.spaces();
    if input.peek().is_none() {
        return Ok(Dn { parts });
    }
    loop {
        let mut relative = vec![input.ava()?];
        while input.eat(b"+") {
            relative.push(input.ava()?);
        }
        parts.push(RelativeName { parts: relative });
        if !input.eat(b",;") {
            break;
        }
    }
    match input.peek() {
        None => Ok(Dn { parts }),
        Some(_) => Err(input.problem("something follows a value in quotes or in hexadecimal")),
    }
}

/// The byte that two hexadecimal digits stand for.
pub(crate) fn pair(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? << 4 | digit(low)?).ok()
}

struct Input<'a> {
    text: &'a [u8],
    position: usize,
}

impl Input<'_> {
    fn problem(&self, reason: &'static str) -> DnProblem {
        DnProblem { position: self.position, reason }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.position).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.position += 1;
        Some(byte)
    }

    fn eat(&mut self, any: &[u8]) -> bool {
        let found = self.peek().is_some_and(|byte| any.contains(&byte));
        self.position += usize::from(found);
        found
    }

    fn spaces(&mut self) {
        while self.eat(b" ") {}
    }

    /// Attribute, `=` and value, with the spaces around.
    fn ava(&mut self) -> Result<Ava, DnProblem> {
        self.spaces();
        let attribute = self.attribute()?;
        self.spaces();
        if !self.eat(b"=") {
            return Err(self.problem("`=` is missing"));
        }
        self.spaces();
        let value = match self.peek() {
            Some(b'#') => self.hexadecimal()?,
            Some(b'"') => self.quoted()?,
            _ => self.plain()?,
        };
        self.spaces();
        Ok(Ava { attribute, value })
    }

    /// A name or an object identifier.
    fn attribute(&mut self) -> Result<String, DnProblem> {
        let start = self.position;
        let mut name = String::new();
        while let Some(byte) = self.peek().filter(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(byte)) {
            name.push(char::from(byte));
            self.position += 1;
        }
        if let Some((prefix, rest)) = name.split_at_checked(4)
            && prefix.eq_ignore_ascii_case("OID.")
            && rest.starts_with(|first: char| first.is_ascii_digit())
        {
            name = rest.to_owned();
        }
        if !name.starts_with(|first: char| first.is_ascii_alphanumeric()) {
            return Err(DnProblem { position: start, reason: "the name of an attribute is missing" });
        }
        Ok(name)
    }

    /// `#` and pairs of digits: a BER element.
    fn hexadecimal(&mut self) -> Result<Vec<u8>, DnProblem> {
        self.position += 1;
        let mut bytes = Vec::new();
        while let Some(high) = self.peek().filter(u8::is_ascii_hexdigit) {
            self.position += 1;
            let low = self.next().and_then(|low| pair(high, low));
            bytes.push(low.ok_or_else(|| self.problem("a hexadecimal digit is missing"))?);
        }
        if bytes.is_empty() {
            return Err(self.problem("hexadecimal digits are missing"));
        }
        Ok(content(&bytes).map_or_else(|| bytes.clone(), <[u8]>::to_vec))
    }

    /// A value in quotes, in which only `"` and `\` need escapes.
    fn quoted(&mut self) -> Result<Vec<u8>, DnProblem> {
        self.position += 1;
        let mut value = Vec::new();
        loop {
            match self.next() {
                None => return Err(self.problem("the quotes are not closed")),
                Some(b'"') => return Ok(value),
                Some(b'\\') => value.push(self.escaped()?),
                Some(byte) => value.push(byte),
            }
        }
    }

    /// Up to the next separator, without spaces at its end.
    fn plain(&mut self) -> Result<Vec<u8>, DnProblem> {
        let mut value = Vec::new();
        let mut end = 0;
        while let Some(byte) = self.peek().filter(|byte| !b",;+".contains(byte)) {
            match byte {
                b'"' => return Err(self.problem("`\"` has to be escaped")),
                0 => return Err(self.problem("a NUL has to be escaped")),
                _ => self.position += 1,
            }
            value.push(if byte == b'\\' { self.escaped()? } else { byte });
            if byte != b' ' {
                end = value.len();
            }
        }
        value.truncate(end);
        Ok(value)
    }

    /// What follows a backslash: a pair of digits, or the character itself.
    fn escaped(&mut self) -> Result<u8, DnProblem> {
        let first = self.next().ok_or_else(|| self.problem("the text ends in an escape"))?;
        let both = self.peek().and_then(|second| pair(first, second));
        match both {
            Some(byte) => {
                self.position += 1;
                Ok(byte)
            }
            None if first.is_ascii_alphanumeric() => {
                self.position -= 1;
                Err(self.problem("two hexadecimal digits have to follow `\\`"))
            }
            None => Ok(first),
        }
    }
}

/// What a primitive BER element holds; none where the bytes are not exactly one.
fn content(bytes: &[u8]) -> Option<&[u8]> {
    let ([tag, length], rest) = bytes.split_first_chunk()?;
    let (length, rest) = match length {
        0..=127 => (usize::from(*length), rest),
        129 => rest.split_first().map(|(length, rest)| (usize::from(*length), rest))?,
        130 => rest.split_first_chunk().map(|(length, rest)| (usize::from(u16::from_be_bytes(*length)), rest))?,
        _ => return None,
    };
    // Constructed elements, and tags of several bytes, are no strings.
    (tag & 0x20 == 0 && tag & 0x1f != 0x1f && rest.len() == length).then_some(rest)
}
