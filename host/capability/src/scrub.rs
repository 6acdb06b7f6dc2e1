//! Takes secrets, addresses and row values out of text that a server or a driver wrote.

/// Longest message that leaves a capability, in characters.
const MAX_MESSAGE: usize = 512;
/// What stands where something was taken out.
const MASK: &str = "***";
/// Secrets shorter than this are only masked as whole words: a user called `app` must
/// not turn `application` into `***lication`.
const SHORT_SECRET: usize = 6;
/// Words before `=` or `:` whose value is never shown.
const SECRET_KEYS: [&str; 7] = ["password", "passwd", "pwd", "secret", "token", "apikey", "api_key"];

/// Cleans messages of one binding.
#[derive(Clone)]
pub struct Scrubber {
    /// Longest first, so that a secret inside another one does not leave half of it.
    secrets: Vec<String>,
}

impl std::fmt::Debug for Scrubber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scrubber").field("secrets", &self.secrets.len()).finish()
    }
}

impl Scrubber {
    /// Masks `secrets` besides what is masked always; empty ones are ignored.
    pub fn new(secrets: impl IntoIterator<Item = String>) -> Self {
        let mut secrets: Vec<String> = secrets.into_iter().filter(|secret| !secret.is_empty()).collect();
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.dedup();
        Self { secrets }
    }

    /// `text` without secrets, user information in URLs, `password=...`, values in
    /// `Key (...)=(...)`, and control characters; cut to a sane length.
    pub fn clean(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in &self.secrets {
            if text.contains(secret.as_str()) {
                text = mask(&text, secret);
            }
        }
        let text = mask_assignments(&mask_user_info(&mask_keys(&text)));
        let mut out = String::with_capacity(text.len().min(MAX_MESSAGE * 4));
        for (count, c) in text.chars().enumerate() {
            if count == MAX_MESSAGE {
                out.push('…');
                break;
            }
            out.push(if c.is_control() { ' ' } else { c });
        }
        out
    }
}

fn mask(text: &str, secret: &str) -> String {
    let whole_word = secret.chars().count() < SHORT_SECRET;
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(secret) {
        out.push_str(before);
        let inside = |c: char| c.is_alphanumeric() || c == '_';
        let embedded = out.ends_with(inside) || after.starts_with(inside);
        out.push_str(if whole_word && embedded { secret } else { MASK });
        rest = after;
    }
    out.push_str(rest);
    out
}

/// `Key (email)=(a@b.c)` becomes `Key (email)=(***)`: PostgreSQL's detail of a violation.
fn mask_keys(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(")=(") {
        out.push_str(before);
        out.push_str(")=(");
        out.push_str(MASK);
        // The value may hold parentheses itself, so everything up to the last one goes.
        rest = after.rfind(')').map_or("", |end| after.get(end..).unwrap_or_default());
    }
    out.push_str(rest);
    out
}

/// `scheme://user:password@host` becomes `scheme://***@host`.
fn mask_user_info(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        out.push_str(before);
        out.push_str("://");
        let end = after.find(|c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\'')).unwrap_or(after.len());
        let (authority, tail) = after.split_at_checked(end).unwrap_or((after, ""));
        match authority.rsplit_once('@') {
            Some((_, host)) => {
                out.push_str(MASK);
                out.push('@');
                out.push_str(host);
            }
            None => out.push_str(authority),
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// `password=x`, `pwd: x` and the like lose the value, quoted or not.
fn mask_assignments(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    if !SECRET_KEYS.iter().any(|key| lower.contains(key)) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(value) = next_assignment(&lower, at) {
        out.push_str(text.get(at..value).unwrap_or_default());
        out.push_str(MASK);
        let tail = text.get(value..).unwrap_or_default();
        let quote = tail.chars().next().filter(|c| matches!(c, '\'' | '"'));
        let length = match quote {
            Some(quote) => tail.get(1..).and_then(|inner| inner.find(quote)).map_or(tail.len(), |end| end + 2),
            None => tail
                .find(|c: char| c.is_whitespace() || matches!(c, '&' | ';' | ',' | ')' | '"' | '\''))
                .unwrap_or(tail.len()),
        };
        at = value + length;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

/// Byte offset of the next value after `key=` or `key:`, from `start` on.
fn next_assignment(lower: &str, start: usize) -> Option<usize> {
    let mut best: Option<usize> = None;
    for key in SECRET_KEYS {
        let mut at = start;
        while let Some(found) = lower.get(at..).and_then(|tail| tail.find(key)) {
            let after = at + found + key.len();
            let tail = lower.get(after..).unwrap_or_default();
            let value = tail.trim_start_matches([' ', '"', '\'']);
            if let Some(value) = value.strip_prefix(['=', ':']) {
                let value = value.trim_start_matches(' ');
                let offset = lower.len() - value.len();
                if !value.is_empty() && best.is_none_or(|best| offset < best) {
                    best = Some(offset);
                }
                break;
            }
            at = after;
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let scrubber = Scrubber::new(["hunter2!".to_owned(), "app".to_owned(), String::new()]);
        assert_eq!(scrubber.clean(text), expected);
    }

    #[test]
    fn masks_what_must_not_be_seen() {
        check("nothing to hide", "nothing to hide");
        check("login with hunter2! failed, xhunter2!x", "login with *** failed, x***x");
        check("role \"app\" in application", "role \"***\" in application");
        check("postgres://me:pw@db.corp/x?y=1 failed", "postgres://***@db.corp/x?y=1 failed");
        check("https://db.corp/x@y", "https://db.corp/x@y");
        check("dsn: user=me password=s3cr3t host=db", "dsn: user=me password=*** host=db");
        check("Password: 'a b c', next", "Password: ***, next");
        check("pwd=a;token = b", "pwd=***;token = ***");
        check("password authentication failed", "password authentication failed");
        check("Key (email)=(a@b.c) already exists.", "Key (email)=(***) already exists.");
        check("Key (a, b)=(x), (y)) exists", "Key (a, b)=(***) exists");
        check("line\nbreak\u{1b}[31m", "line break [31m");
    }

    #[test]
    fn cuts_long_text_between_characters() {
        let cleaned = Scrubber::new([]).clean(&"ä".repeat(MAX_MESSAGE + 9));
        assert_eq!(cleaned.chars().count(), MAX_MESSAGE + 1);
        assert!(cleaned.ends_with('…'));
    }

    #[test]
    fn debug_shows_no_secret() {
        assert!(!format!("{:?}", Scrubber::new(["hunter2!".to_owned()])).contains("hunter2"));
    }
}
