//! `GET /{endpoint}/{id}` (RFC 7644 section 3.4.1).

use serde_json::Value as Json;

use super::{Answer, Service};
use crate::message::Response;
use crate::render::etag;

impl Service<'_> {
    /// One resource by its id.
    pub(crate) async fn get(&self, id: &str) -> Answer {
        let projection = self.projection()?;
        let precondition = self.precondition()?;
        let (body, revision) = self.fetch(id, &projection).await?;
        let mut response = Response { status: 200, ..Response::default() };
        response.headers.extend(revision.as_deref().map(|revision| ("etag", etag(revision))));
        if precondition.not_modified(revision.as_deref())? {
            return Ok(Response { status: 304, ..response });
        }
        response.body = Some(Json::Object(body));
        Ok(response)
    }
}
