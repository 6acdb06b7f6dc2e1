//! The load-time policy: what a component may import and must export.
//!
//! Names are judged, not contents: the linker checks types afterwards.

use std::collections::BTreeSet;

use patchbay_contract::Descriptor;

use crate::{Grant, LoadError};

/// Package of the contract itself.
const CONTRACT: &str = "patchbay:connector";
/// Package of what every connector may import without asking.
const RUNTIME: &str = "patchbay:runtime";
/// Package of the SQL capability.
pub(crate) const SQL: &str = "patchbay:sql";
/// Package of the LDAP capability.
pub(crate) const LDAP: &str = "patchbay:ldap";

/// A package this host knows, with the interfaces of it that can be imported.
struct Package {
    name: &'static str,
    versions: &'static [&'static str],
    imports: &'static [&'static str],
    /// Whether the operator has to grant it and the descriptor to name it.
    capability: bool,
}

const PACKAGES: [Package; 4] = [
    Package { name: CONTRACT, versions: &["0.1.0"], imports: &["types"], capability: false },
    Package { name: RUNTIME, versions: &["0.1.0"], imports: &["log"], capability: false },
    Package { name: SQL, versions: &["0.1.0"], imports: &["client"], capability: true },
    Package { name: LDAP, versions: &["0.1.0"], imports: &["client"], capability: true },
];

/// Interfaces of the contract that a component may export, and those it must.
const EXPORTS: [(&str, bool); 5] =
    [("lifecycle", true), ("schema", true), ("reader", false), ("writer", false), ("sync", false)];

/// WASI packages of the sealed stub. None of the others is ever offered.
const WASI: [&str; 4] = ["wasi:cli", "wasi:clocks", "wasi:io", "wasi:random"];

/// `package/interface@version`, as imports and exports are named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Name<'a> {
    package: &'a str,
    interface: &'a str,
    version: Option<&'a str>,
}

impl<'a> Name<'a> {
    /// None for anything that is no interface, such as a bare function.
    fn parse(name: &'a str) -> Option<Self> {
        let (path, version) = match name.split_once('@') {
            Some((path, version)) => (path, Some(version)),
            None => (name, None),
        };
        let (package, interface) = path.rsplit_once('/')?;
        package.contains(':').then_some(Self { package, interface, version })
    }

    fn check_version(self, full: &str, package: &Package) -> Result<(), LoadError> {
        if self.version.is_some_and(|version| package.versions.contains(&version)) {
            return Ok(());
        }
        Err(LoadError::UnknownVersion {
            interface: full.to_owned(),
            package: package.name.to_owned(),
            known: package.versions.join(", "),
        })
    }
}

/// An import of a capability, for [`check_manifest`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Import {
    name: String,
    capability: &'static str,
}

/// Checks that every import is one this host offers and the operator granted. Returns
/// those of capabilities.
pub(crate) fn check_imports<'a>(
    imports: impl Iterator<Item = &'a str>,
    grant: &Grant,
) -> Result<Vec<Import>, LoadError> {
    let mut capabilities = Vec::new();
    for import in imports {
        let unknown = || LoadError::UnknownImport { import: import.to_owned() };
        let name = Name::parse(import).ok_or_else(unknown)?;
        if name.package.starts_with("wasi:") {
            check_wasi(import, name, grant)?;
            continue;
        }
        let package = PACKAGES.iter().find(|package| package.name == name.package).ok_or_else(unknown)?;
        name.check_version(import, package)?;
        if !package.imports.contains(&name.interface) {
            return Err(unknown());
        }
        if package.capability {
            if !grant.capabilities.contains(package.name) {
                return Err(LoadError::NotGranted { import: import.to_owned(), capability: package.name.to_owned() });
            }
            capabilities.push(Import { name: import.to_owned(), capability: package.name });
        }
    }
    Ok(capabilities)
}

fn check_wasi(import: &str, name: Name<'_>, grant: &Grant) -> Result<(), LoadError> {
    if !WASI.contains(&name.package) {
        return Err(LoadError::Forbidden { import: import.to_owned() });
    }
    if !name.version.is_some_and(|version| version.starts_with("0.2.")) {
        return Err(LoadError::UnknownVersion {
            interface: import.to_owned(),
            package: name.package.to_owned(),
            known: "0.2".to_owned(),
        });
    }
    if !grant.wasi {
        return Err(LoadError::NotGranted { import: import.to_owned(), capability: "wasi".to_owned() });
    }
    Ok(())
}

/// Checks that the contract's exports are ones this host knows, and complete.
pub(crate) fn check_exports<'a>(exports: impl Iterator<Item = &'a str>) -> Result<(), LoadError> {
    let mut found = BTreeSet::new();
    for export in exports {
        // What a component exports beside the contract is its own business.
        let Some(name) = Name::parse(export).filter(|name| name.package == CONTRACT) else { continue };
        for package in PACKAGES.iter().filter(|package| package.name == CONTRACT) {
            name.check_version(export, package)?;
        }
        if !EXPORTS.iter().any(|(interface, _)| *interface == name.interface) {
            return Err(LoadError::UnknownExport { export: export.to_owned() });
        }
        found.insert(name.interface);
    }
    match EXPORTS.iter().find(|(interface, mandatory)| *mandatory && !found.contains(interface)) {
        Some((interface, _)) => Err(LoadError::MissingExport { export: format!("{CONTRACT}/{interface}") }),
        None => Ok(()),
    }
}

/// Whether the component exports this optional interface of the contract.
pub(crate) fn exports<'a>(mut exports: impl Iterator<Item = &'a str>, interface: &str) -> bool {
    exports
        .any(|export| Name::parse(export).is_some_and(|name| name.package == CONTRACT && name.interface == interface))
}

/// Checks that imports are within what the connector's descriptor names, and that
/// within what the operator granted.
pub(crate) fn check_manifest(imports: &[Import], descriptor: &Descriptor, grant: &Grant) -> Result<(), LoadError> {
    for spec in &descriptor.bindings {
        if !grant.capabilities.contains(&spec.capability) {
            return Err(LoadError::BindingNotGranted {
                binding: spec.name.clone(),
                capability: spec.capability.clone(),
            });
        }
    }
    match imports.iter().find(|import| !descriptor.bindings.iter().any(|spec| spec.capability == import.capability)) {
        Some(import) => {
            Err(LoadError::NotInManifest { import: import.name.clone(), capability: import.capability.to_owned() })
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use patchbay_contract::BindingSpec;

    use super::*;

    fn imports(names: &[&str], grant: &Grant) -> Result<Vec<Import>, String> {
        check_imports(names.iter().copied(), grant).map_err(|error| error.to_string())
    }

    #[test]
    fn imports_are_known_and_granted() {
        let nothing = Grant::default();
        let sql = Grant::of([SQL]);
        let wasi = Grant { wasi: true, ..Grant::default() };
        let base = ["patchbay:connector/types@0.1.0", "patchbay:runtime/log@0.1.0"];
        assert_eq!(imports(&base, &nothing), Ok(Vec::new()));
        assert_eq!(imports(&["patchbay:sql/client@0.1.0"], &sql).map(|found| found.len()), Ok(1));
        let both = Grant::of([SQL, LDAP]);
        let found = imports(&["patchbay:ldap/client@0.1.0", "patchbay:sql/client@0.1.0"], &both);
        assert_eq!(found.map(|found| found.len()), Ok(2));
        assert_eq!(imports(&["wasi:cli/environment@0.2.6", "wasi:io/streams@0.2.6"], &wasi), Ok(Vec::new()));

        let refused = [
            ("patchbay:sql/client@0.1.0", &nothing, "but `patchbay:sql` is not granted to it"),
            ("patchbay:sql/client@0.2.0", &sql, "of `patchbay:sql` it speaks 0.1.0"),
            ("patchbay:sql/client", &sql, "of `patchbay:sql` it speaks 0.1.0"),
            ("patchbay:sql/admin@0.1.0", &sql, "which this host does not offer"),
            ("patchbay:ldap/client@0.1.0", &sql, "but `patchbay:ldap` is not granted to it"),
            ("patchbay:http/client@0.1.0", &sql, "which this host does not offer"),
            ("acme:thing/api@1.0.0", &sql, "which this host does not offer"),
            ("bare-function", &sql, "which this host does not offer"),
            ("wasi:cli/environment@0.2.6", &sql, "but `wasi` is not granted to it"),
            ("wasi:cli/environment@0.3.0", &wasi, "of `wasi:cli` it speaks 0.2"),
            ("wasi:sockets/tcp@0.2.6", &wasi, "no sockets, files or HTTP"),
            ("wasi:filesystem/types@0.2.6", &wasi, "no sockets, files or HTTP"),
            ("wasi:http/outgoing-handler@0.2.6", &wasi, "no sockets, files or HTTP"),
        ];
        for (import, grant, expected) in refused {
            let error = imports(&[import], grant).expect_err(import);
            assert!(error.contains(expected), "{import}: {error}");
            assert!(error.contains(&format!("`{import}`")), "{import} is not named: {error}");
        }
    }

    #[test]
    fn exports_are_known_and_complete() {
        let check = |names: &[&str]| check_exports(names.iter().copied()).map_err(|error| error.to_string());
        let (lifecycle, schema) = ("patchbay:connector/lifecycle@0.1.0", "patchbay:connector/schema@0.1.0");
        assert_eq!(check(&[lifecycle, schema, "patchbay:connector/reader@0.1.0", "acme:own/thing"]), Ok(()));
        assert_eq!(check(&[lifecycle]), Err("the component does not export `patchbay:connector/schema`".to_owned()));
        assert_eq!(
            check(&["patchbay:connector/lifecycle@9.0.0", schema]),
            Err("`patchbay:connector/lifecycle@9.0.0` is not a version this host speaks; of `patchbay:connector` it \
                 speaks 0.1.0"
                .to_owned())
        );
        assert_eq!(
            check(&[lifecycle, schema, "patchbay:connector/root@0.1.0"]),
            Err("the component exports `patchbay:connector/root@0.1.0`, which the contract does not have".to_owned())
        );
    }

    #[test]
    fn the_manifest_lies_between_imports_and_grant() {
        let descriptor = |capabilities: &[&str]| Descriptor {
            id: "x".to_owned(),
            display_name: "X".to_owned(),
            version: "1".to_owned(),
            documentation: None,
            config_schema: "{}".to_owned(),
            bindings: capabilities
                .iter()
                .map(|&capability| BindingSpec {
                    name: "db".to_owned(),
                    capability: capability.to_owned(),
                    required: true,
                    description: String::new(),
                })
                .collect(),
        };
        let sql = Grant::of([SQL]);
        let imports = imports(&["patchbay:sql/client@0.1.0"], &sql).unwrap();
        assert_eq!(check_manifest(&imports, &descriptor(&[SQL]), &sql), Ok(()));
        assert!(matches!(check_manifest(&imports, &descriptor(&[]), &sql), Err(LoadError::NotInManifest { .. })));
        assert!(matches!(
            check_manifest(&imports, &descriptor(&[SQL, LDAP]), &sql),
            Err(LoadError::BindingNotGranted { capability, .. }) if capability == LDAP
        ));
    }
}
