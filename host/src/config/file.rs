//! The configuration file as it is typed. Its doc comments are the descriptions in
//! `patchbay schema`. What it all means is worked out in [`super::resolve`].
//!
//! Keys that must be there are `Option`s marked as required: serde would stop at the
//! first one that is missing, while the next step reports them all.

mod app;
mod binding;
mod server;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

pub use app::{App, AppLimits, Connector, ConnectorFile};
pub use binding::{
    Allow, Bind, BindAs, BindMethod, Binding, Capability, DatabaseTls, Decision, Dialect, DirectoryAllow,
    DirectoryAttributes, DirectoryLimits, DirectoryTls, DirectoryVerb, LdapBinding, Odbc, Pool, Referrals, SqlBinding,
    SqlLimits, TlsMode, Undecided, Verb,
};
pub use server::{Engine, Server, ServerLimits, TlsFiles};

/// Configuration of a Patchbay server.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct File {
    /// How clients reach the server.
    pub server: Server,
    /// How connectors are run.
    pub engine: Engine,
    /// The apps, each a target behind its own SCIM base URL `/apps/NAME/scim/v2`. A
    /// name has up to 64 letters, digits, `-` and `_` and starts with a letter or digit.
    pub apps: BTreeMap<String, App>,
}
