//! The generic LDAP connector.

pub mod account_control;
pub mod dn;
pub mod filetime;
pub mod filter_text;
pub mod generalized_time;
pub mod guid;
pub mod sid;
pub mod subschema;
pub mod syntax;
pub mod template;
pub mod vendor;
