//! Objects while they are put together from several statements.

use patchbay_connector::sql::{self, Row};
use patchbay_connector::{Cell, Object};

use crate::content::Content;

/// Objects of a page, in order.
#[derive(Debug, Default)]
pub(super) struct Drafts {
    drafts: Vec<Draft>,
    keys: Vec<Row>,
}

/// One of them.
#[derive(Debug)]
pub(super) struct Draft {
    /// What there is of it.
    pub(super) object: Object,
    /// Its version so far, where that comes from the content.
    pub(super) content: Option<Content>,
}

impl Draft {
    /// Takes in the columns of an attribute, at `place` of its class where it counts for
    /// the version.
    pub(super) fn note(&mut self, place: Option<usize>, columns: &[sql::Value]) {
        if let (Some(content), Some(place)) = (&mut self.content, place) {
            content.add(place, columns);
        }
    }

    /// The values of the attribute at `index` of those asked for.
    pub(super) fn cell(&mut self, index: Option<usize>) -> Option<&mut Cell> {
        self.object.cells.get_mut(index?)
    }
}

impl Drafts {
    pub(super) fn push(&mut self, draft: Draft, key: Row) {
        self.drafts.push(draft);
        self.keys.push(key);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.drafts.is_empty()
    }

    /// Keys as they are stored, in order.
    pub(super) fn keys(&self) -> &[Row] {
        &self.keys
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Draft> {
        self.drafts.iter_mut()
    }

    pub(super) fn get_mut(&mut self, place: usize) -> Option<&mut Draft> {
        self.drafts.get_mut(place)
    }

    /// The objects, complete.
    pub(super) fn finish(self) -> Vec<Object> {
        let finish = |Draft { mut object, content }: Draft| {
            if let Some(content) = content {
                object.id.revision = Some(content.revision());
            }
            object
        };
        self.drafts.into_iter().map(finish).collect()
    }
}
