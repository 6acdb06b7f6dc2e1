//! The schemas of one resource type together, and what a path means among them.

use super::{Attribute, Schema, common_attributes};
use crate::{AttrPath, ENTERPRISE_URN, Profile, SchemaUrns};

/// A core schema and its extensions.
#[derive(Debug, Clone, PartialEq)]
pub struct SchemaSet {
    core: Schema,
    extensions: Vec<(Schema, bool)>,
    /// Other spellings of a schema's URN: (alias, URN).
    aliases: Vec<(String, String)>,
    urns: SchemaUrns,
}

/// What a path means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Resolved<'a> {
    /// URN of the schema that has the attribute; the core schema's for common attributes.
    pub schema: &'a str,
    /// Whether it stands at the top level of a resource rather than under `schema`.
    pub is_core: bool,
    /// The attribute.
    pub attribute: &'a Attribute,
    /// The sub-attribute, where the path names one.
    pub sub: Option<&'a Attribute>,
}

impl SchemaSet {
    /// The schemas of a resource type; each extension with whether it is required.
    pub fn new(core: Schema, extensions: Vec<(Schema, bool)>) -> Self {
        let mut set = Self { core, extensions, aliases: Vec::new(), urns: SchemaUrns::default() };
        set.index();
        set
    }

    /// The same, knowing the misspelt URNs that the profile accepts.
    #[must_use]
    pub fn for_profile(self, profile: &Profile) -> Self {
        if profile.enterprise_urn_typo && self.extension(ENTERPRISE_URN).is_some() {
            self.alias("urn:ietf:params:scim:schemas:extension:enterprise:2.0User", ENTERPRISE_URN)
        } else {
            self
        }
    }

    /// The same, taking `alias` for the schema `urn`.
    #[must_use]
    pub fn alias(mut self, alias: impl Into<String>, urn: impl Into<String>) -> Self {
        self.aliases.push((alias.into(), urn.into()));
        self.index();
        self
    }

    fn index(&mut self) {
        let aliases = self.aliases.iter().map(|(alias, _)| alias.clone());
        let schemas = std::iter::once(&self.core).chain(self.extensions.iter().map(|(schema, _)| schema));
        self.urns = SchemaUrns::new(schemas.map(|schema| schema.id.clone()).chain(aliases));
    }

    /// The core schema.
    pub fn core(&self) -> &Schema {
        &self.core
    }

    /// The extensions, each with whether it is required.
    pub fn extensions(&self) -> impl Iterator<Item = (&Schema, bool)> {
        self.extensions.iter().map(|(schema, required)| (schema, *required))
    }

    /// The URNs that paths may be qualified with.
    pub fn urns(&self) -> &SchemaUrns {
        &self.urns
    }

    /// The schema with this URN or alias, in any case.
    pub fn schema(&self, urn: &str) -> Option<&Schema> {
        let urn = self.aliases.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(urn)).map_or(urn, |(_, urn)| urn);
        let all = std::iter::once(&self.core).chain(self.extensions.iter().map(|(schema, _)| schema));
        all.into_iter().find(|schema| schema.id.eq_ignore_ascii_case(urn))
    }

    /// The extension with this URN or alias, in any case.
    pub fn extension(&self, urn: &str) -> Option<&Schema> {
        self.schema(urn).filter(|schema| !self.is_core(schema))
    }

    /// The attribute `name` of the core schema, or else the common one.
    pub fn core_attribute(&self, name: &str) -> Option<&Attribute> {
        self.core.attribute(name).or_else(|| super::attribute::find(common_attributes(), name))
    }

    /// What a path means. An unqualified name is looked for in the core schema, then
    /// among the common attributes, then in the extensions in their order: clients
    /// SHOULD, and so need not, qualify those (RFC 7644 section 3.10).
    pub fn resolve(&self, path: &AttrPath) -> Option<Resolved<'_>> {
        let (schema, attribute) = match &path.urn {
            Some(urn) => self.schema(urn).and_then(|schema| Some((schema, self.attribute_of(schema, &path.name)?))),
            None => self.core_attribute(&path.name).map(|attribute| (&self.core, attribute)).or_else(|| {
                self.extensions.iter().find_map(|(schema, _)| Some((schema, schema.attribute(&path.name)?)))
            }),
        }?;
        let sub = match &path.sub {
            Some(name) => Some(attribute.sub_attribute(name)?),
            None => None,
        };
        Some(Resolved { schema: &schema.id, is_core: self.is_core(schema), attribute, sub })
    }

    /// All attributes with the URN they belong to: common, core, extensions.
    pub fn attributes(&self) -> impl Iterator<Item = Resolved<'_>> {
        let core = self.core.id.as_str();
        let common = common_attributes().iter().filter(|attribute| self.core.attribute(&attribute.name).is_none());
        let core = common.chain(&self.core.attributes).map(move |attribute| Resolved {
            schema: core,
            is_core: true,
            attribute,
            sub: None,
        });
        let extensions = self.extensions.iter().flat_map(|(schema, _)| {
            let urn = schema.id.as_str();
            schema.attributes.iter().map(move |attribute| Resolved {
                schema: urn,
                is_core: false,
                attribute,
                sub: None,
            })
        });
        core.chain(extensions)
    }

    /// Whether this is the core schema.
    pub(crate) fn is_core(&self, schema: &Schema) -> bool {
        schema.id == self.core.id
    }

    /// The attribute `name` of one schema; the core schema also has the common ones.
    pub(crate) fn attribute_of<'a>(&'a self, schema: &'a Schema, name: &str) -> Option<&'a Attribute> {
        if self.is_core(schema) { self.core_attribute(name) } else { schema.attribute(name) }
    }
}

impl<'a> Resolved<'a> {
    /// The canonical path: qualified only for an extension's attribute.
    pub fn path(&self) -> AttrPath {
        AttrPath {
            urn: (!self.is_core).then(|| self.schema.to_owned()),
            name: self.attribute.name.clone(),
            sub: self.sub.map(|sub| sub.name.clone()),
        }
    }

    /// The innermost attribute named: the sub-attribute if there is one.
    pub fn leaf(&self) -> &'a Attribute {
        self.sub.unwrap_or(self.attribute)
    }
}
