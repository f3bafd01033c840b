//! What comes back: people close and reopen issues, and press buttons in Slack, and the error follows.
//!
//! Nobody shows a key here. Each service signs what it sends by a secret that the project's rules hold; what is not
//! signed so is refused, in the same words whether the project has such a secret, or exists.

mod github;
mod gitlab;
mod signature;
mod slack;

use axum::body::Bytes;
use http::HeaderMap;
use http_common::Answer;
use model::error::history::{Action, Actor, Entry};
use model::error::{ErrorAggregate, ErrorChange, Mute, Status, StatusChange};
use model::id::{Fingerprint, ProjectName};
use model::outcome::{Reason, Refusal};
use model::time::Timestamp;
use rules::Secret;
use serde_json::json;
use store::ports::Project;

use crate::Notify;

/// A service that calls back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    GitHub,
    GitLab,
    Slack,
}

/// What somebody did elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Deed {
    /// What shall become of the error.
    wish: Wish,
    /// When, by the service's clock.
    at: Timestamp,
    /// Which error.
    fingerprint: Fingerprint,
    /// Who did it, by the service's name for them.
    user: Option<String>,
    /// The issue that it was done to, by its number and address; an error that does not know it as its own is left alone.
    issue: Option<(u64, String)>,
    /// Where whoever did it is answered, of a button in Slack.
    response_url: Option<String>,
}

/// What shall become of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    Resolve,
    Unresolve,
    Mute,
}

/// How old something may be, in seconds: a service repeats what failed for some hours. What is older was recorded by
/// somebody.
const WINDOW: i64 = 86_400;
/// The longest name of somebody that is kept, in bytes.
const MAX_USER: usize = 200;
/// How far ahead a service's clock may be, in seconds.
const AHEAD: i64 = 300;

impl Notify {
    /// Takes what a service says about the errors of a project.
    pub(crate) async fn hook(
        &self,
        service: Service,
        project: &ProjectName,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Answer {
        let now = self.clock.now();
        let found = self.projects.by_name(project).await?;
        let ruled = match found {
            Some(project) => self.ruled(project.id).await?,
            None => None,
        };
        let ruled = ruled.ok_or_else(unsigned)?;
        let hooks = &ruled.rules.hooks;
        let secret: Option<&Secret> = match service {
            Service::GitHub => hooks.github.as_ref(),
            Service::GitLab => hooks.gitlab.as_ref(),
            Service::Slack => hooks.slack.as_ref(),
        };
        let secret = secret.ok_or_else(unsigned)?;
        let genuine = match service {
            Service::GitHub => github::is_genuine(secret, headers, body),
            Service::GitLab => gitlab::is_genuine(secret, headers, body, now),
            Service::Slack => slack::is_genuine(secret, headers, body, now),
        };
        if !genuine {
            return Err(unsigned());
        }
        let deed = match service {
            Service::GitHub => github::deed(project, headers, body)?,
            Service::GitLab => gitlab::deed(project, headers, body)?,
            Service::Slack => slack::deed(project, body, now)?,
        };
        // The service's trial request, or something that is of no concern here.
        let Some(deed) = deed else { return done("nothing to do") };
        if deed.at.plus_seconds(WINDOW) < now || deed.at > now.plus_seconds(AHEAD) {
            let message = format!("this happened at {}: what is not of the last day is not taken", deed.at);
            return Err(Refusal::new(Reason::ParameterInvalid, message));
        }
        let done_to = self.obey(&ruled.project, service, &deed, now).await;
        if let Some(url) = &deed.response_url {
            let words = match &done_to {
                Ok(done_to) => done_to.words(&deed),
                Err(_) => "This could not be done: try again, or open the error.".to_owned(),
            };
            // Slack has its answer in any case, and tells the person who pressed the button when it has none.
            if let Err(failed) = self.channels.reply(url, &words).await {
                tracing::warn!(project.id = %ruled.project.id, error.message = %failed, "failed to answer a press of a button");
            }
        }
        done(done_to?.short())
    }

    async fn obey(&self, project: &Project, service: Service, deed: &Deed, now: Timestamp) -> Result<DoneTo, Refusal> {
        let error = self.errors.get(project.id, &deed.fingerprint).await?;
        let Some(error) = error.filter(|error| is_of(error, deed)) else { return Ok(DoneTo::Unknown) };
        if error.merged_into.is_some() {
            return Ok(DoneTo::Merged);
        }
        // What came late, or once more, must not undo what somebody did since; nor a regression.
        if deed.at < error.status_at {
            return Ok(DoneTo::Late);
        }
        let (status, done_to) = match deed.wish {
            Wish::Resolve => (StatusChange::Resolved(None), DoneTo::Resolved),
            Wish::Unresolve => (StatusChange::Unresolved, DoneTo::Unresolved),
            Wish::Mute => (StatusChange::Muted(Mute::default()), DoneTo::Muted),
        };
        if status.status() == error.status {
            return Ok(DoneTo::Nothing(error.status));
        }
        let change = ErrorChange::from(status);
        let by = Actor::Hook { service: service.name().to_owned(), user: deed.user.clone() };
        let entries = Entry::all(Action::of(&change, &error), &by, now, self.clock.random());
        self.errors.change(&error, &change, &entries, now).await?;
        Ok(done_to)
    }
}

/// What became of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DoneTo {
    Resolved,
    Unresolved,
    Muted,
    /// It had this status before.
    Nothing(Status),
    /// Something happened to it since.
    Late,
    Merged,
    Unknown,
}

impl DoneTo {
    /// For the service.
    fn short(self) -> &'static str {
        match self {
            Self::Resolved => "resolved",
            Self::Unresolved => "unresolved",
            Self::Muted => "muted",
            Self::Nothing(_) => "it is so already",
            Self::Late => "something happened since",
            Self::Merged => "it is merged into another error",
            Self::Unknown => "no such error",
        }
    }

    /// For whoever pressed the button.
    fn words(self, deed: &Deed) -> String {
        let by = deed.user.as_ref().map_or_else(String::new, |user| format!(" by {user}"));
        match self {
            Self::Resolved => format!("Resolved{by}. The next event opens it again."),
            Self::Unresolved => format!("Opened again{by}."),
            Self::Muted => format!("Muted{by}, until somebody opens it again."),
            Self::Nothing(status) => format!("Nothing to do: the error is {status} already."),
            Self::Late => "Nothing was done: something happened to the error since. Open it to see what.".to_owned(),
            Self::Merged => "Nothing was done: the error is merged into another one. Open it to see which.".to_owned(),
            Self::Unknown => "Nothing was done: this error was deleted, or has expired.".to_owned(),
        }
    }
}

impl Service {
    /// What a history calls it.
    fn name(self) -> &'static str {
        match self {
            Self::GitHub => "github",
            Self::GitLab => "gitlab",
            Self::Slack => "slack",
        }
    }
}

/// What a service calls somebody, cut to 200 bytes.
fn called(name: String) -> String {
    name[..name.floor_char_boundary(MAX_USER)].to_owned()
}

/// Whether the issue is one that faultline made for this error: whoever may open issues could write another's marker.
fn is_of(error: &ErrorAggregate, deed: &Deed) -> bool {
    let Some((number, url)) = &deed.issue else { return true };
    error.links.values().any(|link| link.number == *number && link.url == *url)
}

fn done(what: &str) -> Answer {
    http_common::data(json!({ "done": what }))
}

fn unsigned() -> Refusal {
    let message = "this is not signed by the secret that the rules of the project have under `hooks`";
    Refusal::new(Reason::SignatureInvalid, message)
}

fn malformed(what: &str) -> Refusal {
    Refusal::new(Reason::BodyInvalid, format!("this is no {what}"))
}

#[cfg(test)]
mod tests;
