//! template.yaml and the code must agree where both state the same thing.

use std::collections::{BTreeMap, BTreeSet};

use model::id::{AttachmentFolder, SegmentId};
use model::project::Retention;
use store::ports::{CHUNK_PREFIX, MAP_PREFIX};

use crate::{root, rust_files};

/// Both tables are defined twice: in template.yaml for AWS, and in `store` for the embedded engines.
#[test]
fn the_template_creates_the_tables_that_the_store_reads() {
    let template = std::fs::read_to_string(root().join("template.yaml")).unwrap();
    let of_store =
        |module: &str| std::fs::read_to_string(root().join("crates/platform/store/src/dynamo").join(module)).unwrap();
    let schema = of_store("schema.rs");
    for (constant, line) in [
        ("PK", "- { AttributeName: {}, KeyType: HASH }"),
        ("SK", "- { AttributeName: {}, KeyType: RANGE }"),
        ("INDEX_PK", "- { AttributeName: {}, KeyType: HASH }"),
        ("INDEX_SK", "- { AttributeName: {}, KeyType: RANGE }"),
        ("INDEX", "- IndexName: {}"),
        ("DIRECTORY_INDEX", "- IndexName: {}"),
        ("TTL", "TimeToLiveSpecification: { AttributeName: {}, Enabled: true }"),
        ("ERROR", r#""Keys":{"pk":{"S":[{"prefix":"P#"}]},"sk":{"S":[{"prefix":"{}"}]}}"#),
        ("LIMITED", r#""Keys":{"pk":{"S":[{"prefix":"P#"}]},"sk":{"S":["{}"]}}"#),
    ] {
        let declared = schema.lines().find(|line| line.contains(&format!("const {constant}: &str"))).unwrap();
        let value = declared.split('"').nth(1).unwrap();
        let line = line.replace("{}", value);
        assert!(template.contains(&line), "{constant}: template.yaml has no `{line}`");
    }
}

/// The bucket's lifecycle rules remove segments and attachments: there is exactly one rule for each prefix that one can
/// have.
#[test]
fn the_template_expires_every_segment_and_attachment() {
    let template = std::fs::read_to_string(root().join("template.yaml")).unwrap();
    let rules = template.split("LifecycleConfiguration:").nth(1).unwrap().split("BucketPolicy:").next().unwrap();
    let after = |text: &str, name: &str| {
        let value = text.split(name).nth(1)?.split(['\n', ',', '}']).next()?;
        Some(value.trim().to_owned())
    };
    let found: BTreeMap<_, _> = rules
        .split("Id: ")
        .filter_map(|rule| Some((after(rule, "Prefix: ")?, after(rule, "ExpirationInDays: ")?)))
        .filter(|(prefix, _)| prefix.starts_with("segments") || prefix.starts_with("attachments"))
        .collect();
    let days =
        |retention: Option<Retention>| retention.map_or("!Ref RetentionDays".to_owned(), |kept| kept.to_string());
    let all = [None].into_iter().chain(Retention::ALL.map(Some));
    let prefixes = |retention| [SegmentId::kept_prefix(retention), AttachmentFolder::kept_prefix(retention)];
    let expected = all.flat_map(|retention| prefixes(retention).map(|prefix| (prefix, days(retention)))).collect();
    assert_eq!(found, expected);
}

/// Chunks and maps of uploads expire, too. An object of maps is kept a day longer than the items that refer to it.
#[test]
fn the_template_expires_uploads_of_source_maps() {
    let template = std::fs::read_to_string(root().join("template.yaml")).unwrap();
    for (prefix, days) in [(CHUNK_PREFIX, 1), (MAP_PREFIX, symbolicator::KEPT_DAYS + 1)] {
        let rule = format!("Status: Enabled, Prefix: {prefix}, ExpirationInDays: {days} }}");
        assert!(template.contains(&rule), "template.yaml has no `{rule}`");
    }
}

/// All routes of `symbols` are under `/api/0`, and lead to it with every method that they take.
#[test]
fn the_template_has_every_route_of_symbols() {
    let template = std::fs::read_to_string(root().join("template.yaml")).unwrap();
    let functions = resources(&template, "AWS::Serverless::Function");
    let (_, symbols) = functions.iter().find(|(name, _)| *name == "SymbolsFunction").unwrap();
    for method in ["GET", "POST", "PUT", "DELETE"] {
        let route = format!("Properties: {{ ApiId: !Ref Api, Method: {method}, Path: \"/api/0/{{proxy+}}\" }}");
        assert!(symbols.contains(&route.as_str()), "{route}");
    }
    // `{proxy+}` matches neither of these.
    for path in ["/api/0", "/api/0/"] {
        let route = format!("Properties: {{ ApiId: !Ref Api, Method: GET, Path: {path} }}");
        assert!(symbols.contains(&route.as_str()), "{route}");
    }
    let sources = rust_files(&root().join("crates/functions/symbols/src/routes"));
    let sources: String = sources.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let mut routes = sources.split(".route(\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    assert!(routes.all(|route| route == "/api/0" || route.starts_with("/api/0/")));
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

/// The resources of a type: the name of each, and its lines.
fn resources<'a>(template: &'a str, of_type: &str) -> Vec<(&'a str, Vec<&'a str>)> {
    let mut found: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in template.lines() {
        let is_name = line.starts_with("  ") && !line.starts_with("   ") && line.ends_with(':');
        if is_name || !line.starts_with(' ') {
            found.push((line.trim().trim_end_matches(':'), Vec::new()));
        } else if let Some((_, lines)) = found.last_mut() {
            lines.push(line.trim());
        }
    }
    let wanted = format!("Type: {of_type}");
    found.retain(|(_, lines)| lines.contains(&wanted.as_str()));
    found
}

/// An alarm that notifies nobody, or that the documentation does not explain, is as good as none.
#[test]
fn every_alarm_is_sent_and_explained() {
    let template = std::fs::read_to_string(root().join("template.yaml")).unwrap();
    let alarms = resources(&template, "AWS::CloudWatch::Alarm");
    assert!(alarms.len() >= 9, "{alarms:?}");
    for (name, lines) in &alarms {
        assert!(lines.iter().any(|line| line.starts_with("AlarmActions: ")), "{name} notifies nobody");
        assert!(lines.iter().any(|line| line.starts_with("AlarmDescription: ")), "{name} says nothing");
    }
    let monitoring = std::fs::read_to_string(root().join("docs/src/operate/monitoring.md")).unwrap();
    let table = monitoring.split("| alarm | meaning | do |\n|---|---|---|\n").nth(1).unwrap();
    let rows = table.lines().take_while(|line| line.starts_with('|')).count();
    assert_eq!(rows, alarms.len(), "docs/src/operate/monitoring.md explains each alarm in a row");
}

/// Without these, requests or a storm have no limit of cost.
#[test]
fn the_template_limits_what_can_be_spent() {
    let template = std::fs::read_to_string(root().join("template.yaml")).unwrap();
    let tables = resources(&template, "AWS::DynamoDB::Table");
    let [(_, directory), (_, table)] = &tables[..] else { panic!("there are two tables") };
    assert!(directory.contains(&"BillingMode: PAY_PER_REQUEST"), "the directory must not run out of capacity");
    let limited: Vec<_> = table.iter().filter(|line| line.starts_with("OnDemandThroughput: ")).collect();
    assert_eq!(limited.len(), 2, "the table and its GSI");
    let [(_, api)] = &resources(&template, "AWS::Serverless::HttpApi")[..] else { panic!("there is one API") };
    for line in [
        "ThrottlingRateLimit: !Ref RequestsPerSecond",
        "ThrottlingBurstLimit: !Ref RequestsBurst",
        "\"POST /sign-in\": { ThrottlingRateLimit: 5, ThrottlingBurstLimit: 20 }",
    ] {
        assert!(api.contains(&line), "the API has no `{line}`");
    }
    // The settings of a route that does not exist make a deployment fail.
    let throttled =
        template.split("RouteSettings:\n").last().unwrap().lines().filter(|line| line.contains("ThrottlingBurst"));
    for line in throttled.filter(|line| line.trim().starts_with('"')) {
        let (method, path) = line.split('"').nth(1).unwrap().split_once(' ').unwrap();
        assert!(
            template.contains(&format!("Properties: {{ ApiId: !Ref Api, Method: {method}, Path: {path} }}")),
            "{path}"
        );
    }
}

/// `query` answers everybody who has a key, and must not write events that `ingest` has not checked. So a function of
/// its own puts dead letters back.
#[test]
fn only_ingest_and_redrive_write_to_the_inbox() {
    let template = std::fs::read_to_string(root().join("template.yaml")).unwrap();
    let writes_to_inbox = |lines: &[&str]| {
        let role = lines.join("\n");
        let mut statements = role.split("- Sid: ");
        statements.any(|one| one.contains("sqs:SendMessage") && one.contains("!GetAtt Inbox.Arn"))
    };
    let roles = resources(&template, "AWS::IAM::Role");
    let found: Vec<_> = roles.iter().filter(|(_, lines)| writes_to_inbox(lines)).map(|(name, _)| *name).collect();
    assert_eq!(found, ["IngestRole", "RedriveRole"]);
    let functions = resources(&template, "AWS::Serverless::Function");
    let redriving: Vec<_> = functions.iter().filter(|(_, lines)| lines.contains(&"REDRIVES: \"1\"")).collect();
    let [(name, lines)] = redriving[..] else { panic!("one function redrives: {redriving:?}") };
    assert_eq!(*name, "RedriveFunction");
    for route in ["/dead-letters/redrive", "/pages/operations/redrive"] {
        let line = format!("Properties: {{ ApiId: !Ref Api, Method: POST, Path: {route} }}");
        assert!(lines.contains(&line.as_str()), "{route} does not lead to redrive");
    }
    assert_eq!(lines.iter().filter(|line| line.starts_with("Properties: { ApiId")).count(), 2, "other routes");
}

/// API Gateway answers preflights only if no route takes `OPTIONS`: a route for any method, such as `$default`, would run
/// a function for each.
#[test]
fn no_route_of_the_template_takes_preflights() {
    let template = std::fs::read_to_string(root().join("template.yaml")).unwrap();
    let routes: Vec<_> = template.lines().filter(|line| line.contains("{ ApiId: !Ref Api")).collect();
    assert!(routes.len() >= 14, "{routes:?}");
    for route in routes {
        let method = route.split("Method: ").nth(1).and_then(|rest| rest.split(',').next()).unwrap_or("any");
        assert!(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"].contains(&method), "{route}");
    }
    let body = template.split("DefinitionBody:").nth(1).unwrap().split("\n  # ----").next().unwrap();
    assert!(!body.contains("options:") && !body.contains("any-method"), "a route of notify takes preflights");
}

/// `sam build` and `sam deploy` read parameters separately, so an architecture that is a parameter could differ between
/// them. And cargo-lambda builds for the machine it runs on, unless the command line names another.
#[test]
fn functions_are_built_for_the_architecture_that_is_deployed() {
    let template = std::fs::read_to_string(root().join("template.yaml")).unwrap();
    let named: Vec<_> = template.lines().filter(|line| line.trim().starts_with("Architectures:")).collect();
    assert_eq!(named, ["    Architectures: [x86_64]"]);
    let functions = resources(&template, "AWS::Serverless::Function");
    assert!(functions.len() >= 5, "{functions:?}");
    for (name, lines) in functions {
        let folder = lines.iter().find_map(|line| line.strip_prefix("CodeUri: ")).unwrap();
        let manifest = std::fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap();
        let settings = manifest.split("[package.metadata.lambda.build]").nth(1).unwrap().split("\n[").next().unwrap();
        assert!(settings.lines().any(|line| line == "x86_64 = true"), "{name} is built for the machine that builds it");
    }
    // Newer versions of Zig have failed to build with this version of cargo-lambda.
    for page in ["docs/src/operate/deploy-aws.md", "packaging/tools.sh"] {
        let text = std::fs::read_to_string(root().join(page)).unwrap();
        for tool in ["aws-sam-cli==1.170.0", "cargo-lambda==1.9.2", "ziglang==0.14.0"] {
            assert!(text.contains(tool), "{page} names other tools than {tool}");
        }
    }
}

/// In AWS, a request whose route the template does not give to `ingest` or `notify` goes to `query`.
#[test]
fn the_template_has_every_route_of_ingest_and_notify() {
    let template = std::fs::read_to_string(root().join("template.yaml")).unwrap();
    for function in ["ingest", "notify"] {
        let sources = rust_files(&root().join("crates/functions").join(function).join("src"));
        let sources: String = sources.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
        let routes: BTreeSet<_> =
            sources.split(".route(\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        assert!(routes.len() >= 4, "{function}: {routes:?}");
        for route in routes {
            let is_sentry = route.starts_with("/api/") && template.contains("Path: \"/api/{proxy+}\"");
            let named = [format!("Path: \"{route}\""), format!("Path: {route} "), format!("          {route}:\n")];
            let is_named = named.iter().any(|line| template.contains(line));
            // API Gateway answers a path with and without a slash at its end alike.
            assert!(is_sentry || is_named || route.ends_with('/'), "{function}: template.yaml has no route {route}");
        }
    }
}
