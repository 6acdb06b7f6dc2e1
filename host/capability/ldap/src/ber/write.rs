//! Writing BER.

use zeroize::Zeroizing;

use super::tag;

/// Bytes under construction. Wiped when dropped: passwords pass through.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    bytes: Zeroizing<Vec<u8>>,
}

impl Writer {
    /// With room for so many bytes: what outgrows its room is copied, and the old place is
    /// not wiped.
    pub(crate) fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Zeroizing::new(Vec::with_capacity(bytes)) }
    }

    pub(crate) fn into_bytes(self) -> Zeroizing<Vec<u8>> {
        self.bytes
    }

    /// What was written, where it is no secret.
    pub(crate) fn into_vec(mut self) -> Vec<u8> {
        std::mem::take(&mut *self.bytes)
    }

    /// An element whose content `write` writes.
    pub(crate) fn nest<R>(&mut self, tag: u8, write: impl FnOnce(&mut Self) -> R) -> R {
        self.bytes.push(tag);
        // Most are short: one byte of length is right then.
        let at = self.bytes.len();
        self.bytes.push(0);
        let result = write(self);
        let length = self.bytes.len().saturating_sub(at + 1);
        let (first, digits) = length_bytes(length);
        if let Some(place) = self.bytes.get_mut(at) {
            *place = first;
        }
        if !digits.is_empty() {
            let end = self.bytes.len();
            self.bytes.resize(end + digits.len(), 0);
            self.bytes.copy_within(at + 1..end, at + 1 + digits.len());
            if let Some(place) = self.bytes.get_mut(at + 1..at + 1 + digits.len()) {
                place.copy_from_slice(&digits);
            }
        }
        result
    }

    /// A primitive element.
    pub(crate) fn put(&mut self, tag: u8, content: &[u8]) {
        self.bytes.push(tag);
        let (first, digits) = length_bytes(content.len());
        self.bytes.push(first);
        self.bytes.extend_from_slice(&digits);
        self.bytes.extend_from_slice(content);
    }

    /// An octet string.
    pub(crate) fn octets(&mut self, content: impl AsRef<[u8]>) {
        self.put(tag::OCTETS, content.as_ref());
    }

    /// An integer or an enumerated value, as short as it can be.
    pub(crate) fn integer(&mut self, tag: u8, number: i64) {
        let bytes = number.to_be_bytes();
        let sign = if number < 0 { 0xff } else { 0 };
        let mut start = 0;
        // A leading byte goes while the next one tells the same sign.
        while let (Some(byte), Some(next)) = (bytes.get(start), bytes.get(start + 1)) {
            if *byte != sign || (next ^ sign) & 0x80 != 0 {
                break;
            }
            start += 1;
        }
        self.put(tag, bytes.get(start..).unwrap_or_default());
    }

    /// A boolean.
    pub(crate) fn flag(&mut self, tag: u8, flag: bool) {
        self.put(tag, &[if flag { 0xff } else { 0 }]);
    }

    /// What is written already.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }
}

/// The first byte of a length, and those that follow it.
fn length_bytes(length: usize) -> (u8, Vec<u8>) {
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => (short, Vec::new()),
        _ => {
            let digits: Vec<u8> = length.to_be_bytes().into_iter().skip_while(|digit| *digit == 0).collect();
            // Eight at most.
            (0x80 | u8::try_from(digits.len()).unwrap_or_default(), digits)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Reader;
    use super::*;

    #[track_caller]
    fn check_integer(number: i64, expected: &[u8]) {
        let mut writer = Writer::default();
        writer.integer(tag::INTEGER, number);
        assert_eq!(writer.into_vec().get(2..), Some(expected), "{number}");
    }

    #[test]
    fn integers_are_short() {
        check_integer(0, &[0]);
        check_integer(127, &[127]);
        check_integer(128, &[0, 128]);
        check_integer(-1, &[0xff]);
        check_integer(-128, &[0x80]);
        check_integer(-129, &[0xff, 0x7f]);
        check_integer(0x7fff_ffff, &[0x7f, 0xff, 0xff, 0xff]);
        check_integer(-0x8000_0000, &[0x80, 0, 0, 0]);
    }

    #[test]
    fn whatever_is_nested_can_be_read_again() {
        for length in [0_usize, 1, 127, 128, 255, 256, 65_535, 65_536] {
            let mut writer = Writer::default();
            writer.nest(tag::SEQUENCE, |w| {
                w.nest(tag::SET, |w| w.octets(vec![7; length]));
                w.flag(tag::BOOLEAN, true);
            });
            let bytes = writer.into_vec();
            let mut reader = Reader::new(&bytes);
            let mut parts = reader.parts(tag::SEQUENCE).unwrap();
            assert!(reader.is_empty());
            let inner = parts.parts(tag::SET).unwrap().expect(tag::OCTETS).unwrap();
            assert_eq!((inner.len(), inner.iter().all(|byte| *byte == 7)), (length, true));
            assert_eq!(parts.flag(false), Ok(true));
        }
    }
}
