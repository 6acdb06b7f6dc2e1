//! Everything an app keeps open.

use std::sync::Arc;

use patchbay_capability::{Outage, ldap, sql};

/// Connections of apps to their targets. They stay open until they are closed here.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    pub(super) databases: Vec<Arc<sql::Binding>>,
    pub(super) directories: Vec<Arc<ldap::Binding>>,
}

impl Connections {
    /// Takes over what another app has open.
    pub(crate) fn extend(&mut self, other: Self) {
        self.databases.extend(other.databases);
        self.directories.extend(other.directories);
    }

    /// An error of the app for whoever runs a command, who may see the inner message, too, with
    /// the names in it that are kept from the connector.
    pub(crate) fn in_words(&self, message: &str, internal: Option<&str>) -> String {
        let databases = self.databases.iter().map(|binding| (binding.name(), binding.outage()));
        let directories = self.directories.iter().map(|binding| (binding.name(), binding.outage()));
        let outages = databases.chain(directories).filter_map(|(name, outage)| Some((name, outage?)));
        words(message, internal, outages)
    }

    /// Closes all of them, and returns when that is done.
    pub(crate) async fn close(self) {
        for database in self.databases {
            database.close().await;
        }
        for directory in self.directories {
            directory.close().await;
        }
    }
}

/// Both messages. What the inner one was told of an outage becomes its reason; where it says
/// nothing of it, the reason comes behind it.
fn words<'n>(message: &str, internal: Option<&str>, outages: impl IntoIterator<Item = (&'n str, Outage)>) -> String {
    let mut inner = internal.unwrap_or_default().to_owned();
    for (name, Outage { told, reason }) in outages {
        if inner.contains(&told) {
            inner = inner.replace(&told, &reason);
        } else {
            let between = if inner.is_empty() { "" } else { "; " };
            inner = format!("{inner}{between}{name}: {reason}");
        }
    }
    if inner.is_empty() { message.to_owned() } else { format!("{message} ({inner})") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operator_reads_names_where_the_connector_was_told_none() {
        let outage = |told: &str, reason: &str| ("db", Outage { told: told.to_owned(), reason: reason.to_owned() });
        let check = |internal: Option<&str>, outages: Option<(&str, Outage)>, expected: &str| {
            assert_eq!(words("down", internal, outages), expected);
        };
        let file = || Some(outage("cannot open ***", "cannot open /a.db"));
        check(None, None, "down");
        check(Some("why"), None, "down (why)");
        check(Some("db: cannot open ***"), file(), "down (db: cannot open /a.db)");
        check(Some("why"), file(), "down (why; db: cannot open /a.db)");
        check(None, file(), "down (db: cannot open /a.db)");
        check(Some("refused"), Some(outage("refused", "refused")), "down (refused)");
    }
}
