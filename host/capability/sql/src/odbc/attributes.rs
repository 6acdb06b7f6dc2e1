//! Connection strings: `Driver={PostgreSQL Unicode};Server=db.corp;Database=helpdesk`.

use crate::url::{OptionsError, invalid};

/// Longest connection string, in bytes.
const MAX_LENGTH: usize = 8 * 1024;

/// Characters that make a value need braces.
const SPECIAL: [char; 13] = ['[', ']', '{', '}', '(', ')', ',', ';', '?', '*', '=', '!', '@'];

/// Keywords whose values say where a database is, or who asks, as drivers spell them.
const PLACES: [&str; 15] = [
    "uid",
    "user",
    "username",
    "user id",
    "server",
    "servername",
    "servernode",
    "host",
    "hostname",
    "address",
    "addr",
    "network address",
    "database",
    "dbq",
    "dsn",
];

/// A connection string as the operator wrote it: keywords and values in their order. The
/// values may be anybody's business, so it shows none of them.
#[derive(Clone, PartialEq, Eq, Default)]
pub(super) struct Attributes(Vec<Attribute>);

#[derive(Clone, PartialEq, Eq)]
struct Attribute {
    keyword: String,
    value: String,
    /// As it stood in the string, braces and all: drivers differ in how well they read
    /// braces, so what the operator wrote is not written anew.
    raw: String,
}

impl std::fmt::Debug for Attributes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|attribute| &attribute.keyword)).finish()
    }
}

impl Attributes {
    /// Reads a connection string. Refuses what no driver reads alike (a keyword twice, text
    /// without a keyword), and passwords: they come from elsewhere.
    pub(super) fn parse(text: &str) -> Result<Self, OptionsError> {
        if text.len() > MAX_LENGTH {
            return Err(invalid(format!("is longer than {MAX_LENGTH} bytes")));
        }
        if text.contains(char::is_control) {
            return Err(invalid("has a control character"));
        }
        let mut found = Self::default();
        let mut rest = text.trim();
        while !rest.is_empty() {
            let (keyword, tail) =
                rest.split_once('=').ok_or_else(|| invalid("has a part that is not KEYWORD=VALUE"))?;
            let keyword = keyword.trim();
            if keyword.is_empty() || keyword.contains(SPECIAL) {
                return Err(invalid("has a part that is not KEYWORD=VALUE"));
            }
            let (raw, tail) = value(tail.trim_start()).ok_or_else(|| invalid("has a brace that is not closed"))?;
            if is_password(keyword) {
                return Err(invalid(format!("must not hold a password, which {keyword} is")));
            }
            if found.get(keyword).is_some() {
                return Err(invalid(format!("says {keyword} twice")));
            }
            let raw = raw.trim_end();
            found.0.push(Attribute { keyword: keyword.to_owned(), value: unbraced(raw), raw: raw.to_owned() });
            rest = tail.trim_start_matches(|c: char| c == ';' || c.is_whitespace());
        }
        Ok(found)
    }

    /// The value of a keyword, in whatever letters it is written.
    pub(super) fn get(&self, keyword: &str) -> Option<&str> {
        let found = self.0.iter().find(|attribute| attribute.keyword.eq_ignore_ascii_case(keyword))?;
        Some(&found.value)
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same with what `other` says instead, and in addition.
    pub(super) fn with(&self, other: &Self) -> Self {
        let mut all = self.clone();
        for own in &other.0 {
            match all.0.iter_mut().find(|known| known.keyword.eq_ignore_ascii_case(&own.keyword)) {
                Some(known) => known.clone_from(own),
                None => all.0.push(own.clone()),
            }
        }
        all
    }

    /// Adds one that the operator has not given.
    pub(super) fn add(&mut self, keyword: &str, value: &str) {
        if self.get(keyword).is_none() {
            let (keyword, value) = (keyword.to_owned(), value.to_owned());
            self.0.push(Attribute { keyword, raw: quoted(&value), value });
        }
    }

    /// What says where the database is and who asks, for a scrubber.
    pub(super) fn places(&self) -> impl Iterator<Item = &str> {
        let tells = |attribute: &&Attribute| PLACES.iter().any(|place| attribute.keyword.eq_ignore_ascii_case(place));
        self.0.iter().filter(tells).map(|attribute| attribute.value.as_str())
    }

    /// The string for the driver manager, with the password in it.
    pub(super) fn with_password(&self, password: Option<&str>) -> Result<String, OptionsError> {
        let mut text = String::new();
        for attribute in &self.0 {
            text.push_str(&format!("{}={};", attribute.keyword, attribute.raw));
        }
        if let Some(password) = password {
            if password.contains(char::is_control) {
                return Err(invalid("goes with a password that has a control character"));
            }
            if password.encode_utf16().any(is_misread) {
                return Err(invalid("goes with a password that has a character some drivers take for a brace"));
            }
            text.push_str(&format!("PWD={};", quoted(password)));
        }
        Ok(text)
    }
}

/// Whether half of a wide character would end a value: that is what arrives where a driver
/// takes no wide characters.
fn is_misread(unit: u16) -> bool {
    let [half, other] = unit.to_le_bytes();
    other != 0 && matches!(half, b'{' | b'}' | b';' | 0)
}

/// Whether a keyword's value is a secret: `PWD`, `Password`, `SSLKeyPassword`, a token.
fn is_password(keyword: &str) -> bool {
    let letters: String = keyword.to_ascii_lowercase().chars().filter(char::is_ascii_alphanumeric).collect();
    ["pwd", "password", "passphrase", "secret", "token", "apikey"].iter().any(|word| letters.contains(word))
}

/// The value at the start of `text`, as it stands, and what comes after it; none where a
/// brace is not closed.
fn value(text: &str) -> Option<(&str, &str)> {
    if !text.starts_with('{') {
        return Some(text.split_once(';').unwrap_or((text, "")));
    }
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c != '}' {
            continue;
        }
        if chars.next_if(|(_, next)| *next == '}').is_none() {
            let (raw, tail) = text.split_at_checked(at + 1)?;
            let tail = tail.trim_start();
            // Only a semicolon may follow.
            return (tail.is_empty() || tail.starts_with(';')).then_some((raw, tail));
        }
    }
    None
}

fn unbraced(raw: &str) -> String {
    match raw.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        Some(inner) => inner.replace("}}", "}"),
        None => raw.to_owned(),
    }
}

/// A value that ends where it should: in braces, a closing one doubled, unless it is plain.
fn quoted(value: &str) -> String {
    // Some drivers read more into a value that has no braces, as `%41` for an `A`.
    let plain = !value.is_empty() && value.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
    if plain { value.to_owned() } else { format!("{{{}}}", value.replace('}', "}}")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, password: Option<&str>, expected: Result<&str, &str>) {
        let actual = Attributes::parse(text).and_then(|attributes| attributes.with_password(password));
        let expected = expected.map(str::to_owned).map_err(|what| format!("the database URL {what}"));
        assert_eq!(actual.map_err(|error| error.to_string()), expected, "{text}");
    }

    #[test]
    fn strings_stay_as_they_were_written() {
        check("DSN=hr", None, Ok("DSN=hr;"));
        check(" Driver = {A b} ; Server=x ;; UID=me; ", None, Ok("Driver={A b};Server=x;UID=me;"));
        check("Driver=/usr/lib/a.so;Opts={a}};b};X=", None, Ok("Driver=/usr/lib/a.so;Opts={a}};b};X=;"));
        check("", None, Ok(""));
    }

    #[test]
    fn passwords_end_where_they_should() {
        check("DSN=hr", Some("simple"), Ok("DSN=hr;PWD=simple;"));
        check("DSN=hr", Some("a;UID=sa"), Ok("DSN=hr;PWD={a;UID=sa};"));
        check("DSN=hr", Some("a};UID=sa;{"), Ok("DSN=hr;PWD={a}};UID=sa;{};"));
        check("DSN=hr", Some("a+%41"), Ok("DSN=hr;PWD={a+%41};"));
        check("DSN=hr", Some(" a "), Ok("DSN=hr;PWD={ a };"));
        check("DSN=hr", Some(""), Ok("DSN=hr;PWD={};"));
        check("DSN=hr", Some("ä漢"), Ok("DSN=hr;PWD={ä漢};"));
        let misread = "goes with a password that has a character some drivers take for a brace";
        check("DSN=hr", Some("\u{6f7d}"), Err(misread));
        check("DSN=hr", Some("a\0b"), Err("goes with a password that has a control character"));
    }

    #[test]
    fn what_is_refused() {
        check("hunter2", None, Err("has a part that is not KEYWORD=VALUE"));
        check("=x", None, Err("has a part that is not KEYWORD=VALUE"));
        check("DSN=a;{b}=c", None, Err("has a part that is not KEYWORD=VALUE"));
        check("Driver={x", None, Err("has a brace that is not closed"));
        check("Driver={x}y;", None, Err("has a brace that is not closed"));
        check("Driver={x}}", None, Err("has a brace that is not closed"));
        check("DSN=a;dsn=b", None, Err("says dsn twice"));
        check("DSN=a\nb", None, Err("has a control character"));
        for keyword in ["PWD", "Password", "pass word", "SSLKeyPassword", "AccessToken"] {
            let expected = format!("must not hold a password, which {keyword} is");
            check(&format!("DSN=a;{keyword}=hunter2"), None, Err(&expected));
        }
    }

    #[test]
    fn values_are_found_and_not_shown() {
        let mut attributes = Attributes::parse("driver={A}}b};UID=me;Server=db.corp;X=1").unwrap();
        assert_eq!(attributes.get("DRIVER"), Some("A}b"));
        assert_eq!(attributes.places().collect::<Vec<_>>(), ["me", "db.corp"]);
        attributes.add("X", "2");
        attributes.add("Y", "a;b");
        assert_eq!(attributes.with_password(None).unwrap(), "driver={A}}b};UID=me;Server=db.corp;X=1;Y={a;b};");
        assert_eq!(format!("{attributes:?}"), r#"["driver", "UID", "Server", "X", "Y"]"#);
    }
}
