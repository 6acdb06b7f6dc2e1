//! TLS towards the server: verified, always.

use mysql_async::SslOpts;

use super::options::MysqlOptions;
use crate::certificates;
use crate::url::{OptionsError, TlsMode};

/// Trusts the configured authority, or else the system's; nothing where TLS is off, and
/// then no certificate is read.
pub(super) fn options(options: &MysqlOptions) -> Result<Option<SslOpts>, OptionsError> {
    if options.tls == TlsMode::Disable {
        return Ok(None);
    }
    let roots = certificates::trusted(options.ca_file.as_deref())?
        .into_iter()
        .map(|certificate| certificate.to_vec().into())
        .collect();
    // The driver knows the process's provider only. Where there is one already, this
    // changes nothing: the whole host uses this one.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    Ok(Some(SslOpts::default().with_disable_built_in_roots(true).with_root_certs(roots)))
}
