//! Targets of rules. The fields for Slack, GitHub and GitLab have v1's names.

mod destination;
mod parse;
mod schema;
mod template;

use serde::Deserialize;
pub use template::{PLACEHOLDERS, Template};

use super::{Secret, Trigger};

/// The target of a message.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Target {
    /// A Slack channel, through an incoming webhook.
    Slack(Slack),
    /// The issues of a GitHub repository.
    GitHub(GitHub),
    /// The issues of a GitLab project.
    GitLab(GitLab),
    /// Any HTTPS URL, which gets signed JSON.
    Webhook(Webhook),
    /// Email, through SES or an SMTP server.
    Email(Email),
    /// A Discord channel, through a webhook.
    Discord(Hook),
    /// A Microsoft Teams channel, through a workflow's webhook.
    Teams(Hook),
    /// A service of PagerDuty.
    PagerDuty(PagerDuty),
    /// The alerts of a team in Opsgenie.
    Opsgenie(Opsgenie),
    /// An alert source of incident.io.
    IncidentIo(IncidentIo),
}

impl Target {
    /// Describes the target in a few words without secrets: `GitHub acme/shop`.
    pub fn words(&self) -> String {
        let named = |kind: &str, what: &str| format!("{kind} {what}").trim_end().to_owned();
        match self {
            Self::Slack(slack) => named("Slack", slack.channel.as_deref().unwrap_or_default()),
            Self::GitHub(github) => format!("GitHub {}/{}", github.owner, github.repo),
            Self::GitLab(gitlab) => format!("GitLab {}/{}", gitlab.owner, gitlab.repo),
            Self::Webhook(_) => "webhook".to_owned(),
            Self::Email(email) => named("email", &email.to.join(", ")),
            Self::Discord(_) => "Discord".to_owned(),
            Self::Teams(_) => "Teams".to_owned(),
            Self::PagerDuty(_) => "PagerDuty".to_owned(),
            Self::Opsgenie(_) => "Opsgenie".to_owned(),
            Self::IncidentIo(_) => "incident.io".to_owned(),
        }
    }

    /// The `type` in a rule.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Slack(_) => "slack",
            Self::GitHub(_) => "github",
            Self::GitLab(_) => "gitlab",
            Self::Webhook(_) => "webhook",
            Self::Email(_) => "email",
            Self::Discord(_) => "discord",
            Self::Teams(_) => "teams",
            Self::PagerDuty(_) => "pagerduty",
            Self::Opsgenie(_) => "opsgenie",
            Self::IncidentIo(_) => "incidentio",
        }
    }

    /// Whether the target keeps an issue for each error, instead of receiving a stream of messages.
    pub fn is_tracker(&self) -> bool {
        matches!(self, Self::GitHub(_) | Self::GitLab(_))
    }

    /// Whether the target keeps an incident for each error, which must be closed when the error is resolved.
    pub fn is_on_call(&self) -> bool {
        matches!(self, Self::PagerDuty(_) | Self::Opsgenie(_) | Self::IncidentIo(_))
    }

    /// Whether the target is notified of this. Nobody is called, and no issue is created, because an error is assigned.
    pub fn takes(&self, trigger: &Trigger) -> bool {
        !matches!(trigger, Trigger::Assigned { .. }) || !self.takes_single_errors()
    }

    /// Whether each message is about one error, even if the rule collects messages.
    pub fn takes_single_errors(&self) -> bool {
        self.is_tracker() || self.is_on_call()
    }
}

/// A Slack channel, reached through an incoming webhook.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Slack {
    /// The URL of the incoming webhook.
    pub endpoint: Secret,
    /// Another channel than the webhook's default, where Slack allows that.
    #[serde(default)]
    pub channel: Option<String>,
    /// The sender's name in Slack.
    #[serde(default)]
    pub username: Option<String>,
    /// An emoji as the sender's icon.
    #[serde(default, alias = "icon_emoji")]
    pub icon_emoji: Option<String>,
    /// An image URL as the sender's icon.
    #[serde(default, alias = "icon_url")]
    pub icon_url: Option<String>,
}

/// A GitHub repository in which each error gets an issue.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GitHub {
    /// A token that may write issues.
    pub user_token: Secret,
    /// The user or organisation that owns the repository.
    pub owner: String,
    /// The name of the repository.
    pub repo: String,
    /// The API of a GitHub Enterprise server, `https://HOST/api/v3`. Without it, the API of github.com.
    #[serde(default)]
    pub endpoint: Option<String>,
    /// Labels for new issues.
    #[serde(default)]
    pub labels: Vec<String>,
    /// The action if the error has an issue already.
    #[serde(default, rename = "if_exist", alias = "ifExist")]
    pub if_exist: IfExist,
}

/// A GitLab project in which each error gets an issue.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GitLab {
    /// A token that may write issues.
    pub personal_access_token: Secret,
    /// The user or group, with parent groups: `group/subgroup`.
    pub owner: String,
    /// The name of the project.
    pub repo: String,
    /// The URL of the GitLab server. Without it, `https://gitlab.com`.
    #[serde(default)]
    pub endpoint: Option<String>,
    /// Labels for new issues.
    #[serde(default)]
    pub labels: Vec<String>,
    /// The action if the error has an issue already.
    #[serde(default, rename = "if_exist", alias = "ifExist")]
    pub if_exist: IfExist,
}

/// The action if an error has an issue already, in v1's words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IfExist {
    /// Reopen it if it is closed, and comment on it.
    #[default]
    #[serde(alias = "reopen-and-commend")]
    ReopenAndComment,
    /// Reopen it if it is closed, nothing else.
    Reopen,
    /// Reopen it if it is closed, and replace its description.
    ReopenAndUpdate,
    /// Comment on it, open or closed.
    Comment,
    None,
}

/// An HTTPS URL that accepts JSON.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Webhook {
    pub endpoint: Secret,
    /// The secret that requests are signed with.
    #[serde(default)]
    pub secret: Option<Secret>,
    /// The value of the header `Authorization`.
    #[serde(default)]
    pub authorization: Option<Secret>,
    /// The body, instead of faultline's own.
    #[serde(default)]
    pub template: Option<Template>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Email {
    pub to: Vec<String>,
}

/// An integration of a PagerDuty service, of the type Events API v2.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PagerDuty {
    /// The integration key, which names the service that is called.
    pub routing_key: Secret,
    /// The URL of the service region, such as `https://events.eu.pagerduty.com`. Without it, the United States.
    #[serde(default)]
    pub endpoint: Option<String>,
}

/// An API integration of Opsgenie.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Opsgenie {
    /// The API key of the integration.
    pub api_key: Secret,
    /// The URL of the service region, such as `https://api.eu.opsgenie.com`. Without it, the United States.
    #[serde(default)]
    pub endpoint: Option<String>,
}

/// An alert source of incident.io, of the type HTTP.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IncidentIo {
    /// The URL of the source.
    pub endpoint: Secret,
    /// The token of the source.
    pub token: Secret,
}

/// A webhook that needs nothing but its URL.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hook {
    /// The webhook's URL.
    pub endpoint: Secret,
}

#[cfg(test)]
mod tests;
