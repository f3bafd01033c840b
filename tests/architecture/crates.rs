//! Crates are layered in floors. A crate depends only on its own floor and the floors it is built on.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::root;

struct Crate {
    /// The package name without `faultline-`.
    name: String,
    /// The folder under `crates` (`core`, `platform`, `functions`, `web`), or the crate's own folder if it has no
    /// floor.
    floor: String,
    folder: PathBuf,
    /// Its dependencies, without development and build dependencies.
    uses: BTreeSet<String>,
}

fn crates() -> Vec<Crate> {
    let cargo = std::env::var_os("CARGO").unwrap_or("cargo".into());
    let metadata = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let short = |name: &Value| name.as_str().unwrap().trim_start_matches("faultline-").to_owned();
    let packages = metadata["packages"].as_array().unwrap().iter();
    let all = packages.filter_map(|package| {
        let manifest = PathBuf::from(package["manifest_path"].as_str().unwrap());
        let folder = manifest.parent().unwrap().to_owned();
        let inside = folder.strip_prefix(root().join("crates")).ok()?;
        let floor = inside.components().next().unwrap().as_os_str().to_str().unwrap().to_owned();
        let dependencies = package["dependencies"].as_array().unwrap().iter();
        let uses = dependencies.filter(|used| used["kind"].is_null()).map(|used| short(&used["name"])).collect();
        Some(Crate { name: short(&package["name"]), floor, folder, uses })
    });
    all.collect()
}

/// Fails if the crate has one of these dependencies. A pattern such as `aws-*` stands for every name with that prefix.
#[track_caller]
fn assert_uses_none(one: &Crate, forbidden: &[&str]) {
    let is_forbidden = |used: &&String| {
        forbidden.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(prefix) => used.starts_with(prefix),
            None => used == pattern,
        })
    };
    let used: Vec<_> = one.uses.iter().filter(is_forbidden).collect();
    assert!(used.is_empty(), "{} must not use {used:?}", one.name);
}

/// Checks that each crate uses only the floors it may use. Crates of `core` also use each other. They stay a hierarchy,
/// because Cargo refuses circular dependencies between crates.
#[test]
fn a_crate_uses_only_lower_floors() {
    let all = crates();
    let floors: BTreeMap<_, _> = all.iter().map(|one| (one.name.as_str(), one.floor.as_str())).collect();
    for one in &all {
        let lower: &[&str] = match one.floor.as_str() {
            "core" => &["core"],
            "platform" => &["core", "platform"],
            "web" => &["core", "platform", "web"],
            "functions" => &["core", "platform", "web"],
            "bench" => &[],
            _ => continue,
        };
        let own = one.uses.iter().filter_map(|used| Some((used, floors.get(used.as_str())?)));
        let wrong: Vec<_> = own.filter(|(_, floor)| !lower.contains(floor)).collect();
        assert!(wrong.is_empty(), "{} is on the floor `{}` and must not use {wrong:?}", one.name, one.floor);
    }
}

#[test]
fn core_does_no_io() {
    let core: Vec<_> = crates().into_iter().filter(|one| one.floor == "core").collect();
    assert!(core.len() > 5, "{}", core.len());
    for one in &core {
        assert_uses_none(
            one,
            &["tokio", "aws-*", "lambda*", "axum", "hyper*", "http", "reqwest", "tracing", "getrandom"],
        );
        assert!(
            one.folder.join("clippy.toml").exists(),
            "{}: no clippy.toml that forbids clocks and the environment",
            one.name
        );
    }
}

#[test]
fn each_crate_avoids_the_dependencies_that_belong_to_others() {
    let own: Vec<_> = crates();
    let names: Vec<_> = own.iter().map(|one| one.name.as_str()).collect();
    for (name, forbidden) in [
        ("web-pages", &["tokio", "aws-*", "lambda*", "axum", "hyper*", "reqwest", "store"] as &[&str]),
        ("store", &["lambda*", "axum", "hyper*", "aws_lambda_events", "http-common", "embedded"]),
        ("http-common", &["lambda*", "embedded"]),
        // Cargo unifies features: a dependency that the Lambda binary shares would switch loopback destinations on in
        // it.
        ("lambda", &["notify", "embedded"]),
        ("embedded", &names),
        ("bench", &names),
    ] {
        assert_uses_none(own.iter().find(|one| one.name == name).unwrap(), forbidden);
    }
}

#[test]
fn functions_depend_neither_on_each_other_nor_on_the_engines() {
    let functions: Vec<_> = crates().into_iter().filter(|one| one.floor == "functions").collect();
    let names: Vec<_> = functions.iter().map(|one| one.name.as_str()).chain(["embedded", "server", "cli"]).collect();
    for one in &functions {
        let others: Vec<_> = names.iter().copied().filter(|name| *name != one.name).collect();
        assert_uses_none(one, &others);
    }
}

#[test]
fn every_crate_says_what_it_is_for() {
    for one in crates() {
        let readme = std::fs::read_to_string(one.folder.join("README.md")).unwrap_or_default();
        for part in ["In scope: ", "Out of scope: "] {
            assert!(readme.contains(part), "{}: README.md has no `{part}…`", one.name);
        }
    }
}
