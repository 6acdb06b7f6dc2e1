//! Requests.

use patchbay_capability::ldap::{Attribute, Change, ChangeKind, SearchScope, SecretAttribute};
use zeroize::Zeroizing;

use super::{RawControl, answer};
use crate::ber::{Writer, tag};

const BIND: u8 = 0x60;
const UNBIND: u8 = 0x42;
const SEARCH: u8 = 0x63;
const MODIFY: u8 = 0x66;
const ADD: u8 = 0x68;
const DELETE: u8 = 0x4a;
const RENAME: u8 = 0x6c;
const ABANDON: u8 = 0x50;
const EXTENDED: u8 = 0x77;

/// The version of the protocol.
const VERSION: i64 = 3;
/// Aliases are not followed: the grant would not know where they lead.
const NEVER_DEREFERENCE: i64 = 0;
/// What a message takes beside its contents, about.
const OVERHEAD: usize = 256;

/// What a server is asked.
#[derive(Debug)]
pub(crate) enum Operation<'a> {
    /// By name and password; both empty for anonymous.
    BindSimple {
        name: &'a str,
        password: &'a str,
    },
    /// A step of SASL's (RFC 4511 section 4.2): by what the mechanism says.
    BindSasl {
        mechanism: &'static str,
        credentials: &'a [u8],
    },
    Unbind,
    Search(SearchParts<'a>),
    Modify {
        dn: &'a str,
        changes: &'a [Change],
        secrets: &'a [SecretAttribute],
    },
    Add {
        dn: &'a str,
        attributes: &'a [Attribute],
        secrets: &'a [SecretAttribute],
    },
    Delete {
        dn: &'a str,
    },
    Rename {
        dn: &'a str,
        new_rdn: &'a str,
        delete_old: bool,
        new_parent: Option<&'a str>,
    },
    Abandon(i32),
    Extended {
        name: &'static str,
        value: Option<&'a [u8]>,
    },
}

/// A search, its filter written already.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SearchParts<'a> {
    pub(crate) base: &'a str,
    pub(crate) scope: SearchScope,
    pub(crate) filter: &'a [u8],
    pub(crate) attributes: &'a [String],
}

/// A whole message.
pub(crate) fn envelope(id: i32, operation: &Operation<'_>, controls: &[RawControl]) -> Zeroizing<Vec<u8>> {
    let room = controls.iter().map(|control| control.val.as_ref().map_or(0, Vec::len) + OVERHEAD);
    let mut out = Writer::with_capacity(room.fold(operation.room(), usize::saturating_add));
    out.nest(tag::SEQUENCE, |out| {
        out.integer(tag::INTEGER, id.into());
        operation.write(out);
        if !controls.is_empty() {
            out.nest(tag::constructed(0), |out| controls.iter().for_each(|control| write_control(control, out)));
        }
    });
    out.into_bytes()
}

fn write_control(control: &RawControl, out: &mut Writer) {
    out.nest(tag::SEQUENCE, |out| {
        out.octets(&control.ctype);
        if control.crit {
            out.flag(tag::BOOLEAN, true);
        }
        control.val.iter().for_each(|value| out.octets(value));
    });
}

impl Operation<'_> {
    /// Bytes it takes, and rather more: a secret must not outgrow its place.
    fn room(&self) -> usize {
        let one = |attribute: &Attribute| {
            attribute.values.iter().map(|value| value.len() + 8).fold(attribute.name.len() + 32, usize::saturating_add)
        };
        let secret = |secret: &SecretAttribute| secret.attribute.len() + secret.value.len() + 32;
        let contents = match self {
            Self::BindSimple { name, password } => name.len() + password.len(),
            Self::BindSasl { mechanism, credentials } => mechanism.len() + credentials.len(),
            Self::Unbind | Self::Abandon(_) => 0,
            Self::Search(parts) => {
                let attributes = parts.attributes.iter().map(|attribute| attribute.len() + 8);
                attributes.fold(parts.base.len() + parts.filter.len(), usize::saturating_add)
            }
            Self::Modify { dn, changes, secrets } => {
                let changes = changes.iter().map(|change| one(&change.attribute));
                changes.chain(secrets.iter().map(secret)).fold(dn.len(), usize::saturating_add)
            }
            Self::Add { dn, attributes, secrets } => {
                attributes.iter().map(one).chain(secrets.iter().map(secret)).fold(dn.len(), usize::saturating_add)
            }
            Self::Delete { dn } => dn.len(),
            Self::Rename { dn, new_rdn, new_parent, .. } => dn.len() + new_rdn.len() + new_parent.map_or(0, str::len),
            Self::Extended { value, .. } => value.map_or(0, <[u8]>::len),
        };
        contents.saturating_add(OVERHEAD)
    }

    /// The tag of the answer that ends it; none where there is no answer.
    pub(crate) fn ends_with(&self) -> Option<u8> {
        match self {
            Self::BindSimple { .. } | Self::BindSasl { .. } => Some(answer::BIND),
            Self::Search(_) => Some(answer::DONE),
            Self::Modify { .. } => Some(answer::MODIFY),
            Self::Add { .. } => Some(answer::ADD),
            Self::Delete { .. } => Some(answer::DELETE),
            Self::Rename { .. } => Some(answer::RENAME),
            Self::Extended { .. } => Some(answer::EXTENDED),
            Self::Unbind | Self::Abandon(_) => None,
        }
    }

    fn write(&self, out: &mut Writer) {
        match self {
            Self::BindSimple { name, password } => out.nest(BIND, |out| {
                out.integer(tag::INTEGER, VERSION);
                out.octets(name);
                out.put(tag::primitive(0), password.as_bytes());
            }),
            Self::BindSasl { mechanism, credentials } => out.nest(BIND, |out| {
                out.integer(tag::INTEGER, VERSION);
                out.octets("");
                out.nest(tag::constructed(3), |out| {
                    out.octets(mechanism);
                    out.octets(credentials);
                });
            }),
            Self::Unbind => out.put(UNBIND, &[]),
            Self::Search(parts) => out.nest(SEARCH, |out| search(parts, out)),
            Self::Modify { dn, changes, secrets } => out.nest(MODIFY, |out| {
                out.octets(dn);
                out.nest(tag::SEQUENCE, |out| {
                    for Change { kind, attribute } in *changes {
                        change(*kind, out, |out| write_attribute(attribute, out));
                    }
                    for secret in *secrets {
                        change(ChangeKind::Replace, out, |out| write_secret(secret, out));
                    }
                });
            }),
            Self::Add { dn, attributes, secrets } => out.nest(ADD, |out| {
                out.octets(dn);
                out.nest(tag::SEQUENCE, |out| {
                    attributes.iter().for_each(|attribute| write_attribute(attribute, out));
                    secrets.iter().for_each(|secret| write_secret(secret, out));
                });
            }),
            Self::Delete { dn } => out.put(DELETE, dn.as_bytes()),
            Self::Rename { dn, new_rdn, delete_old, new_parent } => out.nest(RENAME, |out| {
                out.octets(dn);
                out.octets(new_rdn);
                out.flag(tag::BOOLEAN, *delete_old);
                new_parent.iter().for_each(|parent| out.put(tag::primitive(0), parent.as_bytes()));
            }),
            Self::Abandon(id) => out.integer(ABANDON, (*id).into()),
            Self::Extended { name, value } => out.nest(EXTENDED, |out| {
                out.put(tag::primitive(0), name.as_bytes());
                value.iter().for_each(|value| out.put(tag::primitive(1), value));
            }),
        }
    }
}

fn search(parts: &SearchParts<'_>, out: &mut Writer) {
    out.octets(parts.base);
    out.integer(
        tag::ENUMERATED,
        match parts.scope {
            SearchScope::Base => 0,
            SearchScope::OneLevel => 1,
            SearchScope::Subtree => 2,
        },
    );
    out.integer(tag::ENUMERATED, NEVER_DEREFERENCE);
    // No limits of entries and seconds: entries are taken when somebody wants them, which may
    // be later, and who does not want them abandons the search.
    out.integer(tag::INTEGER, 0);
    out.integer(tag::INTEGER, 0);
    out.flag(tag::BOOLEAN, false);
    out.raw(parts.filter);
    out.nest(tag::SEQUENCE, |out| parts.attributes.iter().for_each(|attribute| out.octets(attribute)));
}

fn change(kind: ChangeKind, out: &mut Writer, write: impl FnOnce(&mut Writer)) {
    out.nest(tag::SEQUENCE, |out| {
        out.integer(
            tag::ENUMERATED,
            match kind {
                ChangeKind::Add => 0,
                ChangeKind::Delete => 1,
                ChangeKind::Replace => 2,
                ChangeKind::Increment => 3,
            },
        );
        write(out);
    });
}

fn write_attribute(Attribute { name, values }: &Attribute, out: &mut Writer) {
    out.nest(tag::SEQUENCE, |out| {
        out.octets(name);
        out.nest(tag::SET, |out| values.iter().for_each(|value| out.octets(value)));
    });
}

fn write_secret(SecretAttribute { attribute, value }: &SecretAttribute, out: &mut Writer) {
    out.nest(tag::SEQUENCE, |out| {
        out.octets(attribute);
        out.nest(tag::SET, |out| out.octets(value));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(operation: &Operation<'_>, controls: &[RawControl], expected: &[u8]) {
        let bytes = envelope(5, operation, controls);
        assert_eq!(bytes.as_slice(), expected);
        // There was room for all of it: nothing was copied on the way.
        assert!(bytes.len() <= operation.room());
    }

    #[test]
    fn binds() {
        let simple = Operation::BindSimple { name: "cn=a", password: "pw" };
        check(&simple, &[], b"\x30\x12\x02\x01\x05\x60\x0d\x02\x01\x03\x04\x04cn=a\x80\x02pw");
        let external = b"\x30\x18\x02\x01\x05\x60\x13\x02\x01\x03\x04\x00\xa3\x0c\x04\x08EXTERNAL\x04\x00";
        check(&Operation::BindSasl { mechanism: "EXTERNAL", credentials: b"" }, &[], external);
        check(&Operation::Unbind, &[], b"\x30\x05\x02\x01\x05\x42\x00");
    }

    #[test]
    fn searches_and_controls() {
        let parts =
            SearchParts { base: "b", scope: SearchScope::Subtree, filter: b"\x87\x01x", attributes: &["*".into()] };
        let control = RawControl { ctype: "1.2".into(), crit: true, val: Some(vec![9]) };
        check(
            &Operation::Search(parts),
            &[control],
            b"\x30\x2e\x02\x01\x05\x63\x1a\x04\x01b\x0a\x01\x02\x0a\x01\x00\x02\x01\x00\x02\x01\x00\x01\x01\x00\x87\x01x\x30\x03\x04\x01*\xa0\x0d\x30\x0b\x04\x031.2\x01\x01\xff\x04\x01\x09",
        );
    }

    #[test]
    fn writes() {
        let attribute = Attribute { name: "a".into(), values: vec![b"1".into(), b"2".into()] };
        let secrets = [SecretAttribute { attribute: "p".into(), value: Zeroizing::new(b"s".into()) }];
        check(
            &Operation::Add { dn: "d", attributes: std::slice::from_ref(&attribute), secrets: &secrets },
            &[],
            b"\x30\x21\x02\x01\x05\x68\x1c\x04\x01d\x30\x17\x30\x0b\x04\x01a\x31\x06\x04\x011\x04\x012\x30\x08\x04\x01p\x31\x03\x04\x01s",
        );
        check(
            &Operation::Modify { dn: "d", changes: &[Change { kind: ChangeKind::Delete, attribute }], secrets: &secrets },
            &[],
            b"\x30\x2b\x02\x01\x05\x66\x26\x04\x01d\x30\x21\x30\x10\x0a\x01\x01\x30\x0b\x04\x01a\x31\x06\x04\x011\x04\x012\x30\x0d\x0a\x01\x02\x30\x08\x04\x01p\x31\x03\x04\x01s",
        );
        check(&Operation::Delete { dn: "d" }, &[], b"\x30\x06\x02\x01\x05\x4a\x01d");
        let rename = Operation::Rename { dn: "d", new_rdn: "n", delete_old: true, new_parent: Some("p") };
        check(&rename, &[], b"\x30\x11\x02\x01\x05\x6c\x0c\x04\x01d\x04\x01n\x01\x01\xff\x80\x01p");
        check(&Operation::Abandon(4), &[], b"\x30\x06\x02\x01\x05\x50\x01\x04");
        let extended = Operation::Extended { name: "1.3", value: Some(b"v") };
        check(&extended, &[], b"\x30\x0d\x02\x01\x05\x77\x08\x80\x031.3\x81\x01v");
    }
}
