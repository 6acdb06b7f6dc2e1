//! Client profiles: what is accepted beside the letter of the RFCs, as data.

use serde::{Deserialize, Serialize};

/// Quirks of real clients, one switch each. A switch that a profile's data does not
/// name is off, so that an empty profile follows the RFCs to the letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default = "Profile::strict")]
#[expect(clippy::struct_excessive_bools, reason = "independent switches, each with a name in the data files")]
pub struct Profile {
    /// Name of the profile.
    pub name: String,
    /// `externalId eq jyoung`: Entra's documentation shows filters without the quotes.
    pub unquoted_filter_values: bool,
    /// `"True"` for `true`: Entra without `aadOptscim062020` sends booleans as strings.
    pub boolean_strings: bool,
    /// `"42"` for `42`: Entra's expressions yield strings for integer and decimal attributes.
    pub number_strings: bool,
    /// `42` for `"42"`: HR-driven clients send employee numbers as JSON numbers.
    pub scalars_as_strings: bool,
    /// `name.givenName` and value paths as keys of an object: Entra with `aadOptscim062020`.
    pub dotted_keys: bool,
    /// `"manager": "id"` for `{"value": "id"}`: Entra, in POST and in PATCH.
    pub bare_complex_values: bool,
    /// `[{"value": "id"}]` for a single value: Entra's older manager updates.
    pub array_for_single: bool,
    /// `{…}` for `[{…}]`: clients that drop the list around a single value.
    pub single_for_array: bool,
    /// `{"value": "x"}` for an element that is a plain string: Entra on custom lists.
    pub wrapped_simple_values: bool,
    /// `""` means no value: Entra removes a manager and clears strings so.
    pub empty_string_removes: bool,
    /// `{"value": "{\"value\":\"Admin\"}"}`: Entra's AppRoleAssignmentsComplex.
    pub json_encoded_values: bool,
    /// `Remove members` with a value list takes away those listed, not all: Entra.
    pub remove_by_value: bool,
    /// `Replace emails[type eq "work"].value` creates the element where none matches: Entra.
    pub create_missing_values: bool,
    /// `Replace` for `replace`: Entra's operation names.
    pub any_case_ops: bool,
    /// Bodies without `schemas`: Okta and many scripts.
    pub optional_schemas: bool,
    /// URNs in `schemas` that nobody knows: Entra's ADSCIM group schema.
    pub unknown_schemas: bool,
    /// Extension attributes whose URN is missing in `schemas`: Entra.
    pub undeclared_extensions: bool,
    /// Extension attributes at the top level of a body: Entra's documented samples.
    pub top_level_extensions: bool,
    /// `…:enterprise:2.0User`, the URN with a colon missing: Entra's documented samples.
    pub enterprise_urn_typo: bool,
    /// Attributes that no schema has are left out instead of refused: every client whose
    /// mapping is wider than the application's.
    pub ignore_unknown_attributes: bool,
    /// Attributes of RFC 7643 that the application does not map, parts of them, and values of
    /// kinds that it has no place for are left out instead of refused: every client that sends
    /// its whole user.
    pub ignore_unmapped_attributes: bool,
    /// `PLACEHOLDER eq "guid"`: Entra's connection test before any mapping exists; it
    /// matches nothing, once the target has answered.
    pub placeholder_probe: bool,
    /// `id` and other read-only attributes inside a path-less PATCH value are left out
    /// instead of refused: Okta's group renames.
    pub ignore_read_only_values: bool,
}

/// Why there is no such profile.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// No built-in profile has this name.
    #[error("there is no client profile '{0}'; known are {known}", known = Profile::NAMES.join(", "))]
    Unknown(String),
    /// The data is not a profile.
    #[error("malformed client profile: {0}")]
    Malformed(#[from] serde_json::Error),
}

impl Profile {
    /// Names of the built-in profiles.
    pub const NAMES: &'static [&'static str] = &["default", "rfc", "entra", "okta"];

    /// Everything off.
    pub fn strict() -> Self {
        Self {
            name: "rfc".to_owned(),
            unquoted_filter_values: false,
            boolean_strings: false,
            number_strings: false,
            scalars_as_strings: false,
            dotted_keys: false,
            bare_complex_values: false,
            array_for_single: false,
            single_for_array: false,
            wrapped_simple_values: false,
            empty_string_removes: false,
            json_encoded_values: false,
            remove_by_value: false,
            create_missing_values: false,
            any_case_ops: false,
            optional_schemas: false,
            unknown_schemas: false,
            undeclared_extensions: false,
            top_level_extensions: false,
            enterprise_urn_typo: false,
            ignore_unknown_attributes: false,
            ignore_unmapped_attributes: false,
            placeholder_probe: false,
            ignore_read_only_values: false,
        }
    }

    /// The built-in profile of this name.
    pub fn builtin(name: &str) -> Result<Self, ProfileError> {
        Self::from_json(match name {
            "default" => include_str!("../profiles/default.json"),
            "rfc" => include_str!("../profiles/rfc.json"),
            "entra" => include_str!("../profiles/entra.json"),
            "okta" => include_str!("../profiles/okta.json"),
            _ => return Err(ProfileError::Unknown(name.to_owned())),
        })
    }

    /// A profile from its JSON data; an unknown switch is an error that names it.
    pub fn from_json(text: &str) -> Result<Self, ProfileError> {
        Ok(serde_json::from_str(text)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, expected: impl Fn(&Profile) -> bool) {
        let profile = Profile::builtin(name).unwrap();
        assert_eq!(profile.name, name);
        assert!(expected(&profile), "{profile:?}");
    }

    #[test]
    fn builtin_profiles_load() {
        check("rfc", |p| *p == Profile::strict());
        check("default", |p| p.boolean_strings && p.remove_by_value && p.create_missing_values);
        check("entra", |p| p.json_encoded_values && p.dotted_keys && p.enterprise_urn_typo);
        check("okta", |p| p.ignore_read_only_values && p.optional_schemas && !p.json_encoded_values);
    }

    #[test]
    fn the_list_of_names_is_complete() {
        for name in Profile::NAMES {
            check(name, |_| true);
        }
    }

    #[test]
    fn errors_name_what_is_wrong() {
        let unknown = Profile::builtin("entraa").unwrap_err().to_string();
        assert_eq!(unknown, "there is no client profile 'entraa'; known are default, rfc, entra, okta");
        let malformed = Profile::from_json(r#"{"name": "x", "boolean_string": true}"#).unwrap_err().to_string();
        assert!(malformed.contains("boolean_string"), "{malformed}");
    }
}
