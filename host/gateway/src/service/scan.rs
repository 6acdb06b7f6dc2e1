//! What the host filters or sorts itself, because the target cannot: it reads all that may
//! match, within limits.

use std::time::Duration;

use patchbay_contract::{ErrorKind, Object, Query, Value};
use patchbay_scim::ScimError;
use serde_json::{Map, Value as Json};

use super::Service;
use super::list::{Found, MAX_PAGE, Search};
use super::sort::SortKey;
use crate::cursor::Position;
use crate::mapping::{ECMA2HOST, Mapped};
use crate::render::{Columns, Renderer};

/// Objects the host looks at itself for one request, where the target cannot filter or
/// sort; beyond it the answer is `tooMany`.
pub(crate) const MAX_SCAN: u64 = 10_000;
/// Values of multi-valued attributes in them, such as members of groups; those of single
/// values are not counted, nor is the first of each list.
const MAX_SCAN_VALUES: u64 = 200_000;
/// Bytes of all values in them.
const MAX_SCAN_BYTES: u64 = 64 * 1024 * 1024;

/// When a search that lost its place may be tried again.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// What the host has looked at for one request.
#[derive(Debug, Default)]
pub(crate) struct Effort {
    objects: u64,
    values: u64,
    bytes: u64,
}

impl Effort {
    /// Adds objects.
    ///
    /// # Errors
    /// tooMany where that is more than the host does.
    fn add(&mut self, objects: &[Object]) -> Result<(), ScimError> {
        let further =
            |object: &Object| object.cells.iter().map(|cell| cell.len().saturating_sub(1) as u64).sum::<u64>();
        self.objects += objects.len() as u64;
        self.values += objects.iter().map(further).sum::<u64>();
        self.bytes += objects.iter().flat_map(|object| &object.cells).flatten().map(size).sum::<u64>();
        let (most, what) = match () {
            () if self.objects > MAX_SCAN => (MAX_SCAN, "resources"),
            () if self.values > MAX_SCAN_VALUES => (MAX_SCAN_VALUES, "values of multi-valued attributes"),
            () if self.bytes > MAX_SCAN_BYTES => (MAX_SCAN_BYTES, "bytes"),
            () => return Ok(()),
        };
        Err(ScimError::too_many(format!(
            "the target cannot evaluate this request itself, and it covers more than {most} {what}"
        )))
    }
}

/// Bytes of a value, about.
fn size(value: &Value) -> u64 {
    match value {
        Value::Text(text)
        | Value::Decimal(text)
        | Value::Timestamp(text)
        | Value::Reference(text)
        | Value::Json(text) => text.len() as u64,
        Value::Binary(bytes) => bytes.len() as u64,
        Value::Boolean(_) | Value::Integer(_) | Value::Secret(_) => 8,
    }
}

impl Service<'_> {
    /// The host filters and sorts what the target gives, up to [`MAX_SCAN`] objects.
    pub(super) async fn by_host(&self, search: &Search<'_>, first: u64, count: u32) -> Result<Found, ScimError> {
        let mut matches = self.scan(search, &mut Effort::default()).await?;
        if let Some(sorter) = self.sorter(search.query)? {
            let direction = search.query.sort_order;
            let mut keyed: Vec<(SortKey, Map<String, Json>)> =
                matches.into_iter().map(|body| (sorter.key(&body), body)).collect();
            keyed.sort_by(|(a, _), (b, _)| a.compare(b, direction));
            matches = keyed.into_iter().map(|(_, body)| body).collect();
        }
        let total = matches.len() as u64;
        let skip = usize::try_from(first).unwrap_or(usize::MAX);
        let mut resources: Vec<Json> = Vec::new();
        for body in matches.into_iter().skip(skip).take(count as usize) {
            resources.push(self.completed(search, body).await?);
        }
        let end = first.saturating_add(resources.len() as u64);
        let next = (!resources.is_empty() && end < total).then_some(Position::Index(end));
        Ok(Found { resources, total, next })
    }

    /// All matches, with what they are sorted by, in no order; without what is expensive and
    /// of no account for that, which [`Service::completed`] reads for those that are shown.
    /// `effort` counts over several calls where several types are scanned for one request.
    ///
    /// # Errors
    /// tooMany beyond [`MAX_SCAN`] objects, [`MAX_SCAN_VALUES`] or [`MAX_SCAN_BYTES`].
    pub(crate) async fn scan(
        &self,
        search: &Search<'_>,
        effort: &mut Effort,
    ) -> Result<Vec<Map<String, Json>>, ScimError> {
        let Search { filter, plan, .. } = search;
        let columns =
            Columns::of(self.resource, |m| search.mentions(m) || self.wants(&search.projection, m) && !m.expensive);
        let mut matches: Vec<Map<String, Json>> = Vec::new();
        let mut continuation = None;
        loop {
            let query = Query {
                class: self.resource.class.clone(),
                filter: plan.pushed.clone(),
                attributes: columns.names.clone(),
                order: Vec::new(),
                page_size: MAX_PAGE.min(self.resource.max_page),
                offset: None,
                continuation,
                want_total: false,
            };
            let answer = self.connector.search(&self.context(), query).await.map_err(|error| match error.kind {
                // The client has no cursor that could have expired.
                ErrorKind::TokenExpired => {
                    ScimError::unavailable("the target lost its place in the search", RETRY_AFTER)
                }
                _ => self.error(error),
            })?;
            effort.add(&answer.objects)?;
            let bodies = answer.objects.iter().map(|object| self.looked_at(search, &columns, object));
            matches.extend(bodies.filter(|b| filter.as_ref().is_none_or(|f| f.matches(b, &self.resource.accepted))));
            continuation = answer.next;
            if continuation.is_none() {
                return Ok(matches);
            }
        }
    }

    /// A resource as the filter sees it.
    fn looked_at(&self, search: &Search<'_>, columns: &Columns, object: &Object) -> Map<String, Json> {
        let renderer = self.renderer(columns);
        let body = Renderer { ecma2host: renderer.ecma2host || search.hidden, ..renderer }.resource(object);
        if search.hidden { without_block_schema(body) } else { body }
    }

    /// A match of [`Service::scan`] as the query's projection has it, with what was left out.
    pub(crate) async fn completed(&self, search: &Search<'_>, body: Map<String, Json>) -> Result<Json, ScimError> {
        let wanted = |m: &Mapped| search.mentions(m) || self.wants(&search.projection, m);
        let lacks = |m: &Mapped| m.expensive && !search.mentions(m) && wanted(m);
        let id = body.get("id").and_then(Json::as_str).filter(|_| self.resource.attributes.iter().any(lacks));
        let Some(id) = id else { return Ok(self.shown(search, body)) };
        let columns = Columns::of(self.resource, wanted);
        match self.connector.get(&self.context(), &self.resource.class, id, &columns.names).await {
            Ok(object) => Ok(self.shown(search, self.looked_at(search, &columns, &object))),
            // It was deleted just now, and counts among the matches all the same.
            Err(error) if error.kind == ErrorKind::NotFound => Ok(self.shown(search, body)),
            Err(error) => Err(self.error(error)),
        }
    }
}

/// The resource without the ECMA host's block in its `schemas`: it is there to be looked
/// at, not to be seen.
fn without_block_schema(mut body: Map<String, Json>) -> Map<String, Json> {
    if let Some(Json::Array(schemas)) = body.get_mut("schemas") {
        schemas.retain(|urn| urn.as_str().is_none_or(|urn| !urn.starts_with(ECMA2HOST)));
    }
    body
}

#[cfg(test)]
mod tests {
    use patchbay_contract::ObjectId;

    use super::*;

    #[test]
    fn objects_values_and_bytes_are_bounded() {
        let object = |cell: Vec<Value>| Object { id: ObjectId { uid: "1".into(), revision: None }, cells: vec![cell] };
        let check = |parts: &[(usize, Vec<Value>)], refused: Option<&str>| {
            let mut effort = Effort::default();
            let done = parts.iter().try_for_each(|(count, cell)| effort.add(&vec![object(cell.clone()); *count]));
            assert_eq!(done.err().map(|error| error.scim_type.unwrap().as_str()), refused, "{parts:.1?}");
        };
        let (objects, values) = (usize::try_from(MAX_SCAN).unwrap(), usize::try_from(MAX_SCAN_VALUES).unwrap());
        let long = || vec![Value::Text("x".repeat(1 << 20))];
        check(&[(objects, vec![Value::Boolean(true)])], None);
        check(&[(objects, vec![]), (1, vec![])], Some("tooMany"));
        check(&[(1, vec![Value::Integer(1); values + 1])], None);
        check(&[(2, vec![Value::Integer(1); values / 2 + 2])], Some("tooMany"));
        check(&[(64, long())], None);
        check(&[(64, long()), (1, vec![Value::Integer(1)])], Some("tooMany"));
    }
}
