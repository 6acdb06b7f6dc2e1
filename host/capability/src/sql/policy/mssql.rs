//! What Transact-SQL takes for something else than the parser does.
//!
//! SQL Server needs no semicolon between statements: `SELECT 1 FROM person SHUTDOWN` is two
//! of them there and one with an alias to the parser, and `SELECT 1 DELETE FROM person`
//! deletes. So a word that can begin a statement is let through only at the beginning.
//! Names a guest hands in as such are in brackets, and not concerned.

use sqlparser::tokenizer::{Token, Word};

use super::inspect::denied;
use crate::sql::Error;

/// Lets words through in the places where both mean the same by them; and no variable but
/// the host's own placeholders: `@@VERSION` tells where we are.
pub(super) fn check(tokens: &[Token]) -> Result<(), Error> {
    let mut first: Option<String> = None;
    for token in tokens {
        let Token::Word(Word { value, quote_style: None, .. }) = token else { continue };
        let word = value.to_lowercase();
        if word.starts_with('@') && !is_placeholder(value) {
            return Err(denied("variables are not allowed in a statement"));
        }
        let in_place = match (first.as_deref(), word.as_str()) {
            (None, _) => true,
            // FOR UPDATE belongs to cursors; a WITH clause before a write is not needed.
            (_, "insert" | "update" | "delete") => false,
            (first, "set") => first == Some("update"),
            (_, word) => !begins_a_statement(word),
        };
        if !in_place {
            return Err(denied(format!("{} is not allowed in this place of a statement", word.to_uppercase())));
        }
        first.get_or_insert(word);
    }
    Ok(())
}

/// `@P1`, which the tokeniser reads as a word.
pub(super) fn is_placeholder(word: &str) -> bool {
    word.strip_prefix("@P").is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
}

/// Makes placeholders of such words: the parser takes a placeholder in places where it takes
/// no name, as in `FETCH NEXT @P1 ROWS`.
pub(super) fn mark_placeholders(tokens: &mut [Token]) {
    for token in tokens {
        if let Token::Word(Word { value, quote_style: None, .. }) = token
            && is_placeholder(value)
        {
            *token = Token::Placeholder(std::mem::take(value));
        }
    }
}

/// Words of Transact-SQL that begin a statement and have no place in one.
fn begins_a_statement(word: &str) -> bool {
    matches!(
        word,
        "add"
            | "alter"
            | "backup"
            | "begin"
            | "break"
            | "bulk"
            | "checkpoint"
            | "close"
            | "commit"
            | "continue"
            | "create"
            | "dbcc"
            | "deallocate"
            | "declare"
            | "deny"
            | "disable"
            | "disk"
            | "drop"
            | "dump"
            | "enable"
            | "exec"
            | "execute"
            | "get"
            | "goto"
            | "grant"
            | "if"
            | "kill"
            | "load"
            | "merge"
            | "move"
            | "open"
            | "print"
            | "proc"
            | "procedure"
            | "raiserror"
            | "readtext"
            | "receive"
            | "reconfigure"
            | "restore"
            | "return"
            | "revert"
            | "revoke"
            | "rollback"
            | "save"
            | "send"
            | "setuser"
            | "shutdown"
            | "throw"
            | "tran"
            | "transaction"
            | "trigger"
            | "truncate"
            | "updatetext"
            | "use"
            | "waitfor"
            | "while"
            | "writetext"
    )
}
