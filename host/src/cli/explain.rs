//! `patchbay explain`.

use std::io::{self, Write as _};

use clap::Args;
use patchbay_scim::{ListQuery, ScimError};

use super::Failure;
use crate::assemble::{self, App, Connections, Purpose};
use crate::config::{Config, Transport};
use crate::output;
use crate::serve::Options;

/// A list query, as a client would send it.
#[derive(Debug, Args)]
pub(super) struct Query {
    /// SCIM filter, e.g. `userName eq "ada" and title co "x"`.
    #[arg(long)]
    filter: Option<String>,
    /// Attribute to sort by, e.g. `name.familyName`.
    #[arg(long, value_name = "ATTRIBUTE")]
    sort_by: Option<String>,
    /// Which way to sort.
    #[arg(long, value_parser = ["ascending", "descending"], requires = "sort_by")]
    sort_order: Option<String>,
    /// 1-based index of the first resource.
    #[arg(long, value_name = "INDEX")]
    start_index: Option<u64>,
    /// Resources of a page at most.
    #[arg(long)]
    count: Option<u64>,
}

impl Query {
    /// Reads it as the server reads a client's query.
    fn read(self) -> Result<ListQuery, ScimError> {
        let number = |number: Option<u64>| number.map(|number| number.to_string());
        let pairs = [
            ("filter", self.filter),
            ("sortBy", self.sort_by),
            ("sortOrder", self.sort_order),
            ("startIndex", number(self.start_index)),
            ("count", number(self.count)),
        ];
        ListQuery::from_query(pairs.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?))))
    }
}

/// Prints what would become of a query on `resource` of the app `name`. Of the target,
/// only the catalogue is read.
pub(super) async fn run(
    mut config: Config,
    options: Options,
    name: &str,
    resource: &str,
    query: Query,
    json: bool,
) -> Result<(), Failure> {
    let query = query.read().map_err(|error| refused(&error, &Connections::default()))?;
    config.apps.retain(|app, _| app == name);
    let Some(settings) = config.apps.get(name) else {
        return Err(Failure::Usage(format!("there is no app `{name}` in {}", config.document.name())));
    };
    let mut assembly = assemble::assemble(&config, &options, Purpose::Looking)
        .await
        .map_err(|error| Failure::Runtime(error.to_string()))?;
    // A token that is wrong does not matter here; the mapping does.
    let Some(App { gateway: Some(gateway), connections, .. }) = assembly.apps.remove(name) else {
        return Err(config.document.problems(assembly.problems).into());
    };
    let context = assemble::context(settings, "explain");
    let explanation = gateway.explain(&context, &base_url(&config, name), resource, &query).await;
    let explanation = explanation.map_err(|error| refused(&error, &connections));
    connections.close().await;
    let explanation = explanation?;
    let mut out = io::stdout().lock();
    if json {
        let text = serde_json::to_string_pretty(&explanation.to_json()).map_err(io::Error::other)?;
        writeln!(out, "{text}")?;
    } else {
        let rows: Vec<Vec<String>> =
            explanation.rows().into_iter().map(|(heading, text)| vec![heading.to_owned(), text]).collect();
        output::columns(&mut out, 0, &rows)?;
    }
    Ok(())
}

/// The app's URL, as far as the configuration knows it.
pub(super) fn base_url(config: &Config, app: &str) -> String {
    let origin = config.server.public_url.clone().unwrap_or_else(|| {
        let scheme = if config.server.transport == Transport::Plain { "http" } else { "https" };
        format!("{scheme}://{}", config.server.listen)
    });
    format!("{origin}/apps/{app}/scim/v2")
}

/// What a client would be answered with, and what only the log would say.
fn refused(error: &ScimError, connections: &Connections) -> Failure {
    let scim_type = error.scim_type.map(|scim_type| format!(" {}", scim_type.as_str())).unwrap_or_default();
    let why = connections.in_words(&error.detail, error.internal.as_deref());
    Failure::Runtime(format!("the answer would be {}{scim_type}: {why}", error.status))
}
