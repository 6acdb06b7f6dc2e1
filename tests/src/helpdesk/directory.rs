//! The application as entries of a directory: people and groups of its own in a server of its
//! own.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use patchbay_test_support::{Entry, OpenLdap, OpenLdapOptions, SambaAd};
use toml::{Table as Toml, Value};

use super::Target;
use crate::rows::{Row, Snapshot, TABLES, Table};
use crate::wire::Wire;

/// Codes of departments, as the application's tables have them.
const DEPARTMENTS: [(&str, &str); 6] = [
    ("Service Desk", "10"),
    ("Field Support", "20"),
    ("Network Operations", "30"),
    ("Finance", "40"),
    ("Human Resources", "50"),
    ("Research and Development", "60"),
];

/// A directory.
#[derive(Debug)]
pub(super) struct Directory {
    server: Server,
    wire: Option<Wire>,
}

#[derive(Debug)]
enum Server {
    OpenLdap(OpenLdap),
    SambaAd(SambaAd),
}

/// What attributes are called in a kind of directory.
#[derive(Debug)]
struct Names {
    people: &'static str,
    groups: &'static str,
    login: &'static str,
    display: &'static str,
    department: &'static str,
    external: &'static str,
    other_mail: &'static str,
    role: &'static str,
    id: &'static str,
    lock: &'static str,
}

const OPENLDAP: Names = Names {
    people: "(objectClass=inetOrgPerson)",
    groups: "(objectClass=groupOfNames)",
    login: "uid",
    display: "cn",
    department: "departmentNumber",
    external: "helpdeskExternalId",
    other_mail: "helpdeskOtherMail",
    role: "helpdeskRole",
    id: "entryUUID",
    lock: "pwdAccountLockedTime",
};

const ACTIVE_DIRECTORY: Names = Names {
    people: "(&(objectCategory=person)(objectClass=user))",
    groups: "(objectClass=group)",
    login: "userPrincipalName",
    display: "displayName",
    department: "department",
    external: "adminDescription",
    other_mail: "otherMailbox",
    role: "extensionName",
    id: "objectGUID",
    lock: "userAccountControl",
};

/// Called the same in both.
const SHARED: [&str; 8] =
    ["sn", "givenName", "title", "mail", "telephoneNumber", "mobile", "employeeNumber", "preferredLanguage"];

impl Directory {
    /// OpenLDAP with the example's schema.
    pub(super) fn openldap(schema: &Path) -> Result<Self> {
        let options =
            OpenLdapOptions { unique: vec!["uid"], schema: vec![schema.to_owned()], ..OpenLdapOptions::default() };
        Ok(Self { server: Server::OpenLdap(OpenLdap::with(&options)?), wire: None })
    }

    /// A domain controller.
    pub(super) fn samba() -> Result<Self> {
        Ok(Self { server: Server::SambaAd(SambaAd::start()?), wire: None })
    }

    /// Which kind it is.
    pub(super) fn target(&self) -> Target {
        match &self.server {
            Server::OpenLdap(_) => Target::OpenLdap,
            Server::SambaAd(_) => Target::SambaAd,
        }
    }

    fn names(&self) -> &'static Names {
        match &self.server {
            Server::OpenLdap(_) => &OPENLDAP,
            Server::SambaAd(_) => &ACTIVE_DIRECTORY,
        }
    }

    /// Where it is reached.
    pub(super) fn url(&self) -> String {
        let port = match (&self.wire, &self.server) {
            (Some(wire), _) => wire.port(),
            (None, Server::OpenLdap(server)) => server.tls_port(),
            (None, Server::SambaAd(server)) => server.tls_port(),
        };
        format!("ldaps://127.0.0.1:{port}")
    }

    /// Points a binding at it.
    pub(super) fn point(&self, binding: &mut Toml) {
        let (bind, ca_file) = match &self.server {
            Server::OpenLdap(server) => (server.service_dn(), server.ca_file()),
            Server::SambaAd(server) => (server.admin(), server.ca_file()),
        };
        binding.insert("servers".into(), Value::Array(vec![self.url().into()]));
        binding.insert("bind".into(), Toml::from_iter([("as".to_owned(), Value::from(bind))]).into());
        let ca_file = Value::from(ca_file.display().to_string());
        binding.insert("tls".into(), Toml::from_iter([("ca_file".to_owned(), ca_file)]).into());
    }

    /// The password that goes with the binding's name.
    pub(super) fn password(&self) -> &str {
        match &self.server {
            Server::OpenLdap(server) => server.password(),
            Server::SambaAd(server) => server.password(),
        }
    }

    /// Carries out LDIF.
    pub(super) fn ldif(&self, text: &str) -> Result<()> {
        match &self.server {
            Server::OpenLdap(server) => server.ldif(text),
            Server::SambaAd(server) => server.ldif(text),
        }
    }

    /// Whether who has this row can log in with this password.
    pub(super) fn binds(&self, row: &Row, password: &str) -> Result<bool> {
        match &self.server {
            Server::OpenLdap(server) => server.binds(row.get("dn").context("an entry without a name")?, password),
            Server::SambaAd(server) => server.binds(row.get("login").context("nobody's entry")?, password),
        }
    }

    /// The values of an attribute of the entries that match, as the administrator sees them.
    pub(super) fn values(&self, filter: &str, attribute: &str) -> Result<Vec<String>> {
        let entries = self.entries(filter, &[attribute])?;
        Ok(entries.iter().flat_map(|entry| values(entry, attribute)).collect())
    }

    /// Adds `count` made-up people.
    pub(super) fn fill(&self, count: u64) -> Result<()> {
        let (names, openldap) = (self.names(), matches!(self.server, Server::OpenLdap(_)));
        let mut ldif = String::new();
        for i in 1..=count {
            let (number, login) = (format!("{i:07}"), format!("user{i:07}@helpdesk.example"));
            let (department, _) = DEPARTMENTS.get(usize::try_from(i % 6)?).context("no such department")?;
            let inactive = i % 20 == 0;
            ldif.push_str(&match openldap {
                true => format!(
                    "dn: uid={login},ou=people,dc=example,dc=org\nobjectClass: inetOrgPerson\nobjectClass: \
                     helpdeskAccount\nuid: {login}\ncn: User Number{number}\n{}",
                    if inactive { "pwdAccountLockedTime: 000001010000Z\n" } else { "" },
                ),
                false => format!(
                    "dn: CN=User Number{number},OU=People,DC=test,DC=lan\nobjectClass: user\nsAMAccountName: \
                     user{number}\nuserPrincipalName: {login}\ndisplayName: User Number{number}\n\
                     userAccountControl: {}\n",
                    if inactive { 546 } else { 544 },
                ),
            });
            ldif.push_str(&format!(
                "sn: Number{number}\ngivenName: User\ntitle: Agent\nmail: {login}\ntelephoneNumber: +45 70 \
                 {number}\nemployeeNumber: N-{number}\n{}: user{number}\n{}: {department}\n\n",
                names.external, names.department,
            ));
        }
        self.ldif(&ldif)
    }

    /// From now on [`Self::url`] leads through a wire.
    pub(super) async fn add_wire(&mut self) -> Result<()> {
        let port = match &self.server {
            Server::OpenLdap(server) => server.tls_port(),
            Server::SambaAd(server) => server.tls_port(),
        };
        self.wire = Some(Wire::to(port).await?);
        Ok(())
    }

    /// Pulls the wire, or puts it back.
    pub(super) fn plug(&self, plugged: bool) -> Result<()> {
        self.wire.as_ref().context("there is no wire")?.plug(plugged);
        Ok(())
    }

    fn entries(&self, filter: &str, attributes: &[&str]) -> Result<Vec<Entry>> {
        let mut entries = match &self.server {
            Server::OpenLdap(server) => server.entries(server.base(), filter, attributes)?,
            Server::SambaAd(server) => server.entries(server.base(), filter, attributes)?,
        };
        let ours = |entry: &Entry| {
            let dn = entry.dn.to_lowercase();
            dn.contains(",ou=people,") || dn.contains(",ou=groups,")
        };
        entries.retain(ours);
        Ok(entries)
    }

    /// The entries of people and groups; with what they mean in the words of the
    /// application's tables.
    pub(super) fn rows(&self) -> Result<Snapshot> {
        let names = self.names();
        let own =
            [names.login, names.display, names.department, names.external, names.other_mail, names.role, names.lock];
        let shown: Vec<&str> = own.into_iter().chain(SHARED).chain(["manager"]).collect();
        let asked: Vec<&str> = shown.iter().copied().chain([names.id]).collect();
        let people = self.entries(names.people, &asked)?;
        let groups = self.entries(names.groups, &["cn", names.external, "member", names.id])?;
        let ids: BTreeMap<String, String> =
            people.iter().map(|entry| Ok((entry.dn.to_lowercase(), id(entry, names)?))).collect::<Result<_>>()?;
        let mut tables: BTreeMap<&str, Vec<Row>> = BTreeMap::new();
        let columns: Arc<[String]> = ["dn"].into_iter().chain(shown.iter().copied()).map(str::to_owned).collect();
        for entry in &people {
            let mut cells = vec![Some(entry.dn.clone())];
            cells.extend(shown.iter().map(|name| joined(entry, name)));
            let id = id(entry, names)?;
            tables
                .entry("person")
                .or_default()
                .push(Row::new(columns.clone(), cells).meaning(person(entry, &id, &ids, names)));
            for (kind, attribute) in [("W", "mail"), ("O", names.other_mail)] {
                for address in values(entry, attribute) {
                    let meaning =
                        vec![("person_id", Some(id.clone())), ("kind", Some(kind.into())), ("address", Some(address))];
                    tables.entry("person_mail").or_default().push(derived(meaning));
                }
            }
            for role in values(entry, names.role) {
                let meaning = vec![("person_id", Some(id.clone())), ("role", Some(role))];
                tables.entry("person_role").or_default().push(derived(meaning));
            }
        }
        let columns: Arc<[String]> = ["dn", "cn", names.external, "member"].map(str::to_owned).into();
        for entry in &groups {
            let id = id(entry, names)?;
            let cells = vec![
                Some(entry.dn.clone()),
                joined(entry, "cn"),
                joined(entry, names.external),
                joined(entry, "member"),
            ];
            let meaning = vec![
                ("team_id", Some(id.clone())),
                ("name", joined(entry, "cn")),
                ("external_ref", joined(entry, names.external)),
            ];
            tables.entry("team").or_default().push(Row::new(columns.clone(), cells).meaning(meaning));
            for member in values(entry, "member") {
                // Whoever stands in for nobody is no person.
                let Some(person) = ids.get(&member.to_lowercase()) else { continue };
                let meaning = vec![("team_id", Some(id.clone())), ("person_id", Some(person.clone()))];
                tables.entry("team_person").or_default().push(derived(meaning));
            }
        }
        let tables = TABLES.map(|(name, _)| Table { name, rows: tables.remove(name).unwrap_or_default() });
        Ok(Snapshot { tables: tables.into() })
    }
}

/// What a person's entry means in the words of the table of people.
fn person(
    entry: &Entry,
    id: &str,
    ids: &BTreeMap<String, String>,
    names: &Names,
) -> Vec<(&'static str, Option<String>)> {
    let one = |name: &str| joined(entry, name);
    let lock = one(names.lock);
    let inactive = match names.lock {
        "userAccountControl" => lock.and_then(|bits| bits.parse::<u32>().ok()).is_some_and(|bits| bits & 2 != 0),
        _ => lock.is_some(),
    };
    let department = one(names.department);
    let code = DEPARTMENTS.iter().find(|(name, _)| Some(*name) == department.as_deref());
    vec![
        ("person_id", Some(id.to_owned())),
        ("login", one(names.login)),
        ("first_name", one("givenName")),
        ("last_name", one("sn")),
        ("display_name", one(names.display)),
        ("phone_work", one("telephoneNumber")),
        ("phone_mobile", one("mobile")),
        ("employee_no", one("employeeNumber")),
        ("external_id", one(names.external)),
        ("status", Some(if inactive { "D" } else { "A" }.to_owned())),
        ("dept_id", code.map(|(_, code)| (*code).to_owned())),
        ("manager_id", one("manager").and_then(|dn| ids.get(&dn.to_lowercase()).cloned())),
    ]
}

/// A row that nobody is shown: it says in the words of a table what an entry said already.
fn derived(meaning: Vec<(&'static str, Option<String>)>) -> Row {
    Row::new(Arc::new([]), Vec::new()).meaning(meaning)
}

fn values(entry: &Entry, attribute: &str) -> Vec<String> {
    let mut values = entry.texts(&attribute.to_ascii_lowercase());
    values.sort_unstable();
    values
}

/// The values of an attribute as one text; none for none.
fn joined(entry: &Entry, attribute: &str) -> Option<String> {
    let values = values(entry, attribute);
    (!values.is_empty()).then(|| values.join(" | "))
}

/// What becomes the SCIM id.
fn id(entry: &Entry, names: &Names) -> Result<String> {
    let value = entry.attributes.get(&names.id.to_ascii_lowercase()).and_then(|values| values.first());
    let value = value.with_context(|| format!("{} has no {}", entry.dn, names.id))?;
    if names.id == "entryUUID" {
        return Ok(String::from_utf8(value.clone())?);
    }
    let [a, b, c, d, e, f, g, h, rest @ ..] = value.as_slice() else { bail!("{} has an odd {}", entry.dn, names.id) };
    // As Microsoft writes it: the first three groups turned round.
    let mut bytes = vec![*d, *c, *b, *a, *f, *e, *h, *g];
    bytes.extend(rest);
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let part = |from: usize, to: usize| hex.get(from..to).context("a GUID that is too short");
    Ok(format!("{}-{}-{}-{}-{}", part(0, 8)?, part(8, 12)?, part(12, 16)?, part(16, 20)?, part(20, 32)?))
}
