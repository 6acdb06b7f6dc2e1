//! The bits of `userAccountControl` and of `groupType` in Active Directory.
//!
//! Both are 32-bit integers that the directory shows with a sign.

/// The logon script is run.
pub const SCRIPT: u32 = 0x1;
/// The account cannot log on.
pub const DISABLED: u32 = 0x2;
/// A home directory is required.
pub const HOME_REQUIRED: u32 = 0x8;
/// Locked out; kept by `lockoutTime`, and only shown here by old servers.
pub const LOCKED_OUT: u32 = 0x10;
/// May be without a password.
pub const PASSWORD_NOT_REQUIRED: u32 = 0x20;
/// The user cannot change the password; kept by the access control list.
pub const PASSWORD_CANNOT_CHANGE: u32 = 0x40;
/// The password is kept so that it can be read back.
pub const REVERSIBLE_PASSWORD: u32 = 0x80;
/// A user of another domain.
pub const TEMPORARY_DUPLICATE: u32 = 0x100;
/// An ordinary user.
pub const NORMAL: u32 = 0x200;
/// Trust of another domain.
pub const INTERDOMAIN_TRUST: u32 = 0x800;
/// A computer of the domain.
pub const WORKSTATION_TRUST: u32 = 0x1000;
/// A domain controller.
pub const SERVER_TRUST: u32 = 0x2000;
/// The password does not expire.
pub const PASSWORD_NEVER_EXPIRES: u32 = 0x1_0000;
/// A majority node set account.
pub const MAJORITY_NODE_SET: u32 = 0x2_0000;
/// Logs on with a smart card only.
pub const SMARTCARD_REQUIRED: u32 = 0x4_0000;
/// May delegate to any service.
pub const TRUSTED_FOR_DELEGATION: u32 = 0x8_0000;
/// Is never delegated.
pub const NOT_DELEGATED: u32 = 0x10_0000;
/// Uses DES keys only.
pub const DES_KEYS_ONLY: u32 = 0x20_0000;
/// Logs on without Kerberos pre-authentication.
pub const NO_PREAUTHENTICATION: u32 = 0x40_0000;
/// The password has expired; only shown.
pub const PASSWORD_EXPIRED: u32 = 0x80_0000;
/// May authenticate as another user for delegation.
pub const TRUSTED_TO_AUTHENTICATE: u32 = 0x100_0000;
/// A read-only domain controller.
pub const PARTIAL_SECRETS: u32 = 0x400_0000;

/// Bits by the names that Active Directory's documentation has for them.
const NAMES: [(&str, u32); 22] = [
    ("SCRIPT", SCRIPT),
    ("ACCOUNTDISABLE", DISABLED),
    ("HOMEDIR_REQUIRED", HOME_REQUIRED),
    ("LOCKOUT", LOCKED_OUT),
    ("PASSWD_NOTREQD", PASSWORD_NOT_REQUIRED),
    ("PASSWD_CANT_CHANGE", PASSWORD_CANNOT_CHANGE),
    ("ENCRYPTED_TEXT_PWD_ALLOWED", REVERSIBLE_PASSWORD),
    ("TEMP_DUPLICATE_ACCOUNT", TEMPORARY_DUPLICATE),
    ("NORMAL_ACCOUNT", NORMAL),
    ("INTERDOMAIN_TRUST_ACCOUNT", INTERDOMAIN_TRUST),
    ("WORKSTATION_TRUST_ACCOUNT", WORKSTATION_TRUST),
    ("SERVER_TRUST_ACCOUNT", SERVER_TRUST),
    ("DONT_EXPIRE_PASSWORD", PASSWORD_NEVER_EXPIRES),
    ("MNS_LOGON_ACCOUNT", MAJORITY_NODE_SET),
    ("SMARTCARD_REQUIRED", SMARTCARD_REQUIRED),
    ("TRUSTED_FOR_DELEGATION", TRUSTED_FOR_DELEGATION),
    ("NOT_DELEGATED", NOT_DELEGATED),
    ("USE_DES_KEY_ONLY", DES_KEYS_ONLY),
    ("DONT_REQ_PREAUTH", NO_PREAUTHENTICATION),
    ("PASSWORD_EXPIRED", PASSWORD_EXPIRED),
    ("TRUSTED_TO_AUTH_FOR_DELEGATION", TRUSTED_TO_AUTHENTICATE),
    ("PARTIAL_SECRETS_ACCOUNT", PARTIAL_SECRETS),
];

/// The bit of this name, in any case.
pub fn bit(name: &str) -> Option<u32> {
    NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, bit)| *bit)
}

/// Names of the bits that are set, lowest first; bits without a name are left out.
pub fn names(value: i64) -> Vec<&'static str> {
    NAMES.iter().filter(|(_, bit)| has(value, *bit)).map(|(name, _)| *name).collect()
}

/// Whether all of these bits are set.
pub fn has(value: i64, bits: u32) -> bool {
    low(value) & bits == bits
}

/// The value with these bits set or not, and all others as they are; with a sign, as the
/// directory takes it.
pub fn set(value: i64, bits: u32, on: bool) -> i64 {
    signed(if on { low(value) | bits } else { low(value) & !bits })
}

/// Who can be in a group, and where it can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Members of its own domain, used everywhere.
    Global,
    /// Members of everywhere, used in its own domain.
    DomainLocal,
    /// Members of everywhere, used everywhere.
    Universal,
    /// `APP_BASIC`, of Authorization Manager.
    Basic,
    /// `APP_QUERY`, of Authorization Manager.
    Query,
}

/// Scopes with their bit and name.
const SCOPES: [(Scope, u32, &str); 5] = [
    (Scope::Global, 0x2, "global"),
    (Scope::DomainLocal, 0x4, "domain-local"),
    (Scope::Universal, 0x8, "universal"),
    (Scope::Basic, 0x10, "basic"),
    (Scope::Query, 0x20, "query"),
];
/// A group that the system made.
const SYSTEM: u32 = 0x1;
/// A group that rights can be given to, and not only mail.
const SECURITY: u32 = 0x8000_0000;

impl Scope {
    /// Its name in settings.
    pub fn name(self) -> &'static str {
        SCOPES.iter().find(|(scope, _, _)| *scope == self).map_or("", |(_, _, name)| name)
    }
}

/// The scope of this name, in any case.
pub fn scope(name: &str) -> Option<Scope> {
    SCOPES.iter().find(|(_, _, known)| known.eq_ignore_ascii_case(name)).map(|(scope, _, _)| *scope)
}

/// A `groupType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupType {
    /// Its scope.
    pub scope: Scope,
    /// Whether rights can be given to it.
    pub security: bool,
    /// Whether the system made it.
    pub system: bool,
}

impl GroupType {
    /// What the value says; none where it does not name exactly one scope.
    pub fn of(value: i64) -> Option<Self> {
        let mut scopes = SCOPES.iter().filter(|(_, bit, _)| has(value, *bit)).map(|(scope, _, _)| *scope);
        let (Some(scope), None) = (scopes.next(), scopes.next()) else { return None };
        Some(Self { scope, security: has(value, SECURITY), system: has(value, SYSTEM) })
    }

    /// The value of the attribute.
    pub fn value(self) -> i64 {
        let scope = SCOPES.iter().find(|(scope, _, _)| *scope == self.scope).map_or(0, |(_, bit, _)| *bit);
        let flag = |on: bool, bit: u32| if on { bit } else { 0 };
        signed(scope | flag(self.security, SECURITY) | flag(self.system, SYSTEM))
    }
}

/// The low 32 bits: what the directory keeps of a number, with its sign or without.
fn low(value: i64) -> u32 {
    let [a, b, c, d, ..] = value.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

fn signed(bits: u32) -> i64 {
    i64::from(bits.cast_signed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_set_and_cleared_and_others_stay() {
        let check = |before: i64, bits: u32, on: bool, after: i64| assert_eq!(set(before, bits, on), after);
        check(512, DISABLED, true, 514);
        check(514, DISABLED, true, 514);
        check(66_050, DISABLED, false, 66_048);
        check(512, DISABLED, false, 512);
        check(0, SECURITY, true, i64::from(i32::MIN));
        check(-2_147_483_646, SECURITY, false, 2);
        check(i64::MAX, 0, true, -1);
    }

    #[test]
    fn bits_have_names() {
        let check = |value: i64, expected: &[&str]| assert_eq!(names(value), expected, "{value}");
        check(514, &["ACCOUNTDISABLE", "NORMAL_ACCOUNT"]);
        check(66_048, &["NORMAL_ACCOUNT", "DONT_EXPIRE_PASSWORD"]);
        check(0, &[]);
        check(4, &[]);
        assert!(NAMES.iter().all(|(name, value)| bit(&name.to_lowercase()) == Some(*value) && value.count_ones() == 1));
        assert_eq!(bit("DISABLED"), None);
    }

    #[test]
    fn group_types_come_back() {
        let check = |value: i64, expected: Option<(Scope, bool, bool)>| {
            let read = GroupType::of(value);
            assert_eq!(read.map(|group| (group.scope, group.security, group.system)), expected, "{value}");
            assert_eq!(read.map(GroupType::value), expected.map(|_| value));
        };
        check(-2_147_483_646, Some((Scope::Global, true, false)));
        check(-2_147_483_644, Some((Scope::DomainLocal, true, false)));
        check(-2_147_483_643, Some((Scope::DomainLocal, true, true)));
        check(8, Some((Scope::Universal, false, false)));
        check(0, None);
        check(6, None);
        assert!(SCOPES.iter().all(|(known, _, name)| scope(name) == Some(*known) && known.name() == *name));
    }
}
