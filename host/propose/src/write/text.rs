//! Names and remarks as TOML takes them.

use toml_writer::{ToTomlKey as _, ToTomlValue as _, TomlKeyBuilder, TomlStringBuilder};

use crate::names::is_unprintable;

/// Longest line of a comment.
const WIDTH: usize = 96;

/// A key, quoted where it has to be.
pub(crate) fn key(name: &str) -> String {
    TomlKeyBuilder::new(name).as_default().to_toml_key()
}

/// A text on one line.
pub(crate) fn value(text: &str) -> String {
    TomlStringBuilder::new(text).as_basic().to_toml_value()
}

/// A list of texts.
pub(crate) fn list(texts: &[String]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| value(text)).collect();
    format!("[{}]", texts.join(", "))
}

/// One name or a list.
pub(super) fn names(names: &[String]) -> String {
    match names {
        [only] => value(only),
        several => list(several),
    }
}

/// A table's name as settings and grants have it: dots between its parts, and double quotes
/// around a part that has any of its own.
pub(super) fn table(parts: &[String]) -> String {
    let parts: Vec<String> = parts
        .iter()
        .map(|part| {
            let plain = !part.contains(['.', '"']) && part.trim() == part;
            if plain { part.clone() } else { format!("\"{}\"", part.replace('"', "\"\"")) }
        })
        .collect();
    parts.join(".")
}

/// A text that can neither end its line nor move a terminal's cursor, whatever names in it
/// hold.
pub fn one_line(text: &str) -> String {
    text.chars().map(|c| if is_unprintable(c) { '?' } else { c }).collect()
}

/// A comment, wrapped.
pub(crate) fn comment(out: &mut String, text: &str) {
    wrap(out, "# ", "# ", text);
}

/// An entry of a list in a comment, wrapped.
pub(crate) fn point(out: &mut String, text: &str) {
    wrap(out, "# * ", "#   ", text);
}

fn wrap(out: &mut String, first: &str, next: &str, text: &str) {
    let mut line = first.to_owned();
    let mut is_empty = true;
    for word in one_line(text).split(' ').filter(|word| !word.is_empty()) {
        if !is_empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            out.push_str(&line);
            out.push('\n');
            next.clone_into(&mut line);
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    out.push_str(&line);
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is written is read back as it was.
    #[test]
    fn names_survive() {
        for name in [
            "plain",
            "",
            "a.b",
            "a\"b",
            "a'b",
            "a\nb",
            "#x",
            "[x]",
            "a = 1",
            "\u{1b}[0m",
            "ü",
            "\\",
            " a ",
            "'''\"\"\"",
        ] {
            let text = format!("{} = {}\n[{}]\n", key(name), value(name), key(&format!("t{name}")));
            let read: toml::Table = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(read.get(name).and_then(toml::Value::as_str), Some(name), "{text}");
            assert!(read.contains_key(&format!("t{name}")), "{text}");
            assert_eq!(text.lines().count(), 2, "{text}");
        }
    }

    #[test]
    fn parts_with_dots_are_quoted() {
        let check = |parts: &[&str], expected: &str| {
            let parts: Vec<String> = parts.iter().map(|part| (*part).to_owned()).collect();
            assert_eq!(table(&parts), expected);
        };
        check(&["person"], "person");
        check(&["hr", "person"], "hr.person");
        check(&["hr", "a.b"], "hr.\"a.b\"");
        check(&["a\"b"], "\"a\"\"b\"");
        check(&[" a"], "\" a\"");
    }

    #[test]
    fn comments_stay_comments() {
        let mut out = String::new();
        comment(&mut out, &format!("a\n[server]\r\nlisten = \"x\" {}", "word ".repeat(40)));
        assert!(
            out.lines().count() > 1 && out.lines().all(|line| line.starts_with("# ") && line.len() <= WIDTH),
            "{out}"
        );
    }
}
