//! Log lines, which the host writes with app, operation and request id attached.
//!
//! On a native target they go nowhere.

#[cfg(target_family = "wasm")]
use crate::bindings::patchbay::runtime::log as host;

pub use crate::bindings::patchbay::runtime::log::{FieldValue, Level};

/// Whether a line of this level would be written; ask before building a dear message.
pub fn enabled(level: Level) -> bool {
    #[cfg(target_family = "wasm")]
    return host::enabled(level);
    #[cfg(not(target_family = "wasm"))]
    {
        let _ = level;
        false
    }
}

/// Writes a line. Never put values of objects or secrets into it.
pub fn write(level: Level, message: &str, fields: &[(String, FieldValue)]) {
    #[cfg(target_family = "wasm")]
    host::write(level, message, fields);
    #[cfg(not(target_family = "wasm"))]
    let _ = (level, message, fields);
}

/// A line at `info`.
pub fn info(message: &str) {
    write(Level::Info, message, &[]);
}

/// A line at `warn`.
pub fn warn(message: &str) {
    write(Level::Warn, message, &[]);
}

/// A line at `error`.
pub fn error(message: &str) {
    write(Level::Error, message, &[]);
}

/// Makes a panic say where it happened before the sandbox traps.
pub(crate) fn install_panic_hook() {
    #[cfg(target_family = "wasm")]
    std::panic::set_hook(Box::new(|info| error(&info.to_string())));
}
