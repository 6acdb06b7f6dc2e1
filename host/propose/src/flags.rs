//! Columns that say yes or no: whether an account may be used, whether a row is deleted.

mod status;

use patchbay_capability::sql::{ColumnInfo, ColumnKind, Generation, Value};

use crate::database::Table;
use crate::draft::Draft;
use crate::interview::{Confidence, Question, Stopped};
use crate::names::Name;
use crate::proposal::{Constant, Line, Values};
use crate::vocabulary::{self, Role};

/// The line of `active`; none where no column tells, or nobody knows how.
pub(crate) fn active(draft: &mut Draft<'_>, table: &Table, taken: &[String]) -> Result<Option<Line>, Stopped> {
    let own = Name::of(table.own_name());
    let mut found: Vec<Candidate<'_>> = Vec::new();
    for column in table.info.columns.iter().filter(|column| !taken.contains(&column.name)) {
        let boolean = column.kind == ColumnKind::Boolean;
        if !boolean && !matches!(column.kind, ColumnKind::Integer | ColumnKind::Text) {
            continue;
        }
        for (role, inverted) in [(Role::Active, false), (Role::Inactive, true)] {
            let name = Name::of(&column.name);
            if let Some(rank) = vocabulary::rank(&name, &own, role) {
                let open = is_number(column) && vocabulary::names_states(&name, &own);
                found.push(Candidate { order: (open, !boolean, rank), column, inverted });
            }
        }
    }
    let Some(Candidate { order: (open, ..), column, inverted }) = found.into_iter().min_by_key(|found| found.order)
    else {
        let table = table.title();
        draft.note(format!("No column of `{table}` says whether an account may be used: `active` is not mapped."));
        return Ok(None);
    };
    let truth = match column.kind {
        ColumnKind::Boolean if !open && inverted => Some((
            Values::Truth(Constant::Boolean(false), Constant::Boolean(true)),
            Confidence::Sure,
            "a truth value, the other way round".to_owned(),
        )),
        ColumnKind::Boolean if !open => Some((Values::Same, Confidence::Sure, "a truth value".to_owned())),
        _ => status::codes(draft, table, column, inverted)?,
    };
    let Some((values, confidence, reason)) = truth else {
        draft.note(format!(
            "`{}.{}` looks like a status, but not which values mean what: `active` is not mapped. Write, for example, \
             active = {{ attribute = ..., values = {{ true = ..., false = ... }} }}",
            table.title(),
            column.name
        ));
        return Ok(None);
    };
    Ok(Some(Line { path: "active".to_owned(), attribute: column.name.clone(), values, confidence, reason }))
}

/// A column that may tell whether an account may be used.
struct Candidate<'a> {
    /// Whether it is a number whose name says nothing of what 0 and 1 mean, whether it is no
    /// truth value, and how well its name fits: the least is the best.
    order: (bool, bool, usize),
    column: &'a ColumnInfo,
    /// Whether its yes is SCIM's no.
    inverted: bool,
}

/// Whether a column holds numbers. MySQL has truth values in a short one, and states as well.
fn is_number(column: &ColumnInfo) -> bool {
    match column.kind {
        ColumnKind::Integer => true,
        ColumnKind::Boolean => column.type_name.to_ascii_lowercase().starts_with("tinyint"),
        _ => false,
    }
}

/// Columns that mark a row as deleted, and with what; none where there are none, or an
/// insert could not do without them.
pub(crate) fn soft_delete(
    draft: &mut Draft<'_>,
    table: &Table,
    taken: &[String],
) -> Result<Vec<(String, Constant)>, Stopped> {
    let own = Name::of(table.own_name());
    let is_free = |column: &&ColumnInfo| {
        !taken.contains(&column.name)
            && (column.nullable || matches!(column.generation, Generation::Default))
            && vocabulary::rank(&Name::of(&column.name), &own, Role::Deleted).is_some()
    };
    let marks: Vec<(String, Constant)> = table
        .info
        .columns
        .iter()
        .filter(is_free)
        .filter_map(|column| Some((column.name.clone(), mark(table, column)?)))
        .collect();
    if marks.is_empty() {
        return Ok(marks);
    }
    let columns: Vec<&str> = marks.iter().map(|(column, _)| column.as_str()).collect();
    let columns = columns.join(", ");
    let question = Question {
        text: format!("What does deleting a row of `{}` do?", table.title()),
        because: format!("it has {columns}"),
        options: vec![format!("marks it as deleted: {columns}"), "removes the row".to_owned()],
        default: 0,
    };
    let title = table.title();
    let option = draft.ask(&question, |_| format!("Deleting marks a row of `{title}` as deleted ({columns})."))?;
    Ok(if option == 0 { marks } else { Vec::new() })
}

/// What a column of this type is set to when its row is deleted.
fn mark(table: &Table, column: &ColumnInfo) -> Option<Constant> {
    match column.kind {
        // NULL is what tells rows that are not deleted.
        ColumnKind::Timestamp | ColumnKind::Date => column.nullable.then_some(Constant::Now),
        ColumnKind::Boolean => Some(Constant::Boolean(true)),
        ColumnKind::Integer => Some(Constant::Integer(1)),
        ColumnKind::Text => {
            let samples = table.samples_of(&column.name)?;
            let values: Vec<&str> = samples.texts().map(|(text, _)| text.trim_end()).collect();
            let [value] = values.as_slice() else {
                let yes = |value: &&&str| vocabulary::means_active(value) == Some(true);
                return values.iter().find(yes).map(|yes| Constant::Text((**yes).to_owned()));
            };
            // Rows that are not deleted have its opposite.
            let (active, other) = match vocabulary::counterpart(value) {
                Some(found) => found,
                None if value.eq_ignore_ascii_case("n") => (false, "Y".to_owned()),
                None => return None,
            };
            Some(Constant::Text(if active { (*value).to_owned() } else { other }))
        }
        _ => None,
    }
}

/// A value as a configuration can name it.
pub(crate) fn constant(value: &Value) -> Option<Constant> {
    match value {
        Value::Boolean(value) => Some(Constant::Boolean(*value)),
        Value::Integer(number) => Some(Constant::Integer(*number)),
        Value::Text(text) | Value::Other(text) => {
            let text = text.trim_end();
            (!text.is_empty()).then(|| Constant::Text(text.to_owned()))
        }
        _ => None,
    }
}
