//! References within a bulk request (RFC 7644 section 3.7.2): strings `bulkId:x` that stand
//! for the id of a resource which the request makes.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value as Json};

const PREFIX: &str = "bulkId:";

/// The bulkId that `text` refers to.
pub(super) fn referred(text: &str) -> Option<&str> {
    text.strip_prefix(PREFIX)
}

/// All bulkIds that strings in `value` refer to.
pub(super) fn references(value: &Json, into: &mut HashSet<String>) {
    match value {
        Json::String(text) => into.extend(referred(text).map(str::to_owned)),
        Json::Array(items) => items.iter().for_each(|v| references(v, into)),
        Json::Object(members) => {
            let about = about_password(members);
            members.iter().filter(|(name, _)| !is_password(name, about)).for_each(|(_, v)| references(v, into));
        }
        _ => {}
    }
}

/// Whether a member holds a password, which may read like a reference and is none.
fn is_password(name: &str, about_password: bool) -> bool {
    name.eq_ignore_ascii_case("password") || about_password && name.eq_ignore_ascii_case("value")
}

/// Whether an object is an operation of a PATCH that sets a password.
fn about_password(members: &Map<String, Json>) -> bool {
    let path = members.iter().find(|(name, _)| name.eq_ignore_ascii_case("path")).and_then(|(_, path)| path.as_str());
    path.and_then(|path| path.rsplit(':').next()).is_some_and(|name| name.eq_ignore_ascii_case("password"))
}

/// Puts the ids of what was made in the place of references to it.
pub(super) fn resolve(value: &mut Json, made: &HashMap<String, String>) {
    match value {
        Json::String(text) => {
            if let Some(id) = referred(text).and_then(|id| made.get(id)) {
                *text = id.clone();
            }
        }
        Json::Array(items) => items.iter_mut().for_each(|v| resolve(v, made)),
        Json::Object(members) => {
            let about = about_password(members);
            members.iter_mut().filter(|(name, _)| !is_password(name, about)).for_each(|(_, v)| resolve(v, made));
        }
        _ => {}
    }
}
