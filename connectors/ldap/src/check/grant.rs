//! What the binding does not grant, though operations will need it.

use patchbay_connector::{Diagnostic, Error, Severity, diagnostic};

use crate::directory::Directory;
use crate::fault;
use crate::plan::Class;
use crate::vendor::PasswordWay;
use crate::write;

/// Findings on what is written together with a password, where the class has passwords: setting
/// one is refused for want of it.
pub(super) fn passwords(db: &mut impl Directory, class: &Class, path: &str) -> Result<Vec<Diagnostic>, Error> {
    let Some(password) = class.password.as_ref().filter(|_| !class.read_only) else { return Ok(Vec::new()) };
    let mut writes = |native: &str| db.writes(native).map_err(|error| fault::plain(&error));
    let sets = match password.way {
        PasswordWay::Modify => true,
        PasswordWay::UserPassword => writes("userPassword")?,
        PasswordWay::UnicodePwd => writes("unicodePwd")?,
    };
    let mut findings = Vec::new();
    for native in write::beside_password(class).into_iter().filter(|_| sets) {
        if !writes(&native)? {
            let summary = format!(
                "a password is not set where `{native}` has to be written with it, and the binding does not grant \
                 writing that"
            );
            findings.push(diagnostic(Severity::Warning, format!("{path}/password"), summary));
        }
    }
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Memory;

    /// Attributes that findings name, where `denied` may not be written.
    fn check(mut db: Memory, more: &str, denied: &[&'static str], expected: &[&str]) {
        let (object_class, base) =
            if db.windows { ("user", "DC=test,DC=lan") } else { ("person", "dc=example,dc=org") };
        let settings = format!(
            r#"{{"classes": {{"person": {{"object_classes": ["{object_class}"], "base": "{base}" {more}}}}}}}"#
        );
        let class = db.class(&settings, "person");
        db.denied = denied.to_vec();
        let found = passwords(&mut db, &class, "/classes/person").expect("it can be looked at");
        let named = |finding: &Diagnostic| finding.summary.split('`').nth(1).unwrap_or_default().to_owned();
        assert_eq!(found.iter().map(named).collect::<Vec<_>>(), expected, "{more}");
        assert!(found.iter().all(|finding| finding.path.as_deref() == Some("/classes/person/password")));
    }

    #[test]
    fn what_goes_with_passwords_has_to_be_granted() {
        let shut = r#", "active": "pwdAccountLockedTime""#;
        let must = r#", "password": {"must_change": true}"#;
        let denied = ["pwdAccountLockedTime", "pwdReset", "lockoutTime"];
        check(Memory::new(), shut, &[], &[]);
        check(Memory::new(), shut, &denied, &["pwdAccountLockedTime"]);
        check(Memory::new(), must, &denied, &["pwdReset"]);
        check(Memory::new(), &format!("{shut}, \"password\": false"), &denied, &[]);
        check(Memory::new(), &format!("{shut}, \"read_only\": true"), &denied, &[]);
        check(Memory::windows(), "", &denied, &["lockoutTime"]);
        // Where no password is set, nothing goes with it.
        check(Memory::windows(), "", &["lockoutTime", "unicodePwd"], &[]);
    }
}
