//! One request after the other, and their answers.
//!
//! Everything that is under way is kept here and not in a future: whoever waits may stop
//! waiting at any moment, and the next one knows what was sent and what is still to come.

mod stream;

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Waker};

use bytes::BytesMut;
use patchbay_capability::ldap::{Error, Failure};
use patchbay_pool::OpenGuard;
use rustls::ClientConfig;
use tokio::io::{AsyncReadExt as _, AsyncWrite as _, AsyncWriteExt as _};
use zeroize::Zeroizing;

use crate::ber::{self, Malformed, tag};
use crate::error;
use crate::message::{Answer, Message, Operation, Outcome, RawControl, envelope};
use crate::options::{Security, Server};
use stream::Stream;

/// StartTLS (RFC 4511 section 4.14.1).
const START_TLS: &str = "1.3.6.1.4.1.1466.20037";
/// Bytes to make room for at a time.
const ROOM: usize = 16 << 10;
/// An inbox larger than this is not kept.
const LARGE: usize = 256 << 10;

/// A connection's bytes.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: Stream,
    /// Longest message that is taken.
    max_message: usize,
    /// What came and was not read yet.
    inbox: BytesMut,
    /// What is to be sent, and how much of it is.
    outbox: Zeroizing<Vec<u8>>,
    sent: usize,
    /// Of the last request.
    last_id: i32,
    /// The request whose end has not come.
    pending: Option<Pending>,
    /// Whatever still comes for requests up to this one is of no interest.
    abandoned: i32,
    alive: bool,
    open: OpenGuard,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Pending {
    id: i32,
    /// It changes nothing, and can be abandoned.
    reads: bool,
    /// The tag of the answer that ends it.
    ends_with: Option<u8>,
}

impl Wire {
    /// Connects, with TLS where the options say so.
    pub(crate) async fn open(
        server: &Server,
        tls: Option<&Arc<ClientConfig>>,
        max_message: usize,
        open: OpenGuard,
    ) -> Result<Self, Error> {
        let mut wire = Self {
            stream: Stream::open(server).await?,
            max_message,
            inbox: BytesMut::new(),
            outbox: Zeroizing::default(),
            sent: 0,
            last_id: 0,
            pending: None,
            abandoned: 0,
            alive: true,
            open,
        };
        let Some(config) = tls.filter(|_| server.security != Security::Plain) else { return Ok(wire) };
        if server.security == Security::StartTls {
            let outcome = wire.ask(&Operation::Extended { name: START_TLS, value: None }, &[]).await?.0;
            if outcome.code != 0 {
                return Err(Error {
                    failure: Failure::Unavailable,
                    ..error::refused("the server does not encrypt the way (StartTLS)", &outcome)
                });
            }
            // Said in the clear, to be taken for something that was encrypted.
            if !wire.inbox.is_empty() {
                return Err(unavailable("the server said more than it was asked before the way was encrypted"));
            }
        }
        wire.stream = wire.stream.encrypt(&server.host, config).await?;
        Ok(wire)
    }

    /// The server's certificate, where the way is encrypted.
    #[cfg(feature = "gssapi")]
    pub(crate) fn certificate(&self) -> Option<&[u8]> {
        self.stream.certificate()
    }

    /// For a connection that goes with this one.
    pub(crate) fn guard(&self) -> OpenGuard {
        self.open.clone()
    }

    /// Whether it can be used still, as far as is known without asking.
    pub(crate) fn is_alive(&self) -> bool {
        // With nothing to wait for, whatever comes is a farewell.
        self.alive && (self.awaits_something() || (self.inbox.is_empty() && !self.stream.has_news()))
    }

    /// Whether something may come that was asked for.
    fn awaits_something(&self) -> bool {
        self.pending.is_some() || (self.abandoned > 0 && self.abandoned == self.last_id)
    }

    /// Whether a request has not come to its end.
    pub(crate) fn is_busy(&self) -> bool {
        self.pending.is_some() || !self.outbox.is_empty()
    }

    /// Whether a request that is under way may change something.
    pub(crate) fn is_writing(&self) -> bool {
        self.pending.is_some_and(|pending| !pending.reads)
    }

    /// Whether there is something that was not sent, or not wholly.
    pub(crate) fn has_unsent(&self) -> bool {
        !self.outbox.is_empty()
    }

    /// Sends a request; its number. One under way is abandoned.
    pub(crate) async fn send(&mut self, operation: &Operation<'_>, controls: &[RawControl]) -> Result<i32, Error> {
        self.abandon();
        let id = self.next_id();
        let message = envelope(id, operation, controls);
        if self.outbox.is_empty() {
            self.outbox = message;
        } else {
            self.outbox.extend_from_slice(&message);
        }
        let reads = matches!(operation, Operation::Search(_));
        self.pending = Some(Pending { id, reads, ends_with: operation.ends_with() });
        self.flush().await?;
        Ok(id)
    }

    /// Gives up the request under way, if any. The server learns of it with the next one.
    pub(crate) fn abandon(&mut self) {
        if let Some(Pending { id, reads, .. }) = self.pending.take() {
            // The server may have ended a write or not: it cannot be called back.
            if reads {
                let message = envelope(self.next_id(), &Operation::Abandon(id), &[]);
                self.outbox.extend_from_slice(&message);
            }
            self.abandoned = self.last_id;
        }
    }

    /// The next part of the answer to the request of this number.
    pub(crate) async fn receive(&mut self, id: i32) -> Result<Message, Error> {
        loop {
            let message = self.read().await?;
            if message.id == id {
                if !matches!(message.answer, Answer::Done(_)) {
                    return Ok(message);
                }
                let expected = self.pending.take().and_then(|pending| pending.ends_with);
                return if expected == Some(message.tag) {
                    Ok(message)
                } else {
                    Err(self.broken(Malformed("is to something else than was asked")))
                };
            }
            if message.id == 0 {
                return Err(self.farewell(message));
            }
            if message.id < 0 || message.id > self.abandoned {
                return Err(self.broken(Malformed("is to something that nobody asked")));
            }
        }
    }

    /// Sends a request that has one answer, and waits for it.
    pub(crate) async fn ask(
        &mut self,
        operation: &Operation<'_>,
        controls: &[RawControl],
    ) -> Result<(Outcome, Vec<RawControl>), Error> {
        let id = self.send(operation, controls).await?;
        self.outcome(id).await
    }

    /// The answer to a request that has one.
    pub(crate) async fn outcome(&mut self, id: i32) -> Result<(Outcome, Vec<RawControl>), Error> {
        loop {
            let message = self.receive(id).await?;
            match message.answer {
                Answer::Done(outcome) => return Ok((outcome, message.controls)),
                Answer::Intermediate { .. } => {}
                Answer::Entry(_) | Answer::Reference => {
                    return Err(self.broken(Malformed("has entries where none were asked for")));
                }
            }
        }
    }

    /// Waits for the end of the request under way, whatever it is.
    pub(crate) async fn settle(&mut self) -> Result<(), Error> {
        while let Some(Pending { id, .. }) = self.pending {
            self.receive(id).await?;
        }
        Ok(())
    }

    /// The server speaks no LDAP: there is no telling what comes next.
    pub(crate) fn broken(&mut self, malformed: Malformed) -> Error {
        self.lost(malformed.to_string())
    }

    /// Says goodbye, as far as that is possible without waiting. Whether the server hears it
    /// makes no difference.
    pub(crate) fn close(&mut self) {
        if !self.alive || self.sent > 0 {
            return;
        }
        self.alive = false;
        let farewell = envelope(self.last_id.saturating_add(1), &Operation::Unbind, &[]);
        let mut context = Context::from_waker(Waker::noop());
        let mut stream = Pin::new(&mut self.stream);
        if stream.as_mut().poll_write(&mut context, &farewell).is_ready() {
            let _ = stream.as_mut().poll_flush(&mut context);
            let _ = stream.poll_shutdown(&mut context);
        }
    }

    fn next_id(&mut self) -> i32 {
        // A connection does not live for two billion requests; should it, it is not taken
        // for one that does.
        self.last_id = self.last_id.checked_add(1).unwrap_or_else(|| {
            self.alive = false;
            1
        });
        self.last_id
    }

    async fn flush(&mut self) -> Result<(), Error> {
        while let Some(rest) = self.outbox.get(self.sent..).filter(|rest| !rest.is_empty()) {
            match self.stream.write(rest).await {
                Ok(0) => return Err(self.lost("the server closed the connection")),
                Ok(count) => self.sent += count,
                Err(error) => return Err(self.lost(format!("the connection was lost: {error}"))),
            }
        }
        if let Err(error) = self.stream.flush().await {
            return Err(self.lost(format!("the connection was lost: {error}")));
        }
        self.outbox = Zeroizing::default();
        self.sent = 0;
        Ok(())
    }

    /// The next message, whatever it is.
    async fn read(&mut self) -> Result<Message, Error> {
        loop {
            if self.inbox.first().is_some_and(|first| *first != tag::SEQUENCE) {
                return Err(self.broken(Malformed("is no LDAP")));
            }
            let length = ber::frame(&self.inbox).map_err(|malformed| self.broken(malformed))?;
            if let Some(length) = length {
                if length > self.max_message {
                    return Err(self.broken(Malformed("is longer than the binding's settings allow")));
                }
                if length <= self.inbox.len() {
                    let bytes = take(&mut self.inbox, length);
                    // Small parts take more room than they have bytes.
                    let room = self.max_message.saturating_mul(2);
                    return Message::parse(&bytes, room).map_err(|malformed| self.broken(malformed));
                }
            }
            // As it comes, and not as it is announced.
            self.inbox.reserve(ROOM);
            match self.stream.read_buf(&mut self.inbox).await {
                Ok(0) => return Err(self.lost("the server closed the connection")),
                Ok(_) => {}
                Err(error) => return Err(self.lost(format!("the connection was lost: {error}"))),
            }
        }
    }

    /// Something that was not asked for: mostly a notice of disconnection.
    fn farewell(&mut self, message: Message) -> Error {
        match message.answer {
            Answer::Done(outcome) => Error {
                failure: Failure::Unavailable,
                ..error::refused(&self.lost("the server closes the connection").message, &outcome)
            },
            _ => self.broken(Malformed("is to nothing")),
        }
    }

    fn lost(&mut self, message: impl Into<String>) -> Error {
        self.alive = false;
        let error = unavailable(message);
        // Whoever waits for an answer is told; this is for those who read the log.
        tracing::debug!(target: "patchbay::ldap", reason = %error, "a connection was lost");
        error
    }
}

/// Takes the first bytes out of an inbox. What one long message needed is not kept for the
/// short ones after it.
fn take(inbox: &mut BytesMut, length: usize) -> BytesMut {
    let bytes = inbox.split_to(length);
    if inbox.is_empty() && inbox.capacity().saturating_add(length) > LARGE {
        *inbox = BytesMut::new();
    }
    bytes
}

/// No connection, or none any more.
pub(crate) fn unavailable(message: impl Into<String>) -> Error {
    Error::new(Failure::Unavailable, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_inbox_is_not_kept() {
        for (room, length, rest, kept) in [
            (ROOM, 1000, 0, true),
            (LARGE * 2, 1000, 0, false),
            (LARGE * 2, LARGE * 2, 0, false),
            // There is more in it.
            (LARGE * 2, 1000, 1, true),
        ] {
            let mut inbox = BytesMut::with_capacity(room);
            inbox.resize(length + rest, 0);
            assert_eq!(take(&mut inbox, length).len(), length);
            assert_eq!((inbox.len(), inbox.capacity() > 0), (rest, kept), "{room} {length} {rest}");
        }
    }
}
