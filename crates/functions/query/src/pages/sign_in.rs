//! `/sign-in` and `/sign-out`: a visitor enters a key once and gets a session for it.

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::header::SET_COOKIE;
use http::{Extensions, HeaderMap, Request, StatusCode};
use http_common::{Caller, ClientAddress};
use model::audit::{AuditAction, AuditEvent};
use model::id::{Key, KeyHash};
use model::outcome::{Reason, Refusal};
use store::ports::{Session, SessionHolder};
use web_pages::{Frame, SignIn};
use web_session::{Cookie, Cookies, Form, PageRefusal, PageResult, Pages, SESSION_SECONDS, Visit, form_hash, page};

/// Failed attempts per minute after which an address has to wait. A valid key is always accepted, so that a stranger's
/// failures lock nobody out. Keys are too long to be guessed.
const MAX_FAILURES: u64 = 10;

/// How long the form stays valid, in seconds.
const FORM_SECONDS: i64 = 3_600;

/// A browser that signs in.
pub(super) struct SigningIn {
    pub(super) cookies: Cookies,
    /// The token in the browser's cookie.
    shown: Option<Key>,
}

impl SigningIn {
    pub(super) fn from_request(headers: &HeaderMap, extensions: &Extensions) -> Self {
        let cookies = Cookies::from_request(headers, extensions);
        Self { cookies, shown: cookies.find(Cookie::SignIn, headers) }
    }

    /// Whether the form was created for this browser.
    pub(super) fn is_sent_by(&self, form: &Form) -> bool {
        let token = form.get("token").and_then(|token| KeyHash::parse(token).ok());
        self.shown.as_ref().zip(token).is_some_and(|(shown, token)| form_hash(shown).is_same(&token))
    }

    /// Returns the token for a form, and the cookie that ties it to the browser.
    pub(super) fn token(self, pages: &Pages) -> (String, String) {
        let token = self.shown.unwrap_or_else(|| Key::from_random(pages.clock.random().to_be_bytes()));
        (form_hash(&token).to_string(), self.cookies.set(Cookie::SignIn, token.reveal(), FORM_SECONDS))
    }

    /// Draws the form. It sets the same cookie again, so that a form in another tab stays valid.
    fn form(self, pages: &Pages, next: Option<&str>, refused: Option<String>, status: StatusCode) -> Response {
        let (token, cookie) = self.token(pages);
        let frame = Frame { title: "Sign in".to_owned(), ..Frame::default() };
        let page = page(&SignIn { frame, next: keep_local(next).to_owned(), token, refused });
        (status, [(SET_COOKIE, cookie)], page).into_response()
    }
}

pub(super) async fn show(State(pages): State<Pages>, request: Request<Body>) -> Response {
    let parameters = http_common::parse_query(request.uri().query());
    let next = parameters.into_iter().find(|(name, _)| name == "next").map(|(_, next)| next);
    SigningIn::from_request(request.headers(), request.extensions()).form(&pages, next.as_deref(), None, StatusCode::OK)
}

/// Returns `next` if it is a path of this site, else `/`: signing in must not redirect to another site.
fn keep_local(next: Option<&str>) -> &str {
    let is_path = |path: &&str| {
        path.starts_with('/')
            && !path.starts_with("//")
            && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
    };
    next.filter(is_path).unwrap_or("/")
}

pub(super) async fn sign_in(State(pages): State<Pages>, request: Request<Body>) -> Result<Response, PageRefusal> {
    let (parts, body) = request.into_parts();
    let form_data = Form::read(body).await?;
    let next = form_data.get("next");
    let now = pages.clock.now();
    let signing_in = SigningIn::from_request(&parts.headers, &parts.extensions);
    let cookies = signing_in.cookies;
    if !signing_in.is_sent_by(&form_data) {
        let text = "the form has expired, or your browser blocks cookies: try again".to_owned();
        return Ok(signing_in.form(&pages, next, Some(text), StatusCode::FORBIDDEN));
    }
    let refuse = |refusal: Refusal| {
        http_common::log_cause(&refusal);
        pages.outcomes.count(refusal.reason);
        let status = StatusCode::from_u16(refusal.reason.status()).unwrap_or(StatusCode::FORBIDDEN);
        Ok(signing_in.form(&pages, next, Some(refusal.message), status))
    };
    let shown = form_data.get("key").unwrap_or_default().trim();
    let (holder, caller) = match pages.authenticator.sign_in(shown).await {
        Ok(signed_in) => signed_in,
        Err(refusal) if refusal.reason == Reason::KeyUnknown => {
            let is_limited = !pages.sessions.count_failure(&find_source(&parts.extensions), MAX_FAILURES, now).await?;
            let limited = || {
                Refusal::new(Reason::SignInLimited, "too many attempts with wrong keys: wait a minute, then try again")
            };
            return refuse(if is_limited { limited() } else { refusal });
        }
        Err(refusal) => return refuse(refusal),
    };
    if let Err(refusal) = caller.check_reader() {
        return refuse(refusal);
    }
    let caller = caller.from_client_in(&parts.extensions);
    let cookie = begin_session(&pages, cookies, holder, &caller).await?;
    Ok(([(SET_COOKIE, cookie)], Redirect::to(keep_local(next))).into_response())
}

/// Begins a session, and returns the cookie for the browser.
pub(super) async fn begin_session(
    pages: &Pages,
    cookies: Cookies,
    holder: SessionHolder,
    caller: &Caller,
) -> Result<String, PageRefusal> {
    let token = Key::from_random(pages.clock.random().to_be_bytes());
    let session = Session { holder, ends_at: pages.clock.now().plus_seconds(SESSION_SECONDS) };
    pages.sessions.begin(&token.hash(), &session).await?;
    let event = AuditEvent::new(AuditAction::SignedIn);
    http_common::record(&*pages.audit_log, &*pages.clock, caller, event).await;
    Ok(cookies.set(Cookie::Session, token.reveal(), SESSION_SECONDS))
}

pub(super) async fn sign_out(State(pages): State<Pages>, visit: Visit, request: Request<Body>) -> PageResult {
    let cookies = Cookies::from_request(request.headers(), request.extensions());
    Form::read_own(&visit, request.into_body()).await?;
    pages.sessions.end(&visit.session()).await?;
    let event = AuditEvent::new(AuditAction::SignedOut);
    http_common::record(&*pages.audit_log, &*pages.clock, &visit.caller, event).await;
    Ok(([(SET_COOKIE, cookies.set(Cookie::Session, "", 0))], Redirect::to("/sign-in")).into_response())
}

/// Returns the network address that failed attempts are counted for.
fn find_source(extensions: &Extensions) -> String {
    ClientAddress::find_in(extensions).map_or_else(|| "unknown".to_owned(), |client| client.network().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signing_in_never_redirects_to_another_site() {
        for (next, expected) in [
            (Some("/projects/a/errors?status=muted"), "/projects/a/errors?status=muted"),
            (Some("//evil.example"), "/"),
            (Some("/\\evil.example"), "/"),
            (Some("https://evil.example"), "/"),
            (Some("/a\r\nset-cookie: x"), "/"),
            (None, "/"),
        ] {
            assert_eq!(keep_local(next), expected);
        }
    }
}
