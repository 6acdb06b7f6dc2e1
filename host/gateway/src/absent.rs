//! A filter over several resource types on one of them: an attribute that the type does
//! not have is one without a value (RFC 7644 section 3.4.2.1).

use patchbay_scim::{AttrPath, CompareOp, CompareValue, Filter};

/// What remains of a filter.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Remains {
    /// Every resource meets it.
    All,
    /// No resource meets it.
    None,
    /// This is left to evaluate.
    Some(Filter),
}

/// Decides the conditions on attributes that are not `known`.
pub(crate) fn without_absent(filter: Filter, known: &impl Fn(&AttrPath) -> bool) -> Remains {
    match filter {
        Filter::And(parts) => gather(parts, known, Remains::None, Remains::All, Filter::and),
        Filter::Or(parts) => gather(parts, known, Remains::All, Remains::None, Filter::or),
        Filter::Not(inner) => match without_absent(*inner, known) {
            Remains::All => Remains::None,
            Remains::None => Remains::All,
            Remains::Some(inner) => Remains::Some(Filter::Not(Box::new(inner))),
        },
        Filter::Present(path) | Filter::ValuePath { path, .. } if !known(&path) => Remains::None,
        Filter::Compare { path, op, value } if !known(&path) => match (op, value == CompareValue::Null) {
            (CompareOp::Eq, true) | (CompareOp::Ne, false) => Remains::All,
            _ => Remains::None,
        },
        filter => Remains::Some(filter),
    }
}

fn gather(
    parts: Vec<Filter>,
    known: &impl Fn(&AttrPath) -> bool,
    absorbing: Remains,
    neutral: Remains,
    join: fn(Vec<Filter>) -> Filter,
) -> Remains {
    let mut kept = Vec::with_capacity(parts.len());
    for part in parts {
        match without_absent(part, known) {
            Remains::Some(filter) => kept.push(filter),
            decided if decided == absorbing => return absorbing,
            _ => {}
        }
    }
    if kept.is_empty() { neutral } else { Remains::Some(join(kept)) }
}

/// The first attribute of a filter that is not `known`.
pub(crate) fn first_unknown<'f>(filter: &'f Filter, known: &impl Fn(&AttrPath) -> bool) -> Option<&'f AttrPath> {
    match filter {
        Filter::And(parts) | Filter::Or(parts) => parts.iter().find_map(|part| first_unknown(part, known)),
        Filter::Not(inner) => first_unknown(inner, known),
        Filter::Present(path) | Filter::Compare { path, .. } | Filter::ValuePath { path, .. } => {
            (!known(path)).then_some(path)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use patchbay_scim::{ParseOptions, SchemaUrns};

    /// With `a` known and `x` not.
    #[track_caller]
    fn check(filter: &str, expected: &str) {
        let urns = SchemaUrns::default();
        let filter = Filter::parse(filter, &ParseOptions::strict(&urns)).unwrap();
        let remains = match without_absent(filter.clone(), &|path| path.name == "a") {
            Remains::All => "all".to_owned(),
            Remains::None => "none".to_owned(),
            Remains::Some(filter) => filter.to_string(),
        };
        assert_eq!(remains, expected, "{filter}");
    }

    #[test]
    fn what_is_not_there_has_no_value() {
        check("x pr", "none");
        check("x eq 1", "none");
        check("x eq null", "all");
        check("x ne 1", "all");
        check("x ne null", "none");
        check("x[y eq 1]", "none");
        check("not (x pr)", "all");
        check("x pr or a pr", "a pr");
        check("x pr and a pr", "none");
        check("x ne 1 and a pr and a eq 2", "a pr and a eq 2");
        check("not (x pr and a pr) or a pr", "all");
        check("not (x pr or a pr)", "not (a pr)");
    }
}
