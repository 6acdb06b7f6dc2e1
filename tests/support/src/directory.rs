//! The programs of ldap-utils, as tests use them: on a server they did not start alone.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context as _, Result, anyhow, bail};
use base64::Engine as _;

use crate::machine;

/// resultCode invalidCredentials, which the programs exit with.
pub(crate) const INVALID_CREDENTIALS: i32 = 49;

/// An entry as the server has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name, as the server writes it.
    pub dn: String,
    /// Values by attribute description, in lower case.
    pub attributes: BTreeMap<String, Vec<Vec<u8>>>,
}

impl Entry {
    /// The values of an attribute (in lower case) as text; what is not UTF-8 is replaced.
    pub fn texts(&self, attribute: &str) -> Vec<String> {
        let values = self.attributes.get(attribute).map(Vec::as_slice).unwrap_or_default();
        values.iter().map(|value| String::from_utf8_lossy(value).into_owned()).collect()
    }

    /// The first value of an attribute (in lower case) as text.
    pub fn text(&self, attribute: &str) -> Option<String> {
        self.texts(attribute).into_iter().next()
    }
}

/// Who speaks to which server.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) url: String,
    pub(crate) ca_file: PathBuf,
    pub(crate) user: String,
    pub(crate) password: String,
}

impl Client {
    /// Carries out LDIF; a record that does not say what is to be done adds an entry. Stops
    /// at the first error, which is told with the server's own words.
    pub(crate) fn ldif(&self, text: &str) -> Result<()> {
        let mut child = self
            .program("ldapmodify")?
            .arg("-a")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot run ldapmodify")?;
        let written = child.stdin.take().context("ldapmodify has no input")?.write_all(text.as_bytes());
        let output = child.wait_with_output().context("cannot run ldapmodify")?;
        checked("ldapmodify", output)?;
        written.context("ldapmodify did not read all")
    }

    /// What `ldapsearch` prints of the subtree at `base`: LDIF without comments, lines not
    /// folded.
    pub(crate) fn search(&self, base: &str, filter: &str, attributes: &[&str]) -> Result<String> {
        self.print(base, "sub", filter, attributes)
    }

    /// The entries of the subtree at `base` that match.
    pub(crate) fn entries(&self, base: &str, filter: &str, attributes: &[&str]) -> Result<Vec<Entry>> {
        parse(&self.search(base, filter, attributes)?)
    }

    /// Whether the server takes this password for this user; other failures are errors.
    pub(crate) fn binds(&self, user: &str, password: &str) -> Result<bool> {
        self.binds_unless(user, password, &[INVALID_CREDENTIALS])
    }

    /// The same for a server that refuses with one of these result codes.
    pub(crate) fn binds_unless(&self, user: &str, password: &str, refusals: &[i32]) -> Result<bool> {
        let other = Self { user: user.to_owned(), password: password.to_owned(), ..self.clone() };
        let output = other.search_program("", "base", "(objectClass=*)", &["1.1"])?.output()?;
        match output.status.code() {
            Some(code) if refusals.contains(&code) => Ok(false),
            _ => checked("ldapsearch", output).map(|_| true),
        }
    }

    /// Whether the server answers.
    pub(crate) fn is_answered(&self) -> bool {
        self.print("", "base", "(objectClass=*)", &["supportedLDAPVersion"]).is_ok()
    }

    fn print(&self, base: &str, scope: &str, filter: &str, attributes: &[&str]) -> Result<String> {
        let output = self.search_program(base, scope, filter, attributes)?.output().context("cannot run ldapsearch")?;
        checked("ldapsearch", output)
    }

    fn search_program(&self, base: &str, scope: &str, filter: &str, attributes: &[&str]) -> Result<Command> {
        let mut command = self.program("ldapsearch")?;
        // Pages, because a server may refuse to answer with very much at once.
        command.args(["-LLL", "-o", "ldif-wrap=no", "-E", "pr=1000/noprompt", "-b", base, "-s", scope]);
        command.arg(filter).args(attributes).stdin(Stdio::null());
        Ok(command)
    }

    /// A program of ldap-utils, with settings of nobody but ours.
    fn program(&self, name: &str) -> Result<Command> {
        let path = find_binary(name).ok_or_else(|| {
            anyhow!("{name} is not installed (clients of OpenLDAP 2.5; on Debian: apt-get install ldap-utils)")
        })?;
        let mut command = machine::program(&path, None)?;
        command
            .env("LDAPCONF", "/dev/null")
            .env("LDAPRC", "none")
            .env("LDAPTLS_CACERT", &self.ca_file)
            .env("LDAPTLS_REQCERT", "demand")
            .args(["-x", "-o", "nettimeout=20", "-H", &self.url, "-D", &self.user, "-w", &self.password]);
        Ok(command)
    }
}

/// Where a program is: on PATH, or where servers are.
pub(crate) fn find_binary(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places = std::env::split_paths(&path).chain(["/usr/sbin", "/usr/local/sbin", "/usr/libexec"].map(Into::into));
    places.map(|place| place.join(name)).find(|path| path.is_file())
}

/// Runs a program to its end; what it printed.
pub(crate) fn run(command: &mut Command) -> Result<String> {
    // Behind `--` where it is run as somebody else.
    let name = command.get_args().skip_while(|argument| *argument != "--").nth(1).unwrap_or(command.get_program());
    let name = Path::new(name).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("cannot run {name}"))?;
    checked(&name, output)
}

fn checked(name: &str, output: Output) -> Result<String> {
    if !output.status.success() {
        bail!("{name} failed ({}): {}", output.status, String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Entries of LDIF (RFC 2849) whose lines are not folded.
fn parse(ldif: &str) -> Result<Vec<Entry>> {
    let mut entries: Vec<Entry> = Vec::new();
    for line in ldif.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (name, value) = line.split_once(':').with_context(|| format!("not LDIF: {line:?}"))?;
        let value = match value.strip_prefix(':') {
            Some(encoded) => base64::engine::general_purpose::STANDARD.decode(encoded.trim_start())?,
            None => value.strip_prefix(' ').unwrap_or(value).as_bytes().to_vec(),
        };
        if name == "dn" {
            entries.push(Entry { dn: String::from_utf8(value)?, attributes: BTreeMap::new() });
        } else if let Some(entry) = entries.last_mut() {
            entry.attributes.entry(name.to_ascii_lowercase()).or_default().push(value);
        }
    }
    // Where searches lead elsewhere it prints `ref:` on its own: no entry, and none of ours.
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_ldif() {
        let entries = parse("dn:: Y249w6QsZGM9eA==\ncn: one\nCN:: IHR3bw==\nempty:\n\ndn: cn=b,dc=x\n").unwrap();
        assert_eq!(entries.len(), 2);
        assert_eq!(entries[0].dn, "cn=\u{e4},dc=x");
        assert_eq!(entries[0].texts("cn"), ["one", " two"]);
        assert_eq!(entries[0].text("empty").as_deref(), Some(""));
        assert_eq!(entries[1], Entry { dn: "cn=b,dc=x".into(), attributes: BTreeMap::new() });
        assert!(parse("nothing").is_err());
    }
}
