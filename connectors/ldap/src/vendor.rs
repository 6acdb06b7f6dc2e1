//! Which directory it is, and what that means where the settings say nothing.

mod kept;
pub mod oid;
mod root;

use serde::{Deserialize, Serialize};

pub use root::RootDse;

/// A kind of directory server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Vendor {
    /// OpenLDAP.
    OpenLdap,
    /// Microsoft Active Directory Domain Services.
    ActiveDirectory,
    /// Active Directory by Samba.
    SambaAd,
    /// Active Directory Lightweight Directory Services.
    AdLds,
    /// 389 Directory Server, Red Hat Directory Server and FreeIPA.
    Ds389,
    /// OpenDJ, its successors, and Oracle Unified Directory.
    OpenDj,
    /// Novell, NetIQ and OpenText eDirectory.
    EDirectory,
    /// Oracle (Sun) Directory Server Enterprise Edition.
    Oracle,
    /// Apache Directory Server.
    ApacheDs,
    /// IBM Security Verify (Tivoli) Directory Server.
    Ibm,
    /// Any other.
    Generic,
}

/// Vendors with their names in settings.
const NAMES: [(Vendor, &str); 11] = [
    (Vendor::OpenLdap, "openldap"),
    (Vendor::ActiveDirectory, "active-directory"),
    (Vendor::SambaAd, "samba-ad"),
    (Vendor::AdLds, "ad-lds"),
    (Vendor::Ds389, "389"),
    (Vendor::OpenDj, "opendj"),
    (Vendor::EDirectory, "edirectory"),
    (Vendor::Oracle, "oracle"),
    (Vendor::ApacheDs, "apacheds"),
    (Vendor::Ibm, "ibm"),
    (Vendor::Generic, "generic"),
];

/// A way in which a directory tells what changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Feed {
    /// The DirSync control of Active Directory.
    DirSync,
    /// Content synchronization (RFC 4533).
    Syncrepl,
    /// The access log of OpenLDAP.
    AccessLog,
    /// The retro changelog (draft-good-ldap-changelog).
    ChangeLog,
    /// Update sequence numbers of Active Directory.
    Usn,
    /// `modifyTimestamp`.
    Timestamp,
}

/// How a password is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PasswordWay {
    /// The Password Modify operation (RFC 3062).
    Modify,
    /// A value of `userPassword`.
    UserPassword,
    /// A value of `unicodePwd`.
    UnicodePwd,
}

/// What holds where the settings say nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Defaults {
    /// Attribute with an id that survives renaming.
    pub id: &'static str,
    /// Attribute that is another one after every change.
    pub version: &'static str,
    /// Attribute with the entry's own name, for filters on it; none where it has none.
    pub dn: Option<&'static str>,
    /// How changes are found.
    pub feed: Feed,
    /// How a password is set.
    pub password: PasswordWay,
}

impl Vendor {
    /// Its name in settings.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(vendor, _)| *vendor == self).map_or("generic", |(_, name)| name)
    }

    /// The vendor of this name, in any case.
    pub fn parse(name: &str) -> Option<Self> {
        NAMES.iter().find(|(_, known)| known.eq_ignore_ascii_case(name)).map(|(vendor, _)| *vendor)
    }

    /// Whether it follows Active Directory's schema and rules.
    pub fn is_active_directory(self) -> bool {
        matches!(self, Self::ActiveDirectory | Self::SambaAd | Self::AdLds)
    }

    /// Whether it tests values for equality by their syntax where its schema names no rule:
    /// Active Directory names none at all, and 389 Directory Server and its kin not for all
    /// (`memberOf`).
    pub fn compares_without_rules(self) -> bool {
        self.is_active_directory() || matches!(self, Self::Ds389 | Self::Oracle)
    }

    /// Whether spaces at the ends of a value and in a row do not count when it compares (RFC
    /// 4518); Active Directory counts them.
    pub fn folds_spaces(self) -> bool {
        !self.is_active_directory()
    }

    /// What holds for an ordinary server of this kind.
    pub fn defaults(self) -> Defaults {
        let defaults = |id, version, dn, feed, password| Defaults { id, version, dn, feed, password };
        let modify = PasswordWay::Modify;
        match self {
            Self::OpenLdap => defaults("entryUUID", "entryCSN", Some("entryDN"), Feed::Syncrepl, modify),
            Self::ActiveDirectory | Self::SambaAd | Self::AdLds => {
                let dn = Some("distinguishedName");
                defaults("objectGUID", "uSNChanged", dn, Feed::DirSync, PasswordWay::UnicodePwd)
            }
            Self::Ds389 => defaults("nsUniqueId", "modifyTimestamp", Some("entrydn"), Feed::Syncrepl, modify),
            Self::OpenDj => defaults("entryUUID", "etag", Some("entryDN"), Feed::ChangeLog, modify),
            Self::EDirectory => defaults("GUID", "modifyTimestamp", Some("entryDN"), Feed::Timestamp, modify),
            Self::Oracle => defaults("nsUniqueId", "modifyTimestamp", Some("entrydn"), Feed::ChangeLog, modify),
            Self::ApacheDs => defaults("entryUUID", "entryCSN", Some("entryDN"), Feed::Timestamp, modify),
            Self::Ibm => defaults("ibm-entryUUID", "modifyTimestamp", None, Feed::Timestamp, PasswordWay::UserPassword),
            Self::Generic => defaults("entryUUID", "modifyTimestamp", None, Feed::Timestamp, modify),
        }
    }
}

#[cfg(test)]
mod tests;
