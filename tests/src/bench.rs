//! Speed and memory, as a table in `docs/benchmarks.md`. Every comparison is made in one
//! run, turn by turn: what else the machine does at the time hits both sides.

mod bare;
mod databases;
mod directory;
mod floor;
mod get;
mod groups;
mod listing;
mod load;
mod machine;
mod median;
mod paths;
mod process;
mod report;
mod sandbox;
mod served;
mod startup;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};

pub use directory::{DirectoryFloorOptions, serve_floor as serve_directory_floor};
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
    /// Only this section, which is printed and never written.
    #[arg(long)]
    pub only: Option<Section>,
}

/// A part of the report that can be measured alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Section {
    /// GET by id beside the floor, and what the sandbox costs of it.
    Get,
    /// Start and idle memory.
    Startup,
    /// A walk through a long list.
    Listing,
    /// One member more or less in a small and in a big group.
    Groups,
    /// One object after the other on every database, beside its driver alone.
    Databases,
    /// Search, modify and add in a directory, beside programs with `ldap3`.
    Directory,
    /// Filters, PATCH bodies and pages, without HTTP, sandbox and database.
    Paths,
}

/// Measures everything and reports.
///
/// # Errors
/// When something could not be measured. A goal that was missed is in the report, and
/// no error.
pub async fn run(options: &Options) -> Result<()> {
    let mut report = Report::new();
    let wanted = |section: Section| options.only.is_none_or(|only| only == section);
    if wanted(Section::Get) {
        let sandbox = sandbox::measure(&options.guests).await.context("the cost of the sandbox")?;
        let turn = Duration::from_secs(options.seconds);
        let served = get::measure(options, turn, &mut report).await.context("GET by id")?;
        report.sandbox(sandbox, served);
    }
    if wanted(Section::Startup) {
        startup::measure(options, &mut report).await.context("start and idle memory")?;
    }
    if wanted(Section::Listing) {
        listing::measure(options, &mut report).await.context("the long list")?;
    }
    if wanted(Section::Groups) {
        groups::measure(options, &mut report).await.context("members of groups")?;
    }
    if wanted(Section::Databases) {
        databases::measure(options, &mut report).await.context("object by object")?;
    }
    if wanted(Section::Directory) {
        let turn = Duration::from_secs(options.seconds);
        directory::measure(options, turn, &mut report).await.context("a directory")?;
    }
    if wanted(Section::Paths) {
        paths::measure(&mut report).await.context("what the host does itself")?;
    }
    let text = report.finish();
    if let Some(path) = options.write.as_ref().filter(|_| options.only.is_none()) {
        std::fs::write(path, &text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(report::print(&text)?)
}
