//! Versions of objects whose entries have no attribute for them: a hash of what the entry
//! holds.
//!
//! It does not depend on what a request asks for, nor on the order in which a server gives
//! values, nor on how it spells names of entries. What is dear to read (members of a group) and what others keep does not count.

use std::hash::Hasher as _;

use patchbay_connector::ldap::Entry;
use siphasher::sip128::{Hasher128 as _, SipHasher13};

use crate::dn::ExtendedName;
use crate::plan::{Attribute, Class, Source};
use crate::syntax::Syntax;

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
        let has_names = class.attributes.iter().any(|attribute| {
            attribute.native.eq_ignore_ascii_case(native)
                && matches!(attribute.syntax, Syntax::Dn | Syntax::NameAndOptionalUid)
        });
        for value in entry.values(native) {
            match plain_name(class, value) {
                Some(name) if has_names => add(native, crate::dn::key(&name).as_bytes()),
                Some(name) => add(native, name.as_bytes()),
                None => add(native, value),
            }
        }
    }
    format!("{sum:032x}")
}

/// The text of a value. A request that has Active Directory tell ids beside names
/// (`<GUID=...>;<SID=...>;CN=...`) sees the same names as any other.
fn plain_name(class: &Class, value: &[u8]) -> Option<String> {
    const GUID: &str = "<GUID=";
    let text = std::str::from_utf8(value).ok()?;
    let extended = class.server.vendor.is_active_directory()
        && text.get(..GUID.len()).is_some_and(|start| start.eq_ignore_ascii_case(GUID));
    Some(if extended { ExtendedName::parse(text).dn } else { text.to_owned() })
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
