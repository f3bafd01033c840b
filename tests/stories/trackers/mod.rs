//! Requests of unmodified clients of other trackers.

mod airbrake;
mod bugsnag;
mod otlp;
mod refusals;
mod rollbar;

use axum::body::Body;
use faultline_tests::{ADMIN, Answered, Faultline};
use http::{Method, Request};
use serde_json::Value;

async fn send(faultline: &Faultline, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answered {
    let request = headers.iter().fold(Request::post(path), |request, (name, value)| request.header(*name, *value));
    faultline.send(request.body(body.into()).unwrap()).await
}

/// Returns the type, message and count of each error of the project `sample`, after everything was processed.
async fn errors(faultline: &Faultline) -> Vec<(String, String, u64)> {
    assert_eq!(faultline.process().await, 0);
    let text = |error: &Value, key: &str| error[key].as_str().unwrap().to_owned();
    let errors = faultline.all("/projects/sample/errors?limit=100", "cursor").await;
    let mut errors: Vec<_> = errors
        .iter()
        .map(|error| (text(error, "type"), text(error, "message"), error["count"].as_u64().unwrap()))
        .collect();
    errors.sort();
    errors
}

/// Returns the stored event of the only error.
async fn only_event(faultline: &Faultline) -> Value {
    assert_eq!(faultline.process().await, 0);
    let errors = faultline.all("/projects/sample/errors?limit=100", "cursor").await;
    let [error] = errors.as_slice() else { panic!("one error: {errors:?}") };
    let path = format!("/projects/sample/errors/{}/occurrences/last", error["fingerprint"].as_str().unwrap());
    faultline.get(&path).await["error"]["event"].clone()
}

/// How many requests and items were refused or not stored, by reason.
async fn refused(faultline: &Faultline) -> Value {
    faultline.call(Method::GET, "/info", ADMIN, Body::empty()).await.body["data"]["refused"].clone()
}

/// The files and marks of the frames of the last exception, callers first.
fn frames(event: &Value) -> Vec<(String, Value)> {
    let exceptions = event["exceptions"].as_array().unwrap();
    let frames = exceptions.last().unwrap()["stacktrace"]["frames"].as_array().unwrap();
    frames.iter().map(|frame| (frame["filename"].as_str().unwrap().to_owned(), frame["in_app"].clone())).collect()
}
