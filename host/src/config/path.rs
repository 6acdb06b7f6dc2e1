//! The way from the top of a configuration file to one of its keys.

use std::fmt;

/// One step of a [`KeyPath`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Into a table.
    Key(String),
    /// Into an array, 0-based.
    Index(usize),
}

/// A key's full name, e.g. `apps.helpdesk.tokens[0].env`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyPath(Vec<Step>);

impl KeyPath {
    /// The top of the file.
    pub fn root() -> Self {
        Self::default()
    }

    /// A path of table keys.
    pub fn of<K: Into<String>>(keys: impl IntoIterator<Item = K>) -> Self {
        Self(keys.into_iter().map(|key| Step::Key(key.into())).collect())
    }

    /// This path and one key more.
    #[must_use]
    pub fn key(&self, key: impl Into<String>) -> Self {
        self.step(Step::Key(key.into()))
    }

    /// This path and one array index more.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.step(Step::Index(index))
    }

    /// This path and one step more.
    #[must_use]
    pub fn step(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    /// This path followed by a JSON pointer (RFC 6901). A numeric token counts as an
    /// array index, as no table key of the host's settings is a plain number.
    #[must_use]
    pub fn pointer(&self, pointer: &str) -> Self {
        let mut steps = self.0.clone();
        for token in pointer.split('/').skip(1) {
            steps.push(match token.parse() {
                Ok(index) => Step::Index(index),
                Err(_) => Step::Key(token.replace("~1", "/").replace("~0", "~")),
            });
        }
        Self(steps)
    }

    /// The path without its last step; none at the top.
    pub fn parent(&self) -> Option<Self> {
        let (_, rest) = self.0.split_last()?;
        Some(Self(rest.to_vec()))
    }

    /// The steps from the top on.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.0.iter().enumerate() {
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) => {
                    if index > 0 {
                        f.write_str(".")?;
                    }
                    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
                    if !key.is_empty() && key.chars().all(bare) {
                        f.write_str(key)?;
                    } else if key.contains('\'') || key.chars().any(char::is_control) {
                        write!(f, "{key:?}")?;
                    } else {
                        write!(f, "'{key}'")?;
                    }
                }
            }
        }
        Ok(())
    }
}
