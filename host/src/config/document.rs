//! A configuration file as it was typed: its keys and the lines they stand on.

use std::ops::Range;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::path::{KeyPath, Step};
use super::problem::{Problem, Problems};

/// More problems than this are not looked for: the file is something else altogether.
const MAX_PROBLEMS: usize = 200;

/// A parsed file that remembers where each key stands.
#[derive(Debug)]
pub struct Document {
    name: String,
    /// For what is read by and by.
    text: Arc<str>,
    root: Node,
    line_starts: Vec<usize>,
    /// Keys whose values were found wrong while reading: nobody should say of them
    /// that they are missing.
    rejected: Vec<KeyPath>,
}

/// Where a value stands, and what is in it.
#[derive(Debug)]
struct Node {
    /// Of its key, or of the value itself in an array.
    key: Range<usize>,
    value: Range<usize>,
    inner: Vec<(Step, Node)>,
}

impl Document {
    /// Parses `text` and reads it into `T`; `name` is what messages call the file.
    ///
    /// Serde stops at the first thing it does not like. So what it did not like is
    /// noted and taken out, and the rest is read again, until it fits: an
    /// administrator sees all mistakes at once and not one per attempt. So the value
    /// may come together with problems; it is none when nothing sensible was left.
    ///
    /// # Errors
    /// Every place where the text is not TOML.
    pub fn read<T: DeserializeOwned>(name: &str, text: &str) -> Result<(Self, Option<T>, Vec<Problem>), Problems> {
        let line_starts = std::iter::once(0)
            .chain(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1))
            .collect();
        let (table, errors) = DeTable::parse_recoverable(text);
        let span = table.span();
        let tree = Spanned::new(span.clone(), DeValue::Table(table.into_inner()));
        let root = Node::of(&tree, span);
        let mut document = Self { name: name.to_owned(), text: text.into(), root, line_starts, rejected: Vec::new() };
        if !errors.is_empty() {
            let problems = errors.iter().map(|error| Problem {
                path: String::new(),
                line: document.line_at(error.span().map_or(0, |span| span.start)),
                message: format!("this is not TOML: {}", error.message()),
            });
            return Err(document.problems(problems.collect()));
        }
        let mut problems = Vec::new();
        let value = document.read_value(tree, &KeyPath::root(), &mut problems);
        Ok((document, value, problems))
    }

    /// Reads the value at `path` into `T`, as [`Document::read`] reads all: for a table
    /// whose shape another of its keys decides. What is wrong is added to `problems`.
    pub(super) fn read_at<T: DeserializeOwned>(&mut self, path: &KeyPath, problems: &mut Vec<Problem>) -> Option<T> {
        let text = Arc::clone(&self.text);
        let (table, _) = DeTable::parse_recoverable(&text);
        let mut value = Spanned::new(table.span(), DeValue::Table(table.into_inner()));
        for step in path.steps() {
            value = match (step, value.into_inner()) {
                (Step::Key(key), DeValue::Table(mut table)) => table.remove(key.as_str())?,
                _ => return None,
            };
        }
        let known = self.rejected.clone();
        for (earlier, rejected) in known.iter().enumerate() {
            if rejected.steps().starts_with(path.steps()) {
                remove(&mut value, path, rejected, known.get(..earlier).unwrap_or_default());
            }
        }
        self.read_value(value, path, problems)
    }

    /// Reads `rest`, which stands at `path`.
    fn read_value<T: DeserializeOwned>(
        &mut self,
        mut rest: Spanned<DeValue<'_>>,
        path: &KeyPath,
        problems: &mut Vec<Problem>,
    ) -> Option<T> {
        let most = problems.len() + MAX_PROBLEMS;
        while problems.len() < most {
            let error = match T::deserialize(ValueDeserializer::from(rest.clone())) {
                Ok(value) => return Some(value),
                Err(error) => error,
            };
            let at = error.span().and_then(|span| self.locate(&span)).unwrap_or_default();
            // What is said of a table after one of its keys was taken out ("missing
            // field") is only about that.
            let consequence = self.rejected.iter().any(|rejected| rejected.parent().as_ref() == Some(&at));
            if !consequence {
                problems.push(self.problem(&at, error.message().lines().next().unwrap_or_default()));
            }
            let removed = at.steps().starts_with(path.steps()) && remove(&mut rest, path, &at, &self.rejected);
            if !removed {
                break;
            }
            self.rejected.push(at);
        }
        None
    }

    /// Whether there is anything at `path`.
    pub(super) fn has(&self, path: &KeyPath) -> bool {
        let mut steps = path.steps().iter();
        let found = steps.try_fold(&self.root, |node, step| {
            node.inner.iter().find(|(name, _)| name == step).map(|(_, inner)| inner)
        });
        found.is_some()
    }

    /// What messages call the file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A problem with the line of the key at `path`, or of the nearest table around it.
    pub fn problem(&self, path: &KeyPath, message: impl Into<String>) -> Problem {
        Problem { path: path.to_string(), line: self.line(path), message: message.into() }
    }

    /// The problems as one error, in the order of their lines.
    pub fn problems(&self, mut list: Vec<Problem>) -> Problems {
        list.sort_by(|a, b| (a.line, &a.path).cmp(&(b.line, &b.path)));
        Problems { file: self.name.clone(), list }
    }

    /// Whether the value at `path`, or one around it, was there and did not fit.
    pub(super) fn was_rejected(&self, path: &KeyPath) -> bool {
        self.rejected.iter().any(|rejected| path.steps().starts_with(rejected.steps()))
    }

    /// Where the element now at `index` of `array` stood in the file, counting those
    /// that were rejected.
    pub(super) fn index_as_typed(&self, array: &KeyPath, index: usize) -> usize {
        let typed = (0..=index + self.rejected.len()).filter(|at| !self.rejected.contains(&array.index(*at)));
        typed.take(index + 1).last().unwrap_or(index)
    }

    /// 1-based line of the key at `path`, or of the nearest table around it.
    fn line(&self, path: &KeyPath) -> usize {
        let mut node = &self.root;
        for step in path.steps() {
            let Some((_, inner)) = node.inner.iter().find(|(name, _)| name.means(step)) else { break };
            node = inner;
        }
        self.line_at(node.key.start)
    }

    fn line_at(&self, offset: usize) -> usize {
        self.line_starts.partition_point(|start| *start <= offset).max(1)
    }

    /// The path of the key or value with this span, unless it was rejected already.
    fn locate(&self, span: &Range<usize>) -> Option<KeyPath> {
        if self.root.value == *span {
            return Some(KeyPath::root());
        }
        self.root.find(span, &KeyPath::root(), &self.rejected)
    }
}

impl Node {
    fn of(value: &Spanned<DeValue<'_>>, key: Range<usize>) -> Self {
        let inner = match value.get_ref() {
            DeValue::Table(table) => table
                .iter()
                .map(|(key, value)| (Step::Key(key.get_ref().as_ref().to_owned()), Self::of(value, key.span())))
                .collect(),
            DeValue::Array(array) => array
                .iter()
                .enumerate()
                .map(|(index, value)| (Step::Index(index), Self::of(value, value.span())))
                .collect(),
            _ => Vec::new(),
        };
        Self { key, value: value.span(), inner }
    }

    /// Depth first.
    fn find(&self, span: &Range<usize>, path: &KeyPath, skip: &[KeyPath]) -> Option<KeyPath> {
        self.inner.iter().find_map(|(step, node)| {
            let path = path.step(step.clone());
            if skip.contains(&path) {
                None
            } else if node.key == *span || node.value == *span {
                Some(path)
            } else {
                node.find(span, &path, skip)
            }
        })
    }
}

impl Step {
    /// Whether `other` can mean this step: a JSON pointer cannot tell an index from a
    /// key that is a number.
    fn means(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Key(key), Self::Index(index)) => *key == index.to_string(),
            _ => self == other,
        }
    }
}

/// Takes the value at `path` out of `value`, which stands at `root` and from which those in
/// `rejected` are gone already: elements of an array that stood behind a rejected one have
/// moved up.
fn remove(value: &mut Spanned<DeValue<'_>>, root: &KeyPath, path: &KeyPath, rejected: &[KeyPath]) -> bool {
    let mut value = value;
    let mut at = root.clone();
    let within = path.steps().get(root.steps().len()..).unwrap_or_default();
    let Some((last, parents)) = within.split_last() else { return false };
    for step in parents {
        let inner = match (step, value.get_mut()) {
            (Step::Key(key), DeValue::Table(table)) => table.get_mut(key.as_str()),
            (Step::Index(index), DeValue::Array(array)) => array.get_mut(moved_up(&at, *index, rejected)),
            _ => None,
        };
        let Some(inner) = inner else { return false };
        value = inner;
        at = at.step(step.clone());
    }
    match (last, value.get_mut()) {
        (Step::Key(key), DeValue::Table(table)) => table.remove(key.as_str()).is_some(),
        (Step::Index(index), DeValue::Array(array)) => {
            let gone = moved_up(&at, *index, rejected);
            let before = array.len();
            let all = std::mem::replace(array, std::iter::empty().collect()).into_iter().enumerate();
            *array = all.filter(|(at, _)| *at != gone).map(|(_, value)| value).collect();
            array.len() < before
        }
        _ => false,
    }
}

/// Where the element typed at `index` of `array` is now.
fn moved_up(array: &KeyPath, index: usize, rejected: &[KeyPath]) -> usize {
    let gone = (0..index).filter(|earlier| rejected.contains(&array.index(*earlier))).count();
    index - gone
}
