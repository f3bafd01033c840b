//! Lists page by cursor, newest first.

use faultline_tests::Faultline;
use serde_json::{Value, json};

fn messages(list: &[Value]) -> Vec<&str> {
    list.iter().map(|error| error["message"].as_str().unwrap()).collect()
}

/// Every error is on exactly one page, last seen first, whether resolved or not.
#[tokio::test]
async fn errors_page_by_cursor_last_seen_first() {
    let faultline = Faultline::new().await;
    let errors: Vec<_> = (0..24)
        .map(|n| json!({ "message": format!("{n:02}"), "timestamp": format!("2026-11-01T{n:02}:00:00Z") }))
        .collect();
    faultline.post("sample", &json!({ "errors": errors })).await;
    faultline.process().await;
    for n in [3, 20] {
        let path = format!("/projects/sample/errors/{n:02}");
        faultline.call(http::Method::PATCH, &path, faultline_tests::ADMIN, r#"{"status":"resolved"}"#).await;
    }
    let all = faultline.all("/projects/sample/errors?limit=5", "cursor").await;
    let expected: Vec<_> = (0..24).rev().map(|n| format!("{n:02}")).collect();
    assert_eq!(messages(&all), expected);
    let open = faultline.all("/projects/sample/errors?limit=7&status=unresolved", "cursor").await;
    assert_eq!(open.len(), 22);
    let page = faultline.get("/projects/sample/errors?limit=24").await;
    assert_eq!(page["nextCursor"], Value::Null, "a full last page has no next one");
}

/// Occurrences page with `after`, newest first, across frames and batches.
#[tokio::test]
async fn occurrences_page_newest_first() {
    let faultline = Faultline::new().await;
    for batch in 0..4 {
        for n in 0..9 {
            let error = json!({ "message": "m", "n": batch * 9 + n });
            faultline.post("sample", &json!({ "errors": [error] })).await;
            faultline.clock.advance(7);
        }
        faultline.process().await;
    }
    let all = faultline.all("/projects/sample/errors/m/occurrences?limit=4", "after").await;
    let order: Vec<_> = all.iter().map(|occurrence| occurrence["n"].as_u64().unwrap()).collect();
    assert_eq!(order, (0..36).rev().collect::<Vec<_>>());
    let first = faultline.get("/projects/sample/errors/m/occurrences").await;
    assert_eq!(first["errors"].as_array().unwrap().len(), 10, "v1's default");
    assert_eq!(first["totalCount"], 36);
}
