//! Inbound webhooks: when people close or reopen issues, or press buttons in Slack, the error is changed too.
//!
//! These requests have no API key. Each service signs its requests with a secret in the project's rules. A request
//! without a valid signature is refused with the same message whether or not the project, or such a secret, exists.

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

/// A service that sends webhooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    GitHub,
    GitLab,
    Slack,
}

/// Something that a person did to an issue, or with a button.
#[derive(Clone, Debug, PartialEq, Eq)]
struct IssueAction {
    /// The change to the error.
    kind: ActionKind,
    /// Time of the action, by the service's clock.
    at: Timestamp,
    fingerprint: Fingerprint,
    /// The service's name for the person.
    user: Option<String>,
    /// Number and URL of the issue. The error is changed only if this is one of its own issues.
    issue: Option<(u64, String)>,
    /// Slack's URL for a reply to the person who pressed the button.
    response_url: Option<String>,
}

/// The change that an action asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ActionKind {
    Resolve,
    Unresolve,
    Mute,
}

/// Maximum age of an action, in seconds. Services repeat failed requests for a few hours; an older request may be a
/// replay.
const MAX_AGE_SECONDS: i64 = 86_400;
/// Maximum length of a person's name that is stored, in bytes.
const MAX_USER_BYTES: usize = 200;
/// How far a service's clock may be ahead, in seconds.
const MAX_CLOCK_LEAD_SECONDS: i64 = 300;

impl Notify {
    /// Handles a webhook about an error of a project.
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
        // A test request of the service, or an event that does not change errors.
        let Some(action) = action else { return done("nothing to do") };
        if action.at.plus_seconds(MAX_AGE_SECONDS) < now || action.at > now.plus_seconds(MAX_CLOCK_LEAD_SECONDS) {
            let message = format!("the event is from {}: webhooks must be at most 24 hours old", action.at);
            return Err(Refusal::new(Reason::ParameterInvalid, message));
        }
        let outcome = self.apply(&project_rules.project, service, &action, now).await;
        if let Some(url) = &action.response_url {
            let words = match &outcome {
                Ok(outcome) => outcome.reply_text(&action),
                Err(_) => "That did not work. Try again, or open the error in faultline.".to_owned(),
            };
            // Slack gets an answer in any case; if it does not, it informs the person who pressed the button.
            if let Err(failed) = self.channels.reply(url, &words).await {
                tracing::warn!(project.id = %project_rules.project.id, error.message = %failed, "failed to reply to a button press");
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
        // A late or repeated request must not undo later changes or a regression.
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
    /// The error already had this status.
    Unchanged(Status),
    /// The status of the error changed after the action.
    Late,
    Merged,
    Unknown,
}

impl ActionOutcome {
    /// Returns the text of the answer to the service.
    fn answer_text(self) -> &'static str {
        match self {
            Self::Resolved => "resolved",
            Self::Unresolved => "unresolved",
            Self::Muted => "muted",
            Self::Unchanged(_) => "the error already has this status",
            Self::Late => "the error was changed later",
            Self::Merged => "the error is merged into another one",
            Self::Unknown => "no such error",
        }
    }

    /// Returns the reply to the person who pressed the button.
    fn reply_text(self, action: &IssueAction) -> String {
        let by = action.user.as_ref().map_or_else(String::new, |user| format!(" by {user}"));
        match self {
            Self::Resolved => format!("Resolved{by}. The next event reopens it."),
            Self::Unresolved => format!("Reopened{by}."),
            Self::Muted => format!("Muted{by} until somebody reopens it."),
            Self::Unchanged(status) => format!("Nothing to do: the error is already {status}."),
            Self::Late => "Nothing was done: the error has changed since. Open it to see how.".to_owned(),
            Self::Merged => "Nothing was done: the error is merged into another one. Open it to see which.".to_owned(),
            Self::Unknown => "Nothing was done: this error was deleted or has expired.".to_owned(),
        }
    }
}

impl Service {
    /// Returns the name of the service in histories.
    fn name(self) -> &'static str {
        match self {
            Self::GitHub => "github",
            Self::GitLab => "gitlab",
            Self::Slack => "slack",
        }
    }
}

/// Cuts a person's name to 200 bytes.
fn cut_user_name(name: String) -> String {
    name[..name.floor_char_boundary(MAX_USER_BYTES)].to_owned()
}

/// Whether faultline created the issue for this error. Without this check, anyone who may open issues could copy a
/// marker into another issue.
fn is_own_issue(error: &ErrorAggregate, action: &IssueAction) -> bool {
    let Some((number, url)) = &action.issue else { return true };
    error.links.values().any(|link| link.number == *number && link.url == *url)
}

fn done(what: &str) -> Answer {
    http_common::data(json!({ "done": what }))
}

fn signature_refusal() -> Refusal {
    let message = "the signature is missing or wrong: sign with the secret under `hooks` in the project's rules";
    Refusal::new(Reason::SignatureInvalid, message)
}

fn malformed(what: &str) -> Refusal {
    Refusal::new(Reason::BodyInvalid, format!("the body has no valid {what}"))
}

#[cfg(test)]
mod tests;
