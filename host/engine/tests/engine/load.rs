//! What is refused at load, and how the refusal names it.

use patchbay_engine::{Engine, EngineOptions, Grant, LoadError};

use crate::support::{engine, everything, guest, sql};

/// Loads a component given as text and returns the refusal.
fn refused(text: &str, grant: &Grant) -> LoadError {
    let bytes = wat::parse_str(text).expect("the test's text is valid");
    engine().load("odd", &bytes, grant).map(|_| ()).expect_err("it is refused")
}

fn check(text: &str, grant: &Grant, expected: &str) {
    assert_eq!(refused(text, grant).to_string(), expected);
}

/// A component that imports an interface with one function and exports empty instances
/// for the contract's mandatory interfaces.
fn importing(import: &str) -> String {
    format!(
        r#"(component
            (import "{import}" (instance (export "f" (func))))
            (instance $empty)
            (export "patchbay:connector/lifecycle@0.1.0" (instance $empty))
            (export "patchbay:connector/schema@0.1.0" (instance $empty)))"#
    )
}

#[test]
fn an_import_that_is_not_granted_is_named() {
    for (granted, named) in [("patchbay:ldap", "patchbay:sql"), ("patchbay:sql", "patchbay:ldap")] {
        let error = engine().load("hostile", &guest("hostile"), &Grant::of([granted])).map(|_| ()).unwrap_err();
        let expected = format!("the component imports `{named}/client@0.1.0`, but `{named}` is not granted to it");
        assert_eq!(error.to_string(), expected);
    }
    check(
        &importing("patchbay:ldap/client@0.1.0"),
        &sql(),
        "the component imports `patchbay:ldap/client@0.1.0`, but `patchbay:ldap` is not granted to it",
    );
    check(
        &importing("patchbay:http/client@0.1.0"),
        &sql(),
        "the component imports `patchbay:http/client@0.1.0`, which this host does not offer",
    );
    check(
        &importing("acme:spy/everything@1.0.0"),
        &sql(),
        "the component imports `acme:spy/everything@1.0.0`, which this host does not offer",
    );
}

#[test]
fn wasi_needs_a_grant_and_sockets_never_get_one() {
    let wasi = Grant { wasi: true, ..Grant::default() };
    for import in ["wasi:sockets/tcp@0.2.6", "wasi:filesystem/types@0.2.6", "wasi:http/outgoing-handler@0.2.6"] {
        for grant in [&wasi, &sql()] {
            check(
                &importing(import),
                grant,
                &format!("the component imports `{import}`; connectors get no sockets, files or HTTP from WASI"),
            );
        }
    }
    check(
        &importing("wasi:cli/environment@0.2.6"),
        &sql(),
        "the component imports `wasi:cli/environment@0.2.6`, but `wasi` is not granted to it",
    );
}

#[test]
fn the_sealed_stub_has_what_toolchains_import() {
    let functions = [
        ("wasi:cli/environment@0.2.6", r#""get-arguments" (func (result (list string)))"#),
        ("wasi:cli/exit@0.2.6", r#""exit" (func (param "status" (result)))"#),
        ("wasi:clocks/monotonic-clock@0.2.3", r#""now" (func (result u64))"#),
        ("wasi:random/random@0.2.0", r#""get-random-u64" (func (result u64))"#),
        ("wasi:random/insecure-seed@0.2.6", r#""insecure-seed" (func (result (tuple u64 u64)))"#),
        ("wasi:io/poll@0.2.6", r#""pollable" (type (sub resource))"#),
        ("wasi:cli/terminal-output@0.2.6", r#""terminal-output" (type (sub resource))"#),
    ];
    let wasi = Grant { wasi: true, ..Grant::default() };
    for (import, function) in functions {
        let text = importing(import).replace(r#""f" (func)"#, function);
        let error = refused(&text, &wasi);
        // Linking went well: what is wrong is the hollow export.
        assert!(matches!(&error, LoadError::Mismatch { detail } if detail.contains("describe")), "{import}: {error}");
    }
}

#[test]
fn an_unknown_contract_version_is_refused_with_the_known_ones() {
    check(
        r#"(component
            (instance $empty)
            (export "patchbay:connector/lifecycle@9.0.0" (instance $empty))
            (export "patchbay:connector/schema@9.0.0" (instance $empty)))"#,
        &sql(),
        "`patchbay:connector/lifecycle@9.0.0` is not a version this host speaks; of `patchbay:connector` it speaks \
         0.1.0",
    );
    check(
        &importing("patchbay:sql/client@9.0.0"),
        &sql(),
        "`patchbay:sql/client@9.0.0` is not a version this host speaks; of `patchbay:sql` it speaks 0.1.0",
    );
    check(
        &importing("patchbay:ldap/client@1.0.0"),
        &Grant::of(["patchbay:ldap"]),
        "`patchbay:ldap/client@1.0.0` is not a version this host speaks; of `patchbay:ldap` it speaks 0.1.0",
    );
}

#[test]
fn exports_have_to_be_there_and_to_fit() {
    check("(component)", &sql(), "the component does not export `patchbay:connector/lifecycle`");
    let hollow = r#"(component
        (instance $empty)
        (export "patchbay:connector/lifecycle@0.1.0" (instance $empty))
        (export "patchbay:connector/schema@0.1.0" (instance $empty)))"#;
    let error = refused(hollow, &sql());
    assert!(matches!(&error, LoadError::Mismatch { detail } if detail.contains("describe")), "{error}");

    let error = refused(&importing("patchbay:runtime/log@0.1.0"), &sql());
    assert!(matches!(&error, LoadError::Mismatch { detail } if detail.contains("patchbay:runtime/log")), "{error}");
}

#[test]
fn bytes_that_are_no_component_are_refused() {
    let load = |bytes: &[u8]| engine().load("odd", bytes, &sql()).map(|_| ()).unwrap_err().to_string();
    let module = wat::parse_str("(module)").unwrap();
    let component = wat::parse_str("(component)").unwrap();
    for (bytes, expected) in [
        (&b""[..], "this is an empty file, not a WebAssembly component"),
        (b"MZ\x90\x00 not wasm at all", "this is something else, not a WebAssembly component"),
        (b"  (component)", "this is WebAssembly text, not a WebAssembly component"),
        (&module, "this is a core WebAssembly module, not a WebAssembly component"),
        (b"\0asm\xff\xff\xff\xff", "this is WebAssembly of an unknown kind, not a WebAssembly component"),
    ] {
        assert_eq!(load(bytes), expected);
    }
    let mut broken = component.clone();
    broken.extend([0x07, 0xff, 0xff, 0xff, 0xff, 0x0f]);
    assert!(load(&broken).starts_with("the component is not valid: "), "{}", load(&broken));
    let real = guest("hostile");
    for cut in [9, real.len() / 3, real.len() - 1] {
        let error = load(real.get(..cut).unwrap());
        assert!(!error.is_empty(), "cut at {cut}");
    }
}

#[test]
fn a_component_that_is_too_large_is_refused() {
    let engine = Engine::new(EngineOptions { max_component_bytes: 1000, ..EngineOptions::default() }).unwrap();
    let bytes = guest("hostile");
    let error = engine.load("hostile", &bytes, &everything()).map(|_| ()).unwrap_err();
    assert_eq!(error, LoadError::TooLarge { bytes: bytes.len(), max: 1000 });
}

#[test]
fn compiled_code_is_kept_where_only_we_can_write() {
    let directory = tempfile::tempdir().unwrap();
    let cache_dir = directory.path().join("compiled");
    let options = EngineOptions { cache_dir: Some(cache_dir.clone()), max_instances: 2, ..EngineOptions::default() };
    let bytes = guest("hostile");
    let cold = std::time::Instant::now();
    Engine::new(options.clone()).unwrap().load("hostile", &bytes, &everything()).unwrap();
    let cold = cold.elapsed();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&cache_dir).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }
    let warm = std::time::Instant::now();
    Engine::new(options).unwrap().load("hostile", &bytes, &everything()).unwrap();
    assert!(warm.elapsed() < cold, "{:?} with the cache, {cold:?} without", warm.elapsed());
}
