//! The cycle: what Entra's provisioning service sends in the life of one person.

use anyhow::{Context, Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};

use super::stage::{Stage, Step};

const STEPS: usize = 15;
const LOGIN: &str = "nina.berg@helpdesk.example";
const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

fn read(title: &'static str, why: &'static str, path: String, statuses: &'static [u16]) -> Step {
    Step { title, why, method: Method::GET, path, body: None, statuses }
}

fn change(title: &'static str, why: &'static str, path: &str, operations: Value) -> Step {
    let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations });
    Step { title, why, method: Method::PATCH, path: path.to_owned(), body: Some(body), statuses: &[200, 204] }
}

fn new_user() -> Value {
    json!({
        "schemas": [USER, ENTERPRISE],
        "externalId": "nberg",
        "userName": LOGIN,
        "active": true,
        "displayName": "Nina Berg",
        "emails": [{ "primary": true, "type": "work", "value": LOGIN }],
        "meta": { "resourceType": "User" },
        "name": { "formatted": "Nina Berg", "familyName": "Berg", "givenName": "Nina" },
        "roles": [],
        "title": "Service Desk Analyst",
        ENTERPRISE: { "employeeNumber": "E-0100", "department": "Service Desk" },
    })
}

/// Plays all steps and returns how many went wrong.
///
/// # Errors
/// When a step went so wrong that there is no going on.
pub(super) async fn play(mut stage: Stage<'_>) -> Result<usize> {
    let seed = stage.helpdesk().rows().await?;
    let key = |login: &str| -> Result<String> {
        let row = seed.find("person", "login", login).context("the example's people are not there")?;
        Ok(row.get("person_id").context("a person without a key")?.to_owned())
    };
    let (boss, colleague) = (key("Margit.Olsen@helpdesk.example")?, key("tomas.horak@helpdesk.example")?);

    let user = person(&mut stage, &boss).await?;
    let team = team(&mut stage, &user, &colleague).await?;
    leave(&mut stage, &user, &team).await?;
    stage.end()
}

/// Connection test to manager; returns the new person's id.
async fn person(stage: &mut Stage<'_>, boss: &str) -> Result<String> {
    let step = read(
        "Connection test",
        "Before anything else the client asks for somebody who cannot exist, and expects an empty list.",
        "/Users?filter=userName eq \"5f1c8a0e-7a52-4f7b-9d36-3c1f0f9be0aa\"".to_owned(),
        &[200],
    );
    stage
        .play(STEPS, step, |seen| {
            ensure!(seen.answer.at("/totalResults") == 0, "the list is not empty");
            seen.nothing_written()
        })
        .await?;

    let find = format!("/Users?filter=userName eq \"{LOGIN}\"");
    let step = read("No match", "Nina is assigned to the application. Does it know her already?", find.clone(), &[200]);
    stage
        .play(STEPS, step, |seen| {
            ensure!(seen.answer.at("/totalResults") == 0, "she is there already");
            seen.nothing_written()
        })
        .await?;

    let step = Step {
        title: "Create",
        why: "It does not, so she is created: a row of her own, one in the table of addresses, her department by \
              its code.",
        method: Method::POST,
        path: "/Users".to_owned(),
        body: Some(new_user()),
        statuses: &[201],
    };
    let created = stage
        .play(STEPS, step, |seen| {
            let id = seen.answer.id().context("no id")?;
            seen.row(
                "person",
                ("person_id", id),
                &[
                    ("login", Some(LOGIN)),
                    ("first_name", Some("Nina")),
                    ("last_name", Some("Berg")),
                    ("status", Some("A")),
                    ("dept_id", Some("10")),
                    ("employee_no", Some("E-0100")),
                    ("external_id", Some("nberg")),
                ],
            )?;
            seen.row("person_mail", ("person_id", id), &[("kind", Some("W")), ("address", Some(LOGIN))])
        })
        .await?;
    let id = created.id().context("nobody was created")?.to_owned();
    let path = format!("/Users/{id}");

    let step =
        read("Match", "In the next cycle she is found by her name, and known by her id from then on.", find, &[200]);
    stage
        .play(STEPS, step, |seen| {
            ensure!(seen.answer.at("/totalResults") == 1, "not exactly one match");
            ensure!(seen.answer.at("/Resources/0/id") == &json!(id), "another id than on creation");
            ensure!(seen.answer.at("/Resources/0/active") == &json!(true), "she is not active");
            seen.nothing_written()
        })
        .await?;

    let step = change(
        "Update",
        "She marries, moves to another department and gets a phone. Only these columns change.",
        &path,
        json!([
            { "op": "Replace", "path": "name.familyName", "value": "Berg Lund" },
            { "op": "Replace", "path": "displayName", "value": "Nina Berg Lund" },
            { "op": "Replace", "path": "emails[type eq \"work\"].value", "value": "nina.lund@helpdesk.example" },
            { "op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+47 900 11 222" },
            { "op": "Replace", "path": format!("{ENTERPRISE}:department"), "value": "Network Operations" },
        ]),
    );
    stage
        .play(STEPS, step, |seen| {
            seen.row(
                "person",
                ("person_id", &id),
                &[
                    ("login", Some(LOGIN)),
                    ("last_name", Some("Berg Lund")),
                    ("display_name", Some("Nina Berg Lund")),
                    ("phone_mobile", Some("+47 900 11 222")),
                    ("dept_id", Some("30")),
                    ("title", Some("Service Desk Analyst")),
                ],
            )?;
            let addresses = seen.after.values("person_mail", "person_id", &id, "address");
            ensure!(addresses == ["nina.lund@helpdesk.example"], "her addresses are {addresses:?}");
            Ok(())
        })
        .await?;

    let step = change(
        "Manager",
        "A reference: the id of another user, which Entra sends as a bare string.",
        &path,
        json!([{ "op": "Add", "path": format!("{ENTERPRISE}:manager"), "value": boss }]),
    );
    stage.play(STEPS, step, |seen| seen.row("person", ("person_id", &id), &[("manager_id", Some(boss))])).await?;

    let step = change(
        "Disable",
        "She is on leave. Entra says so with the text \"False\"; the table says 'D'.",
        &path,
        json!([{ "op": "Replace", "path": "active", "value": "False" }]),
    );
    stage.play(STEPS, step, |seen| seen.row("person", ("person_id", &id), &[("status", Some("D"))])).await?;
    Ok(id)
}

/// A team and its members; returns the team's id.
async fn team(stage: &mut Stage<'_>, user: &str, colleague: &str) -> Result<String> {
    let name = "Network On-Call";
    let step = read(
        "Group: no match",
        "Groups are looked for by name, without their members, as those can be many.",
        format!("/Groups?excludedAttributes=members&filter=displayName eq \"{name}\""),
        &[200],
    );
    stage
        .play(STEPS, step, |seen| {
            ensure!(seen.answer.at("/totalResults") == 0, "it is there already");
            let members_read = seen
                .statements
                .iter()
                .any(|statement| statement.text.contains("team_person") || statement.text.ends_with(" member"));
            ensure!(!members_read, "members were read, which nobody asked for");
            seen.nothing_written()
        })
        .await?;

    let step = Step {
        title: "Group: create",
        why: "A group of the directory becomes a team of the application.",
        method: Method::POST,
        path: "/Groups".to_owned(),
        body: Some(json!({
            "schemas": [GROUP, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
            "externalId": "grp-on-call",
            "displayName": name,
            "meta": { "resourceType": "Group" },
        })),
        statuses: &[201],
    };
    let created = stage
        .play(STEPS, step, |seen| {
            let id = seen.answer.id().context("no id")?;
            seen.row("team", ("team_id", id), &[("name", Some(name)), ("external_ref", Some("grp-on-call"))])
        })
        .await?;
    let id = created.id().context("no team was created")?.to_owned();
    let path = format!("/Groups/{id}");

    let step = change(
        "Group: add members",
        "Memberships are rows of the junction table, one each.",
        &path,
        json!([{ "op": "Add", "path": "members",
                 "value": [{ "$ref": null, "value": user }, { "$ref": null, "value": colleague }] }]),
    );
    stage
        .play(STEPS, step, |seen| {
            let mut want = [user, colleague];
            want.sort_unstable();
            let members = seen.after.values("team_person", "team_id", &id, "person_id");
            ensure!(members == want, "the members are {members:?}");
            Ok(())
        })
        .await?;

    let step = change(
        "Group: remove a member",
        "Entra lists whom to remove in the value. A server that does not look there empties the group.",
        &path,
        json!([{ "op": "Remove", "path": "members", "value": [{ "$ref": null, "value": colleague }] }]),
    );
    stage
        .play(STEPS, step, |seen| {
            let members = seen.after.values("team_person", "team_id", &id, "person_id");
            ensure!(members == [user], "the members are {members:?}");
            Ok(())
        })
        .await?;
    Ok(id)
}

/// Back from leave, and gone in the end.
async fn leave(stage: &mut Stage<'_>, user: &str, team: &str) -> Result<()> {
    let path = format!("/Users/{user}");
    let step =
        change("Re-enable", "She is back.", &path, json!([{ "op": "Replace", "path": "active", "value": "True" }]));
    stage.play(STEPS, step, |seen| seen.row("person", ("person_id", user), &[("status", Some("A"))])).await?;

    let step = change(
        "Nothing new",
        "The same value again, as every full cycle sends it: no statement writes, no version counts up.",
        &path,
        json!([{ "op": "Replace", "path": "active", "value": "True" }]),
    );
    stage.play(STEPS, step, |seen| seen.nothing_written()).await?;

    let step = Step {
        title: "Delete",
        why: "She leaves for good: her row, her addresses and her memberships, in one transaction.",
        method: Method::DELETE,
        path: path.clone(),
        body: None,
        statuses: &[204],
    };
    stage
        .play(STEPS, step, |seen| {
            for table in ["person", "person_mail", "person_role", "team_person"] {
                ensure!(seen.after.find(table, "person_id", user).is_none(), "she is still in {table}");
            }
            ensure!(seen.after.find("team", "team_id", team).is_some(), "the team went with her");
            Ok(())
        })
        .await?;

    let step = read("Gone", "Asked for by id, she is not there.", path, &[404]);
    stage.play(STEPS, step, |seen| seen.nothing_written()).await?;
    Ok(())
}
