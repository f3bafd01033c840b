//! Changes of many errors in one request.

use faultline_tests::{ADMIN, Answered, Faultline};
use http::Method;
use serde_json::{Value, json};

const PATH: &str = "/projects/sample/errors";

async fn bulk(faultline: &Faultline, body: Value) -> Answered {
    faultline.call(Method::PATCH, PATH, ADMIN, body.to_string()).await
}

async fn changed(faultline: &Faultline, body: Value) -> Value {
    let answer = bulk(faultline, body).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.body);
    answer.body["data"].clone()
}

async fn with_errors(count: usize) -> Faultline {
    let faultline = Faultline::new().await;
    for n in 0..count {
        faultline.post_message(&format!("error {n}")).await;
    }
    assert_eq!(faultline.process().await, 0);
    faultline.clock.advance(10);
    faultline
}

async fn statuses(faultline: &Faultline) -> std::collections::BTreeMap<String, usize> {
    let mut statuses = std::collections::BTreeMap::new();
    for error in faultline.all("/projects/sample/errors?limit=100", "cursor").await {
        *statuses.entry(error["status"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    statuses
}

/// One failure costs only itself (promise 3 in docs/src/internals/promises.md): the failure of one error in a list is
/// reported for it, and the others are changed.
#[tokio::test]
async fn errors_of_a_list_are_changed_one_by_one() {
    let faultline = with_errors(4).await;
    let fingerprint = faultline.get("/projects/sample/errors/error%203").await["error"]["fingerprint"].clone();
    let change = json!({ "status": "resolved", "assignee": "Ada" });
    let list = json!(["error 0", "no such error", "error 1", fingerprint]);
    let done = changed(&faultline, json!({ "errors": list, "change": change })).await;
    let results = done["results"].as_array().unwrap();
    let names: Vec<_> = results.iter().map(|result| result["error"].clone()).collect();
    assert_eq!((json!(names), &done["more"]), (list, &json!(false)));
    let of: Vec<_> = results.iter().map(|result| result["changed"].as_bool().unwrap()).collect();
    assert_eq!(of, [true, false, true, true]);
    assert_eq!(results[1]["failed"]["reason"], "error_unknown");
    assert_eq!(statuses(&faultline).await, [("resolved".to_owned(), 3), ("unresolved".to_owned(), 1)].into());
    let history = faultline.get("/projects/sample/errors/error%200/history").await;
    assert_eq!(history["history"].as_array().unwrap().len(), 2);

    // None of them has a release: each says so, and stays unchanged.
    let next = json!({ "status": "resolved", "inNextRelease": true });
    let refused = changed(&faultline, json!({ "errors": ["error 2"], "change": next })).await;
    assert_eq!(refused["results"][0]["failed"]["reason"], "body_invalid");
    assert_eq!(statuses(&faultline).await["unresolved"], 1);
}

/// A query changes at most a hundred errors per call, and says whether there are more.
#[tokio::test]
async fn errors_of_a_query_are_changed_in_parts() {
    let faultline = with_errors(230).await;
    let of = json!({ "where": { "status": "unresolved" }, "change": { "status": "muted" } });
    let (mut parts, mut body) = (Vec::new(), of.clone());
    loop {
        let done = changed(&faultline, body.clone()).await;
        assert!(done["results"].as_array().unwrap().iter().all(|result| result["changed"] == true), "{done}");
        parts.push(done["results"].as_array().unwrap().len());
        assert_eq!(done["more"], !done["nextCursor"].is_null());
        if done["more"] == false {
            break;
        }
        body = of.clone();
        body["cursor"] = done["nextCursor"].clone();
    }
    assert_eq!(parts, [100, 100, 30]);
    assert_eq!(statuses(&faultline).await, [("muted".to_owned(), 230)].into());
}

#[tokio::test]
async fn errors_of_a_query_are_deleted() {
    let faultline = with_errors(5).await;
    changed(&faultline, json!({ "errors": ["error 1", "error 2"], "change": { "status": "resolved" } })).await;
    let done = changed(&faultline, json!({ "where": { "status": "resolved" }, "delete": true })).await;
    assert_eq!((done["results"].as_array().unwrap().len(), &done["purged"]), (2, &json!(true)));
    assert_eq!(faultline.counts().await.into_keys().collect::<Vec<_>>(), ["error 0", "error 3", "error 4"]);
    let items = faultline_tests::raw::items(faultline.stack.engines()).await;
    let references = items.iter().filter(|item| item["sk"]["S"].as_str().unwrap().starts_with("O#")).count();
    assert_eq!(references, 3, "nothing is left of the deleted errors");
}

#[tokio::test]
async fn an_invalid_bulk_change_is_refused_with_a_reason() {
    let faultline = with_errors(1).await;
    let (list, resolve) = (json!(["error 0"]), json!({ "status": "resolved" }));
    for (body, path, says) in [
        (json!({ "errors": list }), json!(["change"]), "either `change` or `delete`"),
        (
            json!({ "errors": list, "change": resolve, "delete": true }),
            json!(["change"]),
            "either `change` or `delete`",
        ),
        (json!({ "change": resolve }), json!(["errors"]), "either `errors` or `where`"),
        (
            json!({ "errors": list, "where": { "status": "muted" }, "delete": true }),
            json!(["errors"]),
            "either `errors`",
        ),
        (json!({ "errors": [], "delete": true }), json!(["errors"]), "send 1 to 100"),
        (json!({ "errors": vec!["m"; 101], "delete": true }), json!(["errors"]), "has 101 entries"),
        (json!({ "where": {}, "delete": true }), json!(["where"]), "must have at least one filter"),
        (json!({ "where": { "status": "" }, "delete": true }), json!(["where"]), "must have at least one filter"),
        (json!({ "where": { "colour": "red" }, "delete": true }), json!(["where"]), "`colour`"),
        (json!({ "where": { "status": "asleep" }, "delete": true }), json!(["where", "status"]), "`asleep`"),
        (json!({ "errors": list, "change": { "status": "asleep" } }), json!(["change", "status"]), "`asleep`"),
        (json!({ "errors": list, "change": {} }), json!(["change"]), "changes nothing"),
        (json!({ "errors": list, "cursor": "x", "delete": true }), json!(["cursor"]), "only allowed with `where`"),
        (json!({ "where": { "status": "muted" }, "cursor": "x", "delete": true }), json!(["cursor"]), "not a cursor"),
        (json!({ "errors": list, "purge": true }), json!([]), "the body is invalid"),
    ] {
        let answer = bulk(&faultline, body.clone()).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.body["errors"][0]["path"]),
            (400, &path),
            "{body}: {}",
            answer.body
        );
        assert!(answer.body["message"].as_str().unwrap().contains(says), "{}", answer.body);
    }
    assert_eq!(statuses(&faultline).await, [("unresolved".to_owned(), 1)].into());
}
