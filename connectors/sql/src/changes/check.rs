//! `test`: whether changes can be found.

use patchbay_connector::sql::{Builder, Failure};
use patchbay_connector::{Diagnostic, Error, ErrorKind, Severity, diagnostic};

use super::range;
use crate::condition::{self, OWN};
use crate::database::Database;
use crate::fault;
use crate::plan::Class;
use crate::plan::feed::{Marks, Method, Range};

/// Findings about how the changes of a class are found; `path` is the class's.
pub(crate) fn check(db: &mut impl Database, class: &Class, path: &str) -> Result<Vec<Diagnostic>, Error> {
    match class.feed.as_ref().map(|feed| &feed.method) {
        None | Some(Method::Snapshot) => Ok(Vec::new()),
        Some(Method::Marks(marks)) => unmarked(db, class, marks, &format!("{path}/changes")),
        Some(Method::Range(range)) => answers(db, class, range, &format!("{path}/changes")),
    }
}

/// Rows without a mark, whose changes are not found.
fn unmarked(db: &mut impl Database, class: &Class, marks: &Marks, path: &str) -> Result<Vec<Diagnostic>, Error> {
    let mut sql = Builder::new();
    sql.text("SELECT 1");
    condition::from(&mut sql, &marks.table, OWN);
    sql.text(" WHERE ");
    condition::sort_key(&mut sql, class.dialect, Some(OWN), &marks.mark);
    sql.text(" IS NULL");
    condition::and_fixed(&mut sql, Some(OWN), &marks.fixed);
    let setting = if marks.history { "history/sequence" } else { "watermark/column" };
    let finding = |severity, summary: String| vec![diagnostic(severity, format!("{path}/{setting}"), summary)];
    match db.query(sql.build(), 1) {
        Ok(rows) if rows.is_empty() => Ok(Vec::new()),
        Ok(_) => {
            let summary = format!("changes of rows without a readable value in `{}` are not found", marks.mark.name);
            Ok(finding(Severity::Warning, summary))
        }
        Err(error) if matches!(error.failure, Failure::Denied | Failure::PermissionDenied | Failure::Undefined) => {
            let mut findings = finding(Severity::Error, format!("`{}` cannot be read", marks.table.join(".")));
            findings.iter_mut().for_each(|finding| finding.detail = Some(error.message.clone()));
            Ok(findings)
        }
        Err(error) => Err(fault::plain(&error)),
    }
}

/// Whether the database answers what is asked of it.
fn answers(db: &mut impl Database, class: &Class, range: &Range, path: &str) -> Result<Vec<Diagnostic>, Error> {
    let outcome = range::latest(db, class, range);
    match outcome {
        Ok(_) => Ok(Vec::new()),
        Err(error) if matches!(error.kind, ErrorKind::Configuration | ErrorKind::PermissionDenied) => {
            let mut finding = diagnostic(Severity::Error, path, error.message);
            finding.detail = error.internal;
            Ok(vec![finding])
        }
        Err(error) => Err(error),
    }
}
