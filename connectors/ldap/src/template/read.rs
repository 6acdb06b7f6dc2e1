//! Reading a template.

use std::fmt::{self, Display, Formatter};

use super::{Part, Piece, Value};
use crate::dn::Dn;

/// Most parts that a template has before its base.
const MAX_PARTS: usize = 32;

/// Why a text is no template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateProblem {
    /// Where, in bytes from the start.
    pub position: usize,
    /// What is wrong there.
    pub reason: String,
}

impl Display for TemplateProblem {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} at position {}", self.reason, self.position)
    }
}

impl std::error::Error for TemplateProblem {}

/// Parts up to the last one with a placeholder, and the text behind.
pub(super) fn template(text: &str) -> Result<(Vec<Part>, String), TemplateProblem> {
    let mut input = Input { text, position: 0 };
    let mut parts: Vec<Part> = Vec::new();
    let mut variable = 0;
    let mut below = 0;
    loop {
        let mut part = vec![input.value()?];
        while input.eat('+') {
            part.push(input.value()?);
        }
        let more = input.eat(',');
        let is_variable = part.iter().flat_map(|value| &value.pieces).any(|piece| matches!(piece, Piece::Attribute(_)));
        parts.push(part);
        if is_variable {
            variable = parts.len();
            below = input.position;
        } else if variable == 0 {
            return Err(TemplateProblem { position: 0, reason: "the first part needs a placeholder".to_owned() });
        }
        if variable > MAX_PARTS {
            return Err(input.problem("the template has too many parts"));
        }
        if !more {
            break;
        }
        input.spaces();
        if input.peek().is_none() {
            return Err(input.problem("a part is missing"));
        }
    }
    parts.truncate(variable);
    let base = text.get(below..).unwrap_or_default().trim_matches(' ');
    match Dn::parse(base) {
        Ok(_) => Ok((parts, base.to_owned())),
        Err(problem) => Err(TemplateProblem { position: below + problem.position, reason: problem.reason.to_owned() }),
    }
}

struct Input<'a> {
    text: &'a str,
    position: usize,
}

impl Input<'_> {
    fn problem(&self, reason: impl Into<String>) -> TemplateProblem {
        TemplateProblem { position: self.position, reason: reason.into() }
    }

    fn peek(&self) -> Option<char> {
        self.text.get(self.position..)?.chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.position += character.len_utf8();
        Some(character)
    }

    fn eat(&mut self, expected: char) -> bool {
        let found = self.peek() == Some(expected);
        self.position += if found { expected.len_utf8() } else { 0 };
        found
    }

    fn spaces(&mut self) {
        while self.eat(' ') {}
    }

    /// A name of an attribute, up to what cannot be in one.
    fn attribute(&mut self) -> Result<String, TemplateProblem> {
        let mut name = String::new();
        while let Some(next) = self.peek().filter(|next| next.is_ascii_alphanumeric() || "-._;".contains(*next)) {
            name.push(next);
            self.position += next.len_utf8();
        }
        match name.starts_with(|first: char| first.is_ascii_alphanumeric()) {
            true => Ok(name),
            false => Err(self.problem("the name of an attribute is missing")),
        }
    }

    /// Attribute, `=`, and what its value is made of.
    fn value(&mut self) -> Result<Value, TemplateProblem> {
        self.spaces();
        let attribute = self.attribute()?;
        self.spaces();
        if !self.eat('=') {
            return Err(self.problem("`=` is missing"));
        }
        self.spaces();
        let mut pieces = Vec::new();
        let mut text = Vec::new();
        // Bytes of `text` without spaces at its end that are not escaped.
        let mut solid = 0;
        let mut start = self.position;
        while let Some(next) = self.peek().filter(|next| !",+".contains(*next)) {
            let position = self.position;
            self.next();
            match next {
                '{' => {
                    flush(&mut pieces, std::mem::take(&mut text), start)?;
                    pieces.push(Piece::Attribute(self.alternatives()?));
                    start = self.position;
                }
                '\\' => text.push(self.escaped()?),
                '}' | ';' | '"' | '<' | '>' => {
                    return Err(TemplateProblem { position, reason: format!("`{next}` has to be escaped") });
                }
                _ => text.extend(next.encode_utf8(&mut [0; 4]).bytes()),
            }
            if next != ' ' {
                solid = text.len();
            }
        }
        text.truncate(solid);
        flush(&mut pieces, text, start)?;
        if pieces.is_empty() {
            return Err(self.problem("the value is missing"));
        }
        Ok(Value { attribute, pieces })
    }

    /// `a|b|c}`.
    fn alternatives(&mut self) -> Result<Vec<String>, TemplateProblem> {
        let mut names = Vec::new();
        loop {
            self.spaces();
            names.push(self.attribute()?);
            self.spaces();
            match self.peek() {
                Some('|') => self.position += 1,
                Some('}') => {
                    self.position += 1;
                    return Ok(names);
                }
                Some(_) => return Err(self.problem("`|` or `}` has to follow the name of an attribute")),
                None => return Err(self.problem("the placeholder is not closed")),
            }
        }
    }

    /// What follows a backslash: two hexadecimal digits, or a character that has a meaning.
    fn escaped(&mut self) -> Result<u8, TemplateProblem> {
        let rest = self.text.as_bytes().get(self.position..).unwrap_or_default();
        if let Some(byte) = rest.first_chunk().and_then(|[high, low]| crate::dn::pair(*high, *low)) {
            self.position += 2;
            return Ok(byte);
        }
        match rest.first().filter(|byte| byte.is_ascii_punctuation() || **byte == b' ') {
            Some(byte) => {
                self.position += 1;
                Ok(*byte)
            }
            None => Err(self.problem("a special character or two hexadecimal digits have to follow `\\`")),
        }
    }
}

/// Adds text, if there is any.
fn flush(pieces: &mut Vec<Piece>, text: Vec<u8>, position: usize) -> Result<(), TemplateProblem> {
    let text = String::from_utf8(text)
        .map_err(|_| TemplateProblem { position, reason: "the escaped bytes are no UTF-8".to_owned() })?;
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
    Ok(())
}
