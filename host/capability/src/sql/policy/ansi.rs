//! What every database reads alike. Standard SQL stands for servers that nobody here knows, so
//! the parser cannot know what theirs would make of a text.
//!
//! Where a string ends is a matter of backslashes, prefixes (`E'...'`) and quotes; what is a
//! comment or a variable, of signs; where a statement ends, on servers that need no semicolon,
//! of words: `SELECT 1 DELETE FROM person` is two there, and one with an alias to the parser. So
//! only signs, words and literals are let through of which there are no two readings. Values
//! are parameters, and names a guest hands in as such are in quotes: little is lost.

use sqlparser::tokenizer::{Token, Whitespace, Word};

use super::inspect::denied;
use crate::sql::Error;

/// Longest number behind the letter of an alias that needs no `AS`.
const ALIAS_DIGITS: usize = 4;

/// Lets a statement through that can be read in one way only.
pub(super) fn check(tokens: &[Token]) -> Result<(), Error> {
    let mut first: Option<String> = None;
    // The tokens before: the very last, and the last that is no blank.
    let mut beside: Option<&Token> = None;
    let mut before: Option<&Token> = None;
    // Whether what stands before can be the end of a value, a name or a statement.
    let mut ended = false;
    for token in tokens {
        if is_written_out(token) && beside.is_some_and(is_written_out) {
            return Err(denied("words, names, numbers and strings need blanks between them"));
        }
        beside = Some(token);
        match token {
            Token::EOF | Token::Whitespace(Whitespace::Space | Whitespace::Newline | Whitespace::Tab) => continue,
            Token::SingleQuotedString(text) => {
                literal(text, before)?;
                ended = true;
            }
            Token::Word(Word { value, quote_style: Some('"'), .. }) => {
                name(value)?;
                ended = true;
            }
            Token::Word(Word { value, quote_style: None, .. }) => {
                let word = value.to_lowercase();
                if !in_place(&word, first.as_deref(), before, ended) {
                    let word = word.to_uppercase();
                    let why = "where databases may differ in what it means (before an alias, write AS)";
                    return Err(denied(format!("{word} stands in a place of the statement {why}")));
                }
                ended = first.is_some() && !expects_more(&word);
                // WITH RECURSIVE begins as WITH alone does.
                if first.as_deref() == Some("with")
                    && word == "recursive"
                    && before.is_some_and(|token| is(token, "with"))
                {
                    ended = false;
                }
                first.get_or_insert(word);
            }
            Token::Number(..) | Token::Placeholder(_) | Token::RParen => ended = true,
            // All columns, or a product, by what stands before.
            Token::Mul => ended = !ended,
            Token::Comma
            | Token::Period
            | Token::LParen
            | Token::Eq
            | Token::Neq
            | Token::Lt
            | Token::Gt
            | Token::LtEq
            | Token::GtEq
            | Token::Plus
            | Token::Minus
            | Token::Div
            | Token::StringConcat => ended = false,
            _ => return Err(denied("the statement has a sign that is not of standard SQL")),
        }
        before = Some(token);
    }
    Ok(())
}

/// Whether the token is made of letters or digits, or of what is in quotes: one beside another
/// may be one of the two together.
fn is_written_out(token: &Token) -> bool {
    matches!(token, Token::Word(_) | Token::Number(..) | Token::SingleQuotedString(_) | Token::Placeholder(_))
}

fn is(token: &Token, expected: &str) -> bool {
    matches!(token, Token::Word(Word { value, quote_style: None, .. }) if value.eq_ignore_ascii_case(expected))
}

/// A string of characters that mean nothing to anybody, where a value is awaited: elsewhere it
/// may be an alias, or the word before its prefix.
fn literal(text: &str, before: Option<&Token>) -> Result<(), Error> {
    let harmless =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '_' | '.' | ',' | ':' | '!' | '%' | '+' | '-');
    if !text.chars().all(harmless) {
        return Err(denied("a string in the statement has a sign in it; values are parameters"));
    }
    let awaited = match before {
        Some(Token::Word(Word { value, quote_style: None, .. })) => takes_literal(&value.to_lowercase()),
        Some(Token::Word(_) | Token::Number(..) | Token::SingleQuotedString(_) | Token::Placeholder(_)) => false,
        Some(token) => !matches!(token, Token::RParen | Token::Period | Token::Mul),
        None => false,
    };
    if awaited { Ok(()) } else { Err(denied("a string stands in the statement where no value is awaited")) }
}

/// A name in quotes: to a server that takes it for a string, it ends at the same place.
fn name(text: &str) -> Result<(), Error> {
    // Letters that only modify others become quotes in some code pages.
    let letter = |c: char| c.is_alphanumeric() && !('\u{2b0}'..='\u{36f}').contains(&c);
    let harmless = |c: char| letter(c) || matches!(c, ' ' | '_' | '.' | '!' | '%' | '-' | '#' | '$');
    if !text.is_empty() && text.chars().all(harmless) {
        return Ok(());
    }
    Err(denied("a name in quotes has a sign in it that not all databases take for a part of it"))
}

/// Whether a word means the same to all in its place. Behind what can be an end, that is a word
/// of the standard that goes on with a statement and begins none, or an alias that is no word.
fn in_place(word: &str, first: Option<&str>, before: Option<&Token>, ended: bool) -> bool {
    match word {
        _ if first.is_none() => true,
        "update" => before.is_some_and(|token| is(token, "for")),
        "insert" | "delete" => false,
        "set" => first == Some("update"),
        _ => !ended || expects_more(word) || goes_on(word) || is_letter(word),
    }
}

/// An alias that needs no `AS`: `t`, `l12`.
fn is_letter(word: &str) -> bool {
    let (letter, digits) = word.split_at_checked(1).unwrap_or_default();
    letter.bytes().all(|b| b.is_ascii_alphabetic())
        && digits.len() <= ALIAS_DIGITS
        && digits.bytes().all(|b| b.is_ascii_digit())
}

/// Words after which something has to come, and which nobody takes for a name.
fn expects_more(word: &str) -> bool {
    matches!(
        word,
        "select"
            | "distinct"
            | "from"
            | "join"
            | "on"
            | "where"
            | "having"
            | "by"
            | "and"
            | "or"
            | "not"
            | "like"
            | "between"
            | "is"
            | "case"
            | "when"
            | "then"
            | "else"
            | "as"
            | "into"
            | "set"
    )
}

/// Words that go on with a statement, after which there may be nothing more.
fn goes_on(word: &str) -> bool {
    matches!(
        word,
        "all"
            | "any"
            | "some"
            | "in"
            | "escape"
            | "end"
            | "inner"
            | "left"
            | "right"
            | "full"
            | "outer"
            | "cross"
            | "using"
            | "group"
            | "order"
            | "asc"
            | "desc"
            | "nulls"
            | "first"
            | "last"
            | "next"
            | "offset"
            | "fetch"
            | "limit"
            | "row"
            | "rows"
            | "only"
            | "for"
            | "union"
            | "except"
            | "intersect"
            | "values"
            | "default"
            | "null"
            | "exists"
            | "over"
            | "partition"
            | "recursive"
            // Of types: DOUBLE PRECISION, CHARACTER VARYING, TIMESTAMP WITH TIME ZONE.
            | "precision"
            | "varying"
            | "with"
            | "without"
            | "time"
            | "zone"
    )
}

/// Words that a string may follow.
fn takes_literal(word: &str) -> bool {
    matches!(
        word,
        "select"
            | "distinct"
            | "where"
            | "on"
            | "and"
            | "or"
            | "not"
            | "like"
            | "escape"
            | "between"
            | "case"
            | "when"
            | "then"
            | "else"
            | "both"
            | "leading"
            | "trailing"
    )
}
