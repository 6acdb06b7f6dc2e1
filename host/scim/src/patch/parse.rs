//! Reads a PATCH body. All that clients spell differently ends here.

use serde_json::{Map, Value};

use super::{Edit, EditOp, Patch, Target};
use crate::{
    AttrPath, Attribute, Filter, Mutability, PATCH_URN, ParseOptions, PatchPath, Profile, Resolved, Schema, SchemaSet,
    ScimError,
    filter::typed_element,
    list::require_message,
    path::excerpt,
    resource::{get_ci, remove_ci},
    value::{Caster, MAX_VALUES, Nulls, is_unassigned, too_many_values, wrong_type},
};

impl Patch {
    /// Reads a PATCH body of at most `max_operations` operations; each attribute in a value
    /// without a path counts as one, so that what has to be applied is bounded too.
    ///
    /// Structure that is no PATCH is `invalidSyntax`, a path that is malformed or names
    /// nothing `invalidPath`, a removal without a path `noTarget`, a value that does not
    /// fit `invalidValue`, a change to what is read-only or the removal of what is
    /// required `mutability`, more operations than allowed, or more than [`MAX_VALUES`]
    /// values over all of them, status 413.
    pub fn parse(
        body: Value,
        schemas: &SchemaSet,
        profile: &Profile,
        max_operations: usize,
    ) -> Result<Self, ScimError> {
        let Value::Object(mut body) = body else {
            return Err(ScimError::invalid_syntax("The body must be a JSON object."));
        };
        require_message(get_ci(&body, "schemas"), PATCH_URN, profile)?;
        let operations = match remove_ci(&mut body, "Operations") {
            Some(Value::Array(operations)) if !operations.is_empty() => operations,
            Some(single @ Value::Object(_)) if profile.single_for_array => vec![single],
            _ => return Err(ScimError::invalid_syntax("'Operations' must be a list of at least one operation.")),
        };
        if operations.len() > max_operations {
            return Err(ScimError::too_large(format!("A PATCH can have at most {max_operations} operations.")));
        }
        let mut reader = Reader { schemas, profile, patch: Self::default(), max_operations, values: 0 };
        for (index, operation) in operations.into_iter().enumerate() {
            let at =
                |error: ScimError| ScimError { detail: format!("Operation {}: {}", index + 1, error.detail), ..error };
            reader.operation(operation).map_err(at)?;
        }
        Ok(reader.patch)
    }
}

struct Reader<'a> {
    schemas: &'a SchemaSet,
    profile: &'a Profile,
    patch: Patch,
    max_operations: usize,
    /// Values of multi-valued attributes so far.
    values: usize,
}

impl<'a> Reader<'a> {
    fn operation(&mut self, operation: Value) -> Result<(), ScimError> {
        let Value::Object(mut operation) = operation else {
            return Err(ScimError::invalid_syntax("An operation must be a JSON object."));
        };
        let op = self.op(remove_ci(&mut operation, "op"))?;
        let path = match remove_ci(&mut operation, "path") {
            None | Some(Value::Null) => None,
            Some(Value::String(path)) => Some(path),
            Some(_) => return Err(ScimError::invalid_path("'path' must be a string.")),
        };
        let value = remove_ci(&mut operation, "value");
        if op != EditOp::Remove && value.is_none() {
            return Err(ScimError::invalid_value(format!("'{op}' needs a 'value'.")));
        }
        match path {
            Some(path) => self.at_path(op, &path, value),
            None if op == EditOp::Remove => Err(ScimError::no_target("'remove' needs a 'path'.")),
            None => match value {
                Some(Value::Object(members)) => self.members(op, members),
                _ => Err(ScimError::invalid_value("Without a 'path', 'value' must be an object of attributes.")),
            },
        }
    }

    fn op(&self, op: Option<Value>) -> Result<EditOp, ScimError> {
        let Some(Value::String(op)) = op else {
            return Err(ScimError::invalid_syntax("'op' must be one of add, replace, remove."));
        };
        let name = if self.profile.any_case_ops { op.to_ascii_lowercase() } else { op };
        match name.as_str() {
            "add" => Ok(EditOp::Add),
            "replace" => Ok(EditOp::Replace),
            "remove" => Ok(EditOp::Remove),
            other => Err(ScimError::invalid_syntax(format!(
                "'op' must be one of add, replace, remove, not '{}'.",
                excerpt(other)
            ))),
        }
    }

    fn at_path(&mut self, op: EditOp, path: &str, value: Option<Value>) -> Result<(), ScimError> {
        match PatchPath::parse(path, &ParseOptions::of(self.schemas.urns(), self.profile))? {
            PatchPath::Schema(urn) => match self.schemas.schema(&urn) {
                Some(schema) => self.schema(op, schema, value),
                None => self.no_such(path, ScimError::invalid_path),
            },
            PatchPath::Attribute { attr, filter, sub } => match self.schemas.resolve(&AttrPath { sub, ..attr }) {
                Some(resolved) => self.edit(op, resolved, filter.as_ref(), value),
                None => self.no_such(path, ScimError::invalid_path),
            },
        }
    }

    /// An attribute that no schema has, in a `path` or in a `value`.
    fn no_such(&mut self, path: &str, refuse: fn(String) -> ScimError) -> Result<(), ScimError> {
        if !self.profile.ignore_unknown_attributes {
            return Err(refuse(format!("There is no attribute '{}'.", excerpt(path))));
        }
        self.patch.unknown.push(excerpt(path));
        Ok(())
    }

    /// A schema URN as path or key: its attributes one by one.
    fn schema(&mut self, op: EditOp, schema: &'a Schema, value: Option<Value>) -> Result<(), ScimError> {
        let schemas = self.schemas;
        let is_core = schemas.is_core(schema);
        match value {
            Some(Value::Object(members)) if op != EditOp::Remove => {
                for (name, value) in members {
                    match schemas.attribute_of(schema, &name) {
                        Some(attribute) => {
                            self.member(
                                op,
                                Resolved { schema: &schema.id, is_core, attribute, sub: None },
                                None,
                                value,
                            )?;
                        }
                        // scim2-client names the URN once more in here.
                        None if is_unassigned(&value) || name.eq_ignore_ascii_case("schemas") => {}
                        None => self.no_such(&format!("{}:{name}", schema.id), ScimError::invalid_value)?,
                    }
                }
                Ok(())
            }
            None | Some(Value::Null | Value::Object(_)) if !is_core && op != EditOp::Add => {
                for attribute in schema.attributes.iter().filter(|a| a.mutability != Mutability::ReadOnly) {
                    self.edit(
                        EditOp::Remove,
                        Resolved { schema: &schema.id, is_core, attribute, sub: None },
                        None,
                        None,
                    )?;
                }
                Ok(())
            }
            _ => Err(wrong_type(&schema.id, "an object of attributes")),
        }
    }

    /// The value of an operation without a path: one attribute per member.
    fn members(&mut self, op: EditOp, members: Map<String, Value>) -> Result<(), ScimError> {
        let schemas = self.schemas;
        for (key, value) in members {
            if let Some(schema) = schemas.schema(&key) {
                self.schema(op, schema, Some(value))?;
                continue;
            }
            let path = PatchPath::parse(&key, &ParseOptions::of(schemas.urns(), self.profile));
            let Ok(PatchPath::Attribute { attr, filter, sub }) = path else {
                self.no_such(&key, ScimError::invalid_value)?;
                continue;
            };
            let is_dotted = filter.is_some() || sub.is_some();
            match schemas.resolve(&AttrPath { sub, ..attr }) {
                Some(resolved) if !is_dotted || self.profile.dotted_keys => {
                    self.member(op, resolved, filter.as_ref(), value)?;
                }
                None if is_unassigned(&value) => {}
                _ => self.no_such(&key, ScimError::invalid_value)?,
            }
        }
        Ok(())
    }

    /// An attribute inside an operation's value. `schemas` says nothing there, as the URNs
    /// of a resource follow from its attributes.
    fn member(
        &mut self,
        op: EditOp,
        resolved: Resolved<'a>,
        filter: Option<&Filter>,
        value: Value,
    ) -> Result<(), ScimError> {
        let read_only = is_read_only(&resolved);
        if resolved.is_core && resolved.attribute.name == "schemas" || read_only && self.profile.ignore_read_only_values
        {
            return Ok(());
        }
        self.edit(op, resolved, filter, Some(value))
    }

    /// One operation on one attribute: mostly one edit.
    fn edit(
        &mut self,
        op: EditOp,
        resolved: Resolved<'a>,
        filter: Option<&Filter>,
        value: Option<Value>,
    ) -> Result<(), ScimError> {
        let path = resolved.path().to_string();
        if is_read_only(&resolved) {
            return Err(ScimError::mutability(format!("'{path}' is read-only.")));
        }
        let attribute = resolved.attribute;
        if resolved.is_core && attribute.name == "schemas" {
            return match op {
                EditOp::Remove => Err(ScimError::mutability("'schemas' follows from the attributes that are there.")),
                _ => Ok(()),
            };
        }
        let mut target = Target::of(&resolved);
        if let Some(filter) = filter {
            if !attribute.multi_valued {
                return Err(ScimError::invalid_path(format!(
                    "'{path}' has a single value, so '[…]' cannot choose one."
                )));
            }
            target.filter = Some(typed_element(filter, attribute, self.profile)?);
        }
        let value = match op {
            EditOp::Remove => self.listed(&resolved, filter, value, &path)?,
            _ => {
                let Some(cast) = self.cast(&resolved, filter.is_some(), value.unwrap_or_default(), &path)? else {
                    return Ok(());
                };
                Some(cast)
            }
        };
        match (op, value) {
            (EditOp::Remove, value) => self.push(EditOp::Remove, target, value, resolved.leaf(), &path),
            // Nothing to add is no change; nothing to replace with is a removal.
            (EditOp::Add, None | Some(Value::Null)) => Ok(()),
            (EditOp::Replace, None | Some(Value::Null)) => {
                self.push(EditOp::Remove, target, None, resolved.leaf(), &path)
            }
            (op, Some(Value::Object(members))) => self.complex(op, &resolved, target, members, &path),
            (op, Some(value)) => self.push(op, target, Some(value), resolved.leaf(), &path),
        }
    }

    /// An object for a single complex value. Its nulls become removals of their own.
    fn complex(
        &mut self,
        op: EditOp,
        resolved: &Resolved<'a>,
        target: Target,
        mut members: Map<String, Value>,
        path: &str,
    ) -> Result<(), ScimError> {
        let cleared: Vec<String> =
            members.iter().filter(|(_, value)| value.is_null()).map(|(name, _)| name.clone()).collect();
        members.retain(|_, value| !value.is_null());
        if !members.is_empty() {
            self.push(op, target.clone(), Some(Value::Object(members)), resolved.leaf(), path)?;
        }
        if op == EditOp::Replace && resolved.sub.is_none() {
            for name in cleared {
                let Some(sub) = resolved.attribute.sub_attribute(&name) else { continue };
                let target = Target { sub: Some(name), ..target.clone() };
                self.push(EditOp::Remove, target, None, sub, &format!("{path}.{}", sub.name))?;
            }
        }
        Ok(())
    }

    /// The value of an addition or replacement, made canonical.
    fn cast(
        &mut self,
        resolved: &Resolved<'_>,
        selects: bool,
        value: Value,
        path: &str,
    ) -> Result<Option<Value>, ScimError> {
        let mut caster = Caster::new(self.profile);
        let cast = match resolved.sub {
            Some(sub) => caster.cast(sub, value, path),
            None if selects => {
                let value = match value {
                    Value::Array(mut items) if items.len() == 1 && self.profile.array_for_single => {
                        items.pop().unwrap_or_default()
                    }
                    value => value,
                };
                caster.element(resolved.attribute, value, path, Nulls::Drop)
            }
            None => caster.cast(resolved.attribute, value, path),
        }?;
        let unknown = caster.unknown;
        unknown.iter().try_for_each(|path| self.no_such(path, ScimError::invalid_value))?;
        Ok(cast)
    }

    /// What a removal lists: only with a whole multi-valued attribute as target. RFC 7644
    /// has no value there; a profile without the quirk refuses it, as to ignore the list
    /// would remove far more than was asked for. An empty list takes nothing away, whatever
    /// the profile.
    fn listed(
        &mut self,
        resolved: &Resolved<'_>,
        filter: Option<&Filter>,
        value: Option<Value>,
        path: &str,
    ) -> Result<Option<Value>, ScimError> {
        let is_whole_list = filter.is_none() && resolved.sub.is_none() && resolved.attribute.multi_valued;
        match value {
            None | Some(Value::Null) => Ok(None),
            Some(_) if !is_whole_list => Ok(None),
            // All that is listed says nothing: to take that for "everything" would be a disaster.
            Some(value) if is_unassigned(&value) => Ok(Some(Value::Array(Vec::new()))),
            Some(_) if !self.profile.remove_by_value => {
                Err(ScimError::invalid_value(format!("'remove' of '{path}' takes no 'value'.")))
            }
            Some(value) => match self.cast(resolved, false, value, path)? {
                Some(list @ Value::Array(_)) => Ok(Some(list)),
                _ => Err(ScimError::invalid_value(format!("The values of '{path}' to remove are not recognisable."))),
            },
        }
    }

    fn push(
        &mut self,
        op: EditOp,
        target: Target,
        value: Option<Value>,
        leaf: &Attribute,
        path: &str,
    ) -> Result<(), ScimError> {
        let edit = Edit { op, target, value };
        let nothing_listed = edit.value.as_ref().is_some_and(|value| value.as_array().is_some_and(Vec::is_empty));
        if nothing_listed {
            return Ok(());
        }
        let takes_away = edit.clears(leaf) || edit.op == EditOp::Remove && edit.target.sub.is_some();
        if takes_away && leaf.required {
            return Err(ScimError::mutability(format!("'{path}' is required and cannot be removed.")));
        }
        if self.patch.edits.len() >= self.max_operations {
            let most = self.max_operations;
            let detail = format!("A PATCH can change at most {most} attributes, each counted as often as it is named.");
            return Err(ScimError::too_large(detail));
        }
        self.values += edit.value.as_ref().and_then(Value::as_array).map_or(0, Vec::len);
        if self.values > MAX_VALUES {
            return Err(too_many_values(path));
        }
        self.patch.edits.push(edit);
        Ok(())
    }
}

fn is_read_only(resolved: &Resolved<'_>) -> bool {
    resolved.attribute.mutability == Mutability::ReadOnly || resolved.leaf().mutability == Mutability::ReadOnly
}
