//! Dependencies point one way: `scim` <- `gateway` <- `host`, `capability` <- `engine`.
//! Read from `cargo metadata`, so from what is built and not from what is written.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::shell;

/// What a package must never reach, however indirectly.
const NEVER_REACHES: [(&str, &[&str]); 14] = [
    (
        "patchbay-scim",
        &["wasmtime", "axum", "hyper", "tokio", "tokio-postgres", "rusqlite", "reqwest", "patchbay-contract"],
    ),
    // Salts are arguments; that `bcrypt` links a source of randomness of its own cannot be helped.
    ("patchbay-password", &["wasmtime", "tokio", "patchbay-contract", "patchbay-scim"]),
    (
        "patchbay-propose",
        &["wasmtime", "axum", "hyper", "tokio-postgres", "rusqlite", "patchbay-capability-sql", "patchbay-engine"],
    ),
    ("patchbay-contract", &["wasmtime", "axum", "hyper", "tokio-postgres", "rusqlite", "patchbay-scim"]),
    (
        "patchbay-gateway",
        &["wasmtime", "axum", "hyper", "tokio-postgres", "rusqlite", "patchbay-capability", "patchbay-engine"],
    ),
    (
        "patchbay-capability",
        &["wasmtime", "axum", "tokio-postgres", "rusqlite", "ldap3", "patchbay-scim", "patchbay-engine"],
    ),
    (
        "patchbay-pool",
        &["wasmtime", "axum", "hyper", "tokio-postgres", "rusqlite", "ldap3", "patchbay-scim", "patchbay-contract"],
    ),
    (
        "patchbay-capability-ldap",
        &["wasmtime", "axum", "tokio-postgres", "rusqlite", "patchbay-scim", "patchbay-gateway", "patchbay-engine"],
    ),
    ("patchbay-capability-sql", &["wasmtime", "axum", "patchbay-scim", "patchbay-gateway", "patchbay-engine"]),
    ("patchbay-engine", &["axum", "tokio-postgres", "rusqlite", "ldap3", "patchbay-scim", "patchbay-gateway"]),
    ("patchbay-connector", &["wasmtime", "patchbay", "patchbay-contract", "patchbay-capability", "patchbay-scim"]),
    (
        "patchbay-connector-ldap",
        &["wasmtime", "ldap3", "patchbay", "patchbay-contract", "patchbay-capability", "patchbay-scim"],
    ),
    ("patchbay-connector-sql", &["wasmtime", "patchbay", "patchbay-contract", "patchbay-capability", "patchbay-scim"]),
    (
        "patchbay-fixture-hostile",
        &["wasmtime", "patchbay", "patchbay-contract", "patchbay-capability", "patchbay-scim"],
    ),
];

/// The only package that may name wasmtime.
const ENGINE: &str = "patchbay-engine";

/// Packages of one driver family each, which must not see each other.
const CAPABILITIES: &str = "patchbay-capability-";

/// Checks the rules and names every dependency that breaks one.
pub(super) fn check() -> Result<()> {
    let host = shell::capture(Command::new("rustc").arg("-vV")).context("rustc does not run")?;
    let host = host.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc does not say its host")?;
    // Without the filter, packages of every platform there is would be fetched.
    let arguments = ["metadata", "--format-version", "1", "--locked", "--filter-platform", host];
    let metadata =
        shell::capture(shell::cargo().args(arguments)).context("cargo metadata failed; is Cargo.lock up to date?")?;
    let broken = broken_rules(&Graph::read(&serde_json::from_str(&metadata)?)?);
    if broken.is_empty() { Ok(()) } else { bail!("dependencies point the wrong way:\n  {}", broken.join("\n  ")) }
}

/// The rules that `graph` breaks.
fn broken_rules(graph: &Graph) -> Vec<String> {
    let mut broken = Vec::new();
    for (package, forbidden) in NEVER_REACHES {
        if !graph.members.contains(package) {
            broken.push(format!("{package} is not in the workspace: the rules have to be brought up to date"));
        }
        let reached = graph.reach(package);
        broken.extend(
            forbidden.iter().filter(|name| reached.contains(**name)).map(|name| format!("{package} reaches {name}")),
        );
    }
    for member in &graph.members {
        if member != ENGINE && graph.named.get(member).is_some_and(|named| named.contains("wasmtime")) {
            broken.push(format!("{member} names wasmtime, which only {ENGINE} may"));
        }
        if member.starts_with(CAPABILITIES) {
            let reached = graph.reach(member);
            let others = graph.members.iter().filter(|other| *other != member && other.starts_with(CAPABILITIES));
            broken.extend(
                others.filter(|other| reached.contains(*other)).map(|other| format!("{member} reaches {other}")),
            );
        }
    }
    broken
}

/// Packages by name; several versions of one are as one.
#[derive(Debug, Default)]
struct Graph {
    members: BTreeSet<String>,
    /// Normal and build dependencies.
    edges: BTreeMap<String, BTreeSet<String>>,
    /// What a member's manifest names, for tests too.
    named: BTreeMap<String, BTreeSet<String>>,
}

impl Graph {
    /// From the output of `cargo metadata`.
    fn read(metadata: &Value) -> Result<Self> {
        let mut graph = Self::default();
        let mut names = BTreeMap::new();
        for package in list(metadata, "packages")? {
            let name = text(package, "name")?;
            names.insert(text(package, "id")?, name.clone());
            let named = list(package, "dependencies")?.iter().map(|d| text(d, "name")).collect::<Result<_>>()?;
            graph.named.insert(name, named);
        }
        let name = |id: &Value| -> Result<String> {
            let id = id.as_str().context("a package id is no text")?;
            Ok(names.get(id).with_context(|| format!("no package {id}"))?.clone())
        };
        for member in list(metadata, "workspace_members")? {
            graph.members.insert(name(member)?);
        }
        for node in list(metadata.get("resolve").context("no resolve")?, "nodes")? {
            let from = name(node.get("id").context("a node without id")?)?;
            for dependency in list(node, "deps")? {
                let kinds = list(dependency, "dep_kinds")?;
                if kinds.iter().any(|kind| kind.get("kind").and_then(Value::as_str) != Some("dev")) {
                    let to = name(dependency.get("pkg").context("a dependency without package")?)?;
                    graph.edges.entry(from.clone()).or_default().insert(to);
                }
            }
        }
        Ok(graph)
    }

    /// Everything that `package` depends on, directly or not.
    fn reach(&self, package: &str) -> BTreeSet<String> {
        let mut reached = BTreeSet::new();
        let mut open = vec![package.to_owned()];
        while let Some(next) = open.pop() {
            for dependency in self.edges.get(&next).into_iter().flatten() {
                if reached.insert(dependency.clone()) {
                    open.push(dependency.clone());
                }
            }
        }
        reached
    }
}

fn list<'a>(value: &'a Value, key: &str) -> Result<&'a Vec<Value>> {
    value.get(key).and_then(Value::as_array).with_context(|| format!("cargo metadata without `{key}`"))
}

fn text(value: &Value, key: &str) -> Result<String> {
    Ok(value.get(key).and_then(Value::as_str).with_context(|| format!("cargo metadata without `{key}`"))?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A workspace of all packages with rules, in which `from` depends on `to`.
    fn check(edges: &[(&str, &str)], want: &[&str]) {
        let mut graph = Graph::default();
        graph.members.extend(NEVER_REACHES.iter().map(|(package, _)| (*package).to_owned()));
        for (from, to) in edges {
            graph.edges.entry((*from).to_owned()).or_default().insert((*to).to_owned());
            graph.named.entry((*from).to_owned()).or_default().insert((*to).to_owned());
        }
        assert_eq!(broken_rules(&graph), want);
    }

    #[test]
    fn finds_what_points_the_wrong_way() {
        check(&[("patchbay-gateway", "patchbay-scim"), ("patchbay-engine", "wasmtime")], &[]);
        check(&[("patchbay-scim", "middle"), ("middle", "axum")], &["patchbay-scim reaches axum"]);
        check(
            &[("patchbay-capability-sql", "patchbay-capability-ldap")],
            &["patchbay-capability-sql reaches patchbay-capability-ldap"],
        );
        check(
            &[("patchbay-capability-ldap", "wasmtime")],
            &[
                "patchbay-capability-ldap reaches wasmtime",
                "patchbay-capability-ldap names wasmtime, which only patchbay-engine may",
            ],
        );
    }
}
