//! Which table holds the users.

use patchbay_capability::sql::ColumnKind;

use crate::content;
use crate::database::Table;
use crate::draft::{Draft, Failure};
use crate::interview::{Confidence, Question};
use crate::names::Name;
use crate::proposal::Finding;
use crate::roles;
use crate::vocabulary::{self, Role};

/// Below this, a table does not look like users at all.
const ENOUGH: i32 = 40;
/// From here on, names and contents agree.
const SURE: i32 = 75;
/// Two tables whose scores are this near are asked about.
const NEAR: i32 = 15;
/// How many tables are offered, or shown where none is good enough.
const SHOWN: usize = 6;

/// A table that may hold users.
struct Candidate {
    place: usize,
    score: i32,
    reasons: Vec<&'static str>,
}

impl Candidate {
    fn confidence(&self) -> Confidence {
        match self.score {
            SURE.. => Confidence::Sure,
            score if score >= ENOUGH + 15 => Confidence::Likely,
            _ => Confidence::Guess,
        }
    }
}

/// Chooses the table of users.
pub(crate) fn choose(draft: &mut Draft<'_>) -> Result<usize, Failure> {
    if let Some(name) = &draft.hints.users {
        let place = draft.named(name)?;
        draft.found("users", name.as_str(), Confidence::Sure, "you said so");
        return Ok(place);
    }
    let mut candidates: Vec<Candidate> = draft.tables().map(|(place, table)| score(draft, place, table)).collect();
    candidates.sort_by_key(|candidate| (-candidate.score, candidate.place));
    let database = draft.database;
    let title = |candidate: &Candidate| database.tables.get(candidate.place).map(Table::title).unwrap_or_default();
    let good: Vec<&Candidate> = candidates.iter().filter(|candidate| candidate.score >= ENOUGH).take(SHOWN).collect();
    let Some(best) = good.first() else {
        let near = candidates.iter().filter(|candidate| candidate.score > 0).take(SHOWN);
        let near = near.map(|candidate| Finding {
            what: "users".to_owned(),
            place: title(candidate),
            confidence: Confidence::Guess,
            reason: candidate.reasons.join(", "),
        });
        return Err(Failure::NoUsers(near.collect()));
    };
    let doubt =
        best.confidence() == Confidence::Guess || good.get(1).is_some_and(|second| best.score - second.score < NEAR);
    let mut chosen = *best;
    if doubt && good.len() > 1 {
        let question = Question {
            text: "Which table holds the users?".to_owned(),
            because: format!("`{}`: {}", title(best), best.reasons.join(", ")),
            options: good.iter().map(|candidate| title(candidate)).chain(["none of these".to_owned()]).collect(),
            default: 0,
        };
        let option =
            draft.ask(&question, |table| format!("The users are in `{table}`; other tables look much alike."))?;
        let Some(candidate) = good.get(option) else { return Err(Failure::NoUsers(Vec::new())) };
        chosen = candidate;
    } else if doubt {
        let assumption = format!("The users are in `{}`; little speaks for it.", title(best));
        draft.proposal.assumptions.push(assumption);
    }
    let place = title(chosen);
    draft.found("users", place, chosen.confidence(), chosen.reasons.join(", "));
    Ok(chosen.place)
}

/// What speaks for and against a table.
fn score(draft: &Draft<'_>, place: usize, table: &Table) -> Candidate {
    let mut candidate = Candidate { place, score: 0, reasons: Vec::new() };
    let mut add = |score: i32, reason: &'static str| {
        candidate.score += score;
        if score > 0 {
            candidate.reasons.push(reason);
        }
    };
    let own = Name::of(table.own_name());
    if vocabulary::names_people(&own) {
        add(30, "the table's name");
    }
    if vocabulary::is_aside(&own) {
        add(-40, "");
    }
    let has = |role: Role, kind: ColumnKind| {
        table
            .info
            .columns
            .iter()
            .find(|column| column.kind == kind && vocabulary::rank(&Name::of(&column.name), &own, role).is_some())
    };
    match roles::user_name(table) {
        Some(login) => {
            add(25, "a log-in name");
            if table.is_unique(&login) {
                add(10, "it is unique");
            }
        }
        None if roles::fallback(table).is_some() => add(10, "a unique name or address"),
        None => {}
    }
    let mails = table.samples.iter().any(|samples| samples.mostly(content::is_mail));
    if mails || table.samples.is_empty() && has(Role::Mail, ColumnKind::Text).is_some() {
        add(15, "mail addresses");
    }
    if has(Role::GivenName, ColumnKind::Text).is_some() {
        add(8, "first names");
    }
    if has(Role::FamilyName, ColumnKind::Text).is_some() {
        add(8, "last names");
    }
    if has(Role::DisplayName, ColumnKind::Text).is_some() {
        add(5, "names");
    }
    let hashes = table.samples.iter().any(|samples| samples.mostly(|text| content::stored(text).is_some()));
    if hashes || has(Role::Password, ColumnKind::Text).is_some() {
        add(15, "passwords");
    }
    let flags = [Role::Active, Role::Inactive];
    let kinds = [ColumnKind::Text, ColumnKind::Boolean, ColumnKind::Integer];
    if flags.iter().any(|role| kinds.iter().any(|kind| has(*role, *kind).is_some())) {
        add(5, "a status");
    }
    let links = draft.relations.from(place);
    if links.iter().any(|link| link.to == place) {
        add(5, "it refers to itself");
    }
    if table.info.view {
        add(-15, "");
    }
    if table.key().is_empty() {
        add(-30, "");
    }
    // The rows of a junction are about two other things.
    let linked = |column: &String| links.iter().any(|link| link.to != place && link.columns.contains(column));
    if !table.key().is_empty() && table.key().iter().all(linked) {
        add(-40, "");
    }
    candidate
}
