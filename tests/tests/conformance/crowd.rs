//! Two hundred clients at once: on one group, one name, one version, one person. One of
//! them wins where there can only be one, the others are told why not, and nothing is
//! lost, doubled or left half done.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use patchbay_tests::{Answer, Client};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::bodies::{members, one, user};
use crate::harness::{App, ENTERPRISE, everywhere};

/// How many clients.
const CROWD: usize = 200;
/// How often a client that is told to come back later does.
const PATIENCE: u32 = 20;

/// What each client sends.
#[derive(Debug)]
struct Request {
    method: Method,
    path: String,
    body: Option<Value>,
    if_match: Option<String>,
}

impl Request {
    fn new(method: Method, path: &str, body: Option<Value>) -> Self {
        Self { method, path: path.to_owned(), body, if_match: None }
    }
}

/// Answers by status and scimType.
type Counts = BTreeMap<(u16, Option<String>), usize>;

/// Lets every client send its request at the same moment; demands that the answers are
/// these and no others.
async fn check(app: &App, request: impl Fn(usize) -> Request, want: &[(u16, Option<&str>, usize)]) -> Vec<Answer> {
    let start = Arc::new(Barrier::new(CROWD));
    let mut clients = JoinSet::new();
    for number in 0..CROWD {
        // Requests that are under way at the same time have a connection each.
        let (client, start, request) = (app.scim.clone(), start.clone(), request(number));
        clients.spawn(async move {
            start.wait().await;
            send(&client, &request).await
        });
    }
    let (mut answers, mut busy) = (Vec::new(), 0);
    for (answer, later) in clients.join_all().await {
        answers.push(answer);
        busy += later;
    }
    let mut counts = Counts::new();
    for answer in &answers {
        *counts.entry((answer.status, answer.at("/scimType").as_str().map(str::to_owned))).or_default() += 1;
    }
    let want: Counts = want.iter().map(|(status, kind, count)| ((*status, kind.map(str::to_owned)), *count)).collect();
    let odd = answers.iter().find(|a| !want.keys().any(|(status, _)| *status == a.status));
    assert_eq!(counts, want, "for example {:?}", odd.map(|answer| &answer.text));
    eprintln!("{counts:?}, told to come back later {busy} times");
    answers
}

/// Sends a request, again where the host asks for it; also says how often it did.
async fn send(client: &Client, request: &Request) -> (Answer, u32) {
    let mut busy = 0;
    loop {
        let mut sent = client.request(request.method.clone(), &request.path).expect("a request");
        if let Some(tag) = &request.if_match {
            sent = sent.header("if-match", tag);
        }
        if let Some(body) = &request.body {
            sent = sent.header("content-type", "application/scim+json").body(body.to_string());
        }
        let answer = client.answer(sent).await.expect("an answer");
        if answer.status != 503 || busy == PATIENCE {
            return (answer, busy);
        }
        let after = answer.header("retry-after").and_then(|after| after.parse().ok());
        tokio::time::sleep(Duration::from_secs(after.expect("503 says when to come back"))).await;
        busy += 1;
    }
}

/// Adds so many people to the database and returns their ids.
async fn people(app: &App, count: usize) -> Vec<String> {
    app.helpdesk.fill(count as u64).await.unwrap();
    let rows = app.helpdesk.rows().await.unwrap();
    let people = rows.rows("person").iter().filter(|row| row.get("login").unwrap().starts_with("user0"));
    people.map(|row| row.get("person_id").unwrap().to_owned()).collect()
}

/// An empty group.
async fn group(app: &App) -> String {
    app.create("/Groups", &json!({ "schemas": [crate::harness::GROUP], "displayName": "Crowd" })).await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_adds_another_member_to_one_group() {
    everywhere(&["entra"], async |app| {
        let (team, mut people) = (group(app).await, people(app, CROWD).await);
        let path = format!("/Groups/{team}");
        let add = |number: usize| {
            let body = one("add", "members", members([people[number].as_str()]));
            Request::new(Method::PATCH, &path, Some(body))
        };
        check(app, add, &[(204, None, CROWD)]).await;
        people.sort_unstable();
        assert_eq!(app.values("team_person", ("team_id", &team), "person_id").await, people);

        let remove = |number: usize| {
            let body = json!({
                "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                "Operations": [{ "op": "remove", "path": format!("members[value eq \"{}\"]", people[number]) }],
            });
            Request::new(Method::PATCH, &path, Some(body))
        };
        check(app, remove, &[(204, None, CROWD)]).await;
        assert_eq!(app.values("team_person", ("team_id", &team), "person_id").await, [""; 0]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_add_the_same_member_to_one_group() {
    everywhere(&["entra"], async |app| {
        let (team, people) = (group(app).await, people(app, 1).await);
        let path = format!("/Groups/{team}");
        let body = one("add", "members", members([people[0].as_str()]));
        let add = |_| Request::new(Method::PATCH, &path, Some(body.clone()));
        check(app, add, &[(204, None, CROWD)]).await;
        assert_eq!(app.values("team_person", ("team_id", &team), "person_id").await, people);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_gets_the_name() {
    everywhere(&["entra"], async |app| {
        let login = "crowd@helpdesk.example";
        let create = |number: usize| {
            let mut body = user(login);
            body["externalId"] = json!(format!("crowd{number}"));
            body[ENTERPRISE]["employeeNumber"] = json!(format!("C-{number}"));
            Request::new(Method::POST, "/Users", Some(body))
        };
        let answers = check(app, create, &[(201, None, 1), (409, Some("uniqueness"), CROWD - 1)]).await;
        let id = answers.iter().find(|answer| answer.status == 201).and_then(Answer::id).expect("an id");
        assert_eq!(app.values("person", ("login", login), "person_id").await, [id]);
        assert_eq!(app.values("person_mail", ("address", login), "person_id").await, [id]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_changes_the_version_that_all_have_read() {
    everywhere(&["entra"], async |app| {
        let id = people(app, 1).await.remove(0);
        let path = format!("/Users/{id}");
        let tag = app.get(&path).await.header("etag").expect("an ETag").to_owned();
        // A directory's versions are the server's own.
        let version = async || app.values("person", ("person_id", &id), "row_version").await;
        let before = version().await;
        let change = |number: usize| Request {
            if_match: Some(tag.clone()),
            ..Request::new(Method::PATCH, &path, Some(one("replace", "title", json!(format!("Title {number}")))))
        };
        let answers = check(app, change, &[(200, None, 1), (412, None, CROWD - 1)]).await;
        let winner = answers.iter().find(|answer| answer.status == 200).expect("a winner");
        let title = winner.at("/title").as_str();
        assert!(title.is_some_and(|title| title.starts_with("Title ")), "{}", winner.text);
        app.check("person", ("person_id", &id), &[("title", title)]).await;
        let once: Vec<String> = before.iter().map(|number| (number.parse::<u64>().unwrap() + 1).to_string()).collect();
        assert_eq!(version().await, once);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_deletes() {
    everywhere(&["entra"], async |app| {
        for path in [format!("/Users/{}", people(app, 1).await[0]), format!("/Groups/{}", group(app).await)] {
            let delete = |_| Request::new(Method::DELETE, &path, None);
            check(app, delete, &[(204, None, 1), (404, None, CROWD - 1)]).await;
        }
        assert_eq!(app.values("person", ("login", "user0000001@helpdesk.example"), "person_id").await, [""; 0]);
        assert_eq!(app.values("team", ("name", "Crowd"), "team_id").await, [""; 0]);
    })
    .await;
}
