//! A sealed stub of WASI 0.2, for components whose toolchain imports it regardless, and
//! only where the operator granted it.
//!
//! No files, no sockets, no environment, no arguments; standard input is empty; what
//! goes to standard output and error ends up in the guest's log. Clocks and random
//! numbers are real.

pub(crate) mod io;

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use wasmtime::component::{HasSelf, Linker, Resource};

use crate::state::State;
use io::{Input, Output, Pollable};

mod generated {
    //! Bindings for `wasi/sealed.wit`.
    wasmtime::component::bindgen!({
        path: "wasi/sealed.wit",
        world: "patchbay:sealed/sealed",
        imports: {
            "wasi:io/poll": async | trappable,
            default: trappable,
        },
        with: {
            "wasi:io/error.error": crate::host::wasi::io::StreamFault,
            "wasi:io/poll.pollable": crate::host::wasi::io::Pollable,
            "wasi:io/streams.input-stream": crate::host::wasi::io::Input,
            "wasi:io/streams.output-stream": crate::host::wasi::io::Output,
        },
    });
}

use generated::wasi::cli::terminal_input::TerminalInput;
use generated::wasi::cli::terminal_output::TerminalOutput;
use generated::wasi::{cli, clocks, random};

/// Most random bytes one call gives.
const MAX_RANDOM: u64 = 1 << 16;

/// Offers the stub to components.
pub(crate) fn add_to_linker(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    generated::Sealed::add_to_linker::<_, HasSelf<State>>(linker, |state| state)
}

impl cli::environment::Host for State {
    fn get_environment(&mut self) -> wasmtime::Result<Vec<(String, String)>> {
        Ok(Vec::new())
    }

    fn get_arguments(&mut self) -> wasmtime::Result<Vec<String>> {
        Ok(Vec::new())
    }

    fn initial_cwd(&mut self) -> wasmtime::Result<Option<String>> {
        Ok(None)
    }
}

impl cli::exit::Host for State {
    fn exit(&mut self, status: Result<(), ()>) -> wasmtime::Result<()> {
        let how = if status.is_ok() { "success" } else { "failure" };
        Err(wasmtime::format_err!("the connector called exit to report {how}"))
    }
}

impl cli::stdin::Host for State {
    fn get_stdin(&mut self) -> wasmtime::Result<Resource<Input>> {
        self.keep(Input)
    }
}

impl cli::stdout::Host for State {
    fn get_stdout(&mut self) -> wasmtime::Result<Resource<Output>> {
        self.keep(Output::Out)
    }
}

impl cli::stderr::Host for State {
    fn get_stderr(&mut self) -> wasmtime::Result<Resource<Output>> {
        self.keep(Output::Err)
    }
}

impl cli::terminal_input::Host for State {}

impl cli::terminal_input::HostTerminalInput for State {
    fn drop(&mut self, this: Resource<TerminalInput>) -> wasmtime::Result<()> {
        self.give_back(this)
    }
}

impl cli::terminal_output::Host for State {}

impl cli::terminal_output::HostTerminalOutput for State {
    fn drop(&mut self, this: Resource<TerminalOutput>) -> wasmtime::Result<()> {
        self.give_back(this)
    }
}

impl cli::terminal_stdin::Host for State {
    fn get_terminal_stdin(&mut self) -> wasmtime::Result<Option<Resource<TerminalInput>>> {
        Ok(None)
    }
}

impl cli::terminal_stdout::Host for State {
    fn get_terminal_stdout(&mut self) -> wasmtime::Result<Option<Resource<TerminalOutput>>> {
        Ok(None)
    }
}

impl cli::terminal_stderr::Host for State {
    fn get_terminal_stderr(&mut self) -> wasmtime::Result<Option<Resource<TerminalOutput>>> {
        Ok(None)
    }
}

impl clocks::wall_clock::Host for State {
    fn now(&mut self) -> wasmtime::Result<clocks::wall_clock::Datetime> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
        Ok(clocks::wall_clock::Datetime { seconds: now.as_secs(), nanoseconds: now.subsec_nanos() })
    }

    fn resolution(&mut self) -> wasmtime::Result<clocks::wall_clock::Datetime> {
        Ok(clocks::wall_clock::Datetime { seconds: 0, nanoseconds: 1_000 })
    }
}

impl clocks::monotonic_clock::Host for State {
    fn now(&mut self) -> wasmtime::Result<u64> {
        Ok(u64::try_from(self.meter.started().elapsed().as_nanos())?)
    }

    fn resolution(&mut self) -> wasmtime::Result<u64> {
        Ok(1_000)
    }

    fn subscribe_instant(&mut self, when: u64) -> wasmtime::Result<Resource<Pollable>> {
        let started = self.meter.started();
        self.keep(Pollable::after(started, when))
    }

    fn subscribe_duration(&mut self, when: u64) -> wasmtime::Result<Resource<Pollable>> {
        self.keep(Pollable::after(Instant::now(), when))
    }
}

impl random::random::Host for State {
    fn get_random_bytes(&mut self, len: u64) -> wasmtime::Result<Vec<u8>> {
        random_bytes(len)
    }

    fn get_random_u64(&mut self) -> wasmtime::Result<u64> {
        random_u64()
    }
}

impl random::insecure::Host for State {
    fn get_insecure_random_bytes(&mut self, len: u64) -> wasmtime::Result<Vec<u8>> {
        random_bytes(len)
    }

    fn get_insecure_random_u64(&mut self) -> wasmtime::Result<u64> {
        random_u64()
    }
}

impl random::insecure_seed::Host for State {
    fn insecure_seed(&mut self) -> wasmtime::Result<(u64, u64)> {
        Ok((random_u64()?, random_u64()?))
    }
}

fn random_bytes(len: u64) -> wasmtime::Result<Vec<u8>> {
    if len > MAX_RANDOM {
        return Err(wasmtime::format_err!("{len} random bytes at once, {MAX_RANDOM} are allowed"));
    }
    let mut bytes = vec![0; usize::try_from(len)?];
    fill(&mut bytes)?;
    Ok(bytes)
}

fn random_u64() -> wasmtime::Result<u64> {
    let mut bytes = [0; size_of::<u64>()];
    fill(&mut bytes)?;
    Ok(u64::from_ne_bytes(bytes))
}

fn fill(bytes: &mut [u8]) -> wasmtime::Result<()> {
    getrandom::fill(bytes).map_err(|error| wasmtime::format_err!("no random numbers: {error}"))
}

#[cfg(test)]
mod tests;
