//! What crosses the LDAP capability. Secrets do not: a guest has their numbers, and
//! `host::ldap` puts the text in their place.

mod answer;
mod filter;

use std::time::Duration;

use patchbay_capability::ldap;

use super::all;
use crate::bindings::patchbay::ldap::client as wit;

impl From<wit::Scope> for ldap::SearchScope {
    fn from(scope: wit::Scope) -> Self {
        match scope {
            wit::Scope::Base => Self::Base,
            wit::Scope::OneLevel => Self::OneLevel,
            wit::Scope::Subtree => Self::Subtree,
        }
    }
}

impl From<wit::Attribute> for ldap::Attribute {
    fn from(attribute: wit::Attribute) -> Self {
        Self { name: attribute.name, values: attribute.values }
    }
}

impl From<wit::Naming> for ldap::Naming {
    fn from(naming: wit::Naming) -> Self {
        Self { attribute: naming.attribute, value: naming.value }
    }
}

impl From<wit::Name> for ldap::Name {
    fn from(name: wit::Name) -> Self {
        Self { parts: name.parts.into_iter().map(all).collect(), below: name.below }
    }
}

impl From<wit::SearchRequest> for ldap::SearchRequest {
    fn from(request: wit::SearchRequest) -> Self {
        Self {
            base: request.base,
            scope: request.scope.into(),
            filter: filter::filter(request.filter),
            attributes: request.attributes,
            page_size: request.page_size,
            sort: all(request.sort),
            window: request.window.map(Into::into),
            options: request.options.into(),
        }
    }
}

impl From<wit::SortKey> for ldap::SortKey {
    fn from(key: wit::SortKey) -> Self {
        Self { attribute: key.attribute, rule: key.rule, descending: key.descending }
    }
}

impl From<wit::Window> for ldap::Window {
    fn from(window: wit::Window) -> Self {
        Self { offset: window.offset, count: window.count }
    }
}

impl From<wit::SearchOptions> for ldap::SearchOptions {
    fn from(options: wit::SearchOptions) -> Self {
        Self {
            deleted: options.contains(wit::SearchOptions::DELETED),
            extended_names: options.contains(wit::SearchOptions::EXTENDED_NAMES),
        }
    }
}

impl From<wit::Modification> for ldap::Change {
    fn from(modification: wit::Modification) -> Self {
        let kind = match modification.kind {
            wit::ChangeKind::Add => ldap::ChangeKind::Add,
            wit::ChangeKind::Delete => ldap::ChangeKind::Delete,
            wit::ChangeKind::Replace => ldap::ChangeKind::Replace,
            wit::ChangeKind::Increment => ldap::ChangeKind::Increment,
        };
        Self { kind, attribute: modification.attribute.into() }
    }
}

impl From<wit::Terms> for ldap::Terms {
    fn from(terms: wit::Terms) -> Self {
        Self {
            assertion: terms.assertion.map(filter::filter),
            read_back: terms.read_back,
            permissive: terms.permissive,
            tree: terms.tree,
        }
    }
}

impl From<wit::SecretForm> for ldap::SecretForm {
    fn from(form: wit::SecretForm) -> Self {
        match form {
            wit::SecretForm::Text => Self::Text,
            wit::SecretForm::ActiveDirectory => Self::ActiveDirectory,
        }
    }
}

impl From<wit::DirSyncRequest> for ldap::DirSyncRequest {
    fn from(request: wit::DirSyncRequest) -> Self {
        Self {
            base: request.base,
            filter: filter::filter(request.filter),
            attributes: request.attributes,
            cookie: request.cookie,
            incremental_values: request.incremental_values,
            object_security: request.object_security,
        }
    }
}

impl From<wit::SyncRequest> for ldap::SyncRequest {
    fn from(request: wit::SyncRequest) -> Self {
        Self {
            base: request.base,
            scope: request.scope.into(),
            filter: filter::filter(request.filter),
            attributes: request.attributes,
            cookie: request.cookie,
            max_entries: request.max_entries,
            wait: Duration::from_millis(request.wait.into()),
        }
    }
}

/// The call that counts.
pub(crate) fn count(base: String, scope: wit::Scope, filter: Vec<wit::FilterNode>, limit: u64) -> ldap::Call {
    ldap::Call::Count { base, scope: scope.into(), filter: filter::filter(filter), limit }
}
