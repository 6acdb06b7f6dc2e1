//! The demo: an Entra provisioning cycle arrives as SCIM over HTTP and becomes rows in an
//! application's own tables; each step shows the request, the statements and the rows.

mod cycle;
mod screen;
mod stage;

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Result, bail};

use crate::{Helpdesk, Host, HostOptions, Statements, Target};
use screen::Screen;
use stage::Stage;

/// How to run the demo.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// End after the cycle; the exit code is 0 only if every step did what it should.
    #[arg(long, conflicts_with = "serve")]
    pub once: bool,
    /// Skip the cycle and serve a fresh application until interrupted.
    #[arg(long)]
    pub serve: bool,
    /// Where to listen; a free port on loopback if left out.
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// The clients' token; a random one if left out.
    #[arg(long)]
    pub token: Option<String>,
    /// The application's database.
    #[arg(long, value_enum, default_value = "sqlite")]
    pub target: Target,
    /// Put so many made-up people in first; with `--serve`, instead of the example's few.
    #[arg(long, value_name = "N")]
    pub users: Option<u64>,
}

/// Runs the demo.
///
/// # Errors
/// When something cannot be started, and when a step of the cycle did not do what it should.
pub async fn run(options: Options) -> Result<()> {
    let helpdesk = match (options.serve, options.users) {
        // Exactly as many as asked for, and nobody else.
        (true, Some(_)) => Helpdesk::empty(options.target).await?,
        _ => Helpdesk::fresh(options.target).await?,
    };
    if let Some(users) = options.users {
        helpdesk.fill(users).await?;
    }
    let statements = Arc::new(Statements::default());
    let mut host_options = HostOptions { listen: options.listen, token: options.token, ..HostOptions::default() };
    if !options.serve {
        host_options.observer = Some(statements.clone());
    }
    let made_up_token = host_options.token.is_none();
    let mut host = Host::start(&helpdesk, host_options).await?;
    let client = host.client("helpdesk")?;
    let mut screen = Screen::stdout();

    if options.serve {
        screen.ready(client.base())?;
        if made_up_token {
            screen.note(&format!("token {}", host.token("helpdesk")))?;
        }
        return wait(host).await;
    }
    let failed = cycle::play(Stage::new(&client, &helpdesk, &statements, &mut screen)).await?;
    if options.once {
        host.shutdown().await;
        if failed > 0 {
            bail!("{failed} of the steps did not do what they should");
        }
        return Ok(());
    }
    screen.invitation(client.base(), host.token("helpdesk"))?;
    wait(host).await
}

/// Serves until interrupted or terminated.
async fn wait(mut host: Host) -> Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminate.recv() => {}
    }
    host.shutdown().await;
    Ok(())
}
