//! Fixture rows that read: 1 to 11 and 28 to 31 of the list of requests that Entra sends.

use std::time::Duration;

use patchbay_tests::Target;
use serde_json::{Value, json};

use crate::bodies::{one, user};
use crate::harness::{
    App, ECMA2HOST, ENTERPRISE, GROUP, GUID, LIST, USER, everywhere, ids, is_error, is_error_body, on_each,
};

#[tokio::test(flavor = "multi_thread")]
async fn row_01_placeholder_filter_finds_nobody() {
    everywhere(async |app| {
        let answer = app.scim.get(&format!("/Users?filter=PLACEHOLDER+eq+\"{GUID}\"")).await.unwrap();
        assert_eq!(ids(&answer), [""; 0]);
        assert_eq!(answer.at("/totalResults"), 0);
        assert_eq!(answer.at("/Resources"), &json!([]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn row_02_random_user_name_finds_nobody() {
    everywhere(async |app| {
        for answer in [
            app.scim.get(&format!("/Users?filter=userName eq \"{GUID}\"")).await.unwrap(),
            app.scim.find("/Users", &format!("userName eq \"{GUID}\"")).await.unwrap(),
        ] {
            assert_eq!(ids(&answer), [""; 0]);
            assert_eq!(answer.at("/totalResults"), 0);
            assert_eq!(answer.at("/startIndex"), 1);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn row_03_group_query_without_members() {
    everywhere(async |app| {
        let path = |name: &str| format!("/Groups?excludedAttributes=members&filter=displayName eq \"{name}\"");
        assert_eq!(ids(&app.scim.get(&path(GUID)).await.unwrap()), [""; 0]);

        app.statements();
        let answer = app.scim.get(&path("First Line")).await.unwrap();
        assert_eq!(ids(&answer), [app.team("First Line").await]);
        assert_eq!(answer.at("/Resources/0/displayName"), "First Line");
        assert!(answer.at("/Resources/0").get("members").is_none(), "{}", answer.text);
        let read: Vec<String> = app.statements().into_iter().map(|s| s.text).collect();
        assert!(!read.iter().any(|text| text.contains("team_person")), "members were read all the same: {read:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn row_04_ecma_urn_with_dots_inside_a_filter() {
    // The directories' examples do not serve the ECMA host's URL.
    on_each(async |app| {
        let unknown = app.scim.get(&format!("/Users?filter={ECMA2HOST}:ContosoLogin eq \"x\"")).await.unwrap();
        assert_eq!(ids(&unknown), [""; 0]);

        let ecma = app.host.ecma_client("helpdesk").unwrap();
        let unknown = ecma.get(&format!("/Users?filter={ECMA2HOST}:ContosoLogin eq \"x\"")).await.unwrap();
        assert_eq!(ids(&unknown), [""; 0]);
        let known =
            ecma.get(&format!("/Users?filter={ECMA2HOST}:login eq \"tomas.horak@helpdesk.example\"")).await.unwrap();
        assert_eq!(ids(&known), [app.person("tomas.horak@helpdesk.example").await]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn row_05_filter_by_work_mail() {
    everywhere(async |app| {
        let path = |kind: &str, mail: &str| format!("/Users?filter=emails[type eq \"{kind}\"].value eq \"{mail}\"");
        let kofi = app.person("kofi.mensah@helpdesk.example").await;
        let found = app.scim.get(&path("work", "kofi.mensah@helpdesk.example")).await.unwrap();
        assert_eq!(ids(&found), std::slice::from_ref(&kofi));
        // The other address is his too, but not at work.
        assert_eq!(ids(&app.scim.get(&path("work", "kofi@mensah.example")).await.unwrap()), [""; 0]);
        assert_eq!(ids(&app.scim.get(&path("other", "kofi@mensah.example")).await.unwrap()), [kofi]);
        assert_eq!(ids(&app.scim.get(&path("work", GUID)).await.unwrap()), [""; 0]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn row_06_unquoted_external_id() {
    everywhere(async |app| {
        let found = app.scim.get("/Users?filter=externalId eq thorak").await.unwrap();
        assert_eq!(ids(&found), [app.person("tomas.horak@helpdesk.example").await]);
        assert_eq!(ids(&app.scim.get("/Users?filter=externalId eq jyoung").await.unwrap()), [""; 0]);
        // What only Entra does is refused to those who follow the RFC.
        is_error(&app.strict.get("/Users?filter=externalId eq jyoung").await.unwrap(), 400, Some("invalidFilter"), "");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn row_07_reference_check_of_a_manager() {
    everywhere(async |app| {
        let tomas = app.person("tomas.horak@helpdesk.example").await;
        let boss = app.person("Margit.Olsen@helpdesk.example").await;
        let kofi = app.person("kofi.mensah@helpdesk.example").await;
        let check = async |filter: String, want: &[&String]| {
            let answer = app.scim.get(&format!("/Users?attributes=id&filter={filter}")).await.unwrap();
            assert_eq!(ids(&answer).iter().collect::<Vec<_>>(), want, "{filter}");
            for resource in answer.at("/Resources").as_array().unwrap() {
                assert!(resource.get("userName").is_none(), "only the id was asked for: {resource}");
            }
        };
        let manager = [format!("{ENTERPRISE}:manager"), "manager".to_owned()];
        for path in manager {
            check(format!("id eq \"{tomas}\" and {path} eq \"{boss}\""), &[&tomas]).await;
            check(format!("{path} eq \"{boss}\" and id eq \"{tomas}\""), &[&tomas]).await;
            check(format!("id eq \"{tomas}\" and {path} eq \"{kofi}\""), &[]).await;
            check(format!("{path} eq \"{GUID}\" and id eq \"{tomas}\""), &[]).await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn row_08_reference_check_of_a_member() {
    everywhere(async |app| {
        let team = app.team("First Line").await;
        let tomas = app.person("tomas.horak@helpdesk.example").await;
        let kofi = app.person("kofi.mensah@helpdesk.example").await;
        let check = async |filter: String, want: &[&String]| {
            let answer = app.scim.get(&format!("/Groups?attributes=id&filter={filter}")).await.unwrap();
            assert_eq!(ids(&answer).iter().collect::<Vec<_>>(), want, "{filter}");
        };
        check(format!("id eq \"{team}\" and members eq \"{tomas}\""), &[&team]).await;
        check(format!("members eq \"{tomas}\" and id eq \"{team}\""), &[&team]).await;
        check(format!("id eq \"{team}\" and members eq \"{kofi}\""), &[]).await;
        check(format!("id eq \"{GUID}\" and members eq \"{tomas}\""), &[]).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn row_09_missing_user_is_404() {
    everywhere(async |app| {
        // Keys that could be but are not, and keys that cannot be.
        for id in ["4711", GUID, "0", "-1", "007", "+7", "99999999999999999999999", "1~2", "x", "%20", "1%2F2"] {
            is_error(&app.scim.get(&format!("/Users/{id}")).await.unwrap(), 404, None, "");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn row_10_disabled_user_is_still_there() {
    everywhere(async |app| {
        let id = app.person("w.adler@helpdesk.example").await;
        let answer = app.get(&format!("/Users/{id}")).await;
        assert_eq!(answer.at("/active"), false);
        assert_eq!(answer.at("/userName"), "w.adler@helpdesk.example");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn row_11_pages_in_a_stable_order() {
    everywhere(async |app| {
        for number in 0..20 {
            let mut body = user(&format!("page{number:02}@helpdesk.example"));
            // What entries are named by in Active Directory.
            body["displayName"] = json!(format!("Page {number:02}"));
            app.create(&body).await;
        }
        let all = ids(&app.get("/Users?count=100").await);
        assert_eq!(all.len(), 26);
        let page = app.get("/Users?startIndex=6&count=5").await;
        assert_eq!(page.at("/startIndex"), 6);
        assert_eq!(page.at("/totalResults"), 26);
        assert_eq!(ids(&page), all[5..10]);

        let mut walked = Vec::new();
        for start in (1..=26).step_by(5) {
            walked.extend(ids(&app.get(&format!("/Users?startIndex={start}&count=5")).await));
        }
        assert_eq!(walked, all);
        assert_eq!(ids(&app.get("/Users?startIndex=27&count=5").await), [""; 0]);
        let total = app.get("/Users?count=0").await;
        assert_eq!((ids(&total).len(), total.at("/totalResults")), (0, &json!(26)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn row_28_the_flag_in_the_url_changes_nothing() {
    everywhere(async |app| {
        let flag = "aadOptscim062020";
        let login = "flag@helpdesk.example";
        let search = format!("/Users?{flag}&filter=userName eq \"{login}\"");
        assert_eq!(ids(&app.scim.get(&search).await.unwrap()), [""; 0]);
        let created = app.scim.post(&format!("/Users?{flag}"), &user(login)).await.unwrap();
        assert_eq!(created.status, 201, "{}", created.text);
        let id = created.id().unwrap();
        assert_eq!(ids(&app.scim.get(&search).await.unwrap()), [id]);
        let changed = app.scim.patch(&format!("/Users/{id}?{flag}"), &one("replace", "active", json!(false))).await;
        assert!(matches!(changed.unwrap().status, 200 | 204));
        assert_eq!(app.get(&format!("/Users/{id}?{flag}")).await.at("/active"), false);
        assert_eq!(app.scim.delete(&format!("/Users/{id}?{flag}")).await.unwrap().status, 204);
        is_error(&app.scim.get(&format!("/Users/{id}?{flag}")).await.unwrap(), 404, None, "");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn row_29_schemas_are_published() {
    everywhere(async |app| {
        let answer = app.get("/Schemas").await;
        assert_eq!(answer.at("/schemas/0"), LIST);
        let schemas = answer.at("/Resources").as_array().unwrap();
        let attributes = |urn: &str| -> Vec<&Value> {
            let schema = schemas.iter().find(|s| s["id"] == urn).unwrap_or_else(|| panic!("no {urn}"));
            schema["attributes"].as_array().unwrap().iter().collect()
        };
        let names = |urn: &str| -> Vec<&str> { attributes(urn).iter().map(|a| a["name"].as_str().unwrap()).collect() };
        let user = names(USER);
        for name in ["userName", "externalId", "name", "displayName", "title", "active", "emails", "phoneNumbers"] {
            assert!(user.contains(&name) || name == "externalId", "{name} is missing in {user:?}");
        }
        let enterprise = names(ENTERPRISE);
        for name in ["employeeNumber", "department", "costCenter", "manager"] {
            let known = enterprise.contains(&name);
            // The department's, which only a table of departments has.
            let elsewhere = name == "costCenter" && app.is_directory();
            assert!(known || elsewhere, "{name} is missing in {enterprise:?}");
        }
        let group = names(GROUP);
        assert!(group.contains(&"displayName") && group.contains(&"members"), "{group:?}");
        assert!(!answer.text.contains("null"), "no nulls");
        let user_name = attributes(USER).into_iter().find(|a| a["name"] == "userName").unwrap();
        assert_eq!(user_name["mutability"], "readWrite");
        assert_eq!(user_name["required"], true);
        assert_eq!(user_name["caseExact"], false);
        // Whether a server sees to it cannot be seen from outside.
        let unique = if app.helpdesk.target() == Target::OpenLdap { "none" } else { "server" };
        assert_eq!(user_name["uniqueness"], unique);

        for (path, list) in [("/ResourceTypes", true), ("/ServiceProviderConfig", false)] {
            let answer = app.get(path).await;
            assert!(!answer.text.contains("null"), "{path}");
            assert_eq!(answer.at("/schemas/0") == LIST, list, "{path}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn row_30_wrong_token_is_401_everywhere() {
    everywhere(async |app| {
        let id = app.person("tomas.horak@helpdesk.example").await;
        let stranger = app.scim.with_token("not-the-right-token");
        let none = app.scim.with_token("");
        let mut bodies = Vec::new();
        for client in [&stranger, &none, &app.scim.with_token(app.host.token("strict"))] {
            app.unchanged("a stranger", async {
                for answer in [
                    client.get("/Users").await,
                    client.get(&format!("/Users/{id}")).await,
                    client.get("/Nonsense").await,
                    client.get("/Schemas").await,
                    client.post("/Users", &user("thief@helpdesk.example")).await,
                    client.post("/Users", &json!("no user at all")).await,
                    client.patch(&format!("/Users/{id}"), &one("Replace", "active", json!(false))).await,
                    client.put(&format!("/Users/{id}"), &user("thief@helpdesk.example")).await,
                    client.delete(&format!("/Users/{id}")).await,
                ] {
                    let answer = answer.unwrap();
                    assert_eq!(answer.status, 401, "{}", answer.text);
                    assert!(answer.header("www-authenticate").is_some_and(|value| value.starts_with("Bearer")));
                    is_error_body(&answer);
                    bodies.push(answer.text);
                }
            })
            .await;
        }
        // An app that is not there answers just the same.
        let nowhere = stranger.with_base(app.scim.base().replace("helpdesk", "payroll"));
        let answer = nowhere.get("/Users").await.unwrap();
        assert_eq!(answer.status, 401);
        bodies.push(answer.text);
        bodies.dedup();
        assert_eq!(bodies.len(), 1, "answers to strangers differ: {bodies:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn row_31_unreachable_target_is_503() {
    everywhere(async |app| {
        let id = app.person("tomas.horak@helpdesk.example").await;
        let path = format!("/Users/{id}");
        assert_eq!(app.get("/Users?count=0").await.at("/totalResults"), 6);

        app.helpdesk.unplug().unwrap();
        // An open file cannot be taken away from its readers; a network can.
        if app.helpdesk.target() != Target::Sqlite {
            unreachable(app, &path).await;
        }
        // A host that starts meanwhile serves, and says the same.
        app.restart().await;
        unreachable(app, &path).await;

        app.helpdesk.plug().unwrap();
        let back = tokio::time::timeout(Duration::from_secs(20), async {
            while app.scim.get(&path).await.unwrap().status == 503 {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
        back.await.expect("the target is back, the host did not notice");
        assert_eq!(app.get(&path).await.at("/userName"), "tomas.horak@helpdesk.example");
        assert_eq!(app.get("/Users?count=0").await.at("/totalResults"), 6, "and nothing was lost or written");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn discovery_does_without_the_target_and_learns_of_it_when_it_is_back() {
    everywhere(async |app| {
        app.helpdesk.unplug().unwrap();
        app.restart().await;
        for path in ["/ServiceProviderConfig", "/ResourceTypes", "/Schemas"] {
            assert_eq!(app.scim.get(path).await.unwrap().status, 200, "{path}");
        }
        let announced = async || app.get("/ServiceProviderConfig").await.at("/etag/supported").clone();
        assert_eq!(announced().await, false, "nobody has said so yet");
        app.helpdesk.plug().unwrap();
        // Nobody asks for anything but discovery, so it is the host that asks the target.
        let learnt = tokio::time::timeout(Duration::from_secs(20), async {
            while announced().await == false {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        });
        learnt.await.expect("the host did not ask again");
    })
    .await;
}

/// Every kind of request while the target is away: 503 and Retry-After, never an empty
/// list, never a success.
async fn unreachable(app: &App, path: &str) {
    for answer in [
        app.scim.get("/Users").await,
        app.scim.get(&format!("/Users?filter=userName eq \"{GUID}\"")).await,
        app.scim.get("/Groups?count=0").await,
        app.scim.get(path).await,
        app.scim.post("/Users", &user("late@helpdesk.example")).await,
        app.scim.patch(path, &one("Replace", "title", json!("Late"))).await,
        app.scim.put(path, &user("late@helpdesk.example")).await,
        app.scim.delete(path).await,
    ] {
        let answer = answer.unwrap();
        is_error(&answer, 503, None, "");
        let retry = answer.header("retry-after").expect("Retry-After");
        assert!(retry.parse::<u32>().is_ok_and(|seconds| (1..=300).contains(&seconds)), "{retry}");
    }
}
