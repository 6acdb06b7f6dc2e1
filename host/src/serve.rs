//! A server from a configuration: what `patchbay serve` and programs that embed
//! Patchbay start.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use patchbay_capability::Observer;
use patchbay_contract::Context;
use patchbay_engine::EngineError;
use patchbay_gateway::Gateway;
use patchbay_scim::ScimError;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::assemble::{self, Connections, Purpose, assemble};
use crate::config::{Config, Environment, KeyPath, Problems, Transport};
use crate::server::{App, ListenError, Listening, TlsError};

/// How long a start waits for targets to say what they have.
const FIRST_ANSWER: Duration = Duration::from_secs(2);
/// Before a target that did not is asked again; twice as long each time.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// Longest time between two questions.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What is not in the configuration.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Watches the statements that connectors run.
    pub observer: Option<Arc<dyn Observer>>,
    /// Listens here instead of where the configuration says; port 0 is any free one.
    pub listen: Option<SocketAddr>,
    /// Where secrets named `env` come from.
    pub environment: Environment,
    /// Directory with the built-in connectors; `connectors` beside the program if none.
    pub connectors: Option<PathBuf>,
}

/// Why a server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration is wrong, or something that it names is.
    #[error(transparent)]
    Config(#[from] Problems),
    /// No connector can be run.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The address cannot be listened on.
    #[error(transparent)]
    Listen(ListenError),
}

/// A running server.
#[derive(Debug)]
pub struct Running {
    listening: Listening,
    /// Asks targets that did not answer at the start; dropping it ends that.
    learning: JoinSet<()>,
    connections: Connections,
}

/// Starts a server. Targets are asked what they have, so that discovery need not ask
/// them; one that does not answer in two seconds is asked again from time to time, and
/// requests that need it are answered with 503 until it is up.
///
/// # Errors
/// All problems of the configuration and of what it names, or the address.
pub async fn start(mut config: Config, options: Options) -> Result<Running, StartError> {
    if let Some(listen) = options.listen {
        override_listen(&mut config, listen)?;
    }
    let assembly = assemble(&config, &options, Purpose::Serving).await?;
    if !assembly.problems.is_empty() {
        return Err(config.document.problems(assembly.problems).into());
    }
    for warning in &assembly.warnings {
        tracing::warn!(target: "patchbay", path = warning.path, line = warning.line, "{}", warning.message);
    }
    let mut apps = HashMap::new();
    let mut connections = Connections::default();
    let mut targets = Vec::new();
    for (name, app) in assembly.apps {
        let Some(settings) = config.apps.get(&name) else { continue };
        // Without a mapping there would have been a problem.
        let Some(gateway) = app.gateway else { continue };
        let gateway = Arc::new(gateway);
        targets.push((name.clone(), Arc::clone(&gateway), assemble::context(settings, "start")));
        let (limits, ecma2host) = (settings.limits, settings.ecma2host);
        let tokens = app.tokens;
        apps.insert(name, App { tokens, gateway, deadline: limits.operation, requests: limits.requests, ecma2host });
        connections.extend(app.connections);
    }
    let learning = learn(targets).await;
    match Listening::start(&config.server, apps).await {
        Ok(listening) => Ok(Running { listening, learning, connections }),
        Err(ListenError::Tls(error)) => Err(tls_problem(&config, &error).into()),
        Err(error) => Err(StartError::Listen(error)),
    }
}

/// Asks all targets what they have, at the same time. Who did not answer is asked again
/// in the background.
async fn learn(targets: Vec<(String, Arc<Gateway>, Context)>) -> JoinSet<()> {
    let first = targets.iter().map(|(_, gateway, context)| timeout(FIRST_ANSWER, gateway.learn(context)));
    let answers = join_all(first).await;
    let mut learning = JoinSet::new();
    for ((app, gateway, context), answer) in targets.into_iter().zip(answers) {
        let reason = match answer {
            Ok(Ok(())) => continue,
            Ok(Err(error)) => in_words(&error),
            Err(_) => format!("no answer in {} s", FIRST_ANSWER.as_secs()),
        };
        tracing::warn!(target: "patchbay", app, reason, "the target does not say what it has; it is asked again");
        learning.spawn(async move {
            let mut pause = FIRST_PAUSE;
            loop {
                tokio::time::sleep(pause).await;
                match gateway.learn(&context).await {
                    Ok(()) => break,
                    Err(error) => {
                        tracing::debug!(target: "patchbay", app, reason = in_words(&error), "the target was asked again");
                    }
                }
                pause = LONGEST_PAUSE.min(pause * 2);
            }
            tracing::info!(target: "patchbay", app, "the target says what it has");
        });
    }
    learning
}

/// An error in words for the log.
fn in_words(error: &ScimError) -> String {
    match &error.internal {
        Some(internal) => format!("{error}: {internal}"),
        None => error.to_string(),
    }
}

/// The same rule as for the address in the file: plain HTTP stays on loopback.
fn override_listen(config: &mut Config, listen: SocketAddr) -> Result<(), Problems> {
    if config.server.transport == Transport::Plain && !listen.ip().is_loopback() {
        let path = KeyPath::of(["server", "plain_http"]);
        let message = format!("is only allowed on a loopback address, and --listen is {listen}");
        return Err(config.document.problems(vec![config.document.problem(&path, message)]));
    }
    config.server.listen = listen;
    Ok(())
}

/// A certificate that cannot be used, as a problem of the configuration.
pub(crate) fn tls_problem(config: &Config, error: &TlsError) -> Problems {
    let path = KeyPath::of(["server", "tls"]);
    config.document.problems(vec![config.document.problem(&path, error.to_string())])
}

impl Running {
    /// The address it listens on.
    pub fn addr(&self) -> SocketAddr {
        self.listening.address()
    }

    /// The address of `/healthz` and `/readyz`, where they are served.
    pub fn admin_addr(&self) -> Option<SocketAddr> {
        self.listening.admin_address()
    }

    /// `http://ADDRESS` or `https://ADDRESS`.
    pub fn origin(&self) -> String {
        self.listening.origin()
    }

    /// The SCIM base URL of an app.
    pub fn base_url(&self, app: &str) -> String {
        format!("{}/apps/{app}/scim/v2", self.origin())
    }

    /// Accepts no more connections, finishes what is under way, closes all connections
    /// to targets, and returns.
    pub async fn shutdown(self) {
        drop(self.learning);
        self.listening.shutdown().await;
        self.connections.close().await;
    }
}
