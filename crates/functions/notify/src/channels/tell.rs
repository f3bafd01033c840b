use async_trait::async_trait;
use rules::{Target, Telling};

use super::slack;
use super::{Channels, Failed, Issue, IssueKey};

/// Sends messages: [`Channels`], or what a test has in their place.
#[async_trait]
pub trait Tell: Send + Sync {
    /// Sends a message to `target`. What is answered is the issue that the error has there now, if it is a tracker.
    async fn tell(&self, target: &Target, told: &Told<'_>) -> Result<Option<Issue>, Failed>;

    /// Answers whoever pressed a button in Slack, and nobody else in the channel, at the `response_url` that Slack sent.
    /// An address that is not Slack's is refused.
    async fn reply(&self, response_url: &str, text: &str) -> Result<(), Failed>;
}

/// What is told, and what is known about whom it is told to.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// The message.
    pub telling: &'a Telling,
    /// The issue that the target is known to have for the error.
    pub issue: Option<&'a Issue>,
    /// Whether a Slack message has buttons: the project's rules have the secret that presses of them are signed by.
    pub buttons: bool,
    /// What issues of the project are marked by.
    pub issue_key: &'a IssueKey,
}

#[async_trait]
impl Tell for Channels {
    async fn tell(&self, target: &Target, told: &Told<'_>) -> Result<Option<Issue>, Failed> {
        let channels = self.clone().interactive(told.buttons).marking(told.issue_key.clone());
        Self::tell(&channels, target, told.telling, told.issue).await
    }

    async fn reply(&self, response_url: &str, text: &str) -> Result<(), Failed> {
        slack::reply(&self.client, response_url, text).await
    }
}
