//! Tables with several rows per user: addresses, phones, roles.

use patchbay_capability::sql::{ColumnInfo, ColumnKind};

use crate::class::Builder;
use crate::content;
use crate::database::{Table, is_needed};
use crate::draft::Draft;
use crate::flags;
use crate::groups::Groups;
use crate::interview::Confidence;
use crate::mask;
use crate::names::Name;
use crate::proposal::{Constant, Line, List, Values};
use crate::relations::Link;
use crate::vocabulary::{self, Role};

/// Columns of such a table at most.
const MAX_COLUMNS: usize = 10;

/// What such a table holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Matter {
    Mails,
    Phones,
    Roles,
    Entitlements,
}

impl Matter {
    /// SCIM's attribute.
    fn attribute(self) -> &'static str {
        match self {
            Self::Mails => "emails",
            Self::Phones => "phoneNumbers",
            Self::Roles => "roles",
            Self::Entitlements => "entitlements",
        }
    }

    /// What SCIM calls the kinds of its values; none where it has no kinds.
    fn kinds(self) -> &'static [&'static str] {
        match self {
            Self::Mails => &["work", "home", "other"],
            Self::Phones => &["work", "home", "mobile", "fax", "pager", "other"],
            Self::Roles | Self::Entitlements => &[],
        }
    }
}

/// Adds what other tables hold of a user.
pub(crate) fn lists(draft: &mut Draft<'_>, builder: &mut Builder<'_>, users: usize, groups: Option<&Groups>) {
    let not = |place: usize| {
        place == users || groups.is_some_and(|groups| groups.place == place || groups.members.place == place)
    };
    let tables: Vec<(usize, &Table)> = draft.tables().filter(|(place, _)| !not(*place)).collect();
    for (place, table) in tables {
        let own = Name::of(table.own_name());
        if vocabulary::is_aside(&own) || table.info.columns.len() > MAX_COLUMNS {
            continue;
        }
        // A table that leads elsewhere, too, is about more than the user.
        let [link] = draft.relations.from(place) else { continue };
        if link.to != users {
            continue;
        }
        let link = link.clone();
        if let Some((matter, value, confidence, reason)) = value(table, &link) {
            add(draft, builder, table, &link, matter, value, confidence, reason);
        }
    }
}

/// The column with the values, and what they are.
fn value<'a>(table: &'a Table, link: &Link) -> Option<(Matter, &'a ColumnInfo, Confidence, &'static str)> {
    let own = Name::of(table.own_name());
    let texts = || {
        table.info.columns.iter().filter(|column| {
            column.kind == ColumnKind::Text && !link.columns.contains(&column.name) && column.max_length != Some(1)
        })
    };
    let named = |column: &ColumnInfo, role: Role| vocabulary::rank(&Name::of(&column.name), &own, role).is_some();
    let titled = |role: Role| own.words().iter().any(|word| vocabulary::is(role, word));
    let filled = |column: &&ColumnInfo| table.samples_of(&column.name).is_some_and(|samples| samples.filled() > 0);
    let like = |column: &&ColumnInfo, test: fn(&str) -> bool| {
        table.samples_of(&column.name).is_some_and(|samples| samples.mostly(test))
    };
    if let Some(column) = texts().find(|column| like(column, content::is_mail)) {
        return Some((Matter::Mails, column, Confidence::Sure, "addresses are in it"));
    }
    let untested = |column: &&ColumnInfo| !filled(column);
    if let Some(column) = texts().filter(untested).find(|column| named(column, Role::Mail)) {
        return Some((Matter::Mails, column, Confidence::Likely, "the name says so"));
    }
    let phone = |column: &&ColumnInfo| named(column, Role::WorkPhone) || named(column, Role::MobilePhone);
    if titled(Role::WorkPhone) || texts().any(|column| phone(&column)) {
        let numbers = texts().find(|column| like(column, content::is_phone));
        if let Some(column) = numbers.or_else(|| texts().filter(untested).find(phone)) {
            return Some((Matter::Phones, column, Confidence::Likely, "numbers are in it"));
        }
    }
    let left: Vec<&ColumnInfo> = texts().collect();
    let only = match left.as_slice() {
        [only] => Some(*only),
        _ => None,
    };
    for (role, matter) in [(Role::Roles, Matter::Roles), (Role::Entitlements, Matter::Entitlements)] {
        let column = texts().find(|column| named(column, role)).or(only.filter(|_| titled(role)));
        if let Some(column) = column {
            return Some((matter, column, Confidence::Likely, "the name says so"));
        }
    }
    None
}

#[expect(clippy::too_many_arguments, reason = "what one table brings together")]
fn add(
    draft: &mut Draft<'_>,
    builder: &mut Builder<'_>,
    table: &Table,
    link: &Link,
    matter: Matter,
    value: &ColumnInfo,
    confidence: Confidence,
    reason: &str,
) {
    let prefix = matter.attribute();
    if builder.class.lines.iter().any(|line| line.path.starts_with(prefix)) {
        draft.note(format!("`{}` holds {prefix} as well; it is left alone.", table.title()));
        return;
    }
    let (kinds, others) = if matter.kinds().is_empty() { (Vec::new(), 0) } else { kinds(table, link, value, matter) };
    if others > 0 {
        draft.note(format!(
            "`{}` has rows of {others} other kinds, or of more than one that SCIM calls the same: they are left alone.",
            table.title()
        ));
    }
    let kind_column = kinds.first().map(|kind| kind.column.clone());
    let given = |column: &&ColumnInfo| {
        link.columns.contains(&column.name) || column.name == value.name || Some(&column.name) == kind_column.as_ref()
    };
    let read_only = table.info.view
        || builder.class.read_only
        || table.info.columns.iter().filter(|column| !given(column)).any(is_needed);
    if read_only && !builder.class.read_only {
        draft.note(format!(
            "`{}` has columns that must have a value and that nothing gives one: its {prefix} are for reading only.",
            table.title()
        ));
    }
    let mut list = |name: &str, path: String, fixed: Vec<(String, Constant)>, reason: String| {
        let name = builder.fresh(name);
        builder.class.lists.push(List {
            name: name.clone(),
            table: table.info.name.clone(),
            parent: link.columns.clone(),
            value: vec![value.name.clone()],
            class: None,
            fixed,
            read_only,
            cheap: false,
        });
        let values = if read_only { Values::ReadOnly } else { Values::Same };
        builder.class.lines.push(Line { path, attribute: name, values, confidence, reason });
    };
    let own = table.own_name();
    if kinds.is_empty() {
        let path = match matter {
            Matter::Mails | Matter::Phones => format!("{prefix}[type eq \"work\"].value"),
            Matter::Roles | Matter::Entitlements => format!("{prefix}.value"),
        };
        list(own, path, Vec::new(), format!("rows of `{}`: {reason}", table.title()));
        return;
    }
    for kind in kinds {
        let shown = in_words(&kind.value);
        let reason = format!("rows of `{}` whose `{}` is {shown}: {reason}", table.title(), kind.column);
        let path = format!("{prefix}[type eq \"{}\"].value", kind.kind);
        list(&format!("{}_{own}", kind.kind), path, vec![(kind.column, kind.value)], reason);
        if kind.assumed {
            draft.proposal.assumptions.push(format!(
                "Rows of `{}` whose kind is {shown} are for `{}`: it is the commonest kind.",
                table.title(),
                kind.kind
            ));
        }
    }
}

/// A kind of values: which rows, and what SCIM calls it.
struct Kind {
    column: String,
    value: Constant,
    kind: &'static str,
    assumed: bool,
}

/// The kinds that a table tells apart, by a column with few codes; and how many more there
/// are.
fn kinds(table: &Table, link: &Link, value: &ColumnInfo, matter: Matter) -> (Vec<Kind>, usize) {
    let codes = table.info.columns.iter().filter(|column| {
        !link.columns.contains(&column.name)
            && column.name != value.name
            && matches!(column.kind, ColumnKind::Text | ColumnKind::Integer)
            && !table.info.primary_key.starts_with(std::slice::from_ref(&column.name))
    });
    for column in codes {
        let Some(samples) = table.samples_of(&column.name) else { continue };
        let few = samples.distinct() > 0 && samples.distinct() <= matter.kinds().len() + 2;
        if !few || !(vocabulary::is_code(&column.name) || mask::is_code(column, samples)) {
            continue;
        }
        let mut values: Vec<(Constant, usize)> =
            samples.values().iter().filter_map(|(value, count)| Some((flags::constant(value)?, *count))).collect();
        values.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let mut kinds: Vec<Kind> = Vec::new();
        for (value, _) in &values {
            let Constant::Text(text) = value else { continue };
            let known = vocabulary::kind(text).filter(|kind| matter.kinds().contains(kind));
            if let Some(kind) = known.filter(|kind| !kinds.iter().any(|other| other.kind == *kind)) {
                kinds.push(Kind { column: column.name.clone(), value: value.clone(), kind, assumed: false });
            }
        }
        if kinds.is_empty() {
            let first = values.first().map(|(value, _)| value.clone());
            let column = column.name.clone();
            kinds.extend(first.map(|value| Kind { column, value, kind: "work", assumed: true }));
        }
        let others = values.len().saturating_sub(kinds.len());
        return (kinds, others);
    }
    (Vec::new(), 0)
}

/// A constant in a sentence.
fn in_words(value: &Constant) -> String {
    match value {
        Constant::Text(text) => format!("'{text}'"),
        Constant::Integer(number) => number.to_string(),
        Constant::Boolean(value) => value.to_string(),
        Constant::Now => "now".to_owned(),
    }
}
