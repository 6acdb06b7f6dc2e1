//! `patchbay init` for a directory.

use std::io::{self, Write};

use patchbay_propose::directory::{self, DirectoryFailure, DirectoryProposal, propose};
use patchbay_propose::{Assume, Hints, Interview, one_line};

use super::{InitArgs, Terminal, finish, points, ready, table};
use crate::cli::Failure;
use crate::cli::place::{self, Names};
use crate::survey::directory::DirectorySurvey;

/// Looks, proposes, asks, writes and checks.
pub(super) fn run(args: &InitArgs, runtime: &tokio::runtime::Runtime) -> Result<(), Failure> {
    let token_env = args.token_env();
    let names = Names { app: &args.app, token_env: &token_env, client: &args.client };
    let setup = args.place.directory(&args.out, &names)?;
    let (binding, password) = place::directory_binding(&setup, &args.out)?;
    ready(args)?;
    let found = runtime.block_on(Box::pin(place::look_at_directory(&binding, password.as_ref())))?;
    let hints = Hints { app: args.app.clone(), users: args.users.clone(), groups: args.groups.clone() };
    let mut terminal = Terminal::new(io::stdin().lock(), io::stderr());
    let interview: &mut dyn Interview = if args.yes { &mut Assume } else { &mut terminal };
    let proposal = propose(&found.directory, &hints, interview).map_err(|failure| refused(&found, &failure))?;
    report(&mut io::stdout().lock(), &found, &proposal)?;
    finish(args, &token_env, &directory::file(&setup, &proposal), runtime)
}

fn refused(found: &DirectorySurvey, failure: &DirectoryFailure) -> Failure {
    let mut message = format!("{}: nothing was written.", one_line(&failure.to_string()));
    for (tree, why) in &found.refused {
        message.push_str(&format!("\n  {} cannot be read: {}", one_line(tree), one_line(why)));
    }
    if matches!(failure, DirectoryFailure::NoPeople(_)) {
        message.push_str("\nIf an object class of yours has the users, say so with --users CLASS.");
    }
    Failure::Runtime(message)
}

/// Shows what was found, what was assumed and what to look at.
fn report(out: &mut dyn Write, found: &DirectorySurvey, proposal: &DirectoryProposal) -> io::Result<()> {
    let root = &found.directory.root;
    writeln!(out, "{}: {} entries were looked at.", one_line(&root.product), found.directory.entries.len())?;
    for (tree, why) in &found.refused {
        writeln!(out, "Not to be seen: {} ({}).", one_line(tree), one_line(why))?;
    }
    writeln!(out)?;
    table(out, &proposal.findings)?;
    points(out, &[("Assumed:", &proposal.assumptions), ("To look at:", &proposal.notes)])
}
