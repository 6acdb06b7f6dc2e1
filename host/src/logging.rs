//! The log, on standard error.

use std::io::{self, IsTerminal as _};

use tracing_subscriber::EnvFilter;

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// A JSON object per line.
    Json,
}

/// Starts the log of this process. What is logged is said by `PATCHBAY_LOG`, else by
/// `RUST_LOG`, else `default` is; e.g. `info,patchbay::sql=debug`.
///
/// # Errors
/// The environment's filter cannot be read, or there is a log already.
pub(crate) fn start(format: Format, default: &str) -> io::Result<()> {
    let filter = ["PATCHBAY_LOG", "RUST_LOG"].iter().find_map(|name| std::env::var(name).ok());
    let filter = EnvFilter::try_new(filter.as_deref().unwrap_or(default)).map_err(io::Error::other)?;
    // This driver's own log has the values of statements; ours has a switch for them, and
    // never shows a password.
    let quiet = "tokio_postgres=info".parse().map_err(io::Error::other)?;
    let filter = filter.add_directive(quiet);
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    match format {
        Format::Text => builder.with_ansi(io::stderr().is_terminal()).try_init(),
        Format::Json => builder.json().flatten_event(true).try_init(),
    }
    .map_err(io::Error::other)
}
