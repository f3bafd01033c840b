//! Forms that are submitted again: to confirm a deletion if the browser runs no JavaScript, and to keep the input if
//! the session has ended in the meantime.

use axum::Router;
use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use http::header::{HOST, ORIGIN, REFERER};
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode, Uri};
use web_pages::{Ask, Frame};

use crate::{Form, PageRefusal, Pages, Visit, page};

/// The largest form, in bytes: a rules document in which every character is percent-encoded as three.
const MAX_FORM_BYTES: usize = 1 << 20;
/// The field of a form that was confirmed.
const SURE_FIELD: (&str, &str) = ("sure", "yes");

/// Wraps routes of pages so that forms ask before they delete, and keep their input when the session has ended.
pub fn ask_first(pages: Pages, routes: Router) -> Router {
    routes.layer(from_fn_with_state(pages, ask))
}

async fn ask(State(pages): State<Pages>, request: Request, next: Next) -> Response {
    if request.method() != Method::POST || !request.uri().path().starts_with("/pages/") {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, MAX_FORM_BYTES).await else {
        let text = format!("the form is too large: send at most {MAX_FORM_BYTES} bytes");
        return PageRefusal::Said { status: StatusCode::PAYLOAD_TOO_LARGE, text, frame: Box::default() }
            .into_response();
    };
    let form = Form::parse(&bytes);
    let asked = match Visit::from_request_parts(&mut parts, &pages).await {
        Ok(visit) if form.is_of(&visit) => ask_to_be_sure(&visit, &parts, &form),
        Ok(visit) => keep_typed(&parts, &form).map(|fields| {
            let frame = visit.frame("Submit again?");
            let text = "This form is from an earlier session, so nothing was changed yet. Your input is kept.";
            let asked = Ask { text: text.to_owned(), button: "Submit", ..prepare_ask(frame, &parts, fields) };
            (StatusCode::FORBIDDEN, page(&asked)).into_response()
        }),
        Err(PageRefusal::SignedOut(_)) => keep_typed(&parts, &form).map(|fields| {
            let frame = Frame { title: "You are signed out".to_owned(), ..Frame::default() };
            let text = "Your session has ended, so nothing was changed yet. Your input is kept on this page.";
            let asked =
                Ask { text: text.to_owned(), signs_in: true, button: "Submit", ..prepare_ask(frame, &parts, fields) };
            (StatusCode::UNAUTHORIZED, page(&asked)).into_response()
        }),
        Err(_) => None,
    };
    match asked {
        Some(asked) => asked,
        None => next.run(Request::from_parts(parts, Body::from(bytes))).await,
    }
}

/// Returns the page that asks for confirmation, if the form deletes something and is not confirmed yet.
fn ask_to_be_sure(visit: &Visit, parts: &Parts, form: &Form) -> Option<Response> {
    if form.get(SURE_FIELD.0) == Some(SURE_FIELD.1) {
        return None;
    }
    let chosen = form.all("error").count();
    let text = match (form.get("do")?, parts.uri.path().rsplit('/').next().unwrap_or_default()) {
        ("forget", _) => "Delete this comment?".to_owned(),
        ("delete", "keys") => "Delete this key? Requests that use it will be rejected.".to_owned(),
        ("delete", "users") => "Delete this user, with all tokens?".to_owned(),
        ("delete", "profile") => "Delete this token? Programs that use it will be rejected.".to_owned(),
        ("delete", "rules") => "Delete this rule?".to_owned(),
        ("delete", "errors") if chosen == 0 => return None,
        ("delete", "errors") => {
            format!("Delete the selected errors ({chosen}), the errors merged into them, and all their occurrences?")
        }
        ("delete", _) => {
            web_pages::delete_question(form.get("merged").and_then(|merged| merged.parse().ok()).unwrap_or_default())
        }
        _ => return None,
    };
    let mut fields = without_token(form);
    fields.push((SURE_FIELD.0.to_owned(), SURE_FIELD.1.to_owned()));
    let frame = visit.frame("Are you sure?");
    Some(page(&Ask { text, button: "Delete", deletes: true, ..prepare_ask(frame, parts, fields) }))
}

fn prepare_ask(frame: Frame, parts: &Parts, fields: Vec<(String, String)>) -> Ask {
    Ask {
        frame,
        text: String::new(),
        action: parts.uri.path().to_owned(),
        fields,
        button: "",
        deletes: false,
        signs_in: false,
        back: find_way_back(&parts.headers),
    }
}

/// Returns the fields of a form of one of our own pages, if they have any input that would be lost. Input that another
/// site sent is not shown to visitors as their own.
fn keep_typed(parts: &Parts, form: &Form) -> Option<Vec<(String, String)>> {
    let fields = without_token(form);
    (is_own(&parts.headers) && fields.iter().any(|(_, value)| !value.is_empty())).then_some(fields)
}

fn without_token(form: &Form) -> Vec<(String, String)> {
    form.fields().iter().filter(|(name, _)| name != "token").cloned().collect()
}

/// Whether the browser says that the request comes from one of our own pages.
fn is_own(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let is_own_host = || {
        let origin = text(ORIGIN.as_str())?.parse::<Uri>().ok()?;
        Some(origin.authority()?.as_str() == text(HOST.as_str())?)
    };
    text("sec-fetch-site").map_or_else(|| is_own_host() == Some(true), |site| site == "same-origin")
}

/// Returns the path of the page that the form was on, if it is one of our own pages.
fn find_way_back(headers: &HeaderMap) -> Option<String> {
    let address = headers.get(REFERER)?.to_str().ok()?.parse::<Uri>().ok()?;
    let is_own = address.authority()?.as_str() == headers.get(HOST)?.to_str().ok()?;
    is_own.then(|| address.path_and_query().map(ToString::to_string)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_forms_of_our_own_pages_are_kept() {
        let check = |headers: &[(&'static str, &'static str)], expected| {
            let parsed = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
            assert_eq!(is_own(&parsed.collect()), expected, "{headers:?}");
        };
        let host = ("host", "errors.example");
        check(&[host, ("sec-fetch-site", "same-origin")], true);
        check(&[host, ("origin", "https://errors.example")], true);
        check(&[host, ("sec-fetch-site", "cross-site"), ("origin", "https://errors.example")], false);
        check(&[host, ("origin", "https://evil.example")], false);
        check(&[host, ("origin", "null")], false);
        check(&[host], false);
    }

    #[test]
    fn a_link_back_never_leads_to_another_site() {
        let check = |referer: &'static str, expected: Option<&str>| {
            let headers = [("host", "errors.example"), ("referer", referer)];
            let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
            assert_eq!(find_way_back(&headers.collect()).as_deref(), expected);
        };
        check("https://errors.example/projects/a%23b/errors?status=muted", Some("/projects/a%23b/errors?status=muted"));
        check("https://evil.example/projects", None);
        check("javascript:alert(1)", None);
    }
}
