use serde_json::json;

use super::*;
use crate::testing::profile;

fn query(pairs: &[(&str, &str)]) -> Result<ListQuery, ScimError> {
    ListQuery::from_query(pairs.iter().copied())
}

#[track_caller]
fn check(pairs: &[(&str, &str)], expected: ListQuery) {
    assert_eq!(query(pairs), Ok(expected), "{pairs:?}");
}

#[track_caller]
fn check_error(pairs: &[(&str, &str)], kind: crate::ScimType, detail: &str) {
    let error = query(pairs).unwrap_err();
    assert_eq!((error.scim_type, error.detail.as_str()), (Some(kind), detail), "{pairs:?}");
}

#[test]
fn parameters_of_rfc_7644_table_6_with_their_edges() {
    let default = ListQuery::default;
    check(&[], default());
    check(&[("startIndex", "6"), ("count", "5")], ListQuery { start_index: 6, count: Some(5), ..default() });
    check(&[("startIndex", "0")], default());
    check(&[("startIndex", "-3"), ("count", "-1")], ListQuery { count: Some(0), ..default() });
    check(&[("count", "0")], ListQuery { count: Some(0), ..default() });
    check(
        &[("startIndex", "99999999999999999999999999999999999999999999")],
        ListQuery { start_index: u64::MAX, ..default() },
    );
    check(
        &[("FILTER", "userName eq \"x\""), ("sortby", "name.familyName"), ("sortOrder", "Descending")],
        ListQuery {
            filter: Some("userName eq \"x\"".to_owned()),
            sort_by: Some("name.familyName".to_owned()),
            sort_order: SortOrder::Descending,
            ..default()
        },
    );
    check(
        &[("attributes", "userName, emails ,,name.givenName"), ("aadOptscim062020", ""), ("Attributes", "id")],
        ListQuery {
            attributes: ["userName", "emails", "name.givenName", "id"].map(str::to_owned).to_vec(),
            ..default()
        },
    );
    check(
        &[("excludedAttributes", "members")],
        ListQuery { excluded_attributes: vec!["members".to_owned()], ..default() },
    );
}

#[test]
fn values_that_do_not_fit() {
    use crate::ScimType::{InvalidCount, InvalidValue};
    check_error(&[("startIndex", "one")], InvalidValue, "'startIndex' must be an integer, not 'one'.");
    check_error(&[("count", "5.0")], InvalidValue, "'count' must be an integer, not '5.0'.");
    check_error(&[("count", "")], InvalidValue, "'count' must be an integer, not ''.");
    check_error(&[("sortOrder", "up")], InvalidValue, "'sortOrder' must be ascending or descending.");
    check_error(&[("count", "1"), ("Count", "2")], InvalidValue, "'count' is given twice.");
    check_error(&[("cursor", "c"), ("startIndex", "1")], InvalidValue, "'cursor' and 'startIndex' exclude each other.");
    check_error(&[("cursor", ""), ("count", "x")], InvalidCount, "'count' must be an integer.");
}

#[test]
fn cursors_of_rfc_9865() {
    check(
        &[("cursor", ""), ("count", "10")],
        ListQuery { cursor: Some(String::new()), count: Some(10), ..ListQuery::default() },
    );
    for none in ["0", "-1"] {
        check(
            &[("cursor", ""), ("count", none)],
            ListQuery { cursor: Some(String::new()), count: Some(0), ..ListQuery::default() },
        );
    }
    let page = ListResponse {
        total_results: Some(100),
        next_cursor: Some("n".to_owned()),
        previous_cursor: Some("p".to_owned()),
        resources: vec![json!({"id": "1"})],
        ..ListResponse::default()
    };
    assert_eq!(
        page.into_json(),
        json!({"schemas": [LIST_URN], "totalResults": 100, "itemsPerPage": 1, "previousCursor": "p", "nextCursor": "n", "Resources": [{"id": "1"}]})
    );
}

#[test]
fn an_empty_list_still_has_resources() {
    let empty = ListResponse { total_results: Some(0), start_index: Some(1), ..ListResponse::default() };
    assert_eq!(
        empty.into_json(),
        json!({"schemas": [LIST_URN], "totalResults": 0, "startIndex": 1, "itemsPerPage": 0, "Resources": []})
    );
}

#[test]
fn search_bodies() {
    let search = |body, name| ListQuery::from_search(body, &profile(name));
    let example = json!({
        "schemas": [SEARCH_URN], "attributes": ["displayName", "userName"], "filter": "displayName sw \"smith\"",
        "startIndex": 1, "count": 10, "sortBy": null,
    });
    let expected = ListQuery {
        attributes: vec!["displayName".to_owned(), "userName".to_owned()],
        filter: Some("displayName sw \"smith\"".to_owned()),
        count: Some(10),
        ..ListQuery::default()
    };
    assert_eq!(search(example, "rfc"), Ok(expected));
    let detail = |body, name| search(body, name).unwrap_err().detail;
    assert_eq!(detail(json!({}), "rfc"), format!("'schemas' must be a list that names '{SEARCH_URN}'."));
    assert_eq!(search(json!({}), "default"), Ok(ListQuery::default()));
    assert_eq!(detail(json!([]), "default"), "The body must be a JSON object.");
    assert_eq!(detail(json!({"count": "1"}), "default"), "'count' must be an integer.");
    assert_eq!(detail(json!({"count": 1.5}), "default"), "'count' must be an integer, not '1.5'.");
    assert_eq!(detail(json!({"filter": 1}), "default"), "'filter' must be a string.");
    assert_eq!(detail(json!({"attributes": [1]}), "default"), "'attributes' must be a list of attribute paths.");
}
