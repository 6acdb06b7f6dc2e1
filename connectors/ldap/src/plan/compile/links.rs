//! Values that point at other entries.

use super::Work;
use crate::plan::{Attribute, Groups, Link, Operators, Source, Target};
use crate::settings::{self, Kept, Style, pointer};
use crate::syntax::Syntax;

impl Work<'_> {
    /// Entries of a class that the settings name at `path`.
    pub(super) fn target_of(&mut self, class: &str, path: &str) -> Option<Target> {
        let settings = self.settings;
        let found = settings.classes.iter().find(|other| other.name == class);
        if found.is_none() {
            self.problem(path, format!("there is no class `{class}`"));
        }
        found.map(|other| self.target(other))
    }

    /// An attribute whose values are names of entries of a class.
    pub(super) fn reference(&mut self, attribute: Attribute, class: &str, path: &str) -> Option<Attribute> {
        let path = format!("{path}/attributes/{}/class", pointer(&attribute.name));
        let target = self.target_of(class, &path)?;
        if !matches!(attribute.syntax, Syntax::Dn | Syntax::NameAndOptionalUid) {
            self.problem(path, format!("`{}` does not hold names of entries", attribute.native));
            return None;
        }
        let link = Link { targets: vec![target], by: None, placeholder: None };
        Some(Attribute { source: Source::Reference(link), case_exact: true, sort: None, ..operators(attribute) })
    }

    /// The members of a group.
    pub(super) fn members(&mut self, class: &settings::Class, path: &str) -> Option<Attribute> {
        let members = class.members.as_ref()?;
        let mut targets = Vec::new();
        for name in &members.classes {
            targets.extend(self.target_of(name, &format!("{path}/members/class")));
        }
        let known = self.schema.attribute(&members.attribute);
        if known.is_none() {
            let summary = format!("the schema has no attribute `{}`", members.attribute);
            self.problem(format!("{path}/members/attribute"), summary);
        }
        let attribute = self.plain("members", &members.attribute);
        let writable = !class.read_only && members.style == Style::Listed;
        let attribute = match members.style {
            Style::Listed => {
                let by = member_key(&members.attribute, members.by.as_deref());
                let link = Link { targets, by, placeholder: members.placeholder.clone() };
                Attribute { source: Source::Reference(link), ..operators(attribute) }
            }
            Style::Dynamic => {
                let link = Link { targets, by: None, placeholder: None };
                // Whether somebody is found can be told of one; who is not, of nobody.
                Attribute { source: Source::Urls(link), operators: Operators::equality(), ..attribute }
            }
        };
        Some(Attribute {
            multi: true,
            stored_multi: true,
            creatable: writable,
            updatable: writable,
            expensive: true,
            case_exact: true,
            sort: None,
            ..attribute
        })
    }

    /// The groups that an object belongs to.
    pub(super) fn member_of(&mut self, class: &settings::Class, path: &str) -> Option<Attribute> {
        let member_of = class.member_of.as_ref()?;
        let target = self.target_of(&member_of.class, &format!("{path}/member_of/class"))?;
        let groups = self.settings.classes.iter().find(|other| other.name == member_of.class);
        let Some(members) = groups.and_then(|group| group.members.as_ref()) else {
            self.problem(format!("{path}/member_of"), format!("the class `{}` has no `members`", member_of.class));
            return None;
        };
        let urls = members.style == Style::Dynamic;
        let kept = match &member_of.kept {
            // Servers keep it for groups that list their members.
            Kept::Usual => (!urls).then_some("memberOf"),
            Kept::Attribute(name) => Some(name.as_str()),
            Kept::No => None,
        };
        let attribute = match kept.filter(|name| self.is_known(name)) {
            Some(name) => {
                let link = Link { targets: vec![target], by: None, placeholder: None };
                Attribute { source: Source::Reference(link), ..operators(self.plain("member_of", name)) }
            }
            None => {
                let by = member_key(&members.attribute, members.by.as_deref());
                let groups = Groups { target, attribute: members.attribute.clone(), by, urls };
                let plain = self.plain("member_of", &members.attribute);
                Attribute { source: Source::Groups(Box::new(groups)), operators: Operators::default(), ..plain }
            }
        };
        Some(Attribute {
            multi: true,
            stored_multi: true,
            creatable: false,
            updatable: false,
            expensive: member_of.expensive,
            case_exact: true,
            sort: None,
            ..attribute
        })
    }
}

/// The attribute of a member whose value is in the group: `uid` for `memberUid`, else none,
/// as it is the member's name.
fn member_key(attribute: &str, by: Option<&str>) -> Option<String> {
    by.map(str::to_owned).or_else(|| attribute.eq_ignore_ascii_case("memberUid").then(|| "uid".to_owned()))
}

/// Ids are found by equality, where the server can compare names at all.
fn operators(attribute: Attribute) -> Attribute {
    let operators = if attribute.comparable { Operators::equality() } else { Operators::default() };
    Attribute { operators, ..attribute }
}
