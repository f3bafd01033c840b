//! Who is notified. The names of Slack's, GitHub's and GitLab's fields are v1's.

mod destination;
mod parse;
mod schema;

use serde::Deserialize;

use super::Secret;

/// Where a message goes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Target {
    /// A Slack channel, by an incoming webhook.
    Slack(Slack),
    /// The issues of a GitHub repository.
    GitHub(GitHub),
    /// The issues of a GitLab project.
    GitLab(GitLab),
    /// Any HTTPS address: JSON, signed.
    Webhook(Webhook),
    /// Mail, by SES.
    Mail(Mail),
    /// A Discord channel, by a webhook.
    Discord(Hook),
    /// A Microsoft Teams channel, by a webhook of a workflow.
    Teams(Hook),
}

impl Target {
    /// It in a few words, without a secret: `GitHub acme/shop`.
    pub fn words(&self) -> String {
        let behind = |kind: &str, what: &str| format!("{kind} {what}").trim_end().to_owned();
        match self {
            Self::Slack(slack) => behind("Slack", slack.channel.as_deref().unwrap_or_default()),
            Self::GitHub(github) => format!("GitHub {}/{}", github.owner, github.repo),
            Self::GitLab(gitlab) => format!("GitLab {}/{}", gitlab.owner, gitlab.repo),
            Self::Webhook(_) => "webhook".to_owned(),
            Self::Mail(mail) => behind("email", &mail.to.join(", ")),
            Self::Discord(_) => "Discord".to_owned(),
            Self::Teams(_) => "Teams".to_owned(),
        }
    }

    /// Its `type` in a rule.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Slack(_) => "slack",
            Self::GitHub(_) => "github",
            Self::GitLab(_) => "gitlab",
            Self::Webhook(_) => "webhook",
            Self::Mail(_) => "mail",
            Self::Discord(_) => "discord",
            Self::Teams(_) => "teams",
        }
    }

    /// Whether it keeps an issue for each error, rather than a stream of messages.
    pub fn is_tracker(&self) -> bool {
        matches!(self, Self::GitHub(_) | Self::GitLab(_))
    }
}

/// A Slack channel.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Slack {
    /// The incoming webhook's URL.
    pub endpoint: Secret,
    /// Another channel than the webhook's own, where Slack allows that.
    #[serde(default)]
    pub channel: Option<String>,
    /// The name that the message is from.
    #[serde(default)]
    pub username: Option<String>,
    /// An emoji as its icon.
    #[serde(default, alias = "icon_emoji")]
    pub icon_emoji: Option<String>,
    /// An image as its icon.
    #[serde(default, alias = "icon_url")]
    pub icon_url: Option<String>,
}

/// A GitHub repository.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GitHub {
    /// A token that may write issues.
    pub user_token: Secret,
    /// The user or organisation.
    pub owner: String,
    /// The repository.
    pub repo: String,
    /// The API of a GitHub Enterprise server, `https://HOST/api/v3`; github.com's if there is none.
    #[serde(default)]
    pub endpoint: Option<String>,
    /// Labels of the issues that are made.
    #[serde(default)]
    pub labels: Vec<String>,
    /// What to do when there is an issue already.
    #[serde(default, rename = "if_exist", alias = "ifExist")]
    pub if_exist: IfExist,
}

/// A GitLab project.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GitLab {
    /// A token that may write issues.
    pub personal_access_token: Secret,
    /// The user or group, with its parents: `group/subgroup`.
    pub owner: String,
    /// The project.
    pub repo: String,
    /// The GitLab server; `https://gitlab.com` if there is none.
    #[serde(default)]
    pub endpoint: Option<String>,
    /// Labels of the issues that are made.
    #[serde(default)]
    pub labels: Vec<String>,
    /// What to do when there is an issue already.
    #[serde(default, rename = "if_exist", alias = "ifExist")]
    pub if_exist: IfExist,
}

/// What to do when an error has an issue already: v1's words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IfExist {
    /// Reopen it if it is closed, and comment on it.
    #[default]
    #[serde(alias = "reopen-and-commend")]
    ReopenAndComment,
    /// Reopen it if it is closed, nothing else.
    Reopen,
    /// Reopen it if it is closed, and write its text anew.
    ReopenAndUpdate,
    /// Comment on it, open or closed.
    Comment,
    /// Nothing.
    None,
}

/// An HTTPS address that takes JSON.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Webhook {
    /// Where to.
    pub endpoint: Secret,
    /// What requests are signed with.
    #[serde(default)]
    pub secret: Option<Secret>,
}

/// Mailboxes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mail {
    /// Their addresses.
    pub to: Vec<String>,
}

/// A webhook whose address is all that it needs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hook {
    /// The webhook's URL.
    pub endpoint: Secret,
}

#[cfg(test)]
mod tests;
