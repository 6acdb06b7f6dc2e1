//! The `patchbay` program in front of the example application.

use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context, Result};
use tempfile::TempDir;

use super::Options;
use super::load::Requests;
use super::process::{Server, free_address};
use crate::Helpdesk;

/// The token of the clients.
pub(super) const TOKEN: &str = "benchmark-token-0123456789";

/// What a start needs, kept between starts so that the second one is warm.
#[derive(Debug)]
pub(super) struct Setting {
    directory: TempDir,
    address: SocketAddr,
}

impl Setting {
    /// The example's configuration for `helpdesk`, with at most `pool` connections.
    pub(super) fn new(helpdesk: &Helpdesk, options: &Options, pool: u32) -> Result<Self> {
        let directory = tempfile::Builder::new().prefix("patchbay-bench-").tempdir()?;
        let address = free_address()?;
        let mut file: toml::Table = helpdesk.target().config()?.parse()?;
        let set = |file: &mut toml::Table, path: &[&str], value: toml::Value| -> Result<()> {
            let (last, tables) = path.split_last().context("an empty path")?;
            let mut table = file;
            for key in tables {
                let next = table.entry(*key).or_insert_with(|| toml::Table::new().into());
                table = next.as_table_mut().context("not a table")?;
            }
            table.insert((*last).to_owned(), value);
            Ok(())
        };
        set(&mut file, &["server", "listen"], address.to_string().into())?;
        set(&mut file, &["engine", "cache"], directory.path().join("cache").display().to_string().into())?;
        set(&mut file, &["apps", "helpdesk", "bindings", "db", "url"], helpdesk.url().into())?;
        set(&mut file, &["apps", "helpdesk", "bindings", "db", "pool", "max"], i64::from(pool).into())?;
        std::fs::write(directory.path().join("patchbay.toml"), toml::to_string(&file)?)?;
        let connectors = directory.path().join("connectors");
        std::fs::create_dir(&connectors)?;
        std::fs::copy(options.guests.join("sql.wasm"), connectors.join("sql.wasm"))?;
        // Built-in connectors are found beside the program.
        std::fs::copy(&options.patchbay, directory.path().join("patchbay"))?;
        Ok(Self { directory, address })
    }

    /// Starts the program.
    pub(super) async fn start(&self, helpdesk: &Helpdesk) -> Result<Server> {
        let mut environment = vec![("HELPDESK_TOKEN", TOKEN.to_owned()), ("PATCHBAY_LOG", "error".to_owned())];
        environment.extend(helpdesk.password().map(|password| ("HELPDESK_DB_PASSWORD", password.to_owned())));
        let config = self.directory.path().join("patchbay.toml");
        let arguments = ["serve".as_ref(), "--config".as_ref(), config.as_os_str()];
        Server::start(&self.program(), arguments, &environment, self.address).await
    }

    /// Requests to the started server, by path below the SCIM base URL.
    pub(super) fn requests(&self, paths: impl IntoIterator<Item = String>) -> Requests {
        let paths = paths.into_iter().map(|path| format!("/apps/helpdesk/scim/v2{path}"));
        Requests::get(self.address, TOKEN, paths)
    }

    fn program(&self) -> PathBuf {
        self.directory.path().join("patchbay")
    }
}
