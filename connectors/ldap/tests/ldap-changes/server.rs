//! A server that follows the standards, and people who come and go there.

use patchbay_test_support::{Ds389, OpenLdap, matrix};
use serde_json::{Value, json};

use crate::follower::Account;

/// Where both servers have their entries.
pub(crate) const BASE: &str = "dc=example,dc=org";

/// A kind of server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    OpenLdap,
    Ds389,
}

impl Kind {
    /// Those that can be started here.
    pub(crate) fn all() -> Vec<Self> {
        if Ds389::is_left_out() { vec![Self::OpenLdap] } else { vec![Self::OpenLdap, Self::Ds389] }
    }
}

/// A server with Anna, Ben and Carl.
#[derive(Debug)]
pub(crate) struct Server {
    running: Running,
    _run: matrix::Run,
}

#[derive(Debug)]
enum Running {
    OpenLdap(OpenLdap),
    Ds389(Ds389),
}

impl Server {
    pub(crate) fn start(kind: Kind) -> Self {
        match kind {
            Kind::OpenLdap => Self::openldap(OpenLdap::start().unwrap()),
            Kind::Ds389 => {
                Self::with_people(Running::Ds389(Ds389::start().unwrap()), matrix::Run::begin("changes", "389-ds"))
            }
        }
    }

    /// An OpenLDAP that was made differently.
    pub(crate) fn openldap(server: OpenLdap) -> Self {
        Self::with_people(Running::OpenLdap(server), matrix::Run::begin("changes", "openldap"))
    }

    fn with_people(running: Running, run: matrix::Run) -> Self {
        let server = Self { running, _run: run };
        for name in ["anna", "ben", "carl"] {
            server.hire(name);
        }
        server
    }

    /// The account that services use, which may read the entries and the server's log.
    pub(crate) fn account(&self) -> Account {
        let (url, ca_file, name, password, log) = match &self.running {
            Running::OpenLdap(server) => {
                (server.ldaps_url(), server.ca_file(), server.service_dn(), server.password(), "cn=log")
            }
            Running::Ds389(server) => {
                (server.ldaps_url(), server.ca_file(), server.service_dn(), server.password(), "cn=changelog")
            }
        };
        Account {
            url,
            ca_file: ca_file.to_owned(),
            name: name.to_owned(),
            password: password.to_owned(),
            reads: vec![BASE.to_owned(), log.to_owned()],
        }
    }

    pub(crate) fn ldif(&self, text: &str) {
        match &self.running {
            Running::OpenLdap(server) => server.ldif(text).unwrap(),
            Running::Ds389(server) => server.ldif(text).unwrap(),
        }
    }

    /// Values of an attribute (in lower case) of the entries below `base` that match.
    pub(crate) fn values(&self, base: &str, filter: &str, attribute: &str) -> Vec<String> {
        let entries = match &self.running {
            Running::OpenLdap(server) => server.entries(base, filter, &[attribute]).unwrap(),
            Running::Ds389(server) => server.entries(base, filter, &[attribute]).unwrap(),
        };
        entries.iter().flat_map(|entry| entry.texts(attribute)).collect()
    }

    /// Names of the entries below `base` that match.
    pub(crate) fn names(&self, base: &str, filter: &str) -> Vec<String> {
        let entries = match &self.running {
            Running::OpenLdap(server) => server.entries(base, filter, &["1.1"]).unwrap(),
            Running::Ds389(server) => server.entries(base, filter, &["1.1"]).unwrap(),
        };
        entries.into_iter().map(|entry| entry.dn).collect()
    }

    /// Ends it as a crash would, and starts it again.
    pub(crate) fn restart(&mut self) {
        match &mut self.running {
            Running::OpenLdap(server) => server.restart().unwrap(),
            Running::Ds389(server) => server.restart().unwrap(),
        }
    }

    pub(crate) fn hire(&self, name: &str) {
        let dn = dn(name);
        self.ldif(&format!(
            "dn: {dn}\nchangetype: add\nobjectClass: inetOrgPerson\nuid: {name}\ncn: {name}\nsn: {name}\n"
        ));
    }

    pub(crate) fn set_title(&self, name: &str, title: &str) {
        self.ldif(&format!("dn: {}\nchangetype: modify\nreplace: title\ntitle: {title}\n", dn(name)));
    }

    pub(crate) fn fire(&self, name: &str) {
        self.ldif(&format!("dn: {}\nchangetype: delete\n", dn(name)));
    }

    /// Gives somebody's entry another name, in the same place.
    pub(crate) fn rename(&self, name: &str, rdn: &str) {
        self.ldif(&format!("dn: {}\nchangetype: modrdn\nnewrdn: {rdn}\ndeleteoldrdn: 0\n", dn(name)));
    }

    pub(crate) fn move_away(&self, name: &str) {
        self.ldif(&format!(
            "dn: {}\nchangetype: moddn\nnewrdn: uid={name}\ndeleteoldrdn: 0\nnewsuperior: ou=groups,{BASE}\n",
            dn(name)
        ));
    }
}

fn dn(name: &str) -> String {
    format!("uid={name},ou=people,{BASE}")
}

/// People below `ou=people`, with these `changes`.
pub(crate) fn people(changes: &Value) -> Value {
    json!({
        "object_classes": ["inetOrgPerson"],
        "base": format!("ou=people,{BASE}"),
        "filter": "(&(objectClass=inetOrgPerson)(!(title=left)))",
        "include": ["uid", "cn", "title"],
        "changes": changes,
    })
}
