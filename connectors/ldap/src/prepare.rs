//! `prepare`: root DSE, subschema and settings to an encoded plan.

use patchbay_connector::{Diagnostic, Error, ErrorKind, Fault, Severity};

use crate::directory::Directory;
use crate::fault;
use crate::plan::compile::{Catalogue, compile};
use crate::plan::{Class, encode};
use crate::settings::Settings;
use crate::subschema::Subschema;
use crate::vendor::RootDse;

/// Reads what the server says of itself and compiles `settings` against it.
pub fn prepare(db: &mut impl Directory, settings: &Settings) -> Result<Vec<u8>, Error> {
    let (classes, problems) = classes(db, settings)?;
    let classes = classes.ok_or_else(|| refused(&problems))?;
    encode(&settings.binding, &classes)
}

/// Classes, where nothing is wrong, and findings.
pub fn classes(db: &mut impl Directory, settings: &Settings) -> Result<(Option<Vec<Class>>, Vec<Diagnostic>), Error> {
    let dse = db.root_dse().map_err(|error| fault::plain(&error))?;
    let schema = db.schema().map_err(|error| fault::plain(&error))?;
    let (schema, skipped) = Subschema::read(&schema.attributes);
    let catalogue = Catalogue { dse: RootDse::read(&dse.attributes), schema };
    let (classes, mut problems) = compile(settings, &catalogue);
    if let Some(first) = skipped.first() {
        let mut finding = patchbay_connector::diagnostic(
            Severity::Warning,
            "",
            format!("{} definitions of the schema cannot be read, and are passed over", skipped.len()),
        );
        finding.detail = Some(format!("`{}`, number {}: {}", first.attribute, first.index, first.reason));
        problems.push(finding);
    }
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
