//! Object identifiers that a root DSE lists.

/// Paged results (RFC 2696).
pub const PAGED: &str = "1.2.840.113556.1.4.319";
/// Server-side sorting (RFC 2891).
pub const SORT: &str = "1.2.840.113556.1.4.473";
/// Virtual list views.
pub const VIRTUAL_LIST_VIEW: &str = "2.16.840.1.113730.3.4.9";
/// Assertion (RFC 4528).
pub const ASSERTION: &str = "1.3.6.1.1.12";
/// Attributes after a write (RFC 4527).
pub const POST_READ: &str = "1.3.6.1.1.13.2";
/// Deletion of a whole subtree.
pub const TREE_DELETE: &str = "1.2.840.113556.1.4.805";
/// Permissive modify of Active Directory.
pub const PERMISSIVE_MODIFY: &str = "1.2.840.113556.1.4.1413";
/// Tombstones in results, in Active Directory.
pub const SHOW_DELETED: &str = "1.2.840.113556.1.4.417";
/// DirSync of Active Directory.
pub const DIR_SYNC: &str = "1.2.840.113556.1.4.841";
/// Content synchronization (RFC 4533).
pub const SYNC: &str = "1.3.6.1.4.1.4203.1.9.1.1";
/// Password Modify (RFC 3062), an extended operation.
pub const PASSWORD_MODIFY: &str = "1.3.6.1.4.1.4203.1.11.1";
/// `+` for all operational attributes (RFC 3673), a feature.
pub const ALL_OPERATIONAL: &str = "1.3.6.1.4.1.4203.1.5.1";
/// `(&)` and `(|)` (RFC 4526), a feature.
pub const TRUE_FALSE_FILTERS: &str = "1.3.6.1.4.1.4203.1.5.3";
/// Increments in modifications (RFC 4525), a feature.
pub const INCREMENT: &str = "1.3.6.1.1.14";
/// Active Directory, a capability.
pub const ACTIVE_DIRECTORY: &str = "1.2.840.113556.1.4.800";
/// Active Directory Lightweight Directory Services, a capability.
pub const AD_LDS: &str = "1.2.840.113556.1.4.1851";
/// Bits that are all set, a matching rule.
pub const BIT_AND: &str = "1.2.840.113556.1.4.803";
/// Bits of which any is set, a matching rule.
pub const BIT_OR: &str = "1.2.840.113556.1.4.804";
/// Along a chain of names, a matching rule.
pub const IN_CHAIN: &str = "1.2.840.113556.1.4.1941";
