//! From a configuration to apps that can be called.

mod connections;
mod connectors;
pub(crate) mod ldap;
mod password;
pub(crate) mod sql;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use patchbay_capability::Observer;
use patchbay_contract::{Connector, Context, Severity};
use patchbay_engine::{Component, Engine, EngineError, EngineOptions};
use patchbay_gateway::{AppConfig, Gateway, PasswordHasher};

use crate::config::{self, Config, Environment, KeyPath, Problem, SecretSource};
use crate::hashing::Hashing;
use crate::serve::Options;
use crate::server::{Token, Tokens, WatchedFiles};
pub(crate) use connections::Connections;
use connectors::Library;
pub(crate) use password::Password;

/// The apps of a configuration, ready to be called. No target has been asked yet.
#[derive(Debug)]
pub(crate) struct Assembly {
    /// Apps that could be put together, by name.
    pub(crate) apps: BTreeMap<String, App>,
    /// Why the others, or parts of them, could not.
    pub(crate) problems: Vec<Problem>,
    /// What connectors warn of.
    pub(crate) warnings: Vec<Problem>,
}

/// One app.
#[derive(Debug)]
pub(crate) struct App {
    /// The connector with the app's settings and bindings.
    pub(crate) connector: Arc<patchbay_engine::App>,
    /// Its mapping; none where that is wrong.
    pub(crate) gateway: Option<Gateway>,
    /// Its clients' tokens.
    pub(crate) tokens: Tokens,
    /// What it keeps open.
    pub(crate) connections: Connections,
}

/// What apps are put together for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To be served.
    Serving,
    /// To be looked at: nothing about their targets is changed.
    Looking,
}

/// Puts all apps together and notes whatever is in the way.
///
/// # Errors
/// Only when no connector can be run at all.
pub(crate) async fn assemble(config: &Config, options: &Options, purpose: Purpose) -> Result<Assembly, EngineError> {
    let engine = Engine::new(EngineOptions {
        cache_dir: config.engine.cache.clone().or_else(connectors::default_cache),
        max_component_bytes: config.engine.component_size,
        max_instances: config.engine.instances,
        ..EngineOptions::default()
    })?;
    let mut assembler = Assembler {
        config,
        purpose,
        environment: &options.environment,
        observer: options.observer.clone(),
        library: Library::new(engine, options.connectors.clone(), config.engine.component_size),
        hashing: Arc::new(Hashing::new()),
        problems: Vec::new(),
        warnings: Vec::new(),
    };
    let mut apps = BTreeMap::new();
    for (name, app) in &config.apps {
        if let Some(app) = assembler.app(name, app).await {
            apps.insert(name.clone(), app);
        }
    }
    Ok(Assembly { apps, problems: assembler.problems, warnings: assembler.warnings })
}

/// What goes wrong with a binding: the key at fault, and why.
pub(crate) type AtKey = (&'static str, String);

/// The bindings of an app by name.
#[derive(Debug, Default)]
struct Granted {
    sql: BTreeMap<String, Arc<patchbay_capability::sql::Binding>>,
    ldap: BTreeMap<String, Arc<patchbay_capability::ldap::Binding>>,
}

struct Assembler<'a> {
    config: &'a Config,
    purpose: Purpose,
    environment: &'a Environment,
    observer: Option<Arc<dyn Observer>>,
    library: Library,
    /// For all apps together.
    hashing: Arc<Hashing>,
    problems: Vec<Problem>,
    warnings: Vec<Problem>,
}

impl Assembler<'_> {
    fn problem(&mut self, path: &KeyPath, message: impl Into<String>) {
        self.problems.push(self.config.document.problem(path, message));
    }

    async fn app(&mut self, name: &str, app: &config::App) -> Option<App> {
        let tokens = self.tokens(app);
        let bindings = self.bindings(app);
        let component = self.library.component(&app.connector, app.bindings.capabilities()).await;
        let component = component.map_err(|why| self.problem(&app.path.key("connector"), why)).ok();
        let (component, (bindings, connections)) = (component?, bindings?);
        let connector = self.connect(name, app, &component, bindings).await?;
        let mapping =
            AppConfig { resources: app.resources.clone(), client: app.client.clone(), ecma2host: app.ecma2host };
        let gateway = match Gateway::new(&mapping, Arc::<patchbay_engine::App>::clone(&connector) as Arc<dyn Connector>)
        {
            Ok(gateway) => {
                let hashing = Arc::<Hashing>::clone(&self.hashing) as Arc<dyn PasswordHasher>;
                let gateway = gateway.with_max_payload(self.config.server.limits.body).with_passwords(hashing);
                let gateway = gateway.with_bulk_time(app.limits.bulk);
                match cursor_key() {
                    Some(key) => Some(gateway.with_cursors(&key)),
                    None => Some(gateway),
                }
            }
            Err(problems) => {
                self.problems.extend(problems.iter().map(|problem| mapping_problem(self.config, app, problem)));
                None
            }
        };
        Some(App { connector, gateway, tokens, connections })
    }

    /// Reads the tokens, which are read again when their files change.
    fn tokens(&mut self, app: &config::App) -> Tokens {
        let files = app.tokens.iter().filter_map(|token| match &token.source {
            SecretSource::File(file) => Some(self.config.base.join(file)),
            SecretSource::Env(_) => None,
        });
        let files = WatchedFiles::new(files.collect());
        let mut tokens: Vec<Token> = Vec::new();
        for token in &app.tokens {
            match read_token(token, &self.config.base, self.environment) {
                Ok(fresh) => {
                    if let Some(same) = tokens.iter().find(|other| other.same_secret(&fresh)) {
                        let message = format!("has the same value as `{}`", same.name());
                        self.problem(&token.path, message);
                    }
                    tokens.push(fresh);
                }
                Err(why) => self.problem(&token.path, why),
            }
        }
        let (sources, base, environment) = (app.tokens.clone(), self.config.base.clone(), self.environment.clone());
        let read = move || sources.iter().map(|token| read_token(token, &base, &environment)).collect();
        Tokens::watching(tokens, files, read)
    }

    /// Makes the bindings and their pools; none if any of them cannot be made.
    fn bindings(&mut self, app: &config::App) -> Option<(Granted, Connections)> {
        let (mut granted, mut connections) = (Granted::default(), Connections::default());
        let mut complete = true;
        for (name, binding) in &app.bindings.sql {
            let observer = self.observer.clone();
            let password = self.password(binding.password.as_ref());
            let made = password.and_then(|password| {
                let pool = match self.purpose {
                    Purpose::Serving => sql::pool(binding, password.as_ref()),
                    Purpose::Looking => sql::looking(binding, password.as_ref()),
                };
                Ok(sql::binding(name, binding, password.as_ref(), pool?, observer))
            });
            match made {
                Ok(made) => {
                    let made = Arc::new(made);
                    connections.databases.push(Arc::clone(&made));
                    granted.sql.insert(name.clone(), made);
                }
                Err((key, why)) => {
                    complete = false;
                    self.problem(&binding.path.key(key), why);
                }
            }
        }
        for (name, binding) in &app.bindings.ldap {
            let observer = self.observer.clone();
            let password = self.password(binding.password.as_ref());
            match password.and_then(|password| ldap::binding(name, binding, password.as_ref(), observer)) {
                Ok(made) => {
                    let made = Arc::new(made);
                    connections.directories.push(Arc::clone(&made));
                    granted.ldap.insert(name.clone(), made);
                }
                Err((key, why)) => {
                    complete = false;
                    self.problem(&binding.path.key(key), why);
                }
            }
        }
        complete.then_some((granted, connections))
    }

    /// Reads the password of a binding, if it has one.
    fn password(&self, source: Option<&SecretSource>) -> Result<Option<Password>, AtKey> {
        let read = |source| Password::read(source, &self.config.base, self.environment);
        source.map(read).transpose().map_err(|why| ("password", why))
    }

    /// The component with the app's settings, which it has found good.
    async fn connect(
        &mut self,
        name: &str,
        app: &config::App,
        component: &Arc<Component>,
        granted: Granted,
    ) -> Option<Arc<patchbay_engine::App>> {
        let connected = component.connect(patchbay_engine::AppConfig {
            app: name.into(),
            settings_json: app.settings.to_string(),
            sql: granted.sql,
            ldap: granted.ldap,
            limits: patchbay_engine::Limits {
                cpu: app.limits.cpu,
                memory_bytes: app.limits.memory,
                concurrency: app.limits.instances,
                ..patchbay_engine::Limits::default()
            },
        });
        let connector = match connected {
            Ok(connector) => connector,
            Err(error) => {
                self.problem(&app.path, error.to_string());
                return None;
            }
        };
        let ctx = context(app, "init");
        let diagnostics = connector.validate(&ctx).await.err().unwrap_or_default();
        let settings = app.path.key("settings");
        let mut good = true;
        for diagnostic in diagnostics {
            let path = settings.pointer(diagnostic.path.as_deref().unwrap_or_default());
            let message = match &diagnostic.detail {
                Some(detail) => format!("{}: {detail}", diagnostic.summary),
                None => diagnostic.summary,
            };
            let problem = self.config.document.problem(&path, message);
            match diagnostic.severity {
                Severity::Warning => self.warnings.push(problem),
                Severity::Error => {
                    good = false;
                    self.problems.push(problem);
                }
            }
        }
        good.then(|| Arc::new(connector))
    }
}

/// Reads one token; file names are relative to `base`. The error is a sentence for the
/// administrator.
fn read_token(token: &config::Token, base: &Path, environment: &Environment) -> Result<Token, String> {
    let secret = token.source.read(base, environment)?;
    Ok(Token::new(&token.name, &secret)?.standing_for(token.me.clone()))
}

/// A context for calls that no client asked for.
pub(crate) fn context(app: &config::App, purpose: &str) -> Context {
    Context { request_id: purpose.to_owned(), traceparent: None, deadline: app.limits.operation }
}

/// A problem of the gateway's, with its line.
pub(crate) fn mapping_problem(config: &Config, app: &config::App, problem: &patchbay_gateway::Problem) -> Problem {
    let path = problem.path.iter().fold(app.path.clone(), |path, key| path.key(key));
    config.document.problem(&path, problem.message.clone())
}

/// A key for an app's cursors, which lives as long as the process; none where the system
/// has no randomness to give, and lists are then paged by index only.
fn cursor_key() -> Option<[u8; 32]> {
    let mut key = [0; 32];
    let filled = rustls::crypto::aws_lc_rs::default_provider().secure_random.fill(&mut key);
    filled.is_ok().then_some(key)
}
