//! The process of a server that tests started.

use std::fs::{self, OpenOptions};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::machine::Watchdog;

/// How long a server may take to answer.
pub(crate) const READY_WITHIN: Duration = Duration::from_secs(60);
/// How long it is left alone between two questions.
const PAUSE: Duration = Duration::from_millis(10);

/// A running server. Killed when dropped, and also when this process ends in any other way.
#[derive(Debug)]
pub(crate) struct Process {
    /// What it is called when something is wrong with it.
    name: &'static str,
    child: Child,
    /// Taken when the server is gone.
    watchdog: Option<Watchdog>,
}

impl Process {
    /// Runs a server in front, called `name`. What it prints is added to `log` in `dir`. Where this process
    /// is gone without having stopped it, it gets `signal`, and `dir` is removed.
    pub(crate) fn spawn(
        name: &'static str,
        command: &mut Command,
        dir: &Path,
        log: &str,
        signal: &str,
    ) -> Result<Self> {
        let output = OpenOptions::new().create(true).append(true).open(dir.join(log))?;
        let child = command
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()
            .with_context(|| format!("cannot run {name}"))?;
        // From here on it is killed, whatever comes.
        let mut process = Self { name, child, watchdog: None };
        process.watchdog = Some(Watchdog::watch(&process.id(), signal, dir)?);
        Ok(process)
    }

    /// Its number.
    pub(crate) fn id(&self) -> String {
        self.child.id().to_string()
    }

    /// Waits until the server is ready. What is in `logs` tells why it does not get there.
    pub(crate) fn wait_until(&mut self, ready: impl Fn() -> bool, logs: &[&Path]) -> Result<()> {
        let deadline = Instant::now() + READY_WITHIN;
        while !ready() {
            if self.child.try_wait()?.is_some() || Instant::now() >= deadline {
                let read = |log: &&Path| fs::read_to_string(log).unwrap_or_default();
                bail!("{} did not start: {}", self.name, logs.iter().map(read).collect::<String>());
            }
            std::thread::sleep(PAUSE);
        }
        Ok(())
    }

    /// Asks the server to end, and waits so long for that; whether it did, and well.
    pub(crate) fn ask_to_end(&mut self, signal: &str, within: Duration) -> Result<bool> {
        let asked =
            Command::new("kill").arg(format!("-{signal}")).arg(self.id()).status().context("cannot run kill")?;
        let deadline = Instant::now() + within;
        while asked.success() && Instant::now() < deadline {
            if let Some(ended) = self.child.try_wait()? {
                return Ok(ended.success());
            }
            std::thread::sleep(PAUSE);
        }
        Ok(false)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(watchdog) = self.watchdog.take() {
            watchdog.dismiss();
        }
        // Both fail only where it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
