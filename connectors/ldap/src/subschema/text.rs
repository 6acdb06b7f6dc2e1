//! The text of one description: `( 2.5.4.3 NAME 'cn' SUP name )`.
//!
//! Beside RFC 4512 this takes what servers really send: values without quotes, quoted OIDs,
//! an apostrophe within a quoted text, no space around parentheses and `$`, and fields that
//! nobody knows.

/// Fields that have no value.
const FLAGS: [&str; 8] = [
    "OBSOLETE",
    "SINGLE-VALUE",
    "COLLECTIVE",
    "NO-USER-MODIFICATION",
    "ABSTRACT",
    "STRUCTURAL",
    "AUXILIARY",
    "INDEXED",
];
/// Fields with a value, or several in parentheses.
const FIELDS: [&str; 12] =
    ["NAME", "DESC", "SUP", "EQUALITY", "ORDERING", "SUBSTR", "SYNTAX", "USAGE", "MUST", "MAY", "AUX", "APPLIES"];

/// A description taken apart.
#[derive(Debug)]
pub(super) struct Description {
    /// The numeric OID, or what stands in its place.
    pub(super) oid: String,
    /// Fields in upper case with their values; flags have none. Each at most once.
    fields: Vec<(String, Vec<String>)>,
}

/// Why a description cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unreadable {
    pub(super) position: usize,
    pub(super) reason: &'static str,
}

impl Description {
    /// Reads a description.
    pub(super) fn read(text: &str) -> Result<Self, Unreadable> {
        let mut input = Input { text, position: 0 };
        input.expect(Token::Open, "`(` is missing")?;
        let oid = match input.next()? {
            Some(Token::Word(oid) | Token::Quoted(oid)) if !oid.is_empty() => oid,
            _ => return Err(input.unreadable("the object identifier is missing")),
        };
        let mut fields: Vec<(String, Vec<String>)> = Vec::new();
        loop {
            let field = match input.next()? {
                Some(Token::Close) => break,
                Some(Token::Word(word)) => word.to_ascii_uppercase(),
                // Values of a field that nobody knows.
                Some(Token::Quoted(_) | Token::Dollar) => continue,
                Some(Token::Open) => {
                    input.rest_of_list()?;
                    continue;
                }
                None => return Err(input.unreadable("`)` is missing")),
            };
            let values = match FLAGS.contains(&field.as_str()) {
                true => Vec::new(),
                false => input.values(FIELDS.contains(&field.as_str()))?,
            };
            if !fields.iter().any(|(known, _)| *known == field) {
                fields.push((field, values));
            }
        }
        match input.next()? {
            None => Ok(Self { oid, fields }),
            Some(_) => Err(input.unreadable("something follows the description")),
        }
    }

    /// Whether the field is there.
    pub(super) fn has(&self, field: &str) -> bool {
        self.fields.iter().any(|(known, _)| known == field)
    }

    /// All values of a field.
    pub(super) fn all(&self, field: &str) -> &[String] {
        self.fields.iter().find(|(known, _)| known == field).map(|(_, values)| values.as_slice()).unwrap_or_default()
    }

    /// The same, taken out.
    pub(super) fn take(&mut self, field: &str) -> Vec<String> {
        let known = self.fields.iter_mut().find(|(known, _)| known == field);
        known.map(|(_, values)| std::mem::take(values)).unwrap_or_default()
    }

    /// The first value of a field, if it has any that is not empty.
    pub(super) fn one(&mut self, field: &str) -> Option<String> {
        self.take(field).into_iter().next().filter(|value| !value.is_empty())
    }
}

#[derive(Debug, PartialEq)]
enum Token {
    Open,
    Close,
    Dollar,
    Word(String),
    Quoted(String),
}

struct Input<'a> {
    text: &'a str,
    position: usize,
}

impl<'a> Input<'a> {
    fn unreadable(&self, reason: &'static str) -> Unreadable {
        Unreadable { position: self.position, reason }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.position..).unwrap_or_default()
    }

    fn expect(&mut self, token: Token, reason: &'static str) -> Result<(), Unreadable> {
        let position = self.position;
        match self.next()? {
            Some(found) if found == token => Ok(()),
            _ => Err(Unreadable { position, reason }),
        }
    }

    /// The next token, which stays.
    fn peek(&mut self) -> Result<Option<Token>, Unreadable> {
        let position = self.position;
        let token = self.next();
        self.position = position;
        token
    }

    fn next(&mut self) -> Result<Option<Token>, Unreadable> {
        let rest = self.rest();
        self.position += rest.len() - rest.trim_start().len();
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return Ok(None) };
        let (length, token) = match first {
            '(' => (1, Token::Open),
            ')' => (1, Token::Close),
            '$' => (1, Token::Dollar),
            '\'' => self.quoted(rest)?,
            _ => {
                let end = rest.find(|c: char| c.is_whitespace() || "()$'".contains(c)).unwrap_or(rest.len());
                (end, Token::Word(rest.get(..end).unwrap_or_default().to_owned()))
            }
        };
        self.position += length;
        Ok(Some(token))
    }

    /// A text in quotes. A quote ends it only where the text could go on behind it: some
    /// servers do not escape apostrophes.
    fn quoted(&self, rest: &str) -> Result<(usize, Token), Unreadable> {
        let ends = |after: &str| after.is_empty() || after.starts_with(|c: char| c.is_whitespace() || ")$".contains(c));
        let end = rest.match_indices('\'').skip(1).find(|(place, _)| ends(rest.get(place + 1..).unwrap_or_default()));
        let (end, _) = end.ok_or_else(|| self.unreadable("a quote is not closed"))?;
        let text = rest.get(1..end).unwrap_or_default();
        let text = text.replace("\\27", "'").replace("\\5C", "\\").replace("\\5c", "\\");
        Ok((end + 1, Token::Quoted(text)))
    }

    /// One value, or several in parentheses. A word behind a field that is not known may be
    /// the next field, and is left alone.
    fn values(&mut self, known: bool) -> Result<Vec<String>, Unreadable> {
        match self.peek()? {
            Some(Token::Open) => {
                self.next()?;
                self.rest_of_list()
            }
            Some(Token::Quoted(value)) => {
                self.next()?;
                Ok(vec![value])
            }
            Some(Token::Word(value)) if known => {
                self.next()?;
                Ok(vec![value])
            }
            _ if known => Err(self.unreadable("a value is missing")),
            _ => Ok(Vec::new()),
        }
    }

    /// Values up to the closing parenthesis, with or without `$` between.
    fn rest_of_list(&mut self) -> Result<Vec<String>, Unreadable> {
        let mut values = Vec::new();
        loop {
            match self.next()? {
                Some(Token::Word(value) | Token::Quoted(value)) => values.push(value),
                Some(Token::Dollar) => {}
                Some(Token::Close) => return Ok(values),
                Some(Token::Open) => return Err(self.unreadable("a list is within a list")),
                None => return Err(self.unreadable("a list is not closed")),
            }
        }
    }
}
