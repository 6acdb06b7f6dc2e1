//! Fixture rows that write groups: 23 to 26 of the list.

use serde_json::{Value, json};

use crate::bodies::{members, one, patch};
use crate::harness::{App, GROUP, everywhere, is_error};

/// Creates a group as Entra does and returns its id.
async fn create_group(app: &App, name: &str) -> String {
    let body = json!({
        "schemas": [GROUP, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
        "externalId": format!("ext-{name}"),
        "displayName": name,
        "meta": { "resourceType": "Group" },
    });
    let answer = app.scim.post("/Groups", &body).await.unwrap();
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.id().expect("an id").to_owned()
}

/// Adds `count` people to the database and returns their keys.
async fn people(app: &App, count: usize) -> Vec<String> {
    app.helpdesk.fill(count as u64).await.unwrap();
    let rows = app.rows().await;
    let people = rows.rows("person").iter().filter(|row| row.get("login").unwrap().starts_with("user0"));
    people.map(|row| row.get("person_id").unwrap().to_owned()).collect()
}

/// The members of a team in the junction table, as the database orders texts.
async fn stored(app: &App, team: &str) -> Vec<String> {
    app.rows().await.values("team_person", "team_id", team, "person_id").into_iter().map(str::to_owned).collect()
}

fn sorted(ids: &[String]) -> Vec<String> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn row_23_group_with_the_adscim_schema() {
    everywhere(async |app| {
        let id = create_group(app, "Second Line").await;
        let rows = app.rows().await;
        let team = rows.find("team", "team_id", &id).expect("a row");
        assert_eq!((team.get("name"), team.get("external_ref")), (Some("Second Line"), Some("ext-Second Line")));
        let read = app.get(&format!("/Groups/{id}")).await;
        assert_eq!(read.at("/displayName"), "Second Line");
        assert_eq!(read.at("/meta/resourceType"), "Group");

        let again = json!({ "schemas": [GROUP], "displayName": "Second Line" });
        app.unchanged("a duplicate group", async {
            is_error(&app.scim.post("/Groups", &again).await.unwrap(), 409, Some("uniqueness"), "displayName");
        })
        .await;
        app.patch(&format!("/Groups/{id}"), &one("Replace", "displayName", json!("Third Line"))).await;
        assert!(app.rows().await.find("team", "name", "Third Line").is_some());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn row_24_add_1_100_and_1000_members() {
    everywhere(async |app| {
        let everybody = people(app, 1101).await;
        let team = create_group(app, "Everybody").await;
        let path = format!("/Groups/{team}");
        let mut added = 0;
        for count in [1, 100, 1000] {
            let next = &everybody[added..added + count];
            app.statements();
            let body = one("Add", "members", members(next.iter().map(String::as_str)));
            let answer = app.patch(&path, &body).await;
            assert_eq!(answer.status, 204, "members are not read back");
            added += count;
            assert_eq!(stored(app, &team).await, sorted(&everybody[..added]));
            let statements = app.statements();
            assert!(statements.len() <= 10 + count / 20, "{count} members took {} statements", statements.len());
            let deletes = statements.iter().filter(|s| s.text.trim_start().starts_with("DELETE")).count();
            assert_eq!(deletes, 0, "adding takes nobody away");
        }
        // Who is a member already stays one.
        app.patch(&path, &one("Add", "members", members(everybody[..3].iter().map(String::as_str)))).await;
        assert_eq!(stored(app, &team).await.len(), 1101);

        app.unchanged("a member who is nobody", async {
            let answer = app.scim.patch(&path, &one("Add", "members", members(["987654321"]))).await.unwrap();
            is_error(&answer, 400, Some("invalidValue"), "members");
        })
        .await;

        let read = app.get(&path).await;
        assert_eq!(read.at("/members").as_array().map(Vec::len), Some(1101));
        assert!(app.get(&format!("{path}?excludedAttributes=members")).await.at("/members").is_null());
        // Seen from the other side, for reading.
        let member = app.get(&format!("/Users/{}", everybody[0])).await;
        assert_eq!(member.at("/groups/0/value"), &team, "{}", member.text);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn row_25_remove_listed_members_only() {
    everywhere(async |app| {
        let everybody = people(app, 5).await;
        let team = create_group(app, "Five").await;
        let path = format!("/Groups/{team}");
        app.patch(&path, &one("Add", "members", members(everybody.iter().map(String::as_str)))).await;
        let answer = app.patch(&path, &one("Remove", "members", members([everybody[1].as_str(), &everybody[3]]))).await;
        assert_eq!(answer.status, 204);
        let left = [&everybody[0], &everybody[2], &everybody[4]].map(Clone::clone);
        assert_eq!(stored(app, &team).await, sorted(&left));
        // Who is no member cannot be taken out; that is no failure, and takes nobody else.
        app.patch(&path, &one("Remove", "members", members([everybody[1].as_str()]))).await;
        assert_eq!(stored(app, &team).await, sorted(&left));
        // Several at once, of both kinds.
        let both = patch(json!([
            { "op": "Remove", "path": "members", "value": [{ "$ref": null, "value": everybody[0] }] },
            { "op": "Add", "path": "members", "value": [{ "$ref": null, "value": everybody[1] }] },
        ]));
        app.patch(&path, &both).await;
        assert_eq!(stored(app, &team).await, sorted(&[everybody[1].clone(), left[1].clone(), left[2].clone()]));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn row_26_remove_by_value_filter() {
    everywhere(async |app| {
        let everybody = people(app, 4).await;
        let team = create_group(app, "Four").await;
        let path = format!("/Groups/{team}");
        app.patch(&path, &one("add", "members", members(everybody.iter().map(String::as_str)))).await;
        let remove = |id: &str| -> Value { json!({ "op": "remove", "path": format!("members[value eq \"{id}\"]") }) };
        app.patch(&path, &patch(json!([remove(&everybody[2])]))).await;
        assert_eq!(
            stored(app, &team).await,
            sorted(&[everybody[0].clone(), everybody[1].clone(), everybody[3].clone()])
        );
        app.patch(&path, &patch(json!([remove(&everybody[0]), remove(&everybody[3])]))).await;
        assert_eq!(stored(app, &team).await, sorted(&everybody[1..2]));
        // Without a value or a filter, RFC 7644 means all of them.
        app.patch(&path, &patch(json!([{ "op": "remove", "path": "members" }]))).await;
        assert_eq!(stored(app, &team).await, [""; 0]);
    })
    .await;
}
