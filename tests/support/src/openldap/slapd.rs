//! What slapd reads: its configuration, and its first entries.

use std::path::Path;

use super::{ADMIN, BASE, Options, PASSWORD, READER, SERVICE};
use crate::certificates::CLIENT;

/// Where Debian, and others, keep overlays that are not built in.
const MODULES: [&str; 5] = [
    "/usr/lib/ldap",
    "/usr/lib/openldap",
    "/usr/lib64/openldap",
    "/usr/local/libexec/openldap",
    "/usr/libexec/openldap",
];
const SCHEMA: [&str; 3] = ["/etc/ldap/schema", "/etc/openldap/schema", "/usr/local/etc/openldap/schema"];

/// The server that this one has its entries from.
pub(super) enum Source {
    /// The other one of a pair, and the other way round.
    Peer {
        /// Which of the pair this one is, 1 or 2.
        own: u8,
        /// Port of the other one.
        port: u16,
    },
    /// The one that alone is written to.
    Provider {
        /// Its port.
        port: u16,
        /// Where writes are referred to.
        url: String,
    },
}

/// `slapd.conf` for a server in `dir`; `uid` and `gid` are who may come in as the
/// administrator through the socket.
pub(super) fn configuration(dir: &Path, options: &Options, source: Option<&Source>, (uid, gid): (u32, u32)) -> String {
    let dir = dir.display();
    let mut out = String::new();
    let mut line = |text: &str| {
        out.push_str(text);
        out.push('\n');
    };
    let schema = first(&SCHEMA);
    for name in ["core", "cosine", "inetorgperson", "nis"] {
        line(&format!("include {schema}/{name}.schema"));
    }
    for file in &options.schema {
        match file.components().count() {
            1 => line(&format!("include {schema}/{}.schema", file.display())),
            _ => line(&format!("include \"{}\"", file.display())),
        }
    }
    line(&format!("modulepath {}", first(&MODULES)));
    for module in ["back_mdb", "memberof", "refint", "syncprov", "accesslog", "ppolicy", "unique", "sssvlv", "dynlist"]
    {
        line(&format!("moduleload {module}"));
    }
    if let Some(Source::Peer { own, .. }) = source {
        line(&format!("serverID {own}"));
    }
    line(&format!("pidfile {dir}/slapd.pid\nargsfile {dir}/slapd.args"));
    line(&format!(
        "TLSCACertificateFile {dir}/ca.pem\nTLSCertificateFile {dir}/server.pem\nTLSCertificateKeyFile {dir}/server.key\n\
         TLSVerifyClient try"
    ));
    line(&format!(
        "authz-regexp \"gidNumber={gid}\\\\+uidNumber={uid},cn=peercred,cn=external,cn=auth\" \"{ADMIN}\"\n\
         authz-regexp \"cn={CLIENT}\" \"{SERVICE}\""
    ));
    match options.size_limit {
        Some(limit) => line(&format!("sizelimit {limit}")),
        None => line("sizelimit unlimited"),
    }
    // The log, which says who changed what: for those who follow it.
    if options.accesslog {
        line(&format!(
            "database mdb\nsuffix cn=log\ndirectory {dir}/log\nmaxsize 1073741824\nenvflags nosync\nrootdn {ADMIN}\n\
             index reqStart,reqEnd,reqMod,reqResult,entryCSN,objectClass eq\n\
             access to * by dn.exact=\"{SERVICE}\" read by * none\n\
             limits dn.exact=\"{SERVICE}\" size=unlimited time=unlimited\n\
             overlay syncprov\nsyncprov-nopresent true\nsyncprov-reloadhint true"
        ));
    }
    line(&format!(
        "database mdb\nsuffix {BASE}\nrootdn {ADMIN}\nrootpw {PASSWORD}\ndirectory {dir}/data\nmaxsize 1073741824\n\
         envflags nosync\nindex objectClass,uid,cn,mail,member,memberOf,uniqueMember,memberUid,uidNumber,gidNumber,entryUUID,entryCSN eq\n\
         access to attrs=userPassword by dn.exact=\"{SERVICE}\" write by self =xw by anonymous auth by * none\n\
         access to * by dn.exact=\"{SERVICE}\" write by dn.exact=\"{READER}\" read by self read by * none"
    ));
    if let Some(source) = source {
        let (number, port, role) = match source {
            Source::Peer { own, port } => (*own, port, "multiprovider on".to_owned()),
            Source::Provider { port, url } => (1, port, format!("updateref {url}")),
        };
        line(&format!(
            "syncrepl rid={number:03} provider=ldap://127.0.0.1:{port} type=refreshAndPersist retry=\"1 +\" keepalive=5:2:2\n  \
             searchbase={BASE} bindmethod=simple binddn={ADMIN} credentials={PASSWORD}\n{role}"
        ));
    }
    if options.memberof {
        line("overlay memberof\nmemberof-refint true");
    }
    if options.refint {
        line("overlay refint\nrefint_attributes member uniqueMember manager owner secretary");
    }
    if !options.unique.is_empty() {
        line("overlay unique");
    }
    for attribute in &options.unique {
        line(&format!("unique_uri ldap:///?{attribute}?sub"));
    }
    if options.ppolicy {
        line(&format!("overlay ppolicy\nppolicy_default cn=default,ou=policies,{BASE}\nppolicy_hash_cleartext"));
    }
    if options.dynlist {
        line("overlay dynlist\ndynlist-attrset groupOfURLs memberURL member");
    }
    if options.sssvlv {
        line("overlay sssvlv");
    }
    line("overlay syncprov\nsyncprov-sessionlog 10000");
    if options.accesslog {
        line("overlay accesslog\nlogdb cn=log\nlogops writes\nlogsuccess TRUE\nlogold (objectClass=*)");
    }
    out
}

/// The tree that every server begins with: the base, three units, and two accounts.
pub(super) fn first_entries(hashed: &str) -> String {
    let mut out = format!("dn: {BASE}\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: Example\n\n");
    for unit in ["people", "groups", "policies"] {
        out.push_str(&format!("dn: ou={unit},{BASE}\nobjectClass: organizationalUnit\nou: {unit}\n\n"));
    }
    for (dn, name) in [(SERVICE, "patchbay"), (READER, "reader")] {
        out.push_str(&format!(
            "dn: {dn}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: {name}\n\
             userPassword: {hashed}\n\n"
        ));
    }
    out.push_str(&format!(
        "dn: cn=default,ou=policies,{BASE}\nobjectClass: device\nobjectClass: pwdPolicy\ncn: default\n\
         pwdAttribute: userPassword\npwdLockout: TRUE\npwdMaxFailure: 5\npwdMinLength: 6\npwdCheckQuality: 1\n\
         pwdInHistory: 2\npwdMustChange: TRUE\npwdAllowUserChange: TRUE\n"
    ));
    out
}

/// The first directory that is there.
fn first(directories: &[&'static str]) -> &'static str {
    let found = directories.iter().find(|directory| Path::new(directory).is_dir());
    found.or(directories.first()).copied().unwrap_or_default()
}
