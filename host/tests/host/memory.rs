//! The program's memory stays flat whatever its clients send.

use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::helpdesk::{Helpdesk, TOKEN};

/// What memory may grow by, in KiB.
const BOUND: u64 = 32 * 1024;

/// The running program; ended when dropped.
struct Program {
    child: Child,
    address: SocketAddr,
    _helpdesk: Helpdesk,
}

impl Program {
    async fn start() -> Self {
        Self::with(|config| config).await
    }

    /// With `edit` made to the example's configuration.
    async fn with(edit: impl Fn(String) -> String) -> Self {
        let address = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
        let helpdesk = Helpdesk::new(edit);
        let mut command = helpdesk.command(&["serve", "--listen", &address.to_string()]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut program = Self { child, address, _helpdesk: helpdesk };
        let begun = Instant::now();
        while TcpStream::connect(address).await.is_err() {
            assert!(program.child.try_wait().unwrap().is_none(), "it ended");
            assert!(begun.elapsed() < Duration::from_secs(60), "it does not answer");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        program
    }

    /// Resident memory in KiB.
    fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It has ended by itself where these fail.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Sends `start` and then `piece` again and again until the server hangs up, which it has to
/// do; returns how many bytes it was sent, and what it said.
async fn flood(address: SocketAddr, start: &str, piece: &[u8]) -> (usize, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let (mut reader, mut writer) = stream.split();
    let mut sent = start.len();
    let mut answer = Vec::new();
    let write = async {
        if writer.write_all(start.as_bytes()).await.is_err() {
            return;
        }
        while writer.write_all(piece).await.is_ok() {
            sent += piece.len();
        }
    };
    let flood = async {
        tokio::join!(write, async {
            // A reset is one way to hang up.
            drop(reader.read_to_end(&mut answer).await);
        })
    };
    tokio::time::timeout(Duration::from_secs(30), flood)
        .await
        .unwrap_or_else(|_| panic!("the server takes without end"));
    (sent, String::from_utf8_lossy(&answer).into_owned())
}

/// Floods over and over, eight connections at a time, until `total` bytes were sent.
async fn check(program: &Program, start: &str, piece: &[u8], total: usize, status: &str) {
    let before = program.resident();
    let (mut sent, mut highest) = (0, before);
    while sent < total {
        let floods = (0..8).map(|_| {
            let (address, start, piece) = (program.address, start.to_owned(), piece.to_vec());
            tokio::spawn(async move { flood(address, &start, &piece).await })
        });
        for flood in floods.collect::<Vec<_>>() {
            let (bytes, answer) = flood.await.unwrap();
            assert!(bytes > 0 && (answer.is_empty() || answer.starts_with(&format!("HTTP/1.1 {status} "))), "{answer}");
            sent += bytes;
            highest = highest.max(program.resident());
        }
    }
    let grown = highest.saturating_sub(before);
    assert!(grown < BOUND, "{grown} KiB more after {sent} bytes of {start:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_end_takes_no_memory() {
    let program = Program::start().await;
    let base = "/apps/helpdesk/scim/v2";
    let head = |method: &str, token: &str| {
        format!(
            "{method} {base}/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/scim+json\r\n"
        )
    };
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    let chunk = chunk.as_bytes();
    let chunked = "Transfer-Encoding: chunked\r\n\r\n";
    // Once, so that what the first requests take anyway is not counted.
    flood(program.address, &(head("POST", TOKEN) + chunked), chunk).await;

    check(&program, &(head("POST", TOKEN) + chunked), chunk, 1 << 30, "413").await;
    let unknown = head("POST", "nobody-has-this-token") + chunked;
    check(&program, &unknown, chunk, 1 << 26, "401").await;
    check(&program, &(head("GET", TOKEN) + chunked), chunk, 1 << 26, "200").await;
    // A head, and the trimmings of a chunk, without an end.
    check(&program, &(head("GET", TOKEN) + "X: "), &[b'x'; 0x10000], 1 << 26, "431").await;
    let extension = head("POST", TOKEN) + chunked + "1;";
    check(&program, &extension, &[b'x'; 0x10000], 1 << 26, "400").await;
    let trailer = head("POST", TOKEN) + chunked + "0\r\nX: ";
    check(&program, &trailer, &[b'x'; 0x10000], 1 << 26, "400").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_slowly_takes_no_memory() {
    let program = Program::start().await;
    let before = program.resident();
    let mut slow = Vec::new();
    for number in 0..400 {
        let mut stream = TcpStream::connect(program.address).await.unwrap();
        let start = format!("GET /apps/helpdesk/scim/v2/Users HTTP/1.1\r\nHost: x\r\nX-Number: {number}");
        stream.write_all(start.as_bytes()).await.unwrap();
        slow.push(stream);
    }
    for _ in 0..20 {
        for stream in &mut slow {
            stream.write_all(b"x").await.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let grown = program.resident().saturating_sub(before);
    assert!(grown < BOUND, "{grown} KiB more with {} slow clients", slow.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_size_of_a_body_is_announced_as_it_is() {
    let limits = "plain_http = true\nlimits = { body = \"64KiB\" }";
    let program = Program::with(|config| config.replacen("plain_http = true", limits, 1)).await;
    let base = format!("http://{}/apps/helpdesk/scim/v2", program.address);
    let client = reqwest::Client::new();
    let config = client.get(format!("{base}/ServiceProviderConfig")).bearer_auth(TOKEN).send().await.unwrap();
    let config: serde_json::Value = config.json().await.unwrap();
    let most = config["bulk"]["maxPayloadSize"].as_u64().unwrap();
    assert_eq!(most, 64 * 1024);
    for (size, status) in [(most, 400), (most + 1, 413)] {
        let body = " ".repeat(usize::try_from(size).unwrap());
        let sent = client.post(format!("{base}/Bulk")).bearer_auth(TOKEN).body(body).send().await.unwrap();
        assert_eq!(sent.status(), status);
    }
}
