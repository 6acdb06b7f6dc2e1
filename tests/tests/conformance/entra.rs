//! A life under Entra's provisioning service, request by request as Microsoft documents
//! them: connection test, match, create, changes, manager, roles, group, disable, delete.
//! In both dialects of its PATCH, under the profile made for it and under the general one.

use reqwest::Method;
use serde_json::{Value, json};

use crate::bodies::{members, patch, user};
use crate::harness::{App, ENTERPRISE, GROUP, everywhere};

const LOGIN: &str = "nina.berg@helpdesk.example";
/// A match that cannot be.
const GUID: &str = "5f1c8a0e-7a52-4f7b-9d36-3c1f0f9be0aa";

/// How Entra writes a PATCH.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    /// As it does by default: `Add`, `"False"`, one operation per attribute, values in
    /// the body of `Remove`.
    Legacy,
    /// As it does for a tenant URL with `?aadOptscim062020`.
    Flagged,
}

impl Dialect {
    /// A path with what the tenant URL adds to its query.
    fn url(self, path: &str) -> String {
        match self {
            Self::Legacy => path.to_owned(),
            Self::Flagged => format!("{path}{}aadOptscim062020", if path.contains('?') { '&' } else { '?' }),
        }
    }

    /// An operation with a value that is no simple attribute.
    fn set(self, op: &str, path: &str, value: Value) -> Value {
        let op = if self == Self::Legacy { op.to_owned() } else { op.to_lowercase() };
        json!({ "op": op, "path": path, "value": value })
    }

    /// Simple attributes: one by one, or all in one operation without a path.
    fn simple(self, values: &[(&str, Value)]) -> Vec<Value> {
        match self {
            Self::Legacy => values.iter().map(|(path, value)| self.set("Replace", path, value.clone())).collect(),
            Self::Flagged => {
                let value: Value = values.iter().cloned().map(|(path, value)| (path.to_owned(), value)).collect();
                vec![json!({ "op": "replace", "value": value })]
            }
        }
    }

    /// Whether somebody may log in.
    fn active(self, active: bool) -> Vec<Value> {
        match self {
            Self::Legacy => self.simple(&[("active", json!(if active { "True" } else { "False" }))]),
            Self::Flagged => self.simple(&[("active", json!(active))]),
        }
    }

    /// Takes somebody out of a group.
    fn remove_member(self, id: &str) -> Value {
        match self {
            Self::Legacy => json!({ "op": "Remove", "path": "members", "value": members([id]) }),
            Self::Flagged => json!({ "op": "remove", "path": format!("members[value eq \"{id}\"]") }),
        }
    }
}

/// The cycle as one client plays it.
struct Cycle<'a> {
    app: &'a App,
    dialect: Dialect,
}

impl Cycle<'_> {
    /// The ids that a filter finds.
    async fn find(&self, path: &str) -> Vec<String> {
        self.app.list(&self.dialect.url(path)).await
    }

    /// A PATCH of a user, answered with the user.
    async fn change(&self, id: &str, operations: Vec<Value>) -> Value {
        let path = self.dialect.url(&format!("/Users/{id}"));
        self.app.send(Method::PATCH, &path, Some(&patch(operations.into())), 200).await.body
    }

    /// A PATCH of a group, answered without its members.
    async fn regroup(&self, id: &str, operations: Vec<Value>) {
        let path = self.dialect.url(&format!("/Groups/{id}"));
        self.app.send(Method::PATCH, &path, Some(&patch(operations.into())), 204).await;
    }

    /// Connection test, match, create, match again.
    async fn arrive(&self) -> String {
        let app = self.app;
        let nobody = app.unchanged("the connection test", async {
            let mut found = self.find(&format!("/Users?filter=userName eq \"{GUID}\"")).await;
            found.extend(
                self.find(&format!("/Groups?excludedAttributes=members&filter=displayName eq \"{GUID}\"")).await,
            );
            found.extend(self.find(&format!("/Users?filter=userName eq \"{LOGIN}\"")).await);
            found
        });
        assert_eq!(nobody.await, [""; 0]);

        let id = app.create(&self.dialect.url("/Users"), &user(LOGIN)).await;
        let want = [
            ("login", Some(LOGIN)),
            ("first_name", Some("Nina")),
            ("last_name", Some("Berg")),
            ("status", Some("A")),
            ("external_id", Some("nina.berg")),
            ("phone_mobile", Some("+47 900 11 222")),
            ("dept_id", Some("10")),
            ("manager_id", None),
        ];
        app.check("person", ("person_id", &id), &want).await;
        app.check("person_mail", ("person_id", &id), &[("kind", Some("W")), ("address", Some(LOGIN))]).await;
        assert_eq!(app.values("person_role", ("person_id", &id), "role").await, [""; 0]);
        let again = app.unchanged("the same again", async {
            app.send(Method::POST, &self.dialect.url("/Users"), Some(&user(LOGIN)), 409).await
        });
        assert_eq!(again.await.at("/scimType"), "uniqueness");
        for filter in [format!("userName eq \"{LOGIN}\""), "externalId eq \"nina.berg\"".to_owned()] {
            assert_eq!(self.find(&format!("/Users?filter={filter}")).await, [id.as_str()], "{filter}");
        }
        assert_eq!(app.get(&self.dialect.url(&format!("/Users/{id}"))).await.at("/userName"), LOGIN);
        id
    }

    /// A new name, job, department and address; a role; a manager who comes and goes.
    async fn work(&self, id: &str) {
        let (app, dialect) = (self.app, self.dialect);
        let number = format!("{ENTERPRISE}:employeeNumber");
        let department = format!("{ENTERPRISE}:department");
        let mut operations = vec![
            dialect.set("Replace", "emails[type eq \"work\"].value", json!("nina.dahl@helpdesk.example")),
            dialect.set("Add", "emails[type eq \"other\"].value", json!("nina@home.example")),
        ];
        operations.extend(dialect.simple(&[
            ("displayName", json!("Nina Dahl")),
            ("name.familyName", json!("Dahl")),
            ("name.givenName", json!("Nína")),
            (&number, json!("E-0107")),
            (&department, json!("Finance")),
        ]));
        let changed = self.change(id, operations.clone()).await;
        assert_eq!((&changed["displayName"], &changed["name"]["familyName"]), (&json!("Nina Dahl"), &json!("Dahl")));
        let want = [
            ("display_name", Some("Nina Dahl")),
            ("first_name", Some("Nína")),
            ("last_name", Some("Dahl")),
            ("employee_no", Some("E-0107")),
            ("dept_id", Some("40")),
            ("title", Some("Service Desk Analyst")),
        ];
        app.check("person", ("person_id", id), &want).await;
        let mails = app.values("person_mail", ("person_id", id), "address").await;
        assert_eq!(mails, ["nina.dahl@helpdesk.example", "nina@home.example"]);
        // The next cycle sends what did not arrive in time once more.
        app.unchanged("the same change", self.change(id, operations)).await;

        let role = json!([{ "value": "{\"id\":\"r-1\",\"value\":\"Agent\",\"displayName\":\"Agent\"}" }]);
        self.change(id, vec![dialect.set("Add", "roles", role)]).await;
        assert_eq!(app.values("person_role", ("person_id", id), "role").await, ["Agent"]);

        let boss = app.person("Margit.Olsen@helpdesk.example").await;
        let manager = format!("{ENTERPRISE}:manager");
        let is_manager = format!("/Users?filter=id eq \"{id}\" and {ENTERPRISE}:manager eq \"{boss}\"&attributes=id");
        let managed = self.change(id, vec![dialect.set("Add", &manager, json!(boss))]).await;
        assert_eq!(managed[ENTERPRISE]["manager"]["value"], json!(boss), "{managed}");
        app.check("person", ("person_id", id), &[("manager_id", Some(&boss))]).await;
        assert_eq!(self.find(&is_manager).await, [id]);
        let alone = self.change(id, vec![dialect.set("Replace", &manager, json!(""))]).await;
        assert_eq!(alone[ENTERPRISE]["manager"], Value::Null, "{alone}");
        app.check("person", ("person_id", id), &[("manager_id", None)]).await;
        assert_eq!(self.find(&is_manager).await, [""; 0]);
    }

    /// A group: create, match, rename, members in and out; returns its id.
    async fn join(&self, id: &str) -> String {
        let (app, dialect) = (self.app, self.dialect);
        let body = json!({
            "schemas": [GROUP, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
            "externalId": "8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159",
            "displayName": "Night Shift",
            "meta": { "resourceType": "Group" },
        });
        let group = app.create(&dialect.url("/Groups"), &body).await;
        let key = ("team_id", group.as_str());
        let want = [("name", Some("Night Shift")), ("external_ref", Some("8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159"))];
        app.check("team", key, &want).await;
        let matching = "/Groups?excludedAttributes=members&filter=displayName eq \"Night Shift\"";
        assert_eq!(self.find(matching).await, [group.as_str()]);

        let tomas = app.person("tomas.horak@helpdesk.example").await;
        let mut both = [id.to_owned(), tomas.clone()];
        both.sort_unstable();
        self.regroup(&group, vec![dialect.set("Add", "members", members([id, &tomas]))]).await;
        assert_eq!(app.values("team_person", key, "person_id").await, both);
        let is_member = |who: &str| format!("/Groups?filter=id eq \"{group}\" and members eq \"{who}\"&attributes=id");
        assert_eq!(self.find(&is_member(id)).await, [group.as_str()]);
        self.regroup(&group, vec![dialect.remove_member(&tomas)]).await;
        assert_eq!(app.values("team_person", key, "person_id").await, [id], "only who was named is gone");
        assert_eq!(self.find(&is_member(&tomas)).await, [""; 0]);

        self.regroup(&group, dialect.simple(&[("displayName", json!("Day Shift"))])).await;
        app.check("team", key, &[("name", Some("Day Shift"))]).await;
        let read = app.get(&dialect.url(&format!("/Groups/{group}?excludedAttributes=members"))).await;
        assert_eq!((read.at("/displayName"), read.at("/members")), (&json!("Day Shift"), &Value::Null));
        group
    }

    /// Disabled, enabled by mistake, disabled for good; then the group and the person go.
    async fn leave(&self, id: &str, group: &str) {
        let (app, dialect) = (self.app, self.dialect);
        for (active, status) in [(false, "D"), (true, "A"), (false, "D")] {
            let changed = self.change(id, dialect.active(active)).await;
            assert_eq!(changed["active"], json!(active), "{changed}");
            app.check("person", ("person_id", id), &[("status", Some(status))]).await;
        }
        // Disabled is not gone.
        assert_eq!(self.find(&format!("/Users?filter=userName eq \"{LOGIN}\"")).await, [id]);

        let group = dialect.url(&format!("/Groups/{group}"));
        app.send(Method::DELETE, &group, None, 204).await;
        assert_eq!(app.values("team", ("name", "Day Shift"), "team_id").await, [""; 0]);
        let path = dialect.url(&format!("/Users/{id}"));
        app.send(Method::DELETE, &path, None, 204).await;
        for table in ["person", "person_mail", "person_role", "team_person"] {
            assert_eq!(app.values(table, ("person_id", id), "person_id").await, [""; 0], "left in {table}");
        }
        for gone in [&path, &group] {
            app.send(Method::GET, gone, None, 404).await;
            app.send(Method::DELETE, gone, None, 404).await;
        }
    }
}

/// Plays it all under both profiles.
async fn play(dialect: Dialect) {
    everywhere(&["entra", "default"], async |app| {
        let cycle = Cycle { app, dialect };
        let id = cycle.arrive().await;
        cycle.work(&id).await;
        let group = cycle.join(&id).await;
        cycle.leave(&id, &group).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_life_in_the_legacy_dialect() {
    play(Dialect::Legacy).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_life_with_the_flag_aadoptscim062020() {
    play(Dialect::Flagged).await;
}
