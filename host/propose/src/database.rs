//! What is known of a database: its catalogue, and what was seen of its rows.

use std::collections::HashSet;

use patchbay_capability::sql::{ColumnInfo, ColumnKind, Generation, TableInfo, Value};

use crate::names::{Name, stem};

/// Different values kept of a column.
const MAX_VALUES: usize = 64;

/// A database as somebody found it who looked at it for a moment.
#[derive(Debug, Clone, Default)]
pub struct Database {
    /// Its tables and views. Names are as short as they can be: without the schema where
    /// the database finds the table so.
    pub tables: Vec<Table>,
}

/// A table or view, and what was seen of it.
#[derive(Debug, Clone)]
pub struct Table {
    /// What the catalogue says.
    pub info: TableInfo,
    /// How many rows it has.
    pub count: Count,
    /// What was seen of its columns, in their order; empty where nothing was looked at.
    pub samples: Vec<Samples>,
    /// What tells its rows apart where no constraint does.
    assumed_key: Vec<String>,
}

/// How many rows a table has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Count {
    /// So many.
    Exact(u64),
    /// More than so many: they were not all counted.
    MoreThan(u64),
    /// Not known, and why.
    Unknown(String),
}

impl std::fmt::Display for Count {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exact(1) => write!(f, "1 row"),
            Self::Exact(rows) => write!(f, "{rows} rows"),
            Self::MoreThan(rows) => write!(f, "more than {rows} rows"),
            Self::Unknown(why) => write!(f, "rows not counted: {why}"),
        }
    }
}

/// Values of a column in the rows that were looked at.
#[derive(Debug, Clone, Default)]
pub struct Samples {
    /// Different values and how often each was seen; the first [`MAX_VALUES`] of them.
    values: Vec<(Value, usize)>,
    /// Hashes of all of them, to count what is different without keeping it.
    seen: HashSet<u64>,
    /// Values that were not NULL.
    filled: usize,
    /// Rows.
    rows: usize,
}

impl Samples {
    /// Adds the value of one more row.
    pub fn add(&mut self, value: Value) {
        self.rows += 1;
        if value == Value::Null {
            return;
        }
        self.filled += 1;
        self.seen.insert(hash(&value));
        let is_room = self.values.len() < MAX_VALUES;
        match self.values.iter_mut().find(|(known, _)| *known == value) {
            Some((_, count)) => *count += 1,
            None if is_room => self.values.push((value, 1)),
            None => {}
        }
    }

    /// Different values with how often each was seen, in the order of the rows.
    pub fn values(&self) -> &[(Value, usize)] {
        &self.values
    }

    /// How many different values were seen, NULL not counted.
    pub fn distinct(&self) -> usize {
        self.seen.len()
    }

    /// Rows that had a value.
    pub fn filled(&self) -> usize {
        self.filled
    }

    /// Rows that were looked at.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Whether all values were different, and there was more than one.
    pub fn all_differ(&self) -> bool {
        self.filled > 1 && self.seen.len() == self.filled
    }

    /// Texts among the values, with how often each was seen.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (&str, usize)> {
        self.values.iter().filter_map(|(value, count)| text(value).map(|text| (text, *count)))
    }

    /// Whether most of the texts, and at least one, are `like` something.
    pub(crate) fn mostly(&self, like: impl Fn(&str) -> bool) -> bool {
        let (mut all, mut alike) = (0_usize, 0_usize);
        for (text, _) in self.texts().filter(|(text, _)| !text.trim().is_empty()) {
            all += 1;
            alike += usize::from(like(text));
        }
        all > 0 && alike * 5 >= all * 4
    }
}

fn hash(value: &Value) -> u64 {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let mut hasher = DefaultHasher::new();
    format!("{value:?}").hash(&mut hasher);
    hasher.finish()
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) | Value::Other(text) => Some(text),
        _ => None,
    }
}

impl Table {
    /// A table with what was seen of it.
    pub fn new(info: TableInfo, count: Count, samples: Vec<Samples>) -> Self {
        let mut table = Self { info, count, samples, assumed_key: Vec::new() };
        if table.key().is_empty() {
            table.assumed_key = table.like_a_key().into_iter().collect();
        }
        table
    }

    /// The first column that is called like a key and whose values were all there and all
    /// different: of a view, or of a table that nobody declared one for.
    fn like_a_key(&self) -> Option<String> {
        let singulars = Name::of(self.own_name()).singulars();
        let called = |column: &&ColumnInfo| {
            let (subject, is_key) = Name::of(&column.name).subject();
            is_key && (subject.is_empty() || singulars.contains(&stem(&subject)))
        };
        let differ = |column: &&ColumnInfo| {
            let samples = self.samples_of(&column.name);
            samples.is_some_and(|samples| samples.all_differ() && samples.filled() == samples.rows())
        };
        self.info.columns.iter().filter(called).find(differ).map(|column| column.name.clone())
    }

    /// The name, with dots between its parts.
    pub fn title(&self) -> String {
        self.info.name.join(".")
    }

    /// The last part of the name.
    pub(crate) fn own_name(&self) -> &str {
        self.info.name.last().map_or("", String::as_str)
    }

    /// A column by its name.
    pub(crate) fn column(&self, name: &str) -> Option<&ColumnInfo> {
        self.info.columns.iter().find(|column| column.name == name)
    }

    /// What was seen of a column.
    pub(crate) fn samples_of(&self, name: &str) -> Option<&Samples> {
        let place = self.info.columns.iter().position(|column| column.name == name)?;
        self.samples.get(place)
    }

    /// Whether a constraint makes the column unique by itself.
    pub(crate) fn is_unique(&self, name: &str) -> bool {
        let keys = self.info.unique_keys.iter().map(|key| &key.columns).chain([&self.info.primary_key]);
        keys.into_iter().any(|columns| matches!(columns.as_slice(), [only] if only == name))
    }

    /// Columns that tell its rows apart: the primary key, else a unique key without NULL,
    /// else one that looks like it.
    pub(crate) fn key(&self) -> &[String] {
        if !self.info.primary_key.is_empty() {
            return &self.info.primary_key;
        }
        let strict = |name: &String| self.column(name).is_some_and(|column| !column.nullable);
        let unique = self.info.unique_keys.iter().find(|key| key.columns.iter().all(strict));
        unique.map_or(&self.assumed_key, |key| &key.columns)
    }

    /// Whether its key is one by its looks only.
    pub(crate) fn is_key_assumed(&self) -> bool {
        !self.assumed_key.is_empty()
    }
}

/// Whether an insert has to give the column a value.
pub(crate) fn is_needed(column: &ColumnInfo) -> bool {
    !column.nullable && column.generation == Generation::None
}

/// Whether values of one column can be those of the other.
pub(crate) fn same_family(one: &ColumnInfo, other: &ColumnInfo) -> bool {
    let family = |kind: ColumnKind| match kind {
        ColumnKind::Integer | ColumnKind::Decimal => 0,
        ColumnKind::Text => 1,
        ColumnKind::Uuid => 2,
        _ => 3,
    };
    family(one.kind) == family(other.kind) && family(one.kind) < 3
}
