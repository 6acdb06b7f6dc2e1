//! The server that means harm.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use patchbay_capability_ldap::{Security, Server};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

const BIND: u8 = 0x60;
const SEARCH: u8 = 0x63;
const UNBIND: u8 = 0x42;
const ABANDON: u8 = 0x50;
/// Paging, DirSync, synchronization.
const CONTROLS: [&str; 3] = ["1.2.840.113556.1.4.319", "1.2.840.113556.1.4.841", "1.3.6.1.4.1.4203.1.9.1.1"];

/// An element.
pub(super) fn ber(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    [&[tag, 0x84], &length[..], content].concat()
}

/// A whole message.
pub(super) fn message(id: i32, rest: &[u8]) -> Vec<u8> {
    ber(0x30, &[ber(2, &id.to_be_bytes()), rest.to_vec()].concat())
}

/// The end of something.
pub(super) fn done(tag: u8, code: u8, rest: &[u8]) -> Vec<u8> {
    ber(tag, &[ber(0x0a, &[code]), ber(4, b""), ber(4, b"so it is"), rest.to_vec()].concat())
}

/// An entry with attributes that are written already.
pub(super) fn entry(dn: &str, attributes: &[u8]) -> Vec<u8> {
    ber(0x64, &[ber(4, dn.as_bytes()), ber(0x30, attributes)].concat())
}

/// How it answers a request of this number.
#[derive(Clone)]
pub(super) struct Answer {
    bytes: Arc<dyn Fn(i32) -> Vec<u8> + Send + Sync>,
    way: Way,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Once,
    ThenClose,
    Dripping,
    Endless,
}

impl Answer {
    fn new(bytes: impl Fn(i32) -> Vec<u8> + Send + Sync + 'static, way: Way) -> Self {
        Self { bytes: Arc::new(bytes), way }
    }

    pub(super) fn bytes(bytes: impl Fn(i32) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self::new(bytes, Way::Once)
    }

    pub(super) fn closing(bytes: impl Fn(i32) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self::new(bytes, Way::ThenClose)
    }

    pub(super) fn dripping(bytes: impl Fn(i32) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self::new(bytes, Way::Dripping)
    }

    pub(super) fn endless(bytes: impl Fn(i32) -> Vec<u8> + Send + Sync + 'static) -> Self {
        Self::new(bytes, Way::Endless)
    }

    pub(super) fn silence() -> Self {
        Self::bytes(|_| Vec::new())
    }

    /// False when the connection is to be closed.
    async fn give(&self, id: i32, stream: &mut TcpStream) -> bool {
        let bytes = (self.bytes)(id);
        match self.way {
            Way::Once => stream.write_all(&bytes).await.is_ok(),
            Way::ThenClose => {
                let _ = stream.write_all(&bytes).await;
                false
            }
            Way::Dripping => {
                for byte in bytes {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                    if stream.write_all(&[byte]).await.is_err() {
                        return false;
                    }
                }
                true
            }
            Way::Endless => {
                while stream.write_all(&bytes).await.is_ok() {}
                false
            }
        }
    }
}

/// Answers binds and the first search as it should, and all else as it was told.
pub(super) struct Hostile {
    port: u16,
    harm: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Hostile {
    pub(super) async fn start(answer: Answer) -> Self {
        Self::listen(answer, false).await
    }

    /// Answers binds as it was told.
    pub(super) async fn at_login(answer: Answer) -> Self {
        Self::listen(answer, true).await
    }

    async fn listen(answer: Answer, at_login: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let harm = Arc::new(AtomicBool::new(true));
        let task = tokio::spawn({
            let harm = Arc::clone(&harm);
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(serve(stream, answer.clone(), at_login, Arc::clone(&harm)));
                }
            }
        });
        Self { port, harm, task }
    }

    pub(super) fn address(&self) -> Server {
        Server { host: "127.0.0.1".into(), port: self.port, security: Security::Plain }
    }

    /// From now on it does no harm.
    pub(super) fn behave(&self) {
        self.harm.store(false, Ordering::SeqCst);
    }
}

impl Drop for Hostile {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, answer: Answer, at_login: bool, harm: Arc<AtomicBool>) {
    let mut searches = 0;
    while let Some((id, operation)) = request(&mut stream).await {
        let harmful = harm.load(Ordering::SeqCst);
        let go_on = match operation {
            UNBIND => return,
            ABANDON => true,
            BIND if !(at_login && harmful) => stream.write_all(&message(id, &done(0x61, 0, &[]))).await.is_ok(),
            SEARCH if searches == 0 || !harmful => {
                searches += 1;
                let values: Vec<u8> = CONTROLS.iter().flat_map(|oid| ber(4, oid.as_bytes())).collect();
                let controls = ber(0x30, &[ber(4, b"supportedControl"), ber(0x31, &values)].concat());
                let found = [message(id, &entry("", &controls)), message(id, &done(0x65, 0, &[]))].concat();
                stream.write_all(&found).await.is_ok()
            }
            _ => answer.give(id, &mut stream).await,
        };
        if !go_on {
            return;
        }
    }
}

/// The number and the tag of the next request.
async fn request(stream: &mut TcpStream) -> Option<(i32, u8)> {
    assert_eq!(stream.read_u8().await.ok()?, 0x30);
    let mut length = usize::from(stream.read_u8().await.ok()?);
    if length & 0x80 != 0 {
        let count = length & 0x7f;
        length = 0;
        for _ in 0..count {
            length = (length << 8) | usize::from(stream.read_u8().await.ok()?);
        }
    }
    let mut content = vec![0; length];
    stream.read_exact(&mut content).await.ok()?;
    assert_eq!(content[0], 2);
    let end = 2 + usize::from(content[1]);
    let id = content[2..end].iter().fold(0, |id, byte| (id << 8) | i32::from(*byte));
    Some((id, content[end]))
}
