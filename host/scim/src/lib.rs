//! SCIM 2.0 (RFC 7643, RFC 7644, RFC 9865) without I/O: schemas, attribute paths,
//! filters, PATCH, list queries, projections and errors.
//!
//! Everything here is a pure function of its arguments. What real clients send beside
//! the RFCs is accepted or refused by the named switches of a [`Profile`]; no other
//! place decides that.
//!
//! A request's way through this crate:
//!
//! * a body for POST or PUT: [`resource::canonicalise`];
//! * a PATCH body: [`Patch::parse`] to [`Edit`]s, and [`patch::apply`] where they are
//!   applied to a resource in memory;
//! * a query: [`ListQuery`], then [`Filter::parse`] and [`Filter::typed`];
//! * an answer: [`Projection`], [`ListResponse`], [`ScimError::body`].
//!
//! ```
//! use patchbay_scim::{Filter, ParseOptions, Patch, Profile, SchemaSet, patch, schema};
//! use serde_json::json;
//!
//! let profile = Profile::builtin("entra")?;
//! let schemas = SchemaSet::new(schema::user(), vec![(schema::enterprise_user(), false)]);
//! let mut user = json!({"userName": "bjensen"}).as_object().cloned().unwrap_or_default();
//!
//! let body = json!({"Operations": [
//!     {"op": "Add", "path": "emails[type eq \"work\"].value", "value": "b@example.com"},
//!     {"op": "Replace", "path": "active", "value": "False"},
//! ]});
//! let patch = Patch::parse(body, &schemas, &profile, patch::MAX_OPERATIONS)?;
//! assert!(patch::apply(&mut user, &patch.edits, &schemas, &profile, &|_, _, _, _| false)?);
//!
//! let options = ParseOptions::of(schemas.urns(), &profile);
//! let filter = Filter::parse("active eq false and emails[type eq \"work\"]", &options)?;
//! assert!(filter.typed(&schemas, &profile)?.matches(&user, &schemas));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod error;
pub mod filter;
pub mod list;
pub mod patch;
pub mod path;
pub mod profile;
pub mod projection;
pub mod resource;
pub mod schema;
mod value;

pub use error::{ScimError, ScimType};
pub use filter::{CompareOp, CompareValue, Filter, Lenient, Limits, ParseOptions};
pub use list::{ListQuery, ListResponse, SortOrder};
pub use patch::{Edit, EditOp, Patch, Target};
pub use path::{AttrPath, PatchPath, SchemaUrns, is_attribute_name};
pub use profile::Profile;
pub use projection::Projection;
pub use schema::{
    Attribute, Mutability, Resolved, ResourceType, Returned, Schema, SchemaSet, ServiceProviderConfig, Type, Uniqueness,
};
pub use value::{MAX_VALUES, instant};

/// Schema URN of the core User resource (RFC 7643 section 4.1).
pub const USER_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// Schema URN of the core Group resource (RFC 7643 section 4.2).
pub const GROUP_URN: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// Schema URN of the enterprise extension of User (RFC 7643 section 4.3).
pub const ENTERPRISE_URN: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
/// Message URN of a PATCH body (RFC 7644 section 3.5.2).
pub const PATCH_URN: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
/// Message URN of a list answer (RFC 7644 section 3.4.2).
pub const LIST_URN: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
/// Message URN of a `.search` body (RFC 7644 section 3.4.3).
pub const SEARCH_URN: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
/// Message URN of an error body (RFC 7644 section 3.12).
pub const ERROR_URN: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

#[cfg(test)]
mod testing;
