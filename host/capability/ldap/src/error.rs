//! What a server's refusal means.

mod active_directory;
mod attribute;
mod bind;

use patchbay_capability::ldap::{Error, Failure};

use crate::message::Outcome;
pub(crate) use bind::bind_refused;

/// What was asked: the same code means different things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    Search,
    /// With a cookie of an earlier answer.
    Resume,
    Add,
    Modify,
    Rename,
    Delete,
    Password,
}

/// An end that is none of success.
pub(crate) fn translate(asked: Asked, outcome: &Outcome) -> Error {
    let Outcome { code, message, .. } = outcome;
    let failure = active_directory::failure(asked, outcome).unwrap_or_else(|| by_code(asked, *code, message));
    let what = describe(*code, failure);
    Error { failure, attribute: attribute::at_fault(message), ..refused(what, outcome) }
}

/// `what` with the server's own words behind it.
pub(crate) fn refused(what: &str, outcome: &Outcome) -> Error {
    let Outcome { code, message, matched, .. } = outcome;
    let mut text = format!("{what} (code {code})");
    if !message.is_empty() {
        text.push_str(": ");
        text.push_str(message);
    }
    if !matched.is_empty() {
        text.push_str("; there is ");
        text.push_str(matched);
    }
    Error { failure: Failure::Other, code: Some(*code), attribute: None, message: text }
}

/// RFC 4511 section 4.1.9 and appendix A, RFC 4528, RFC 4533.
fn by_code(asked: Asked, code: u32, message: &str) -> Failure {
    match code {
        2 if asked == Asked::Resume => Failure::TokenExpired,
        2 | 18 | 34 | 36 => Failure::InvalidRequest,
        3 | 4 | 11 => Failure::LimitExceeded,
        7 | 12 => Failure::Unsupported,
        8 | 13 | 14 | 48 | 49 | 50 => Failure::PermissionDenied,
        10 => Failure::Referral,
        // Samba, and Active Directory in its own way.
        16 if asked == Asked::Add || message.contains("in the schema") || message.contains("attribute conversion") => {
            Failure::Undefined
        }
        16 => Failure::NoSuchValue,
        17 => Failure::Undefined,
        // OpenLDAP's overlay `unique`: there is an entry that has it.
        19 if message.contains("not unique") || message.contains("non-unique") => Failure::AlreadyExists,
        19 => Failure::ConstraintViolation,
        20 => Failure::ValueExists,
        21 => Failure::InvalidValue,
        32 => Failure::NoSuchObject,
        51 => Failure::Busy,
        52 => Failure::Unavailable,
        // OpenLDAP that lags, or was restored from a backup.
        53 if asked == Asked::Resume && message.contains("newer than provider") => Failure::TokenExpired,
        53 => Failure::Unwilling,
        64 | 67 => Failure::NamingViolation,
        65 | 69 => Failure::ObjectClassViolation,
        66 => Failure::NotLeaf,
        68 => Failure::AlreadyExists,
        71 => Failure::Unsupported,
        122 => Failure::AssertionFailed,
        4096 => Failure::TokenExpired,
        _ => Failure::Other,
    }
}

fn describe(code: u32, failure: Failure) -> &'static str {
    match (code, failure) {
        (_, Failure::TokenExpired) => "the cookie is not good any more",
        (3, _) => "the server's time for a search is over",
        (4, _) => "there are more entries than the server gives",
        (11, _) => "the server's limit for a search is reached",
        (8 | 13, _) => "the server wants a safer way: TLS, or another bind",
        (12, _) => "the server does not know a control that is needed",
        (_, Failure::PermissionDenied) => "the server does not allow it",
        (_, Failure::Referral) => "another server has it, and referrals are not followed",
        (_, Failure::NoSuchValue) => "the attribute or value is not there",
        (_, Failure::ValueExists) => "the value is there already",
        (_, Failure::Undefined) => "the server's schema does not know the attribute",
        (_, Failure::ConstraintViolation) => "a constraint of the server's does not hold",
        (_, Failure::InvalidValue) => "a value does not fit its syntax",
        (_, Failure::NoSuchObject) => "there is no such entry",
        (_, Failure::AlreadyExists) => "there is such an entry already",
        (_, Failure::Busy) => "the server is busy",
        (_, Failure::Unavailable) => "the server is not available",
        (_, Failure::Unwilling) => "the server is unwilling",
        (_, Failure::NamingViolation) => "the name does not fit",
        (_, Failure::ObjectClassViolation) => "the object classes do not allow it",
        (_, Failure::NotLeaf) => "there are entries below it",
        (_, Failure::AssertionFailed) => "the entry is not as it was supposed to be",
        (_, Failure::InvalidRequest) => "the server cannot read the request",
        _ => "the server refuses",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(asked: Asked, code: u32, message: &str, failure: Failure, attribute: Option<&str>) {
        let outcome = Outcome { code, matched: String::new(), message: message.into(), ..Outcome::default() };
        let error = translate(asked, &outcome);
        assert_eq!((error.failure, error.attribute.as_deref()), (failure, attribute), "{error}");
        assert_eq!(error.code, Some(code));
        assert!(error.message.contains(message));
    }

    #[test]
    fn openldap() {
        use Asked::{Add, Modify, Resume, Search};
        check(Add, 68, "", Failure::AlreadyExists, None);
        check(Add, 19, "some attributes not unique", Failure::AlreadyExists, None);
        let found = "non-unique attributes found with (|(uid=ada)(uid=lovelace))";
        check(Add, 19, found, Failure::AlreadyExists, Some("uid"));
        let either = "non-unique attributes found with (|(uid=ada)(mail=ada@example))";
        check(Modify, 19, either, Failure::AlreadyExists, None);
        check(Modify, 19, "non-unique attributes found with (|(cn=x(uid=y))", Failure::AlreadyExists, None);
        check(
            Add,
            65,
            "object class 'inetOrgPerson' requires attribute 'sn'",
            Failure::ObjectClassViolation,
            Some("sn"),
        );
        check(Add, 65, "attribute 'gecos' not allowed", Failure::ObjectClassViolation, Some("gecos"));
        check(Add, 21, "uidNumber: value #0 invalid per syntax", Failure::InvalidValue, Some("uidNumber"));
        check(Add, 17, "shoeSize: attribute type undefined", Failure::Undefined, Some("shoeSize"));
        check(Modify, 20, "modify/add: mail: value #0 already exists", Failure::ValueExists, Some("mail"));
        check(Modify, 16, "modify/delete: title: no such attribute", Failure::NoSuchValue, Some("title"));
        check(Modify, 122, "", Failure::AssertionFailed, None);
        check(Search, 32, "", Failure::NoSuchObject, None);
        check(Search, 4, "", Failure::LimitExceeded, None);
        check(Search, 51, "", Failure::Busy, None);
        check(Resume, 4096, "sync cookie is stale", Failure::TokenExpired, None);
        check(Resume, 53, "consumer state is newer than provider!", Failure::TokenExpired, None);
        check(Resume, 53, "authentication required", Failure::Unwilling, None);
        check(Search, 99, "", Failure::Other, None);
    }

    #[test]
    fn active_directory() {
        use Asked::{Add, Modify, Search};
        let used = "00002071: samldb: Account name (sAMAccountName) 'ada' already in use!";
        check(Add, 68, used, Failure::AlreadyExists, Some("sAMAccountName"));
        let there = "Attribute member already exists for target GUID 563d4b39-b666-4664-b87f-f06ed93909ca";
        check(Modify, 68, there, Failure::ValueExists, None);
        let gone = "Attribute member already deleted for target GUID 563d4b39-b666-4664-b87f-f06ed93909ca";
        check(Modify, 53, gone, Failure::NoSuchValue, None);
        let policy = "0000052D: SvcErr: DSID-031A12D2, problem 5003 (WILL_NOT_PERFORM), data 0";
        check(Modify, 53, policy, Failure::ConstraintViolation, Some("unicodePwd"));
        check(
            Add,
            68,
            "00000524: UpdErr: DSID-031A11F3, problem 6005 (ENTRY_EXISTS), data 0",
            Failure::AlreadyExists,
            None,
        );
        let member = "00000562: UpdErr: DSID-031A11F3, problem 6005 (ENTRY_EXISTS), data 0";
        check(Modify, 68, member, Failure::ValueExists, None);
        check(Modify, 53, "00000561: SvcErr: DSID-031A11F3, problem 5003", Failure::NoSuchValue, None);
        let taken = "000021C8: AtrErr: DSID-03200EB4, #1:\n\t0: 000021C8: DSID-03200EB4, problem 1005 (CONSTRAINT_ATT_TYPE), data 0, Att 90290 (userPrincipalName)";
        check(Add, 19, taken, Failure::AlreadyExists, Some("userPrincipalName"));
        let anonymous = "000004DC: LdapErr: DSID-0C090A5C, comment: In order to perform this operation a successful bind must be completed on the connection., data 0, v4563";
        check(Search, 1, anonymous, Failure::PermissionDenied, None);
        let schema = "0000200A: objectclass_attrs: attribute 'shoeSize' on entry 'CN=b' was not found in the schema!";
        check(Modify, 16, schema, Failure::Undefined, Some("shoeSize"));
        check(
            Modify,
            16,
            "00000057: LdapErr: DSID-0C090D8A, comment: Error in attribute conversion operation, data 0",
            Failure::Undefined,
            None,
        );
        check(Search, 12, "00002040: SvcErr: DSID-031401E7", Failure::Unsupported, None);
    }
}
