//! A network cable that can be pulled: forwards TCP until it is unplugged.

use anyhow::{Context, Result};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Forwards from a free port on loopback to another one.
#[derive(Debug)]
pub(crate) struct Wire {
    port: u16,
    plugged: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Wire {
    /// A plugged wire to `port` on this machine.
    pub(crate) async fn to(port: u16) -> Result<Self> {
        Self::to_host("127.0.0.1", port).await
    }

    /// A plugged wire to `port` of another machine.
    pub(crate) async fn to_host(host: &str, port: u16) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.context("no free port")?;
        let own = listener.local_addr()?.port();
        let (plugged, state) = watch::channel(true);
        let task = tokio::spawn(accept(listener, (host.to_owned(), port), state));
        Ok(Self { port: own, plugged, task })
    }

    /// The port to connect to.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Cuts every connection and lets no new one through, or lets them through again.
    pub(crate) fn plug(&self, plugged: bool) {
        self.plugged.send_replace(plugged);
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.plug(false);
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, to: (String, u16), plugged: watch::Receiver<bool>) {
    while let Ok((near, _)) = listener.accept().await {
        if *plugged.borrow() {
            tokio::spawn(forward(near, to.clone(), plugged.clone()));
        }
    }
}

/// Copies both ways until an end closes or the wire is pulled.
async fn forward(mut near: TcpStream, to: (String, u16), mut plugged: watch::Receiver<bool>) {
    let Ok(mut far) = TcpStream::connect(to).await else { return };
    tokio::select! {
        // How a connection ended is for its ends to know.
        _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
        _ = plugged.wait_for(|plugged| !plugged) => {}
    }
}
