//! `test`: does what operations will need, without changing anything.

use patchbay_connector::sql::{Builder, Failure};
use patchbay_connector::{Diagnostic, Error, Severity, diagnostic};

use crate::database::Database;
use crate::plan::{Class, Source};
use crate::settings::{Settings, pointer};
use crate::{changes, fault, prepare};

/// Describes the tables, compiles the settings and reads from each table.
pub fn check(db: &mut impl Database, settings: &Settings) -> Result<Vec<Diagnostic>, Error> {
    let (classes, mut findings) = prepare::classes(db, settings)?;
    for class in classes.unwrap_or_default() {
        let path = format!("/classes/{}", pointer(&class.name));
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

/// Tables of a class, with the places that name them.
fn tables<'a>(class: &'a Class, path: &str) -> Vec<(&'a Vec<String>, String)> {
    let mut tables = vec![(&class.table, format!("{path}/table"))];
    for attribute in &class.attributes {
        let name = pointer(&attribute.name);
        match &attribute.source {
            Source::Lookup(lookup) => tables.push((&lookup.table, format!("{path}/lookups/{name}/table"))),
            Source::Multi(multi) => tables.push((&multi.table, format!("{path}/multi/{name}/table"))),
            Source::Column(_) | Source::Reference(_) => {}
        }
    }
    tables
}
