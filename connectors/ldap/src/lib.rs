//! The generic LDAP connector.
