//! A look at a whole directory: what the server says of itself, its schema, and some entries
//! of each tree. Through the gate, with a binding that can search and do nothing else; what
//! holds passwords never comes through it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use patchbay_capability::ldap::{
    Call, Error, Failure, Filter, FilterNode, Reply, SearchOptions, SearchRequest, SearchScope, Session,
};
use patchbay_propose::directory::{Directory, ObjectClasses, Root, attribute_names};

use super::scope;
use crate::assemble::{self, Password};
use crate::config::LdapBinding;

/// Entries that are looked at.
pub(crate) const MAX_ENTRIES: usize = 10_000;
/// Bytes of them.
const MAX_BYTES: usize = 48 << 20;
/// Time for all of it.
const TIME: Duration = Duration::from_secs(120);

/// What was found.
#[derive(Debug)]
pub(crate) struct DirectorySurvey {
    /// The directory.
    pub(crate) directory: Directory,
    /// Trees that could not be read, and why.
    pub(crate) refused: Vec<(String, String)>,
}

/// Looks at the directory of `binding`.
///
/// # Errors
/// The key of the binding that cannot work, or why the directory cannot be looked at; no
/// message has a secret in it. A tree that may not be read is no error.
pub(crate) async fn survey(binding: &LdapBinding, password: Option<&Password>) -> Result<DirectorySurvey, String> {
    let made = assemble::ldap::binding("directory", binding, password, None);
    let binding = Arc::new(made.map_err(|(key, why)| format!("{key}: {why}"))?);
    let found = async {
        let mut session = binding.open(&scope(TIME)).await?;
        look(&mut session).await
    };
    let found = found.await;
    let outage = binding.outage();
    binding.close().await;
    found.map_err(|error| outage.map_or(error.message, |outage| outage.reason))
}

async fn look(session: &mut Session) -> Result<DirectorySurvey, Error> {
    let Reply::Entry(root) = session.call(Call::RootDse).await? else { return Err(unexpected()) };
    let root = Root::read(&root);
    let Reply::Entry(schema) = session.call(Call::Schema).await? else { return Err(unexpected()) };
    let mut directory = Directory {
        schema: attribute_names(&schema),
        object_classes: ObjectClasses::read(&schema),
        ..Directory::default()
    };
    let mut refused = Vec::new();
    let end = Instant::now() + TIME / 2;
    let mut bytes = 0;
    for tree in root.trees() {
        match entries(session, tree, &mut directory, &mut bytes, end).await {
            Ok(()) => {}
            Err(error) if matches!(error.failure, Failure::Unavailable | Failure::Timeout | Failure::Busy) => {
                return Err(error);
            }
            Err(error) => refused.push((tree.to_owned(), error.message)),
        }
    }
    directory.root = root;
    Ok(DirectorySurvey { directory, refused })
}

/// Adds the entries of a tree, as many as there is room and time for.
async fn entries(
    session: &mut Session,
    tree: &str,
    directory: &mut Directory,
    bytes: &mut usize,
    end: Instant,
) -> Result<(), Error> {
    let request = SearchRequest {
        base: tree.to_owned(),
        scope: SearchScope::Subtree,
        filter: Filter::new(vec![FilterNode::Present("objectClass".to_owned())]),
        // What the server keeps is not among `*` everywhere.
        attributes: vec!["*".to_owned(), "memberOf".to_owned()],
        page_size: 500,
        sort: Vec::new(),
        window: None,
        options: SearchOptions::default(),
    };
    session.call(Call::Search(request)).await?;
    loop {
        if directory.entries.len() >= MAX_ENTRIES || *bytes >= MAX_BYTES || Instant::now() >= end {
            directory.more = true;
            session.call(Call::EndSearch).await?;
            return Ok(());
        }
        let room = MAX_ENTRIES - directory.entries.len();
        let max_entries = u32::try_from(room.min(500)).unwrap_or(500);
        let Reply::Batch(batch) = session.call(Call::Next { max_entries }).await? else { return Err(unexpected()) };
        *bytes += batch.entries.iter().map(patchbay_capability::ldap::Entry::size).sum::<usize>();
        directory.entries.extend(batch.entries);
        if batch.done {
            return Ok(());
        }
    }
}

fn unexpected() -> Error {
    Error::new(Failure::Other, "the driver gave an answer to another question")
}
