//! `GET /{endpoint}` and `.search` (RFC 7644 sections 3.4.2 and 3.4.3).

use std::time::Instant;

use patchbay_contract::{Order, Precision, Query};
use patchbay_scim::{AttrPath, Filter, ListQuery, ListResponse, ParseOptions, Projection, ScimError, ScimType};
use serde_json::{Map, Value as Json};

use super::sort::Sorting;
use super::{Answer, Service};
use crate::absent::{Remains, without_absent};
use crate::bookmark::Place;
use crate::cursor::{Continuation, Cursors, Position, foreign};
use crate::explain::Explanation;
use crate::mapping::{ECMA2HOST, Mapped};
use crate::message::{Base, Response};
use crate::plan::{Plan, knows, plan};
use crate::render::Columns;

/// Page size where a client names none.
pub(crate) const DEFAULT_PAGE: u32 = 100;
/// Largest page; a client that asks for more gets so many.
pub(crate) const MAX_PAGE: u32 = 1000;
/// Part of a result.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Rendered resources.
    pub(crate) resources: Vec<Json>,
    /// Number of all matches.
    pub(crate) total: u64,
    /// Where the walk goes on; none at its end.
    pub(crate) next: Option<Position>,
}

/// A query understood: filter planned, order found, columns chosen.
#[derive(Debug)]
pub(crate) struct Search<'q> {
    pub(crate) query: &'q ListQuery,
    pub(super) projection: Projection,
    pub(crate) filter: Option<Filter>,
    pub(crate) plan: Plan,
    pub(crate) sorting: Sorting,
    /// Whether the query is about the ECMA host's block, which this base does not show.
    pub(super) hidden: bool,
    /// Entra's connection test, which asks for nothing that could be there.
    pub(crate) probe: bool,
}

impl Search<'_> {
    /// Whether the attribute decides what matches, or in which order.
    pub(super) fn mentions(&self, mapped: &Mapped) -> bool {
        self.filter.as_ref().is_some_and(|filter| mentions(filter, mapped)) || sorts_by(self.query, mapped)
    }
}

/// From where to read.
#[derive(Debug)]
pub(crate) enum From {
    Offset(u64),
    Position(Position),
}

impl Service<'_> {
    /// A page of resources, by index or by cursor.
    pub(crate) async fn list(&self, query: &ListQuery) -> Answer {
        let search = self.understand(query)?;
        let page_size = self.page_size(query);
        let Some(cursor) = &query.cursor else {
            let found = self.found(&search, query.start_index.saturating_sub(1), page_size).await?;
            return Ok(page(ListResponse {
                total_results: Some(found.total),
                start_index: Some(query.start_index),
                resources: found.resources,
                ..ListResponse::default()
            }));
        };
        let cursors = self.cursors()?;
        let walk = self.walk(&search);
        let from = match cursor.as_str() {
            "" => From::Offset(0),
            sealed => {
                let position = cursors.open(self.now, &walk, sealed)?;
                From::Position(Position::decode(&position).ok_or_else(foreign)?)
            }
        };
        let found = self.read(&search, from, page_size).await?;
        let next_cursor = found.next.map(|position| cursors.seal(self.now, &walk, &position.encode())).transpose()?;
        Ok(page(ListResponse {
            total_results: Some(found.total),
            next_cursor,
            resources: found.resources,
            ..ListResponse::default()
        }))
    }

    /// Understands a query as one on this resource type.
    ///
    /// # Errors
    /// invalidFilter or invalidPath for what this type does not have.
    pub(crate) fn understand<'q>(&self, query: &'q ListQuery) -> Result<Search<'q>, ScimError> {
        self.search(query, Remains::Some, self.sorting(query)?)
    }

    /// Understands a query over several resource types: what this one does not have is
    /// without a value.
    pub(crate) fn understand_among<'q>(&self, query: &'q ListQuery) -> Result<Search<'q>, ScimError> {
        let sorting = self.sorting_among(query)?.unwrap_or(Sorting::Valueless);
        self.search(query, |filter| without_absent(filter, &|path| knows(self.resource, path)), sorting)
    }

    /// Whether resources of this type can have the attribute.
    pub(crate) fn knows(&self, path: &AttrPath) -> bool {
        knows(self.resource, path)
    }

    fn search<'q>(
        &self,
        query: &'q ListQuery,
        reduce: impl Fn(Filter) -> Remains,
        sorting: Sorting,
    ) -> Result<Search<'q>, ScimError> {
        let accepted = &self.resource.accepted;
        let projection = Projection::parse(&query.attributes, &query.excluded_attributes, accepted)?;
        let mut probe = false;
        let (filter, plan) = match self.filter(query)? {
            None => (None, Plan::ALL),
            Some(filter) => {
                probe = self.is_probe(&filter);
                match if probe { Remains::All } else { reduce(filter) } {
                    Remains::All => (None, Plan::ALL),
                    Remains::None => (None, Plan::NOTHING),
                    Remains::Some(filter) => {
                        let filter = filter.typed(accepted, self.profile)?;
                        let plan = plan(self.resource, &self.request.base_url, &filter)?;
                        (Some(filter), plan)
                    }
                }
            }
        };
        let hidden = self.request.base != Base::Ecma2Host && self.is_about_block(query, filter.as_ref())?;
        let search = Search { query, projection, filter, plan, sorting, hidden, probe };
        if Explanation::is_logged() {
            self.explain(&search)?.log();
        }
        Ok(search)
    }

    /// The query's filter as this resource type reads it.
    pub(crate) fn filter(&self, query: &ListQuery) -> Result<Option<Filter>, ScimError> {
        let options = ParseOptions::of(self.resource.accepted.urns(), self.profile);
        query.filter.as_deref().map(|text| Filter::parse(text, &options)).transpose()
    }

    /// Whether the query asks for what is in the ECMA host's block.
    fn is_about_block(&self, query: &ListQuery, filter: Option<&Filter>) -> Result<bool, ScimError> {
        let in_block = |path: &AttrPath| {
            self.resource.accepted.resolve(path).is_some_and(|resolved| resolved.schema.starts_with(ECMA2HOST))
        };
        let sorts = self.sorter(query)?.is_some_and(|sorter| sorter.schema().starts_with(ECMA2HOST));
        Ok(sorts || filter.is_some_and(|filter| asks_for(filter, &in_block)))
    }

    /// Whether the filter is Entra's connection test.
    pub(crate) fn is_probe(&self, filter: &Filter) -> bool {
        self.profile.placeholder_probe && is_placeholder(filter)
    }

    /// The matches from the 0-based index `first` on, at most `count`.
    pub(crate) async fn found(&self, search: &Search<'_>, first: u64, count: u32) -> Result<Found, ScimError> {
        let place = |index| Place { walk: self.walk(search), index };
        let kept = if first == 0 { None } else { self.bookmarks.get(Instant::now(), &place(first)) };
        let went_on = match kept {
            Some(continuation) => self.read(search, From::Position(Position::Native(continuation)), count).await,
            None => self.read(search, From::Offset(first), count).await,
        };
        let found = match went_on {
            // The target knows no more where the walk was, or lets each place be used once. The
            // client named an index, and that is as good as ever.
            Err(error) if error.scim_type == Some(ScimType::ExpiredCursor) => {
                self.read(search, From::Offset(first), count).await?
            }
            went_on => went_on?,
        };
        if let (Some(Position::Native(next)), shown @ 1..) = (&found.next, found.resources.len() as u64) {
            self.bookmarks.put(Instant::now(), place(first + shown), next.clone());
        }
        Ok(found)
    }

    /// The matches `from` there on, at most `count`.
    pub(crate) async fn read(&self, search: &Search<'_>, from: From, count: u32) -> Result<Found, ScimError> {
        if search.probe {
            return self.probe().await;
        }
        if search.plan.nothing {
            return Ok(Found::default());
        }
        match (search.sorting.native(), from) {
            (Some(order), From::Offset(first)) if !search.plan.residual => {
                match self.by_target(search, order, From::Offset(first), count).await? {
                    Some(found) => Ok(found),
                    None => self.by_host(search, first, count).await,
                }
            }
            (Some(order), from @ From::Position(Position::Native(_))) if !search.plan.residual => {
                self.by_target(search, order, from, count).await?.ok_or_else(foreign)
            }
            (_, From::Offset(first) | From::Position(Position::Index(first))) => {
                self.by_host(search, first, count).await
            }
            (_, From::Position(Position::Native(_))) => Err(foreign()),
        }
    }

    /// The target filters, sorts and pages. None where it turns out that it gives more than
    /// the matches: what it can compare may depend on the value.
    async fn by_target(
        &self,
        search: &Search<'_>,
        order: Vec<Order>,
        from: From,
        count: u32,
    ) -> Result<Option<Found>, ScimError> {
        let columns = Columns::of(self.resource, |m| self.wants(&search.projection, m));
        let (offset, continuation) = match from {
            From::Offset(first) => ((first > 0).then_some(first), None),
            From::Position(Position::Native(continuation)) => (None, Some(continuation)),
            From::Position(Position::Index(first)) => (Some(first), None),
        };
        let counted = continuation.as_ref().and_then(|before| Some((before.known_total(self.now)?, before.counted)));
        let query = Query {
            class: self.resource.class.clone(),
            filter: search.plan.pushed.clone(),
            attributes: columns.names.clone(),
            order,
            page_size: count,
            offset,
            continuation: continuation.map(|before| before.target),
            want_total: counted.is_none(),
        };
        let answer = self.connector.search(&self.context(), query).await.map_err(|e| self.error(e))?;
        if answer.precision == Precision::Superset {
            return Ok(None);
        }
        let Some((total, counted)) = counted.or(answer.total.map(|total| (total, self.now))) else {
            return Err(ScimError::internal("the connector gave no total, though it was asked for one"));
        };
        let renderer = self.renderer(&columns);
        let show = |object| self.shown(search, renderer.resource(object));
        let resources: Vec<Json> = answer.objects.iter().map(show).collect();
        let goes_on = answer.next.filter(|_| !resources.is_empty());
        let next = goes_on.map(|target| Position::Native(Continuation { target, total, counted }));
        Ok(Some(Found { resources, total, next }))
    }

    /// A resource as the query's projection has it.
    pub(super) fn shown(&self, search: &Search<'_>, mut body: Map<String, Json>) -> Json {
        if search.hidden {
            body.retain(|name, _| !name.starts_with(ECMA2HOST));
        }
        search.projection.apply(&mut body, &self.resource.accepted);
        Json::Object(body)
    }

    /// Entra's connection test asks for an attribute that nobody has. It gets what it
    /// wants once the target has shown that it answers.
    async fn probe(&self) -> Result<Found, ScimError> {
        self.connector.test(&self.request.context).await.map_err(|e| self.error(e))?;
        Ok(Found::default())
    }

    /// Who seals cursors.
    ///
    /// # Errors
    /// invalidCursor where there are none.
    pub(crate) fn cursors(&self) -> Result<&Cursors, ScimError> {
        self.cursors.ok_or_else(|| {
            ScimError::invalid_cursor("paging by cursor is not supported here; use startIndex and count")
        })
    }

    /// What makes a walk: a page of another one does not go on in this.
    pub(crate) fn walk(&self, search: &Search<'_>) -> String {
        let ListQuery { filter, attributes, excluded_attributes, sort_by, sort_order, .. } = search.query;
        format!(
            "{}|{:?}|{filter:?}|{sort_by:?}|{sort_order:?}|{attributes:?}|{excluded_attributes:?}",
            self.resource.name, self.request.base
        )
    }

    /// How many resources a page of this type has at most.
    pub(crate) fn page_size(&self, query: &ListQuery) -> u32 {
        page_size(query).min(self.resource.max_page)
    }
}

/// How many resources a page has at most, whatever their types.
pub(crate) fn page_size(query: &ListQuery) -> u32 {
    query.count.map_or(DEFAULT_PAGE, |count| u32::try_from(count).unwrap_or(u32::MAX)).min(MAX_PAGE)
}

pub(crate) fn page(list: ListResponse) -> Response {
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

/// Whether any condition of the filter is on such an attribute.
fn asks_for(filter: &Filter, such: &impl Fn(&AttrPath) -> bool) -> bool {
    match filter {
        Filter::And(parts) | Filter::Or(parts) => parts.iter().any(|part| asks_for(part, such)),
        Filter::Not(inner) => asks_for(inner, such),
        Filter::Present(path) | Filter::Compare { path, .. } | Filter::ValuePath { path, .. } => such(path),
    }
}

/// Whether a filter reads the attribute.
fn mentions(filter: &Filter, mapped: &Mapped) -> bool {
    match filter {
        Filter::And(parts) | Filter::Or(parts) => parts.iter().any(|p| mentions(p, mapped)),
        Filter::Not(inner) => mentions(inner, mapped),
        Filter::Present(path) | Filter::Compare { path, .. } | Filter::ValuePath { path, .. } => {
            // `schemas` follows from the extensions that have values.
            path.name.eq_ignore_ascii_case("schemas") && mapped.urn.is_some()
                || path.name.eq_ignore_ascii_case(&mapped.definition.name)
        }
    }
}
