//! What stands in the application's tables, and what changed between two looks.

use std::collections::BTreeMap;
use std::sync::Arc;

/// The application's tables with the columns of their keys, parents first.
pub const TABLES: [(&str, &[&str]); 7] = [
    ("person", &["person_id"]),
    ("person_mail", &["mail_id"]),
    ("person_role", &["person_id", "role"]),
    ("team", &["team_id"]),
    ("team_person", &["team_id", "person_id"]),
    ("department", &["dept_id"]),
    ("audit_log", &["audit_id"]),
];

/// A row: the table's column names and a text, or NULL, for each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    columns: Arc<[String]>,
    cells: Vec<Option<String>>,
    /// What the cells mean in the words of the application's tables, where the cells are an
    /// entry's of a directory. Found like cells, and not shown.
    meaning: Vec<(&'static str, Option<String>)>,
}

impl Row {
    /// A row of `cells` under `columns`.
    pub fn new(columns: Arc<[String]>, cells: Vec<Option<String>>) -> Self {
        Self { columns, cells, meaning: Vec::new() }
    }

    /// The same, and what it means in the words of the application's tables.
    #[must_use]
    pub fn meaning(self, meaning: Vec<(&'static str, Option<String>)>) -> Self {
        Self { meaning, ..self }
    }

    /// The value of a column; none for NULL and for a column that is not there.
    pub fn get(&self, column: &str) -> Option<&str> {
        let meant = self.meaning.iter().map(|(name, value)| (*name, value.as_deref()));
        self.cells().chain(meant).find(|(name, _)| *name == column).and_then(|(_, value)| value)
    }

    /// Whether it only says once more what stands in another row.
    fn is_derived(&self) -> bool {
        self.cells.is_empty()
    }

    /// Column names with their values.
    pub fn cells(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.columns.iter().map(String::as_str).zip(self.cells.iter().map(Option::as_deref))
    }

    /// The values of `columns`, for comparing keys.
    fn key(&self, columns: &[&str]) -> Vec<Option<String>> {
        columns.iter().map(|column| self.get(column).map(str::to_owned)).collect()
    }
}

/// All rows of one table in the order of its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Name.
    pub name: &'static str,
    /// Rows.
    pub rows: Vec<Row>,
}

impl Table {
    /// The rows that have `value` in `column`.
    pub fn filter<'a>(&'a self, column: &'a str, value: &'a str) -> impl Iterator<Item = &'a Row> {
        self.rows.iter().filter(move |row| row.get(column) == Some(value))
    }

    /// The first row that has `value` in `column`.
    pub fn find(&self, column: &str, value: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.get(column) == Some(value))
    }
}

/// All tables at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// In the order of [`TABLES`].
    pub tables: Vec<Table>,
}

/// One row that is different in a later snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It is new.
    Added(&'static str, Row),
    /// It is gone.
    Removed(&'static str, Row),
    /// It has other values: before, after.
    Changed(&'static str, Row, Row),
}

impl Snapshot {
    /// The rows of a table; none at all for a table that is not the application's.
    pub fn rows(&self, table: &str) -> &[Row] {
        self.table(table).map_or(&[], |table| &table.rows)
    }

    /// A table.
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }

    /// The first row of `table` with `value` in `column`.
    pub fn find(&self, table: &str, column: &str, value: &str) -> Option<&Row> {
        self.table(table)?.find(column, value)
    }

    /// The values of `column` in the rows of `table` that have `value` in `by`, sorted.
    pub fn values(&self, table: &str, by: &str, value: &str, column: &str) -> Vec<&str> {
        let rows = self.rows(table).iter().filter(|row| row.get(by) == Some(value));
        let mut values: Vec<&str> = rows.filter_map(|row| row.get(column)).collect();
        values.sort_unstable();
        values
    }

    /// What is different in `later`, table by table; the audit log is left out, as it
    /// only grows.
    pub fn changes(&self, later: &Self) -> Vec<Change> {
        let mut changes = Vec::new();
        for ((before, after), (name, key)) in self.tables.iter().zip(&later.tables).zip(TABLES) {
            if name == "audit_log" {
                continue;
            }
            let own = |table: &'_ Table| table.rows.iter().filter(|row| !row.is_derived()).cloned().collect::<Vec<_>>();
            let (before, after) = (own(before), own(after));
            let mut old: BTreeMap<_, _> = before.iter().map(|row| (row.key(key), row)).collect();
            for row in &after {
                match old.remove(&row.key(key)) {
                    None => changes.push(Change::Added(name, row.clone())),
                    Some(previous) if previous != row => {
                        changes.push(Change::Changed(name, previous.clone(), row.clone()));
                    }
                    Some(_) => {}
                }
            }
            changes.extend(old.into_values().map(|row| Change::Removed(name, row.clone())));
        }
        changes
    }
}
