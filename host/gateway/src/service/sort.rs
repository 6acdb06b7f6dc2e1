//! `sortBy` and `sortOrder` (RFC 7644 section 3.4.2.3).

use std::cmp::Ordering;

use patchbay_contract::Order;
use patchbay_scim::{AttrPath, ListQuery, Mutability, Resolved, Returned, ScimError, SortOrder, Type, instant};
use serde_json::{Map, Value as Json};

use super::Service;
use crate::mapping::{Mapped, Shape, Source};
use crate::plan::Reason;

/// How the resources of one type get their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sorting {
    /// Nobody asks for one.
    Unasked,
    /// No resource of this type has a value to sort by.
    Valueless,
    /// The target sorts.
    Target(Order),
    /// The host sorts.
    Host(Reason),
}

impl Sorting {
    /// What the target is asked for; none where the host has to sort.
    pub(super) fn native(&self) -> Option<Vec<Order>> {
        match self {
            Self::Unasked | Self::Valueless => Some(Vec::new()),
            Self::Target(order) => Some(vec![order.clone()]),
            Self::Host(_) => None,
        }
    }

    /// Whether resources of the type may have values to sort by.
    pub(crate) fn has_values(&self) -> bool {
        matches!(self, Self::Target(_) | Self::Host(_))
    }
}

/// What a value sorts by. Kinds never mix within one attribute.
#[derive(Debug, Clone, PartialEq, PartialOrd)]
enum Weight {
    Integer(i64),
    Number(f64),
    /// In UTC.
    Instant(jiff::civil::DateTime),
    Text(String),
}

/// What a resource sorts by; one without a value sorts behind all others.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SortKey(Option<Weight>);

impl SortKey {
    /// The order of two resources. Those without a value are last when ascending and
    /// first when descending; equal ones stay as they are.
    pub(crate) fn compare(&self, other: &Self, direction: SortOrder) -> Ordering {
        let ascending = match (&self.0, &other.0) {
            (Some(a), Some(b)) => a.partial_cmp(b).unwrap_or(Ordering::Equal),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        };
        if direction == SortOrder::Descending { ascending.reverse() } else { ascending }
    }
}

/// Takes the keys out of rendered resources of one type.
#[derive(Debug, Clone)]
pub(crate) struct Sorter<'s> {
    by: Resolved<'s>,
    case_exact: bool,
}

impl Sorter<'_> {
    /// Schema of the attribute.
    pub(super) fn schema(&self) -> &str {
        self.by.schema
    }

    /// Whether upper and lower case differ.
    pub(crate) fn case_exact(&self) -> bool {
        self.case_exact
    }

    /// The same with upper and lower case told apart or not.
    pub(crate) fn comparing(self, case_exact: bool) -> Self {
        Self { case_exact, ..self }
    }

    /// The key of a resource; a multi-valued attribute counts by its primary or first value.
    pub(crate) fn key(&self, body: &Map<String, Json>) -> SortKey {
        let members = if self.by.is_core { Some(body) } else { body.get(self.by.schema).and_then(Json::as_object) };
        let value = members.and_then(|members| members.get(&self.by.attribute.name));
        SortKey(self.weight(value, self.by.sub.map(|sub| sub.name.as_str())))
    }

    fn weight(&self, value: Option<&Json>, sub: Option<&str>) -> Option<Weight> {
        match value? {
            Json::Array(items) => {
                let primary = items.iter().find(|item| item.get("primary") == Some(&Json::Bool(true)));
                self.weight(primary.or(items.first()), sub)
            }
            Json::Object(members) => self.weight(members.get(sub.unwrap_or("value")), None),
            Json::String(text) if self.by.leaf().kind == Type::DateTime => instant(text).map(Weight::Instant),
            Json::String(text) if self.case_exact => Some(Weight::Text(text.clone())),
            Json::String(text) => Some(Weight::Text(text.to_lowercase())),
            // A double does not tell large integers apart.
            Json::Number(number) if self.by.leaf().kind == Type::Integer => number.as_i64().map(Weight::Integer),
            Json::Number(number) => number.as_f64().map(Weight::Number),
            Json::Bool(truth) => Some(Weight::Number(f64::from(u8::from(*truth)))),
            Json::Null => None,
        }
    }
}

impl Service<'_> {
    /// How a list of this type gets its order.
    ///
    /// # Errors
    /// invalidPath where `sortBy` is no attribute of the type, or one without a value of
    /// its own.
    pub(super) fn sorting(&self, query: &ListQuery) -> Result<Sorting, ScimError> {
        match (&query.sort_by, self.sorting_among(query)?) {
            (Some(path), None) => {
                Err(ScimError::invalid_path(format!("sortBy: there is no attribute '{}'", path.trim())))
            }
            (_, sorting) => Ok(sorting.unwrap_or(Sorting::Unasked)),
        }
    }

    /// The same among other types; none where this one does not have the attribute.
    ///
    /// # Errors
    /// invalidPath for what is no path, or an attribute without a value of its own.
    pub(super) fn sorting_among(&self, query: &ListQuery) -> Result<Option<Sorting>, ScimError> {
        let Some(path) = &query.sort_by else { return Ok(Some(Sorting::Unasked)) };
        let Some(by) = self.sorted_by(path)? else { return Ok(None) };
        let descending = query.sort_order == SortOrder::Descending;
        let urn = (!by.is_core).then_some(by.schema);
        let Some(mapped) = self.resource.find(urn, &by.attribute.name) else {
            let common = ["id", "meta", "schemas"].contains(&by.attribute.name.as_str());
            return Ok(Some(if common { Sorting::Host(Reason::Made) } else { Sorting::Valueless }));
        };
        Ok(Some(self.sorting_by(mapped, &by, descending)))
    }

    fn sorting_by(&self, mapped: &Mapped, by: &Resolved<'_>, descending: bool) -> Sorting {
        let leaf = match (&mapped.shape, by.sub) {
            (Shape::Scalar(leaf), _) => leaf,
            (Shape::Complex(subs), sub) => {
                let sub = sub.map_or("value", |sub| sub.name.as_str());
                match subs.iter().find(|(name, _)| name == sub) {
                    Some((_, leaf)) => leaf,
                    None => return Sorting::Host(Reason::Made),
                }
            }
            (Shape::List(_) | Shape::Elements(_), _) => return Sorting::Host(Reason::Element),
        };
        let native = match leaf.source {
            Source::Native(native) => self.resource.natives.get(native),
            Source::Expression(..) => return Sorting::Host(Reason::Expression),
            Source::Constant(_) => None,
        };
        match native {
            None => Sorting::Host(Reason::Made),
            Some(_) if leaf.values.is_some() => Sorting::Host(Reason::Values),
            Some(info) if !info.traits.sortable => Sorting::Host(Reason::Order),
            Some(info) => Sorting::Target(Order { attribute: info.name.clone(), descending }),
        }
    }

    /// What `sortBy` names; none where this type does not have it.
    fn sorted_by(&self, path: &str) -> Result<Option<Resolved<'_>>, ScimError> {
        let invalid = |message: String| ScimError::invalid_path(format!("sortBy: {message}"));
        let parsed = AttrPath::parse(path.trim(), self.resource.accepted.urns()).map_err(|e| invalid(e.to_string()))?;
        match self.resource.accepted.resolve(&parsed) {
            Some(found) if found.leaf().is_complex() && found.leaf().sub_attribute("value").is_none() => {
                Err(invalid(format!("'{parsed}' is complex; name one of its sub-attributes")))
            }
            // The order of passwords is as good as the passwords.
            Some(found)
                if found.leaf().returned == Returned::Never || found.leaf().mutability == Mutability::WriteOnly =>
            {
                Err(invalid(format!("'{parsed}' is never shown, so nothing is sorted by it")))
            }
            found => Ok(found),
        }
    }

    /// What takes the keys out of resources of this type; none where there are none.
    ///
    /// # Errors
    /// As [`Service::sorting_among`].
    pub(crate) fn sorter(&self, query: &ListQuery) -> Result<Option<Sorter<'_>>, ScimError> {
        let Some(path) = &query.sort_by else { return Ok(None) };
        Ok(self.sorted_by(path)?.map(|by| Sorter { case_exact: by.leaf().case_exact, by }))
    }
}
