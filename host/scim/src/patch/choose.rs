//! Which values of a list a value path means. A list need not keep all that a path asks
//! for: behind `roles` there may be names and nothing else, while a client speaks of
//! `roles[primary eq true]`. A value that does not show `primary` is then neither the
//! primary one nor another one, as far as anybody can tell.

use serde_json::{Map, Value};

use super::Target;
use crate::{Attribute, CompareOp, CompareValue, Filter, ScimError, filter::matches_element, resource::get_ci};

/// What is lost where a resource is written to: whether this value of the target's
/// attribute, as it is shown, may have been given with a sub-attribute that it does not
/// show, of this value or, without one, of any.
pub type Lost<'a> = dyn Fn(&Target, &Value, &str, Option<&Value>) -> bool + 'a;

/// How well a value meets a filter, the better the earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Meets {
    Yes,
    /// As far as it shows. The rest is a label that nobody keeps: a type, or that it is
    /// the primary one. A value that is alone is the one that the label is for.
    ButForLabels,
    /// It depends on what nobody keeps.
    Unknown,
    No,
}

/// The values that a filter means.
#[derive(Debug)]
pub(super) struct Choice {
    /// Where they are in the list, in its order.
    pub(super) selected: Vec<usize>,
    /// What the filter says of them and they do not show.
    pub(super) labels: Map<String, Value>,
}

/// The values of `list` that `filter` means; all without one.
///
/// # Errors
/// noTarget naming a sub-attribute that is not kept, where the values cannot be told apart
/// without it.
pub(super) fn choose(
    list: &[Value],
    attribute: &Attribute,
    target: &Target,
    filter: Option<&Filter>,
    lost: &Lost<'_>,
) -> Result<Choice, ScimError> {
    let mut chooser = Chooser { attribute, target, lost, first_lost: None };
    let met: Vec<Meets> =
        list.iter().map(|element| filter.map_or(Meets::Yes, |filter| chooser.meets(filter, element))).collect();
    let all = |wanted: Meets| -> Vec<usize> {
        met.iter().enumerate().filter(|(_, meets)| **meets == wanted).map(|(at, _)| at).collect()
    };
    let (selected, labelled) = (all(Meets::Yes), all(Meets::ButForLabels));
    if met.contains(&Meets::Unknown) || selected.is_empty() && labelled.len() > 1 {
        let sub = chooser.first_lost.unwrap_or_default();
        let name = &attribute.name;
        return Err(ScimError::no_target(format!(
            "'{name}.{sub}' is not kept, so nothing tells which of the values of '{name}' the filter selects."
        )));
    }
    if !selected.is_empty() || labelled.is_empty() {
        return Ok(Choice { selected, labels: Map::new() });
    }
    Ok(Choice { selected: labelled, labels: filter.and_then(described_by).unwrap_or_default() })
}

struct Chooser<'a> {
    attribute: &'a Attribute,
    target: &'a Target,
    lost: &'a Lost<'a>,
    /// The first sub-attribute that was asked for and is not kept.
    first_lost: Option<String>,
}

impl Chooser<'_> {
    fn meets(&mut self, filter: &Filter, element: &Value) -> Meets {
        match filter {
            Filter::And(parts) => parts.iter().map(|part| self.meets(part, element)).max().unwrap_or(Meets::Yes),
            Filter::Or(parts) => match parts.iter().map(|part| self.meets(part, element)).min() {
                Some(Meets::ButForLabels) => Meets::Unknown,
                best => best.unwrap_or(Meets::No),
            },
            Filter::Not(inner) => match self.meets(inner, element) {
                Meets::Yes => Meets::No,
                Meets::No => Meets::Yes,
                Meets::ButForLabels | Meets::Unknown => Meets::Unknown,
            },
            Filter::Compare { path, op: CompareOp::Eq, value } if *value != CompareValue::Null => {
                match value_of(value).filter(|value| self.is_lost(element, &path.name, Some(value))) {
                    Some(value) if path.name == "type" || path.name == "primary" && value == Value::Bool(true) => {
                        Meets::ButForLabels
                    }
                    Some(_) => Meets::Unknown,
                    None => self.shown(filter, element),
                }
            }
            Filter::Compare { path, .. } | Filter::Present(path) | Filter::ValuePath { path, .. } => {
                if self.is_lost(element, &path.name, None) { Meets::Unknown } else { self.shown(filter, element) }
            }
        }
    }

    fn shown(&self, filter: &Filter, element: &Value) -> Meets {
        if matches_element(filter, self.attribute, element) { Meets::Yes } else { Meets::No }
    }

    fn is_lost(&mut self, element: &Value, sub: &str, value: Option<&Value>) -> bool {
        let shows = element.as_object().is_none_or(|object| get_ci(object, sub).is_some_and(|shown| !shown.is_null()));
        let is_lost = !shows && (self.lost)(self.target, element, sub, value);
        if is_lost && self.first_lost.is_none() {
            self.first_lost = Some(sub.to_owned());
        }
        is_lost
    }
}

/// The sub-attributes that a value must have to meet a filter made of `eq` and `and`;
/// none for any other filter.
pub(super) fn described_by(filter: &Filter) -> Option<Map<String, Value>> {
    match filter {
        Filter::And(parts) => {
            let mut all = Map::new();
            for part in parts {
                all.extend(described_by(part)?);
            }
            Some(all)
        }
        Filter::Compare { value: CompareValue::Null, path, op: CompareOp::Eq } if path.sub.is_none() => {
            Some(Map::new())
        }
        Filter::Compare { path, op: CompareOp::Eq, value } if path.sub.is_none() => {
            Some(Map::from_iter([(path.name.clone(), value_of(value)?)]))
        }
        _ => None,
    }
}

/// A literal as a value; none for a number that JSON does not have.
fn value_of(literal: &CompareValue) -> Option<Value> {
    Some(match literal {
        CompareValue::String(text) => Value::from(text.as_str()),
        CompareValue::Bool(value) => Value::from(*value),
        CompareValue::Number(number) => Value::Number(serde_json::from_str(number).ok()?),
        CompareValue::Null => Value::Null,
    })
}
