use async_trait::async_trait;
use rules::{Message, Target};

use super::slack;
use super::{Channels, Issue, IssueKey, SendError};

/// Sends messages: [`Channels`], or what a test has in their place.
#[async_trait]
pub trait Notifier: Send + Sync {
    /// Sends a message to `target`. Returns the issue that the error has there now, if it is a tracker.
    async fn send(&self, target: &Target, delivery: &Delivery<'_>) -> Result<Option<Issue>, SendError>;

    /// Answers whoever pressed a button in Slack, and nobody else in the channel, at the `response_url` that Slack sent.
    /// An address that is not Slack's is refused.
    async fn reply(&self, response_url: &str, text: &str) -> Result<(), SendError>;
}

/// A message, and what is known about its target.
#[derive(Clone, Copy, Debug)]
pub struct Delivery<'a> {
    /// The message.
    pub message: &'a Message,
    /// The issue that the target is known to have for the error.
    pub issue: Option<&'a Issue>,
    /// Whether a Slack message has buttons: the project's rules have the secret that presses of them are signed by.
    pub buttons: bool,
    /// The key that signs the markers in issues of the project.
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
