//! From what was typed to what it means.

mod app;
mod binding;
mod server;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::de::DeserializeOwned;

use super::document::Document;
use super::file::File;
use super::path::KeyPath;
use super::problem::{Problem, Problems};
use super::{App, Config};

/// Notes problems while it works things out, so that all are found.
struct Resolver {
    document: Document,
    base: PathBuf,
    problems: Vec<Problem>,
}

impl Resolver {
    /// Notes a problem with the key at `path`.
    fn problem(&mut self, path: &KeyPath, message: impl Into<String>) {
        let problem = self.document.problem(path, message);
        self.problems.push(problem);
    }

    /// What stands at `path`, as far as it is right.
    fn read<T: DeserializeOwned>(&mut self, path: &KeyPath) -> Option<T> {
        self.document.read_at(path, &mut self.problems)
    }

    /// The value of a key that must be there.
    fn required<T>(&mut self, value: Option<T>, path: &KeyPath) -> Option<T> {
        if value.is_none() && !self.document.was_rejected(path) {
            self.problem(path, "is missing");
        }
        value
    }

    /// How many problems are known of values inside the one at `path`.
    fn problems_under(&self, path: &KeyPath) -> usize {
        let prefix = path.to_string();
        self.problems.iter().filter(|problem| problem.path.starts_with(&prefix)).count()
    }

    /// A number that must not be zero.
    fn positive(&mut self, value: Option<u32>, default: u32, path: &KeyPath) -> u32 {
        if value == Some(0) {
            self.problem(path, "must be at least 1");
        }
        value.unwrap_or(default)
    }
}

/// Resolves `file`; `problems` are those found while it was read.
pub(super) fn resolve(
    file: File,
    document: Document,
    base: PathBuf,
    problems: Vec<Problem>,
) -> Result<Config, Problems> {
    let mut resolver = Resolver { document, base, problems };
    let server = server::server(&mut resolver, file.server);
    let engine = server::engine(&mut resolver, file.engine);
    let requests = server.as_ref().map_or(u32::MAX, |server| u32::try_from(server.limits.requests).unwrap_or(u32::MAX));
    let share = app::Share::of(file.apps.len(), requests, engine.instances);
    let apps: BTreeMap<String, App> = file
        .apps
        .into_iter()
        .filter_map(|(name, app)| app::app(&mut resolver, &name, app, share).map(|app| (name, app)))
        .collect();
    let Resolver { document, base, problems } = resolver;
    match (server, problems.is_empty()) {
        (Some(server), true) => Ok(Config { document, base, server, engine, apps }),
        _ => Err(document.problems(problems)),
    }
}
