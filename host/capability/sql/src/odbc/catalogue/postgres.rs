//! PostgreSQL, with the statements of its own driver.

use patchbay_capability::sql::{ColumnInfo, ForeignKey, TableInfo, UniqueKey, Value};

use super::{Ask, Found, Trouble, empty, text};
use crate::postgres::catalogue::{self, COLUMNS, CONSTRAINTS, KEYS, RELATION, TABLES};

pub(super) fn tables(ask: &mut Ask<'_>) -> Result<Vec<Vec<String>>, Trouble> {
    let mut tables = Vec::new();
    for row in ask.rows(TABLES, &[])? {
        let (schema, table) = (row.needed(0), row.needed(1));
        if row.truth(2) {
            tables.push(vec![table.clone()]);
        }
        tables.push(vec![schema, table]);
    }
    Ok(tables)
}

pub(super) fn describe(ask: &mut Ask<'_>, name: &[String]) -> Result<Option<TableInfo>, Trouble> {
    let (schema, table) = match name {
        [table] => (Value::Null, table),
        [schema, table] => (text(schema), table),
        _ => return Ok(None),
    };
    let found = ask.rows(RELATION, &[text(table), schema.clone()])?;
    let Some(relation) = found.first() else { return Ok(None) };
    let id = [Value::Integer(relation.number(0))];
    let mut info = empty(vec![relation.needed(1)], relation.truth(3));
    if schema != Value::Null {
        info.name.insert(0, relation.needed(2));
    }
    for row in ask.rows(COLUMNS, &id)? {
        info.columns.push(column(ask, &row)?);
    }
    for row in ask.rows(KEYS, &id)? {
        let (name, columns) = (row.needed(1), list(&row, 2));
        ask.session.constraints.remember(table, &name, columns.clone());
        info.deferrable |= row.truth(3);
        if row.truth(0) {
            info.primary_key = columns;
        } else {
            info.unique_keys.push(UniqueKey { name: Some(name), columns });
        }
    }
    for row in ask.rows(CONSTRAINTS, &id)? {
        let (name, columns) = (row.needed(0), list(&row, 2));
        ask.session.constraints.remember(table, &name, columns.clone());
        if row.needed(1) == "f" {
            let mut parent = vec![row.needed(4)];
            if !row.truth(5) {
                parent.insert(0, row.needed(3));
            }
            info.foreign_keys.push(ForeignKey { name: Some(name), columns, table: parent, references: list(&row, 6) });
        }
    }
    Ok(Some(info))
}

fn column(ask: &mut Ask<'_>, row: &Found) -> Result<ColumnInfo, Trouble> {
    let base = row.needed(2);
    let case_sensitive = match row.text(10) {
        _ if base == "citext" => false,
        Some(collation) => {
            let question = catalogue::case_question(&row.needed(11), &collation);
            ask.rows(&question, &[])?.first().is_none_or(|answer| answer.truth(0))
        }
        None => true,
    };
    let default = row.text(9);
    let traits = catalogue::Traits {
        typmod: i32::try_from(row.number(4)).unwrap_or(-1),
        computed: row.truth(7),
        identity: row.truth(6),
        filled: row.truth(8),
        default: default.as_deref(),
    };
    Ok(ColumnInfo {
        name: row.needed(0),
        type_name: row.needed(1),
        kind: catalogue::kind(&base, &row.needed(3)),
        nullable: !row.truth(5),
        generation: traits.generation(),
        max_length: traits.max_length(&base),
        padded: traits.padded(&base),
        case_sensitive,
    })
}

/// The elements of an array of names, as the server writes it: `{a,"b c"}`.
fn list(row: &Found, index: usize) -> Vec<String> {
    elements(&row.needed(index))
}

fn elements(array: &str) -> Vec<String> {
    let Some(inner) = array.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else { return Vec::new() };
    let mut elements = Vec::new();
    let mut chars = inner.chars().peekable();
    while chars.peek().is_some() {
        let mut element = String::new();
        if chars.next_if_eq(&'"').is_some() {
            while let Some(c) = chars.next().filter(|c| *c != '"') {
                element.extend(if c == '\\' { chars.next() } else { Some(c) });
            }
        } else {
            while let Some(c) = chars.next_if(|c| *c != ',') {
                element.push(c);
            }
        }
        elements.push(element);
        chars.next_if_eq(&',');
    }
    elements
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrays_of_names() {
        for (array, expected) in [
            ("{}", vec![]),
            ("{a}", vec!["a"]),
            ("{a,b_c}", vec!["a", "b_c"]),
            (r#"{"a b","x\"y\\z",c}"#, vec!["a b", "x\"y\\z", "c"]),
            (r#"{"a,b"}"#, vec!["a,b"]),
        ] {
            assert_eq!(elements(array), expected, "{array}");
        }
    }
}
