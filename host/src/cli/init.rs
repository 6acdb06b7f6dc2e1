//! `patchbay init`: from a live database to a configuration that works.

mod directory;
mod terminal;

use std::fs::{self, File, OpenOptions};
use std::io::{self, IsTerminal as _, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use patchbay_propose::{Assume, Finding, Hints, Interview, Proposal, one_line, propose, write};

use super::place::{self, Names, Place};
use super::{Failure, check};
use crate::config::{Config, Environment};
use crate::output;
use crate::serve::Options;
use crate::survey::{self, Survey};
use terminal::Terminal;

/// Stands in for a token that is not set yet, while the file is checked.
const STAND_IN: &str = "stands-in-for-a-token";

/// What `patchbay init` is given.
#[derive(Debug, Args)]
pub(super) struct InitArgs {
    #[command(flatten)]
    place: Place,
    /// The configuration file to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Name of the app; it is part of its URL.
    #[arg(long, default_value = "app")]
    app: String,
    /// Environment variable with the token that clients show; `APP_TOKEN`, after the
    /// app's name, if left out.
    #[arg(long, value_name = "NAME")]
    token_env: Option<String>,
    /// What kind of client it is.
    #[arg(long, default_value = "default", value_parser = ["default", "rfc", "entra", "okta"])]
    client: String,
    /// The table with the users, where it is known; of a directory, their object class.
    #[arg(long, value_name = "TABLE")]
    users: Option<String>,
    /// The table with the groups, where it is known; of a directory, their object class.
    #[arg(long, value_name = "TABLE")]
    groups: Option<String>,
    /// Ask nothing: take the likeliest answer, and write into the file what was assumed.
    #[arg(long)]
    yes: bool,
    /// Ask on standard input although it is no terminal.
    #[arg(long, conflicts_with = "yes")]
    ask: bool,
    /// Replace the file if it is there.
    #[arg(long)]
    force: bool,
    /// Directory with the built-in connectors; `connectors` beside this program if left out.
    #[arg(long, value_name = "DIR", env = "PATCHBAY_CONNECTORS")]
    connectors: Option<PathBuf>,
}

impl InitArgs {
    fn token_env(&self) -> String {
        let default = || {
            let upper = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
            let name: String = self.app.chars().map(upper).collect();
            // A variable's name does not begin with a digit.
            if name.starts_with(|c: char| c.is_ascii_digit()) {
                format!("_{name}_TOKEN")
            } else {
                format!("{name}_TOKEN")
            }
        };
        self.token_env.clone().unwrap_or_else(default)
    }
}

/// Looks, proposes, asks, writes and checks.
pub(super) fn run(args: &InitArgs, runtime: &tokio::runtime::Runtime) -> Result<(), Failure> {
    if args.place.is_directory() {
        return directory::run(args, runtime);
    }
    let token_env = args.token_env();
    let setup = args.place.setup(&args.out, &Names { app: &args.app, token_env: &token_env, client: &args.client })?;
    let (binding, password) = place::binding(&setup, &args.out)?;
    ready(args)?;
    let found = runtime.block_on(Box::pin(place::look(&binding, password.as_ref(), true)))?;
    let proposal = proposed(args, &found)?;
    report(&mut io::stdout().lock(), &found, &proposal)?;
    finish(args, &token_env, &write::file(&setup, &proposal), runtime)
}

/// Whether it can begin at all.
///
/// # Errors
/// Nobody to ask, or a file that is there.
fn ready(args: &InitArgs) -> Result<(), Failure> {
    if !args.yes && !args.ask && !io::stdin().is_terminal() {
        let message =
            "there is nobody to ask, as standard input is no terminal: give --yes to take the likeliest answers";
        return Err(Failure::Usage(message.to_owned()));
    }
    if !args.force && args.out.exists() {
        return Err(exists(&args.out));
    }
    Ok(())
}

/// Writes the file, checks it, and says what comes next.
fn finish(args: &InitArgs, token_env: &str, text: &str, runtime: &tokio::runtime::Runtime) -> Result<(), Failure> {
    create(&args.out, text, args.force)?;
    let mut out = io::stdout().lock();
    writeln!(out, "\nwrote {}; checking it:", args.out.display())?;
    let environment = environment(args, token_env);
    let is_set = std::env::var_os(token_env).is_some();
    if !is_set {
        writeln!(out, "({token_env} is not set; something stands in for it here)")?;
    }
    writeln!(out)?;
    drop(out);
    let options = Options { connectors: args.connectors.clone(), environment, ..Options::default() };
    runtime.block_on(Box::pin(check::run(Config::load(&args.out), options)))?;
    let mut out = io::stdout().lock();
    writeln!(out, "\nLook {} over, then:\n", args.out.display())?;
    if !is_set {
        writeln!(out, "  export {token_env}=$(openssl rand -hex 24)")?;
    }
    writeln!(out, "  patchbay serve --config {}", args.out.display())?;
    writeln!(out, "\nThe SCIM base URL is then http://127.0.0.1:8585/apps/{}/scim/v2", args.app)?;
    Ok(())
}

/// What is proposed for what was found.
fn proposed(args: &InitArgs, found: &Survey) -> Result<Proposal, Failure> {
    let hints = Hints { app: args.app.clone(), users: args.users.clone(), groups: args.groups.clone() };
    let mut terminal = Terminal::new(io::stdin().lock(), io::stderr());
    let interview: &mut dyn Interview = if args.yes { &mut Assume } else { &mut terminal };
    propose(&found.database, &hints, interview).map_err(|failure| {
        let mut message = one_line(&failure.to_string());
        if let patchbay_propose::Failure::NoUsers(near) = &failure {
            let tables = found.database.tables.len();
            message.push_str(&format!(": nothing was written. {tables} tables were looked at."));
            for near in near {
                let (place, reason) = (one_line(&near.place), one_line(&near.reason));
                message.push_str(&format!("\n  {place} has {reason}"));
            }
            message.push_str("\nIf one of them has the users all the same, say so with --users TABLE.");
        }
        Failure::Runtime(message)
    })
}

/// Shows what was found, what was assumed and what to look at.
fn report(out: &mut dyn Write, found: &Survey, proposal: &Proposal) -> io::Result<()> {
    writeln!(out, "{} tables were looked at.", found.database.tables.len())?;
    if found.left_out > 0 {
        writeln!(out, "{} more were not: it stops at {}.", found.left_out, survey::MAX_TABLES)?;
    }
    if !found.refused.is_empty() {
        writeln!(out, "Not to be seen: {}.", one_line(&found.refused.join(", ")))?;
    }
    writeln!(out)?;
    table(out, &proposal.findings)?;
    points(out, &[("Assumed:", &proposal.assumptions), ("To look at:", &proposal.notes)])
}

/// What is proposed, and why.
fn table(out: &mut dyn Write, findings: &[Finding]) -> io::Result<()> {
    let mut rows = vec![["PROPOSED", "WHERE", "HOW SURE", "WHY"].map(str::to_owned).to_vec()];
    rows.extend(findings.iter().map(|finding| {
        vec![
            one_line(&finding.what),
            one_line(&finding.place),
            finding.confidence.to_string(),
            one_line(&finding.reason),
        ]
    }));
    output::columns(out, 0, &rows)
}

/// Lists with their titles, as far as there is anything in them.
fn points(out: &mut dyn Write, lists: &[(&str, &Vec<String>)]) -> io::Result<()> {
    for (title, points) in lists {
        if !points.is_empty() {
            writeln!(out, "\n{title}")?;
        }
        for point in *points {
            writeln!(out, "* {}", one_line(point))?;
        }
    }
    Ok(())
}

/// The secrets that the file names, as far as they are set.
fn environment(args: &InitArgs, token_env: &str) -> Environment {
    let token = std::env::var(token_env).unwrap_or_else(|_| STAND_IN.to_owned());
    let password = args.place.password_env().and_then(|name| Some((name.to_owned(), std::env::var(name).ok()?)));
    Environment::fixed([(token_env.to_owned(), token)].into_iter().chain(password))
}

fn exists(path: &Path) -> Failure {
    Failure::Runtime(format!("{} is there already; --force replaces it", path.display()))
}

/// Writes the file: a new one, or with `force` in the place of an old one, in one step for
/// whoever reads it.
fn create(path: &Path, text: &str, force: bool) -> Result<(), Failure> {
    let write = |mut file: File| file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    if !force {
        return match OpenOptions::new().write(true).create_new(true).open(path) {
            Ok(file) => Ok(write(file)?),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(exists(path)),
            Err(error) => Err(Failure::Runtime(format!("{} cannot be written: {error}", path.display()))),
        };
    }
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let new = PathBuf::from(name);
    write(File::create(&new)?)?;
    Ok(fs::rename(&new, path)?)
}
