//! The connector on real directories: the component, in the engine, behind the gate, on the
//! driver. Cases run on OpenLDAP and on Samba's Active Directory, and on 389 Directory
//! Server where that is asked for.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test binary")]

mod account;
mod auxiliary;
mod big_group;
mod directory;
mod ds389;
mod dynamic;
mod errors;
mod failover;
mod filter;
mod groups;
mod hostile;
mod lists;
mod microsoft;
mod names;
mod naming;
mod numbers;
mod passwords;
mod places;
mod race;
mod read;
mod settings;
mod target;
mod values;
mod walk;
mod way;
mod write;
