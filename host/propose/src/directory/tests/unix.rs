//! Directories whose people are of several kinds, as those of Unix accounts often are.

use super::*;

const ATTRIBUTES: [&str; 9] = [
    "( 2.5.4.3 NAME ( 'cn' 'commonName' ) SUP name )",
    "( 2.5.4.4 NAME ( 'sn' 'surname' ) SUP name )",
    "( 2.5.4.42 NAME 'givenName' SUP name )",
    "( 0.9.2342.19200300.100.1.1 NAME ( 'uid' 'userid' ) )",
    "( 0.9.2342.19200300.100.1.3 NAME 'mail' DESC 'may ( be ) MUST x' )",
    "( 2.5.4.12 NAME 'title' SUP name )",
    "( 2.5.4.35 NAME 'userPassword' )",
    "( 2.5.4.31 NAME 'member' )",
    "( 1.3.6.1.1.1.1.12 NAME 'memberUid' )",
];
const CLASSES: [&str; 9] = [
    "( 2.5.6.0 NAME 'top' ABSTRACT MUST objectClass )",
    "( 2.5.6.6 NAME 'person' DESC 'with a MAY title' SUP top STRUCTURAL MUST ( surname $ cn ) MAY ( userPassword ) )",
    "( 2.5.6.7 NAME 'organizationalPerson' SUP person STRUCTURAL MAY title )",
    "( 2.16.840.1.113730.3.2.2 NAME 'inetOrgPerson' SUP organizationalPerson MAY (uid$givenName$mail) )",
    "( 0.9.2342.19200300.100.4.5 NAME 'account' SUP top STRUCTURAL MUST userid MAY description )",
    "( 1.3.6.1.1.1.2.0 NAME 'posixAccount' SUP top AUXILIARY MUST ( cn $ uid ) MAY ( userPassword ) )",
    "( 1.1 NAME 'round' SUP about )",
    "( 1.2 NAME 'about' SUP round )",
    "( 1.3 NAME 'half' SUP nowhere MAY mail )",
];

fn schema() -> Entry {
    entry("cn=Subschema", &[("attributeTypes", &ATTRIBUTES), ("objectClasses", &CLASSES)])
}

/// So many entries of these object classes below these units.
fn with(kinds: &[(usize, &str, &[&str])]) -> Directory {
    let mut directory = directory(false);
    directory.schema = attribute_names(&schema());
    directory.object_classes = ObjectClasses::read(&schema());
    directory.entries = Vec::new();
    for (count, unit, classes) in kinds {
        for number in 0..*count {
            let name = format!("{unit}{number}");
            let attributes: [(&str, &[&str]); 3] = [("objectClass", classes), ("uid", &[&name]), ("cn", &[&name])];
            directory.entries.push(entry(&format!("uid={name},ou={unit},dc=x"), &attributes));
        }
    }
    directory
}

const POSIX: &[&str] = &["top", "account", "posixAccount"];
const INET: &[&str] = &["top", "person", "organizationalPerson", "inetOrgPerson"];
const PLAIN: &[&str] = &["top", "person"];

/// Chooses an option wherever it is asked, and counts.
struct Choose(usize, usize);

impl Interview for Choose {
    fn ask(&mut self, question: &Question) -> Result<Answer, Stopped> {
        assert!(question.options.len() > self.0, "{question:?}");
        self.1 += 1;
        Ok(Answer::Chosen(self.0))
    }
}

/// What is taken for people, or for groups, with nobody to ask, and what the file says is left
/// out; with somebody who wants the second that is offered, that one.
#[track_caller]
fn check(directory: &Directory, what: &str, place: &str, left: Option<&str>, second: Option<&str>) {
    let found = |interview: &mut dyn Interview| {
        let proposal = propose(directory, &hints(None), interview).expect("there are people");
        let finding = proposal.findings.iter().find(|finding| finding.what == what).expect("it is found");
        (finding.place.clone(), proposal.assumptions)
    };
    let (assumed, assumptions) = found(&mut Assume);
    assert_eq!(assumed, place);
    let said = assumptions.iter().find_map(|line| line.split_once("left out").map(|(_, left)| left));
    assert_eq!(said.and_then(|said| said.rsplit(": ").next()), left, "{assumptions:?}");
    let mut choose = Choose(1, 0);
    let (chosen, assumptions) = found(&mut choose);
    assert_eq!((chosen.as_str(), choose.1), (second.unwrap_or(place), usize::from(second.is_some())));
    assert!(!assumptions.iter().any(|line| line.contains("left out")), "{assumptions:?}");
}

#[test]
fn people_are_those_that_most_are() {
    let mixed = with(&[(6, "people", POSIX), (1, "it", INET)]);
    let people = "posixAccount below ou=people,dc=x";
    check(&mixed, "User", people, Some("1 of inetOrgPerson"), Some("inetOrgPerson below ou=it,dc=x"));
    // Everybody is in one of two.
    let both: &[&str] = &["top", "person", "organizationalPerson", "inetOrgPerson", "posixAccount"];
    check(&with(&[(3, "people", both)]), "User", "inetOrgPerson below ou=people,dc=x", None, None);
    check(&with(&[(3, "people", both), (1, "people", POSIX)]), "User", people, None, None);
    // What others imply does not win by them.
    let some = with(&[(3, "people", INET), (2, "bots", PLAIN)]);
    let inet = "inetOrgPerson below ou=people,dc=x";
    check(&some, "User", inet, Some("2 of person"), Some("person below dc=x"));
    check(&with(&[(3, "people", INET), (5, "bots", PLAIN)]), "User", "person below dc=x", None, None);
}

#[test]
fn a_few_that_were_migrated_do_not_stand_for_active_directory() {
    let user: &[&str] = &["top", "person", "organizationalPerson", "user"];
    let migrated: &[&str] = &["top", "person", "organizationalPerson", "user", "inetOrgPerson"];
    let contact: &[&str] = &["top", "person", "organizationalPerson", "contact"];
    let computer: &[&str] = &["top", "person", "organizationalPerson", "user", "computer"];
    let kinds = [(5, "people", user), (2, "old", migrated), (9, "contacts", contact), (9, "machines", computer)];
    let mut windows = with(&kinds);
    windows.root.active_directory = true;
    check(&windows, "User", "user below dc=x", None, None);
}

#[test]
fn groups_are_those_that_most_are() {
    let posix: &[&str] = &["top", "posixGroup"];
    let named: &[&str] = &["top", "groupOfNames"];
    let mixed = with(&[(2, "people", INET), (3, "groups", posix), (1, "roles", named)]);
    let place = "posixGroup below ou=groups,dc=x";
    check(&mixed, "Group", place, Some("1 of groupOfNames"), Some("groupOfNames below ou=roles,dc=x"));
    let app = proposed(&mixed);
    assert_eq!(app["settings"]["classes"]["group"]["members"]["attribute"].as_str(), Some("memberUid"));
}

/// The mapping of people.
#[track_caller]
fn check_mapping(directory: &Directory, expected: &[&str]) {
    let app = proposed(directory);
    let attributes = app["resources"]["User"]["attributes"].as_table().expect("a table");
    let mut found: Vec<&str> = attributes.keys().map(String::as_str).collect();
    found.sort_unstable();
    assert_eq!(found, expected);
}

#[test]
fn only_what_the_object_classes_allow_is_mapped() {
    let unix = with(&[(6, "people", POSIX)]);
    check_mapping(&unix, &["displayName", "password", "userName"]);
    let inet = with(&[(6, "people", INET)]);
    let work = "emails[type eq \"work\"].value";
    let all = ["displayName", work, "name.familyName", "name.givenName", "password", "userName"];
    check_mapping(&inet, &all);
    // One of them has more, by an object class that the others do not have.
    let mut one = with(&[(6, "people", POSIX)]);
    let attributes: [(&str, &[&str]); 5] = [
        ("objectClass", &["top", "inetOrgPerson", "posixAccount"]),
        ("uid", &["ada"]),
        ("cn", &["Ada"]),
        ("sn", &["Lovelace"]),
        ("mail", &["ada@x.example"]),
    ];
    one.entries.push(entry("uid=ada,ou=people,dc=x", &attributes));
    check_mapping(&one, &["displayName", "password", "userName"]);
    // A schema that says nothing of object classes: what somebody has is allowed.
    let silent = Directory { object_classes: ObjectClasses::default(), ..one };
    check_mapping(&silent, &["displayName", work, "name.familyName", "password", "userName"]);
}

#[test]
fn object_classes_are_read_from_the_schema() {
    let classes = ObjectClasses::read(&schema());
    let allow = |own: &[&str], attribute| {
        let own: Vec<String> = own.iter().map(|class| (*class).to_owned()).collect();
        classes.allow(&own, attribute)
    };
    for (own, attribute, expected) in [
        (&["inetOrgPerson"][..], "givenName", Some(true)),
        (&["INETORGPERSON"], "MAIL", Some(true)),
        // By another of its names, and from far above.
        (&["inetOrgPerson"], "sn", Some(true)),
        (&["account"], "uid", Some(true)),
        (&["inetOrgPerson"], "objectClass", Some(true)),
        // What is in a description is no keyword.
        (&["person"], "title", Some(false)),
        (&["account", "posixAccount"], "mail", Some(false)),
        (&["account", "inetOrgPerson"], "mail", Some(true)),
        (&["account", "extensibleObject"], "mail", Some(true)),
        (&["account", "unheard"], "mail", None),
        (&["account", "unheard"], "uid", Some(true)),
        (&["half"], "sn", None),
        (&["round"], "sn", None),
        (&[], "sn", Some(false)),
    ] {
        assert_eq!(allow(own, attribute), expected, "{own:?} {attribute}");
    }
    assert_eq!(ObjectClasses::default().allow(&["person".to_owned()], "sn"), None);
    // Descriptions that end too early.
    for text in ["", "(", "( 1 NAME", "( 1 NAME 'x", "( 1 NAME ( 'x' MAY ( sn"] {
        ObjectClasses::read(&entry("", &[("objectClasses", &[text])]));
    }
}
