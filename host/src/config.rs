//! The configuration: from the TOML text to what it means.
//!
//! Three steps, each with all of its problems at once:
//!
//! 1. [`document`] parses the text and remembers where each key stands;
//! 2. [`file`] is what was typed, as types ([`schema`] prints them as JSON Schema);
//! 3. [`resolve`] works out what it means: defaults, cross-checks, paths.
//!
//! Secrets are read later, by who needs them ([`secret`]).

mod binding;
mod document;
pub mod file;
mod path;
mod problem;
mod resolve;
pub mod secret;
pub mod units;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use patchbay_gateway::ResourceConfig;

pub use binding::{Bindings, LdapBinding, LdapLimits, Pool, SqlBinding, SqlLimits, Target};
pub use document::Document;
pub use path::{KeyPath, Step};
pub use problem::{Problem, Problems};
pub use secret::{Environment, Secret, SecretSource};

/// Largest configuration file that is read, in bytes.
const MAX_FILE: u64 = 4 * 1024 * 1024;

/// What a configuration file means.
#[derive(Debug)]
pub struct Config {
    /// The file, for problems that are found later.
    pub document: Document,
    /// Directory that relative file names start from.
    pub base: PathBuf,
    /// How clients reach the server.
    pub server: Server,
    /// How connectors are run.
    pub engine: Engine,
    /// The apps by name.
    pub apps: BTreeMap<String, App>,
}

/// How clients reach the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Address to listen on.
    pub listen: SocketAddr,
    /// HTTPS or not.
    pub transport: Transport,
    /// Scheme, host and port that clients see, where it is not what they send.
    pub public_url: Option<String>,
    /// Address of the health endpoints.
    pub admin: Option<SocketAddr>,
    /// Limits.
    pub limits: ServerLimits,
}

/// HTTPS or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transport {
    /// Plain HTTP; the address is a loopback one.
    Plain,
    /// HTTPS with these PEM files.
    Tls {
        /// Certificate chain.
        cert: PathBuf,
        /// Private key.
        key: PathBuf,
    },
}

/// What one client, and all of them, may ask of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerLimits {
    /// Bytes of a request body.
    pub body: usize,
    /// Time for a request's head.
    pub header_timeout: Duration,
    /// Time for a request's body.
    pub body_timeout: Duration,
    /// Time in which a client has to take some of an answer.
    pub answer_timeout: Duration,
    /// Requests at a time.
    pub requests: usize,
    /// Connections at a time.
    pub connections: usize,
    /// Time for what is under way at shutdown.
    pub shutdown_timeout: Duration,
}

/// How connectors are run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Engine {
    /// Directory for compiled connectors; none means the user's cache directory.
    pub cache: Option<PathBuf>,
    /// Bytes of a connector.
    pub component_size: usize,
    /// Instances at a time.
    pub instances: u32,
}

/// One app.
#[derive(Debug)]
pub struct App {
    /// Where its keys stand: `apps.NAME`.
    pub path: KeyPath,
    /// Its connector.
    pub connector: Connector,
    /// Its clients' tokens.
    pub tokens: Vec<Token>,
    /// Name of the client profile.
    pub client: String,
    /// Whether the ECMA host's base URL is served too.
    pub ecma2host: bool,
    /// What one operation may cost.
    pub limits: AppLimits,
    /// Its bindings.
    pub bindings: Bindings,
    /// The connector's settings.
    pub settings: serde_json::Value,
    /// The mapping.
    pub resources: BTreeMap<String, ResourceConfig>,
}

/// Where a connector comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Connector {
    /// It came with Patchbay.
    BuiltIn(String),
    /// A file, which must have this SHA-256.
    File {
        /// The component.
        path: PathBuf,
        /// Digest of its bytes.
        sha256: [u8; 32],
        /// Whether it gets the sealed WASI stub.
        wasi: bool,
    },
}

/// A bearer token, not read yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// What the audit log calls it.
    pub name: String,
    /// Where it is.
    pub source: SecretSource,
    /// Id of the User that its client stands for, which `/Me` is an alias of.
    pub me: Option<String>,
    /// Where it stands in the file.
    pub path: KeyPath,
}

/// What one operation may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AppLimits {
    /// Time in all.
    pub operation: Duration,
    /// Time for a Bulk request in all.
    pub bulk: Duration,
    /// Computing time of the connector.
    pub cpu: Duration,
    /// Bytes of memory of the connector.
    pub memory: usize,
    /// Requests at a time.
    pub requests: usize,
    /// Instances at a time.
    pub instances: u32,
}

impl Config {
    /// Reads and resolves a file.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn load(path: &Path) -> Result<Self, Problems> {
        let name = path.display().to_string();
        let text = read(path).map_err(|error| Problems::of_file(&name, format!("cannot be read: {error}")))?;
        Self::parse(&text, path)
    }

    /// Resolves `text` as if it had been read from `path`.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(text: &str, path: &Path) -> Result<Self, Problems> {
        let (document, file, problems) = Document::read::<file::File>(&path.display().to_string(), text)?;
        let base = path.parent().unwrap_or(Path::new("")).to_owned();
        match file {
            Some(file) => resolve::resolve(file, document, base, problems),
            None => Err(document.problems(problems)),
        }
    }
}

impl FromStr for Config {
    type Err = Problems;

    /// Resolves `text`, with file names relative to the working directory.
    fn from_str(text: &str) -> Result<Self, Problems> {
        Self::parse(text, Path::new("patchbay.toml"))
    }
}

fn read(path: &Path) -> std::io::Result<String> {
    use std::io::Read as _;

    let mut text = String::new();
    let read = std::fs::File::open(path)?.take(MAX_FILE + 1).read_to_string(&mut text)?;
    if read as u64 > MAX_FILE {
        return Err(std::io::Error::other("larger than 4 MiB"));
    }
    Ok(text)
}

/// JSON Schema (2020-12) of the configuration file, for editors.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(file::File).to_value()
}
