//! UUIDs as directories keep them: `entryUUID` as text, the identifiers of content
//! synchronization in network order, and `objectGUID` of Active Directory with its first
//! three fields turned round.

/// Bytes of a UUID.
const BYTES: usize = 16;
/// Where its fields end, in bytes.
const FIELDS: [usize; 4] = [4, 6, 8, 10];

/// The text of an `objectGUID`, in lower case; none unless there are 16 bytes.
pub fn to_text(bytes: &[u8]) -> Option<String> {
    Some(write(turn(bytes.try_into().ok()?)))
}

/// The bytes of an `objectGUID`; the text may be in any case, with braces or without.
pub fn to_bytes(text: &str) -> Option<[u8; BYTES]> {
    read(text).map(turn)
}

/// The text of a UUID in network order (RFC 4122), as `syncUUID` is; none unless there are
/// 16 bytes.
pub fn network_to_text(bytes: &[u8]) -> Option<String> {
    Some(write(bytes.try_into().ok()?))
}

/// The inverse of [`network_to_text`].
pub fn network_to_bytes(text: &str) -> Option<[u8; BYTES]> {
    read(text)
}

/// A UUID's one spelling: lower case, with hyphens.
pub fn canonical(text: &str) -> Option<String> {
    read(text).map(write)
}

/// The first three fields the other way round; twice is not at all.
fn turn(bytes: [u8; BYTES]) -> [u8; BYTES] {
    let [a, b, c, d, e, f, g, h, rest @ ..] = bytes;
    let [i, j, k, l, m, n, o, p] = rest;
    [d, c, b, a, f, e, h, g, i, j, k, l, m, n, o, p]
}

fn write(bytes: [u8; BYTES]) -> String {
    let mut text = String::with_capacity(36);
    for (place, byte) in bytes.iter().enumerate() {
        if FIELDS.contains(&place) {
            text.push('-');
        }
        for half in [byte >> 4, byte & 15] {
            text.extend(char::from_digit(u32::from(half), 16));
        }
    }
    text
}

/// 32 hexadecimal digits, with hyphens between the fields or without any.
fn read(text: &str) -> Option<[u8; BYTES]> {
    let text = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or(text);
    let hyphens = text.contains('-');
    let mut rest = text.as_bytes();
    let mut bytes = [0; BYTES];
    for (place, byte) in bytes.iter_mut().enumerate() {
        if hyphens && FIELDS.contains(&place) {
            rest = rest.strip_prefix(b"-")?;
        }
        let ([high, low], tail) = rest.split_first_chunk()?;
        *byte = digit(*high)? << 4 | digit(*low)?;
        rest = tail;
    }
    rest.is_empty().then_some(bytes)
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    const BYTES_OF: [u8; 16] = [0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66, 8, 9, 10, 11, 12, 13, 14, 15];
    const TEXT_OF: &str = "00112233-4455-6677-0809-0a0b0c0d0e0f";

    #[test]
    fn both_orders_come_back() {
        assert_eq!(to_text(&BYTES_OF).as_deref(), Some(TEXT_OF));
        assert_eq!(to_bytes(TEXT_OF), Some(BYTES_OF));
        let network = network_to_bytes(TEXT_OF).expect("a UUID");
        assert_eq!(network.first_chunk(), Some(&[0x00, 0x11, 0x22, 0x33, 0x44]));
        assert_eq!(network_to_text(&network).as_deref(), Some(TEXT_OF));
        assert_eq!(to_text(&BYTES_OF[1..]), None);
        assert_eq!(network_to_text(&[0; 17]), None);
    }

    #[test]
    fn text_has_one_spelling_and_several_shapes() {
        let check =
            |text: &str, known: bool| assert_eq!(canonical(text).as_deref(), known.then_some(TEXT_OF), "{text}");
        check(TEXT_OF, true);
        check("{00112233-4455-6677-0809-0A0B0C0D0E0F}", true);
        check("00112233445566770809 0a0b0c0d0e0f", false);
        check("001122334455667708090a0b0c0d0e0f", true);
        for text in ["", "{}", "-", "00112233-4455-6677-0809-0a0b0c0d0e0", "00112233-4455-6677-0809-0a0b0c0d0e0f0"] {
            check(text, false);
        }
        for text in ["0011223-34455-6677-0809-0a0b0c0d0e0f", "00112233-44556677-0809-0a0b0c0d0e0f", "{00112233-4455"] {
            check(text, false);
        }
        check("g0112233-4455-6677-0809-0a0b0c0d0e0f", false);
        check("é0112233-4455-6677-0809-0a0b0c0d0e0f", false);
    }
}
