//! Numbers from sequences. A sequence is granted by its name, as a table is, and counting it
//! up takes the verb INSERT: that is what its numbers are for.

use sqlparser::ast::{
    Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, ObjectName, ObjectNamePart, Value,
};
use sqlparser::tokenizer::{Token, Whitespace, Word};

use super::split_name;
use crate::sql::Dialect;

/// The function that gives a sequence's next number.
const FUNCTION: &str = "nextval";

/// Whether a function of this name counts a sequence up.
pub(super) fn is_next_value(dialect: Dialect, name: &ObjectName) -> bool {
    let [ObjectNamePart::Identifier(name)] = name.0.as_slice() else { return false };
    matches!(dialect, Dialect::Postgres | Dialect::Mysql | Dialect::Mssql | Dialect::Db2)
        && name.value.eq_ignore_ascii_case(FUNCTION)
}

/// The sequence that such a call names, part by part; none where it does not name it
/// outright. PostgreSQL takes the name in a literal, the others as it stands.
pub(super) fn named(dialect: Dialect, call: &Function) -> Option<Vec<String>> {
    let plain = call.over.is_none() && call.filter.is_none() && call.null_treatment.is_none();
    let FunctionArguments::List(list) = &call.args else { return None };
    let [FunctionArg::Unnamed(FunctionArgExpr::Expr(name))] = list.args.as_slice() else { return None };
    if !plain || !call.within_group.is_empty() || list.duplicate_treatment.is_some() || !list.clauses.is_empty() {
        return None;
    }
    match (dialect, name) {
        (Dialect::Postgres, Expr::Value(literal)) => match &literal.value {
            Value::SingleQuotedString(text) => Some(split_name(text)),
            _ => None,
        },
        (Dialect::Mysql | Dialect::Mssql | Dialect::Db2, Expr::Identifier(name)) => Some(vec![name.value.clone()]),
        (Dialect::Mysql | Dialect::Mssql | Dialect::Db2, Expr::CompoundIdentifier(parts)) => {
            Some(parts.iter().map(|part| part.value.clone()).collect())
        }
        _ => None,
    }
}

/// Where this is the column of a sequence that only looks like a table's (`name.NEXTVAL`): the
/// sequence, or none where it cannot be granted (`name.CURRVAL` tells what others counted).
#[expect(clippy::option_option, reason = "no sequence, one without a name, one with")]
pub(super) fn pseudo_column(dialect: Dialect, parts: &[Ident]) -> Option<Option<Vec<String>>> {
    if !matches!(dialect, Dialect::Oracle | Dialect::Db2 | Dialect::Hana | Dialect::Ansi) {
        return None;
    }
    let (last, name) = parts.split_last()?;
    let is = |word: &str| last.value.eq_ignore_ascii_case(word);
    if is(FUNCTION) && dialect != Dialect::Ansi {
        return Some(Some(name.iter().map(|part| part.value.clone()).collect()));
    }
    (is(FUNCTION) || is("currval")).then_some(None)
}

/// Makes a call of `NEXT VALUE FOR name`, which the parser has no word for.
pub(super) fn as_calls(tokens: Vec<Token>) -> Vec<Token> {
    let mut out: Vec<Token> = Vec::with_capacity(tokens.len() + 2);
    let mut rest = tokens.as_slice();
    while let Some((token, tail)) = rest.split_first() {
        if let Some(after) = phrase(rest, &["next", "value", "for"]) {
            let length = name_length(after);
            // A dot behind blanks goes on with the name: it is then taken for none.
            let left = after.get(length..).unwrap_or_default();
            let goes_on = left.iter().find(|token| !is_blank(token)) == Some(&Token::Period);
            let length = if goes_on { 0 } else { length };
            out.push(Token::make_word(FUNCTION, None));
            out.push(Token::LParen);
            out.extend(after.iter().take(length).cloned());
            out.push(Token::RParen);
            rest = after.get(length..).unwrap_or_default();
            continue;
        }
        out.push(token.clone());
        rest = tail;
    }
    out
}

/// What follows these words, each with blanks after it; none where they do not stand there.
fn phrase<'t>(tokens: &'t [Token], words: &[&str]) -> Option<&'t [Token]> {
    let mut rest = tokens;
    for expected in words {
        match rest.split_first() {
            Some((Token::Word(Word { value, quote_style: None, .. }), tail))
                if value.eq_ignore_ascii_case(expected) =>
            {
                let blanks = tail.iter().take_while(|token| is_blank(token)).count();
                rest = tail.get(blanks..)?;
            }
            _ => return None,
        }
    }
    Some(rest)
}

/// Tokens of a name: words with dots between them.
fn name_length(tokens: &[Token]) -> usize {
    tokens.iter().take_while(|token| matches!(token, Token::Word(_) | Token::Period)).count()
}

fn is_blank(token: &Token) -> bool {
    matches!(token, Token::Whitespace(Whitespace::Space | Whitespace::Newline | Whitespace::Tab))
}
