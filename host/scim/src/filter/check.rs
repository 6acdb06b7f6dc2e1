//! Filters against schemas: names made canonical, literals made of the attribute's type.

use super::scope::Scope;
use crate::{
    AttrPath, Attribute, CompareOp, CompareValue, Filter, Mutability, Profile, Resolved, Returned, SchemaSet,
    ScimError, Type,
    value::{boolean, bytes, instant},
};

impl Filter {
    /// The same filter in the schema's terms: canonical paths, literals of the attribute's
    /// type, `members eq "x"` as `members.value eq "x"`. Unknown attributes and operators
    /// that do not fit the type are `invalidFilter` (RFC 7644 table 3).
    pub fn typed(&self, schemas: &SchemaSet, profile: &Profile) -> Result<Self, ScimError> {
        typed(self, Scope::Resource(schemas), profile)
    }
}

/// As [`Filter::typed`], for a filter inside the brackets behind `attribute`.
pub(crate) fn typed_element(filter: &Filter, attribute: &Attribute, profile: &Profile) -> Result<Filter, ScimError> {
    typed(filter, Scope::Element(attribute), profile)
}

fn typed(filter: &Filter, scope: Scope<'_>, profile: &Profile) -> Result<Filter, ScimError> {
    let all = |parts: &[Filter]| parts.iter().map(|part| typed(part, scope, profile)).collect::<Result<_, _>>();
    Ok(match filter {
        Filter::And(parts) => Filter::And(all(parts)?),
        Filter::Or(parts) => Filter::Or(all(parts)?),
        Filter::Not(inner) => Filter::Not(Box::new(typed(inner, scope, profile)?)),
        Filter::Present(path) => Filter::Present(scope.path(&resolve(path, scope)?)),
        Filter::Compare { path, op, value } => compare(path, *op, value, scope, profile)?,
        Filter::ValuePath { path, filter } => {
            let resolved = resolve(path, scope)?;
            let leaf = resolved.leaf();
            if !leaf.is_complex() && !leaf.multi_valued {
                return Err(ScimError::invalid_filter(format!("'{path}' has no values to choose from with '[…]'.")));
            }
            let inner = typed(filter, Scope::Element(leaf), profile)?;
            Filter::ValuePath { path: scope.path(&resolved), filter: Box::new(inner) }
        }
    })
}

fn resolve<'a>(path: &AttrPath, scope: Scope<'a>) -> Result<Resolved<'a>, ScimError> {
    let unknown = || ScimError::invalid_filter(format!("There is no attribute '{path}'."));
    let resolved = scope.resolve(path).ok_or_else(unknown)?;
    let leaf = resolved.leaf();
    // A password that filters can compare is a password that clients can guess.
    if leaf.returned == Returned::Never || leaf.mutability == Mutability::WriteOnly {
        return Err(ScimError::invalid_filter(format!("'{path}' cannot be used in a filter.")));
    }
    Ok(resolved)
}

fn compare(
    path: &AttrPath,
    op: CompareOp,
    value: &CompareValue,
    scope: Scope<'_>,
    profile: &Profile,
) -> Result<Filter, ScimError> {
    let mut resolved = resolve(path, scope)?;
    if *value == CompareValue::Null {
        return match op {
            CompareOp::Eq | CompareOp::Ne => Ok(Filter::compare(scope.path(&resolved), op, CompareValue::Null)),
            _ => Err(ScimError::invalid_filter(format!("null can be compared with eq and ne, not with {op}."))),
        };
    }
    if resolved.leaf().is_complex() {
        // RFC 7643 section 2.4: `value` is what a value of a complex attribute stands for.
        match resolved.attribute.sub_attribute("value") {
            Some(sub) if resolved.sub.is_none() => resolved.sub = Some(sub),
            _ => {
                let text = format!("'{path}' is complex; compare one of its sub-attributes.");
                return Err(ScimError::invalid_filter(text));
            }
        }
    }
    let leaf = resolved.leaf();
    if !fits(op, leaf.kind) {
        let text = format!("The operator {op} does not fit '{path}', which is {}.", kind_name(leaf.kind));
        return Err(ScimError::invalid_filter(text));
    }
    let Some(value) = literal(value, leaf.kind, profile) else {
        let text = format!("'{path}' is {} and cannot be compared with {value}.", kind_name(leaf.kind));
        return Err(ScimError::invalid_filter(text));
    };
    Ok(Filter::compare(scope.path(&resolved), op, value))
}

fn fits(op: CompareOp, kind: Type) -> bool {
    match kind {
        Type::String | Type::Reference => true,
        Type::Integer | Type::Decimal | Type::DateTime => !op.is_substring(),
        Type::Boolean | Type::Binary | Type::Complex => matches!(op, CompareOp::Eq | CompareOp::Ne),
    }
}

fn literal(value: &CompareValue, kind: Type, profile: &Profile) -> Option<CompareValue> {
    let bare_words = profile.scalars_as_strings || profile.unquoted_filter_values;
    match (kind, value) {
        (Type::String | Type::Reference, CompareValue::String(_)) => Some(value.clone()),
        (Type::String | Type::Reference, CompareValue::Number(number)) if bare_words => {
            Some(CompareValue::String(number.clone()))
        }
        (Type::String, CompareValue::Bool(value)) if bare_words => Some(CompareValue::String(value.to_string())),
        (Type::Boolean, CompareValue::Bool(_)) => Some(value.clone()),
        (Type::Boolean, CompareValue::String(text)) if profile.boolean_strings => boolean(text).map(CompareValue::Bool),
        (Type::Integer | Type::Decimal, CompareValue::Number(_)) => Some(value.clone()),
        (Type::Integer | Type::Decimal, CompareValue::String(text)) if profile.number_strings => {
            let number = super::parse::is_json_number(text.trim());
            number.then(|| CompareValue::Number(text.trim().to_owned()))
        }
        (Type::DateTime, CompareValue::String(text)) => instant(text).map(|_| value.clone()),
        (Type::Binary, CompareValue::String(text)) => bytes(text).map(|_| value.clone()),
        _ => None,
    }
}

fn kind_name(kind: Type) -> &'static str {
    match kind {
        Type::String => "a string",
        Type::Boolean => "a boolean",
        Type::Decimal => "a decimal",
        Type::Integer => "an integer",
        Type::DateTime => "a dateTime",
        Type::Binary => "binary",
        Type::Reference => "a reference",
        Type::Complex => "complex",
    }
}
