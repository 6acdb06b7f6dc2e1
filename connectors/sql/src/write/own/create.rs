//! `create` with own statements.

use patchbay_connector::sql::{self, Row};
use patchbay_connector::{Attribute as Given, Error, ErrorKind, Fault, ObjectId, WriteResult};

use super::lists::List;
use super::{change, set, unsupported};
use crate::custom::{self, Environment};
use crate::database::Database;
use crate::fault::About;
use crate::plan::statement::{Custom, Own};
use crate::plan::{Attribute, Class, Multi, Shape, Source};
use crate::write::assign::Assignments;
use crate::write::rows::{self, Edit, Place};
use crate::write::transaction::{self, Abort};
use crate::write::{Target, create as generated, writable};

/// What is left to do once the object is there.
#[derive(Default)]
struct Later<'a> {
    attributes: Vec<(&'a Attribute, &'a Own, Assignments<'a>)>,
    children: Vec<(&'a Attribute, &'a Multi, Vec<Row>)>,
    lists: Vec<(List<'a>, Vec<Row>)>,
}

/// Makes an object with the attributes given: by its own statements, else by an INSERT; then
/// what attributes have statements of their own for.
pub(in crate::write) fn create(
    db: &mut impl Database,
    class: &Class,
    custom: &Custom,
    given: &[Given],
) -> Result<WriteResult, Error> {
    writable(class)?;
    if custom.create.is_none() && !custom.generated {
        return Err(unsupported());
    }
    let mut row = Assignments::default();
    let mut later = Later::default();
    for Given { name, values } in given.iter().filter(|given| !given.values.is_empty()) {
        let attribute = generated::creatable(class, name)?;
        let own = custom.own(name);
        match (&attribute.source, own) {
            (Source::Multi(multi), own) => match List::of(class, attribute, multi, own) {
                Some(list) => later.lists.push((list, list.rows(values)?)),
                None => later.children.push((attribute, multi, rows::to_create(attribute, multi, values)?)),
            },
            (_, Some(own)) if !custom.created.contains(name) => {
                let mut alone = Assignments::default();
                alone.set(attribute, values)?;
                later.attributes.push((attribute, own, alone));
            }
            _ => row.set(attribute, values)?,
        }
    }
    generated::complete(class, given)?;

    transaction::run(db, |db| {
        let row = row.resolve(db, class)?;
        let mut environment = Environment::default();
        change(&mut environment, &row);
        let key = match &custom.create {
            Some(steps) => {
                let about = About { class, multi: None, written: &row.attributes };
                custom::steps(db, about, steps, &mut environment)?;
                known_key(class, &environment)?
            }
            None => generated::row(db, class, &row)?,
        };
        let uid = generated::uid(class, &key)?;
        environment.key(class, &key);
        for (attribute, multi, values) in &later.children {
            let place = Place { class, attribute, multi, key: &key };
            // The statements may have made rows, too.
            match (custom.create.is_some(), multi.shape) {
                (made, Shape::List) => place.insert(db, values.clone(), !made)?,
                (false, _) => place.insert(db, values.clone(), true)?,
                (true, Shape::Flag(_)) => place.apply(db, &Edit::Add(values.clone()))?,
                (true, Shape::One) => {
                    for row in values {
                        place.apply(db, &Edit::Only(row.clone()))?;
                    }
                }
            }
        }
        for (list, values) in &later.lists {
            match custom.create.is_some() {
                true => list.apply(db, &mut environment, &key, &Edit::Add(values.clone()))?,
                false => list.add(db, &mut environment, values.clone())?,
            }
        }
        for (attribute, own, alone) in &later.attributes {
            change(&mut environment, &alone.resolve(db, class)?);
            set(db, class, attribute, own, &mut environment)?;
        }
        let revision = Target { class, key, version: None }.revision(db)?;
        Ok(WriteResult { id: ObjectId { uid, revision }, side_effects: Vec::new() })
    })
}

/// The key of the new object: what the statements gave back, else what they were given.
fn known_key(class: &Class, environment: &Environment) -> Result<Row, Abort> {
    let known = |name: &str| {
        let value = environment.given(name).or_else(|| environment.now(name));
        value.filter(|value| **value != sql::Value::Null).cloned()
    };
    class
        .key
        .iter()
        .map(|part| {
            known(&part.name).ok_or_else(|| {
                let message =
                    format!("the statements of `create` do not give `{}`, the key of the new object", part.name);
                Error::fault(ErrorKind::Configuration, message).into()
            })
        })
        .collect()
}
