//! Checks that the reference pages of the book, which are generated from the code, are up to date.
//! `cargo test -p faultline --test docs -- --ignored` writes them again.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod cli;
mod configuration;
mod failure_table;
mod help;
mod http_api;
mod markdown;
mod reasons;

use std::path::{Path, PathBuf};

/// Returns the folder of the workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Reads a file of the workspace.
fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Returns each generated page: its path below `docs/src`, and its expected content.
fn pages() -> [(&'static str, String); 4] {
    [
        ("reference/cli.md", cli::page()),
        ("operate/configuration.md", configuration::page()),
        ("reference/error-reasons.md", reasons::page()),
        ("reference/http-api.md", http_api::page()),
    ]
}

#[test]
fn reference_pages_are_current() {
    for (file, expected) in pages() {
        let path = format!("docs/src/{file}");
        let actual = std::fs::read_to_string(root().join(&path)).unwrap_or_default();
        let differs = expected.lines().zip(actual.lines()).find(|(expected, actual)| expected != actual);
        assert!(
            expected == actual,
            "{path} is out of date ({differs:?}): run `cargo test -p faultline --test docs -- --ignored`"
        );
    }
}

#[test]
#[ignore = "writes the reference pages into docs/src"]
fn write_reference_pages() {
    for (file, text) in pages() {
        std::fs::write(root().join("docs/src").join(file), text).unwrap();
    }
}
