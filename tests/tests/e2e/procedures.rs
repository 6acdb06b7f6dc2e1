//! The example `examples/procedures`: an application that is written by stored procedures only,
//! behind SCIM, with the example's own configuration file. On PostgreSQL and MariaDB.

use std::net::Ipv4Addr;
use std::path::Path;

use patchbay::config::{Config, Environment};
use patchbay::serve::{self, Running};
use patchbay_test_support::{MariaDb, Postgres};
use patchbay_tests::Client;
use patchbay_tests::host::connectors;
use serde_json::{Value, json};
use toml::Table;

use crate::logs;

enum Server {
    Postgres(Postgres),
    MariaDb(MariaDb),
}

/// The application, and a host in front of it.
struct Staff {
    server: Server,
    running: Running,
    scim: Client,
}

fn example(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/procedures").join(name);
    std::fs::read_to_string(path).unwrap()
}

impl Staff {
    /// With `edit` made to the configuration.
    async fn start(server: Server, edit: impl Fn(String) -> String) -> Self {
        logs::capture();
        let (name, url, password) = match &server {
            Server::Postgres(server) => {
                server.create_database("staff").unwrap();
                server.sql("staff", &example("schema.postgres.sql")).unwrap();
                ("postgres", server.url("staff"), server.password().to_owned())
            }
            Server::MariaDb(server) => {
                server.create_database("staff").unwrap();
                server.sql("staff", &example("schema.mariadb.sql")).unwrap();
                ("mariadb", server.url("staff"), server.password().to_owned())
            }
        };
        let mut file: Table = edit(example(&format!("patchbay.{name}.toml"))).parse().unwrap();
        file["apps"]["staff"]["bindings"]["db"].as_table_mut().unwrap().insert("url".into(), url.into());
        let config = Config::parse(&toml::to_string(&file).unwrap(), Path::new("patchbay.toml")).unwrap();
        let secrets = [("STAFF_TOKEN", "a-token-for-the-test".to_owned()), ("STAFF_DB_PASSWORD", password)];
        let options = serve::Options {
            observer: None,
            listen: Some((Ipv4Addr::LOCALHOST, 0).into()),
            environment: Environment::fixed(secrets.to_vec()),
            connectors: Some(connectors().unwrap()),
        };
        let running = serve::start(config, options).await.unwrap();
        let scim = Client::new(format!("{}/apps/staff/scim/v2", running.origin()), "a-token-for-the-test").unwrap();
        Self { server, running, scim }
    }

    /// Rows as the application's own client shows them, in the form of both.
    fn sql(&self, sql: &str) -> Vec<String> {
        let text = match &self.server {
            Server::Postgres(server) => server.sql("staff", &format!("SET search_path TO hr; {sql}")).unwrap(),
            Server::MariaDb(server) => server.sql("staff", sql).unwrap().replace('\t', "|"),
        };
        text.lines().filter(|line| *line != "SET").map(str::to_owned).collect()
    }

    /// What was written down, in order.
    fn journal(&self) -> Vec<String> {
        self.sql("SELECT what FROM journal ORDER BY entry_id")
    }

    async fn create(&self, path: &str, body: &Value) -> String {
        let answer = self.scim.post(path, body).await.unwrap();
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.id().unwrap().to_owned()
    }

    async fn patch(&self, path: &str, operations: Value) {
        let body = json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations });
        let answer = self.scim.patch(path, &body).await.unwrap();
        assert!(matches!(answer.status, 200 | 204), "{} {}", answer.status, answer.text);
    }
}

/// Runs a case on each database.
async fn on_each(edit: impl Fn(String) -> String, case: impl AsyncFn(&Staff)) {
    for server in [Server::Postgres(Postgres::start().unwrap()), Server::MariaDb(MariaDb::start().unwrap())] {
        let staff = Staff::start(server, &edit).await;
        case(&staff).await;
        let Staff { running, .. } = staff;
        running.shutdown().await;
    }
}

fn user(login: &str, mail: &str) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": login,
        "active": true,
        "name": { "givenName": "O'Brian; DROP TABLE person", "familyName": ":given" },
        "emails": [{ "type": "work", "value": mail }],
    })
}

fn group(name: &str, members: &[&str]) -> Value {
    let members: Vec<Value> = members.iter().map(|id| json!({ "value": id })).collect();
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": name, "members": members,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn people_and_roles_come_and_go_by_procedures() {
    on_each(std::convert::identity, async |staff| {
        let mut body = user("ada@staff.example", "ada@staff.example");
        body["password"] = json!("Corr3ct-Horse-Procedure");
        let ada = staff.create("/Users", &body).await;
        let shown = staff.scim.get(&format!("/Users/{ada}")).await.unwrap();
        assert_eq!(shown.at("/name/givenName"), &json!("O'Brian; DROP TABLE person"));
        assert_eq!(shown.at("/name/familyName"), &json!(":given"));
        assert_eq!((shown.at("/active"), shown.at("/password")), (&json!(true), &Value::Null));
        let secret = staff.sql("SELECT secret FROM person").join("");
        assert!(secret.starts_with("$argon2id$"), "{secret}");
        assert_eq!(logs::containing("Corr3ct-Horse-Procedure"), [""; 0]);
        assert_eq!(logs::containing(&secret), [""; 0]);

        let taken = staff.scim.post("/Users", &user("ADA@staff.example", "x@staff.example")).await.unwrap();
        assert_eq!((taken.status, taken.at("/scimType")), (409, &json!("uniqueness")), "{}", taken.text);
        let outside = staff.scim.post("/Users", &user("bob@staff.example", "bob@elsewhere.example")).await.unwrap();
        assert_eq!((outside.status, outside.at("/scimType")), (400, &json!("invalidValue")), "{}", outside.text);
        assert!(outside.text.contains("mail must be at staff.example"), "{}", outside.text);
        let bob = staff.create("/Users", &user("bob@staff.example", "bob@staff.example")).await;

        let found = staff.scim.find("/Users", "userName eq \"BOB@staff.example\"").await.unwrap();
        assert_eq!((found.at("/totalResults"), found.at("/Resources/0/id")), (&json!(1), &json!(bob)));
        let sorted = staff.scim.get("/Users?sortBy=userName&sortOrder=descending&count=1").await.unwrap();
        assert_eq!((sorted.at("/totalResults"), sorted.at("/Resources/0/id")), (&json!(2), &json!(bob)));

        let off = json!([{ "op": "Replace", "path": "active", "value": false },
            { "op": "Replace", "path": "name.givenName", "value": "Bob" }]);
        staff.patch(&format!("/Users/{bob}"), off).await;
        let shown = staff.scim.get(&format!("/Users/{bob}")).await.unwrap();
        assert_eq!((shown.at("/active"), shown.at("/name/givenName")), (&json!(false), &json!("Bob")));
        assert_eq!(
            shown.at("/name/familyName"),
            &json!(":given"),
            "what did not change is given to the procedure as it was"
        );

        let keys = staff.create("/Groups", &group("Keys", &[&ada])).await;
        let path = format!("/Groups/{keys}");
        staff
            .patch(&path, json!([{ "op": "Add", "path": "members", "value": [{ "value": ada }, { "value": bob }] }]))
            .await;
        let members = staff.scim.get(&format!("{path}?attributes=members")).await.unwrap();
        assert_eq!(members.at("/members").as_array().map(Vec::len), Some(2), "{}", members.text);
        let kept = staff.scim.delete(&format!("/Users/{bob}")).await.unwrap();
        assert_eq!(kept.status, 409, "{}", kept.text);
        assert!(kept.text.contains("keeps the keys"), "{}", kept.text);
        let gone = json!([{ "op": "Remove", "path": format!("members[value eq \"{bob}\"]") }]);
        staff.patch(&path, gone).await;
        assert_eq!(staff.scim.delete(&format!("/Users/{bob}")).await.unwrap().status, 204);
        assert_eq!(staff.scim.get(&format!("/Users/{bob}")).await.unwrap().status, 404);
        staff.patch(&path, json!([{ "op": "Replace", "path": "displayName", "value": "Doors" }])).await;
        assert_eq!(staff.sql("SELECT name FROM role"), ["Doors"]);
        assert_eq!(staff.scim.delete(&path).await.unwrap().status, 204);

        // What was refused has left no trace: the second 'left' is that of the end.
        let expected =
            ["joined", "enabled", "joined", "enabled", "changed", "disabled", "granted", "granted", "revoked", "left"];
        assert_eq!(staff.journal(), expected);
        assert_eq!(staff.sql("SELECT login FROM person"), ["ada@staff.example"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_procedure_lists_is_filtered_by_the_host() {
    let edit = |config: String| {
        let at = config.find("search = \"SELECT person_id").unwrap();
        let line = config[at..].lines().next().unwrap().to_owned();
        let prefix = if line.contains("hr.people") { "hr." } else { "" };
        let listed = format!("procedures = [\n    \"{prefix}list_people\",");
        config.replace(&line, &format!("search = {{ call = \"{prefix}list_people\" }}")).replacen(
            "procedures = [",
            &listed,
            1,
        )
    };
    on_each(edit, async |staff| {
        match &staff.server {
            Server::Postgres(_) => staff.sql(
                "CREATE FUNCTION hr.list_people() RETURNS SETOF hr.people LANGUAGE sql AS 'SELECT * FROM hr.people'",
            ),
            Server::MariaDb(_) => staff.sql("CREATE PROCEDURE list_people() SELECT * FROM people"),
        };
        let mut ids = Vec::new();
        for name in ["ada", "bob", "cy"] {
            let address = format!("{name}@staff.example");
            ids.push(staff.create("/Users", &user(&address, &address)).await);
        }
        for (filter, expected) in [
            ("userName eq \"BOB@staff.example\"", &ids[1..2]),
            ("userName sw \"c\" or emails[value eq \"ada@staff.example\"]", &[ids[0].clone(), ids[2].clone()]),
            ("userName eq \"nobody\"", &[]),
            ("not (userName co \"b\")", &[ids[0].clone(), ids[2].clone()]),
        ] {
            let found = staff.scim.find("/Users", filter).await.unwrap();
            let resources = found.at("/Resources").as_array().cloned().unwrap_or_default();
            let shown: Vec<&str> = resources.iter().filter_map(|user| user["id"].as_str()).collect();
            assert_eq!(
                (shown, found.at("/totalResults")),
                (expected.iter().map(String::as_str).collect(), &json!(expected.len())),
                "{filter}"
            );
        }
        let page = staff.scim.get("/Users?startIndex=2&count=1").await.unwrap();
        assert_eq!((page.at("/totalResults"), page.at("/Resources/0/id")), (&json!(3), &json!(ids[1])));
        let one = staff.scim.get(&format!("/Users/{}", ids[2])).await.unwrap();
        assert_eq!(one.at("/userName"), &json!("cy@staff.example"));
        let off = json!([{ "op": "Replace", "path": "name.familyName", "value": "Byron" }]);
        staff.patch(&format!("/Users/{}", ids[2]), off).await;
        assert_eq!(staff.sql("SELECT family FROM person WHERE login LIKE 'cy%'"), ["Byron"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_procedure_that_is_not_granted_is_never_called() {
    let edit = |config: String| {
        config.replace("remove_person\", arguments = [\"person_id\"]", "forget_everything\", arguments = []")
    };
    on_each(edit, async |staff| {
        let ada = staff.create("/Users", &user("ada@staff.example", "ada@staff.example")).await;
        let refused = staff.scim.delete(&format!("/Users/{ada}")).await.unwrap();
        assert_eq!(refused.status, 403, "{}", refused.text);
        assert!(!refused.text.contains("forget_everything"), "{}", refused.text);
        assert_eq!(staff.journal(), ["joined", "enabled"]);
        assert!(logs::containing("procedure").iter().any(|line| line.contains("forget_everything is not granted")));
    })
    .await;
}
