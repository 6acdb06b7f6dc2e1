//! What is said of a target that cannot be reached, and to whom.

use super::*;

/// A pool that has no connection for as long as there is a reason.
#[derive(Debug, Default)]
struct Down(Mutex<Option<Error>>);

#[async_trait]
impl Pool for Down {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    async fn lease(&self, deadline: Instant) -> Result<Box<dyn Lease>, Error> {
        let reason = self.0.lock().unwrap().clone();
        match reason {
            Some(error) => Err(error),
            None => FakePool::default().lease(deadline).await,
        }
    }

    async fn close(&self) {}
}

#[tokio::test]
async fn names_are_for_the_operator_and_secrets_for_nobody() {
    let pool = Arc::new(Down::default());
    let binding = Arc::new(Binding::new("db", options(), Arc::clone(&pool) as Arc<dyn Pool>, None));
    let check = async |error: Option<(Failure, &str)>, told: Option<&str>, known: Option<&str>| {
        *pool.0.lock().unwrap() = error.map(|(failure, message)| Error::new(failure, message));
        let error = binding.open(&scope()).await.err();
        let reason = binding.outage().map(|outage| outage.reason);
        assert_eq!((error.map(|error| error.message).as_deref(), reason.as_deref()), (told, known));
    };
    assert_eq!(binding.outage(), None);
    let why = "cannot open /srv/desk.db with hunter2-secret";
    let known = Some("cannot open /srv/desk.db with ***");
    check(Some((Failure::Unavailable, why)), Some("cannot open *** with ***"), known).await;
    // Not the target's doing.
    check(Some((Failure::Busy, "too many others")), Some("too many others"), known).await;
    check(Some((Failure::Timeout, "too late")), Some("too late"), known).await;
    check(Some((Failure::PermissionDenied, "no")), Some("no"), Some("no")).await;
    check(None, None, None).await;
}
