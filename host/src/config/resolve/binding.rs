//! `[apps.NAME.bindings.NAME]`: its shape, and then what it means.

mod ldap;
#[cfg(feature = "odbc")]
mod odbc;
mod sql;

use super::Resolver;
use super::server::time;
use crate::config::file::{self, Capability, Decision};
use crate::config::path::KeyPath;
use crate::config::{Bindings, Pool};

/// Resolves the bindings of these names; one that lacks something is left out.
pub(super) fn bindings<'n>(
    resolver: &mut Resolver,
    path: &KeyPath,
    names: impl IntoIterator<Item = &'n String>,
) -> Bindings {
    let mut bindings = Bindings::default();
    for name in names {
        let path = path.key(name);
        let capability_path = path.key("capability");
        let decision = resolver.read::<Decision>(&path).and_then(|decision| decision.capability);
        let capability = resolver.required(decision, &capability_path);
        // Without a capability the rest is looked over all the same, as what it looks like.
        let looks_like_a_directory = ["servers", "bind"].iter().any(|key| resolver.document.has(&path.key(*key)));
        let guess = if looks_like_a_directory { Capability::Ldap } else { Capability::Sql };
        match capability.unwrap_or(guess) {
            Capability::Sql => {
                let typed = resolver.read(&path);
                let binding = typed.and_then(|typed| sql::binding(resolver, path, typed));
                bindings.sql.extend(binding.map(|binding| (name.clone(), binding)));
            }
            Capability::Ldap => {
                let typed = resolver.read(&path);
                let binding = typed.and_then(|typed| ldap::binding(resolver, path, typed));
                bindings.ldap.extend(binding.map(|binding| (name.clone(), binding)));
            }
        }
    }
    bindings
}

fn pool(resolver: &mut Resolver, binding: &KeyPath, typed: &file::Pool) -> Pool {
    let path = binding.key("pool");
    let mut most = |typed, default, key| usize::try_from(resolver.positive(typed, default, &path.key(key)));
    Pool {
        max: most(typed.max, 8, "max").unwrap_or(usize::MAX),
        max_waiting: most(typed.max_waiting, 64, "max_waiting").unwrap_or(usize::MAX),
        connect_timeout: time(typed.connect_timeout, 5),
        idle_timeout: time(typed.idle_timeout, 300),
        max_lifetime: time(typed.max_lifetime, 1800),
        return_after: time(typed.return_after, 60),
        validate_after: time(typed.validate_after, 30),
        wait_timeout: time(typed.wait_timeout, 10),
    }
}
