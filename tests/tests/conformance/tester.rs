//! scim2-tester: discovery, and creating, reading, replacing, patching and deleting every
//! resource type with every attribute that `/Schemas` announces.

use std::collections::BTreeMap;

use crate::harness::on_each;
use crate::python::Scim2;

/// What it says of a check.
const VERDICTS: [&str; 7] = ["SUCCESS", "COMPLIANT", "ACCEPTABLE", "DEVIATION", "ERROR", "CRITICAL", "SKIPPED"];

/// Lets it loose on the app for this kind of client.
async fn check(profile: &str) {
    on_each(&[profile], async |app| {
        let outcome = Scim2::of(app).await.run(&["test", "--verbose"], "").await;
        let mut counts = BTreeMap::<&str, usize>::new();
        let checks = outcome.stdout.lines().filter_map(|line| line.split_once(' '));
        for (verdict, _) in checks.filter(|(verdict, _)| VERDICTS.contains(verdict)) {
            *counts.entry(verdict).or_default() += 1;
        }
        eprintln!("scim2-tester: {counts:?}");
        assert_eq!(outcome.code, 0, "{counts:?}\n{}\n{}", outcome.stdout, outcome.stderr);
        // Nothing else, and not a handful because it gave up early.
        let successes = counts.remove("SUCCESS").unwrap_or_default();
        assert!(counts.is_empty() && successes >= 90, "{successes} and {counts:?}\n{}", outcome.stdout);
    })
    .await;
}

/// The example as it is.
#[tokio::test(flavor = "multi_thread")]
async fn scim2_tester_finds_no_fault() {
    check("entra").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn scim2_tester_finds_no_fault_in_the_general_profile() {
    check("default").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn scim2_tester_finds_no_fault_in_the_strict_profile() {
    check("rfc").await;
}
