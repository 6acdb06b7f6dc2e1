//! A server that speaks TDS and answers from a script.

mod login;
mod tls;
mod wire;

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

pub(crate) use login::Login;
pub(crate) use tls::Mode;
use wire::Message;

/// What the server does about a statement, step by step.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// The columns of a result: `int` where the name starts with `i` or `patchbay`, else
    /// `nvarchar`.
    Columns(&'static [&'static str]),
    /// A row of numbers.
    Numbers(&'static [i64]),
    /// A row of texts; None is NULL.
    Texts(Vec<Option<String>>),
    /// So many rows of one number, counted up from 1.
    Count(u64),
    /// So many rows affected by one statement.
    Affected(u64),
    /// Number, severity, sentence.
    Error(u32, u8, &'static str),
    /// Nothing for a while.
    Wait(Duration),
    /// Closes the connection.
    HangUp,
    /// Sends the client to this port of this machine.
    Route(u16),
}

type Script = HashMap<String, Vec<Act>>;

/// What all connections share.
#[derive(Debug, Default)]
struct Shared {
    script: Mutex<Script>,
    /// Statements in order, with the types of their parameters.
    heard: Mutex<Vec<String>>,
    logins: Mutex<Vec<Login>>,
    opened: AtomicUsize,
    open: AtomicUsize,
    rows: AtomicUsize,
}

/// A server on a free port. It ends when dropped.
pub(crate) struct Server {
    pub(crate) port: u16,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Without TLS, unless there is a certificate to show.
    pub(crate) async fn start(tls: Option<(Mode, TlsAcceptor)>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared::default());
        let task = tokio::spawn({
            let shared = Arc::clone(&shared);
            async move {
                loop {
                    let (socket, _) = listener.accept().await.unwrap();
                    shared.opened.fetch_add(1, Ordering::SeqCst);
                    tokio::spawn(connection(socket, Arc::clone(&shared), tls.clone()));
                }
            }
        });
        Self { port, shared, task }
    }

    /// What to do about a statement; `LOGIN` is the login, `~PART` any statement with that in
    /// it. What is not in the script is answered with nothing and no rows.
    pub(crate) fn script(&self, statement: &str, acts: Vec<Act>) {
        self.shared.script.lock().unwrap().insert(statement.to_owned(), acts);
    }

    /// Statements in order: `TEXT` or `TEXT | types of the parameters`; without what each
    /// session begins with.
    pub(crate) fn heard(&self) -> Vec<String> {
        let heard = self.shared.heard.lock().unwrap();
        heard.iter().filter(|text| !text.starts_with("SET QUOTED_IDENTIFIER")).cloned().collect()
    }

    /// What each session began with.
    pub(crate) fn greetings(&self) -> Vec<String> {
        let heard = self.shared.heard.lock().unwrap();
        heard.iter().filter(|text| text.starts_with("SET QUOTED_IDENTIFIER")).cloned().collect()
    }

    /// Who logged in, or tried to.
    pub(crate) fn logins(&self) -> Vec<Login> {
        self.shared.logins.lock().unwrap().clone()
    }

    /// Connections so far.
    pub(crate) fn opened(&self) -> usize {
        self.shared.opened.load(Ordering::SeqCst)
    }

    /// Connections right now.
    pub(crate) fn open(&self) -> usize {
        self.shared.open.load(Ordering::SeqCst)
    }

    /// Rows of [`Act::Count`] written to the network so far.
    pub(crate) fn rows(&self) -> usize {
        self.shared.rows.load(Ordering::SeqCst)
    }
}

async fn connection(socket: TcpStream, shared: Arc<Shared>, tls: Option<(Mode, TlsAcceptor)>) {
    shared.open.fetch_add(1, Ordering::SeqCst);
    // Clients that go away in the middle are what some tests are about.
    let _ = match tls {
        None => plain(socket, &shared).await,
        Some((mode, acceptor)) => encrypted(socket, mode, acceptor, &shared).await,
    };
    shared.open.fetch_sub(1, Ordering::SeqCst);
}

async fn plain(mut socket: TcpStream, shared: &Shared) -> std::io::Result<()> {
    wire::read(&mut socket).await?;
    wire::write(&mut socket, &wire::prelogin(wire::NO_ENCRYPTION)).await?;
    session(socket, shared).await
}

async fn encrypted(mut socket: TcpStream, mode: Mode, acceptor: TlsAcceptor, shared: &Shared) -> std::io::Result<()> {
    if mode == Mode::Strict {
        let mut stream = acceptor.accept(socket).await?;
        wire::read(&mut stream).await?;
        wire::write(&mut stream, &wire::prelogin(wire::ENCRYPTION)).await?;
        return session(stream, shared).await;
    }
    wire::read(&mut socket).await?;
    wire::write(&mut socket, &wire::prelogin(wire::ENCRYPTION)).await?;
    let mut stream = acceptor.accept(tls::Wrapped::new(socket)).await?;
    stream.get_mut().0.unwrap_from_here();
    session(stream, shared).await
}

/// From the login on.
async fn session(mut stream: impl AsyncRead + AsyncWrite + Unpin, shared: &Shared) -> std::io::Result<()> {
    if let Message::Login(login) = wire::read(&mut stream).await? {
        shared.logins.lock().unwrap().push(login);
    }
    let refusal = shared.script.lock().unwrap().get("LOGIN").cloned();
    match refusal {
        Some(acts) => return play(&mut stream, &acts, false, shared).await.map(drop),
        None => wire::write(&mut stream, &wire::login_ack()).await?,
    }
    loop {
        let message = wire::read(&mut stream).await?;
        let (text, types, procedure) = match &message {
            Message::Batch(text) => (text, "", false),
            Message::Procedure { statement, types } => (statement, types.as_str(), true),
            Message::Login(_) | Message::Other => return Ok(()),
        };
        let heard = if types.is_empty() { text.clone() } else { format!("{text} | {types}") };
        shared.heard.lock().unwrap().push(heard);
        let acts = acts(&shared.script.lock().unwrap(), text);
        if !play(&mut stream, &acts, procedure, shared).await? {
            return Ok(());
        }
    }
}

fn acts(script: &Script, text: &str) -> Vec<Act> {
    let by_part = || script.iter().find(|(key, _)| key.strip_prefix('~').is_some_and(|part| text.contains(part)));
    script.get(text).or_else(|| by_part().map(|(_, acts)| acts)).cloned().unwrap_or_default()
}

/// Does what the script says; false when that closes the connection.
async fn play(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    acts: &[Act],
    procedure: bool,
    shared: &Shared,
) -> std::io::Result<bool> {
    let mut out = Vec::new();
    let mut failed = false;
    for act in acts {
        match act {
            Act::Columns(names) => {
                wire::columns(names, &mut out);
            }
            Act::Numbers(numbers) => {
                let row: Vec<_> = numbers.iter().map(|number| wire::Cell::Number(*number)).collect();
                wire::row(&row, &mut out);
            }
            Act::Texts(texts) => {
                let row: Vec<_> = texts.iter().map(|text| wire::Cell::Text(text.clone())).collect();
                wire::row(&row, &mut out);
            }
            Act::Count(count) => {
                for number in 1..=*count {
                    wire::row(&[wire::Cell::Number(number.cast_signed())], &mut out);
                    if out.len() > 2000 {
                        wire::write_some(stream, &mut out).await?;
                        shared.rows.store(usize::try_from(number).unwrap_or(usize::MAX), Ordering::SeqCst);
                    }
                }
            }
            Act::Affected(rows) => wire::done_in(procedure, *rows, &mut out),
            Act::Error(number, class, sentence) => {
                failed = true;
                wire::error(*number, *class, sentence, &mut out);
            }
            Act::Wait(time) => {
                wire::write_some(stream, &mut out).await?;
                tokio::time::sleep(*time).await;
            }
            Act::Route(port) => wire::route(*port, &mut out),
            Act::HangUp => {
                wire::write_some(stream, &mut out).await?;
                stream.shutdown().await?;
                return Ok(false);
            }
        }
    }
    wire::done(procedure, failed, &mut out);
    wire::write_last(stream, &out).await?;
    Ok(true)
}

/// Reads until the other end closes; for a server that says nothing.
pub(crate) async fn swallow(mut socket: TcpStream) {
    let mut buffer = [0; 1024];
    while socket.read(&mut buffer).await.is_ok_and(|count| count > 0) {}
}
