//! Everything an app keeps open.

use std::sync::Arc;

use patchbay_capability::{ldap, sql};

/// Connections of apps to their targets. They stay open until they are closed here.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    pub(super) databases: Vec<Arc<dyn sql::Pool>>,
    pub(super) directories: Vec<Arc<ldap::Binding>>,
}

impl Connections {
    /// Those of a look at one database.
    pub(crate) fn of_database(pool: Arc<dyn sql::Pool>) -> Self {
        Self { databases: vec![pool], directories: Vec::new() }
    }

    /// Takes over what another app has open.
    pub(crate) fn extend(&mut self, other: Self) {
        self.databases.extend(other.databases);
        self.directories.extend(other.directories);
    }

    /// Closes all of them, and returns when that is done.
    pub(crate) async fn close(self) {
        for pool in self.databases {
            pool.close().await;
        }
        for directory in self.directories {
            directory.close().await;
        }
    }
}
