//! Accepts connections and serves them until told to stop.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::edge::Edge;
use super::head;
use super::patience::Patient;
use super::tls::Certificates;
use super::usage::Usage;
use crate::config::ServerLimits;

/// Streams one HTTP/2 connection may have open.
const MAX_STREAMS: u32 = 128;

/// How often an HTTP/2 connection is asked whether it still lives.
const PING: Duration = Duration::from_secs(30);

/// How long to wait when the system has no more sockets to give.
const EXHAUSTED: Duration = Duration::from_millis(100);

/// How often certificate files are looked at.
const RELOAD: Duration = Duration::from_secs(2);

/// Serves until `stopped`, then finishes what is under way.
pub(super) async fn serve(
    listener: TcpListener,
    certificates: Option<Certificates>,
    edge: Arc<Edge>,
    limits: ServerLimits,
    mut stopped: watch::Receiver<bool>,
) {
    let acceptor = certificates.as_ref().map(|certificates| TlsAcceptor::from(certificates.server_config()));
    let graceful = GracefulShutdown::new();
    let permits = Arc::new(Semaphore::new(limits.connections.min(Semaphore::MAX_PERMITS)));
    let mut connections = JoinSet::new();
    let mut reload = tokio::time::interval(RELOAD);
    loop {
        let accepted = async {
            // The semaphore is never closed.
            let permit = Arc::clone(&permits).acquire_owned().await.ok();
            (listener.accept().await, permit)
        };
        tokio::select! {
            () = told(&mut stopped) => break,
            (accepted, permit) = accepted => match accepted {
                Ok((stream, _)) => {
                    let connection = Connection { edge: Arc::clone(&edge), limits, watcher: graceful.watcher() };
                    let acceptor = acceptor.clone();
                    connections.spawn(async move {
                        let _permit = permit;
                        if let Err(error) = connection.run(stream, acceptor).await {
                            tracing::debug!(target: "patchbay::http", %error, "connection ended");
                        }
                    });
                }
                Err(error) => {
                    tracing::warn!(target: "patchbay::http", %error, "cannot accept a connection");
                    tokio::time::sleep(EXHAUSTED).await;
                }
            },
            Some(_) = connections.join_next() => {}
            _ = reload.tick(), if certificates.is_some() => {
                if let Some(certificates) = &certificates {
                    certificates.reload_if_changed();
                }
            }
        }
    }
    drop(listener);
    edge.stop();
    tracing::info!(target: "patchbay::http", connections = connections.len(), "stopping");
    let finished = async {
        graceful.shutdown().await;
        edge.idle().await;
    };
    if tokio::time::timeout(limits.shutdown_timeout, finished).await.is_err() {
        tracing::warn!(target: "patchbay::http", "requests were still under way and are abandoned");
        connections.abort_all();
    }
}

/// Waits for the word to stop; the sender's end is one as well.
async fn told(stopped: &mut watch::Receiver<bool>) {
    while !*stopped.borrow_and_update() && stopped.changed().await.is_ok() {}
}

/// One connection.
struct Connection {
    edge: Arc<Edge>,
    limits: ServerLimits,
    watcher: Watcher,
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

impl Connection {
    async fn run(self, stream: TcpStream, acceptor: Option<TlsAcceptor>) -> Result<(), BoxError> {
        stream.set_nodelay(true)?;
        let stream = Patient::new(stream, self.limits.answer_timeout);
        let Some(acceptor) = acceptor else { return self.http1(stream).await };
        let handshake = tokio::time::timeout(self.limits.header_timeout, acceptor.accept(stream));
        let stream = handshake.await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
            self.http2(stream).await
        } else {
            self.http1(stream).await
        }
    }

    async fn http1<S>(self, stream: S) -> Result<(), BoxError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let edge = self.edge;
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.header_timeout)
            .max_buf_size(head::READ)
            .max_headers(head::READ_FIELDS)
            .serve_connection(TokioIo::new(stream), service_fn(move |request| Arc::clone(&edge).answer(request)));
        Ok(Box::pin(self.watcher.watch(connection)).await?)
    }

    async fn http2<S>(self, stream: S) -> Result<(), BoxError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (edge, limits, usage) = (self.edge, self.limits, Usage::new());
        let service = service_fn({
            let usage = usage.clone();
            move |request| {
                let (edge, open) = (Arc::clone(&edge), usage.begin());
                async move { edge.answer(request).await.map(|response| open.answer(response)) }
            }
        });
        let connection = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .keep_alive_interval(PING)
            .keep_alive_timeout(limits.header_timeout)
            .max_concurrent_streams(MAX_STREAMS)
            .max_header_list_size(u32::try_from(head::READ).unwrap_or(u32::MAX))
            .serve_connection(TokioIo::new(stream), service);
        tokio::select! {
            ended = Box::pin(self.watcher.watch(connection)) => Ok(ended?),
            () = usage.over(limits.header_timeout, limits.answer_timeout) => {
                Err(io::Error::new(io::ErrorKind::TimedOut, "the client asks for nothing, or does not read").into())
            }
        }
    }
}
