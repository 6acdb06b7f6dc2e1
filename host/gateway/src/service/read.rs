//! `GET /{endpoint}/{id}` (RFC 7644 section 3.4.1).

use serde_json::Value as Json;

use super::{Answer, Service, wanted_revision};
use crate::message::Response;
use crate::render::etag;

impl Service<'_> {
    /// One resource by its id.
    pub(crate) async fn get(&self, id: &str) -> Answer {
        let projection = self.projection()?;
        let (body, revision) = self.fetch(id, &projection).await?;
        let mut response = Response { status: 200, ..Response::default() };
        if let Some(revision) = &revision {
            response.headers.push(("etag", etag(revision)));
            if wanted_revision(self.request.if_none_match.as_deref()) == Some(revision.as_str()) {
                return Ok(Response { status: 304, ..response });
            }
        }
        response.body = Some(Json::Object(body));
        Ok(response)
    }
}
