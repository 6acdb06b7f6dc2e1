//! What a directory answers, on its way to the guest.

use patchbay_capability::ldap;

use crate::bindings::patchbay::ldap::client as wit;
use crate::convert::all;

impl From<ldap::Attribute> for wit::Attribute {
    fn from(attribute: ldap::Attribute) -> Self {
        Self { name: attribute.name, values: attribute.values }
    }
}

impl From<ldap::Entry> for wit::Entry {
    fn from(entry: ldap::Entry) -> Self {
        Self { dn: entry.dn, attributes: all(entry.attributes) }
    }
}

impl From<ldap::Batch> for wit::Batch {
    fn from(batch: ldap::Batch) -> Self {
        Self { entries: all(batch.entries), done: batch.done }
    }
}

impl From<ldap::Written> for wit::Written {
    fn from(written: ldap::Written) -> Self {
        Self { dn: written.dn, entry: written.entry.map(Into::into) }
    }
}

impl From<ldap::DirSyncPage> for wit::DirSyncPage {
    fn from(page: ldap::DirSyncPage) -> Self {
        Self { entries: all(page.entries), cookie: page.cookie, more: page.more }
    }
}

impl From<ldap::SyncEntry> for wit::SyncEntry {
    fn from(entry: ldap::SyncEntry) -> Self {
        let state = match entry.state {
            ldap::SyncState::Present => wit::SyncState::Present,
            ldap::SyncState::Added => wit::SyncState::Added,
            ldap::SyncState::Modified => wit::SyncState::Modified,
            ldap::SyncState::Deleted => wit::SyncState::Deleted,
        };
        Self { state, uuid: entry.uuid, entry: entry.entry.into() }
    }
}

impl From<ldap::SyncPage> for wit::SyncPage {
    fn from(page: ldap::SyncPage) -> Self {
        Self {
            entries: all(page.entries),
            deleted: page.deleted,
            present: page.present,
            deletes_by_absence: page.deletes_by_absence,
            cookie: page.cookie,
            live: page.live,
        }
    }
}

impl From<ldap::Failure> for wit::Failure {
    fn from(failure: ldap::Failure) -> Self {
        match failure {
            ldap::Failure::UnknownBinding => Self::UnknownBinding,
            ldap::Failure::Denied => Self::Denied,
            ldap::Failure::Unavailable => Self::Unavailable,
            ldap::Failure::Busy => Self::Busy,
            ldap::Failure::Timeout => Self::Timeout,
            ldap::Failure::LimitExceeded => Self::LimitExceeded,
            ldap::Failure::InvalidRequest => Self::InvalidRequest,
            ldap::Failure::TokenExpired => Self::TokenExpired,
            ldap::Failure::NoSuchObject => Self::NoSuchObject,
            ldap::Failure::AlreadyExists => Self::AlreadyExists,
            ldap::Failure::NoSuchValue => Self::NoSuchValue,
            ldap::Failure::ValueExists => Self::ValueExists,
            ldap::Failure::Undefined => Self::Undefined,
            ldap::Failure::ObjectClassViolation => Self::ObjectClassViolation,
            ldap::Failure::ConstraintViolation => Self::ConstraintViolation,
            ldap::Failure::InvalidValue => Self::InvalidValue,
            ldap::Failure::NamingViolation => Self::NamingViolation,
            ldap::Failure::NotLeaf => Self::NotLeaf,
            ldap::Failure::PermissionDenied => Self::PermissionDenied,
            ldap::Failure::AssertionFailed => Self::AssertionFailed,
            ldap::Failure::Unwilling => Self::Unwilling,
            ldap::Failure::Referral => Self::Referral,
            ldap::Failure::Unsupported => Self::Unsupported,
            ldap::Failure::Other => Self::Other,
        }
    }
}

impl From<ldap::Error> for wit::Error {
    fn from(error: ldap::Error) -> Self {
        Self { failure: error.failure.into(), code: error.code, attribute: error.attribute, message: error.message }
    }
}
