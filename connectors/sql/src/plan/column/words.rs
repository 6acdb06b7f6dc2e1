//! The words of an enumeration that takes a number for the place of one.

use serde::{Deserialize, Serialize};

/// What a column of MySQL's types ENUM and SET can hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// Whether it holds any number of them, with commas between.
    several: bool,
    words: Vec<String>,
}

impl Words {
    /// The words in a type's name, as in `enum('red','it''s')`; none where it is of another type.
    pub(super) fn of(type_name: &str) -> Option<Self> {
        let (name, rest) = type_name.split_once('(')?;
        let several = match name.to_ascii_lowercase().as_str() {
            "enum" => false,
            "set" => true,
            _ => return None,
        };
        let mut words = Vec::new();
        let mut rest = rest;
        while let Some(inside) = rest.trim_start_matches(',').strip_prefix('\'') {
            let mut word = String::new();
            let mut left = inside;
            loop {
                let (part, after) = left.split_once('\'')?;
                word.push_str(part);
                // Two of them are one in the word.
                let Some(more) = after.strip_prefix('\'') else {
                    rest = after;
                    break;
                };
                word.push('\'');
                left = more;
            }
            words.push(word);
        }
        Some(Self { several, words })
    }

    /// Whether the database stores what is said. It looks for words as the column compares, and
    /// takes what is none for a place where it is a number.
    pub fn may_take(&self, text: &str) -> bool {
        let is_word = |text: &str| {
            let text = text.trim_end_matches(' ').to_lowercase();
            self.words.iter().any(|word| word.trim_end_matches(' ').to_lowercase() == text)
        };
        let known = if self.several { text.split(',').all(is_word) } else { is_word(text) };
        known || !text.trim_start().trim_start_matches(['+', '-']).starts_with(|c: char| c.is_ascii_digit())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(type_name: &str, words: &[&str], text: &str, taken: bool) {
        let own = Words::of(type_name).unwrap();
        assert_eq!(own.words, words, "{type_name}");
        assert_eq!(own.may_take(text), taken, "{type_name} {text}");
    }

    #[test]
    fn a_number_is_a_word_only_where_it_is_one() {
        let words = ["Red", "it's", "a,b)", "3"];
        for (text, taken) in
            [("red", true), ("3", true), ("1", false), (" -1", false), ("0x1", false), ("blue", true), ("", true)]
        {
            check("enum('Red','it''s','a,b)','3') character set latin1", &words, text, taken);
        }
        for (text, taken) in [("red,blue", true), ("3", false), ("", true)] {
            check("SET('red','blue')", &["red", "blue"], text, taken);
        }
        assert_eq!(Words::of("varchar(40)"), None);
        assert_eq!(Words::of("year"), None);
    }
}
