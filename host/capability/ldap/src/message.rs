//! LDAP messages (RFC 4511 section 4): requests as they are written, answers as they are
//! read.

mod answer;
mod request;

pub(crate) use answer::{Answer, Message, Outcome, entry};
pub(crate) use request::{Operation, SearchParts, envelope};

/// A control of a request or of an answer (RFC 4511 section 4.1.11).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Control {
    pub(crate) oid: String,
    /// The server has to refuse the request when it does not know the control.
    pub(crate) critical: bool,
    pub(crate) value: Option<Vec<u8>>,
}
