//! Whether an HTTP/2 connection is of use: it is held to the same times as one of HTTP/1,
//! which its pings say nothing of.

use std::collections::HashMap;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::answer::HttpResponse;

/// How much of an answer is handed over at a time: what is handed over is kept until the
/// client takes it, and it is not known when that is.
const PIECE: usize = 64 * 1024;

/// What goes on on one connection.
#[derive(Debug, Clone)]
pub(super) struct Usage(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    next: u64,
    /// Requests that are not done with; each with the time since which its answer waits for
    /// the client, if it does.
    open: HashMap<u64, Option<Instant>>,
    /// When the last one was done with.
    idle_since: Instant,
}

impl Usage {
    /// Of a new connection.
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(State { next: 0, open: HashMap::new(), idle_since: Instant::now() })))
    }

    /// Notes a request, until what is returned is dropped.
    pub(super) fn begin(&self) -> Open {
        let mut state = self.state();
        let key = state.next;
        state.next += 1;
        state.open.insert(key, None);
        drop(state);
        Open { usage: self.clone(), key }
    }

    /// Returns once there was no request for `idle`, or an answer of which nothing was taken
    /// for `patience`.
    pub(super) async fn over(&self, idle: Duration, patience: Duration) {
        loop {
            let now = Instant::now();
            let due = {
                let state = self.state();
                match state.open.values().flatten().min() {
                    Some(since) => *since + patience,
                    None if state.open.is_empty() => state.idle_since + idle,
                    // All are being worked on, which has a time of its own.
                    None => now + patience,
                }
            };
            if due <= now {
                return;
            }
            tokio::time::sleep(due - now).await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request that is not done with.
#[derive(Debug)]
pub(super) struct Open {
    usage: Usage,
    key: u64,
}

impl Open {
    /// The answer, which keeps the request open until it is handed over.
    pub(super) fn answer(self, response: HttpResponse) -> http::Response<Pieces> {
        self.wait();
        response.map(|mut body| Pieces { bytes: taken(&mut body), open: self })
    }

    /// From now on the client is waited for.
    fn wait(&self) {
        self.usage.state().open.insert(self.key, Some(Instant::now()));
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut state = self.usage.state();
        state.open.remove(&self.key);
        state.idle_since = Instant::now();
    }
}

/// All of a body that is there already.
fn taken(body: &mut http_body_util::Full<Bytes>) -> Bytes {
    match Pin::new(body).poll_frame(&mut Context::from_waker(std::task::Waker::noop())) {
        Poll::Ready(Some(Ok(frame))) => frame.into_data().unwrap_or_default(),
        _ => Bytes::new(),
    }
}

/// A body that is handed over piece by piece.
#[derive(Debug)]
pub(super) struct Pieces {
    bytes: Bytes,
    open: Open,
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = self.get_mut();
        if this.bytes.is_empty() {
            return Poll::Ready(None);
        }
        this.open.wait();
        let piece = this.bytes.split_to(this.bytes.len().min(PIECE));
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(u64::try_from(self.bytes.len()).unwrap_or(u64::MAX))
    }
}
