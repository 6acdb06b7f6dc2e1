//! Object classes that entries may lack: those that were there before anybody configured
//! them.

use serde::{Deserialize, Serialize};

/// An auxiliary object class of a class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Auxiliary {
    /// Its name in the settings.
    pub name: String,
    /// All its names, and its OID.
    pub names: Vec<String>,
    /// Attributes that it allows and the structural object classes do not, as the attributes
    /// of the class have them.
    pub attributes: Vec<String>,
}

impl Auxiliary {
    /// Whether an entry with these object classes has it.
    pub fn is_among(&self, classes: &[Vec<u8>]) -> bool {
        let is = |class: &Vec<u8>| self.names.iter().any(|name| name.as_bytes().eq_ignore_ascii_case(class));
        classes.iter().any(is)
    }

    /// Whether it allows an attribute that structural object classes do not.
    pub fn allows(&self, native: &str) -> bool {
        let plain = native.split(';').next().unwrap_or(native);
        self.attributes.iter().any(|known| {
            known.eq_ignore_ascii_case(native)
                || known.split(';').next().is_some_and(|known| known.eq_ignore_ascii_case(plain))
        })
    }
}
