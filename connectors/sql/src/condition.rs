//! Conditions: from a filter to SQL, with SCIM's meaning instead of SQL's where the two
//! differ. SQL knows a third truth value, SCIM does not: what stands under a `not` is
//! written so that it is never unknown.

mod entity;
mod form;
mod tree;

use std::cmp::Ordering;

use patchbay_connector::filter::Tree;
use patchbay_connector::sql::{self, Builder};
use patchbay_connector::{Comparator, Error, Value};

use crate::dialect::{Dialect, Part};
use crate::plan::{Class, Column, Constant, Fixed, Kind, Native};
use crate::value::{self, Misfit};
pub(crate) use entity::{Selection, from_class, from_object};
use form::Form;

/// Alias of the class's own table in SELECT.
pub const OWN: &str = "t";
/// Alias of a child or junction table.
pub const CHILD: &str = "c";
/// Alias of a table of codes.
const CODES: &str = "l";

/// A column, qualified by the alias of its table where it has one.
pub fn column(sql: &mut Builder, alias: Option<&str>, name: &str) {
    match alias {
        // Our own aliases are plain words, and text is cheaper to hand over than a name.
        Some(alias) => sql.text(alias).text(".").ident([name]),
        None => sql.ident([name]),
    };
}

/// A column without the blanks at its end.
fn without_blanks(sql: &mut Builder, dialect: Dialect, alias: Option<&str>, name: &str) {
    let (before, after) = dialect.rtrim();
    sql.text(before);
    column(sql, alias, name);
    sql.text(after);
}

/// `FROM table alias`; without AS, which Oracle does not take.
pub fn from(sql: &mut Builder, table: &[String], alias: &str) {
    sql.text(" FROM ").ident(table.iter().cloned()).text(" ").text(alias);
}

/// Appends the condition that `tree` holds, for rows of the class's table as [`OWN`].
pub fn filter(sql: &mut Builder, class: &Class, tree: Tree<'_>) -> Result<(), Error> {
    tree::Writer::new(class).tree(sql, tree, false)
}

/// Appends the condition that a row has this key.
pub fn has_key(sql: &mut Builder, class: &Class, alias: Option<&str>, key: &[sql::Value]) {
    equal_all(sql, class.dialect, alias, &class.key, key);
}

/// Appends `a = x AND b = y` for columns and values, as the database compares.
pub fn equal_all(sql: &mut Builder, dialect: Dialect, alias: Option<&str>, columns: &[Column], values: &[sql::Value]) {
    sql.list(" AND ", columns.iter().zip(values), |sql, (column, value)| {
        equal(sql, dialect, alias, column, value.clone());
    });
}

/// Appends `column = value` as the database compares, but without trailing spaces where
/// they do not count.
pub fn equal(sql: &mut Builder, dialect: Dialect, alias: Option<&str>, own: &Column, value: sql::Value) {
    match own.native {
        _ if !own.holds(&value) => in_unicode(sql, dialect, alias, own),
        _ if own.needs_rtrim(dialect) => {
            without_blanks(sql, dialect, alias, &own.name);
        }
        Native::Opaque => {
            let (before, after) = dialect.as_text();
            sql.text(before);
            column(sql, alias, &own.name);
            sql.text(after);
        }
        _ => column(sql, alias, &own.name),
    }
    sql.text(" = ");
    decimal(sql, dialect, own, value);
}

/// A column as it is compared with a text that it may be unable to hold: to the letter.
fn in_unicode(sql: &mut Builder, dialect: Dialect, alias: Option<&str>, own: &Column) {
    let (before, after) = dialect.exact_case();
    sql.text(before);
    column(sql, alias, &own.name);
    sql.text(after);
}

/// Appends that a column is one of these values, as the database compares, without regard to
/// trailing spaces that do not count.
pub fn one_of<'v>(
    sql: &mut Builder,
    dialect: Dialect,
    alias: Option<&str>,
    own: &Column,
    values: impl Iterator<Item = &'v sql::Value> + Clone,
) {
    if values.clone().all(|value| own.holds(value)) {
        column(sql, alias, &own.name);
    } else {
        in_unicode(sql, dialect, alias, own);
    }
    sql.text(" IN (").list(", ", values, |sql, value| {
        sql.param(value.clone());
    });
    sql.text(")");
}

/// Appends that a column holds one of these values as it was read, to the letter: after the
/// database's own comparison, which has the index. None of them is NULL.
pub fn stored<'v>(
    sql: &mut Builder,
    dialect: Dialect,
    own: &Column,
    values: impl Iterator<Item = &'v sql::Value> + Clone,
) {
    if own.native == Native::Opaque {
        sql.text("(").list(" OR ", values.clone(), |sql, value| equal(sql, dialect, None, own, value.clone()));
        sql.text(")");
    } else {
        one_of(sql, dialect, None, own, values.clone());
    }
    let Some([outer, given]) = dialect.stored(own.native_case, own.padded).filter(|_| is_text(own)) else { return };
    sql.text(" AND ").text(outer.0).ident([&own.name]).text(outer.1).text(" IN (");
    sql.list(", ", values, |sql, value| {
        sql.text(given.0).param(value.clone()).text(given.1);
    });
    sql.text(")");
}

/// Appends a value to compare with a column, as a decimal where the column is one.
fn decimal(sql: &mut Builder, dialect: Dialect, own: &Column, value: sql::Value) {
    let (before, after) = if own.native == Native::Decimal { dialect.decimal() } else { ("", "") };
    sql.text(before).param(value).text(after);
}

/// Appends the condition that a row is not deleted softly; false where the class does
/// not do that, and nothing is appended.
pub fn visible(sql: &mut Builder, class: &Class, alias: Option<&str>) -> bool {
    if class.soft_delete.is_empty() {
        return false;
    }
    sql.text("(").list(" OR ", &class.soft_delete, |sql, fixed| {
        column(sql, alias, &fixed.column);
        match value::constant(&fixed.value) {
            Some(sql::Value::Null) => {
                sql.text(" IS NOT NULL");
            }
            None => {
                sql.text(" IS NULL");
            }
            Some(constant) => {
                sql.text(" IS NULL OR ");
                column(sql, alias, &fixed.column);
                sql.text(" <> ").param(constant);
            }
        }
    });
    sql.text(")");
    true
}

/// Appends ` AND column = constant` for each of `fixed`.
pub fn and_fixed(sql: &mut Builder, alias: Option<&str>, fixed: &[Fixed]) {
    for Fixed { column: name, value } in fixed {
        sql.text(" AND ");
        column(sql, alias, name);
        match value {
            Constant::Null => {
                sql.text(" IS NULL");
            }
            Constant::Now => {
                sql.text(" IS NOT NULL");
            }
            other => {
                sql.text(" = ").param(value::constant(other).unwrap_or(sql::Value::Null));
            }
        }
    }
}

/// Appends ` WHERE column = constant AND ...`; nothing where there are no constants.
pub fn where_fixed(sql: &mut Builder, fixed: &[Fixed]) {
    if !fixed.is_empty() {
        // The first of the conditions follows an AND like the others.
        sql.text(" WHERE 1 = 1");
        and_fixed(sql, None, fixed);
    }
}

/// Appends the key under which rows are sorted by a column: the same text in ORDER BY
/// and in the comparison that finds the next page.
pub fn sort_key(sql: &mut Builder, dialect: Dialect, alias: Option<&str>, column: &Column) {
    let form = Form::of(column, dialect, false);
    let (before, after) = if column.single { dialect.double() } else { ("", "") };
    sql.text(before);
    form.wrap(sql, |sql| self::column(sql, alias, &column.name));
    sql.text(after);
}

/// Appends a value that was read by [`sort_key`], to be compared with one. SQL Server sorts text
/// in a code page by rules of its own where its collation is one of old, and compares it by those
/// of Unicode with a parameter, which is Unicode: `ab` comes after `a-c`, and is less.
pub fn sort_value(sql: &mut Builder, dialect: Dialect, own: &Column, value: sql::Value) {
    match (&own.narrow, &value) {
        (Some(collation), sql::Value::Text(_)) => {
            let length = if own.max_length.is_some() { "8000" } else { "MAX" };
            Form::of(own, dialect, false).wrap(sql, |sql| {
                sql.text("CAST(").param(value).text(&format!(" COLLATE {collation} AS VARCHAR({length}))"));
            });
        }
        _ => {
            sql.param(value);
        }
    }
}

/// Whether the sort key of a column can be NULL: the column can be, or holds what SQLite
/// cannot read as a point in time.
pub fn sorts_null(column: &Column, dialect: Dialect) -> bool {
    column.nullable || (dialect == Dialect::Sqlite && column.kind == Kind::Timestamp)
}

/// Whether the database can evaluate this comparison on a column.
pub fn applicable(column: &Column, operator: Comparator) -> bool {
    use Comparator as C;
    let equality = matches!(operator, C::Equal | C::NotEqual);
    let part = matches!(operator, C::Contains | C::StartsWith | C::EndsWith);
    match (column.kind, column.native) {
        (Kind::Json, _) | (_, Native::Json) => false,
        (Kind::Boolean | Kind::Binary, _) => equality,
        // Stored as text, `10` sorts before `9`.
        (Kind::Integer | Kind::Decimal, Native::Text) => equality,
        (_, Native::Timestamp) | (Kind::Timestamp, _) => !part,
        (Kind::Text | Kind::Integer | Kind::Decimal, _) => true,
    }
}

/// A truth value that needs no column.
fn truth(sql: &mut Builder, value: bool) {
    sql.text(if value { "1 = 1" } else { "1 = 0" });
}

/// Appends the comparison of a column with a value. With `strict` it is never unknown.
/// A value that the column cannot have matches nothing, and differs from everything.
pub fn compare(
    sql: &mut Builder,
    dialect: Dialect,
    alias: Option<&str>,
    own: &Column,
    operator: Comparator,
    value: &Value,
    strict: bool,
) {
    use Comparator as C;
    let present = |sql: &mut Builder| is_present(sql, dialect, alias, own);
    let part = match operator {
        C::Contains => Some(Part::Anywhere),
        C::StartsWith => Some(Part::Start),
        C::EndsWith => Some(Part::End),
        _ => None,
    };
    let converted = match part {
        Some(_) => match value {
            Value::Text(text) | Value::Timestamp(text) | Value::Decimal(text) => match text.contains('\0') {
                true => Err(Misfit::Character),
                false => Ok(sql::Value::Text(text.clone())),
            },
            Value::Integer(number) => Ok(sql::Value::Text(number.to_string())),
            _ => Err(Misfit::Type),
        },
        None => value::to_compare(own, value),
    };
    let converted = match converted {
        // Nobody has that there, and a comparison with it would be unknown.
        Ok(sql::Value::Text(text)) if text.is_empty() && part.is_none() && dialect.empty_is_null() => {
            Err(Misfit::Empty)
        }
        converted => converted,
    };
    let converted = match converted {
        Ok(value) => value,
        Err(Misfit::Range(side)) => {
            return match (operator, side) {
                (C::NotEqual, _) => truth(sql, true),
                (C::Less | C::LessOrEqual, Ordering::Greater) | (C::Greater | C::GreaterOrEqual, Ordering::Less) => {
                    present(sql);
                }
                _ => truth(sql, false),
            };
        }
        Err(_) => return truth(sql, operator == C::NotEqual),
    };
    let guard = own.nullable && (strict || operator == C::NotEqual);
    let blank_is_absent = own.trim;
    if guard {
        sql.text("(");
        column(sql, alias, &own.name);
        sql.text(if operator == C::NotEqual { " IS NULL OR " } else { " IS NOT NULL AND " });
    }
    match part {
        Some(part) => match &converted {
            sql::Value::Text(text) if text.is_empty() => present(sql),
            sql::Value::Text(text) if !dialect.may_hold(own.max_length, text) => truth(sql, false),
            sql::Value::Text(text) => matches_part(sql, dialect, alias, own, part, text),
            _ => truth(sql, false),
        },
        None if own.kind == Kind::Boolean && (own.native != Native::Boolean || dialect == Dialect::Mysql) => {
            // Whatever is not zero is true, as it is when read.
            let given = matches!(converted, sql::Value::Integer(1) | sql::Value::Boolean(true));
            let wanted = given == (operator == C::Equal);
            column(sql, alias, &own.name);
            sql.text(if wanted { " <> 0" } else { " = 0" });
        }
        None if matches!(operator, C::Equal | C::NotEqual) && is_same_by_bytes(own, dialect) => {
            sql.text(if operator == C::NotEqual { "NOT " } else { "" });
            same_text(sql, dialect, alias, own, converted);
        }
        None => {
            let form = Form::of(own, dialect, false);
            let form = if own.holds(&converted) { form } else { form.in_unicode(dialect) };
            // Blank text is no value there, so nothing equals it and nothing sorts with it.
            let blank = blank_is_absent && !matches!(operator, C::Equal | C::NotEqual);
            if blank {
                sql.text("(");
                present(sql);
                sql.text(" AND ");
            }
            form.wrap(sql, |sql| column(sql, alias, &own.name));
            sql.text(match operator {
                C::NotEqual => " <> ",
                C::Greater => " > ",
                C::GreaterOrEqual => " >= ",
                C::Less => " < ",
                C::LessOrEqual => " <= ",
                C::Equal | C::Contains | C::StartsWith | C::EndsWith => " = ",
            });
            if own.native == Native::Decimal {
                decimal(sql, dialect, own, converted);
            } else {
                form.wrap_param(sql, dialect, converted);
            }
            if blank {
                sql.text(")");
            }
        }
    }
    if guard {
        sql.text(")");
    }
}

/// Whether equality of a column is that of its bytes. Blanks that do not count would be bytes on
/// SQL Server, which stores them.
fn is_same_by_bytes(own: &Column, dialect: Dialect) -> bool {
    let blanks = own.trim || own.padded;
    is_text(own) && dialect.same(own.case_exact).is_some() && !(blanks && dialect == Dialect::Mssql)
}

fn is_text(own: &Column) -> bool {
    own.kind == Kind::Text && matches!(own.native, Native::Text | Native::Opaque)
}

/// Appends that a column holds a text: byte by byte, after the database's own comparison
/// where that can find all rows there are by an index.
fn same_text(sql: &mut Builder, dialect: Dialect, alias: Option<&str>, own: &Column, value: sql::Value) {
    let Some([outer, given]) = dialect.same(own.case_exact) else { return };
    sql.text("(");
    if own.native == Native::Text && (own.case_exact || !own.native_case) && own.holds(&value) {
        column(sql, alias, &own.name);
        sql.text(" = ").param(value.clone()).text(" AND ");
    }
    sql.text(outer.0);
    column(sql, alias, &own.name);
    sql.text(outer.1).text(" = ").text(given.0).param(value).text(given.1).text(")");
}

fn matches_part(sql: &mut Builder, dialect: Dialect, alias: Option<&str>, own: &Column, part: Part, text: &str) {
    let form = Form::of(own, dialect, true);
    let pattern = sql::Value::Text(dialect.pattern(part, text));
    let matcher = dialect.matches(part);
    if is_text(own)
        && let Some([outer, given]) = dialect.exact(own.case_exact)
    {
        sql.text(matcher.before).text(outer.0);
        column(sql, alias, &own.name);
        sql.text(outer.1).text(matcher.between).text(given.0).param(pattern).text(given.1).text(matcher.after);
        return;
    }
    sql.text(matcher.before);
    form.wrap(sql, |sql| column(sql, alias, &own.name));
    sql.text(matcher.between);
    if let Some(repeat) = matcher.repeat {
        sql.param(pattern.clone()).text(repeat);
    }
    form.wrap_param(sql, dialect, pattern);
    sql.text(matcher.after);
}

/// Appends the condition that a column has a value.
pub fn is_present(sql: &mut Builder, dialect: Dialect, alias: Option<&str>, own: &Column) {
    if own.trim && own.kind == Kind::Text {
        if dialect.empty_is_null() {
            without_blanks(sql, dialect, alias, &own.name);
            sql.text(" IS NOT NULL");
            return;
        }
        sql.text("(");
        column(sql, alias, &own.name);
        sql.text(" IS NOT NULL AND ");
        if own.needs_rtrim(dialect) {
            without_blanks(sql, dialect, alias, &own.name);
        } else {
            column(sql, alias, &own.name);
        }
        sql.text(" <> '')");
    } else {
        column(sql, alias, &own.name);
        sql.text(" IS NOT NULL");
    }
}
