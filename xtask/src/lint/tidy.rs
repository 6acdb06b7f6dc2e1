//! Rules about the text of the sources that no other tool checks.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::shell;

/// Files longer than this are listed: they want to be two.
const LONG: usize = 800;

/// Looks at every Rust source and manifest that git knows.
pub(super) fn check() -> Result<()> {
    let mut problems = Vec::new();
    for path in files()? {
        let name = path.file_name().unwrap_or_default();
        if name == "Cargo.toml" {
            let text = read(&path)?;
            // Fuzz targets are a workspace of their own, which has no lints to take over.
            let member = text.contains("[package]") && !text.lines().any(|line| line.trim() == "[workspace]");
            if member && !has_workspace_lints(&text) {
                problems
                    .push(format!("{}: needs `[lints] workspace = true`, which forbids unsafe code", path.display()));
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            if name == "mod.rs" {
                problems.push(format!("{}: a module is `foo.rs` beside `foo/`", path.display()));
            }
            let text = read(&path)?;
            let ignored = concat!("#[", "ignore");
            problems.extend(
                text.lines().enumerate().filter(|(_, line)| line.trim_start().starts_with(ignored)).map(
                    |(number, _)| format!("{}:{}: a test that does not run is no test", path.display(), number + 1),
                ),
            );
            let lines = text.lines().count();
            if lines > LONG {
                println!("note: {} has {lines} lines", path.display());
            }
        }
    }
    if problems.is_empty() { Ok(()) } else { bail!("\n  {}", problems.join("\n  ")) }
}

/// Whether a manifest takes the workspace's lints over.
fn has_workspace_lints(manifest: &str) -> bool {
    let mut section = "";
    manifest.lines().map(str::trim).any(|line| {
        if line.starts_with('[') {
            section = line;
        }
        section == "[lints]" && line.replace(' ', "") == "workspace=true"
    })
}

/// Files that git tracks or would add, relative to the root.
fn files() -> Result<Vec<PathBuf>> {
    let list = ["ls-files", "--cached", "--others", "--exclude-standard", "*.rs", "*Cargo.toml"];
    let output = shell::capture(std::process::Command::new("git").current_dir(shell::root()).args(list));
    let output = output.context("git ls-files failed")?;
    // A deleted file stays listed until the deletion is committed.
    Ok(output.lines().map(PathBuf::from).filter(|path| shell::root().join(path).exists()).collect())
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(shell::root().join(path)).with_context(|| format!("cannot read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lints_count_in_their_own_section_only() {
        assert!(has_workspace_lints("[package]\nname = \"x\"\n[lints]\nworkspace = true\n"));
        assert!(!has_workspace_lints("[package]\nversion = \"1\"\n[lints.rust]\n"));
        assert!(!has_workspace_lints("[dependencies]\nworkspace = true\n"));
    }
}
