//! A proposal as a configuration file with comments.
//!
//! Names come from a database that anybody may have filled: every key and value goes
//! through the writer that `toml` itself uses, and no comment can end its line.

mod text;

use std::fmt::Write as _;

use patchbay_capability::sql::Verb;

use crate::proposal::{Class, Constant, Line, List, Proposal, Values};
pub use text::one_line;
pub(crate) use text::{comment, key, list, point, value};
use text::{names, table};

/// What the file says beside the proposal.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Name of the app.
    pub app: String,
    /// Where the database is; without a password.
    pub url: String,
    /// Where its password is.
    pub password: Option<PasswordFrom>,
    /// How the connection is protected, where it is not as usual.
    pub tls: Tls,
    /// Environment variable with the client's token.
    pub token_env: String,
    /// What kind of client it is.
    pub client: String,
}

/// Where a password is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PasswordFrom {
    /// In this environment variable.
    Env(String),
    /// In this file.
    File(String),
}

/// How the connection to the database is protected.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tls {
    /// Not at all.
    pub disable: bool,
    /// Not at all, though the server is another machine.
    pub allow_plaintext: bool,
    /// PEM file with the authorities to trust.
    pub ca_file: Option<String>,
}

impl Setup {
    /// The file without a proposal: enough to reach the database, with `tables` granted for
    /// reading.
    pub fn only_binding(&self, tables: &[Vec<String>]) -> String {
        let mut out = String::new();
        self.head(&mut out, tables, &[Verb::Select]);
        out
    }

    fn head(&self, out: &mut String, tables: &[Vec<String>], verbs: &[Verb]) {
        let app = key(&self.app);
        line(out, "[server]");
        line(out, "listen     = \"127.0.0.1:8585\"");
        line(out, "plain_http = true   # loopback only; anywhere else give tls = { cert = \"...\", key = \"...\" }");
        line(out, "");
        line(out, &format!("[apps.{app}]"));
        line(out, "connector = \"sql\"");
        line(
            out,
            &format!("tokens    = [{{ env = {} }}]   # what clients show; never in this file", value(&self.token_env)),
        );
        line(out, &format!("client    = {}", value(&self.client)));
        line(out, "");
        comment(out, "The grant: all of the database that the connector can reach, whatever it does.");
        line(out, &format!("[apps.{app}.bindings.db]"));
        line(out, "capability = \"sql\"");
        line(out, &format!("url        = {}", value(&self.url)));
        match &self.password {
            Some(PasswordFrom::Env(name)) => line(out, &format!("password   = {{ env = {} }}", value(name))),
            Some(PasswordFrom::File(path)) => line(out, &format!("password   = {{ file = {} }}", value(path))),
            None => {}
        }
        let mut tls = Vec::new();
        if self.tls.disable {
            tls.push("mode = \"disable\"".to_owned());
        }
        if self.tls.allow_plaintext {
            tls.push("allow_plaintext = true".to_owned());
        }
        tls.extend(self.tls.ca_file.as_ref().map(|file| format!("ca_file = {}", value(file))));
        if !tls.is_empty() {
            line(out, &format!("tls        = {{ {} }}", tls.join(", ")));
        }
        line(out, "");
        line(out, &format!("[apps.{app}.bindings.db.allow]"));
        let tables: Vec<String> = tables.iter().map(|name| table(name)).collect();
        line(out, &format!("tables = {}", list(&tables)));
        let verbs: Vec<String> = verbs.iter().map(|verb| verb.keyword().to_lowercase()).collect();
        line(out, &format!("verbs  = {}", list(&verbs)));
    }
}

/// The whole file.
pub fn file(setup: &Setup, proposal: &Proposal) -> String {
    let mut out = String::new();
    comment(
        &mut out,
        "Written by `patchbay init` from what it found in the database. Each line of the mapping says how sure it is \
         and why. Look it over before anybody's accounts depend on it; docs/configuration.md explains every key.",
    );
    points(&mut out, "Assumed, as nobody was asked:", &proposal.assumptions);
    points(&mut out, "To look at:", &proposal.notes);
    line(&mut out, "");
    setup.head(&mut out, &proposal.tables, &proposal.verbs);
    rule(&mut out, "What the tables mean to the SQL connector.");
    for class in &proposal.classes {
        self::class(&mut out, &setup.app, class);
    }
    rule(&mut out, "The mapping: SCIM's names on the left, the connector's on the right.");
    for class in &proposal.classes {
        resource(&mut out, &setup.app, class);
    }
    out
}

/// A list of remarks.
fn points(out: &mut String, title: &str, points: &[String]) {
    if points.is_empty() {
        return;
    }
    line(out, "#");
    comment(out, title);
    for point in points {
        text::point(out, point);
    }
}

fn rule(out: &mut String, title: &str) {
    line(out, "");
    line(out, &format!("# {}", "-".repeat(80)));
    comment(out, title);
}

fn class(out: &mut String, app: &str, class: &Class) {
    let path = format!("apps.{}.settings.classes.{}", key(app), key(&class.name));
    line(out, "");
    line(out, &format!("[{path}]"));
    line(out, &format!("table = {}", value(&table(&class.table))));
    if !class.key.is_empty() {
        line(out, &format!("key = {}   # it has no primary key", names(&class.key)));
    }
    line(out, &format!("name = {}", value(&class.name_attribute)));
    if class.read_only {
        line(out, "read_only = true   # a view");
    }
    match &class.version {
        Some(version) if version.increment => {
            line(out, &format!("version = {{ column = {}, increment = true }}", value(&version.column)));
        }
        Some(version) => line(out, &format!("version = {}", value(&version.column))),
        None => {}
    }
    line(out, &format!("columns = {}", list(&class.columns)));
    if !class.unmapped.is_empty() {
        comment(out, &format!("Left alone: {}.", class.unmapped.join(", ")));
    }
    if !class.soft_delete.is_empty() {
        line(out, "");
        comment(out, "Deleting marks the row; a row so marked is not seen.");
        line(out, &format!("[{path}.soft_delete]"));
        line(out, &format!("set = {}", constants(&class.soft_delete)));
    }
    attributes(out, &path, class);
    lists(out, &path, class);
}

/// What is said of single columns.
fn attributes(out: &mut String, path: &str, class: &Class) {
    if class.ignoring_case.is_empty() && class.renamed.is_empty() {
        return;
    }
    line(out, "");
    if !class.ignoring_case.is_empty() {
        comment(
            out,
            "To SCIM, upper and lower case are the same in a name, and to the column they are not: it is compared in \
             lower case, which takes an index on lower(...) to be quick. Leave case_exact out if case counts.",
        );
    }
    line(out, &format!("[{path}.attributes]"));
    for (name, column) in &class.renamed {
        let case = if class.ignoring_case.contains(name) { ", case_exact = false" } else { "" };
        line(out, &format!("{} = {{ column = {}{case} }}", key(name), value(column)));
    }
    let plain = |name: &&String| !class.renamed.iter().any(|(renamed, _)| renamed == *name);
    for name in class.ignoring_case.iter().filter(plain) {
        line(out, &format!("{} = {{ case_exact = false }}", key(name)));
    }
}

/// What reaches into other tables.
fn lists(out: &mut String, path: &str, class: &Class) {
    for reference in &class.references {
        line(out, "");
        line(out, &format!("[{path}.references.{}]", key(&reference.name)));
        line(out, &format!("columns = {}", names(&reference.columns)));
        line(out, &format!("class = {}", value(&reference.class)));
    }
    for lookup in &class.lookups {
        line(out, "");
        comment(out, "A label that is not there is refused; with `create = true` it is added.");
        line(out, &format!("[{path}.lookups.{}]", key(&lookup.name)));
        line(out, &format!("column = {}", value(&lookup.column)));
        line(out, &format!("table = {}", value(&table(&lookup.table))));
        line(out, &format!("key = {}", value(&lookup.key)));
        line(out, &format!("value = {}", value(&lookup.value)));
    }
    for list in &class.lists {
        rows(out, path, list);
    }
}

fn rows(out: &mut String, path: &str, rows: &List) {
    line(out, "");
    line(out, &format!("[{path}.multi.{}]", key(&rows.name)));
    line(out, &format!("table = {}", value(&table(&rows.table))));
    line(out, &format!("parent = {}", names(&rows.parent)));
    line(out, &format!("value = {}", names(&rows.value)));
    if let Some(class) = &rows.class {
        line(out, &format!("class = {}", value(class)));
    }
    if !rows.fixed.is_empty() {
        line(out, &format!("where = {}", constants(&rows.fixed)));
    }
    if rows.read_only {
        line(out, "read_only = true");
    }
    if rows.cheap {
        line(out, "expensive = false");
    }
}

fn resource(out: &mut String, app: &str, class: &Class) {
    let path = format!("apps.{}.resources.{}", key(app), class.resource);
    line(out, "");
    line(out, &format!("[{path}]"));
    line(out, &format!("class = {}", value(&class.name)));
    line(out, "");
    line(out, &format!("[{path}.attributes]"));
    for mapped in &class.lines {
        let why = text::one_line(&format!("{}: {}", mapped.confidence, mapped.reason));
        line(out, &format!("{} = {}   # {why}", key(&mapped.path), right(mapped)));
    }
}

/// What stands on the right of a SCIM attribute.
fn right(line: &Line) -> String {
    let attribute = value(&line.attribute);
    match &line.values {
        Values::Same => attribute,
        Values::ReadOnly => format!("{{ attribute = {attribute}, read_only = true }}"),
        Values::Hash(hash) => format!("{{ attribute = {attribute}, hash = {hash} }}"),
        Values::Truth(yes, no) => {
            format!("{{ attribute = {attribute}, values = {{ true = {}, false = {} }} }}", constant(yes), constant(no))
        }
    }
}

fn constants(set: &[(String, Constant)]) -> String {
    let set: Vec<String> = set.iter().map(|(column, to)| format!("{} = {}", key(column), constant(to))).collect();
    format!("{{ {} }}", set.join(", "))
}

fn constant(constant: &Constant) -> String {
    match constant {
        Constant::Boolean(value) => value.to_string(),
        Constant::Integer(number) => number.to_string(),
        Constant::Text(text) => value(text),
        Constant::Now => "{ now = true }".to_owned(),
    }
}

fn line(out: &mut String, text: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{text}");
}
