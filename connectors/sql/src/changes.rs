//! What changed since a token was made, by whichever way the settings name.
//!
//! Every way finds keys, and what is told of an object is what it is now ([`objects`]):
//! several changes of one object are one, and an object that is not there any more is
//! gone. The ways differ in what they know of the order of commits:
//!
//! * [`marks`]: a watermark column, or a history table. A mark is taken before it is
//!   committed, so rows come to light behind others; the last marks are read again and
//!   again until nothing can come between them.
//! * [`range`]: the database says itself what is settled (`xmin`, `rowversion`, change
//!   tracking of SQL Server).
//! * [`snapshot`]: no order at all; everything is compared with what was there.

mod check;
mod digests;
mod keyset;
mod marks;
mod objects;
mod range;
mod snapshot;
#[cfg(test)]
mod tests;
mod token;

use patchbay_connector::{Beginning, Error, ErrorKind, Fault, ObjectChange, SyncPage};
use serde::{Deserialize, Serialize};

use crate::database::Database;
use crate::plan::Class;
use crate::plan::feed::{Feed, Method};
use crate::read;
use objects::Keys;
use snapshot::Snapshot;

pub(crate) use check::check;

/// What a token holds.
#[derive(Debug, Serialize, Deserialize)]
struct State<'a> {
    /// How far rows were read; none where only all objects are compared.
    rows: Option<Rows>,
    /// All objects, where they are compared.
    #[serde(borrow)]
    objects: Option<Snapshot<'a>>,
    /// Whether it is the turn of `objects`.
    comparing: bool,
    /// Whether rows are to be read once more, and objects not to be compared after that:
    /// comparing took several pages.
    catching_up: bool,
}

/// How far rows were read.
#[derive(Debug, Serialize, Deserialize)]
enum Rows {
    Marks(marks::State),
    Range(range::State),
}

/// A token for this moment: what is committed from now on is found with it.
pub fn latest(db: &mut impl Database, class: &Class) -> Result<Vec<u8>, Error> {
    let feed = feed(class)?;
    let objects = match compares(feed) {
        Some(content) => Some(Snapshot::take(db, class, content)?),
        None => None,
    };
    begin(db, class, feed, objects)
}

/// The same for who knows nothing yet. Where objects are compared, that finds all of them;
/// an object that comes and goes while somebody else reads them would never be told as gone.
pub fn first(db: &mut impl Database, class: &Class) -> Result<Beginning, Error> {
    let feed = feed(class)?;
    let complete = compares(feed).is_some();
    Ok(Beginning { token: begin(db, class, feed, complete.then(Snapshot::default))?, complete })
}

/// A token for this moment, by who knows these objects.
fn begin(db: &mut impl Database, class: &Class, feed: &Feed, objects: Option<Snapshot<'_>>) -> Result<Vec<u8>, Error> {
    let rows = match &feed.method {
        Method::Marks(marks) => Some(Rows::Marks(marks::latest(db, class, marks)?)),
        Method::Range(range) => Some(Rows::Range(range::latest(db, class, range)?)),
        Method::Snapshot => None,
    };
    let comparing = rows.is_none();
    token::encode(class, feed, &State { rows, objects, comparing, catching_up: false })
}

/// At most `limit` changes since `token`.
pub fn since(
    db: &mut impl Database,
    class: &Class,
    token: &[u8],
    attributes: &[String],
    limit: u32,
) -> Result<SyncPage, Error> {
    let feed = feed(class)?;
    let mut state: State<'_> = token::decode(class, feed, token)?;
    let limit = usize::try_from(limit.min(read::MAX_PAGE)).unwrap_or(usize::MAX);
    if limit == 0 {
        return Err(Error::fault(ErrorKind::InvalidValue, "a page of changes has at least one"));
    }
    let mut keys = Keys::new(class);
    let mut more = false;
    let resumed = state.comparing && state.rows.is_some();
    if !state.comparing {
        let done = match (&feed.method, &mut state.rows) {
            (Method::Marks(marks), Some(Rows::Marks(state))) => marks::step(db, class, marks, state, limit, &mut keys)?,
            (Method::Range(range), Some(Rows::Range(state))) => range::step(db, class, range, state, limit, &mut keys)?,
            _ => return Err(token::expired()),
        };
        state.comparing = done && state.objects.is_some() && !state.catching_up;
        state.catching_up &= !done;
        more = !done || (state.comparing && !keys.is_empty());
    }
    if state.comparing && keys.is_empty() {
        let content = compares(feed).ok_or_else(token::expired)?;
        let objects = state.objects.as_mut().ok_or_else(token::expired)?;
        let done = objects.step(db, class, content, limit, &mut keys)?;
        // Where there are rows to be read, they have the next turn.
        state.comparing = !done || state.rows.is_none();
        state.catching_up = done && resumed;
        more = !done || state.catching_up;
    }
    let changes = objects::now(db, class, keys, attributes)?;
    if let Some(objects) = &mut state.objects {
        // Whoever was told to be there is to be told when gone, however soon that is.
        objects.know(changes.iter().filter_map(|change| match change {
            ObjectChange::Upsert(object) => Some(object.id.uid.as_str()),
            ObjectChange::Delete(_) => None,
        }));
    }
    let token = token::encode(class, feed, &state)?;
    Ok(SyncPage { attributes: attributes.to_vec(), changes, token, more, live: false })
}

/// How the changes of a class are found.
fn feed(class: &Class) -> Result<&Feed, Error> {
    class.feed.as_ref().ok_or_else(|| {
        Error::fault(ErrorKind::Unsupported, "the settings do not say how changes of this class are found")
            .with_internal(format!("class `{}` has no `changes`", class.name))
    })
}

/// Whether all objects are compared, and then whether by their content or only by whether
/// they are there.
fn compares(feed: &Feed) -> Option<bool> {
    match feed.method {
        Method::Snapshot => Some(true),
        Method::Marks(_) | Method::Range(_) => feed.deletes.then_some(false),
    }
}
