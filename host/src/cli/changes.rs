//! `patchbay changes`.

mod place;
mod store;

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use patchbay_contract::Context;
use patchbay_gateway::{ChangesError, Gateway, ResourceChange};
use serde_json::json;

use super::signals::Signals;
use super::{Failure, explain};
use crate::assemble::{self, App, Connections, Purpose};
use crate::config::{self, Config};
use crate::serve::Options;
use place::{Place, Scope, Unfit};

/// Resources that are asked for at a time.
const PAGE: u32 = 100;
/// How long a target that tells of changes by itself is listened to at a time.
const LISTEN: Duration = Duration::from_secs(30);
/// What took so long and brought nothing was listened to.
const LISTENED: Duration = Duration::from_secs(1);

/// What to print, and how often.
#[derive(Debug, Args)]
pub(super) struct Wish {
    /// File with the token: read at the start if it is there, and replaced after each page
    /// that was printed. One process at a time.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// The token itself, as an earlier run without a file printed it.
    #[arg(long, value_name = "TOKEN", conflicts_with = "token_file")]
    since: Option<String>,
    /// Without a token yet: print all resources first. Else only what changes from now on.
    #[arg(long, conflicts_with = "since")]
    from_start: bool,
    /// Do not end, but tell changes as they happen where the target tells them by itself, and
    /// look again and again where it does not. Until SIGINT or SIGTERM.
    #[arg(long)]
    follow: bool,
    /// Seconds between two looks, with --follow, at a target that has to be asked.
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    interval: u64,
    /// Print so many changes at most, then end.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
}

/// Prints what changed in `resource` of the app `name`, one JSON object per line.
pub(super) async fn run(
    mut config: Config,
    options: Options,
    name: &str,
    resource: &str,
    wish: Wish,
) -> Result<(), Failure> {
    config.apps.retain(|app, _| app == name);
    let Some(settings) = config.apps.get(name) else {
        return Err(Failure::Usage(format!("there is no app `{name}` in {}", config.document.name())));
    };
    let mut assembly = assemble::assemble(&config, &options, Purpose::Looking)
        .await
        .map_err(|error| Failure::Runtime(error.to_string()))?;
    // A token of a client that is wrong does not matter here; the mapping does.
    let Some(App { gateway: Some(gateway), connections, .. }) = assembly.apps.remove(name) else {
        return Err(config.document.problems(assembly.problems).into());
    };
    let base_url = explain::base_url(&config, name);
    // Before the first look, so that no signal falls into a gap.
    let stop = wish.follow.then(Signals::new).transpose()?;
    let outcome = match gateway.resource_type(resource) {
        Ok(resource) => {
            let (gateway, connections) = (&gateway, &connections);
            let scope = Scope { app: name, resource };
            let feed = Feed { settings, gateway, connections, base_url, scope, wish: &wish };
            match stop {
                // What was printed is kept in the same step: there is nothing in between to stop at.
                Some(stop) => tokio::select! {
                    outcome = feed.run() => outcome,
                    _ = stop.wait() => Ok(()),
                },
                None => feed.run().await,
            }
        }
        Err(error) => Err(Failure::Usage(error.detail)),
    };
    connections.close().await;
    outcome
}

/// One run of the command.
struct Feed<'a> {
    settings: &'a config::App,
    gateway: &'a Gateway,
    connections: &'a Connections,
    base_url: String,
    scope: Scope<'a>,
    wish: &'a Wish,
}

/// Some lines, and the place after them.
struct Page {
    changes: Vec<ResourceChange>,
    place: Place,
    more: bool,
    /// To be asked again without a pause.
    live: bool,
}

impl Feed<'_> {
    async fn run(&self) -> Result<(), Failure> {
        let mut place = match self.begin()? {
            Some(place) => place,
            None => {
                let fresh = self.fresh().await?;
                self.keep(&fresh)?;
                fresh
            }
        };
        let mut left = self.wish.limit.unwrap_or(u64::MAX);
        let mut most = PAGE;
        let mut began_anew = false;
        while left > 0 {
            let size = u32::try_from(left).unwrap_or(most).min(most);
            let start = Instant::now();
            let page = match self.page(&place, size).await {
                Ok(page) => page,
                // Groups with very many members, for instance.
                Err(error) if error.is_too_much() && size > 1 => {
                    most = size / 2;
                    continue;
                }
                // A directory keeps the place of a walk on a connection, which the run before took
                // along. Once only: who loses it again and again would not come to an end.
                Err(error) if error.needs_full_run() && place.is_under_way() && !began_anew => {
                    let _ = writeln!(
                        io::stderr().lock(),
                        "patchbay: {}; beginning with the first one again",
                        self.said(&error)
                    );
                    began_anew = true;
                    place.walk = Some(Vec::new());
                    continue;
                }
                Err(error) if self.wish.follow && error.is_passing() => {
                    // Nothing can be said where standard error is closed.
                    let _ = writeln!(io::stderr().lock(), "patchbay: {}; looking again", self.said(&error));
                    self.pause(retry_after(&error)).await;
                    continue;
                }
                Err(error) => return Err(self.failure(&error)),
            };
            print(&page.changes)?;
            // A place on the way to changes is not worth its writing.
            if page.place != place && !(page.changes.is_empty() && page.more) {
                self.keep(&page.place)?;
            }
            place = page.place;
            left = left.saturating_sub(u64::try_from(page.changes.len()).unwrap_or(u64::MAX));
            if !page.more {
                if !self.wish.follow {
                    break;
                }
                let listened = !page.changes.is_empty() || start.elapsed() >= LISTENED;
                if !(page.live && listened) {
                    self.pause(Duration::ZERO).await;
                }
            }
        }
        // Run after run would print the same ones, and never come to an end.
        if began_anew && place.walk.is_some() {
            let message = "the limit ends the first run, which began anew, before all were printed: this target does \
                           not go on with a run that ended; run once without --limit";
            return Err(Failure::Runtime(message.to_owned()));
        }
        Ok(())
    }

    /// The place that an earlier run left; none where there is none yet.
    fn begin(&self) -> Result<Option<Place>, Failure> {
        let text = match (&self.wish.since, &self.wish.token_file) {
            (Some(token), _) => Some(token.clone()),
            (None, Some(file)) => store::read(file)?,
            (None, None) => None,
        };
        text.map(|text| Place::read(&text, self.scope)).transpose().map_err(|error| match error {
            Unfit::Other(_) => Failure::Usage(error.to_string()),
            Unfit::Unreadable => self.full_run(&error.to_string()),
        })
    }

    /// The place of somebody who begins now. The token comes first: what changes during a
    /// walk is then among the changes.
    async fn fresh(&self) -> Result<Place, Failure> {
        let (context, resource) = (self.context(), self.scope.resource);
        let place = if self.wish.from_start {
            self.gateway.first_token(&context, resource).await.map(|beginning| {
                let walk = (!beginning.complete).then(Vec::new);
                Place { token: beginning.token, walk }
            })
        } else {
            self.gateway.latest_token(&context, resource).await.map(|token| Place { token, walk: None })
        };
        place.map_err(|error| self.failure(&error))
    }

    /// The next page of the walk, and once that is over, of changes.
    async fn page(&self, place: &Place, size: u32) -> Result<Page, ChangesError> {
        let (context, resource) = (self.context(), self.scope.resource);
        if let Some(walk) = &place.walk {
            let from = Some(walk.clone()).filter(|from| !from.is_empty());
            let page = self.gateway.walk(&context, &self.base_url, resource, from, size).await?;
            let place = Place { token: place.token.clone(), walk: page.next };
            return Ok(Page { changes: page.changes, place, more: true, live: false });
        }
        let wait = if self.wish.follow { LISTEN } else { Duration::ZERO };
        // Listening is no part of what an operation may take.
        let context = Context { deadline: context.deadline.saturating_add(wait), ..context };
        let page = self.gateway.changes(&context, &self.base_url, resource, &place.token, size, wait).await?;
        let place = Place { token: page.token, walk: None };
        Ok(Page { changes: page.changes, place, more: page.more, live: page.live })
    }

    /// Keeps the place for the next run: in the file, or for the caller to keep. Only after
    /// the lines before it were written.
    fn keep(&self, place: &Place) -> Result<(), Failure> {
        let text = place.text(self.scope);
        match &self.wish.token_file {
            Some(file) => store::write(file, &text),
            None => {
                let mut out = io::stdout().lock();
                writeln!(out, "{}", json!({ "op": "token", "token": text }))?;
                Ok(out.flush()?)
            }
        }
    }

    async fn pause(&self, at_least: Duration) {
        tokio::time::sleep(at_least.max(Duration::from_secs(self.wish.interval))).await;
    }

    fn context(&self) -> Context {
        assemble::context(self.settings, "changes")
    }

    fn failure(&self, error: &ChangesError) -> Failure {
        if error.needs_full_run() { self.full_run(&self.said(error)) } else { Failure::Runtime(self.said(error)) }
    }

    /// Everything that is known of an error.
    fn said(&self, error: &ChangesError) -> String {
        let internal = match error {
            ChangesError::NoSuchType(error) | ChangesError::Mapping(error) => error.internal.as_deref(),
            ChangesError::Connector(error) => error.internal.as_deref(),
        };
        self.connections.in_words(&error.to_string(), internal)
    }

    fn full_run(&self, why: &str) -> Failure {
        let what = match &self.wish.token_file {
            Some(file) => format!("remove {} and start with --from-start", file.display()),
            None => "start with --from-start".to_owned(),
        };
        Failure::Expired(format!("a full run is needed: {why}; {what}"))
    }
}

/// Prints a line for each, and makes sure that they are out.
fn print(changes: &[ResourceChange]) -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for change in changes {
        let line = match change {
            ResourceChange::Upsert { id, resource } => json!({ "op": "upsert", "id": id, "resource": resource }),
            ResourceChange::Delete { id } => json!({ "op": "delete", "id": id }),
        };
        writeln!(out, "{line}")?;
    }
    out.flush()
}

fn retry_after(error: &ChangesError) -> Duration {
    let after = match error {
        ChangesError::NoSuchType(_) => None,
        ChangesError::Mapping(error) => error.retry_after,
        ChangesError::Connector(error) => error.retry_after,
    };
    after.unwrap_or_default()
}
