//! Configuration to [`Compiled`]: everything that can be said without the target.

use std::sync::Arc;

use patchbay_password::Keeping;
use patchbay_scim::{CompareOp, CompareValue, Filter, ParseOptions, PatchPath, SchemaUrns};
use serde_json::Value as Json;

use super::{ECMA2HOST, ENTERPRISE, GROUP, USER};
use crate::config::{AppConfig, AttributeConfig, AttributeTable, NativeScalar, ResourceConfig};
use crate::expression::Expression;
use crate::problem::Problem;
use crate::value::{ValueMap, scalar_json};

/// An app's mapping before the target was asked.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) resources: Vec<CompiledResource>,
    pub(crate) ecma2host: bool,
}

/// One resource type.
#[derive(Debug)]
pub(crate) struct CompiledResource {
    pub(crate) name: String,
    pub(crate) endpoint: String,
    pub(crate) class: String,
    /// Id of the core schema.
    pub(crate) schema: String,
    pub(crate) entries: Vec<Entry>,
}

/// One line of the mapping.
#[derive(Debug)]
pub(crate) struct Entry {
    /// As written, for messages.
    pub(crate) key: String,
    /// Extension schema; none for the core schema.
    pub(crate) urn: Option<String>,
    pub(crate) attribute: String,
    pub(crate) selector: Vec<(String, Json)>,
    pub(crate) sub: Option<String>,
    pub(crate) source: EntrySource,
    pub(crate) values: Option<ValueMap>,
    /// How the values are kept, where they are passwords.
    pub(crate) hash: Option<Arc<Keeping>>,
    pub(crate) read_only: bool,
    pub(crate) required: bool,
}

/// What stands on the right.
#[derive(Debug)]
pub(crate) enum EntrySource {
    Native(String),
    Expression(Arc<Expression>),
    Constant(Json),
}

/// Compiles all resource types; every problem comes back at once.
pub(crate) fn compile(config: &AppConfig) -> Result<Compiled, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut resources: Vec<CompiledResource> = Vec::new();
    for (name, resource) in &config.resources {
        let compiled = compile_resource(name, resource, &mut problems);
        let taken = ["Schemas", "ResourceTypes", "ServiceProviderConfig", "Bulk", "Me", ".search"];
        let clash = taken.iter().any(|t| t.eq_ignore_ascii_case(&compiled.endpoint))
            || resources.iter().any(|r| r.endpoint == compiled.endpoint);
        if clash || compiled.endpoint.is_empty() || compiled.endpoint.contains('/') {
            problems.push(Problem::new(
                ["resources", name, "endpoint"],
                format!("`{}` cannot be the endpoint: it is taken, empty or has a slash inside", compiled.endpoint),
            ));
        }
        if let Some(other) = resources.iter().find(|r| r.class == compiled.class) {
            problems.push(Problem::new(
                ["resources", name, "class"],
                format!("class `{}` is mapped to `{}` already", compiled.class, other.name),
            ));
        }
        resources.push(compiled);
    }
    if config.resources.is_empty() {
        problems.push(Problem::new(["resources"], "no resource type is mapped"));
    }
    if problems.is_empty() { Ok(Compiled { resources, ecma2host: config.ecma2host }) } else { Err(problems) }
}

fn compile_resource(name: &str, config: &ResourceConfig, problems: &mut Vec<Problem>) -> CompiledResource {
    let (endpoint, schema) = match name {
        "User" => ("Users".to_owned(), USER.to_owned()),
        "Group" => ("Groups".to_owned(), GROUP.to_owned()),
        other => (format!("{other}s"), format!("urn:ietf:params:scim:schemas:patchbay:2.0:{other}")),
    };
    let endpoint =
        config.endpoint.as_deref().map_or(endpoint, |e| e.trim_start_matches('/').trim_end_matches('/').to_owned());
    let schema = config.schema.clone().unwrap_or(schema);
    let known = SchemaUrns::new([schema.as_str(), ENTERPRISE, &format!("{ECMA2HOST}{name}")]);
    let mut entries: Vec<Entry> = Vec::new();
    for (key, attribute) in &config.attributes {
        match compile_entry(key, attribute, &schema, &known) {
            Ok(entry) => {
                if let Some(twin) = entries.iter().find(|e| same_place(e, &entry)) {
                    problems.push(Problem::new(
                        ["resources", name, "attributes", key],
                        format!("is the same place as `{}`", twin.key),
                    ));
                }
                entries.push(entry);
            }
            Err(message) => problems.push(Problem::new(["resources", name, "attributes", key], message)),
        }
    }
    for password in entries.iter().filter(|entry| entry.hash.is_some()) {
        for other in entries.iter().filter(|other| other.key != password.key && reads_same(other, password)) {
            problems.push(Problem::new(
                ["resources", name, "attributes", &other.key],
                format!("would show or overwrite the password that `{}` keeps in the same attribute", password.key),
            ));
        }
    }
    CompiledResource { name: name.to_owned(), endpoint, class: config.class.clone(), schema, entries }
}

fn same_place(a: &Entry, b: &Entry) -> bool {
    let same = |a: &Option<String>, b: &Option<String>| match (a, b) {
        (Some(a), Some(b)) => a.eq_ignore_ascii_case(b),
        (None, None) => true,
        _ => false,
    };
    same(&a.urn, &b.urn)
        && a.attribute.eq_ignore_ascii_case(&b.attribute)
        && same(&a.sub, &b.sub)
        && a.selector == b.selector
}

/// Whether `other` has to do with the native attribute behind `password`.
fn reads_same(other: &Entry, password: &Entry) -> bool {
    let EntrySource::Native(native) = &password.source else { return false };
    match &other.source {
        EntrySource::Native(name) => name == native,
        EntrySource::Expression(expression) => expression.variables().contains(native),
        EntrySource::Constant(_) => false,
    }
}

/// What a line says with `hash`, which a password has to have.
fn hash(table: &AttributeTable, is_password: bool, is_simple: bool) -> Result<Option<Arc<Keeping>>, String> {
    let Some(config) = &table.hash else {
        return if is_password {
            Err("says nothing of how the application stores passwords: give `hash`, as in \
                 `{ attribute = \"password_hash\", hash = \"argon2id\" }`; `hash = \"target\"` is for one that takes \
                 passwords and keeps them in its own way, `hash = \"none\"` for a text attribute behind which the \
                 target hashes by itself"
                .into())
        } else {
            Ok(None)
        };
    };
    if table.attribute.is_none() || table.values.is_some() || table.read_only {
        return Err("`hash` goes with `attribute`, and with neither `values` nor `read_only`".into());
    }
    if !is_simple {
        return Err("`hash` goes with simple attributes only".into());
    }
    Keeping::new(config).map(Arc::new).map(Some).map_err(|why| format!("`hash`: {why}"))
}

fn compile_entry(key: &str, config: &AttributeConfig, schema: &str, known: &SchemaUrns) -> Result<Entry, String> {
    let path = PatchPath::parse(key, &ParseOptions::strict(known)).map_err(|e| e.detail)?;
    let PatchPath::Attribute { attr, filter, sub } = path else {
        return Err("names a schema, not an attribute".into());
    };
    let attribute = attr.name;
    if ["id", "schemas"].iter().any(|reserved| attribute.eq_ignore_ascii_case(reserved)) {
        return Err(format!("`{attribute}` is made by the host and cannot be mapped"));
    }
    let selector = filter.as_ref().map_or(Ok(Vec::new()), selector)?;
    let urn = attr.urn.filter(|u| !u.eq_ignore_ascii_case(schema));
    let table = match config {
        AttributeConfig::Name(name) => AttributeTable { attribute: Some(name.clone()), ..AttributeTable::default() },
        AttributeConfig::Table(table) => table.clone(),
    };
    let is_password = urn.is_none() && schema == USER && attribute.eq_ignore_ascii_case("password");
    let hash = hash(&table, is_password, selector.is_empty() && sub.is_none())?;
    let source = match (table.attribute, table.from_target, table.constant) {
        (Some(native), None, None) => EntrySource::Native(native),
        (None, Some(source), None) => EntrySource::Expression(Arc::new(
            Expression::compile(&source).map_err(|e| format!("the expression does not parse: {e}"))?,
        )),
        (None, None, Some(constant)) => EntrySource::Constant(scalar_json(&constant)),
        _ => return Err("needs exactly one of `attribute`, `from_target` and `constant`".into()),
    };
    if table.values.is_some() && !matches!(source, EntrySource::Native(_)) {
        return Err("`values` goes with `attribute` only".into());
    }
    let values = table.values.map(value_map).transpose()?;
    let read_only = table.read_only || !matches!(source, EntrySource::Native(_));
    if read_only && table.required {
        return Err("cannot be both read-only and required".into());
    }
    Ok(Entry {
        key: key.to_owned(),
        urn,
        attribute,
        selector,
        sub,
        source,
        values,
        hash,
        read_only,
        required: table.required,
    })
}

/// A selector is an `eq` comparison or several joined by `and`: what every element of
/// the slot has.
fn selector(filter: &Filter) -> Result<Vec<(String, Json)>, String> {
    match filter {
        Filter::And(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(selector(part)?);
            }
            Ok(all)
        }
        Filter::Compare { path, op: CompareOp::Eq, value } if path.sub.is_none() && path.urn.is_none() => {
            Ok(vec![(path.name.clone(), literal(value))])
        }
        _ => Err("only `eq` and `and` can tell elements apart here, as in `emails[type eq \"work\"]`".into()),
    }
}

fn literal(value: &CompareValue) -> Json {
    match value {
        CompareValue::String(text) => Json::String(text.clone()),
        CompareValue::Number(number) => serde_json::from_str(number).unwrap_or(Json::Null),
        CompareValue::Bool(b) => Json::Bool(*b),
        CompareValue::Null => Json::Null,
    }
}

fn value_map(values: std::collections::BTreeMap<String, NativeScalar>) -> Result<ValueMap, String> {
    let pairs: Vec<(String, NativeScalar)> = values.into_iter().collect();
    for (i, (scim, native)) in pairs.iter().enumerate() {
        if pairs.iter().take(i).any(|(_, other)| other == native) {
            return Err(format!("`values` gives two SCIM values the same native value (the second is `{scim}`)"));
        }
    }
    Ok(ValueMap::new(pairs))
}
