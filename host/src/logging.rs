//! The log, on standard error, and whether it can be written: the record of writes is part
//! of it.

use std::io::{self, IsTerminal as _, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use tracing_subscriber::EnvFilter;

/// Whether the last line could not be written: the disk is full, or nobody reads on.
static FAILED: AtomicBool = AtomicBool::new(false);

/// Whether the log takes lines. Where the last one failed, another one is tried first.
pub(crate) fn takes_lines() -> bool {
    if failed() {
        tracing::error!(target: "patchbay::audit", "lines of the log were lost, as it could not be written");
    }
    !failed()
}

/// Whether the last line could not be written.
pub(crate) fn failed() -> bool {
    FAILED.load(Ordering::Relaxed)
}

/// Notes whether lines get through.
struct Watched<W>(W);

impl<W: Write> Write for Watched<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.0.write(bytes);
        if !matches!(&written, Err(error) if error.kind() == io::ErrorKind::Interrupted) {
            FAILED.store(written.is_err(), Ordering::Relaxed);
        }
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

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
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| Watched(io::stderr()))
        // It would be said on the same standard error, and a panic if that fails.
        .log_internal_errors(false);
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

    /// Takes nothing, and then everything.
    struct Disk {
        is_full: bool,
    }

    impl Write for Disk {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.is_full { Err(io::ErrorKind::StorageFull.into()) } else { Ok(bytes.len()) }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_that_is_lost_is_noticed_until_one_gets_through() {
        for is_full in [false, true, true, false] {
            assert_eq!(Watched(Disk { is_full }).write_all(b"line").is_err(), is_full);
            assert_eq!(failed(), is_full);
        }
    }

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
