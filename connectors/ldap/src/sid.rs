//! Security identifiers of Windows: `objectSid`, `S-1-5-21-...` as text.

/// Most sub-authorities that one has.
const MOST: usize = 15;
/// Bytes of the authority, which is big endian, while the rest is little endian.
const AUTHORITY: usize = 6;

/// The text; none where the bytes are no security identifier.
pub fn to_text(bytes: &[u8]) -> Option<String> {
    let (revision, authority, parts) = fields(bytes)?;
    // Authorities that need more than 32 bits are written as hexadecimal (MS-DTYP 2.4.2.1).
    let mut text = match u32::try_from(authority) {
        Ok(small) => format!("S-{revision}-{small}"),
        Err(_) => format!("S-{revision}-0x{authority:012X}"),
    };
    for part in parts.chunks_exact(4).filter_map(|part| part.try_into().ok()) {
        text.push_str(&format!("-{}", u32::from_le_bytes(part)));
    }
    Some(text)
}

/// The bytes of a text such as `S-1-5-32-544`.
pub fn to_bytes(text: &str) -> Option<Vec<u8>> {
    let mut parts = text.split('-');
    if !parts.next()?.eq_ignore_ascii_case("S") {
        return None;
    }
    let revision: u8 = number(parts.next()?)?;
    let authority = parts.next()?;
    let authority = match authority.strip_prefix("0x").or_else(|| authority.strip_prefix("0X")) {
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) => u64::from_str_radix(digits, 16).ok()?,
        Some(_) => return None,
        None => u64::from(number::<u32>(authority)?),
    };
    let [0, 0, authority @ ..] = authority.to_be_bytes() else { return None };
    let parts: Vec<u32> = parts.map(number).collect::<Option<_>>()?;
    if parts.len() > MOST {
        return None;
    }
    let mut bytes = vec![revision, u8::try_from(parts.len()).ok()?];
    bytes.extend(authority);
    bytes.extend(parts.into_iter().flat_map(u32::to_le_bytes));
    Some(bytes)
}

/// The last sub-authority: which account of its domain (RID).
pub fn relative_id(bytes: &[u8]) -> Option<u32> {
    let (_, _, parts) = fields(bytes)?;
    parts.last_chunk().copied().map(u32::from_le_bytes)
}

/// Revision, authority, and the bytes of as many sub-authorities as there have to be.
fn fields(bytes: &[u8]) -> Option<(u8, u64, &[u8])> {
    let ([revision, count], rest) = bytes.split_first_chunk()?;
    let (authority, parts) = rest.split_first_chunk::<AUTHORITY>()?;
    let count = usize::from(*count);
    if count > MOST || parts.len() != count * 4 {
        return None;
    }
    let authority = authority.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
    Some((*revision, authority, parts))
}

/// Digits only: `parse` would take a sign.
fn number<T: std::str::FromStr>(digits: &str) -> Option<T> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, bytes: &[u8], relative: Option<u32>) {
        assert_eq!(to_text(bytes).as_deref(), Some(text));
        assert_eq!(to_bytes(text).as_deref(), Some(bytes), "{text}");
        assert_eq!(relative_id(bytes), relative, "{text}");
    }

    #[test]
    fn known_identifiers_come_back() {
        check("S-1-1-0", &[1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0], Some(0));
        check("S-1-5-32-544", &[1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0], Some(544));
        check("S-1-5", &[1, 0, 0, 0, 0, 0, 0, 5], None);
        check("S-1-0x010000000000-4294967295", &[1, 1, 1, 0, 0, 0, 0, 0, 255, 255, 255, 255], Some(u32::MAX));
        assert_eq!(to_bytes("s-1-5"), to_bytes("S-1-5"));
    }

    #[test]
    fn everything_else_is_none() {
        for text in ["", "S", "S-1", "S-1-", "S-256-5", "S-1-5-", "S-1-5-+1", "S-1-5-4294967296", "S-1-0x", "T-1-5"] {
            assert_eq!(to_bytes(text), None, "{text}");
        }
        for text in ["S-1-0x+1", "S-1-0x1000000000000", "S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16", "S-1-5 "] {
            assert_eq!(to_bytes(text), None, "{text}");
        }
        for bytes in
            [&[][..], &[1], &[1, 1, 0, 0, 0, 0, 0, 5], &[1, 0, 0, 0, 0, 0, 0, 5, 1], &[1, 16, 0, 0, 0, 0, 0, 5]]
        {
            assert_eq!(to_text(bytes), None, "{bytes:?}");
            assert_eq!(relative_id(bytes), None);
        }
    }
}
