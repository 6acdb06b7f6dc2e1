//! What reads and writes carry.

use patchbay_contract as contract;

use super::{all, filter, wit};
use crate::bindings::exports::patchbay::connector::{reader, sync, writer};

impl From<wit::ObjectId> for contract::ObjectId {
    fn from(id: wit::ObjectId) -> Self {
        Self { uid: id.uid, revision: id.revision }
    }
}

impl From<wit::Object> for contract::Object {
    fn from(object: wit::Object) -> Self {
        Self { id: object.id.into(), cells: object.cells.into_iter().map(all).collect() }
    }
}

impl From<contract::Query> for reader::Query {
    fn from(query: contract::Query) -> Self {
        Self {
            class: query.class,
            filter: query.filter.as_ref().filter(|filter| !filter.is_empty()).map(filter::nodes),
            attributes: query.attributes,
            order: all(query.order),
            page_size: query.page_size,
            offset: query.offset,
            continuation: query.continuation,
            want_total: query.want_total,
        }
    }
}

impl From<contract::Order> for reader::Order {
    fn from(order: contract::Order) -> Self {
        Self { attribute: order.attribute, descending: order.descending }
    }
}

impl From<reader::Page> for contract::Page {
    fn from(page: reader::Page) -> Self {
        Self {
            objects: all(page.objects),
            precision: match page.precision {
                reader::Precision::Exact => contract::Precision::Exact,
                reader::Precision::Superset => contract::Precision::Superset,
            },
            next: page.next,
            total: page.total,
        }
    }
}

impl From<writer::WriteResult> for contract::WriteResult {
    fn from(result: writer::WriteResult) -> Self {
        Self { id: result.id.into(), side_effects: all(result.side_effects) }
    }
}

impl From<sync::SyncPage> for contract::ChangePage {
    fn from(page: sync::SyncPage) -> Self {
        Self { changes: all(page.changes), token: page.token, more: page.more, live: page.live }
    }
}

impl From<sync::Change> for contract::ObjectChange {
    fn from(change: sync::Change) -> Self {
        match change {
            sync::Change::Upsert(object) => Self::Upsert(object.into()),
            sync::Change::Delete(id) => Self::Delete(id.into()),
        }
    }
}
