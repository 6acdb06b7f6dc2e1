//! Password policy (draft-behera-ldap-password-policy-10).

use crate::ber::{Malformed, Reader, integer, tag};
use crate::message::RawControl;

/// Request and answer.
const PASSWORD_POLICY: &str = "1.3.6.1.4.1.42.2.27.8.5.1";

/// What a policy has to say about a password.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct PolicyAnswer {
    pub(crate) warning: Option<PolicyWarning>,
    pub(crate) error: Option<PolicyError>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PolicyWarning {
    /// Seconds that are left.
    Expires(u32),
    /// Binds that are left with a password that has expired.
    Grace(u32),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PolicyError {
    Expired,
    Locked,
    MustChange,
    MayNotChange,
    NeedsOld,
    TooSimple,
    TooShort,
    TooYoung,
    UsedBefore,
    TooLong,
}

/// Tell what the policy says, where the server can.
pub(crate) fn password_policy() -> RawControl {
    RawControl { ctype: PASSWORD_POLICY.to_owned(), crit: false, val: None }
}

/// What the policy said, of the controls of an answer.
pub(crate) fn read_password_policy(controls: &[RawControl]) -> Result<PolicyAnswer, Malformed> {
    let control = controls.iter().find(|control| control.ctype == PASSWORD_POLICY);
    match control.and_then(|control| control.val.as_deref()) {
        Some(value) => read(value),
        None => Ok(PolicyAnswer::default()),
    }
}

fn read(value: &[u8]) -> Result<PolicyAnswer, Malformed> {
    let mut parts = Reader::new(value).parts(tag::SEQUENCE)?;
    let mut answer = PolicyAnswer::default();
    let warning = parts.optional(tag::constructed(0))?.unwrap_or_default();
    if let Some(element) = Reader::new(warning).next()? {
        let number = u32::try_from(integer(element.content)?).unwrap_or_default();
        answer.warning = match element.tag {
            0x80 => Some(PolicyWarning::Expires(number)),
            0x81 => Some(PolicyWarning::Grace(number)),
            _ => None,
        };
    }
    if let Some(error) = parts.optional(tag::primitive(1))? {
        answer.error = match integer(error)? {
            0 => Some(PolicyError::Expired),
            1 => Some(PolicyError::Locked),
            2 => Some(PolicyError::MustChange),
            3 => Some(PolicyError::MayNotChange),
            4 => Some(PolicyError::NeedsOld),
            5 => Some(PolicyError::TooSimple),
            6 => Some(PolicyError::TooShort),
            7 => Some(PolicyError::TooYoung),
            8 => Some(PolicyError::UsedBefore),
            9 => Some(PolicyError::TooLong),
            _ => None,
        };
    }
    Ok(answer)
}

impl PolicyError {
    /// Whether it is about the password that was to be set.
    pub(crate) fn is_about_new(self) -> bool {
        matches!(self, Self::TooSimple | Self::TooShort | Self::TooYoung | Self::UsedBefore | Self::TooLong)
    }

    /// What it means, as the end of a sentence that begins with "the password".
    pub(crate) fn describe(self) -> &'static str {
        match self {
            Self::Expired => "has expired",
            Self::Locked => "belongs to an account that is locked",
            Self::MustChange => "must be changed first",
            Self::MayNotChange => "may not be changed by this account",
            Self::NeedsOld => "may only be changed with the old one",
            Self::TooSimple => "does not meet the policy's demands",
            Self::TooShort => "is too short",
            Self::TooYoung => "was changed too short a time ago",
            Self::UsedBefore => "was used before",
            Self::TooLong => "is too long",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::check_total;
    use super::*;

    #[track_caller]
    fn check(value: &[u8], warning: Option<PolicyWarning>, error: Option<PolicyError>) {
        let control = RawControl { val: Some(value.into()), ..password_policy() };
        assert_eq!(read_password_policy(&[control]), Ok(PolicyAnswer { warning, error }));
        check_total(value, read);
    }

    #[test]
    fn warnings_and_errors() {
        check(b"\x30\x00", None, None);
        check(b"\x30\x06\xa0\x04\x80\x02\x01\x00", Some(PolicyWarning::Expires(256)), None);
        check(
            b"\x30\x08\xa0\x03\x81\x01\x02\x81\x01\x02",
            Some(PolicyWarning::Grace(2)),
            Some(PolicyError::MustChange),
        );
        check(b"\x30\x03\x81\x01\x06", None, Some(PolicyError::TooShort));
        check(b"\x30\x03\x81\x01\x63", None, None);
        assert_eq!(read_password_policy(&[]), Ok(PolicyAnswer::default()));
    }
}
