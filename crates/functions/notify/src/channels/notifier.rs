use async_trait::async_trait;
use rules::{Message, Target};

use super::slack;
use super::{Channels, Issue, IssueKey, SendError};

/// Sends messages. Implemented by [`Channels`], and by fakes in tests.
#[async_trait]
pub trait Notifier: Send + Sync {
    /// Sends a message to `target`. Returns the issue that the error has there afterwards, if the target is a tracker.
    async fn send(&self, target: &Target, delivery: &Delivery<'_>) -> Result<Option<Issue>, SendError>;

    /// Replies to the person who pressed a button in Slack, at the `response_url` that Slack sent. Others in the
    /// channel do not see the reply. A URL that is not Slack's is refused.
    async fn reply(&self, response_url: &str, text: &str) -> Result<(), SendError>;
}

/// A message, and what is known about its target.
#[derive(Clone, Copy, Debug)]
pub struct Delivery<'a> {
    /// The message to send.
    pub message: &'a Message,
    /// The known issue of the error in the target.
    pub issue: Option<&'a Issue>,
    /// Whether a Slack message has buttons. It has if the project's rules contain the secret that Slack signs button
    /// presses with.
    pub buttons: bool,
    /// The project's key, which signs the markers in issues.
    pub issue_key: &'a IssueKey,
}

#[async_trait]
impl Notifier for Channels {
    async fn send(&self, target: &Target, delivery: &Delivery<'_>) -> Result<Option<Issue>, SendError> {
        let channels = self.clone().interactive(delivery.buttons).marking(delivery.issue_key.clone());
        Self::send(&channels, target, delivery.message, delivery.issue).await
    }

    async fn reply(&self, response_url: &str, text: &str) -> Result<(), SendError> {
        slack::reply(&self.client, response_url, text).await
    }
}
