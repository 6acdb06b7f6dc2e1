//! From a filter's tree to one condition, node by node.

use patchbay_connector::filter::{Node, Tree};
use patchbay_connector::sql::Builder;
use patchbay_connector::{Comparator, Comparison, Error, ErrorKind, Fault, Value};

use super::{CHILD, CODES, OWN, and_fixed, applicable, column, compare, equal_all, from, has_key, is_present, truth};
use crate::dialect::Dialect;
use crate::plan::{Attribute, Class, Lookup, Multi, Reference, Shape, Source, Values};
use crate::{fault, key};

/// Writes the conditions of one class.
pub(super) struct Writer<'a> {
    class: &'a Class,
    dialect: Dialect,
}

impl<'a> Writer<'a> {
    pub(super) fn new(class: &'a Class) -> Self {
        Self { class, dialect: class.dialect }
    }

    /// Appends a sub-tree; `strict` where it stands under a `not`.
    pub(super) fn tree(&self, sql: &mut Builder, tree: Tree<'_>, strict: bool) -> Result<(), Error> {
        match tree.node() {
            Node::And(children) | Node::Or(children) if children.is_empty() => {
                truth(sql, matches!(tree.node(), Node::And(_)));
            }
            Node::And(children) => self.joined(sql, " AND ", &children.iter().collect::<Vec<_>>(), strict)?,
            Node::Or(children) => self.joined(sql, " OR ", &children.iter().collect::<Vec<_>>(), strict)?,
            Node::Not(child) => {
                sql.text("NOT (");
                self.tree(sql, child, true)?;
                sql.text(")");
            }
            Node::Present(name) => self.present(sql, self.attribute(name)?),
            Node::Compare(comparison) => self.comparison(sql, comparison, strict)?,
            Node::Uid(uid) => match key::decode(&self.class.key_parts(), uid) {
                Some(key) => has_key(sql, self.class, Some(OWN), &key),
                None => truth(sql, false),
            },
        }
        Ok(())
    }

    /// Children joined by `separator`. A long list is halved again and again: joined one
    /// after the other, its depth would be its length, which SQLite limits.
    fn joined(&self, sql: &mut Builder, separator: &str, children: &[Tree<'_>], strict: bool) -> Result<(), Error> {
        const FLAT: usize = 32;
        sql.text("(");
        if children.len() > FLAT {
            let (front, back) = children.split_at(children.len() / 2);
            self.joined(sql, separator, front, strict)?;
            sql.text(separator);
            self.joined(sql, separator, back, strict)?;
        } else {
            for (index, child) in children.iter().enumerate() {
                if index > 0 {
                    sql.text(separator);
                }
                self.tree(sql, *child, strict)?;
            }
        }
        sql.text(")");
        Ok(())
    }

    fn attribute(&self, name: &str) -> Result<&'a Attribute, Error> {
        self.class.attribute(name).ok_or_else(|| fault::no_attribute(name))
    }

    fn present(&self, sql: &mut Builder, attribute: &Attribute) {
        match &attribute.source {
            Source::Column(column) => is_present(sql, self.dialect, Some(OWN), column),
            Source::Reference(reference) => {
                sql.list(" AND ", &reference.columns, |sql, own| {
                    column(sql, Some(OWN), &own.name);
                    sql.text(" IS NOT NULL");
                });
            }
            Source::Lookup(lookup) => self.lookup_exists(sql, lookup, |_| {}),
            // It is there or it is not, which is a value in both cases.
            Source::Multi(Multi { value: Values::Presence, .. }) => truth(sql, true),
            Source::Multi(multi) => self.child_exists(sql, multi, |_| {}),
        }
    }

    fn comparison(&self, sql: &mut Builder, comparison: &Comparison, strict: bool) -> Result<(), Error> {
        let attribute = self.attribute(&comparison.attribute)?;
        let operator = comparison.operator;
        let possible = match &attribute.source {
            Source::Column(column) => applicable(column, operator),
            Source::Lookup(lookup) => applicable(&lookup.value, operator),
            Source::Multi(Multi { value: Values::Scalar(column), .. }) => applicable(column, operator),
            Source::Reference(_) | Source::Multi(_) => {
                matches!(operator, Comparator::Equal | Comparator::NotEqual)
            }
        };
        if !possible {
            let message = "the operator cannot be used on this attribute";
            return Err(Error::fault(ErrorKind::InvalidFilter, message).with_attribute(&attribute.name));
        }
        let value = &comparison.value;
        let differs = operator == Comparator::NotEqual;
        match &attribute.source {
            Source::Column(own) => compare(sql, self.dialect, Some(OWN), own, operator, value, strict),
            Source::Reference(reference) => {
                if differs {
                    sql.text("NOT (");
                }
                self.points_at(sql, Some(OWN), reference, value, strict || differs);
                if differs {
                    sql.text(")");
                }
            }
            Source::Lookup(lookup) => {
                // An object without a code differs from every label.
                let operator = if differs { Comparator::Equal } else { operator };
                sql.text(if differs { "NOT " } else { "" });
                self.lookup_exists(sql, lookup, |sql| {
                    sql.text(" AND ");
                    compare(sql, self.dialect, Some(CODES), &lookup.value, operator, value, false);
                });
            }
            Source::Multi(multi @ Multi { shape: Shape::Flag(present), .. }) => {
                let wanted = match value {
                    Value::Boolean(value) => value == present,
                    // Nothing else equals a truth value, and so everything else differs.
                    _ => {
                        truth(sql, differs);
                        return Ok(());
                    }
                };
                sql.text(if wanted == differs { "NOT " } else { "" });
                self.child_exists(sql, multi, |_| {});
            }
            Source::Multi(multi) => {
                if differs {
                    sql.text("(NOT ");
                    self.child_exists(sql, multi, |_| {});
                    sql.text(" OR ");
                }
                self.child_exists(sql, multi, |sql| {
                    sql.text(" AND ");
                    match &multi.value {
                        Values::Scalar(own) => {
                            compare(sql, self.dialect, Some(CHILD), own, operator, value, false);
                        }
                        Values::Reference(reference) => {
                            sql.text(if differs { "NOT (" } else { "" });
                            self.points_at(sql, Some(CHILD), reference, value, differs);
                            sql.text(if differs { ")" } else { "" });
                        }
                        Values::Presence => truth(sql, true),
                    }
                });
                if differs {
                    sql.text(")");
                }
            }
        }
        Ok(())
    }

    /// The columns of `reference` hold the key in the uid `value`.
    fn points_at(&self, sql: &mut Builder, alias: Option<&str>, reference: &Reference, value: &Value, strict: bool) {
        let key = match value {
            Value::Reference(uid) | Value::Text(uid) => key::decode(&reference.key, uid),
            _ => None,
        };
        let Some(key) = key else { return truth(sql, false) };
        if strict {
            for own in reference.columns.iter().filter(|own| own.nullable) {
                column(sql, alias, &own.name);
                sql.text(" IS NOT NULL AND ");
            }
        }
        equal_all(sql, self.dialect, alias, &reference.columns, &key);
    }

    fn lookup_exists(&self, sql: &mut Builder, lookup: &Lookup, and: impl FnOnce(&mut Builder)) {
        sql.text("EXISTS (SELECT 1");
        from(sql, &lookup.table, CODES);
        sql.text(" WHERE ");
        column(sql, Some(CODES), &lookup.key.name);
        sql.text(" = ");
        column(sql, Some(OWN), &lookup.column.name);
        and(sql);
        sql.text(")");
    }

    fn child_exists(&self, sql: &mut Builder, multi: &Multi, and: impl FnOnce(&mut Builder)) {
        sql.text("EXISTS (SELECT 1");
        from(sql, &multi.table, CHILD);
        sql.text(" WHERE ").list(" AND ", multi.parent.iter().zip(&self.class.key), |sql, (parent, key)| {
            column(sql, Some(CHILD), &parent.name);
            sql.text(" = ");
            column(sql, Some(OWN), &key.name);
        });
        for own in multi.value.columns().iter().filter(|own| own.nullable) {
            sql.text(" AND ");
            column(sql, Some(CHILD), &own.name);
            sql.text(" IS NOT NULL");
        }
        and_fixed(sql, Some(CHILD), &multi.fixed);
        and(sql);
        sql.text(")");
    }
}
