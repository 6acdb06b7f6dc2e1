//! Section 3.4.2.2: figure 1, and what the text says beside its tables.

use patchbay_gateway::Method;
use patchbay_memory::{Memory, helpdesk};
use serde_json::json;

use super::s3_4_filter::{check, people};
use super::{USER, column, refused};
use crate::App;

/// One filter or more for each rule of the grammar.
#[tokio::test]
async fn s3_4_2_2_figure_1_grammar() {
    check(&[
        // FILTER = attrExp / logExp / valuePath / *1"not" "(" FILTER ")"
        ("title pr", &["bjensen"]),
        ("title pr and active pr", &["bjensen"]),
        ("emails[value pr]", &["bjensen", "jsmith"]),
        ("(title pr)", &["bjensen"]),
        ("((title pr))", &["bjensen"]),
        ("not(title pr)", &["jsmith", "kim"]),
        ("not (not (title pr))", &["bjensen"]),
        // valFilter = attrExp / logExp / *1"not" "(" valFilter ")"
        ("emails[type eq \"work\" or value co \"org\"]", &["bjensen", "jsmith"]),
        ("emails[(type eq \"work\")]", &["bjensen"]),
        ("emails[not (type eq \"home\") and (value pr or not (type pr))]", &["bjensen"]),
        // compValue = false / null / true / number / string
        ("active eq false", &["jsmith"]),
        ("active eq true", &["bjensen"]),
        ("active eq null", &["kim"]),
        ("urn:example:params:scim:schemas:extension:hr:1.0:User:level gt -1", &["bjensen", "jsmith"]),
        ("urn:example:params:scim:schemas:extension:hr:1.0:User:rate eq 1.25e1", &["bjensen"]),
        ("userName eq \"\\u006bim\"", &["kim"]),
        // attrPath = [URI ":"] ATTRNAME *1subAttr, with digits in a name
        ("urn:ietf:params:scim:schemas:core:2.0:User:name.familyName eq \"Smith\"", &["jsmith"]),
        ("x509Certificates pr", &["bjensen"]),
        // logExp = FILTER SP ("and" / "or") SP FILTER
        ("userName eq \"kim\" or title pr", &["bjensen", "kim"]),
    ])
    .await;
    // nameChar = "-" / "_" / DIGIT / ALPHA: a good name, though of nothing.
    let app = people(Memory::new(helpdesk::wide())).await;
    for (filter, detail) in [("a-b_9 pr", "There is no attribute 'a-b_9'"), ("9a pr", "byte 0"), ("-a pr", "byte 0")] {
        let response = app.send(Method::Get, &format!("/Users?filter={filter}"), None).await;
        refused(&response, 400, Some("invalidFilter"));
        let body = response.body.unwrap();
        assert!(body["detail"].as_str().unwrap().contains(detail), "{body}");
    }
}

#[tokio::test]
async fn s3_4_2_2_names_and_operators_have_no_case() {
    check(&[
        ("userName Eq \"kim\"", &["kim"]),
        ("Username eq \"kim\"", &["kim"]),
        ("USERNAME EQ \"kim\" OR Title PR", &["bjensen", "kim"]),
        ("NAME.FAMILYNAME SW \"sm\"", &["jsmith"]),
    ])
    .await;
}

#[tokio::test]
async fn s3_4_2_2_table_3_booleans_and_binaries_have_no_order() {
    let app = people(Memory::new(helpdesk::wide())).await;
    for operator in ["gt", "ge", "lt", "le"] {
        for compared in [format!("active {operator} true"), format!("x509Certificates.value {operator} \"aGk=\"")] {
            let response = app.send(Method::Get, &format!("/Users?filter={compared}"), None).await;
            refused(&response, 400, Some("invalidFilter"));
        }
    }
}

#[tokio::test]
async fn s3_4_2_2_one_of_many_values_is_enough() {
    check(&[
        ("emails.value eq \"babs@jensen.org\"", &["bjensen"]),
        ("emails.value eq \"b@example.com\"", &["bjensen"]),
        ("emails eq \"j@example.org\"", &["jsmith"]),
        ("emails.type eq \"work\" and emails.value co \"jensen.org\"", &["bjensen"]),
        // The brackets are about one and the same value.
        ("emails[type eq \"work\" and value co \"jensen.org\"]", &[]),
    ])
    .await;
}

#[tokio::test]
async fn s3_4_2_2_complex_attributes_are_compared_by_a_sub_attribute() {
    check(&[("name.givenName eq \"Barbara\"", &["bjensen"]), ("name.familyName pr", &["bjensen", "jsmith"])]).await;
    let app = people(Memory::new(helpdesk::wide())).await;
    let response = app.send(Method::Get, "/Users?filter=name eq \"Barbara\"", None).await;
    refused(&response, 400, Some("invalidFilter"));
    assert!(response.body.unwrap()["detail"].as_str().unwrap().contains("sub-attributes"));
}

/// A value that the client did not give is compared as it was shown to it.
#[tokio::test]
async fn s3_4_2_2_defaulted_values_are_compared_as_they_are_shown() {
    for memory in [Memory::new(helpdesk::small()), Memory::new(helpdesk::small()).without_filters()] {
        let app = App::with(helpdesk::SMALL, memory, "rfc");
        let made = app.user("ada").await;
        assert_eq!(app.get(&format!("/Users/{made}")).await["displayName"], "Ada Byron");
        for (filter, found) in [
            ("displayName eq \"Ada Byron\"", 1),
            ("displayName sw \"ada b\"", 1),
            ("displayName pr", 1),
            ("displayName eq \"ada\"", 0),
            ("not (displayName pr)", 0),
        ] {
            assert_eq!(app.get(&format!("/Users?filter={filter}")).await["totalResults"], found, "{filter}");
        }
    }
}

#[tokio::test]
async fn s3_4_2_2_an_unknown_operator_is_declined_by_name() {
    let app = people(Memory::new(helpdesk::wide())).await;
    let response = app.send(Method::Get, "/Users?filter=userName regex \"x\"", None).await;
    refused(&response, 400, Some("invalidFilter"));
    assert!(response.body.unwrap()["detail"].as_str().unwrap().contains("operator 'regex' is not supported"));
}

#[tokio::test]
async fn s3_4_2_2_filters_are_discovered() {
    let app = App::wide("rfc");
    let filter = app.get("/ServiceProviderConfig").await["filter"].clone();
    assert_eq!(filter["supported"], json!(true));
    assert!(filter["maxResults"].as_u64().is_some_and(|most| most > 0));
    // And what it announces works with the first attribute there is.
    let list = app.get(&format!("/Users?filter={USER}:userName pr")).await;
    assert_eq!(column(&list, "userName"), [""; 0]);
}
