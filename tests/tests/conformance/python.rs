//! An environment with the Python programs of `requirements.txt`, made on the first run
//! and used again until that file changes.

use std::fs::{self, File};
use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail, ensure};

use crate::harness::App;

/// What is installed: exact versions, nothing else.
const REQUIREMENTS: &str = include_str!("requirements.txt");
/// How long a program may take.
const LIMIT: Duration = Duration::from_secs(180);
/// What to say when there is no environment to be had.
const NEEDED: &str = "the conformance tests run SCIM clients written in Python: they need `python3` (3.10 or later) \
                      with `venv` and `pip` (on Debian: apt-get install python3-venv), and, on the first run, a \
                      Python package index";

/// What a program did.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// How it ended.
    pub(crate) status: ExitStatus,
    /// What it wrote to standard output.
    pub(crate) stdout: String,
    /// What it wrote to standard error.
    pub(crate) stderr: String,
}

/// Runs the command-line client `scim2` against the app with these arguments and this
/// input.
pub(crate) async fn scim2(app: &App, arguments: &[&str], input: &str) -> Outcome {
    let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    let (base, token) = (app.scim.base().to_owned(), app.host.token("helpdesk").to_owned());
    let input = input.to_owned();
    let run = tokio::task::spawn_blocking(move || {
        let mut command = Command::new(environment()?.join("bin/python"));
        command.args(["-c", "from scim2_cli import cli; cli()"]).args(arguments);
        // In the environment of the process nobody else can see the token.
        command.env("SCIM_CLI_URL", base).env("SCIM_CLI_HEADERS", format!("Authorization: Bearer {token}"));
        for proxy in ["http_proxy", "https_proxy", "all_proxy"] {
            command.env_remove(proxy).env_remove(proxy.to_uppercase());
        }
        run(&mut command, &input)
    });
    run.await.expect("it ran").unwrap_or_else(|error| panic!("{error:#}"))
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
    let quiet = ["--quiet", "--no-input", "--disable-pip-version-check"];
    let pip = || {
        let mut command = Command::new(&python);
        command.args(["-m", "pip"]);
        command
    };
    done(pip().arg("install").args(quiet).args(["--no-deps", "--requirement"]).arg(&wanted))?;
    // The list is complete, and fits together.
    done(pip().arg("check").arg("--disable-pip-version-check"))?;
    fs::rename(&wanted, &stamp)?;
    Ok(directory)
}

/// Runs a command that has to work.
fn done(command: &mut Command) -> Result<()> {
    let outcome = run(command, "")?;
    ensure!(outcome.status.success(), "{command:?} failed:\n{}{}", outcome.stdout, outcome.stderr);
    Ok(())
}

/// Runs a command with this input, for as long as [`LIMIT`].
fn run(command: &mut Command, input: &str) -> Result<Outcome> {
    let program = command.get_program().to_string_lossy().into_owned();
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().with_context(|| format!("cannot start {program}"))?;
    let mut stdin = child.stdin.take().context("no input")?;
    let stdout = collect(child.stdout.take().context("no output")?);
    let stderr = collect(child.stderr.take().context("no output")?);
    match stdin.write_all(input.as_bytes()) {
        // Who does not read to the end says at the end why.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => return Err(error.into()),
        _ => drop(stdin),
    }
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if started.elapsed() > LIMIT {
            child.kill()?;
            child.wait()?;
            bail!("{program} took more than {LIMIT:?}");
        }
        thread::sleep(Duration::from_millis(20));
    };
    let text = |reader: thread::JoinHandle<std::io::Result<String>>| reader.join().map_err(|_| anyhow!("no text"));
    Ok(Outcome { status, stdout: text(stdout)??, stderr: text(stderr)?? })
}

/// Reads to the end, beside everything else.
fn collect(mut from: impl Read + Send + 'static) -> thread::JoinHandle<std::io::Result<String>> {
    thread::spawn(move || {
        let mut text = String::new();
        from.read_to_string(&mut text)?;
        Ok(text)
    })
}
