//! The attributes of a class.

use super::account::{kept_in, native};
use super::{Work, same};
use crate::equality::Equality;
use crate::plan::{Active, Attribute, Operators, Password, Source};
use crate::settings::{self, Kind, pointer};
use crate::subschema::{AttributeType, Contents};
use crate::syntax::{Rules, Syntax};
use crate::vendor::Vendor;

/// Of these an entry may have several values, but hardly ever has: where settings do not
/// say otherwise, an object has one.
const USUALLY_ONE: [&str; 24] = [
    "cn",
    "sn",
    "uid",
    "givenName",
    "initials",
    "generationQualifier",
    "title",
    "mail",
    "l",
    "st",
    "c",
    "street",
    "postalCode",
    "postOfficeBox",
    "postalAddress",
    "o",
    "ou",
    "description",
    "departmentNumber",
    "employeeType",
    "physicalDeliveryOfficeName",
    "roomNumber",
    "businessCategory",
    "labeledURI",
];

/// Shown beside what the object classes allow, where the server keeps them.
const KEPT_BY_SERVER: [&str; 2] = ["createTimestamp", "modifyTimestamp"];

impl Work<'_> {
    /// All of them: those of the settings, those that the object classes allow, and those
    /// that are no attributes of entries.
    pub(super) fn attributes(
        &mut self,
        class: &settings::Class,
        contents: &Contents,
        active: Option<&Active>,
        password: Option<&Password>,
        path: &str,
    ) -> Vec<Attribute> {
        let mut attributes = self.special(class, active, password, path);
        for (name, given) in &class.attributes {
            let place = format!("{path}/attributes/{}", pointer(name));
            if attributes.iter().any(|known| same(&known.name, name)) {
                self.problem(place, "is the name of something else");
                continue;
            }
            let described = given.native.as_deref().unwrap_or(name);
            if !self.is_known(described) {
                self.problem(place, format!("the schema has no attribute `{described}`"));
                continue;
            }
            attributes.extend(self.configured(class, contents, name, given, path));
        }
        let names = self.names(class, contents, path);
        for name in names {
            // What is special, or configured by another name, is not shown twice.
            let taken = |known: &Attribute| {
                let whole = ["", ";binary"].iter().any(|option| same(&known.native, &format!("{name}{option}")));
                same(&known.name, &name)
                    || whole && !matches!(known.source, Source::Dn | Source::Groups(_) | Source::Urls(_))
            };
            if !attributes.iter().any(taken) {
                let attribute = self.plain(&name, &name);
                attributes.push(self.shaped(class, contents, attribute));
            }
        }
        attributes
    }

    /// What is no plain attribute of entries.
    fn special(
        &mut self,
        class: &settings::Class,
        active: Option<&Active>,
        password: Option<&Password>,
        path: &str,
    ) -> Vec<Attribute> {
        let writable = !class.read_only;
        let mut special = vec![self.dn()];
        if let Some(active) = active {
            let native = native(active).unwrap_or("").to_owned();
            let evaluates = !matches!(active, Active::Container(_));
            special.push(Attribute {
                syntax: Syntax::Boolean,
                source: Source::Active,
                multi: false,
                creatable: writable,
                updatable: writable,
                operators: if evaluates { Operators::equality() } else { Operators::default() },
                sort: None,
                ..self.plain("active", &native)
            });
        }
        if let Some(password) = password {
            special.push(Attribute {
                syntax: Syntax::OctetString,
                source: Source::Password,
                multi: false,
                required: false,
                creatable: writable,
                updatable: writable,
                readable: false,
                operators: Operators::default(),
                sort: None,
                ..self.plain("password", kept_in(password.way))
            });
        }
        special.extend(self.members(class, path));
        special.extend(self.member_of(class, path));
        special
    }

    /// The entry's name.
    fn dn(&self) -> Attribute {
        let kept = if self.server.vendor.is_active_directory() { "distinguishedName" } else { "entryDN" };
        let searched = self.is_known(kept);
        Attribute {
            name: "dn".to_owned(),
            native: kept.to_owned(),
            source: Source::Dn,
            syntax: Syntax::Dn,
            multi: false,
            stored_multi: false,
            required: false,
            creatable: false,
            updatable: false,
            readable: true,
            unique: true,
            expensive: false,
            case_exact: false,
            equality: Equality::Name,
            comparable: searched,
            operators: if searched { Operators::equality() } else { Operators::default() },
            sort: None,
        }
    }

    /// One of `attributes` in the settings.
    fn configured(
        &mut self,
        class: &settings::Class,
        contents: &Contents,
        name: &str,
        given: &settings::Attribute,
        path: &str,
    ) -> Option<Attribute> {
        let native = given.native.as_deref().unwrap_or(name);
        let mut attribute = self.shaped(class, contents, self.plain(name, native));
        if let Some(kind) = given.kind {
            attribute.syntax = syntax(kind);
            // How the schema compares says nothing of another type, but whether values are equal.
            attribute.operators = match attribute.comparable {
                true => Operators::equality(),
                false => Operators::default(),
            };
            attribute.sort = None;
        }
        if given.read_only {
            (attribute.creatable, attribute.updatable) = (false, false);
        }
        if let Some(single) = given.single {
            attribute.multi = !single;
        }
        attribute.required = given.required.unwrap_or(attribute.required) && attribute.creatable;
        attribute.expensive = given.expensive.unwrap_or(attribute.expensive);
        match &given.class {
            Some(class) => self.reference(attribute, class, path),
            None => Some(attribute),
        }
    }

    /// Names of the attributes that the settings or the object classes give a class.
    fn names(&mut self, class: &settings::Class, contents: &Contents, path: &str) -> Vec<String> {
        if let Some(include) = &class.include {
            for (index, name) in include.iter().enumerate() {
                let configured = class.attributes.iter().any(|(known, _)| same(known, name));
                if !configured && !self.is_known(name) {
                    self.problem(format!("{path}/include/{index}"), format!("the schema has no attribute `{name}`"));
                }
            }
            let known =
                |name: &&String| !class.attributes.iter().any(|(known, _)| same(known, name)) && self.is_known(name);
            return include.iter().filter(known).cloned().collect();
        }
        let id = class.id.as_deref().unwrap_or(self.defaults.id);
        let allowed = contents.must.iter().chain(&contents.may).map(String::as_str);
        let mut names: Vec<String> = Vec::new();
        for name in allowed.chain([id]).chain(KEPT_BY_SERVER) {
            let Some(known) = self.schema.attribute(name) else { continue };
            let hidden =
                same(name, "objectClass") || matches!(self.syntax(name), Syntax::SecurityDescriptor) || is_secret(name);
            if !hidden && !names.iter().any(|other| same(other, known.name())) {
                names.push(known.name().to_owned());
            }
        }
        names
    }

    /// An attribute as the schema has it, to be read only.
    pub(super) fn plain(&self, name: &str, native: &str) -> Attribute {
        let known = self.schema.attribute(native);
        let syntax = self.syntax(native);
        let rules = known.map(|known| self.rules(known));
        let operators = rules.map(|rules| syntax.operators(rules)).unwrap_or_default();
        let equality = known.and_then(|known| known.equality.as_deref());
        let binary = syntax.needs_binary_option() && !native.contains(';');
        let multi = known.is_some_and(|known| !known.single_value);
        let comparable = equality.is_some() || self.server.vendor.compares_without_rules();
        Attribute {
            name: name.to_owned(),
            native: if binary { format!("{native};binary") } else { native.to_owned() },
            source: Source::Value,
            syntax,
            multi,
            stored_multi: multi,
            required: false,
            creatable: false,
            updatable: false,
            readable: !is_secret(native),
            unique: false,
            expensive: false,
            case_exact: syntax.is_case_exact(equality),
            equality: rules.map_or(Equality::Bytes, |rules| Equality::of(syntax, rules)),
            comparable,
            operators: Operators::of(&operators),
            sort: known.and_then(|known| self.sort(known, syntax)),
        }
    }

    /// With what settings and object classes say of an attribute.
    fn shaped(&self, class: &settings::Class, contents: &Contents, attribute: Attribute) -> Attribute {
        let is = |names: &[String]| names.iter().any(|name| self.is_same(name, &attribute));
        let one = match &class.single {
            Some(single) => is(single),
            None => USUALLY_ONE.iter().any(|name| self.is_same(name, &attribute)),
        };
        let naming = class.dn.as_ref().map(|template| template.naming()).unwrap_or_default();
        let names_entry = naming.iter().any(|name| self.is_same(name, &attribute));
        let from = class.dn.as_ref().map(|template| template.leaf_attributes()).unwrap_or_default();
        let given = from.iter().any(|name| self.is_same(name, &attribute));
        let computed = names_entry && !given;
        let numbered = class.next.iter().any(|(name, _)| self.is_same(name, &attribute));
        let kept = self.schema.attribute(&attribute.native).is_some_and(|known| known.no_user_modification);
        let id = class.id.as_deref().unwrap_or(self.defaults.id);
        let writable = !class.read_only && !kept && !self.is_same("objectClass", &attribute);
        // What Active Directory cannot do without it mostly makes itself.
        let needed = is(&contents.must) && !self.server.vendor.is_active_directory();
        let multi = attribute.multi && !one && !names_entry;
        // What the name is made of says what it is, and not whoever writes it.
        let writable = writable && !computed;
        Attribute {
            creatable: writable,
            updatable: writable,
            required: writable && !numbered && (needed || given && from.len() == 1),
            unique: is(&class.unique) || self.is_same(id, &attribute),
            sort: if multi { None } else { attribute.sort.clone() },
            multi,
            ..attribute
        }
    }

    fn is_same(&self, name: &str, attribute: &Attribute) -> bool {
        let plain = attribute.native.split(';').next().unwrap_or(&attribute.native);
        same(name, &attribute.name) || self.schema.same(name, plain)
    }

    fn rules<'s>(&self, known: &'s AttributeType) -> Rules<'s> {
        Rules {
            equality: known.equality.as_deref(),
            ordering: known.ordering.as_deref(),
            substring: known.substring.as_deref(),
            vendor: self.server.vendor,
        }
    }

    /// Whether the server sorts by an attribute, and by which rule.
    fn sort(&self, known: &AttributeType, syntax: Syntax) -> Option<Option<String>> {
        if !self.server.sort {
            return None;
        }
        if self.server.vendor.is_active_directory() || known.ordering.is_some() {
            return Some(None);
        }
        // 389 Directory Server sorts by syntax, and wrongly by a rule that is named.
        let by_syntax = self.server.vendor == Vendor::Ds389;
        let rule = match known.equality.as_deref()? {
            "caseIgnoreMatch" | "2.5.13.2" => "caseIgnoreOrderingMatch",
            "caseExactMatch" | "2.5.13.5" => "caseExactOrderingMatch",
            _ => return None,
        };
        matches!(syntax, Syntax::DirectoryString | Syntax::Ia5String | Syntax::PrintableString)
            .then(|| (!by_syntax).then(|| rule.to_owned()))
    }
}

/// What holds passwords is not shown as it is.
fn is_secret(native: &str) -> bool {
    let plain = native.split(';').next().unwrap_or(native);
    [
        "userPassword",
        "unicodePwd",
        "userPKCS12",
        "pwdHistory",
        "dBCSPwd",
        "lmPwdHistory",
        "ntPwdHistory",
        "supplementalCredentials",
        "authPassword",
    ]
    .iter()
    .any(|secret| same(secret, plain))
}

fn syntax(kind: Kind) -> Syntax {
    match kind {
        Kind::Text => Syntax::DirectoryString,
        Kind::Boolean => Syntax::Boolean,
        Kind::Integer => Syntax::Integer,
        Kind::Timestamp => Syntax::GeneralizedTime,
        Kind::Binary => Syntax::OctetString,
    }
}
