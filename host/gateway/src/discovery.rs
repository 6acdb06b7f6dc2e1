//! `/ServiceProviderConfig`, `/ResourceTypes` and `/Schemas` (RFC 7644 section 4), made
//! from the mapping and answered without the target.

use patchbay_scim::schema::{AuthenticationScheme, Bulk, PageMethod, Pagination, ResourceType, ServiceProviderConfig};
use patchbay_scim::{ListResponse, ScimError};
use serde_json::Value as Json;

use crate::mapping::{Bound, ECMA2HOST};
use crate::message::{Base, Method, Request, Response};
use crate::service::{Answer, DEFAULT_PAGE, MAX_PAGE};
use crate::{bulk, cursor};

/// What depends on how the gateway was put together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Offers {
    /// Paging by cursor.
    pub(crate) cursors: bool,
    /// Bytes of the largest body that the edge lets in.
    pub(crate) max_payload: usize,
    /// Setting passwords.
    pub(crate) passwords: bool,
}

/// Answers a discovery request; none where the path is not one.
pub(crate) fn discovery(bound: &Bound, offers: Offers, request: &Request) -> Option<Answer> {
    let path: Vec<&str> = request.path.iter().map(String::as_str).collect();
    let base = request.base_url.as_str();
    let answer = match path.as_slice() {
        ["ServiceProviderConfig"] => Ok(service_provider_config(bound, offers).to_json(base)),
        ["ResourceTypes"] => Ok(list(resource_types(bound).map(|t| t.to_json(base)).collect())),
        ["ResourceTypes", id] => one(resource_types(bound).find(|t| t.id == *id).map(|t| t.to_json(base))),
        ["Schemas"] => Ok(list(schemas(bound, request.base).into_iter().map(|(_, s)| s(base)).collect())),
        ["Schemas", id] => {
            let found = schemas(bound, request.base).into_iter().find(|(urn, _)| urn.eq_ignore_ascii_case(id));
            one(found.map(|(_, s)| s(base)))
        }
        _ => return None,
    };
    if request.method != Method::Get {
        return Some(Err(ScimError::method_not_allowed("discovery endpoints can only be read")));
    }
    // Else a client would take all that comes for what it asked for.
    if request.query.iter().any(|(name, _)| name.eq_ignore_ascii_case("filter")) {
        return Some(Err(ScimError::forbidden("discovery endpoints cannot be filtered")));
    }
    Some(answer.map(|body| Response { status: 200, body: Some(body), ..Response::default() }))
}

fn list(resources: Vec<Json>) -> Json {
    ListResponse {
        total_results: Some(resources.len() as u64),
        start_index: Some(1),
        resources,
        ..ListResponse::default()
    }
    .into_json()
}

fn one(found: Option<Json>) -> Result<Json, ScimError> {
    found.ok_or_else(|| ScimError::not_found("there is no such resource"))
}

fn service_provider_config(bound: &Bound, offers: Offers) -> ServiceProviderConfig {
    ServiceProviderConfig {
        patch: bound.resources.iter().any(|resource| resource.updates),
        bulk: Some(Bulk { max_operations: bulk::MAX_OPERATIONS as u64, max_payload_size: offers.max_payload as u64 }),
        filter: Some(u64::from(MAX_PAGE)),
        sort: true,
        change_password: offers.passwords,
        etag: bound.resources.iter().any(|resource| resource.versions),
        authentication_schemes: vec![AuthenticationScheme::bearer()],
        pagination: Some(Pagination {
            cursor: offers.cursors,
            index: true,
            default_pagination_method: PageMethod::Index,
            default_page_size: Some(u64::from(DEFAULT_PAGE)),
            max_page_size: Some(u64::from(MAX_PAGE)),
            cursor_timeout: offers.cursors.then_some(cursor::LIFETIME),
        }),
        ..ServiceProviderConfig::default()
    }
}

fn resource_types(bound: &Bound) -> impl Iterator<Item = ResourceType> {
    bound.resources.iter().map(|r| ResourceType {
        id: r.name.clone(),
        name: r.name.clone(),
        endpoint: format!("/{}", r.endpoint),
        description: format!("{} resources of the application.", r.name),
        schema: r.published.core().id.clone(),
        extensions: r
            .published
            .extensions()
            .filter(|(s, _)| !s.id.starts_with(ECMA2HOST))
            .map(|(s, required)| (s.id.clone(), required))
            .collect(),
    })
}

type Render<'b> = Box<dyn Fn(&str) -> Json + 'b>;

/// Every published schema once. The ECMA host's block shows under its own base only.
fn schemas(bound: &Bound, base: Base) -> Vec<(String, Render<'_>)> {
    let mut all: Vec<(String, Render<'_>)> = Vec::new();
    for resource in &bound.resources {
        let extensions = resource.published.extensions().map(|(schema, _)| schema);
        for schema in std::iter::once(resource.published.core()).chain(extensions) {
            let shown = base == Base::Ecma2Host || !schema.id.starts_with(ECMA2HOST);
            if shown && !all.iter().any(|(id, _)| *id == schema.id) {
                all.push((schema.id.clone(), Box::new(|base| schema.to_json(base))));
            }
        }
    }
    all
}
