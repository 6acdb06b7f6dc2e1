//! From the text of a statement to pieces: where its parameters are, and nothing else. What
//! the text may do is for the host's gate to say, which reads it again.

use crate::dialect::Dialect;

/// A piece of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// Text that stays as it is.
    Text(String),
    /// The name of a parameter.
    Param(String),
}

/// Finds the parameters of a statement: `:name`, or `:"any name"`. Comments are left out, as
/// the host lets none through. The error says what is wrong with the text.
pub(super) fn tokens(text: &str, dialect: Dialect) -> Result<Vec<Token>, String> {
    let mut reader = Reader { rest: text, tokens: Vec::new() };
    while let Some(c) = reader.rest.chars().next() {
        match c {
            '\'' => reader.literal()?,
            '"' => reader.quoted('"', 1)?,
            '`' => reader.quoted('`', 1)?,
            '[' if matches!(dialect, Dialect::Mssql | Dialect::Sqlite) => reader.quoted(']', 1)?,
            '-' if reader.rest.starts_with("--") => reader.line_comment(),
            '/' if reader.rest.starts_with("/*") => reader.comment()?,
            ':' => reader.colon()?,
            ';' => {
                if !reader.rest.trim_matches([';', ' ', '\t', '\r', '\n']).is_empty() {
                    return Err("is one statement: write several as a list".to_owned());
                }
                reader.rest = "";
            }
            '$' if dialect == Dialect::Postgres && reader.starts_dollar_quote() => {
                return Err("must have strings in single quotes only".to_owned());
            }
            c => reader.keep(c.len_utf8()),
        }
    }
    match reader.tokens.iter().all(|token| matches!(token, Token::Text(text) if text.trim().is_empty())) {
        true => Err("is empty".to_owned()),
        false => Ok(reader.tokens),
    }
}

struct Reader<'a> {
    rest: &'a str,
    tokens: Vec<Token>,
}

impl Reader<'_> {
    /// Takes over the next `length` bytes.
    fn keep(&mut self, length: usize) {
        let (kept, rest) = self.rest.split_at_checked(length).unwrap_or((self.rest, ""));
        self.rest = rest;
        self.append(kept.to_owned().as_str());
    }

    fn append(&mut self, text: &str) {
        match self.tokens.last_mut() {
            Some(Token::Text(last)) => last.push_str(text),
            _ => self.tokens.push(Token::Text(text.to_owned())),
        }
    }

    fn skip(&mut self, length: usize) {
        self.rest = self.rest.get(length..).unwrap_or_default();
    }

    /// A string. What a backslash means in one depends on the database and its settings.
    fn literal(&mut self) -> Result<(), String> {
        let length = end_of_quote(self.rest, '\'', 1).ok_or("has a string without an end")?;
        if self.rest.get(..length).is_some_and(|literal| literal.contains('\\')) {
            return Err("has a string with a backslash, which databases read differently".to_owned());
        }
        self.keep(length);
        Ok(())
    }

    fn quoted(&mut self, close: char, open: usize) -> Result<(), String> {
        let length = end_of_quote(self.rest, close, open).ok_or("has a quoted name without an end")?;
        self.keep(length);
        Ok(())
    }

    fn line_comment(&mut self) {
        self.skip(self.rest.find('\n').unwrap_or(self.rest.len()));
        self.append(" ");
    }

    fn comment(&mut self) -> Result<(), String> {
        if self.rest.starts_with("/*!") || self.rest.starts_with("/*+") || self.rest.starts_with("/*M!") {
            return Err("has a comment that is none to some databases".to_owned());
        }
        let inner = self.rest.get(2..).unwrap_or_default();
        let length = inner.find("*/").ok_or("has a comment without an end")?;
        if inner.get(..length).is_some_and(|inner| inner.contains("/*")) {
            return Err("has a comment in a comment, which databases read differently".to_owned());
        }
        self.skip(length + 4);
        self.append(" ");
        Ok(())
    }

    /// A parameter, a cast, or just a colon.
    fn colon(&mut self) -> Result<(), String> {
        let after = self.rest.get(1..).unwrap_or_default();
        if after.starts_with(':') {
            self.keep(2);
            return Ok(());
        }
        if after.starts_with('"') {
            let length = end_of_quote(after, '"', 1).ok_or("has a parameter's name without an end")?;
            let name = after.get(1..length - 1).unwrap_or_default().replace("\"\"", "\"");
            self.skip(1 + length);
            self.tokens.push(Token::Param(name));
            return Ok(());
        }
        let length = name(after);
        if length == 0 {
            self.keep(1);
            return Ok(());
        }
        let name = after.get(..length).unwrap_or_default().to_owned();
        self.skip(1 + length);
        self.tokens.push(Token::Param(name));
        Ok(())
    }

    /// `$$` or `$tag$`, after what is no name.
    fn starts_dollar_quote(&self) -> bool {
        let tag = self.rest.get(1..).unwrap_or_default();
        let in_name = matches!(self.tokens.last(), Some(Token::Text(text)) if text.ends_with(is_word));
        !in_name && tag.find('$').is_some_and(|end| tag.get(..end).is_some_and(|tag| tag.chars().all(is_word)))
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Length of a parameter's name: words with dots between, none of which begins with a digit.
fn name(text: &str) -> usize {
    let mut length = 0;
    loop {
        let rest = text.get(length..).unwrap_or_default();
        let word = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        if word == 0 || rest.starts_with(|c: char| c.is_ascii_digit()) {
            // A dot without a word behind it is none of ours.
            return length.saturating_sub(1);
        }
        length += word;
        if !rest.get(word..).is_some_and(|tail| tail.starts_with('.')) {
            return length;
        }
        length += 1;
    }
}

/// Length of what begins with a quote of `open` bytes and ends with `close`; a doubled one
/// does not end it.
fn end_of_quote(text: &str, close: char, open: usize) -> Option<usize> {
    let mut chars = text.char_indices().skip_while(|(at, _)| *at < open).peekable();
    while let Some((at, c)) = chars.next() {
        if c == close && chars.next_if(|(_, next)| *next == close).is_none() {
            return Some(at + c.len_utf8());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pieces, with parameters as `<name>`.
    #[track_caller]
    fn check_in(dialect: Dialect, text: &str, expected: Result<&str, &str>) {
        let shown = tokens(text, dialect).map(|tokens| {
            let show = |token: &Token| match token {
                Token::Text(text) => text.clone(),
                Token::Param(name) => format!("<{name}>"),
            };
            tokens.iter().map(show).collect::<String>()
        });
        assert_eq!(shown, expected.map(str::to_owned).map_err(str::to_owned), "{text}");
    }

    #[track_caller]
    fn check(text: &str, expected: Result<&str, &str>) {
        for dialect in [Dialect::Postgres, Dialect::Mysql, Dialect::Sqlite, Dialect::Mssql] {
            check_in(dialect, text, expected);
        }
    }

    #[test]
    fn parameters_are_found() {
        check("VALUES (:login, :mail)", Ok("VALUES (<login>, <mail>)"));
        check("a=:a AND b=:b_2:c", Ok("a=<a> AND b=<b_2><c>"));
        check(":old.login <> :login.", Ok("<old.login> <> <login>."));
        check(r#":"work-mail", :"a ""b""", :"old.x y""#, Ok(r#"<work-mail>, <a "b">, <old.x y>"#));
        check("x = :größe", Ok("x = <größe>"));
    }

    #[test]
    fn what_is_none_stays() {
        check("SELECT :a::text, '::b' :: int", Ok("SELECT <a>::text, '::b' :: int"));
        check("a := 1, b : c, d[1:2], e: 5", Ok("a := 1, b : c, d[1:2], e: 5"));
        check("SELECT ':a', 'it''s :b', ''':c', :d", Ok("SELECT ':a', 'it''s :b', ''':c', <d>"));
        check("SELECT \":a\", \"x\"\":b\", `:c```, :d", Ok("SELECT \":a\", \"x\"\":b\", `:c```, <d>"));
        check_in(Dialect::Mssql, "SELECT [:a]]:b], :c", Ok("SELECT [:a]]:b], <c>"));
        check_in(Dialect::Postgres, "SELECT a[:b], :c", Ok("SELECT a[<b>], <c>"));
        check_in(Dialect::Postgres, "SELECT a$b, $1 FROM t$", Ok("SELECT a$b, $1 FROM t$"));
    }

    #[test]
    fn comments_are_left_out() {
        check("SELECT 1 -- :a '\n, :b", Ok("SELECT 1  \n, <b>"));
        check("SELECT /* :a ' */ :b -- end", Ok("SELECT   <b>  "));
        check("SELECT '--', '/* :a */', :b", Ok("SELECT '--', '/* :a */', <b>"));
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        check("SELECT 'a", Err("has a string without an end"));
        check("SELECT \"a", Err("has a quoted name without an end"));
        check("SELECT 'a\\' , :b --'", Err("has a string with a backslash, which databases read differently"));
        check("SELECT /* a", Err("has a comment without an end"));
        check("SELECT /* /* */ :a */", Err("has a comment in a comment, which databases read differently"));
        check("SELECT /*! :a */ 1", Err("has a comment that is none to some databases"));
        check("SELECT :\"a", Err("has a parameter's name without an end"));
        check("SELECT 1; SELECT 2", Err("is one statement: write several as a list"));
        check("SELECT 1 ; \n", Ok("SELECT 1 "));
        check(" -- nothing\n ; ", Err("is empty"));
        check_in(Dialect::Postgres, "SELECT $$:a$$", Err("must have strings in single quotes only"));
        check_in(Dialect::Postgres, "SELECT $x$:a$x$", Err("must have strings in single quotes only"));
    }
}
