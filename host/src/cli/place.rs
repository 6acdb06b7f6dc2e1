//! A database or a directory named on the command line, before there is a configuration.

use std::path::{Path, PathBuf};

use clap::Args;
use patchbay_propose::directory;
use patchbay_propose::write::{PasswordFrom, Setup, Tls};

use super::Failure;
use crate::assemble::Password;
use crate::config::{Config, Environment, LdapBinding, Secret, SqlBinding};
use crate::survey::directory::DirectorySurvey;
use crate::survey::{self, Survey};

/// Where a database or a directory is, and how it is reached.
#[derive(Debug, Args)]
pub(super) struct Place {
    /// The database, as in a binding: `sqlite:PATH`, `postgres://USER@HOST/DATABASE`,
    /// `mysql://...`, `mssql://...`; or a directory: `ldaps://HOST`, `ldap://HOST` for
    /// StartTLS, or `ldapi://PATH` for a socket. Never with a password.
    #[arg(long)]
    url: String,
    /// As whom a directory is asked: a distinguished name, `user@domain` or `DOMAIN\user`.
    /// Left out, as nobody; through a socket, as the user that runs this.
    #[arg(long, value_name = "NAME")]
    bind_as: Option<String>,
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
    /// Whether it is a directory.
    pub(super) fn is_directory(&self) -> bool {
        ["ldap://", "ldaps://", "ldapi://"].iter().any(|scheme| self.url.starts_with(scheme))
    }

    /// What a configuration at `file` has to say of a directory.
    ///
    /// # Errors
    /// A path that is not Unicode, or no working directory.
    pub(super) fn directory(&self, file: &Path, names: &Names<'_>) -> Result<directory::Setup, Failure> {
        let from_here = Relative::to(file)?;
        Ok(directory::Setup {
            app: names.app.to_owned(),
            servers: vec![self.url.clone()],
            bind_as: self.bind_as.clone(),
            password: self.password(&from_here)?,
            tls: self.tls(&from_here)?,
            token_env: names.token_env.to_owned(),
            client: names.client.to_owned(),
        })
    }

    fn password(&self, from_here: &Relative) -> Result<Option<PasswordFrom>, Failure> {
        Ok(match (&self.password_env, &self.password_file) {
            (Some(name), _) => Some(PasswordFrom::Env(name.clone())),
            (None, Some(path)) => Some(PasswordFrom::File(from_here.name(path)?)),
            (None, None) => None,
        })
    }

    fn tls(&self, from_here: &Relative) -> Result<Tls, Failure> {
        let ca_file = self.ca_file.as_deref().map(|path| from_here.name(path)).transpose()?;
        Ok(Tls { disable: self.no_tls, allow_plaintext: self.allow_plaintext, ca_file })
    }

    /// What a configuration at `file` has to say of a database.
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
        if self.bind_as.is_some() {
            return Err(Failure::Usage("--bind-as: goes with a directory".to_owned()));
        }
        Ok(Setup {
            app: names.app.to_owned(),
            url,
            password: self.password(&from_here)?,
            tls: self.tls(&from_here)?,
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

/// The same of a directory.
///
/// # Errors
/// As [`binding`].
pub(super) fn directory_binding(
    setup: &directory::Setup,
    file: &Path,
) -> Result<(LdapBinding, Option<Password>), Failure> {
    let text = directory::only_binding(setup);
    let mut config = Config::parse(&text, file).map_err(|problems| {
        let lines = problems.list.iter().map(|problem| format!("{}: {}", option(&problem.path), problem.message));
        Failure::Usage(lines.collect::<Vec<_>>().join("\n"))
    })?;
    let binding = config.apps.remove(&setup.app).and_then(|mut app| app.bindings.ldap.remove("directory"));
    let Some(binding) = binding else { return Err(Failure::Runtime("the directory cannot be named".to_owned())) };
    let read = |source| Password::read(source, &config.base, &Environment::Process);
    let password = binding.password.as_ref().map(read).transpose();
    Ok((binding, password.map_err(|why| Failure::Usage(format!("the password: {why}")))?))
}

/// Looks at all of a directory.
pub(super) async fn look_at_directory(
    binding: &LdapBinding,
    password: Option<&Password>,
) -> Result<DirectorySurvey, Failure> {
    survey::directory::survey(binding, password)
        .await
        .map_err(|why| Failure::Runtime(format!("the directory cannot be looked at: {why}")))
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
        last if last.starts_with("servers") => "--url",
        "bind" | "as" => "--bind-as",
        "password" | "env" | "file" => "--password-env or --password-file",
        "tls" | "mode" | "start_tls" | "allow_plaintext" => "--no-tls",
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
