//! Real targets for tests and the demo, started on this machine and gone afterwards.
//!
//! Synchronous and light on dependencies, so that a test binary, xtask and the demo can
//! all use it.

mod certificates;
mod debian;
mod directory;
mod ds389;
mod machine;
mod mariadb;
pub mod matrix;
mod odbc;
mod openldap;
mod postgres;
mod process;
mod samba;

pub use certificates::Certificates;
pub use debian::package_file;
pub use directory::Entry;
pub use ds389::Ds389;
pub use mariadb::MariaDb;
pub use odbc::OdbcDriver;
pub use openldap::{OpenLdap, Options as OpenLdapOptions};
pub use postgres::{Postgres, find_binary};
pub use samba::SambaAd;
