//! The invariants of docs/src/internals/architecture.md, each a test over the workspace.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod crates;
mod cycles;
mod files;
mod names;
mod template;

use std::path::{Path, PathBuf};

/// The root folder of the workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// All Rust files under a folder of the workspace, sorted.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    files_of(folder, "rs")
}

/// Returns all files below a folder with this extension.
fn files_of(folder: &Path, kind: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == kind) {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}
