//! What a server can do.

use std::collections::HashSet;

use patchbay_capability::ldap::Entry;

/// `(&)` and `(|)` (RFC 4526).
const CONSTANT_FILTERS: &str = "1.3.6.1.4.1.4203.1.5.3";

/// What a server's root DSE says that it can do. Nothing, where it says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Capabilities {
    controls: HashSet<String>,
    extensions: HashSet<String>,
    /// Filters that are always true or false.
    pub(crate) knows_constants: bool,
    /// Name of the entry that holds the schema.
    pub(crate) subschema: Option<String>,
}

impl Capabilities {
    /// From the root DSE.
    pub(crate) fn of(root: &Entry) -> Self {
        Self {
            controls: values(root, "supportedControl").collect(),
            extensions: values(root, "supportedExtension").collect(),
            knows_constants: values(root, "supportedFeatures").any(|feature| feature == CONSTANT_FILTERS),
            subschema: values(root, "subschemaSubentry").next(),
        }
    }

    /// Whether the server knows this control.
    pub(crate) fn has_control(&self, oid: &str) -> bool {
        self.controls.contains(oid)
    }

    /// Whether the server knows this extended operation.
    pub(crate) fn has_extension(&self, oid: &str) -> bool {
        self.extensions.contains(oid)
    }
}

/// Values of an attribute that are text.
fn values<'a>(root: &'a Entry, name: &str) -> impl Iterator<Item = String> + use<'a> {
    let named = root.attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name));
    let values = named.map(|attribute| attribute.values.as_slice()).unwrap_or_default();
    values.iter().filter_map(|value| String::from_utf8(value.clone()).ok())
}

#[cfg(test)]
mod tests {
    use patchbay_capability::ldap::Attribute;

    use super::*;

    #[test]
    fn reads_a_root_dse() {
        let attribute = |name: &str, values: &[&str]| Attribute {
            name: name.into(),
            values: values.iter().map(|value| value.as_bytes().to_vec()).collect(),
        };
        let root = Entry {
            dn: String::new(),
            attributes: vec![
                attribute("supportedcontrol", &["1.2.840.113556.1.4.319"]),
                attribute("supportedExtension", &["1.3.6.1.4.1.4203.1.11.1"]),
                attribute("supportedFeatures", &[CONSTANT_FILTERS]),
                attribute("subschemaSubentry", &["cn=Subschema"]),
            ],
        };
        let capabilities = Capabilities::of(&root);
        assert!(capabilities.has_control("1.2.840.113556.1.4.319") && !capabilities.has_control("1.2"));
        assert!(capabilities.has_extension("1.3.6.1.4.1.4203.1.11.1") && capabilities.knows_constants);
        assert_eq!(capabilities.subschema.as_deref(), Some("cn=Subschema"));
        assert_eq!(Capabilities::of(&Entry { dn: String::new(), attributes: vec![] }), Capabilities::default());
    }
}
