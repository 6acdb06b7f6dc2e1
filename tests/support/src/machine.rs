//! What servers started for tests need of this machine.

use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use anyhow::{Context as _, Result, bail};

/// Waits for its input to end: that happens when the process that started the server is
/// gone without having stopped it (killed, or the server was in a static, which is never
/// dropped). Told so by a line, it leaves quietly.
const WATCHDOG: &str = r#"
if read -r _; then exit 0; fi
kill -"$3" "$1" 2>/dev/null
n=0
while kill -0 "$1" 2>/dev/null && [ $n -lt 50 ]; do sleep 0.1; n=$((n + 1)); done
rm -rf "$2"
"#;

/// Sees to it that a server does not outlive this process.
#[derive(Debug)]
pub(crate) struct Watchdog(Child, ChildStdin);

impl Watchdog {
    /// Ends the process `pid` with `signal`, and removes `dir`, once this process is gone.
    pub(crate) fn watch(pid: &str, signal: &str, dir: &Path) -> Result<Self> {
        let mut watchdog = Command::new("sh")
            .args(["-c", WATCHDOG, "watchdog", pid])
            .arg(dir)
            .arg(signal)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot run sh")?;
        let stdin = watchdog.stdin.take().context("the watchdog has no input")?;
        Ok(Self(watchdog, stdin))
    }

    /// The server is stopped by other means.
    pub(crate) fn dismiss(self) {
        let Self(mut watchdog, mut stdin) = self;
        // Where it is gone already there is nothing to tell it.
        let _ = stdin.write_all(b"done\n");
        drop(stdin);
        let _ = watchdog.wait();
    }
}

/// A program, run as `user` where one is given, with a clean environment: settings of the
/// machine must not leak in.
pub(crate) fn program(path: &Path, user: Option<&str>) -> Result<Command> {
    let mut command = match user {
        Some(user) => {
            let group = Command::new("id").args(["-g", user]).output().context("cannot run id")?;
            if !group.status.success() {
                bail!("there is no user {user} to run a server as");
            }
            let mut command = Command::new("setpriv");
            command
                .arg(format!("--reuid={user}"))
                .arg(format!("--regid={}", String::from_utf8_lossy(&group.stdout).trim()))
                .args(["--clear-groups", "--"])
                .arg(path);
            command
        }
        None => Command::new(path),
    };
    let path = std::env::var_os("PATH").unwrap_or_default();
    command.env_clear().env("PATH", path).env("LC_ALL", "C.UTF-8");
    Ok(command)
}

/// In memory where there is such a place: clusters are made and thrown away.
pub(crate) fn scratch() -> PathBuf {
    let memory = Path::new("/dev/shm");
    if tempfile::tempfile_in(memory).is_ok() { memory.to_owned() } else { std::env::temp_dir() }
}

/// Whether we are root, by the owner of our own process.
pub(crate) fn is_root() -> Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    match fs::metadata("/proc/self") {
        Ok(own) => Ok(own.uid() == 0),
        // No /proc: whatever we create is ours.
        Err(_) => Ok(tempfile::tempfile()?.metadata()?.uid() == 0),
    }
}

pub(crate) fn chown(path: &Path, user: &str) -> Result<()> {
    let status = Command::new("chown").arg(format!("{user}:")).arg(path).status().context("cannot run chown")?;
    if !status.success() {
        bail!("there is no user {user} to run a server as");
    }
    Ok(())
}

/// Gives a directory, and all that is in it, to `user`.
pub(crate) fn chown_all(path: &Path, user: &str) -> Result<()> {
    let status =
        Command::new("chown").arg("-R").arg(format!("{user}:")).arg(path).status().context("cannot run chown")?;
    if !status.success() {
        bail!("there is no user {user} to run a server as");
    }
    Ok(())
}

/// Gives a directory, and all that is in it, to the owner of `reference`.
pub(crate) fn chown_like(path: &Path, reference: &Path) -> Result<()> {
    let (_, reference) = (fs::metadata(reference)?, reference.display());
    let mut command = Command::new("chown");
    let status = command.arg("-R").arg(format!("--reference={reference}")).arg(path).status();
    if !status.context("cannot run chown")?.success() {
        bail!("cannot give {} to the owner of {reference}", path.display());
    }
    Ok(())
}

/// A port nobody listens on right now.
pub(crate) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("no free port")?;
    Ok(listener.local_addr()?.port())
}
