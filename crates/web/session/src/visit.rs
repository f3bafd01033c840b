//! Who looks: the session behind a cookie.

use axum::extract::FromRequestParts;
use http::Method;
use http::request::Parts;
use http_common::{Caller, Trust};
use model::id::{Key, KeyHash};
use model::outcome::Reason;
use model::time::Timestamp;
use store::ports::Scope;
use web_pages::{Frame, Notice, Visitor};

use crate::address::encoded;
use crate::{Cookie, Cookies, PageRefusal, Pages, form_hash};

/// How long a session lasts, in seconds: a week.
pub const SESSION_SECONDS: i64 = 7 * 86_400;

/// Somebody who is signed in, at one request.
#[derive(Clone, Debug)]
pub struct Visit {
    /// What the key allows.
    pub caller: Caller,
    /// When the request came.
    pub now: Timestamp,
    token: Key,
    notice: Option<Notice>,
    /// The address of the page; `/`, if the request changes something.
    here: String,
}

impl FromRequestParts<Pages> for Visit {
    type Rejection = PageRefusal;

    async fn from_request_parts(parts: &mut Parts, pages: &Pages) -> Result<Self, PageRefusal> {
        // Where to come back to after signing in; a form's address is no page.
        let here = match parts.method {
            Method::GET => parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
            _ => "/".to_owned(),
        };
        let signed_out = || PageRefusal::SignedOut(here.clone());
        let cookies = Cookies::from_request(&parts.headers, &parts.extensions);
        let token = cookies.find(Cookie::Session, &parts.headers).ok_or_else(signed_out)?;
        let now = pages.clock.now();
        let session = pages.sessions.session(&token.hash(), now).await?;
        let session = session.ok_or_else(signed_out)?;
        // The key may have been disabled, or deleted: then so is the session.
        let caller =
            pages.authenticator.authenticate_hash(session.key, Trust::for_method(&parts.method)).await.map_err(
                |refusal| match refusal.reason {
                    Reason::KeyUnknown => signed_out(),
                    _ => refusal.into(),
                },
            )?;
        caller.check_reader().map_err(|_| signed_out())?;
        let notice = find_notice(parts.uri.query());
        Ok(Self { caller, now, token, notice, here })
    }
}

impl Visit {
    /// What is around a page that is named `title`.
    pub fn frame(&self, title: &str) -> Frame {
        let scope = self.caller.check_admin().ok();
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

    /// The address of this page of a project, under the project's name `name`.
    pub(crate) fn under(&self, name: &str) -> Option<String> {
        let behind = self.here.strip_prefix("/projects/")?;
        let rest = behind.find(['/', '?']).map_or("", |at| &behind[at..]);
        Some(format!("/projects/{}{rest}", encoded(name)))
    }

    /// What each form of this session brings back.
    pub fn form_token(&self) -> String {
        self.form_hash().to_string()
    }

    pub(crate) fn form_hash(&self) -> KeyHash {
        form_hash(&self.token)
    }

    /// The name of the session.
    pub fn session(&self) -> KeyHash {
        self.token.hash()
    }
}

/// What was just done is said on the page that follows, which is told by its address: `done`.
fn find_notice(query: Option<&str>) -> Option<Notice> {
    let parameters = http_common::parse_query(query);
    parameters.into_iter().find_map(|(name, text)| match name.as_str() {
        "done" => Some(Notice { is_good: true, text: describe_done(&text)?.to_owned() }),
        _ => None,
    })
}

/// What may be said of what was done: only what is listed, since whoever makes a link chooses the word.
fn describe_done(word: &str) -> Option<&'static str> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_known_is_said() {
        assert!(find_notice(Some("done=changed")).is_some());
        assert!(find_notice(Some("done=Your+account+is+locked,+call+555")).is_none());
    }
}
