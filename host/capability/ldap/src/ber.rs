//! The part of BER that LDAP uses (RFC 4511 section 5.1): tags of one byte, lengths that are
//! told. Reading is total, copies nothing and does not recurse; what a server sends can be
//! wrong in any way.

mod read;
mod write;

pub(crate) use read::{Malformed, Reader, frame, integer};
pub(crate) use write::Writer;

/// Tags of the types that LDAP takes from ASN.1 itself.
pub(crate) mod tag {
    pub(crate) const BOOLEAN: u8 = 0x01;
    pub(crate) const INTEGER: u8 = 0x02;
    pub(crate) const OCTETS: u8 = 0x04;
    pub(crate) const ENUMERATED: u8 = 0x0a;
    pub(crate) const SEQUENCE: u8 = 0x30;
    pub(crate) const SET: u8 = 0x31;

    /// `[number]` of something primitive.
    pub(crate) const fn primitive(number: u8) -> u8 {
        0x80 | number
    }

    /// `[number]` of something that has parts.
    pub(crate) const fn constructed(number: u8) -> u8 {
        0xa0 | number
    }
}
