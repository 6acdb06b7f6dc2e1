//! Targets on what stands between a connector and a directory.

use patchbay_capability::ldap::Dn;
use patchbay_capability_ldap::read_answers;

/// A subtree that is granted.
const BASE: &str = "ou=people,dc=example,dc=org";

/// A distinguished name: reads again from its own text, lies below its parent and nowhere
/// above, and is below a subtree when it is written in front of one.
pub fn dn(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(dn) = Dn::parse(text) else { return };
    assert_eq!(Dn::parse(dn.text()).as_ref(), Ok(&dn), "{text:?}");
    assert!(dn.is_within(&dn) && !dn.is_below(&dn), "{text:?}");
    let parent = Dn::parse(dn.parent()).expect("what is above a name is a name");
    if text.is_empty() {
        return;
    }
    assert!(dn.is_below(&parent) && !parent.is_within(&dn), "{text:?}");
    assert!(dn.leaf_types().next().is_some(), "{text:?}");
    let base = Dn::parse(BASE).expect("the subtree is a name");
    // It may pass the limit on length.
    if let Ok(below) = Dn::parse(format!("{text},{BASE}")) {
        assert!(below.is_below(&base) && !base.is_within(&below), "{text:?}");
        assert!(below.is_below(&Dn::parse(below.parent()).expect("what is above a name is a name")), "{text:?}");
    }
}

/// What a directory sends: it is read, or refused, in all its parts.
pub fn answers(data: &[u8]) {
    let count = read_answers(data);
    // A message has two bytes at least.
    assert!(count <= data.len() / 2);
}
