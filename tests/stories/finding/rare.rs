//! An error is found by its rare properties, too, in lists and in bulk changes. If it cannot know whether it matches,
//! the answer says so.

use faultline_tests::{ADMIN, Faultline, encoded};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{event, found};

/// Sends `count` events of the error `message`, each with other values, in one batch or each in its own batch.
async fn events(faultline: &Faultline, message: &str, count: usize, alone: bool) {
    for n in 0..count {
        // The first values are the most frequent.
        for _ in 0..=(count - n) / 20 {
            let level = ["error", "warning", "info"][n % 3];
            let tags = json!({ "zone": format!("zone-{n}"), "page": format!("{}{n}", "x".repeat(70)) });
            let body = json!({
                "message": message, "fingerprint": [message], "environment": format!("env-{}", n % 8),
                "release": format!("shop@1.{n}"), "level": level, "tags": tags,
            });
            event(faultline, body).await;
        }
        if alone {
            assert_eq!(faultline.process().await, 0);
        }
        faultline.clock.advance(60);
    }
    assert_eq!(faultline.process().await, 0);
}

async fn bulk(faultline: &Faultline, filters: Value, change: Value) -> Value {
    let body = json!({ "where": filters, "change": change });
    let answer = faultline.call(Method::PATCH, "/projects/sample/errors", ADMIN, body.to_string()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.body["data"].clone()
}

/// Regression test: an error was not found by the rarer ones of its releases, environments and tags.
#[tokio::test]
async fn an_error_is_found_by_each_of_its_values() {
    let faultline = Faultline::new().await;
    events(&faultline, "one by one", 40, true).await;
    events(&faultline, "all at once", 40, false).await;
    faultline.post_message("another").await;
    assert_eq!(faultline.process().await, 0);
    let both = ["all at once", "one by one"];
    for n in 0..40 {
        let page = format!("{}{n}", "x".repeat(70));
        for filter in [format!("release=shop@1.{n}"), format!("tag=zone:zone-{n}"), format!("tag=page:{page}")] {
            assert_eq!(found(&faultline, &filter).await, both, "{filter}");
        }
    }
    for environment in 0..8 {
        assert_eq!(found(&faultline, &format!("environment=env-{environment}")).await, both);
    }
    for level in ["error", "warning", "info"] {
        assert_eq!(found(&faultline, &format!("level={level}&release=shop@1.39")).await, both, "{level}");
    }
    for nothing in
        ["release=shop@1.40", "environment=env-8", "tag=zone:zone-40", "tag=page:x", "tag=other:x", "level=debug"]
    {
        assert_eq!(found(&faultline, nothing).await, Vec::<String>::new(), "{nothing}");
    }

    let done = bulk(&faultline, json!({ "release": "shop@1.38" }), json!({ "status": "resolved" })).await;
    let changed = done["results"].as_array().unwrap().iter().filter(|one| one["changed"] == true).count();
    assert_eq!((changed, &done["more"]), (2, &json!(false)));
    assert_eq!(found(&faultline, "status=resolved").await, both);
    assert_eq!(found(&faultline, "status=unresolved").await, ["another"]);
}

/// Merging adds the errors' properties, and unmerging takes them away again. An error that occurs again after it was
/// deleted has none of its old properties.
#[tokio::test]
async fn an_error_is_not_found_by_properties_that_it_no_longer_has() {
    let faultline = Faultline::new().await;
    events(&faultline, "whole", 12, true).await;
    event(&faultline, json!({ "message": "part", "release": "other@1", "tags": { "zone": "elsewhere" } })).await;
    assert_eq!(faultline.process().await, 0);
    let all = faultline.get("/projects/sample/errors").await;
    let print = |message: &str| {
        let error = all["errors"].as_array().unwrap().iter().find(|error| error["message"] == message).unwrap();
        error["fingerprint"].as_str().unwrap().to_owned()
    };
    let whole = format!("/projects/sample/errors/{}", print("whole"));
    let part = json!({ "errors": [print("part")] }).to_string();
    let answer = faultline.call(Method::POST, &format!("{whole}/merge"), ADMIN, part.clone()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    for filter in ["release=other@1", "tag=zone:elsewhere", "release=shop@1.0", "release=shop@1.11"] {
        assert_eq!(found(&faultline, filter).await, ["whole"], "{filter}");
    }
    let answer = faultline.call(Method::POST, &format!("{whole}/unmerge"), ADMIN, part).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    for (filter, expected) in
        [("release=other@1", "part"), ("tag=zone:elsewhere", "part"), ("release=shop@1.0", "whole")]
    {
        assert_eq!(found(&faultline, filter).await, [expected], "{filter}");
    }

    assert_eq!(faultline.call(Method::DELETE, &whole, ADMIN, "").await.status, StatusCode::NO_CONTENT);
    event(&faultline, json!({ "message": "whole", "fingerprint": ["whole"], "release": "shop@2" })).await;
    assert_eq!(faultline.process().await, 0);
    assert_eq!(found(&faultline, "release=shop@1.0").await, Vec::<String>::new());
    assert_eq!(found(&faultline, "release=shop@2").await, ["whole"]);
}

/// An error with more values of a tag than it remembers is neither left out nor changed.
#[tokio::test]
async fn an_error_that_may_match_is_listed_as_uncertain() {
    let faultline = Faultline::new().await;
    events(&faultline, "many", 70, false).await;
    faultline.post_message("few").await;
    assert_eq!(faultline.process().await, 0);
    let certain = "status=unresolved&release=shop@1.3";
    assert_eq!(found(&faultline, certain).await, ["many"], "more releases are remembered");
    let asked = faultline.get(&format!("/projects/sample/errors?tag={}", encoded("zone:zone-nowhere"))).await;
    assert_eq!(asked["errors"], json!([]));
    assert_eq!(asked["uncertain"].as_array().unwrap().len(), 1);
    assert_eq!(asked["uncertain"][0]["message"], "many");

    let done = bulk(&faultline, json!({ "tag": "zone:zone-3" }), json!({ "status": "resolved" })).await;
    let one = &done["results"][0];
    assert_eq!((&one["changed"], &one["failed"]["reason"]), (&json!(false), &json!("match_uncertain")));
    assert!(one["failed"]["message"].as_str().unwrap().contains("`errors`"), "{one}");
    assert_eq!(found(&faultline, "status=resolved").await, Vec::<String>::new());
}
