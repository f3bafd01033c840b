//! Several errors can be merged into one, and unmerged again.

use axum::body::Body;
use faultline_tests::{ADMIN, Faultline};
use grouping::message_fingerprint;
use http::Method;
use serde_json::{Value, json};

const PROJECT: &str = "/projects/sample/errors";

/// Sends a request `what` (`merge` or `unmerge`) for an error, with the messages of others.
async fn asked(faultline: &Faultline, what: &str, of: &str, others: &[&str]) -> (u16, Value) {
    let others: Vec<_> = others.iter().map(|message| message_fingerprint(message).to_string()).collect();
    let body = json!({ "errors": others }).to_string();
    let answer = faultline.call(Method::POST, &format!("{PROJECT}/{of}/{what}"), ADMIN, body).await;
    (answer.status.as_u16(), answer.body)
}

async fn done(faultline: &Faultline, what: &str, of: &str, others: &[&str]) -> Value {
    let (status, body) = asked(faultline, what, of, others).await;
    assert_eq!(status, 200, "{body}");
    body["data"].clone()
}

async fn refused(faultline: &Faultline, what: &str, of: &str, others: &[&str]) -> (u16, String) {
    let (status, body) = asked(faultline, what, of, others).await;
    assert!(status >= 400, "{body}");
    (status, format!("{}: {}", body["error"].as_str().unwrap(), body["message"].as_str().unwrap()))
}

/// Posts an occurrence of each of these errors, each in its own minute, and processes them.
async fn seen(faultline: &Faultline, messages: &[&str]) {
    for message in messages {
        faultline.clock.advance(60);
        faultline.post_message(message).await;
    }
    assert_eq!(faultline.process().await, 0);
}

/// Returns the messages of an error's occurrences, newest first, read a few at a time. Checks that the count and the
/// timeline agree with them.
async fn occurrences(faultline: &Faultline, of: &str) -> Vec<String> {
    let path = format!("{PROJECT}/{of}");
    let listed = faultline.all(&format!("{path}/occurrences?limit=2"), "after").await;
    let shown = faultline.get(&format!("{path}?start=2026-11-01T00:00:00Z")).await;
    let counts = [&shown["error"]["count"], &shown["timeline"]["totalCount"]].map(|count| count.as_u64().unwrap());
    assert_eq!(counts, [listed.len() as u64; 2], "{of}");
    for occurrence in &listed {
        let id = occurrence["reversedUnixtime"].as_str().unwrap();
        let one = faultline.get(&format!("{path}/occurrences/{id}")).await;
        assert_eq!(one["error"]["eventId"], occurrence["eventId"]);
    }
    listed.iter().map(|occurrence| occurrence["message"].as_str().unwrap().to_owned()).collect()
}

async fn listed(faultline: &Faultline) -> Vec<(String, u64)> {
    faultline.counts().await.into_iter().collect()
}

fn list(entries: &[(&str, u64)]) -> Vec<(String, u64)> {
    entries.iter().map(|&(message, count)| (message.to_owned(), count)).collect()
}

/// Merged errors are one: they are listed once, found by each name, and their occurrences are sorted by time. New
/// occurrences join them. After unmerging, each error is as if they had never been merged.
#[tokio::test]
async fn merged_errors_are_one_until_they_are_unmerged() {
    let faultline = Faultline::new().await;
    seen(&faultline, &["a", "b", "a", "c", "b"]).await;
    let merged = done(&faultline, "merge", "a", &["b", "c"]).await;
    let others = json!([message_fingerprint("b"), message_fingerprint("c")]);
    assert_eq!((&merged["error"]["count"], &merged["error"]["merged"]), (&json!(5), &others));
    assert_eq!(listed(&faultline).await, list(&[("a", 5)]));
    assert_eq!(occurrences(&faultline, "a").await, ["b", "c", "a", "b", "a"]);
    assert_eq!(occurrences(&faultline, "b").await, ["b", "c", "a", "b", "a"], "it is found by the old name");

    // A batch with several merged errors, and another one by a process with an empty cache.
    seen(&faultline, &["c", "b", "a", "b"]).await;
    assert_eq!(occurrences(&faultline, "a").await, ["b", "a", "b", "c", "b", "c", "a", "b", "a"]);
    let faultline = Faultline::builder()
        .engines(faultline.stack.engines().clone())
        .resources(server::system::Resources::make(faultline.stack.engines()).await.unwrap())
        .clock(faultline.clock.clone())
        .start()
        .await;
    seen(&faultline, &["c", "a"]).await;
    assert_eq!(listed(&faultline).await, list(&[("a", 11)]), "the target keeps its own name");
    let parts = faultline.get(&format!("{PROJECT}/c")).await["parts"].clone();
    let parts: Vec<_> = parts.as_array().unwrap().iter().map(|part| (&part["message"], &part["count"])).collect();
    assert_eq!(json!(parts), json!([["a", 4], ["b", 4], ["c", 3]]));

    let undone = done(&faultline, "unmerge", "a", &["b"]).await;
    assert_eq!((&undone["error"]["count"], &undone["errors"][0]["count"]), (&json!(7), &json!(4)));
    let history = faultline.get(&format!("{PROJECT}/a/history")).await["history"].clone();
    let history: Vec<_> = history.as_array().unwrap().iter().map(|entry| (&entry["what"], &entry["errors"])).collect();
    assert_eq!(json!(history), json!([["unmerged", [others[0]]], ["merged", others]]));
    assert_eq!(listed(&faultline).await, list(&[("a", 7), ("b", 4)]));
    assert_eq!(occurrences(&faultline, "b").await, ["b", "b", "b", "b"]);
    seen(&faultline, &["b", "c", "a"]).await;
    done(&faultline, "unmerge", "c", &["c"]).await;
    assert_eq!(occurrences(&faultline, "a").await, ["a"; 5]);
    assert_eq!(occurrences(&faultline, "b").await, ["b"; 5]);
    assert_eq!(occurrences(&faultline, "c").await, ["c"; 4]);
    seen(&faultline, &["a", "b", "c"]).await;
    assert_eq!(listed(&faultline).await, list(&[("a", 6), ("b", 6), ("c", 5)]));
}

/// Errors that were merged into an error move with it when it is merged and unmerged.
#[tokio::test]
async fn merging_an_error_moves_its_merged_errors_along() {
    let faultline = Faultline::new().await;
    seen(&faultline, &["a", "b", "c", "d"]).await;
    done(&faultline, "merge", "b", &["c"]).await;
    let once = done(&faultline, "merge", "a", &["b", "c", "d"]).await;
    let again = done(&faultline, "merge", "c", &["b", "d"]).await;
    assert_eq!(again, once, "merging again by either name changes nothing");
    seen(&faultline, &["c"]).await;
    assert_eq!(listed(&faultline).await, list(&[("a", 5)]));
    let undone = done(&faultline, "unmerge", "a", &["b"]).await;
    assert_eq!(undone["errors"][0]["merged"], json!([message_fingerprint("c")]));
    assert_eq!(listed(&faultline).await, list(&[("a", 2), ("b", 3)]));
    seen(&faultline, &["c", "d"]).await;
    assert_eq!(occurrences(&faultline, "b").await, ["c", "c", "c", "b"]);
    done(&faultline, "unmerge", "b", &["c"]).await;
    assert_eq!(done(&faultline, "unmerge", "b", &["c"]).await["errors"], json!([]), "unmerging again changes nothing");
    assert_eq!(listed(&faultline).await, list(&[("a", 3), ("b", 1), ("c", 3)]));
}

/// The status is the target's. If it is resolved, an occurrence of any merged error ends that and is announced.
#[tokio::test]
async fn an_occurrence_of_a_merged_error_ends_the_resolution_of_its_target() {
    let faultline = Faultline::new().await;
    seen(&faultline, &["a", "b"]).await;
    let resolve = r#"{"status":"resolved"}"#;
    faultline.call(Method::PATCH, &format!("{PROJECT}/a"), ADMIN, resolve).await;
    let merged = done(&faultline, "merge", "a", &["b"]).await;
    assert_eq!(merged["error"]["status"], "resolved");
    seen(&faultline, &["b"]).await;
    assert_eq!(faultline.get(&format!("{PROJECT}/a")).await["error"]["status"], "unresolved");
    let answer = faultline.call(Method::PATCH, &format!("{PROJECT}/b"), ADMIN, resolve).await;
    assert_eq!(answer.body["data"]["error"]["message"], "a", "the name of a merged error leads to its target");
    let undone = done(&faultline, "unmerge", "a", &["b"]).await;
    let statuses = (&undone["error"]["status"], &undone["errors"][0]["status"]);
    assert_eq!(statuses, (&json!("resolved"), &json!("unresolved")), "the merged error itself was never resolved");
    let open = faultline.get(&format!("{PROJECT}?status=unresolved")).await;
    assert_eq!(open["errors"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_impossible_merge_is_refused_with_a_reason() {
    let faultline = Faultline::new().await;
    seen(&faultline, &["a", "b", "c"]).await;
    done(&faultline, "merge", "a", &["b"]).await;
    let print = |message| message_fingerprint(message).to_string();
    for (what, of, others, status, said) in [
        ("merge", "c", vec!["b"], 409, vec!["error_merged", "/unmerge", &print("a")]),
        ("merge", "c", vec!["c"], 400, vec!["body_invalid", "the error itself"]),
        ("merge", "a", vec!["b", "nobody"], 404, vec!["error_unknown", &print("nobody")]),
        ("merge", "nobody", vec!["b"], 404, vec!["error_unknown", "nobody"]),
        ("merge", "a", vec![], 400, vec!["body_invalid", "1 to 49"]),
        ("merge", "a", vec!["x"; 50], 400, vec!["body_invalid", "got 50"]),
        ("unmerge", "c", vec!["b"], 409, vec!["error_merged", &print("a")]),
        ("unmerge", "a", vec!["nobody"], 404, vec!["error_unknown", &print("nobody")]),
    ] {
        let (got, text) = refused(&faultline, what, of, &others).await;
        assert!(got == status && said.iter().all(|word| text.contains(word)), "{what} {of} {others:?}: {got} {text}");
    }
    let answer = faultline.call(Method::POST, &format!("{PROJECT}/a/merge"), ADMIN, r#"{"errors":["b"]}"#).await;
    assert!(answer.body["message"].as_str().unwrap().contains("`b` is not a fingerprint"), "{}", answer.body);
    let answer = faultline.call(Method::GET, &format!("{PROJECT}/a/merge"), ADMIN, Body::empty()).await;
    assert_eq!(answer.status.as_u16(), 405);
    assert_eq!(listed(&faultline).await, list(&[("a", 2), ("c", 1)]), "nothing was changed");
}

/// At most fifty errors can be merged into one.
#[tokio::test]
async fn at_most_fifty_errors_are_merged() {
    let faultline = Faultline::new().await;
    let names: Vec<_> = (0..51).map(|n| format!("e{n}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    seen(&faultline, &names).await;
    done(&faultline, "merge", "e0", &names[1..50]).await;
    let (status, text) = refused(&faultline, "merge", "e0", &["e50"]).await;
    assert!(status == 400 && text.contains("at most 50"), "{text}");
    seen(&faultline, &names).await;
    assert_eq!(listed(&faultline).await, list(&[("e0", 100), ("e50", 2)]));
    let all = faultline.all(&format!("{PROJECT}/e7/occurrences?limit=30"), "after").await;
    assert_eq!(all.len(), 100);
    let answer = faultline.call(Method::DELETE, &format!("{PROJECT}/e0"), ADMIN, Body::empty()).await;
    assert_eq!((answer.status.as_u16(), listed(&faultline).await), (204, list(&[("e50", 2)])));
}

/// Deleting a target deletes its merged errors. Deleting a merged error alone is refused. Later occurrences create new,
/// separate errors.
#[tokio::test]
async fn deleting_a_merged_error_deletes_all_of_it() {
    let faultline = Faultline::new().await;
    seen(&faultline, &["a", "b", "kept"]).await;
    done(&faultline, "merge", "a", &["b"]).await;
    let path = format!("{PROJECT}/b");
    let answer = faultline.call(Method::DELETE, &path, ADMIN, Body::empty()).await;
    assert!(
        answer.status.as_u16() == 409 && answer.body["message"].as_str().unwrap().contains("first unmerge this one")
    );
    assert_eq!(listed(&faultline).await, list(&[("a", 2), ("kept", 1)]));

    let answer = faultline.call(Method::DELETE, &format!("{PROJECT}/a"), ADMIN, Body::empty()).await;
    assert_eq!(answer.status.as_u16(), 204);
    assert_eq!(faultline.call(Method::GET, &path, ADMIN, Body::empty()).await.status.as_u16(), 404);
    assert_eq!(listed(&faultline).await, list(&[("kept", 1)]));
    seen(&faultline, &["b", "a"]).await;
    assert_eq!(listed(&faultline).await, list(&[("a", 1), ("b", 1), ("kept", 1)]));
    assert_eq!(occurrences(&faultline, "b").await, ["b"]);
}

/// Deleting a project also deletes its merged errors, which are not listed.
#[tokio::test]
async fn a_deleted_project_s_merged_errors_are_gone() {
    let faultline = Faultline::new().await;
    seen(&faultline, &["a", "b"]).await;
    done(&faultline, "merge", "a", &["b"]).await;
    let answer = faultline.call(Method::DELETE, "/projects/sample", ADMIN, Body::empty()).await;
    assert_eq!(answer.status.as_u16(), 204, "{}", answer.body);
    let of_it = |key: &str| key.starts_with("P#1") || key.starts_with("E#1#") || key.starts_with("S#1#");
    let left = faultline_tests::raw::items(faultline.stack.engines()).await;
    let left: Vec<_> = left.iter().filter(|item| of_it(item["pk"]["S"].as_str().unwrap())).collect();
    assert!(left.iter().all(|item| item["sk"]["S"].as_str().unwrap().starts_with("U#")), "{left:?}");
}

/// A merged error without occurrences is kept as long as its target: its next occurrence belongs to the target, however
/// late it comes. Its expiry is not written with each commit.
#[tokio::test]
async fn a_merged_error_is_kept_with_its_target() {
    let faultline = Faultline::new().await;
    let answer = faultline.call(Method::PATCH, "/projects/sample", ADMIN, r#"{"retentionDays":7}"#).await;
    assert_eq!(answer.status.as_u16(), 200, "{}", answer.body);
    seen(&faultline, &["a", "b"]).await;
    done(&faultline, "merge", "a", &["b"]).await;
    let days_left = async |of: &str| {
        let items = faultline_tests::raw::items(faultline.stack.engines()).await;
        let key = format!("E#{}", message_fingerprint(of));
        let item = items.iter().find(|item| item["sk"]["S"] == key.as_str()).unwrap();
        let ttl: i64 = item["ttl"]["N"].as_str().unwrap().parse().unwrap();
        (ttl - store::clock::Clock::now(&*faultline.clock).seconds()) / 86_400
    };
    let mut left = Vec::new();
    for _ in 0..4 {
        faultline.clock.advance(2 * 86_400);
        seen(&faultline, &["a"]).await;
        left.push(days_left("b").await);
    }
    assert_eq!(left, [4, 7, 4, 7], "extended when a third of the time has passed");
    faultline.clock.advance(2 * 86_400);
    seen(&faultline, &["b"]).await;
    assert_eq!(days_left("a").await, 7, "an occurrence of a merged error extends the target");
}
