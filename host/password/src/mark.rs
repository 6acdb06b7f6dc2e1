//! Telling stored passwords from other text.

/// What the text of each scheme begins with.
const MARKS: [&str; 13] = [
    "$argon2id$",
    "$2a$",
    "$2b$",
    "$2y$",
    "$pbkdf2-sha256$",
    "$pbkdf2-sha512$",
    "pbkdf2_sha256$",
    "$6$",
    "{ARGON2}",
    "{CRYPT}",
    "{SSHA}",
    "{SSHA256}",
    "{SSHA512}",
];

/// Whether `text` looks like a hash that a [`Scheme`](crate::Scheme) makes, so that whoever
/// shows statements to people can leave it out. A hash is a secret too: it can be guessed
/// at without anybody noticing.
pub fn is_stored_form(text: &str) -> bool {
    MARKS.iter().any(|mark| text.starts_with(mark))
}
