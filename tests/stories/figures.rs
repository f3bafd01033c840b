//! Figures of errors: tags, users, releases and timelines.

use axum::body::Body;
use faultline_tests::{ADMIN, Faultline, raw};
use http::Method;
use serde_json::{Value, json};

/// Posts an event as an SDK does, with the fields of `more`.
async fn post(faultline: &Faultline, message: &str, more: Value) {
    let (id, key) = (faultline.stack.access().1.unwrap().id, faultline.client_key().to_owned());
    let mut event = json!({ "platform": "python", "message": message });
    more.as_object().unwrap().iter().for_each(|(name, value)| event[name] = value.clone());
    let answer =
        faultline.call(Method::POST, &format!("/api/{id}/store/?sentry_key={key}"), "", event.to_string()).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.body);
}

async fn refusal(faultline: &Faultline, path: &str) -> String {
    let answer = faultline.call(Method::GET, path, ADMIN, Body::empty()).await;
    assert!(answer.status.is_client_error(), "{path}: {}", answer.body);
    answer.body["message"].as_str().unwrap().to_owned()
}

/// Each tag has its most frequent values, how often each was seen, and which share of all that is.
#[tokio::test]
async fn an_error_s_tags_are_counted() {
    let faultline = Faultline::new().await;
    let python = json!({ "runtime": { "name": "CPython", "version": "3.13.1" }, "os": { "name": "Linux" } });
    let tags = json!({ "plan": "gold", "password": "hunter2" });
    post(&faultline, "m", json!({ "contexts": python, "tags": tags, "environment": "test" })).await;
    post(&faultline, "m", json!({ "contexts": python, "tags": { "plan": "free" } })).await;
    assert_eq!(faultline.process().await, 0);
    post(
        &faultline,
        "m",
        json!({ "tags": { "plan": "gold" }, "request": { "url": "https://shop.test/cart?token=x" } }),
    )
    .await;
    assert_eq!(faultline.process().await, 0);
    let fingerprint = faultline.get("/projects/sample/errors").await["errors"][0]["fingerprint"].clone();
    let path = format!("/projects/sample/errors/{}/tags", fingerprint.as_str().unwrap());
    let tags = faultline.get(&path).await;
    assert_eq!((&tags["isPartial"], &tags["users"]), (&json!(false), &json!(0)));
    let line = |tag: &Value| {
        let values = tag["values"].as_array().unwrap().iter();
        let values = values.map(|value| format!("{} {} {}", value["value"], value["count"], value["share"]));
        format!("{} {}: {}, {} others", tag["key"], tag["total"], values.collect::<Vec<_>>().join(", "), tag["rest"])
    };
    let lines: Vec<_> = tags["tags"].as_array().unwrap().iter().map(line).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    "environment" 1: "test" 1 1.0, 0 others
    "level" 3: "error" 3 1.0, 0 others
    "os" 2: "Linux" 2 1.0, 0 others
    "password" 1: "[Filtered]" 1 1.0, 0 others
    "plan" 3: "gold" 2 0.667, "free" 1 0.333, 0 others
    "runtime" 2: "CPython 3.13.1" 2 1.0, 0 others
    "url" 1: "https://shop.test/cart" 1 1.0, 0 others
    "#);
    let first = faultline.get(&format!("{path}?limit=1")).await;
    let plan = first["tags"].as_array().unwrap().iter().find(|tag| tag["key"] == "plan").unwrap();
    assert_eq!((plan["values"].as_array().unwrap().len(), &plan["rest"]), (1, &json!(1)));
}

/// If a tag has more values than are kept, each count has an upper and a lower bound.
#[tokio::test]
async fn a_tag_of_many_values_has_bounds_for_its_counts() {
    let faultline = Faultline::new().await;
    for number in 0..40 {
        let request = if number % 2 == 0 { "same".to_owned() } else { format!("{number}") };
        post(&faultline, "m", json!({ "tags": { "request": request } })).await;
    }
    assert_eq!(faultline.process().await, 0);
    let fingerprint = faultline.get("/projects/sample/errors").await["errors"][0]["fingerprint"].clone();
    let tags = faultline.get(&format!("/projects/sample/errors/{}/tags", fingerprint.as_str().unwrap())).await;
    let request = tags["tags"].as_array().unwrap().iter().find(|tag| tag["key"] == "request").unwrap();
    assert_eq!((&request["total"], &request["isExact"]), (&json!(40), &json!(false)));
    let values = request["values"].as_array().unwrap();
    assert_eq!((values.len(), &values[0]["value"]), (8, &json!("same")));
    assert_eq!((&values[0]["count"], &values[0]["countAtMost"]), (&json!(20), &json!(20)));
    assert!(values[1]["countAtMost"].as_u64() > values[1]["count"].as_u64());
    assert_eq!(request["rest"], json!(40 - 20 - 7));
}

/// Each user is counted once, by id, email address, name or IP address: exactly up to 48, then approximately.
#[tokio::test]
async fn users_are_counted_once() {
    let faultline = Faultline::new().await;
    let users = async || faultline.get("/projects/sample/errors").await["errors"][0]["users"].as_u64().unwrap();
    for number in 0..20 {
        post(&faultline, "m", json!({ "user": { "id": number % 10, "email": format!("{number}@shop.test") } })).await;
    }
    post(&faultline, "m", json!({ "user": { "ip_address": "192.0.2.1" } })).await;
    post(&faultline, "m", json!({})).await;
    assert_eq!(faultline.process().await, 0);
    assert_eq!(users().await, 11);
    for number in 0..300 {
        post(&faultline, "m", json!({ "user": { "username": format!("user {number}") } })).await;
    }
    assert_eq!(faultline.process().await, 0);
    // Three standard errors of 6.5 %.
    assert!((250..=372).contains(&users().await), "{}", users().await);
}

/// A release exists from its first occurrence on. The one that was seen last is listed first.
#[tokio::test]
async fn releases_are_listed_with_their_first_and_last_occurrence() {
    let faultline = Faultline::new().await;
    for (release, hours) in [("1.0", 0), ("shop@2.0+7", 1), ("1.0", 1), ("1.0", 1), ("3/beta", 30)] {
        faultline.clock.advance(hours * 3_600);
        let post = json!({ "errors": [{ "message": "m" }], "context": { "version": release } });
        faultline.post("sample", &post).await;
        assert_eq!(faultline.process().await, 0);
    }
    let listed = faultline.get("/projects/sample/releases").await;
    insta::assert_json_snapshot!(listed, @r#"
    {
      "announced": [],
      "nextCursor": null,
      "releases": [
        {
          "announcedAt": null,
          "commits": 0,
          "deploys": 0,
          "firstSeen": "2026-11-03T09:01:00+00:00",
          "lastDeploy": null,
          "lastSeen": "2026-11-03T09:01:00+00:00",
          "newErrors": 0,
          "regressedErrors": 0,
          "release": "3/beta",
          "releasedAt": null,
          "url": null
        },
        {
          "announcedAt": null,
          "commits": 0,
          "deploys": 0,
          "firstSeen": "2026-11-02T01:01:00+00:00",
          "lastDeploy": null,
          "lastSeen": "2026-11-02T01:01:00+00:00",
          "newErrors": 0,
          "regressedErrors": 0,
          "release": "shop@2.0+7",
          "releasedAt": null,
          "url": null
        },
        {
          "announcedAt": null,
          "commits": 0,
          "deploys": 0,
          "firstSeen": "2026-11-02T00:01:00+00:00",
          "lastDeploy": null,
          "lastSeen": "2026-11-02T03:01:00+00:00",
          "newErrors": 1,
          "regressedErrors": 0,
          "release": "1.0",
          "releasedAt": null,
          "url": null
        }
      ]
    }
    "#);
    let (mut paged, mut path) = (Vec::new(), "/projects/sample/releases?limit=1".to_owned());
    loop {
        let page = faultline.get(&path).await;
        paged.extend(page["releases"].as_array().unwrap().iter().cloned());
        let Some(next) = page["nextCursor"].as_str() else { break };
        path = format!("/projects/sample/releases?limit=1&cursor={next}");
    }
    assert_eq!(&Value::Array(paged), &listed["releases"]);
    for (encoded, index) in [("3%2Fbeta", 0), ("shop%402.0%2B7", 1)] {
        let shown = faultline.get(&format!("/projects/sample/releases/{encoded}")).await;
        assert_eq!(shown["release"]["release"], listed["releases"][index]["release"]);
    }
    assert!(refusal(&faultline, "/projects/sample/releases/9").await.contains("no release `9`"));
    assert!(refusal(&faultline, "/projects/sample/releases?cursor=9").await.contains("nextCursor"));
    assert!(refusal(&faultline, "/projects/sample/releases?limit=101").await.contains("1 to 100"));
}

/// Timelines are by minute, hour or day, with zeros where nothing happened, for an error, its project and the stack.
/// Totals are the sums of the errors' timelines.
#[tokio::test]
async fn timelines_are_drawn_for_an_error_a_project_and_the_stack() {
    let faultline = Faultline::new().await;
    faultline.call(Method::POST, "/projects", ADMIN, r#"{"name":"other"}"#).await;
    let events = [
        ("sample", "a", "00:01:00"),
        ("sample", "a", "00:01:59"),
        ("sample", "b", "00:03:00"),
        ("other", "c", "02:10:00"),
    ];
    for (project, message, time) in events {
        let timestamp = format!("2026-11-01T{time}Z");
        let post =
            json!({ "errors": [{ "message": message, "timestamp": timestamp }], "context": { "version": message } });
        faultline.post(project, &post).await;
    }
    assert_eq!(faultline.process().await, 0);
    let counts = async |path: &str| {
        let drawn = faultline.get(path).await;
        let counts: Vec<u64> =
            drawn["points"].as_array().unwrap().iter().map(|point| point["count"].as_u64().unwrap()).collect();
        assert_eq!(drawn["totalCount"], counts.iter().sum::<u64>());
        counts
    };
    let minutes = "unit=minute&start=2026-11-01T01:00:00%2B01:00&end=2026-10-31T20:04:00-04:00";
    assert_eq!(counts(&format!("/projects/sample/errors/a/timeline?{minutes}")).await, [0, 2, 0, 0]);
    assert_eq!(counts(&format!("/projects/sample/timeline?{minutes}")).await, [0, 2, 0, 1]);
    let hours = "start=2026-11-01T00:00:00Z&end=2026-11-01T03:00:00Z";
    assert_eq!(counts(&format!("/timeline?{hours}")).await, [3, 0, 1]);
    // New York changes its clocks on this day, which has 25 hours.
    let days = "unit=day&start=2026-10-31T12:00:00Z&end=2026-11-01T12:00:00Z&timezone=America/New_York";
    assert_eq!(counts(&format!("/timeline?{days}")).await, [4, 0]);
    assert_eq!(counts("/timeline?timezone=UTC").await.len(), 24);
    assert_eq!(counts("/timeline?unit=minute").await.len(), 60);
    assert_eq!(counts("/projects/other/timeline?unit=day").await[28..], [1, 0]);

    let drawn = faultline
        .get("/projects/sample/timeline?start=2026-11-02T00:00:00Z&end=2026-11-02T01:00:00Z&timezone=Asia/Kolkata")
        .await;
    insta::assert_json_snapshot!(drawn, @r#"
    {
      "end": "2026-11-02T07:00:00+05:30",
      "moreReleases": false,
      "points": [
        {
          "count": 0,
          "start": "2026-11-02T05:00:00+05:30"
        },
        {
          "count": 0,
          "start": "2026-11-02T06:00:00+05:30"
        }
      ],
      "releases": [
        {
          "firstSeen": "2026-11-02T05:31:00+05:30",
          "release": "a"
        },
        {
          "firstSeen": "2026-11-02T05:31:00+05:30",
          "release": "b"
        }
      ],
      "start": "2026-11-02T05:00:00+05:30",
      "timezone": "Asia/Kolkata",
      "totalCount": 0,
      "unit": "hour"
    }
    "#);

    for (path, reason) in [
        ("/timeline?unit=week", "`minute`, `hour` or `day`"),
        ("/timeline?timezone=Nowhere", "Europe/Berlin"),
        ("/timeline?start=yesterday", "RFC 3339"),
        ("/timeline?unit=minute&start=2026-11-01T00:00:00Z&end=2026-11-03T00:00:00Z", "at most 25 hours"),
        ("/timeline?start=2026-11-02T00:00:00Z&end=2026-11-01T00:00:00Z", "not after the start"),
        ("/projects/sample/errors/nothing/timeline", "no error"),
    ] {
        assert!(refusal(&faultline, path).await.contains(reason), "{path}");
    }
}

/// A list of errors has the hours in which each was seen, without an additional read.
#[tokio::test]
async fn an_error_in_a_list_has_its_newest_hours() {
    let faultline = Faultline::new().await;
    for hour in [0, 1, 1, 3] {
        let timestamp = format!("2026-11-01T0{hour}:30:00Z");
        faultline.post("sample", &json!({ "errors": [{ "message": "m", "timestamp": timestamp }] })).await;
        assert_eq!(faultline.process().await, 0);
    }
    let hours = faultline.get("/projects/sample/errors").await["errors"][0]["hours"].clone();
    let hour = |hour, count| json!({ "start": format!("2026-11-01T0{hour}:00:00+00:00"), "count": count });
    assert_eq!(hours, json!([hour(0, 1), hour(1, 2), hour(3, 1)]));
}

/// A commit is charged by the kilobyte. A new error with an event as SDKs send it takes less than one.
#[tokio::test]
async fn a_fresh_error_is_stored_within_a_kilobyte() {
    let faultline = Faultline::new().await;
    let contexts = json!({
        "runtime": { "name": "CPython", "version": "3.13.1" },
        "os": { "name": "Linux", "version": "6.1.0" },
        "browser": { "name": "Firefox", "version": "131.0" },
    });
    let event = json!({
        "release": "shop@1.2.3", "environment": "production", "server_name": "web-1", "transaction": "/cart/{id}",
        "contexts": contexts, "user": { "id": "7" }, "request": { "url": "https://shop.test/cart/7" },
        "tags": { "plan": "gold" },
        "exception": { "values": [{ "type": "KeyError", "value": "'total'" }] },
    });
    post(&faultline, "m", event).await;
    assert_eq!(faultline.process().await, 0);
    let items = raw::items(faultline.stack.engines()).await;
    let error = items.iter().find(|item| item["sk"]["S"].as_str().unwrap().starts_with("E#")).unwrap();
    let size: usize = error
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| name.len() + value.as_object().unwrap().values().next().unwrap().as_str().unwrap().len())
        .sum();
    assert!(size < 1_024, "{size} bytes");
}

/// Deleting a project deletes its figures.
#[tokio::test]
async fn a_deleted_project_leaves_no_figures() {
    let faultline = Faultline::new().await;
    let post = json!({ "errors": [{ "message": "m" }], "context": { "version": "1.0" } });
    faultline.post("gone", &post).await;
    faultline.post("sample", &post).await;
    assert_eq!(faultline.process().await, 0);
    let figures = async || {
        let items = raw::items(faultline.stack.engines()).await;
        let kind = |item: &Value| item["sk"]["S"].as_str().unwrap().chars().take(2).collect::<String>();
        let places = items.iter().map(|item| format!("{} {}", item["pk"]["S"].as_str().unwrap(), kind(item)));
        let mut places: Vec<_> = places.filter(|place| place.starts_with("PT#") || place.ends_with(" V#")).collect();
        places.sort();
        places
    };
    assert_eq!(figures().await, ["P#1 V#", "P#2 V#", "PT#1 T#", "PT#2 T#"]);
    let answer = faultline.call(Method::DELETE, "/projects/gone", ADMIN, "").await;
    assert_eq!(answer.status.as_u16(), 204);
    assert_eq!(figures().await, ["P#1 V#", "PT#1 T#"]);
}
