//! `test`: does what operations will need, without changing anything.

mod grant;
mod known_by;

use patchbay_connector::ldap::{Failure, FilterBuilder, SearchOptions};
use patchbay_connector::{Diagnostic, Error, Severity, diagnostic};

use crate::directory::{Directory, Search, request};
use crate::plan::{Active, Attribute, Class, Delete, Source};
use crate::settings::{Settings, pointer};
use crate::vendor::Vendor;
use crate::{changes, fault, prepare, read};

/// Compiles the settings against the server, and reads what they name.
pub fn check(db: &mut impl Directory, settings: &Settings) -> Result<Vec<Diagnostic>, Error> {
    let (classes, mut findings) = prepare::classes(db, settings)?;
    let classes = classes.unwrap_or_default();
    findings.extend(classes.iter().filter_map(|class| left_behind(class, &classes)));
    findings.extend(classes.iter().filter_map(|class| known_by::left_behind(class, &classes)));
    for class in classes {
        let path = format!("/classes/{}", pointer(&class.own.class));
        for (dn, path) in places(&class, &path) {
            findings.extend(place(db, &dn, path)?);
        }
        findings.extend(objects(db, &class, &path)?);
        findings.extend(grant::passwords(db, &class, &path)?);
        findings.extend(changes::check(db, &class, &path)?);
    }
    Ok(findings)
}

/// A hint where entries of a class are renamed and others hold their names: OpenLDAP leaves
/// those as they are, unless it was told to, which nobody sees from outside.
fn left_behind(class: &Class, classes: &[Class]) -> Option<Diagnostic> {
    let moved = matches!(class.active, Some(Active::Container(_)));
    let renamed = class.naming.as_ref().is_some_and(|naming| naming.rename || moved) && !class.read_only;
    if class.server.vendor != Vendor::OpenLdap || !renamed {
        return None;
    }
    let names = |attribute: &Attribute| match &attribute.source {
        Source::Reference(link) => {
            let kept_by_server = attribute.native.eq_ignore_ascii_case("memberOf");
            link.by.is_none() && !kept_by_server && link.targets.iter().any(|target| target.class == class.own.class)
        }
        _ => false,
    };
    let holder = classes.iter().find(|other| other.attributes.iter().any(names))?;
    let path = format!("/classes/{}", pointer(&class.own.class));
    let summary = format!(
        "objects of `{}` hold names of these: see to it that the server has its `refint` overlay, or a rename and a \
         delete leave the old name there",
        holder.own.class
    );
    Some(diagnostic(Severity::Warning, path, summary))
}

/// Names of entries that the settings name, with the places that do.
fn places(class: &Class, path: &str) -> Vec<(String, String)> {
    let mut places = vec![(class.own.base.clone(), format!("{path}/base"))];
    if let Some(naming) = &class.naming {
        let below = naming.template.below();
        if !below.is_empty() {
            places.push((below.to_owned(), format!("{path}/dn")));
        }
        if let Some(containers) = &naming.containers {
            for (value, base) in &containers.bases {
                places.push((base.clone(), format!("{path}/containers/bases/{}", pointer(value))));
            }
            places.extend(containers.otherwise.clone().map(|base| (base, format!("{path}/containers/otherwise"))));
        }
    }
    if let Some(Active::Container(container)) = &class.active {
        places.push((container.clone(), format!("{path}/active/container")));
    }
    if let Delete::Keep { to: Some(to), .. } = &class.delete {
        places.push((to.clone(), format!("{path}/delete/move")));
    }
    for (name, next) in &class.next {
        places.push((next.entry.clone(), format!("{path}/next/{}/entry", pointer(name))));
    }
    places
}

/// Whether an entry is there.
fn place(db: &mut impl Directory, dn: &str, path: String) -> Result<Option<Diagnostic>, Error> {
    let mut filter = FilterBuilder::new();
    filter.present("objectClass");
    let finding = |detail: Option<String>| {
        let mut finding = diagnostic(Severity::Error, path, "the entry is not there, or cannot be read");
        finding.detail = detail;
        Ok(Some(finding))
    };
    match db.entry(dn, filter.build(), vec!["1.1".to_owned()], SearchOptions::empty()) {
        Ok(Some(_)) => Ok(None),
        Ok(None) => finding(None),
        Err(error) if is_about_entry(error.failure) => finding(Some(error.message)),
        Err(error) => Err(fault::plain(&error)),
    }
}

/// Reads the first object of a class, if there is one.
fn objects(db: &mut impl Directory, class: &Class, path: &str) -> Result<Option<Diagnostic>, Error> {
    let natives = read::version_natives(class);
    let request = request(&class.own.base, class.own.scope(), class.own.filter(), natives);
    let first = db.search(&request).and_then(|mut search| search.next(1));
    let entries = match first {
        Ok(batch) => batch.entries,
        Err(error) if is_about_entry(error.failure) => {
            let mut finding = diagnostic(Severity::Error, path, "the objects of the class cannot be read");
            finding.detail = Some(error.message);
            return Ok(Some(finding));
        }
        Err(error) => return Err(fault::plain(&error)),
    };
    let without = entries.iter().any(|entry| entry.first(&class.own.id.attribute).is_none());
    let summary = format!("`{}`, which has the id, cannot be read", class.own.id.attribute);
    Ok(without.then(|| diagnostic(Severity::Error, format!("{path}/id"), summary)))
}

/// Whether a failure is about what was asked for, and not about us or the server.
fn is_about_entry(failure: Failure) -> bool {
    matches!(
        failure,
        Failure::Denied
            | Failure::PermissionDenied
            | Failure::NoSuchObject
            | Failure::Undefined
            | Failure::InvalidRequest
            | Failure::InvalidValue
            | Failure::Referral
    )
}

#[cfg(test)]
mod tests;
