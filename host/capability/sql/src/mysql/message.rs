//! What the server's messages tell: they are the only place where it names keys, tables
//! and columns. They are in English, as each session asks for that.

/// What a message says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// The message without the values it quotes.
    pub(crate) message: String,
    pub(crate) constraint: Option<String>,
    pub(crate) table: Option<String>,
    pub(crate) columns: Vec<String>,
}

/// Reads the message of the error with this number.
pub(crate) fn read(code: u16, message: &str) -> Found {
    match code {
        // Duplicate entry 'ann' for key 'person_login_once', or 'person.person_login_once'
        1062 | 1586 | 1859 => duplicate(message),
        // ... fails (`db`.`person`, CONSTRAINT `person_team` FOREIGN KEY (`team_id`) REFERENCES ...
        1451 | 1452 => foreign_key(code, message),
        // CONSTRAINT `person_state_known` failed for `db`.`person`
        4025 => {
            let mut names = quoted(message, '`');
            let table = names.pop();
            // A column's own check is named `person`.`state`.
            let (constraint, columns) = match names.as_slice() {
                [owner, column, _] if Some(owner) == table.as_ref() => (column.clone(), vec![column.clone()]),
                [name, ..] => (name.clone(), Vec::new()),
                [] => return Found { message: message.to_owned(), table, ..Found::default() },
            };
            Found { message: message.to_owned(), constraint: Some(constraint), table, columns }
        }
        // Check constraint 'person_state_known' is violated.
        3819 => Found { message: message.to_owned(), constraint: quoted(message, '\'').pop(), ..Found::default() },
        // Column 'login' cannot be null; Field 'login' doesn't have a default value;
        // Data too long for column 'login' at row 1; Out of range value for column ...
        1048 | 1263 | 1264 | 1265 | 1364 | 1406 => column(message),
        // Incorrect integer value: 'x' for column `db`.`person`.`age` at row 1
        1366 | 1292 => incorrect(message),
        // They quote a piece of the statement, or a value.
        1064 | 1367 | 1411 | 1525 | 1690 | 3140 | 3141 => {
            Found { message: without_quotes(message, '\''), ..Found::default() }
        }
        _ => Found { message: message.to_owned(), ..Found::default() },
    }
}

fn duplicate(message: &str) -> Found {
    const BETWEEN: &str = "' for key '";
    let Some((head, key)) = message.rsplit_once(BETWEEN) else {
        return Found { message: without_quotes(message, '\''), ..Found::default() };
    };
    let key = key.strip_suffix('\'').unwrap_or(key);
    let start = head.split_once('\'').map_or("", |(start, _)| start);
    let (table, constraint) = match key.split_once('.') {
        Some((table, constraint)) => (Some(table.to_owned()), constraint),
        None => (None, key),
    };
    Found {
        message: format!("{start}*** for key '{key}'"),
        constraint: Some(constraint.to_owned()),
        table,
        columns: Vec::new(),
    }
}

fn foreign_key(code: u16, message: &str) -> Found {
    let (tables, rest) = message.split_once(", CONSTRAINT ").unwrap_or((message, ""));
    let (constraint, rest) = rest.split_once(" FOREIGN KEY (").unwrap_or((rest, ""));
    let (columns, _) = rest.split_once(") REFERENCES ").unwrap_or((rest, ""));
    Found {
        message: message.to_owned(),
        constraint: quoted(constraint, '`').pop(),
        table: quoted(tables, '`').pop(),
        // Where a parent goes, no column of the child is to blame.
        columns: if code == 1452 { quoted(columns, '`') } else { Vec::new() },
    }
}

fn column(message: &str) -> Found {
    let column = quoted(message, '\'').into_iter().next();
    Found { message: message.to_owned(), columns: column.into_iter().collect(), ..Found::default() }
}

fn incorrect(message: &str) -> Found {
    match message.rsplit_once(" for column ") {
        Some((head, tail)) => {
            let mut names = quoted(tail, if tail.starts_with('`') { '`' } else { '\'' });
            let column = names.pop();
            Found {
                message: format!("{} for column {tail}", without_quotes(head, '\'')),
                table: names.pop(),
                columns: column.into_iter().collect(),
                constraint: None,
            }
        }
        None => Found { message: without_quotes(message, '\''), ..Found::default() },
    }
}

/// All that stands in this kind of quotes; a doubled quote is one of the name's own.
fn quoted(text: &str, quote: char) -> Vec<String> {
    let mut found = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != quote {
            continue;
        }
        let mut name = String::new();
        while let Some(c) = chars.next() {
            if c == quote && chars.next_if_eq(&quote).is_none() {
                found.push(std::mem::take(&mut name));
                break;
            }
            name.push(c);
        }
    }
    found
}

/// `Incorrect integer value: 'x'` without the `x`, from the first quote to the last.
fn without_quotes(message: &str, quote: char) -> String {
    let Some((head, rest)) = message.split_once(quote) else { return message.to_owned() };
    let tail = rest.rsplit_once(quote).map_or("", |(_, tail)| tail);
    format!("{head}***{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(code: u16, message: &str, expected: (&str, Option<&str>, Option<&str>, &[&str])) {
        let found = read(code, message);
        let columns: Vec<&str> = found.columns.iter().map(String::as_str).collect();
        assert_eq!(
            (found.message.as_str(), found.constraint.as_deref(), found.table.as_deref(), columns.as_slice()),
            expected
        );
    }

    #[test]
    fn messages_name_what_is_at_fault_and_no_value() {
        check(
            1062,
            "Duplicate entry 'it's' for key 'x' for key 'login_once'",
            ("Duplicate entry *** for key 'login_once'", Some("login_once"), None, &[]),
        );
        check(
            1062,
            "Duplicate entry 'ann' for key 'person.login_once'",
            ("Duplicate entry *** for key 'person.login_once'", Some("login_once"), Some("person"), &[]),
        );
        let key = "(`desk`.`person`, CONSTRAINT `person_team` FOREIGN KEY (`a``b`, `c`) REFERENCES `team` (`x`, `y`))";
        check(1452, key, (key, Some("person_team"), Some("person"), &["a`b", "c"]));
        check(1451, key, (key, Some("person_team"), Some("person"), &[]));
        let plain = "CONSTRAINT `state_known` failed for `desk`.`person`";
        check(4025, plain, (plain, Some("state_known"), Some("person"), &[]));
        let own = "CONSTRAINT `person.state` failed for `desk`.`person`";
        check(4025, own, (own, Some("person.state"), Some("person"), &[]));
        let violated = "Check constraint 'state_known' is violated.";
        check(3819, violated, (violated, Some("state_known"), None, &[]));
        let null = "Column 'login' cannot be null";
        check(1048, null, (null, None, None, &["login"]));
        check(
            1366,
            "Incorrect integer value: 'hun'ter2' for column `desk`.`t`.`n` at row 1",
            ("Incorrect integer value: *** for column `desk`.`t`.`n` at row 1", None, Some("t"), &["n"]),
        );
        check(
            1292,
            "Truncated incorrect DOUBLE value: 'hunter2'",
            ("Truncated incorrect DOUBLE value: ***", None, None, &[]),
        );
        check(1064, "You have an error near 'x' at line 1", ("You have an error near *** at line 1", None, None, &[]));
    }
}
