//! Change tracking of SQL Server: two forms that name a table where the parser sees none.
//!
//! `CHANGETABLE(CHANGES name, @P1)` stands where a table stands, and gives keys of that
//! table. `CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID('[name]'))` is a number about it. For
//! the inspection (and only there: the server gets the text as it is) the name takes the
//! place of the whole form, so that it is held against the grant like any other table that
//! is read. Every other spelling stays as it is, and is refused as an unknown function.

use sqlparser::tokenizer::{Token, Word};

use super::mssql::is_placeholder;

/// Puts the tables' names where the parser looks for them. Not in a statement with a WITH
/// clause: to the server these forms never name what such a clause defines.
pub(super) fn name_tables(tokens: &mut Vec<Token>) {
    if has_with_clause(tokens) {
        return;
    }
    let plain = std::mem::take(tokens);
    let mut rest = plain.as_slice();
    while let Some((first, tail)) = rest.split_first() {
        if let Some((name, after)) = changes(rest) {
            tokens.extend(name);
            rest = after;
        } else if let Some((name, after)) = least_version(rest) {
            // `(SELECT 1 FROM name)` is a number as well.
            let [select, from] = ["SELECT", "FROM"].map(|word| Token::make_word(word, None));
            tokens.extend([Token::LParen, select, Token::Number("1".to_owned(), false), from]);
            tokens.extend(name);
            tokens.push(Token::RParen);
            rest = after;
        } else {
            tokens.push(first.clone());
            rest = tail;
        }
    }
}

/// Whether a word WITH begins a clause; else it belongs to a table's hints, in parentheses.
fn has_with_clause(tokens: &[Token]) -> bool {
    let mut rest = tokens;
    while let Some((_, tail)) = rest.split_first() {
        if word(rest, "with").is_some_and(|after| exactly(after, &Token::LParen).is_none()) {
            return true;
        }
        rest = tail;
    }
    false
}

/// The name in `CHANGETABLE(CHANGES name, placeholder)`, and what follows.
fn changes(tokens: &[Token]) -> Option<(Vec<Token>, &[Token])> {
    let rest = word(tokens, "changetable")?;
    let rest = exactly(rest, &Token::LParen)?;
    let rest = word(rest, "changes")?;
    let (first, mut rest) = next(rest)?;
    let mut name = vec![part(first)?];
    while let Some(after) = exactly(rest, &Token::Period) {
        let (token, after) = next(after)?;
        name.extend([Token::Period, part(token)?]);
        rest = after;
    }
    let rest = exactly(rest, &Token::Comma)?;
    let (parameter, rest) = next(rest)?;
    let bound = match parameter {
        Token::Placeholder(_) => true,
        Token::Word(Word { value, quote_style: None, .. }) => is_placeholder(value),
        _ => false,
    };
    let rest = exactly(rest, &Token::RParen).filter(|_| bound)?;
    Some((name, rest))
}

/// The name in `CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID('[name]'))`, and what follows.
fn least_version(tokens: &[Token]) -> Option<(Vec<Token>, &[Token])> {
    let rest = word(tokens, "change_tracking_min_valid_version")?;
    let rest = exactly(rest, &Token::LParen)?;
    let rest = word(rest, "object_id")?;
    let rest = exactly(rest, &Token::LParen)?;
    let (literal, rest) = next(rest)?;
    let Token::SingleQuotedString(text) = literal else { return None };
    let rest = exactly(rest, &Token::RParen)?;
    let rest = exactly(rest, &Token::RParen)?;
    Some((bracketed(text)?, rest))
}

/// `[dbo].[person]` as tokens; none for any other spelling.
fn bracketed(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.strip_prefix('[')?;
        let mut name = String::new();
        loop {
            let (before, after) = rest.split_once(']')?;
            name.push_str(before);
            rest = after;
            match rest.strip_prefix(']') {
                Some(after) => {
                    name.push(']');
                    rest = after;
                }
                None => break,
            }
        }
        if name.is_empty() || name.contains('[') {
            return None;
        }
        tokens.push(Token::make_word(&name, Some('[')));
        if rest.is_empty() {
            return Some(tokens);
        }
        rest = rest.strip_prefix('.')?;
        tokens.push(Token::Period);
    }
}

/// A part of a name: a word in brackets, or a plain one.
fn part(token: &Token) -> Option<Token> {
    let Token::Word(Word { value, quote_style, .. }) = token else { return None };
    let named = matches!(quote_style, Some('[' | '"')) || (quote_style.is_none() && !value.starts_with('@'));
    named.then(|| token.clone())
}

/// The next token that is no space.
fn next(tokens: &[Token]) -> Option<(&Token, &[Token])> {
    let start = tokens.iter().position(|token| !matches!(token, Token::Whitespace(_)))?;
    tokens.get(start..)?.split_first()
}

fn exactly<'t>(tokens: &'t [Token], wanted: &Token) -> Option<&'t [Token]> {
    next(tokens).filter(|(token, _)| *token == wanted).map(|(_, rest)| rest)
}

/// What follows this word, unquoted and in any case. Only a word that stands first counts
/// for the start of a form, so spaces before it are the caller's to copy.
fn word<'t>(tokens: &'t [Token], wanted: &str) -> Option<&'t [Token]> {
    let (token, rest) = next(tokens)?;
    match token {
        Token::Word(Word { value, quote_style: None, .. }) if value.eq_ignore_ascii_case(wanted) => Some(rest),
        _ => None,
    }
}
