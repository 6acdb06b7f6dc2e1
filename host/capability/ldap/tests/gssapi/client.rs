//! One bind and one search, and a line that says what came of it.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use patchbay_capability::ldap::{Error, Filter, FilterNode, Reply, Request, SearchOptions, SearchRequest, SearchScope};
use patchbay_capability_ldap::{Bind, LdapOptions, PoolOptions, Server, pool};

/// Variables: where, whom to trust, and as whom.
pub(crate) const URL: &str = "PATCHBAY_GSSAPI_URL";
pub(crate) const AUTHORITY: &str = "PATCHBAY_GSSAPI_AUTHORITY";
pub(crate) const PRINCIPAL: &str = "PATCHBAY_GSSAPI_PRINCIPAL";

/// Whether this process is to be the client.
pub(crate) fn is_asked() -> bool {
    std::env::var_os(URL).is_some()
}

pub(crate) fn run() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    match runtime.block_on(search()) {
        Ok(name) => println!("found {name}"),
        Err(why) => println!("{why}"),
    }
}

async fn search() -> Result<String, String> {
    let mut options = LdapOptions::new(Server::from_url(&std::env::var(URL).unwrap(), false).unwrap());
    options.ca_file = std::env::var_os(AUTHORITY).map(PathBuf::from);
    options.bind = Bind::Gssapi { principal: std::env::var(PRINCIPAL).ok() };
    let sizes = PoolOptions { max: 1, connect_timeout: Duration::from_secs(20), ..PoolOptions::default() };
    let directory = pool(options, sizes).map_err(|error| error.to_string())?;
    let told = |error: Error| format!("{:?}: {error}", error.failure);
    let deadline = Instant::now() + Duration::from_secs(30);
    let mut lease = directory.lease(deadline).await.map_err(told)?;
    let request = SearchRequest {
        base: "DC=test,DC=lan".into(),
        scope: SearchScope::Base,
        filter: Filter::new(vec![FilterNode::Present("objectClass".into())]),
        attributes: vec!["dc".into()],
        page_size: 1,
        sort: vec![],
        window: None,
        options: SearchOptions::default(),
    };
    lease.run(Request::Search(request), deadline).await.map_err(told)?;
    let next = Request::Next { max_entries: 1, max_bytes: usize::MAX };
    let Reply::Batch(batch) = lease.run(next, deadline).await.map_err(told)? else { panic!("no batch") };
    Ok(batch.entries.first().map(|entry| entry.dn.clone()).unwrap_or_default())
}
