//! Speed and memory, as a table in `docs/benchmarks.md`. Every comparison is made in one
//! run, turn by turn: what else the machine does at the time hits both sides.

mod floor;
mod get;
mod listing;
mod load;
mod machine;
mod process;
mod report;
mod sandbox;
mod served;
mod startup;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};

pub use floor::{FloorOptions, serve as serve_floor};
pub use load::{LoadOptions, load};
use report::Report;

/// How to measure.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// The `patchbay` program, built with optimisations.
    #[arg(long)]
    pub patchbay: PathBuf,
    /// Directory with the built connectors.
    #[arg(long)]
    pub guests: PathBuf,
    /// File to write the table to; only printed if left out.
    #[arg(long)]
    pub write: Option<PathBuf>,
    /// People to list.
    #[arg(long, default_value_t = 1_000_000)]
    pub people: u64,
    /// Seconds of load per turn.
    #[arg(long, default_value_t = 3)]
    pub seconds: u64,
    /// Only the comparison of GET by id with the floor.
    #[arg(long)]
    pub get_only: bool,
}

/// Measures everything and reports.
///
/// # Errors
/// When something could not be measured. A goal that was missed is in the report, and
/// no error.
pub async fn run(options: &Options) -> Result<()> {
    let mut report = Report::new();
    let sandbox = sandbox::measure(&options.guests).await.context("the cost of the sandbox")?;
    let turn = Duration::from_secs(options.seconds);
    let served = get::measure(options, turn, &mut report).await.context("GET by id")?;
    report.sandbox(sandbox, served);
    if options.get_only {
        return Ok(report::print(&report.finish())?);
    }
    startup::measure(options, &mut report).await.context("start and idle memory")?;
    listing::measure(options, &mut report).await.context("the long list")?;
    let text = report.finish();
    if let Some(path) = &options.write {
        std::fs::write(path, &text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(report::print(&text)?)
}
