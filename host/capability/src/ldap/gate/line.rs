//! Requests as lines to read.

use std::fmt::Write as _;

use crate::ldap::{
    Assertion, Attribute, ChangeKind, Filter, FilterNode, Request, SearchRequest, SearchScope, SecretAttribute,
    Substring, is_secret,
};

/// A request as the observer sees it.
#[derive(Debug, Default)]
pub(super) struct Line {
    /// What, where, and which attributes.
    pub(super) text: String,
    /// Values of filters and changes, where they may be shown.
    pub(super) values: Vec<Attribute>,
}

impl Line {
    /// The line of a request; none for what belongs to an earlier one.
    pub(super) fn of(request: &Request, values: bool) -> Option<Self> {
        let mut writer = Writer { line: Self::default(), values };
        writer.request(request)?;
        Some(writer.line)
    }
}

struct Writer {
    line: Line,
    /// Whether values may be shown.
    values: bool,
}

impl Writer {
    fn request(&mut self, request: &Request) -> Option<()> {
        match request {
            Request::Next { .. } | Request::EndSearch => return None,
            Request::RootDse => self.word("root-dse"),
            Request::Schema => self.word("schema"),
            Request::Search(request) => self.search(request),
            Request::Count(request) => {
                self.start("count", &request.base, Some(request.scope));
                self.filter(&request.filter);
            }
            Request::Add(request) => {
                self.start("add", &request.dn, None);
                for attribute in &request.attributes {
                    self.word(&attribute.name);
                    self.keep(attribute);
                }
                self.secrets("", &request.secrets);
            }
            Request::Modify(request) => {
                self.start("modify", &request.dn, None);
                for change in &request.changes {
                    self.word(kind(change.kind));
                    self.word(&change.attribute.name);
                    self.keep(&change.attribute);
                }
                self.secrets("replace", &request.secrets);
            }
            Request::Rename(request) => {
                self.start("rename", &request.dn, None);
                self.word("to");
                self.name(&request.new_dn);
            }
            Request::Delete(request) => {
                self.start(if request.terms.tree { "delete-tree" } else { "delete" }, &request.dn, None);
            }
            Request::SetPassword(request) => self.start("set-password", &request.dn, None),
            Request::DirSync { request, .. } => {
                self.start("dir-sync", &request.base, None);
                self.filter(&request.filter);
                self.words(&request.attributes);
            }
            Request::Sync { request, .. } => {
                self.start("sync", &request.base, Some(request.scope));
                self.filter(&request.filter);
                self.words(&request.attributes);
            }
        }
        Some(())
    }

    fn search(&mut self, request: &SearchRequest) {
        self.start("search", &request.base, Some(request.scope));
        self.filter(&request.filter);
        self.words(&request.attributes);
        for key in &request.sort {
            self.word(if key.descending { "by descending" } else { "by" });
            self.word(&key.attribute);
        }
        if let Some(window) = request.window {
            // Writing to a String cannot fail.
            let _ = write!(self.line.text, " at {} count {}", window.offset, window.count);
        }
    }

    fn start(&mut self, verb: &str, dn: &str, scope: Option<SearchScope>) {
        self.word(verb);
        self.name(dn);
        if let Some(scope) = scope {
            self.word(match scope {
                SearchScope::Base => "base",
                SearchScope::OneLevel => "one",
                SearchScope::Subtree => "sub",
            });
        }
    }

    fn word(&mut self, word: &str) {
        if !self.line.text.is_empty() {
            self.line.text.push(' ');
        }
        self.line.text.push_str(word);
    }

    fn words(&mut self, words: &[String]) {
        for word in words {
            self.word(word);
        }
    }

    fn name(&mut self, dn: &str) {
        self.word(if dn.is_empty() { "\"\"" } else { dn });
    }

    fn secrets(&mut self, kind: &str, secrets: &[SecretAttribute]) {
        for secret in secrets {
            if !kind.is_empty() {
                self.word(kind);
            }
            self.word(&secret.attribute);
            if self.values {
                self.line.values.push(Attribute { name: secret.attribute.clone(), values: Vec::new() });
            }
        }
    }

    /// Keeps values for who may see them.
    fn keep(&mut self, attribute: &Attribute) {
        if !self.values {
            return;
        }
        let values = if is_secret(&attribute.name) { Vec::new() } else { attribute.values.clone() };
        self.line.values.push(Attribute { name: attribute.name.clone(), values });
    }

    fn filter(&mut self, filter: &Filter) {
        self.line.text.push(' ');
        if let Some(root) = filter.root() {
            self.node(filter, root);
        }
    }

    fn node(&mut self, filter: &Filter, node: &FilterNode) {
        self.line.text.push('(');
        match node {
            FilterNode::And(children) => self.children("&", filter, children),
            FilterNode::Or(children) => self.children("|", filter, children),
            FilterNode::Not(child) => self.children("!", filter, std::slice::from_ref(child)),
            FilterNode::Present(attribute) => self.signs(&[attribute, "=*"]),
            FilterNode::Equal(assertion) => self.assertion(assertion, "=?"),
            FilterNode::GreaterOrEqual(assertion) => self.assertion(assertion, ">=?"),
            FilterNode::LessOrEqual(assertion) => self.assertion(assertion, "<=?"),
            FilterNode::Substring(substring) => {
                let Substring { attribute, prefix, infixes, suffix } = substring;
                self.signs(&[attribute, "=", if prefix.is_some() { "?" } else { "" }]);
                for _ in infixes {
                    self.signs(&["*?"]);
                }
                self.signs(&["*", if suffix.is_some() { "?" } else { "" }]);
                for piece in prefix.iter().chain(infixes).chain(suffix) {
                    self.value(attribute, piece);
                }
            }
            FilterNode::Extensible(extensible) => {
                let attribute = extensible.attribute.as_deref().unwrap_or_default();
                self.signs(&[attribute, if extensible.dn_attributes { ":dn" } else { "" }]);
                if let Some(rule) = &extensible.rule {
                    self.signs(&[":", rule]);
                }
                self.signs(&[":=?"]);
                self.value(attribute, &extensible.value);
            }
        }
        self.line.text.push(')');
    }

    fn children(&mut self, sign: &str, filter: &Filter, children: &[u32]) {
        self.signs(&[sign]);
        // The gate has bounded the depth.
        for child in children.iter().filter_map(|child| filter.node(*child)) {
            self.node(filter, child);
        }
    }

    fn assertion(&mut self, assertion: &Assertion, sign: &str) {
        self.signs(&[&assertion.attribute, sign]);
        self.value(&assertion.attribute, &assertion.value);
    }

    fn signs(&mut self, signs: &[&str]) {
        for sign in signs {
            self.line.text.push_str(sign);
        }
    }

    /// Keeps a value that something is compared with, for who may see it.
    fn value(&mut self, attribute: &str, value: &[u8]) {
        if self.values {
            self.line.values.push(Attribute { name: attribute.to_owned(), values: vec![value.to_vec()] });
        }
    }
}

fn kind(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Add => "add",
        ChangeKind::Delete => "delete",
        ChangeKind::Replace => "replace",
        ChangeKind::Increment => "increment",
    }
}
