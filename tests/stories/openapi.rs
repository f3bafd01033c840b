//! The API's description matches the routes, is up to date, and has no unbounded lists.

use std::collections::BTreeSet;
use std::path::PathBuf;

use faultline_tests::Faultline;
use http::{Request, StatusCode};
use serde_json::Value;

use super::access;

/// The path of the description that `query` serves.
fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../crates/functions/query/openapi.json")
}

fn generated() -> String {
    serde_json::to_string_pretty(&server::openapi::document()).unwrap() + "\n"
}

/// Returns the operations: method and path, and their description.
fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    let of_path = |(path, operations): (&String, &'_ Value)| {
        let name = |method: &String| format!("{} {path}", method.to_uppercase());
        operations.as_object().unwrap().iter().map(|(method, _)| (name(method), method.clone())).collect::<Vec<_>>()
    };
    let names = paths.clone().map(of_path);
    let values = paths.map(|(_, operations)| operations.as_object().unwrap().values());
    names.flatten().map(|(name, _)| name).zip(values.flatten()).collect()
}

#[test]
fn the_description_that_is_served_is_up_to_date() {
    let kept = std::fs::read_to_string(file()).unwrap();
    assert!(
        kept == generated(),
        "crates/functions/query/openapi.json is not what the code says. Renew it, and look at the difference: \
         cargo test -p faultline-tests --test stories -- --ignored --exact openapi::write"
    );
}

#[test]
#[ignore = "writes crates/functions/query/openapi.json"]
fn write() {
    std::fs::write(file(), generated()).unwrap();
}

/// The description can be read without a key.
#[tokio::test]
async fn the_description_is_open_to_all() {
    let faultline = Faultline::new().await;
    for path in ["/openapi.json", "/prod/openapi.json"] {
        let answer = faultline.send(Request::get(path).body(String::new().into()).unwrap()).await;
        assert_eq!((answer.status, &answer.body), (StatusCode::OK, &server::openapi::document()), "{path}");
    }
}

/// The description has every row of the table of access rights, and nothing else.
#[test]
fn the_description_has_every_route() {
    let document = server::openapi::document();
    let described: BTreeSet<_> = operations(&document).into_iter().map(|(name, _)| name).collect();
    let route = |route: &str| route.replace("/hooks/github/", "/hooks/{service}/");
    // A row with only refusals means that there is no such route. For inbound webhooks, no key helps.
    // MCP describes itself, to its own clients.
    let is_described = |path: &str| path != "/mcp";
    let is_route = |statuses: &[u16]| statuses.iter().any(|status| ![401, 403, 405].contains(status));
    let is_known = |path: &str| path.starts_with("/hooks") || access::SESSION_ONLY.contains(&path);
    let rows = access::rows().into_iter().filter(|(_, path, statuses)| is_route(statuses) || is_known(path));
    let rows = rows.filter(|(_, path, _)| is_described(path));
    let routes: BTreeSet<_> = rows.map(|(method, path, _)| format!("{method} {}", route(path))).collect();
    let (missing, unknown) = (routes.difference(&described), described.difference(&routes));
    let (missing, unknown): (Vec<_>, Vec<_>) = (missing.collect(), unknown.collect());
    assert!(missing.is_empty(), "add these routes to `describe` next to their handlers: {missing:#?}");
    assert!(
        unknown.is_empty(),
        "these routes are described, but have no row in the table of access rights: {unknown:#?}"
    );
}

/// An operation has a name, a summary and an answer. Its body has an example, its parameters are explained, and all
/// refusals have one schema.
#[test]
fn every_operation_is_explained() {
    let document = server::openapi::document();
    let tags: BTreeSet<_> =
        document["tags"].as_array().unwrap().iter().map(|tag| &tag["name"]).map(Value::to_string).collect();
    let mut ids = BTreeSet::new();
    for (name, operation) in operations(&document) {
        assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{name}: another operation has the same id");
        assert!(operation["summary"].as_str().is_some_and(|summary| !summary.is_empty()), "{name}");
        assert!(tags.contains(&operation["tags"][0].to_string()), "{name}: {}", operation["tags"]);
        for parameter in operation["parameters"].as_array().unwrap() {
            assert!(parameter["description"].is_string() && parameter["schema"].is_object(), "{name}: {parameter}");
        }
        for body in operation["requestBody"]["content"].as_object().into_iter().flat_map(|content| content.values()) {
            assert!(!body["example"].is_null(), "{name}: its body has no example");
        }
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.keys().any(|status| status.starts_with('2')), "{name}: it has no success");
        for (status, response) in responses.iter().filter(|(status, _)| !status.starts_with('2')) {
            let form = &response["content"]["application/json"]["schema"]["$ref"];
            assert_eq!(form, "#/components/schemas/Refused", "{name}: {status}");
        }
        for parameter in name.split('{').skip(1).map(|rest| rest.split('}').next().unwrap()) {
            let all = operation["parameters"].as_array().unwrap();
            assert!(all.iter().any(|one| one["in"] == "path" && one["name"] == parameter), "{name}: {parameter}");
        }
    }
}

/// An array in an answer states its maximum length, so that reads cost what they show.
#[test]
fn every_list_that_is_answered_is_bounded() {
    let document = server::openapi::document();
    let mut arrays = 0;
    for (name, operation) in operations(&document) {
        for response in operation["responses"].as_object().unwrap().values() {
            for content in response["content"].as_object().into_iter().flat_map(|content| content.values()) {
                bounded(&document, &content["schema"], &name, &mut Vec::new(), &mut arrays);
            }
        }
    }
    assert!(arrays > 10, "{arrays}");
}

/// Checks that the arrays in `schema` are bounded. `above` are the references that lead to it.
fn bounded<'a>(document: &'a Value, schema: &'a Value, at: &str, above: &mut Vec<&'a str>, arrays: &mut usize) {
    if let Some(reference) = schema["$ref"].as_str()
        && !above.contains(&reference)
    {
        let referred = document.pointer(reference.trim_start_matches('#'));
        let referred = referred.unwrap_or_else(|| panic!("{at}: {reference} does not exist"));
        above.push(reference);
        bounded(document, referred, &format!("{at} {reference}"), above, arrays);
        above.pop();
    }
    let is_array =
        schema["type"] == "array" || schema["type"].as_array().is_some_and(|all| all.contains(&"array".into()));
    if is_array || !schema["items"].is_null() {
        *arrays += 1;
        assert!(schema["maxItems"].is_u64(), "{at}: an unbounded list");
    }
    for (key, value) in schema.as_object().into_iter().flatten() {
        match value {
            Value::Object(_) => bounded(document, value, &format!("{at}/{key}"), above, arrays),
            Value::Array(all) => {
                all.iter().for_each(|one| bounded(document, one, &format!("{at}/{key}"), above, arrays));
            }
            _ => {}
        }
    }
}
