//! Actions on an error.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::{Method, Request};
use model::time::Timestamp;
use serde_json::{Value, json};
use web_session::address::encoded;
use web_session::{Form, PageRefusal, Pages, Visit};

/// `POST /pages/projects/{project}/errors/{error}`: one of the forms of the page.
pub(in crate::pages) async fn change(
    State(pages): State<Pages>,
    visit: Visit,
    Path((project, error)): Path<(String, String)>,
    request: Request<Body>,
) -> Result<Response, PageRefusal> {
    let form = Form::read_own(&visit, request.into_body()).await?;
    let base = format!("/projects/{}/errors/{}", encoded(&project), encoded(&error));
    let field = |name| form.get(name).unwrap_or_default();
    let status = |status: &str| (Method::PATCH, base.clone(), json!({ "status": status }));
    let (call, done) = match field("do") {
        "resolve" => (status("resolved"), "changed"),
        "unresolve" => (status("unresolved"), "changed"),
        "resolve-next" => {
            ((Method::PATCH, base.clone(), json!({ "status": "resolved", "inNextRelease": true })), "changed")
        }
        "mute" => ((Method::PATCH, base.clone(), parse_mute(field("until"), visit.now)), "changed"),
        "assign" => {
            let assignee = form.get("assignee").map_or(Value::Null, Value::from);
            ((Method::PATCH, base.clone(), json!({ "assignee": assignee })), "changed")
        }
        "comment" => ((Method::POST, format!("{base}/comments"), json!({ "text": field("comment") })), "commented"),
        "forget" => {
            let comment = format!("{base}/comments/{}", encoded(field("comment")));
            ((Method::DELETE, comment, Value::Null), "changed")
        }
        "merge" => (
            (Method::POST, format!("{base}/merge"), json!({ "errors": [parse_fingerprint(field("other"))] })),
            "merged",
        ),
        "unmerge" => ((Method::POST, format!("{base}/unmerge"), json!({ "errors": [field("part")] })), "changed"),
        "delete" => ((Method::DELETE, base.clone(), Value::Null), "deleted"),
        _ => return Ok(Redirect::to(&base).into_response()),
    };
    let (method, path, body) = call;
    pages.call(&visit, method, &path, &body).await?;
    let back = match done {
        "deleted" => format!("/projects/{}/errors?status=unresolved&done=deleted", encoded(&project)),
        done => format!("{base}?done={done}"),
    };
    Ok(Redirect::to(&back).into_response())
}

/// Finds the fingerprint in what was typed: a fingerprint, or the URL of an error's page.
fn parse_fingerprint(typed: &str) -> &str {
    let behind = typed.rsplit_once("/errors/").map_or(typed, |(_, behind)| behind);
    behind.split(['/', '?', '#']).next().unwrap_or_default().trim()
}

/// Parses how long to mute: `1h` and `7d` are hours and days, `n10` is ten more occurrences, and empty is forever.
fn parse_mute(until: &str, now: Timestamp) -> Value {
    let number = |text: &str| text.parse::<i64>().ok().filter(|number| *number > 0);
    let after = |seconds: i64| json!({ "status": "muted", "until": now.plus_seconds(seconds).to_string() });
    if let Some(more) = until.strip_prefix('n').and_then(number) {
        return json!({ "status": "muted", "occurrences": more });
    }
    match (until.strip_suffix('h').and_then(number), until.strip_suffix('d').and_then(number)) {
        (Some(hours), _) => after(hours * 3_600),
        (_, Some(days)) => after(days * 86_400),
        _ => json!({ "status": "muted" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_error_is_named_by_its_fingerprint_or_its_url() {
        for typed in [
            " 0f1e ",
            "https://host/prod/projects/shop/errors/0f1e?done=changed",
            "/projects/a/errors/0f1e/occurrences/9",
        ] {
            assert_eq!(parse_fingerprint(typed), "0f1e");
        }
    }

    #[test]
    fn a_mute_is_for_hours_days_or_occurrences() {
        let now = Timestamp::parse("2026-11-21T12:00:00Z").unwrap();
        assert_eq!(parse_mute("1h", now)["until"], "2026-11-21T13:00:00+00:00");
        assert_eq!(parse_mute("7d", now)["until"], "2026-11-28T12:00:00+00:00");
        assert_eq!(parse_mute("n10", now), json!({ "status": "muted", "occurrences": 10 }));
        for forever in ["", "x", "n", "-1h"] {
            assert_eq!(parse_mute(forever, now), json!({ "status": "muted" }));
        }
    }
}
