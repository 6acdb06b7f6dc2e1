//! Columns that say yes or no: whether an account may be used, whether a row is deleted.

use patchbay_capability::sql::{ColumnInfo, ColumnKind, Generation, Value};

use crate::database::{Samples, Table};
use crate::draft::Draft;
use crate::interview::{Confidence, Question, Stopped};
use crate::mask;
use crate::names::Name;
use crate::proposal::{Constant, Line, Values};
use crate::vocabulary::{self, Role};

/// What is offered beside values.
const NOT_MAPPED: &str = "none: do not map `active`";

/// The line of `active`; none where no column tells, or nobody knows how.
pub(crate) fn active(draft: &mut Draft<'_>, table: &Table, taken: &[String]) -> Result<Option<Line>, Stopped> {
    let own = Name::of(table.own_name());
    let mut found: Vec<(bool, usize, &ColumnInfo, bool)> = Vec::new();
    for column in table.info.columns.iter().filter(|column| !taken.contains(&column.name)) {
        let boolean = column.kind == ColumnKind::Boolean;
        if !boolean && !matches!(column.kind, ColumnKind::Integer | ColumnKind::Text) {
            continue;
        }
        for (role, inverted) in [(Role::Active, false), (Role::Inactive, true)] {
            if let Some(rank) = vocabulary::rank(&Name::of(&column.name), &own, role) {
                found.push((!boolean, rank, column, inverted));
            }
        }
    }
    let Some((_, _, column, inverted)) = found.into_iter().min_by_key(|(no_boolean, rank, ..)| (*no_boolean, *rank))
    else {
        let table = table.title();
        draft.note(format!("No column of `{table}` says whether an account may be used: `active` is not mapped."));
        return Ok(None);
    };
    let truth = match column.kind {
        ColumnKind::Boolean if inverted => Some((
            Values::Truth(Constant::Boolean(false), Constant::Boolean(true)),
            Confidence::Sure,
            "a truth value, the other way round".to_owned(),
        )),
        ColumnKind::Boolean => Some((Values::Same, Confidence::Sure, "a truth value".to_owned())),
        _ => codes(draft, table, column, inverted)?,
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

type Truth = (Values, Confidence, String);

/// Which codes mean that an account may be used, and that it may not. `inverted`: the
/// column says that something is blocked, so its yes is SCIM's no.
fn codes(draft: &mut Draft<'_>, table: &Table, column: &ColumnInfo, inverted: bool) -> Result<Option<Truth>, Stopped> {
    let none = Samples::default();
    let samples = table.samples_of(&column.name).unwrap_or(&none);
    let values: Vec<Constant> = samples.values().iter().filter_map(|(value, _)| constant(value)).collect();
    let numbers = column.kind == ColumnKind::Integer;
    let (yes, no) = (|| if inverted { 0 } else { 1 }, || if inverted { 1 } else { 0 });
    let only_bits = values.iter().all(|value| matches!(value, Constant::Integer(0 | 1)));
    if numbers && only_bits {
        let seen = values.len() == 2;
        let confidence = if seen { Confidence::Sure } else { Confidence::Likely };
        let reason = if seen { "0 and 1 are in it" } else { "a number, so 0 or 1 as usual" };
        let truth = Values::Truth(Constant::Integer(yes()), Constant::Integer(no()));
        return Ok(Some((truth, confidence, reason.to_owned())));
    }
    let meaning = |value: &Constant| match value {
        Constant::Text(text) => {
            let meant = vocabulary::means_active(text);
            // `gesperrt = 'J'`: yes and no mean the opposite, `aktiv` would not.
            if inverted { meant.map(|active| !active) } else { meant }
        }
        Constant::Integer(0) => Some(inverted),
        Constant::Integer(1) => Some(!inverted),
        _ => None,
    };
    let of = |wanted: bool| values.iter().find(|value| meaning(value) == Some(wanted)).cloned();
    let (mut active, mut inactive) = (of(true), of(false));
    let shown = || samples.distinct() > 0 && mask::is_code(column, samples);
    let mut reason = match values.len() {
        0 => "no values were seen".to_owned(),
        _ if shown() => {
            let texts: Vec<String> = samples.values().iter().map(|(value, _)| mask::show(value)).collect();
            format!("values seen: {}", texts.join(", "))
        }
        many => format!("{many} values seen"),
    };
    let mut confidence = if values.len() == 2 { Confidence::Sure } else { Confidence::Likely };
    if let (Some(only), [_]) = (active.as_ref().or(inactive.as_ref()), values.as_slice())
        && let Constant::Text(text) = only
        && let Some((_, other)) = vocabulary::counterpart(text)
    {
        // 'Y' was seen, so the other one is 'N'.
        let other = Some(Constant::Text(other));
        if active.is_none() {
            active = other
        } else {
            inactive = other
        }
        confidence = Confidence::Likely;
        reason.push_str("; the other one goes with it");
    }
    if let ([one, two], true) = (values.as_slice(), active.is_some() != inactive.is_some()) {
        let known = active.as_ref().or(inactive.as_ref());
        let other = if known == Some(one) { two } else { one };
        if active.is_none() {
            active = Some(other.clone())
        } else {
            inactive = Some(other.clone())
        }
        confidence = Confidence::Likely;
    }
    if samples.distinct() > 2 * values.len().max(8) {
        return Ok(None);
    }
    if let (Some(active), Some(inactive)) = (&active, &inactive) {
        return Ok(Some((Values::Truth(active.clone(), inactive.clone()), confidence, reason)));
    }
    if values.len() < 2 {
        return Ok(None);
    }
    let place = format!("{}.{}", table.title(), column.name);
    let mut chosen = Vec::new();
    for (known, what) in [(active, "may be used"), (inactive, "may not be used")] {
        if let Some(known) = known {
            chosen.push(known);
            continue;
        }
        let left: Vec<&Constant> = values.iter().filter(|value| !chosen.contains(*value)).take(8).collect();
        let mut options: Vec<String> = left.iter().map(|value| describe(value)).collect();
        options.push(NOT_MAPPED.to_owned());
        let question = Question {
            text: format!("Which value of `{place}` means that an account {what}?"),
            because: reason.clone(),
            default: left.len(),
            options,
        };
        let option = draft.ask(&question, |_| format!("`active` is not mapped: nobody said what `{place}` means."))?;
        match left.get(option) {
            Some(value) => chosen.push((*value).clone()),
            None => return Ok(None),
        }
    }
    let [active, inactive] = chosen.as_slice() else { return Ok(None) };
    Ok(Some((Values::Truth(active.clone(), inactive.clone()), Confidence::Sure, "you said so".to_owned())))
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

/// A value for a person to choose.
fn describe(value: &Constant) -> String {
    match value {
        Constant::Boolean(value) => value.to_string(),
        Constant::Integer(number) => number.to_string(),
        Constant::Text(text) => mask::show(&Value::Text(text.clone())),
        Constant::Now => "now".to_owned(),
    }
}
