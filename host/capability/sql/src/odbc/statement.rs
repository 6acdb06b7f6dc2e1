//! Statements on their way to the driver: the dialect's placeholders become `?`, and NULL
//! is written out.
//!
//! A parameter has a type of its own in ODBC, and NULL has none: sent as text it would not
//! go into a binary column. Written as the word NULL it fits everywhere. What ODBC itself
//! would read into a statement (`?`, and escapes in braces) is refused where it is not the
//! dialect's own.

use patchbay_capability::sql::{Dialect, Error, Failure, Value};
use sqlparser::dialect;
use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer};

/// A statement as the driver gets it.
#[derive(Debug, PartialEq)]
pub(super) struct Ready<'a> {
    pub(super) text: String,
    /// None of them is NULL.
    pub(super) params: Vec<&'a Value>,
}

/// Takes `text` with the dialect's placeholders. A numbered one means the value of its
/// number, others mean the next.
pub(super) fn prepare<'a>(dialect: Dialect, text: &str, values: &'a [Value]) -> Result<Ready<'a>, Error> {
    let tokens = tokens(dialect, text)?;
    let mut out = String::with_capacity(text.len());
    let mut params = Vec::with_capacity(values.len());
    let mut used = vec![false; values.len()];
    let mut found = 0_usize;
    let mut place = Place { text, at: 0, line: 1, column: 1 };
    let mut copied = 0_usize;
    for token in &tokens {
        let index = match (&token.token, dialect) {
            (Token::Placeholder(mark), Dialect::Postgres) => number(mark, "$")?,
            (Token::Word(word), Dialect::Mssql) if word.quote_style.is_none() && word.value.starts_with("@P") => {
                number(&word.value, "@P")?
            }
            (
                Token::Placeholder(mark),
                Dialect::Mysql | Dialect::Sqlite | Dialect::Oracle | Dialect::Db2 | Dialect::Hana | Dialect::Ansi,
            ) if mark == "?" => found,
            // Oracle's driver takes `:name` for a placeholder.
            (Token::Colon, Dialect::Oracle) => return Err(foreign()),
            (
                Token::Placeholder(_)
                | Token::LBrace
                | Token::RBrace
                | Token::Question
                | Token::QuestionAnd
                | Token::QuestionPipe
                | Token::QuestionMarkDash
                | Token::QuestionMarkSharp
                | Token::QuestionMarkDashVerticalBar
                | Token::QuestionMarkDoubleVerticalBar
                | Token::AtQuestion,
                _,
            ) => return Err(foreign()),
            _ => continue,
        };
        found += 1;
        let (value, used) = values.get(index).zip(used.get_mut(index)).ok_or_else(|| mismatch(values.len()))?;
        *used = true;
        let start = place.of(token.span.start);
        out.push_str(text.get(copied..start).unwrap_or_default());
        copied = place.of(token.span.end);
        if *value == Value::Null {
            out.push_str("NULL");
        } else {
            out.push('?');
            params.push(value);
        }
    }
    if used.contains(&false) {
        return Err(mismatch(values.len()));
    }
    out.push_str(text.get(copied..).unwrap_or_default());
    Ok(Ready { text: out, params })
}

fn tokens(dialect: Dialect, text: &str) -> Result<Vec<TokenWithSpan>, Error> {
    // The same as the policy reads statements with.
    let syntax: &dyn dialect::Dialect = match dialect {
        Dialect::Postgres => &dialect::PostgreSqlDialect {},
        Dialect::Mysql => &dialect::MySqlDialect {},
        Dialect::Sqlite => &dialect::SQLiteDialect {},
        Dialect::Mssql => &dialect::MsSqlDialect {},
        Dialect::Oracle => &dialect::OracleDialect {},
        Dialect::Db2 | Dialect::Hana | Dialect::Ansi => &dialect::AnsiDialect {},
    };
    Tokenizer::new(syntax, text)
        .tokenize_with_location()
        .map_err(|_| Error::new(Failure::InvalidStatement, "the statement has an unfinished string"))
}

/// Index of the value that `$3` stands for.
fn number(mark: &str, prefix: &str) -> Result<usize, Error> {
    let digits = mark.strip_prefix(prefix).ok_or_else(foreign)?;
    digits.parse::<usize>().ok().and_then(|number| number.checked_sub(1)).ok_or_else(foreign)
}

fn foreign() -> Error {
    Error::new(
        Failure::Unsupported,
        "the statement has a placeholder, an operator or a brace that ODBC reads as its own",
    )
}

fn mismatch(values: usize) -> Error {
    Error::new(Failure::InvalidStatement, format!("the statement's placeholders do not match its {values} parameters"))
}

/// A place in a text, which only moves on.
struct Place<'a> {
    text: &'a str,
    at: usize,
    line: u64,
    column: u64,
}

impl Place<'_> {
    /// The byte at which a location is.
    fn of(&mut self, location: Location) -> usize {
        let rest = self.text.get(self.at..).unwrap_or_default();
        for c in rest.chars() {
            if (self.line, self.column) >= (location.line, location.column) {
                break;
            }
            self.at += c.len_utf8();
            if c == '\n' {
                self.line += 1;
                self.column = 1;
            } else {
                self.column += 1;
            }
        }
        self.at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text that is sent, and how many parameters with it.
    #[track_caller]
    fn check(dialect: Dialect, text: &str, values: &[Value], expected: Result<(&str, usize), Failure>) {
        let actual = prepare(dialect, text, values).map(|ready| (ready.text, ready.params.len()));
        let actual = actual.map_err(|error| error.failure);
        assert_eq!(actual, expected.map(|(text, count)| (text.to_owned(), count)), "{text}");
    }

    const NULL: Value = Value::Null;
    const ONE: Value = Value::Integer(1);

    #[test]
    fn each_dialects_placeholders() {
        check(Dialect::Postgres, "a = $1 AND b = $2", &[ONE, NULL], Ok(("a = ? AND b = NULL", 1)));
        check(Dialect::Postgres, "$2, $1, $2", &[ONE, ONE], Ok(("?, ?, ?", 3)));
        check(Dialect::Mysql, "a = ? AND b = ?", &[NULL, ONE], Ok(("a = NULL AND b = ?", 1)));
        check(Dialect::Sqlite, "a=?", &[ONE], Ok(("a=?", 1)));
        check(Dialect::Mssql, "a = @P1, @P2", &[ONE, NULL], Ok(("a = ?, NULL", 1)));
        for dialect in [Dialect::Oracle, Dialect::Db2, Dialect::Hana, Dialect::Ansi] {
            check(dialect, "a = ? AND b = ?", &[ONE, NULL], Ok(("a = ? AND b = NULL", 1)));
        }
        let many = vec![ONE; 12];
        let text = (1..=12).map(|n| format!("${n}")).collect::<Vec<_>>().join(",");
        check(Dialect::Postgres, &text, &many, Ok((&["?"; 12].join(","), 12)));
    }

    #[test]
    fn what_is_quoted_is_left_alone() {
        check(Dialect::Postgres, "'$1 ?' || \"a$1{\" || $1", &[NULL], Ok(("'$1 ?' || \"a$1{\" || NULL", 0)));
        check(
            Dialect::Postgres,
            "'Zoë\n漢' || $1 || 'ü'\n|| $2",
            &[NULL, ONE],
            Ok(("'Zoë\n漢' || NULL || 'ü'\n|| ?", 1)),
        );
        check(Dialect::Mysql, "`a?` = ? AND 'it''s ?' = ?", &[ONE, ONE], Ok(("`a?` = ? AND 'it''s ?' = ?", 2)));
        check(Dialect::Mssql, "[@P1] = @P1 AND '@P1' <> ''", &[NULL], Ok(("[@P1] = NULL AND '@P1' <> ''", 0)));
        check(Dialect::Oracle, "':1' || ?", &[NULL], Ok(("':1' || NULL", 0)));
        check(Dialect::Db2, "'a\\' || \"b?\" || ?", &[ONE], Ok(("'a\\' || \"b?\" || ?", 1)));
    }

    #[test]
    fn what_is_refused() {
        check(Dialect::Postgres, "SELECT 1", &[ONE], Err(Failure::InvalidStatement));
        check(Dialect::Postgres, "$1, $3", &[ONE, ONE], Err(Failure::InvalidStatement));
        check(Dialect::Mysql, "?, ?", &[ONE], Err(Failure::InvalidStatement));
        check(Dialect::Postgres, "'open", &[], Err(Failure::InvalidStatement));
        for text in ["a ? 'b'", "a ?| b", "{fn now()}", "{d '2026-01-31'}", "$0"] {
            check(Dialect::Postgres, text, &[], Err(Failure::Unsupported));
        }
        check(Dialect::Oracle, "a = :1", &[ONE], Err(Failure::Unsupported));
        check(Dialect::Ansi, "{call p(?)}", &[ONE], Err(Failure::Unsupported));
    }
}
