//! TLS as TDS has it: the handshake in packets of its own, then as it is.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

const PRELOGIN: u8 = 0x12;
const HEADER: usize = 8;
const PACKET: usize = 4088;

/// Where the handshake takes place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// After the first message, in packets.
    Negotiated,
    /// Before anything else (TDS 8.0).
    Strict,
}

/// A socket with TLS in packets, until told otherwise.
pub(super) struct Wrapped {
    socket: TcpStream,
    wrapping: bool,
    header: Vec<u8>,
    /// Of the packet being read.
    left: usize,
    out: Vec<u8>,
}

impl Wrapped {
    pub(super) fn new(socket: TcpStream) -> Self {
        Self { socket, wrapping: true, header: Vec::new(), left: 0, out: Vec::new() }
    }

    pub(super) fn unwrap_from_here(&mut self) {
        self.wrapping = false;
    }

    fn drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.out.is_empty() {
            let written = ready!(Pin::new(&mut self.socket).poll_write(cx, &self.out))?;
            self.out.drain(..written);
        }
        Poll::Ready(Ok(()))
    }

    fn read_some(&mut self, cx: &mut Context<'_>, limit: usize) -> Poll<io::Result<Vec<u8>>> {
        let mut space = vec![0; limit];
        let mut buffer = ReadBuf::new(&mut space);
        ready!(Pin::new(&mut self.socket).poll_read(cx, &mut buffer))?;
        Poll::Ready(Ok(buffer.filled().to_vec()))
    }
}

impl AsyncRead for Wrapped {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if !self.wrapping {
            return Pin::new(&mut self.socket).poll_read(cx, buf);
        }
        while self.left == 0 {
            let missing = HEADER - self.header.len();
            let some = ready!(self.read_some(cx, missing))?;
            if some.is_empty() {
                return Poll::Ready(Ok(()));
            }
            self.header.extend(some);
            if self.header.len() == HEADER {
                self.left = usize::from(u16::from_be_bytes([self.header[2], self.header[3]])) - HEADER;
                self.header.clear();
            }
        }
        let limit = self.left.min(buf.remaining());
        let some = ready!(self.read_some(cx, limit))?;
        self.left -= some.len();
        buf.put_slice(&some);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wrapped {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.drain(cx))?;
        if !self.wrapping {
            return Pin::new(&mut self.socket).poll_write(cx, data);
        }
        let piece = &data[..data.len().min(PACKET)];
        let length = u16::try_from(piece.len() + HEADER).unwrap().to_be_bytes();
        self.out.extend_from_slice(&[PRELOGIN, 1, length[0], length[1], 0, 0, 1, 0]);
        self.out.extend_from_slice(piece);
        Poll::Ready(Ok(piece.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.drain(cx))?;
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}
