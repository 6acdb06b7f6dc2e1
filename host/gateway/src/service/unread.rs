//! Answers to writes that were done, where the resource cannot be read back.
//!
//! The target has confirmed the write, and then went away. An error now would say that
//! nothing was done: a client would create the same user twice, or give up on one that is
//! there. So the answer says what is known: that it was done, and where the resource is.
//! The same where the write was what took the resource out of sight: `active = false`, say,
//! where that is how the target marks what is deleted.

use patchbay_contract::{Object, ObjectId};
use patchbay_scim::{Projection, ScimError};
use serde_json::{Map, Value as Json};

use super::{Answer, Service};
use crate::message::{Audit, Effect, Response};
use crate::render::{Columns, etag};

/// Whether reading back failed for a reason that says nothing of the write: the target's
/// fault, or that there is nothing to be seen.
fn is_out_of_sight(error: &ScimError) -> bool {
    error.status >= 500 || error.status == 404
}

impl Service<'_> {
    /// The new resource as the projection shows it, and its version; with `schemas`, `id`
    /// and `meta` alone where it cannot be read (RFC 7644 section 3.3: the whole of it
    /// SHOULD be there).
    pub(super) async fn fetch_new(
        &self,
        id: &ObjectId,
        projection: &Projection,
    ) -> Result<(Map<String, Json>, Option<String>), ScimError> {
        match self.fetch(&id.uid, projection).await {
            Err(error) if is_out_of_sight(&error) => {
                self.warn(&error);
                let columns = Columns::of(self.resource, |_| false);
                let body = self.renderer(&columns).resource(&Object { id: id.clone(), cells: Vec::new() });
                Ok((body, id.revision.clone()))
            }
            outcome => outcome,
        }
    }

    /// The whole changed resource as an answer; 204 where it was changed and cannot be
    /// read (RFC 9110 section 15.3.5).
    pub(super) async fn answer_changed(
        &self,
        id: &str,
        revision: Option<&str>,
        projection: &Projection,
        audit: &Audit,
    ) -> Answer {
        match self.answer(id, projection).await {
            Err(error) if is_out_of_sight(&error) && audit.effect == Effect::Written => {
                self.warn(&error);
                let headers = revision.map(|revision| ("etag", etag(revision))).into_iter().collect();
                Ok(Response { status: 204, headers, ..Response::default() })
            }
            outcome => outcome,
        }
    }

    fn warn(&self, error: &ScimError) {
        tracing::warn!(
            target: "patchbay::gateway",
            request_id = self.request.context.request_id,
            status = error.status,
            detail = error.internal,
            "written, but it cannot be read back"
        );
    }
}
