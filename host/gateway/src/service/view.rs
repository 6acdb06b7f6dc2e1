//! Objects as GET shows them, for those who did not ask with a GET.

use patchbay_contract::Object;
use patchbay_scim::Projection;
use serde_json::{Map, Value as Json};

use super::Service;
use crate::render::Columns;

/// What a GET without parameters shows.
#[derive(Debug)]
pub(crate) struct View<'a> {
    service: Service<'a>,
    projection: Projection,
    columns: Columns,
}

impl<'a> Service<'a> {
    /// What a GET without parameters shows.
    pub(crate) fn view(self) -> View<'a> {
        let projection = Projection::all();
        let columns = Columns::of(self.resource, |mapped| self.wants(&projection, mapped));
        View { service: self, projection, columns }
    }
}

impl View<'_> {
    /// Native attributes to read, in the order of the cells.
    pub(crate) fn names(&self) -> &[String] {
        &self.columns.names
    }

    /// An object that was read with them.
    pub(crate) fn show(&self, object: &Object) -> Map<String, Json> {
        let mut body = self.service.renderer(&self.columns).resource(object);
        self.projection.apply(&mut body, &self.service.resource.accepted);
        body
    }
}
