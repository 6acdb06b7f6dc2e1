//! `patchbay serve`.

use super::Failure;
use crate::config::Config;
use crate::serve::{self, Options};

/// Serves until the process is told to stop.
pub(super) async fn run(config: Config, options: Options) -> Result<(), Failure> {
    // Before listening, so that no signal falls into the gap.
    let stop = Signals::new()?;
    let running = serve::start(config, options).await?;
    tracing::info!(target: "patchbay", url = running.origin(), "ready");
    let signal = stop.wait().await;
    tracing::info!(target: "patchbay", signal, "told to stop");
    running.shutdown().await;
    tracing::info!(target: "patchbay", "stopped");
    Ok(())
}

/// What tells a service to stop.
#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn wait(mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}

/// What tells a service to stop.
#[cfg(windows)]
struct Signals {
    ctrl_c: tokio::signal::windows::CtrlC,
    shutdown: tokio::signal::windows::CtrlShutdown,
}

#[cfg(windows)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self { ctrl_c: tokio::signal::windows::ctrl_c()?, shutdown: tokio::signal::windows::ctrl_shutdown()? })
    }

    async fn wait(mut self) -> &'static str {
        tokio::select! {
            _ = self.ctrl_c.recv() => "CTRL_C",
            _ = self.shutdown.recv() => "CTRL_SHUTDOWN",
        }
    }
}
