//! The way to a server, encrypted or not.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use patchbay_capability::ldap::Error;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::unavailable;
use crate::options::Server;

/// The way to a server.
#[derive(Debug)]
pub(super) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    #[cfg(unix)]
    Socket(UnixStream),
}

impl Stream {
    /// Connects, without TLS.
    pub(super) async fn open(server: &Server) -> Result<Self, Error> {
        let failed = |error: io::Error| unavailable(format!("the server cannot be reached: {error}"));
        if server.is_socket() {
            #[cfg(unix)]
            return UnixStream::connect(&server.host).await.map(Self::Socket).map_err(failed);
            #[cfg(not(unix))]
            return Err(unavailable("there are no such sockets on this system"));
        }
        let stream = TcpStream::connect((server.host.as_str(), server.port)).await.map_err(failed)?;
        // An answer is waited for after each request: it must not wait for the next one.
        stream.set_nodelay(true).map_err(failed)?;
        Ok(Self::Plain(stream))
    }

    /// Encrypts from here on, once the server has proved that it is `host`.
    pub(super) async fn encrypt(self, host: &str, config: &Arc<ClientConfig>) -> Result<Self, Error> {
        let Self::Plain(stream) = self else { return Err(unavailable("this way cannot be encrypted")) };
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| unavailable("no certificate can be for a server of this name"))?;
        match TlsConnector::from(Arc::clone(config)).connect(name, stream).await {
            Ok(stream) => Ok(Self::Tls(Box::new(stream))),
            Err(error) => Err(unavailable(format!("the encrypted way cannot be made: {}", describe(&error)))),
        }
    }

    /// The server's certificate, where the way is encrypted.
    #[cfg(feature = "gssapi")]
    pub(super) fn certificate(&self) -> Option<&[u8]> {
        let Self::Tls(stream) = self else { return None };
        stream.get_ref().1.peer_certificates()?.first().map(AsRef::as_ref)
    }

    /// Whether the server has said something, or hung up, that nobody has read.
    pub(super) fn has_news(&self) -> bool {
        let mut byte = [0];
        let stream = match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => stream.get_ref().0,
            // What is read here is missed by nobody: with news, the connection is over.
            #[cfg(unix)]
            Self::Socket(stream) => {
                let read = stream.try_read(&mut byte);
                return !read.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock);
            }
        };
        stream.poll_peek(&mut Context::from_waker(Waker::noop()), &mut ReadBuf::new(&mut byte)).is_ready()
    }
}

/// Without the names that a certificate is for, or should be for.
fn describe(error: &io::Error) -> String {
    use rustls::CertificateError::{BadSignature, NotValidForName, NotValidForNameContext, UnknownIssuer};
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match tls {
        Some(rustls::Error::InvalidCertificate(NotValidForName | NotValidForNameContext { .. })) => {
            "the server's certificate is for another name".to_owned()
        }
        Some(rustls::Error::InvalidCertificate(UnknownIssuer | BadSignature)) => {
            "the server's certificate is by an authority that is not trusted".to_owned()
        }
        _ => error.to_string(),
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
            #[cfg(unix)]
            Self::Socket(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
            #[cfg(unix)]
            Self::Socket(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
            #[cfg(unix)]
            Self::Socket(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
            #[cfg(unix)]
            Self::Socket(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
