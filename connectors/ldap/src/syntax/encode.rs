//! To the directory's bytes.

use patchbay_connector::Value;
use patchbay_connector::time::Instant;

use super::{Misfit, Syntax};
use crate::dn::Dn;
use crate::{filetime, generalized_time, guid, sid};

impl Syntax {
    /// The bytes of a value; what the syntax does not allow is refused. A reference is taken
    /// like text.
    pub fn encode(self, value: &Value) -> Result<Vec<u8>, Misfit> {
        let text = match self {
            Self::OctetString | Self::Certificate | Self::Jpeg | Self::SecurityDescriptor => {
                return match value {
                    Value::Binary(bytes) => Ok(bytes.clone()),
                    _ => Err(Misfit::Type("binary data")),
                };
            }
            Self::ObjectGuid => {
                let bytes = guid::to_bytes(text(value)?).ok_or(Misfit::Type("a GUID"))?;
                return Ok(bytes.to_vec());
            }
            Self::Sid => return sid::to_bytes(text(value)?).ok_or(Misfit::Type("a security identifier")),
            Self::Boolean => match value {
                Value::Boolean(true) => "TRUE".to_owned(),
                Value::Boolean(false) => "FALSE".to_owned(),
                _ => return Err(Misfit::Type("true or false")),
            },
            Self::Integer | Self::LargeInteger => integer(value)?.to_string(),
            Self::SmallInteger => i32::try_from(integer(value)?).map_err(|_| Misfit::Range)?.to_string(),
            Self::FileTime => {
                instant(value)?;
                filetime::from_rfc3339(time(value)?).ok_or(Misfit::Range)?.to_string()
            }
            Self::GeneralizedTime => generalized_time::format(instant(value)?),
            Self::GeneralizedTimeTenths => generalized_time::format_with_tenths(instant(value)?),
            Self::UtcTime => generalized_time::format_utc(instant(value)?).ok_or(Misfit::Range)?,
            Self::Uuid => guid::canonical(text(value)?).ok_or(Misfit::Type("a UUID"))?,
            Self::Ia5String => {
                let text = text(value)?;
                characters(text, |c| c.is_ascii(), "ASCII characters")?;
                text.to_owned()
            }
            Self::PrintableString | Self::TelephoneNumber => {
                let text = filled(value)?;
                characters(text, is_printable, "letters, digits, spaces and '()+,-./:?=")?;
                text.to_owned()
            }
            Self::NumericString => {
                let text = filled(value)?;
                characters(text, |c| c.is_ascii_digit() || c == ' ', "digits and spaces")?;
                text.to_owned()
            }
            Self::CountryString => {
                let text = filled(value)?;
                let letters = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic());
                letters.then(|| text.to_owned()).ok_or(Misfit::Type("a country's two letters"))?
            }
            Self::Dn => name(filled(value)?)?.to_owned(),
            Self::NameAndOptionalUid => {
                let text = filled(value)?;
                let bits = text.rsplit_once('#').filter(|(_, bits)| is_bits(bits));
                name(bits.map_or(text, |(name, _)| name))?;
                text.to_owned()
            }
            Self::DnWithBinary => with_name(filled(value)?, "B", 2)?,
            Self::DnWithString => with_name(filled(value)?, "S", 1)?,
            Self::PostalAddress => address(filled(value)?)?,
            Self::BitString => {
                let digits = text(value)?;
                characters(digits, |c| "01".contains(c), "the digits 0 and 1")?;
                format!("'{digits}'B")
            }
            Self::Oid => {
                let text = filled(value)?;
                characters(text, |c| c.is_ascii_alphanumeric() || "-.;_".contains(c), "letters, digits, `-` and `.`")?;
                text.to_owned()
            }
            Self::DirectoryString | Self::CaseExactString => filled(value)?.to_owned(),
            Self::Unknown => text(value)?.to_owned(),
        };
        Ok(text.into_bytes())
    }
}

/// Text without a NUL: servers cut values off there, or worse.
fn text(value: &Value) -> Result<&str, Misfit> {
    match value {
        Value::Text(text) | Value::Reference(text) if text.contains('\0') => Err(Misfit::Nul),
        Value::Text(text) | Value::Reference(text) => Ok(text),
        _ => Err(Misfit::Type("text")),
    }
}

/// Text of at least one character.
fn filled(value: &Value) -> Result<&str, Misfit> {
    text(value).and_then(|text| if text.is_empty() { Err(Misfit::Empty) } else { Ok(text) })
}

fn characters(text: &str, good: impl Fn(char) -> bool, wanted: &'static str) -> Result<(), Misfit> {
    if text.chars().all(good) { Ok(()) } else { Err(Misfit::Characters(wanted)) }
}

/// A character of a PrintableString (RFC 4517 section 3.2).
fn is_printable(character: char) -> bool {
    character.is_ascii_alphanumeric() || "'()+,-.=/:? ".contains(character)
}

fn integer(value: &Value) -> Result<i64, Misfit> {
    match value {
        Value::Integer(number) => Ok(*number),
        _ => Err(Misfit::Type("an integer")),
    }
}

fn time(value: &Value) -> Result<&str, Misfit> {
    match value {
        Value::Timestamp(text) => Ok(text),
        _ => Err(Misfit::Type("a date and time")),
    }
}

fn instant(value: &Value) -> Result<Instant, Misfit> {
    Instant::parse(time(value)?).ok_or(Misfit::Type("a date and time"))
}

fn name(text: &str) -> Result<&str, Misfit> {
    match Dn::parse(text) {
        Ok(_) => Ok(text),
        Err(_) => Err(Misfit::Type("a distinguished name")),
    }
}

/// `'0101'B`.
fn is_bits(text: &str) -> bool {
    let digits = text.strip_prefix('\'').and_then(|text| text.strip_suffix("'B"));
    digits.is_some_and(|digits| digits.bytes().all(|byte| b"01".contains(&byte)))
}

/// `kind:length:value:name`, in which so many characters stand for a byte.
fn with_name(text: &str, kind: &str, per_byte: usize) -> Result<String, Misfit> {
    let wrong = || match kind {
        "B" => Misfit::Type("B:<length>:<hexadecimal>:<distinguished name>"),
        _ => Misfit::Type("S:<length>:<text>:<distinguished name>"),
    };
    let mut parts = text.splitn(3, ':');
    let (Some(start), Some(length), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(wrong());
    };
    let length: usize = length.parse().map_err(|_| wrong())?;
    let (value, name_text) = rest.split_at_checked(length).ok_or_else(wrong)?;
    let hexadecimal = per_byte == 1 || value.bytes().all(|byte| byte.is_ascii_hexdigit());
    let name_text = name_text.strip_prefix(':').ok_or_else(wrong)?;
    if start != kind || !length.is_multiple_of(per_byte) || !hexadecimal {
        return Err(wrong());
    }
    name(name_text)?;
    Ok(text.to_owned())
}

/// Lines with `$` between; what has a meaning there is escaped.
fn address(text: &str) -> Result<String, Misfit> {
    let lines: Vec<&str> = text.lines().collect();
    if lines.iter().any(|line| line.is_empty()) {
        return Err(Misfit::Type("lines of which none is empty"));
    }
    let escaped = lines.into_iter().map(|line| line.replace('\\', "\\5C").replace('$', "\\24"));
    Ok(escaped.collect::<Vec<_>>().join("$"))
}
