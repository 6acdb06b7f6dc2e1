//! What a server says of itself.

use patchbay_connector::ldap::Attribute;
use serde::{Deserialize, Serialize};

use super::{Defaults, Feed, PasswordWay, Vendor, oid};

/// What vendors say in `vendorName` or `vendorVersion`, in lower case. The first that is
/// found counts: 389 and Oracle's servers have the name of their ancestors in theirs.
const MARKS: [(&str, Vendor); 18] = [
    ("samba", Vendor::SambaAd),
    ("389 project", Vendor::Ds389),
    ("389-directory", Vendor::Ds389),
    ("red hat-directory", Vendor::Ds389),
    ("unified directory", Vendor::OpenDj),
    ("opendj", Vendor::OpenDj),
    ("forgerock", Vendor::OpenDj),
    ("ping identity directory", Vendor::OpenDj),
    ("wren:", Vendor::OpenDj),
    ("edirectory", Vendor::EDirectory),
    ("novell", Vendor::EDirectory),
    ("netiq", Vendor::EDirectory),
    ("apacheds", Vendor::ApacheDs),
    ("apache software foundation", Vendor::ApacheDs),
    ("sun-directory", Vendor::Oracle),
    ("oracle", Vendor::Oracle),
    ("international business machines", Vendor::Ibm),
    ("openldap", Vendor::OpenLdap),
];

/// The root DSE, as far as anything depends on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootDse {
    /// Which directory it is.
    pub vendor: Vendor,
    /// Roots of its trees.
    pub naming_contexts: Vec<String>,
    /// The tree with the domain's own entries.
    pub default_context: Option<String>,
    /// The tree with the configuration, in Active Directory; `cn=config` elsewhere.
    pub config_context: Option<String>,
    /// Entry with the schema.
    pub schema: Option<String>,
    /// Base of the retro changelog.
    pub change_log: Option<String>,
    /// Entry that stands for this very server, in Active Directory.
    pub ds_service_name: Option<String>,
    /// Whether every write has an update sequence number in 389 Directory Server.
    pub entry_usn: bool,
    /// Controls that it knows, by OID; so are the following.
    pub controls: Vec<String>,
    /// Extended operations.
    pub extensions: Vec<String>,
    /// Elective features (RFC 3674).
    pub features: Vec<String>,
    /// Capabilities, in Active Directory.
    pub capabilities: Vec<String>,
}

impl RootDse {
    /// Reads the attributes of the root DSE. Values that are no text are left out.
    pub fn read(attributes: &[Attribute]) -> Self {
        let all = |name: &str| -> Vec<String> {
            let known = attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name));
            let values = known.map(|attribute| attribute.values.as_slice()).unwrap_or_default();
            values.iter().filter_map(|value| str::from_utf8(value).ok()).map(str::to_owned).collect()
        };
        let one = |name: &str| all(name).into_iter().find(|value| !value.is_empty());
        let capabilities = all("supportedCapabilities");
        let marks = [all("vendorName"), all("vendorVersion"), all("objectClass")].concat().join("\n").to_lowercase();
        let vendor = match MARKS.iter().find(|(mark, _)| marks.contains(mark)) {
            Some((_, vendor)) => *vendor,
            None if capabilities.iter().any(|known| known == oid::AD_LDS) => Vendor::AdLds,
            None if capabilities.iter().any(|known| known == oid::ACTIVE_DIRECTORY) => Vendor::ActiveDirectory,
            None => Vendor::Generic,
        };
        Self {
            vendor,
            naming_contexts: all("namingContexts").into_iter().filter(|name| !name.is_empty()).collect(),
            default_context: one("defaultNamingContext"),
            config_context: one("configurationNamingContext").or_else(|| one("configContext")),
            schema: one("subschemaSubentry"),
            change_log: one("changelog"),
            ds_service_name: one("dsServiceName"),
            entry_usn: attributes.iter().any(|attribute| starts_with(&attribute.name, "lastusn")),
            controls: all("supportedControl"),
            extensions: all("supportedExtension"),
            features: all("supportedFeatures"),
            capabilities,
        }
    }

    /// Whether the server knows the control.
    pub fn control(&self, oid: &str) -> bool {
        self.controls.iter().any(|known| known == oid)
    }

    /// Whether it knows the extended operation.
    pub fn extension(&self, oid: &str) -> bool {
        self.extensions.iter().any(|known| known == oid)
    }

    /// Whether it has the feature.
    pub fn feature(&self, oid: &str) -> bool {
        self.features.iter().any(|known| known == oid)
    }

    /// What holds for this very server: what is usual for its kind, as far as it has that.
    pub fn defaults(&self) -> Defaults {
        let mut defaults = self.vendor.defaults();
        if self.entry_usn {
            defaults.version = "entryusn";
        }
        let usual = match defaults.feed {
            Feed::DirSync => self.control(oid::DIR_SYNC),
            Feed::Syncrepl => self.control(oid::SYNC),
            Feed::ChangeLog => self.change_log.is_some(),
            Feed::AccessLog | Feed::Usn | Feed::Timestamp => true,
        };
        if !usual {
            defaults.feed = match self.vendor {
                vendor if vendor.is_active_directory() => Feed::Usn,
                _ if self.change_log.is_some() => Feed::ChangeLog,
                _ => Feed::Timestamp,
            };
        }
        // A server that lists no operation at all hides them.
        let listed = self.extensions.is_empty() || self.extension(oid::PASSWORD_MODIFY);
        if defaults.password == PasswordWay::Modify && !listed {
            defaults.password = PasswordWay::UserPassword;
        }
        defaults
    }
}

fn starts_with(name: &str, prefix: &str) -> bool {
    name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}
