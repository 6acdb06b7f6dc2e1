//! From the directory's bytes.

use patchbay_connector::Value;

use super::{Misfit, Syntax};
use crate::{filetime, generalized_time, guid, sid};

impl Syntax {
    /// The value that these bytes stand for; none for "never" of a [`Syntax::FileTime`].
    /// What a server sends is taken as it is where it can be: text is not held against the
    /// rules of its syntax.
    pub fn decode(self, bytes: &[u8]) -> Result<Option<Value>, Misfit> {
        Ok(Some(match self {
            Self::OctetString | Self::Certificate | Self::Jpeg | Self::SecurityDescriptor => {
                Value::Binary(bytes.to_vec())
            }
            Self::ObjectGuid => Value::Text(guid::to_text(bytes).ok_or(Misfit::Type("a GUID of 16 bytes"))?),
            Self::Sid => Value::Text(sid::to_text(bytes).ok_or(Misfit::Type("a security identifier"))?),
            Self::Uuid => {
                let text = text(bytes)?;
                Value::Text(guid::canonical(text).unwrap_or_else(|| text.to_owned()))
            }
            Self::Boolean => match text(bytes)? {
                text if text.eq_ignore_ascii_case("TRUE") => Value::Boolean(true),
                text if text.eq_ignore_ascii_case("FALSE") => Value::Boolean(false),
                _ => return Err(Misfit::Type("TRUE or FALSE")),
            },
            Self::Integer | Self::SmallInteger | Self::LargeInteger => Value::Integer(integer(bytes)?),
            Self::FileTime => return Ok(filetime::to_rfc3339(integer(bytes)?).map(Value::Timestamp)),
            Self::GeneralizedTime | Self::GeneralizedTimeTenths => {
                let at = generalized_time::parse(text(bytes)?).ok_or(Misfit::Type("a GeneralizedTime"))?;
                Value::Timestamp(at.to_rfc3339())
            }
            Self::UtcTime => {
                let text = text(bytes)?;
                // Servers mix the two up.
                let at = generalized_time::parse_utc(text).or_else(|| generalized_time::parse(text));
                Value::Timestamp(at.ok_or(Misfit::Type("a UTCTime"))?.to_rfc3339())
            }
            Self::PostalAddress => Value::Text(lines(text(bytes)?)),
            Self::BitString => {
                let text = text(bytes)?;
                let digits = text.strip_prefix('\'').and_then(|text| text.strip_suffix("'B"));
                Value::Text(digits.unwrap_or(text).to_owned())
            }
            Self::DirectoryString
            | Self::CaseExactString
            | Self::Ia5String
            | Self::PrintableString
            | Self::NumericString
            | Self::TelephoneNumber
            | Self::CountryString
            | Self::Dn
            | Self::NameAndOptionalUid
            | Self::DnWithBinary
            | Self::DnWithString
            | Self::Oid
            | Self::Unknown => Value::Text(text(bytes)?.to_owned()),
        }))
    }
}

fn text(bytes: &[u8]) -> Result<&str, Misfit> {
    str::from_utf8(bytes).map_err(|_| Misfit::Encoding)
}

/// Digits with a sign or without; a number that the contract cannot hold is out of range.
fn integer(bytes: &[u8]) -> Result<i64, Misfit> {
    let text = text(bytes)?.trim();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Misfit::Type("an integer"));
    }
    text.parse().map_err(|_| Misfit::Range)
}

/// `$` is between lines; `\24` and `\5C` stand for themselves (RFC 4517 section 3.3.28).
/// Another backslash is left as it is.
fn lines(text: &str) -> String {
    let text = text.replace('$', "\n").replace("\\24", "$");
    text.replace("\\5C", "\\").replace("\\5c", "\\")
}
