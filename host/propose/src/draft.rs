//! A proposal in the making.

use patchbay_capability::sql::Verb;

use crate::class::Builder;
use crate::database::{Database, Table};
use crate::interview::{Answer, Confidence, Interview, Question, Stopped};
use crate::proposal::{Class, Finding, Proposal};
use crate::relations::Relations;
use crate::{class, groups, users};

/// What the caller knows already.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hints {
    /// Name of the app.
    pub app: String,
    /// The table of the users, by its name with dots.
    pub users: Option<String>,
    /// The table of the groups, by its name with dots.
    pub groups: Option<String>,
}

/// Why nothing is proposed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// No table looks like users. The ones that come nearest, and what speaks for them.
    #[error("no table looks like users")]
    NoUsers(Vec<Finding>),
    /// There is no table of this name, or its name cannot be written in a configuration.
    #[error("there is no table `{0}` that could be used")]
    NoSuchTable(String),
    /// The table has no column that users could be told apart by.
    #[error("`{0}` has no text column that could be a user name")]
    NoUserName(String),
    /// Nothing tells the table's rows apart.
    #[error("`{0}` has neither a primary key nor a unique one, so its rows cannot be told apart")]
    NoKey(String),
    /// The questions were not answered.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

/// Proposes a mapping of what is in `database`.
///
/// # Errors
/// Where there are no users to be found, or `interview` stops.
pub fn propose(database: &Database, hints: &Hints, interview: &mut dyn Interview) -> Result<Proposal, Failure> {
    let relations = Relations::of(database);
    let mut draft = Draft { database, relations, hints, interview, proposal: Proposal::default() };
    let users = users::choose(&mut draft)?;
    let groups = groups::choose(&mut draft, users)?;
    let mut classes = vec![class::users(&mut draft, users, groups.as_ref())?];
    if let Some(groups) = &groups {
        classes.push(class::groups(&mut draft, users, groups)?);
    }
    draft.grant(&classes);
    Ok(Proposal { classes, ..draft.proposal })
}

/// What is known so far.
pub(crate) struct Draft<'a> {
    pub(crate) database: &'a Database,
    pub(crate) relations: Relations,
    pub(crate) hints: &'a Hints,
    interview: &'a mut dyn Interview,
    pub(crate) proposal: Proposal,
}

impl<'a> Draft<'a> {
    /// A table by its place; none where a configuration cannot name it.
    pub(crate) fn table(&self, place: usize) -> Option<&'a Table> {
        self.database.tables.get(place).filter(|table| is_nameable(table))
    }

    /// Tables with their places, those that a configuration cannot name left out.
    pub(crate) fn tables(&self) -> impl Iterator<Item = (usize, &'a Table)> + use<'a> {
        self.database.tables.iter().enumerate().filter(|(_, table)| is_nameable(table))
    }

    /// A table by its name with dots.
    pub(crate) fn named(&self, name: &str) -> Result<usize, Failure> {
        let mut found = self.tables().filter(|(_, table)| table.title().eq_ignore_ascii_case(name));
        let exact = self.tables().find(|(_, table)| table.title() == name);
        exact.or_else(|| found.next()).map(|(place, _)| place).ok_or_else(|| Failure::NoSuchTable(name.to_owned()))
    }

    /// Asks, and notes as an assumption what nobody answered: `assumed` says it of an option.
    pub(crate) fn ask(&mut self, question: &Question, assumed: impl FnOnce(&str) -> String) -> Result<usize, Stopped> {
        match self.interview.ask(question)? {
            Answer::Chosen(option) => Ok(option.min(question.options.len().saturating_sub(1))),
            Answer::Assumed => {
                let option = question.options.get(question.default).map_or("", String::as_str);
                self.proposal.assumptions.push(assumed(option));
                Ok(question.default)
            }
        }
    }

    /// Notes what was found.
    pub(crate) fn found(
        &mut self,
        what: impl Into<String>,
        place: impl Into<String>,
        confidence: Confidence,
        reason: impl Into<String>,
    ) {
        let finding = Finding { what: what.into(), place: place.into(), confidence, reason: reason.into() };
        self.proposal.findings.push(finding);
    }

    /// Notes what a person should look at.
    pub(crate) fn note(&mut self, note: impl Into<String>) {
        self.proposal.notes.push(note.into());
    }

    /// Takes a finished class over into what is granted and what was found.
    pub(crate) fn finish(&mut self, builder: Builder<'_>) -> Class {
        let mut class = builder.class;
        // A list has at least one name, and without a list all columns would be attributes.
        if class.columns.is_empty() {
            class.columns = builder.table.key().to_vec();
        }
        class.lines.sort_by_key(|line| order(&line.path));
        let table = class.table.join(".");
        for line in &class.lines {
            let what = format!("{} {}", class.resource, line.path.rsplit(':').next().unwrap_or(&line.path));
            self.found(what, format!("{table}: {}", line.attribute), line.confidence, line.reason.clone());
        }
        class
    }

    /// The least grant that the classes work with.
    fn grant(&mut self, classes: &[Class]) {
        let mut tables: Vec<Vec<String>> = Vec::new();
        for class in classes {
            let lookups = class.lookups.iter().map(|lookup| &lookup.table);
            let lists = class.lists.iter().map(|list| &list.table);
            for table in std::iter::once(&class.table).chain(lookups).chain(lists) {
                if !tables.contains(table) {
                    tables.push(table.clone());
                }
            }
        }
        let writing = |class: &&Class| !class.read_only;
        let mut verbs = vec![Verb::Select];
        if classes.iter().any(|class| writing(&class)) {
            verbs.extend([Verb::Insert, Verb::Update]);
        }
        let deletes = |class: &Class| class.soft_delete.is_empty() || class.lists.iter().any(|list| !list.read_only);
        if classes.iter().filter(writing).any(deletes) {
            verbs.push(Verb::Delete);
        }
        self.proposal.tables = tables;
        self.proposal.verbs = verbs;
    }
}

/// Where a line of the mapping stands: what clients need first, then what they show, then
/// extensions and what the server keeps.
fn order(path: &str) -> usize {
    const FIRST: [&str; 21] = [
        "userName",
        "displayName",
        "externalId",
        "active",
        "password",
        "name.",
        "members",
        "emails",
        "phoneNumbers",
        "nickName",
        "title",
        "userType",
        "preferredLanguage",
        "locale",
        "timezone",
        "addresses",
        "roles",
        "entitlements",
        "groups",
        "urn:ietf:",
        "urn:",
    ];
    FIRST.iter().position(|first| path.starts_with(first)).unwrap_or(FIRST.len())
}

/// Whether a configuration can name the table: a control character in a grant is refused.
fn is_nameable(table: &Table) -> bool {
    table.info.name.iter().all(|part| !part.is_empty() && !part.chars().any(char::is_control))
}
