//! A protocol for the tests of this crate, whose connections do as they are told.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;

use crate::{Connect, Connection, Event, OpenGuard, Protocol, Trouble};

#[derive(Debug)]
pub(crate) struct Script;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    Refused,
    Unavailable,
    Busy,
    Timeout,
}

/// What a connection is told to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// Say its number.
    Name,
    /// Leave something under way, and say its number.
    Begin,
    /// Never answer.
    Hang,
    /// Break.
    Break,
}

impl Protocol for Script {
    type Request = Order;
    type Reply = usize;
    type Error = Fault;

    fn trouble(trouble: Trouble) -> Fault {
        match trouble {
            Trouble::Unavailable(_) => Fault::Unavailable,
            Trouble::Busy(_) => Fault::Busy,
            Trouble::Timeout(_) => Fault::Timeout,
        }
    }

    fn is_refused(error: &Fault) -> bool {
        *error == Fault::Refused
    }

    fn log(_event: &Event) {}
}

/// Opens numbered connections, and knows what happens to them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Target {
    pub(crate) opened: Arc<AtomicUsize>,
    /// How interrupted connections were asked to recover.
    pub(crate) recovered: Arc<Mutex<Vec<(usize, bool)>>>,
    /// Numbers asked whether they work.
    pub(crate) pinged: Arc<Mutex<Vec<usize>>>,
    /// Nobody answers whether a connection works.
    pub(crate) silent: Arc<AtomicBool>,
    /// Connections made from now on are second best.
    pub(crate) fallback: bool,
    /// Recovery takes so long.
    pub(crate) slow: Duration,
}

#[async_trait]
impl Connect for Target {
    type Protocol = Script;
    type Connection = Line;

    async fn connect(&self, open: OpenGuard) -> Result<Line, Fault> {
        let number = self.opened.fetch_add(1, Ordering::Relaxed);
        Ok(Line { number, target: self.clone(), alive: true, at_rest: true, _open: open })
    }
}

#[derive(Debug)]
pub(crate) struct Line {
    number: usize,
    target: Target,
    alive: bool,
    at_rest: bool,
    _open: OpenGuard,
}

#[async_trait]
impl Connection for Line {
    type Protocol = Script;

    fn is_alive(&self) -> bool {
        self.alive
    }

    fn is_at_rest(&self) -> bool {
        self.at_rest
    }

    fn is_fallback(&self) -> bool {
        self.target.fallback
    }

    async fn run(&mut self, request: Order, _deadline: Instant) -> Result<usize, Fault> {
        match request {
            Order::Name => {}
            Order::Begin => self.at_rest = false,
            Order::Hang => std::future::pending().await,
            Order::Break => {
                self.alive = false;
                return Err(Fault::Unavailable);
            }
        }
        Ok(self.number)
    }

    async fn ping(&mut self) -> bool {
        self.target.pinged.lock().unwrap().push(self.number);
        if self.target.silent.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        true
    }

    async fn recover(&mut self, interrupted: bool) -> bool {
        self.target.recovered.lock().unwrap().push((self.number, interrupted));
        tokio::time::sleep(self.target.slow).await;
        self.at_rest = true;
        true
    }
}
