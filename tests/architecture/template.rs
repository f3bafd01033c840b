//! template.yaml and the code must agree where both state the same thing.

use std::collections::{BTreeMap, BTreeSet};

use model::id::SegmentId;
use model::project::Retention;

use crate::root;

/// The table is defined twice: in template.yaml for AWS, and in `store` for the embedded engines.
#[test]
fn the_template_creates_the_table_that_the_store_reads() {
    let template = std::fs::read_to_string(root().join("template.yaml")).unwrap();
    let of_store =
        |module: &str| std::fs::read_to_string(root().join("crates/platform/store/src/dynamo").join(module)).unwrap();
    let schema = of_store("schema.rs") + &of_store("project_item.rs");
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

/// The bucket's lifecycle rules remove segments: there is exactly one rule for each prefix that a segment can have.
#[test]
fn the_template_expires_every_segment() {
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

/// API Gateway answers preflights in AWS, and `http-common` answers them in `serve`.
#[test]
fn the_template_answers_preflights_as_serve_does() {
    let template = std::fs::read_to_string(root().join("template.yaml")).unwrap();
    let front =
        std::fs::read_to_string(root().join("crates/platform/http-common/src/front.rs")).unwrap().replace("\\\n", "");
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

/// Loopback destinations are for `faultline serve` and tests. The Lambda binary is built without them, so no
/// configuration can enable them.
#[test]
fn the_lambda_binary_has_no_loopback_destinations() {
    let manifest = std::fs::read_to_string(root().join("crates/functions/notify/Cargo.toml")).unwrap();
    let lines: Vec<_> = manifest.lines().filter(|line| line.contains("loopback")).collect();
    assert_eq!(
        lines,
        [
            "# Allows destinations on loopback, for `faultline serve` and tests: never in a Lambda binary.",
            "loopback = []"
        ]
    );
    assert!(manifest.contains("[package.metadata.lambda.build]\nfeatures = [\"lambda\"]\n"));
    let source = std::fs::read_to_string(root().join("crates/functions/notify/src/guard/destinations.rs")).unwrap();
    let switch = "#[cfg(any(test, feature = \"loopback\"))]\n    pub fn and_loopback(";
    assert_eq!(source.matches("loopback: true").count() + source.matches("loopback = true").count(), 1);
    assert!(source.contains(switch), "the only switch must not be compiled into a Lambda binary");
}
