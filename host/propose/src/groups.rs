//! Which table holds the groups, and which one says who is in them.

use patchbay_capability::sql::ColumnKind;

use crate::database::{Table, is_needed, same_family};
use crate::draft::{Draft, Failure};
use crate::interview::{Confidence, Question};
use crate::names::Name;
use crate::relations::Link;
use crate::roles;
use crate::vocabulary;

/// Below this, a table does not look like groups.
const ENOUGH: i32 = 60;
/// From here on, names and constraints agree.
const SURE: i32 = 85;
/// Two tables whose scores are this near are asked about.
const NEAR: i32 = 11;
/// Columns of a junction table at most.
const MAX_JUNCTION: usize = 8;

/// Groups and their members.
#[derive(Debug, Clone)]
pub(crate) struct Groups {
    /// The table of groups.
    pub(crate) place: usize,
    /// Its column with the name.
    pub(crate) name: String,
    /// Who is in them.
    pub(crate) members: Junction,
}

/// A table with a row per group and member.
#[derive(Debug, Clone)]
pub(crate) struct Junction {
    /// The table.
    pub(crate) place: usize,
    /// Its columns with the user's key.
    pub(crate) user: Vec<String>,
    /// Its columns with the group's key.
    pub(crate) group: Vec<String>,
    /// Whether rows can be added: nothing else has to have a value.
    pub(crate) writable: bool,
    score: i32,
    reason: &'static str,
}

/// A table that may hold groups.
struct Candidate {
    groups: Groups,
    score: i32,
    reasons: Vec<String>,
}

/// Chooses the table of groups; none where there is none.
pub(crate) fn choose(draft: &mut Draft<'_>, users: usize) -> Result<Option<Groups>, Failure> {
    let hint = match &draft.hints.groups {
        Some(name) => Some(draft.named(name)?),
        None => None,
    };
    let tables: Vec<(usize, &Table)> = draft.tables().filter(|(place, _)| *place != users).collect();
    let around: Vec<(usize, &Table, Link)> = tables
        .iter()
        .filter_map(|(place, table)| Some((*place, *table, of_users(draft, users, *place, table)?)))
        .collect();
    let mut candidates: Vec<Candidate> =
        tables.iter().filter_map(|(place, table)| candidate(draft, &around, *place, table)).collect();
    candidates.sort_by_key(|candidate| (-candidate.score, candidate.groups.place));
    if let Some(hint) = hint {
        candidates.retain(|candidate| candidate.groups.place == hint);
        if candidates.is_empty() {
            let name = draft.hints.groups.as_deref().unwrap_or_default();
            draft.note(format!(
                "`{name}` is not proposed as groups: no table has a row per group and user, with the keys of both."
            ));
            return Ok(None);
        }
    } else {
        candidates.retain(|candidate| candidate.score >= ENOUGH);
    }
    let title = |candidate: &Candidate| draft.table(candidate.groups.place).map(Table::title).unwrap_or_default();
    let titles: Vec<String> = candidates.iter().map(title).collect();
    let Some(best) = candidates.first() else {
        draft.note("No groups were found: no table has a name column and a row per user in another table.");
        return Ok(None);
    };
    let doubt = candidates.get(1).is_some_and(|second| best.score - second.score < NEAR);
    let mut chosen = 0;
    if doubt {
        let mut options = titles.clone();
        options.push("none: there are no groups to provision".to_owned());
        let question = Question {
            text: "Which table holds the groups?".to_owned(),
            because: "several have names, and users in them".to_owned(),
            options,
            default: 0,
        };
        chosen = draft.ask(&question, |table| format!("The groups are in `{table}`; other tables look alike."))?;
    }
    for (place, other) in titles.iter().enumerate().filter(|(place, _)| *place != chosen) {
        let Some(junction) = candidates.get(place).and_then(|c| draft.table(c.groups.members.place)) else { continue };
        let table = junction.title();
        draft.note(format!("`{other}` could be groups as well, with `{table}` as membership; it is left alone."));
    }
    let Some(Candidate { groups, score, reasons }) = candidates.into_iter().nth(chosen) else { return Ok(None) };
    let confidence = if score >= SURE { Confidence::Sure } else { Confidence::Likely };
    draft.found("groups", titles.get(chosen).map_or("", String::as_str), confidence, reasons.join(", "));
    let junction = draft.table(groups.members.place).map(Table::title).unwrap_or_default();
    draft.found("membership", junction, confidence, groups.members.reason);
    Ok(Some(groups))
}

/// Where a small table points at the users.
fn of_users(draft: &Draft<'_>, users: usize, place: usize, table: &Table) -> Option<Link> {
    if table.info.view || table.info.columns.len() > MAX_JUNCTION {
        return None;
    }
    let links = draft.relations.from(place);
    let declared = links.iter().find(|link| link.to == users).cloned();
    declared.or_else(|| by_word(draft, table, users, vocabulary::is_people, links))
}

/// A table with a name column and a junction to the users, which is one of those `around`
/// them.
fn candidate(draft: &Draft<'_>, around: &[(usize, &Table, Link)], place: usize, table: &Table) -> Option<Candidate> {
    if table.info.view || table.key().is_empty() {
        return None;
    }
    let name = roles::group_name(table)?;
    let junctions = around.iter().filter(|(other, ..)| *other != place);
    let members = junctions
        .filter_map(|(other, junction, user)| self::junction(draft, user, place, *other, junction))
        .max_by_key(|junction| junction.score)?;
    let mut score = 40 + members.score;
    let mut reasons = vec!["users are in it".to_owned()];
    let own = Name::of(table.own_name());
    if let Some(points) = vocabulary::names_groups(&own) {
        score += points;
        reasons.push("the table's name".to_owned());
    }
    if table.is_unique(&name) {
        score += 15;
        reasons.push(format!("`{name}` is unique"));
    }
    Some(Candidate { groups: Groups { place, name, members }, score, reasons })
}

/// A table with the keys of a user and of a group, and little else.
fn junction(draft: &Draft<'_>, user: &Link, groups: usize, place: usize, table: &Table) -> Option<Junction> {
    let links = draft.relations.from(place);
    let declared = links.iter().find(|link| link.to == groups).cloned();
    let group = declared.or_else(|| by_word(draft, table, groups, vocabulary::is_group, links))?;
    if user.columns.iter().any(|column| group.columns.contains(column)) {
        return None;
    }
    let both: Vec<&String> = user.columns.iter().chain(&group.columns).collect();
    let exactly = |key: &[String]| key.len() == both.len() && key.iter().all(|column| both.contains(&column));
    let is_key = exactly(&table.info.primary_key) || table.info.unique_keys.iter().any(|key| exactly(&key.columns));
    let others = table.info.columns.iter().filter(|column| !both.contains(&&column.name));
    let writable = others.clone().all(|column| !is_needed(column));
    let own = Name::of(table.own_name());
    let mut score = if is_key { 25 } else { 0 };
    score += if writable { 5 } else { -10 };
    score += if others.count() <= 2 { 5 } else { 0 };
    score += if vocabulary::names_membership(&own) { 10 } else { 0 };
    if vocabulary::is_aside(&own) {
        score -= 40;
    }
    let reason = match (user.declared && group.declared, is_key) {
        (true, true) => "foreign keys to both, which together are its key",
        (true, false) => "foreign keys to both",
        (false, true) => "columns named like the keys of both, which together are its key",
        (false, false) => "columns named like the keys of both",
    };
    (score > 0).then(|| Junction { place, user: user.columns.clone(), group: group.columns, writable, score, reason })
}

/// A column that is called like users or groups in general, `member_id`, or just as the key
/// is, `uid`.
fn by_word(draft: &Draft<'_>, table: &Table, target: usize, is_word: fn(&str) -> bool, links: &[Link]) -> Option<Link> {
    let other = draft.table(target)?;
    let [key] = other.key() else { return None };
    let key = other.column(key)?;
    let fits = |column: &&patchbay_capability::sql::ColumnInfo| {
        let (subject, _) = Name::of(&column.name).subject();
        column.kind != ColumnKind::Boolean
            && same_family(column, key)
            && !links.iter().any(|link| link.columns.contains(&column.name))
            && (is_word(&subject) || column.name == key.name && !key.name.eq_ignore_ascii_case("id"))
    };
    let mut found = table.info.columns.iter().filter(fits);
    let column = found.next()?;
    found.next().is_none().then(|| Link { columns: vec![column.name.clone()], to: target, declared: false })
}
