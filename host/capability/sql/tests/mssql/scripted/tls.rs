//! TLS to the server: verified, unless asked not to.

use std::path::PathBuf;
use std::sync::Arc;

use patchbay_capability::sql::{Failure, Value};
use patchbay_capability_sql::mssql::Encryption;
use patchbay_capability_sql::{MssqlOptions, OptionsError, PoolOptions, mssql};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tempfile::TempDir;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ServerConfig, version};

use super::options;
use crate::line::{Line, failure, soon};
use crate::server::{Act, Mode, Server};

/// A server with a certificate for `localhost`, and files with it and with a stranger's.
struct Bed {
    server: Server,
    dir: TempDir,
}

impl Bed {
    async fn start(mode: Mode) -> Self {
        let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let stranger = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("ours.pem"), cert.pem()).unwrap();
        std::fs::write(dir.path().join("theirs.pem"), stranger.cert.pem()).unwrap();
        let provider = Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider());
        // As SQL Server: TLS 1.3 in strict mode only.
        let versions = if mode == Mode::Strict { vec![&version::TLS13] } else { vec![&version::TLS12] };
        let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&versions)
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        let server = Server::start(Some((mode, TlsAcceptor::from(Arc::new(config))))).await;
        server.script("SELECT 7", vec![Act::Columns(&["i"]), Act::Numbers(&[7])]);
        Self { server, dir }
    }

    fn file(&self, name: &str) -> Option<PathBuf> {
        Some(self.dir.path().join(name))
    }

    fn options(&self, mode: Mode) -> MssqlOptions {
        let mut options = options(&self.server);
        options.host = "localhost".into();
        options.encryption = if mode == Mode::Strict { Encryption::Strict } else { Encryption::Required };
        options.ca_file = self.file("ours.pem");
        options
    }
}

async fn check_works(options: MssqlOptions) {
    let pool = mssql::pool(options, PoolOptions::default()).unwrap();
    assert_eq!(Line::open(&pool).await.one("SELECT 7", &[]).await, Ok(Value::Integer(7)));
}

async fn check_refused(options: MssqlOptions) {
    let pool = mssql::pool(options, PoolOptions::default()).unwrap();
    let error = pool.lease(soon()).await.unwrap_err();
    assert_eq!(error.failure, Failure::Unavailable);
    assert!(error.message.contains("certificate"), "{error}");
    assert!(!error.message.contains("trust_cert"), "advice for programmers: {error}");
}

#[tokio::test]
async fn the_servers_certificate_is_checked() {
    for mode in [Mode::Negotiated, Mode::Strict] {
        let bed = Bed::start(mode).await;
        check_works(bed.options(mode)).await;
        let named = MssqlOptions {
            host: "127.0.0.1".into(),
            host_name_in_certificate: Some("localhost".into()),
            ..bed.options(mode)
        };
        check_works(named).await;
        // Somebody else's certificate; a host the certificate is not for.
        check_refused(MssqlOptions { ca_file: bed.file("theirs.pem"), ..bed.options(mode) }).await;
        check_refused(MssqlOptions { host: "127.0.0.1".into(), ..bed.options(mode) }).await;
        // Whoever it is, when asked to.
        check_works(MssqlOptions { ca_file: None, trust_certificate: true, ..bed.options(mode) }).await;
    }
}

#[tokio::test]
async fn a_server_without_tls_is_refused() {
    let server = Server::start(None).await;
    for encryption in [Encryption::Required, Encryption::Strict] {
        let options = MssqlOptions { encryption, trust_certificate: true, ..options(&server) };
        let pool = mssql::pool(options, PoolOptions::default()).unwrap();
        assert_eq!(failure(pool.lease(soon()).await), Failure::Unavailable, "{encryption:?}");
    }
    assert_eq!(server.greetings().len(), 0);
}

#[tokio::test]
async fn certificates_that_cannot_be_used() {
    let bed = Bed::start(Mode::Strict).await;
    std::fs::write(bed.dir.path().join("empty.pem"), "").unwrap();
    for file in ["empty.pem", "missing.pem"] {
        let mut options = MssqlOptions { ca_file: bed.file(file), ..bed.options(Mode::Strict) };
        let outcome = mssql::pool(options.clone(), PoolOptions::default());
        assert!(matches!(outcome, Err(OptionsError::Certificates(_))), "{outcome:?}");
        // Not looked at where there is no TLS.
        options.encryption = Encryption::Disable;
        assert!(mssql::pool(options, PoolOptions::default()).is_ok());
    }
}
