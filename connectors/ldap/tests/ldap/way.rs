//! The way from an app to a directory: driver, grant, and somebody who watches.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use patchbay_capability::ldap::{Binding, BindingOptions, Dn, ParkingOptions, Policy, Verb};
use patchbay_capability::{Observer, OperationEvent, Scope, StatementEvent};
use patchbay_capability_ldap::{Bind, LdapOptions, PoolOptions, Server, pool};

use crate::directory::Directory;

/// Attributes that may be written; whatever else the server has may not.
const WRITABLE: [&str; 50] = [
    "objectClass",
    "cn",
    "sn",
    "uid",
    "ou",
    "givenName",
    "title",
    "mail",
    "telephoneNumber",
    "otherTelephone",
    "employeeNumber",
    "description",
    "info",
    "jpegPhoto",
    "manager",
    "displayName",
    "userCertificate",
    "sAMAccountName",
    "userPrincipalName",
    "userAccountControl",
    "accountExpires",
    "servicePrincipalName",
    "unicodePwd",
    "userPassword",
    "pwdAccountLockedTime",
    "pwdReset",
    "pwdLastSet",
    "lockoutTime",
    "pwdFailureTime",
    "nsAccountLock",
    "nsRoleDN",
    "passwordExpirationTime",
    "accountUnlockTime",
    "member",
    "uniqueMember",
    "memberUid",
    "memberURL",
    "groupType",
    "uidNumber",
    "gidNumber",
    "homeDirectory",
    "loginShell",
    "shadowLastChange",
    "street",
    "l",
    "st",
    "employeeType",
    "mobile",
    "preferredLanguage",
    "o",
];

/// Operations as they were sent, with the number of values that each one brought.
#[derive(Debug, Default)]
pub(crate) struct Seen(Mutex<Vec<(String, usize)>>);

impl Seen {
    /// Takes what was seen.
    pub(crate) fn take(&self) -> Vec<(String, usize)> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Observer for Seen {
    fn wants_values(&self, _: &Scope) -> bool {
        true
    }

    fn statement(&self, _: &Scope, _: &StatementEvent<'_>) {}

    fn operation(&self, _: &Scope, event: &OperationEvent<'_>) {
        let values = event.values.iter().map(|attribute| attribute.values.len()).sum();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((event.text.to_owned(), values));
    }
}

/// A binding of the account that services use; `others` are servers with the same entries.
pub(crate) fn binding(directory: &Directory, others: &[String], seen: &Arc<Seen>) -> Arc<Binding> {
    match directory {
        Directory::OpenLdap(server) => binding_as(directory, server.service_dn(), others, seen),
        Directory::SambaAd(server) => binding_as(directory, server.admin(), others, seen),
        Directory::Ds389(server) => binding_as(directory, server.service_dn(), others, seen),
    }
}

/// A binding of somebody else.
pub(crate) fn binding_as(directory: &Directory, name: &str, others: &[String], seen: &Arc<Seen>) -> Arc<Binding> {
    granting(directory, name, others, &Granted::default(), seen)
}

/// What of the usual grant there is.
#[derive(Debug, Default)]
pub(crate) struct Granted<'a> {
    /// Only these may be read, where that is said.
    pub(crate) read: Option<&'a [&'a str]>,
    /// These may not be written.
    pub(crate) withheld: &'a [&'a str],
}

/// The same with less of a grant.
pub(crate) fn granting(
    directory: &Directory,
    name: &str,
    others: &[String],
    granted: &Granted<'_>,
    seen: &Arc<Seen>,
) -> Arc<Binding> {
    let (url, ca_file, password) = match directory {
        Directory::OpenLdap(server) => (server.ldaps_url(), server.ca_file(), server.password()),
        Directory::SambaAd(server) => (server.ldaps_url(), server.ca_file(), server.password()),
        Directory::Ds389(server) => (server.ldaps_url(), server.ca_file(), server.password()),
    };
    let mut options = LdapOptions::new(Server::from_url(&url, false).unwrap());
    options.servers.extend(others.iter().map(|url| Server::from_url(url, false).unwrap()));
    options.ca_file = Some(ca_file.to_owned());
    options.bind = Bind::Simple { name: name.to_owned(), password: Some(password.to_owned()), password_source: None };
    let sizes = PoolOptions { max: 8, wait_timeout: Duration::from_secs(30), ..PoolOptions::default() };
    let pool = pool(options, sizes).unwrap();
    let base = directory.base();
    let places = ["ou=people", "ou=groups", "ou=gone", "cn=next", "cn=Users"];
    let places: Vec<Dn> = places.iter().map(|place| Dn::parse(format!("{place},{base}")).unwrap()).collect();
    let options = BindingOptions {
        policy: Policy {
            read: places.clone(),
            write: places,
            verbs: [Verb::Search, Verb::Add, Verb::Modify, Verb::Rename, Verb::Delete, Verb::Password].into(),
            read_attributes: granted.read.map(|names| names.iter().map(|name| (*name).to_owned()).collect()),
            write_attributes: WRITABLE
                .into_iter()
                .filter(|name| !granted.withheld.contains(name))
                .map(str::to_owned)
                .collect(),
        },
        max_operations: 1_000,
        max_request_bytes: 4 << 20,
        max_page_entries: 1_000,
        max_page_bytes: 4 << 20,
        max_result_bytes: 64 << 20,
        parking: ParkingOptions::default(),
        lock_timeout: Duration::from_secs(10),
        places: Vec::new(),
        secrets: vec![password.to_owned()],
    };
    let observer: Arc<dyn Observer> = Arc::clone(seen) as Arc<dyn Observer>;
    Arc::new(Binding::new("directory", options, pool, Some(observer)))
}
