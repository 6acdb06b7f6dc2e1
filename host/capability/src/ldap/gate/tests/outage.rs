//! What is said of a directory that cannot be reached, and to whom.

use super::*;

/// A pool without a connection.
#[derive(Debug)]
struct Down;

#[async_trait]
impl Pool for Down {
    async fn lease(&self, _: Instant) -> Result<Box<dyn Lease>, Error> {
        Err(Error::new(Failure::Unavailable, "ldap.corp does not know hunter2-secret"))
    }

    async fn close(&self) {}
}

#[tokio::test]
async fn names_are_for_the_operator_and_secrets_for_nobody() {
    let binding = Arc::new(Binding::new("dir", options(), Arc::new(Down), None));
    assert_eq!(binding.outage(), None);
    let error = binding.open(&scope()).await.unwrap_err();
    let outage = binding.outage().unwrap();
    assert_eq!((error.message.as_str(), outage.told.as_str()), ("*** does not know ***", "*** does not know ***"));
    assert_eq!(outage.reason, "ldap.corp does not know ***");
}
