//! Writes of classes with statements of the administrator's own. What has none is written
//! by generated statements, in the same transaction.

mod create;
mod delete;
mod lists;
mod update;

pub(super) use create::create;
pub(super) use delete::delete;
pub(super) use update::update;

use patchbay_connector::{Error, ErrorKind, Fault, sql};

use super::Target;
use super::assign::{Assignments, Set};
use super::transaction::Abort;
use crate::custom::{self, Environment};
use crate::database::Database;
use crate::fault::{self, About};
use crate::plan::statement::{Custom, Own, Param, Step};
use crate::plan::{Attribute, Class};
use crate::{read, value};

/// The statements of a class, where some of them write or there is no table.
pub(super) fn of(class: &Class) -> Option<&Custom> {
    class.custom.as_deref().filter(|custom| {
        custom.declared
            || custom.create.is_some()
            || custom.update.is_some()
            || custom.delete.is_some()
            || !custom.attributes.is_empty()
    })
}

/// There is neither a statement for it nor a table.
fn unsupported() -> Error {
    Error::fault(ErrorKind::Unsupported, "the target has no statement for this")
}

/// Columns that parameters of these steps need to be known.
fn needed<'a>(class: &'a Class, steps: impl IntoIterator<Item = &'a Step>) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    for param in steps.into_iter().flat_map(Step::params) {
        if let Param::Now(name) | Param::Old(name) = param
            && !class.key.iter().any(|part| part.name == *name)
            && !names.contains(&name.as_str())
        {
            names.push(name);
        }
    }
    names
}

/// Locks the object, where it has a table, makes sure that it is there and at the version
/// asked for, and reads what is `needed` of it.
fn meet(db: &mut impl Database, target: &Target<'_>, custom: &Custom, needed: &[&str]) -> Result<Environment, Abort> {
    let mut environment = Environment::default();
    environment.key(target.class, &target.key);
    if !custom.declared && !target.check_content(db)? {
        target.lock(db)?;
    }
    if custom.declared || !needed.is_empty() {
        let row = read::columns(db, target.class, &target.key, needed)?.ok_or_else(fault::not_found)?;
        for (name, value) in needed.iter().zip(row) {
            environment.hold(name, value);
        }
    }
    Ok(environment)
}

/// Puts what columns are set to into the environment.
fn change(environment: &mut Environment, set: &Assignments<'_>) {
    for (column, set) in &set.columns {
        let value = match set {
            Set::To(value) => value.clone(),
            Set::Without(removed) => {
                let held = environment.now(&column.name).cloned().unwrap_or(sql::Value::Null);
                let fold = |value: Option<patchbay_connector::Value>| match value {
                    Some(patchbay_connector::Value::Text(text)) if !column.case_exact => {
                        Some(patchbay_connector::Value::Text(text.to_lowercase()))
                    }
                    value => value,
                };
                let now = value::from_sql(column, held.clone()).ok().flatten();
                if now.is_some() && fold(now) == fold(Some(removed.clone())) { sql::Value::Null } else { held }
            }
        };
        environment.change(&column.name, value);
    }
}

/// Runs the statements of an attribute, whose columns are set in the environment.
fn set(
    db: &mut impl Database,
    class: &Class,
    attribute: &Attribute,
    own: &Own,
    environment: &mut Environment,
) -> Result<(), Abort> {
    environment.value = attribute
        .own_columns()
        .iter()
        .map(|column| environment.now(&column.name).cloned().unwrap_or(sql::Value::Null))
        .collect();
    let steps = match own {
        Own::Set(steps) => steps,
        Own::Switch { enable, disable } => match environment.value.first() {
            Some(sql::Value::Boolean(true) | sql::Value::Integer(1)) => enable,
            Some(sql::Value::Boolean(false) | sql::Value::Integer(0)) => disable,
            _ => return Err(fault::invalid(&attribute.name, "must be true or false").into()),
        },
        Own::Values { .. } => return Err(fault::broken("a list is not set at once").into()),
    };
    let about = About { class, multi: None, written: &[attribute] };
    custom::steps(db, about, steps, environment)?;
    Ok(())
}
