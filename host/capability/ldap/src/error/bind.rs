//! Why a server does not let us in, in words for an administrator.

use patchbay_capability::ldap::{Error, Failure};

use super::{by_code, refused};
use crate::controls::PolicyError;
use crate::error::Asked;
use crate::message::Outcome;

/// A bind that failed. [`Failure::PermissionDenied`] where another password might help, or
/// every server would say the same.
pub(crate) fn bind_refused(outcome: &Outcome, policy: Option<PolicyError>) -> Error {
    let what = match outcome.code {
        49 => invalid_credentials(&outcome.message, policy),
        _ if policy.is_some() => invalid_credentials("", policy),
        7 => "the server does not know this kind of bind",
        8 => "the server wants a safer bind: TLS, or a certificate",
        13 => "the server takes a password over an encrypted way only",
        32 | 34 => "the server does not know the name of the binding",
        48 => "the server does not let this name bind in this way",
        50 => "the server does not let this name bind",
        53 => "the server is unwilling to let this name bind",
        _ => "the server refuses the bind",
    };
    let failure = match outcome.code {
        0 | 32 | 34 | 53 => Failure::PermissionDenied,
        code => match by_code(Asked::Search, code, "") {
            failure @ (Failure::PermissionDenied | Failure::Busy | Failure::Unsupported) => failure,
            _ => Failure::Unavailable,
        },
    };
    Error { failure, ..refused(what, outcome) }
}

fn invalid_credentials(message: &str, policy: Option<PolicyError>) -> &'static str {
    match policy {
        Some(PolicyError::Expired) => return "the password of the binding has expired",
        Some(PolicyError::Locked) => return "the account of the binding is locked",
        Some(PolicyError::MustChange) => return "the password of the binding must be changed first",
        _ => {}
    }
    match sub_code(message) {
        Some("525") => "there is no account of the binding's name",
        Some("52e") => "the name or the password of the binding is wrong",
        Some("530") => "the account of the binding may not log in at this time",
        Some("531") => "the account of the binding may not log in from here",
        Some("532") => "the password of the binding has expired",
        Some("533") => "the account of the binding is disabled",
        Some("701") => "the account of the binding has expired",
        Some("773") => "the password of the binding must be changed first",
        Some("775") => "the account of the binding is locked",
        _ => "the name or the password of the binding is wrong",
    }
}

/// Active Directory: `80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext
/// error, data 52e, v2580`.
fn sub_code(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once(", data ")?;
    Some(rest.split_once(',').map_or(rest, |(code, _)| code).trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(code: u32, message: &str, policy: Option<PolicyError>, failure: Failure, words: &str) {
        let outcome = Outcome { code, matched: String::new(), message: message.into(), ..Outcome::default() };
        let error = bind_refused(&outcome, policy);
        assert_eq!(error.failure, failure, "{error}");
        assert!(error.message.starts_with(words), "{error}");
    }

    #[test]
    fn says_why() {
        let data = |code: &str| {
            format!("80090308: LdapErr: DSID-0C09044E, comment: AcceptSecurityContext error, data {code}, v2580")
        };
        let denied = Failure::PermissionDenied;
        for (code, words) in [
            ("52e", "the name or the password of the binding is wrong"),
            ("525", "there is no account"),
            ("532", "the password of the binding has expired"),
            ("533", "the account of the binding is disabled"),
            ("701", "the account of the binding has expired"),
            ("773", "the password of the binding must be changed first"),
            ("775", "the account of the binding is locked"),
            ("fff", "the name or the password of the binding is wrong"),
        ] {
            check(49, &data(code), None, denied, words);
        }
        check(49, "", None, denied, "the name or the password of the binding is wrong");
        check(49, "", Some(PolicyError::Locked), denied, "the account of the binding is locked");
        check(49, "", Some(PolicyError::Expired), denied, "the password of the binding has expired");
        check(0, "", Some(PolicyError::MustChange), denied, "the password of the binding must be changed first");
        check(8, "", None, denied, "the server wants a safer bind");
        check(53, "", None, denied, "the server is unwilling");
        check(51, "", None, Failure::Busy, "the server refuses");
        check(52, "", None, Failure::Unavailable, "the server refuses");
        check(7, "", None, Failure::Unsupported, "the server does not know this kind of bind");
    }
}
