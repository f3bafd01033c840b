//! Who looks: the session behind a cookie.

use axum::extract::FromRequestParts;
use domain::id::{Key, KeyHash};
use domain::outcome::Reason;
use domain::time::Timestamp;
use gate::{Caller, Trust, storage_failed};
use http::header::COOKIE;
use http::request::Parts;
use http::{HeaderMap, Method};
use store::ports::Scope;
use web::{Frame, Notice, Visitor};

use crate::{Pages, Refused};

/// The name of the session's cookie.
pub const COOKIE_NAME: &str = "faultline-session";
/// How long a session lasts, in seconds: a week.
pub const LASTS: i64 = 7 * 86_400;

/// Somebody who is signed in, at one request.
#[derive(Clone, Debug)]
pub struct Visit {
    /// What the key allows.
    pub caller: Caller,
    /// When the request came.
    pub now: Timestamp,
    token: Key,
    notice: Option<Notice>,
}

impl FromRequestParts<Pages> for Visit {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, pages: &Pages) -> Result<Self, Refused> {
        // Where to come back to after signing in; a form's address is no page.
        let here = match parts.method {
            Method::GET => parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
            _ => "/".to_owned(),
        };
        let signed_out = || Refused::SignedOut(here.clone());
        let token = token(&parts.headers).ok_or_else(signed_out)?;
        let now = pages.clock.now();
        let session = pages.sessions.session(&token.hash(), now).await.map_err(|error| storage_failed(&error))?;
        let session = session.ok_or_else(signed_out)?;
        // The key may have been disabled, or deleted: then so is the session.
        let caller = pages.gate.caller_with(session.key, Trust::for_method(&parts.method)).await.map_err(
            |refusal| match refusal.reason {
                Reason::KeyUnknown => signed_out(),
                _ => refusal.into(),
            },
        )?;
        caller.reads().map_err(|_| signed_out())?;
        let notice = notice(parts.uri.query());
        Ok(Self { caller, now, token, notice })
    }
}

impl Visit {
    /// What is around a page that is named `title`.
    pub fn frame(&self, title: &str) -> Frame {
        let scope = self.caller.administers().ok();
        let visitor = Visitor {
            name: self.caller.actor().to_string(),
            may_change: scope.is_some(),
            is_operator: scope == Some(&Scope::All),
            token: self.form_token(),
        };
        Frame { title: title.to_owned(), visitor: Some(visitor), project: None, notice: self.notice.clone() }
    }

    /// The same, of a page of a project.
    pub fn frame_of(&self, project: &str, title: &str) -> Frame {
        Frame { project: Some(project.to_owned()), ..self.frame(title) }
    }

    /// What each form of this session brings back. Another site cannot know it: it is made of the cookie, which only the
    /// browser has, and tells nothing of it.
    pub fn form_token(&self) -> String {
        self.form_hash().to_string()
    }

    pub(crate) fn form_hash(&self) -> KeyHash {
        let token = Key::parse(&format!("form-of-{}", self.token.reveal()));
        token.map_or_else(|_| self.token.hash(), |key| key.hash())
    }

    /// The name of the session.
    pub fn session(&self) -> KeyHash {
        self.token.hash()
    }
}

/// What was just done is said on the page that follows, which is told by its address: `done`.
fn notice(query: Option<&str>) -> Option<Notice> {
    let parameters = gate::parameters(query);
    parameters.into_iter().find_map(|(name, text)| match name.as_str() {
        "done" => Some(Notice { is_good: true, text: done(&text)?.to_owned() }),
        _ => None,
    })
}

/// What may be said of what was done: only what is listed, since whoever makes a link chooses the word.
fn done(word: &str) -> Option<&'static str> {
    Some(match word {
        "added" => "The rule was added: send a test to see that it arrives.",
        "created" => "The project was made.",
        "deleted" => "Deleted.",
        "retried" => "What could not be delivered is sent again.",
        "changed" => "Changed.",
        "redriven" => "Back in the inbox.",
        "merged" => "Merged: the others are listed in it now.",
        "commented" => "The comment was added.",
        _ => return None,
    })
}

/// The token in the session's cookie.
fn token(headers: &HeaderMap) -> Option<Key> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE_NAME).and_then(|(_, token)| Key::parse(token).ok())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn the_cookie_is_found_among_others() {
        let found = |cookies: &'static str| {
            let headers = HeaderMap::from_iter([(COOKIE, HeaderValue::from_static(cookies))]);
            token(&headers).map(|token| token.reveal().to_owned())
        };
        assert_eq!(found("a=b; faultline-session=abc; c=d").as_deref(), Some("abc"));
        assert_eq!(found("not-faultline-session=abc"), None);
        assert_eq!(found("faultline-session="), None);
    }

    #[test]
    fn only_what_is_known_is_said() {
        assert!(notice(Some("done=changed")).is_some());
        assert!(notice(Some("done=Your+account+is+locked,+call+555")).is_none());
    }
}
