//! Whose word the server takes for who we are.

use tiberius::{AuthMethod, Client, Config};
use tokio::net::TcpStream;
use tokio_util::compat::TokioAsyncWriteCompatExt as _;

use super::client::Tds;
use crate::url::{OptionsError, invalid};

/// How a session logs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MssqlLogin {
    /// With a login of SQL Server's own, and its password.
    #[default]
    Sql,
    /// With an access token of Microsoft Entra, which stands in the place of the password.
    Token,
    /// With the Kerberos ticket of this process, as the Windows account that it is of. Only
    /// with the cargo feature `mssql-kerberos`.
    Kerberos,
}

impl MssqlLogin {
    /// Reads `sql`, `token` or `kerberos`.
    pub(super) fn read(value: &str) -> Result<Self, OptionsError> {
        match value {
            "sql" => Ok(Self::Sql),
            "token" => Ok(Self::Token),
            "kerberos" => Ok(Self::Kerberos),
            _ => Err(invalid("has a login option other than sql, token and kerberos")),
        }
    }

    /// Whether the user has a name that we say.
    pub(super) fn has_user(self) -> bool {
        self == Self::Sql
    }

    /// Whether there is something to be kept secret.
    pub fn has_password(self) -> bool {
        self != Self::Kerberos
    }

    /// What is said to the server.
    pub(super) fn method(self, user: &str, password: Option<&str>) -> AuthMethod {
        let password = password.unwrap_or_default();
        match self {
            Self::Sql => AuthMethod::sql_server(user, password),
            Self::Token => AuthMethod::aad_token(password),
            #[cfg(all(unix, feature = "mssql-kerberos"))]
            Self::Kerberos => AuthMethod::Integrated,
            // Refused where options are checked.
            #[cfg(not(all(unix, feature = "mssql-kerberos")))]
            Self::Kerberos => AuthMethod::None,
        }
    }

    /// Whether this program can log in like that.
    pub(super) fn check(self) -> Result<(), OptionsError> {
        if self == Self::Kerberos && !cfg!(all(unix, feature = "mssql-kerberos")) {
            let what = "asks for login=kerberos, which this program was built without (cargo feature `mssql-kerberos`)";
            return Err(invalid(what));
        }
        Ok(())
    }

    /// Opens a session on this socket.
    pub(super) async fn open(self, config: Config, socket: TcpStream) -> tiberius::Result<Tds> {
        #[cfg(all(unix, feature = "mssql-kerberos"))]
        if self == Self::Kerberos {
            return apart(config, socket).await;
        }
        Box::pin(Client::connect(config, socket.compat_write())).await
    }
}

/// Logs in on a thread of its own: libgssapi asks the realm's servers for tickets, and blocks
/// until they answer.
#[cfg(all(unix, feature = "mssql-kerberos"))]
async fn apart(mut config: Config, socket: TcpStream) -> tiberius::Result<Tds> {
    // Nobody can give up such a thread from outside.
    config.handshake_timeout(Some(std::time::Duration::from_secs(30)));
    let runtime = tokio::runtime::Handle::current();
    let session = tokio::task::spawn_blocking(move || {
        runtime.block_on(async { Box::pin(Client::connect(config, socket.compat_write())).await })
    });
    session.await.unwrap_or_else(|_| Err(tiberius::error::Error::Protocol("the login came to no end".into())))
}
