//! Which characters a text column can hold.

use serde::{Deserialize, Serialize};

/// What is known of a column's character set. MySQL refuses to compare a column with a text that
/// has other characters; elsewhere a comparison takes any text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Charset {
    /// All of Unicode.
    Unicode,
    /// Unicode without what takes four bytes in UTF-8.
    Basic,
    /// Western Europe.
    Western,
    /// Another one, of which only ASCII is known.
    Other,
}

impl Charset {
    /// What the type's name says after the type, as in `varchar(40) character set latin1`.
    pub(super) fn of(type_name: &str) -> Self {
        match type_name.rsplit_once(" character set ") {
            None => Self::Unicode,
            Some((_, "utf8mb4" | "utf16" | "utf16le" | "utf32")) => Self::Unicode,
            Some((_, "utf8" | "utf8mb3" | "ucs2")) => Self::Basic,
            Some((_, "latin1")) => Self::Western,
            Some(_) => Self::Other,
        }
    }

    /// Whether it is known to have all characters of a text.
    pub fn holds(self, text: &str) -> bool {
        match self {
            Self::Unicode => true,
            Self::Basic => text.chars().all(|c| u32::from(c) <= 0xffff),
            Self::Western => text.chars().all(|c| c.is_ascii() || matches!(c, '\u{a0}'..='\u{ff}')),
            Self::Other => text.is_ascii(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_names_the_characters_it_holds() {
        for (type_name, held) in [
            ("varchar(40)", [true, true, true, true]),
            ("varchar(40) character set utf16", [true, true, true, true]),
            ("text character set utf8mb3", [true, true, true, false]),
            ("varchar(40) character set latin1", [true, true, false, false]),
            ("enum('a character set b') character set latin2", [true, false, false, false]),
        ] {
            let charset = Charset::of(type_name);
            assert_eq!(["a", "\u{e9}", "\u{141}", "\u{1f600}"].map(|text| charset.holds(text)), held, "{type_name}");
        }
    }
}
