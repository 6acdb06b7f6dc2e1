//! Versions of objects whose entries have no attribute for them: a hash of what the entry
//! holds.
//!
//! It does not depend on what a request asks for, nor on the order in which a server gives
//! values. What is dear to read (members of a group) and what others keep does not count.

use std::hash::Hasher as _;

use patchbay_connector::ldap::Entry;
use siphasher::sip128::{Hasher128 as _, SipHasher13};

use crate::plan::{Attribute, Class, Source};

/// The version of an entry that was read with all that [`counts`].
pub fn revision(class: &Class, entry: &Entry) -> String {
    let mut sum = 0u128;
    let mut add = |name: &str, value: &[u8]| {
        let mut hasher = SipHasher13::new();
        for part in [name.to_ascii_lowercase().as_bytes(), value] {
            hasher.write(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
            hasher.write(part);
        }
        sum = sum.wrapping_add(hasher.finish128().as_u128());
    };
    add("", crate::dn::key(&entry.dn).as_bytes());
    for native in natives(class) {
        for value in entry.values(native) {
            add(native, value);
        }
    }
    format!("{sum:032x}")
}

/// Attributes of entries that make the version, each once.
pub fn natives(class: &Class) -> Vec<&str> {
    let mut natives: Vec<&str> = Vec::new();
    for attribute in class.attributes.iter().filter(|attribute| counts(attribute)) {
        if !natives.iter().any(|known| known.eq_ignore_ascii_case(&attribute.native)) {
            natives.push(&attribute.native);
        }
    }
    natives
}

/// Whether a change of the attribute is a change of the version.
fn counts(attribute: &Attribute) -> bool {
    let kept = matches!(attribute.source, Source::Value | Source::Active | Source::Reference(_));
    kept && attribute.updatable && attribute.readable && !attribute.expensive && !attribute.native.is_empty()
}
