//! A search over all resource types (RFC 7644 sections 3.4.2.1 and 3.4.2.3).
//!
//! The result is a row of blocks, paged as one list. Without an order each type is a
//! block. With one, the types that have the attribute come first when ascending and last
//! when descending: resources without a value sort behind all others. Several types that
//! have it are merged on the host, because their targets need not sort alike.

use patchbay_scim::{ListQuery, ListResponse, ScimError, SortOrder};
use serde_json::{Map, Value as Json};

use crate::absent::first_unknown;
use crate::cursor::{Position, foreign};
use crate::service::{Answer, Effort, Found, From, MAX_PAGE, Search, Service, SortKey, Sorter, page, page_size};

/// One resource type and what the query means there.
type Part<'p> = (&'p Service<'p>, Search<'p>);

/// What is paged as a whole.
enum Block<'b> {
    /// All matches of one type, in the order it gives them.
    Type(&'b Part<'b>),
    /// Matches of several types, sorted.
    Merged(Vec<(&'b Part<'b>, Map<String, Json>)>),
}

impl Block<'_> {
    /// The matches from the 0-based index `first` on, at most `room`.
    async fn at(self, first: u64, room: u32, query: &ListQuery) -> Result<Found, ScimError> {
        match self {
            // A class may have smaller pages than the query asks for.
            Block::Type((service, search)) => service.found(search, first, room.min(service.page_size(query))).await,
            Block::Merged(merged) => slice(merged, first, room).await,
        }
    }

    /// The matches after those that a walk by cursor has seen, at most `room`.
    async fn after(self, seen: Option<Position>, room: u32, query: &ListQuery) -> Result<Found, ScimError> {
        match (self, seen) {
            (Block::Type((service, search)), seen) => {
                let from = seen.map_or(From::Offset(0), From::Position);
                service.read(search, from, room.min(service.page_size(query))).await
            }
            (Block::Merged(merged), None) => slice(merged, 0, room).await,
            (Block::Merged(merged), Some(Position::Index(first))) => slice(merged, first, room).await,
            (Block::Merged(_), Some(Position::Native(_))) => Err(foreign()),
        }
    }
}

/// Some of the merged matches, with all that is shown of them.
async fn slice(merged: Vec<(&Part<'_>, Map<String, Json>)>, first: u64, room: u32) -> Result<Found, ScimError> {
    let total = merged.len() as u64;
    let mut resources = Vec::new();
    let skip = usize::try_from(first).unwrap_or(usize::MAX);
    for ((service, search), body) in merged.into_iter().skip(skip).take(room as usize) {
        resources.push(service.completed(search, body).await?);
    }
    let end = first.saturating_add(resources.len() as u64);
    let next = (!resources.is_empty() && end < total).then_some(Position::Index(end));
    Ok(Found { resources, total, next })
}

/// How far a walk by cursor has come: the block it is in, and what it has seen of that.
#[derive(Debug, Default, PartialEq, Eq)]
struct Spot {
    block: u32,
    seen: Option<Position>,
}

impl Spot {
    fn encode(&self) -> Vec<u8> {
        let mut bytes = self.block.to_be_bytes().to_vec();
        bytes.extend(self.seen.iter().flat_map(Position::encode));
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (block, seen) = bytes.split_first_chunk()?;
        let seen = if seen.is_empty() { None } else { Some(Position::decode(seen)?) };
        Some(Self { block: u32::from_be_bytes(*block), seen })
    }
}

/// A page of resources of all `services`, by index or by cursor.
///
/// # Errors
/// invalidFilter or invalidPath for an attribute that no type has; tooMany where more
/// resources have to be merged than the host looks at; invalidCursor and expiredCursor.
pub(crate) async fn root(services: &[Service<'_>], query: &ListQuery) -> Answer {
    let parts = understand(services, query)?;
    match (&query.cursor, services.first()) {
        (Some(cursor), Some(service)) => by_cursor(service, &parts, query, cursor).await,
        _ => by_index(&parts, query).await,
    }
}

async fn by_index(parts: &[Part<'_>], query: &ListQuery) -> Answer {
    let (mut skip, mut total, mut resources) = (query.start_index.saturating_sub(1), 0, Vec::new());
    let mut room = page_size(query);
    for block in blocks(parts, query).await? {
        let found = block.at(skip, room, query).await?;
        let shown = found.resources.len() as u64;
        // A page that does not reach the end of a block ends with it, for the next one
        // goes on by index.
        let ends = skip.saturating_add(shown) < found.total;
        room = if ends { 0 } else { left(room, &found) };
        skip = skip.saturating_sub(found.total);
        total += found.total;
        resources.extend(found.resources);
    }
    Ok(page(ListResponse {
        total_results: Some(total),
        start_index: Some(query.start_index),
        resources,
        ..ListResponse::default()
    }))
}

/// `service` is any one of the parts'.
async fn by_cursor(service: &Service<'_>, parts: &[Part<'_>], query: &ListQuery, cursor: &str) -> Answer {
    let cursors = service.cursors()?;
    let walk: Vec<String> = parts.iter().map(|(service, search)| service.walk(search)).collect();
    let walk = format!("all|{}", walk.join("|"));
    let start = match cursor {
        "" => Spot::default(),
        sealed => Spot::decode(&cursors.open(service.now, &walk, sealed)?).ok_or_else(foreign)?,
    };
    let (mut total, mut resources, mut next) = (0, Vec::new(), None);
    let mut room = page_size(query);
    let mut seen = start.seen;
    for (number, block) in (0..).zip(blocks(parts, query).await?) {
        // What is before and behind the page is counted, so that the total is right.
        if number < start.block || room == 0 {
            let found = block.at(0, 0, query).await?;
            if number > start.block && found.total > 0 {
                next.get_or_insert(Spot { block: number, seen: None });
            }
            total += found.total;
            continue;
        }
        let found = block.after(seen.take(), room, query).await?;
        room = if found.next.is_some() { 0 } else { left(room, &found) };
        next = found.next.map(|seen| Spot { block: number, seen: Some(seen) });
        total += found.total;
        resources.extend(found.resources);
    }
    // Who asks for no resources does not walk on either.
    let next = next.filter(|_| query.count != Some(0));
    let next_cursor = next.map(|spot| cursors.seal(service.now, &walk, &spot.encode())).transpose()?;
    Ok(page(ListResponse { total_results: Some(total), next_cursor, resources, ..ListResponse::default() }))
}

/// Room on the page behind what was found.
fn left(room: u32, found: &Found) -> u32 {
    room.saturating_sub(u32::try_from(found.resources.len()).unwrap_or(MAX_PAGE))
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
    let mut effort = Effort::default();
    let mut keyed: Vec<(SortKey, &'b Part<'b>, Map<String, Json>)> = Vec::new();
    for (part, sorter) in sorters {
        let sorter = sorter.comparing(case_exact);
        let matches = part.0.scan(&part.1, &mut effort).await?;
        keyed.extend(matches.into_iter().map(|body| (sorter.key(&body), part, body)));
    }
    keyed.sort_by(|(a, ..), (b, ..)| a.compare(b, query.sort_order));
    Ok(keyed.into_iter().map(|(_, part, body)| (part, body)).collect())
}
