//! A SCIM filter in native terms: what the target can evaluate is pushed down, what it
//! cannot is left for the host ([`Plan::residual`]). Both ways mean the same, which is
//! what [`Filter::matches`] says of the rendered resource.

mod elements;
mod leaf;
mod readable;
mod reason;
mod tree;

use patchbay_contract::{Filter as NativeFilter, FilterNode};
use patchbay_scim::{AttrPath, CompareOp, CompareValue, Filter, ScimError, schema::common_attributes};

use crate::mapping::{ECMA2HOST, Mapped, Resource, Shape};
use elements::value_path;
use leaf::{assigned, compare_constant, compare_leaf};
pub(crate) use readable::readable;
pub use reason::Reason;
use tree::Tree;

/// How a filter is evaluated.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Plan {
    /// For the target; none means all objects. Covers at least the matches.
    pub(crate) pushed: Option<NativeFilter>,
    /// No object can match, whatever the target holds.
    pub(crate) nothing: bool,
    /// Whether the host has to check every object against the whole filter.
    pub(crate) residual: bool,
}

impl Plan {
    /// All objects.
    pub(crate) const ALL: Self = Self { pushed: None, nothing: false, residual: false };
    /// No object.
    pub(crate) const NOTHING: Self = Self { pushed: None, nothing: true, residual: false };
}

/// Plans `filter` for `resource`, whose URLs begin with `base_url`.
///
/// # Errors
/// invalidFilter for an attribute that is not mapped, naming it.
pub(crate) fn plan(resource: &Resource, base_url: &str, filter: &Filter) -> Result<Plan, ScimError> {
    let tree = Terms { resource, base_url }.tree(filter)?.fold();
    let residual = tree.has_unknown();
    match tree.superset(true).fold() {
        Tree::True => Ok(Plan { residual, ..Plan::ALL }),
        Tree::False => Ok(Plan::NOTHING),
        tree => {
            let mut pushed = NativeFilter::new();
            tree.emit(&mut pushed);
            Ok(Plan { pushed: Some(pushed), nothing: false, residual })
        }
    }
}

/// A condition that the host has to check.
#[derive(Debug)]
pub(crate) struct Hole<'f> {
    /// The condition.
    pub(crate) condition: &'f Filter,
    /// What it asks for.
    pub(crate) path: &'f AttrPath,
    /// Why the target cannot.
    pub(crate) reasons: Vec<Reason>,
}

/// Which conditions of `filter` are the cause of [`Plan::residual`].
///
/// # Errors
/// As [`plan`].
pub(crate) fn holes<'f>(resource: &Resource, base_url: &str, filter: &'f Filter) -> Result<Vec<Hole<'f>>, ScimError> {
    let mut found = Vec::new();
    Terms { resource, base_url }.holes(filter, &mut found)?;
    Ok(found)
}

/// Whether resources of this type can have the attribute.
pub(crate) fn knows(resource: &Resource, path: &AttrPath) -> bool {
    let terms = Terms { resource, base_url: "" };
    terms.is_common(path) || terms.mapped(path).is_ok()
}

/// What a filter is planned for.
#[derive(Debug, Clone, Copy)]
struct Terms<'r> {
    resource: &'r Resource,
    /// What `$ref` begins with, without a trailing slash.
    base_url: &'r str,
}

impl<'r> Terms<'r> {
    fn tree(&self, filter: &Filter) -> Result<Tree, ScimError> {
        let all = |parts: &[Filter]| parts.iter().map(|part| self.tree(part)).collect::<Result<Vec<_>, _>>();
        Ok(match filter {
            Filter::And(parts) => Tree::And(all(parts)?),
            Filter::Or(parts) => Tree::Or(all(parts)?),
            Filter::Not(inner) => self.tree(inner)?.negate(),
            Filter::Present(path) if self.is_common(path) => self.common_present(path)?,
            Filter::Present(path) => {
                let (mapped, sub) = self.mapped(path)?;
                elements::present(*self, mapped, sub.as_deref())
            }
            Filter::Compare { path, op, value } if self.is_common(path) => self.common_compare(path, *op, value)?,
            Filter::Compare { path, op, value } => {
                let (mapped, sub) = self.mapped(path)?;
                compare(*self, mapped, sub.as_deref(), *op, value)
            }
            Filter::ValuePath { path, .. } if self.is_common(path) => Tree::Unknown(Reason::Made),
            Filter::ValuePath { path, filter } => value_path(*self, self.mapped(path)?.0, filter),
        })
    }

    /// Collects the holes of what is left of `filter` once constants are folded away.
    fn holes<'f>(&self, filter: &'f Filter, found: &mut Vec<Hole<'f>>) -> Result<(), ScimError> {
        let tree = self.tree(filter)?.fold();
        if !tree.has_unknown() {
            return Ok(());
        }
        match filter {
            Filter::And(parts) | Filter::Or(parts) => parts.iter().try_for_each(|part| self.holes(part, found)),
            Filter::Not(inner) => self.holes(inner, found),
            Filter::Present(path) | Filter::Compare { path, .. } | Filter::ValuePath { path, .. } => {
                let mut reasons = Vec::new();
                tree.reasons(&mut reasons);
                found.push(Hole { condition: filter, path, reasons });
                Ok(())
            }
        }
    }

    /// Whether the path is about `id`, `schemas` or `meta`, which the host makes.
    fn is_common(&self, path: &AttrPath) -> bool {
        path.urn.as_deref().is_none_or(|u| u.eq_ignore_ascii_case(&self.resource.accepted.core().id))
            && ["id", "schemas", "meta"].iter().any(|name| path.name.eq_ignore_ascii_case(name))
    }

    fn common_present(&self, path: &AttrPath) -> Result<Tree, ScimError> {
        Ok(match path.sub.as_deref() {
            Some(sub) if is_stamp(sub) => {
                self.stamp(path, sub, |definition, leaf| assigned(self.resource, leaf, definition))?
            }
            // Which resources have a version is known to the target alone.
            Some(sub) if sub.eq_ignore_ascii_case("version") => Tree::Unknown(Reason::Made),
            _ => Tree::True,
        })
    }

    fn common_compare(&self, path: &AttrPath, op: CompareOp, value: &CompareValue) -> Result<Tree, ScimError> {
        let text = match value {
            CompareValue::String(text) => Some(text.as_str()),
            _ => None,
        };
        if path.name.eq_ignore_ascii_case("id") {
            return Ok(match (op, text) {
                (CompareOp::Eq, Some(id)) => Tree::Node(FilterNode::Uid(id.to_owned())),
                (CompareOp::Ne, Some(id)) => Tree::Node(FilterNode::Uid(id.to_owned())).negate(),
                _ => Tree::Unknown(Reason::Made),
            });
        }
        if path.name.eq_ignore_ascii_case("schemas") {
            return Ok(match (op, text) {
                (CompareOp::Eq, Some(urn)) => self.has_schema(urn),
                _ => Tree::Unknown(Reason::Made),
            });
        }
        match path.sub.as_deref() {
            Some(sub) if is_stamp(sub) => {
                self.stamp(path, sub, |definition, leaf| compare_leaf(self.resource, leaf, definition, op, value))
            }
            Some(sub) if sub.eq_ignore_ascii_case("resourceType") => {
                let name = serde_json::Value::String(self.resource.name.clone());
                Ok(compare_constant(&name, true, op, value))
            }
            _ => Ok(Tree::Unknown(Reason::Made)),
        }
    }

    /// Whether `schemas` names the URN: that of an extension is there with its first value.
    fn has_schema(&self, urn: &str) -> Tree {
        if urn == self.resource.accepted.core().id {
            return Tree::True;
        }
        // The ECMA host's block is not shown under every base.
        if urn.starts_with(ECMA2HOST) {
            return Tree::Unknown(Reason::Made);
        }
        let extension = self.resource.attributes.iter().filter(|m| m.urn.as_deref() == Some(urn));
        Tree::any(extension.map(|mapped| elements::shown(*self, mapped)))
    }

    /// `meta.created` and `meta.lastModified`, which are the target's where they are mapped.
    fn stamp(
        &self,
        path: &AttrPath,
        sub: &str,
        tree: impl Fn(&patchbay_scim::Attribute, &crate::mapping::Leaf) -> Tree,
    ) -> Result<Tree, ScimError> {
        let leaf = self.resource.meta.iter().find(|(name, _)| name.eq_ignore_ascii_case(sub)).map(|(_, leaf)| leaf);
        let meta = common_attributes().iter().find(|attribute| attribute.name == "meta");
        let definition = meta.and_then(|meta| meta.sub_attribute(sub));
        match (definition, leaf) {
            (Some(definition), Some(leaf)) => Ok(tree(definition, leaf)),
            _ => Err(unknown(path)),
        }
    }

    fn mapped(&self, path: &AttrPath) -> Result<(&'r Mapped, Option<String>), ScimError> {
        let resolved = self.resource.accepted.resolve(path).ok_or_else(|| unknown(path))?;
        let urn = (!resolved.is_core).then_some(resolved.schema);
        let mapped = self.resource.find(urn, &resolved.attribute.name).ok_or_else(|| unknown(path))?;
        Ok((mapped, resolved.sub.map(|s| s.name.clone())))
    }
}

fn unknown(path: &AttrPath) -> ScimError {
    ScimError::invalid_filter(format!("{path}: the attribute is not known here"))
}

fn is_stamp(sub: &str) -> bool {
    sub.eq_ignore_ascii_case("created") || sub.eq_ignore_ascii_case("lastModified")
}

/// `attr op value`, or `attr.sub op value`. A complex attribute stands for its `value`.
fn compare(terms: Terms<'_>, mapped: &Mapped, sub: Option<&str>, op: CompareOp, value: &CompareValue) -> Tree {
    let definition = &mapped.definition;
    if *value == CompareValue::Null {
        let there = elements::present(terms, mapped, sub);
        return match op {
            CompareOp::Eq => there.negate(),
            CompareOp::Ne => there,
            _ => Tree::Unknown(Reason::Literal),
        };
    }
    match &mapped.shape {
        Shape::Scalar(leaf) | Shape::List(leaf) => compare_leaf(terms.resource, leaf, definition, op, value),
        Shape::Complex(subs) => {
            let sub = sub.unwrap_or("value");
            match (subs.iter().find(|(s, _)| s == sub), definition.sub_attribute(sub)) {
                (Some((_, leaf)), Some(definition)) => compare_leaf(terms.resource, leaf, definition, op, value),
                _ => elements::compare_unmapped(terms, mapped, subs, sub, op, value),
            }
        }
        Shape::Elements(slots) => elements::compare_any(terms, mapped, slots, sub.unwrap_or("value"), op, value),
    }
}
