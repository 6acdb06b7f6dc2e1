//! A table as a class, its columns as SCIM attributes.

mod links;
mod password;

use patchbay_capability::sql::{ColumnInfo, ColumnKind, Generation};

use crate::database::{Table, is_needed};
use crate::draft::{Draft, Failure};
use crate::groups::Groups;
use crate::interview::{Confidence, Question, Stopped};
use crate::names::{Name, is_unprintable};
use crate::proposal::{Class, Line, List, Values, Version};
use crate::roles::{self, Fit};
use crate::vocabulary::{self, Role};
use crate::{children, flags};

/// The enterprise extension of User (RFC 7643 section 4.3).
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:";

/// A class in the making.
pub(crate) struct Builder<'a> {
    pub(crate) class: Class,
    pub(crate) table: &'a Table,
    /// Columns that are something already.
    pub(crate) taken: Vec<String>,
}

/// The class of users and the resource type `User`.
pub(crate) fn users(draft: &mut Draft<'_>, place: usize, groups: Option<&Groups>) -> Result<Class, Failure> {
    let mut builder = Builder::new(draft, place, "User")?;
    builder.keep_key();
    builder.soft_delete(draft)?;
    builder.version(draft)?;
    builder.user_name(draft)?;
    builder.password(draft)?;
    if let Some(line) = flags::active(draft, builder.table, &builder.taken)? {
        builder.take(line);
    }
    builder.links(draft, place, groups.map(|groups| groups.place));
    for fit in roles::fits(builder.table, roles::PERSON, &builder.taken) {
        builder.fit(fit, roles::PERSON);
    }
    children::lists(draft, &mut builder, place, groups);
    if let Some(groups) = groups {
        builder.memberships(draft, groups);
    }
    builder.leftovers(draft);
    Ok(draft.finish(builder))
}

/// The class of groups and the resource type `Group`.
pub(crate) fn groups(draft: &mut Draft<'_>, users: usize, groups: &Groups) -> Result<Class, Failure> {
    let mut builder = Builder::new(draft, groups.place, "Group")?;
    builder.keep_key();
    builder.soft_delete(draft)?;
    builder.version(draft)?;
    let reason = if builder.table.is_unique(&groups.name) { "its name, unique" } else { "its name" };
    let confidence = if builder.table.is_unique(&groups.name) { Confidence::Sure } else { Confidence::Likely };
    builder.take(Line {
        path: "displayName".to_owned(),
        attribute: groups.name.clone(),
        values: Values::Same,
        confidence,
        reason: reason.to_owned(),
    });
    builder.name(&groups.name);
    for link in draft.relations.from(groups.place) {
        builder.taken.extend(link.columns.iter().cloned());
    }
    for fit in roles::fits(builder.table, roles::GROUP, &builder.taken) {
        builder.fit(fit, roles::GROUP);
    }
    let members = &groups.members;
    if let (Some(junction), Some(class)) = (draft.table(members.place), class_name(draft, users)) {
        let name = builder.fresh("members");
        builder.class.lists.push(List {
            name: name.clone(),
            table: junction.info.name.clone(),
            parent: members.group.clone(),
            value: members.user.clone(),
            class: Some(class),
            fixed: Vec::new(),
            read_only: !members.writable || builder.class.read_only,
            cheap: false,
        });
        if !members.writable {
            draft.note(format!(
                "`{}` has columns that must have a value and that nothing gives one: members are for reading only.",
                junction.title()
            ));
        }
        builder.class.lines.push(Line {
            path: "members".to_owned(),
            attribute: name,
            values: Values::Same,
            confidence: Confidence::Sure,
            reason: "a row per group and user".to_owned(),
        });
    }
    builder.leftovers(draft);
    Ok(draft.finish(builder))
}

/// Name of the class that a table becomes.
fn class_name(draft: &Draft<'_>, place: usize) -> Option<String> {
    let name = |table: &Table| table.info.name.join("_").replace(is_unprintable, "_");
    let own = draft.table(place).map(name)?;
    // `a_b` and `b` in the schema `a` are two.
    let again = draft.database.tables.iter().take(place).any(|table| name(table) == own);
    Some(if again { format!("{own}_{place}") } else { own })
}

impl<'a> Builder<'a> {
    fn new(draft: &mut Draft<'a>, place: usize, resource: &'static str) -> Result<Self, Failure> {
        let (Some(table), Some(name)) = (draft.table(place), class_name(draft, place)) else {
            return Err(Failure::NoSuchTable(resource.to_owned()));
        };
        if table.key().is_empty() {
            return Err(Failure::NoKey(table.title()));
        }
        let key = if table.info.primary_key.is_empty() { table.key().to_vec() } else { Vec::new() };
        if table.is_key_assumed() {
            let (title, key) = (table.title(), key.join(", "));
            draft.note(format!(
                "Nothing in the database makes `{key}` of `{title}` unique; its values look as if it were."
            ));
        }
        let class = Class {
            name,
            resource,
            table: table.info.name.clone(),
            key,
            name_attribute: String::new(),
            columns: Vec::new(),
            renamed: Vec::new(),
            read_only: table.info.view,
            version: None,
            soft_delete: Vec::new(),
            ignoring_case: Vec::new(),
            references: Vec::new(),
            lookups: Vec::new(),
            lists: Vec::new(),
            lines: Vec::new(),
            unmapped: Vec::new(),
        };
        Ok(Self { class, table, taken: Vec::new() })
    }

    /// A key that the database gives is no attribute.
    fn keep_key(&mut self) {
        let given = |name: &&String| {
            self.table.column(name).is_some_and(|column| !matches!(column.generation, Generation::None))
        };
        let given: Vec<String> = self.table.key().iter().filter(given).cloned().collect();
        self.taken.extend(given);
    }

    /// The line just taken is what the class is called by in its own application.
    fn name(&mut self, column: &str) {
        let Some(line) = self.class.lines.last() else { return };
        self.class.name_attribute = line.attribute.clone();
        // SCIM compares these names without regard to case (RFC 7643 section 4).
        if self.table.column(column).is_some_and(|info| info.case_sensitive) {
            self.class.ignoring_case.push(line.attribute.clone());
        }
    }

    /// Adds a line whose attribute is a column of the table.
    pub(crate) fn take(&mut self, mut line: Line) {
        self.taken.push(line.attribute.clone());
        if line.attribute.contains(is_unprintable) {
            let name = self.fresh(&Name::of(&line.attribute).camel().unwrap_or_else(|| "column".to_owned()));
            self.class.renamed.push((name.clone(), std::mem::replace(&mut line.attribute, name)));
        } else {
            self.class.columns.push(line.attribute.clone());
        }
        self.class.lines.push(line);
    }

    fn fit(&mut self, fit: Fit, paths: &[(Role, &str)]) {
        let Some((_, path)) = paths.iter().find(|(role, _)| *role == fit.role) else { return };
        // A list or a lookup has the place already.
        if self.class.lines.iter().any(|line| line.path == *path) {
            return;
        }
        let values = if path.starts_with("meta.") { Values::ReadOnly } else { Values::Same };
        self.take(Line {
            path: (*path).to_owned(),
            attribute: fit.column,
            values,
            confidence: fit.confidence,
            reason: fit.reason,
        });
    }

    /// A name for an attribute that is no column.
    pub(crate) fn fresh(&self, wanted: &str) -> String {
        let is_taken = |name: &String| {
            self.table.info.columns.iter().any(|column| column.name.eq_ignore_ascii_case(name))
                || self.class.renamed.iter().any(|(other, _)| other == name)
                || self.class.references.iter().any(|other| other.name == *name)
                || self.class.lookups.iter().any(|other| other.name == *name)
                || self.class.lists.iter().any(|other| other.name == *name)
        };
        let wanted = wanted.replace(is_unprintable, "_");
        if !is_taken(&wanted) {
            return wanted;
        }
        (2_u32..).map(|number| format!("{wanted}_{number}")).find(|name| !is_taken(name)).unwrap_or(wanted)
    }

    fn user_name(&mut self, draft: &mut Draft<'_>) -> Result<(), Failure> {
        let mut fits = roles::candidates(self.table, Role::UserName, &self.taken);
        let sure = fits.iter().filter(|fit| fit.confidence == Confidence::Sure).count();
        if sure > 1 {
            fits.truncate(sure);
            let title = self.table.title();
            let question = Question {
                text: format!("Which column of `{title}` do users sign in with?"),
                because: "several are called so, and are unique".to_owned(),
                options: fits.iter().map(|fit| fit.column.clone()).collect(),
                default: 0,
            };
            let option = draft.ask(&question, |column| format!("Users of `{title}` sign in with `{column}`."))?;
            fits.rotate_left(option);
        }
        let (column, confidence, reason) = match fits.into_iter().next() {
            Some(fit) => (fit.column, fit.confidence, fit.reason),
            None => {
                let found = roles::fallback(self.table).filter(|(column, _)| !self.taken.contains(column));
                let (column, reason) = found.ok_or_else(|| Failure::NoUserName(self.table.title()))?;
                (column, Confidence::Likely, reason.to_owned())
            }
        };
        let path = "userName".to_owned();
        self.take(Line { path, attribute: column.clone(), values: Values::Same, confidence, reason });
        self.name(&column);
        Ok(())
    }

    fn soft_delete(&mut self, draft: &mut Draft<'_>) -> Result<(), Stopped> {
        if self.class.read_only {
            return Ok(());
        }
        self.class.soft_delete = flags::soft_delete(draft, self.table, &self.taken)?;
        self.taken.extend(self.class.soft_delete.iter().map(|(column, _)| column.clone()));
        let columns: Vec<&str> = self.class.soft_delete.iter().map(|(column, _)| column.as_str()).collect();
        if !columns.is_empty() {
            let place = format!("{}: {}", self.table.title(), columns.join(", "));
            draft.found("soft delete", place, Confidence::Likely, "the name says so");
        }
        Ok(())
    }

    /// A column that changes with every update. Only SQL Server says so of one; for others
    /// the content is as good, and right whoever keeps the column.
    fn version(&mut self, draft: &mut Draft<'_>) -> Result<(), Stopped> {
        let own = Name::of(self.table.own_name());
        let free = |column: &&ColumnInfo| !self.taken.contains(&column.name);
        let by_type = self.table.info.columns.iter().filter(free).find(|column| {
            let kind = column.type_name.to_ascii_lowercase();
            column.generation == Generation::Computed
                && column.kind == ColumnKind::Bytes
                && matches!(kind.as_str(), "rowversion" | "timestamp")
        });
        if let Some(column) = by_type {
            self.taken.push(column.name.clone());
            self.class.version = Some(Version { column: column.name.clone(), increment: false });
            return Ok(());
        }
        let by_name = self.table.info.columns.iter().filter(free).find(|column| {
            column.kind == ColumnKind::Integer
                && column.generation == Generation::Default
                && vocabulary::rank(&Name::of(&column.name), &own, Role::Version).is_some()
        });
        let Some(column) = by_name else { return Ok(()) };
        let place = format!("{}.{}", self.table.title(), column.name);
        let question = Question {
            text: format!("Who changes `{place}` when a row is updated?"),
            because: "its name says that it tells versions of a row apart".to_owned(),
            options: vec![
                "not known: versions come from what the row holds, which is always right".to_owned(),
                "the database, by a trigger".to_owned(),
                "each program that updates the row, so Patchbay has to".to_owned(),
            ],
            default: 0,
        };
        let option = draft.ask(&question, |_| {
            format!(
                "`{place}` is left alone: versions come from what a row holds. Where a trigger changes the column, \
                 `version` can name it, which is cheaper; where each program has to, `increment = true` goes with it."
            )
        })?;
        self.taken.push(column.name.clone());
        if option > 0 {
            self.class.version = Some(Version { column: column.name.clone(), increment: option == 2 });
        }
        Ok(())
    }

    /// The groups that a user is in, for reading.
    fn memberships(&mut self, draft: &Draft<'_>, groups: &Groups) {
        let members = &groups.members;
        let (Some(junction), Some(class)) = (draft.table(members.place), class_name(draft, groups.place)) else {
            return;
        };
        let name = self.fresh("groups");
        self.class.lists.push(List {
            name: name.clone(),
            table: junction.info.name.clone(),
            parent: members.user.clone(),
            value: members.group.clone(),
            class: Some(class),
            fixed: Vec::new(),
            read_only: true,
            cheap: true,
        });
        self.class.lines.push(Line {
            path: "groups".to_owned(),
            attribute: name,
            values: Values::Same,
            confidence: Confidence::Sure,
            reason: "the same rows, seen from the user; members are changed at the group".to_owned(),
        });
    }

    /// Columns that nothing is made of. Those that a new row needs become attributes of an
    /// extension, as it could not be created otherwise.
    fn leftovers(&mut self, draft: &mut Draft<'_>) {
        let table = self.table;
        let used = |class: &Class, name: &String| {
            class.columns.contains(name)
                || class.renamed.iter().any(|(_, column)| column == name)
                || class.references.iter().any(|reference| reference.columns.contains(name))
                || class.lookups.iter().any(|lookup| lookup.column == *name)
                || class.soft_delete.iter().any(|(column, _)| column == name)
                || class.version.as_ref().is_some_and(|version| version.column == *name)
        };
        let mut needed: Vec<&str> = Vec::new();
        for column in
            table.info.columns.iter().filter(|column| !table.key().contains(&column.name) || is_needed(column))
        {
            if used(&self.class, &column.name) {
                continue;
            }
            let can_be_given = !matches!(column.kind, ColumnKind::Bytes | ColumnKind::Json | ColumnKind::Other);
            let secret = vocabulary::rank(&Name::of(&column.name), &Name::of(table.own_name()), Role::Password)
                .is_some()
                || self.commonest(&column.name).is_some();
            if !is_needed(column) || self.class.read_only {
                if !self.class.unmapped.contains(&column.name) {
                    self.class.unmapped.push(column.name.clone());
                }
            } else if can_be_given && !secret {
                if table.key().contains(&column.name) {
                    draft.note(format!(
                        "The database gives new rows of `{}` no `{}`: clients have to, and it never changes.",
                        table.title(),
                        column.name
                    ));
                }
                needed.push(column.name.as_str());
                let path = self.extension(draft, &column.name);
                self.take(Line {
                    path,
                    attribute: column.name.clone(),
                    values: Values::Same,
                    confidence: Confidence::Guess,
                    reason: "a new row needs it, and it is nothing that SCIM knows".to_owned(),
                });
            } else {
                self.class.unmapped.push(column.name.clone());
                draft.note(format!(
                    "`{}.{}` must have a value, and nothing gives it one: {} resources cannot be created as it is.",
                    table.title(),
                    column.name,
                    self.class.resource
                ));
            }
        }
        if !needed.is_empty() {
            let (title, resource) = (table.title(), self.class.resource);
            draft.note(format!(
                "A new row of `{title}` needs {}, and SCIM has no name for that: clients have to give it in the \
                 extension of {resource}, or the database a default.",
                needed.join(", ")
            ));
        }
    }

    /// A path in an extension of the app's own.
    fn extension(&self, draft: &Draft<'_>, name: &str) -> String {
        let app: String = draft.hints.app.chars().filter(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
        let app = if app.is_empty() { "app".to_owned() } else { app };
        let urn = format!("urn:patchbay:params:scim:schemas:extension:{app}:1.0:{}", self.class.resource);
        let mut name = Name::of(name).camel().unwrap_or_else(|| "column".to_owned());
        // These names are the host's in every schema.
        if ["id", "schemas", "meta"].iter().any(|reserved| name.eq_ignore_ascii_case(reserved)) {
            name =
                format!("row{}{}", name.get(..1).unwrap_or_default().to_uppercase(), name.get(1..).unwrap_or_default());
        }
        let is_free = |path: &String| !self.class.lines.iter().any(|line| line.path.eq_ignore_ascii_case(path));
        let path = format!("{urn}:{name}");
        if is_free(&path) {
            return path;
        }
        (2_u32..).map(|number| format!("{path}{number}")).find(is_free).unwrap_or(path)
    }
}
