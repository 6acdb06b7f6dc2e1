//! Reads `CREATE TABLE` and `CREATE INDEX` as stored in the schema: SQLite's pragmas do
//! not tell the names of constraints, nor which columns a check or an expression is about.

use std::ops::ControlFlow;

use sqlparser::ast::{
    ColumnOption, CreateTable, Expr, Ident, IndexColumn, Statement, TableConstraint, visit_expressions,
};
use sqlparser::dialect::SQLiteDialect;
use sqlparser::parser::Parser;

/// A constraint with its name, where it has one, and the columns it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) name: Option<String>,
    pub(crate) columns: Vec<String>,
}

/// A check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Check {
    pub(crate) name: Option<String>,
    pub(crate) columns: Vec<String>,
    /// Its expression, without white space.
    expression: String,
}

impl Check {
    /// Whether SQLite means this one when it says that `subject` failed: a name, or the
    /// text of the expression.
    pub(super) fn is_called(&self, subject: &str) -> bool {
        match &self.name {
            Some(name) => name.eq_ignore_ascii_case(subject),
            None => self.expression.eq_ignore_ascii_case(&squeeze(subject)),
        }
    }
}

/// Constraints of a table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Constraints {
    pub(crate) unique: Vec<Named>,
    pub(crate) foreign: Vec<Named>,
    pub(crate) checks: Vec<Check>,
}

impl Constraints {
    /// Of a `CREATE TABLE` statement; none found in one this parser does not understand,
    /// which costs names and nothing else.
    pub(crate) fn parse(sql: &str) -> Self {
        let mut found = Self::default();
        if let Some(Statement::CreateTable(table)) = parse(sql) {
            found.add_all(&table);
        }
        found
    }

    fn add_all(&mut self, table: &CreateTable) {
        let columns: Vec<&str> = table.columns.iter().map(|column| column.name.value.as_str()).collect();
        for column in &table.columns {
            let own = || vec![column.name.value.clone()];
            for option in &column.options {
                let name = |inner: &Option<Ident>| inner.as_ref().or(option.name.as_ref()).map(|n| n.value.clone());
                match &option.option {
                    ColumnOption::Unique(unique) => {
                        self.unique.push(Named { name: name(&unique.name), columns: own() });
                    }
                    ColumnOption::ForeignKey(key) => {
                        self.foreign.push(Named { name: name(&key.name), columns: own() });
                    }
                    ColumnOption::Check(check) => self.add_check(name(&check.name), &check.expr, &columns),
                    _ => {}
                }
            }
        }
        for constraint in &table.constraints {
            match constraint {
                TableConstraint::Unique(unique) => self.unique.push(Named {
                    name: unique.name.as_ref().map(|name| name.value.clone()),
                    columns: unique.columns.iter().filter_map(index_column).collect(),
                }),
                TableConstraint::ForeignKey(key) => self.foreign.push(Named {
                    name: key.name.as_ref().map(|name| name.value.clone()),
                    columns: key.columns.iter().map(|column| column.value.clone()).collect(),
                }),
                TableConstraint::Check(check) => {
                    self.add_check(check.name.as_ref().map(|name| name.value.clone()), &check.expr, &columns);
                }
                _ => {}
            }
        }
    }

    fn add_check(&mut self, name: Option<String>, expr: &Expr, columns: &[&str]) {
        self.checks.push(Check { name, columns: mentioned(expr, columns), expression: squeeze(&expr.to_string()) });
    }
}

/// Columns, of those given, that an index on expressions is about.
pub(crate) fn indexed_columns(sql: &str, columns: &[&str]) -> Vec<String> {
    let Some(Statement::CreateIndex(index)) = parse(sql) else { return Vec::new() };
    let mut found: Vec<String> = Vec::new();
    for column in &index.columns {
        for name in mentioned(&column.column.expr, columns) {
            if !found.contains(&name) {
                found.push(name);
            }
        }
    }
    found
}

fn parse(sql: &str) -> Option<Statement> {
    Parser::parse_sql(&SQLiteDialect {}, sql).ok()?.into_iter().next()
}

fn index_column(column: &IndexColumn) -> Option<String> {
    match &column.column.expr {
        Expr::Identifier(name) => Some(name.value.clone()),
        _ => None,
    }
}

/// Columns an expression mentions, each once, in the order of the table.
fn mentioned(expr: &Expr, columns: &[&str]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let _ = visit_expressions(expr, |inner| {
        match inner {
            Expr::Identifier(name) => names.push(name.value.to_lowercase()),
            Expr::CompoundIdentifier(parts) => names.extend(parts.last().map(|name| name.value.to_lowercase())),
            _ => {}
        }
        ControlFlow::<()>::Continue(())
    });
    columns.iter().filter(|column| names.contains(&column.to_lowercase())).map(|column| (*column).to_owned()).collect()
}

fn squeeze(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_columns_of_constraints() {
        let found = Constraints::parse(
            "CREATE TABLE person (
                id INTEGER PRIMARY KEY,
                login VARCHAR(40) NOT NULL CONSTRAINT login_once UNIQUE COLLATE NOCASE,
                state CHAR(1) DEFAULT 'A' CHECK (state IN ('A', 'D')),
                boss INTEGER CONSTRAINT boss_exists REFERENCES person (id),
                a INT, b INT,
                CONSTRAINT ab_once UNIQUE (a, b),
                CONSTRAINT a_below_b CHECK (a < b),
                CONSTRAINT ab_there FOREIGN KEY (a, b) REFERENCES pair (x, y)
            )",
        );
        let named = |name: &str, columns: &[&str]| Named {
            name: Some(name.to_owned()),
            columns: columns.iter().map(|c| (*c).to_owned()).collect(),
        };
        assert_eq!(found.unique, [named("login_once", &["login"]), named("ab_once", &["a", "b"])]);
        assert_eq!(found.foreign, [named("boss_exists", &["boss"]), named("ab_there", &["a", "b"])]);
        let checks: Vec<_> = found.checks.iter().map(|c| (c.name.as_deref(), c.columns.join(","))).collect();
        assert_eq!(checks, [(None, "state".to_owned()), (Some("a_below_b"), "a,b".to_owned())]);
        assert!(found.checks[0].is_called("state IN ('A','D')"));
        assert!(found.checks[1].is_called("A_BELOW_B") && !found.checks[1].is_called("a < b"));
    }

    #[test]
    fn expression_indexes() {
        let sql = "CREATE UNIQUE INDEX once ON person (lower(login), \"dept\")";
        assert_eq!(indexed_columns(sql, &["id", "dept", "login"]), ["login", "dept"]);
        assert_eq!(indexed_columns("CREATE gibberish", &["id"]), Vec::<String>::new());
        assert_eq!(Constraints::parse("CREATE gibberish"), Constraints::default());
    }
}
