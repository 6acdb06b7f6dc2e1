//! Classes as the contract describes them.

use patchbay_connector::{AttributeInfo, AttributeTraits, Comparator, ObjectClass, Operations, UpdateMode, ValueType};

use crate::plan::statement::Custom;
use crate::plan::{Attribute, Class, Column, Source, Values, Versions};
use crate::read;
use crate::{condition, custom};

/// All comparators.
const ALL: [Comparator; 9] = [
    Comparator::Equal,
    Comparator::NotEqual,
    Comparator::Contains,
    Comparator::StartsWith,
    Comparator::EndsWith,
    Comparator::Greater,
    Comparator::GreaterOrEqual,
    Comparator::Less,
    Comparator::LessOrEqual,
];

/// The description of a class.
pub fn class(class: &Class) -> ObjectClass {
    let mut operations = Operations::GET | Operations::SEARCH;
    if !class.read_only {
        // What there is neither a statement nor a table for is not announced.
        let custom = class.custom.as_deref();
        let has = |own: fn(&Custom) -> bool| custom.is_none_or(|custom| custom.generated || own(custom));
        for (operation, holds) in [
            (Operations::CREATE, has(|custom| custom.create.is_some())),
            (Operations::UPDATE, has(|_| false) || class.attributes.iter().any(|attribute| attribute.updatable)),
            (Operations::DELETE, has(|custom| custom.delete.is_some())),
        ] {
            if holds {
                operations = operations | operation;
            }
        }
    }
    if class.versions != Versions::None {
        operations = operations | Operations::VERSIONS;
    }
    if class.feed.is_some() {
        operations = operations | Operations::SYNC;
    }
    ObjectClass {
        name: class.name.clone(),
        native_name: Some(class.table.join(".")),
        update_mode: UpdateMode::Delta,
        name_attribute: class.name_attribute.clone(),
        key: class.key.iter().map(|part| part.name.clone()).collect(),
        operations,
        attributes: class.attributes.iter().map(|attribute| info(class, attribute)).collect(),
        max_page_size: read::MAX_PAGE,
    }
}

fn info(class: &Class, attribute: &Attribute) -> AttributeInfo {
    // A procedure gives its rows as it likes; what cannot be read cannot be asked for either.
    let reads = class.reads(&attribute.name);
    let asks = reads && custom::reader(class, false).is_none();
    let table = class.table.join(".");
    let qualified = |table: &str, columns: &[Column]| {
        columns.iter().map(|column| format!("{table}.{}", column.name)).collect::<Vec<_>>().join(", ")
    };
    let (kind, native, filterable, target, sortable, case_exact) = match &attribute.source {
        Source::Column(column) => (
            column.kind.value_type(),
            qualified(&table, std::slice::from_ref(column)),
            filterable(column),
            None,
            read::sortable(column),
            column.case_exact,
        ),
        Source::Lookup(lookup) => (
            lookup.value.kind.value_type(),
            qualified(&lookup.table.join("."), std::slice::from_ref(&lookup.value)),
            filterable(&lookup.value),
            None,
            false,
            lookup.value.case_exact,
        ),
        Source::Reference(to) => {
            let native = qualified(&table, &to.columns);
            (ValueType::Reference, native, equality(), Some(to.class.clone()), false, true)
        }
        Source::Multi(multi) => {
            let native = qualified(&multi.table.join("."), multi.value.columns());
            match &multi.value {
                Values::Scalar(column) => {
                    (column.kind.value_type(), native, filterable(column), None, false, column.case_exact)
                }
                Values::Reference(to) => {
                    (ValueType::Reference, native, equality(), Some(to.class.clone()), false, true)
                }
                Values::Presence => (ValueType::Boolean, multi.table.join("."), equality(), None, false, true),
            }
        }
    };
    let mut traits = AttributeTraits::empty();
    for (flag, holds) in [
        (AttributeTraits::READABLE, reads),
        (AttributeTraits::REQUIRED, attribute.required),
        (AttributeTraits::MULTI_VALUED, attribute.is_multi_valued()),
        (AttributeTraits::CASE_EXACT, case_exact),
        (AttributeTraits::UNIQUE, attribute.unique),
        (AttributeTraits::CREATABLE, attribute.creatable),
        (AttributeTraits::UPDATABLE, attribute.updatable),
        (AttributeTraits::KEY, attribute.key),
        (AttributeTraits::EXPENSIVE, attribute.expensive),
        (AttributeTraits::SORTABLE, sortable && asks),
        (AttributeTraits::NEVER_ABSENT, attribute.is_never_absent()),
    ] {
        if holds {
            traits = traits | flag;
        }
    }
    AttributeInfo {
        name: attribute.name.clone(),
        native_name: Some(native),
        kind,
        traits,
        filterable: if asks { filterable } else { Vec::new() },
        target,
        description: None,
    }
}

fn filterable(column: &Column) -> Vec<Comparator> {
    ALL.into_iter().filter(|operator| condition::applicable(column, *operator)).collect()
}

fn equality() -> Vec<Comparator> {
    vec![Comparator::Equal, Comparator::NotEqual]
}
