//! Secrets on their way to an attribute. Nothing here shows one.

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

/// A secret of the operation, as text; wiped with its last clone.
#[derive(Clone)]
pub struct Secret(Arc<Zeroizing<String>>);

impl Secret {
    /// The text. For whoever hands it to the target.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Whether both are the same secret of the operation; not whether two are alike.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl From<Arc<Zeroizing<String>>> for Secret {
    fn from(text: Arc<Zeroizing<String>>) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// How a secret becomes the value of an attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SecretForm {
    /// Its UTF-8.
    Text,
    /// In quotes and UTF-16LE, as `unicodePwd` wants it.
    ActiveDirectory,
}

/// A secret as the one value of an attribute, as a guest asks for it; the engine has put the
/// secret in the place of its number. In a modify it replaces all values.
#[derive(Debug, Clone)]
pub struct SecretValue {
    /// Attribute description.
    pub attribute: String,
    /// What it gets.
    pub secret: Secret,
    /// As what.
    pub form: SecretForm,
}

/// The same after the gate: bytes as they go to the server.
#[derive(Clone)]
pub struct SecretAttribute {
    /// Attribute description.
    pub attribute: String,
    /// Its one value; in a modify it replaces all values.
    pub value: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for SecretAttribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretAttribute").field("attribute", &self.attribute).field("value", &"***").finish()
    }
}

impl SecretValue {
    /// The bytes for the server.
    pub fn encode(&self) -> SecretAttribute {
        let text = self.secret.text();
        let value = match self.form {
            SecretForm::Text => Zeroizing::new(text.as_bytes().to_vec()),
            SecretForm::ActiveDirectory => {
                // Room for all of it from the start: a buffer that grows leaves copies behind.
                let mut value = Zeroizing::new(Vec::with_capacity(text.len() * 2 + 4));
                let quoted = std::iter::once(u16::from(b'"')).chain(text.encode_utf16());
                for unit in quoted.chain(std::iter::once(u16::from(b'"'))) {
                    value.extend_from_slice(&unit.to_le_bytes());
                }
                value
            }
        };
        SecretAttribute { attribute: self.attribute.clone(), value }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(form: SecretForm, expected: &[u8]) {
        let secret = Secret::from(Arc::new(Zeroizing::new("pä\u{1f511}".to_owned())));
        let value = SecretValue { attribute: "unicodePwd".to_owned(), secret, form };
        let encoded = value.encode();
        assert_eq!(*encoded.value, expected);
        let shown = format!("{value:?} {encoded:?}");
        assert!(shown.contains("unicodePwd") && !shown.contains("pä") && !shown.contains("112"), "{shown}");
    }

    #[test]
    fn takes_the_form_the_attribute_wants_and_shows_nothing() {
        check(SecretForm::Text, "pä\u{1f511}".as_bytes());
        check(SecretForm::ActiveDirectory, &[b'"', 0, b'p', 0, 0xe4, 0, 0x3d, 0xd8, 0x11, 0xdd, b'"', 0]);
    }
}
