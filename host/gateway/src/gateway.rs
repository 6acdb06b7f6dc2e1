//! One app's SCIM service.

use std::sync::Arc;

use patchbay_contract::{Connector, Context, Error};

use crate::{AppConfig, Problem, Request, Response};

/// One app: its mapping and its connector.
#[derive(Debug)]
pub struct Gateway {
    connector: Arc<dyn Connector>,
}

impl Gateway {
    /// Compiles the mapping. Every problem that can be seen without the target comes
    /// back at once.
    pub fn new(config: &AppConfig, connector: Arc<dyn Connector>) -> Result<Self, Vec<Problem>> {
        let _ = config;
        Ok(Self { connector })
    }

    /// Holds the mapping against the target's own schema.
    ///
    /// # Errors
    /// When the target could not be asked.
    pub async fn check(&self, ctx: &Context) -> Result<Vec<Problem>, Error> {
        self.connector.discover(ctx).await?;
        Ok(Vec::new())
    }

    /// Answers one request. Never fails: errors are answers.
    pub async fn handle(&self, request: Request) -> Response {
        let _ = request;
        Response { status: 501, ..Response::default() }
    }
}
