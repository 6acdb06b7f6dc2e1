//! The bytes of TDS, as far as the driver under test needs them ([MS-TDS] 2.2).

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::login::Login;

const BATCH: u8 = 0x01;
const RPC: u8 = 0x03;
const RESPONSE: u8 = 0x04;
const LOGIN: u8 = 0x10;
const LAST: u8 = 0x01;
const HEADER: usize = 8;
/// Bytes of a packet without its header; the client says 4096 with it.
const PACKET: usize = 4088;

/// What a server says of encryption in its PRELOGIN.
pub(super) const ENCRYPTION: u8 = 0x03;
pub(super) const NO_ENCRYPTION: u8 = 0x02;

/// A message of the client.
#[derive(Debug)]
pub(super) enum Message {
    Batch(String),
    /// `sp_executesql`: the statement, and the declaration of its parameters.
    Procedure {
        statement: String,
        types: String,
    },
    Login(Login),
    Other,
}

/// Reads one message.
pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> std::io::Result<Message> {
    let mut body = Vec::new();
    loop {
        let mut header = [0; HEADER];
        stream.read_exact(&mut header).await?;
        let length = usize::from(u16::from_be_bytes([header[2], header[3]])) - HEADER;
        let start = body.len();
        body.resize(start + length, 0);
        stream.read_exact(&mut body[start..]).await?;
        if header[1] & LAST != 0 {
            return Ok(parse(header[0], &body));
        }
    }
}

fn parse(kind: u8, body: &[u8]) -> Message {
    if kind == LOGIN {
        return Message::Login(Login::parse(body));
    }
    if kind != BATCH && kind != RPC {
        return Message::Other;
    }
    let headers = u32::from_le_bytes(body[..4].try_into().unwrap());
    let mut rest = &body[usize::try_from(headers).unwrap()..];
    if kind == BATCH {
        return Message::Batch(utf16(rest));
    }
    // 0xffff, the procedure's number, options.
    rest = &rest[6..];
    let statement = parameter(&mut rest);
    let types = parameter(&mut rest);
    Message::Procedure { statement, types }
}

/// A parameter of type `nvarchar`.
fn parameter(rest: &mut &[u8]) -> String {
    let name = usize::from(rest[0]) * 2;
    let mut at = 1 + name + 1;
    assert_eq!(rest[at], 0xe7, "not an nvarchar");
    let long = rest[at + 1..at + 3] == [0xff, 0xff];
    at += 3 + 5;
    let mut bytes = Vec::new();
    if long {
        at += 8;
        loop {
            let chunk = usize::try_from(u32::from_le_bytes(rest[at..at + 4].try_into().unwrap())).unwrap();
            at += 4;
            if chunk == 0 {
                break;
            }
            bytes.extend_from_slice(&rest[at..at + chunk]);
            at += chunk;
        }
    } else {
        let length = usize::from(u16::from_le_bytes([rest[at], rest[at + 1]]));
        at += 2;
        bytes.extend_from_slice(&rest[at..at + length]);
        at += length;
    }
    *rest = &rest[at..];
    utf16(&bytes)
}

pub(super) fn utf16(bytes: &[u8]) -> String {
    let units: Vec<u16> = bytes.as_chunks::<2>().0.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
    String::from_utf16(&units).unwrap()
}

async fn packets(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8], last: bool) -> std::io::Result<()> {
    let count = bytes.len().div_ceil(PACKET).max(1);
    for index in 0..count {
        let piece = &bytes[index * PACKET..bytes.len().min((index + 1) * PACKET)];
        let length = u16::try_from(piece.len() + HEADER).unwrap().to_be_bytes();
        let status = if last && index + 1 == count { LAST } else { 0 };
        let mut packet = vec![RESPONSE, status, length[0], length[1], 0, 0, 1, 0];
        packet.extend_from_slice(piece);
        stream.write_all(&packet).await?;
    }
    stream.flush().await
}

/// A whole response.
pub(super) async fn write(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> std::io::Result<()> {
    packets(stream, bytes, true).await
}

/// The end of a response.
pub(super) async fn write_last(stream: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> std::io::Result<()> {
    packets(stream, bytes, true).await
}

/// A piece of a response, which is taken.
pub(super) async fn write_some(stream: &mut (impl AsyncWrite + Unpin), bytes: &mut Vec<u8>) -> std::io::Result<()> {
    let piece = std::mem::take(bytes);
    if piece.is_empty() { Ok(()) } else { packets(stream, &piece, false).await }
}

/// Version and encryption, each with its place and length; then what they are.
pub(super) fn prelogin(encryption: u8) -> Vec<u8> {
    let mut out = vec![0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff];
    out.extend_from_slice(&[16, 0, 0, 0, 0, 0, encryption]);
    out
}

pub(super) fn login_ack() -> Vec<u8> {
    let mut body = vec![1];
    body.extend_from_slice(&0x7400_0004_u32.to_be_bytes());
    short_text("Scripted", &mut body);
    body.extend_from_slice(&[16, 0, 0, 0]);
    let mut out = vec![0xad];
    out.extend_from_slice(&u16::try_from(body.len()).unwrap().to_le_bytes());
    out.extend_from_slice(&body);
    done(false, false, &mut out);
    out
}

fn short_text(text: &str, out: &mut Vec<u8>) {
    let units: Vec<u16> = text.encode_utf16().collect();
    out.push(u8::try_from(units.len()).unwrap());
    out.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
}

/// A value of a row.
pub(super) enum Cell {
    Number(i64),
    Text(Option<String>),
}

/// `bigint` where the name starts with `i`, else `nvarchar(4000)`.
pub(super) fn columns(names: &[&str], out: &mut Vec<u8>) {
    out.push(0x81);
    out.extend_from_slice(&u16::try_from(names.len()).unwrap().to_le_bytes());
    for name in names {
        out.extend_from_slice(&[0, 0, 0, 0, 1, 0]);
        if name.starts_with('i') || name.starts_with("patchbay") {
            out.extend_from_slice(&[0x26, 8]);
        } else {
            out.extend_from_slice(&[0xe7, 0x40, 0x1f, 0x09, 0x04, 0xd0, 0x00, 0x34]);
        }
        short_text(name, out);
    }
}

pub(super) fn row(cells: &[Cell], out: &mut Vec<u8>) {
    out.push(0xd1);
    for cell in cells {
        match cell {
            Cell::Number(number) => {
                out.push(8);
                out.extend_from_slice(&number.to_le_bytes());
            }
            Cell::Text(None) => out.extend_from_slice(&[0xff, 0xff]),
            Cell::Text(Some(text)) => {
                let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
                out.extend_from_slice(&u16::try_from(bytes.len()).unwrap().to_le_bytes());
                out.extend_from_slice(&bytes);
            }
        }
    }
}

pub(super) fn error(number: u32, class: u8, sentence: &str, out: &mut Vec<u8>) {
    let mut body = number.to_le_bytes().to_vec();
    body.extend_from_slice(&[1, class]);
    let units: Vec<u16> = sentence.encode_utf16().collect();
    body.extend_from_slice(&u16::try_from(units.len()).unwrap().to_le_bytes());
    body.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
    short_text("here", &mut body);
    short_text("", &mut body);
    body.extend_from_slice(&1_u32.to_le_bytes());
    out.push(0xaa);
    out.extend_from_slice(&u16::try_from(body.len()).unwrap().to_le_bytes());
    out.extend_from_slice(&body);
}

/// A change of address: TCP, port, host.
pub(super) fn route(port: u16, out: &mut Vec<u8>) {
    let host: Vec<u8> = "127.0.0.1".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut value = vec![0];
    value.extend_from_slice(&port.to_le_bytes());
    value.extend_from_slice(&u16::try_from(host.len() / 2).unwrap().to_le_bytes());
    value.extend_from_slice(&host);
    let mut body = vec![20];
    body.extend_from_slice(&u16::try_from(value.len()).unwrap().to_le_bytes());
    body.extend_from_slice(&value);
    body.extend_from_slice(&[0, 0]);
    out.push(0xe3);
    out.extend_from_slice(&u16::try_from(body.len()).unwrap().to_le_bytes());
    out.extend_from_slice(&body);
}

fn end(token: u8, status: u16, rows: u64, out: &mut Vec<u8>) {
    out.push(token);
    out.extend_from_slice(&status.to_le_bytes());
    out.extend_from_slice(&[0, 0]);
    out.extend_from_slice(&rows.to_le_bytes());
}

/// The end of one statement among others, with its count.
pub(super) fn done_in(procedure: bool, rows: u64, out: &mut Vec<u8>) {
    end(if procedure { 0xff } else { 0xfd }, 0x11, rows, out);
}

/// The end of all.
pub(super) fn done(procedure: bool, failed: bool, out: &mut Vec<u8>) {
    if procedure {
        // The procedure's return value.
        out.push(0x79);
        out.extend_from_slice(&0_u32.to_le_bytes());
    }
    end(if procedure { 0xfe } else { 0xfd }, if failed { 0x02 } else { 0 }, 0, out);
}
