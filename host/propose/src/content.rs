//! What values look like.

/// What a stored password looks like, and what the mapping calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stored {
    /// For people.
    pub(crate) name: &'static str,
    /// TOML for `hash`; none where Patchbay cannot make it.
    pub(crate) hash: Option<&'static str>,
}

/// Forms by how they begin.
const FORMS: [(&str, Stored); 18] = [
    ("$argon2id$", Stored { name: "argon2id", hash: Some("\"argon2id\"") }),
    ("$argon2i$", Stored { name: "argon2i", hash: None }),
    ("$2y$", Stored { name: "bcrypt", hash: Some("{ scheme = \"bcrypt\", variant = \"2y\" }") }),
    ("$2b$", Stored { name: "bcrypt", hash: Some("\"bcrypt\"") }),
    ("$2a$", Stored { name: "bcrypt", hash: Some("{ scheme = \"bcrypt\", variant = \"2a\" }") }),
    ("$6$", Stored { name: "SHA-512 crypt", hash: Some("\"sha512-crypt\"") }),
    ("$5$", Stored { name: "SHA-256 crypt", hash: None }),
    ("$1$", Stored { name: "MD5 crypt", hash: None }),
    ("$y$", Stored { name: "yescrypt", hash: None }),
    ("$P$", Stored { name: "phpass", hash: None }),
    ("$pbkdf2-sha256$", Stored { name: "PBKDF2", hash: Some("\"pbkdf2-sha256\"") }),
    ("$pbkdf2-sha512$", Stored { name: "PBKDF2", hash: Some("\"pbkdf2-sha512\"") }),
    ("pbkdf2_sha256$", Stored { name: "PBKDF2 of Django", hash: Some("\"django-pbkdf2-sha256\"") }),
    ("{SSHA256}", Stored { name: "SSHA-256", hash: Some("\"ssha256\"") }),
    ("{SSHA512}", Stored { name: "SSHA-512", hash: Some("\"ssha512\"") }),
    ("{SSHA}", Stored { name: "SSHA", hash: Some("\"ssha\"") }),
    ("{bcrypt}", Stored { name: "bcrypt of Spring", hash: None }),
    ("{SHA}", Stored { name: "SHA-1 without salt", hash: None }),
];

/// The form of a stored password, if the text is one.
pub(crate) fn stored(text: &str) -> Option<Stored> {
    FORMS.iter().find(|(prefix, _)| text.starts_with(prefix)).map(|(_, form)| *form)
}

/// The name of a stored password's form; of what is only digits of a digest, their number.
pub(crate) fn stored_form(text: &str) -> Option<String> {
    if let Some(form) = stored(text) {
        return Some(form.name.to_owned());
    }
    is_digest(text).then(|| format!("{} hexadecimal digits", text.len()))
}

/// Whether it looks like a bare MD5, SHA-1, SHA-256 or SHA-512.
pub(crate) fn is_digest(text: &str) -> bool {
    matches!(text.len(), 32 | 40 | 64 | 128) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether it looks like a mail address.
pub(crate) fn is_mail(text: &str) -> bool {
    let text = text.trim();
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    !local.is_empty()
        && domain.contains('.')
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && !text.contains(char::is_whitespace)
        && !text.contains('/')
}

/// Whether it looks like a phone number.
pub(crate) fn is_phone(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    digits >= 5 && text.chars().all(|c| c.is_ascii_digit() || " +-/().".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_told() {
        for (text, expected) in [
            ("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA", Some(Some("\"argon2id\""))),
            ("$2y$12$abc", Some(Some("{ scheme = \"bcrypt\", variant = \"2y\" }"))),
            ("pbkdf2_sha256$600000$salt$hash", Some(Some("\"django-pbkdf2-sha256\""))),
            ("{SSHA}abc", Some(Some("\"ssha\""))),
            ("{SSHA512}abc", Some(Some("\"ssha512\""))),
            ("$1$abc", Some(None)),
            ("secret", None),
        ] {
            assert_eq!(stored(text).map(|form| form.hash), expected, "{text}");
        }
        for (text, mail, phone) in [
            ("a@b.example", true, false),
            ("a@b", false, false),
            ("https://x@y.example/", false, false),
            ("+45 (70) 10-20", false, true),
            ("2026", false, false),
        ] {
            assert_eq!((is_mail(text), is_phone(text)), (mail, phone), "{text}");
        }
    }
}
