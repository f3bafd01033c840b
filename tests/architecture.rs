//! The invariants of ARCHITECTURE.md, each a test over the workspace.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use model::id::SegmentId;
use model::project::Retention;
use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The crates of the workspace with what each names as a dependency (not what only its tests use).
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let cargo = std::env::var_os("CARGO").unwrap_or("cargo".into());
    let metadata = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let short = |value: &Value| value.as_str().unwrap().trim_start_matches("faultline-").to_owned();
    let used = |package: &Value| {
        let all = package["dependencies"].as_array().unwrap();
        all.iter()
            .filter(|dependency| dependency["kind"].is_null())
            .map(|dependency| short(&dependency["name"]))
            .collect()
    };
    let packages = metadata["packages"].as_array().unwrap();
    packages.iter().map(|package| (short(&package["name"]), used(package))).collect()
}

fn assert_uses_none(name: &str, forbidden: &[&str]) {
    let dependencies = &dependencies()[name];
    let used: Vec<_> = forbidden
        .iter()
        .filter(|pattern| {
            dependencies.iter().any(|used| match pattern.strip_suffix('*') {
                Some(prefix) => used.starts_with(prefix),
                None => used == *pattern,
            })
        })
        .collect();
    assert!(used.is_empty(), "{name} must not use {used:?}");
}

const OWN: [&str; 13] = [
    "domain", "store", "gate", "ingest", "digest", "query", "notify", "web", "visit", "lambda", "embedded", "local",
    "bench",
];

#[test]
fn domain_does_no_io() {
    assert_uses_none(
        "domain",
        &["tokio", "aws-*", "lambda*", "axum", "hyper*", "http", "reqwest", "tracing", "getrandom"],
    );
    assert_uses_none("domain", &OWN);
}

#[test]
fn web_only_makes_pages() {
    assert_uses_none("web", &["tokio", "aws-*", "lambda*", "axum", "hyper*", "reqwest", "store"]);
}

#[test]
fn store_serves_nobody() {
    assert_uses_none("store", &["lambda*", "axum", "hyper*", "aws_lambda_events"]);
    assert_uses_none(
        "store",
        &["gate", "ingest", "digest", "query", "notify", "web", "visit", "lambda", "embedded", "local"],
    );
}

#[test]
fn use_cases_do_not_know_each_other_nor_the_engines() {
    for name in ["ingest", "digest", "query", "notify"] {
        let others: Vec<_> = ["ingest", "digest", "query", "notify", "embedded", "local"]
            .into_iter()
            .filter(|other| *other != name)
            .collect();
        assert_uses_none(name, &others);
    }
}

#[test]
fn embedded_engines_know_nothing_of_faultline() {
    assert_uses_none("embedded", &OWN);
}

#[test]
fn the_load_generator_knows_nothing_of_faultline() {
    assert_uses_none("bench", &OWN);
}

#[test]
fn a_lambda_binary_sets_up_and_runs_and_nothing_else() {
    for name in ["ingest", "digest", "query", "notify"] {
        let main = std::fs::read_to_string(root().join(format!("crates/{name}/src/main.rs"))).unwrap();
        assert!(main.lines().count() <= 80, "{name}: a main sets up tracing, makes its clients once, and runs");
    }
}

#[test]
fn no_source_file_is_crowded() {
    let mut crowded = Vec::new();
    let mut folders = vec![root().join("crates"), root().join("tests")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let lines = std::fs::read_to_string(&path).unwrap().lines().count();
                if lines > 400 {
                    crowded.push(format!("{} has {lines} lines", path.strip_prefix(root()).unwrap().display()));
                }
            }
        }
    }
    assert!(crowded.is_empty(), "redraw the plan and move things: {crowded:#?}");
}

#[test]
fn every_crate_says_what_it_is_for() {
    for name in OWN {
        let readme = std::fs::read_to_string(root().join(format!("crates/{name}/README.md"))).unwrap_or_default();
        assert!(readme.contains("n scope"), "crates/{name}/README.md: what is in and out of scope");
    }
}

/// The table is described twice: in template.yaml for AWS, in `store` for engines.
#[test]
fn the_template_makes_the_table_that_the_store_reads() {
    let template = std::fs::read_to_string(root().join("template.yaml")).unwrap();
    let of_store = |module: &str| std::fs::read_to_string(root().join("crates/platform/store/src/dynamo").join(module)).unwrap();
    let schema = of_store("schema.rs") + &of_store("quotas.rs");
    for (constant, line) in [
        ("PK", "- { AttributeName: {}, KeyType: HASH }"),
        ("SK", "- { AttributeName: {}, KeyType: RANGE }"),
        ("INDEX_PK", "- { AttributeName: {}, KeyType: HASH }"),
        ("INDEX_SK", "- { AttributeName: {}, KeyType: RANGE }"),
        ("INDEX", "- IndexName: {}"),
        ("TTL", "TimeToLiveSpecification: { AttributeName: {}, Enabled: true }"),
        ("ERROR", r#""Keys":{"pk":{"S":[{"prefix":"P#"}]},"sk":{"S":[{"prefix":"{}"}]}}"#),
        ("PROJECT_IDS", r#""Keys":{"pk":{"S":["{}"]}},"NewImage""#),
        ("LIMITED_UNTIL", r#""NewImage":{"{}":{"N":[{"exists":true}]}}"#),
    ] {
        let declared = schema.lines().find(|line| line.contains(&format!("const {constant}: &str"))).unwrap();
        let value = declared.split('"').nth(1).unwrap();
        let line = line.replace("{}", value);
        assert!(template.contains(&line), "{constant}: template.yaml has no `{line}`");
    }
}

/// A segment is removed by the bucket's lifecycle: under each prefix that one can have stands a rule, and no other rule.
#[test]
fn the_template_removes_every_segment_when_its_time_is_over() {
    let template = std::fs::read_to_string(root().join("template.yaml")).unwrap();
    let rules = template.split("LifecycleConfiguration:").nth(1).unwrap().split("BucketPolicy:").next().unwrap();
    let after = |text: &str, name: &str| {
        let value = text.split(name).nth(1)?.split(['\n', ',', '}']).next()?;
        Some(value.trim().to_owned())
    };
    let found: BTreeMap<_, _> = rules
        .split("Id: ")
        .filter_map(|rule| Some((after(rule, "Prefix: ")?, after(rule, "ExpirationInDays: ")?)))
        .filter(|(prefix, _)| prefix.starts_with("segments"))
        .collect();
    let days =
        |retention: Option<Retention>| retention.map_or("!Ref RetentionDays".to_owned(), |kept| kept.to_string());
    let all = [None].into_iter().chain(Retention::ALL.map(Some));
    let expected = all.map(|retention| (SegmentId::kept_prefix(retention), days(retention))).collect();
    assert_eq!(found, expected);
}

/// Preflights are answered by API Gateway in AWS, by `gate` locally.
#[test]
fn the_template_answers_preflights_as_gate_does() {
    let template = std::fs::read_to_string(root().join("template.yaml")).unwrap();
    let front = std::fs::read_to_string(root().join("crates/platform/http-common/src/front.rs")).unwrap().replace("\\\n", "");
    let words = |text: &str| -> BTreeSet<String> {
        let word = |part: &str| part.trim().trim_start_matches("- ").to_owned();
        text.split([',', '\n']).map(word).filter(|word| !word.is_empty()).collect()
    };
    let allowed = template.split("AllowHeaders:").nth(1).unwrap().split("ExposeHeaders: [").collect::<Vec<_>>();
    let exposed = allowed[1].split(']').next().unwrap();
    let constant =
        |name: &str| words(front.split(&format!("const {name}: &str = \"")).nth(1).unwrap().split('"').next().unwrap());
    assert_eq!(words(allowed[0]), constant("ALLOWED_HEADERS"));
    assert_eq!(words(exposed), constant("EXPOSED_HEADERS"));
    let methods = template.split("AllowMethods: [").nth(1).unwrap().split(']').next().unwrap();
    assert_eq!(words(methods), constant("ALLOWED_METHODS"));
}

/// Destinations on loopback are for `faultline serve` and tests: no configuration of the Lambda binary reaches them, since
/// it is built without them.
#[test]
fn the_lambda_binary_knows_no_destinations_on_loopback() {
    let manifest = std::fs::read_to_string(root().join("crates/functions/notify/Cargo.toml")).unwrap();
    let lines: Vec<_> = manifest.lines().filter(|line| line.contains("loopback")).collect();
    assert_eq!(
        lines,
        ["# Destinations on loopback, for trying things out and tests: never in a Lambda binary.", "loopback = []"]
    );
    assert!(manifest.contains("[package.metadata.lambda.build]\nfeatures = [\"lambda\"]\n"));
    let source = std::fs::read_to_string(root().join("crates/functions/notify/src/guard/destinations.rs")).unwrap();
    let switch = "#[cfg(any(test, feature = \"loopback\"))]\n    pub fn and_loopback(";
    assert_eq!(source.matches("loopback: true").count() + source.matches("loopback = true").count(), 1);
    assert!(source.contains(switch), "the one switch is not compiled into a Lambda binary");
    // A dependency that the Lambda binary has too would switch it on for it.
    for name in ["store", "gate", "lambda", "domain"] {
        assert_uses_none(name, &["notify"]);
    }
}
