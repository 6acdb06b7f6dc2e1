//! What Active Directory says beside the code: a number of Windows before its words.

use patchbay_capability::ldap::Failure;

use super::Asked;
use crate::message::Outcome;

/// The number of Windows at the beginning of a message: `0000052D: SvcErr: ...`.
pub(super) fn number(message: &str) -> Option<u32> {
    let (digits, _) = message.split_once(':')?;
    if digits.len() == 8 { u32::from_str_radix(digits, 16).ok() } else { None }
}

/// Where that tells more than the code.
pub(super) fn failure(asked: Asked, outcome: &Outcome) -> Option<Failure> {
    let Outcome { code, message, .. } = outcome;
    Some(match (code, number(message)) {
        // Not bound.
        (1, Some(0x04dc)) => Failure::PermissionDenied,
        // The password policy: length, complexity, history, age; a wrong old password.
        (19 | 53, Some(0x052d | 0x0056)) => Failure::ConstraintViolation,
        // A userPrincipalName or servicePrincipalName that another entry has.
        (_, Some(0x21c7 | 0x21c8)) => Failure::AlreadyExists,
        // No such member, and a member already.
        (53, Some(0x0561)) => Failure::NoSuchValue,
        (68, Some(0x0562)) => Failure::ValueExists,
        // Samba, of links.
        (68, _) if asked == Asked::Modify && message.contains("already exists for target") => Failure::ValueExists,
        (53, _) if asked == Asked::Modify && message.contains("already deleted for target") => Failure::NoSuchValue,
        _ => return None,
    })
}
