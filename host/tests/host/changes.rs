//! `patchbay changes`, with the real program on the example application.

use std::fs::OpenOptions;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

use crate::helpdesk::Helpdesk;

/// How the changes of people are found.
const CHANGES: &str = r#"
[apps.helpdesk.settings.classes.person.changes]
watermark = { column = "updated_at", overlap = "1h" }
"#;

/// The example with a few people, whose deletion is noticed.
fn helpdesk() -> Helpdesk {
    helpdesk_with("deletes = \"snapshot\"\n")
}

/// The example with a few people.
fn helpdesk_with(more: &str) -> Helpdesk {
    let helpdesk = Helpdesk::new(|config| format!("{config}{CHANGES}{more}"));
    for login in ["ada", "bob", "cyd", "dan", "eve"] {
        sql(&helpdesk, &format!("INSERT INTO person (login, status) VALUES ('{login}', 'A')"));
    }
    helpdesk
}

fn sql(helpdesk: &Helpdesk, text: &str) {
    let database = rusqlite::Connection::open(helpdesk.file("helpdesk.db")).unwrap();
    database.busy_timeout(std::time::Duration::from_secs(20)).unwrap();
    database.execute_batch(text).unwrap();
}

/// Runs the command; exit code, lines, and what it says besides.
fn run(helpdesk: &Helpdesk, arguments: &[&str]) -> (Option<i32>, Vec<Value>, String) {
    let Output { status, stdout, stderr } =
        helpdesk.command(&[&["changes", "helpdesk"], arguments].concat()).output().unwrap();
    let lines = String::from_utf8(stdout).unwrap();
    let lines = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (status.code(), lines, String::from_utf8(stderr).unwrap())
}

/// Asks a program to stop.
pub(crate) fn terminate(program: &Child) {
    let status = Command::new("kill").args(["-TERM", &program.id().to_string()]).status().unwrap();
    assert!(status.success());
}

/// `+LOGIN` and `-ID` of each line.
pub(crate) fn short(lines: &[Value]) -> Vec<String> {
    let short = |line: &Value| match line["op"].as_str().unwrap() {
        "upsert" => {
            assert_eq!(line["id"], line["resource"]["id"], "{line}");
            format!("+{}", line["resource"]["userName"].as_str().unwrap())
        }
        "delete" => format!("-{}", line["id"].as_str().unwrap()),
        other => other.to_owned(),
    };
    lines.iter().map(short).collect()
}

/// A run that has to work and print these.
#[track_caller]
fn check(helpdesk: &Helpdesk, arguments: &[&str], expected: &[&str]) -> Vec<Value> {
    let (code, lines, text) = run(helpdesk, arguments);
    assert_eq!(code, Some(0), "{text}");
    assert_eq!(short(&lines), expected, "{arguments:?}");
    lines
}

#[test]
fn everything_and_then_what_changes() {
    let helpdesk = helpdesk();
    let file = helpdesk.file("users.token");
    let file = file.to_str().unwrap();
    // The walk is broken off twice, and somebody changes meanwhile.
    check(&helpdesk, &["User", "--token-file", file, "--from-start", "--limit", "2"], &["+ada", "+bob"]);
    sql(
        &helpdesk,
        "UPDATE person SET login = 'bill', updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE login = 'bob'",
    );
    check(&helpdesk, &["User", "--token-file", file, "--from-start", "--limit", "1"], &["+cyd"]);
    let lines = check(&helpdesk, &["Users", "--token-file", file], &["+dan", "+eve", "+bill"]);
    let bill = &lines[2]["resource"];
    assert_eq!(bill["active"], true, "{bill}");
    assert_eq!(bill["meta"]["resourceType"], "User");
    assert_eq!(bill["meta"]["location"], "http://127.0.0.1:8585/apps/helpdesk/scim/v2/Users/2");
    check(&helpdesk, &["user", "--token-file", file], &[]);
    sql(&helpdesk, "DELETE FROM person WHERE login = 'dan'; INSERT INTO person (login) VALUES ('fay')");
    check(&helpdesk, &["User", "--token-file", file], &["+fay", "-4"]);
    check(&helpdesk, &["User", "--token-file", file], &[]);
}

#[test]
fn without_a_comparison_all_are_read_page_by_page() {
    let helpdesk = helpdesk_with("");
    let file = helpdesk.file("users.token");
    let file = file.to_str().unwrap();
    check(&helpdesk, &["User", "--token-file", file, "--from-start", "--limit", "2"], &["+ada", "+bob"]);
    sql(&helpdesk, "UPDATE person SET title = 'x' WHERE login = 'ada'; DELETE FROM person WHERE login = 'cyd'");
    check(&helpdesk, &["User", "--token-file", file, "--limit", "1"], &["+dan"]);
    check(&helpdesk, &["User", "--token-file", file, "--from-start"], &["+eve", "+ada"]);
    check(&helpdesk, &["User", "--token-file", file, "--from-start"], &[]);
}

#[test]
fn a_token_moves_only_when_the_lines_are_out() {
    let helpdesk = helpdesk();
    let file = helpdesk.file("users.token");
    let name = file.to_str().unwrap();
    check(&helpdesk, &["User", "--token-file", name], &[]);
    let before = std::fs::read_to_string(&file).unwrap();
    sql(&helpdesk, "INSERT INTO person (login) VALUES ('fay')");
    // A device that takes nothing.
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let mut command = helpdesk.command(&["changes", "helpdesk", "User", "--token-file", name]);
    let status = command.stdout(full).stderr(Stdio::null()).status().unwrap();
    assert_eq!(status.code(), Some(1));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), before);
    check(&helpdesk, &["User", "--token-file", name], &["+fay"]);
    assert_ne!(std::fs::read_to_string(&file).unwrap(), before);
}

#[test]
fn a_token_without_a_file() {
    let helpdesk = helpdesk();
    let token = |lines: &[Value]| lines.last().unwrap()["token"].as_str().unwrap().to_owned();
    let (code, lines, text) = run(&helpdesk, &["User"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(lines.iter().all(|line| line["op"] == "token"), "{lines:?}");
    let first = token(&lines);
    sql(&helpdesk, "INSERT INTO person (login) VALUES ('fay')");
    let (_, lines, _) = run(&helpdesk, &["User", "--since", &first]);
    assert_eq!(short(&lines)[0], "+fay");
    let second = token(&lines);
    let (_, lines, _) = run(&helpdesk, &["User", "--since", &second]);
    assert!(lines.iter().all(|line| line["op"] == "token"), "{lines:?}");
    // It may be used again: nobody else knows of it.
    let (_, lines, _) = run(&helpdesk, &["User", "--since", &first]);
    assert_eq!(short(&lines)[0], "+fay");
}

#[test]
fn tokens_that_are_of_no_use() {
    let helpdesk = helpdesk();
    let file = helpdesk.file("users.token");
    let name = file.to_str().unwrap();
    check(&helpdesk, &["User", "--token-file", name], &[]);
    let token = std::fs::read_to_string(&file).unwrap();
    let refused = |arguments: &[&str], code: i32, expected: &str| {
        let (found, lines, text) = run(&helpdesk, arguments);
        assert_eq!((found, lines.len()), (Some(code), 0), "{text}");
        assert!(text.contains(expected), "{expected}\n{text}");
    };
    refused(&["Group", "--token-file", name], 64, "the token is of User of the app `helpdesk`");
    refused(&["Car"], 64, "there is no such resource type; mapped are Group, User");
    refused(&["Group"], 1, "the settings do not say how changes of this class are found");
    refused(&["User", "--limit", "0"], 64, "--limit");
    refused(&["User", "--since", "x", "--token-file", name], 64, "cannot be used with");
    for broken in ["", "x", &token[..token.len() / 2], &token.replacen('A', "B", 1)] {
        std::fs::write(&file, broken).unwrap();
        refused(&["User", "--token-file", name], 65, "a full run is needed: the token cannot be read");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), broken, "it is left as it is");
    }
    std::fs::write(&file, &token).unwrap();
    let config = std::fs::read_to_string(helpdesk.file("p.toml")).unwrap();
    std::fs::write(helpdesk.file("p.toml"), config.replace("\"updated_at\", overlap", "\"created_at\", overlap"))
        .unwrap();
    refused(&["User", "--token-file", name], 65, "a full run is needed: the token was changed, or is of another class");
    refused(&["User", "--token-file", name], 65, &format!("remove {name} and start with --from-start"));
    std::fs::remove_file(&file).unwrap();
    check(&helpdesk, &["User", "--token-file", name, "--from-start"], &["+ada", "+bob", "+cyd", "+dan", "+eve"]);
}

#[test]
fn following_tells_as_it_happens() {
    let helpdesk = helpdesk();
    let file = helpdesk.file("users.token");
    let name = file.to_str().unwrap();
    check(&helpdesk, &["User", "--token-file", name], &[]);
    let arguments = ["changes", "helpdesk", "User", "--token-file", name, "--follow", "--interval", "1"];
    let mut program = helpdesk.command(&arguments).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
    let mut told: Vec<String> = Vec::new();
    for login in ["fay", "gus", "hal"] {
        sql(&helpdesk, &format!("INSERT INTO person (login) VALUES ('{login}')"));
        let new = format!("+{login}");
        loop {
            let line: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
            let line = short(&[line]).remove(0);
            if line == new {
                break;
            }
            // What was found while all were compared is told again.
            assert!(told.contains(&line), "{line} after {told:?}");
        }
        told.push(new);
    }
    // In the middle of a pause: it ends there, and ends well.
    terminate(&program);
    assert_eq!(program.wait().unwrap().code(), Some(0));
    // It goes on where it was, or a little before that; and then there is no more.
    let mut again = 0;
    loop {
        let (code, lines, text) = run(&helpdesk, &["User", "--token-file", name]);
        assert_eq!(code, Some(0), "{text}");
        let lines = short(&lines);
        assert!(lines.iter().all(|line| told.contains(line)), "{lines:?}");
        if lines.is_empty() {
            break;
        }
        again += 1;
        assert!(again < 3, "{lines:?}");
    }
}
