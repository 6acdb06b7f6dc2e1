//! A native object as a SCIM resource.

use patchbay_contract::{Cell, Object, Value, ValueType};
use patchbay_scim::schema::{Attribute, Type};
use serde_json::{Map, Value as Json};

use crate::mapping::{Bound, ECMA2HOST, Leaf, Mapped, Resource, Shape, Slot, Source};
use crate::value::to_scim;

/// Which natives a read asks for, and where each comes back.
#[derive(Debug, Clone)]
pub(crate) struct Columns {
    /// Native names, in the order of the cells.
    pub(crate) names: Vec<String>,
    /// Index into [`Resource::natives`] to index into the cells.
    cells: Vec<Option<usize>>,
}

impl Columns {
    /// The natives behind every attribute that `wants` wants, and behind `meta`.
    pub(crate) fn of(resource: &Resource, wants: impl Fn(&Mapped) -> bool) -> Self {
        let mut columns = Self { names: Vec::new(), cells: vec![None; resource.natives.len()] };
        let wanted = resource.attributes.iter().filter(|m| wants(m)).flat_map(Mapped::leaves);
        // Whoever wants them, passwords are not read.
        let wanted = wanted.filter(|leaf| leaf.password.is_none());
        for leaf in wanted.chain(resource.meta.iter().map(|(_, leaf)| leaf)) {
            match &leaf.source {
                Source::Native(native) => columns.add(resource, *native),
                Source::Expression(_, natives) => natives.iter().for_each(|n| columns.add(resource, *n)),
                Source::Constant(_) => {}
            }
        }
        columns
    }

    fn add(&mut self, resource: &Resource, native: usize) {
        if let (Some(slot @ None), Some(info)) = (self.cells.get_mut(native), resource.natives.get(native)) {
            *slot = Some(self.names.len());
            self.names.push(info.name.clone());
        }
    }

    /// The values of a native attribute in `object`; none where it was not asked for.
    pub(crate) fn cell<'o>(&self, object: &'o Object, native: usize) -> Option<&'o Cell> {
        object.cells.get((*self.cells.get(native)?)?)
    }
}

/// What rendering needs besides the object.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Renderer<'a> {
    pub(crate) bound: &'a Bound,
    pub(crate) resource: &'a Resource,
    pub(crate) columns: &'a Columns,
    /// Base URL without trailing slash.
    pub(crate) base_url: &'a str,
    /// Whether the ECMA host's attribute block is shown.
    pub(crate) ecma2host: bool,
}

impl Renderer<'_> {
    /// The whole resource: `schemas`, `id`, attributes that were read, `meta`.
    pub(crate) fn resource(&self, object: &Object) -> Map<String, Json> {
        let mut schemas = vec![Json::String(self.resource.accepted.core().id.clone())];
        let mut body = Map::new();
        body.insert("schemas".into(), Json::Null);
        body.insert("id".into(), Json::String(object.id.uid.clone()));
        for mapped in &self.resource.attributes {
            if !self.ecma2host && is_ecma2host(mapped) {
                continue;
            }
            let Some(value) = self.attribute(mapped, object) else { continue };
            match &mapped.urn {
                None => {
                    body.insert(mapped.definition.name.clone(), value);
                }
                Some(urn) => {
                    let extension = body.entry(urn.to_string()).or_insert_with(|| {
                        schemas.push(Json::String(urn.to_string()));
                        Json::Object(Map::new())
                    });
                    if let Json::Object(extension) = extension {
                        extension.insert(mapped.definition.name.clone(), value);
                    }
                }
            }
        }
        body.insert("schemas".into(), Json::Array(schemas));
        body.insert("meta".into(), self.meta(object));
        body
    }

    /// URL of the resource with this id.
    pub(crate) fn location(&self, uid: &str) -> String {
        location(self.base_url, &self.resource.endpoint, uid)
    }

    fn meta(&self, object: &Object) -> Json {
        let mut meta = Map::new();
        meta.insert("resourceType".into(), Json::String(self.resource.name.clone()));
        for (name, leaf) in &self.resource.meta {
            if let Some(value) = self.values(leaf, Type::DateTime, object).into_iter().next() {
                meta.insert(name.clone(), value);
            }
        }
        meta.insert("location".into(), Json::String(self.location(&object.id.uid)));
        if let Some(revision) = &object.id.revision {
            meta.insert("version".into(), Json::String(etag(revision)));
        }
        Json::Object(meta)
    }

    /// One attribute; none where it is absent or was not read.
    pub(crate) fn attribute(&self, mapped: &Mapped, object: &Object) -> Option<Json> {
        let definition = &mapped.definition;
        match &mapped.shape {
            Shape::Scalar(leaf) => self.values(leaf, definition.kind, object).into_iter().next(),
            Shape::List(leaf) => {
                let values = self.values(leaf, definition.kind, object);
                (!values.is_empty()).then_some(Json::Array(values))
            }
            Shape::Complex(subs) => {
                let mut complex = Map::new();
                for (sub, leaf) in subs {
                    let kind = sub_kind(definition, sub);
                    if let Some(value) = self.values(leaf, kind, object).into_iter().next() {
                        self.reference(&mut complex, definition, sub, leaf, &value);
                        complex.insert(sub.clone(), value);
                    }
                }
                (!complex.is_empty()).then_some(Json::Object(complex))
            }
            Shape::Elements(slots) => {
                let elements: Vec<Json> =
                    slots.iter().flat_map(|slot| self.elements(definition, slot, object)).collect();
                (!elements.is_empty()).then_some(Json::Array(elements))
            }
        }
    }

    /// The elements of a slot: one per value of its `many` leaf, else one at most.
    /// Constants alone make no element.
    fn elements(&self, definition: &Attribute, slot: &Slot, object: &Object) -> Vec<Json> {
        let mut values: Vec<Vec<Json>> =
            slot.leaves.iter().map(|(sub, leaf)| self.values(leaf, sub_kind(definition, sub), object)).collect();
        let count = slot.many.map_or(1, |many| values.get(many).map_or(0, Vec::len));
        let mut elements = Vec::with_capacity(count);
        for index in 0..count {
            let mut element = Map::new();
            let mut there = false;
            for (i, ((sub, leaf), values)) in slot.leaves.iter().zip(&mut values).enumerate() {
                let value =
                    if slot.many == Some(i) { values.get_mut(index).map(Json::take) } else { values.first().cloned() };
                let Some(value) = value else { continue };
                there |= !matches!(leaf.source, Source::Constant(_));
                self.reference(&mut element, definition, sub, leaf, &value);
                element.insert(sub.clone(), value);
            }
            for (sub, value) in &slot.selector {
                element.entry(sub.clone()).or_insert_with(|| value.clone());
            }
            if there {
                elements.push(Json::Object(element));
            }
        }
        elements
    }

    /// Beside the `value` of a reference stand `$ref` and, where the schema has it, `type`,
    /// unless they are mapped themselves.
    fn reference(&self, into: &mut Map<String, Json>, definition: &Attribute, sub: &str, leaf: &Leaf, value: &Json) {
        let (Source::Native(native), "value", Some(uid)) = (&leaf.source, sub, value.as_str()) else { return };
        let Some(info) = self.resource.natives.get(*native).filter(|i| i.kind == ValueType::Reference) else { return };
        let Some(target) = info.target.as_deref().and_then(|class| self.bound.by_class(class)) else { return };
        let has = |name: &str| definition.sub_attributes.iter().any(|s| s.name == name);
        if has("$ref") {
            let url = || Json::String(location(self.base_url, &target.endpoint, uid));
            into.entry("$ref").or_insert_with(url);
        }
        if has("type") {
            into.entry("type").or_insert_with(|| Json::String(target.name.clone()));
        }
    }

    /// The SCIM values of a leaf.
    pub(crate) fn values(&self, leaf: &Leaf, kind: Type, object: &Object) -> Vec<Json> {
        static ABSENT: Cell = Vec::new();
        match &leaf.source {
            Source::Constant(value) => vec![value.clone()],
            Source::Native(native) => {
                let cell = self.columns.cell(object, *native).unwrap_or(&ABSENT);
                cell.iter().filter_map(|v: &Value| to_scim(v, kind, leaf.values.as_ref())).collect()
            }
            Source::Expression(expression, natives) => {
                let cells: Vec<&Cell> =
                    natives.iter().map(|n| self.columns.cell(object, *n).unwrap_or(&ABSENT)).collect();
                match expression.evaluate(&cells) {
                    Some(Json::Array(values)) => values,
                    Some(value) => vec![value],
                    None => Vec::new(),
                }
            }
        }
    }
}

/// Whether the attribute belongs to the ECMA host's block.
pub(crate) fn is_ecma2host(mapped: &Mapped) -> bool {
    mapped.urn.as_deref().is_some_and(|urn| urn.starts_with(ECMA2HOST))
}

/// Type of a sub-attribute; string where the schema does not know it.
pub(crate) fn sub_kind(definition: &Attribute, sub: &str) -> Type {
    definition.sub_attributes.iter().find(|s| s.name.eq_ignore_ascii_case(sub)).map_or(Type::String, |s| s.kind)
}

/// A weak entity tag (RFC 7644 section 3.14).
pub(crate) fn etag(revision: &str) -> String {
    format!("W/\"{}\"", revision.replace(['"', '\\'], "_"))
}

/// The uid in a URL that [`location`] made; none for any other text.
pub(crate) fn uid_of(url: &str, base_url: &str, endpoint: &str) -> Option<String> {
    let segment = url.strip_prefix(base_url)?.strip_prefix('/')?.strip_prefix(endpoint)?.strip_prefix('/')?;
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            other => other,
        });
    }
    // There are other spellings of the same URL, but only one is shown.
    String::from_utf8(bytes).ok().filter(|uid| !uid.is_empty() && location(base_url, endpoint, uid) == url)
}

/// `base/endpoint/uid` with the uid percent-encoded as one path segment.
pub(crate) fn location(base_url: &str, endpoint: &str, uid: &str) -> String {
    let mut url = format!("{base_url}/{endpoint}/");
    for byte in uid.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => url.push(char::from(byte)),
            other => url.push_str(&format!("%{other:02X}")),
        }
    }
    url
}
