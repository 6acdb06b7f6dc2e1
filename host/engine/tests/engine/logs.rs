//! What a guest logs ends up in `tracing`, with who said it, and bounded.

use std::io::Write;
use std::sync::{Arc, Mutex};

use patchbay_engine::Limits;
use tracing_subscriber::fmt::MakeWriter;

use crate::support::{app_with, get};

#[derive(Debug, Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    fn lines(&self) -> Vec<String> {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap().lines().map(str::to_owned).collect()
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Captured {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Lines that one `get` of that habit writes at target `patchbay::guest`.
async fn logged(habit: &str) -> Vec<String> {
    let captured = Captured::default();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter("patchbay::guest=info")
        .with_writer(captured.clone())
        .with_ansi(false)
        .finish();
    let app = app_with(habit, Limits { cpu: std::time::Duration::from_secs(10), ..Limits::default() }, None);
    let _guard = tracing::subscriber::set_default(subscriber);
    let _ = get(&app, "req-7").await;
    captured.lines()
}

#[tokio::test]
async fn lines_name_app_operation_and_request() {
    let lines = logged("smear").await;
    let [line] = lines.as_slice() else { panic!("one line, not {lines:#?}") };
    for part in ["INFO", "patchbay::guest", "app=\"smear\"", "operation=\"get\"", "request_id=\"req-7\""] {
        assert!(line.contains(part), "{part} is not in {line}");
    }
    assert!(line.contains(r"first line\nERROR forged second line"), "{line}");
    assert!(!line.contains('\u{1b}'), "{line:?}");
}

#[tokio::test]
async fn a_flood_is_cut_and_counted() {
    let lines = logged("flood").await;
    assert_eq!(lines.len(), 101, "a hundred lines and one that says how many are missing");
    let last = lines.last().unwrap();
    assert!(last.contains("WARN") && last.contains("dropped=99900"), "{last}");
}
