//! Reading a filter.

use std::fmt::{self, Display, Formatter};

use patchbay_connector::filter::{MAX_DEPTH, MAX_NODES};
use patchbay_connector::ldap::{Assertion, Extensible, Filter, FilterNode, Substring};

/// Longest text, in bytes.
const MAX_BYTES: usize = 64 * 1024;

/// Why a text is no filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FilterProblem {
    /// Where, in bytes from the start.
    pub position: usize,
    /// What is wrong there.
    pub reason: &'static str,
}

impl Display for FilterProblem {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} at position {}", self.reason, self.position)
    }
}

impl std::error::Error for FilterProblem {}

/// Reads a whole filter. White space may stand around filters, though not in a comparison,
/// where it belongs to the value. Refused are filters that are too long, too deep or of too
/// many terms for the contract, and `~=`, which no two directories take alike.
pub fn parse(text: &str) -> Result<Filter, FilterProblem> {
    if text.len() > MAX_BYTES {
        return Err(FilterProblem { position: MAX_BYTES, reason: "the filter is too long" });
    }
    let mut input = Input { text: text.as_bytes(), position: 0, nodes: Vec::new() };
    input.filter(1)?;
    match input.peek() {
        None => Ok(input.nodes),
        Some(_) => Err(input.problem("something follows the filter")),
    }
}

/// A value between the wildcards of a comparison.
type Piece = Vec<u8>;

struct Input<'a> {
    text: &'a [u8],
    position: usize,
    nodes: Filter,
}

impl Input<'_> {
    fn problem(&self, reason: &'static str) -> FilterProblem {
        FilterProblem { position: self.position, reason }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.position).copied()
    }

    fn eat(&mut self, expected: &[u8]) -> bool {
        let found = self.text.get(self.position..).is_some_and(|rest| rest.starts_with(expected));
        self.position += if found { expected.len() } else { 0 };
        found
    }

    fn spaces(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.position += 1;
        }
    }

    fn push(&mut self, node: FilterNode) -> Result<u32, FilterProblem> {
        if self.nodes.len() >= MAX_NODES {
            return Err(self.problem("the filter has too many terms"));
        }
        let index = u32::try_from(self.nodes.len()).map_err(|_| self.problem("the filter has too many terms"))?;
        self.nodes.push(node);
        Ok(index)
    }

    /// A filter in parentheses, and the space around it; the index of its node.
    fn filter(&mut self, depth: usize) -> Result<u32, FilterProblem> {
        if depth > MAX_DEPTH {
            return Err(self.problem("the filter is nested too deeply"));
        }
        self.spaces();
        if !self.eat(b"(") {
            return Err(self.problem("`(` is missing"));
        }
        self.spaces();
        let node = match self.peek() {
            Some(b'&') => FilterNode::And(self.list(depth)?),
            Some(b'|') => FilterNode::Or(self.list(depth)?),
            Some(b'!') => {
                self.position += 1;
                FilterNode::Not(self.filter(depth + 1)?)
            }
            _ => self.item()?,
        };
        if !self.eat(b")") {
            return Err(self.problem("`)` is missing"));
        }
        self.spaces();
        self.push(node)
    }

    /// `&` or `|`, and filters up to the closing parenthesis.
    fn list(&mut self, depth: usize) -> Result<Vec<u32>, FilterProblem> {
        self.position += 1;
        let mut children = Vec::new();
        self.spaces();
        while self.peek() == Some(b'(') {
            children.push(self.filter(depth + 1)?);
        }
        Ok(children)
    }

    /// Attribute, operator and value.
    fn item(&mut self) -> Result<FilterNode, FilterProblem> {
        let attribute = self.name();
        if self.peek() == Some(b':') {
            return self.extensible(attribute);
        }
        let Some(attribute) = attribute else {
            return Err(self.problem("the name of an attribute is missing"));
        };
        if self.eat(b"~=") {
            return Err(FilterProblem { position: self.position - 2, reason: "`~=` is not supported" });
        }
        if self.eat(b">=") {
            return Ok(FilterNode::GreaterOrEqual(Assertion { attribute, value: self.value()? }));
        }
        if self.eat(b"<=") {
            return Ok(FilterNode::LessOrEqual(Assertion { attribute, value: self.value()? }));
        }
        if !self.eat(b"=") {
            return Err(self.problem("`=`, `>=`, `<=` or `:=` is missing"));
        }
        let first = self.piece()?;
        if self.peek() != Some(b'*') {
            return Ok(FilterNode::Equal(Assertion { attribute, value: first }));
        }
        let mut pieces = Vec::new();
        while self.eat(b"*") {
            let position = self.position;
            let piece = self.piece()?;
            if piece.is_empty() && self.peek() == Some(b'*') {
                return Err(FilterProblem { position, reason: "there is nothing between two `*`" });
            }
            pieces.push(piece);
        }
        let some = |piece: Piece| Some(piece).filter(|piece| !piece.is_empty());
        let suffix = pieces.pop().and_then(some);
        Ok(match (some(first), suffix, pieces.is_empty()) {
            (None, None, true) => FilterNode::Present(attribute),
            (prefix, suffix, _) => FilterNode::Substring(Substring { attribute, prefix, infixes: pieces, suffix }),
        })
    }

    /// What follows the attribute of an extensible match: `:dn`, `:rule`, `:=` and value.
    fn extensible(&mut self, attribute: Option<String>) -> Result<FilterNode, FilterProblem> {
        let mut dn_attributes = false;
        let mut rule = None;
        while !self.eat(b":=") {
            if !self.eat(b":") {
                return Err(self.problem("`:=` is missing"));
            }
            let name = self.name().ok_or_else(|| self.problem("the name of a matching rule is missing"))?;
            match (name.eq_ignore_ascii_case("dn") && !dn_attributes && rule.is_none(), &rule) {
                (true, _) => dn_attributes = true,
                (false, None) => rule = Some(name),
                (false, Some(_)) => return Err(self.problem("there is a second matching rule")),
            }
        }
        if attribute.is_none() && rule.is_none() {
            return Err(self.problem("an attribute or a matching rule is needed"));
        }
        Ok(FilterNode::Extensible(Extensible { attribute, rule, dn_attributes, value: self.value()? }))
    }

    /// An attribute with its options, or a rule; none where there is neither.
    fn name(&mut self) -> Option<String> {
        let start = self.position;
        while self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric() || b"-._;".contains(&byte)) {
            self.position += 1;
        }
        let name = str::from_utf8(self.text.get(start..self.position)?).ok()?;
        let good = name.starts_with(|first: char| first.is_ascii_alphanumeric());
        if !good {
            self.position = start;
        }
        good.then(|| name.to_owned())
    }

    /// A value without wildcards.
    fn value(&mut self) -> Result<Vec<u8>, FilterProblem> {
        let value = self.piece()?;
        match self.peek() {
            Some(b'*') => Err(self.problem("`*` has to be escaped as `\\2a` here")),
            _ => Ok(value),
        }
    }

    /// Up to a wildcard or the closing parenthesis.
    fn piece(&mut self) -> Result<Piece, FilterProblem> {
        let mut piece = Vec::new();
        while let Some(byte) = self.peek().filter(|byte| !b"*)".contains(byte)) {
            let value = match byte {
                b'(' => return Err(self.problem("`(` has to be escaped as `\\28` in a value")),
                0 => return Err(self.problem("a NUL has to be escaped as `\\00`")),
                b'\\' => {
                    let digits = self.text.get(self.position..).and_then(|rest| rest.first_chunk());
                    let byte = digits.and_then(|[_, high, low]| crate::dn::pair(*high, *low));
                    let byte = byte.ok_or_else(|| self.problem("two hexadecimal digits have to follow `\\`"))?;
                    self.position += 2;
                    byte
                }
                _ => byte,
            };
            self.position += 1;
            piece.push(value);
        }
        Ok(piece)
    }
}
