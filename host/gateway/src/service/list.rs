//! `GET /{endpoint}` and `.search` (RFC 7644 sections 3.4.2 and 3.4.3).

use std::cmp::Ordering;
use std::time::Instant;

use patchbay_contract::{Order, Precision, Query};
use patchbay_scim::{AttrPath, Filter, ListQuery, ListResponse, ParseOptions, Projection, ScimError, SortOrder};
use serde_json::{Map, Value as Json};

use super::{Answer, Service};
use crate::bookmark::Place;
use crate::mapping::{Mapped, Shape, Source};
use crate::message::Response;
use crate::plan::{Plan, plan};
use crate::render::Columns;

/// Page size where a client names none.
pub(crate) const DEFAULT_PAGE: u32 = 100;
/// Largest page; a client that asks for more gets so many.
pub(crate) const MAX_PAGE: u32 = 1000;
/// Objects the host looks at itself for one request, where the target cannot filter or
/// sort; beyond it the answer is `tooMany`.
const MAX_SCAN: u64 = 10_000;

impl Service<'_> {
    /// A page of resources.
    pub(crate) async fn list(&self, query: &ListQuery) -> Answer {
        if query.cursor.is_some() {
            return Err(ScimError::invalid_cursor("paging by cursor is not supported here; use startIndex and count"));
        }
        let projection = Projection::parse(&query.attributes, &query.excluded_attributes, &self.resource.accepted)?;
        let filter = match &query.filter {
            None => None,
            Some(text) => {
                let options = ParseOptions::of(self.resource.accepted.urns(), self.profile);
                let filter = Filter::parse(text, &options)?;
                if self.profile.placeholder_probe && is_placeholder(&filter) {
                    return self.probe(query).await;
                }
                Some(filter.typed(&self.resource.accepted, self.profile)?)
            }
        };
        let planned = match &filter {
            None => Plan { pushed: None, nothing: false, residual: false },
            Some(filter) => plan(self.resource, filter)?,
        };
        if planned.nothing {
            return Ok(page(empty(query)));
        }
        let order = match &query.sort_by {
            None => Some(Vec::new()),
            Some(path) => self.order(path, query.sort_order)?,
        };
        match order {
            Some(order) if !planned.residual => self.pushed_down(query, &projection, planned, order).await,
            _ => self.on_host(query, &projection, filter.as_ref(), planned).await,
        }
    }

    /// The target filters, sorts and pages.
    async fn pushed_down(&self, query: &ListQuery, projection: &Projection, plan: Plan, order: Vec<Order>) -> Answer {
        let columns = Columns::of(self.resource, |m| self.wants(projection, m));
        let page_size = self.page_size(query);
        let first = query.start_index.saturating_sub(1);
        let walk = format!("{}|{:?}|{:?}|{order:?}", self.resource.name, query.filter, columns.names);
        let continuation = match first {
            0 => None,
            index => self.bookmarks.get(Instant::now(), &Place { walk: walk.clone(), index }),
        };
        let answer = self
            .connector
            .search(
                &self.request.context,
                Query {
                    class: self.resource.class.clone(),
                    filter: plan.pushed,
                    attributes: columns.names.clone(),
                    order,
                    page_size,
                    offset: (continuation.is_none() && first > 0).then_some(first),
                    continuation,
                    want_total: true,
                },
            )
            .await
            .map_err(|e| self.error(e))?;
        let total_results = match (answer.total, answer.precision) {
            (Some(total), Precision::Exact) => total,
            _ => return Err(ScimError::internal("the connector gave no exact total for an exact filter")),
        };
        let shown = answer.objects.len() as u64;
        if let Some(next) = answer.next.filter(|_| shown > 0) {
            self.bookmarks.put(Instant::now(), Place { walk, index: first + shown }, next);
        }
        let renderer = self.renderer(&columns);
        let resources = answer
            .objects
            .iter()
            .map(|object| {
                let mut body = renderer.resource(object);
                projection.apply(&mut body, &self.resource.accepted);
                Json::Object(body)
            })
            .collect();
        Ok(page(ListResponse {
            total_results: Some(total_results),
            start_index: Some(query.start_index),
            resources,
            ..ListResponse::default()
        }))
    }

    /// The host filters and sorts what the target gives, up to [`MAX_SCAN`] objects.
    async fn on_host(&self, query: &ListQuery, projection: &Projection, filter: Option<&Filter>, plan: Plan) -> Answer {
        let mentioned = |m: &Mapped| filter.is_some_and(|f| mentions(f, m)) || sorts_by(query, m);
        let columns = Columns::of(self.resource, |m| self.wants(projection, m) || mentioned(m));
        let renderer = self.renderer(&columns);
        let mut matches: Vec<Map<String, Json>> = Vec::new();
        let mut seen = 0_u64;
        let mut continuation = None;
        loop {
            let answer = self
                .connector
                .search(
                    &self.request.context,
                    Query {
                        class: self.resource.class.clone(),
                        filter: plan.pushed.clone(),
                        attributes: columns.names.clone(),
                        order: Vec::new(),
                        page_size: MAX_PAGE.min(self.resource.max_page),
                        offset: None,
                        continuation,
                        want_total: false,
                    },
                )
                .await
                .map_err(|e| self.error(e))?;
            seen += answer.objects.len() as u64;
            if seen > MAX_SCAN {
                return Err(ScimError::too_many(format!(
                    "the target cannot evaluate this request itself, and it covers more than {MAX_SCAN} resources"
                )));
            }
            let bodies = answer.objects.iter().map(|object| renderer.resource(object));
            matches.extend(bodies.filter(|b| filter.is_none_or(|f| f.matches(b, &self.resource.accepted))));
            continuation = answer.next;
            if continuation.is_none() {
                break;
            }
        }
        if let Some(path) = &query.sort_by {
            self.sort(&mut matches, path, query.sort_order)?;
        }
        let total_results = matches.len() as u64;
        let skip = usize::try_from(query.start_index.saturating_sub(1)).unwrap_or(usize::MAX);
        let resources = matches
            .into_iter()
            .skip(skip)
            .take(self.page_size(query) as usize)
            .map(|mut body| {
                projection.apply(&mut body, &self.resource.accepted);
                Json::Object(body)
            })
            .collect();
        Ok(page(ListResponse {
            total_results: Some(total_results),
            start_index: Some(query.start_index),
            resources,
            ..ListResponse::default()
        }))
    }

    /// Entra's connection test asks for an attribute that nobody has. It gets what it
    /// wants once the target has shown that it answers.
    async fn probe(&self, query: &ListQuery) -> Answer {
        self.connector.test(&self.request.context).await.map_err(|e| self.error(e))?;
        Ok(page(empty(query)))
    }

    fn page_size(&self, query: &ListQuery) -> u32 {
        let asked = query.count.map_or(DEFAULT_PAGE, |c| u32::try_from(c).unwrap_or(u32::MAX));
        asked.min(MAX_PAGE).min(self.resource.max_page)
    }

    /// The native order for `sortBy`; none where the target cannot sort so.
    fn order(&self, path: &str, direction: SortOrder) -> Result<Option<Vec<Order>>, ScimError> {
        let path = self.sort_path(path)?;
        let descending = direction == SortOrder::Descending;
        let Some(resolved) = self.resource.accepted.resolve(&path) else { return Ok(None) };
        let urn = (!resolved.is_core).then_some(resolved.schema);
        let Some(mapped) = self.resource.find(urn, &resolved.attribute.name) else { return Ok(None) };
        let leaf = match (&mapped.shape, resolved.sub) {
            (Shape::Scalar(leaf), _) => Some(leaf),
            (Shape::Complex(subs), Some(sub)) => subs.iter().find(|(s, _)| *s == sub.name).map(|(_, leaf)| leaf),
            _ => None,
        };
        Ok(leaf.filter(|l| l.values.is_none()).and_then(|leaf| match leaf.source {
            Source::Native(index) => self
                .resource
                .natives
                .get(index)
                .filter(|info| info.traits.sortable)
                .map(|info| vec![Order { attribute: info.name.clone(), descending }]),
            _ => None,
        }))
    }

    fn sort_path(&self, path: &str) -> Result<AttrPath, ScimError> {
        let parsed = AttrPath::parse(path.trim(), self.resource.accepted.urns())
            .map_err(|e| ScimError::invalid_path(format!("sortBy: {e}")))?;
        match self.resource.accepted.resolve(&parsed) {
            Some(_) => Ok(parsed),
            None => Err(ScimError::invalid_path(format!("sortBy: there is no attribute '{parsed}'"))),
        }
    }

    /// Sorts as RFC 7644 section 3.4.2.3 says: by the schema's case, a multi-valued
    /// attribute by its primary or first value, resources without a value last when
    /// ascending and first when descending.
    fn sort(&self, bodies: &mut [Map<String, Json>], path: &str, direction: SortOrder) -> Result<(), ScimError> {
        let path = self.sort_path(path)?;
        let Some(resolved) = self.resource.accepted.resolve(&path) else { return Ok(()) };
        let case_exact = resolved.leaf().case_exact;
        let sub = resolved.sub.map(|s| s.name.as_str());
        let key = |body: &Map<String, Json>| {
            let members =
                if resolved.is_core { Some(body) } else { body.get(resolved.schema).and_then(Json::as_object) };
            sort_key(members.and_then(|m| m.get(&resolved.attribute.name)), sub, case_exact)
        };
        bodies.sort_by(|a, b| {
            let ascending = match (key(a), key(b)) {
                (Some(a), Some(b)) => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => Ordering::Equal,
            };
            if direction == SortOrder::Descending { ascending.reverse() } else { ascending }
        });
        Ok(())
    }
}

/// What values sort by.
#[derive(PartialEq, PartialOrd)]
enum SortKey {
    Number(f64),
    Text(String),
}

fn sort_key(value: Option<&Json>, sub: Option<&str>, case_exact: bool) -> Option<SortKey> {
    match value? {
        Json::Array(items) => {
            let primary = items.iter().find(|i| i.get("primary") == Some(&Json::Bool(true)));
            sort_key(primary.or(items.first()), sub, case_exact)
        }
        Json::Object(members) => sort_key(members.get(sub.unwrap_or("value")), None, case_exact),
        Json::String(text) => Some(SortKey::Text(if case_exact { text.clone() } else { text.to_lowercase() })),
        Json::Number(number) => number.as_f64().map(SortKey::Number),
        Json::Bool(b) => Some(SortKey::Number(f64::from(u8::from(*b)))),
        Json::Null => None,
    }
}

fn empty(query: &ListQuery) -> ListResponse {
    ListResponse { total_results: Some(0), start_index: Some(query.start_index), ..ListResponse::default() }
}

fn page(list: ListResponse) -> Response {
    Response { status: 200, body: Some(list.into_json()), ..Response::default() }
}

fn is_placeholder(filter: &Filter) -> bool {
    matches!(filter, Filter::Compare { path, .. } if path.name.eq_ignore_ascii_case("PLACEHOLDER"))
}

fn sorts_by(query: &ListQuery, mapped: &Mapped) -> bool {
    query.sort_by.as_deref().is_some_and(|path| names(path, mapped))
}

fn names(path: &str, mapped: &Mapped) -> bool {
    path.to_ascii_lowercase().contains(&mapped.definition.name.to_ascii_lowercase())
}

/// Whether a filter reads the attribute.
fn mentions(filter: &Filter, mapped: &Mapped) -> bool {
    match filter {
        Filter::And(parts) | Filter::Or(parts) => parts.iter().any(|p| mentions(p, mapped)),
        Filter::Not(inner) => mentions(inner, mapped),
        Filter::Present(path) | Filter::Compare { path, .. } | Filter::ValuePath { path, .. } => {
            path.name.eq_ignore_ascii_case(&mapped.definition.name)
        }
    }
}
