//! Names of entries, made of values.

use patchbay_connector::Error;
use patchbay_connector::ldap::{Name, Rdn};

use crate::dn::{Ava, Dn, RelativeName};
use crate::fault;
use crate::plan::{Class, Naming};
use crate::template::Missing;

/// The name of an entry whose attributes `values` knows by the names in the settings.
pub(super) fn whole(
    class: &Class,
    naming: &Naming,
    mut values: impl FnMut(&str) -> Option<String>,
) -> Result<Name, Error> {
    let mut name = naming.template.fill(&mut values).map_err(|missing| incomplete(class, &missing))?;
    if name.below.is_empty() {
        name.below = container(class, naming, &mut values)?;
    }
    Ok(name)
}

/// Its first part.
pub(super) fn leaf(class: &Class, naming: &Naming, values: impl FnMut(&str) -> Option<String>) -> Result<Rdn, Error> {
    naming.template.leaf(values).map_err(|missing| incomplete(class, &missing))
}

/// The entry below which it is.
fn container(class: &Class, naming: &Naming, mut values: impl FnMut(&str) -> Option<String>) -> Result<String, Error> {
    let Some(containers) = &naming.containers else { return Ok(class.own.base.clone()) };
    let value = values(&containers.by);
    let found = value.as_ref().and_then(|value| {
        let same = |known: &&(String, String)| known.0 == *value;
        let alike = |known: &&(String, String)| known.0.to_lowercase() == value.to_lowercase();
        containers.bases.iter().find(same).or_else(|| containers.bases.iter().find(alike))
    });
    let base = found.map(|(_, base)| base).or(containers.otherwise.as_ref());
    base.cloned().ok_or_else(|| {
        let name = called(class, &containers.by);
        match value {
            Some(_) => fault::invalid(&name, "has a value that the settings have no place for"),
            None => fault::invalid(&name, "must have a value: it says where the object belongs"),
        }
    })
}

/// The error of a name that cannot be made.
fn incomplete(class: &Class, missing: &Missing) -> Error {
    let names: Vec<String> = missing.attributes.iter().map(|name| called(class, name)).collect();
    match names.as_slice() {
        [name] => fault::invalid(name, "must have a value: the name of the entry is made of it"),
        [name, ..] => {
            let message = format!(
                "or another one of {} must have a value: the name of the entry is made of it",
                names.join(", ")
            );
            fault::invalid(name, &message)
        }
        [] => fault::taken_name(class),
    }
}

/// The attribute's name here, for one that the settings call otherwise.
fn called(class: &Class, name: &str) -> String {
    class.attribute_called(name).map_or_else(|| name.to_owned(), |attribute| attribute.name.clone())
}

/// A name in parts as one that can be compared.
pub(super) fn dn(name: &Name) -> Option<Dn> {
    let below = Dn::parse(&name.below).ok()?;
    Some(Dn { parts: name.parts.iter().map(relative).chain(below.parts).collect() })
}

/// One part.
pub(super) fn relative(rdn: &Rdn) -> RelativeName {
    let part = |naming: &patchbay_connector::ldap::Naming| Ava {
        attribute: naming.attribute.clone(),
        value: naming.value.clone().into_bytes(),
    };
    RelativeName { parts: rdn.iter().map(part).collect() }
}
