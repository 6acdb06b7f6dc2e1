//! Why Kerberos refuses, in words for an administrator.

use patchbay_capability::ldap::{Error, Failure};

/// Where the codes of libkrb5 begin (its table `krb5`).
const KRB5: i64 = -1_765_328_384;

/// A call that failed. [`Failure::PermissionDenied`] where every server would say the same.
/// What libkrb5 says itself names people and machines, so it goes to the log, and nowhere
/// else. To be called on the thread of the failure, which alone knows its words.
pub(super) fn refused(error: &libgssapi::error::Error) -> Error {
    tracing::warn!(target: "patchbay::ldap", reason = %error, "the bind by Kerberos failed");
    let (failure, words) = describe(error.minor);
    Error::new(failure, words)
}

/// Codes are numbers of 32 bits with a sign, which C hands over without.
fn describe(minor: u32) -> (Failure, &'static str) {
    let code = i64::from(minor.cast_signed()) - KRB5;
    match code {
        6 => (Failure::PermissionDenied, "Kerberos does not know the account of the binding"),
        // Another server may have a name that is known.
        7 => (Failure::Unavailable, "Kerberos knows no service `ldap/HOST` for the host in `servers`"),
        18 => (Failure::PermissionDenied, "the account of the binding is disabled or has expired in Kerberos"),
        23 => (Failure::PermissionDenied, "the key of the binding has expired in Kerberos"),
        24 | 31 => (Failure::PermissionDenied, "the key of the binding is not the one that Kerberos knows"),
        32 => (Failure::PermissionDenied, "the tickets of the binding have expired"),
        37 => (Failure::PermissionDenied, "the clocks of this machine and of Kerberos differ too much"),
        154 => (Failure::Unavailable, "no server of the Kerberos realm is known"),
        156 => (Failure::Unavailable, "no server of the Kerberos realm answers"),
        141 | 181 | 195 => (Failure::PermissionDenied, "there are no Kerberos tickets for the binding, and no key"),
        _ => (Failure::PermissionDenied, "Kerberos refuses the bind; the log says why"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(code: i32, failure: Failure, words: &str) {
        let (found, said) = describe(code.cast_unsigned());
        assert!(found == failure && said.contains(words), "{said}");
    }

    #[test]
    fn codes_of_libkrb5() {
        check(-1_765_328_378, Failure::PermissionDenied, "does not know the account");
        check(-1_765_328_377, Failure::Unavailable, "no service");
        check(-1_765_328_360, Failure::PermissionDenied, "is not the one");
        check(-1_765_328_347, Failure::PermissionDenied, "clocks");
        check(-1_765_328_228, Failure::Unavailable, "answers");
        check(-1_765_328_203, Failure::PermissionDenied, "no Kerberos tickets");
        check(0, Failure::PermissionDenied, "the log says why");
    }
}
