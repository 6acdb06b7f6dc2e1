//! The command line.

mod cert;
mod changes;
mod check;
mod discover;
mod explain;
mod init;
mod place;
mod serve;
mod signals;

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::config::{Config, Problems};
use crate::logging;
use crate::serve::{Options, StartError};

/// The command line or the configuration is wrong (`EX_USAGE` of sysexits).
const USAGE: u8 = 64;
/// A token is no longer usable (`EX_DATAERR`).
const EXPIRED: u8 = 65;

/// A connector host: SCIM 2.0 in front, sandboxed WebAssembly connectors behind.
#[derive(Debug, Parser)]
#[command(name = "patchbay", version, about)]
struct Cli {
    /// How log lines look. PATCHBAY_LOG (or RUST_LOG) says what is logged, e.g.
    /// `info,patchbay::sql=debug`.
    #[arg(long, global = true, value_enum, default_value = "text")]
    log_format: logging::Format,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the apps of a configuration.
    Serve {
        #[command(flatten)]
        source: Source,
        /// Listen here instead of where the configuration says.
        #[arg(long, value_name = "ADDRESS:PORT")]
        listen: Option<SocketAddr>,
    },
    /// Do everything that `serve` does but listen; connect to each target and say what works.
    Check {
        #[command(flatten)]
        source: Source,
    },
    /// Show a target's classes, attributes, keys and relations as the connector sees them;
    /// or, with `--tables` or `--url`, a database's tables with row counts and masked values.
    Discover(discover::DiscoverArgs),
    /// Look at a database, propose users, groups and their mapping, write a configuration
    /// with comments, and check it.
    Init(init::InitArgs),
    /// Say what becomes of a list query: which part the target evaluates, which part the
    /// host does and why, and who sorts, pages and counts. Reads nothing but the catalogue.
    Explain {
        #[command(flatten)]
        source: Source,
        /// Name of the app.
        app: String,
        /// SCIM resource type, e.g. `User`, or its endpoint.
        resource: String,
        #[command(flatten)]
        query: explain::Query,
        /// Print JSON instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Print what changed in a target, one JSON object per line: `{"op":"upsert","id":...,
    /// "resource":{...}}` or `{"op":"delete","id":...}`. Each change at least once.
    Changes {
        #[command(flatten)]
        source: Source,
        /// Name of the app.
        app: String,
        /// SCIM resource type, e.g. `User`, or its endpoint.
        resource: String,
        #[command(flatten)]
        wish: changes::Wish,
    },
    /// Print the JSON Schema of the configuration file, for editors.
    Schema,
    /// Write a server certificate for these names, and a local authority that signs it.
    Cert(cert::CertArgs),
    /// Run an ODBC driver for the host that started this process.
    #[cfg(feature = "odbc")]
    #[command(hide = true)]
    OdbcWorker,
}

#[derive(Debug, Args)]
struct Source {
    /// The configuration file.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Directory with the built-in connectors; `connectors` beside this program if left out.
    #[arg(long, value_name = "DIR", env = "PATCHBAY_CONNECTORS")]
    connectors: Option<PathBuf>,
}

impl Source {
    fn options(&self) -> Options {
        Options { connectors: self.connectors.clone(), ..Options::default() }
    }
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] Problems),
    /// The command line is.
    #[error("{0}")]
    Usage(String),
    /// A token is no longer usable.
    #[error("{0}")]
    Expired(String),
    /// Problems were found and printed.
    #[error("problems were found")]
    Found,
    /// Whoever read what is printed has enough of it, as `head` does.
    #[error("nobody reads on")]
    Unread,
    /// Something else.
    #[error("{0}")]
    Runtime(String),
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Config(problems) => Self::Config(problems),
            other => Self::Runtime(other.to_string()),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Unread,
            _ => Self::Runtime(error.to_string()),
        }
    }
}

/// Runs the command that the process was started with, and begins its log.
pub fn main() -> ExitCode {
    start(std::env::args_os(), true)
}

/// Runs a command in a process that has a log of its own: for programs that embed Patchbay.
/// `arguments` begin with the program's name. Not to be called from asynchronous code.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    start(arguments, false)
}

fn start(arguments: impl IntoIterator<Item = OsString>, log: bool) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let printed = error.print().is_ok();
            return if error.use_stderr() || !printed { ExitCode::from(USAGE) } else { ExitCode::SUCCESS };
        }
    };
    #[cfg(feature = "odbc")]
    if matches!(cli.command, Command::OdbcWorker) {
        return patchbay_capability_sql::odbc::work();
    }
    let Err(failure) = command(cli, log) else { return ExitCode::SUCCESS };
    // Nothing can be said where standard error is closed.
    let _ = match &failure {
        Failure::Found | Failure::Unread => Ok(()),
        Failure::Config(problems) => writeln!(io::stderr().lock(), "{problems}"),
        other => writeln!(io::stderr().lock(), "patchbay: {other}"),
    };
    match failure {
        Failure::Config(_) | Failure::Usage(_) => ExitCode::from(USAGE),
        Failure::Expired(_) => ExitCode::from(EXPIRED),
        Failure::Found | Failure::Unread | Failure::Runtime(_) => ExitCode::FAILURE,
    }
}

fn command(cli: Cli, log: bool) -> Result<(), Failure> {
    if log {
        // A server tells what it does; the other commands print what they have to say.
        let default = if matches!(cli.command, Command::Serve { .. }) { "info" } else { "error" };
        logging::start(cli.log_format, default)?;
    }
    match cli.command {
        Command::Schema => {
            let text = serde_json::to_string_pretty(&crate::config::schema()).map_err(io::Error::other)?;
            writeln!(io::stdout().lock(), "{text}")?;
            Ok(())
        }
        Command::Cert(args) => cert::run(&args),
        #[cfg(feature = "odbc")]
        Command::OdbcWorker => Err(Failure::Usage("is started by the host itself".to_owned())),
        Command::Serve { source, listen } => {
            let config = Config::load(&source.config)?;
            let options = Options { listen, ..source.options() };
            runtime()?.block_on(Box::pin(serve::run(config, options)))
        }
        Command::Check { source } => {
            let config = Config::load(&source.config);
            runtime()?.block_on(Box::pin(check::run(config, source.options())))
        }
        Command::Discover(args) => runtime()?.block_on(Box::pin(discover::run(args))),
        Command::Init(args) => init::run(&args, &runtime()?),
        Command::Explain { source, app, resource, query, json } => {
            let config = Config::load(&source.config)?;
            let work = explain::run(config, source.options(), &app, &resource, query, json);
            runtime()?.block_on(Box::pin(work))
        }
        Command::Changes { source, app, resource, wish } => {
            let config = Config::load(&source.config)?;
            runtime()?.block_on(Box::pin(changes::run(config, source.options(), &app, &resource, wish)))
        }
    }
}

fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}
