//! The LDAP driver for [`patchbay_capability::ldap`]: connections to directories, behind
//! the bounded pool of [`patchbay_pool`].
//!
//! The protocol is this crate's own (RFC 4511), in three layers: `ber` reads and
//! writes what is on the wire, `message` knows requests and answers, `wire` sends the one
//! and waits for the other. Above it, a connection runs one request at a time; `search`,
//! `write` and `feed` know what a request of the contract takes, `controls` holds every
//! control, `error` what refusals mean.
//!
//! Controls are written by the crate `ldap3` where it has them. Why not everything: what a
//! directory sends is not to be trusted, and that crate panics on malformed answers, keeps
//! what it reads in channels without bound, and its parser recurses: an answer of a few
//! hundred kilobytes, nested deeply enough, overflows the stack and with it ends the
//! process, which nothing can catch. Here reading is total and does not recurse, messages
//! have a longest length, what was sent is wiped, and entries stay with the server until
//! somebody takes them.
//!
//! Guest teardown never drops driver I/O (invariant 2). Whatever state a lease is dropped
//! in, the pool takes the connection over: a write that was sent is waited for, a search is
//! abandoned, half a request ends the connection.
//!
//! Aliases are never followed, and referrals not beyond the servers of the options: nobody
//! granted where they lead. Binds are simple, by certificate or by a socket's user (SASL
//! EXTERNAL), anonymous, and with the feature `gssapi` by Kerberos (SASL GSSAPI).
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//! use patchbay_capability::ldap::Pool;
//! use patchbay_capability_ldap::{Bind, LdapOptions, PoolOptions, Server, pool};
//!
//! let mut options = LdapOptions::new(Server::from_url("ldaps://dc1.corp", false)?);
//! options.servers.push(Server::from_url("ldaps://dc2.corp", false)?);
//! options.bind = Bind::Simple {
//!     name: "patchbay@corp".into(),
//!     password: Some("from a secret store".into()),
//!     password_source: None,
//! };
//! let directory: Arc<dyn Pool> = pool(options, PoolOptions::default())?;
//! # Ok(())
//! # }
//! ```

mod ber;
mod capabilities;
mod connect;
mod connection;
mod controls;
mod error;
mod feed;
mod filter;
mod fuzz;
#[cfg(feature = "gssapi")]
mod gssapi;
mod message;
mod options;
mod pool;
mod referral;
mod search;
mod tls;
mod url;
mod wire;
mod write;

#[doc(hidden)]
pub use fuzz::read_answers;
pub use options::{Bind, ClientCertificate, HAS_GSSAPI, LdapOptions, OptionsError, Referrals, Security, Server};
pub use patchbay_pool::{PasswordSource, PoolOptions};
pub use pool::pool;
