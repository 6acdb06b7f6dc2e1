//! Something wrong with a mapping.

/// A finding, with the configuration key it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Keys from the app's table on, e.g. `["resources", "User", "attributes", "name.givenName"]`.
    /// A list, because keys of a mapping hold dots.
    pub path: Vec<String>,
    /// What is wrong, in one sentence.
    pub message: String,
}

/// What holding a mapping against a target brought to light.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Findings {
    /// Why the mapping cannot be used; none where it can.
    pub problems: Vec<Problem>,
    /// What works, and may not be meant.
    pub warnings: Vec<Problem>,
}

impl Problem {
    /// A problem at `path`.
    pub fn new<P: Into<String>>(path: impl IntoIterator<Item = P>, message: impl Into<String>) -> Self {
        Self { path: path.into_iter().map(Into::into).collect(), message: message.into() }
    }
}
