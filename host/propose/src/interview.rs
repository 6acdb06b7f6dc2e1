//! What only a person can know, and whoever answers.

use std::fmt;

/// Something that names and contents leave open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What is asked.
    pub text: String,
    /// What is known of it.
    pub because: String,
    /// What can be answered; at least two.
    pub options: Vec<String>,
    /// The likeliest of them.
    pub default: usize,
}

/// An answer, and whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Somebody chose this option.
    Chosen(usize),
    /// Nobody was asked; the likeliest one is assumed, and the file says so.
    Assumed,
}

/// Nobody answers any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the questions were not answered")]
pub struct Stopped;

/// Who answers questions.
pub trait Interview {
    /// The option that is right.
    ///
    /// # Errors
    /// [`Stopped`] where nobody will say.
    fn ask(&mut self, question: &Question) -> Result<Answer, Stopped>;
}

/// Asks nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Assume;

impl Interview for Assume {
    fn ask(&mut self, _: &Question) -> Result<Answer, Stopped> {
        Ok(Answer::Assumed)
    }
}

/// How sure a proposal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// It may as well be something else.
    Guess,
    /// Names or contents say so.
    Likely,
    /// Names and contents, or a constraint, say so.
    Sure,
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Guess => "a guess",
            Self::Likely => "likely",
            Self::Sure => "sure",
        })
    }
}
