//! `patchbay-bench`: what `cargo xtask bench` runs.

use std::io::Write as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use patchbay_tests::bench;

/// Measures speed and memory.
#[derive(Debug, Parser)]
#[command(name = "patchbay-bench", disable_version_flag = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measures and reports.
    Run(bench::Options),
    /// Serves what Patchbay is compared with.
    Floor(bench::FloorOptions),
    /// The same for a directory.
    DirectoryFloor(bench::DirectoryFloorOptions),
    /// Sends load to any server, for measuring by hand.
    Load(bench::LoadOptions),
}

// As in `patchbay`, so that the floor differs from it by what it does only.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Run(options) => bench::run(&options).await,
        Command::Floor(options) => bench::serve_floor(options).await,
        Command::DirectoryFloor(options) => bench::serve_directory_floor(options).await,
        Command::Load(options) => bench::load(options).await,
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Where nobody can read it, the exit code has to do.
            drop(writeln!(std::io::stderr().lock(), "error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
