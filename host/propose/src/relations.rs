//! Which columns point at which tables: foreign keys, and where the database has none,
//! names that say so.

use crate::database::{Database, Table, same_family};
use crate::names::{Name, stem};

/// Columns of one table that hold the key of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    /// The columns, in the order of the other table's key.
    pub(crate) columns: Vec<String>,
    /// The other table, by its place in the database.
    pub(crate) to: usize,
    /// Whether the database has a foreign key for it.
    pub(crate) declared: bool,
}

impl Link {
    /// What makes one think so.
    pub(crate) fn reason(&self) -> &'static str {
        if self.declared { "a foreign key" } else { "named like it; the database has no foreign key" }
    }
}

/// Everything that a table points at, foreign keys first.
pub(crate) fn links(database: &Database, from: usize) -> Vec<Link> {
    let Some(table) = database.tables.get(from) else { return Vec::new() };
    let mut links: Vec<Link> = Vec::new();
    for foreign in &table.info.foreign_keys {
        let find = |same: fn(&[String], &[String]) -> bool| {
            database.tables.iter().position(|other| same(&other.info.name, &foreign.table))
        };
        let target = find(|one, other| one == other).or_else(|| find(is_same));
        let Some((to, other)) = target.and_then(|to| Some((to, database.tables.get(to)?))) else { continue };
        let column = |key: &String| {
            let place = foreign.references.iter().position(|name| name == key)?;
            foreign.columns.get(place).cloned()
        };
        // Only what holds the whole key can stand for an object.
        let columns: Option<Vec<String>> = other.key().iter().map(column).collect();
        if let Some(columns) = columns.filter(|columns| !columns.is_empty()) {
            links.push(Link { columns, to, declared: true });
        }
    }
    let foreign = |name: &String| table.info.foreign_keys.iter().any(|key| key.columns.contains(name));
    for column in table.info.columns.iter().filter(|column| !foreign(&column.name)) {
        let meant = (0..database.tables.len())
            .filter(|to| *to != from)
            .find(|to| database.tables.get(*to).is_some_and(|other| names_key_of(table, &column.name, other)));
        links.extend(meant.map(|to| Link { columns: vec![column.name.clone()], to, declared: false }));
    }
    links
}

/// Whether a column is named like the key of a table: `team_id` or `id_team` for `teams`,
/// or like the key itself where that says more than `id`.
fn names_key_of(table: &Table, column: &str, other: &Table) -> bool {
    let [key] = other.key() else { return false };
    let (Some(from), Some(to)) = (table.column(column), other.column(key)) else { return false };
    if other.info.view || !same_family(from, to) {
        return false;
    }
    let (subject, is_key) = Name::of(column).subject();
    let own = Name::of(other.own_name());
    if is_key && !subject.is_empty() && own.singulars().contains(&stem(&subject)) {
        return true;
    }
    let (key_subject, _) = Name::of(key).subject();
    // Two tables may both be keyed by `code` and have nothing to do with each other.
    !key_subject.is_empty()
        && key_subject.len() > 3
        && column.eq_ignore_ascii_case(key)
        && own.singulars().contains(&stem(&key_subject))
}

/// Whether two names mean one table: with its schema and without.
fn is_same(one: &[String], other: &[String]) -> bool {
    one.ends_with(other) || other.ends_with(one)
}
