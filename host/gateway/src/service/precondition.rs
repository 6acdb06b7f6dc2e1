//! `If-Match` and `If-None-Match` (RFC 7644 section 3.14, RFC 9110 section 13.1).
//!
//! Versions are weak in SCIM, so tags are compared weakly in both headers.

use patchbay_scim::ScimError;

use crate::render::etag;

/// The versions that a header names.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Tags {
    /// `*`: whatever version, as long as there is a resource.
    Any,
    /// One of these, each without `W/` and quotes.
    These(Vec<String>),
}

/// What a request has to be held against.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Precondition {
    if_match: Option<Tags>,
    if_none_match: Option<Tags>,
}

impl Precondition {
    /// From the two headers.
    ///
    /// # Errors
    /// invalidValue for what is no list of entity tags.
    pub(super) fn parse(if_match: Option<&str>, if_none_match: Option<&str>) -> Result<Self, ScimError> {
        let tags = |header: Option<&str>, name| header.map(|text| Tags::parse(text, name)).transpose();
        Ok(Self { if_match: tags(if_match, "If-Match")?, if_none_match: tags(if_none_match, "If-None-Match")? })
    }

    /// The one version that a write can demand without reading first; an error where
    /// only a reading can tell.
    pub(super) fn unread(&self) -> Result<Option<String>, NeedsReading> {
        match (&self.if_match, &self.if_none_match) {
            (_, Some(_)) => Err(NeedsReading),
            (None | Some(Tags::Any), None) => Ok(None),
            (Some(Tags::These(tags)), None) => match tags.as_slice() {
                [one] => Ok(Some(one.clone())),
                _ => Err(NeedsReading),
            },
        }
    }

    /// Holds a write against the version that was read, and returns the one that the
    /// write has to demand of the target.
    ///
    /// # Errors
    /// 412 where the resource has another version, or none at all.
    pub(super) fn check<'r>(&self, revision: Option<&'r str>) -> Result<Option<&'r str>, ScimError> {
        if self.if_none_match.as_ref().is_some_and(|tags| tags.include(revision)) {
            return Err(ScimError::precondition_failed("If-None-Match: the resource has this version"));
        }
        match (&self.if_match, revision) {
            (None | Some(Tags::Any), _) => Ok(None),
            (Some(_), None) => {
                Err(ScimError::precondition_failed("If-Match: resources of this type have no versions to compare"))
            }
            (Some(tags), Some(_)) if tags.include(revision) => Ok(revision),
            (Some(_), Some(_)) => Err(ScimError::precondition_failed("If-Match: the resource has another version")),
        }
    }

    /// Holds a reading against the version that was read: whether it is 304.
    ///
    /// # Errors
    /// 412 where `If-Match` asks for another version.
    pub(super) fn not_modified(&self, revision: Option<&str>) -> Result<bool, ScimError> {
        Self { if_none_match: None, ..self.clone() }.check(revision)?;
        Ok(self.if_none_match.as_ref().is_some_and(|tags| tags.include(revision)))
    }
}

/// That a version has to be read before it can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NeedsReading;

impl Tags {
    /// Reads `*` or a list. A tag without quotes is taken for one: scripts send them so.
    fn parse(text: &str, header: &str) -> Result<Self, ScimError> {
        let malformed = || ScimError::invalid_value(format!("{header}: is neither '*' nor a list of entity tags"));
        let mut rest = text.trim();
        if rest == "*" {
            return Ok(Self::Any);
        }
        let mut tags = Vec::new();
        loop {
            rest = rest.trim_start_matches([' ', '\t', ',']);
            if rest.is_empty() {
                break;
            }
            let opaque = rest.strip_prefix("W/").unwrap_or(rest);
            let (tag, after) = match opaque.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"').ok_or_else(malformed)?,
                None => {
                    let end = opaque.find(',').unwrap_or(opaque.len());
                    let (tag, after) = opaque.split_at(end);
                    (tag.trim_end(), after)
                }
            };
            let after = after.trim_start();
            if !(after.is_empty() || after.starts_with(',')) || tag.is_empty() {
                return Err(malformed());
            }
            tags.push(tag.to_owned());
            rest = after;
        }
        if tags.is_empty() { Err(malformed()) } else { Ok(Self::These(tags)) }
    }

    /// Whether a resource of this version is meant.
    fn include(&self, revision: Option<&str>) -> bool {
        match (self, revision) {
            (Self::Any, _) => true,
            (Self::These(_), None) => false,
            (Self::These(tags), Some(revision)) => {
                let own = etag(revision);
                tags.iter().any(|tag| own.strip_prefix("W/") == Some(format!("\"{tag}\"").as_str()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(header: &str, expected: Option<&[&str]>) {
        let tags = Tags::parse(header, "If-Match").ok();
        let expected = expected.map(|all| Tags::These(all.iter().map(|tag| (*tag).to_owned()).collect()));
        assert_eq!(tags, expected, "{header}");
    }

    #[test]
    fn lists_of_tags_are_read_whole() {
        check(r#"W/"a""#, Some(&["a"]));
        check(r#""a", W/"b,c" ,"d e""#, Some(&["a", "b,c", "d e"]));
        check(r#", "a",,"#, Some(&["a"]));
        check("a, b", Some(&["a", "b"]));
        assert_eq!(Tags::parse(" * ", "If-Match"), Ok(Tags::Any));
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for header in ["", " , ", r#""a"#, r#"W/""#, r#""a"b"#, r#""a" "b""#, "W/"] {
            check(header, None);
        }
    }

    #[test]
    fn only_one_tag_can_be_demanded_unread() {
        let unread = |a, b| Precondition::parse(a, b).unwrap().unread();
        assert_eq!(unread(None, None), Ok(None));
        assert_eq!(unread(Some("*"), None), Ok(None));
        assert_eq!(unread(Some(r#""a""#), None), Ok(Some("a".to_owned())));
        assert_eq!(unread(Some(r#""a", "b""#), None), Err(NeedsReading));
        assert_eq!(unread(None, Some("*")), Err(NeedsReading));
    }
}
