//! Classes and attributes, put together by hand.

use patchbay_contract::{AttributeInfo, AttributeTraits, Comparator, ObjectClass, Operations, UpdateMode, ValueType};

/// A readable, writable, sortable attribute whose values the target compares itself, as
/// far as their type has an order or parts.
pub fn attribute(name: &str, kind: ValueType) -> AttributeInfo {
    use Comparator::{Contains, EndsWith, Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual, StartsWith};
    let filterable = match kind {
        ValueType::Text => {
            vec![Equal, NotEqual, Contains, StartsWith, EndsWith, Greater, GreaterOrEqual, Less, LessOrEqual]
        }
        ValueType::Integer | ValueType::Decimal | ValueType::Timestamp => {
            vec![Equal, NotEqual, Greater, GreaterOrEqual, Less, LessOrEqual]
        }
        ValueType::Boolean | ValueType::Reference | ValueType::Binary => vec![Equal, NotEqual],
        ValueType::Json => Vec::new(),
    };
    AttributeInfo {
        name: name.to_owned(),
        native_name: None,
        kind,
        traits: AttributeTraits {
            creatable: true,
            updatable: true,
            readable: true,
            sortable: true,
            ..AttributeTraits::default()
        },
        filterable,
        target: None,
        description: None,
    }
}

/// A text attribute that does not tell upper from lower case.
pub fn text(name: &str) -> AttributeInfo {
    attribute(name, ValueType::Text)
}

/// The same attribute with any number of values.
pub fn many(mut info: AttributeInfo) -> AttributeInfo {
    info.traits.multi_valued = true;
    info.traits.sortable = false;
    info
}

/// A reference to an object of `class`.
pub fn reference(name: &str, class: &str) -> AttributeInfo {
    let mut info = attribute(name, ValueType::Reference);
    info.traits.case_exact = true;
    info.traits.sortable = false;
    info.target = Some(class.to_owned());
    info
}

/// A class that can do everything.
pub fn class(name: &str, attributes: Vec<AttributeInfo>) -> ObjectClass {
    let operations =
        Operations { get: true, search: true, create: true, update: true, delete: true, ..Operations::default() };
    ObjectClass {
        name: name.to_owned(),
        native_name: None,
        update_mode: UpdateMode::Delta,
        name_attribute: None,
        key: vec!["id".to_owned()],
        operations,
        attributes,
        max_page_size: 1000,
    }
}
