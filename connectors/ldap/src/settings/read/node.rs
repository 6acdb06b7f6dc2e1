//! What settings of LDAP hold beside texts and truth values.

use patchbay_connector::settings::{Node, Problems, Record};

use crate::dn::Dn;

/// Values that only settings of LDAP have.
pub(super) trait LdapNode {
    /// A distinguished name (RFC 4514) that is not empty.
    fn dn(self, problems: &mut Problems) -> Option<String>;
}

impl LdapNode for Node<'_> {
    fn dn(self, problems: &mut Problems) -> Option<String> {
        let path = self.path.clone();
        let text = self.text(problems)?;
        match Dn::parse(&text) {
            Ok(_) => Some(text),
            Err(problem) => {
                problems.add(&path, format!("is no distinguished name: {problem}"));
                None
            }
        }
    }
}

/// The same for tables of them.
pub(super) trait LdapRecord {
    /// A distinguished name, if it is there.
    fn dn(&self, name: &str, problems: &mut Problems) -> Option<String>;

    /// A distinguished name that has to be there.
    fn need_dn(&self, name: &str, problems: &mut Problems) -> String;
}

impl LdapRecord for Record<'_> {
    fn dn(&self, name: &str, problems: &mut Problems) -> Option<String> {
        self.get(name)?.dn(problems)
    }

    fn need_dn(&self, name: &str, problems: &mut Problems) -> String {
        self.need(name, problems).and_then(|node| node.dn(problems)).unwrap_or_default()
    }
}
