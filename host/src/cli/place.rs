//! A database named on the command line, before there is a configuration.

use std::path::{Path, PathBuf};

use clap::Args;
use patchbay_propose::write::{PasswordFrom, Setup, Tls};

use super::Failure;
use crate::config::{Config, Environment, Secret, SqlBinding};
use crate::survey::{self, Survey};

/// Where a database is, and how it is reached.
#[derive(Debug, Args)]
pub(super) struct Place {
    /// The database, as in a binding: `sqlite:PATH`, `postgres://USER@HOST/DATABASE`,
    /// `mysql://...`, `mssql://...`. Never with a password.
    #[arg(long)]
    url: String,
    /// Environment variable with its password.
    #[arg(long, value_name = "NAME", conflicts_with = "password_file")]
    password_env: Option<String>,
    /// File with its password.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// PEM file with the authorities to trust for the connection.
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// Do not encrypt the connection. Only to this machine.
    #[arg(long)]
    no_tls: bool,
    /// Take `--no-tls` for another machine, too: whoever is in between reads along.
    #[arg(long, requires = "no_tls")]
    allow_plaintext: bool,
}

/// What names and clients are called in a configuration that is made.
#[derive(Debug)]
pub(super) struct Names<'a> {
    /// Name of the app.
    pub(super) app: &'a str,
    /// Environment variable with the client's token.
    pub(super) token_env: &'a str,
    /// Kind of client.
    pub(super) client: &'a str,
}

impl Place {
    /// What a configuration at `file` has to say of it.
    ///
    /// # Errors
    /// A path that is not Unicode, or no working directory.
    pub(super) fn setup(&self, file: &Path, names: &Names<'_>) -> Result<Setup, Failure> {
        let from_here = Relative::to(file)?;
        let url = match self.url.strip_prefix("sqlite:") {
            None => self.url.clone(),
            Some(path) => {
                let path = path.strip_prefix("//").unwrap_or(path);
                // `:memory:` and the like are refused where the URL is read.
                let is_file = !path.is_empty() && !path.starts_with(':');
                if is_file { format!("sqlite:{}", from_here.name(Path::new(path))?) } else { self.url.clone() }
            }
        };
        let password = match (&self.password_env, &self.password_file) {
            (Some(name), _) => Some(PasswordFrom::Env(name.clone())),
            (None, Some(path)) => Some(PasswordFrom::File(from_here.name(path)?)),
            (None, None) => None,
        };
        let ca_file = self.ca_file.as_deref().map(|path| from_here.name(path)).transpose()?;
        Ok(Setup {
            app: names.app.to_owned(),
            url,
            password,
            tls: Tls { disable: self.no_tls, allow_plaintext: self.allow_plaintext, ca_file },
            token_env: names.token_env.to_owned(),
            client: names.client.to_owned(),
        })
    }

    /// Environment variable with the password.
    pub(super) fn password_env(&self) -> Option<&str> {
        self.password_env.as_deref()
    }
}

/// The binding that `setup` makes in a configuration at `file`, and its password.
///
/// # Errors
/// What is wrong with the command line, by its options.
pub(super) fn binding(setup: &Setup, file: &Path) -> Result<(SqlBinding, Option<Secret>), Failure> {
    // No table yet: what is read is decided when it is known what there is.
    let text = setup.only_binding(&[vec!["-".to_owned()]]);
    let mut config = Config::parse(&text, file).map_err(|problems| {
        let lines = problems.list.iter().map(|problem| format!("{}: {}", option(&problem.path), problem.message));
        Failure::Usage(lines.collect::<Vec<_>>().join("\n"))
    })?;
    let binding = config.apps.remove(&setup.app).and_then(|mut app| app.bindings.sql.remove("db"));
    let Some(binding) = binding else { return Err(Failure::Runtime("the database cannot be named".to_owned())) };
    let password = binding.password.as_ref().map(|source| source.read(&config.base, &Environment::Process));
    let password = password.transpose().map_err(|why| Failure::Usage(format!("the password: {why}")))?;
    Ok((binding, password))
}

/// Looks at all of a database.
pub(super) async fn look(binding: &SqlBinding, password: Option<&Secret>, whole: bool) -> Result<Survey, Failure> {
    survey::survey(binding, password, whole)
        .await
        .map_err(|why| Failure::Runtime(format!("the database cannot be looked at: {why}")))
}

/// The option behind a key of the binding.
fn option(path: &str) -> &str {
    let last = path.rsplit('.').next().unwrap_or(path);
    match last {
        "url" => "--url",
        "password" | "env" | "file" => "--password-env or --password-file",
        "tls" | "mode" | "allow_plaintext" => "--no-tls",
        "ca_file" => "--ca-file",
        _ => "--app",
    }
}

/// File names as a configuration somewhere else has to write them.
struct Relative {
    /// Whether the configuration is in the working directory.
    here: bool,
}

impl Relative {
    fn to(file: &Path) -> Result<Self, Failure> {
        let directory = file.parent().filter(|directory| !directory.as_os_str().is_empty());
        let here = match directory {
            None => true,
            Some(directory) => std::path::absolute(directory)? == std::env::current_dir()?,
        };
        Ok(Self { here })
    }

    fn name(&self, path: &Path) -> Result<String, Failure> {
        let path = if self.here { path.to_owned() } else { std::path::absolute(path)? };
        let text = path.to_str().map(str::to_owned);
        text.ok_or_else(|| Failure::Usage(format!("{} is not Unicode, as a configuration is", path.display())))
    }
}
