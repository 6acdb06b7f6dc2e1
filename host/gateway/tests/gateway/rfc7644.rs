//! RFC 7644 sections 3.1 to 3.14 and RFC 9865, example by example, table row by table row,
//! and rule by rule. A test's name begins with its section; `rfc` is the profile where the RFC
//! decides. Examples are sent as the RFC has them but for ids, versions and slips of its own
//! (JSON that is none); a test says so where the answer is another than the RFC's, and why.
//!
//! What RFC 7644 takes from RFC 7643 is in `rfc7643.rs`, at the end of the table.
//!
//! Tests in other places: those called `rfc_7644_...` show what only HTTP shows and are in
//! `host/tests/host` (`rfc7644.rs`, `edge.rs`); `host/scim` tests the grammars and PATCH on
//! their own. `table.rs` checks that each test named here exists, and that none is missing.
//!
//! | Section | What | Test |
//! |---|---|---|
//! | 3.1 | messages are not in /Schemas | `s3_1_schemas_of_messages_are_not_discoverable` |
//! | | answers show the resource as it is | `s3_1_an_answer_is_the_resource_as_it_is_and_not_as_it_was_sent` |
//! | 3.2 | table 1, each method | `s3_2_table_1_methods` |
//! | | table 2, each endpoint | `s3_2_table_2_endpoints` |
//! | | other methods | `s3_2_methods_that_an_endpoint_does_not_take_are_405_with_allow`, `urls_and_methods` |
//! | 3.3 | example | `s3_3_example` |
//! | | readOnly is ignored | `s3_3_read_only_attributes_are_ignored` |
//! | | null and `[]` | `s3_3_null_and_empty_lists_are_no_value` |
//! | | a duplicate is 409 | `s3_3_a_duplicate_is_409_uniqueness` |
//! | | writeOnly is not shown | `s3_3_write_only_attributes_are_never_shown` |
//! | 3.3.1 | example | `s3_3_1_users_and_groups` |
//! | | other resource types | `s3_3_1_the_resource_type_follows_from_the_endpoint`, `s3_3_1_custom_resource_types_are_discovered` |
//! | 3.4.1 | example | `s3_4_1_example`, `rfc_7644_section_3_4_1_location` |
//! | | each kind of resource; 404 | `s3_4_1_a_known_resource_of_each_kind` |
//! | 3.4.2 | example, with each element of the answer | `s3_4_2_example` |
//! | | no match; unknown parameters | `s3_4_2_no_match_is_success_and_unknown_parameters_are_ignored` |
//! | 3.4.2.1 | example of endpoints | `s3_4_2_1_a_resource_is_an_endpoint_of_queries` |
//! | | example of a filter | `s3_4_2_1_example` |
//! | | the root; attributes a type lacks | `s3_4_2_1_the_root_holds_all_types`, `s3_4_2_1_resource_type_filters_read_no_other_type` |
//! | | too many | `s3_4_2_1_too_many_is_refused` |
//! | 3.4.2.2 | example `Eq` and `Username` | `s3_4_2_2_names_and_operators_have_no_case` |
//! | | table 3, each operator by type | `s3_4_2_2_table_3_operators`, `s3_4_2_2_table_3_operators_that_do_not_fit_the_type`, `s3_4_2_2_table_3_booleans_and_binaries_have_no_order` |
//! | | tables 4 and 5, order of precedence | `s3_4_2_2_tables_4_and_5_logic_and_precedence` |
//! | | figure 1, each rule | `s3_4_2_2_figure_1_grammar`, `s3_4_2_2_malformed_filters`, `s3_4_2_2_limits_are_limits` |
//! | | figure 2, each filter | `s3_4_2_2_figure_2_examples`, `examples_of_rfc_7644_section_3_4_2_2` |
//! | | many values | `s3_4_2_2_one_of_many_values_is_enough`, `s3_4_2_2_references_by_url_and_type` |
//! | | complex attributes | `s3_4_2_2_complex_attributes_are_compared_by_a_sub_attribute` |
//! | | defaulted values | `s3_4_2_2_defaulted_values_are_compared_as_they_are_shown` |
//! | | example `regex` | `s3_4_2_2_an_unknown_operator_is_declined_by_name` |
//! | | caseExact | `s3_4_2_2_case_follows_the_schema` |
//! | | filters are announced, and are the target's | `s3_4_2_2_filters_are_discovered`, `s3_4_2_2_most_is_left_to_the_target` |
//! | 3.4.2.3 | sortBy, sortOrder, no value, case | `s3_4_2_3_sorting`, `s3_4_2_3_case_counts_where_the_schema_says_so` |
//! | | many values | `s3_4_2_3_of_many_values_the_primary_counts_else_the_first` |
//! | | by type | `s3_4_2_3_large_integers_sort_exactly`, `s3_4_2_3_times_sort_as_instants` |
//! | | several resource types | `s3_4_2_3_sorting_over_all_types`, `s3_4_2_3_sorting_over_all_types_is_bounded` |
//! | 3.4.2.4 | tables 6 and 7 | `s3_4_2_4_tables_6_and_7`, `parameters_of_rfc_7644_table_6_with_their_edges`, `s3_4_2_4_nobody_gets_more_than_announced` |
//! | | example with figure 3 | `s3_4_2_4_figure_3` |
//! | | several resource types | `s3_4_2_4_the_root_is_paged_across_types` |
//! | 3.4.2.5 | both parameters | `s3_4_2_5_attributes_of_listed_resources` |
//! | 3.4.3 | figures 4 and 5 | `s3_4_3_figures_4_and_5` |
//! | | each parameter | `s3_4_3_every_parameter_says_the_same_as_in_a_url` |
//! | | what is no search | `s3_4_3_what_is_no_search_is_refused` |
//! | 3.5.1 | example | `s3_5_1_example` |
//! | | readWrite, writeOnly | `s3_5_1_read_write_values_are_replaced_and_null_clears`, `s3_5_1_write_only_values_are_replaced` |
//! | | immutable | `s3_5_1_immutable_values_must_match` |
//! | | readOnly | `s3_5_1_read_only_values_are_ignored` |
//! | | required; nothing is created | `s3_5_1_required_values_must_be_there_and_nothing_is_created` |
//! | 3.5.2 | it is announced | `s3_5_2_is_announced` |
//! | | figures 6 and 8 | `s3_5_2_figures_6_and_8`, `s3_5_2_figure_8_paths`, `examples_of_rfc_7644_figure_8` |
//! | | figure 7 | `s3_5_2_there_are_three_operations_and_no_indexes`, `malformed_paths_say_where` |
//! | | schemas, Operations, op, path | `s3_5_2_the_message_must_be_one`, `s3_5_2_a_path_is_for_remove_only_required` |
//! | | mutability and schema | `s3_5_2_mutability`, `s3_5_2_operations_fit_the_mutability`, `s3_5_2_operations_fit_the_schema`, `s3_5_2_what_is_not_mapped_is_refused_not_lost` |
//! | | example `employeeNumber` and `schemas` | `s3_5_2_example_a_qualified_name_changes_schemas`, `s3_5_2_a_qualified_name_adds_its_schema` |
//! | | one after the other, all or none | `s3_5_2_each_operation_works_on_what_the_one_before_left`, `s3_5_2_operations_follow_each_other_all_or_none`, `s3_5_2_an_error_anywhere_leaves_the_resource_as_it_was` |
//! | | one primary | `s3_5_2_one_value_is_primary` |
//! | | 200 and 204 | `s3_5_2_success_is_200_or_204_and_200_with_attributes`, `s3_5_2_a_patch_with_attributes_is_200`, `s3_5_2_examples_hold_where_there_are_no_versions` |
//! | 3.5.2.1 | example: a member | `s3_5_2_1_example_add_a_member` |
//! | | example: without a path | `s3_5_2_1_example_add_without_a_path` |
//! | | each target | `s3_5_2_1_add` |
//! | | what is there already | `s3_5_2_1_adding_what_is_there_changes_nothing`, `s3_5_2_1_what_changes_nothing_does_not_touch_the_time` |
//! | 3.5.2.2 | example: a member | `s3_5_2_2_example_remove_a_member` |
//! | | example: all members | `s3_5_2_2_example_remove_all_members` |
//! | | example: a complex value | `s3_5_2_2_example_remove_a_complex_value` |
//! | | example: remove and add | `s3_5_2_2_example_remove_and_add_a_member`, `s3_5_2_2_remove_and_add_members` |
//! | | example: all by two operations | `s3_5_2_2_and_3_examples_replace_all_members` |
//! | | each target | `s3_5_2_2_remove_without_a_path`, `s3_5_2_2_remove_value_path`, `s3_5_2_2_remove_single_complex_and_whole_lists` |
//! | 3.5.2.3 | example: all members at once | `s3_5_2_2_and_3_examples_replace_all_members` |
//! | | examples: an address, a street | `s3_5_2_3_examples_an_address_and_its_street` |
//! | | example: all values | `s3_5_2_3_example_replace_all_values` |
//! | | each target | `s3_5_2_3_replace`, `s3_5_2_3_replace_by_value_path`, `s3_5_2_3_all_values_that_match_are_replaced` |
//! | 3.6 | both examples | `s3_6_examples` |
//! | | 404, queries, conflicts | `s3_6_after_delete_everything_is_404`, `s3_6_a_deleted_resource_is_in_no_result_and_in_no_conflict` |
//! | 3.7 | attributes of an operation | `s3_7_paths_are_those_of_resources`, `what_is_no_bulk_request_is_refused` |
//! | 3.7.1 | example | `s3_7_1_example` |
//! | | other circles and chains | `s3_7_1_a_circle_that_stays_open_is_no_success`, `s3_7_1_a_long_chain_of_forward_references` |
//! | 3.7.2 | example | `s3_7_2_example` |
//! | | example in an extension | `s3_7_2_example_in_an_extension` |
//! | | bulkIds in paths | `references_work_backward_forward_and_in_paths` |
//! | 3.7.3 | example: a status that failed | `s3_7_3_example_a_failed_operation` |
//! | | example: all succeed | `s3_7_3_example_all_succeed` |
//! | | example: it stops | `s3_7_3_example_it_stops_at_an_error`, `s3_7_3_fail_on_errors_stops` |
//! | | example: all fail | `s3_7_3_example_all_fail` |
//! | 3.7.4 | example | `rfc_7644_section_3_7_4_example`, `the_size_of_a_body_is_announced_as_it_is` |
//! | | operations | `s3_7_4_limits_are_announced_and_named` |
//! | 3.8 | media types, encoding | `rfc_7644_section_3_1_the_client_chooses_the_media_type`, `rfc_7644_section_3_1_the_client_chooses`, `rfc_7644_section_3_8_json_in_utf_8`, `content_types` |
//! | | example: URI suffix | `rfc_7644_section_3_8_no_suffix_chooses_a_format` |
//! | | examples: shapes of attributes | `rfc_7644_section_3_8_the_shapes_of_attributes` |
//! | 3.9 | example | `s3_9_example_attributes` |
//! | | both parameters, any operation | `s3_9_attributes_and_excluded_attributes`, `s3_9_every_operation_that_answers_a_resource_takes_them`, `rfc_7644_section_3_9` |
//! | 3.10 | examples | `s3_10_examples` |
//! | | no case | `s3_10_names_and_urns_have_no_case` |
//! | 3.11 | not supported | `s3_11_what_cannot_be_served_is_501` |
//! | | served, with Location | `s3_11_every_operation_is_one_on_the_resource_itself`, `s3_11_versions_and_records_are_those_of_the_resource`, `a_client_that_stands_for_somebody_has_an_alias` |
//! | 3.12 | table 8, rows 400 to 501 | `s3_12_table_8_what_the_target_refuses`, `s3_12_table_8_what_the_request_gets_wrong`, `s3_12_table_8_412` |
//! | | table 8, rows 307, 308, 401, 403, 413, 500, 501 over HTTP | `rfc_7644_section_3_12_table_8`, `who_has_no_token_learns_nothing` |
//! | | table 8, row 403: discovery (section 4) | `s4_discovery_cannot_be_filtered` |
//! | | table 9, each keyword by method | `s3_12_table_9_keywords`, `s3_4_2_1_too_many_is_refused` |
//! | | table 9 within Bulk | `s3_7_3_example_a_failed_operation` |
//! | | example: GET | `s3_12_example_of_a_get` |
//! | | example: PUT | `s3_12_example_of_a_put` |
//! | | bodies of errors | `s3_12_errors_name_no_values` |
//! | 3.13 | versions in the path | `s3_13_another_version_is_refused`, `rfc_7644_section_3_13_versions` |
//! | 3.14 | example: create | `s3_14_example_create` |
//! | | example: If-None-Match | `s3_14_if_none_match_on_get` |
//! | | example: If-Match | `s3_14_if_match_on_writes`, `s3_14_if_match_holds_what_changes_nothing_too`, `s3_14_members_are_changed_on_a_version_without_being_read` |
//! | | header and `meta.version` | `s3_14_every_write_changes_the_version_and_shows_it`, `s3_14_versions_in_bulk` |
//! | | where there are none | `s3_14_without_versions_if_match_is_refused_not_ignored`, `s3_14_etag_is_announced_where_classes_have_versions` |
//! | 9865 2 | examples, table 2 (answers) | `rfc9865_s2_examples`, `rfc9865_s2_cursors`, `rfc9865_s2_cursors_over_all_resource_types`, `cursors_of_rfc_9865` |
//! | | table 1 (parameters) | `rfc9865_s2_table_1_count` |
//! | | opaque | `rfc9865_s2_a_cursor_says_nothing_and_works_once_more` |
//! | 9865 2.1 | errors | `rfc9865_s2_1_errors`, `a_cursor_is_good_for_its_app_its_type_and_its_time` |
//! | 9865 2.2 | sorting | `rfc9865_s2_2_pages_are_sorted` |
//! | 9865 2.4 | default method | `rfc9865_s2_4_the_default_method` |
//! | 9865 3 | example | `rfc9865_s3_cursors_by_post` |
//! | 9865 4 | example | `rfc9865_s4_the_configuration_announces_them` |
//! | 7643 2.3 | types | `rfc7643_s2_3_types` |
//! | 7643 2.4 | many values | `rfc7643_s2_4_many_values` |
//! | 7643 2.5 | unassigned values | `rfc7643_s2_5_unassigned_is_unassigned` |
//! | 7643 3 | `schemas`, common attributes | `rfc7643_s3_schemas_and_common_attributes` |
//! | 7643 4.1.1 | required is not empty | `rfc7643_s4_1_1_what_is_required_is_not_empty` |
//! | 7643 7 | characteristics | `rfc7643_s7_characteristics_are_announced_and_hold` |

mod rfc9865;
mod s3_10_notation;
mod s3_11_me;
mod s3_12_errors;
mod s3_14_versions;
mod s3_2_protocol;
mod s3_3_create;
mod s3_4_filter;
mod s3_4_grammar;
mod s3_4_page;
mod s3_4_query;
mod s3_4_sort;
mod s3_5_1_put;
mod s3_5_2_examples;
mod s3_5_2_patch;
mod s3_5_2_rules;
mod s3_6_delete;
mod s3_7_bulk;
mod s3_7_examples;
mod s3_9_projection;
mod table;

use patchbay_gateway::{Method, Response};
use serde_json::{Value, json};

use crate::App;

pub(crate) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub(crate) const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
pub(crate) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
pub(crate) const HR: &str = "urn:example:params:scim:schemas:extension:hr:1.0:User";
pub(crate) const DEVICE: &str = "urn:example:params:scim:schemas:helpdesk:2.0:Device";
pub(crate) const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
pub(crate) const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
pub(crate) const SEARCH: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";
pub(crate) const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
pub(crate) const BULK: &str = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";

/// Creates a user from these attributes and returns its id.
pub(crate) async fn user(app: &App, mut body: Value) -> String {
    let extensions = [ENTERPRISE, HR].into_iter().filter(|urn| body.get(urn).is_some());
    body["schemas"] = std::iter::once(USER).chain(extensions).collect();
    app.made("/Users", body).await
}

pub(crate) async fn patch(app: &App, target: &str, operations: Value) -> Response {
    app.send(Method::Patch, target, Some(json!({"schemas": [PATCH], "Operations": operations}))).await
}

/// That the answer is this error, with a body that agrees with it.
#[track_caller]
pub(crate) fn refused(response: &Response, status: u16, scim_type: Option<&str>) {
    let body = response.body.as_ref().unwrap();
    assert_eq!(response.status, status, "{body}");
    assert_eq!(body["schemas"], json!([ERROR]));
    assert_eq!(body["status"], json!(status.to_string()));
    assert_eq!(body.get("scimType").and_then(Value::as_str), scim_type, "{body}");
    assert!(body["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{body}");
}

pub(crate) fn header<'r>(response: &'r Response, name: &str) -> Option<&'r str> {
    response.headers.iter().find(|(n, _)| *n == name).map(|(_, value)| value.as_str())
}

/// One attribute of each resource of a list.
pub(crate) fn column<'l>(list: &'l Value, attribute: &str) -> Vec<&'l str> {
    list["Resources"].as_array().unwrap().iter().map(|r| r[attribute].as_str().unwrap_or("-")).collect()
}
