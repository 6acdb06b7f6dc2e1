//! `patchbay serve`.

use super::Failure;
use super::signals::Signals;
use crate::config::Config;
use crate::serve::{self, Options};

/// Serves until the process is told to stop.
pub(super) async fn run(config: Config, options: Options) -> Result<(), Failure> {
    // Before listening, so that no signal falls into the gap.
    let stop = Signals::new()?.surviving_hang_ups()?;
    let running = serve::start(config, options).await?;
    tracing::info!(target: "patchbay", url = running.origin(), "ready");
    let signal = stop.wait().await;
    tracing::info!(target: "patchbay", signal, "told to stop");
    running.shutdown().await;
    tracing::info!(target: "patchbay", "stopped");
    Ok(())
}
