//! The engine against real components: the hostile guest, and odd ones written as text.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "clippy takes only functions marked as tests for tests, not the helpers beside them"
)]

mod calls;
mod ldap;
mod limits;
mod load;
mod logs;
mod plan;
mod retry;
mod sql;
mod support;
mod transactions;
