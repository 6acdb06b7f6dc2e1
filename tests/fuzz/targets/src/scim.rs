//! Targets on the SCIM crate alone.

use patchbay_scim::{AttrPath, Filter, ParseOptions, Patch, PatchPath, ScimError, patch};

use crate::fixture::{PROFILES, profile, schemas, user};

/// Operations that a PATCH may have here.
const MOST_OPERATIONS: usize = 50;

/// A filter: reads again from its canonical text, is typed once and for all, and its
/// negation is the opposite.
pub fn filter(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (schemas, user) = (schemas(), user());
    for name in PROFILES {
        let profile = profile(name);
        let options = ParseOptions::of(schemas.urns(), &profile);
        let parsed = match Filter::parse(text, &options) {
            Ok(parsed) => parsed,
            Err(error) => return refused(&error, &["invalidFilter"]),
        };
        let canonical = parsed.to_string();
        // Canonical text is never shorter for escapes alone, so it may pass the limit on length.
        match Filter::parse(&canonical, &options) {
            Ok(again) => assert_eq!(again, parsed, "{canonical}"),
            Err(error) => assert!(canonical.len() > options.limits.max_length, "{canonical}: {error}"),
        }
        let negated = Filter::Not(Box::new(parsed.clone()));
        assert_ne!(parsed.matches(&user, &schemas), negated.matches(&user, &schemas), "{canonical}");
        match parsed.typed(&schemas, &profile) {
            Ok(typed) => {
                let twice = typed.typed(&schemas, &profile).expect("what is typed can be typed again");
                assert_eq!(twice, typed, "{canonical}");
                typed.matches(&user, &schemas);
            }
            Err(error) => refused(&error, &["invalidFilter"]),
        }
    }
}

/// A path of a PATCH operation and of a list of attributes.
pub fn path(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let schemas = schemas();
    if let Ok(path) = AttrPath::parse(text, schemas.urns()) {
        let again = AttrPath::parse(&path.to_string(), schemas.urns());
        assert!(again.is_ok_and(|again| again.same(&path)), "{path}");
        let _ = schemas.resolve(&path);
    }
    for name in PROFILES {
        let profile = profile(name);
        let options = ParseOptions::of(schemas.urns(), &profile);
        match PatchPath::parse(text, &options) {
            Ok(path) => {
                let canonical = path.to_string();
                match PatchPath::parse(&canonical, &options) {
                    Ok(again) => assert_eq!(again, path, "{canonical}"),
                    Err(error) => assert!(canonical.len() > options.limits.max_length, "{canonical}: {error}"),
                }
            }
            Err(error) => refused(&error, &["invalidPath", "invalidFilter"]),
        }
    }
}

/// A PATCH body: all operations or none, and no error that would be the server's.
pub fn patch(data: &[u8]) {
    let Ok(body) = serde_json::from_slice::<serde_json::Value>(data) else { return };
    let schemas = schemas();
    for name in PROFILES {
        let profile = profile(name);
        let parsed = match Patch::parse(body.clone(), &schemas, &profile, MOST_OPERATIONS) {
            Ok(parsed) => parsed,
            Err(error) => {
                assert!((400..500).contains(&error.status), "{error:?}");
                continue;
            }
        };
        let before = user();
        let mut after = before.clone();
        match patch::apply(&mut after, &parsed.edits, &schemas, &profile, &|_, _, _, _| false) {
            Ok(changed) => assert_eq!(changed, after != before, "it says so when it changes something"),
            Err(error) => {
                assert!((400..500).contains(&error.status), "{error:?} {:?}", error.internal);
                assert_eq!(after, before, "all or none");
            }
        }
    }
}

fn refused(error: &ScimError, allowed: &[&str]) {
    let keyword = error.scim_type.map(|t| t.as_str()).unwrap_or_default();
    assert!(error.status == 400 && allowed.contains(&keyword), "{error:?}");
}
