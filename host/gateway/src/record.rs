//! Who keeps the record of writes.

use std::fmt::Debug;

use patchbay_scim::ScimError;

use crate::message::{Request, Response};

/// Keeps a record of every request that writes, and of every such operation of a Bulk request.
pub trait Recorder: Debug + Send + Sync {
    /// Begins the record of one, before anything is done for it.
    ///
    /// # Errors
    /// Where no record can be kept. The request is answered with this, and not carried out.
    fn begin(&self, request: &Request) -> Result<Box<dyn Record>, ScimError>;
}

/// A write under way. Where it is dropped without an answer, nobody knows how it ended.
pub trait Record: Send {
    /// It ended. [`Response::audit`] says what came of it; where there is none, nothing was
    /// asked of the target.
    fn answered(self: Box<Self>, response: &Response);
}

/// Keeps none, for those who do not write to a target of anybody's.
impl Recorder for () {
    fn begin(&self, _request: &Request) -> Result<Box<dyn Record>, ScimError> {
        Ok(Box::new(()))
    }
}

impl Record for () {
    fn answered(self: Box<Self>, _response: &Response) {}
}
