//! Source files stay small enough to be read in one sitting, and the `main` of a Lambda binary contains no logic.

use crate::{files_of, root};

/// Maximum number of lines of a source file.
const MAX_LINES: usize = 400;
/// Maximum number of lines of a Lambda binary's `main.rs`.
const MAX_MAIN_LINES: usize = 80;

#[test]
fn no_source_file_is_too_long() {
    let folders = ["crates", "tests"].map(|folder| root().join(folder));
    let files = folders.iter().flat_map(|folder| ["rs", "py", "js"].map(|kind| files_of(folder, kind))).flatten();
    let crowded: Vec<_> = files
        .map(|path| (std::fs::read_to_string(&path).unwrap().lines().count(), path))
        .filter(|(lines, _)| *lines > MAX_LINES)
        .collect();
    assert!(crowded.is_empty(), "these files have more than {MAX_LINES} lines, split them by topic: {crowded:#?}");
}

#[test]
fn a_lambda_binary_sets_up_and_runs_and_nothing_else() {
    for name in ["ingest", "processor", "query", "notify"] {
        let main = std::fs::read_to_string(root().join(format!("crates/functions/{name}/src/main.rs"))).unwrap();
        let lines = main.lines().count();
        assert!(
            lines <= MAX_MAIN_LINES,
            "{name}: main.rs has {lines} lines; it should only create its clients and run"
        );
    }
}
