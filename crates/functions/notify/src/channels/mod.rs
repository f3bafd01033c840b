//! The ways to notify people. Each channel is a module with a pure function that makes its request, and `send`, which
//! sends it and classifies the answer. [`Channels::send`] registers them.

mod content;
mod discord;
mod exchange;
mod mail;
mod notifier;
mod secrets;
mod send_error;
mod ses;
mod slack;
mod teams;
mod text;
mod tracker;
mod webhook;

use std::sync::Arc;

pub use mail::{Email, Mailer};
pub use notifier::{Delivery, Notifier};
use rules::{Message, Target};
pub use send_error::SendError;
pub use ses::Ses;
use store::clock::Clock;

use self::exchange::Exchange;
use crate::guard::Client;
pub use crate::marker::IssueKey;
use crate::marker::MarkerSigner;

/// An issue of a tracker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// Its number in its repository or project.
    pub number: u64,
    /// Where people read it.
    pub url: String,
}

/// All channels, over one HTTP client. Cheap to clone.
#[derive(Clone)]
pub struct Channels {
    client: Client,
    mailer: Option<Arc<dyn Mailer>>,
    clock: Arc<dyn Clock>,
    interactive: bool,
    issue_key: IssueKey,
}

impl Channels {
    /// Over `client`, and over `mailer` if mail can be sent.
    pub fn new(client: Client, mailer: Option<Arc<dyn Mailer>>, clock: Arc<dyn Clock>) -> Self {
        Self { client, mailer, clock, interactive: false, issue_key: IssueKey::default() }
    }

    /// The same, whose Slack messages have buttons to resolve and to mute if `interactive`: for projects whose rules
    /// hold Slack's signing secret. Their action ids are `faultline_resolve` and `faultline_mute`, their value
    /// `PROJECT|FINGERPRINT`.
    pub fn interactive(mut self, interactive: bool) -> Self {
        self.interactive = interactive;
        self
    }

    /// The same, whose issues are marked by this key: only an issue that has such a mark is taken for the error's.
    pub fn marking(mut self, key: IssueKey) -> Self {
        self.issue_key = key;
        self
    }

    /// Sends `message` to `target`. `issue` is the one that the target is known to have for the error; returns
    /// the one that it has now, if it is a tracker. A tracker gets one error at a time: what was collected about several
    /// errors fails permanently, and that a project is limited makes no issue.
    ///
    /// Two at once for the same error and tracker may make two issues: whoever calls keeps them from it.
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
            Target::Mail(mail) => {
                mail::send(self.mailer.as_deref(), mail, message).await?;
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
