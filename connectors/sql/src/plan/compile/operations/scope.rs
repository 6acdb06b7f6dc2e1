//! Which parameters a statement has.

use crate::plan::statement::Param;
use crate::plan::{Attribute, Column, Kind, Native, Source};

/// Where a statement stands, which decides what is known there.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place<'a> {
    /// It reads all objects.
    Nothing,
    /// It reads one object.
    Key,
    /// It makes an object.
    New,
    /// It changes an object.
    Changed,
    /// It does something else to an object.
    Object,
    /// The same with one value, in these columns.
    Value(&'a [Column]),
}

/// Names and what they stand for.
pub(super) struct Scope<'a> {
    pub(super) attributes: &'a [Attribute],
    pub(super) key: &'a [Column],
    pub(super) write_only: &'a [String],
    pub(super) place: Place<'a>,
    /// What earlier steps gave.
    pub(super) outputs: Vec<String>,
}

impl Scope<'_> {
    /// What a parameter stands for; or what is wrong with it, to follow its name.
    pub(super) fn param(&self, name: &str) -> Result<Param, String> {
        let canonical = self.canonical(name);
        if self.outputs.contains(&canonical) {
            return Ok(Param::Output(canonical));
        }
        if let Place::Value(columns) = self.place {
            match (name.strip_prefix("value"), columns) {
                (Some(""), [_]) => return Ok(Param::Value(0)),
                (Some(""), _) => {
                    return Err(format!("has several columns: name one, as in `value.{}`", first(columns)));
                }
                (Some(rest), _) if rest.starts_with('.') => {
                    let column = rest.get(1..).unwrap_or_default();
                    let place = columns.iter().position(|own| own.name == column);
                    return place.map(Param::Value).ok_or_else(|| "is no column of the value".to_owned());
                }
                _ => {}
            }
        }
        if let Place::Changed = self.place {
            if let Some(name) = name.strip_prefix("old.") {
                return self.column(name).map(Param::Old);
            }
            if let Some(name) = name.strip_prefix("changed.") {
                let columns = self.columns(name).ok_or("is about no attribute")?;
                return Ok(Param::Changed(columns.iter().map(|column| column.name.clone()).collect()));
            }
        }
        let column = self.column(name)?;
        let in_key = self.key.iter().any(|part| part.name == column);
        match self.place {
            Place::Nothing => Err("is not known where all objects are read".to_owned()),
            Place::Key if !in_key => Err("is not part of the key, and nothing else is known here".to_owned()),
            Place::New if !self.creatable(&column) => Err("is not known when an object is made".to_owned()),
            _ => Ok(Param::Now(column)),
        }
    }

    /// The name under which an output is kept: its column's, where it is an attribute.
    pub(super) fn canonical(&self, name: &str) -> String {
        match self.columns(name) {
            Some([column]) => column.name.clone(),
            _ => name.to_owned(),
        }
    }

    /// The type of an attribute, where the name is one.
    pub(super) fn native(&self, name: &str) -> Option<Native> {
        match self.columns(name) {
            Some([column]) => Some(column.native),
            _ => None,
        }
    }

    /// The one column behind a name.
    fn column(&self, name: &str) -> Result<String, String> {
        let attribute = self.attributes.iter().find(|attribute| attribute.name == name);
        if let Some(Attribute { source: Source::Multi(_), .. }) = attribute {
            return Err("is a list, which changes by `add` and `remove`".to_owned());
        }
        if self.write_only.iter().any(|known| known == name) && !matches!(self.place, Place::New) {
            return Err("cannot be read, and is not known here: it needs a statement in `set`".to_owned());
        }
        match self.columns(name) {
            Some([column]) => Ok(column.name.clone()),
            Some(columns) => Err(format!("has several columns: name one, such as `{}`", first(columns))),
            None => Err("is no attribute, no column and nothing that an earlier statement gave".to_owned()),
        }
    }

    /// Columns of an attribute, or the one column of this name.
    fn columns(&self, name: &str) -> Option<&[Column]> {
        let by_name = self.attributes.iter().find(|attribute| attribute.name == name);
        if let Some(attribute) = by_name.filter(|attribute| !attribute.own_columns().is_empty()) {
            return Some(attribute.own_columns());
        }
        let own = self.attributes.iter().flat_map(Attribute::own_columns).chain(self.key);
        own.into_iter().find(|column| column.name == name).map(std::slice::from_ref)
    }

    /// Whether an attribute that `create` takes sets this column.
    fn creatable(&self, column: &str) -> bool {
        self.attributes
            .iter()
            .any(|attribute| attribute.creatable && attribute.own_columns().iter().any(|own| own.name == column))
    }
}

fn first(columns: &[Column]) -> &str {
    columns.first().map_or("", |column| column.name.as_str())
}

/// What a database stores for a type of the contract.
pub(super) fn native(kind: Kind) -> Native {
    match kind {
        Kind::Text => Native::Text,
        Kind::Boolean => Native::Boolean,
        Kind::Integer => Native::Integer { bits: 64 },
        Kind::Decimal => Native::Decimal,
        Kind::Timestamp => Native::Timestamp,
        Kind::Binary => Native::Bytes,
        Kind::Json => Native::Json,
    }
}
