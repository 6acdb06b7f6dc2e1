//! The process's side: a session on a thread, served from standard input.

use std::io::{Stdout, stdin, stdout};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::{Duration, Instant};

use patchbay_capability::sql::{Error, Failure, Request};
use tokio::sync::oneshot;

use super::super::connection::{Started, start};
use super::super::session::Opening;
use super::{Ask, Tell, frame};
use crate::constraints::Constraints;
use crate::thread::{Answer, Command};

/// An answer that is awaited.
enum Awaited {
    Answer { answer: oneshot::Receiver<Answer>, describes: bool },
    Done(oneshot::Receiver<bool>),
}

/// Runs one session through an ODBC driver for the process that started this one: what to
/// do comes by standard input, and answers go to standard output. Ends when its input does,
/// whatever the driver is doing.
///
/// It is what the command `patchbay odbc-worker` does, and what a program has to do that
/// [`super::super::OdbcWorker`] names.
pub fn work() -> ExitCode {
    let mut input = stdin().lock();
    let opening = match frame::read(&mut input) {
        Ok(Some(Ask::Open(opening))) => Opening { worker: None, ..opening },
        _ => return ExitCode::FAILURE,
    };
    let constraints = Arc::new(Constraints::default());
    let mut output = stdout();
    let started = start(opening, Arc::clone(&constraints), ()).and_then(|Started { commands, opened, .. }| {
        let lost = || Error::new(Failure::Unavailable, "the ODBC driver failed as it connected");
        opened.blocking_recv().map_err(|_| lost())?.map(|()| commands)
    });
    let (outcome, commands) = match started {
        Ok(commands) => (Ok(()), Some(commands)),
        Err(error) => (Err(error), None),
    };
    if frame::write(&mut output, &Tell::Opened(outcome)).is_err() {
        return ExitCode::FAILURE;
    }
    let Some(commands) = commands else { return ExitCode::SUCCESS };
    // Answers are awaited elsewhere, so that the end of the input is never overlooked.
    let (awaited, waiting) = sync_channel::<Awaited>(2);
    let writer = std::thread::Builder::new().name("patchbay-odbc-answers".into()).spawn(move || {
        while let Ok(next) = waiting.recv() {
            let Some(tell) = wait(next, &constraints) else { break };
            if say(&mut output, &tell).is_err() {
                break;
            }
        }
        // The session is gone: nothing can be answered any more.
        std::process::exit(0);
    });
    if writer.is_err() {
        return ExitCode::FAILURE;
    }
    while let Ok(Some(ask)) = frame::read(&mut input) {
        if obey(ask, &commands, &awaited).is_none() {
            break;
        }
    }
    // Whatever the driver is doing: its process ends here.
    ExitCode::SUCCESS
}

/// Hands a command to the session's thread. None where that has ended.
fn obey(ask: Ask, commands: &SyncSender<Command>, awaited: &SyncSender<Awaited>) -> Option<()> {
    let (command, next) = match ask {
        Ask::Open(_) => return None,
        Ask::Run { request, millis } => {
            let (answer, ready) = oneshot::channel();
            let describes = matches!(request, Request::Describe(_));
            let deadline = Instant::now() + Duration::from_millis(millis.min(u64::from(u32::MAX)));
            (Command::Run { request, deadline, answer }, Awaited::Answer { answer: ready, describes })
        }
        Ask::Reset => {
            let (done, ready) = oneshot::channel();
            (Command::Reset { done }, Awaited::Done(ready))
        }
        Ask::Ping => {
            let (done, ready) = oneshot::channel();
            (Command::Ping { done }, Awaited::Done(ready))
        }
    };
    commands.send(command).ok()?;
    awaited.send(next).ok()
}

fn wait(next: Awaited, constraints: &Constraints) -> Option<Tell> {
    Some(match next {
        Awaited::Answer { answer, describes } => {
            let Answer { outcome, at_rest } = answer.blocking_recv().ok()?;
            let learnt = if describes { constraints.known() } else { Vec::new() };
            Tell::Answer { outcome, at_rest, learnt }
        }
        Awaited::Done(done) => Tell::Done(done.blocking_recv().ok()?),
    })
}

/// Writes an answer, or that it is too large to be written.
fn say(output: &mut Stdout, tell: &Tell) -> std::io::Result<()> {
    match (frame::encode(tell), tell) {
        (Ok(frame), _) => frame::send(output, &frame),
        (Err(_), Tell::Answer { at_rest, .. }) => {
            let message = format!("an answer of more than {} bytes: fewer rows or bytes at a time", frame::MAX);
            let outcome = Err(Error::new(Failure::LimitExceeded, message));
            frame::write(output, &Tell::Answer { outcome, at_rest: *at_rest, learnt: Vec::new() })
        }
        (Err(error), _) => Err(error),
    }
}
