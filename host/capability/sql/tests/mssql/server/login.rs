//! The login of a client ([MS-TDS] 2.2.6.4), as far as it says who it is.

/// Who somebody says to be, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Login {
    /// With a login of the server's own.
    Name(String),
    /// With an access token.
    Token(String),
    /// With the first token of another protocol, such as Kerberos.
    Integrated(Vec<u8>),
}

/// Places in the message: of `OptionFlags2` and `OptionFlags3`, and of what says where a part
/// is, in two bytes, and how long, in two more.
const FLAGS_2: usize = 25;
const FLAGS_3: usize = 27;
const USER: usize = 40;
const EXTENSION: usize = 56;
const SSPI: usize = 78;

const INTEGRATED: u8 = 0x80;
const HAS_EXTENSION: u8 = 0x10;
/// The feature that carries a token.
const FEDERATED: u8 = 0x02;

impl Login {
    pub(super) fn parse(body: &[u8]) -> Self {
        if body[FLAGS_2] & INTEGRATED != 0 {
            return Self::Integrated(body[short(body, SSPI)..][..short(body, SSPI + 2)].to_vec());
        }
        if body[FLAGS_3] & HAS_EXTENSION != 0 {
            let feature = &body[long(body, short(body, EXTENSION))..];
            assert_eq!(feature[0], FEDERATED, "another feature than was expected");
            // Length, options, length of the token.
            let token = &feature[10..][..long(feature, 6)];
            return Self::Token(super::wire::utf16(token));
        }
        Self::Name(super::wire::utf16(&body[short(body, USER)..][..short(body, USER + 2) * 2]))
    }
}

fn short(body: &[u8], at: usize) -> usize {
    usize::from(u16::from_le_bytes([body[at], body[at + 1]]))
}

fn long(body: &[u8], at: usize) -> usize {
    usize::try_from(u32::from_le_bytes(body[at..at + 4].try_into().unwrap())).unwrap()
}
