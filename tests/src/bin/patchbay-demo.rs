//! `patchbay-demo`: what `cargo xtask demo` runs.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser;
use patchbay_tests::demo;

/// Plays an Entra provisioning cycle against an example application, then serves it.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask demo", disable_version_flag = true)]
struct Arguments {
    #[command(flatten)]
    options: demo::Options,
}

// As in `patchbay`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let filter = tracing_subscriber::EnvFilter::try_from_env("PATCHBAY_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn,odbc_api=off"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match demo::run(arguments.options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let written = writeln!(std::io::stderr().lock(), "error: {error:#}");
            // Where nobody can read it, the exit code has to do.
            drop(written);
            ExitCode::FAILURE
        }
    }
}
