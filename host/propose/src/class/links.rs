//! Columns that point at other tables: the manager, and codes with labels.

use patchbay_capability::sql::ColumnKind;

use super::{Builder, ENTERPRISE, class_name};
use crate::database::{is_needed, same_family};
use crate::draft::Draft;
use crate::interview::Confidence;
use crate::names::Name;
use crate::proposal::{Line, Lookup, Reference, Values};
use crate::relations::Link;
use crate::roles;
use crate::vocabulary::{self, Role};

/// Labels that the enterprise extension has a place for.
const EMPLOYMENT: &[(Role, &str)] = &[
    (Role::Department, "department"),
    (Role::Division, "division"),
    (Role::Organization, "organization"),
    (Role::CostCenter, "costCenter"),
];

/// Labels that User itself has a place for.
const CORE: &[(Role, &str)] = &[
    (Role::Title, "title"),
    (Role::UserType, "userType"),
    (Role::Language, "preferredLanguage"),
    (Role::Locale, "locale"),
    (Role::Country, r#"addresses[type eq "work"].country"#),
    (Role::Locality, r#"addresses[type eq "work"].locality"#),
];

impl Builder<'_> {
    /// Adds what the columns of a user point at.
    pub(super) fn links(&mut self, draft: &mut Draft<'_>, place: usize, groups: Option<usize>) {
        for link in draft.relations.from(place).to_vec() {
            let [column] = link.columns.as_slice() else { continue };
            if self.taken.contains(column) {
                continue;
            }
            let (subject, _) = Name::of(column).subject();
            if link.to == place {
                if vocabulary::is(Role::Manager, &subject) && self.class.references.is_empty() {
                    self.manager(draft, place, &link, column, &subject);
                } else {
                    self.taken.push(column.clone());
                }
            } else if Some(link.to) != groups {
                self.lookup(draft, &link, column, &subject);
            }
        }
        // A column that names a manager and that no key declares, in the table of its own.
        let own_key = self.table.key();
        if self.class.references.is_empty()
            && let [key] = own_key
            && let Some(key) = self.table.column(key)
        {
            let found = self.table.info.columns.iter().find(|column| {
                same_family(column, key)
                    && !self.taken.contains(&column.name)
                    && vocabulary::is(Role::Manager, &Name::of(&column.name).subject().0)
                    && column.kind != ColumnKind::Text
            });
            if let Some(column) = found.map(|column| column.name.clone()) {
                let link = Link { columns: vec![column.clone()], to: place, declared: false };
                let (subject, _) = Name::of(&column).subject();
                self.manager(draft, place, &link, &column, &subject);
            }
        }
    }

    fn manager(&mut self, draft: &Draft<'_>, place: usize, link: &Link, column: &str, subject: &str) {
        let Some(class) = class_name(draft, place) else { return };
        let name = self.fresh(subject);
        self.taken.push(column.to_owned());
        self.class.references.push(Reference { name: name.clone(), columns: link.columns.clone(), class });
        self.class.lines.push(Line {
            path: format!("{ENTERPRISE}manager"),
            attribute: name,
            values: Values::Same,
            confidence: if link.declared { Confidence::Sure } else { Confidence::Likely },
            reason: format!("{} to its own table", link.reason()),
        });
    }

    /// A code and its label, where the label is something to SCIM.
    fn lookup(&mut self, draft: &Draft<'_>, link: &Link, column: &str, subject: &str) {
        let Some(codes) = draft.table(link.to) else { return };
        let [key] = codes.key() else { return };
        let Some(label) = roles::group_name(codes) else { return };
        let own = Name::of(codes.own_name());
        let means = |role: Role| {
            vocabulary::is(role, subject)
                || own.singulars().iter().any(|word| vocabulary::is(role, word))
                || own.words().iter().any(|word| vocabulary::is(role, word))
        };
        let enterprise = EMPLOYMENT.iter().find(|(role, _)| means(*role));
        let enterprise = enterprise.map(|(_, path)| format!("{ENTERPRISE}{path}"));
        let path =
            enterprise.or_else(|| CORE.iter().find(|(role, _)| means(*role)).map(|(_, path)| (*path).to_owned()));
        let needed = self.table.column(column).is_some_and(is_needed);
        let path = match path {
            Some(path) if !self.class.lines.iter().any(|line| line.path == path) => path,
            // A code that has to be given is easier given by its label.
            _ if needed => self.extension(draft, subject),
            _ => {
                self.taken.push(column.to_owned());
                self.class.unmapped.push(column.to_owned());
                return;
            }
        };
        let name = self.fresh(if subject.is_empty() { codes.own_name() } else { subject });
        self.taken.push(column.to_owned());
        self.class.lookups.push(Lookup {
            name: name.clone(),
            column: column.to_owned(),
            table: codes.info.name.clone(),
            key: key.clone(),
            value: label.clone(),
        });
        self.class.lines.push(Line {
            path,
            attribute: name,
            values: Values::Same,
            confidence: if link.declared { Confidence::Sure } else { Confidence::Likely },
            reason: format!("{} to `{}`, shown by its `{label}`", link.reason(), codes.title()),
        });
    }
}
