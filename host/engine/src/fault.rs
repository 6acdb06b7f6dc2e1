//! Traps and other ends of a call that the guest did not choose, as errors of the contract.

use std::time::Duration;

use patchbay_contract::{Error, ErrorKind};
use wasmtime::PoolConcurrencyLimitError;

use crate::meter::CpuExhausted;
use crate::sanitise;
use crate::state::State;

/// When to try again after the host was too busy.
const BUSY_RETRY: Duration = Duration::from_secs(1);
/// Longest detail for the log, in bytes.
const MAX_DETAIL: usize = 1024;

/// Why a call into the guest of `state` ended. The client learns that the connector
/// failed and, from the code, which limit it ran into; the rest is for the log.
pub(crate) fn of(trap: &wasmtime::Error, state: &State) -> Error {
    if trap.downcast_ref::<PoolConcurrencyLimitError>().is_some() {
        return busy().internal(detail(trap));
    }
    let (code, message) = if trap.downcast_ref::<CpuExhausted>().is_some() {
        ("guest.cpu", "the connector took too much time")
    } else if state.limiter.refused() {
        ("guest.memory", "the connector needed too much memory")
    } else if is_too_large(trap) {
        ("guest.result-too-large", "the connector's answer is too large")
    } else {
        ("guest.trap", "the connector failed")
    };
    Error::new(ErrorKind::Internal, message).code(code).internal(detail(trap))
}

/// No instance got free in time.
pub(crate) fn busy() -> Error {
    Error::new(ErrorKind::Unavailable, "too many operations are under way, try again later")
        .code("engine.busy")
        .retry_after(BUSY_RETRY)
}

/// The operation took longer than it may.
pub(crate) fn deadline() -> Error {
    Error::new(ErrorKind::Timeout, "the operation took too long").code("deadline")
}

/// The plan turned out to be stale after something was written, which may stand.
pub(crate) fn outgrown(error: Error) -> Error {
    let internal = error.internal.unwrap_or(error.message);
    Error::new(ErrorKind::Timeout, "the target has changed while it was written to, and what was done may stand")
        .code("plan.outgrown")
        .internal(internal)
}

/// The plan was said to be stale, and came out the same when it was made anew: what does not fit
/// is the configuration, or the target.
pub(crate) fn misfit(error: Error) -> Error {
    let internal = match &error.internal {
        Some(internal) => format!("a new plan is the same: {internal}"),
        None => "a new plan is the same".to_owned(),
    };
    Error { kind: ErrorKind::Configuration, internal: Some(internal), ..error }
}

/// The guest broke the contract in what it returned.
pub(crate) fn broken(what: impl Into<String>) -> Error {
    Error::new(ErrorKind::Internal, "the connector gave an answer that makes no sense")
        .code("guest.contract")
        .internal(what)
}

/// The connector has no such ability.
pub(crate) fn unsupported(interface: &str) -> Error {
    Error::new(ErrorKind::Unsupported, "the connector cannot do this")
        .code("guest.unsupported")
        .internal(format!("the component does not export `{interface}`"))
}

/// Whether the guest handed over more than its transfer limit. wasmtime keeps the type
/// of this error to itself, so its text has to do; a test with a real guest holds it.
fn is_too_large(trap: &wasmtime::Error) -> bool {
    trap.chain().any(|cause| cause.to_string().contains("fuel allocated for hostcalls"))
}

/// The whole chain in one printable line.
fn detail(trap: &wasmtime::Error) -> String {
    sanitise::escape(&format!("{trap:#}"), MAX_DETAIL)
}
