//! LDAP bindings and their pools.

use std::sync::Arc;

use patchbay_capability::Observer;
use patchbay_capability::ldap::{self, BindingOptions, ParkingOptions};
use patchbay_capability_ldap::Bind;
use patchbay_pool::PoolOptions;

use super::AtKey;
use super::password::Password;
use crate::config::LdapBinding;
use crate::observe::CallLog;

/// The binding over a pool of its own; no connection is opened yet.
///
/// The error names the key at fault, and why.
pub(crate) fn binding(
    name: &str,
    binding: &LdapBinding,
    password: Option<&Password>,
    observer: Option<Arc<dyn Observer>>,
) -> Result<ldap::Binding, AtKey> {
    let mut connecting = binding.options.clone();
    let mut places: Vec<String> = connecting.servers.iter().map(|server| server.host.clone()).collect();
    let mut secrets = Vec::new();
    if let Bind::Gssapi { principal } = &connecting.bind {
        places.extend(principal.clone());
    }
    if let Bind::Simple { name, password: first, password_source } = &mut connecting.bind {
        places.push(name.clone());
        if let Some(password) = password {
            secrets.push(password.secret.expose().to_owned());
            *first = Some(password.secret.expose().to_owned());
            password_source.clone_from(&password.source);
        }
    }
    let pool =
        patchbay_capability_ldap::pool(connecting, sizes(binding)).map_err(|error| ("tls", error.to_string()))?;
    let observer = Arc::new(CallLog::new(binding.log_params, observer));
    Ok(ldap::Binding::new(name, options(binding, places, secrets), pool, Some(observer)))
}

fn sizes(binding: &LdapBinding) -> PoolOptions {
    PoolOptions {
        max: binding.pool.max,
        connect_timeout: binding.pool.connect_timeout,
        idle_timeout: binding.pool.idle_timeout,
        max_lifetime: binding.pool.max_lifetime,
        return_after: binding.pool.return_after,
        validate_after: binding.pool.validate_after,
        wait_timeout: binding.pool.wait_timeout,
        max_waiting: binding.pool.max_waiting,
        request_timeout: binding.limits.request_timeout,
        ..PoolOptions::default()
    }
}

/// What the binding grants and limits; no message of it shows one of `secrets`, and only those
/// for the operator one of `places`.
fn options(binding: &LdapBinding, places: Vec<String>, secrets: Vec<String>) -> BindingOptions {
    BindingOptions {
        policy: binding.policy.clone(),
        max_operations: binding.limits.operations,
        max_request_bytes: binding.limits.request_size,
        max_page_entries: binding.limits.page_entries,
        max_page_bytes: binding.limits.page_size,
        max_result_bytes: binding.limits.result_size,
        parking: parking(binding),
        lock_timeout: binding.limits.lock_timeout,
        places,
        secrets,
    }
}

/// Who waits for a connection gives up half of its time at most before a parked search gives
/// way.
fn parking(binding: &LdapBinding) -> ParkingOptions {
    let defaults = ParkingOptions::default();
    ParkingOptions {
        max: binding.limits.parked,
        ttl: binding.limits.park_time,
        patience: defaults.patience.min(binding.pool.wait_timeout / 2),
    }
}
