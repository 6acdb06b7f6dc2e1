//! Load over HTTP/1.1, as light on the processor as it can be: it shares the machine with
//! what it measures.

use std::io::Write as _;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What to send where, for measuring by hand.
#[derive(Debug, Clone, clap::Args)]
pub struct LoadOptions {
    /// The server.
    #[arg(long)]
    pub address: SocketAddr,
    /// The token.
    #[arg(long)]
    pub token: String,
    /// What comes before the id, e.g. `/apps/helpdesk/scim/v2/Users/`.
    #[arg(long)]
    pub prefix: String,
    /// Ids from 1 to this.
    #[arg(long)]
    pub ids: u64,
    /// Connections.
    #[arg(long, default_value_t = 1)]
    pub connections: usize,
    /// Seconds.
    #[arg(long, default_value_t = 5)]
    pub seconds: u64,
}

/// Sends GETs and prints how many were answered per second.
///
/// # Errors
/// When a request is not answered with 200.
pub async fn load(options: LoadOptions) -> Result<()> {
    let paths = (1..=options.ids).map(|id| format!("{}{id}", options.prefix));
    let requests = Requests::get(options.address, &options.token, paths);
    let measured = requests.run(options.connections, Duration::from_secs(options.seconds)).await?;
    Ok(writeln!(std::io::stdout().lock(), "{:.0} answers per second", measured.rate())?)
}

/// Requests to one server, as bytes; connections take them in turn.
#[derive(Debug, Clone)]
pub(super) struct Requests {
    address: SocketAddr,
    messages: Arc<[Vec<u8>]>,
}

/// What one run of load saw.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measured {
    /// Answers, all of them 200.
    pub(super) answers: u64,
    /// From first to last.
    pub(super) elapsed: Duration,
}

impl Measured {
    /// Answers per second.
    pub(super) fn rate(self) -> f64 {
        self.answers as f64 / self.elapsed.as_secs_f64()
    }

    /// Two runs as one.
    pub(super) fn and(self, other: Self) -> Self {
        Self { answers: self.answers + other.answers, elapsed: self.elapsed + other.elapsed }
    }
}

impl Requests {
    /// `GET` of each path at the server, with a token.
    pub(super) fn get(address: SocketAddr, token: &str, paths: impl IntoIterator<Item = String>) -> Self {
        let message = |path| {
            format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nAccept: application/scim+json\r\n\r\n")
                .into_bytes()
        };
        Self { address, messages: paths.into_iter().map(message).collect() }
    }

    /// Sends as fast as answers come, on so many connections, for so long.
    pub(super) async fn run(&self, connections: usize, duration: Duration) -> Result<Measured> {
        let start = Instant::now();
        let tasks: Vec<_> = (0..connections)
            .map(|number| {
                let requests = self.clone();
                tokio::spawn(async move { requests.connection(number, connections, start + duration).await })
            })
            .collect();
        let mut answers = 0;
        for task in tasks {
            answers += task.await??;
        }
        Ok(Measured { answers, elapsed: start.elapsed() })
    }

    /// One request; the body of its answer.
    pub(super) async fn once(&self, index: usize) -> Result<Vec<u8>> {
        let mut connection = Connection::open(self.address).await?;
        let message = self.messages.get(index).context("no such request")?;
        connection.ask(message).await?;
        Ok(connection.body().to_vec())
    }

    async fn connection(&self, first: usize, step: usize, until: Instant) -> Result<u64> {
        let mut connection = Connection::open(self.address).await?;
        let mut answers = 0;
        // Spread, so that connections do not ask for the same object at the same time.
        let mut next = first * self.messages.len() / step;
        while Instant::now() < until {
            let message = self.messages.get(next % self.messages.len()).context("no requests")?;
            connection.ask(message).await?;
            next += 1;
            answers += 1;
        }
        Ok(answers)
    }
}

/// A connection that is kept open.
pub(super) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    head: usize,
}

impl Connection {
    /// Connects.
    pub(super) async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(16 * 1024), head: 0 })
    }

    /// Sends a request and reads the whole answer, which has to be 200.
    pub(super) async fn ask(&mut self, message: &[u8]) -> Result<()> {
        match self.exchange(message).await? {
            200 => Ok(()),
            _ => bail!("not 200: {}", String::from_utf8_lossy(&self.buffer)),
        }
    }

    /// Sends a request and reads the whole answer; its status.
    pub(super) async fn exchange(&mut self, message: &[u8]) -> Result<u16> {
        self.stream.write_all(message).await?;
        self.buffer.clear();
        let (head, status, length) = loop {
            self.read().await?;
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                let head = std::str::from_utf8(self.buffer.get(..end).unwrap_or_default())?;
                let status = head.split(' ').nth(1).context("no status")?.parse()?;
                // 204 has no body, and so no length.
                break (end + 4, status, if status == 204 { 0 } else { content_length(head)? });
            }
            ensure!(self.buffer.len() < 64 * 1024, "an endless head");
        };
        while self.buffer.len() < head + length {
            self.read().await?;
        }
        self.head = head;
        Ok(status)
    }

    /// The body of the last answer.
    pub(super) fn body(&self) -> &[u8] {
        self.buffer.get(self.head..).unwrap_or_default()
    }

    async fn read(&mut self) -> Result<()> {
        let read = self.stream.read_buf(&mut self.buffer).await?;
        ensure!(read > 0, "the server hung up");
        Ok(())
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

fn content_length(head: &str) -> Result<usize> {
    let mut lines = head.split("\r\n").filter_map(|line| line.split_once(':'));
    let (_, value) =
        lines.find(|(name, _)| name.eq_ignore_ascii_case("content-length")).context("no Content-Length")?;
    Ok(value.trim().parse()?)
}
