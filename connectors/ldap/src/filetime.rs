//! Points in time as Active Directory keeps them: hundreds of nanoseconds since 1601.

use patchbay_connector::time::Instant;

/// What `accountExpires` holds where an account never expires; so does 0.
pub const NEVER: i64 = i64::MAX;

/// Days from 1601-01-01 to 1970-01-01.
const DAYS_TO_EPOCH: i64 = 134_774;
const TICKS_PER_DAY: i64 = 864_000_000_000;
/// The end of the year 9999, behind which RFC 3339 cannot go. From here on all is never.
pub const END: i64 = 2_650_467_744_000_000_000;

/// Attributes that are large integers and mean a point in time. Others of that syntax are
/// spans of time (`maxPwdAge`) or plain numbers (`uSNChanged`).
const ATTRIBUTES: [&str; 15] = [
    "accountExpires",
    "badPasswordTime",
    "creationTime",
    "lastLogoff",
    "lastLogon",
    "lastLogonTimestamp",
    "lastSetTime",
    "lockoutTime",
    "ms-Mcs-AdmPwdExpirationTime",
    "msDS-LastFailedInteractiveLogonTime",
    "msDS-LastSuccessfulInteractiveLogonTime",
    "msDS-UserPasswordExpiryTimeComputed",
    "msLAPS-PasswordExpirationTime",
    "priorSetTime",
    "pwdLastSet",
];

/// Whether the large integers of this attribute are points in time.
pub fn is_filetime(attribute: &str) -> bool {
    ATTRIBUTES.iter().any(|known| known.eq_ignore_ascii_case(attribute))
}

/// RFC 3339 in UTC. None for what stands for never or not yet (0 and [`NEVER`]), for
/// negative numbers (-1 in `pwdLastSet` is a request, not a time), and after the year 9999.
pub fn to_rfc3339(ticks: i64) -> Option<String> {
    if !(1..END).contains(&ticks) {
        return None;
    }
    let (days, ticks) = (ticks.div_euclid(TICKS_PER_DAY), ticks.rem_euclid(TICKS_PER_DAY));
    Some(Instant::since_epoch(days - DAYS_TO_EPOCH, ticks * 100).to_rfc3339())
}

/// The inverse of [`to_rfc3339`]; finer fractions are cut off. None where the text is no
/// time, or is none after the beginning of 1601.
pub fn from_rfc3339(text: &str) -> Option<i64> {
    let (days, nanos) = Instant::parse(text)?.days_and_nanos();
    let ticks = (days + DAYS_TO_EPOCH).checked_mul(TICKS_PER_DAY)? + nanos / 100;
    (ticks > 0).then_some(ticks)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(ticks: i64, text: Option<&str>) {
        assert_eq!(to_rfc3339(ticks).as_deref(), text, "{ticks}");
        if let Some(text) = text {
            assert_eq!(from_rfc3339(text), Some(ticks), "{text}");
        }
    }

    #[test]
    fn times_come_back_and_never_is_none() {
        check(116_444_736_000_000_000, Some("1970-01-01T00:00:00Z"));
        check(133_536_908_961_234_567, Some("2024-02-29T14:34:56.1234567Z"));
        check(1, Some("1601-01-01T00:00:00.0000001Z"));
        check(END - 1, Some("9999-12-31T23:59:59.9999999Z"));
        for ticks in [0, NEVER, -1, i64::MIN, END] {
            check(ticks, None);
        }
        for text in ["1601-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "never", ""] {
            assert_eq!(from_rfc3339(text), None, "{text}");
        }
        assert_eq!(from_rfc3339("1970-01-01T01:00:00.00000019+01:00"), Some(116_444_736_000_000_001));
    }

    #[test]
    fn attributes_are_told_by_name() {
        assert!(is_filetime("pwdlastset"));
        assert!(!is_filetime("maxPwdAge"));
        assert!(!is_filetime("uSNChanged"));
    }
}
