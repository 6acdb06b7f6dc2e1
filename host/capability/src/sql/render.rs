//! Fragments to text: quotes identifiers and numbers placeholders per dialect.

use std::fmt::Write as _;

use super::{Dialect, Error, Failure, Fragment, Statement, Value};

/// Longest identifier part any supported database takes, in bytes.
const MAX_IDENTIFIER: usize = 256;
/// Most parts a qualified name can have: database, schema, table, column.
const MAX_PARTS: usize = 4;

/// Renders a statement for `dialect`: its text with the dialect's placeholders, and one
/// parameter per placeholder, in order.
///
/// A parameter that is used twice gets two placeholders, as a server may infer a different
/// type at each place. Fails with [`Failure::InvalidStatement`] or
/// [`Failure::InvalidParameter`]; the text itself is the policy's business.
pub(crate) fn render(dialect: Dialect, statement: Statement) -> Result<(String, Vec<Value>), Error> {
    let Statement { fragments, params } = statement;
    let mut text = String::with_capacity(fragments.iter().map(length_hint).sum());
    let mut order: Vec<usize> = Vec::with_capacity(params.len());
    // What stands before decides whether a space is needed to keep two tokens apart.
    let mut after_hole = false;
    for fragment in &fragments {
        match fragment {
            Fragment::Text(piece) => {
                if piece.contains('\0') {
                    return Err(invalid("a NUL character in the statement text"));
                }
                if after_hole && piece.starts_with(joins) {
                    text.push(' ');
                }
                text.push_str(piece);
                after_hole = false;
            }
            Fragment::Identifier(parts) => {
                if text.ends_with(joins) {
                    text.push(' ');
                }
                identifier(dialect, parts, &mut text)?;
                after_hole = true;
            }
            Fragment::Param(index) => {
                let index = usize::try_from(*index).unwrap_or(usize::MAX);
                if index >= params.len() {
                    return Err(invalid(format!(
                        "parameter {index} is used, but the statement brings only {}",
                        params.len()
                    )));
                }
                if text.ends_with(joins) {
                    text.push(' ');
                }
                order.push(index);
                placeholder(dialect, order.len(), &mut text);
                after_hole = true;
            }
        }
    }
    Ok((text, arrange(params, &order)))
}

/// The placeholder of the `position`-th parameter, counted from 1.
pub(super) fn placeholder(dialect: Dialect, position: usize, text: &mut String) {
    // Writing to a String cannot fail.
    let _ = match dialect {
        Dialect::Postgres => write!(text, "${position}"),
        Dialect::Mssql => write!(text, "@P{position}"),
        // The others are reached through ODBC, whose own placeholder this is.
        Dialect::Mysql | Dialect::Sqlite | Dialect::Oracle | Dialect::Db2 | Dialect::Hana | Dialect::Ansi => {
            write!(text, "?")
        }
    };
}

/// Whether a token that ends or starts with `c` would merge with a hole beside it.
fn joins(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '$' | '"' | '`' | '[' | ']' | '\'' | '@' | ':' | '?' | '&' | '#')
}

fn length_hint(fragment: &Fragment) -> usize {
    match fragment {
        Fragment::Text(piece) => piece.len() + 1,
        Fragment::Identifier(parts) => parts.iter().map(|part| part.len() + 3).sum::<usize>() + 1,
        Fragment::Param(_) => 5,
    }
}

/// Appends a qualified name, quoted.
pub(super) fn identifier(dialect: Dialect, parts: &[String], text: &mut String) -> Result<(), Error> {
    if parts.is_empty() || parts.len() > MAX_PARTS {
        return Err(invalid("an identifier has between one and four parts"));
    }
    let (open, close) = match dialect {
        Dialect::Mysql => ('`', '`'),
        Dialect::Mssql => ('[', ']'),
        Dialect::Postgres | Dialect::Sqlite | Dialect::Oracle | Dialect::Db2 | Dialect::Hana | Dialect::Ansi => {
            ('"', '"')
        }
    };
    for (position, part) in parts.iter().enumerate() {
        if part.is_empty() {
            return Err(invalid("an identifier part is empty"));
        }
        if part.len() > MAX_IDENTIFIER {
            return Err(invalid("an identifier part is too long"));
        }
        if part.contains('\0') {
            return Err(invalid("a NUL character in an identifier"));
        }
        // Oracle has no way to write a double quote inside an identifier.
        if dialect == Dialect::Oracle && part.contains('"') {
            return Err(invalid("a double quote in an identifier"));
        }
        if position > 0 {
            text.push('.');
        }
        text.push(open);
        for c in part.chars() {
            if c == close {
                text.push(c);
            }
            text.push(c);
        }
        text.push(close);
    }
    Ok(())
}

/// Parameters in placeholder order; without a copy in the usual case that each is used
/// once, in order.
fn arrange(params: Vec<Value>, order: &[usize]) -> Vec<Value> {
    if order.len() == params.len() && order.iter().enumerate().all(|(position, index)| position == *index) {
        return params;
    }
    order.iter().filter_map(|index| params.get(*index).cloned()).collect()
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(Failure::InvalidStatement, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(piece: &str) -> Fragment {
        Fragment::Text(piece.into())
    }

    fn name(parts: &[&str]) -> Fragment {
        Fragment::Identifier(parts.iter().map(|part| (*part).to_owned()).collect())
    }

    fn ints(numbers: &[i64]) -> Vec<Value> {
        numbers.iter().map(|n| Value::Integer(*n)).collect()
    }

    #[track_caller]
    fn check(dialect: Dialect, fragments: &[Fragment], params: &[i64], expected: Result<(&str, &[i64]), &str>) {
        let statement = Statement { fragments: fragments.to_vec(), params: ints(params) };
        let actual = render(dialect, statement).map_err(|error| error.message);
        assert_eq!(actual, expected.map(|(text, order)| (text.to_owned(), ints(order))).map_err(str::to_owned));
    }

    #[test]
    fn quotes_and_numbers_per_dialect() {
        let statement = [
            text("SELECT "),
            name(&["p", "a\"b`c]d"]),
            text(" FROM "),
            name(&["person"]),
            text(" p WHERE x = "),
            Fragment::Param(0),
            text(" OR y = "),
            Fragment::Param(1),
        ];
        for (dialect, expected) in [
            (Dialect::Postgres, "SELECT \"p\".\"a\"\"b`c]d\" FROM \"person\" p WHERE x = $1 OR y = $2"),
            (Dialect::Sqlite, "SELECT \"p\".\"a\"\"b`c]d\" FROM \"person\" p WHERE x = ? OR y = ?"),
            (Dialect::Mysql, "SELECT `p`.`a\"b``c]d` FROM `person` p WHERE x = ? OR y = ?"),
            (Dialect::Mssql, "SELECT [p].[a\"b`c]]d] FROM [person] p WHERE x = @P1 OR y = @P2"),
        ] {
            check(dialect, &statement, &[7, 8], Ok((expected, &[7, 8])));
        }
    }

    #[test]
    fn a_parameter_may_be_used_twice_or_out_of_order_or_not_at_all() {
        let twice = [Fragment::Param(1), text(", "), Fragment::Param(0), text(", "), Fragment::Param(1)];
        check(Dialect::Postgres, &twice, &[7, 8, 9], Ok(("$1, $2, $3", &[8, 7, 8])));
        check(Dialect::Sqlite, &twice, &[7, 8, 9], Ok(("?, ?, ?", &[8, 7, 8])));
        check(Dialect::Sqlite, &[text("1")], &[7], Ok(("1", &[])));
    }

    #[test]
    fn neighbours_stay_apart() {
        let glued = [text("limit"), Fragment::Param(0), text("0"), Fragment::Param(0), Fragment::Param(0)];
        check(Dialect::Postgres, &glued, &[7], Ok(("limit $1 0 $2 $3", &[7, 7, 7])));
        let names = [name(&["a"]), name(&["b"]), text("\"c\""), name(&["d"]), text("x")];
        check(Dialect::Postgres, &names, &[], Ok(("\"a\" \"b\" \"c\" \"d\" x", &[])));
        check(Dialect::Postgres, &[text("U&"), name(&["d"])], &[], Ok(("U& \"d\"", &[])));
    }

    #[test]
    fn refuses_what_cannot_be_rendered() {
        let dialect = Dialect::Sqlite;
        check(dialect, &[text("a\0b")], &[], Err("a NUL character in the statement text"));
        check(dialect, &[name(&["a\0b"])], &[], Err("a NUL character in an identifier"));
        check(dialect, &[name(&[])], &[], Err("an identifier has between one and four parts"));
        check(dialect, &[name(&["a", ""])], &[], Err("an identifier part is empty"));
        check(dialect, &[name(&[&"x".repeat(257)])], &[], Err("an identifier part is too long"));
        check(dialect, &[Fragment::Param(1)], &[7], Err("parameter 1 is used, but the statement brings only 1"));
    }
}
