//! A served process: what its operator does to it, and what it does to the operator's files.

use std::io::{BufRead as _, BufReader, Lines};
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::helpdesk::{Helpdesk, TOKEN};

/// A running `patchbay serve`, which is ended when this is dropped.
struct Served {
    program: Child,
    log: Lines<BufReader<ChildStderr>>,
}

impl Served {
    /// Starts it; it is not ready yet.
    fn start(app: &Helpdesk) -> Self {
        let mut command = app.command(&["serve", "--listen", "127.0.0.1:0", "--log-format", "json"]);
        let mut program = command.stderr(Stdio::piped()).spawn().unwrap();
        let log = BufReader::new(program.stderr.take().unwrap()).lines();
        Self { program, log }
    }

    /// The lines up to the first with this message, and that one.
    fn until(&mut self, message: &str) -> (Vec<Value>, Value) {
        let mut before = Vec::new();
        for line in self.log.by_ref() {
            let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
            if line["message"] == message {
                return (before, line);
            }
            before.push(line);
        }
        panic!("no `{message}` in {before:#?}");
    }

    /// Waits until it is ready; its SCIM base URL.
    fn ready(&mut self) -> String {
        let (_, ready) = self.until("ready");
        format!("{}/apps/helpdesk/scim/v2", ready["url"].as_str().unwrap())
    }

    fn signal(&self, name: &str) {
        let told = Command::new("kill").args(["-s", name, &self.program.id().to_string()]).status().unwrap();
        assert!(told.success(), "{name}");
    }

    /// Tells it to stop, and waits for that.
    fn stop(mut self) -> ExitStatus {
        self.signal("TERM");
        self.until("stopped");
        self.program.wait().unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may be over already.
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

/// What a list of users is answered with.
async fn status(base_url: &str, token: &str) -> u16 {
    let url = format!("{base_url}/Users?count=1");
    reqwest::Client::new().get(url).bearer_auth(token).send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_hang_up_stops_nothing() {
    let app = Helpdesk::new(|config| config);
    let mut served = Served::start(&app);
    let url = served.ready();
    for _ in 0..2 {
        served.signal("HUP");
        let (_, line) = served.until("signal ignored: files that change are read again without one");
        assert_eq!(line["signal"], "SIGHUP", "{line}");
        assert_eq!(status(&url, TOKEN).await, 200);
    }
    assert_eq!(served.stop().code(), Some(0));
}

#[tokio::test]
async fn a_token_that_is_replaced_during_the_start_counts() {
    let app = Helpdesk::new(|config| {
        config.replace(r#"[{ env = "HELPDESK_TOKEN" }]"#, r#"[{ file = "token" }, { file = "second" }]"#)
    });
    let (first, second) = (app.file("token"), app.file("second"));
    std::fs::write(&first, "the-first-token-1").unwrap();
    assert!(Command::new("mkfifo").arg(&second).status().unwrap().success());
    let mut served = Served::start(&app);
    // Opens once the host does, which has read the first token by then and waits for this one.
    let mut waited_for = std::fs::File::options().write(true).open(&second).unwrap();
    std::fs::write(&first, "its-successor-22").unwrap();
    // What is read again has to be there again.
    std::fs::write(app.file("copy"), "of-somebody-else").unwrap();
    std::fs::rename(app.file("copy"), &second).unwrap();
    std::io::Write::write_all(&mut waited_for, b"of-somebody-else").unwrap();
    drop(waited_for);
    let url = served.ready();
    let start = Instant::now();
    while status(&url, "its-successor-22").await != 200 {
        assert!(start.elapsed() < Duration::from_secs(10), "the new token is not known");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(status(&url, "the-first-token-1").await, 401);
    assert_eq!(status(&url, "of-somebody-else").await, 200);
    assert_eq!(served.stop().code(), Some(0));
}

#[test]
fn only_who_may_write_changes_how_a_file_is_kept() {
    let journal = |app: &Helpdesk| -> String {
        let database = rusqlite::Connection::open(app.file("helpdesk.db")).unwrap();
        database.pragma_query_value(None, "journal_mode", |row| row.get(0)).unwrap()
    };
    let serve = |app: &Helpdesk| {
        let mut served = Served::start(app);
        served.ready();
        assert_eq!(served.stop().code(), Some(0));
    };
    let reading = Helpdesk::new(|config| {
        config.replace(r#"verbs = ["select", "insert", "update", "delete"]"#, r#"verbs = ["select"]"#)
    });
    serve(&reading);
    assert_eq!(journal(&reading), "delete");
    let writing = Helpdesk::new(|config| config);
    let commands = [&["check"][..], &["discover", "helpdesk"], &["discover", "helpdesk", "--tables"]];
    for arguments in commands.into_iter().chain([&["explain", "helpdesk", "User"][..]]) {
        let output = writing.command(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{arguments:?} {output:?}");
        assert_eq!(journal(&writing), "delete", "{arguments:?}");
    }
    serve(&writing);
    assert_eq!(journal(&writing), "wal");
}

#[tokio::test]
async fn a_file_that_is_not_there_is_named_to_the_operator_only() {
    let app = Helpdesk::new(|config| config.replace("sqlite:helpdesk.db", "sqlite:gone.db"));
    let gone = app.file("gone.db").display().to_string();
    let mut served = Served::start(&app);
    let (before, ready) = served.until("ready");
    let named: Vec<&Value> = before.iter().filter(|line| line.to_string().contains(&gone)).collect();
    assert!(matches!(named[..], [line] if line["binding"] == "db" && line["app"] == "helpdesk"), "{before:#?}");
    let url = format!("{}/apps/helpdesk/scim/v2/Users", ready["url"].as_str().unwrap());
    let answer = reqwest::Client::new().get(url).bearer_auth(TOKEN).send().await.unwrap();
    assert_eq!(answer.status(), 503);
    let body = answer.text().await.unwrap();
    assert!(!body.contains("gone") && !body.contains("***"), "{body}");
    assert_eq!(served.stop().code(), Some(0));
}
