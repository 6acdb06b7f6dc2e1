//! Reads filters and PATCH paths: recursive descent, with its depth, the number of its
//! nodes and the length of the text bounded.

use crate::{
    AttrPath, CompareOp, CompareValue, Filter, ParseOptions, PatchPath, ScimError,
    path::{attribute_name, excerpt},
};

/// Reads a whole filter.
pub(crate) fn filter(text: &str, options: &ParseOptions<'_>) -> Result<Filter, ScimError> {
    let mut reader = Reader::new(text, options).map_err(Fault::into_filter_error)?;
    let read = |reader: &mut Reader<'_>| {
        let filter = reader.disjunction(0)?;
        reader.end()?;
        Ok(filter)
    };
    read(&mut reader).map_err(Fault::into_filter_error)
}

/// Reads a PATCH path that is not a bare schema URN.
pub(crate) fn patch_path(text: &str, options: &ParseOptions<'_>) -> Result<PatchPath, ScimError> {
    let mut reader = Reader::new(text, options).map_err(Fault::into_path_error)?;
    let mut attr = reader.attr_path().map_err(Fault::into_path_error)?;
    let mut sub = attr.sub.take();
    let mut filter = None;
    if sub.is_none() && reader.take("[") {
        filter = Some(reader.bracketed(0).map_err(Fault::into_filter_error)?);
        if reader.take(".") {
            sub = Some(reader.sub_name().map_err(Fault::into_path_error)?);
        }
    }
    reader.end().map_err(Fault::into_path_error)?;
    Ok(PatchPath::Attribute { attr, filter, sub })
}

/// What is wrong, and at which byte.
struct Fault {
    at: usize,
    message: String,
}

impl Fault {
    fn into_filter_error(self) -> ScimError {
        ScimError::invalid_filter(format!("The filter is invalid at byte {}: {}.", self.at, self.message))
    }

    fn into_path_error(self) -> ScimError {
        ScimError::invalid_path(format!("The path is invalid at byte {}: {}.", self.at, self.message))
    }
}

struct Reader<'a> {
    text: &'a str,
    /// Byte position, always on a character boundary.
    at: usize,
    nodes: usize,
    options: &'a ParseOptions<'a>,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, options: &'a ParseOptions<'a>) -> Result<Self, Fault> {
        let reader = Self { text, at: 0, nodes: 0, options };
        let longest = options.limits.max_length;
        if text.len() > longest {
            return Err(Fault { at: longest, message: format!("it is longer than {longest} bytes") });
        }
        Ok(reader)
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn fault<T>(&self, message: impl Into<String>) -> Result<T, Fault> {
        Err(Fault { at: self.at, message: message.into() })
    }

    fn skip_space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
    }

    /// Takes `token` if it comes next.
    fn take(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    /// The next word: up to white space or a bracket.
    fn word(&self) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c: char| c.is_whitespace() || "()[]\"".contains(c)).unwrap_or(rest.len());
        rest.get(..end).unwrap_or_default()
    }

    /// Takes the keyword if it is the next word, in any case.
    fn keyword(&mut self, keyword: &str) -> bool {
        let found = self.word().eq_ignore_ascii_case(keyword);
        if found {
            self.at += keyword.len();
        }
        found
    }

    fn node(&mut self, filter: Filter) -> Result<Filter, Fault> {
        self.nodes += 1;
        let most = self.options.limits.max_nodes;
        if self.nodes > most {
            return self.fault(format!("more than {most} expressions"));
        }
        Ok(filter)
    }

    fn deeper(&self, depth: usize) -> Result<usize, Fault> {
        let deepest = self.options.limits.max_depth;
        if depth >= deepest {
            return self.fault(format!("nested deeper than {deepest}"));
        }
        Ok(depth + 1)
    }

    fn end(&mut self) -> Result<(), Fault> {
        self.skip_space();
        match self.rest() {
            "" => Ok(()),
            rest => self.fault(format!("unexpected '{}'", excerpt(rest))),
        }
    }

    fn disjunction(&mut self, depth: usize) -> Result<Filter, Fault> {
        let mut parts = vec![self.conjunction(depth)?];
        while self.joined_by("or") {
            parts.push(self.conjunction(depth)?);
        }
        if parts.len() > 1 { self.node(Filter::or(parts)) } else { Ok(Filter::or(parts)) }
    }

    fn conjunction(&mut self, depth: usize) -> Result<Filter, Fault> {
        let mut parts = vec![self.term(depth)?];
        while self.joined_by("and") {
            parts.push(self.term(depth)?);
        }
        if parts.len() > 1 { self.node(Filter::and(parts)) } else { Ok(Filter::and(parts)) }
    }

    fn joined_by(&mut self, keyword: &str) -> bool {
        let before = self.at;
        self.skip_space();
        let found = self.keyword(keyword);
        if !found {
            self.at = before;
        }
        found
    }

    fn term(&mut self, depth: usize) -> Result<Filter, Fault> {
        self.skip_space();
        if self.take("(") {
            return self.group(depth);
        }
        // An attribute may be called `not`, so only a bracket behind it makes it the operator.
        let before = self.at;
        if self.keyword("not") {
            self.skip_space();
            if self.take("(") {
                let inner = self.group(depth)?;
                return self.node(Filter::Not(Box::new(inner)));
            }
            self.at = before;
        }
        self.expression(depth)
    }

    /// The rest of a group, behind its opening bracket.
    fn group(&mut self, depth: usize) -> Result<Filter, Fault> {
        let depth = self.deeper(depth)?;
        let inner = self.disjunction(depth)?;
        self.skip_space();
        if self.take(")") { Ok(inner) } else { self.fault("a closing ')' is missing") }
    }

    /// The rest of a value filter, behind its opening bracket.
    fn bracketed(&mut self, depth: usize) -> Result<Filter, Fault> {
        let depth = self.deeper(depth)?;
        let inner = self.disjunction(depth)?;
        self.skip_space();
        if self.take("]") { Ok(inner) } else { self.fault("a closing ']' is missing") }
    }

    fn expression(&mut self, depth: usize) -> Result<Filter, Fault> {
        let path = self.attr_path()?;
        if self.take("[") {
            let filter = self.bracketed(depth)?;
            return match self.rest().strip_prefix('.') {
                None => self.node(Filter::ValuePath { path, filter: Box::new(filter) }),
                Some(_) => self.value_path_with_sub(path, filter),
            };
        }
        self.operator(path)
    }

    /// `emails[type eq "work"].value eq "x"`: not in the grammar, but what Entra sends.
    /// It means one value that meets both, so it becomes part of the value filter.
    fn value_path_with_sub(&mut self, path: AttrPath, filter: Filter) -> Result<Filter, Fault> {
        self.at += 1;
        let inner_path = AttrPath::attribute(self.sub_name()?);
        let inner = self.operator(inner_path)?;
        let both = match filter {
            Filter::And(mut parts) => {
                parts.push(inner);
                parts
            }
            single => vec![single, inner],
        };
        let filter = Box::new(self.node(Filter::And(both))?);
        self.node(Filter::ValuePath { path, filter })
    }

    /// What follows a path: `pr`, or an operator and its literal.
    fn operator(&mut self, path: AttrPath) -> Result<Filter, Fault> {
        self.skip_space();
        if self.keyword("pr") {
            return self.node(Filter::Present(path));
        }
        let word = self.word();
        let Some(op) = CompareOp::named(word) else {
            return match word {
                "" => self.fault(format!("an operator is missing after '{path}'")),
                word => self.fault(format!("the operator '{}' is not supported", excerpt(word))),
            };
        };
        self.at += word.len();
        self.skip_space();
        let value = self.literal()?;
        self.node(Filter::Compare { path, op, value })
    }

    fn attr_path(&mut self) -> Result<AttrPath, Fault> {
        self.skip_space();
        let word = self.word();
        match AttrPath::parse(word, self.options.urns) {
            Ok(path) => {
                self.at += word.len();
                Ok(path)
            }
            Err(error) => self.fault(error.to_string()),
        }
    }

    fn sub_name(&mut self) -> Result<String, Fault> {
        let word = self.word();
        match attribute_name(word) {
            Ok(name) => {
                self.at += word.len();
                Ok(name)
            }
            Err(error) => self.fault(error.to_string()),
        }
    }

    fn literal(&mut self) -> Result<CompareValue, Fault> {
        if self.rest().starts_with('"') {
            return self.string();
        }
        let word = self.word();
        let value = match word {
            "" => return self.fault("a value is missing"),
            "true" => CompareValue::Bool(true),
            "false" => CompareValue::Bool(false),
            "null" => CompareValue::Null,
            _ if is_json_number(word) => CompareValue::Number(word.to_owned()),
            // Other quotes would become part of the value and then match nothing, silently.
            _ if self.options.lenient.unquoted_strings && !word.starts_with(['\'', '`', '\u{2018}', '\u{201c}']) => {
                CompareValue::String(word.to_owned())
            }
            _ => return self.fault(format!("'{}' is not a JSON value; strings need quotes", excerpt(word))),
        };
        self.at += word.len();
        Ok(value)
    }

    /// A JSON string. Finds its end here and leaves the escapes to the JSON reader.
    fn string(&mut self) -> Result<CompareValue, Fault> {
        let rest = self.rest();
        let mut escaped = false;
        let mut end = None;
        for (index, byte) in rest.bytes().enumerate().skip(1) {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => {
                    end = Some(index + 1);
                    break;
                }
                _ => {}
            }
        }
        let Some(quoted) = end.and_then(|end| rest.get(..end)) else {
            return self.fault("a string without a closing quote");
        };
        match serde_json::from_str::<String>(quoted) {
            Ok(text) => {
                self.at += quoted.len();
                Ok(CompareValue::String(text))
            }
            Err(_) => self.fault("a malformed string: see the JSON escapes of RFC 8259"),
        }
    }
}

/// Whether `text` is a number by JSON's grammar: no leading zeros, no `+`, no `.5`.
pub(super) fn is_json_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|e| digits(e.strip_prefix(['+', '-']).unwrap_or(e)))
}
