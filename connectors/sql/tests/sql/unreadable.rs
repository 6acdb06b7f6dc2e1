//! One value that is not of its column's type, in one row: legacy data has dates of zeros.
//! The object can be read, found and changed all the same.

use std::io::Write;
use std::sync::{Arc, Mutex};

use patchbay_contract::{Change, Comparator, Comparison, FilterNode, Query, Value};
use tracing_subscriber::fmt::MakeWriter;

use crate::target::{Kind, Target, delta, query, settings, text};

/// What a log got.
#[derive(Debug, Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
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

/// People, of whom Bert was created at `never`, which is no time.
async fn with_bert(kind: Kind, never: &str) -> Target {
    let target = Target::new(kind, settings(), true).await;
    target.script(&format!("UPDATE person SET created = '{never}' WHERE login = 'bert'"));
    target
}

/// Bert is read, found, listed in whatever order, and changed.
async fn check(target: &Target) {
    assert_eq!(target.values("person", "2", "created").await, [""; 0], "{:?}", target.kind);
    assert_eq!(target.values("person", "1", "created").await.len(), 1, "{:?}", target.kind);
    let login = Comparison { attribute: "login".into(), operator: Comparator::Equal, value: text("bert") };
    assert_eq!(target.matches(vec![FilterNode::Compare(login)]).await.unwrap(), ["2"]);
    let wanted = Query { attributes: vec!["login".into(), "created".into()], ..query("person") };
    let page = target.search(wanted).await.unwrap();
    let counts: Vec<(&str, usize)> =
        page.objects.iter().map(|object| (object.id.uid.as_str(), object.cells[1].len())).collect();
    assert_eq!(counts, [("1", 1), ("2", 0), ("3", 1)], "{:?}", target.kind);
    let changes = vec![delta("active", Change::Replace(vec![Value::Boolean(false)]))];
    target.update("person", "2", changes).await.unwrap();
    assert_eq!(target.values("person", "2", "active").await, ["false"], "{:?}", target.kind);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_date_of_zeros_keeps_nobody_from_being_changed() {
    for kind in Kind::of(&[Kind::Sqlite, Kind::MariaDb]) {
        check(&with_bert(kind, "0000-00-00 00:00:00").await).await;
    }
    for kind in Kind::of(&[Kind::Sqlite]) {
        check(&with_bert(kind, "").await).await;
        check(&with_bert(kind, "before the war").await).await;
    }
}

#[tokio::test]
async fn the_log_says_where_it_is() {
    for kind in Kind::of(&[Kind::Sqlite]) {
        let target = with_bert(kind, "").await;
        let captured = Captured::default();
        let subscriber = tracing_subscriber::fmt()
            .with_env_filter("patchbay::guest=warn")
            .with_writer(captured.clone())
            .with_ansi(false)
            .finish();
        let _guard = tracing::subscriber::set_default(subscriber);
        target.get("person", "1", &["created"]).await.unwrap();
        assert_eq!(captured.take(), "");
        target.get("person", "2", &["created"]).await.unwrap();
        let log = captured.take();
        assert_eq!(log.lines().count(), 1, "{log}");
        assert!(log.contains("WARN") && log.contains("created") && log.contains("uid"), "{log}");
    }
}
