//! HTTPS with certificates from `patchbay cert`.

use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use patchbay::server::Listening;
use reqwest::header::HeaderValue;
use reqwest::{Certificate, Client, Response, Version};

use crate::support::{TOKEN, start};

/// Runs `patchbay cert` with these arguments.
fn cert(out: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_patchbay")).arg("cert").arg("--out").arg(out).args(arguments).output().unwrap()
}

fn server(directory: &Path) -> String {
    let directory = directory.display();
    format!("tls = {{ cert = \"{directory}/cert.pem\", key = \"{directory}/key.pem\" }}\n")
}

/// Asks as a client that trusts the authority in `directory`, on a fresh connection.
async fn get(listening: &Listening, directory: &Path, http1: bool) -> reqwest::Result<(u16, Version)> {
    let response = send(listening, directory, http1, "").await?;
    Ok((response.status().as_u16(), response.version()))
}

/// The same with a query in the URL.
async fn send(listening: &Listening, directory: &Path, http1: bool, query: &str) -> reqwest::Result<Response> {
    let authority = Certificate::from_pem(&std::fs::read(directory.join("ca.pem")).unwrap()).unwrap();
    let mut client = Client::builder().tls_certs_only([authority]).pool_max_idle_per_host(0);
    if http1 {
        client = client.http1_only();
    }
    let url = format!("https://localhost:{}/apps/hr/scim/v2/Users?{query}", listening.address().port());
    client.build().unwrap().get(url).bearer_auth(TOKEN).send().await
}

#[tokio::test]
async fn a_client_that_trusts_the_authority_is_served() {
    let directory = tempfile::tempdir().unwrap();
    let made = cert(directory.path(), &["localhost", "127.0.0.1"]);
    assert!(made.status.success(), "{made:?}");
    let explained = String::from_utf8(made.stdout).unwrap();
    assert!(explained.contains("Import-Certificate") && explained.contains("ca.pem"), "{explained}");
    let (listening, _) = start(&server(directory.path())).await;
    assert_eq!(get(&listening, directory.path(), false).await.unwrap(), (200, Version::HTTP_2));
    assert_eq!(get(&listening, directory.path(), true).await.unwrap(), (200, Version::HTTP_11));
    let long = format!("unknown={}", "x".repeat(60_000));
    for http1 in [false, true] {
        let refused = send(&listening, directory.path(), http1, &long).await.unwrap();
        assert_eq!(
            (refused.status().as_u16(), &refused.headers()["content-type"]),
            (414, &HeaderValue::from_static("application/scim+json"))
        );
    }
    let stranger = tempfile::tempdir().unwrap();
    assert!(cert(stranger.path(), &["localhost"]).status.success());
    assert!(get(&listening, stranger.path(), false).await.is_err());
    let plain = reqwest::get(format!("http://{}/apps/hr/scim/v2/Users", listening.address())).await;
    assert!(plain.is_err(), "{plain:?}");
}

#[tokio::test]
async fn new_files_take_effect_and_bad_ones_do_not() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    assert!(cert(first.path(), &["localhost"]).status.success());
    assert!(cert(second.path(), &["localhost", "example.test"]).status.success());
    let used = tempfile::tempdir().unwrap();
    let copy = |from: &Path, file: &str| {
        std::fs::copy(from.join(file), used.path().join(file)).unwrap();
    };
    for file in ["cert.pem", "key.pem"] {
        copy(first.path(), file);
    }
    let (listening, _) = start(&server(used.path())).await;
    assert!(get(&listening, first.path(), false).await.is_ok());
    // A certificate without its key: the old pair goes on.
    copy(second.path(), "cert.pem");
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert!(get(&listening, first.path(), false).await.is_ok());
    copy(second.path(), "key.pem");
    let started = Instant::now();
    while get(&listening, second.path(), false).await.is_err() {
        assert!(started.elapsed() < Duration::from_secs(15), "the new certificate is not used");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(get(&listening, first.path(), false).await.is_err());
}

#[tokio::test]
async fn a_key_that_was_not_usable_for_a_moment_takes_effect() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    assert!(cert(first.path(), &["localhost"]).status.success());
    assert!(cert(second.path(), &["localhost"]).status.success());
    let used = tempfile::tempdir().unwrap();
    for file in ["cert.pem", "key.pem"] {
        std::fs::copy(first.path().join(file), used.path().join(file)).unwrap();
    }
    let (listening, _) = start(&server(used.path())).await;
    let file = used.path().join("key.pem");
    let key = std::fs::read(second.path().join("key.pem")).unwrap();
    let then = std::time::SystemTime::now();
    // Nothing tells the one from the other but that it can be read, as with a change of owner.
    let write = |content: &[u8]| {
        std::fs::write(&file, content).unwrap();
        std::fs::File::options().write(true).open(&file).unwrap().set_modified(then).unwrap();
    };
    write(&vec![b'x'; key.len()]);
    std::fs::copy(second.path().join("cert.pem"), used.path().join("cert.pem")).unwrap();
    tokio::time::sleep(Duration::from_millis(4500)).await;
    assert!(get(&listening, first.path(), false).await.is_ok());
    write(&key);
    let started = Instant::now();
    while get(&listening, second.path(), false).await.is_err() {
        assert!(started.elapsed() < Duration::from_secs(15), "the new certificate is not used");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[test]
fn files_are_private_and_not_lost() {
    let directory = tempfile::tempdir().unwrap();
    let read = |file: &str| std::fs::read_to_string(directory.path().join(file)).unwrap();
    assert!(cert(directory.path(), &["localhost"]).status.success());
    #[cfg(unix)]
    for file in ["key.pem", "ca-key.pem"] {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(directory.path().join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    let (ca, key) = (read("ca.pem"), read("key.pem"));
    let again = cert(directory.path(), &["localhost"]);
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&again.stderr).contains("--force"), "{again:?}");
    assert_eq!(read("key.pem"), key);
    assert!(cert(directory.path(), &["--force", "localhost", "::1"]).status.success());
    assert_ne!(read("key.pem"), key);
    assert_eq!(read("ca.pem"), ca);
    for bad in [&["has space"][..], &[], &["-dash.example"], &["--days", "826", "localhost"]] {
        let refused = cert(&directory.path().join("other"), bad);
        assert_eq!(refused.status.code(), Some(64), "{bad:?} {refused:?}");
    }
}

#[tokio::test]
async fn the_renewed_certificate_is_signed_by_the_authority_that_is_trusted_already() {
    let directory = tempfile::tempdir().unwrap();
    assert!(cert(directory.path(), &["other.example"]).status.success());
    let (listening, _) = start(&server(directory.path())).await;
    assert!(get(&listening, directory.path(), false).await.is_err(), "the name is not in the certificate");
    drop(listening);
    assert!(cert(directory.path(), &["--force", "localhost"]).status.success());
    let (listening, _) = start(&server(directory.path())).await;
    assert!(get(&listening, directory.path(), false).await.is_ok());
}

/// A server for one connection at a time, and the directory of its certificate. It has a list
/// that is larger than what a client takes without being read.
async fn impatient() -> (Listening, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    assert!(cert(directory.path(), &["localhost"]).status.success());
    let limits = r#"connections = 1, header_timeout = "300ms", body_timeout = "300ms", answer_timeout = "300ms""#;
    let settings = format!("{}limits = {{ {limits} }}\n", server(directory.path()));
    let (listening, _) = start(&settings).await;
    (listening, directory)
}

/// A client over HTTP/2 that keeps its connection.
fn keeping(directory: &Path) -> Client {
    let authority = Certificate::from_pem(&std::fs::read(directory.join("ca.pem")).unwrap()).unwrap();
    Client::builder().tls_certs_only([authority]).build().unwrap()
}

#[tokio::test]
async fn an_idle_connection_over_http2_is_closed() {
    let (listening, directory) = impatient().await;
    let url = format!("https://localhost:{}/apps/hr/scim/v2/Users", listening.address().port());
    let first = keeping(directory.path());
    let answer = first.get(&url).bearer_auth(TOKEN).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.version()), (200, Version::HTTP_2));
    answer.text().await.unwrap();
    // There is room for another only once the first is gone.
    let second = tokio::time::timeout(Duration::from_secs(10), get(&listening, directory.path(), false)).await;
    assert_eq!(second.unwrap().unwrap(), (200, Version::HTTP_2));
}

#[tokio::test]
async fn an_answer_over_http2_that_nobody_reads_is_given_up() {
    let (listening, directory) = impatient().await;
    let url = format!("https://localhost:{}/apps/hr/scim/v2/Users", listening.address().port());
    let client = keeping(directory.path());
    for login in 0..20 {
        let user = serde_json::json!({ "userName": login.to_string(), "title": "x".repeat(1_000_000) });
        assert_eq!(client.post(&url).bearer_auth(TOKEN).json(&user).send().await.unwrap().status(), 201);
    }
    // One that is read slowly comes whole.
    let mut slow = client.get(&url).bearer_auth(TOKEN).send().await.unwrap();
    let mut all = 0;
    while let Some(piece) = slow.chunk().await.unwrap() {
        tokio::time::sleep(Duration::from_millis(1)).await;
        all += piece.len();
    }
    assert!(all > 20_000_000, "{all} bytes");
    let unread = client.get(&url).bearer_auth(TOKEN).send().await.unwrap();
    assert_eq!((unread.status().as_u16(), unread.version()), (200, Version::HTTP_2));
    let other = keeping(directory.path());
    let other = other.get(format!("{url}/0?attributes=userName")).bearer_auth(TOKEN).send();
    let other = tokio::time::timeout(Duration::from_secs(10), other).await.unwrap().unwrap();
    assert_eq!(other.status(), 200);
    assert!(unread.bytes().await.is_err(), "the answer was taken");
}
