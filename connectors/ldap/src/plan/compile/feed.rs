//! How the changes of a class are found.

use super::super::feed::{AccessLog, DirSync, Feed, Method, Timestamp};
use super::super::{Attribute, Target, Version};
use super::{Work, same};
use crate::dn::Dn;
use crate::settings;
use crate::settings::changes::{Changes, Way};
use crate::subschema::Kind;
use crate::vendor;

/// Milliseconds that a write takes at most, where the settings say nothing.
const OVERLAP: u64 = 30_000;
/// Where OpenLDAP has its log as a rule.
const LOG: &str = "cn=log";
/// The same for a retro changelog.
const CHANGELOG: &str = "cn=changelog";

impl Work<'_> {
    /// As the settings say; else as the server is best followed, if ids let that be.
    pub(super) fn feed(
        &mut self,
        class: &settings::Class,
        own: &Target,
        version: &Version,
        attributes: &[Attribute],
        path: &str,
    ) -> Option<Feed> {
        let way = match &class.changes {
            Some(Changes::None) => return None,
            Some(Changes::By(way)) => way.clone(),
            None => self.usual(own),
        };
        if let Some(needed) = self.needed(way.method, own) {
            let summary = format!("tells of deleted entries by {needed}, and the id of the class is another attribute");
            self.problem(format!("{path}/changes/method"), summary);
            return None;
        }
        let method = match way.method {
            vendor::Feed::DirSync => Method::DirSync(DirSync {
                base: self.context(&way, own, path)?,
                object_security: way.object_security,
                attributes: watched(own, attributes),
            }),
            vendor::Feed::Usn => Method::Usn { base: self.context(&way, own, path)? },
            vendor::Feed::Syncrepl => Method::Syncrepl,
            vendor::Feed::AccessLog => Method::AccessLog(AccessLog {
                base: way.base.unwrap_or_else(|| LOG.to_owned()),
                overlap: way.overlap.unwrap_or(OVERLAP),
            }),
            vendor::Feed::ChangeLog => {
                let base = way.base.or_else(|| self.dse.change_log.clone()).unwrap_or_else(|| CHANGELOG.to_owned());
                Method::ChangeLog { base }
            }
            vendor::Feed::Timestamp => Method::Timestamp(self.timestamp(&way, version, attributes)),
        };
        let structural = |name: &String| self.schema.class(name).is_some_and(|class| class.kind == Kind::Structural);
        let fixed_kinds = !own.filtered && !own.kinds.is_empty() && own.kinds.iter().all(structural);
        Some(Feed { method, fixed_kinds })
    }

    /// The vendor's way, else the one that works with any id and on any server.
    fn usual(&self, own: &Target) -> Way {
        let usual = self.defaults.feed;
        let rooted = !matches!(usual, vendor::Feed::DirSync | vendor::Feed::Usn) || self.root_of(own).is_some();
        let works = rooted && self.needed(usual, own).is_none();
        let method = if works { usual } else { vendor::Feed::Timestamp };
        Way { method, base: None, overlap: None, object_security: false }
    }

    /// The ids that a way tells of deleted entries by, where the class has others.
    fn needed(&self, method: vendor::Feed, own: &Target) -> Option<&'static str> {
        let ids: &[&str] = match method {
            vendor::Feed::DirSync | vendor::Feed::Usn => &["objectGUID"],
            vendor::Feed::AccessLog => &["entryUUID"],
            vendor::Feed::Syncrepl | vendor::Feed::ChangeLog => &["entryUUID", "nsUniqueId"],
            vendor::Feed::Timestamp => return None,
        };
        let known = ids.iter().any(|id| same(id, &own.id.attribute));
        ids.first().copied().filter(|_| !known)
    }

    /// As the settings say, else the root of the naming context that the class is in.
    fn context(&mut self, way: &Way, own: &Target, path: &str) -> Option<String> {
        let context = way.base.clone().or_else(|| self.root_of(own));
        if context.is_none() {
            let summary = "needs `base`: the server does not tell which naming context the class is in";
            self.problem(format!("{path}/changes"), summary);
        }
        context
    }

    /// The root of the naming context that the class is in, where the server tells it.
    fn root_of(&self, own: &Target) -> Option<String> {
        let base = Dn::parse(&own.base).ok()?;
        let above = |context: &&String| Dn::parse(context).is_ok_and(|context| base.is_at_or_below(&context));
        self.dse.naming_contexts.iter().filter(above).max_by_key(|context| context.len()).cloned()
    }

    fn timestamp(&self, way: &Way, version: &Version, attributes: &[Attribute]) -> Timestamp {
        let attribute = if self.server.vendor.is_active_directory() { "whenChanged" } else { "modifyTimestamp" };
        let fine = match version {
            Version::Attribute(name) if !same(name, attribute) => Some(vec![name.clone()]),
            _ => None,
        };
        let mut content = fine.unwrap_or_else(|| natives(attributes));
        content.sort_unstable();
        Timestamp { attribute: attribute.to_owned(), overlap: way.overlap.unwrap_or(OVERLAP), content }
    }
}

/// Attributes of entries that are read, each once.
fn natives(attributes: &[Attribute]) -> Vec<String> {
    let mut natives: Vec<String> = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.readable && !attribute.native.is_empty()) {
        if !natives.iter().any(|known| same(known, &attribute.native)) {
            natives.push(attribute.native.clone());
        }
    }
    natives
}

/// What DirSync is to look at. Entries whose only change is in an attribute that is not named
/// are not told of; `name` changes with every renaming, and `objectClass` comes with new
/// entries alone.
fn watched(own: &Target, attributes: &[Attribute]) -> Vec<String> {
    let mut watched = natives(attributes);
    for needed in [own.id.attribute.as_str(), "name", "objectClass", "isDeleted", "userAccountControl"] {
        if !watched.iter().any(|known| same(known, needed)) {
            watched.push(needed.to_owned());
        }
    }
    watched
}
