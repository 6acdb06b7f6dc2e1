//! What must not work: the answer is a SCIM error that names the attribute, nothing is
//! written, and nothing is logged that should not be.

use patchbay_tests::{Answer, Client};
use reqwest::Method;
use serde_json::{Value, json};

use crate::bodies::{one, patch, user};
use crate::harness::{App, ENTERPRISE, GROUP, USER, everywhere, ids, is_error, is_error_body};
use crate::logs;

/// Sends `body` and demands this error; then nothing may have changed.
async fn check(
    app: &App,
    client: &Client,
    (method, path, body): (Method, &str, Option<&Value>),
    (status, scim_type, names): (u16, Option<&str>, &str),
) {
    let what = format!("{method} {path} {}", body.map(ToString::to_string).unwrap_or_default());
    eprintln!("{what}");
    let answer = app.unchanged(&what, client.send(method, path, body)).await.unwrap();
    is_error(&answer, status, scim_type, names);
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_bodies() {
    everywhere(async |app| {
        for text in ["", "{", "{\"userName\":}", "[]", "\"x\"", "7", "null", "{} {}", "{\"a\":1,}", "\u{feff}{}", "\0"]
        {
            for (method, path) in [(Method::POST, "/Users"), (Method::PATCH, "/Users/1"), (Method::PUT, "/Users/1")] {
                let request = app.scim.request(method, path).unwrap();
                let request = request.header("content-type", "application/scim+json").body(text);
                let answer = app.unchanged(text, app.scim.answer(request)).await.unwrap();
                is_error(&answer, 400, Some("invalidSyntax"), "");
            }
        }
        // Bytes that are no UTF-8, nesting without end.
        let request = app.scim.request(Method::POST, "/Users").unwrap();
        let request = request.header("content-type", "application/scim+json").body(vec![b'"', 0xff, 0xfe, b'"']);
        is_error(&app.scim.answer(request).await.unwrap(), 400, Some("invalidSyntax"), "");
        let request = app.scim.request(Method::POST, "/Users").unwrap();
        let deep = "[".repeat(100_000);
        let request = request.header("content-type", "application/scim+json").body(deep);
        is_error(&app.scim.answer(request).await.unwrap(), 400, Some("invalidSyntax"), "");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_types_and_missing_attributes_on_create() {
    everywhere(async |app| {
        let with = |change: &dyn Fn(&mut Value)| {
            let mut body = user("wrong@helpdesk.example");
            change(&mut body);
            body
        };
        let value = Some("invalidValue");
        let cases: Vec<(Value, u16, Option<&str>, &str)> = vec![
            (json!({ "schemas": [USER] }), 400, value, "userName"),
            (json!({ "schemas": [USER], "displayName": "Nobody" }), 400, value, "userName"),
            (with(&|b| b["userName"] = Value::Null), 400, value, "userName"),
            (with(&|b| b["userName"] = json!("")), 400, value, "userName"),
            (with(&|b| b["userName"] = json!({ "value": "x" })), 400, value, "userName"),
            (with(&|b| b["userName"] = json!(["x", "y"])), 400, value, "userName"),
            (with(&|b| b["active"] = json!("perhaps")), 400, value, "active"),
            (with(&|b| b["active"] = json!(7)), 400, value, "active"),
            (with(&|b| b["name"] = json!("Nina Berg")), 400, value, "name"),
            (with(&|b| b["name"]["givenName"] = json!({ "first": "Nina" })), 400, value, "givenName"),
            (with(&|b| b["emails"] = json!(7)), 400, value, "emails"),
            (with(&|b| b["emails"][0]["value"] = json!({ "x": 1 })), 400, value, "emails"),
            (with(&|b| b[ENTERPRISE] = json!("Finance")), 400, value, "enterprise"),
        ];
        for (body, status, scim_type, names) in &cases {
            check(app, &app.scim, (Method::POST, "/Users", Some(body)), (*status, *scim_type, names)).await;
        }
        // Columns have widths; attributes of a directory take as much as anybody wants.
        let wide: [(Value, &str); 3] = [
            (with(&|b| b["title"] = json!("x".repeat(121))), "title"),
            (with(&|b| b["phoneNumbers"][0]["value"] = json!("1".repeat(41))), "phoneNumbers"),
            (with(&|b| b[ENTERPRISE]["department"] = json!("x".repeat(81))), "department"),
        ];
        for (body, names) in wide.iter().filter(|_| !app.is_directory()) {
            check(app, &app.scim, (Method::POST, "/Users", Some(body)), (400, value, names)).await;
        }
        let team = json!({ "schemas": [GROUP], "externalId": "x" });
        check(app, &app.scim, (Method::POST, "/Groups", Some(&team)), (400, value, "displayName")).await;
        let team = json!({ "schemas": [GROUP], "displayName": "X", "members": [{ "value": "4711" }] });
        check(app, &app.scim, (Method::POST, "/Groups", Some(&team)), (400, value, "members")).await;
        let team = json!({ "schemas": [GROUP], "displayName": "X", "members": "everybody" });
        check(app, &app.scim, (Method::POST, "/Groups", Some(&team)), (400, value, "members")).await;

        // By the RFC also: numbers are no strings, and attributes have to exist.
        let number = with(&|b| b["userName"] = json!(7));
        check(app, &app.strict, (Method::POST, "/Users", Some(&number)), (400, value, "userName")).await;
        if !app.is_directory() {
            // A label that is looked up in a table.
            let nowhere = with(&|b| b[ENTERPRISE]["department"] = json!("Department of Nothing"));
            check(app, &app.strict, (Method::POST, "/Users", Some(&nowhere)), (400, value, "department")).await;
        }
        let bare = with(&|b| b["emails"] = json!("nina@helpdesk.example"));
        check(app, &app.strict, (Method::POST, "/Users", Some(&bare)), (400, value, "emails")).await;
        let spelled = with(&|b| b["active"] = json!("True"));
        check(app, &app.strict, (Method::POST, "/Users", Some(&spelled)), (400, value, "active")).await;
        let unknown = with(&|b| b["shoeSize"] = json!(42));
        check(app, &app.strict, (Method::POST, "/Users", Some(&unknown)), (400, Some("invalidSyntax"), "shoeSize"))
            .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn patches_that_cannot_be() {
    everywhere(async |app| {
        let path = format!("/Users/{}", app.person("tomas.horak@helpdesk.example").await);
        let value = Some("invalidValue");
        let cases: Vec<(Value, Option<&str>, &str)> = vec![
            (
                json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"] }),
                Some("invalidSyntax"),
                "Operations",
            ),
            (patch(json!([])), Some("invalidSyntax"), "Operations"),
            (patch(json!([{ "op": "frobnicate", "path": "title", "value": "x" }])), Some("invalidSyntax"), "op"),
            (patch(json!([{ "op": "remove" }])), Some("noTarget"), ""),
            (one("replace", "emails[type eq", json!("x")), Some("invalidFilter"), ""),
            (one("replace", "title..x", json!("x")), Some("invalidPath"), ""),
            (one("replace", "active", json!("perhaps")), value, "active"),
            (one("replace", "title", json!({ "x": 1 })), value, "title"),
            (one("replace", "userName", json!({ "x": 1 })), value, "userName"),
            (one("replace", "id", json!("7")), Some("mutability"), "id"),
            (one("add", "groups", json!([{ "value": "1" }])), Some("mutability"), "groups"),
            (one("replace", "profileUrl", json!("https://x.example")), Some("mutability"), "profileUrl"),
            (patch(json!([{ "op": "remove", "path": "active" }])), Some("mutability"), "active"),
            (patch(json!([{ "op": "remove", "path": "userName" }])), Some("mutability"), "userName"),
        ];
        // Made of the key by the databases' mapping; a directory's has none.
        let mapped = |names: &str| names != "profileUrl" || !app.is_directory();
        for (body, scim_type, names) in cases.iter().filter(|(_, _, names)| mapped(names)) {
            check(app, &app.scim, (Method::PATCH, &path, Some(body)), (400, *scim_type, names)).await;
        }
        if !app.is_directory() {
            let wide = one("replace", "title", json!("x".repeat(121)));
            check(app, &app.scim, (Method::PATCH, &path, Some(&wide)), (400, value, "title")).await;
        }
        // All or nothing: the first operation alone would have been fine.
        let half = patch(json!([
            { "op": "replace", "path": "title", "value": "Half" },
            { "op": "replace", "path": "active", "value": "perhaps" },
        ]));
        check(app, &app.scim, (Method::PATCH, &path, Some(&half)), (400, value, "active")).await;

        let strict: Vec<(Value, Option<&str>, &str)> = vec![
            (one("replace", "shoeSize", json!(42)), Some("invalidPath"), "shoeSize"),
            (one("replace", "emails[type eq \"other\"].value", json!("x@y.example")), Some("noTarget"), ""),
        ];
        for (body, scim_type, names) in &strict {
            check(app, &app.strict, (Method::PATCH, &path, Some(body)), (400, *scim_type, names)).await;
        }
        for path in ["/Users/4711", "/Users/x", "/Groups/4711"] {
            let body = one("replace", "displayName", json!("x"));
            check(app, &app.scim, (Method::PATCH, path, Some(&body)), (404, None, "")).await;
            check(app, &app.scim, (Method::DELETE, path, None), (404, None, "")).await;
        }
        let body = user("put@helpdesk.example");
        check(app, &app.scim, (Method::PUT, "/Users/4711", Some(&body)), (404, None, "")).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_that_cannot_be() {
    everywhere(async |app| {
        for (filter, names) in [
            ("userName", ""),
            ("userName eq", ""),
            ("userName xx \"y\"", ""),
            ("(userName eq \"x\"", ""),
            ("userName eq \"x\" and", ""),
            ("userName eq \"x", ""),
            ("not userName eq \"x\"", ""),
            ("emails[type eq \"work\"", ""),
            ("shoeSize eq 42", "shoeSize"),
            ("nickName eq \"x\"", "nickName"),
            ("active gt true", "active"),
        ] {
            let answer = app.unchanged(filter, app.strict.find("/Users", filter)).await.unwrap();
            eprintln!("{filter}");
            is_error(&answer, 400, Some("invalidFilter"), names);
        }
        // A filter as long as a book, and one as deep as a well.
        let long = (0..2000).map(|i| format!("userName eq \"{i}\"")).collect::<Vec<_>>().join(" or ");
        let deep = format!("{}userName eq \"x\"{}", "(".repeat(5000), ")".repeat(5000));
        for filter in [long, deep] {
            let answer = app.scim.find("/Users", &filter).await.unwrap();
            assert!(matches!(answer.status, 400 | 414 | 431), "{}", answer.status);
        }
        for query in ["startIndex=one", "count=many", "sortBy=shoeSize", "attributes=%00", "filter=%25"] {
            let request = app.strict.request(Method::GET, &format!("/Users?{query}")).unwrap();
            let answer = app.strict.answer(request).await.unwrap();
            assert!(matches!(answer.status, 200 | 400), "{query}: {}", answer.text);
            if answer.status == 400 {
                is_error_body(&answer);
            }
        }
    })
    .await;
}

/// What is asked for in a body counts as what is asked for in a URL; and a big request that
/// is within the limits is done, however many statements that takes.
#[tokio::test(flavor = "multi_thread")]
async fn requests_that_ask_for_too_much() {
    everywhere(async |app| {
        let person = format!("/Users/{}", app.person("tomas.horak@helpdesk.example").await);
        let team = json!({ "schemas": [GROUP], "displayName": "Everybody" });
        let team = app.scim.post("/Groups", &team).await.unwrap().id().unwrap().to_owned();
        let team = format!("/Groups/{team}");
        let wide = vec!["userName pr"; 600].join(" or ");
        let deep = format!("{}userName pr{}", "(".repeat(40), ")".repeat(40));
        for filter in [&wide, &deep] {
            let search =
                json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": filter });
            for path in ["/Users/.search", "/.search"] {
                check(app, &app.scim, (Method::POST, path, Some(&search)), (400, Some("invalidFilter"), "")).await;
            }
            let path = format!("emails[{}]", filter.replace("userName", "value"));
            let change = patch(json!([{ "op": "remove", "path": path }]));
            check(app, &app.scim, (Method::PATCH, &person, Some(&change)), (400, Some("invalidFilter"), "")).await;
        }
        let members = |count: u64| -> Value { (1..=count).map(|id| json!({ "value": id.to_string() })).collect() };
        let many = one("add", "members", members(20_001));
        check(app, &app.scim, (Method::PATCH, &team, Some(&many)), (413, None, "members")).await;
        let steps = patch(json!(vec![json!({ "op": "add", "path": "title", "value": "x" }); 1001]));
        check(app, &app.scim, (Method::PATCH, &person, Some(&steps)), (413, None, "1000")).await;
        let gone = json!({ "method": "DELETE", "path": "/Users/4711" });
        let bulk = "urn:ietf:params:scim:api:messages:2.0:BulkRequest";
        let bulk = json!({ "schemas": [bulk], "Operations": vec![gone; 1001] });
        check(app, &app.scim, (Method::POST, "/Bulk", Some(&bulk)), (413, None, "1000")).await;
        let list = app.scim.get("/Users?cursor=&count=1").await.unwrap();
        let cursor = list.at("/nextCursor").as_str().expect("a cursor");
        for (client, path, cursor) in [
            (&app.scim, "/Users", format!("{cursor}A")),
            (&app.scim, "/Users", "A".repeat(20_000)),
            (&app.scim, "/Groups", cursor.to_owned()),
            (&app.strict, "/Users", cursor.to_owned()),
        ] {
            let path = format!("{path}?cursor={cursor}&count=1");
            check(app, client, (Method::GET, &path, None), (400, Some("invalidCursor"), "")).await;
        }

        // Servers of directories take their time for so many; the host does the same for a few.
        let count: u64 = if app.is_directory() { 1_000 } else { 20_000 };
        app.helpdesk.fill(count).await.unwrap();
        let rows = app.rows().await;
        let filled = rows.rows("person").iter().filter(|row| row.get("login").unwrap().starts_with("user0"));
        let everybody: Value = filled.map(|row| json!({ "value": row.get("person_id").unwrap() })).collect();
        app.patch(&team, &one("add", "members", everybody)).await;
        let rows = app.rows().await;
        let members = rows.table("team_person").unwrap();
        assert_eq!(members.filter("team_id", team.trim_start_matches("/Groups/")).count() as u64, count);
    })
    .await;
}

/// Texts that have broken other programs.
fn hostile_texts() -> Vec<(&'static str, String)> {
    vec![
        ("a quote", "O'Hara \"the\" `quoted`".into()),
        ("SQL", "x'; DROP TABLE person; --".into()),
        ("percent signs", "100% _any_ %25 %s".into()),
        ("backslashes", "\\ \\\\ \\' \\u0041 C:\\new".into()),
        ("emoji", "🦀 👩‍👩‍👧‍👦 🇩🇰".into()),
        ("other scripts", "Ελλάδα שלום 你好 é".into()),
        ("line ends", "two\r\nlines\tand a tab".into()),
        ("placeholders", "$1 ? @P1 :name {0} ${x}".into()),
        ("spaces", "  both ends  ".into()),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_texts_are_kept_as_they_are_and_found_again() {
    everywhere(async |app| {
        for (number, (what, text)) in hostile_texts().into_iter().enumerate() {
            eprintln!("{what}");
            let mut body = user(&format!("{number}{text}"));
            body["displayName"] = json!(text);
            body["title"] = json!(text);
            body["name"] = json!({ "givenName": text, "familyName": text });
            // Addresses in a directory are ASCII.
            let mail =
                if app.is_directory() && !text.is_ascii() { format!("{number}@x.example") } else { text.clone() };
            body["emails"][0]["value"] = json!(mail);
            body["roles"] = json!([{ "value": text }]);
            body["externalId"] = json!(text);
            body[ENTERPRISE]["employeeNumber"] = json!(text);
            let id = app.create(&body).await;
            let read = app.get(&format!("/Users/{id}")).await;
            for (pointer, want) in [
                ("/userName", format!("{number}{text}")),
                ("/displayName", text.clone()),
                ("/name/givenName", text.clone()),
                ("/emails/0/value", mail.clone()),
                ("/roles/0/value", text.clone()),
                ("/externalId", text.clone()),
            ] {
                assert_eq!(read.at(pointer), &want, "{what} at {pointer}");
            }
            let literal = Value::from(text.as_str());
            for filter in [
                format!("displayName eq {literal}"),
                format!("emails[type eq \"work\"].value eq {}", Value::from(mail.as_str())),
                format!("userName ew {literal}"),
                format!("title co {literal}"),
                format!("roles.value sw {literal}"),
                format!("{ENTERPRISE}:employeeNumber eq {literal}"),
            ] {
                let answer = app.scim.find("/Users", &filter).await.unwrap();
                assert_eq!(ids(&answer), std::slice::from_ref(&id), "{what}: {filter}");
            }
        }
        // A percent sign is no wildcard.
        assert_eq!(ids(&app.scim.find("/Users", "userName co \"%\"").await.unwrap()).len(), 1);
        assert_eq!(ids(&app.scim.find("/Users", "userName sw \"_\"").await.unwrap()).len(), 0);
    })
    .await;
}

/// An attribute's name, and what puts a text there.
type Place<'a> = (&'a str, &'a dyn Fn(&mut Value));

#[tokio::test(flavor = "multi_thread")]
async fn nul_and_a_megabyte_are_refused_everywhere() {
    everywhere(async |app| {
        let path = format!("/Users/{}", app.person("tomas.horak@helpdesk.example").await);
        let long = "x".repeat(1 << 19);
        // Attributes of a directory have no widths.
        let texts = [("NUL", "a\0b"), ("a long text", long.as_str())];
        for (what, text) in texts.into_iter().take(if app.is_directory() { 1 } else { 2 }) {
            let places: [Place<'_>; 8] = [
                ("userName", &|b| b["userName"] = json!(text)),
                ("displayName", &|b| b["displayName"] = json!(text)),
                ("title", &|b| b["title"] = json!(text)),
                ("givenName", &|b| b["name"]["givenName"] = json!(text)),
                ("emails", &|b| b["emails"][0]["value"] = json!(text)),
                ("phoneNumbers", &|b| b["phoneNumbers"][1]["value"] = json!(text)),
                ("roles", &|b| b["roles"] = json!([{ "value": text }])),
                ("employeeNumber", &|b| b[ENTERPRISE]["employeeNumber"] = json!(text)),
            ];
            for (names, change) in places {
                let mut body = user("long@helpdesk.example");
                change(&mut body);
                let answer = app.unchanged(what, app.scim.post("/Users", &body)).await.unwrap();
                eprintln!("{what} in {names}");
                is_error(&answer, 400, Some("invalidValue"), names);
                let pathless = patch(json!([{ "op": "replace", "value": { names: body[names] } }]));
                if !body[names].is_null() {
                    let answer = app.unchanged(what, app.scim.patch(&path, &pathless)).await.unwrap();
                    is_error(&answer, 400, Some("invalidValue"), names);
                }
            }
        }
        for filter in ["userName eq \"a\\u0000b\"", "emails.value co \"\\u0000\"", "externalId sw \"\\u0000\""] {
            let answer = app.scim.find("/Users", filter).await.unwrap();
            match answer.status {
                200 => assert_eq!(ids(&answer), [""; 0], "{filter}"),
                _ => is_error(&answer, 400, Some("invalidFilter"), ""),
            }
        }
        for id in ["%00", "1%00", "%F0%9F%A6%80", "1'%20OR%20'1'='1", "%25", "..%2F1"] {
            is_error(&app.scim.get(&format!("/Users/{id}")).await.unwrap(), 404, None, "");
        }
        // More than the limit of a whole body.
        let mut body = user("huge@helpdesk.example");
        body["displayName"] = json!("x".repeat(1 << 20));
        let answer = app.unchanged("a huge body", app.scim.post("/Users", &body)).await.unwrap();
        is_error(&answer, 413, None, "");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_hold_no_values_and_neither_do_logs() {
    everywhere(async |app| {
        let secret = format!("zq81{:?}", app.helpdesk.target()).to_lowercase();
        let mut answers: Vec<Answer> = Vec::new();
        let login = format!("{secret}@helpdesk.example");
        app.create(&user(&login)).await;
        answers.push(app.scim.post("/Users", &user(&login)).await.unwrap());
        let mut body = user("other@helpdesk.example");
        body[ENTERPRISE]["department"] = json!(secret);
        if !app.is_directory() {
            // A label that is in no table.
            answers.push(app.strict.post("/Users", &body).await.unwrap());
        }
        let mut body = user("other@helpdesk.example");
        body["active"] = json!(secret);
        answers.push(app.scim.post("/Users", &body).await.unwrap());
        body["active"] = json!(true);
        body["title"] = json!(secret.repeat(40));
        if !app.is_directory() {
            // Wider than the column.
            answers.push(app.scim.post("/Users", &body).await.unwrap());
        }
        body["title"] = json!(format!("{secret}\0"));
        answers.push(app.scim.post("/Users", &body).await.unwrap());
        for answer in &answers {
            assert!((400..500).contains(&answer.status), "{}", answer.text);
            assert!(!answer.text.to_lowercase().contains(&secret), "{}", answer.text);
        }
        let id = app.person(&login).await;
        app.patch(&format!("/Users/{id}"), &one("replace", "title", json!(format!("{secret} again")))).await;
        assert_eq!(
            ids(&app.scim.find("/Users", &format!("userName eq \"{login}\"")).await.unwrap()),
            std::slice::from_ref(&id)
        );
        assert_eq!(app.scim.delete(&format!("/Users/{id}")).await.unwrap().status, 204);

        let lines = logs::containing("");
        assert!(lines.iter().any(|line| line.contains("patchbay")), "nothing was captured at all");
        // Names of entries are in the log of requests to a directory, at debug.
        let leaks: Vec<String> =
            logs::containing(&secret).into_iter().filter(|line| !line.contains("patchbay::ldap")).collect();
        assert!(leaks.is_empty(), "logged: {leaks:#?}");
        let token = app.host.token("helpdesk");
        assert!(logs::containing(token).is_empty(), "a token was logged");
    })
    .await;
}
