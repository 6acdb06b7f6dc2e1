//! The short run: every seed of the corpus, and some thousand inputs made from them.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a test binary")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use patchbay_fuzz_targets::mutate::Mutator;

#[track_caller]
fn check(name: &str, target: fn(&[u8]), inputs: usize) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus").join(name);
    let mut files: Vec<_> = std::fs::read_dir(corpus).unwrap().map(|entry| entry.unwrap().path()).collect();
    // What a long run left behind is not part of the short one.
    files.retain(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("seed-")));
    files.sort();
    assert!(files.len() >= 5, "{name} has too few seeds");
    let seeds: Vec<Vec<u8>> = files.iter().map(|path| std::fs::read(path).unwrap()).collect();
    let mut mutator = Mutator::new(0x5eed);
    let made = (0..inputs).map(|_| mutator.input(&seeds));
    for input in seeds.iter().cloned().chain(made) {
        let outcome = catch_unwind(AssertUnwindSafe(|| target(&input)));
        assert!(outcome.is_ok(), "{name} on {:?}", String::from_utf8_lossy(&input));
    }
}

#[test]
fn filter() {
    check("filter", patchbay_fuzz_targets::filter, 4000);
}

#[test]
fn path() {
    check("path", patchbay_fuzz_targets::path, 4000);
}

#[test]
fn patch() {
    check("patch", patchbay_fuzz_targets::patch, 3000);
}

#[test]
fn request() {
    check("request", patchbay_fuzz_targets::request, 3000);
}

#[test]
fn dn() {
    check("dn", patchbay_fuzz_targets::dn, 10_000);
}

#[test]
fn answers() {
    check("answers", patchbay_fuzz_targets::answers, 20_000);
}

#[test]
fn seeds_of_answers_are_answers() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/answers");
    let read: Vec<usize> = (1..=10)
        .map(|n| patchbay_capability_ldap::read_answers(&std::fs::read(corpus.join(format!("seed-{n:02}"))).unwrap()))
        .collect();
    assert_eq!(read, [1, 1, 2, 1, 2, 1, 1, 1, 1, 1]);
}
