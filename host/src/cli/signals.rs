//! Signals that ask a process to stop, and one that does not.

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What tells a process to stop.
#[cfg(unix)]
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    /// Where it does not end the process.
    hang_up: Option<Signal>,
}

#[cfg(unix)]
impl Signals {
    /// From now on, signals do not end the process: whoever has this is told.
    pub(super) fn new() -> std::io::Result<Self> {
        let (terminate, interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        Ok(Self { terminate, interrupt, hang_up: None })
    }

    /// Neither does SIGHUP, of which nobody is told: terminals that are closed, service managers
    /// and those who rotate logs send it to servers, and mean no end by it.
    pub(super) fn surviving_hang_ups(self) -> std::io::Result<Self> {
        Ok(Self { hang_up: Some(signal(SignalKind::hangup())?), ..self })
    }

    /// Waits for the first one; its name.
    pub(super) async fn wait(mut self) -> &'static str {
        loop {
            tokio::select! {
                _ = self.terminate.recv() => return "SIGTERM",
                _ = self.interrupt.recv() => return "SIGINT",
                () = hung_up(&mut self.hang_up) => tracing::info!(
                    target: "patchbay",
                    signal = "SIGHUP",
                    "signal ignored: files that change are read again without one"
                ),
            }
        }
    }
}

/// Waits for SIGHUP; for ever where it ends the process.
#[cfg(unix)]
async fn hung_up(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => {
            // None only where the runtime ends, and this with it.
            let _ = signal.recv().await;
        }
        None => std::future::pending().await,
    }
}

/// What tells a process to stop.
#[cfg(windows)]
pub(super) struct Signals {
    ctrl_c: tokio::signal::windows::CtrlC,
    shutdown: tokio::signal::windows::CtrlShutdown,
}

#[cfg(windows)]
impl Signals {
    /// From now on, signals do not end the process: whoever has this is told.
    pub(super) fn new() -> std::io::Result<Self> {
        Ok(Self { ctrl_c: tokio::signal::windows::ctrl_c()?, shutdown: tokio::signal::windows::ctrl_shutdown()? })
    }

    /// There is no SIGHUP.
    pub(super) fn surviving_hang_ups(self) -> std::io::Result<Self> {
        Ok(self)
    }

    /// Waits for the first one; its name.
    pub(super) async fn wait(mut self) -> &'static str {
        tokio::select! {
            _ = self.ctrl_c.recv() => "CTRL_C",
            _ = self.shutdown.recv() => "CTRL_SHUTDOWN",
        }
    }
}
