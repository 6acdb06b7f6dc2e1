//! Settings and schema to a plan, with every problem at once.

mod account;
mod attributes;
mod auxiliary;
mod feed;
mod links;
mod places;
#[cfg(test)]
mod tests;

use patchbay_connector::{Diagnostic, Severity, diagnostic};

use super::{Active, Class, Delete, Id, Naming, Password, Server, Target, Version};
use crate::active::is_at_or_below;
use crate::filter_text;
use crate::settings::{self, Settings, pointer};
use crate::subschema::{Contents, Kind, Subschema};
use crate::syntax::Syntax;
use crate::vendor::{Defaults, RootDse, Vendor, oid};

/// What the server says of itself.
#[derive(Debug)]
pub struct Catalogue {
    /// The root DSE.
    pub dse: RootDse,
    /// The subschema.
    pub schema: Subschema,
}

/// Classes, where nothing is wrong, and findings.
pub fn compile(settings: &Settings, catalogue: &Catalogue) -> (Option<Vec<Class>>, Vec<Diagnostic>) {
    let mut work = Work::new(settings, catalogue);
    let classes: Vec<Option<Class>> = settings.classes.iter().map(|class| work.class(class)).collect();
    let failed = work.problems.iter().any(|problem| problem.severity == Severity::Error);
    let classes = classes.into_iter().collect::<Option<Vec<Class>>>().filter(|_| !failed);
    (classes, work.problems)
}

/// A compilation under way.
struct Work<'a> {
    settings: &'a Settings,
    schema: &'a Subschema,
    dse: &'a RootDse,
    server: Server,
    defaults: Defaults,
    problems: Vec<Diagnostic>,
}

impl<'a> Work<'a> {
    fn new(settings: &'a Settings, catalogue: &'a Catalogue) -> Self {
        let dse = &catalogue.dse;
        let vendor = settings.profile.unwrap_or(dse.vendor);
        let server = Server {
            vendor,
            assertion: dse.control(oid::ASSERTION),
            tree_delete: dse.control(oid::TREE_DELETE),
            sort: dse.control(oid::SORT),
        };
        let defaults = match settings.profile {
            Some(vendor) if vendor != dse.vendor => vendor.defaults(),
            _ => dse.defaults(),
        };
        Self { settings, schema: &catalogue.schema, dse, server, defaults, problems: Vec::new() }
    }

    fn problem(&mut self, path: impl Into<String>, summary: impl Into<String>) {
        self.problems.push(diagnostic(Severity::Error, path, summary));
    }

    fn warning(&mut self, path: impl Into<String>, summary: impl Into<String>) {
        self.problems.push(diagnostic(Severity::Warning, path, summary));
    }

    fn class(&mut self, class: &settings::Class) -> Option<Class> {
        let path = format!("/classes/{}", pointer(&class.name));
        let contents = self.contents(class, &path)?;
        let own = self.target(class);
        if !self.is_known(&own.id.attribute) {
            let id = own.id.attribute.clone();
            self.problem(
                format!("{path}/id"),
                format!("the schema has no attribute `{id}`; name one that has a unique value"),
            );
        }
        let active = self.active(class, &contents, &path);
        let password = self.password(class, &contents);
        let naming = class.dn.clone().map(|template| Naming {
            template,
            rename: class.rename,
            containers: class.containers.clone(),
            create_parents: class.create_parents.clone(),
        });
        if let Some(parents) = &class.create_parents
            && self.schema.class(parents).is_none()
        {
            self.problem(format!("{path}/create_parents"), format!("the schema has no object class `{parents}`"));
        }
        self.check_delete(class, active.as_ref(), &path);
        self.check_places(class, active.as_ref(), &path);
        let identity = self.identity(class, active.as_ref(), &path);
        let version = self.version(class, &path);
        let attributes = self.attributes(class, &contents, active.as_ref(), password.as_ref(), &path);
        let feed = self.feed(class, &own, &version, &attributes, &path);
        let compiled = Class {
            server: self.server,
            own,
            object_classes: class.object_classes.clone(),
            auxiliaries: self.auxiliaries(class, &attributes),
            add_missing_classes: class.add_missing_classes,
            name_attribute: class.name_attribute.clone().or_else(|| self.name_attribute(class)),
            read_only: class.read_only,
            naming,
            version,
            active,
            delete: class.delete.clone(),
            password,
            next: class.next.clone(),
            guarded: class.unique.iter().chain(&identity).cloned().collect(),
            attributes,
            feed,
        };
        self.check_names(class, &compiled, &path);
        Some(Class {
            name_attribute: self.called(&compiled, compiled.name_attribute.as_deref()),
            ..self.renamed(compiled)
        })
    }

    /// The attribute's own name here, for one that the settings call otherwise.
    fn called(&self, class: &Class, name: Option<&str>) -> Option<String> {
        class.attribute_called(name?).map(|attribute| attribute.name.clone())
    }

    /// The same class with the names in lists as attributes have them.
    fn renamed(&self, mut class: Class) -> Class {
        let named = |class: &Class, name: &str| self.called(class, Some(name)).unwrap_or_else(|| name.to_owned());
        let guarded: Vec<String> = class.guarded.iter().map(|name| named(&class, name)).collect();
        class.guarded.clear();
        for name in guarded {
            if !class.guarded.contains(&name) {
                class.guarded.push(name);
            }
        }
        for attribute in &mut class.attributes {
            attribute.unique |= class.guarded.contains(&attribute.name);
        }
        class.next = class.next.iter().map(|(name, next)| (named(&class, name), next.clone())).collect();
        class
    }

    /// What the object classes need and allow; none where one is not known.
    fn contents(&mut self, class: &settings::Class, path: &str) -> Option<Contents> {
        let mut known = true;
        for (index, name) in class.object_classes.iter().enumerate() {
            if self.schema.class(name).is_none() {
                known = false;
                let summary = format!("the schema has no object class `{name}`");
                self.problem(format!("{path}/object_classes/{index}"), summary);
            }
        }
        let names: Vec<&str> = class.object_classes.iter().map(String::as_str).collect();
        match self.schema.contents(&names) {
            Ok(contents) if known => Some(contents),
            Ok(_) => None,
            Err(_) if !known => None,
            Err(_) => {
                self.problem(format!("{path}/object_classes"), "a superior of an object class is not in the schema");
                None
            }
        }
    }

    /// Which entries a class has.
    fn target(&self, class: &settings::Class) -> Target {
        let id = class.id.clone().unwrap_or_else(|| self.defaults.id.to_owned());
        let kinds = self.kinds(class);
        let filter = class.filter.clone().or_else(|| {
            // Computers are users, too, for Active Directory.
            let users =
                self.server.vendor.is_active_directory() && kinds.iter().any(|kind| kind.eq_ignore_ascii_case("user"));
            users.then(|| "(&(objectCategory=person)(objectClass=user))".to_owned())
        });
        let widened = widens(filter.as_deref(), &kinds);
        Target {
            class: class.name.clone(),
            base: class.base.clone(),
            scope: class.scope,
            kinds,
            filter,
            widened,
            id: Id { syntax: self.syntax(&id), attribute: id },
        }
    }

    /// The most special structural object classes, else the first class.
    fn kinds(&self, class: &settings::Class) -> Vec<String> {
        let known = class.object_classes.iter().filter_map(|name| self.schema.class(name));
        let structural: Vec<_> = known.filter(|known| known.kind == Kind::Structural).collect();
        let is_above = |name: &str| {
            structural.iter().any(|other| {
                !other.is_called(name) && self.schema.superiors(other).iter().any(|superior| superior.is_called(name))
            })
        };
        let special: Vec<String> =
            structural.iter().map(|class| class.name()).filter(|name| !is_above(name)).map(str::to_owned).collect();
        match special.is_empty() {
            true => class.object_classes.first().cloned().into_iter().collect(),
            false => special,
        }
    }

    fn syntax(&self, native: &str) -> Syntax {
        self.schema.attribute(native).map_or(Syntax::Unknown, |known| Syntax::of(known, self.server.vendor))
    }

    fn is_known(&self, native: &str) -> bool {
        self.schema.attribute(native).is_some()
    }

    /// Without a setting: what new entries are named by, or what people log in with.
    fn name_attribute(&self, class: &settings::Class) -> Option<String> {
        if self.server.vendor.is_active_directory() {
            return Some("sAMAccountName".to_owned());
        }
        class.dn.as_ref().and_then(|template| template.naming().first().map(|name| (*name).to_owned()))
    }

    fn version(&mut self, class: &settings::Class, path: &str) -> Version {
        match &class.version {
            settings::Version::None => Version::None,
            settings::Version::Content => Version::Content,
            settings::Version::Attribute(name) => {
                if !self.is_known(name) {
                    self.problem(format!("{path}/version"), format!("the schema has no attribute `{name}`"));
                }
                Version::Attribute(name.clone())
            }
            // Its grain is a second: two writes in one would have the same version.
            settings::Version::Default if self.defaults.version.eq_ignore_ascii_case("modifyTimestamp") => {
                Version::Content
            }
            settings::Version::Default if self.is_known(self.defaults.version) => {
                Version::Attribute(self.defaults.version.to_owned())
            }
            settings::Version::Default => Version::Content,
        }
    }

    fn check_delete(&mut self, class: &settings::Class, active: Option<&Active>, path: &str) {
        if class.delete == Delete::Tree && !self.server.tree_delete {
            let summary = "the server has no tree delete control: entries with others below them will not be deleted";
            self.warning(format!("{path}/delete"), summary);
        }
        let Delete::Keep { disable: true, to } = &class.delete else { return };
        match (active, to) {
            (None, _) => {
                self.problem(format!("{path}/delete"), "has to make accounts inactive, but `active` does not say how");
            }
            // An entry has one place.
            (Some(Active::Container(container)), Some(to)) if !is_at_or_below(to, container) => {
                let summary = "is not below `active.container`, where inactive accounts are: move them there, or say \
                               `disable = false`";
                self.problem(format!("{path}/delete/move"), summary);
            }
            _ => {}
        }
    }

    /// Names in the settings that have to be attributes.
    fn check_names(&mut self, class: &settings::Class, compiled: &Class, path: &str) {
        let mut names: Vec<(String, &str)> = Vec::new();
        if let Some(name) = &class.name_attribute {
            names.push((format!("{path}/name"), name));
        }
        if let Some(template) = &class.dn {
            names.extend(template.attributes().into_iter().map(|name| (format!("{path}/dn"), name)));
        }
        if let Some(containers) = &class.containers {
            names.push((format!("{path}/containers/by"), &containers.by));
        }
        names.extend(
            class.unique.iter().enumerate().map(|(index, name)| (format!("{path}/unique/{index}"), name.as_str())),
        );
        names.extend(class.next.iter().map(|(name, _)| (format!("{path}/next/{}", pointer(name)), name.as_str())));
        for (path, name) in names {
            if compiled.attribute_called(name).is_none() {
                self.problem(path, format!("the class has no attribute `{name}`"));
            }
        }
    }
}

/// Whether two names of attributes are one.
/// Whether a filter lets in entries that lack one of these object classes, for all that can
/// be seen of it.
fn widens(filter: Option<&str>, kinds: &[String]) -> bool {
    let Some(filter) = filter.and_then(|text| filter_text::parse(text).ok()) else { return false };
    !kinds.iter().all(|kind| filter_text::demands(&filter, "objectClass", kind))
}

fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// Whether a class of these contents may have an attribute.
fn allows(contents: &Contents, schema: &Subschema, name: &str) -> bool {
    contents.must.iter().chain(&contents.may).any(|known| schema.same(known, name))
}

/// What the profile of a vendor says of passwords, where settings do not.
fn default_password(defaults: &Defaults) -> Password {
    Password { way: defaults.password, must_change: false, unlock: true, optional: false }
}

/// Whether the vendor is one of those with `nsAccountLock`.
fn has_account_lock(vendor: Vendor) -> bool {
    matches!(vendor, Vendor::Ds389 | Vendor::Oracle)
}
