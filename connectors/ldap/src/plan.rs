//! What settings and schema compile to: all that an operation needs to know of its class,
//! in a form that is quick to decode, as every operation decodes it.

mod auxiliary;
pub mod compile;
pub mod feed;
mod operators;

use patchbay_connector::Comparator;
use patchbay_connector::ldap::{self, Filter, FilterBuilder};
use patchbay_connector::plan::Planned;
use serde::{Deserialize, Serialize};

pub use auxiliary::Auxiliary;
pub use operators::Operators;
pub use patchbay_connector::plan::encode;

use crate::equality::Equality;
use crate::filter_text;
pub use crate::settings::{Active, Containers, Delete, Next, Scope, Values};
use crate::syntax::Syntax;
use crate::template::Template;
use crate::vendor::{PasswordWay, Vendor};

/// The plan of all classes, as an operation gets it.
pub type Plan<'a> = patchbay_connector::plan::Plan<'a, Class>;

impl Planned for Class {
    const VERSION: u8 = 3;

    fn name(&self) -> &str {
        &self.own.class
    }
}

/// A compiled class. Knows all it needs of other classes itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Class {
    /// What the server is and can.
    pub server: Server,
    /// Which entries they are.
    pub own: Target,
    /// Object classes of a new entry.
    pub object_classes: Vec<String>,
    /// The auxiliary ones among them.
    pub auxiliaries: Vec<Auxiliary>,
    /// Whether a write adds those of them that an entry lacks and the write needs.
    pub add_missing_classes: bool,
    /// Attribute with the human-facing name.
    pub name_attribute: Option<String>,
    /// Whether writes are refused.
    pub read_only: bool,
    /// How entries are named; none where there is no `create`.
    pub naming: Option<Naming>,
    /// What tells versions of an object apart.
    pub version: Version,
    /// What makes an account active.
    pub active: Option<Active>,
    /// What `delete` does.
    pub delete: Delete,
    /// How passwords are set.
    pub password: Option<Password>,
    /// Names of attributes that a counter numbers.
    pub next: Vec<(String, Next)>,
    /// Names of attributes that writes keep unique, as the server does not.
    pub guarded: Vec<String>,
    /// Attributes.
    pub attributes: Vec<Attribute>,
    /// How changes are found; none where they are not.
    pub feed: Option<feed::Feed>,
}

impl Class {
    /// The attribute of this name.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    /// The attribute that is called so here or in the directory, whatever the case.
    pub fn attribute_called(&self, name: &str) -> Option<&Attribute> {
        let here = self.attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name));
        here.or_else(|| self.attribute_of(name))
    }

    /// The attribute whose values are in the attribute `native` of entries.
    pub fn attribute_of(&self, native: &str) -> Option<&Attribute> {
        let plain = native.split(';').next().unwrap_or(native);
        let exactly = self.attributes.iter().find(|attribute| {
            attribute.native.eq_ignore_ascii_case(native) && !matches!(attribute.source, Source::Dn | Source::Urls(_))
        });
        exactly.or_else(|| self.attributes.iter().find(|attribute| attribute.is_kept_in(plain)))
    }
}

/// What the server is and can.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// What it is.
    pub vendor: Vendor,
    /// Whether writes can be bound to a condition (RFC 4528).
    pub assertion: bool,
    /// Whether it deletes whole trees at once.
    pub tree_delete: bool,
    /// Whether it sorts.
    pub sort: bool,
}

/// Entries of a class: which they are, and what their ids are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Target {
    /// The class.
    pub class: String,
    /// Name of the entry below which they are.
    pub base: String,
    /// How far below.
    pub scope: Scope,
    /// Object classes that they all have.
    pub kinds: Vec<String>,
    /// RFC 4515, instead of `kinds`.
    pub filter: Option<String>,
    /// Whether that lets in entries without `kinds`, for all that can be seen of it.
    pub widened: bool,
    /// Where their ids are.
    pub id: Id,
}

impl Target {
    /// How far below the base a search has to go.
    pub fn scope(&self) -> ldap::Scope {
        match self.scope {
            Scope::OneLevel => ldap::Scope::OneLevel,
            Scope::Subtree => ldap::Scope::Subtree,
        }
    }

    /// Appends the condition that an entry is one of them, and returns its index.
    pub fn condition(&self, filter: &mut FilterBuilder) -> u32 {
        if let Some(own) = self.filter.as_deref().and_then(|text| filter_text::parse(text).ok()) {
            return filter.append(own);
        }
        let kinds = self.kinds.iter().map(|kind| filter.equal("objectClass", kind.as_str())).collect();
        filter.all(kinds)
    }

    /// The filter of all of them.
    pub fn filter(&self) -> Filter {
        let mut filter = FilterBuilder::new();
        self.condition(&mut filter);
        filter.build()
    }
}

/// Where ids are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Id {
    /// The attribute.
    pub attribute: String,
    /// Its syntax.
    pub syntax: Syntax,
}

/// How entries are named.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Naming {
    /// The name of a new entry.
    pub template: Template,
    /// Whether entries are renamed and moved.
    pub rename: bool,
    /// Where they are, by the value of an attribute.
    pub containers: Option<Containers>,
    /// Object class of missing entries above.
    pub create_parents: Option<String>,
}

/// What tells versions of an object apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Version {
    /// Nothing: objects have none.
    None,
    /// What the object holds; see [`crate::content`].
    Content,
    /// An attribute that the server changes with every write.
    Attribute(String),
}

/// How passwords are set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Password {
    /// The way.
    pub way: PasswordWay,
    /// Whether the password has to be changed at the next logon.
    pub must_change: bool,
    /// Whether setting it ends a lock after wrong ones.
    pub unlock: bool,
    /// Whether an account may be active without one (Active Directory).
    pub optional: bool,
}

/// A compiled attribute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// Its description in the directory, options included.
    pub native: String,
    /// Where its values come from.
    pub source: Source,
    /// How they are written in the directory.
    pub syntax: Syntax,
    /// Whether an object may have several.
    pub multi: bool,
    /// Whether an entry may have several.
    pub stored_multi: bool,
    /// `create` fails without it.
    pub required: bool,
    /// `create` takes it.
    pub creatable: bool,
    /// `update` takes it.
    pub updatable: bool,
    /// It can be read.
    pub readable: bool,
    /// No two objects share a value.
    pub unique: bool,
    /// Left out unless asked for.
    pub expensive: bool,
    /// Whether the server tells upper from lower case.
    pub case_exact: bool,
    /// When the server takes two values for one.
    pub equality: Equality,
    /// Whether the server can compare single values, to find them and to take them away.
    pub comparable: bool,
    /// What the server evaluates itself.
    pub operators: Operators,
    /// Whether the server sorts by it, and by which rule where it has to be told.
    pub sort: Option<Option<String>>,
}

impl Attribute {
    /// Whether its values are in this attribute of entries; `plain` has no options.
    pub fn is_kept_in(&self, plain: &str) -> bool {
        let own = self.native.split(';').next().unwrap_or(&self.native);
        !matches!(self.source, Source::Dn | Source::Urls(_)) && own.eq_ignore_ascii_case(plain)
    }

    /// Whether the server evaluates a comparison itself.
    pub fn evaluates(&self, operator: Comparator) -> bool {
        // Of several values any one may differ, and no filter of LDAP says so.
        self.operators.has(operator) && !(self.multi && operator == Comparator::NotEqual)
    }

    /// All that it evaluates.
    pub fn evaluated(&self) -> Vec<Comparator> {
        self.operators.list().into_iter().filter(|operator| self.evaluates(*operator)).collect()
    }
}

/// Where an attribute's values come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Source {
    /// They are the entry's.
    Value,
    /// The entry's name.
    Dn,
    /// Whether the account is active.
    Active,
    /// A password.
    Password,
    /// Names of other entries, or what stands for them.
    Reference(Link),
    /// Entries that are searched for, by URLs that the entry has (RFC 4516).
    Urls(Link),
    /// Groups that are searched for: those where the entry is a member.
    Groups(Box<Groups>),
}

/// Values that point at other entries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// Classes of the other entries.
    pub targets: Vec<Target>,
    /// Attribute of the other entry whose value stands there; its name where none.
    pub by: Option<String>,
    /// Stands there when nothing else does.
    pub placeholder: Option<String>,
}

/// Groups where the entry is a member.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Groups {
    /// The groups.
    pub target: Target,
    /// Their attribute with the members.
    pub attribute: String,
    /// Attribute of the member whose value stands there; its name where none.
    pub by: Option<String>,
    /// Whether that attribute has URLs, which find the members.
    pub urls: bool,
}
