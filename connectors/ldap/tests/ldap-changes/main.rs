//! Change feeds on real directories: the component, in the engine, behind the gate, on the
//! driver. Every way that OpenLDAP, Samba's Active Directory and
//! 389 Directory Server have.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test binary")]

mod follower;
mod listening;
mod samba;
mod server;
mod standard;
