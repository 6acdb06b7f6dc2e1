//! Pages of a search. What a server needs to go on lives on its connection, so the host
//! keeps both between pages; a page's end holds the token for them. A host that keeps none
//! has the next page searched for anew, and what was shown is passed over.

use patchbay_connector::ldap::{Entry, Failure, Filter, SearchRequest, SortKey};
use patchbay_connector::{Error, ErrorKind, Fault, Query};
use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher13;
use std::hash::Hasher as _;

use super::{MAX_PAGE, Projection};
use crate::directory::{Directory, Search, request};
use crate::fault;
use crate::filter::Matching;
use crate::plan::Class;

/// Most entries that are counted.
const COUNTED: u64 = 10_000_000;

/// What is searched for.
pub struct Wanted<'a> {
    /// The class.
    pub class: &'a Class,
    /// What was asked.
    pub query: &'a Query,
    /// Its attributes.
    pub projection: &'a Projection<'a>,
}

impl std::fmt::Debug for Wanted<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wanted").field("class", &self.class.own.class).finish_non_exhaustive()
    }
}

/// The end of a page.
#[derive(Debug, Serialize, Deserialize)]
struct End<'a> {
    /// Guards against use with another search.
    query: u64,
    /// Entries in all, where they were counted.
    total: Option<u64>,
    /// Whether the server evaluates the whole filter.
    exact: bool,
    /// Entries up to here.
    place: u64,
    /// Of the search, which the host keeps; empty where it does not.
    #[serde(borrow)]
    token: &'a [u8],
}

/// Entries of a page, and how it goes on.
#[derive(Debug)]
pub struct Walk {
    /// The entries.
    pub entries: Vec<Entry>,
    /// How it goes on.
    pub next: Option<Vec<u8>>,
    /// Entries in all, where that was asked.
    pub total: Option<u64>,
    /// Whether the server evaluates the whole filter.
    pub exact: bool,
}

/// The host's token in the continuation of a query, where it has one: not on the first page,
/// and not where the host keeps no search.
pub fn parked(query: &Query) -> Result<Option<Vec<u8>>, Error> {
    match &query.continuation {
        Some(bytes) => Ok(Some(End::decode(bytes)?.token.to_vec()).filter(|token| !token.is_empty())),
        None => Ok(None),
    }
}

impl<'a> End<'a> {
    fn decode(bytes: &'a [u8]) -> Result<Self, Error> {
        postcard::from_bytes(bytes).map_err(|_| expired())
    }
}

fn expired() -> Error {
    Error::fault(ErrorKind::TokenExpired, "the continuation does not belong to this search")
}

impl Walk {
    /// The first page; or a later one of a search that the host did not keep.
    pub fn begin(
        db: &mut impl Directory,
        wanted: &Wanted<'_>,
        order: Vec<SortKey>,
        matching: &Matching,
    ) -> Result<Self, Error> {
        let (query, exact) = (wanted.query, matching.exact);
        let size = query.page_size.min(MAX_PAGE);
        let before = query.continuation.as_deref().map(|bytes| wanted.before(bytes)).transpose()?;
        let offset = before.as_ref().map_or(query.offset.unwrap_or(0), |before| before.place);
        if size == 0 {
            let total = query.want_total.then(|| wanted.count(db, &matching.filter)).transpose()?;
            return Ok(Self { entries: Vec::new(), next: None, total, exact });
        }
        let own = &wanted.class.own;
        let request = SearchRequest {
            // One more than a page, so that the server says whether there is another one.
            page_size: size.saturating_add(1).max(u32::try_from(offset).unwrap_or(MAX_PAGE)).min(MAX_PAGE),
            sort: order,
            ..request(&own.base, own.scope(), matching.filter.clone(), wanted.projection.natives())
        };
        let search = db.search(&request).map_err(|error| fault::plain(&error))?;
        let mut page = Reader { search, read: 0, done: false };
        page.skip(offset)?;
        let entries = page.take(size)?;
        let done = page.done.then_some(page.read);
        let parked = page.park(db)?;
        let total = match (query.want_total, before.and_then(|before| before.total).or(done)) {
            (false, _) => None,
            (true, Some(total)) => Some(total),
            // Only now, as another search on its connection would end the one that goes on.
            (true, None) => Some(wanted.count(db, &matching.filter)?),
        };
        let next = parked.map(|parked| wanted.end(total, exact, &parked)).transpose()?;
        Ok(Self { entries, next, total, exact })
    }

    /// A later page, of a search that the host kept.
    pub fn resume<D: Directory>(db: &mut D, wanted: &Wanted<'_>, search: D::Search) -> Result<Self, Error> {
        let bytes = wanted.query.continuation.as_deref().unwrap_or_default();
        let End { total, exact, place, .. } = wanted.before(bytes)?;
        let mut page = Reader { search, read: place, done: false };
        let entries = page.take(wanted.query.page_size.min(MAX_PAGE))?;
        let next = page.park(db)?.map(|parked| wanted.end(total, exact, &parked)).transpose()?;
        Ok(Self { entries, next, total: total.filter(|_| wanted.query.want_total), exact })
    }
}

impl Wanted<'_> {
    /// Number of all matches.
    fn count(&self, db: &mut impl Directory, filter: &Filter) -> Result<u64, Error> {
        let own = &self.class.own;
        db.count(&own.base, own.scope(), filter, COUNTED).map_err(|error| fault::plain(&error))
    }

    /// The end of the page before, which is one of this search.
    fn before<'b>(&self, bytes: &'b [u8]) -> Result<End<'b>, Error> {
        let end = End::decode(bytes)?;
        if end.query == self.fingerprint() { Ok(end) } else { Err(expired()) }
    }

    fn end(&self, total: Option<u64>, exact: bool, parked: &Parked) -> Result<Vec<u8>, Error> {
        let Parked { place, token } = parked;
        let end = End { query: self.fingerprint(), total, exact, place: *place, token };
        postcard::to_allocvec(&end).map_err(|error| {
            Error::fault(ErrorKind::Internal, "the page's end cannot be encoded").with_internal(error.to_string())
        })
    }

    /// A guard against mistakes, not against forgery: the token beside it is the host's.
    fn fingerprint(&self) -> u64 {
        let mut hasher = SipHasher13::new();
        let mut feed = |text: &str| {
            hasher.write(text.as_bytes());
            hasher.write_u8(0xff);
        };
        feed(&self.class.own.class);
        feed(&format!("{:?}", self.query.filter));
        for order in &self.query.order {
            feed(&order.attribute);
            feed(if order.descending { "descending" } else { "ascending" });
        }
        for native in self.projection.natives() {
            feed(&native);
        }
        hasher.finish()
    }
}

/// A search that goes on, and where.
struct Parked {
    place: u64,
    /// The host's; empty where it keeps no searches.
    token: Vec<u8>,
}

/// A search under way.
struct Reader<S> {
    search: S,
    /// Entries up to here, those of earlier pages included.
    read: u64,
    done: bool,
}

impl<S: Search> Reader<S> {
    fn next(&mut self, max: u32) -> Result<Vec<Entry>, Error> {
        let batch = self.search.next(max).map_err(|error| fault::plain(&error))?;
        self.done = batch.done;
        self.read = self.read.saturating_add(u64::try_from(batch.entries.len()).unwrap_or(u64::MAX));
        Ok(batch.entries)
    }

    /// Passes over entries on the host.
    fn skip(&mut self, offset: u64) -> Result<(), Error> {
        if offset > 0 {
            self.read = self.search.skip(offset).map_err(|error| fault::plain(&error))?;
            self.done = self.read < offset;
        }
        Ok(())
    }

    fn take(&mut self, size: u32) -> Result<Vec<Entry>, Error> {
        let mut entries = Vec::new();
        while entries.len() < to_usize(size) && !self.done {
            let left = size.saturating_sub(u32::try_from(entries.len()).unwrap_or(u32::MAX));
            entries.extend(self.next(left)?);
        }
        Ok(entries)
    }

    /// Hands it to the host, unless it is done.
    fn park<D: Directory<Search = S>>(self, db: &mut D) -> Result<Option<Parked>, Error> {
        if self.done {
            return Ok(None);
        }
        let token = match db.park(self.search) {
            Ok(token) => token,
            // The operator lets none be kept.
            Err(error) if error.failure == Failure::LimitExceeded => Vec::new(),
            Err(error) => return Err(fault::plain(&error)),
        };
        Ok(Some(Parked { place: self.read, token }))
    }
}

fn to_usize(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
