//! Which columns answer the attributes asked for, and from rows to objects.

use patchbay_connector::log::{self, FieldValue, Level};
use patchbay_connector::sql::{self, Builder, Row};
use patchbay_connector::{Cell, Error, Fault, Object, ObjectId, Value};

use super::children::Child;
use super::draft::{Draft, Drafts};
use crate::condition::{self, OWN};
use crate::content::{self, Content};
use crate::plan::{Attribute, Class, Column, KeyPart, Lookup, Reference, Source, Versions};
use crate::{fault, key, value};

/// The columns of a SELECT: sort keys, key, version, then what the attributes need.
pub(crate) struct Projection<'a> {
    /// Those asked for in their order, then those that only count for the version.
    selected: Vec<Selected<'a>>,
    /// How many were asked for.
    asked: usize,
    key: Vec<KeyPart>,
    sort: Vec<&'a Column>,
}

/// An attribute that is read.
struct Selected<'a> {
    attribute: &'a Attribute,
    /// Where it stands among those asked for.
    index: Option<usize>,
    /// Where it stands in its class, if it counts for the version.
    place: Option<usize>,
}

impl<'a> Projection<'a> {
    /// Finds the attributes; an error where one does not exist. `sort` is read along.
    pub(crate) fn new(class: &'a Class, names: &[String], sort: Vec<&'a Column>) -> Result<Self, Error> {
        let by_content = class.versions == Versions::Content;
        let place = |attribute: &Attribute| {
            let place = class.attributes.iter().position(|other| std::ptr::eq(other, attribute));
            place.filter(|_| by_content && content::counts(attribute))
        };
        let mut selected = Vec::with_capacity(names.len());
        for (index, name) in names.iter().enumerate() {
            let attribute = class.attribute(name).ok_or_else(|| fault::no_attribute(name))?;
            if !class.reads(name) {
                continue;
            }
            selected.push(Selected { attribute, index: Some(index), place: place(attribute) });
        }
        if by_content {
            for (place, attribute) in class.attributes.iter().enumerate() {
                if content::counts(attribute) && class.reads(&attribute.name) && !names.contains(&attribute.name) {
                    selected.push(Selected { attribute, index: None, place: Some(place) });
                }
            }
        }
        Ok(Self { selected, asked: names.len(), key: class.key_parts(), sort })
    }

    /// `SELECT ... FROM table`, with only the tables that the attributes need; `from` writes
    /// where the objects are.
    pub(crate) fn select(
        &self,
        class: &Class,
        from: impl FnOnce(&mut Builder) -> Result<(), Error>,
    ) -> Result<Builder, Error> {
        let mut sql = Builder::new();
        let mut first = true;
        let mut comma = |sql: &mut Builder| {
            sql.text(if first { "SELECT " } else { ", " });
            first = false;
        };
        for column in &self.sort {
            comma(&mut sql);
            condition::sort_key(&mut sql, class.dialect, Some(OWN), column);
        }
        let version = class.version_column().map(|version| &version.column);
        for column in class.key.iter().chain(version) {
            comma(&mut sql);
            condition::column(&mut sql, Some(OWN), &column.name);
        }
        let mut joins = Vec::new();
        for Selected { attribute, .. } in &self.selected {
            match &attribute.source {
                Source::Column(column) => {
                    comma(&mut sql);
                    condition::column(&mut sql, Some(OWN), &column.name);
                }
                Source::Reference(reference) => {
                    for column in &reference.columns {
                        comma(&mut sql);
                        condition::column(&mut sql, Some(OWN), &column.name);
                    }
                }
                Source::Lookup(lookup) => {
                    comma(&mut sql);
                    let alias = format!("l{}", joins.len());
                    condition::column(&mut sql, Some(&alias), &lookup.value.name);
                    joins.push((alias, lookup));
                }
                Source::Multi(_) => {}
            }
        }
        from(&mut sql)?;
        for (alias, lookup) in joins {
            join(&mut sql, &alias, lookup);
        }
        Ok(sql)
    }

    /// Names of the columns of [`Self::select`], where nothing is sorted and all of them are the
    /// class's own.
    pub(super) fn columns(&self, class: &'a Class) -> Vec<&'a str> {
        let version = class.version_column().map(|version| &version.column);
        let selected = self.selected.iter().flat_map(|selected| selected.attribute.own_columns());
        class.key.iter().chain(version).chain(selected).map(|column| column.name.as_str()).collect()
    }

    /// The position of a row of [`Self::select`]: its sort keys and its key.
    pub(crate) fn position(&self, class: &Class, row: &Row) -> Result<Vec<sql::Value>, Error> {
        row.get(..self.sort.len() + class.key.len())
            .map(<[sql::Value]>::to_vec)
            .ok_or_else(|| fault::broken("a row has fewer columns than were selected"))
    }

    /// Attributes with values in other tables, which [`Self::select`] leaves out.
    pub(super) fn children(&self) -> Vec<Child<'a>> {
        let child = |selected: &Selected<'a>| match &selected.attribute.source {
            Source::Multi(multi) => {
                let Selected { attribute, index, place } = *selected;
                Some(Child { index, place, attribute, multi })
            }
            _ => None,
        };
        self.selected.iter().filter_map(child).collect()
    }

    /// Objects from rows of [`Self::select`], still without what is in other tables.
    pub(super) fn drafts(&self, class: &Class, rows: Vec<Row>) -> Result<Drafts, Error> {
        let mut drafts = Drafts::default();
        for row in rows {
            let mut values = row.into_iter();
            values.by_ref().take(self.sort.len()).for_each(drop);
            let key: Vec<sql::Value> = values.by_ref().take(class.key.len()).collect();
            let uid = key::encode(&self.key, &key).ok_or_else(|| fault::unreadable_key(class, &key))?;
            let revision = match class.version_column() {
                Some(_) => revision(values.next()),
                None => None,
            };
            let mut draft = Draft {
                object: Object { id: ObjectId { uid, revision }, cells: vec![Cell::new(); self.asked] },
                content: (class.versions == Versions::Content).then(Content::default),
            };
            for Selected { attribute, index, place } in &self.selected {
                let width = width(attribute);
                draft.note(*place, values.as_slice().get(..width).unwrap_or_default());
                if index.is_none() {
                    values.by_ref().take(width).for_each(drop);
                    continue;
                }
                let read = cell(attribute, &draft.object.id.uid, &mut values)?;
                if let Some(place) = draft.cell(*index) {
                    *place = read;
                }
            }
            drafts.push(draft, key);
        }
        Ok(drafts)
    }
}

/// How many columns of [`Projection::select`] an attribute takes.
fn width(attribute: &Attribute) -> usize {
    match &attribute.source {
        Source::Column(_) | Source::Lookup(_) => 1,
        Source::Reference(to) => to.columns.len(),
        Source::Multi(_) => 0,
    }
}

/// A version as text; none where it is NULL or not text-like.
pub(crate) fn revision(value: Option<sql::Value>) -> Option<String> {
    match value? {
        sql::Value::Integer(number) => Some(number.to_string()),
        sql::Value::Text(text)
        | sql::Value::Timestamp(text)
        | sql::Value::Decimal(text)
        | sql::Value::Date(text)
        | sql::Value::Other(text) => Some(text),
        sql::Value::Uuid((high, low)) => Some(key::uuid_text(high, low)),
        sql::Value::Bytes(bytes) => Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect()),
        _ => None,
    }
}

/// The values of an attribute of the object with this uid, from the columns that it selected.
fn cell(attribute: &Attribute, uid: &str, values: &mut impl Iterator<Item = sql::Value>) -> Result<Cell, Error> {
    let mut next = || values.next().ok_or_else(|| fault::broken("a row has fewer columns than were selected"));
    match &attribute.source {
        Source::Column(column) => Ok(scalar(attribute, uid, column, next()?)),
        Source::Lookup(lookup) => Ok(scalar(attribute, uid, &lookup.value, next()?)),
        Source::Reference(to) => {
            let key = to.columns.iter().map(|_| next()).collect::<Result<Vec<_>, Error>>()?;
            reference(attribute, uid, to, &key)
        }
        Source::Multi(_) => Ok(Cell::new()),
    }
}

/// A cell with one value or none, of the object with this uid. What cannot be read counts as
/// none, and the log tells where it is: one bad value, a date of zeros, must not keep an object
/// from being found and disabled, nor a page from being read.
pub(crate) fn scalar(attribute: &Attribute, uid: &str, column: &Column, stored: sql::Value) -> Cell {
    match value::from_sql(column, stored) {
        Ok(value) => value.into_iter().collect(),
        Err(_) => {
            let fields = [("attribute", attribute.name.as_str()), ("uid", uid)];
            let fields = fields.map(|(name, text)| (name.to_owned(), FieldValue::Text(text.to_owned())));
            log::write(Level::Warn, "a value in the target cannot be read and counts as none", &fields);
            Cell::new()
        }
    }
}

/// A cell with the uid of the object that has this key, in the object with the uid `of`; none
/// where a part is NULL.
pub(crate) fn reference(attribute: &Attribute, of: &str, to: &Reference, key: &[sql::Value]) -> Result<Cell, Error> {
    if key.contains(&sql::Value::Null) {
        return Ok(Cell::new());
    }
    let uid = key::encode(&to.key, key)
        .ok_or_else(|| fault::unreadable(&attribute.name).with_internal(format!("in the object `{of}`")))?;
    Ok(vec![Value::Reference(uid)])
}

fn join(sql: &mut Builder, alias: &str, lookup: &Lookup) {
    sql.text(" LEFT JOIN ").ident(lookup.table.iter().cloned()).text(" ").text(alias).text(" ON ");
    condition::column(sql, Some(alias), &lookup.key.name);
    sql.text(" = ");
    condition::column(sql, Some(OWN), &lookup.column.name);
}
