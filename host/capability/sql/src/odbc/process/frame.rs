//! Messages on a pipe: length, then content.

use std::io::{self, Read, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Longest message, in bytes.
pub(super) const MAX: usize = 96 << 20;
/// What is read at a time; no more is set aside for a message than has come.
const PIECE: usize = 64 << 10;

/// A message as it is sent; an error where it is too long.
pub(super) fn encode<T: Serialize>(message: &T) -> io::Result<Vec<u8>> {
    let mut frame = vec![0; 4];
    frame = postcard::to_extend(message, frame).map_err(invalid)?;
    let length = frame.len().saturating_sub(4);
    let prefix = u32::try_from(length).ok().filter(|_| length <= MAX);
    let prefix = prefix.ok_or_else(|| invalid("a message that is too long"))?.to_le_bytes();
    if let Some(start) = frame.first_chunk_mut::<4>() {
        *start = prefix;
    }
    Ok(frame)
}

/// Writes a message.
pub(super) fn write<T: Serialize>(output: &mut impl Write, message: &T) -> io::Result<()> {
    send(output, &encode(message)?)
}

/// Writes a message that is encoded.
pub(super) fn send(output: &mut impl Write, frame: &[u8]) -> io::Result<()> {
    output.write_all(frame)?;
    output.flush()
}

/// Reads a message; none at the end of the input.
pub(super) fn read<T: DeserializeOwned>(input: &mut impl Read) -> io::Result<Option<T>> {
    let mut length = [0; 4];
    let mut got = 0;
    while let Some(rest) = length.get_mut(got..).filter(|rest| !rest.is_empty()) {
        match input.read(rest) {
            Ok(0) if got == 0 => return Ok(None),
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(more) => got += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let length = usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX);
    if length > MAX {
        return Err(invalid("a message that is too long"));
    }
    let mut content = Vec::new();
    while content.len() < length {
        let start = content.len();
        content.resize(length.min(start + PIECE), 0);
        input.read_exact(content.get_mut(start..).unwrap_or_default())?;
    }
    postcard::from_bytes(&content).map(Some).map_err(invalid)
}

fn invalid<E: Into<Box<dyn std::error::Error + Send + Sync>>>(error: E) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let mut pipe = Vec::new();
        for message in ["", "x", &"y".repeat(200_000)] {
            write(&mut pipe, &message).unwrap();
        }
        let mut input = pipe.as_slice();
        assert_eq!(read::<String>(&mut input).unwrap().as_deref(), Some(""));
        assert_eq!(read::<String>(&mut input).unwrap().as_deref(), Some("x"));
        assert_eq!(read::<String>(&mut input).unwrap().map(|text| text.len()), Some(200_000));
        assert_eq!(read::<String>(&mut input).unwrap(), None);
    }

    #[test]
    fn what_is_no_message() {
        for input in [
            // Cut off in its length and in its content, far too long, and nonsense.
            vec![1, 0],
            vec![9, 0, 0, 0, 1],
            vec![0xff; 64],
            vec![1, 0, 0, 0, 0xff],
        ] {
            assert!(read::<String>(&mut input.as_slice()).is_err(), "{input:?}");
        }
    }
}
