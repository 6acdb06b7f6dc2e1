//! What the operator grants on a SQL binding, and whether a statement stays within it.

mod ansi;
mod db2;
mod functions;
mod inspect;
mod mssql;
mod sequence;
mod syntax;
mod tracking;

use std::collections::{BTreeSet, HashSet};
use std::sync::{Mutex, PoisonError};

use hashlink::LruCache;

use super::{Dialect, Error, Failure};

/// Decisions remembered per binding.
const CACHED_DECISIONS: usize = 512;
/// Longer statements are inspected anew each time: the cache has to stay small.
const MAX_CACHED_TEXT: usize = 16 * 1024;

/// A statement kind that can be granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "SQL keywords")]
pub enum Verb {
    Select,
    Insert,
    Update,
    Delete,
}

impl Verb {
    /// The SQL keyword.
    pub fn keyword(self) -> &'static str {
        match self {
            Self::Select => "SELECT",
            Self::Insert => "INSERT",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
        }
    }
}

/// Tables and verbs a guest may use; anything else is denied.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policy {
    /// Tables and views as written in the configuration: `person` or `hr.person`. A name
    /// without a schema also covers the database's default schema (`public`, `main`,
    /// `dbo`); a part with a dot in it is written in double quotes.
    pub tables: BTreeSet<String>,
    /// Verbs. Reading back with `RETURNING` or `OUTPUT` needs [`Verb::Select`] as well.
    pub verbs: BTreeSet<Verb>,
    /// Stored procedures a guest may call, written like tables. One does what its text says,
    /// whatever tables and verbs are granted.
    pub procedures: BTreeSet<String>,
}

/// What a permitted statement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// It only reads.
    Read,
    /// It may change something.
    Write,
}

/// A [`Policy`] made ready to be asked on the hot path.
pub(crate) struct Grant {
    dialect: Dialect,
    /// Granted names as the operator wrote them, part by part.
    tables: Vec<Vec<String>>,
    /// The same in lower case, for lookups.
    folded: HashSet<Vec<String>>,
    verbs: BTreeSet<Verb>,
    /// Whether the names of all tables may be listed. What is in them is another matter.
    lists_all: bool,
    /// Granted procedures in lower case.
    procedures: HashSet<Vec<String>>,
    decisions: Mutex<LruCache<Box<str>, Result<Effect, Error>>>,
}

impl std::fmt::Debug for Grant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Grant").field("tables", &self.tables).field("verbs", &self.verbs).finish_non_exhaustive()
    }
}

impl Grant {
    pub(crate) fn new(policy: &Policy, dialect: Dialect) -> Self {
        let tables: Vec<Vec<String>> = policy.tables.iter().map(|name| split_name(name)).collect();
        let folded = tables.iter().map(|parts| fold(parts.iter())).collect();
        Self {
            dialect,
            tables,
            folded,
            verbs: policy.verbs.clone(),
            lists_all: false,
            procedures: policy.procedures.iter().map(|name| fold(split_name(name).iter())).collect(),
            decisions: Mutex::new(LruCache::new(CACHED_DECISIONS)),
        }
    }

    /// The right to list the names of all tables, and to do nothing with any of them.
    pub(crate) fn listing(dialect: Dialect) -> Self {
        // A session takes a verb to open; without a table it is good for nothing.
        let policy = Policy { verbs: BTreeSet::from([Verb::Select]), ..Policy::default() };
        Self { lists_all: true, ..Self::new(&policy, dialect) }
    }

    /// Whether a rendered statement with `params` placeholders is within the grant, and
    /// what it does.
    pub(crate) fn check(&self, text: &str, params: usize) -> Result<Effect, Error> {
        // A panic elsewhere leaves a cache in order: it holds whole entries only.
        if let Some(decision) = self.decisions.lock().unwrap_or_else(PoisonError::into_inner).get(text) {
            return decision.clone();
        }
        let decision = inspect::inspect(self, text, params);
        // Unknown is not a decision: a thread that could not start may start next time.
        let settled = !matches!(&decision, Err(error) if error.failure == Failure::Unavailable);
        if settled && text.len() <= MAX_CACHED_TEXT {
            let mut decisions = self.decisions.lock().unwrap_or_else(PoisonError::into_inner);
            decisions.insert(text.into(), decision.clone());
        }
        decision
    }

    /// Whether the grant covers this table. Letter case is not told apart: a database
    /// that does so gets no more than the operator named in some spelling.
    pub(crate) fn covers<S: AsRef<str>>(&self, parts: &[S]) -> bool {
        self.names(&self.folded, parts)
    }

    /// Whether the grant covers this procedure, by the same rules.
    pub(crate) fn covers_procedure<S: AsRef<str>>(&self, parts: &[S]) -> bool {
        self.names(&self.procedures, parts)
    }

    /// Whether a name is in a set, with or without the default schema.
    fn names<S: AsRef<str>>(&self, granted: &HashSet<Vec<String>>, parts: &[S]) -> bool {
        granted.contains(&fold(parts.iter())) || granted.contains(&self.canonical(parts))
    }

    /// One spelling for all by which a granted table can be called.
    pub(crate) fn canonical<S: AsRef<str>>(&self, parts: &[S]) -> Vec<String> {
        let mut folded = fold(parts.iter());
        if folded.len() == 2 && folded.first().map(String::as_str) == default_schema(self.dialect) {
            folded.remove(0);
        }
        folded
    }

    /// Those of `names` the operator granted, each once, the way the grant spells them
    /// out: with or without the schema.
    pub(crate) fn choose(&self, names: Vec<Vec<String>>) -> Vec<Vec<String>> {
        if self.lists_all {
            return names;
        }
        names.into_iter().filter(|name| self.folded.contains(&fold(name.iter()))).collect()
    }

    pub(crate) fn has(&self, verb: Verb) -> bool {
        self.verbs.contains(&verb)
    }

    /// Whether it lets anything be done at all.
    pub(crate) fn is_some(&self) -> bool {
        !self.verbs.is_empty() || !self.procedures.is_empty()
    }

    /// Whether it lets anything be changed; a procedure may.
    pub(crate) fn writes(&self) -> bool {
        self.verbs.iter().any(|verb| *verb != Verb::Select) || !self.procedures.is_empty()
    }

    pub(crate) fn has_tables(&self) -> bool {
        self.lists_all || !self.tables.is_empty()
    }
}

fn default_schema(dialect: Dialect) -> Option<&'static str> {
    match dialect {
        Dialect::Postgres => Some("public"),
        Dialect::Sqlite => Some("main"),
        Dialect::Mssql => Some("dbo"),
        // Their default is a database, or the schema of who asks.
        Dialect::Mysql | Dialect::Oracle | Dialect::Db2 | Dialect::Hana | Dialect::Ansi => None,
    }
}

fn fold<S: AsRef<str>>(parts: impl Iterator<Item = S>) -> Vec<String> {
    parts.map(|part| part.as_ref().to_lowercase()).collect()
}

/// `hr.person` into its parts; a part in double quotes may hold dots.
fn split_name(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    let mut chars = name.trim().chars().peekable();
    while let Some(c) = chars.next() {
        match (c, quoted, parts.last_mut()) {
            ('"', true, Some(part)) if chars.peek() == Some(&'"') => {
                chars.next();
                part.push('"');
            }
            ('"', ..) => quoted = !quoted,
            ('.', false, _) => parts.push(String::new()),
            (c, _, Some(part)) => part.push(c),
            // There is always a last part.
            (_, _, None) => {}
        }
    }
    parts
}

#[cfg(test)]
mod tests;
