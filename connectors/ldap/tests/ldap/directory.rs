//! A fresh directory with three people and two groups in it.

use patchbay_test_support::{Ds389, Entry, OpenLdap, OpenLdapOptions, SambaAd};

use crate::target::Kind;

/// A server of a case's own.
#[derive(Debug)]
pub(crate) enum Directory {
    OpenLdap(OpenLdap),
    SambaAd(SambaAd),
    Ds389(Ds389),
}

impl Directory {
    /// A server with `ou=people` and `ou=groups`, and nobody in them.
    pub(crate) fn empty(kind: Kind, options: &OpenLdapOptions) -> Self {
        match kind {
            Kind::OpenLdap => Self::OpenLdap(OpenLdap::with(options).unwrap()),
            Kind::SambaAd => Self::SambaAd(SambaAd::start().unwrap()),
            Kind::Ds389 => Self::Ds389(Ds389::start().unwrap()),
        }
    }

    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::OpenLdap(_) => Kind::OpenLdap,
            Self::SambaAd(_) => Kind::SambaAd,
            Self::Ds389(_) => Kind::Ds389,
        }
    }

    /// Anna, Bert, who is hers, and Cleo; Red with Anna and Bert, and Blue with nobody.
    pub(crate) fn seed(&self) {
        let (people, groups) = (self.people(), self.groups());
        let ldif = match self {
            Self::OpenLdap(server) => include_str!("seed.openldap.ldif").replace("{placeholder}", server.service_dn()),
            Self::SambaAd(_) => include_str!("seed.samba.ldif").to_owned(),
            // Its groups may be empty.
            Self::Ds389(_) => include_str!("seed.openldap.ldif").replace("member: {placeholder}\n", ""),
        };
        self.ldif(&ldif.replace("{people}", &people).replace("{groups}", &groups));
    }

    pub(crate) fn base(&self) -> &'static str {
        match self {
            Self::OpenLdap(server) => server.base(),
            Self::SambaAd(server) => server.base(),
            Self::Ds389(server) => server.base(),
        }
    }

    /// Where people are.
    pub(crate) fn people(&self) -> String {
        format!("ou=people,{}", self.base())
    }

    /// Where groups are.
    pub(crate) fn groups(&self) -> String {
        format!("ou=groups,{}", self.base())
    }

    /// Carries out LDIF beside the connector.
    pub(crate) fn ldif(&self, text: &str) {
        match self {
            Self::OpenLdap(server) => server.ldif(text).unwrap(),
            Self::SambaAd(server) => server.ldif(text).unwrap(),
            Self::Ds389(server) => server.ldif(text).unwrap(),
        }
    }

    /// Entries as the server has them.
    pub(crate) fn entries(&self, filter: &str, attributes: &[&str]) -> Vec<Entry> {
        match self {
            Self::OpenLdap(server) => server.entries(server.base(), filter, attributes).unwrap(),
            Self::SambaAd(server) => server.entries(server.base(), filter, attributes).unwrap(),
            Self::Ds389(server) => server.entries(server.base(), filter, attributes).unwrap(),
        }
    }

    /// The one entry that matches.
    pub(crate) fn entry(&self, filter: &str, attributes: &[&str]) -> Entry {
        let mut found = self.entries(filter, attributes);
        assert_eq!(found.len(), 1, "{filter}: {found:?}");
        found.remove(0)
    }

    /// Stops it as a crash would.
    pub(crate) fn kill(&mut self) {
        match self {
            Self::OpenLdap(server) => server.kill(),
            Self::SambaAd(server) => server.kill(),
            Self::Ds389(server) => server.kill(),
        }
    }

    /// Starts it again after [`Self::kill`].
    pub(crate) fn resume(&mut self) {
        match self {
            Self::OpenLdap(server) => server.resume().unwrap(),
            Self::SambaAd(server) => server.resume().unwrap(),
            Self::Ds389(server) => server.resume().unwrap(),
        }
    }

    /// Whether the server takes this password for this name.
    pub(crate) fn binds(&self, user: &str, password: &str) -> bool {
        match self {
            Self::OpenLdap(server) => server.binds(user, password).unwrap(),
            Self::SambaAd(server) => server.binds(user, password).unwrap(),
            Self::Ds389(server) => server.binds(user, password).unwrap(),
        }
    }
}
