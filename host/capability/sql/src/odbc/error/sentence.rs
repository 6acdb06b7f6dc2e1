//! What PostgreSQL's sentences tell: its driver passes none of the server's fields on.

use crate::postgres;

/// What a sentence names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Names {
    pub(super) constraint: Option<String>,
    pub(super) table: Option<String>,
    pub(super) columns: Vec<String>,
}

/// The first line: detail, which holds values, and the driver's own remarks come after it.
pub(super) fn first(sentence: &str) -> &str {
    sentence.lines().next().unwrap_or_default().trim_end_matches(';')
}

/// Whether it is about a row that others still point at: no column is to blame then.
pub(super) fn is_of_parent(sentence: &str) -> bool {
    sentence.contains("still referenced") || sentence.starts_with("update or delete on table")
}

/// Names in a sentence of PostgreSQL, which is in English.
pub(super) fn of_postgres(sentence: &str) -> Names {
    let main = first(sentence);
    let main = main.strip_prefix("ERROR: ").unwrap_or(main);
    let on = |mark: &str| after(main, mark);
    if main.starts_with("update or delete on table") {
        // ... on table "team" violates foreign key constraint "k" on table "person"
        return Names { constraint: on("constraint "), table: on("\" on table "), columns: Vec::new() };
    }
    let columns = if main.starts_with("null value in column ") {
        on("column ").into_iter().collect()
    } else {
        sentence.lines().skip(1).find(|line| line.contains(")=(")).map(postgres::error::key_columns).unwrap_or_default()
    };
    Names {
        constraint: on("constraint "),
        table: on("of relation ")
            .or_else(|| on("on table "))
            .or_else(|| on("for relation "))
            .or_else(|| on("relation ")),
        columns,
    }
}

/// All names in double quotes.
pub(super) fn quoted(text: &str) -> impl Iterator<Item = String> {
    text.split('"').skip(1).step_by(2).map(str::to_owned)
}

/// The name in double quotes that follows `mark`.
fn after(text: &str, mark: &str) -> Option<String> {
    let (_, rest) = text.split_once(mark)?;
    let (name, _) = rest.trim_start().strip_prefix('"')?.split_once('"')?;
    Some(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(sentence: &str, constraint: &str, table: &str, columns: &[&str]) {
        let name = |name: &str| Some(name.to_owned()).filter(|name| !name.is_empty());
        let columns = columns.iter().map(|column| (*column).to_owned()).collect();
        let expected = Names { constraint: name(constraint), table: name(table), columns };
        assert_eq!(of_postgres(sentence), expected, "{sentence}");
    }

    #[test]
    fn names() {
        check(
            "ERROR: duplicate key value violates unique constraint \"person_login_once\";\nDETAIL: Key (login)=(x)",
            "person_login_once",
            "",
            &["login"],
        );
        check(
            "ERROR: null value in column \"login\" of relation \"person\" violates not-null constraint;\nx",
            "",
            "person",
            &["login"],
        );
        check("ERROR: new row for relation \"person\" violates check constraint \"known\";\nx", "known", "person", &[]);
        check(
            "ERROR: insert or update on table \"person\" violates foreign key constraint \"k\";\nx",
            "k",
            "person",
            &[],
        );
        check(
            "ERROR: update or delete on table \"team\" violates foreign key constraint \"k\" on table \"person\";",
            "k",
            "person",
            &[],
        );
    }
}
