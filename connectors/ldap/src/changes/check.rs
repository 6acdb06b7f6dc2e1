//! `test`: whether changes can be found.

use patchbay_connector::{Diagnostic, Error, ErrorKind, Severity, diagnostic};

use super::{access_log, change_log, usn};
use crate::directory::Directory;
use crate::plan::Class;
use crate::plan::feed::Method;

/// Findings about how the changes of a class are found; `path` is the class's. What would read
/// all entries is not tried.
pub(crate) fn check(db: &mut impl Directory, class: &Class, path: &str) -> Result<Vec<Diagnostic>, Error> {
    let path = format!("{path}/changes");
    let outcome = match class.feed.as_ref().map(|feed| &feed.method) {
        None | Some(Method::Syncrepl | Method::DirSync(_) | Method::Timestamp(_)) => return Ok(Vec::new()),
        Some(Method::AccessLog(way)) => access_log::check(db, way),
        Some(Method::ChangeLog { base }) => change_log::latest(db, base).map(|_| ()),
        Some(Method::Usn { .. }) => usn::latest(db).map(|_| ()),
    };
    match outcome {
        Ok(()) => Ok(Vec::new()),
        Err(error)
            if matches!(
                error.kind,
                ErrorKind::Configuration | ErrorKind::PermissionDenied | ErrorKind::Unsupported
            ) =>
        {
            let mut finding = diagnostic(Severity::Error, path, error.message);
            finding.detail = error.internal;
            Ok(vec![finding])
        }
        Err(error) => Err(error),
    }
}
