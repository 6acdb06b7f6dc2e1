//! What a connector says of its target.

use patchbay_contract as contract;

use super::all;
use crate::bindings::exports::patchbay::connector::schema;

impl From<schema::ValueType> for contract::ValueType {
    fn from(kind: schema::ValueType) -> Self {
        match kind {
            schema::ValueType::Text => Self::Text,
            schema::ValueType::Boolean => Self::Boolean,
            schema::ValueType::Integer => Self::Integer,
            schema::ValueType::Decimal => Self::Decimal,
            schema::ValueType::Timestamp => Self::Timestamp,
            schema::ValueType::Binary => Self::Binary,
            schema::ValueType::Reference => Self::Reference,
            schema::ValueType::Json => Self::Json,
        }
    }
}

impl From<schema::AttributeTraits> for contract::AttributeTraits {
    fn from(traits: schema::AttributeTraits) -> Self {
        use schema::AttributeTraits as T;
        Self {
            required: traits.contains(T::REQUIRED),
            multi_valued: traits.contains(T::MULTI_VALUED),
            case_exact: traits.contains(T::CASE_EXACT),
            unique: traits.contains(T::UNIQUE),
            creatable: traits.contains(T::CREATABLE),
            updatable: traits.contains(T::UPDATABLE),
            readable: traits.contains(T::READABLE),
            key: traits.contains(T::KEY),
            expensive: traits.contains(T::EXPENSIVE),
            sortable: traits.contains(T::SORTABLE),
            never_absent: traits.contains(T::NEVER_ABSENT),
            secret: traits.contains(T::SECRET),
        }
    }
}

impl From<schema::Operations> for contract::Operations {
    fn from(operations: schema::Operations) -> Self {
        use schema::Operations as O;
        Self {
            get: operations.contains(O::GET),
            search: operations.contains(O::SEARCH),
            create: operations.contains(O::CREATE),
            update: operations.contains(O::UPDATE),
            delete: operations.contains(O::DELETE),
            sync: operations.contains(O::SYNC),
            authenticate: operations.contains(O::AUTHENTICATE),
            set_password: operations.contains(O::SET_PASSWORD),
            versions: operations.contains(O::VERSIONS),
        }
    }
}

impl From<schema::AttributeInfo> for contract::AttributeInfo {
    fn from(info: schema::AttributeInfo) -> Self {
        Self {
            name: info.name,
            native_name: info.native_name,
            kind: info.kind.into(),
            traits: info.traits.into(),
            filterable: all(info.filterable),
            target: info.target,
            description: info.description,
        }
    }
}

impl From<schema::ObjectClass> for contract::ObjectClass {
    fn from(class: schema::ObjectClass) -> Self {
        Self {
            name: class.name,
            native_name: class.native_name,
            update_mode: match class.update_mode {
                schema::UpdateMode::Delta => contract::UpdateMode::Delta,
                schema::UpdateMode::ReplaceAttribute => contract::UpdateMode::ReplaceAttribute,
                schema::UpdateMode::ReplaceObject => contract::UpdateMode::ReplaceObject,
            },
            name_attribute: class.name_attribute,
            key: class.key,
            operations: class.operations.into(),
            attributes: all(class.attributes),
            max_page_size: class.max_page_size,
        }
    }
}
