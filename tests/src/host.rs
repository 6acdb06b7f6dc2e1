//! A host in front of the application, in this process, with the example's own
//! configuration file.

use std::io::Read as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use patchbay::config::{Config, Environment};
use patchbay::serve::{self, Running};
use patchbay_capability::Observer;
use toml::{Table, Value};

use crate::{Client, Helpdesk};

/// How the host differs from the example's configuration file.
#[derive(Debug, Clone, Default)]
pub struct HostOptions {
    /// Watches the statements.
    pub observer: Option<Arc<dyn Observer>>,
    /// Where to listen; a free port on loopback if none.
    pub listen: Option<SocketAddr>,
    /// Token of the clients of `helpdesk`; a random one if none.
    pub token: Option<String>,
    /// What kind of client `helpdesk` is for; the example's if none.
    pub client: Option<String>,
    /// Also serve an app `strict`: the same database for clients that keep to the RFC, and
    /// to the departments that are there.
    pub strict_app: bool,
    /// Changes what is configured of the app `helpdesk`.
    pub adjust: Option<fn(&mut Table)>,
}

/// A running host.
#[derive(Debug)]
pub struct Host {
    running: Option<Running>,
    origin: String,
    tokens: Tokens,
}

/// The tokens of the apps.
#[derive(Debug)]
struct Tokens {
    helpdesk: String,
    helpdesk_next: String,
    strict: String,
}

impl Host {
    /// Starts a host with the example's configuration for this database.
    ///
    /// # Errors
    /// What is wrong with the configuration, or a connector that has not been built.
    pub async fn start(helpdesk: &Helpdesk, options: HostOptions) -> Result<Self> {
        let tokens = Tokens {
            helpdesk: options.token.clone().map_or_else(random, Ok)?,
            helpdesk_next: random()?,
            strict: random()?,
        };
        let config = configuration(helpdesk, &options)?;
        let mut secrets = vec![
            ("HELPDESK_TOKEN", tokens.helpdesk.clone()),
            ("HELPDESK_TOKEN_NEXT", tokens.helpdesk_next.clone()),
            ("STRICT_TOKEN", tokens.strict.clone()),
        ];
        for name in ["HELPDESK_DB_PASSWORD", "HELPDESK_LDAP_PASSWORD"] {
            secrets.extend(helpdesk.password().map(|password| (name, password.to_owned())));
        }
        let options = serve::Options {
            observer: options.observer,
            listen: Some(options.listen.unwrap_or((Ipv4Addr::LOCALHOST, 0).into())),
            environment: Environment::fixed(secrets),
            connectors: Some(connectors()?),
        };
        let running = serve::start(config, options).await?;
        Ok(Self { origin: running.origin(), running: Some(running), tokens })
    }

    /// A client of an app with that app's token.
    pub fn client(&self, app: &str) -> Result<Client> {
        Client::new(format!("{}/apps/{app}/scim/v2", self.origin), self.token(app))
    }

    /// A client at the base URL that Microsoft's ECMA host would have.
    pub fn ecma_client(&self, app: &str) -> Result<Client> {
        Client::new(format!("{}/ecma2host_{app}/scim", self.origin), self.token(app))
    }

    /// The token of an app.
    pub fn token(&self, app: &str) -> &str {
        if app == "strict" { &self.tokens.strict } else { &self.tokens.helpdesk }
    }

    /// The other token of `helpdesk`.
    pub fn second_token(&self) -> &str {
        &self.tokens.helpdesk_next
    }

    /// Finishes what is under way and stops. Once stopped, does nothing.
    pub async fn shutdown(&mut self) {
        if let Some(running) = self.running.take() {
            running.shutdown().await;
        }
    }
}

/// The example's configuration file, pointed at this database.
fn configuration(helpdesk: &Helpdesk, options: &HostOptions) -> Result<Config> {
    let mut file: Table = helpdesk.target().config()?.parse().context("the example's configuration")?;
    let apps = table(&mut file, "apps")?;
    let app = table(apps, "helpdesk")?;
    let directory = helpdesk.target().is_directory();
    let binding = table(table(app, "bindings")?, if directory { "directory" } else { "db" })?;
    helpdesk.point(binding);
    binding.insert("pool".into(), Table::from_iter([("max".to_owned(), Value::Integer(8))]).into());
    app.insert("tokens".into(), Value::Array(vec![token("HELPDESK_TOKEN"), token("HELPDESK_TOKEN_NEXT")]));
    if let Some(client) = &options.client {
        app.insert("client".into(), client.as_str().into());
    }
    if let Some(adjust) = options.adjust {
        adjust(app);
    }
    if options.strict_app {
        let mut strict = app.clone();
        strict.insert("client".into(), "rfc".into());
        strict.insert("ecma2host".into(), false.into());
        if !directory {
            let classes = table(table(&mut strict, "settings")?, "classes")?;
            table(table(table(classes, "person")?, "lookups")?, "department")?.insert("create".into(), false.into());
        }
        strict.insert("tokens".into(), Value::Array(vec![token("STRICT_TOKEN")]));
        apps.insert("strict".into(), strict.into());
    }
    Ok(Config::parse(&toml::to_string(&file)?, Path::new("patchbay.toml"))?)
}

/// A token in an environment variable.
fn token(variable: &str) -> Value {
    Table::from_iter([("env".to_owned(), Value::from(variable))]).into()
}

fn table<'a>(of: &'a mut Table, key: &str) -> Result<&'a mut Table> {
    of.get_mut(key).and_then(Value::as_table_mut).with_context(|| format!("the example has no [{key}]"))
}

/// Where the built connectors are: `PATCHBAY_GUESTS`, else `target/guests`.
pub fn connectors() -> Result<PathBuf> {
    let default = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/guests"));
    let directory = std::env::var_os("PATCHBAY_GUESTS").map_or_else(default, PathBuf::from);
    let there = directory.join("sql.wasm").is_file();
    ensure!(there, "no sql.wasm in {}: run `cargo xtask build --guests-only` first", directory.display());
    Ok(directory)
}

/// A token that nobody can guess.
pub(crate) fn random() -> Result<String> {
    let mut bytes = [0_u8; 20];
    std::fs::File::open("/dev/urandom")
        .and_then(|mut source| source.read_exact(&mut bytes))
        .context("no randomness")?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
