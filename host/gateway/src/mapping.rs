//! The mapping, in two steps: *compiled* from the configuration alone ([`Compiled`]),
//! then *bound* to the classes that the connector discovered ([`Bound`]).

mod bind;
mod compile;
mod schema;
mod unfed;
mod unnamed;

use std::collections::HashMap;
use std::sync::Arc;

use patchbay_contract::AttributeInfo;
use patchbay_password::Keeping;
use patchbay_scim::{Attribute, SchemaSet};
use serde_json::Value as Json;

pub(crate) use bind::bind;
pub(crate) use compile::{Compiled, compile};
pub(crate) use unfed::unfed;
pub(crate) use unnamed::unnamed;

use crate::expression::Expression;
use crate::value::ValueMap;

/// Core schema of `User`.
pub(crate) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// Core schema of `Group`.
pub(crate) const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// Enterprise extension (RFC 7643 section 4.3).
pub(crate) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// What Microsoft's host calls its attribute block. The name of the resource type follows.
pub(crate) const ECMA2HOST: &str = "urn:ietf:params:scim:schemas:extension:ECMA2Host:2.0:";

/// Where the values of one leaf come from.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// A native attribute: index into [`Resource::natives`].
    Native(usize),
    /// An expression; the indices of the natives it reads, in its order.
    Expression(Arc<Expression>, Vec<usize>),
    /// The same for every object.
    Constant(Json),
}

/// One mapped value: the smallest thing that a native attribute stands behind.
#[derive(Debug, Clone)]
pub(crate) struct Leaf {
    /// Where the value comes from.
    pub(crate) source: Source,
    /// SCIM value to native value.
    pub(crate) values: Option<ValueMap>,
    /// How its values are kept, where they are passwords: written only, never read.
    pub(crate) password: Option<Arc<Keeping>>,
    /// Whether clients may write it.
    pub(crate) writable: bool,
    /// SCIM path for messages, e.g. `emails[type eq "work"].value`.
    pub(crate) path: String,
}

/// One kind of element of a multi-valued complex attribute: those that `selector` fits.
#[derive(Debug, Clone)]
pub(crate) struct Slot {
    /// Sub-attributes that tell its elements from others', e.g. `type` = `work`.
    pub(crate) selector: Vec<(String, Json)>,
    /// Sub-attribute to leaf.
    pub(crate) leaves: Vec<(String, Leaf)>,
    /// Index into `leaves` of the one native attribute that has several values: the
    /// slot then holds any number of elements, one per value; else one at most.
    pub(crate) many: Option<usize>,
}

/// How one SCIM attribute is put together.
#[derive(Debug, Clone)]
pub(crate) enum Shape {
    /// A simple attribute with one value.
    Scalar(Leaf),
    /// A simple attribute with any number of values.
    List(Leaf),
    /// A complex attribute: sub-attribute to leaf.
    Complex(Vec<(String, Leaf)>),
    /// A multi-valued complex attribute.
    Elements(Vec<Slot>),
}

/// One mapped SCIM attribute.
#[derive(Debug, Clone)]
pub(crate) struct Mapped {
    /// Schema it belongs to; none for the core schema.
    pub(crate) urn: Option<Arc<str>>,
    /// Its definition.
    pub(crate) definition: Arc<Attribute>,
    /// Its values.
    pub(crate) shape: Shape,
    /// Costly to read, so only read when asked for by name or always wanted; written
    /// without being read.
    pub(crate) expensive: bool,
    /// An object always has a value: it cannot be removed, although a client need not
    /// give it on create.
    pub(crate) never_absent: bool,
}

/// What a class is mapped to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TypeName {
    /// `User`, `Group`, ...
    pub(crate) name: String,
    /// First path segment, e.g. `Users`.
    pub(crate) endpoint: String,
}

/// One SCIM resource type, bound to its class.
#[derive(Debug)]
pub(crate) struct Resource {
    /// `User`, `Group`, ...
    pub(crate) name: String,
    /// First path segment, e.g. `Users`.
    pub(crate) endpoint: String,
    /// The connector's class.
    pub(crate) class: String,
    /// Native attributes used, each once.
    pub(crate) natives: Vec<AttributeInfo>,
    /// SCIM attributes, in the order of the schema.
    pub(crate) attributes: Vec<Mapped>,
    /// Leaves of `meta` (`created`, `lastModified`).
    pub(crate) meta: Vec<(String, Leaf)>,
    /// What clients may send: the RFC's attributes, mapped or not, and the mapped others.
    pub(crate) accepted: SchemaSet,
    /// What `/Schemas` shows: mapped attributes only.
    pub(crate) published: SchemaSet,
    /// SCIM path of each native attribute.
    pub(crate) native_paths: HashMap<String, String>,
    /// What each class of the target is to SCIM, for references: by class.
    pub(crate) types: Arc<HashMap<String, TypeName>>,
    /// Largest page the class gives.
    pub(crate) max_page: u32,
    /// Whether its objects have versions; not before the target was asked.
    pub(crate) versions: bool,
    /// Whether its objects can be changed; so it is before the target was asked.
    pub(crate) updates: bool,
}

impl Resource {
    /// The mapped attribute of this schema and name.
    pub(crate) fn find(&self, urn: Option<&str>, name: &str) -> Option<&Mapped> {
        let urn = urn.filter(|u| !self.accepted.core().id.eq_ignore_ascii_case(u));
        self.attributes.iter().find(|m| {
            m.definition.name.eq_ignore_ascii_case(name)
                && match (&m.urn, urn) {
                    (None, None) => true,
                    (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
                    _ => false,
                }
        })
    }

    /// Whether any attribute is costly to read: such resources answer a PATCH with 204.
    pub(crate) fn has_expensive(&self) -> bool {
        self.attributes.iter().any(|m| m.expensive)
    }
}

impl Mapped {
    /// Its leaves, with the sub-attribute each fills.
    pub(crate) fn leaves(&self) -> Vec<&Leaf> {
        match &self.shape {
            Shape::Scalar(leaf) | Shape::List(leaf) => vec![leaf],
            Shape::Complex(subs) => subs.iter().map(|(_, leaf)| leaf).collect(),
            Shape::Elements(slots) => slots.iter().flat_map(|s| s.leaves.iter().map(|(_, leaf)| leaf)).collect(),
        }
    }
}

/// All resource types of an app.
#[derive(Debug)]
pub(crate) struct Bound {
    /// In the order of their names.
    pub(crate) resources: Vec<Arc<Resource>>,
}

impl Bound {
    /// By first path segment; endpoints are compared as URLs are, exactly.
    pub(crate) fn by_endpoint(&self, endpoint: &str) -> Option<&Arc<Resource>> {
        self.resources.iter().find(|r| r.endpoint == endpoint)
    }

    /// The resource type that a class is mapped to.
    pub(crate) fn by_class(&self, class: &str) -> Option<&Arc<Resource>> {
        self.resources.iter().find(|r| r.class == class)
    }
}
