//! A fresh application with a host in front of it, for each database and each client
//! profile.

use patchbay_test_support::matrix;
use patchbay_tests::{Answer, Client, Helpdesk, Host, HostOptions, Target};
use reqwest::Method;
use serde_json::Value;

/// Core schema of users.
pub(crate) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// Core schema of groups.
pub(crate) const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// Enterprise extension.
pub(crate) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// What a test has to play with.
#[derive(Debug)]
pub(crate) struct App {
    /// The application's database.
    pub(crate) helpdesk: Helpdesk,
    /// The host.
    pub(crate) host: Host,
    /// A client of the app.
    pub(crate) scim: Client,
}

/// Runs `test` on a fresh application on each database with each of these client
/// profiles.
pub(crate) async fn on_each(profiles: &[&str], test: impl AsyncFn(&App)) {
    on_these(&Target::all(), profiles, test).await;
}

/// The same on each database and in each directory.
pub(crate) async fn everywhere(profiles: &[&str], test: impl AsyncFn(&App)) {
    on_these(&Target::all_kinds(), profiles, test).await;
}

async fn on_these(targets: &[Target], profiles: &[&str], test: impl AsyncFn(&App)) {
    for profile in profiles {
        for target in targets.iter().copied() {
            eprintln!("on {target:?} as {profile}");
            let helpdesk = Helpdesk::fresh(target).await.expect("a database");
            let options = HostOptions { client: Some((*profile).to_owned()), ..HostOptions::default() };
            let host = Host::start(&helpdesk, options).await.expect("a host");
            let scim = host.client("helpdesk").expect("a client");
            let mut app = App { helpdesk, host, scim };
            let run = matrix::Run::begin("conformance", target.name());
            test(&app).await;
            drop(run);
            app.host.shutdown().await;
        }
    }
}

impl App {
    /// Sends a request and demands this status, and a SCIM body or none to go with it.
    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<&Value>, status: u16) -> Answer {
        let what = format!("{method} {path}");
        let answer = self.scim.send(method, path, body).await.expect("an answer");
        assert_eq!(answer.status, status, "{what}: {}", answer.text);
        match status {
            204 => assert_eq!(answer.text, "", "{what}"),
            _ => assert_eq!(answer.header("content-type"), Some("application/scim+json"), "{what}"),
        }
        answer
    }

    /// `GET` with 200.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None, 200).await
    }

    /// `GET` of a list; returns the ids in it, which has to say how many there are.
    pub(crate) async fn list(&self, path: &str) -> Vec<String> {
        let answer = self.get(path).await;
        let resources = answer.at("/Resources").as_array().cloned().unwrap_or_default();
        assert_eq!(answer.at("/itemsPerPage"), resources.len(), "{path}: {}", answer.text);
        resources.iter().map(|resource| resource["id"].as_str().expect("an id").to_owned()).collect()
    }

    /// `POST` with 201; returns the answer's id.
    pub(crate) async fn create(&self, path: &str, body: &Value) -> String {
        let answer = self.send(Method::POST, path, Some(body), 201).await;
        let id = answer.id().expect("an id").to_owned();
        assert!(answer.header("location").is_some_and(|at| at.ends_with(&format!("/{id}"))), "{:?}", answer.headers);
        id
    }

    /// Demands that the first row of `table` with `key` has these values.
    pub(crate) async fn check(&self, table: &str, key: (&str, &str), want: &[(&str, Option<&str>)]) {
        let rows = self.helpdesk.rows().await.expect("rows");
        let row = rows.find(table, key.0, key.1).unwrap_or_else(|| panic!("no {table} with {key:?}"));
        for (column, value) in want {
            assert_eq!(row.get(column), *value, "{table}.{column} where {key:?}");
        }
    }

    /// The values of `column` in the rows of `table` with `key`, sorted.
    pub(crate) async fn values(&self, table: &str, key: (&str, &str), column: &str) -> Vec<String> {
        let rows = self.helpdesk.rows().await.expect("rows");
        rows.values(table, key.0, key.1, column).into_iter().map(str::to_owned).collect()
    }

    /// The id of a person of the seed, by login as it is stored.
    pub(crate) async fn person(&self, login: &str) -> String {
        self.values("person", ("login", login), "person_id").await.pop().expect("a person")
    }

    /// Runs `action` and demands that it leaves every table as it was.
    pub(crate) async fn unchanged<T>(&self, what: &str, action: impl Future<Output = T>) -> T {
        let before = self.helpdesk.rows().await.expect("rows");
        let outcome = action.await;
        assert_eq!(before, self.helpdesk.rows().await.expect("rows"), "{what} wrote");
        outcome
    }
}
