//! Whole databases, and what is proposed for them.

mod applications;
mod states;

use crate::testing::database;
use crate::write::{self, PasswordFrom, Setup, Tls};
use crate::{Answer, Assume, Failure, Hints, Interview, Proposal, Question, Stopped, propose};

/// Answers by what is asked: the first script line whose key is in the question.
struct Script<'a> {
    answers: &'a [(&'a str, &'a str)],
    asked: Vec<String>,
}

impl Interview for Script<'_> {
    fn ask(&mut self, question: &Question) -> Result<Answer, Stopped> {
        self.asked.push(question.text.clone());
        let answer = self.answers.iter().find(|(key, _)| question.text.contains(key)).ok_or(Stopped)?;
        let option = question.options.iter().position(|option| option.starts_with(answer.1));
        Ok(Answer::Chosen(option.unwrap_or_else(|| panic!("{question:?} has no {}", answer.1))))
    }
}

fn hints() -> Hints {
    Hints { app: "hr".to_owned(), ..Hints::default() }
}

fn setup() -> Setup {
    Setup {
        app: "hr".to_owned(),
        url: "postgres://patchbay@db/hr".to_owned(),
        password: Some(PasswordFrom::Env("HR_DB".to_owned())),
        tls: Tls::default(),
        token_env: "HR_TOKEN".to_owned(),
        client: "default".to_owned(),
    }
}

/// The mapping, a line per attribute, `User.userName = login`.
fn mapping(proposal: &Proposal) -> Vec<String> {
    let text = write::file(&setup(), proposal);
    let file: toml::Table = text.parse().unwrap_or_else(|error| panic!("{error}\n{text}"));
    let resources = file["apps"]["hr"]["resources"].as_table().unwrap();
    let mut lines = Vec::new();
    for (resource, mapped) in resources {
        for (path, right) in mapped["attributes"].as_table().unwrap() {
            let path = path.rsplit(':').next().unwrap();
            lines.push(format!("{resource}.{path} = {right}").replace('"', "'"));
        }
    }
    lines.sort();
    lines
}

#[track_caller]
fn check(tables: &[&str], expected: &[&str]) -> Proposal {
    let proposal = propose(&database(tables), &hints(), &mut Assume).unwrap();
    let found = mapping(&proposal);
    let mut expected: Vec<&str> = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(found, expected, "{}", write::file(&setup(), &proposal));
    proposal
}

const DEPARTMENT: &str = "department
    dept_id int serial key: 1, 2
    name text unique not null: Sales, Support";

#[test]
fn an_english_schema_with_everything() {
    let person = "person
        person_id int serial key: 1, 2
        login text unique not null: ada, bob
        first_name text: Ada, Bob
        last_name text: Lovelace, Byron
        status text not null default: A, D
        password_hash text: $2y$12$aaaa, $2y$12$bbbb
        dept_id int: 1, 2
        manager_id int: -, 1
        created_at time default
        updated_at time default
        last_login time
        row_version int not null default: 1, 1
        dept_id -> department.dept_id
        manager_id -> person.person_id";
    let mail = "person_mail
        mail_id int serial key: 1, 2, 3, 4, 5, 6
        person_id int not null: 1, 1, 2, 2, 2, 2
        kind text not null: W, O, W, W, W, W
        address text not null: a@x.example, b@x.example, c@x.example, d@x.example, e@x.example, f@x.example
        person_id -> person.person_id";
    let role = "person_role
        person_id int not null: 1
        role text not null: agent
        key person_id, role
        person_id -> person.person_id";
    let team = "team
        team_id int serial key: 1, 2
        name text unique not null nocase: red, blue
        external_ref text: x, y";
    let members = "team_person
        team_id int not null: 1
        person_id int not null: 1
        joined_at time not null default
        key team_id, person_id
        team_id -> team.team_id
        person_id -> person.person_id";
    let audit = "audit_log
        audit_id int serial key: 1
        table_name text not null: person
        person_id int: 1";
    let proposal = check(
        &[audit, DEPARTMENT, person, mail, role, team, members],
        &[
            "User.userName = 'login'",
            "User.name.givenName = 'first_name'",
            "User.name.familyName = 'last_name'",
            "User.active = { attribute = 'status', values = { false = 'D', true = 'A' } }",
            "User.password = { attribute = 'password_hash', hash = { scheme = 'bcrypt', variant = '2y' } }",
            "User.department = 'dept'",
            "User.manager = 'manager'",
            "User.emails[type eq 'work'].value = 'work_person_mail'",
            "User.emails[type eq 'other'].value = 'other_person_mail'",
            "User.roles.value = 'person_role'",
            "User.groups = 'groups'",
            "User.meta.created = { attribute = 'created_at', read_only = true }",
            "User.meta.lastModified = { attribute = 'updated_at', read_only = true }",
            "Group.displayName = 'name'",
            "Group.externalId = 'external_ref'",
            "Group.members = 'members'",
        ],
    );
    let granted: Vec<String> = proposal.tables.iter().map(|name| name.join(".")).collect();
    assert_eq!(granted, ["person", "department", "person_mail", "person_role", "team_person", "team"]);
    assert_eq!(proposal.classes[0].unmapped, ["last_login", "row_version"]);
    assert_eq!(proposal.classes[0].ignoring_case, ["login"]);
    assert!(proposal.classes[1].ignoring_case.is_empty());
}

#[test]
fn a_german_schema_without_foreign_keys() {
    let people = "T_MITARBEITER
        MA_ID int serial key: 1, 2, 3
        KENNUNG text unique not null: meier, huber, kunz
        VORNAME text: Anna, Bert, Carl
        NACHNAME text: Meier, Huber, Kunz
        E_MAIL text: a@x.example, b@x.example, c@x.example
        TELEFON text: 030 123456, 030 123457, 030 123458
        GESPERRT text not null default: N, N, J
        VORGESETZTER_ID int: -, 1, 1
        PERSONALNUMMER text unique: 4711, 4712, 4713
        KOSTENSTELLE text: K1, K2, K3
        GELOESCHT_AM time
        KENNWORT text: {SSHA}aaaa, {SSHA}bbbb, {SSHA}cccc";
    let groups = "T_GRUPPEN
        GRUPPE_ID int serial key: 1
        BEZEICHNUNG text unique not null: Alle";
    let members = "T_GRUPPE_MITGLIED
        GRUPPE_ID int not null: 1
        MITARBEITER_ID int not null: 1
        key GRUPPE_ID, MITARBEITER_ID";
    let proposal = check(
        &[people, groups, members],
        &[
            "User.userName = 'KENNUNG'",
            "User.name.givenName = 'VORNAME'",
            "User.name.familyName = 'NACHNAME'",
            "User.emails[type eq 'work'].value = 'E_MAIL'",
            "User.phoneNumbers[type eq 'work'].value = 'TELEFON'",
            "User.active = { attribute = 'GESPERRT', values = { false = 'J', true = 'N' } }",
            "User.employeeNumber = 'PERSONALNUMMER'",
            "User.costCenter = 'KOSTENSTELLE'",
            "User.manager = 'vorgesetzter'",
            "User.password = { attribute = 'KENNWORT', hash = 'ssha' }",
            "User.groups = 'groups'",
            "Group.displayName = 'BEZEICHNUNG'",
            "Group.members = 'members'",
        ],
    );
    assert_eq!(proposal.classes[0].soft_delete.len(), 1);
    assert!(proposal.assumptions.iter().any(|assumed| assumed.contains("GELOESCHT_AM")), "{:?}", proposal.assumptions);
}

#[test]
fn a_french_schema() {
    let people = "utilisateurs
        id int serial key: 1, 2
        identifiant text unique not null: durand, petit
        prénom text: Anne, Luc
        nom text: Durand, Petit
        courriel text: a@x.example, b@x.example
        actif int not null default: 1, 0";
    let groups = "équipes
        id int serial key: 1
        libellé text not null: Bleue";
    let members = "équipe_membres
        id_équipe int not null: 1
        id_membre int not null: 1
        key id_équipe, id_membre";
    check(
        &[people, groups, members],
        &[
            "User.userName = 'identifiant'",
            "User.name.givenName = 'prénom'",
            "User.name.familyName = 'nom'",
            "User.emails[type eq 'work'].value = 'courriel'",
            "User.active = { attribute = 'actif', values = { false = 0, true = 1 } }",
            "User.groups = 'groups'",
            "Group.displayName = 'libellé'",
            "Group.members = 'members'",
        ],
    );
}

#[test]
fn what_a_new_row_needs_is_mapped_or_said() {
    let people = "users
        id int not null key
        username text unique not null: ada
        tenant text not null: x
        avatar bytes not null
        note text";
    let proposal = check(&[people], &["User.userName = 'username'", "User.rowId = 'id'", "User.tenant = 'tenant'"]);
    assert!(proposal.notes.iter().any(|note| note.contains("new rows of `users` no `id`")), "{:?}", proposal.notes);
    assert!(proposal.notes.iter().any(|note| note.contains("needs id, tenant")), "{:?}", proposal.notes);
    assert!(proposal.notes.iter().any(|note| note.contains("users.avatar")), "{:?}", proposal.notes);
    assert!(proposal.notes.iter().any(|note| note.contains("No groups")), "{:?}", proposal.notes);
}

#[test]
fn a_status_of_which_little_was_seen_is_asked_about() {
    let check = |status: &str, answer: &str, expected: Option<&str>| {
        let users = format!("users\n id int serial key: 1\n login text unique not null: ada\n {status}");
        let mut script = Script { answers: &[("mean that an account", answer)], asked: Vec::new() };
        let proposal = propose(&database(&[&users]), &hints(), &mut script).unwrap();
        let found = mapping(&proposal).into_iter().find(|line| line.starts_with("User.active"));
        let expected =
            expected.map(|values| format!("User.active = {{ attribute = 'status', values = {{ {values} }} }}"));
        assert_eq!(found, expected, "{status}");
        script.asked.len()
    };
    assert_eq!(check("status text: A", "A and I", Some("false = 'I', true = 'A'")), 1);
    assert_eq!(check("status text", "Y and N", Some("false = 'N', true = 'Y'")), 1);
    assert_eq!(check("status text: A", "none", None), 1);
    // One of a pair that leaves no doubt, and one that no pair has.
    assert_eq!(check("status text: Y", "", Some("false = 'N', true = 'Y'")), 0);
    assert_eq!(check("status text: ??", "", None), 0);
}

#[test]
fn a_view_is_for_reading_and_is_keyed_by_its_looks() {
    let view = "view app.users
        user_id int: 1, 2, 3
        login text: ada, bob, cy
        email text: a@x.example, b@x.example, c@x.example
        password text: $2y$12$aaaa, $2y$12$bbbb, $2y$12$cccc
        created_at time";
    let proposal = check(
        &[view],
        &[
            "User.userName = 'login'",
            "User.emails[type eq 'work'].value = 'email'",
            "User.meta.created = { attribute = 'created_at', read_only = true }",
        ],
    );
    let class = &proposal.classes[0];
    assert!(class.read_only && class.key == ["user_id"] && class.name == "app_users", "{class:?}");
    assert_eq!(proposal.verbs, [patchbay_capability::sql::Verb::Select]);
    assert!(proposal.notes.iter().any(|note| note.contains("`user_id` of `app.users`")), "{:?}", proposal.notes);
}

#[test]
fn a_row_version_of_sql_server_is_one() {
    let users = "users
        id int serial key: 1
        login text unique not null: ada
        stamp rowversion not null computed";
    let proposal = check(&[users], &["User.userName = 'login'"]);
    let version = proposal.classes[0].version.as_ref().unwrap();
    assert_eq!((version.column.as_str(), version.increment), ("stamp", false));
}

/// Nobody waits for a proposal, however large the database is.
#[test]
fn a_thousand_tables_are_no_trouble() {
    let mut texts: Vec<String> = (0..1000)
        .map(|n| {
            let columns: String = (0..30).map(|c| format!("\n item{c}_id int: 1, 2")).collect();
            format!("item{n}\n id int serial key: 1, 2\n name text unique: a, b{columns}")
        })
        .collect();
    texts.push("users\n id int serial key: 1\n login text unique not null: ada".to_owned());
    let tables: Vec<&str> = texts.iter().map(String::as_str).collect();
    let database = database(&tables);
    let begun = std::time::Instant::now();
    let proposal = propose(&database, &hints(), &mut Assume).unwrap();
    assert_eq!(proposal.classes[0].name, "users");
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
}

#[test]
fn several_log_in_names_are_asked_about() {
    let users = "users
        id int serial key: 1, 2
        login text unique not null: ada, bob
        upn text unique not null: ada@x.example, bob@x.example";
    for (answer, expected) in [("login", "User.userName = 'login'"), ("upn", "User.userName = 'upn'")] {
        let mut script = Script { answers: &[("sign in", answer)], asked: Vec::new() };
        let proposal = propose(&database(&[users]), &hints(), &mut script).unwrap();
        assert!(mapping(&proposal).contains(&expected.to_owned()), "{:?}", mapping(&proposal));
    }
}

#[test]
fn several_groups_are_asked_about_and_none_is_an_answer() {
    let users = "users
        id int serial key: 1
        login text unique not null: ada";
    let table = |name: &str| format!("{name}s\n id int serial key: 1\n name text unique not null: x");
    let junction = |name: &str| {
        format!("user_{name}s\n user_id int not null: 1\n {name}_id int not null: 1\n key user_id, {name}_id")
    };
    let texts = [table("role"), junction("role"), table("group"), junction("group")];
    let tables: Vec<&str> = [users].into_iter().chain(texts.iter().map(String::as_str)).collect();
    for (answer, expected) in [("roles", "roles"), ("groups", "groups"), ("none", "")] {
        let mut script = Script { answers: &[("holds the groups", answer)], asked: Vec::new() };
        let proposal = propose(&database(&tables), &hints(), &mut script).unwrap();
        let group = proposal.classes.get(1).map_or("", |class| class.name.as_str());
        assert_eq!((script.asked.len(), group), (1, expected));
    }
    let named = Hints { groups: Some("roles".to_owned()), ..hints() };
    let proposal = propose(&database(&tables), &named, &mut Assume).unwrap();
    assert_eq!(proposal.classes[1].name, "roles");
    assert!(proposal.assumptions.is_empty(), "{:?}", proposal.assumptions);
}

#[test]
fn no_users_is_an_answer() {
    let tables = ["invoice\n id int serial key: 1\n number text unique: 4711\n amount int: 3", DEPARTMENT];
    let failure = propose(&database(&tables), &hints(), &mut Assume).unwrap_err();
    assert!(
        matches!(&failure, Failure::NoUsers(near) if near.iter().all(|near| !near.reason.is_empty())),
        "{failure:?}"
    );
    assert!(
        matches!(propose(&database(&[]), &hints(), &mut Assume).unwrap_err(), Failure::NoUsers(near) if near.is_empty())
    );
    let named = Hints { users: Some("nothing".to_owned()), ..hints() };
    assert_eq!(
        propose(&database(&tables), &named, &mut Assume).unwrap_err(),
        Failure::NoSuchTable("nothing".to_owned())
    );
}

#[test]
fn what_is_open_is_asked() {
    let users = "users
        id int serial key: 1, 2, 3
        login text unique not null: a, b, c
        password text
        state text not null default: P, Q, R
        version int not null default: 1, 2, 1
        deleted bool default: false, false, false";
    let tables = [users];
    let mut script = Script {
        answers: &[
            ("deleting", "removes"),
            ("Who changes", "each program"),
            ("store passwords", "argon2id"),
            ("account may be used", "P"),
            ("account may not be used", "R"),
        ],
        asked: Vec::new(),
    };
    let proposal = propose(&database(&tables), &hints(), &mut script).unwrap();
    assert_eq!(script.asked.len(), 5, "{:?}", script.asked);
    assert!(proposal.assumptions.is_empty() && proposal.classes[0].soft_delete.is_empty());
    assert_eq!(
        mapping(&proposal),
        [
            "User.active = { attribute = 'state', values = { false = 'R', true = 'P' } }",
            "User.password = { attribute = 'password', hash = 'argon2id' }",
            "User.userName = 'login'",
        ]
    );
    assert!(write::file(&setup(), &proposal).contains("version = { column = \"version\", increment = true }"));
    let mut nobody = Script { answers: &[], asked: Vec::new() };
    let stopped = propose(&database(&tables), &hints(), &mut nobody).unwrap_err();
    assert_eq!(stopped, Failure::Stopped(Stopped));
    // Assumed, the same is safe: nothing is set that nobody knows.
    let assumed = propose(&database(&tables), &hints(), &mut Assume).unwrap();
    assert_eq!(mapping(&assumed), ["User.userName = 'login'"]);
    assert_eq!(assumed.assumptions.len(), 4, "{:?}", assumed.assumptions);
}

#[test]
fn hostile_names_stay_names() {
    let mut database = database(&["users
        id int serial key: 1
        login text unique not null: a
        mail text: a@x.example
        note text not null: x"]);
    let table = &mut database.tables[0];
    table.info.name = vec!["a.b\"c] = 1 #".to_owned(), "users".to_owned()];
    table.info.columns[2].name = "mail\"\n[server]\nplain_http = false #".to_owned();
    table.info.columns[3].name = "no\u{2028}te'''\"\"\"\\".to_owned();
    let proposal = propose(&database, &hints(), &mut Assume).unwrap();
    let text = write::file(&setup(), &proposal);
    let file: toml::Table = text.parse().unwrap_or_else(|error| panic!("{error}\n{text}"));
    let app = &file["apps"]["hr"];
    assert_eq!(file["server"]["plain_http"].as_bool(), Some(true), "{text}");
    let class = app["settings"]["classes"].as_table().unwrap().values().next().unwrap();
    assert_eq!(class["table"].as_str(), Some("\"a.b\"\"c] = 1 #\".users"));
    assert_eq!(app["bindings"]["db"]["allow"]["tables"][0], class["table"]);
    // No attribute may have such a name: they get others.
    let columns: Vec<&str> = class["columns"].as_array().unwrap().iter().filter_map(toml::Value::as_str).collect();
    assert_eq!(columns, ["login"], "{text}");
    let mail = &class["attributes"]["mailServerPlainHttpFalse"];
    assert_eq!(mail["column"].as_str(), Some("mail\"\n[server]\nplain_http = false #"), "{text}");
    assert_eq!(class["attributes"]["noTe"]["column"].as_str(), Some("no\u{2028}te'''\"\"\"\\"), "{text}");
    // A table that no grant can name is not proposed at all, nor used.
    let mut other = crate::testing::database(&[
        DEPARTMENT,
        "users\n id int serial key: 1\n login text unique not null: a\n dept_id int: 1\n dept_id -> department.dept_id",
    ]);
    other.tables[0].info.name = vec!["depart\nment".to_owned()];
    other.tables[1].info.foreign_keys[0].table = vec!["depart\nment".to_owned()];
    let proposal = propose(&other, &hints(), &mut Assume).unwrap();
    assert!(proposal.classes[0].lookups.is_empty() && proposal.tables.len() == 1, "{proposal:?}");
    database.tables[0].info.name = vec!["us\ners".to_owned()];
    assert_eq!(propose(&database, &hints(), &mut Assume).unwrap_err(), Failure::NoUsers(Vec::new()));
}
