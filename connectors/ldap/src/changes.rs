//! What changed since a token was made, by whichever way the settings name, or the server
//! has.
//!
//! Every way finds ids, and what is told of an object is what it is now ([`objects`]):
//! several changes of one object are one, and an object that is not there any more is gone.
//! A look at the directory may find more ids than a page has room for; they wait in the
//! token. The ways differ in who keeps count:
//!
//! * [`dir_sync`] and [`syncrepl`]: the server, and its cookie says how far.
//! * [`usn`] and [`change_log`]: the server numbers writes in the order of commits.
//! * [`access_log`] and [`timestamp`]: nobody. Writes have the time at which they began, and
//!   come to light when they are done; see [`recent`].

mod access_log;
mod change_log;
mod check;
mod dir_sync;
mod keys;
mod objects;
mod recent;
mod syncrepl;
#[cfg(test)]
mod tests;
mod timestamp;
mod token;
mod usn;

use patchbay_connector::ldap::{Failure, FilterBuilder, SearchOptions};
use patchbay_connector::time::Instant;
use patchbay_connector::{Beginning, Error, ErrorKind, Fault, ObjectChange, SyncPage};
use serde::{Deserialize, Serialize};

use crate::directory::Directory;
use crate::plan::Class;
use crate::plan::feed::{Feed, Method};
use crate::{fault, read};
use keys::Keys;
use recent::Recent;

pub(crate) use check::check;

/// What a token holds.
#[derive(Debug, Serialize, Deserialize)]
struct State {
    place: Place,
    /// Found, and not told yet.
    keys: Keys,
    /// Whether there was more to be found when they were.
    more: bool,
}

/// How far changes were found.
#[derive(Debug, Serialize, Deserialize)]
enum Place {
    DirSync(dir_sync::State),
    Syncrepl(syncrepl::State),
    AccessLog(access_log::State),
    ChangeLog(change_log::State),
    Usn(usn::State),
    Timestamp(Recent),
}

/// A token for this moment: what is committed from now on is found with it. `now` is the time by
/// the host's clock, here and below.
pub fn latest(db: &mut impl Directory, class: &Class, now: Instant) -> Result<Vec<u8>, Error> {
    let feed = feed(class)?;
    let place = match &feed.method {
        Method::DirSync(way) => Place::DirSync(dir_sync::latest(db, way)?),
        Method::Syncrepl => Place::Syncrepl(syncrepl::latest(db, class, now)?),
        Method::AccessLog(way) => Place::AccessLog(access_log::latest(db, way, now)?),
        Method::ChangeLog { base } => Place::ChangeLog(change_log::latest(db, base)?),
        Method::Usn { .. } => Place::Usn(usn::latest(db)?),
        Method::Timestamp(way) => Place::Timestamp(timestamp::latest(db, class, way, now)?),
    };
    begin(class, feed, place)
}

/// The same for who knows nothing yet. Content synchronization begins with all there is: it
/// has to read the ids of all entries anyway.
pub fn first(db: &mut impl Directory, class: &Class, now: Instant) -> Result<Beginning, Error> {
    let feed = feed(class)?;
    match feed.method {
        Method::Syncrepl => {
            let token = begin(class, feed, Place::Syncrepl(syncrepl::State::default()))?;
            Ok(Beginning { token, complete: true })
        }
        _ => Ok(Beginning { token: latest(db, class, now)?, complete: false }),
    }
}

fn begin(class: &Class, feed: &Feed, place: Place) -> Result<Vec<u8>, Error> {
    token::encode(class, feed, &State { place, keys: Keys::default(), more: false })
}

/// At most `limit` changes since `token`. Where there are none, `wait` is for how many
/// milliseconds the server is listened to; only content synchronization can.
pub fn since(
    db: &mut impl Directory,
    class: &Class,
    token: &[u8],
    attributes: &[String],
    limit: u32,
    wait: u32,
    now: Instant,
) -> Result<SyncPage, Error> {
    let feed = feed(class)?;
    let mut state: State = token::decode(class, feed, token)?;
    let limit = usize::try_from(limit.min(read::MAX_PAGE)).unwrap_or(usize::MAX);
    if limit == 0 {
        return Err(Error::fault(ErrorKind::InvalidValue, "a page of changes has at least one"));
    }
    let mut live = false;
    if state.keys.is_empty() {
        (state.more, live) = match (&feed.method, &mut state.place) {
            (Method::Syncrepl, Place::Syncrepl(place)) => {
                (false, syncrepl::step(db, class, place, &mut state.keys, wait, now)?)
            }
            _ => (!state.step(db, class, feed, now)?, false),
        };
    }
    let keys = state.keys.take(limit);
    let changes = objects::now(db, class, feed, keys, attributes)?;
    if let Place::Syncrepl(place) = &mut state.place {
        place.know(changes.iter().filter_map(|change| match change {
            ObjectChange::Upsert(object) => Some(object.id.uid.as_str()),
            ObjectChange::Delete(_) => None,
        }));
    }
    let more = state.more || !state.keys.is_empty();
    let token = token::encode(class, feed, &state)?;
    Ok(SyncPage { attributes: attributes.to_vec(), changes, token, more, live })
}

impl State {
    /// Looks for changes by asking; true when there are no more to be found now.
    fn step(&mut self, db: &mut impl Directory, class: &Class, feed: &Feed, now: Instant) -> Result<bool, Error> {
        let keys = &mut self.keys;
        match (&feed.method, &mut self.place) {
            (Method::DirSync(way), Place::DirSync(state)) => dir_sync::step(db, class, way, state, keys),
            (Method::AccessLog(way), Place::AccessLog(state)) => access_log::step(db, class, way, state, keys, now),
            (Method::ChangeLog { base }, Place::ChangeLog(state)) => change_log::step(db, class, base, state, keys),
            (Method::Usn { base }, Place::Usn(state)) => usn::step(db, class, base, state, keys).map(|()| true),
            (Method::Timestamp(way), Place::Timestamp(state)) => {
                timestamp::step(db, class, way, state, keys, now).map(|()| true)
            }
            _ => Err(token::expired()),
        }
    }
}

/// How the changes of a class are found.
fn feed(class: &Class) -> Result<&Feed, Error> {
    class.feed.as_ref().ok_or_else(|| {
        Error::fault(ErrorKind::Unsupported, "the settings say that changes of this class are not followed")
            .with_internal(format!("class `{}` has `changes = false`", class.own.class))
    })
}

/// The id of the entry that has this name now, if one of the class has.
fn uid_of(db: &mut impl Directory, class: &Class, name: &str) -> Result<Option<String>, Error> {
    if !objects::is_inside(class, name) {
        return Ok(None);
    }
    let mut filter = FilterBuilder::new();
    objects::of_kind(class, &mut filter);
    let natives = vec![class.own.id.attribute.clone()];
    match db.entry(name, filter.build(), natives, SearchOptions::empty()) {
        Ok(Some(entry)) => class.own.uid(&entry),
        Ok(None) => Ok(None),
        Err(error) if error.failure == Failure::NoSuchObject => Ok(None),
        Err(error) => Err(fault::plain(&error)),
    }
}

/// The server did what the protocol does not allow.
fn broken(what: &str) -> Error {
    Error::fault(ErrorKind::Internal, "the directory does not answer as it should").with_internal(what)
}
