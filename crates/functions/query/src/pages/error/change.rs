//! Actions on an error.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect};
use http::{Method, Request, StatusCode};
use model::id::Fingerprint;
use model::time::Timestamp;
use serde_json::{Value, json};
use web_pages::TypedInput;
use web_session::address::encoded;
use web_session::{Form, PageResult, Pages, Visit};

use super::timeline::Range;
use super::{NamedError, draw};
use crate::pages::members;
use crate::pages::words::explain;

/// `POST /pages/projects/{project}/errors/{error}`: one of the forms of the page. If it is rejected, the page is shown
/// again with the problem and the input.
pub(in crate::pages) async fn change(
    State(pages): State<Pages>,
    visit: Visit,
    Path((project, error)): Path<(String, String)>,
    request: Request<Body>,
) -> PageResult {
    let form = Form::read_own(&visit, request.into_body()).await?;
    let base = format!("/projects/{}/errors/{}", encoded(&project), encoded(&error));
    let assigned = match form.get("do") {
        Some("assign") => members::find(&pages, &visit, &project, form.get("assignee").unwrap_or_default()).await?,
        _ => None,
    };
    let call = prepare_call(&form, &base, visit.now).map(|call| match assigned {
        Some(user) => ApiCall { body: json!({ "assigneeUser": user }), ..call },
        None => call,
    });
    let (status, problem) = match call {
        Err(problem) => (StatusCode::BAD_REQUEST, problem.to_owned()),
        Ok(ApiCall { method, path, body, done }) => match pages.try_call(&visit, method, &path, &body).await? {
            Ok(_) => {
                let back = match done {
                    "deleted" => format!("/projects/{}/errors?status=unresolved&done=deleted", encoded(&project)),
                    done => format!("{base}?done={done}"),
                };
                return Ok(Redirect::to(&back).into_response());
            }
            Err(refusal) => explain(refusal, &visit)?,
        },
    };
    let typed = TypedInput {
        assignee: (form.get("do") == Some("assign")).then(|| form.get("assignee").unwrap_or_default().to_owned()),
        comment: form.get("comment").filter(|_| form.get("do") == Some("comment")).unwrap_or_default().to_owned(),
        other: form.get("other").unwrap_or_default().to_owned(),
    };
    let named = NamedError { project, error, occurrence: None, range: Range::default_at(visit.now), typed };
    let shown = draw(&pages, &visit.with_problem(problem), named).await?;
    Ok((status, shown).into_response())
}

/// A call of the API that a form asks for, and the notice when it is done.
#[derive(Debug)]
struct ApiCall {
    method: Method,
    path: String,
    body: Value,
    done: &'static str,
}

/// Translates a form into a call of the API about the error at `base`. Fails with the problem if it cannot succeed.
fn prepare_call(form: &Form, base: &str, now: Timestamp) -> Result<ApiCall, &'static str> {
    let field = |name| form.get(name).unwrap_or_default();
    let patch = |body: Value| ApiCall { method: Method::PATCH, path: base.to_owned(), body, done: "changed" };
    let post = |action: &str, body: Value, done: &'static str| ApiCall {
        method: Method::POST,
        path: format!("{base}/{action}"),
        body,
        done,
    };
    let delete = |path: String, done: &'static str| ApiCall { method: Method::DELETE, path, body: Value::Null, done };
    Ok(match field("do") {
        "resolve" => patch(json!({ "status": "resolved" })),
        "unresolve" => patch(json!({ "status": "unresolved" })),
        "resolve-next" => patch(json!({ "status": "resolved", "inNextRelease": true })),
        "mute" => patch(parse_mute(field("until"), now)),
        "assign" => patch(json!({ "assignee": form.get("assignee").map_or(Value::Null, Value::from) })),
        "assign-me" => patch(json!({ "assigneeUser": "me" })),
        "comment" if field("comment").trim().is_empty() => return Err("The comment is empty."),
        "comment" => post("comments", json!({ "text": field("comment") }), "commented"),
        "forget" => delete(format!("{base}/comments/{}", encoded(field("comment"))), "changed"),
        "merge" => {
            let other = Fingerprint::parse(parse_fingerprint(field("other"))).map_err(|_| {
                "This is not an error: paste the URL of an error's page, or its fingerprint (32 letters and digits)."
            })?;
            if base.ends_with(&other.to_string()) {
                return Err("This is the error itself: paste the URL of another error's page.");
            }
            post("merge", json!({ "errors": [other] }), "merged")
        }
        "unmerge" => post("unmerge", json!({ "errors": [field("part")] }), "changed"),
        "delete" => delete(base.to_owned(), "deleted"),
        _ => return Err("Nothing was changed: choose an action."),
    })
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
