use patchbay_capability::ldap::Attribute;

use super::*;
use crate::Assume;
use crate::write::Tls;

mod unix;

fn entry(dn: &str, attributes: &[(&str, &[&str])]) -> Entry {
    let attribute = |(name, values): &(&str, &[&str])| Attribute {
        name: (*name).to_owned(),
        values: values.iter().map(|value| value.as_bytes().to_vec()).collect(),
    };
    Entry { dn: dn.to_owned(), attributes: attributes.iter().map(attribute).collect() }
}

fn directory(active_directory: bool) -> Directory {
    let person: &[&str] = if active_directory {
        &["top", "person", "organizationalPerson", "user"]
    } else {
        &["top", "person", "organizationalPerson", "inetOrgPerson", "posixAccount"]
    };
    let login = if active_directory { "sAMAccountName" } else { "uid" };
    let naming = if active_directory { "CN" } else { "uid" };
    let of = |name: &str| {
        entry(
            &format!("{naming}={name},ou=people,dc=x"),
            &[("objectClass", person), (login, &[name]), ("cn", &[name]), ("sn", &["S"]), ("manager", &["uid=a"])],
        )
    };
    let group: &[&str] = if active_directory { &["top", "group"] } else { &["top", "groupOfNames"] };
    let mut entries =
        vec![of("ada"), of("bob"), entry("cn=staff,ou=groups,dc=x", &[("objectClass", group), ("cn", &["staff"])])];
    if active_directory {
        entries.push(entry("CN=PC,ou=machines,dc=x", &[("objectClass", &["user", "computer"])]));
        for name in ["Guests", "Users", "Operators"] {
            let dn = format!("CN={name},cn=Builtin,dc=x");
            entries.push(entry(&dn, &[("objectClass", group), ("isCriticalSystemObject", &["TRUE"])]));
        }
    } else {
        entries.push(entry("cn=Old One,ou=left,dc=x", &[("objectClass", person), ("cn", &["Old One"])]));
    }
    let known =
        ["uid", "cn", "sn", "givenName", "mail", "manager", "member", "sAMAccountName", "userPassword", "title"];
    let root = Root { active_directory, contexts: vec!["dc=x".to_owned()], ..Root::default() };
    let schema = known.map(str::to_ascii_lowercase).into();
    Directory { root, schema, entries, ..Directory::default() }
}

fn hints(users: Option<&str>) -> Hints {
    Hints { app: "app".to_owned(), users: users.map(str::to_owned), groups: None }
}

fn setup() -> Setup {
    Setup {
        app: "app".to_owned(),
        servers: vec!["ldaps://h".to_owned()],
        bind_as: Some("cn=\"x\"".to_owned()),
        password: None,
        tls: Tls::default(),
        token_env: "T".to_owned(),
        client: "default".to_owned(),
    }
}

/// The file that is proposed, read as TOML, at `app.PATH`.
fn proposed(directory: &Directory) -> toml::Value {
    let proposal = propose(directory, &hints(None), &mut Assume).expect("there are people");
    let text = file(&setup(), &proposal);
    let table: toml::Value = toml::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    table["apps"]["app"].clone()
}

#[test]
fn people_and_groups_are_found_with_their_names_and_places() {
    let app = proposed(&directory(false));
    let person = &app["settings"]["classes"]["person"];
    assert_eq!(person["base"].as_str(), Some("dc=x"), "one of them is elsewhere");
    assert_eq!(person["dn"].as_str(), Some("uid={uid},ou=people,dc=x"));
    assert_eq!(person["object_classes"].as_array().map(Vec::len), Some(2));
    assert_eq!(
        app["settings"]["classes"]["group"]["members"]["placeholder"].as_str(),
        Some("cn=nobody,ou=groups,dc=x")
    );
    let attributes = &app["resources"]["User"]["attributes"];
    assert_eq!(attributes["userName"].as_str(), Some("uid"));
    assert_eq!(attributes["password"]["hash"].as_str(), Some("target"));
    assert!(attributes.get("title").is_none(), "nobody has one");
    let allow = &app["bindings"]["directory"]["allow"];
    assert_eq!(allow["read"][0].as_str(), Some("dc=x"));
    let written = allow["attributes"]["write"].to_string();
    for name in ["objectClass", "uid", "member", "userPassword", "manager"] {
        assert!(written.contains(&format!("{name:?}")), "{name}: {written}");
    }
}

#[test]
fn active_directory_has_its_own_names_and_computers_are_nobody() {
    let app = proposed(&directory(true));
    let person = &app["settings"]["classes"]["person"];
    assert_eq!(person["base"].as_str(), Some("ou=people,dc=x"));
    assert_eq!(person["dn"].as_str(), Some("cn={cn},ou=people,dc=x"));
    assert!(person["filter"].as_str().is_some_and(|filter| filter.contains("objectCategory=person")));
    let attributes = &app["resources"]["User"]["attributes"];
    assert_eq!(
        (attributes["userName"].as_str(), attributes["active"].as_str()),
        (Some("sAMAccountName"), Some("active"))
    );
    let group = &app["settings"]["classes"]["group"];
    assert!(group["members"].get("placeholder").is_none());
    assert_eq!(group["dn"].as_str(), Some("cn={cn},ou=groups,dc=x"), "not where the built-in ones are");
    assert_eq!(group["base"].as_str(), Some("dc=x"));
    let written = app["bindings"]["directory"]["allow"]["attributes"]["write"].to_string();
    // What the connector writes of itself with a new group and with a new password.
    for name in ["groupType", "lockoutTime", "unicodePwd", "sAMAccountName"] {
        assert!(written.contains(&format!("{name:?}")), "{name}: {written}");
    }
}

#[test]
fn what_is_not_there_is_said() {
    let nobody = Directory { entries: Vec::new(), ..directory(false) };
    assert_eq!(propose(&nobody, &hints(None), &mut Assume).expect_err("nobody"), DirectoryFailure::NoPeople(0));
    let error = propose(&directory(false), &hints(Some("robot")), &mut Assume).expect_err("no robots");
    assert_eq!(error, DirectoryFailure::NoSuchClass("robot".to_owned()));
}

#[test]
fn names_of_attributes_are_read_from_the_schema() {
    let schema = entry(
        "cn=Subschema",
        &[(
            "attributeTypes",
            &["( 2.5.4.3 NAME ( 'cn' 'commonName' ) SUP name )", "( 1.2 NAME 'mail' DESC 'it''s' )", "( 1.3 SUP x )"],
        )],
    );
    assert_eq!(attribute_names(&schema).into_iter().collect::<Vec<_>>(), ["cn", "commonname", "mail"]);
}

#[test]
fn what_a_server_says_becomes_words() {
    let samba = entry(
        "",
        &[
            ("vendorName", &["Samba Team (https://www.samba.org)"]),
            ("supportedCapabilities", &["1.2.840.113556.1.4.800"]),
            ("namingContexts", &["CN=Configuration,DC=x", "DC=x", "DC=DomainDnsZones,DC=x"]),
            ("defaultNamingContext", &["DC=x"]),
            ("supportedControl", &["1.2.840.113556.1.4.841"]),
        ],
    );
    let root = Root::read(&samba);
    assert_eq!((root.product.as_str(), root.active_directory), ("Samba Active Directory", true));
    assert_eq!((root.contexts[0].as_str(), root.abilities), ("DC=x", vec!["DirSync".to_owned()]));
    assert_eq!(Root::read(&entry("", &[])).product, "a directory that does not say what it is");
}

/// Accounts of Unix in two units, a counter with this number, and whatever else.
fn accounts(departments: [&str; 3], counter: &str) -> Directory {
    let person: &[&str] = &["top", "person", "organizationalPerson", "inetOrgPerson", "posixAccount"];
    let of = |name: &str, unit: &str, department: &str, number: &str| {
        let attributes: [(&str, &[&str]); 7] = [
            ("objectClass", person),
            ("uid", &[name]),
            ("cn", &[name]),
            ("sn", &["S"]),
            ("uidNumber", &[number]),
            ("departmentNumber", &[department]),
            ("memberOf", &["cn=staff,ou=groups,dc=x"]),
        ];
        entry(&format!("uid={name},ou={unit},ou=people,dc=x"), &attributes)
    };
    let [first, second, third] = departments;
    let mut directory = directory(false);
    directory.entries = vec![
        of("ada", "sales", first, "1001"),
        of("bob", "sales", second, "1002"),
        of("cyd", "works", third, "1003"),
        entry("cn=staff,ou=groups,dc=x", &[("objectClass", &["top", "groupOfNames"]), ("cn", &["staff"])]),
        entry("cn=next,dc=x", &[("objectClass", &["device"]), ("cn", &["next"]), ("uidNumber", &[counter])]),
    ];
    directory.schema.extend(["uidnumber", "departmentnumber", "memberof"].map(str::to_owned));
    directory.root.abilities = vec!["content synchronization".to_owned()];
    directory
}

#[test]
fn what_is_beside_people_is_proposed_where_it_was_seen() {
    let app = proposed(&accounts(["Sales", "Sales", "Works"], "1004"));
    let person = &app["settings"]["classes"]["person"];
    assert_eq!(person["dn"].as_str(), Some("uid={uid}"), "the containers say the rest");
    let containers = &person["containers"];
    assert_eq!(containers["by"].as_str(), Some("departmentNumber"));
    assert_eq!(containers["bases"]["Works"].as_str(), Some("ou=works,ou=people,dc=x"));
    assert_eq!(containers["otherwise"].as_str(), Some("ou=sales,ou=people,dc=x"));
    assert_eq!(person["next"]["uidNumber"]["entry"].as_str(), Some("cn=next,dc=x"));
    assert!(person["next"]["uidNumber"].get("holds").is_none());
    assert_eq!(person["member_of"].as_str(), Some("group"));
    assert_eq!(app["resources"]["User"]["attributes"]["groups"].as_str(), Some("member_of"));
    for class in ["person", "group"] {
        assert_eq!(app["settings"]["classes"][class]["changes"]["method"].as_str(), Some("syncrepl"));
    }
    let allow = &app["bindings"]["directory"]["allow"];
    assert!(allow["write"].to_string().contains("cn=next,dc=x"), "{allow}");
    assert!(allow["attributes"]["write"].to_string().contains("uidNumber"), "{allow}");
    // The number that was given last.
    let app = proposed(&accounts(["Sales", "Sales", "Works"], "1003"));
    assert_eq!(app["settings"]["classes"]["person"]["next"]["uidNumber"]["holds"].as_str(), Some("last"));
}

#[test]
fn what_was_not_seen_is_not_proposed() {
    // A department in two places tells of none; a number that people have passed counts nobody.
    let mut directory = accounts(["Sales", "Works", "Works"], "17");
    for entry in &mut directory.entries {
        entry.attributes.retain(|attribute| attribute.name != "memberOf");
    }
    directory.root.abilities.clear();
    let app = proposed(&directory);
    let person = &app["settings"]["classes"]["person"];
    for absent in ["containers", "next", "member_of", "changes"] {
        assert!(person.get(absent).is_none(), "{absent}");
    }
    assert_eq!(person["dn"].as_str(), Some("uid={uid},ou=sales,ou=people,dc=x"));
    let proposal = propose(&directory, &hints(None), &mut Assume).expect("there are people");
    assert!(proposal.notes.iter().any(|note| note.contains("no entry counts them")), "{:?}", proposal.notes);
    // With all in one place there is nothing to choose.
    directory.entries.truncate(2);
    assert!(proposed(&directory)["settings"]["classes"]["person"].get("containers").is_none());
    let mut windows = self::directory(true);
    windows.root.abilities = vec!["DirSync".to_owned()];
    let app = proposed(&windows);
    assert_eq!(app["settings"]["classes"]["person"]["changes"]["method"].as_str(), Some("dirsync"));
}
