//! Change feeds on real directories: the component, in the engine, behind the gate, on the
//! driver. Every way that OpenLDAP and Samba's Active Directory have.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test binary")]

mod follower;
mod openldap;
mod samba;
