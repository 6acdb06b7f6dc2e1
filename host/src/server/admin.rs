//! `/healthz` and `/readyz`, on a listener, thread and runtime of their own: they
//! answer also when the main runtime is busy.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::logging;

/// Time for a request's head.
const HEAD: Duration = Duration::from_secs(5);

/// Connections open at a time; it is a monitoring system that asks, not the world.
const CONNECTIONS: usize = 32;

/// The health endpoints. They end with the process, as readiness is asked for until then.
#[derive(Debug)]
pub(super) struct Admin {
    address: SocketAddr,
}

impl Admin {
    /// Listens on `address`. `/readyz` says no once `stopping` is true.
    pub(super) fn start(address: SocketAddr, stopping: watch::Receiver<bool>) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        thread::Builder::new().name("patchbay-admin".to_owned()).spawn(move || {
            runtime.block_on(serve(listener, stopping));
        })?;
        Ok(Self { address })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}

async fn serve(listener: std::net::TcpListener, mut stopping: watch::Receiver<bool>) {
    let listener = match TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => {
            tracing::error!(target: "patchbay::http", %error, "the health endpoints cannot be served");
            return;
        }
    };
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept(), if connections.len() < CONNECTIONS => match accepted {
                Ok((stream, _)) => { connections.spawn(connection(stream, stopping.clone())); }
                Err(error) => {
                    tracing::warn!(target: "patchbay::http", %error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
            Some(_) = connections.join_next() => {}
            // Gone with the server: no more readiness to tell of.
            () = gone(&mut stopping) => return,
        }
    }
}

/// Waits until the server is gone.
async fn gone(stopping: &mut watch::Receiver<bool>) {
    while stopping.changed().await.is_ok() {}
}

async fn connection(stream: TcpStream, stopping: watch::Receiver<bool>) {
    let service = service_fn(move |request: Request<Incoming>| {
        let stopping = *stopping.borrow();
        async move { Ok::<_, Infallible>(answer(request.method(), request.uri().path(), stopping)) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(target: "patchbay::http", %error, "health connection ended");
    }
}

fn answer(method: &Method, path: &str, stopping: bool) -> Response<Full<Bytes>> {
    let (status, text) = match (method, path) {
        (&Method::GET | &Method::HEAD, "/healthz") => (StatusCode::OK, "ok\n"),
        (&Method::GET | &Method::HEAD, "/readyz") if stopping => (StatusCode::SERVICE_UNAVAILABLE, "stopping\n"),
        (&Method::GET | &Method::HEAD, "/readyz") if logging::failed() => {
            (StatusCode::SERVICE_UNAVAILABLE, "the log cannot be written\n")
        }
        (&Method::GET | &Method::HEAD, "/readyz") => (StatusCode::OK, "ready\n"),
        _ => (StatusCode::NOT_FOUND, "not found\n"),
    };
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    response
}
