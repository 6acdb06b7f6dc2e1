//! UUIDs as text.

/// The usual form with hyphens, in lower case, of the high and the low half.
pub(crate) fn hyphenated(high: u64, low: u64) -> String {
    let (a, b, c) = (high >> 32, high >> 16 & 0xffff, high & 0xffff);
    let (d, e) = (low >> 48, low & 0xffff_ffff_ffff);
    format!("{a:08x}-{b:04x}-{c:04x}-{d:04x}-{e:012x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hyphens_and_zeros() {
        assert_eq!(hyphenated(0x0123_4567_89ab_cdef, 0xf0), "01234567-89ab-cdef-0000-0000000000f0");
        assert_eq!(hyphenated(u64::MAX, u64::MAX), "ffffffff-ffff-ffff-ffff-ffffffffffff");
    }
}
