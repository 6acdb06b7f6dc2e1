//! A query that was understood, explained.

use patchbay_scim::ScimError;

use super::{Search, Service};
use crate::explain::{Explanation, HostCheck, Reading, ResultOrder};
use crate::plan::{holes, readable};

impl Service<'_> {
    /// What becomes of the query.
    ///
    /// # Errors
    /// None that understanding it did not have.
    pub(crate) fn explain(&self, search: &Search<'_>) -> Result<Explanation, ScimError> {
        let plan = &search.plan;
        let reading = match () {
            () if search.probe => Reading::Test,
            () if plan.nothing => Reading::Nobody,
            () if plan.residual || search.sorting.native().is_none() => Reading::Host,
            () => Reading::Target,
        };
        let holes = match &search.filter {
            Some(filter) if plan.residual => holes(self.resource, &self.request.base_url, filter)?,
            _ => Vec::new(),
        };
        let host_checks = holes.into_iter().map(|hole| HostCheck {
            condition: hole.condition.to_string(),
            attribute: hole.path.to_string(),
            reasons: hole.reasons,
        });
        let query = search.query;
        let understood = search.filter.as_ref().map(ToString::to_string);
        Ok(Explanation {
            resource_type: self.resource.name.clone(),
            class: self.resource.class.clone(),
            filter: understood.or_else(|| query.filter.clone()),
            target_filter: plan.pushed.as_ref().map(readable),
            target_nodes: plan.pushed.as_ref().map_or(0, |filter| filter.nodes().len()),
            host_checks: host_checks.collect(),
            reading,
            order: ResultOrder::of(&search.sorting, query.sort_by.as_deref(), query.sort_order, plan.residual),
            start_index: query.start_index,
            count: self.page_size(query),
        })
    }
}
