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
    let filter = filter.as_deref().unwrap_or(default);
    let quiet = quiet(filter);
    let filter = EnvFilter::try_new(format!("{filter}{quiet}")).map_err(io::Error::other)?;
    // This driver's own log has the values of statements; ours has a switch for them, and
    // never shows a password.
    let filter = filter.add_directive("tokio_postgres=info".parse().map_err(io::Error::other)?);
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    match format {
        Format::Text => builder.with_ansi(io::stderr().is_terminal()).try_init(),
        Format::Json => builder.json().flatten_event(true).try_init(),
    }
    .map_err(io::Error::other)
}

/// What to leave out unless it is asked for by name: the SQL Server driver and the crate for
/// ODBC log the servers' sentences as they are, with people's data in them. What of them
/// belongs in a log, the capability writes there.
fn quiet(filter: &str) -> String {
    let left_out = ["tiberius", "odbc_api"].into_iter().filter(|name| !filter.contains(name));
    left_out.map(|name| format!(",{name}=off")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_drivers_own_log_is_off_unless_asked_for() {
        for (filter, expected) in [
            ("info", "info,tiberius=off,odbc_api=off"),
            ("patchbay::sql=debug", "patchbay::sql=debug,tiberius=off,odbc_api=off"),
            ("info,tiberius=trace", "info,tiberius=trace,odbc_api=off"),
            ("odbc_api=warn", "odbc_api=warn,tiberius=off"),
        ] {
            let filter = format!("{filter}{}", quiet(filter));
            assert_eq!(filter, expected);
            assert!(EnvFilter::try_new(filter).is_ok());
        }
    }
}
