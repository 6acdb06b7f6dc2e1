//! `prepare`: catalogue and settings to an encoded plan.

use patchbay_connector::{Diagnostic, Error, ErrorKind, Fault, Severity};

use crate::catalogue::Catalogue;
use crate::database::Database;
use crate::dialect::Dialect;
use crate::plan::compile::compile;
use crate::plan::propose::propose;
use crate::plan::{Class, encode};
use crate::settings::Settings;

/// Reads the catalogue and compiles `settings` against it.
pub fn prepare(db: &mut impl Database, settings: &Settings) -> Result<Vec<u8>, Error> {
    let (classes, problems) = classes(db, settings)?;
    let classes = classes.ok_or_else(|| refused(&problems))?;
    encode(&settings.binding, &classes)
}

/// Classes, where nothing is wrong, and findings.
pub fn classes(db: &mut impl Database, settings: &Settings) -> Result<(Option<Vec<Class>>, Vec<Diagnostic>), Error> {
    let dialect = Dialect::of(db.dialect());
    if settings.classes.is_empty() {
        let catalogue = Catalogue::load_all(db)?;
        return Ok(compile(&propose(&settings.binding, &catalogue), &catalogue, dialect));
    }
    let (catalogue, mut problems) = Catalogue::load(db, settings)?;
    let (classes, more) = compile(settings, &catalogue, dialect);
    let classes = classes.filter(|_| problems.is_empty());
    problems.extend(more);
    Ok((classes, problems))
}

/// The error of an operation whose settings do not work, with every problem for the log.
pub fn refused(problems: &[Diagnostic]) -> Error {
    let lines: Vec<String> = problems
        .iter()
        .filter(|problem| problem.severity == Severity::Error)
        .map(|problem| format!("{}: {}", problem.path.as_deref().unwrap_or_default(), problem.summary))
        .collect();
    Error::fault(ErrorKind::Configuration, "the connector's settings do not fit the target")
        .with_internal(lines.join("; "))
}
