//! What Db2 writes in its own way.

use sqlparser::tokenizer::{Token, Whitespace, Word};

/// What ends a SELECT whose rows nobody may change before the transaction ends.
const LOCK: [&str; 7] = ["with", "rs", "use", "and", "keep", "update", "locks"];

/// Takes the lock off the end of a statement: it says nothing of tables, and the parser has
/// no word for it.
pub(super) fn without_lock(mut tokens: Vec<Token>) -> Vec<Token> {
    let mut end = tokens.len();
    for expected in LOCK.iter().rev() {
        let Some(at) = tokens.iter().take(end).rposition(|token| !is_blank(token)) else { return tokens };
        match tokens.get(at) {
            Some(Token::Word(Word { value, quote_style: None, .. })) if value.eq_ignore_ascii_case(expected) => {
                end = at;
            }
            _ => return tokens,
        }
    }
    tokens.truncate(end);
    tokens
}

fn is_blank(token: &Token) -> bool {
    matches!(token, Token::EOF | Token::Whitespace(Whitespace::Space | Whitespace::Newline | Whitespace::Tab))
}
