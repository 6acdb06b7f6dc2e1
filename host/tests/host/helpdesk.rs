//! `check`, `discover` and `explain` on the example application, with the real connector.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// Token of its clients.
pub(crate) const TOKEN: &str = "a-token-for-the-test";

/// The example application in a directory of its own, as an administrator has it.
pub(crate) struct Helpdesk {
    directory: TempDir,
}

impl Helpdesk {
    /// With `edit` made to the configuration.
    pub(crate) fn new(edit: impl Fn(String) -> String) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let example = |file: &str| {
            let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/helpdesk");
            std::fs::read_to_string(examples.join(file)).unwrap()
        };
        let database = rusqlite::Connection::open(directory.path().join("helpdesk.db")).unwrap();
        database.execute_batch(&example("schema.sqlite.sql")).unwrap();
        // Compiled code is kept between tests, as between starts.
        let cache = format!("[engine]\ncache = '{}/cache'\n", env!("CARGO_TARGET_TMPDIR"));
        let config = edit(example("patchbay.sqlite.toml"));
        std::fs::write(directory.path().join("p.toml"), format!("{config}\n{cache}")).unwrap();
        Self { directory }
    }

    /// The program with these arguments, to be run.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_patchbay"));
        command.env_remove("PATCHBAY_LOG").env_remove("RUST_LOG");
        command.env("HELPDESK_TOKEN", TOKEN).env("PATCHBAY_CONNECTORS", connectors());
        let (name, rest) = arguments.split_first().unwrap();
        command.arg(name).arg("--config").arg(self.directory.path().join("p.toml")).args(rest);
        command
    }

    /// A file of its directory.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let Output { status, stdout, stderr } = self.command(arguments).output().unwrap();
        let text = [stdout, stderr].concat();
        (status.code(), String::from_utf8(text).unwrap())
    }

    /// Line of the configuration that starts with `text`.
    fn line(&self, text: &str) -> usize {
        let config = std::fs::read_to_string(self.directory.path().join("p.toml")).unwrap();
        config.lines().position(|line| line.starts_with(text)).unwrap() + 1
    }
}

/// Where `cargo xtask build` puts components.
pub(crate) fn connectors() -> PathBuf {
    let directory = match std::env::var_os("PATCHBAY_GUESTS") {
        Some(directory) => directory.into(),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/guests"),
    };
    assert!(directory.join("sql.wasm").is_file(), "no sql.wasm in {}: run `cargo xtask build`", directory.display());
    directory
}

#[test]
fn who_has_read_enough_hears_no_complaint() {
    let app = Helpdesk::new(|config| config);
    let mut command = app.command(&["discover", "helpdesk"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8(output.stderr).unwrap().as_str()), (Some(1), ""));
}

#[test]
fn all_is_well() {
    let (code, text) = Helpdesk::new(|config| config).run(&["check"]);
    assert_eq!(code, Some(0), "{text}");
    for line in ["app helpdesk", "connector  ok", "target     ok  db", "classes    ok  person, team", "no problems"] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

#[test]
fn what_the_target_does_not_have_is_named_with_its_line() {
    let helpdesk = Helpdesk::new(|config| {
        let config = config.replace("table  = \"person_role\"", "table  = \"person_rolle\"");
        config.replace("column = \"dept_id\"", "column = \"department\"")
    });
    let (code, text) = helpdesk.run(&["check"]);
    assert_eq!(code, Some(1), "{text}");
    let classes = "apps.helpdesk.settings.classes.person";
    for (typed, key) in [
        ("table  = \"person_rolle\"", format!("{classes}.multi.roles.table: ")),
        ("column = \"department\"", format!("{classes}.lookups.department.column: ")),
    ] {
        let expected = format!("p.toml:{}: {key}", helpdesk.line(typed));
        assert_eq!(text.matches(&expected).count(), 1, "{expected}\n{text}");
    }
}

#[test]
fn settings_that_make_no_sense_are_named_with_their_line() {
    let helpdesk = Helpdesk::new(|config| config.replace("parent = [\"team_id\"]", "parents = [\"team_id\"]"));
    let expected =
        format!("p.toml:{}: apps.helpdesk.settings.classes.team.multi.members.parents: ", helpdesk.line("parents"));
    for (command, code) in [(&["check"][..], 1), (&["serve"], 64), (&["discover", "helpdesk"], 64)] {
        let (found, text) = helpdesk.run(command);
        assert_eq!(found, Some(code), "{text}");
        assert!(text.contains(&expected), "{expected}\n{text}");
    }
}

#[test]
fn mappings_to_nothing_are_named_with_their_line() {
    let helpdesk = Helpdesk::new(|config| config.replace("= \"first_name\"", "= \"firstname\""));
    let (code, text) = helpdesk.run(&["check"]);
    assert_eq!(code, Some(1), "{text}");
    let expected = format!(
        "p.toml:{}: apps.helpdesk.resources.User.attributes.'name.givenName': ",
        helpdesk.line("\"name.givenName\"")
    );
    assert!(text.contains(&expected), "{expected}\n{text}");
}

#[test]
fn a_target_that_is_down_is_said_to_be() {
    let helpdesk = Helpdesk::new(|config| config.replace("sqlite:helpdesk.db", "sqlite:gone.db"));
    let gone = helpdesk.file("gone.db").display().to_string();
    let (code, text) = helpdesk.run(&["check"]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("target     FAILED") && text.contains("apps.helpdesk.bindings: "), "{text}");
    assert!(text.contains(&gone), "{gone}\n{text}");
    let url = format!("sqlite:{gone}");
    for command in [
        &["discover", "helpdesk"][..],
        &["discover", "helpdesk", "--tables"],
        &["explain", "helpdesk", "User"],
        &["changes", "helpdesk", "User"],
    ] {
        let (code, text) = helpdesk.run(command);
        assert_eq!(code, Some(1), "{command:?}\n{text}");
        assert!(text.contains(&gone), "{command:?}\n{text}");
    }
    let mut whole = Command::new(env!("CARGO_BIN_EXE_patchbay"));
    let output = whole.args(["discover", "--url", &url]).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains(&gone), "{output:?}");
}

#[test]
fn what_is_in_the_target_is_shown() {
    let helpdesk = Helpdesk::new(|config| config);
    let (code, text) = helpdesk.run(&["discover", "helpdesk"]);
    assert_eq!(code, Some(0), "{text}");
    let words: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
    let has = |line: &[&str]| assert!(words.iter().any(|words| words.starts_with(line)), "{line:?}\n{text}");
    has(&["person", "(person)"]);
    has(&["key", "person_id"]);
    has(&["manager", "reference", "->", "person", "person.manager_id"]);
    has(&["members", "reference[]", "->", "person"]);
    let (code, text) = helpdesk.run(&["discover", "helpdesk", "--json"]);
    assert_eq!(code, Some(0), "{text}");
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let classes: Vec<_> = json["classes"].as_array().unwrap().iter().map(|class| &class["name"]).collect();
    assert_eq!(classes, ["person", "team"]);
    let (code, text) = helpdesk.run(&["discover", "nobody"]);
    assert_eq!(code, Some(64), "{text}");
}

#[test]
fn what_becomes_of_a_query_is_shown() {
    let helpdesk = Helpdesk::new(|config| config);
    let filter = r#"userName eq "ada" and active eq true and schemas co "User""#;
    let query = ["explain", "helpdesk", "User", "--filter", filter, "--sort-by", "userName", "--count", "5"];
    let (code, text) = helpdesk.run(&query);
    assert_eq!(code, Some(0), "{text}");
    for line in [
        "resource type  User (class person)\n",
        "filter         userName eq \"ada\" and active eq true and schemas co \"User\"\n",
        "target         login = \"ada\" and status = \"A\"\n",
        "host           schemas co \"User\": the host makes the values\n",
        "order          by the host: userName ascending, as the host filters, so it sorts as well\n",
        "page           by the host: up to 5, from index 1\n",
        "total          exact, counted by the host\n",
        "bound          tooMany beyond 10000 objects of the target\n",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let sorted = ["explain", "helpdesk", "Groups", "--sort-by", "displayName", "--sort-order", "descending", "--json"];
    let (code, text) = helpdesk.run(&sorted);
    assert_eq!(code, Some(0), "{text}");
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&json["resourceType"], &json["evaluatedBy"]), (&"Group".into(), &"target".into()), "{text}");
    assert_eq!(
        json["sort"],
        serde_json::json!({ "by": "target", "attribute": "name", "order": "descending", "reason": null })
    );
    for (arguments, code, expected) in [
        (["User", "--filter", "colour pr"], 1, "the answer would be 400 invalidFilter: "),
        (["User", "--filter", "userName eq"], 1, "the answer would be 400 invalidFilter: "),
        (["Car", "--count", "1"], 1, "the answer would be 404: "),
        (["User", "--sort-order", "up"], 64, "--sort-order"),
    ] {
        let (found, text) = helpdesk.run(&[&["explain", "helpdesk"][..], &arguments].concat());
        assert_eq!(found, Some(code), "{text}");
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    assert_eq!(helpdesk.run(&["explain", "nobody", "User"]).0, Some(64));
}

#[test]
fn only_granted_tables_are_shown_as_they_are() {
    let helpdesk = Helpdesk::new(|config| config);
    let (code, text) = helpdesk.run(&["discover", "helpdesk", "--tables"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("person  (table, 0 rows)") && text.contains("  foreign  dept_id"), "{text}");
    assert!(!text.contains("audit_log"), "{text}");
    // Who may not read sees what there is, and no rows.
    let blind = Helpdesk::new(|config| config.replace("verbs = [\"select\", ", "verbs = ["));
    let (code, text) = blind.run(&["discover", "helpdesk", "--tables"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("person  (table, rows not counted: SELECT is not granted)"), "{text}");
}

/// The same database through its ODBC driver, in the host and in a process of its own.
#[cfg(feature = "odbc")]
#[test]
fn through_odbc() {
    let driver = patchbay_test_support::OdbcDriver::Sqlite;
    for process in [false, true] {
        let helpdesk = Helpdesk::new(|config| {
            let url = driver.file_url(Path::new("helpdesk.db")).unwrap();
            let old = config.lines().find(|line| line.starts_with("url")).unwrap();
            config.replace(old, &format!("url = \"{url}\"\nodbc = {{ process = {process} }}"))
        });
        let output = helpdesk.command(&["check"]).current_dir(helpdesk.directory.path()).output().unwrap();
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert_eq!(output.status.code(), Some(0), "{process}: {text}");
        for line in ["target     ok  db", "classes    ok  person, team", "no problems"] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }
}
