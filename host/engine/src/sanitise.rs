//! What a guest says is only passed on in a shape that cannot harm a log or a client.

/// Cuts `text` to at most `max` bytes, at a character boundary.
pub(crate) fn cut(mut text: String, max: usize) -> String {
    if text.len() > max {
        let end = text.floor_char_boundary(max);
        text.truncate(end);
    }
    text
}

/// One line: at most `max` bytes, control characters (line breaks among them) replaced
/// by spaces.
pub(crate) fn line(text: String, max: usize) -> String {
    let text = cut(text, max);
    if !text.contains(is_unprintable) {
        return text;
    }
    text.replace(is_unprintable, " ")
}

/// For a log: at most `max` bytes of the original, control characters escaped so that
/// they can be read.
pub(crate) fn escape(text: &str, max: usize) -> String {
    let end = text.floor_char_boundary(max);
    let mut out = String::with_capacity(end);
    for character in text.get(..end).unwrap_or_default().chars() {
        if is_unprintable(character) {
            out.extend(character.escape_default());
        } else {
            out.push(character);
        }
    }
    out
}

/// Control characters, and the ones that reorder or hide text in a terminal.
pub(crate) fn is_unprintable(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cut_keeps_characters_whole() {
        assert_eq!(cut("aé".to_owned(), 2), "a");
        assert_eq!(cut("aé".to_owned(), 3), "aé");
    }

    #[test]
    fn a_line_stays_one_line() {
        assert_eq!(line("a\nb\u{1b}[31m".to_owned(), 100), "a b [31m");
        assert_eq!(line("plain".to_owned(), 3), "pla");
    }

    #[test]
    fn escapes_are_visible() {
        assert_eq!(escape("a\r\n\u{202e}b", 100), "a\\r\\n\\u{202e}b");
    }
}
