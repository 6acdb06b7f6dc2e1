//! `test`: does what operations will need, without changing anything.

use patchbay_connector::sql::{Builder, Failure, Value};
use patchbay_connector::{Diagnostic, Error, Severity, diagnostic};

use crate::database::Database;
use crate::plan::statement::Step;
use crate::plan::{Class, EntityTable, Source};
use crate::settings::{Settings, pointer};
use crate::{changes, fault, prepare, read};

/// Describes the tables, compiles the settings and reads from each table.
pub fn check(db: &mut impl Database, settings: &Settings) -> Result<Vec<Diagnostic>, Error> {
    let (classes, mut findings) = prepare::classes(db, settings)?;
    for class in classes.unwrap_or_default() {
        let path = format!("/classes/{}", pointer(&class.name));
        findings.extend(own_reads(db, &class, &path)?);
        for (table, path) in tables(&class, &path) {
            let mut sql = Builder::new();
            sql.text("SELECT 1 FROM ").ident(table.iter().cloned()).text(" WHERE 1 = 0");
            match db.query(sql.build(), 1) {
                Ok(_) => {}
                Err(error)
                    if matches!(error.failure, Failure::Denied | Failure::PermissionDenied | Failure::Undefined) =>
                {
                    let summary = format!("`{}` cannot be read", table.join("."));
                    let mut finding = diagnostic(Severity::Error, path, summary);
                    finding.detail = Some(error.message);
                    findings.push(finding);
                }
                Err(error) => return Err(fault::plain(&error)),
            }
        }
        findings.extend(changes::check(db, &class, &path)?);
    }
    Ok(findings)
}

/// Runs the class's own SELECTs, for no rows.
fn own_reads(db: &mut impl Database, class: &Class, path: &str) -> Result<Vec<Diagnostic>, Error> {
    let Some(custom) = class.custom.as_deref() else { return Ok(Vec::new()) };
    let mut findings = Vec::new();
    let nobody = vec![Value::Null; class.key.len()];
    for (name, step, key) in [("get", &custom.get, Some(nobody.as_slice())), ("search", &custom.search, None)] {
        if step.as_ref().is_none_or(Step::is_call) {
            continue;
        }
        let statement = read::nothing(class, key);
        match db.query(statement, 1) {
            Ok(_) => {}
            // Those are about us, not about the statement.
            Err(error)
                if matches!(error.failure, Failure::Unavailable | Failure::Timeout | Failure::UnknownBinding) =>
            {
                return Err(fault::plain(&error));
            }
            Err(error) => {
                let summary = "the statement does not give the columns of the class, or cannot be run";
                let mut finding = diagnostic(Severity::Error, format!("{path}/operations/{name}"), summary);
                finding.detail = Some(error.message);
                findings.push(finding);
            }
        }
    }
    Ok(findings)
}

/// Tables of a class, with the places that name them.
fn tables<'a>(class: &'a Class, path: &str) -> Vec<(&'a Vec<String>, String)> {
    let mut tables = match &class.entity {
        None if class.custom.as_deref().is_some_and(|custom| custom.declared) => Vec::new(),
        None => vec![(&class.table, format!("{path}/table"))],
        Some(entity) => {
            let place = |(place, own): (usize, &'a EntityTable)| (&own.table, format!("{path}/entity/tables/{place}"));
            entity.tables.iter().enumerate().map(place).collect()
        }
    };
    for attribute in &class.attributes {
        let name = pointer(&attribute.name);
        match &attribute.source {
            Source::Lookup(lookup) => tables.push((&lookup.table, format!("{path}/lookups/{name}/table"))),
            Source::Multi(multi) => {
                let section = if attribute.is_multi_valued() { "multi" } else { "rows" };
                tables.push((&multi.table, format!("{path}/{section}/{name}/table")));
            }
            Source::Column(_) | Source::Reference(_) => {}
        }
    }
    tables
}
