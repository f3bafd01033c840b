use faultline_tests::Faultline;
use serde_json::json;

/// A posted error is listed, counted, on the timeline, and can be read completely.
#[tokio::test]
async fn an_error_is_posted_and_read_back() {
    let faultline = Faultline::new().await;
    let posted = json!({
        "errors": [{
            "type": "TypeError",
            "message": "x is undefined",
            "backtrace": [
                { "file": "app.js", "function": "total", "line": 42, "column": 7, "code": { "42": "x.y" } },
                { "file": "main.js", "function": null, "line": 1 },
            ],
            "timestamp": "2026-11-01T09:00:00+09:00",
        }],
        "notifier": { "name": "faultline-js", "version": "1.0.0", "url": "https://example.org" },
        "context": { "environment": "production", "language": "JavaScript", "version": "1.2.3" },
        "environment": { "NODE_ENV": "production" },
        "session": { "user": 7 },
        "params": { "q": ["a", null] },
    });
    let answer = faultline.post("sample", &posted).await;
    assert_eq!(answer["data"]["errors"]["postCount"], 1);
    faultline.process().await;

    insta::assert_json_snapshot!(faultline.get("/projects/sample/errors").await, @r#"
    {
      "errors": [
        {
          "assignee": null,
          "assigneeUser": null,
          "count": 1,
          "culprit": "total in app.js",
          "fingerprint": "a98adb1d1b3562b83350cff7277a61f1",
          "firstSeen": "2026-11-01T00:00:00+00:00",
          "hours": [
            {
              "count": 1,
              "start": "2026-11-01T00:00:00+00:00"
            }
          ],
          "issues": [],
          "lastSeen": "2026-11-01T00:00:00+00:00",
          "lastUpdated": "2026-11-01T00:00:00+00:00",
          "level": "error",
          "merged": [],
          "message": "x is undefined",
          "mutedUntil": null,
          "mutedUntilCount": null,
          "platform": "javascript",
          "project": "sample",
          "regression": null,
          "resolution": null,
          "status": "unresolved",
          "type": "TypeError",
          "users": 0
        }
      ],
      "examined": 1,
      "nextCursor": null,
      "scannedCount": 1,
      "uncertain": []
    }
    "#);
    let shown = faultline.get("/projects/sample/errors/x%20is%20undefined").await;
    insta::assert_json_snapshot!(shown["timeline"], @r#"
    {
      "errors": [
        {
          "count": 1,
          "key": "sample#a98adb1d1b3562b83350cff7277a61f1",
          "message": "x is undefined",
          "project": "sample",
          "timestamp": "2026-11-01T00:00:00+00:00",
          "type": "TypeError"
        }
      ],
      "scannedCount": 1,
      "totalCount": 1
    }
    "#);
    let occurrence = &shown["error"];
    for key in ["notifier", "context", "environment", "session", "params"] {
        assert_eq!(occurrence[key], posted[key], "{key}");
    }
    insta::assert_json_snapshot!(occurrence["backtrace"], @r#"
    [
      {
        "code": {
          "42": "x.y"
        },
        "column": 7,
        "file": "app.js",
        "function": "total",
        "line": 42
      },
      {
        "file": "main.js",
        "line": 1
      }
    ]
    "#);
    let id = occurrence["reversedUnixtime"].as_str().unwrap();
    let again = faultline.get(&format!("/projects/sample/errors/x%20is%20undefined/occurrences/{id}")).await;
    assert_eq!(again["error"]["eventId"], answer["id"]);
    assert_eq!(again["error"]["event"]["release"], "1.2.3");
}
