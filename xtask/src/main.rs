//! Repository automation: `cargo xtask setup | build | demo | test | lint | bench`.
//!
//! Every command is a module with a `run` function; `demo`, `test` and `bench` call
//! [`build::run`], which calls [`setup::run`], so that a fresh clone needs one command.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool")]

mod bench;
mod build;
mod demo;
mod lint;
mod setup;
mod shell;
mod test;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The repository's commands.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", disable_version_flag = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// One of them.
#[derive(Debug, Subcommand)]
enum Command {
    /// Makes the WebAssembly target available (other commands call this themselves).
    Setup,
    /// Builds the connectors as WebAssembly components, and the host.
    Build(build::Options),
    /// Plays a provisioning cycle against an example application, then serves it.
    #[command(disable_help_flag = true)]
    Demo(Rest),
    /// Builds everything and runs all tests.
    #[command(disable_help_flag = true)]
    Test(Rest),
    /// Checks format, lints, dependency directions and tidiness.
    #[command(disable_help_flag = true)]
    Lint(Rest),
    /// Measures speed and memory and writes docs/benchmarks.md.
    #[command(disable_help_flag = true)]
    Bench(Rest),
}

/// Arguments a command parses itself or hands on.
#[derive(Debug, clap::Args)]
struct Rest {
    /// Handed on as they are.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Setup => setup::run().map(|toolchain| println!("wasm32-unknown-unknown: {toolchain}")),
        Command::Build(options) => build::run(&options),
        Command::Demo(rest) => demo::run(&rest.arguments),
        Command::Test(rest) => test::run(&rest.arguments),
        Command::Lint(rest) => lint::run(&rest.arguments),
        Command::Bench(rest) => bench::run(&rest.arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
