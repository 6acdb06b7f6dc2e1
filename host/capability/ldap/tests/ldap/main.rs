//! The driver on real directories, and on one that means harm.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what it expects, in helpers as well"
)]

mod failover;
mod hostile;
mod line;
mod openldap;
mod samba;
