//! Searches: page by page, and no faster than somebody takes the entries.

use patchbay_capability::ldap::{
    Batch, CountRequest, Entry, Error, Failure, SearchOptions, SearchRequest, SearchScope, SortKey, Window,
};

use crate::ber::Writer;
use crate::connection::LdapConnection;
use crate::controls;
use crate::error::{Asked, translate};
use crate::filter;
use crate::message::{Answer, Message, Operation, Outcome, RawControl, SearchParts};
use crate::wire::Wire;

/// A search under way. One page is asked for at a time, and read from the socket as its
/// entries are taken: the rest waits at the server.
#[derive(Debug)]
pub(crate) struct Search {
    base: String,
    scope: SearchScope,
    filter: Vec<u8>,
    attributes: Vec<String>,
    /// All but the one that asks for a page.
    controls: Vec<RawControl>,
    sorted: bool,
    /// None where the server gives everything at once.
    page_size: Option<u32>,
    progress: Progress,
    /// Read, but not handed out: so that the end is known with the last entry.
    ahead: Option<Entry>,
    /// Entries in the whole list.
    total: Option<u32>,
    /// Places where it would go on.
    references: u64,
}

#[derive(Debug)]
enum Progress {
    /// The page of this request comes in.
    Page(i32),
    /// The next one has to be asked for.
    Between(Vec<u8>),
    Done,
}

/// What an answer brings.
enum Step {
    Entry(Entry),
    /// A page, or everything.
    End,
}

impl Search {
    /// Sends the search, and waits for nothing.
    pub(crate) async fn open(connection: &mut LdapConnection, request: &SearchRequest) -> Result<Self, Error> {
        let SearchRequest { base, scope, filter, attributes, page_size, sort, window, options } = request;
        let controls = wishes(connection, sort, *window, *options)?;
        let page = window.is_none().then_some(*page_size);
        Self::start(connection, (base, *scope, filter), attributes, controls, page).await
    }

    async fn start(
        connection: &mut LdapConnection,
        (base, scope, condition): (&str, SearchScope, &patchbay_capability::ldap::Filter),
        attributes: &[String],
        controls: Vec<RawControl>,
        page_size: Option<u32>,
    ) -> Result<Self, Error> {
        let mut filter = Writer::default();
        filter::write(condition, connection.server.knows_constants, &mut filter)?;
        // One entry needs no pages.
        let pages = scope != SearchScope::Base && connection.server.has_control(controls::PAGED);
        let mut search = Self {
            base: base.to_owned(),
            scope,
            filter: filter.into_vec(),
            attributes: attributes.to_owned(),
            sorted: controls.iter().any(|control| control.ctype == controls::SORT),
            controls,
            page_size: page_size.filter(|_| pages).map(|size| size.max(1)),
            progress: Progress::Done,
            ahead: None,
            total: None,
            references: 0,
        };
        search.ask(&mut connection.wire, &[]).await?;
        Ok(search)
    }

    /// Whether all of it was handed out.
    pub(crate) fn is_done(&self) -> bool {
        matches!(self.progress, Progress::Done) && self.ahead.is_none()
    }

    /// Asks for a page.
    async fn ask(&mut self, wire: &mut Wire, cookie: &[u8]) -> Result<(), Error> {
        let parts =
            SearchParts { base: &self.base, scope: self.scope, filter: &self.filter, attributes: &self.attributes };
        let page = self.page_size.map(|size| controls::paged(size, cookie));
        let controls: Vec<_> = self.controls.iter().cloned().chain(page).collect();
        self.progress = Progress::Page(wire.send(&Operation::Search(parts), &controls).await?);
        Ok(())
    }

    /// Entries, as many as there are within the limits.
    pub(crate) async fn next(
        &mut self,
        connection: &mut LdapConnection,
        max_entries: u32,
        max_bytes: usize,
    ) -> Result<Batch, Error> {
        let max_entries = usize::try_from(max_entries).unwrap_or(usize::MAX).max(1);
        let mut batch = Batch::default();
        let mut bytes = 0_usize;
        let mut push = |batch: &mut Batch, entry: Entry| {
            bytes = bytes.saturating_add(entry.size());
            batch.entries.push(entry);
            batch.entries.len() >= max_entries || bytes >= max_bytes
        };
        let mut full = self.ahead.take().is_some_and(|entry| push(&mut batch, entry));
        loop {
            match &mut self.progress {
                Progress::Done => {
                    batch.done = true;
                    break;
                }
                Progress::Between(_) if full => break,
                Progress::Between(cookie) => {
                    let cookie = std::mem::take(cookie);
                    self.ask(&mut connection.wire, &cookie).await?;
                }
                Progress::Page(id) => {
                    let id = *id;
                    match self.step(&mut connection.wire, id).await? {
                        Step::Entry(entry) if full => {
                            self.ahead = Some(entry);
                            break;
                        }
                        Step::Entry(entry) => full = push(&mut batch, entry),
                        Step::End => {}
                    }
                }
            }
        }
        if batch.done {
            connection.tell_references(std::mem::take(&mut self.references));
        }
        batch.total = self.total;
        Ok(batch)
    }

    /// The next entry of the page, or its end.
    async fn step(&mut self, wire: &mut Wire, id: i32) -> Result<Step, Error> {
        loop {
            let message = wire.receive(id).await?;
            match message.answer {
                Answer::Entry(entry) => return Ok(Step::Entry(entry)),
                Answer::Reference => self.references = self.references.saturating_add(1),
                Answer::Intermediate { .. } => {}
                Answer::Done(ref outcome) => {
                    self.end(wire, outcome, &message)?;
                    return Ok(Step::End);
                }
            }
        }
    }

    fn end(&mut self, wire: &mut Wire, outcome: &Outcome, message: &Message) -> Result<(), Error> {
        match outcome.code {
            0 => {}
            // Of the sorting, where there is any: no such attribute, or no order for it.
            code @ (12 | 16 | 18) if self.sorted => unwanted("the server cannot sort by that", code)?,
            _ => return Err(translate(Asked::Search, outcome)),
        }
        if let Some(value) = message.control(controls::SORT_ANSWER) {
            let code = controls::read_sort(value).map_err(|malformed| wire.broken(malformed))?;
            unwanted("the server cannot sort by that", code)?;
        }
        if let Some(value) = message.control(controls::VIEW_ANSWER) {
            let view = controls::read_view(value).map_err(|malformed| wire.broken(malformed))?;
            unwanted("the server gives no such window", view.code)?;
            self.total = Some(view.total);
        }
        let cookie = match message.control(controls::PAGED) {
            Some(value) if self.page_size.is_some() => {
                controls::read_paged(value).map_err(|malformed| wire.broken(malformed))?
            }
            _ => None,
        };
        self.progress = cookie.map_or(Progress::Done, Progress::Between);
        Ok(())
    }
}

/// Controls for what a search asks for beside pages.
fn wishes(
    connection: &LdapConnection,
    sort: &[SortKey],
    window: Option<Window>,
    options: SearchOptions,
) -> Result<Vec<RawControl>, Error> {
    let mut list = Vec::new();
    let mut wish = |oid: &str, what: &str, control: RawControl| {
        if !connection.server.has_control(oid) {
            return Err(Error::new(Failure::Unsupported, format!("the server {what}")));
        }
        list.push(control);
        Ok(())
    };
    if !sort.is_empty() {
        wish(controls::SORT, "does not sort", controls::sorted(sort))?;
    }
    if let Some(window) = window {
        wish(controls::VIEW, "gives no windows on a list", controls::view(window))?;
    }
    if options.deleted {
        wish(controls::SHOW_DELETED, "shows no deleted entries", controls::plain(controls::SHOW_DELETED))?;
    }
    if options.extended_names {
        wish(controls::EXTENDED_DN, "has no extended names", controls::extended_names())?;
    }
    Ok(list)
}

/// The code of a control's answer, where it is not what was wanted.
fn unwanted(what: &str, code: u32) -> Result<(), Error> {
    match code {
        0 => Ok(()),
        code => Err(Error { code: Some(code), ..Error::new(Failure::Unsupported, format!("{what} (code {code})")) }),
    }
}

impl LdapConnection {
    /// Counts entries that match, up to the limit.
    pub(crate) async fn count(&mut self, request: &CountRequest) -> Result<u64, Error> {
        let CountRequest { base, scope, filter, limit, page_size } = request;
        let what = (base.as_str(), *scope, filter);
        let mut search = Search::start(self, what, &["1.1".to_owned()], Vec::new(), Some(*page_size)).await?;
        let mut count = 0_u64;
        while count < *limit {
            match &mut search.progress {
                Progress::Done => break,
                Progress::Between(cookie) => {
                    let cookie = std::mem::take(cookie);
                    search.ask(&mut self.wire, &cookie).await?;
                }
                Progress::Page(id) => {
                    let id = *id;
                    if matches!(search.step(&mut self.wire, id).await?, Step::Entry(_)) {
                        count += 1;
                    }
                }
            }
        }
        self.tell_references(search.references);
        Ok(count)
    }
}
