//! The generic LDAP connector.

pub mod account_control;
pub mod dn;
pub mod filetime;
pub mod generalized_time;
pub mod guid;
pub mod sid;
pub mod template;
