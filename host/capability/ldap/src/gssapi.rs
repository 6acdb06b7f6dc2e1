//! Binds by Kerberos: SASL GSSAPI (RFC 4752).
//!
//! The tickets are the system's business: libkrb5 finds them, or a key to get them with, where
//! its environment says (`KRB5CCNAME`, `KRB5_CLIENT_KTNAME`, `KRB5_CONFIG`). Nothing is
//! signed or encrypted by Kerberos itself: the way is TLS already, and the bind is tied to it
//! (RFC 5929), so that nobody in between can pass it on.

mod context;
mod endpoint;
mod refusal;

use std::sync::Arc;

use patchbay_capability::ldap::{Error, Failure};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::ber::Malformed;
use crate::error::{bind_refused, refused};
use crate::message::{Operation, Outcome};
use crate::wire::{Wire, unavailable};
use context::Context;

/// Calls of libkrb5 at a time. It may wait long for a key server that is gone, and nothing can
/// call it back.
const AT_A_TIME: usize = 4;
/// Most words of either side: tokens, and one for the layer. Kerberos needs two.
const ROUNDS: usize = 8;
/// The result code that asks for the next word (RFC 4511 appendix A).
const IN_PROGRESS: u32 = 14;

/// Binds of one directory.
#[derive(Debug)]
pub(crate) struct Kerberos {
    /// Whose tickets; none for those that are there.
    principal: Option<String>,
    turns: Arc<Semaphore>,
}

impl Kerberos {
    pub(crate) fn new(principal: Option<String>) -> Self {
        Self { principal, turns: Arc::new(Semaphore::new(AT_A_TIME)) }
    }

    /// Binds to the server `host`, over a way that is encrypted.
    pub(crate) async fn bind(&self, wire: &mut Wire, host: &str) -> Result<(), Error> {
        let (principal, service) = (self.principal.clone(), format!("ldap/{}", host.to_ascii_lowercase()));
        let binding = wire.certificate().and_then(endpoint::binding);
        if binding.is_none() {
            tracing::debug!(target: "patchbay::ldap", "the server's certificate is of a kind that a bind cannot be tied to");
        }
        let begin = move || Context::begin(principal.as_deref(), &service, binding);
        let (mut context, mut word) = self.blocking(begin).await?;
        for _ in 0..ROUNDS {
            let operation = Operation::BindSasl { mechanism: "GSSAPI", credentials: &word };
            let (outcome, _) = wire.ask(&operation, &[]).await?;
            match outcome.code {
                IN_PROGRESS => {
                    let challenge = outcome.credentials;
                    (context, word) = self.blocking(move || context.answer(&challenge)).await?;
                }
                // It has not proved who it is.
                0 if !context.is_done() => return Err(wire.broken(Malformed("comes before the bind is at its end"))),
                0 => return Ok(()),
                _ => return Err(not_taken(&outcome)),
            }
        }
        Err(wire.broken(Malformed("brings the bind to no end")))
    }

    /// Runs a call of libkrb5 where it may block. Given up, it runs to its end all the same,
    /// and keeps its turn until then.
    async fn blocking<T: Send + 'static>(
        &self,
        call: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let turns = Arc::clone(&self.turns);
        let turn = turns.acquire_owned().await.map_err(|_| unavailable("there are no binds any more"))?;
        let done = spawn_blocking(move || {
            let outcome = call();
            drop(turn);
            outcome
        });
        done.await.map_err(|_| Error::new(Failure::Unavailable, "the bind by Kerberos was broken off"))?
    }
}

/// The server itself refuses.
fn not_taken(outcome: &Outcome) -> Error {
    const INVALID_CREDENTIALS: u32 = 49;
    if outcome.code == INVALID_CREDENTIALS {
        let error = refused("the server does not take the tickets of the binding", outcome);
        return Error { failure: Failure::PermissionDenied, ..error };
    }
    bind_refused(outcome, None)
}
