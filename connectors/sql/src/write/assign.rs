//! Attribute values to columns of the class's own row.

use patchbay_connector::sql::{self, Builder, Failure};
use patchbay_connector::{Change, Comparator, Error, ErrorKind, Fault, Value};

use super::lock;
use super::transaction::Abort;
use crate::condition;
use crate::database::Database;
use crate::plan::{Attribute, Class, Column, Lookup, Source};
use crate::{fault, key, value};

/// What a column is set to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Set {
    /// This value, or NULL.
    To(sql::Value),
    /// NULL if it holds this value, else what it holds.
    Without(Value),
}

/// Columns to set, each with its attribute; the last assignment of a column counts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Assignments<'a> {
    /// The assignments in order of first mention.
    pub(crate) columns: Vec<(&'a Column, Set)>,
    /// Their attributes.
    pub(crate) attributes: Vec<&'a Attribute>,
    /// Labels whose codes have to be looked up first.
    labels: Vec<(&'a Attribute, &'a Lookup, Label)>,
}

/// A label to look up.
#[derive(Debug, Clone)]
enum Label {
    /// Set the code of this label.
    Set(Value),
    /// Take the code away if it is this label's.
    Remove(Value),
}

impl<'a> Assignments<'a> {
    /// Sets a single-valued attribute to one value, or to none.
    pub(crate) fn set(&mut self, attribute: &'a Attribute, values: &[Value]) -> Result<(), Error> {
        let value = match values {
            [] => None,
            [value] => Some(value),
            _ => return Err(fault::invalid(&attribute.name, "takes a single value")),
        };
        if value.is_none() && attribute.own_columns().iter().any(|column| !column.nullable) {
            return Err(fault::invalid(&attribute.name, "must have a value"));
        }
        self.forget(attribute);
        match (&attribute.source, value) {
            (Source::Column(column), Some(value)) => {
                let stored =
                    value::to_store(column, value).map_err(|misfit| fault::misfit(&attribute.name, misfit, column))?;
                self.assign(attribute, column, Set::To(stored));
            }
            (Source::Reference(reference), Some(value)) => {
                let key = match value {
                    Value::Reference(uid) | Value::Text(uid) => key::decode(&reference.key, uid),
                    _ => None,
                };
                let key =
                    key.ok_or_else(|| fault::invalid(&attribute.name, "points at an object that does not exist"))?;
                for (column, part) in reference.columns.iter().zip(key) {
                    self.assign(attribute, column, Set::To(part));
                }
            }
            (Source::Lookup(lookup), Some(value)) => {
                self.labels.push((attribute, lookup, Label::Set(value.clone())));
                self.attributes.push(attribute);
            }
            (_, None) => {
                for column in attribute.own_columns() {
                    self.assign(attribute, column, Set::To(sql::Value::Null));
                }
            }
            (Source::Multi(_), Some(_)) => {
                return Err(fault::broken("a multi-valued attribute is no column"));
            }
        }
        Ok(())
    }

    /// Applies a change to a single-valued attribute.
    pub(crate) fn change(&mut self, attribute: &'a Attribute, change: &Change) -> Result<(), Error> {
        match change {
            Change::Replace(values) => self.set(attribute, values),
            Change::Add(values) if values.is_empty() => Ok(()),
            Change::Add(values) => self.set(attribute, values),
            Change::Clear => self.set(attribute, &[]),
            Change::Remove(values) => values.iter().try_for_each(|value| self.remove(attribute, value)),
        }
    }

    /// Takes one value away, if it is there.
    fn remove(&mut self, attribute: &'a Attribute, value: &Value) -> Result<(), Error> {
        match &attribute.source {
            Source::Column(column) => {
                if !condition::applicable(column, Comparator::Equal) {
                    let message = format!("a value of `{}` can only be replaced or cleared", attribute.name);
                    return Err(Error::fault(ErrorKind::InvalidValue, message).with_attribute(&attribute.name));
                }
                match self.columns.iter_mut().find(|(known, _)| known.name == column.name) {
                    // Set by an earlier change of this update: what it will hold is known.
                    Some((_, Set::To(stored))) => {
                        if value::to_compare(column, value).is_ok_and(|removed| removed == *stored) {
                            return self.set(attribute, &[]);
                        }
                    }
                    _ => self.assign(attribute, column, Set::Without(value.clone())),
                }
            }
            Source::Reference(reference) => {
                let key = match value {
                    Value::Reference(uid) | Value::Text(uid) => key::decode(&reference.key, uid),
                    _ => None,
                };
                // What cannot be a key is not there.
                let Some(key) = key else { return Ok(()) };
                if let ([column], [_]) = (reference.columns.as_slice(), key.as_slice()) {
                    let uid = crate::key::encode(&reference.key, &key).unwrap_or_default();
                    self.assign(attribute, column, Set::Without(Value::Text(uid)));
                } else {
                    let message = format!("a value of `{}` can only be replaced or cleared", attribute.name);
                    return Err(Error::fault(ErrorKind::InvalidValue, message).with_attribute(&attribute.name));
                }
            }
            Source::Lookup(lookup) => {
                self.labels.push((attribute, lookup, Label::Remove(value.clone())));
                self.attributes.push(attribute);
            }
            Source::Multi(_) => return Err(fault::broken("a multi-valued attribute is no column")),
        }
        Ok(())
    }

    /// Forgets a label that an earlier change of this update set.
    fn forget(&mut self, attribute: &Attribute) {
        self.labels.retain(|(known, _, _)| known.name != attribute.name);
    }

    /// Whether nothing is set.
    pub(crate) fn is_empty(&self) -> bool {
        self.columns.is_empty() && self.labels.is_empty()
    }

    fn assign(&mut self, attribute: &'a Attribute, column: &'a Column, set: Set) {
        match self.columns.iter_mut().find(|(known, _)| known.name == column.name) {
            Some((_, known)) => *known = set,
            None => self.columns.push((column, set)),
        }
        if !self.attributes.iter().any(|known| known.name == attribute.name) {
            self.attributes.push(attribute);
        }
    }

    /// Looks up the codes of labels. An unknown label is the client's mistake.
    pub(crate) fn resolve(&self, db: &mut impl Database, class: &Class) -> Result<Self, Abort> {
        let mut resolved = self.clone();
        for (attribute, lookup, label) in std::mem::take(&mut resolved.labels) {
            match label {
                Label::Set(label) => {
                    let code = match code(db, class, lookup, &label)? {
                        None if lookup.create => Some(add(db, class, attribute, lookup, &label)?),
                        known => known,
                    };
                    let code = code
                        .ok_or_else(|| fault::invalid(&attribute.name, "has a value that the target does not know"))?;
                    resolved.assign(attribute, &lookup.column, Set::To(code));
                }
                Label::Remove(label) => {
                    if let Some(code) = code(db, class, lookup, &label)? {
                        let uid = match code {
                            sql::Value::Integer(number) => Value::Integer(number),
                            sql::Value::Uuid((high, low)) => Value::Text(key::uuid_text(high, low)),
                            sql::Value::Text(text) | sql::Value::Decimal(text) | sql::Value::Other(text) => {
                                Value::Text(text)
                            }
                            _ => return Err(fault::unreadable(&attribute.name).into()),
                        };
                        resolved.assign(attribute, &lookup.column, Set::Without(uid));
                    }
                }
            }
        }
        Ok(resolved)
    }
}

/// The code of a label; none where it is unknown.
fn code(db: &mut impl Database, class: &Class, lookup: &Lookup, label: &Value) -> Result<Option<sql::Value>, Abort> {
    let mut sql = Builder::new();
    sql.text("SELECT ").ident([&lookup.key.name]).text(" FROM ").ident(lookup.table.iter().cloned()).text(" WHERE ");
    condition::compare(&mut sql, class.dialect, None, &lookup.value, Comparator::Equal, label, false);
    sql.text(" ORDER BY ").ident([&lookup.key.name]);
    first(db, sql)
}

/// The first value of the first row.
fn first(db: &mut impl Database, sql: Builder) -> Result<Option<sql::Value>, Abort> {
    let rows = db.query(sql.build(), 1).map_err(|error| Abort::new(&error, fault::plain(&error)))?;
    Ok(rows.into_iter().next().and_then(|row| row.into_iter().next()))
}

/// Adds a label and returns its code, which the database gives. Somebody else may have
/// added the same one meanwhile; then it is theirs that counts.
///
/// The database may take the label for another one that is there (`Sales` for `sales`), and then
/// never takes it. That is looked for first: a statement that fails ends the transaction on some.
fn add(
    db: &mut impl Database,
    class: &Class,
    attribute: &Attribute,
    lookup: &Lookup,
    label: &Value,
) -> Result<sql::Value, Abort> {
    let stored = value::to_store(&lookup.value, label)
        .map_err(|misfit| fault::misfit(&attribute.name, misfit, &lookup.value))?;
    if class.dialect.returns() && !lookup.leaves_out {
        // Two of us would only learn of each other when they commit.
        lock::hold(db, class.dialect, &lookup.table, &lookup.value.name)?;
        if let Some(code) = code(db, class, lookup, label)? {
            return Ok(code);
        }
    }
    let mut sql = Builder::new();
    sql.text("SELECT ").ident([&lookup.key.name]).text(" FROM ").ident(lookup.table.iter().cloned()).text(" WHERE ");
    condition::equal(&mut sql, class.dialect, None, &lookup.value, stored.clone());
    if first(db, sql)?.is_some() {
        return Err(fault::invalid(&attribute.name, "is another spelling of a value that the target has").into());
    }
    let mut sql = Builder::new();
    sql.text("INSERT INTO ").ident(lookup.table.iter().cloned()).text(" (").ident([&lookup.value.name]);
    sql.text(") VALUES (").param(stored).text(")");
    let inserted = if class.dialect.returns() {
        sql.text(if lookup.leaves_out { " ON CONFLICT DO NOTHING" } else { "" });
        sql.text(" RETURNING ").ident([&lookup.key.name]);
        db.query(sql.build(), 1)
    } else {
        db.execute(sql.build()).map(|_| Vec::new())
    };
    let rows = inserted.map_err(|mut error| {
        if error.failure == Failure::UniqueViolation {
            // Somebody added it after we looked: the next attempt finds it.
            error.failure = Failure::Serialization;
        }
        let fault = match error.failure {
            Failure::NotNullViolation | Failure::CheckViolation | Failure::InvalidParameter => {
                fault::invalid(&attribute.name, "has a value that the target does not take")
            }
            _ => fault::plain(&error),
        };
        Abort::new(&error, fault)
    })?;
    let code = match rows.into_iter().next().and_then(|row| row.into_iter().next()) {
        None => code(db, class, lookup, label)?,
        given => given,
    };
    code.ok_or_else(|| fault::invalid(&attribute.name, "has a value that the target did not take").into())
}
