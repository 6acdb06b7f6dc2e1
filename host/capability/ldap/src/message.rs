//! LDAP messages (RFC 4511 section 4): requests as they are written, answers as they are
//! read.

mod answer;
mod request;

/// A control of a request or of an answer (RFC 4511 section 4.1.11): `ctype` is its number,
/// and with `crit` the server has to refuse a request whose control it does not know.
pub(crate) use ldap3::controls::RawControl;

pub(crate) use answer::{Answer, Message, Outcome, entry};
pub(crate) use request::{Operation, SearchParts, envelope};
