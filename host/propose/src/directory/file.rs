//! A proposal as a configuration file with comments.

use std::fmt::Write as _;

use super::{DirectoryProposal, Proposed};
use crate::write::{PasswordFrom, Tls, comment, key, list, point, value};

/// What the file says beside the proposal.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Name of the app.
    pub app: String,
    /// Where the directory is.
    pub servers: Vec<String>,
    /// As whom; nobody where none.
    pub bind_as: Option<String>,
    /// Where the password is.
    pub password: Option<PasswordFrom>,
    /// How the connection is protected, where it is not as usual.
    pub tls: Tls,
    /// Environment variable with the client's token.
    pub token_env: String,
    /// What kind of client it is.
    pub client: String,
}

/// The file without a proposal: enough to reach the directory, with all of it granted for
/// reading.
pub fn only_binding(setup: &Setup) -> String {
    let mut out = String::new();
    head(&mut out, setup);
    grant(&mut out, setup, &[String::new()], &[], &["search"], &[]);
    out
}

/// The whole file.
pub fn file(setup: &Setup, proposal: &DirectoryProposal) -> String {
    let mut out = String::new();
    comment(
        &mut out,
        "Written by `patchbay init` from what it found in the directory. Each line of the mapping says why it is there; \
         look all of it over before anybody's account depends on it.",
    );
    for (title, points) in [("Assumed:", &proposal.assumptions), ("To look at:", &proposal.notes)] {
        if !points.is_empty() {
            line(&mut out, "#");
            comment(&mut out, title);
            points.iter().for_each(|text| point(&mut out, text));
        }
    }
    line(&mut out, "");
    head(&mut out, setup);
    let classes = || std::iter::once(&proposal.people).chain(&proposal.groups);
    let mut containers: Vec<String> = Vec::new();
    let mut written: Vec<String> = Vec::new();
    for class in classes() {
        if !containers.contains(&class.shape.base) {
            containers.push(class.shape.base.clone());
        }
        for attribute in &class.written {
            if !written.iter().any(|known| known.eq_ignore_ascii_case(attribute)) {
                written.push(attribute.clone());
            }
        }
    }
    let verbs = ["search", "add", "modify", "rename", "delete", "password"];
    grant(&mut out, setup, &proposal.read, &containers, &verbs, &written);
    for class in classes() {
        settings(&mut out, setup, class, proposal.groups.is_some());
    }
    for (resource, class) in [("User", Some(&proposal.people)), ("Group", proposal.groups.as_ref())] {
        if let Some(class) = class {
            resources(&mut out, setup, resource, class);
        }
    }
    out
}

fn head(out: &mut String, setup: &Setup) {
    let app = key(&setup.app);
    line(out, "[server]");
    line(out, "listen     = \"127.0.0.1:8585\"");
    line(out, "plain_http = true   # loopback only; anywhere else give tls = { cert = \"...\", key = \"...\" }");
    line(out, "");
    line(out, &format!("[apps.{app}]"));
    line(out, "connector = \"ldap\"");
    let token = value(&setup.token_env);
    line(out, &format!("tokens    = [{{ env = {token} }}]   # what clients show; never in this file"));
    line(out, &format!("client    = {}", value(&setup.client)));
    line(out, "");
    comment(out, "The grant: all of the directory that the connector can reach, whatever it does.");
    line(out, &format!("[apps.{app}.bindings.directory]"));
    line(out, "capability = \"ldap\"");
    line(out, &format!("servers    = {}", list(&setup.servers)));
    let socket = setup.servers.iter().all(|server| server.starts_with("ldapi:"));
    match &setup.bind_as {
        Some(name) => line(out, &format!("bind       = {{ as = {} }}", value(name))),
        // Whoever comes through a socket has a name already.
        None if socket => line(out, "bind       = \"external\""),
        None => line(out, "bind       = \"anonymous\""),
    }
    match &setup.password {
        Some(PasswordFrom::Env(name)) => line(out, &format!("password   = {{ env = {} }}", value(name))),
        Some(PasswordFrom::File(path)) => line(out, &format!("password   = {{ file = {} }}", value(path))),
        None => {}
    }
    let mut tls: Vec<String> = Vec::new();
    tls.extend(setup.tls.ca_file.as_ref().map(|file| format!("ca_file = {}", value(file))));
    if setup.tls.disable {
        tls.push("start_tls = false".to_owned());
    }
    if setup.tls.allow_plaintext {
        tls.push("allow_plaintext = true".to_owned());
    }
    if !tls.is_empty() {
        line(out, &format!("tls        = {{ {} }}", tls.join(", ")));
    }
    line(out, "");
}

fn grant(out: &mut String, setup: &Setup, read: &[String], write: &[String], verbs: &[&str], attributes: &[String]) {
    line(out, &format!("[apps.{}.bindings.directory.allow]", key(&setup.app)));
    line(out, &format!("read  = {}", list(read)));
    if !write.is_empty() {
        line(out, &format!("write = {}", list(write)));
    }
    let verbs: Vec<String> = verbs.iter().map(|verb| (*verb).to_owned()).collect();
    line(out, &format!("verbs = {}", list(&verbs)));
    if !attributes.is_empty() {
        line(out, &format!("attributes = {{ write = {} }}", list(attributes)));
    }
}

fn settings(out: &mut String, setup: &Setup, class: &Proposed, groups: bool) {
    line(out, "");
    line(out, &format!("[apps.{}.settings.classes.{}]", key(&setup.app), class.name));
    line(out, &format!("object_classes = {}", list(&class.shape.object_classes)));
    line(out, &format!("base = {}", value(&class.shape.base)));
    if class.members.is_none() && class.shape.object_classes.iter().any(|own| own.eq_ignore_ascii_case("user")) {
        // Computers are users, too.
        line(out, "filter = \"(&(objectCategory=person)(objectClass=user))\"");
    }
    let naming = &class.shape.naming;
    line(out, &format!("dn = {}", value(&format!("{naming}={{{naming}}},{}", class.shape.container))));
    if let Some(active) = class.active {
        line(out, &format!("active = {}", value(active)));
    }
    if let Some((attribute, placeholder)) = &class.members {
        let nobody = placeholder.as_ref().map(|name| format!(", placeholder = {}", value(name))).unwrap_or_default();
        // Only names can be of groups as well.
        let members = if *attribute == "memberUid" || !groups {
            "\"person\"".to_owned()
        } else {
            "[\"person\", \"group\"]".to_owned()
        };
        line(out, &format!("members = {{ attribute = {}, class = {members}{nobody} }}", value(attribute)));
    }
}

fn resources(out: &mut String, setup: &Setup, resource: &str, class: &Proposed) {
    line(out, "");
    line(out, &format!("[apps.{}.resources.{resource}]", key(&setup.app)));
    line(out, &format!("class = {}", value(class.name)));
    line(out, &format!("[apps.{}.resources.{resource}.attributes]", key(&setup.app)));
    for (path, right, why) in &class.lines {
        line(out, &format!("{} = {right}   # {}", key(path), crate::one_line(why)));
    }
}

fn line(out: &mut String, text: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{text}");
}
