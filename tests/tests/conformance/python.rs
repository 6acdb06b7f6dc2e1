//! scim2-cli, the command line of SCIM for Python, in an environment with the programs of
//! `requirements.txt`. That is made on the first run and used again until the file changes.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, ensure};
use serde::Deserialize;
use serde_json::json;

use crate::harness::App;

/// What is installed: exact versions, nothing else.
const REQUIREMENTS: &str = include_str!("requirements.txt");
/// What runs the commands.
const PROGRAM: &str = include_str!("cli.py");
/// How long a command may take.
const LIMIT: Duration = Duration::from_secs(120);
/// What to say when there is no environment to be had.
const NEEDED: &str = "the conformance tests run SCIM clients written in Python: they need `python3` (3.10 or later) \
                      with `venv` and `pip` (on Debian: apt-get install python3-venv), and, on the first run, a \
                      Python package index";

/// What a command did.
#[derive(Debug, Deserialize)]
pub(crate) struct Outcome {
    /// Its exit code.
    pub(crate) code: i32,
    /// What it wrote to standard output.
    pub(crate) stdout: String,
    /// What it wrote to standard error.
    pub(crate) stderr: String,
}

/// Runs commands of scim2-cli against one app, one after the other.
#[derive(Debug, Clone)]
pub(crate) struct Scim2(Arc<Mutex<Process>>);

/// Python, waiting for commands.
#[derive(Debug)]
struct Process {
    child: Child,
    stdin: ChildStdin,
    lines: Receiver<std::io::Result<String>>,
}

impl Scim2 {
    /// For the clients of this app.
    pub(crate) async fn of(app: &App) -> Self {
        let (base, token) = (app.scim.base().to_owned(), app.host.token("helpdesk").to_owned());
        let started = tokio::task::spawn_blocking(move || Process::start(&base, &token)).await.expect("it ran");
        Self(Arc::new(Mutex::new(started.unwrap_or_else(|error| panic!("{error:#}")))))
    }

    /// Runs a command with this input.
    pub(crate) async fn run(&self, arguments: &[&str], input: &str) -> Outcome {
        let command = json!({ "arguments": arguments, "input": input }).to_string();
        let process = self.0.clone();
        let run = move || process.lock().unwrap_or_else(PoisonError::into_inner).run(&command);
        let outcome = tokio::task::spawn_blocking(run).await.expect("it ran");
        outcome.unwrap_or_else(|error| panic!("{arguments:?}: {error:#}"))
    }
}

impl Process {
    fn start(base: &str, token: &str) -> Result<Self> {
        let mut command = Command::new(environment()?.join("bin/python"));
        command.args(["-c", PROGRAM]).stdin(Stdio::piped()).stdout(Stdio::piped());
        // In the environment of a process nobody else can see the token.
        command.env("SCIM_CLI_URL", base).env("SCIM_CLI_HEADERS", format!("Authorization: Bearer {token}"));
        for proxy in ["http_proxy", "https_proxy", "all_proxy"] {
            command.env_remove(proxy).env_remove(proxy.to_uppercase());
        }
        let mut child = command.spawn().context("cannot start Python")?;
        let stdin = child.stdin.take().context("no input")?;
        let stdout = BufReader::new(child.stdout.take().context("no output")?);
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || stdout.lines().try_for_each(|line| sender.send(line)));
        Ok(Self { child, stdin, lines })
    }

    fn run(&mut self, command: &str) -> Result<Outcome> {
        writeln!(self.stdin, "{command}")?;
        let line = self.lines.recv_timeout(LIMIT).context("no answer from Python")??;
        serde_json::from_str(&line).with_context(|| line)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone afterwards.
        let (killed, ended) = (self.child.kill(), self.child.wait());
        if let Err(error) = killed.and(ended) {
            eprintln!("cannot stop Python: {error}");
        }
    }
}

/// The environment's directory.
fn environment() -> Result<&'static Path> {
    static MADE: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let made = MADE.get_or_init(|| make().map_err(|error| format!("{error:#}\n{NEEDED}")));
    made.as_deref().map_err(|error| anyhow!("{error}"))
}

/// Finds the environment, or makes it.
fn make() -> Result<PathBuf> {
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let directory = scratch.join("conformance-python");
    // Two runs at the same time make one environment.
    let lock = File::create(scratch.join("conformance-python.lock"))?;
    lock.lock()?;
    let (python, stamp) = (directory.join("bin/python"), directory.join("requirements.txt"));
    if python.exists() && fs::read_to_string(&stamp).is_ok_and(|installed| installed == REQUIREMENTS) {
        return Ok(directory);
    }
    if directory.exists() {
        fs::remove_dir_all(&directory)?;
    }
    done(Command::new("python3").args(["-m", "venv"]).arg(&directory))?;
    let wanted = scratch.join("conformance-requirements.txt");
    fs::write(&wanted, REQUIREMENTS)?;
    let pip = |arguments: &[&str]| {
        let mut command = Command::new(&python);
        command.args(["-m", "pip", "--no-input", "--disable-pip-version-check"]).args(arguments);
        command
    };
    done(pip(&["install", "--quiet", "--no-deps", "--requirement"]).arg(&wanted))?;
    // The list is complete, and fits together.
    done(&mut pip(&["check"]))?;
    fs::rename(&wanted, &stamp)?;
    Ok(directory)
}

/// Runs a command that has to work.
fn done(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("cannot run {command:?}"))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    ensure!(output.status.success(), "{command:?} failed:\n{}{}", text(&output.stdout), text(&output.stderr));
    Ok(())
}
