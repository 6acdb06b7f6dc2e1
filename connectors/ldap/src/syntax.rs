//! Syntaxes of attributes (RFC 4517 and Active Directory's own): which type their values
//! have in the contract, and how those are read and written.

mod decode;
mod encode;
mod matching;
mod misfit;

use patchbay_connector::ValueType;
use serde::{Deserialize, Serialize};

pub use matching::Rules;
pub use misfit::Misfit;

use crate::filetime;
use crate::subschema::AttributeType;
use crate::vendor::Vendor;

/// How the values of an attribute are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Syntax {
    /// Text that is not empty.
    DirectoryString,
    /// The same, in Active Directory's syntax in which case counts.
    CaseExactString,
    /// Text of ASCII characters.
    Ia5String,
    /// Text of letters, digits and a few other characters.
    PrintableString,
    /// Digits and spaces.
    NumericString,
    /// A telephone number, as printable text.
    TelephoneNumber,
    /// A country's two letters.
    CountryString,
    /// `TRUE` or `FALSE`.
    Boolean,
    /// An integer of any size; the contract's have 64 bits.
    Integer,
    /// An integer of 32 bits (Active Directory).
    SmallInteger,
    /// An integer of 64 bits (Active Directory).
    LargeInteger,
    /// One that is a point in time (Active Directory); "never" is no value.
    FileTime,
    /// A point in time.
    GeneralizedTime,
    /// The same as Active Directory wants it.
    GeneralizedTimeTenths,
    /// A point in time with two digits of the year.
    UtcTime,
    /// A distinguished name.
    Dn,
    /// A distinguished name and bits (`uniqueMember`).
    NameAndOptionalUid,
    /// `B:count:hexadecimal:name` (Active Directory).
    DnWithBinary,
    /// `S:count:text:name` (Active Directory).
    DnWithString,
    /// Bytes.
    OctetString,
    /// A certificate, a list or a pair of them: bytes, asked for with `;binary`.
    Certificate,
    /// A picture.
    Jpeg,
    /// Lines of an address; text with line feeds in the contract.
    PostalAddress,
    /// Bits; text of the digits 0 and 1 in the contract.
    BitString,
    /// A UUID as text.
    Uuid,
    /// A GUID as the 16 bytes of Active Directory.
    ObjectGuid,
    /// A security identifier as bytes.
    Sid,
    /// An object identifier, or a name that stands for one.
    Oid,
    /// An access control list as bytes (Active Directory).
    SecurityDescriptor,
    /// Anything else: text as it stands.
    Unknown,
}

/// The arc of RFC 4517.
const STANDARD: &str = "1.3.6.1.4.1.1466.115.121.1.";

impl Syntax {
    /// The syntax of this OID. Both numbers and names of unknown ones are [`Syntax::Unknown`].
    pub fn from_oid(oid: &str) -> Self {
        let Some(number) = oid.strip_prefix(STANDARD) else { return Self::from_other_oid(oid) };
        match number {
            "5" | "22.1" | "23" | "49" => Self::OctetString,
            "6" => Self::BitString,
            "7" => Self::Boolean,
            "8" | "9" | "10" => Self::Certificate,
            "11" => Self::CountryString,
            "12" => Self::Dn,
            "15" => Self::DirectoryString,
            "24" => Self::GeneralizedTime,
            "26" => Self::Ia5String,
            "27" => Self::Integer,
            "28" => Self::Jpeg,
            "34" => Self::NameAndOptionalUid,
            "36" => Self::NumericString,
            "38" => Self::Oid,
            "40" => Self::OctetString,
            "41" => Self::PostalAddress,
            "44" => Self::PrintableString,
            "50" => Self::TelephoneNumber,
            "53" => Self::UtcTime,
            _ => Self::Unknown,
        }
    }

    fn from_other_oid(oid: &str) -> Self {
        match oid {
            "1.3.6.1.1.16.1" => Self::Uuid,
            "1.2.840.113556.1.4.903" => Self::DnWithBinary,
            "1.2.840.113556.1.4.904" => Self::DnWithString,
            "1.2.840.113556.1.4.905" => Self::DirectoryString,
            "1.2.840.113556.1.4.906" => Self::LargeInteger,
            "1.2.840.113556.1.4.907" => Self::SecurityDescriptor,
            "1.2.840.113556.1.4.1362" => Self::CaseExactString,
            _ => Self::Unknown,
        }
    }

    /// The syntax of an attribute. Some are known by name, as their schema says less than
    /// is so: GUIDs, security identifiers and times of Active Directory are bytes and numbers
    /// there.
    pub fn of(attribute: &AttributeType, vendor: Vendor) -> Self {
        let syntax = attribute.syntax.as_deref().map_or(Self::Unknown, Self::from_oid);
        if !vendor.is_active_directory() {
            let is_guid = vendor == Vendor::EDirectory && attribute.is_called("GUID");
            return match (syntax, is_guid) {
                (Self::OctetString | Self::Unknown, true) => Self::ObjectGuid,
                (Self::Unknown, false) if attribute.is_called("entryUUID") => Self::Uuid,
                _ => syntax,
            };
        }
        let called = |names: &[&str]| names.iter().any(|name| attribute.is_called(name));
        match syntax {
            Self::OctetString | Self::Unknown if called(&GUIDS) => Self::ObjectGuid,
            Self::OctetString | Self::Unknown if called(&SIDS) => Self::Sid,
            Self::LargeInteger | Self::Integer if filetime::is_filetime(attribute.name()) => Self::FileTime,
            Self::Integer => Self::SmallInteger,
            Self::GeneralizedTime => Self::GeneralizedTimeTenths,
            _ => syntax,
        }
    }

    /// The type of its values in the contract. Names are text here: that one means an object
    /// of another class is for the settings to say.
    pub fn value_type(self) -> ValueType {
        match self {
            Self::Boolean => ValueType::Boolean,
            Self::Integer | Self::SmallInteger | Self::LargeInteger => ValueType::Integer,
            Self::FileTime | Self::GeneralizedTime | Self::GeneralizedTimeTenths | Self::UtcTime => {
                ValueType::Timestamp
            }
            Self::OctetString | Self::Certificate | Self::Jpeg | Self::SecurityDescriptor => ValueType::Binary,
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
            | Self::PostalAddress
            | Self::BitString
            | Self::Uuid
            | Self::ObjectGuid
            | Self::Sid
            | Self::Oid
            | Self::Unknown => ValueType::Text,
        }
    }

    /// Whether it is read and written with the option `;binary` (RFC 4522).
    pub fn needs_binary_option(self) -> bool {
        self == Self::Certificate
    }
}

/// Attributes of Active Directory with a GUID.
const GUIDS: [&str; 5] = ["objectGUID", "msExchMailboxGuid", "mS-DS-ConsistencyGuid", "schemaIDGUID", "invocationId"];
/// Attributes of Active Directory with a security identifier.
const SIDS: [&str; 6] = [
    "objectSid",
    "sIDHistory",
    "tokenGroups",
    "tokenGroupsGlobalAndUniversal",
    "securityIdentifier",
    "mS-DS-CreatorSID",
];

#[cfg(test)]
mod tests;
