//! The channels that notify people. Each channel is a module with a pure function that builds its request, and `send`,
//! which sends it and classifies the answer. [`Channels::send`] registers them.

mod content;
mod discord;
mod email;
mod exchange;
mod notifier;
mod on_call;
mod secrets;
mod send_error;
mod ses;
mod slack;
mod teams;
mod text;
mod tracker;
mod webhook;

use std::sync::Arc;

pub use email::{Email, Mailer};
pub use notifier::{Delivery, Notifier};
use rules::{Message, Target};
pub use send_error::SendError;
pub use ses::Ses;
use store::clock::Clock;

use self::exchange::Exchange;
use crate::guard::Client;
pub use crate::marker::IssueKey;
use crate::marker::MarkerSigner;

/// An issue in a tracker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// The number of the issue in its repository or project.
    pub number: u64,
    /// The URL of its page.
    pub url: String,
}

/// All channels, with one HTTP client. Cheap to clone.
#[derive(Clone)]
pub struct Channels {
    client: Client,
    mailer: Option<Arc<dyn Mailer>>,
    clock: Arc<dyn Clock>,
    interactive: bool,
    issue_key: IssueKey,
}

impl Channels {
    /// Creates channels that use `client`, and `mailer` if email can be sent.
    pub fn new(client: Client, mailer: Option<Arc<dyn Mailer>>, clock: Arc<dyn Clock>) -> Self {
        Self { client, mailer, clock, interactive: false, issue_key: IssueKey::default() }
    }

    /// Returns the channels with buttons to resolve and mute in Slack messages if `interactive`, for projects whose
    /// rules contain Slack's signing secret. The action ids are `faultline_resolve` and `faultline_mute`, the value is
    /// `PROJECT|FINGERPRINT`.
    pub fn interactive(mut self, interactive: bool) -> Self {
        self.interactive = interactive;
        self
    }

    /// Returns the channels with a key that signs the markers in issues. Only an issue with a signed marker counts as
    /// an error's issue.
    pub fn marking(mut self, key: IssueKey) -> Self {
        self.issue_key = key;
        self
    }

    /// Sends `message` to `target`. `issue` is the known issue of the error in a tracker. Returns the issue that the
    /// error has after sending, if the target is a tracker. A tracker takes one error at a time: a message about
    /// several errors fails permanently, and a message about a project's limit creates no issue.
    ///
    /// Two calls at the same time for the same error and tracker may create two issues: the caller must prevent that.
    pub async fn send(
        &self,
        target: &Target,
        message: &Message,
        issue: Option<&Issue>,
    ) -> Result<Option<Issue>, SendError> {
        let signer = MarkerSigner::new(&self.issue_key, target);
        let exchange = |service| Exchange::new(&self.client, service, target, self.clock.now());
        match target {
            Target::Slack(slack) => {
                slack::send(&exchange("Slack"), slack, message, self.interactive).await?;
                Ok(None)
            }
            Target::Discord(hook) => {
                discord::send(&exchange("Discord"), hook, message).await?;
                Ok(None)
            }
            Target::Teams(hook) => {
                teams::send(&exchange("Teams"), hook, message).await?;
                Ok(None)
            }
            Target::Webhook(webhook) => {
                webhook::send(&exchange("the webhook"), webhook, message).await?;
                Ok(None)
            }
            Target::PagerDuty(target) => {
                on_call::send_pagerduty(&exchange("PagerDuty"), target, message).await?;
                Ok(None)
            }
            Target::Opsgenie(target) => {
                on_call::send_opsgenie(&exchange("Opsgenie"), target, message).await?;
                Ok(None)
            }
            Target::IncidentIo(target) => {
                on_call::send_incident_io(&exchange("incident.io"), target, message).await?;
                Ok(None)
            }
            Target::Email(email) => {
                email::send(self.mailer.as_deref(), email, message).await?;
                Ok(None)
            }
            Target::GitHub(github) => {
                let exchange = exchange("GitHub");
                let tracker = tracker::GitHub::new(&exchange, github)?;
                tracker::send(&tracker, github.if_exist, message, issue, &signer).await
            }
            Target::GitLab(gitlab) => {
                let exchange = exchange("GitLab");
                let tracker = tracker::GitLab::new(&exchange, gitlab)?;
                tracker::send(&tracker, gitlab.if_exist, message, issue, &signer).await
            }
        }
    }
}
