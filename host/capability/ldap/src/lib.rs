//! LDAP connections and their pool.
