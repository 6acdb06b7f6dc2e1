//! How applications store passwords: which schemes there are, what each takes, and the
//! text that ends up in a column.
//!
//! A pure function of password, scheme and salt: randomness, threads and limits on both
//! are the caller's. Clear text is borrowed and never copied into a value that outlives
//! the call; errors never show it.

mod config;
mod digest;
mod kdf;
mod keeping;
mod mark;
mod scheme;

pub use config::{HashConfig, HashTable};
pub use keeping::Keeping;
pub use mark::is_stored_form;
pub use scheme::{HashError, MAX_BYTES, Pbkdf2Form, Refusal, Salted, Scheme, Variant};
