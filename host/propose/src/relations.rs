//! Which columns point at which tables: foreign keys, and where the database has none,
//! names that say so.

use std::collections::HashMap;

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

/// Everything that points somewhere. Worked out once: there may be a thousand tables.
#[derive(Debug, Default)]
pub(crate) struct Relations {
    /// Of each table, foreign keys first.
    links: Vec<Vec<Link>>,
}

impl Relations {
    /// All links of a database.
    pub(crate) fn of(database: &Database) -> Self {
        let mut by_name: HashMap<&[String], usize> = HashMap::new();
        let mut by_own_name: HashMap<&str, usize> = HashMap::new();
        let mut by_word: HashMap<String, Vec<usize>> = HashMap::new();
        for (place, table) in database.tables.iter().enumerate() {
            by_name.entry(&table.info.name).or_insert(place);
            by_own_name.entry(table.own_name()).or_insert(place);
            // What is named like a table points at its key, which has to be one column.
            if !table.info.view && table.key().len() == 1 {
                for word in Name::of(table.own_name()).singulars() {
                    let places = by_word.entry(word).or_default();
                    if places.last() != Some(&place) {
                        places.push(place);
                    }
                }
            }
        }
        let target = |name: &[String]| {
            let alone = || by_own_name.get(name.last()?.as_str());
            let found = by_name.get(name).or_else(alone).copied()?;
            // With its schema and without; not a table of that name elsewhere.
            let known = &database.tables.get(found)?.info.name;
            (known.ends_with(name) || name.ends_with(known)).then_some(found)
        };
        let links = database.tables.iter().enumerate().map(|(place, table)| {
            let mut links: Vec<Link> = declared(database, table, target);
            links.extend(named(database, place, table, &by_word));
            links
        });
        Self { links: links.collect() }
    }

    /// Everything that a table points at.
    pub(crate) fn from(&self, place: usize) -> &[Link] {
        self.links.get(place).map_or(&[], Vec::as_slice)
    }
}

/// Foreign keys to the whole key of another table: only that can stand for an object.
fn declared(database: &Database, table: &Table, target: impl Fn(&[String]) -> Option<usize>) -> Vec<Link> {
    let link = |foreign: &patchbay_capability::sql::ForeignKey| {
        let to = target(&foreign.table)?;
        let column = |key: &String| {
            let place = foreign.references.iter().position(|name| name == key)?;
            foreign.columns.get(place).cloned()
        };
        let columns: Option<Vec<String>> = database.tables.get(to)?.key().iter().map(column).collect();
        columns.filter(|columns| !columns.is_empty()).map(|columns| Link { columns, to, declared: true })
    };
    table.info.foreign_keys.iter().filter_map(link).collect()
}

/// Columns that are named like another table's key, `team_id` or `id_team` for `teams`, or
/// just as the key is, where that names its table.
fn named(database: &Database, from: usize, table: &Table, by_word: &HashMap<String, Vec<usize>>) -> Vec<Link> {
    let foreign = |name: &String| table.info.foreign_keys.iter().any(|key| key.columns.contains(name));
    let link = |column: &patchbay_capability::sql::ColumnInfo| {
        let (subject, is_key) = Name::of(&column.name).subject();
        let meant = |to: &usize| {
            let Some(other) = database.tables.get(*to).filter(|_| *to != from) else { return false };
            let Some(key) = other.key().first().and_then(|key| other.column(key)) else { return false };
            same_family(column, key) && (is_key || column.name.eq_ignore_ascii_case(&key.name))
        };
        let to = by_word.get(&stem(&subject))?.iter().copied().find(meant)?;
        Some(Link { columns: vec![column.name.clone()], to, declared: false })
    };
    table.info.columns.iter().filter(|column| !foreign(&column.name)).filter_map(link).collect()
}
