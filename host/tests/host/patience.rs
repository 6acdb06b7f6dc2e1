//! Clients that send slowly, without end, or do not read: each is given its time and no
//! more, and then its connection is free for others.

use std::time::{Duration, Instant};

use patchbay::server::Listening;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{TOKEN, start};

/// Long enough for a busy machine, far less than the times that nobody set.
const SOON: Duration = Duration::from_secs(10);

/// The head of a request to the app `hr`, with these further lines.
fn head(method: &str, path: &str, lines: &str) -> String {
    format!("{method} /apps/hr/scim/v2{path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n{lines}\r\n")
}

async fn connect(server: &Listening) -> TcpStream {
    TcpStream::connect(server.address()).await.unwrap()
}

/// All that comes until the server hangs up, which it has to do soon. A reset counts: it is
/// what a client gets that goes on sending.
async fn until_closed(stream: &mut TcpStream) -> String {
    let mut all = Vec::new();
    match tokio::time::timeout(SOON, stream.read_to_end(&mut all)).await.unwrap_or_else(|_| panic!("still open")) {
        Ok(_) => {}
        Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "{error}"),
    }
    String::from_utf8_lossy(&all).into_owned()
}

/// That the server still answers, over the one connection that it takes at a time.
async fn is_served(server: &Listening) {
    let mut stream = connect(server).await;
    stream.write_all(head("GET", "/Users/nobody", "Connection: close\r\n").as_bytes()).await.unwrap();
    let answer = until_closed(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 404 "), "{answer}");
}

/// A server that takes one connection at a time and has little patience.
async fn impatient() -> Listening {
    let limits = r#"connections = 1, header_timeout = "300ms", body_timeout = "300ms", answer_timeout = "300ms""#;
    start(&format!("plain_http = true\nlimits = {{ {limits}, body = \"1MiB\" }}\n")).await.0
}

/// Sends `start`, then one byte at a time for as long as the server takes it.
async fn trickle(server: &Listening, start: &str) -> String {
    let mut stream = connect(server).await;
    stream.write_all(start.as_bytes()).await.unwrap();
    let (mut reader, mut writer) = stream.split();
    let mut answer = Vec::new();
    let begun = Instant::now();
    loop {
        tokio::select! {
            read = reader.read_buf(&mut answer) => match read {
                Ok(0) | Err(_) => break,
                Ok(_) => {}
            },
            () = tokio::time::sleep(Duration::from_millis(20)) => if writer.write_all(b"a").await.is_err() {
                break;
            },
        }
        assert!(begun.elapsed() < SOON, "still open");
    }
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_head_that_does_not_end_is_given_up() {
    let server = impatient().await;
    for start in ["", "G", "GET /apps/hr/scim/v2/Users HTTP/1.1\r\nHost: x\r\nX-Slow: "] {
        let answer = trickle(&server, start).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408 "), "{answer}");
        is_served(&server).await;
    }
    // A connection that says nothing at all, at first or after an answer.
    let mut silent = connect(&server).await;
    until_closed(&mut silent).await;
    let mut kept = connect(&server).await;
    kept.write_all(head("GET", "/Users/nobody", "").as_bytes()).await.unwrap();
    assert!(until_closed(&mut kept).await.starts_with("HTTP/1.1 404 "));
    is_served(&server).await;
}

#[tokio::test]
async fn a_body_that_does_not_end_is_given_up() {
    let server = impatient().await;
    let json = "Content-Type: application/json\r\n";
    for framing in ["Content-Length: 100000\r\n", "Transfer-Encoding: chunked\r\n"] {
        let start = head("POST", "/Users", &format!("{json}{framing}"));
        let start = if framing.starts_with('T') { format!("{start}fffff\r\n") } else { start };
        let answer = trickle(&server, &start).await;
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
        is_served(&server).await;
    }
}

#[tokio::test]
async fn heads_and_targets_have_a_size() {
    let server = impatient().await;
    let ask = async |request: String| {
        let mut stream = connect(&server).await;
        // The server may hang up before it has read all.
        drop(stream.write_all(request.as_bytes()).await);
        until_closed(&mut stream).await
    };
    let status = |answer: &str| answer.split(' ').nth(1).unwrap_or_default().to_owned();
    let close = "Connection: close\r\n";
    let long = |length: usize| format!("/Users/nobody?x={}", "x".repeat(length));
    assert_eq!(status(&ask(head("GET", &long(50_000), close)).await), "404");
    // What is far too long is answered with the right status, or not at all.
    for length in [66_000, 200_000] {
        let answer = ask(head("GET", &long(length), close)).await;
        assert!(["414", "431", ""].contains(&status(&answer).as_str()), "{answer}");
    }
    let field = |length: usize| format!("X-Long: {}\r\n", "x".repeat(length));
    assert_eq!(status(&ask(head("GET", "/Users/nobody", &format!("{}{close}", field(60_000)))).await), "404");
    let answer = ask(head("GET", "/Users/nobody", &field(200_000))).await;
    assert!(["431", ""].contains(&status(&answer).as_str()), "{answer}");
    let many: String = (0..200).map(|number| format!("X-{number}: x\r\n")).collect();
    assert_eq!(status(&ask(head("GET", "/Users/nobody", &many)).await), "431");
    is_served(&server).await;
}

#[tokio::test]
async fn an_answer_that_nobody_reads_is_given_up() {
    let server = impatient().await;
    // More than the system's own buffers take.
    let title = "x".repeat(1_000_000);
    for login in 0..20 {
        let body = json!({ "userName": login.to_string(), "title": title }).to_string();
        let lines =
            format!("Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n", body.len());
        let mut stream = connect(&server).await;
        stream.write_all((head("POST", "/Users", &lines) + &body).as_bytes()).await.unwrap();
        assert!(until_closed(&mut stream).await.starts_with("HTTP/1.1 201 "));
    }
    let mut stream = connect(&server).await;
    stream.write_all(head("GET", "/Users", "").as_bytes()).await.unwrap();
    let begun = Instant::now();
    // The only connection is taken, until the server loses its patience.
    is_served(&server).await;
    assert!(begun.elapsed() >= Duration::from_millis(250), "the answer was taken: {:?}", begun.elapsed());
    // One that reads slowly gets all of it.
    drop(stream);
    let mut stream = connect(&server).await;
    stream.write_all(head("GET", "/Users", "Connection: close\r\n").as_bytes()).await.unwrap();
    let (mut all, mut piece) = (0, vec![0; 1 << 20]);
    loop {
        tokio::time::sleep(Duration::from_millis(30)).await;
        match tokio::time::timeout(SOON, stream.read(&mut piece)).await.unwrap().unwrap() {
            0 => break,
            read => all += read,
        }
    }
    assert!(all > 20_000_000, "{all} bytes");
}
