//! [`Compiled`] and the discovered classes to [`Bound`].

use std::collections::HashMap;
use std::sync::Arc;

use patchbay_contract::{AttributeInfo, AttributeTraits, ObjectClass, ValueType};
use patchbay_password::Keeping;
use patchbay_scim::schema::Attribute;
use patchbay_scim::{Profile, is_attribute_name};

use super::compile::{Compiled, CompiledResource, Entry, EntrySource};
use super::schema::{self, Families};
use super::{Bound, ECMA2HOST, Leaf, Mapped, Resource, Shape, Slot, Source, TypeName};
use crate::password::write_only;
use crate::problem::Problem;
use crate::value::ValueMap;

/// Binds to `classes`; without them (the target was not asked yet) types are those of
/// SCIM, which is enough for the discovery endpoints.
pub(crate) fn bind(
    compiled: &Compiled,
    classes: Option<&[ObjectClass]>,
    profile: &Profile,
) -> Result<Bound, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut resources = Vec::new();
    let mut types = HashMap::new();
    for resource in &compiled.resources {
        let name = TypeName { name: resource.name.clone(), endpoint: resource.endpoint.clone() };
        types.entry(resource.class.clone()).or_insert(name);
    }
    let types = Arc::new(types);
    for resource in &compiled.resources {
        let class = classes.map(|all| all.iter().find(|c| c.name == resource.class));
        if let Some(None) = class {
            let known = classes.unwrap_or_default().iter().map(|c| c.name.as_str()).collect::<Vec<_>>().join(", ");
            let message = format!("the connector has no class `{}`; it has: {known}", resource.class);
            problems.push(Problem::new(["resources", &resource.name, "class"], message));
            continue;
        }
        let class_names: HashMap<&str, &str> =
            compiled.resources.iter().map(|r| (r.class.as_str(), r.name.as_str())).collect();
        let mut binder = Binder {
            resource,
            class: class.flatten(),
            class_names,
            types: Arc::clone(&types),
            natives: Vec::new(),
            native_paths: HashMap::new(),
            problems: &mut problems,
        };
        let bound = binder.bind(compiled.ecma2host, profile);
        resources.push(Arc::new(bound));
    }
    if problems.is_empty() { Ok(Bound { resources }) } else { Err(problems) }
}

struct Binder<'a> {
    resource: &'a CompiledResource,
    class: Option<&'a ObjectClass>,
    class_names: HashMap<&'a str, &'a str>,
    types: Arc<HashMap<String, TypeName>>,
    natives: Vec<AttributeInfo>,
    native_paths: HashMap<String, String>,
    problems: &'a mut Vec<Problem>,
}

impl Binder<'_> {
    /// Notes the SCIM path that errors call a native attribute by: the first one, but
    /// one in the ECMA host's block only where there is no other.
    fn remember(&mut self, native: &str, path: &str) {
        let known = self.native_paths.get(native);
        if known.is_none_or(|known| known.starts_with(ECMA2HOST) && !path.starts_with(ECMA2HOST)) {
            self.native_paths.insert(native.to_owned(), path.to_owned());
        }
    }

    fn bind(&mut self, ecma2host: bool, profile: &Profile) -> Resource {
        let mut families = Families::new(self.resource);
        let mut meta = Vec::new();
        let mut groups: Vec<(Option<&str>, &str, Vec<&Entry>)> = Vec::new();
        for entry in &self.resource.entries {
            if entry.urn.is_none() && entry.attribute.eq_ignore_ascii_case("meta") {
                match entry.sub.as_deref().filter(|s| ["created", "lastModified"].contains(s)) {
                    Some(sub) => meta.extend(self.leaf(entry).map(|leaf| (sub.to_owned(), read_only(leaf)))),
                    None => self.problem(entry, "only meta.created and meta.lastModified can be mapped"),
                }
                continue;
            }
            let same = |(urn, name, _): &&mut (Option<&str>, &str, Vec<&Entry>)| {
                name.eq_ignore_ascii_case(&entry.attribute)
                    && match (urn, entry.urn.as_deref()) {
                        (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
                        (a, b) => a.is_none() && b.is_none(),
                    }
            };
            match groups.iter_mut().find(same) {
                Some((_, _, entries)) => entries.push(entry),
                None => groups.push((entry.urn.as_deref(), &entry.attribute, vec![entry])),
            }
        }
        let mut attributes = Vec::new();
        for (urn, name, entries) in groups {
            if let Some(mapped) = self.attribute(&mut families, urn, name, &entries) {
                families.publish(&mapped);
                attributes.push(mapped);
            }
        }
        if ecma2host {
            for mapped in self.ecma2host() {
                families.publish(&mapped);
                attributes.push(mapped);
            }
        }
        families.sort(&mut attributes);
        let (accepted, published) = families.finish(profile);
        Resource {
            name: self.resource.name.clone(),
            endpoint: self.resource.endpoint.clone(),
            class: self.resource.class.clone(),
            natives: std::mem::take(&mut self.natives),
            attributes,
            meta,
            accepted,
            published,
            native_paths: std::mem::take(&mut self.native_paths),
            types: Arc::clone(&self.types),
            max_page: self.class.map_or(u32::MAX, |c| c.max_page_size),
            versions: self.class.is_some_and(|c| c.operations.versions),
            updates: self.class.is_none_or(|c| c.operations.update),
        }
    }

    /// One SCIM attribute from all lines of the mapping that speak of it.
    fn attribute(
        &mut self,
        families: &mut Families,
        urn: Option<&str>,
        name: &str,
        entries: &[&Entry],
    ) -> Option<Mapped> {
        let first = *entries.first()?;
        let known = families.definition(urn, name).cloned();
        let definition = match known {
            Some(definition) => definition,
            None if urn.is_none() && families.core_is_fixed() => {
                let message = format!(
                    "the core schema of {} has no such attribute; use a URN of your own, as in `urn:example:params:scim:schemas:extension:hr:1.0:{}:{name}`",
                    self.resource.name, self.resource.name
                );
                self.problem(first, &message);
                return None;
            }
            None => self.made_up(name, entries),
        };
        let definition = if first.hash.is_some() { write_only(definition) } else { definition };
        let shape = self.shape(&definition, entries)?;
        let mut mapped = Mapped {
            urn: urn.map(|u| families.spelling(u)),
            definition: Arc::new(definition),
            shape,
            expensive: false,
            never_absent: false,
        };
        mapped.expensive = mapped.leaves().iter().any(|leaf| self.info(leaf).is_some_and(|i| i.traits.expensive));
        let never_absent = |leaf: &Leaf| leaf.writable && self.info(leaf).is_some_and(|i| i.traits.never_absent);
        mapped.never_absent = matches!(&mapped.shape, Shape::Scalar(leaf) if never_absent(leaf));
        let required = entries.iter().any(|e| e.required);
        let definition = schema::characterise(&mapped, &self.natives, required, &self.class_names);
        mapped.definition = Arc::new(definition);
        Some(mapped)
    }

    /// A definition for an attribute that no RFC defines, from what the target says.
    fn made_up(&self, name: &str, entries: &[&Entry]) -> Attribute {
        let description = format!("Attribute `{name}` of the application.");
        if entries.iter().any(|e| e.sub.is_some() || !e.selector.is_empty()) {
            let subs = entries
                .iter()
                .flat_map(|e| {
                    let sub = e.sub.as_deref().unwrap_or("value");
                    let kind = self.entry_info(e).map_or(patchbay_scim::Type::String, |i| schema::scim_type(i.kind));
                    e.selector
                        .iter()
                        .map(|(s, _)| Attribute::string(s.as_str(), "Tells values apart."))
                        .chain([Attribute::new(sub, kind, "A part of the value.")])
                        .collect::<Vec<_>>()
                })
                .fold(Vec::<Attribute>::new(), |mut all, a| {
                    if !all.iter().any(|x| x.name.eq_ignore_ascii_case(&a.name)) {
                        all.push(a);
                    }
                    all
                });
            let complex = Attribute::complex(name, description, subs);
            return if entries.iter().any(|e| !e.selector.is_empty()) { complex.multi() } else { complex };
        }
        let info = entries.first().and_then(|e| self.entry_info(e));
        let values = entries.first().and_then(|e| e.values.as_ref());
        let kind = match (values, info) {
            (Some(map), _) if map.keys().all(|k| k == "true" || k == "false") => patchbay_scim::Type::Boolean,
            (None, Some(info)) => schema::scim_type(info.kind),
            _ => patchbay_scim::Type::String,
        };
        let attribute = Attribute::new(name, kind, description);
        if info.is_some_and(|i| i.traits.multi_valued) { attribute.multi() } else { attribute }
    }

    fn entry_info(&self, entry: &Entry) -> Option<&AttributeInfo> {
        let EntrySource::Native(native) = &entry.source else { return None };
        self.class?.attribute(native)
    }

    fn shape(&mut self, definition: &Attribute, entries: &[&Entry]) -> Option<Shape> {
        let selected = entries.iter().any(|e| !e.selector.is_empty());
        match (definition.is_complex(), definition.multi_valued) {
            (true, true) => {
                let mut slots: Vec<Slot> = Vec::new();
                for entry in entries {
                    let sub = self.sub(definition, entry, "value")?;
                    let leaf = self.leaf(entry)?;
                    match slots.iter_mut().find(|s| s.selector == entry.selector) {
                        Some(slot) => slot.leaves.push((sub, leaf)),
                        None => {
                            slots.push(Slot { selector: entry.selector.clone(), leaves: vec![(sub, leaf)], many: None })
                        }
                    }
                }
                for slot in &mut slots {
                    slot.many = slot.leaves.iter().position(|(_, leaf)| self.multi_valued(leaf));
                    let natives = slot.leaves.iter().filter(|(_, l)| matches!(l.source, Source::Native(_))).count();
                    if slot.many.is_some() && natives > 1 {
                        let message = "a native attribute with several values must be the only one of its element";
                        self.problem(entries.first()?, message);
                    }
                }
                Some(Shape::Elements(slots))
            }
            (true, false) => {
                let mut subs = Vec::new();
                for entry in entries {
                    let sub = self.sub(definition, entry, "value")?;
                    let leaf = self.leaf(entry)?;
                    self.single(entry, &leaf);
                    subs.push((sub, leaf));
                }
                Some(Shape::Complex(subs))
            }
            (false, multi) => {
                let entry = *entries.first()?;
                if entries.len() > 1 || entry.sub.is_some() || selected {
                    self.problem(entry, "is a simple attribute: it has no sub-attributes and no elements to select");
                    return None;
                }
                let leaf = self.leaf(entry)?;
                self.password(entry, definition, &leaf);
                if multi {
                    Some(Shape::List(leaf))
                } else {
                    self.single(entry, &leaf);
                    Some(Shape::Scalar(leaf))
                }
            }
        }
    }

    /// The canonical name of the sub-attribute that `entry` fills.
    fn sub(&mut self, definition: &Attribute, entry: &Entry, default: &str) -> Option<String> {
        let name = entry.sub.as_deref().unwrap_or(default);
        match definition.sub_attribute(name) {
            Some(sub) => Some(sub.name.clone()),
            None => {
                let known = definition.sub_attributes.iter().map(|s| s.name.as_str()).collect::<Vec<_>>().join(", ");
                self.problem(entry, &format!("has no sub-attribute `{name}`; it has: {known}"));
                None
            }
        }
    }

    fn multi_valued(&self, leaf: &Leaf) -> bool {
        self.info(leaf).is_some_and(takes_several)
    }

    fn single(&mut self, entry: &Entry, leaf: &Leaf) {
        if self.multi_valued(leaf) {
            self.problem(entry, "takes one value, but the native attribute has several");
        }
    }

    /// What a password needs of the attribute it is kept in.
    fn password(&mut self, entry: &Entry, definition: &Attribute, leaf: &Leaf) {
        let (Some(keeping), Some(info)) = (&leaf.password, self.info(leaf)) else { return };
        let why = if definition.multi_valued || definition.kind != patchbay_scim::Type::String {
            "has `hash`, but is not a string with one value"
        } else if **keeping != Keeping::Target && info.kind != ValueType::Text {
            "has `hash`, but what a hash is kept in has to be text"
        } else if !(info.traits.creatable && info.traits.updatable) {
            "has `hash`, but the target does not let the attribute be set and changed"
        } else {
            return;
        };
        self.problem(entry, why);
    }

    fn info(&self, leaf: &Leaf) -> Option<&AttributeInfo> {
        match leaf.source {
            Source::Native(native) => self.natives.get(native),
            _ => None,
        }
    }

    fn leaf(&mut self, entry: &Entry) -> Option<Leaf> {
        let mut writable = !entry.read_only;
        let mut values = entry.values.clone();
        let source = match &entry.source {
            EntrySource::Native(name) => {
                let native = self.native(entry, name)?;
                if let Some(info) = self.natives.get(native) {
                    let unfit = unfit(entry.hash.as_deref(), info);
                    writable &= info.traits.creatable || info.traits.updatable;
                    if info.kind == ValueType::Text && !info.traits.case_exact {
                        values.iter_mut().for_each(ValueMap::ignore_case);
                    }
                    if let Some(why) = unfit.filter(|_| self.class.is_some()) {
                        self.problem(entry, why);
                    }
                }
                if writable {
                    self.remember(name, &entry.key);
                }
                Source::Native(native)
            }
            EntrySource::Expression(expression) => {
                let mut natives = Vec::new();
                for name in expression.variables() {
                    let native = self.native(entry, name)?;
                    if self.natives.get(native).is_some_and(|info| info.traits.secret) {
                        self.problem(entry, &format!("reads `{name}`, which the target never shows"));
                    }
                    natives.push(native);
                }
                Source::Expression(Arc::clone(expression), natives)
            }
            EntrySource::Constant(value) => Source::Constant(value.clone()),
        };
        Some(Leaf { source, values, password: entry.hash.clone(), writable, path: entry.key.clone() })
    }

    fn native(&mut self, entry: &Entry, name: &str) -> Option<usize> {
        if let Some(index) = self.natives.iter().position(|n| n.name == name) {
            return Some(index);
        }
        let info = match self.class {
            None => unasked(name),
            Some(class) => match class.attribute(name) {
                Some(info) => info.clone(),
                None => {
                    let known = class.attributes.iter().map(|a| a.name.as_str()).collect::<Vec<_>>().join(", ");
                    self.problem(entry, &format!("class `{}` has no attribute `{name}`; it has: {known}", class.name));
                    return None;
                }
            },
        };
        self.natives.push(info);
        Some(self.natives.len() - 1)
    }

    /// The ECMA host's block: every native attribute under its own name, as far as it is one that
    /// a client can ask for; see [`super::unnamed`].
    fn ecma2host(&mut self) -> Vec<Mapped> {
        let Some(class) = self.class else { return Vec::new() };
        let urn: Arc<str> = format!("{ECMA2HOST}{}", self.resource.name).into();
        let mut all = Vec::new();
        for info in class.attributes.iter().filter(|info| is_attribute_name(&info.name)) {
            let native = match self.natives.iter().position(|n| n.name == info.name) {
                Some(native) => native,
                None => {
                    self.natives.push(info.clone());
                    self.natives.len() - 1
                }
            };
            let path = format!("{urn}:{}", info.name);
            self.remember(&info.name, &path);
            let writable = info.traits.creatable || info.traits.updatable;
            let is_it = |entry: &&Entry| matches!(&entry.source, EntrySource::Native(name) if *name == info.name);
            let password = self.resource.entries.iter().filter(is_it).find_map(|entry| entry.hash.clone());
            let password = password.or_else(|| info.traits.secret.then(|| Arc::new(Keeping::Target)));
            let is_password = password.is_some();
            let leaf = Leaf { source: Source::Native(native), values: None, password, writable, path };
            let definition =
                Attribute::new(info.name.as_str(), schema::scim_type(info.kind), "Attribute of the target.");
            let definition = if takes_several(info) { definition.multi() } else { definition };
            let definition = if is_password { write_only(definition) } else { definition };
            let shape = if takes_several(info) { Shape::List(leaf) } else { Shape::Scalar(leaf) };
            let mut mapped = Mapped {
                urn: Some(Arc::clone(&urn)),
                definition: Arc::new(definition),
                shape,
                expensive: info.traits.expensive,
                // To be removed by its SCIM name, if at all; the block asks for nothing.
                never_absent: false,
            };
            // Required natives may as well come by their SCIM name: the block asks for none.
            let mut definition = schema::characterise(&mapped, &self.natives, false, &self.class_names);
            definition.required = false;
            mapped.definition = Arc::new(definition);
            all.push(mapped);
        }
        all
    }

    fn problem(&mut self, entry: &Entry, message: &str) {
        self.problems.push(Problem::new(["resources", &self.resource.name, "attributes", &entry.key], message));
    }
}

/// A secret is one, however many values the target could keep.
fn takes_several(info: &AttributeInfo) -> bool {
    info.traits.multi_valued && !info.traits.secret
}

/// Why values kept this way are not for the attribute: one that keeps secrets takes them from
/// whoever says that it does, and nothing else; the others take what they can show again.
fn unfit(keeping: Option<&Keeping>, info: &AttributeInfo) -> Option<&'static str> {
    match (keeping, info.traits.secret) {
        (Some(Keeping::Target), false) => {
            Some("has `hash = \"target\"`, but the target does not keep the attribute's values in its own way")
        }
        (Some(Keeping::Hashed(_)), true) => {
            Some("is hashed, but the target keeps the attribute's values in its own way: give `hash = \"target\"`")
        }
        (None, true) => Some("is a password, which the target keeps in its own way: give `hash = \"target\"`"),
        (Some(Keeping::Target), true) | (Some(Keeping::Hashed(_)) | None, false) => None,
    }
}

fn read_only(mut leaf: Leaf) -> Leaf {
    leaf.writable = false;
    leaf
}

/// What is assumed of a native attribute while the target was not asked.
fn unasked(name: &str) -> AttributeInfo {
    AttributeInfo {
        name: name.to_owned(),
        native_name: None,
        kind: ValueType::Text,
        traits: AttributeTraits { creatable: true, updatable: true, readable: true, ..AttributeTraits::default() },
        filterable: Vec::new(),
        target: None,
        description: None,
    }
}
