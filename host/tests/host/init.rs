//! `patchbay init` and `patchbay discover` on databases that nobody has configured: what is
//! written works, end to end, on each engine.

mod bed;

use serde_json::json;

use bed::{Bed, Kind, Served};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// A user, changes to it, a group, a membership, and all of it gone again.
async fn works(served: &Served, user: serde_json::Value, group: &str) {
    let name = user["userName"].clone();
    let created = served.send("POST", "/Users", Some(user.clone()), 201).await;
    let id = created["id"].as_str().unwrap().to_owned();
    let path = format!("/Users/{id}");
    let read = served.send("GET", &path, None, 200).await;
    assert_eq!(read["userName"], name);
    assert_eq!(read["active"], json!(true));
    assert_eq!(read["emails"], created["emails"]);
    assert_eq!(read["emails"][0]["value"], user["emails"][0]["value"]);
    assert_eq!(read[ENTERPRISE]["department"], user[ENTERPRISE]["department"]);
    let patch = |operations: serde_json::Value| {
        Some(json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations }))
    };
    let disable = patch(json!([{ "op": "replace", "path": "active", "value": false }]));
    served.send("PATCH", &path, disable, 200).await;
    assert_eq!(served.send("GET", &path, None, 200).await["active"], json!(false));
    let by_name = format!("/Users?filter=userName%20eq%20%22{}%22", name.as_str().unwrap());
    assert_eq!(served.send("GET", &by_name, None, 200).await["totalResults"], json!(1));

    let body = json!({ "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": group });
    let group = served.send("POST", "/Groups", Some(body), 201).await["id"].as_str().unwrap().to_owned();
    let path_of_group = format!("/Groups/{group}");
    let add = patch(json!([{ "op": "add", "path": "members", "value": [{ "value": id }] }]));
    served.send("PATCH", &path_of_group, add, 204).await;
    let members = served.send("GET", &format!("{path_of_group}?attributes=members"), None, 200).await;
    assert_eq!(members["members"][0]["value"], json!(id), "{members}");
    let groups = served.send("GET", &path, None, 200).await;
    assert_eq!(groups["groups"][0]["value"], json!(group), "{groups}");
    let remove = patch(json!([{ "op": "remove", "path": format!("members[value eq \"{id}\"]") }]));
    served.send("PATCH", &path_of_group, remove, 204).await;
    served.send("DELETE", &path_of_group, None, 204).await;
    served.send("DELETE", &path, None, 204).await;
    served.send("GET", &path, None, 404).await;
}

#[tokio::test]
async fn the_example_works_on_each_database() {
    for kind in Kind::ALL {
        let bed = Bed::new(kind, &kind.example());
        let (code, out, err) = bed.init(&["--yes"], "");
        assert_eq!(code, Some(0), "{kind:?}\n{out}\n{err}");
        for line in ["no problems", "tables were looked at", "membership", "User userName"] {
            assert!(out.contains(line), "{kind:?}: {line}\n{out}");
        }
        let config = bed.config();
        let app = &config["apps"]["desk"];
        let allow = &app["bindings"]["db"]["allow"];
        let mut tables: Vec<&str> = allow["tables"].as_array().unwrap().iter().filter_map(|t| t.as_str()).collect();
        tables.sort_unstable();
        // Not the audit log, and nothing else that the mapping does not need.
        assert_eq!(tables, ["department", "person", "person_mail", "person_role", "team", "team_person"]);
        let user = &app["resources"]["User"]["attributes"];
        let mapped = |path: &str| user[path].as_str().unwrap_or_else(|| panic!("{path} in {user:?}"));
        assert_eq!([mapped("userName"), mapped("name.givenName"), mapped("title")], ["login", "first_name", "title"]);
        assert_eq!(mapped(&format!("{ENTERPRISE}:manager")), "manager");
        assert_eq!(user["active"]["values"]["false"].as_str(), Some("D"));
        assert!(bed.password().is_none_or(|password| !bed.text().contains(password)), "{}", bed.text());

        let served = bed.serve();
        let user = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
            "userName": "new.one@helpdesk.example", "displayName": "New One", "active": true,
            "name": { "givenName": "New", "familyName": "One" },
            "emails": [{ "type": "work", "value": "new.one@helpdesk.example" }],
            ENTERPRISE: { "department": "Finance", "employeeNumber": "E-9000" },
        });
        works(&served, user, "Night shift").await;
        // Departments are a code table: one that is not there is refused, not made up.
        let odd = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
            "userName": "odd@helpdesk.example", "active": true, ENTERPRISE: { "department": "No Such" },
        });
        served.send("POST", "/Users", Some(odd), 400).await;
    }
}

/// German names, surrogate keys, no foreign keys, a soft delete.
fn german(kind: Kind) -> String {
    let (serial, quote, time) = match kind {
        Kind::Sqlite => ("INTEGER PRIMARY KEY AUTOINCREMENT", '"', "TIMESTAMP"),
        Kind::Postgres => ("INTEGER GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY", '"', "TIMESTAMPTZ"),
        Kind::Mariadb => ("INTEGER AUTO_INCREMENT PRIMARY KEY", '`', "DATETIME NULL"),
    };
    let text = format!(
        r#"CREATE TABLE "Mitarbeiter" (
            "MA_ID" {serial}, "Kennung" VARCHAR(40) NOT NULL UNIQUE, "Vorname" VARCHAR(40), "Nachname" VARCHAR(40),
            "E-Mail" VARCHAR(200), "Gesperrt" CHAR(1) DEFAULT 'N' NOT NULL, "Abteilung" VARCHAR(40),
            "Vorgesetzter_ID" INTEGER, "Kennwort" VARCHAR(255), "Gelöscht am" {time});
        CREATE TABLE "Gruppen" ("Gruppe_ID" {serial}, "Bezeichnung" VARCHAR(80) NOT NULL UNIQUE);
        CREATE TABLE "Gruppe_Mitarbeiter" ("Gruppe_ID" INTEGER NOT NULL, "Mitarbeiter_ID" INTEGER NOT NULL,
            PRIMARY KEY ("Gruppe_ID", "Mitarbeiter_ID"));
        CREATE TABLE "Anmeldeprotokoll" ("ID" {serial}, "Kennung" VARCHAR(40), "Zeit" {time});
        INSERT INTO "Mitarbeiter" ("Kennung", "Vorname", "Nachname", "E-Mail", "Gesperrt", "Abteilung", "Kennwort") VALUES
            ('meier', 'Anna', 'Meier', 'meier@firma.example', 'N', 'Einkauf', '{{SSHA}}aaaa'),
            ('huber', 'Bert', 'Huber', 'huber@firma.example', 'J', 'Einkauf', '{{SSHA}}bbbb');
        INSERT INTO "Gruppen" ("Bezeichnung") VALUES ('Alle');
        INSERT INTO "Gruppe_Mitarbeiter" VALUES (1, 1);"#
    );
    if quote == '"' { text } else { text.replace('"', "`") }
}

#[tokio::test]
async fn a_german_schema_without_foreign_keys_works() {
    for kind in Kind::ALL {
        let bed = Bed::new(kind, &german(kind));
        let (code, out, err) = bed.init(&["--yes", "--client", "entra"], "");
        assert_eq!(code, Some(0), "{kind:?}\n{out}\n{err}\n{}", bed.text());
        let config = bed.config();
        let app = &config["apps"]["desk"];
        let user = &app["resources"]["User"]["attributes"];
        assert_eq!(user["password"]["hash"].as_str(), Some("ssha"), "{}", bed.text());
        assert_eq!(app["client"].as_str(), Some("entra"));
        let class = app["settings"]["classes"].as_table().unwrap().get("Mitarbeiter").unwrap();
        assert_eq!(class["soft_delete"]["set"]["Gelöscht am"]["now"].as_bool(), Some(true), "{}", bed.text());
        assert!(bed.text().contains("# Assumed"), "{}", bed.text());
        let user = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", ENTERPRISE],
            "userName": "kunz", "active": true, "name": { "givenName": "Carl", "familyName": "Kunz" },
            "password": "Gr\u{fc}n-und-Blau-1", "emails": [{ "type": "work", "value": "kunz@firma.example" }],
            ENTERPRISE: { "department": "Verkauf" },
        });
        works(&bed.serve(), user, "Nachtschicht").await;
    }
}

#[tokio::test]
async fn hostile_names_stay_names() {
    let bed = Bed::new(
        Kind::Sqlite,
        r##"CREATE TABLE "us.ers""] = 1 #" (
                id INTEGER PRIMARY KEY, login TEXT NOT NULL UNIQUE, "e""mail
[server]
listen = 'x'" TEXT, active INTEGER NOT NULL DEFAULT 1, "ten'ant\" TEXT NOT NULL);
            CREATE TABLE "te.ams" (id INTEGER PRIMARY KEY, "na]me" TEXT UNIQUE NOT NULL);
            CREATE TABLE "us.ers_te.ams" (team_id INTEGER NOT NULL REFERENCES "te.ams" (id),
                user_id INTEGER NOT NULL REFERENCES "us.ers""] = 1 #" (id), PRIMARY KEY (team_id, user_id));
            CREATE TABLE "line
break" (id INTEGER PRIMARY KEY);
            INSERT INTO "us.ers""] = 1 #" VALUES (1, 'ada', 'ada@x.example', 1, 't'), (2, 'bob', 'b@x.example', 0, 't');"##,
    );
    let (code, out, err) = bed.init(&["--yes"], "");
    assert_eq!(code, Some(0), "{out}\n{err}\n{}", bed.text());
    assert!(out.contains("no problems"), "{out}");
    assert_eq!(bed.config()["server"]["plain_http"].as_bool(), Some(true));
    let urn = "urn:patchbay:params:scim:schemas:extension:desk:1.0:User";
    let user = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", urn],
        "userName": "cy", "active": true, "emails": [{ "type": "work", "value": "cy@x.example" }],
        urn: { "tenAnt": "t" },
    });
    works(&bed.serve(), user, "Red").await;
    let (code, out, _) = bed.run(&["discover"], "");
    assert_eq!(code, Some(0));
    assert!(out.contains("line?break  (table, 0 rows)"), "{out}");
}

#[test]
fn where_nothing_looks_like_users_nothing_is_written() {
    let bed = Bed::new(
        Kind::Sqlite,
        "CREATE TABLE invoice (id INTEGER PRIMARY KEY, number TEXT UNIQUE, amount INTEGER);
         CREATE TABLE article (id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL);",
    );
    let (code, out, err) = bed.init(&["--yes"], "");
    assert_eq!(code, Some(1), "{out}\n{err}");
    for words in ["no table looks like users: nothing was written", "article has a unique name", "--users TABLE"] {
        assert!(err.contains(words), "{words}\n{err}");
    }
    assert!(!bed.file().exists());
    let (code, _, err) = bed.init(&["--yes", "--users", "nothing"], "");
    assert_eq!(code, Some(1));
    assert!(err.contains("no table `nothing`"), "{err}");
    // Whoever knows better is believed.
    let (code, out, err) = bed.init(&["--yes", "--users", "article"], "");
    assert_eq!(code, Some(0), "{out}\n{err}");
}

const TWO: &str = "
    CREATE TABLE users (id INTEGER PRIMARY KEY, login TEXT NOT NULL UNIQUE, pass TEXT, state TEXT NOT NULL,
        version INTEGER NOT NULL DEFAULT 1);
    INSERT INTO users VALUES (1, 'ada', NULL, 'P', 1), (2, 'bob', NULL, 'Q', 1), (3, 'cy', NULL, 'R', 1);
    CREATE TABLE account (id INTEGER PRIMARY KEY, login TEXT NOT NULL UNIQUE, email TEXT, pass TEXT);
    INSERT INTO account VALUES (1, 'shop', 'shop@x.example', NULL);";

#[test]
fn what_is_open_is_asked() {
    let bed = Bed::new(Kind::Sqlite, TWO);
    let (code, _, err) = bed.init(&[], "");
    assert_eq!(code, Some(64), "{err}");
    assert!(err.contains("nobody to ask") && err.contains("--yes"), "{err}");
    let (code, _, err) = bed.init(&["--ask"], "");
    assert_eq!(code, Some(1), "{err}");
    assert!(err.contains("Which table holds the users?") && err.contains("not answered"), "{err}");
    assert!(!bed.file().exists());
    let question = err.lines().find(|line| line.ends_with("  users")).unwrap();
    let users = question.trim().trim_start_matches('*').split(' ').next().unwrap();
    // The table, who counts versions, bcrypt of PHP, P is active, then R is not.
    let (code, out, err) = bed.init(&["--ask"], &format!("{users}\n3\nnine\n3\n1\n2\n"));
    assert_eq!(code, Some(0), "{out}\n{err}");
    let config = bed.config();
    let app = &config["apps"]["desk"];
    let user = &app["resources"]["User"]["attributes"];
    assert_eq!(user["password"]["hash"]["variant"].as_str(), Some("2y"), "{}", bed.text());
    assert_eq!(user["active"]["values"]["true"].as_str(), Some("P"));
    assert_eq!(user["active"]["values"]["false"].as_str(), Some("R"));
    assert_eq!(app["settings"]["classes"]["users"]["version"]["increment"].as_bool(), Some(true));
    assert!(!bed.text().contains("Assumed"), "{}", bed.text());
}

#[test]
fn a_file_that_is_there_is_kept() {
    let bed = Bed::new(Kind::Sqlite, &Kind::Sqlite.example());
    std::fs::write(bed.file(), "mine").unwrap();
    let (code, _, err) = bed.init(&["--yes"], "");
    assert_eq!(code, Some(1), "{err}");
    assert!(err.contains("is there already; --force replaces it"), "{err}");
    assert_eq!(bed.text(), "mine");
    let (code, out, err) = bed.init(&["--yes", "--force"], "");
    assert_eq!(code, Some(0), "{out}\n{err}");
    assert!(bed.text().contains("[apps.desk]"));
}

#[test]
fn file_names_mean_what_they_mean_where_they_are_typed() {
    let bed = Bed::new(Kind::Sqlite, &Kind::Sqlite.example());
    let directory = bed.file().parent().unwrap().to_owned();
    std::fs::create_dir(directory.join("etc")).unwrap();
    for (out, expected) in
        [("q.toml", "sqlite:app.db".to_owned()), ("etc/q.toml", format!("sqlite:{}/app.db", directory.display()))]
    {
        let mut command = bed.command();
        command.current_dir(&directory).args([
            "init",
            "--yes",
            "--app",
            "desk",
            "--url",
            "sqlite:app.db",
            "--out",
            out,
        ]);
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        let file: toml::Table = std::fs::read_to_string(directory.join(out)).unwrap().parse().unwrap();
        assert_eq!(file["apps"]["desk"]["bindings"]["db"]["url"].as_str(), Some(expected.as_str()));
    }
}

#[test]
fn options_that_cannot_work_are_named() {
    let bed = Bed::new(Kind::Sqlite, "CREATE TABLE t (id INTEGER PRIMARY KEY)");
    let file = bed.file();
    let check = |arguments: &[&str], code: i32, expected: &str| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_patchbay"));
        command.args(["init", "--yes", "--out"]).arg(&file).args(arguments);
        let output = command.output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {err}");
        assert!(err.contains(expected), "{arguments:?}: {err}");
        assert!(!err.contains("hunter2"), "{arguments:?}: {err}");
        assert!(!file.exists());
    };
    check(&["--url", "oracle://x"], 64, "--url: must start with");
    check(&["--url", "postgres://u:hunter2@127.0.0.1/x"], 64, "--url: must not hold a password");
    check(&["--url", "postgres://u@db.example/x", "--no-tls"], 1, "TLS is disabled for host");
    check(&["--url", "sqlite:a.db", "--app", "a b"], 64, "--app: the name of an app");
    check(&["--url", "sqlite:/no/such/file.db"], 1, "the database cannot be looked at");
    let missing = ["--url", "postgres://u@127.0.0.1/x", "--no-tls", "--password-env", "PATCHBAY_TEST_NO_SUCH"];
    check(&missing, 64, "PATCHBAY_TEST_NO_SUCH is not set");
}

#[test]
fn large_and_slow_tables_are_not_waited_for() {
    let bed = Bed::new(
        Kind::Sqlite,
        "CREATE TABLE large AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10001) SELECT i FROM n;
         CREATE VIEW endless AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n WHERE i < 0;
         CREATE TABLE small (id INTEGER PRIMARY KEY);",
    );
    let (code, out, err) = bed.run(&["discover"], "");
    assert_eq!(code, Some(0), "{out}\n{err}");
    for line in [
        "large  (table, more than 10000 rows)",
        "endless  (view, rows not counted: it takes longer than 5 s)",
        "small  (table, 0 rows)",
    ] {
        assert!(out.contains(line), "{line}\n{out}");
    }
}

#[test]
fn tables_are_shown_with_keys_counts_and_masked_values() {
    for kind in Kind::ALL {
        let bed = Bed::new(kind, &kind.example());
        let (code, out, err) = bed.run(&["discover"], "");
        assert_eq!(code, Some(0), "{kind:?}\n{err}");
        for line in [
            "person  (table, 6 rows)",
            "  key      person_id",
            "  unique   login",
            "  foreign  dept_id -> department (dept_id)",
            "x@x.xx",
        ] {
            assert!(out.contains(line), "{kind:?}: {line}\n{out}");
        }
        for personal in ["Margit", "Olsen", "olsen@", "+45 70", "molsen"] {
            assert!(!out.contains(personal), "{kind:?}: {personal}\n{out}");
        }
        let (_, out, _) = bed.run(&["discover", "--show-samples"], "");
        assert!(out.contains("Margit"), "{kind:?}\n{out}");
        let (_, out, _) = bed.run(&["discover", "--json"], "");
        let json: serde_json::Value = serde_json::from_str(&out).unwrap();
        let person =
            json["tables"].as_array().unwrap().iter().find(|table| table["name"] == json!(["person"])).unwrap();
        assert_eq!((&person["rows"], &json["masked"]), (&json!(6), &json!(true)), "{kind:?}");
        assert!(!out.contains("Margit"), "{kind:?}\n{out}");
    }
}
