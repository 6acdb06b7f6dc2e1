//! Whether an account is active: how that is read, searched for and written.

use patchbay_connector::ldap::{ChangeKind, Entry, Extensible, FilterBuilder, FilterNode, Modification};
use patchbay_connector::{Error, ErrorKind, Fault};

use crate::account_control::{self, DISABLED};
use crate::dn;
use crate::plan::{Active, Attribute, Values};

/// The time that locks an account until an administrator opens it.
const LOCKED: &[u8] = b"000001010000Z";

/// Bitwise AND, as a matching rule of Active Directory.
const ALL_BITS: &str = "1.2.840.113556.1.4.803";

impl Active {
    /// The attribute of entries that it is read from.
    pub fn native(&self) -> Option<&str> {
        Some(match self {
            Self::AccountControl => "userAccountControl",
            Self::LockedTime => "pwdAccountLockedTime",
            Self::AccountLock => "nsAccountLock",
            Self::Role(_) => "nsRoleDN",
            Self::Values(values) => &values.attribute,
            Self::Container(_) => return None,
        })
    }

    /// Whether the account is active.
    pub fn read(&self, entry: &Entry) -> bool {
        let values = self.native().map_or(&[][..], |native| entry.values(native));
        let has = |wanted: &[u8]| values.iter().any(|value| value.eq_ignore_ascii_case(wanted));
        match self {
            Self::AccountControl => account_flags(entry).is_none_or(|flags| !account_control::has(flags, DISABLED)),
            Self::LockedTime => !has(LOCKED),
            Self::AccountLock => !has(b"true"),
            Self::Role(role) => {
                let role = dn::key(role);
                !values.iter().any(|value| std::str::from_utf8(value).is_ok_and(|value| dn::key(value) == role))
            }
            Self::Values(known) if values.is_empty() => known.absent,
            Self::Values(known) if known.active.is_empty() => !known.inactive.iter().any(|value| has(value.as_bytes())),
            Self::Values(known) => known.active.iter().any(|value| has(value.as_bytes())),
            Self::Container(container) => !is_below(&entry.dn, container),
        }
    }

    /// Appends the condition that an account is active, or is not; none where the server
    /// cannot tell.
    pub fn condition(&self, filter: &mut FilterBuilder, active: bool) -> Option<u32> {
        let native = self.native()?;
        // The node says the opposite of `says`.
        let (node, says) = match self {
            Self::AccountControl => {
                let bits = Extensible {
                    attribute: Some(native.to_owned()),
                    rule: Some(ALL_BITS.to_owned()),
                    dn_attributes: false,
                    value: DISABLED.to_string().into_bytes(),
                };
                (filter.push(FilterNode::Extensible(bits)), false)
            }
            Self::LockedTime => (filter.equal(native, LOCKED), false),
            Self::AccountLock => (filter.equal(native, "true"), false),
            Self::Role(role) => (filter.equal(native, role.as_str()), false),
            Self::Values(values) => {
                let listed = if values.active.is_empty() { &values.inactive } else { &values.active };
                let mut nodes: Vec<u32> = listed.iter().map(|value| filter.equal(native, value.as_str())).collect();
                if values.absent && !values.active.is_empty() {
                    let present = filter.present(native);
                    nodes.push(filter.not(present));
                }
                (filter.any(nodes), !values.active.is_empty())
            }
            Self::Container(_) => return None,
        };
        Some(if says == active { node } else { filter.not(node) })
    }

    /// Changes of the entry that make it so; none where it has to be moved instead. `stored` is
    /// the attribute that it is read from.
    pub fn changes(&self, entry: &Entry, stored: Option<&Attribute>, active: bool) -> Result<Vec<Modification>, Error> {
        if self.read(entry) == active {
            return Ok(Vec::new());
        }
        let Some(native) = self.native() else { return Ok(Vec::new()) };
        let replace = |values: Vec<Vec<u8>>| vec![Modification::new(ChangeKind::Replace, native, values)];
        Ok(match self {
            Self::AccountControl => {
                let flags = account_flags(entry).ok_or_else(|| {
                    Error::fault(ErrorKind::PermissionDenied, "the account's flags cannot be read")
                        .with_attribute("active")
                })?;
                let changed = account_control::set(flags, DISABLED, !active);
                // Somebody else's change of another flag is not to be undone.
                vec![
                    Modification::new(ChangeKind::Delete, native, vec![flags.to_string().into_bytes()]),
                    Modification::new(ChangeKind::Add, native, vec![changed.to_string().into_bytes()]),
                ]
            }
            Self::LockedTime if active => replace(Vec::new()),
            Self::LockedTime => replace(vec![LOCKED.to_vec()]),
            Self::AccountLock if active => replace(Vec::new()),
            Self::AccountLock => replace(vec![b"true".to_vec()]),
            Self::Role(role) => {
                let kind = if active { ChangeKind::Delete } else { ChangeKind::Add };
                vec![Modification::new(kind, native, vec![role.clone().into_bytes()])]
            }
            Self::Values(known) if stored.is_some_and(|stored| !stored.stored_multi) => {
                replace(known.written(active).into_iter().collect())
            }
            Self::Values(known) => {
                let comparable = stored.is_none_or(|stored| stored.comparable);
                known.changes(native, entry.values(native), comparable, active)
            }
            Self::Container(_) => Vec::new(),
        })
    }

    /// Values of a new entry, where there is something to be written.
    pub fn initial(&self, active: bool) -> Option<(&str, Vec<u8>)> {
        let native = self.native()?;
        let value = match self {
            Self::LockedTime if !active => LOCKED.to_vec(),
            Self::AccountLock if !active => b"true".to_vec(),
            Self::Role(role) if !active => role.clone().into_bytes(),
            Self::Values(values) => {
                let listed = if active { &values.active } else { &values.inactive };
                listed.first()?.clone().into_bytes()
            }
            // Those of a new account depend on its password.
            Self::AccountControl | Self::Container(_) => return None,
            Self::LockedTime | Self::AccountLock | Self::Role(_) => return None,
        };
        Some((native, value))
    }
}

impl Values {
    /// The value that is written.
    fn written(&self, active: bool) -> Option<Vec<u8>> {
        let listed = if active { &self.active } else { &self.inactive };
        listed.first().map(|value| value.clone().into_bytes())
    }

    /// Changes of a list that holds `current`: of those values that mean something here, the
    /// right one is left. Others are not ours.
    fn changes(&self, native: &str, current: &[Vec<u8>], comparable: bool, active: bool) -> Vec<Modification> {
        let is_known = |value: &Vec<u8>| {
            let mut known = self.active.iter().chain(&self.inactive);
            known.any(|known| value.eq_ignore_ascii_case(known.as_bytes()))
        };
        let wanted = self.written(active);
        let is_wanted = |value: &Vec<u8>| wanted.as_ref().is_some_and(|wanted| value.eq_ignore_ascii_case(wanted));
        let add: Vec<Vec<u8>> = wanted.iter().filter(|_| !current.iter().any(is_wanted)).cloned().collect();
        let (remove, kept): (Vec<Vec<u8>>, Vec<Vec<u8>>) =
            current.iter().cloned().partition(|value| is_known(value) && !is_wanted(value));
        if !comparable {
            let values = kept.into_iter().chain(add).collect();
            return vec![Modification::new(ChangeKind::Replace, native, values)];
        }
        let parts = [(ChangeKind::Delete, remove), (ChangeKind::Add, add)].into_iter();
        let parts = parts.filter(|(_, values)| !values.is_empty());
        parts.map(|(kind, values)| Modification::new(kind, native, values)).collect()
    }
}

/// The flags of an account of Active Directory.
fn account_flags(entry: &Entry) -> Option<i64> {
    std::str::from_utf8(entry.first("userAccountControl")?).ok()?.parse().ok()
}

/// Whether an entry is below another one.
pub fn is_below(dn: &str, other: &str) -> bool {
    match (dn::Dn::parse(dn), dn::Dn::parse(other)) {
        (Ok(dn), Ok(other)) => dn.is_below(&other),
        _ => false,
    }
}

/// Whether an entry is another one, or below it.
pub fn is_at_or_below(dn: &str, other: &str) -> bool {
    match (dn::Dn::parse(dn), dn::Dn::parse(other)) {
        (Ok(dn), Ok(other)) => dn.is_at_or_below(&other),
        _ => false,
    }
}
