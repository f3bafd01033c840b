//! Compares the DynamoDB engine with dynoxide, another implementation of DynamoDB that is itself compared with AWS: both
//! get the same requests, and must give the same answers.

use aws_smithy_runtime_api::client::http::HttpConnector as _;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use dynoxide::{Database, DynoxideError};
use embedded::Engines;
use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

/// Random bytes from which requests are made. After the last byte come zeros.
struct Choices<'a>(std::slice::Iter<'a, u8>);

impl Choices<'_> {
    fn below(&mut self, limit: usize) -> usize {
        usize::from(self.0.next().copied().unwrap_or_default()) % limit
    }

    fn one_of<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    fn chance(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 1
    }
}

/// The values that an expression refers to.
#[derive(Default)]
struct Values(Map<String, Json>);

impl Values {
    fn add(&mut self, value: Json) -> String {
        let name = format!(":v{}", self.0.len());
        self.0.insert(name.clone(), value);
        name
    }
}

fn value(choices: &mut Choices<'_>, depth: usize) -> Json {
    match choices.below(if depth == 0 { 8 } else { 10 }) {
        0 | 1 => json!({ "N": choices.one_of(&["0", "1", "-1", "2.5", "10", "1e3", "12345678901234567890", "007"]) }),
        2 | 3 => json!({ "S": choices.one_of(&["", "a", "ab", "b", "ä"]) }),
        4 => json!({ "BOOL": choices.chance(2) }),
        5 => json!({ "B": choices.one_of(&["", "AA==", "AAE=", "/w=="]) }),
        6 => match choices.below(3) {
            0 => json!({ "SS": pick(choices, &[&["a"], &["a", "b"], &["b", "c"]]) }),
            1 => json!({ "NS": pick(choices, &[&["1"], &["1", "2.5"], &["10", "2"]]) }),
            _ => json!({ "BS": pick(choices, &[&["AA=="], &["AA==", "AAE="]]) }),
        },
        7 => json!({ "NULL": true }),
        8 => json!({ "L": (0..choices.below(3)).map(|_| value(choices, depth - 1)).collect::<Vec<_>>() }),
        _ => {
            let names = ["x", "y"];
            let fields = (0..choices.below(3)).map(|n| (names[n].to_owned(), value(choices, depth - 1)));
            json!({ "M": fields.collect::<Map<_, _>>() })
        }
    }
}

fn pick<'a>(choices: &mut Choices<'_>, of: &[&'a [&'a str]]) -> &'a [&'a str] {
    of[choices.below(of.len())]
}

const ATTRIBUTES: [&str; 4] = ["aa", "bb", "cc", "dd"];

fn path(choices: &mut Choices<'_>) -> String {
    let name = choices.one_of(&ATTRIBUTES);
    match choices.below(6) {
        0 => format!("{name}.x"),
        1 => format!("{name}[0]"),
        2 => format!("{name}[1].y"),
        _ => name.to_owned(),
    }
}

fn operand(choices: &mut Choices<'_>, values: &mut Values) -> String {
    match choices.below(5) {
        0 => format!("size({})", path(choices)),
        1 | 2 => values.add(value(choices, 1)),
        _ => path(choices),
    }
}

fn condition(choices: &mut Choices<'_>, values: &mut Values, depth: usize) -> String {
    match choices.below(if depth == 0 { 8 } else { 11 }) {
        0 => format!("attribute_exists({})", path(choices)),
        1 => format!("attribute_not_exists({})", path(choices)),
        2 => {
            let kind = choices.one_of(&["S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS"]);
            format!("attribute_type({}, {})", path(choices), values.add(json!({ "S": kind })))
        }
        3 => {
            format!("begins_with({}, {})", path(choices), values.add(json!({ "S": choices.one_of(&["a", "b", "ä"]) })))
        }
        4 => format!("contains({}, {})", path(choices), values.add(value(choices, 0))),
        5 => {
            // The reference refuses a range whose ends are in the wrong order; only values can be.
            let number = |n: usize| json!({ "N": n.to_string() });
            let (low, high) = (choices.below(5), 5 + choices.below(5));
            format!("{} BETWEEN {} AND {}", path(choices), values.add(number(low)), values.add(number(high)))
        }
        6 => format!("{} IN ({}, {})", path(choices), operand(choices, values), operand(choices, values)),
        7 => {
            let sign = choices.one_of(&["=", "<>", "<", "<=", ">", ">="]);
            // Two values cannot be compared with each other.
            format!("{} {sign} {}", path(choices), operand(choices, values))
        }
        8 => format!("NOT {}", condition(choices, values, depth - 1)),
        9 => format!("({} OR {})", condition(choices, values, depth - 1), condition(choices, values, depth - 1)),
        _ => format!("{} AND {}", condition(choices, values, depth - 1), condition(choices, values, depth - 1)),
    }
}

fn update(choices: &mut Choices<'_>, values: &mut Values) -> String {
    let (mut set, mut remove, mut add, mut delete) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..=choices.below(3) {
        let path = path(choices);
        match choices.below(8) {
            0 => remove.push(path),
            1 => {
                // Other types are refused before anything is read: the engine's own tests have that.
                let sum = choices.one_of(&[r#"{"N":"1.5"}"#, r#"{"SS":["b"]}"#, r#"{"NS":["10","0.5"]}"#]);
                add.push(format!("{path} {}", values.add(serde_json::from_str(sum).unwrap())));
            }
            2 => delete.push(format!("{path} {}", values.add(json!({ "SS": ["a"] })))),
            3 => set.push(format!("{path} = {} + {}", self::path(choices), values.add(json!({ "N": "1.5" })))),
            4 => {
                set.push(format!("{path} = if_not_exists({}, {})", self::path(choices), values.add(value(choices, 1))))
            }
            5 => set.push(format!(
                "{path} = list_append({}, {})",
                self::path(choices),
                values.add(json!({ "L": [value(choices, 0)] }))
            )),
            _ => set.push(format!("{path} = {}", values.add(value(choices, 2)))),
        }
    }
    let clauses = [("SET", set), ("REMOVE", remove), ("ADD", add), ("DELETE", delete)];
    let clauses = clauses.into_iter().filter(|(_, actions)| !actions.is_empty());
    clauses.map(|(clause, actions)| format!("{clause} {}", actions.join(", "))).collect::<Vec<_>>().join(" ")
}

fn key(choices: &mut Choices<'_>) -> Json {
    json!({ "pk": { "S": choices.one_of(&["p", "q"]) }, "sk": { "S": choices.one_of(&["a", "ab", "b", "ä"]) } })
}

fn item(choices: &mut Choices<'_>) -> Json {
    let mut item = key(choices);
    for name in ATTRIBUTES {
        if choices.chance(2) {
            item[name] = value(choices, 2);
        }
    }
    for name in ["status", "seen"] {
        if choices.chance(2) {
            item[name] = json!({ "S": choices.one_of(&["1", "2", "3"]) });
        }
    }
    item
}

/// Adds the expressions that a write may have.
fn with_expressions(choices: &mut Choices<'_>, mut request: Json, has_update: bool) -> Json {
    let mut values = Values::default();
    if has_update {
        request["UpdateExpression"] = update(choices, &mut values).into();
    }
    if choices.chance(2) {
        request["ConditionExpression"] = condition(choices, &mut values, 2).into();
        if choices.chance(2) {
            request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD".into();
        }
    }
    if !values.0.is_empty() {
        request["ExpressionAttributeValues"] = values.0.into();
    }
    request
}

fn request(choices: &mut Choices<'_>) -> (&'static str, Json) {
    match choices.below(9) {
        0 | 1 => {
            let request = json!({ "TableName": "table", "Item": item(choices), "ReturnValues": "ALL_OLD" });
            ("PutItem", with_expressions(choices, request, false))
        }
        2 | 3 => {
            // Not ALL_OLD: if there was no item, the reference answers with its key, and AWS with nothing.
            let values = choices.one_of(&["ALL_NEW", "NONE"]);
            let request = json!({ "TableName": "table", "Key": key(choices), "ReturnValues": values });
            ("UpdateItem", with_expressions(choices, request, true))
        }
        4 => {
            let request = json!({ "TableName": "table", "Key": key(choices), "ReturnValues": "ALL_OLD" });
            ("DeleteItem", with_expressions(choices, request, false))
        }
        5 => {
            let (pk, low) = (choices.one_of(&["p", "q"]), choices.one_of(&["a", "ab", "b"]));
            let sort =
                choices.one_of(&["", " AND sk >= :s", " AND sk < :s", " AND begins_with(sk, :s)", " AND sk = :s"]);
            let mut values = Values::default();
            let filter = choices.chance(2).then(|| condition(choices, &mut values, 1));
            values.0.insert(":p".to_owned(), json!({ "S": pk }));
            if !sort.is_empty() {
                values.0.insert(":s".to_owned(), json!({ "S": low }));
            }
            let mut request = json!({
                "TableName": "table",
                "KeyConditionExpression": format!("pk = :p{sort}"),
                "ScanIndexForward": choices.chance(2),
                "Limit": 1 + choices.below(4),
                "ExpressionAttributeValues": values.0,
            });
            if let Some(filter) = filter {
                request["FilterExpression"] = filter.into();
            }
            if choices.chance(3) {
                request["ProjectionExpression"] = "sk, aa.x, bb, cc[0]".into();
            }
            if choices.chance(4) {
                request["ExclusiveStartKey"] =
                    json!({ "pk": { "S": pk }, "sk": { "S": choices.one_of(&["a", "aa", "b"]) } });
            }
            ("Query", request)
        }
        6 => (
            "Query",
            json!({
                "TableName": "table",
                "IndexName": "recent",
                "KeyConditionExpression": "#status = :s AND seen > :t",
                "ExpressionAttributeNames": { "#status": "status" },
                "ExpressionAttributeValues": { ":s": { "S": "1" }, ":t": { "S": choices.one_of(&["1", "2"]) } },
                "ScanIndexForward": choices.chance(2),
                "Limit": 1 + choices.below(3),
            }),
        ),
        7 => {
            let mut actions = Vec::new();
            for _ in 0..=choices.below(3) {
                let base = json!({ "TableName": "table" });
                actions.push(match choices.below(3) {
                    0 => {
                        let mut put = with_expressions(choices, base, false);
                        put["Item"] = item(choices);
                        json!({ "Put": put })
                    }
                    1 => {
                        let mut update = with_expressions(choices, base, true);
                        update["Key"] = key(choices);
                        json!({ "Update": update })
                    }
                    _ => {
                        let mut delete = with_expressions(choices, base, false);
                        delete["Key"] = key(choices);
                        json!({ "Delete": delete })
                    }
                });
            }
            ("TransactWriteItems", json!({ "TransactItems": actions }))
        }
        _ => {
            let writes: Vec<_> = (0..=choices.below(2))
                .map(|_| match choices.chance(2) {
                    true => json!({ "PutRequest": { "Item": item(choices) } }),
                    false => json!({ "DeleteRequest": { "Key": key(choices) } }),
                })
                .collect();
            ("BatchWriteItem", json!({ "RequestItems": { "table": writes } }))
        }
    }
}

/// The answer of the reference: the status and the JSON.
fn reference(database: &Database, operation: &str, request: &Json) -> (u16, Json) {
    macro_rules! operations {
        ($($name:literal => $method:ident,)*) => {
            match operation {
                $($name => match serde_json::from_value(request.clone()) {
                    Ok(request) => database.$method(request).map(|answer| json!(answer)),
                    Err(error) => Err(DynoxideError::ValidationException(error.to_string())),
                },)*
                _ => unreachable!("{operation}"),
            }
        };
    }
    let answer = operations! {
        "CreateTable" => create_table,
        "PutItem" => put_item,
        "UpdateItem" => update_item,
        "DeleteItem" => delete_item,
        "Query" => query,
        "Scan" => scan,
        "BatchWriteItem" => batch_write_item,
        "TransactWriteItems" => transact_write_items,
    };
    match answer {
        Ok(answer) => (200, answer),
        Err(error) => (error.status_code(), serde_json::from_str(&error.to_json()).unwrap()),
    }
}

/// The answer of the engine: the status and the JSON.
async fn engine(engines: &Engines, operation: &str, request: &Json) -> (u16, Json) {
    let mut call = HttpRequest::new(SdkBody::from(request.to_string()));
    call.headers_mut().insert("x-amz-target", format!("DynamoDB_20120810.{operation}"));
    let answer = engines.dynamo().call(call).await.unwrap();
    let status = answer.status().as_u16();
    (status, serde_json::from_slice(answer.body().bytes().unwrap()).unwrap())
}

/// The part of an answer that must be the same for both: of errors, their kinds and the reasons of a cancelled transaction.
fn comparable(operation: &str, (status, answer): (u16, Json)) -> (u16, Json) {
    let mut answer = match status {
        200 => answer,
        _ => {
            let kind = answer["__type"].as_str().unwrap_or_default().rsplit('#').next().unwrap_or_default().to_owned();
            let codes = answer["CancellationReasons"].as_array().into_iter().flatten();
            let codes: Vec<_> = codes.map(|reason| json!([reason["Code"], sorted(&reason["Item"])])).collect();
            // AWS does not document which invalid actions of a transaction are found before it starts.
            match kind == "ValidationException" || codes.iter().any(|code| code[0] == "ValidationError") {
                true => json!("invalid"),
                false => json!({ "kind": kind, "codes": codes, "Item": sorted(&answer["Item"]) }),
            }
        }
    };
    if operation == "Scan"
        && let Some(items) = answer["Items"].as_array_mut()
    {
        items.sort_by_key(|item| (item["pk"].to_string(), item["sk"].to_string()));
    }
    (status, sorted(&answer))
}

/// The same JSON with the members of sets in order.
fn sorted(json: &Json) -> Json {
    match json {
        Json::Object(fields) => {
            let sort = |(name, value): (&String, &Json)| {
                let mut value = sorted(value);
                if ["SS", "NS", "BS"].contains(&name.as_str())
                    && let Some(members) = value.as_array_mut()
                {
                    members.sort_by_key(Json::to_string);
                }
                (name.clone(), value)
            };
            Json::Object(fields.iter().map(sort).collect())
        }
        Json::Array(values) => Json::Array(values.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

fn table() -> Json {
    let text = |name: &str| json!({ "AttributeName": name, "AttributeType": "S" });
    let keys = |hash: &str, range: &str| json!([{ "AttributeName": hash, "KeyType": "HASH" }, { "AttributeName": range, "KeyType": "RANGE" }]);
    let definitions: Vec<_> = ["pk", "sk", "status", "seen"].into_iter().map(text).collect();
    json!({
        "TableName": "table",
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": keys("pk", "sk"),
        "AttributeDefinitions": definitions,
        "GlobalSecondaryIndexes": [{
            "IndexName": "recent",
            "KeySchema": keys("status", "seen"),
            "Projection": { "ProjectionType": "KEYS_ONLY" },
        }],
    })
}

/// `PROPTEST_CASES` sets another number of cases.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(60)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_engines_answer_alike(bytes in prop::collection::vec(any::<u8>(), 100..1500)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let engines = Engines::memory().unwrap();
        let database = Database::memory().unwrap();
        reference(&database, "CreateTable", &table());
        runtime.block_on(engine(&engines, "CreateTable", &table()));
        let mut choices = Choices(bytes.iter());
        while choices.0.len() > 0 {
            let (operation, request) = request(&mut choices);
            let expected = comparable(operation, reference(&database, operation, &request));
            let answered = comparable(operation, runtime.block_on(engine(&engines, operation, &request)));
            prop_assert_eq!(answered, expected, "{} {}", operation, request);
            let all = json!({ "TableName": "table" });
            let expected = comparable("Scan", reference(&database, "Scan", &all));
            let stored = comparable("Scan", runtime.block_on(engine(&engines, "Scan", &all)));
            prop_assert_eq!(stored, expected, "after {} {}", operation, request);
        }
    }
}
