//! `/sign-in`, `/sign-out`: a key is shown once, and a session stands for it.

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use domain::id::Key;
use domain::outcome::{Reason, Refusal};
use gate::{ClientAddress, storage_failed};
use http::header::SET_COOKIE;
use http::{Extensions, HeaderMap, Request, StatusCode, Uri};
use store::ports::Session;
use visit::{COOKIE_NAME, Form, LASTS, Pages, Refused, Shown, Visit, page};
use web::{Frame, SignIn};

/// Wrong keys that an address may try in a minute before it is told to wait. A key that is known always signs in: a
/// stranger's failures lock nobody out. Guessing is kept from success by the length of keys.
const FAILURES: u64 = 10;

pub(super) async fn show(uri: Uri) -> Response {
    let next = gate::parameters(uri.query()).into_iter().find(|(name, _)| name == "next").map(|(_, next)| next);
    form(next.as_deref(), None, StatusCode::OK)
}

fn form(next: Option<&str>, refused: Option<String>, status: StatusCode) -> Response {
    let frame = Frame { title: "Sign in".to_owned(), ..Frame::default() };
    (status, page(&SignIn { frame, next: local(next).to_owned(), refused })).into_response()
}

/// A path of this site, whatever is asked for: signing in must not lead to another.
fn local(next: Option<&str>) -> &str {
    let is_path = |path: &&str| {
        path.starts_with('/')
            && !path.starts_with("//")
            && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
    };
    next.filter(is_path).unwrap_or("/")
}

pub(super) async fn sign_in(State(pages): State<Pages>, request: Request<Body>) -> Result<Response, Refused> {
    let (parts, body) = request.into_parts();
    let form_data = Form::read(body).await?;
    let next = form_data.get("next");
    let now = pages.clock.now();
    let refuse = |refusal: Refusal| {
        pages.outcomes.count(refusal.reason);
        let status = StatusCode::from_u16(refusal.reason.status()).unwrap_or(StatusCode::FORBIDDEN);
        Ok(form(next, Some(refusal.message), status))
    };
    let shown = form_data.get("key").unwrap_or_default().trim();
    let caller = match pages.gate.caller_of(shown).await {
        Ok(caller) => caller,
        Err(refusal) if refusal.reason == Reason::KeyUnknown => {
            let failures = pages.sessions.attempt(&source(&parts.extensions), now).await;
            let is_limited = failures.map_err(|error| storage_failed(&error))? > FAILURES;
            let limited = || Refusal::new(Reason::SignInLimited, "too many wrong keys: wait a minute, then try again");
            return refuse(if is_limited { limited() } else { refusal });
        }
        Err(refusal) => return refuse(refusal),
    };
    if let Err(refusal) = caller.reads() {
        return refuse(refusal);
    }
    let key = Key::parse(shown).map_err(|error| Refusal::new(Reason::KeyUnknown, error.to_string()))?.hash();
    let token = Key::from_random(pages.clock.random().to_be_bytes());
    let session = Session { key, ends_at: now.plus_seconds(LASTS) };
    pages.sessions.begin(&token.hash(), &session).await.map_err(|error| storage_failed(&error))?;
    let cookie = cookie(token.reveal(), LASTS, &parts.headers);
    Ok(([(SET_COOKIE, cookie)], Redirect::to(local(next))).into_response())
}

pub(super) async fn sign_out(State(pages): State<Pages>, visit: Visit, request: Request<Body>) -> Shown {
    let headers = request.headers().clone();
    Form::of(&visit, request.into_body()).await?;
    pages.sessions.end(&visit.session()).await.map_err(|error| storage_failed(&error))?;
    Ok(([(SET_COOKIE, cookie("", 0, &headers))], Redirect::to("/sign-in")).into_response())
}

/// Not for scripts, not from other sites, and by TLS only where there is any.
fn cookie(token: &str, seconds: i64, headers: &HeaderMap) -> String {
    let is_tls = headers.get("x-forwarded-proto").is_some_and(|scheme| scheme == "https");
    let secure = if is_tls { "; Secure" } else { "" };
    format!("{COOKIE_NAME}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}")
}

/// The address that failures count for.
fn source(extensions: &Extensions) -> String {
    ClientAddress::of(extensions).map_or_else(|| "unknown".to_owned(), |client| client.network().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_leads_to_no_other_site() {
        for (next, expected) in [
            (Some("/projects/a/errors?status=muted"), "/projects/a/errors?status=muted"),
            (Some("//evil.example"), "/"),
            (Some("/\\evil.example"), "/"),
            (Some("https://evil.example"), "/"),
            (Some("/a\r\nset-cookie: x"), "/"),
            (None, "/"),
        ] {
            assert_eq!(local(next), expected);
        }
    }
}
