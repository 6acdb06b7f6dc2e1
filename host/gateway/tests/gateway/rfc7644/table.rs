//! That the table in the documentation of these tests is true and whole.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Where tests of the RFCs are, below the root of the repository.
const PLACES: [&str; 4] = ["host/gateway/tests/gateway", "host/tests/host", "host/scim/src", "host/src/server"];

/// How the names begin that the table has to have.
const OURS: [&str; 5] = ["s3_", "s4_", "rfc9865_", "rfc_7644_", "rfc7643_"];

/// The names of all functions in the Rust files below a directory.
fn functions(directory: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            functions(&path, names);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let headings =
                text.lines().filter_map(|line| line.trim_start().trim_start_matches("async ").strip_prefix("fn "));
            names.extend(headings.filter_map(|heading| heading.split_once("()")).map(|(name, _)| name.to_owned()));
        }
    }
}

/// What the last column of the table has in backticks.
fn named() -> BTreeSet<String> {
    let rows = include_str!("../rfc7644.rs").lines().filter_map(|line| line.strip_prefix("//! |"));
    let tests = rows.skip(2).filter_map(|row| row.trim_end_matches(['|', ' ']).rsplit('|').next());
    tests.flat_map(|tests| tests.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

#[test]
fn the_table_names_every_test_and_no_other() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut there = BTreeSet::new();
    PLACES.iter().for_each(|place| functions(&root.join(place), &mut there));
    let named = named();
    assert!(named.len() > 100, "the table is not read right: {named:?}");
    let gone: Vec<&String> = named.difference(&there).collect();
    assert!(gone.is_empty(), "the table names tests that are not there: {gone:?}");
    let ours = |name: &&String| OURS.iter().any(|prefix| name.starts_with(prefix));
    let missing: Vec<&String> = there.difference(&named).filter(ours).collect();
    assert!(missing.is_empty(), "the table lacks: {missing:?}");
}
