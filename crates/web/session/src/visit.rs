//! The signed-in visitor, as an extractor.

use axum::extract::FromRequestParts;
use http::Method;
use http::request::Parts;
use http_common::{BaseUrl, Caller, Trust};
use model::id::{Key, KeyHash};
use model::outcome::Reason;
use model::time::Timestamp;
use model::user::UserRole;
use web_pages::{Frame, Notice, Visitor};

use crate::address::encoded;
use crate::{Cookie, Cookies, PageRefusal, Pages, form_hash};

/// How long a session lasts, in seconds: a week.
pub const SESSION_SECONDS: i64 = 7 * 86_400;

/// A request of a signed-in visitor.
#[derive(Clone, Debug)]
pub struct Visit {
    /// The visitor, with the permissions of the key or of the user.
    pub caller: Caller,
    /// When the request was received.
    pub now: Timestamp,
    token: Key,
    notice: Option<Notice>,
    /// The address of this installation, as the visitor reached it.
    pub(crate) base: BaseUrl,
    /// The URL of the page; `/` if the request changes something.
    here: String,
    /// What the visitor may do in the project of the page, or in some project.
    role: Option<UserRole>,
}

impl FromRequestParts<Pages> for Visit {
    type Rejection = PageRefusal;

    async fn from_request_parts(parts: &mut Parts, pages: &Pages) -> Result<Self, PageRefusal> {
        // The URL to return to after signing in. The URL of a form's action is not a page.
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
        // If the key was disabled or deleted, the session is over.
        let trust = Trust::for_method(&parts.method);
        let caller = pages.authenticator.authenticate_session(session.holder, trust).await.map_err(|refusal| {
            match refusal.reason {
                Reason::KeyUnknown => signed_out(),
                _ => refusal.into(),
            }
        })?;
        caller.check_reader().map_err(|_| signed_out())?;
        let caller = caller.from_client_in(&parts.extensions);
        let notice = find_notice(parts.uri.query());
        let base = BaseUrl::from_request(&parts.headers, &parts.extensions);
        let role = caller.highest_role();
        let visit = Self { caller, now, token, notice, base, here, role };
        visit.in_its_project(pages, parts.uri.path()).await
    }
}

impl Visit {
    /// Finds what the visitor may do in the project that the path names, if projects differ in that.
    async fn in_its_project(self, pages: &Pages, path: &str) -> Result<Self, PageRefusal> {
        let below = path.strip_prefix("/pages").unwrap_or(path).strip_prefix("/projects/");
        let Some(project) = below.and_then(|rest| rest.split('/').next()).filter(|name| !name.is_empty()) else {
            return Ok(self);
        };
        if self.caller.role_anywhere().is_some() {
            return Ok(self);
        }
        let name = http_common::parse_project_name(&http_common::decode_segment(project));
        let found = match name {
            Ok(name) => pages.projects.by_name(&name).await?,
            Err(_) => None,
        };
        Ok(Self { role: found.and_then(|project| self.caller.roles().role_in(project.id)), ..self })
    }

    /// Returns the layout around a page with this title.
    pub fn frame(&self, title: &str) -> Frame {
        let visitor = Visitor {
            name: self.caller.actor().to_string(),
            may_change: self.may_administer(),
            may_work: self.may_work(),
            is_user: self.caller.user().is_some(),
            is_stack_admin: self.caller.check_stack_admin().is_ok(),
            token: self.form_token(),
        };
        Frame { title: title.to_owned(), visitor: Some(visitor), project: None, notice: self.notice.clone() }
    }

    /// Whether the visitor may change everything in the project of the page.
    pub fn may_administer(&self) -> bool {
        self.role >= Some(UserRole::Owner)
    }

    /// Whether the visitor may change errors of the project of the page.
    pub fn may_work(&self) -> bool {
        self.role >= Some(UserRole::Member)
    }

    /// Returns this visit with a problem as the message at the top of its page.
    #[must_use]
    pub fn with_problem(&self, text: impl Into<String>) -> Self {
        Self { notice: Some(Notice { is_good: false, text: text.into() }), ..self.clone() }
    }

    /// Returns the layout around a page of a project.
    pub fn frame_of(&self, project: &str, title: &str) -> Frame {
        Frame { project: Some(project.to_owned()), ..self.frame(title) }
    }

    /// Returns the URL of this page with the project's name replaced by `name`; `None` if it is not a page of a
    /// project.
    pub(crate) fn under(&self, name: &str) -> Option<String> {
        let behind = self.here.strip_prefix("/projects/")?;
        let rest = behind.find(['/', '?']).map_or("", |at| &behind[at..]);
        Some(format!("/projects/{}{rest}", encoded(name)))
    }

    /// The address of this installation, as the visitor reached it.
    pub fn base(&self) -> &BaseUrl {
        &self.base
    }

    /// Returns the CSRF token that each form of this session sends back.
    pub fn form_token(&self) -> String {
        self.form_hash().to_string()
    }

    pub(crate) fn form_hash(&self) -> KeyHash {
        form_hash(&self.token)
    }

    /// Returns the id of the session.
    pub fn session(&self) -> KeyHash {
        self.token.hash()
    }
}

/// Returns the notice about the last action, which the redirect names in the parameter `done`.
fn find_notice(query: Option<&str>) -> Option<Notice> {
    let parameters = http_common::parse_query(query);
    parameters.into_iter().find_map(|(name, text)| match name.as_str() {
        "done" => Some(Notice { is_good: true, text: describe_done(&text)?.to_owned() }),
        _ => None,
    })
}

/// Returns the notice for a word. Only listed words have one, because anybody can make a link with any word.
fn describe_done(word: &str) -> Option<&'static str> {
    Some(match word {
        "added" => "Rule added. Send a test to check that it arrives.",
        "created" => "Project created.",
        "deleted" => "Deleted.",
        "retried" => "Failed notifications are being sent again.",
        "changed" => "Changes saved.",
        "redriving" => "The queue is putting all dead letters back into the inbox.",
        "redriven" => "The dead letters are back in the inbox.",
        "merged" => "Merged. The other errors are now listed in this one.",
        "joined" => "You joined. Your roles are on your profile.",
        "commented" => "Comment added.",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_listed_words_have_a_notice() {
        assert!(find_notice(Some("done=changed")).is_some());
        assert!(find_notice(Some("done=Your+account+is+locked,+call+555")).is_none());
    }
}
