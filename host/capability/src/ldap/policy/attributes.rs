//! Attribute descriptions: their names, and which of them are secret.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use crate::ldap::dn::is_type;

/// Attributes that hold passwords, keys or their history, in any directory known, by the names
/// that LDAP has for them; sorted, in lower case.
const SECRET: [&str; 79] = [
    "authpassword",
    "cirbindcredentials",
    "cleartextpassword",
    "currentvalue",
    "dbcspwd",
    "dnaremotebindcred",
    "goodies",
    "ibm-pwdhistory",
    "initialauthincoming",
    "initialauthoutgoing",
    "ipanthash",
    "krb5key",
    "krbextradata",
    "krbmkey",
    "krbprincipalkey",
    "krbpwdhistory",
    "linktracksecret",
    "lmpassword",
    "lmpwdhash",
    "lmpwdhistory",
    "mgrpapprovepassword",
    "ms-mcs-admpwd",
    "ms-mcs-admpwdhistory",
    "msds-executescriptpassword",
    "msds-managedpassword",
    "msds-managedpasswordpreviousid",
    "msfve-keypackage",
    "msfve-recoverypassword",
    "mskds-rootkeydata",
    "mslaps-encrypteddsrmpassword",
    "mslaps-encrypteddsrmpasswordhistory",
    "mslaps-encryptedpassword",
    "mslaps-encryptedpasswordhistory",
    "mslaps-password",
    "mspki-credentialroamingtokens",
    "mspkiaccountcredentials",
    "mspkidpapimasterkeys",
    "mstpm-ownerinformation",
    "mstpm-ownerinformationtemp",
    "netscapereversiblepassword",
    "nsbindpassword",
    "nsds5replicabootstrapcredentials",
    "nsds5replicacredentials",
    "nsmultiplexorcredentials",
    "nspmpassword",
    "nsslapd-rootpw",
    "nssymmetrickey",
    "ntpassword",
    "ntpwdhash",
    "ntpwdhistory",
    "ntuserntpassword",
    "oathencpin",
    "oathsecret",
    "olcdbaclbind",
    "olcdbidassertbind",
    "olcrootpw",
    "olcsyncrepl",
    "olctlscertificatekey",
    "orclpassword",
    "passwordhistory",
    "peklist",
    "priorvalue",
    "privatekey",
    "pwdhistory",
    "replicacredentials",
    "sambacleartextpassword",
    "sambalmpassword",
    "sambalmpwdhistory",
    "sambantpassword",
    "sambantpwdhistory",
    "sambapasswordhistory",
    "sambapreviouscleartextpassword",
    "supplementalcredentials",
    "trustauthincoming",
    "trustauthoutgoing",
    "unicodepwd",
    "unixuserpassword",
    "userpassword",
    "userpkcs12",
];

/// Whether an attribute holds passwords or keys, and is never read. Options and letter case
/// do not count.
pub fn is_secret(description: &str) -> bool {
    let name = base_name(description);
    SECRET.binary_search_by(|secret| folded(secret, name)).is_ok()
}

/// The name of an attribute description, without its options.
pub(super) fn base_name(description: &str) -> &str {
    description.split_once(';').map_or(description, |(name, _)| name)
}

/// Whether a text is an attribute description that begins with a name: no number, and none
/// of `*`, `+` and `1.1`.
pub(super) fn is_named(description: &str) -> bool {
    let mut parts = description.split(';');
    let name = parts.next().unwrap_or_default();
    // Active Directory's ranges are options with more in them than others have.
    let option = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'=' | b'*');
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && is_type(name)
        && parts.all(|part| !part.is_empty() && part.bytes().all(option))
}

/// Attribute names, found without regard to letter case.
#[derive(Debug)]
pub(super) struct Names(Vec<String>);

impl Names {
    pub(super) fn new(names: &BTreeSet<String>) -> Self {
        let mut folded: Vec<String> = names.iter().map(|name| base_name(name).to_ascii_lowercase()).collect();
        folded.sort_unstable();
        Self(folded)
    }

    pub(super) fn contain(&self, name: &str) -> bool {
        self.0.binary_search_by(|known| folded(known, name)).is_ok()
    }
}

/// How `known`, in lower case, compares with a name in any.
fn folded(known: &str, name: &str) -> Ordering {
    known.bytes().cmp(name.bytes().map(|byte| byte.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_can_be_searched() {
        assert!(SECRET.is_sorted());
        for name in SECRET {
            assert!(is_secret(&name.to_ascii_uppercase()), "{name}");
        }
        for name in [
            "userPassword;x-old",
            "unicodePwd",
            "ms-Mcs-AdmPwd",
            "krbPrincipalKey",
            "krb5Key",
            "msDS-ManagedPassword",
            "msPKIAccountCredentials",
            "nsDS5ReplicaCredentials",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in ["cn", "pwdLastSet", "userPasswordx", "pwdChangedTime", ""] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn descriptions_have_names() {
        for (description, expected) in [
            ("cn", true),
            ("userCertificate;binary", true),
            ("member;range=0-*", true),
            ("msDS-X_y", true),
            ("cn;lang-de;x-1", true),
            ("", false),
            ("*", false),
            ("+", false),
            ("1.1", false),
            ("2.5.4.35", false),
            ("cn;", false),
            ("c n", false),
            ("cn)(x", false),
            ("@person", false),
            ("-cn", false),
            ("cn;a b", false),
        ] {
            assert_eq!(is_named(description), expected, "{description}");
        }
    }
}
