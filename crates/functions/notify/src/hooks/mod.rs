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
use model::error::history::{self, Actor};
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

/// What somebody did to an issue, or by a button.
#[derive(Clone, Debug, PartialEq, Eq)]
struct IssueAction {
    /// What shall become of the error.
    kind: ActionKind,
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

/// The change that it asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ActionKind {
    Resolve,
    Unresolve,
    Mute,
}

/// How old something may be, in seconds: a service repeats what failed for some hours. What is older was recorded by
/// somebody.
const MAX_AGE_SECONDS: i64 = 86_400;
/// The longest name of somebody that is kept, in bytes.
const MAX_USER_BYTES: usize = 200;
/// How far ahead a service's clock may be, in seconds.
const MAX_CLOCK_LEAD_SECONDS: i64 = 300;

impl Notify {
    /// Takes what a service says about the errors of a project.
    pub(crate) async fn handle_hook(
        &self,
        service: Service,
        project: &ProjectName,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Answer {
        let now = self.clock.now();
        let found = self.stores.projects.by_name(project).await?;
        let project_rules = match found {
            Some(project) => self.load_project_rules(project.id).await?,
            None => None,
        };
        let project_rules = project_rules.ok_or_else(signature_refusal)?;
        let hooks = &project_rules.rules.hooks;
        let secret: Option<&Secret> = match service {
            Service::GitHub => hooks.github.as_ref(),
            Service::GitLab => hooks.gitlab.as_ref(),
            Service::Slack => hooks.slack.as_ref(),
        };
        let secret = secret.ok_or_else(signature_refusal)?;
        let genuine = match service {
            Service::GitHub => github::has_valid_signature(secret, headers, body),
            Service::GitLab => gitlab::has_valid_signature(secret, headers, body, now),
            Service::Slack => slack::has_valid_signature(secret, headers, body, now),
        };
        if !genuine {
            return Err(signature_refusal());
        }
        let action = match service {
            Service::GitHub => github::parse_action(project, headers, body)?,
            Service::GitLab => gitlab::parse_action(project, headers, body)?,
            Service::Slack => slack::parse_action(project, body, now)?,
        };
        // The service's trial request, or something that is of no concern here.
        let Some(action) = action else { return done("nothing to do") };
        if action.at.plus_seconds(MAX_AGE_SECONDS) < now || action.at > now.plus_seconds(MAX_CLOCK_LEAD_SECONDS) {
            let message = format!("this happened at {}: what is not of the last day is not taken", action.at);
            return Err(Refusal::new(Reason::ParameterInvalid, message));
        }
        let outcome = self.apply(&project_rules.project, service, &action, now).await;
        if let Some(url) = &action.response_url {
            let words = match &outcome {
                Ok(outcome) => outcome.reply_text(&action),
                Err(_) => "This could not be done: try again, or open the error.".to_owned(),
            };
            // Slack has its answer in any case, and informs the person who pressed the button when it has none.
            if let Err(failed) = self.channels.reply(url, &words).await {
                tracing::warn!(project.id = %project_rules.project.id, error.message = %failed, "failed to answer a press of a button");
            }
        }
        done(outcome?.answer_text())
    }

    async fn apply(
        &self,
        project: &Project,
        service: Service,
        action: &IssueAction,
        now: Timestamp,
    ) -> Result<ActionOutcome, Refusal> {
        let error = self.stores.errors.get(project.id, &action.fingerprint).await?;
        let Some(error) = error.filter(|error| is_own_issue(error, action)) else { return Ok(ActionOutcome::Unknown) };
        if error.merged_into.is_some() {
            return Ok(ActionOutcome::Merged);
        }
        // What came late, or once more, must not undo what somebody did since; nor a regression.
        if action.at < error.status_at {
            return Ok(ActionOutcome::Late);
        }
        let (status, outcome) = match action.kind {
            ActionKind::Resolve => (StatusChange::Resolved(None), ActionOutcome::Resolved),
            ActionKind::Unresolve => (StatusChange::Unresolved, ActionOutcome::Unresolved),
            ActionKind::Mute => (StatusChange::Muted(Mute::default()), ActionOutcome::Muted),
        };
        if status.status() == error.status {
            return Ok(ActionOutcome::Unchanged(error.status));
        }
        let change = ErrorChange::from(status);
        let by = Actor::Hook { service: service.name().to_owned(), user: action.user.clone() };
        let entries = history::HistoryEntry::all(history::Action::of(&change, &error), &by, now, self.clock.random());
        self.stores.errors.change(&error, &change, &entries, now).await?;
        Ok(outcome)
    }
}

/// The result of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ActionOutcome {
    Resolved,
    Unresolved,
    Muted,
    /// It had this status before.
    Unchanged(Status),
    /// Something happened to it since.
    Late,
    Merged,
    Unknown,
}

impl ActionOutcome {
    /// For the service.
    fn answer_text(self) -> &'static str {
        match self {
            Self::Resolved => "resolved",
            Self::Unresolved => "unresolved",
            Self::Muted => "muted",
            Self::Unchanged(_) => "it is so already",
            Self::Late => "something happened since",
            Self::Merged => "it is merged into another error",
            Self::Unknown => "no such error",
        }
    }

    /// For whoever pressed the button.
    fn reply_text(self, action: &IssueAction) -> String {
        let by = action.user.as_ref().map_or_else(String::new, |user| format!(" by {user}"));
        match self {
            Self::Resolved => format!("Resolved{by}. The next event opens it again."),
            Self::Unresolved => format!("Opened again{by}."),
            Self::Muted => format!("Muted{by}, until somebody opens it again."),
            Self::Unchanged(status) => format!("Nothing to do: the error is {status} already."),
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
fn cut_user_name(name: String) -> String {
    name[..name.floor_char_boundary(MAX_USER_BYTES)].to_owned()
}

/// Whether the issue is one that faultline made for this error: whoever may open issues could write another's marker.
fn is_own_issue(error: &ErrorAggregate, action: &IssueAction) -> bool {
    let Some((number, url)) = &action.issue else { return true };
    error.links.values().any(|link| link.number == *number && link.url == *url)
}

fn done(what: &str) -> Answer {
    http_common::data(json!({ "done": what }))
}

fn signature_refusal() -> Refusal {
    let message = "this is not signed by the secret that the rules of the project have under `hooks`";
    Refusal::new(Reason::SignatureInvalid, message)
}

fn malformed(what: &str) -> Refusal {
    Refusal::new(Reason::BodyInvalid, format!("this is no {what}"))
}

#[cfg(test)]
mod tests;
