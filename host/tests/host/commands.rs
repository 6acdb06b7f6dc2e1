//! The commands, as somebody at a terminal sees them.

use std::process::{Command, Output};

fn patchbay(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_patchbay"));
    command.env_remove("PATCHBAY_LOG").env_remove("RUST_LOG").env_remove("PATCHBAY_CONNECTORS");
    command.args(arguments).output().unwrap()
}

#[track_caller]
fn check(arguments: &[&str], code: i32, stdout: &str, stderr: &str) {
    let output = patchbay(arguments);
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{out}\n{err}");
    assert!(out.contains(stdout), "{arguments:?}\n{out}\n{err}");
    assert!(err.contains(stderr), "{arguments:?}\n{out}\n{err}");
}

#[test]
fn exit_codes_tell_usage_from_failure() {
    let directory = tempfile::tempdir().unwrap();
    let bad = directory.path().join("bad.toml");
    std::fs::write(&bad, "[server]\nplain_htpp = true\n").unwrap();
    let bad = bad.to_str().unwrap();
    check(&["--help"], 0, "Usage: patchbay", "");
    check(&["--version"], 0, "patchbay 0.1.0", "");
    check(&[], 64, "", "Usage: patchbay");
    check(&["serve"], 64, "", "--config");
    check(&["frobnicate"], 64, "", "frobnicate");
    // Not for people: nobody tells it what to do.
    #[cfg(feature = "odbc")]
    check(&["odbc-worker"], 1, "", "");
    check(&["serve", "--config", bad], 64, "", "bad.toml:2: server.plain_htpp: unknown field");
    check(&["discover", "--config", bad, "x"], 64, "", "bad.toml:2: server.plain_htpp: unknown field");
    check(&["check", "--config", bad], 1, "bad.toml:2: server.plain_htpp: unknown field", "");
    check(&["serve", "--config", "/no/such/file"], 64, "", "/no/such/file:1: cannot be read");
}

#[test]
fn a_connector_that_is_not_there_and_a_secret_that_is_not_there() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("p.toml");
    let text = r#"
        [server]
        plain_http = true
        [engine]
        cache = "cache"
        [apps.a]
        connector = "nothing"
        tokens = [{ env = "PATCHBAY_TEST_NO_SUCH_VARIABLE" }]
    "#;
    std::fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap();
    let connectors = directory.path().to_str().unwrap();
    check(
        &["check", "--config", file, "--connectors", connectors],
        1,
        "p.toml:7: apps.a.connector: there is no built-in connector `nothing`",
        "",
    );
    check(
        &["serve", "--config", file],
        64,
        "",
        "p.toml:8: apps.a.tokens[0]: the environment variable PATCHBAY_TEST_NO_SUCH_VARIABLE is not set",
    );
}

#[test]
fn a_component_with_another_digest_is_not_loaded() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("a.wasm"), b"\0asm").unwrap();
    std::fs::write(directory.path().join("token"), "a-token-in-a-file\n").unwrap();
    let zeros = "0".repeat(64);
    // The SHA-256 of the four bytes `\0asm`.
    let right = "cd5d4935a48c0672cb06407bb443bc0087aff947c6b864bac886982c73b3027f";
    for (digest, message) in [(zeros.as_str(), "has another SHA-256"), (right, "WebAssembly component")] {
        let text = format!(
            "[server]\nplain_http = true\n[engine]\ncache = \"cache\"\n[apps.a]\n\
             connector = {{ path = \"a.wasm\", sha256 = \"{digest}\" }}\ntokens = [{{ file = \"token\" }}]\n"
        );
        let file = directory.path().join("p.toml");
        std::fs::write(&file, text).unwrap();
        check(&["check", "--config", file.to_str().unwrap()], 1, message, "");
    }
}

#[test]
fn the_schema_is_printed() {
    let output = patchbay(&["schema"]);
    let schema: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["properties"]["apps"]["type"], "object");
}

/// A server that is told to stop by its service manager.
#[cfg(unix)]
#[test]
fn a_served_process_stops_when_it_is_told() {
    use std::io::{BufRead as _, BufReader};
    use std::process::Stdio;

    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("p.toml");
    std::fs::write(&file, "[server]\nplain_http = true\n[engine]\ncache = \"cache\"\n").unwrap();
    for signal in ["TERM", "INT"] {
        let mut server = Command::new(env!("CARGO_BIN_EXE_patchbay"));
        server.args(["--log-format", "json", "serve", "--listen", "127.0.0.1:0", "--config"]).arg(&file);
        server.env_remove("PATCHBAY_LOG").env_remove("RUST_LOG").stderr(Stdio::piped());
        let mut server = server.spawn().unwrap();
        let mut log = BufReader::new(server.stderr.take().unwrap()).lines();
        let ready: serde_json::Value = serde_json::from_str(&log.next().unwrap().unwrap()).unwrap();
        assert_eq!(ready["message"], "ready", "{ready}");
        assert!(ready["url"].as_str().unwrap().starts_with("http://127.0.0.1:"), "{ready}");
        let told = Command::new("kill").args(["-s", signal, &server.id().to_string()]).status().unwrap();
        assert!(told.success());
        let rest: Vec<String> = log.map(Result::unwrap).collect();
        assert_eq!(server.wait().unwrap().code(), Some(0), "{rest:?}");
        assert!(rest.last().unwrap().contains("stopped"), "{rest:?}");
    }
}
