//! `POST`, `PUT` and `DELETE` (RFC 7644 sections 3.3, 3.5.1 and 3.6).

use patchbay_contract::{Attribute, Change, Delta, Error, ErrorKind, Value};
use patchbay_scim::{Mutability, Projection, ScimError, Type, resource};
use serde_json::{Map, Value as Json};

use super::{Answer, Service};
use crate::mapping::{Leaf, Mapped, Shape, Source};
use crate::message::{Audit, Effect, Response};
use crate::password::{Passwords, password_of};
use crate::render::{Columns, etag, is_ecma2host};
use crate::spread::{diff, is_named, natives, spread, value_of};

/// What a call that writes did.
fn effect<T>(outcome: &Result<T, Error>) -> Effect {
    match outcome {
        Ok(_) => Effect::Written,
        Err(error) if error.kind.leaves_doubt() => Effect::Unknown,
        Err(error) if error.kind == ErrorKind::Partial => Effect::Partly,
        Err(_) => Effect::Nothing,
    }
}

impl Service<'_> {
    /// Creates a resource from the body.
    pub(crate) async fn create(&self, audit: &mut Audit) -> Answer {
        let projection = self.projection()?;
        let mut body = self.body()?;
        let passwords = Passwords::take(self.resource, &mut body)?;
        let mut attributes = self.attributes(&body)?;
        self.check_required(&body, &attributes, &passwords)?;
        for Delta { attribute, change } in self.kept(passwords).await? {
            if let Change::Replace(values) = change {
                attributes.push(Attribute { name: attribute, values });
            }
        }
        let context = &self.context();
        let created = self.connector.create(context, &self.resource.class, attributes).await;
        audit.effect = effect(&created);
        let created = created.map_err(|e| self.error(e))?;
        audit.id = Some(created.id.uid.clone());
        let (body, revision) = self.fetch_new(&created.id, &projection).await?;
        let location = self.renderer(&Columns::of(self.resource, |_| false)).location(&created.id.uid);
        let mut headers = vec![("location", location)];
        headers.extend(revision.map(|r| ("etag", etag(&r))));
        Ok(Response { status: 201, headers, body: Some(Json::Object(body)), ..Response::default() })
    }

    /// Replaces a resource by the body: what the mapping does not cover is left alone,
    /// read-only attributes are ignored, absent ones lose their value. Absent members of
    /// a big group and absent booleans stay as they are: the one is costly to mistake,
    /// the other has no "no value". So does what an object can never be without.
    pub(crate) async fn replace(&self, id: &str, audit: &mut Audit) -> Answer {
        let projection = self.projection()?;
        let precondition = self.precondition()?;
        let mut body = self.body()?;
        let passwords = Passwords::take(self.resource, &mut body)?;
        if let Some(path) = resource::missing_required(&body, &self.resource.accepted) {
            return Err(required(&path.to_string()));
        }
        let stays =
            |m: &Mapped| !is_named(&body, m) && (m.expensive || m.never_absent || m.definition.kind == Type::Boolean);
        let touched: Vec<&Mapped> = self
            .resource
            .attributes
            .iter()
            .filter(|m| m.leaves().iter().any(|l| l.writable) && !stays(m) && password_of(m).is_none())
            .filter(|m| !is_ecma2host(m) || is_named(&body, m))
            .collect();
        let columns = Columns::of(self.resource, |m| touched.iter().any(|t| std::ptr::eq(*t, m)) && !m.expensive);
        let object = self
            .connector
            .get(&self.context(), &self.resource.class, id, &columns.names)
            .await
            .map_err(|e| self.error(e))?;
        let demand = precondition.check(object.id.revision.as_deref())?;
        let renderer = self.renderer(&columns);
        let mut deltas = Vec::new();
        for mapped in touched {
            let after = value_of(&body, mapped);
            if mapped.expensive {
                deltas.extend(self.replace_unread(mapped, after)?);
                continue;
            }
            let before = renderer.attribute(mapped, &object);
            if mapped.definition.mutability == Mutability::Immutable {
                match (&before, after) {
                    (_, None) => continue,
                    (Some(before), Some(after)) if before == after => continue,
                    (Some(_), Some(_)) => {
                        return Err(ScimError::mutability(format!("{}: cannot be changed", mapped.definition.name)));
                    }
                    (None, Some(_)) => {}
                }
            }
            let mut changes = diff(self.resource, mapped, before.as_ref(), after, self.profile)?;
            changes.retain(|delta| !self.is_unspoken(&body, mapped, delta));
            deltas.extend(changes);
        }
        let revision = self.update(id, demand, deltas, passwords, audit).await?;
        self.answer_changed(id, revision.as_deref(), &projection, audit).await
    }

    /// Whether a change clears a part of an attribute that an object always has, and the body
    /// does not ask for that: it says nothing of this part.
    fn is_unspoken(&self, body: &Map<String, Json>, mapped: &Mapped, delta: &Delta) -> bool {
        if delta.change != Change::Clear {
            return false;
        }
        let is_it = |leaf: &Leaf| match leaf.source {
            Source::Native(index) => self
                .resource
                .natives
                .get(index)
                .is_some_and(|info| info.name == delta.attribute && info.traits.never_absent),
            _ => false,
        };
        let given = value_of(body, mapped);
        match &mapped.shape {
            Shape::Complex(subs) => {
                let names = |sub: &str| given.is_some_and(|value| value.get(sub).is_some());
                subs.iter().any(|(sub, leaf)| is_it(leaf) && !names(sub))
                    && (given.is_some() || !is_named(body, mapped))
            }
            Shape::Elements(_) => {
                mapped.leaves().into_iter().any(is_it) && (given.is_some() || !is_named(body, mapped))
            }
            Shape::Scalar(_) | Shape::List(_) => false,
        }
    }

    /// Deletes a resource.
    pub(crate) async fn delete(&self, id: &str, audit: &mut Audit) -> Answer {
        let demand = self.demand(id, &self.precondition()?).await?;
        let context = &self.context();
        let deleted = self.connector.delete(context, &self.resource.class, id, demand.as_deref()).await;
        audit.effect = effect(&deleted);
        deleted.map_err(|e| self.error(e))?;
        Ok(Response { status: 204, ..Response::default() })
    }

    /// Writes deltas on the version `demand`, and returns the version that came of it;
    /// none write nothing. Passwords become what the target takes on the way.
    pub(super) async fn update(
        &self,
        id: &str,
        demand: Option<&str>,
        mut deltas: Vec<Delta>,
        passwords: Passwords,
        audit: &mut Audit,
    ) -> Result<Option<String>, ScimError> {
        deltas.extend(self.kept(passwords).await?);
        if deltas.is_empty() {
            return Ok(None);
        }
        let context = &self.context();
        let updated = self.connector.update(context, &self.resource.class, id, demand, deltas).await;
        audit.effect = effect(&updated);
        updated.map(|result| result.id.revision).map_err(|e| self.error(e))
    }

    /// All values of an attribute that is not read before it is written.
    pub(super) fn replace_unread(&self, mapped: &Mapped, after: Option<&Json>) -> Result<Vec<Delta>, ScimError> {
        let mut deltas = Vec::new();
        for (leaf, values) in spread(mapped, after, self.profile)? {
            if let Some((info, values)) = natives(self.resource, leaf, &values)?.filter(|_| leaf.writable) {
                let change = if values.is_empty() { Change::Clear } else { Change::Replace(values) };
                deltas.push(Delta { attribute: info.name.clone(), change });
            }
        }
        Ok(deltas)
    }

    /// The body in canonical form; what no schema knows is refused by name.
    fn body(&self) -> Result<Map<String, Json>, ScimError> {
        let body = self.request.body.clone().ok_or_else(|| ScimError::invalid_syntax("the request has no body"))?;
        let mut canonical = resource::canonicalise(body, &self.resource.accepted, self.profile)?;
        if let (Some(unknown), false) = (canonical.unknown.first(), self.profile.ignore_unknown_attributes) {
            return Err(ScimError::invalid_syntax(format!("{unknown}: no schema has this attribute")));
        }
        self.references().identify(&mut canonical.resource)?;
        Ok(canonical.resource)
    }

    /// The native attributes that a body gives.
    fn attributes(&self, body: &Map<String, Json>) -> Result<Vec<Attribute>, ScimError> {
        let mut attributes: Vec<Attribute> = Vec::new();
        for mapped in &self.resource.attributes {
            let Some(value) = value_of(body, mapped) else { continue };
            for (leaf, values) in spread(mapped, Some(value), self.profile)? {
                if !leaf.writable || values.is_empty() {
                    continue;
                }
                let Some((info, values)) = natives(self.resource, leaf, &values)? else { continue };
                match attributes.iter_mut().find(|a| a.name == info.name) {
                    None => attributes.push(Attribute { name: info.name.clone(), values }),
                    Some(same) if same.values == values => {}
                    Some(other) if info.traits.multi_valued => {
                        let new: Vec<Value> = values.into_iter().filter(|v| !other.values.contains(v)).collect();
                        other.values.extend(new);
                    }
                    Some(_) => {
                        let message = format!("{}: contradicts another attribute of the request", leaf.path);
                        return Err(ScimError::invalid_value(message));
                    }
                }
            }
        }
        Ok(attributes)
    }

    /// Required attributes may come under their SCIM name or in the ECMA host's block:
    /// what counts is that the native behind them is given.
    fn check_required(
        &self,
        body: &Map<String, Json>,
        attributes: &[Attribute],
        passwords: &Passwords,
    ) -> Result<(), ScimError> {
        for mapped in self.resource.attributes.iter().filter(|m| m.definition.required) {
            let named = value_of(body, mapped).is_some();
            let given =
                mapped.leaves().iter().any(|leaf| match leaf.source {
                    Source::Native(index) => self.resource.natives.get(index).is_some_and(|info| {
                        attributes.iter().any(|a| a.name == info.name) || passwords.has(&info.name)
                    }),
                    _ => false,
                });
            if !named && !given {
                let name = &mapped.definition.name;
                return Err(required(&mapped.urn.as_ref().map_or_else(|| name.clone(), |urn| format!("{urn}:{name}"))));
            }
        }
        Ok(())
    }

    /// The projection for an answer after a write.
    pub(super) fn asks_for_attributes(&self) -> bool {
        self.request.query.iter().any(|(k, _)| k.eq_ignore_ascii_case("attributes"))
    }

    /// The whole resource as an answer.
    pub(super) async fn answer(&self, id: &str, projection: &Projection) -> Answer {
        let (body, revision) = self.fetch(id, projection).await?;
        let headers = revision.map(|r| ("etag", etag(&r))).into_iter().collect();
        Ok(Response { status: 200, headers, body: Some(Json::Object(body)), ..Response::default() })
    }
}

fn required(path: &str) -> ScimError {
    ScimError::invalid_value(format!("{path}: the attribute is required"))
}

#[cfg(test)]
mod tests {
    use patchbay_contract::ErrorKind as Kind;

    use super::*;

    #[test]
    fn what_a_failed_write_did_is_on_record() {
        for (kind, expected) in [
            (Kind::PermissionDenied, Effect::Nothing),
            (Kind::Conflict, Effect::Nothing),
            (Kind::Timeout, Effect::Unknown),
            (Kind::Internal, Effect::Unknown),
            (Kind::Partial, Effect::Partly),
        ] {
            assert_eq!(effect(&Err::<(), _>(Error::new(kind, "x"))), expected, "{kind:?}");
        }
        assert_eq!(effect(&Ok(())), Effect::Written);
    }

    #[test]
    fn what_stands_of_a_write_is_told() {
        let error = Error::new(Kind::Partial, "the directory does not permit this; the password was set before");
        let told = crate::error::scim_error(error, |_| None);
        assert_eq!((told.status, told.scim_type), (500, None));
        assert!(told.detail.ends_with("the password was set before"), "{}", told.detail);
    }
}
