//! Statements on their way to the server: placeholders renumbered, NULL written out.
//!
//! A parameter has a type of its own in TDS, and NULL has none: sent as text it would not
//! go into a `varbinary` column, for one. Written as the word NULL it fits everywhere.

use patchbay_capability::sql::{Error, Failure, Value};
use tiberius::{ColumnData, Query};

use super::param;

/// Most parameters of one statement. The server takes 2100, and running a statement with
/// parameters takes two for itself.
const MAX_PARAMETERS: usize = 2098;

/// A statement as it is sent.
#[derive(Debug, PartialEq)]
pub(super) struct Ready<'a> {
    pub(super) text: String,
    pub(super) params: Vec<ColumnData<'a>>,
}

impl<'a> Ready<'a> {
    pub(super) fn query(self) -> Query<'a> {
        let mut query = Query::new(self.text);
        for param in self.params {
            query.bind(Bound(param));
        }
        query
    }
}

/// A parameter that has its form already.
struct Bound<'a>(ColumnData<'a>);

impl<'a> tiberius::IntoSql<'a> for Bound<'a> {
    fn into_sql(self) -> ColumnData<'a> {
        self.0
    }
}

/// Takes `text` with placeholders `@P1`, `@P2` and so on in order, one per value.
///
/// Fails with [`Failure::InvalidStatement`] where placeholders and values do not match,
/// [`Failure::InvalidParameter`] where a value has no form, and
/// [`Failure::LimitExceeded`] where there are too many.
pub(super) fn prepare<'a>(text: &str, values: &'a [Value]) -> Result<Ready<'a>, Error> {
    let mut out = String::with_capacity(text.len());
    let mut params = Vec::with_capacity(values.len());
    let mut found = 0_usize;
    let mut rest = text;
    while let Some(piece) = next_piece(rest, out.chars().next_back()) {
        rest = rest.get(piece.len..).unwrap_or_default();
        let Some(number) = piece.placeholder else {
            out.push_str(piece.text);
            continue;
        };
        found += 1;
        if number != found {
            return Err(mismatch(values.len()));
        }
        match values.get(found - 1) {
            None => return Err(mismatch(values.len())),
            Some(Value::Null) => out.push_str("NULL"),
            Some(value) => {
                params.push(param::bind(value).map_err(|reason| unfit(found, reason))?);
                out.push_str(&format!("@P{}", params.len()));
            }
        }
    }
    if found != values.len() {
        return Err(mismatch(values.len()));
    }
    if params.len() > MAX_PARAMETERS {
        return Err(Error::new(
            Failure::LimitExceeded,
            format!("the statement has {} parameters; SQL Server takes {MAX_PARAMETERS}", params.len()),
        ));
    }
    Ok(Ready { text: out, params })
}

fn mismatch(values: usize) -> Error {
    Error::new(Failure::InvalidStatement, format!("the statement's placeholders do not match its {values} parameters"))
}

fn unfit(position: usize, reason: &str) -> Error {
    Error::new(Failure::InvalidParameter, format!("parameter {position} is {reason}"))
}

/// A piece of a statement that is copied as it is, or a placeholder.
struct Piece<'a> {
    text: &'a str,
    len: usize,
    placeholder: Option<usize>,
}

/// The next piece: something in quotes, brackets or a comment; a placeholder; a word; or a
/// single other character. None at the end.
fn next_piece(rest: &str, before: Option<char>) -> Option<Piece<'_>> {
    let first = rest.chars().next()?;
    let len = match first {
        '\'' | '"' => quoted(rest, first),
        '[' => quoted(rest, ']'),
        '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
        '/' if rest.starts_with("/*") => comment(rest),
        c if is_word(c) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
        c => c.len_utf8(),
    };
    let text = rest.get(..len).unwrap_or(rest);
    let placeholder = text
        .strip_prefix("@P")
        .filter(|digits| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit()))
        .filter(|_| !before.is_some_and(is_word))
        .and_then(|digits| digits.parse().ok());
    Some(Piece { text, len: text.len(), placeholder })
}

/// Whether `c` can be part of a name or a variable.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '@' | '#' | '$')
}

/// Length of what starts with a quote and ends with `close`; a doubled one does not end it.
fn quoted(rest: &str, close: char) -> usize {
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c != close {
            continue;
        }
        if chars.next_if(|(_, next)| *next == close).is_none() {
            return at + c.len_utf8();
        }
    }
    rest.len()
}

/// Length of a comment; SQL Server's nest.
fn comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(tail) = rest.get(at..).filter(|tail| !tail.is_empty()) {
        if tail.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if tail.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += tail.chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text that is sent, and how many parameters with it.
    #[track_caller]
    fn check(text: &str, values: &[Value], expected: Result<(&str, usize), Failure>) {
        let actual = prepare(text, values).map(|ready| (ready.text, ready.params.len())).map_err(|e| e.failure);
        assert_eq!(actual, expected.map(|(text, count)| (text.to_owned(), count)), "{text}");
    }

    fn one() -> Value {
        Value::Integer(1)
    }

    #[test]
    fn null_is_written_out_and_the_others_move_up() {
        check("SELECT @P1", &[one()], Ok(("SELECT @P1", 1)));
        check("SELECT @P1", &[Value::Null], Ok(("SELECT NULL", 0)));
        check("SELECT @P1, @P2,@P3", &[Value::Null, one(), Value::Null], Ok(("SELECT NULL, @P1,NULL", 1)));
        check("VALUES (@P1)", &[Value::Null], Ok(("VALUES (NULL)", 0)));
        let many = vec![one(); 12];
        let text = (1..=12).map(|n| format!("@P{n}")).collect::<Vec<_>>().join(",");
        check(&text, &many, Ok((&text, 12)));
        let mut mixed = vec![Value::Null];
        mixed.extend(vec![one(); 11]);
        let moved = format!("NULL,{}", (1..=11).map(|n| format!("@P{n}")).collect::<Vec<_>>().join(","));
        check(&text, &mixed, Ok((&moved, 11)));
    }

    #[test]
    fn what_is_quoted_is_left_alone() {
        let null = [Value::Null];
        check("SELECT '@P1', @P1", &null, Ok(("SELECT '@P1', NULL", 0)));
        check("SELECT 'it''s @P1', @P1", &null, Ok(("SELECT 'it''s @P1', NULL", 0)));
        check("SELECT '''@P1''', @P1", &null, Ok(("SELECT '''@P1''', NULL", 0)));
        check("SELECT [a]]@P1], @P1", &null, Ok(("SELECT [a]]@P1], NULL", 0)));
        check("SELECT \"a\"\"@P1\", @P1", &null, Ok(("SELECT \"a\"\"@P1\", NULL", 0)));
        check("SELECT [it's], @P1, [it's]", &null, Ok(("SELECT [it's], NULL, [it's]", 0)));
        check("SELECT '[', @P1, ']'", &null, Ok(("SELECT '[', NULL, ']'", 0)));
        check("SELECT N'ü@P1', @P1", &null, Ok(("SELECT N'ü@P1', NULL", 0)));
        check("SELECT 1 -- @P1 '\n, @P1", &null, Ok(("SELECT 1 -- @P1 '\n, NULL", 0)));
        check("SELECT /* /* ' */ @P1 */ @P1", &null, Ok(("SELECT /* /* ' */ @P1 */ NULL", 0)));
        check("SELECT '@P1", &[], Ok(("SELECT '@P1", 0)));
    }

    #[test]
    fn only_whole_words_are_placeholders() {
        check("SELECT @P1x, @@P1, a@P1, @P, @p1, ü@P1", &[], Ok(("SELECT @P1x, @@P1, a@P1, @P, @p1, ü@P1", 0)));
        check("SELECT -@P1-1", &[Value::Null], Ok(("SELECT -NULL-1", 0)));
        check("SELECT @P1 @P2", &[Value::Null, one()], Ok(("SELECT NULL @P1", 1)));
    }

    #[test]
    fn refuses_what_does_not_match() {
        check("SELECT 1", &[one()], Err(Failure::InvalidStatement));
        check("SELECT @P1", &[], Err(Failure::InvalidStatement));
        check("SELECT @P2", &[one()], Err(Failure::InvalidStatement));
        check("SELECT @P1, @P1", &[one(), one()], Err(Failure::InvalidStatement));
        check("SELECT @P1", &[Value::Date("soon".into())], Err(Failure::InvalidParameter));
        let many = vec![one(); MAX_PARAMETERS + 1];
        let text = (1..=many.len()).map(|n| format!("@P{n}")).collect::<Vec<_>>().join(",");
        check(&text, &many, Err(Failure::LimitExceeded));
    }
}
