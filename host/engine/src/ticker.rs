//! The clock that lets the host interrupt guests that never call it.

use std::time::Duration;

use wasmtime::Engine;

/// How often running guests are interrupted to look at their budget and to let other
/// tasks of the same thread run.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// Starts the thread that advances the epoch of `engine` every [`TICK`]. It holds the
/// engine weakly, and so ends with it.
pub(crate) fn start(engine: &Engine) -> std::io::Result<()> {
    let engine = engine.weak();
    std::thread::Builder::new().name("patchbay-ticker".to_owned()).spawn(move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(TICK);
        }
    })?;
    Ok(())
}
