//! `PATCH` (RFC 7644 section 3.5.2): operations to deltas.
//!
//! Attributes that are cheap to read are read, changed in memory by the operations in
//! their order, and compared: what differs is written, so that a PATCH that changes
//! nothing writes nothing, and one that changes one attribute touches no other. The
//! members of a big group are never read for it: their operations become additions
//! and removals as they stand.

use std::collections::HashSet;

use patchbay_contract::{Change, Delta};
use patchbay_scim::patch::{MAX_OPERATIONS, apply};
use patchbay_scim::{CompareOp, CompareValue, Edit, EditOp, Filter, Patch, ScimError, Target};
use serde_json::Value as Json;

use super::precondition::Precondition;
use super::{Answer, Service};
use crate::mapping::Mapped;
use crate::message::{Audit, Response};
use crate::password::Passwords;
use crate::render::{Columns, etag};
use crate::spread::{diff, is_lost, natives, spread, value_of};

impl Service<'_> {
    /// Applies the operations of the body, all or none.
    pub(crate) async fn patch(&self, id: &str, audit: &mut Audit) -> Answer {
        let projection = self.projection()?;
        let precondition = self.precondition()?;
        let body = self.request.body.clone().ok_or_else(|| ScimError::invalid_syntax("the request has no body"))?;
        let patch = Patch::parse(body, &self.resource.accepted, self.profile, MAX_OPERATIONS)?;
        let mut edits: Vec<(&Mapped, Edit)> = Vec::with_capacity(patch.edits.len());
        let mut passwords = Passwords::default();
        for mut edit in patch.edits {
            if let Some(mapped) = self.mapped(&edit)?
                && !passwords.edit(self.resource, mapped, &mut edit)?
            {
                self.references().identify_edit(mapped, &mut edit)?;
                edits.push((mapped, edit));
            }
        }
        // Edits of one attribute keep their order, so one that has to know the values
        // makes all of them wait for the reading.
        let asks: Vec<&Mapped> =
            edits.iter().filter(|(mapped, edit)| !mapped.expensive || !is_set_change(edit)).map(|(m, _)| *m).collect();
        let (read, unread): (Vec<_>, Vec<_>) =
            edits.into_iter().partition(|(mapped, _)| asks.iter().any(|asking| std::ptr::eq(*asking, *mapped)));
        let (mut deltas, seen) = self.changed_in_memory(id, &read, &precondition).await?;
        for (mapped, edit) in &unread {
            deltas.extend(self.set_change(mapped, edit)?);
        }
        let demand = match &seen {
            Some(seen) => seen.demand.clone(),
            // Nothing was read and nothing will be written, so nobody has said yet that
            // it exists, and in which version.
            None if deltas.is_empty() && passwords.is_empty() => self.demand_read(id, &precondition).await?,
            None => self.demand(id, &precondition).await?,
        };
        let revision = self.update(id, demand.as_deref(), merge(deltas), passwords, audit).await?;
        if self.resource.has_expensive() && !self.asks_for_attributes() {
            let revision = revision.or(seen.and_then(|seen| seen.revision));
            let headers = revision.map(|r| ("etag", etag(&r))).into_iter().collect();
            return Ok(Response { status: 204, headers, ..Response::default() });
        }
        self.answer_changed(id, revision.as_deref(), &projection, audit).await
    }

    /// The mapped attribute of this name.
    fn target(&self, target: &Target) -> Option<&Mapped> {
        self.resource.find(Some(&target.schema), &target.attribute)
    }

    /// The mapped attribute an edit is about; none for one that the profile leaves out.
    fn mapped(&self, edit: &Edit) -> Result<Option<&Mapped>, ScimError> {
        let target = &edit.target;
        let mapped = self.target(target);
        let lacks = |mapped: &Mapped| {
            target
                .sub
                .as_ref()
                .is_some_and(|sub| mapped.definition.is_complex() && mapped.definition.sub_attribute(sub).is_none())
        };
        match mapped {
            Some(mapped) if mapped.never_absent && edit.op == EditOp::Remove => {
                let path = target.path(&self.resource.accepted);
                Err(ScimError::mutability(format!("'{path}' is required and cannot be removed.")))
            }
            Some(mapped) if !lacks(mapped) => Ok(Some(mapped)),
            // A sub-attribute that is not mapped goes the way of an attribute: left out, where
            // that is what the client is used to, else refused rather than lost.
            Some(_) if edit.op == EditOp::Remove || self.profile.ignore_unmapped_attributes => Ok(None),
            Some(_) => {
                let path = target.path(&self.resource.accepted);
                Err(ScimError::invalid_path(format!("{path}: the sub-attribute is not mapped")))
            }
            // What is not mapped has no value: to remove it, alone or with its whole
            // schema, is no change.
            None if self.profile.ignore_unmapped_attributes || edit.op == EditOp::Remove => Ok(None),
            None => {
                let path = target.path(&self.resource.accepted);
                Err(ScimError::invalid_path(format!("{path}: the attribute is not mapped")))
            }
        }
    }

    /// Reads the attributes concerned, applies the edits, and compares.
    /// Also returns what was read, if anything was.
    async fn changed_in_memory(
        &self,
        id: &str,
        edits: &[(&Mapped, Edit)],
        precondition: &Precondition,
    ) -> Result<(Vec<Delta>, Option<Seen>), ScimError> {
        if edits.is_empty() {
            return Ok((Vec::new(), None));
        }
        let concerned = |m: &Mapped| edits.iter().any(|(mapped, _)| std::ptr::eq(*mapped, m));
        let columns = Columns::of(self.resource, concerned);
        let object = self
            .connector
            .get(&self.context(), &self.resource.class, id, &columns.names)
            .await
            .map_err(|e| self.error(e))?;
        let revision = object.id.revision.clone();
        let demand = precondition.check(revision.as_deref())?.map(str::to_owned);
        let seen = Some(Seen { revision, demand });
        let mut renderer = self.renderer(&columns);
        renderer.ecma2host = true;
        let before = renderer.resource(&object);
        let mut after = before.clone();
        let edits_only: Vec<Edit> = edits.iter().map(|(_, edit)| edit.clone()).collect();
        let lost = |target: &Target, element: &Json, sub: &str, value: Option<&Json>| {
            self.target(target).is_some_and(|mapped| is_lost(mapped, element, sub, value))
        };
        if !apply(&mut after, &edits_only, &self.resource.accepted, self.profile, &lost)? {
            return Ok((Vec::new(), seen));
        }
        let mut deltas = Vec::new();
        for mapped in self.resource.attributes.iter().filter(|m| concerned(m)) {
            deltas.extend(diff(
                self.resource,
                mapped,
                value_of(&before, mapped),
                value_of(&after, mapped),
                self.profile,
            )?);
        }
        Ok((deltas, seen))
    }

    /// An edit of an attribute that is not read, as deltas.
    fn set_change(&self, mapped: &Mapped, edit: &Edit) -> Result<Vec<Delta>, ScimError> {
        let named;
        let value = match (&edit.value, &edit.target.filter) {
            (None, Some(filter)) => {
                named = named_values(filter).map(elements);
                named.as_ref()
            }
            (value, _) => value.as_ref(),
        };
        if edit.op == EditOp::Replace {
            return self.replace_unread(mapped, value);
        }
        let mut deltas = Vec::new();
        for (leaf, values) in spread(mapped, value, self.profile)? {
            let Some((info, values)) = natives(self.resource, leaf, &values)?.filter(|_| leaf.writable) else {
                continue;
            };
            let change = match edit.op {
                EditOp::Remove if value.is_none() => Change::Clear,
                _ if values.is_empty() => continue,
                EditOp::Remove => Change::Remove(values),
                EditOp::Add | EditOp::Replace => Change::Add(values),
            };
            deltas.push(Delta { attribute: info.name.clone(), change });
        }
        Ok(deltas)
    }
}

/// What a reading showed of the resource's version.
#[derive(Debug)]
struct Seen {
    /// The version there is.
    revision: Option<String>,
    /// The version that the write has to demand.
    demand: Option<String>,
}

/// Whether the edit can be made without knowing the values: additions, replacements and
/// removals of whole values, or of those a filter names one by one.
fn is_set_change(edit: &Edit) -> bool {
    edit.target.sub.is_none()
        && match &edit.target.filter {
            None => true,
            Some(filter) => edit.op == EditOp::Remove && named_values(filter).is_some(),
        }
}

/// The values that `value eq "a" or value eq "b"` names.
fn named_values(filter: &Filter) -> Option<Vec<&str>> {
    match filter {
        Filter::Compare { path, op: CompareOp::Eq, value: CompareValue::String(text) } if path.is("value") => {
            Some(vec![text])
        }
        Filter::Or(parts) => Some(parts.iter().map(named_values).collect::<Option<Vec<_>>>()?.concat()),
        _ => None,
    }
}

fn elements(values: Vec<&str>) -> Json {
    values.into_iter().map(|v| serde_json::json!({ "value": v })).collect()
}

/// Joins neighbours that say the same of the same attribute: clients send one operation
/// per member, and the target should get them together, each once.
fn merge(deltas: Vec<Delta>) -> Vec<Delta> {
    let mut merged: Vec<Delta> = Vec::with_capacity(deltas.len());
    for Delta { attribute, change } in deltas {
        match (merged.last_mut().filter(|last| last.attribute == attribute).map(|last| &mut last.change), change) {
            (Some(Change::Add(all)), Change::Add(more)) | (Some(Change::Remove(all)), Change::Remove(more)) => {
                all.extend(more);
            }
            (_, change) => merged.push(Delta { attribute, change }),
        }
    }
    for delta in &mut merged {
        if let Change::Add(values) | Change::Remove(values) = &mut delta.change {
            let mut seen = HashSet::with_capacity(values.len());
            values.retain(|value| seen.insert(value.clone()));
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use patchbay_contract::Value;

    use super::*;

    fn delta(change: Change) -> Delta {
        Delta { attribute: "members".into(), change }
    }

    fn refs(ids: &[&str]) -> Vec<Value> {
        ids.iter().map(|id| Value::Reference((*id).into())).collect()
    }

    #[test]
    fn neighbours_merge_and_order_is_kept() {
        let merged = merge(vec![
            delta(Change::Add(refs(&["1"]))),
            delta(Change::Add(refs(&["2", "1"]))),
            delta(Change::Remove(refs(&["1"]))),
            delta(Change::Add(refs(&["3"]))),
        ]);
        assert_eq!(
            merged,
            vec![
                delta(Change::Add(refs(&["1", "2"]))),
                delta(Change::Remove(refs(&["1"]))),
                delta(Change::Add(refs(&["3"]))),
            ]
        );
    }
}
