//! What a server says of itself, in words for people. What follows from it is the
//! connector's business.

use std::collections::BTreeSet;

use patchbay_capability::ldap::Entry;

use super::texts;

/// Marks of products in what servers say, in lower case; the first that is found counts.
const PRODUCTS: [(&str, &str); 10] = [
    ("samba", "Samba Active Directory"),
    ("389", "389 Directory Server"),
    ("red hat", "Red Hat Directory Server"),
    ("opendj", "OpenDJ"),
    ("forgerock", "OpenDJ"),
    ("novell", "eDirectory"),
    ("edirectory", "eDirectory"),
    ("apacheds", "Apache Directory Server"),
    ("oracle", "Oracle Directory Server"),
    ("openldap", "OpenLDAP"),
];
/// `supportedCapabilities` of Active Directory.
const ACTIVE_DIRECTORY: &str = "1.2.840.113556.1.4.800";
/// Controls and extensions that change what a connector can do, with what they are for.
const ABILITIES: [(&str, &str); 6] = [
    ("1.2.840.113556.1.4.319", "pages"),
    ("1.2.840.113556.1.4.473", "sorting"),
    ("2.16.840.1.113730.3.4.9", "list views"),
    ("1.3.6.1.1.12", "assertions"),
    ("1.3.6.1.4.1.4203.1.9.1.1", "content synchronization"),
    ("1.2.840.113556.1.4.841", "DirSync"),
];
/// The Password Modify operation.
const PASSWORD_MODIFY: &str = "1.3.6.1.4.1.4203.1.11.1";

/// What a server says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Root {
    /// What it is, as far as it says so.
    pub product: String,
    /// Whether it follows Active Directory's schema and rules.
    pub active_directory: bool,
    /// Roots of its trees; the one with people and groups first.
    pub contexts: Vec<String>,
    /// What it can do beyond the ordinary, and what it lacks.
    pub abilities: Vec<String>,
}

impl Root {
    /// Reads the root DSE.
    pub fn read(entry: &Entry) -> Self {
        let all = |name: &str| texts(entry, name).map(str::to_owned).collect::<Vec<_>>();
        let said = [all("vendorName"), all("vendorVersion"), all("objectClass")].concat().join(" ");
        let lower = said.to_lowercase();
        let active_directory = all("supportedCapabilities").iter().any(|oid| oid == ACTIVE_DIRECTORY);
        let known = PRODUCTS.iter().find(|(mark, _)| lower.contains(mark)).map(|(_, product)| (*product).to_owned());
        let product = known.unwrap_or_else(|| match (active_directory, all("vendorName").into_iter().next()) {
            (true, _) => "Active Directory".to_owned(),
            (false, Some(name)) => name,
            (false, None) => "a directory that does not say what it is".to_owned(),
        });
        // Schema and configuration are trees as well, with nobody in them.
        let own = |name: &str| {
            let name = name.to_lowercase();
            name.starts_with("cn=") || name.starts_with("dc=domaindnszones,") || name.starts_with("dc=forestdnszones,")
        };
        let mut contexts = all("namingContexts");
        contexts.retain(|name| !name.is_empty());
        let default = all("defaultNamingContext").into_iter().next();
        contexts.sort_by_key(|name| (default.as_ref() != Some(name), own(name)));
        let controls = all("supportedControl");
        let mut abilities: Vec<String> = ABILITIES
            .iter()
            .filter(|(oid, _)| controls.iter().any(|known| known == oid))
            .map(|(_, what)| (*what).to_owned())
            .collect();
        if all("supportedExtension").iter().any(|known| known == PASSWORD_MODIFY) {
            abilities.push("the password operation".to_owned());
        }
        Self { product, active_directory, contexts, abilities }
    }

    /// Whether it is 389 Directory Server or one of its family.
    pub fn is_389(&self) -> bool {
        self.product.starts_with("389") || self.product.starts_with("Red Hat")
    }

    /// Trees with people in them, as far as names tell.
    pub fn trees(&self) -> Vec<&str> {
        let all = self.contexts.iter().map(String::as_str);
        let trees: Vec<&str> = all.clone().filter(|name| !name.to_lowercase().starts_with("cn=")).collect();
        if trees.is_empty() { all.collect() } else { trees }
    }
}

/// Names of all attribute types in a subschema, in lower case.
pub fn attribute_names(schema: &Entry) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for definition in texts(schema, "attributeTypes") {
        let Some((_, rest)) = definition.split_once(" NAME ") else { continue };
        // One name in quotes, or several in parentheses.
        let rest = rest.trim_start();
        let (list, most) = match rest.strip_prefix('(') {
            Some(list) => (list.split(')').next().unwrap_or_default(), usize::MAX),
            None => (rest, 1),
        };
        names.extend(list.split('\'').skip(1).step_by(2).take(most).map(str::to_ascii_lowercase));
    }
    names
}
