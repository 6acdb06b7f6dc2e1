//! What can be told from a statement: its result's columns, and the table it writes.

use mysql_async::Column as Sent;
use patchbay_capability::sql::Column;
use sqlparser::dialect::MySqlDialect;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, Tokenizer};

/// Columns of a result.
pub(super) fn columns(columns: &[Sent]) -> Vec<Column> {
    columns
        .iter()
        .map(|column| Column { name: column.name_str().into_owned(), type_name: type_name(column), nullable: None })
        .collect()
}

/// The type of a result's column, by the protocol's name for it.
pub(super) fn type_name(column: &Sent) -> String {
    let name = format!("{:?}", column.column_type()).to_ascii_lowercase();
    name.strip_prefix("mysql_type_").map(str::to_owned).unwrap_or(name)
}

/// The table that an INSERT, UPDATE or DELETE changes, without its database: the server
/// does not tell when it fails.
pub(crate) fn target(text: &str) -> Option<String> {
    target_in(&MySqlDialect {}, text)
}

/// The same in another dialect.
pub(crate) fn target_in(dialect: &dyn sqlparser::dialect::Dialect, text: &str) -> Option<String> {
    let tokens = Tokenizer::new(dialect, text).tokenize().ok()?;
    let mut words = tokens.into_iter().filter(|token| !matches!(token, Token::Whitespace(_)));
    let verb = keyword(words.next()?)?;
    let mut name = words.next()?;
    let introduction = match verb {
        Keyword::INSERT | Keyword::REPLACE => Keyword::INTO,
        Keyword::DELETE => Keyword::FROM,
        Keyword::UPDATE => Keyword::NoKeyword,
        _ => return None,
    };
    if introduction != Keyword::NoKeyword && keyword(name.clone()) == Some(introduction) {
        name = words.next()?;
    }
    let Token::Word(mut last) = name else { return None };
    while words.next() == Some(Token::Period) {
        let Some(Token::Word(part)) = words.next() else { return None };
        last = part;
    }
    Some(last.value)
}

fn keyword(token: Token) -> Option<Keyword> {
    match token {
        Token::Word(word) if word.quote_style.is_none() => Some(word.keyword),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_that_are_written() {
        for (text, expected) in [
            ("INSERT INTO `person` (`a`) VALUES (?)", Some("person")),
            ("insert into hr . `odd ``name` values (1)", Some("odd `name")),
            ("UPDATE `set` SET a = 1", Some("set")),
            ("DELETE FROM t WHERE a = 1", Some("t")),
            ("SELECT 1 FROM t", None),
            ("START TRANSACTION", None),
            ("", None),
            ("INSERT INTO 'x'", None),
        ] {
            assert_eq!(target(text).as_deref(), expected, "{text}");
        }
    }
}
