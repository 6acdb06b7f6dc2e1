//! A driver in a process of its own: one process per connection.
//!
//! The host's end of it is a thread as for any connection, which passes commands on and
//! waits for answers. The process runs the session itself ([`work`]). It ends when its
//! input does, so that it never outlives the host; and it is killed when a statement is
//! given up, which is as good as a cancel. A driver that crashes is a connection that was
//! lost, and no more.

mod frame;
mod work;

use std::process::{Child, ChildStdin, ChildStdout, Command as Program, Stdio};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use patchbay_capability::sql::{Error, Failure, Reply, Request};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use super::error;
use super::options::OdbcWorker;
use super::session::Opening;
use crate::constraints::{Constraints, Known};
use crate::thread::{Answer, Command};

pub use work::work;

/// How long a process may take to end by itself once its input is closed.
const FAREWELL: Duration = Duration::from_secs(2);

/// What the host asks of the process.
#[derive(Serialize, Deserialize)]
enum Ask {
    /// Open the session; once, and first.
    Open(Opening),
    /// Run a request within so many milliseconds.
    Run { request: Request, millis: u64 },
    /// Come to rest.
    Reset,
    /// Ask the server for a sign of life.
    Ping,
}

/// What the process answers.
#[derive(Serialize, Deserialize)]
enum Tell {
    /// To [`Ask::Open`].
    Opened(Result<(), Error>),
    /// To [`Ask::Run`].
    Answer {
        outcome: Result<Reply, Error>,
        at_rest: bool,
        /// Constraints that the catalogue told of.
        learnt: Vec<Known>,
    },
    /// To the others.
    Done(bool),
}

/// A process, to be ended by whoever gives its connection up.
#[derive(Debug, Clone)]
pub(super) struct Process(Arc<Mutex<Child>>);

/// The ends of a process's pipes.
pub(super) struct Pipes {
    stdin: ChildStdin,
    stdout: ChildStdout,
}

impl Process {
    /// Starts a program that calls [`work`].
    pub(super) fn start(worker: &OdbcWorker) -> Result<(Self, Pipes), Error> {
        let failed = |reason: &dyn std::fmt::Display| {
            Error::new(Failure::Unavailable, format!("cannot start the process for the ODBC driver: {reason}"))
        };
        let mut child = Program::new(&worker.program)
            .args(&worker.arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // What a driver writes there may hold anything.
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| failed(&error))?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(failed(&"it has no pipes"));
        };
        Ok((Self(Arc::new(Mutex::new(child))), Pipes { stdin, stdout }))
    }

    /// Ends it at once. The thread that reads from it then comes to its end, too.
    pub(super) fn kill(&self) {
        // It has ended already, else.
        let _ = self.child().kill();
    }

    fn child(&self) -> std::sync::MutexGuard<'_, Child> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until it has ended, and sees to it that it does.
    fn bury(&self) {
        let until = Instant::now() + FAREWELL;
        loop {
            let ended = !matches!(self.child().try_wait(), Ok(None));
            if ended {
                return;
            }
            if Instant::now() >= until {
                self.kill();
                // Killed: this does not take long.
                let _ = self.child().wait();
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Passes commands on until the near end or the process is gone.
pub(super) fn relay(
    process: &Process,
    pipes: Pipes,
    opening: Opening,
    constraints: &Constraints,
    opened: oneshot::Sender<Result<(), Error>>,
    inbox: &Receiver<Command>,
) {
    let mut line = Line { pipes, constraints };
    match line.open(opening) {
        Ok(()) => {
            if opened.send(Ok(())).is_ok() {
                while let Ok(command) = inbox.recv() {
                    if line.pass(command).is_none() {
                        break;
                    }
                }
            }
        }
        // Nobody waits any more: nobody to tell.
        Err(error) => drop(opened.send(Err(error))),
    }
    // Its input ends here, and so does it.
    drop(line);
    process.bury();
}

struct Line<'a> {
    pipes: Pipes,
    constraints: &'a Constraints,
}

impl Line<'_> {
    /// Asks, and waits for the answer; none where the process is gone.
    fn ask(&mut self, ask: &Ask) -> Option<Tell> {
        self.send(&frame::encode(ask).ok()?)
    }

    /// The same of a question that is encoded.
    fn send(&mut self, frame: &[u8]) -> Option<Tell> {
        frame::send(&mut self.pipes.stdin, frame).ok()?;
        frame::read(&mut self.pipes.stdout).ok()?
    }

    fn open(&mut self, opening: Opening) -> Result<(), Error> {
        match self.ask(&Ask::Open(opening)) {
            Some(Tell::Opened(outcome)) => outcome,
            _ => Err(Error::new(Failure::Unavailable, "the process of the ODBC driver ended as it connected")),
        }
    }

    /// Passes one command on. None where the process is gone: then the answer's sender is
    /// dropped, which tells whoever waits.
    fn pass(&mut self, command: Command) -> Option<()> {
        match command {
            Command::Run { request, deadline, answer } => {
                let left = deadline.saturating_duration_since(Instant::now()).as_millis();
                let ask = Ask::Run { request, millis: u64::try_from(left).unwrap_or(u64::MAX) };
                let Ok(frame) = frame::encode(&ask) else {
                    let message = format!("the statement is larger than {} bytes", frame::MAX);
                    let outcome = Err(Error::new(Failure::LimitExceeded, message));
                    // The transaction, if any, is not known to have failed: the near end asks.
                    let _ = answer.send(Answer { outcome, at_rest: false });
                    return Some(());
                };
                let Tell::Answer { outcome, at_rest, learnt } = self.send(&frame)? else { return None };
                for Known { table, constraint, columns } in learnt {
                    self.constraints.remember(&table, &constraint, columns);
                }
                let outcome = outcome.map_err(|mut error| {
                    // Another connection may have learnt what it is about.
                    error::complete_from_message(&mut error, self.constraints);
                    error
                });
                let _ = answer.send(Answer { outcome, at_rest });
            }
            Command::Reset { done } => self.pass_simple(&Ask::Reset, done)?,
            Command::Ping { done } => self.pass_simple(&Ask::Ping, done)?,
        }
        Some(())
    }

    fn pass_simple(&mut self, ask: &Ask, done: oneshot::Sender<bool>) -> Option<()> {
        let Tell::Done(good) = self.ask(ask)? else { return None };
        // Nobody waits: the connection is being dropped.
        let _ = done.send(good);
        Some(())
    }
}
