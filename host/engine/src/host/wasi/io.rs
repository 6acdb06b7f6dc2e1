//! Streams that lead nowhere, and waiting.

use std::time::{Duration, Instant};

use wasmtime::component::Resource;

use super::generated::wasi::io::{error, poll, streams};
use crate::bindings::patchbay::runtime::log::{Host as _, Level};
use crate::state::State;

/// Bytes a guest may write to a stream at once.
const CHUNK: u64 = 4096;
/// Longest wait that is told from waiting for ever; every call ends sooner.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);

/// Standard input, which is at its end.
#[derive(Debug)]
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct Input;

/// Standard output or error.
#[derive(Debug, Clone, Copy)]
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub enum Output {
    /// Logged at `info`.
    Out,
    /// Logged at `warn`.
    Err,
}

/// Detail of a failed operation. The stub's streams never fail, so there is none.
#[derive(Debug)]
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct StreamFault;

/// Something to wait for: a time, or nothing.
#[derive(Debug, Clone, Copy)]
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct Pollable {
    until: Instant,
}

impl Pollable {
    /// Ready `nanos` nanoseconds after `start`.
    pub(super) fn after(start: Instant, nanos: u64) -> Self {
        let wait = Duration::from_nanos(nanos).min(LONGEST_WAIT);
        Self { until: start.checked_add(wait).unwrap_or(start) }
    }

    fn at_once() -> Self {
        Self { until: Instant::now() }
    }

    fn is_ready(self) -> bool {
        self.until <= Instant::now()
    }
}

impl State {
    /// Sleeps, with the guest's clock stopped; the call's deadline is outside.
    async fn sleep_until(&mut self, until: Instant) {
        self.meter.pause();
        tokio::time::sleep_until(until.into()).await;
        self.meter.resume();
    }

    fn print(&mut self, output: &Resource<Output>, contents: &[u8]) -> wasmtime::Result<()> {
        let level = match self.table.get(output)? {
            Output::Out => Level::Info,
            Output::Err => Level::Warn,
        };
        let text = String::from_utf8_lossy(contents);
        let text = text.trim_end();
        if text.is_empty() { Ok(()) } else { self.write(level, text.to_owned(), Vec::new()) }
    }
}

impl error::Host for State {}

impl error::HostError for State {
    fn to_debug_string(&mut self, _this: Resource<StreamFault>) -> wasmtime::Result<String> {
        Ok("no detail".to_owned())
    }

    fn drop(&mut self, this: Resource<StreamFault>) -> wasmtime::Result<()> {
        self.give_back(this)
    }
}

impl poll::Host for State {
    async fn poll(&mut self, pollables: Vec<Resource<Pollable>>) -> wasmtime::Result<Vec<u32>> {
        let waits = pollables.iter().map(|one| self.table.get(one).copied()).collect::<Result<Vec<_>, _>>()?;
        let Some(first) = waits.iter().map(|wait| wait.until).min() else {
            return Err(wasmtime::format_err!("a poll of nothing would never end"));
        };
        if first > Instant::now() {
            self.sleep_until(first).await;
        }
        let ready = waits.iter().enumerate().filter(|(_, wait)| wait.is_ready() || wait.until == first);
        ready.map(|(index, _)| Ok(u32::try_from(index)?)).collect()
    }
}

impl poll::HostPollable for State {
    async fn ready(&mut self, this: Resource<Pollable>) -> wasmtime::Result<bool> {
        Ok(self.table.get(&this)?.is_ready())
    }

    async fn block(&mut self, this: Resource<Pollable>) -> wasmtime::Result<()> {
        let until = self.table.get(&this)?.until;
        self.sleep_until(until).await;
        Ok(())
    }

    async fn drop(&mut self, this: Resource<Pollable>) -> wasmtime::Result<()> {
        self.give_back(this)
    }
}

/// Answer of a stream.
type Answer<T> = wasmtime::Result<Result<T, streams::StreamError>>;

impl streams::Host for State {}

impl streams::HostInputStream for State {
    fn read(&mut self, _this: Resource<Input>, _len: u64) -> Answer<Vec<u8>> {
        Ok(Err(streams::StreamError::Closed))
    }

    fn blocking_read(&mut self, _this: Resource<Input>, _len: u64) -> Answer<Vec<u8>> {
        Ok(Err(streams::StreamError::Closed))
    }

    fn skip(&mut self, _this: Resource<Input>, _len: u64) -> Answer<u64> {
        Ok(Err(streams::StreamError::Closed))
    }

    fn blocking_skip(&mut self, _this: Resource<Input>, _len: u64) -> Answer<u64> {
        Ok(Err(streams::StreamError::Closed))
    }

    fn subscribe(&mut self, _this: Resource<Input>) -> wasmtime::Result<Resource<Pollable>> {
        self.keep(Pollable::at_once())
    }

    fn drop(&mut self, this: Resource<Input>) -> wasmtime::Result<()> {
        self.give_back(this)
    }
}

impl streams::HostOutputStream for State {
    fn check_write(&mut self, _this: Resource<Output>) -> Answer<u64> {
        Ok(Ok(CHUNK))
    }

    fn write(&mut self, this: Resource<Output>, contents: Vec<u8>) -> Answer<()> {
        self.print(&this, &contents).map(Ok)
    }

    fn blocking_write_and_flush(&mut self, this: Resource<Output>, contents: Vec<u8>) -> Answer<()> {
        self.print(&this, &contents).map(Ok)
    }

    fn flush(&mut self, _this: Resource<Output>) -> Answer<()> {
        Ok(Ok(()))
    }

    fn blocking_flush(&mut self, _this: Resource<Output>) -> Answer<()> {
        Ok(Ok(()))
    }

    fn subscribe(&mut self, _this: Resource<Output>) -> wasmtime::Result<Resource<Pollable>> {
        self.keep(Pollable::at_once())
    }

    fn write_zeroes(&mut self, _this: Resource<Output>, _len: u64) -> Answer<()> {
        Ok(Ok(()))
    }

    fn blocking_write_zeroes_and_flush(&mut self, _this: Resource<Output>, _len: u64) -> Answer<()> {
        Ok(Ok(()))
    }

    fn splice(&mut self, _this: Resource<Output>, _source: Resource<Input>, _len: u64) -> Answer<u64> {
        Ok(Err(streams::StreamError::Closed))
    }

    fn blocking_splice(&mut self, _this: Resource<Output>, _source: Resource<Input>, _len: u64) -> Answer<u64> {
        Ok(Err(streams::StreamError::Closed))
    }

    fn drop(&mut self, this: Resource<Output>) -> wasmtime::Result<()> {
        self.give_back(this)
    }
}
