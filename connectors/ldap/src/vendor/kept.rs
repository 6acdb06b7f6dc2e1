//! Attributes that a server keeps by itself, though its schema does not say so.

use super::Vendor;

/// Of Active Directory, in lower case: its subschema marks next to nothing.
const ACTIVE_DIRECTORY: [&str; 52] = [
    "allowedattributes",
    "allowedattributeseffective",
    "allowedchildclasses",
    "allowedchildclasseseffective",
    "badpasswordtime",
    "badpwdcount",
    "canonicalname",
    "createtimestamp",
    "directreports",
    "distinguishedname",
    "dscorepropagationdata",
    "instancetype",
    "isdeleted",
    "isrecycled",
    "lastknownparent",
    "lastlogoff",
    "lastlogon",
    "lastlogontimestamp",
    "logoncount",
    "managedobjects",
    "masteredby",
    "memberof",
    "modifytimestamp",
    "msds-approx-immed-subordinates",
    "msds-authenticatedatdc",
    "msds-isuserplaceholder",
    "msds-keyversionnumber",
    "msds-principalname",
    "msds-replattributemetadata",
    "msds-replvaluemetadata",
    "msds-resultantpso",
    "msds-revealeddsas",
    "msds-user-account-control-computed",
    "msds-userpasswordexpirytimecomputed",
    "name",
    "objectguid",
    "objectsid",
    "primarygrouptoken",
    "pwdhistory",
    "replpropertymetadata",
    "sdrightseffective",
    "serverreferencebl",
    "structuralobjectclass",
    "subrefs",
    "subschemasubentry",
    "tokengroups",
    "tokengroupsglobalanduniversal",
    "tokengroupsnogcacceptable",
    "usnchanged",
    "usncreated",
    "whenchanged",
    "whencreated",
];

impl Vendor {
    /// Whether the server alone writes this attribute, whatever its schema says.
    pub fn keeps(self, attribute: &str) -> bool {
        let folded = attribute.to_ascii_lowercase();
        match self {
            _ if self.is_active_directory() => ACTIVE_DIRECTORY.contains(&folded.as_str()),
            // Kept by the memberOf overlay, whose schema leaves it writable.
            Self::OpenLdap | Self::Ds389 => folded == "memberof",
            _ => false,
        }
    }
}
