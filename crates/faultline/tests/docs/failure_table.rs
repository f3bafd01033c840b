//! Checks that the failure table in the book names tests that exist.

use std::fs;

use crate::{read, root};

#[test]
fn each_failure_names_a_test_that_exists() {
    let mut sources = String::new();
    let mut folders = vec![root().join("crates"), root().join("tests")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                sources += &fs::read_to_string(&path).unwrap();
            }
        }
    }
    let page = read("docs/src/internals/failure-table.md");
    let rows: Vec<_> = page.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    assert!(rows.len() > 40, "{} rows", rows.len());
    for row in rows {
        let cell = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        for name in cell.split('`').skip(1).step_by(2) {
            let name = name.rsplit("::").next().unwrap();
            // A macro creates the conformance tests from `name: path`.
            let exists = sources.contains(&format!("fn {name}(")) || sources.contains(&format!("    {name}: "));
            assert!(exists, "failure-table.md: there is no test `{name}` ({row})");
        }
    }
}
