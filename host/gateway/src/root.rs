//! A search over all resource types (RFC 7644 sections 3.4.2.1 and 3.4.2.3).
//!
//! The result is a row of blocks, paged as one list. Without an order each type is a
//! block. With one, the types that have the attribute come first when ascending and last
//! when descending: resources without a value sort behind all others. Several types that
//! have it are merged on the host, because their targets need not sort alike.

use patchbay_scim::{ListQuery, ListResponse, ScimError, SortOrder};
use serde_json::{Map, Value as Json};

use crate::absent::first_unknown;
use crate::service::{Answer, MAX_PAGE, Search, Service, SortKey, Sorter, page, page_size};

/// One resource type and what the query means there.
type Part<'p> = (&'p Service<'p>, Search<'p>);

/// What is paged as a whole.
enum Block<'b> {
    /// All matches of one type, in the order it gives them.
    Type(&'b Part<'b>),
    /// Matches of several types, sorted.
    Merged(Vec<(&'b Part<'b>, Map<String, Json>)>),
}

/// A page of resources of all `services`.
///
/// # Errors
/// invalidFilter or invalidPath for an attribute that no type has; tooMany where more
/// resources have to be merged than the host looks at.
pub(crate) async fn root(services: &[Service<'_>], query: &ListQuery) -> Answer {
    let parts = understand(services, query)?;
    let (mut skip, mut total, mut resources) = (query.start_index.saturating_sub(1), 0, Vec::new());
    let mut room = page_size(query);
    for block in blocks(&parts, query).await? {
        let found = match block {
            Block::Type((service, search)) => {
                // A class may have smaller pages; then this page ends with it, for the
                // next one goes on by index.
                let count = room.min(service.page_size(query));
                let found = service.found(search, skip, count).await?;
                let shown = found.resources.len() as u64;
                if skip.saturating_add(shown) < found.total {
                    room = 0;
                }
                resources.extend(found.resources);
                (found.total, shown)
            }
            Block::Merged(merged) => {
                let total = merged.len() as u64;
                let first = usize::try_from(skip).unwrap_or(usize::MAX);
                let page = merged.into_iter().skip(first).take(room as usize);
                let before = resources.len();
                for ((service, search), body) in page {
                    resources.push(service.completed(search, body).await?);
                }
                (total, (resources.len() - before) as u64)
            }
        };
        let (all, shown) = found;
        room = room.saturating_sub(u32::try_from(shown).unwrap_or(MAX_PAGE));
        skip = skip.saturating_sub(all);
        total += all;
    }
    Ok(page(ListResponse {
        total_results: Some(total),
        start_index: Some(query.start_index),
        resources,
        ..ListResponse::default()
    }))
}

fn understand<'p>(services: &'p [Service<'p>], query: &'p ListQuery) -> Result<Vec<Part<'p>>, ScimError> {
    let mut parts = Vec::with_capacity(services.len());
    let mut sortable = query.sort_by.is_none();
    for service in services {
        // An attribute that no type has at all is a mistake, not an empty answer.
        if let Some(filter) = service.filter(query)?.filter(|filter| !service.is_probe(filter))
            && let Some(path) = first_unknown(&filter, &|path| services.iter().any(|s| s.knows(path)))
        {
            return Err(ScimError::invalid_filter(format!("{path}: the attribute is not known here")));
        }
        sortable |= service.sorter(query)?.is_some();
        parts.push((service, service.understand_among(query)?));
    }
    match &query.sort_by {
        Some(path) if !sortable => {
            Err(ScimError::invalid_path(format!("sortBy: no resource type has an attribute '{}'", path.trim())))
        }
        _ => Ok(parts),
    }
}

async fn blocks<'b>(parts: &'b [Part<'b>], query: &ListQuery) -> Result<Vec<Block<'b>>, ScimError> {
    let may_match = |(_, search): &&Part<'_>| !search.plan.nothing && !search.probe;
    let (valued, others): (Vec<&Part<'_>>, Vec<&Part<'_>>) =
        parts.iter().partition(|part| may_match(part) && part.1.sorting.has_values());
    let sorted = match valued.as_slice() {
        [] => None,
        [only] => Some(Block::Type(only)),
        several => Some(Block::Merged(merge(several, query).await?)),
    };
    let others = others.into_iter().map(Block::Type);
    Ok(match query.sort_order {
        SortOrder::Ascending => sorted.into_iter().chain(others).collect(),
        SortOrder::Descending => others.chain(sorted).collect(),
    })
}

/// All matches of several types in one order. Upper and lower case differ only where
/// they do for all of the types.
async fn merge<'b>(
    parts: &[&'b Part<'b>],
    query: &ListQuery,
) -> Result<Vec<(&'b Part<'b>, Map<String, Json>)>, ScimError> {
    let mut sorters: Vec<(&'b Part<'b>, Sorter<'b>)> = Vec::with_capacity(parts.len());
    for part in parts {
        sorters.extend(part.0.sorter(query)?.map(|sorter| (*part, sorter)));
    }
    let case_exact = sorters.iter().all(|(_, sorter)| sorter.case_exact());
    let mut seen = 0;
    let mut keyed: Vec<(SortKey, &'b Part<'b>, Map<String, Json>)> = Vec::new();
    for (part, sorter) in sorters {
        let sorter = sorter.comparing(case_exact);
        let matches = part.0.scan(&part.1, &mut seen).await?;
        keyed.extend(matches.into_iter().map(|body| (sorter.key(&body), part, body)));
    }
    keyed.sort_by(|(a, ..), (b, ..)| a.compare(b, query.sort_order));
    Ok(keyed.into_iter().map(|(_, part, body)| (part, body)).collect())
}
