//! Classes as the contract describes them.

use patchbay_connector::{AttributeInfo, AttributeTraits, ObjectClass, Operations, UpdateMode, ValueType};

use crate::plan::{Attribute, Class, Source, Version};
use crate::read;

/// The description of a class.
pub fn class(class: &Class) -> ObjectClass {
    let mut operations = Operations::GET | Operations::SEARCH;
    for (operation, holds) in [
        (Operations::CREATE, !class.read_only && class.naming.is_some()),
        (Operations::UPDATE, !class.read_only),
        (Operations::DELETE, !class.read_only),
        (Operations::SYNC, class.feed.is_some()),
        (Operations::VERSIONS, class.version != Version::None),
    ] {
        if holds {
            operations = operations | operation;
        }
    }
    ObjectClass {
        name: class.own.class.clone(),
        native_name: class.object_classes.last().cloned(),
        update_mode: UpdateMode::Delta,
        name_attribute: class.name_attribute.clone(),
        key: vec![class.own.id.attribute.clone()],
        operations,
        attributes: class.attributes.iter().map(|attribute| info(class, attribute)).collect(),
        max_page_size: read::MAX_PAGE,
    }
}

fn info(class: &Class, attribute: &Attribute) -> AttributeInfo {
    let (kind, target) = match &attribute.source {
        Source::Active => (ValueType::Boolean, None),
        Source::Dn | Source::Password => (ValueType::Text, None),
        Source::Value => (attribute.syntax.value_type(), None),
        Source::Reference(link) | Source::Urls(link) => {
            let mut targets = link.targets.iter();
            let first = targets.next().map(|target| target.class.clone());
            // Of several classes nobody can tell which one a value is of.
            (ValueType::Reference, first.filter(|_| targets.next().is_none()))
        }
        Source::Groups(groups) => (ValueType::Reference, Some(groups.target.class.clone())),
    };
    let mut traits = AttributeTraits::empty();
    for (flag, holds) in [
        (AttributeTraits::READABLE, attribute.readable),
        (AttributeTraits::REQUIRED, attribute.required),
        (AttributeTraits::MULTI_VALUED, attribute.multi),
        (AttributeTraits::CASE_EXACT, attribute.case_exact),
        (AttributeTraits::UNIQUE, attribute.unique),
        (AttributeTraits::CREATABLE, attribute.creatable),
        (AttributeTraits::UPDATABLE, attribute.updatable),
        (AttributeTraits::KEY, is_key(class, attribute)),
        (AttributeTraits::EXPENSIVE, attribute.expensive),
        (AttributeTraits::SORTABLE, attribute.sort.is_some()),
        (AttributeTraits::NEVER_ABSENT, matches!(attribute.source, Source::Active)),
        (AttributeTraits::SECRET, matches!(attribute.source, Source::Password)),
    ] {
        if holds {
            traits = traits | flag;
        }
    }
    AttributeInfo {
        name: attribute.name.clone(),
        native_name: (!attribute.native.is_empty()).then(|| attribute.native.clone()),
        kind,
        traits,
        filterable: if attribute.readable { attribute.evaluated() } else { Vec::new() },
        target,
        description: None,
    }
}

fn is_key(class: &Class, attribute: &Attribute) -> bool {
    matches!(attribute.source, Source::Value) && attribute.is_kept_in(&class.own.id.attribute)
}
