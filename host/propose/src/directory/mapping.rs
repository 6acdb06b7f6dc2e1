//! Which SCIM attribute is which of the directory's.

use super::{Directory, Proposed, Shape};

/// SCIM paths of people with the attributes that may stand behind them, the best first.
const PEOPLE: [(&str, &[&str], &str); 12] = [
    ("name.givenName", &["givenName"], "its name says so"),
    ("name.familyName", &["sn"], "its name says so"),
    ("emails[type eq \"work\"].value", &["mail"], "its name says so"),
    ("phoneNumbers[type eq \"work\"].value", &["telephoneNumber"], "its name says so"),
    ("phoneNumbers[type eq \"mobile\"].value", &["mobile"], "its name says so"),
    ("title", &["title"], "its name says so"),
    ("preferredLanguage", &["preferredLanguage"], "its name says so"),
    (
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber",
        &["employeeNumber", "employeeID"],
        "its name says so",
    ),
    (
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
        &["department", "departmentNumber"],
        "its name says so",
    ),
    ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:organization", &["company", "o"], "its name says so"),
    ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager", &["manager"], "it holds names of people"),
    ("profileUrl", &["labeledURI"], "its name says so"),
];
/// Attributes that are mapped for people wherever their object classes allow them: all others
/// only where one entry has them as well.
const ALWAYS: [&str; 4] = ["givenName", "sn", "mail", "cn"];

/// What is mapped.
pub(super) struct Kind<'a> {
    pub(super) directory: &'a Directory,
    pub(super) class: &'a str,
    pub(super) people: bool,
}

impl Kind<'_> {
    /// Whether an attribute is mapped. What the object classes of the class do not allow, the
    /// connector does not know, even if some entry has it by others of its own.
    fn has(&self, shape: &Shape, attribute: &str) -> bool {
        let seen = !self.directory.samples(self.class, attribute, 1).is_empty();
        let allowed = self.allows(shape, attribute);
        let always = self.people && ALWAYS.contains(&attribute) && allowed == Some(true);
        self.directory.knows(attribute) && allowed != Some(false) && (seen || always)
    }

    /// Whether the object classes allow an attribute; none where the schema does not say.
    fn allows(&self, shape: &Shape, attribute: &str) -> Option<bool> {
        // There, auxiliary classes need not be in the entries.
        if self.directory.root.active_directory {
            return Some(true);
        }
        self.directory.object_classes.allow(&shape.object_classes, attribute)
    }
}

/// The lines of one class.
pub(super) fn mapping(kind: &Kind<'_>, name: &'static str, shape: Shape) -> Proposed {
    let mut lines: Vec<(String, String, String)> = Vec::new();
    let mut written = vec!["objectClass".to_owned()];
    let mut line = |path: &str, attribute: &str, why: &str| {
        lines.push((path.to_owned(), format!("\"{attribute}\""), why.to_owned()));
        if !written.iter().any(|known| known.eq_ignore_ascii_case(attribute)) {
            written.push(attribute.to_owned());
        }
    };
    if !kind.people {
        line("displayName", "cn", "what groups are called");
    } else {
        let login = ["sAMAccountName", "uid"].into_iter().find(|login| kind.has(&shape, login)).unwrap_or("cn");
        line("userName", login, "what people log in with");
        if login != "cn" {
            line("displayName", "cn", "every person has one");
        }
        for (path, attributes, why) in PEOPLE {
            if let Some(attribute) = attributes.iter().find(|attribute| kind.has(&shape, attribute)) {
                line(path, attribute, why);
            }
        }
        if kind.has(&shape, "userPrincipalName") {
            let path = "urn:patchbay:params:scim:schemas:extension:directory:1.0:User:userPrincipalName";
            line(path, "userPrincipalName", "SCIM has no place for it");
        }
    }
    let password_allowed = kind.allows(&shape, "userPassword") != Some(false);
    let mut proposed =
        Proposed { name, shape, members: None, active: None, contained: false, settings: Vec::new(), lines, written };
    if kind.people && kind.directory.root.active_directory {
        password(&mut proposed, "unicodePwd");
        // A new password unlocks the account.
        proposed.written.push("lockoutTime".to_owned());
    } else if kind.people && kind.directory.knows("userPassword") && password_allowed {
        password(&mut proposed, "userPassword");
    }
    proposed.written.extend(
        (!proposed.written.iter().any(|known| known.eq_ignore_ascii_case(&proposed.shape.naming)))
            .then(|| proposed.shape.naming.clone()),
    );
    if !kind.people && kind.directory.root.active_directory {
        // A new group says which kind it is of.
        proposed.written.extend(["sAMAccountName", "groupType"].map(str::to_owned));
        proposed.lines.push((
            "urn:patchbay:params:scim:schemas:extension:directory:1.0:Group:sAMAccountName".to_owned(),
            "\"sAMAccountName\"".to_owned(),
            "the name of before Windows 2000; made by the server where it is not given".to_owned(),
        ));
    }
    proposed
}

fn password(proposed: &mut Proposed, attribute: &str) {
    let right = "{ attribute = \"password\", hash = \"target\" }".to_owned();
    proposed.lines.push(("password".to_owned(), right, format!("{attribute}; the server keeps it in its own way")));
    proposed.written.push(attribute.to_owned());
}
