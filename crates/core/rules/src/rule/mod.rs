//! A project's rules: who is notified, and when.

mod decide;
mod filter;
mod glob;
mod parse;
mod policy;
mod quiet;
mod redact;
mod schema;

pub use decide::{Decision, Timing};
use filter::Filter;
pub(super) use parse::{rule_link_template, rule_timezone};
pub(super) use policy::{Policy, Threshold};
use quiet::Quiet;

use super::{Secret, Target};

/// A project's notification settings: its rules, and the secrets for incoming webhooks.
///
/// ```json
/// {
///   "rules": [{
///     "id": "slack-prod", "name": "Slack, production",
///     "on": ["first", "regression", "threshold", "limited", "assigned"],
///     "threshold": 30, "interval": 5,
///     "environments": ["production"], "levels": ["error", "fatal"], "releases": ["shop@2.*"], "title": "*timeout*",
///     "except": { "environments": ["test"], "levels": ["debug"], "releases": ["*-dev"], "titles": ["*ResizeObserver*"] },
///     "collect": { "minutes": 10 },
///     "quiet": { "from": "22:00", "to": "07:00", "timezone": "Europe/Berlin", "days": ["sat", "sun"] },
///     "timezone": "Europe/Berlin", "linkTemplate": "https://status.example.org/{project}/{fingerprint}",
///     "to": [{ "type": "slack", "endpoint": "https://hooks.slack.com/services/…" }]
///   }],
///   "hooks": { "github": { "secret": "…" }, "gitlab": { "secret": "…" }, "slack": { "signingSecret": "…" } }
/// }
/// ```
///
/// All keys but `to` are optional. Without `on`, the project's tier decides:
///
/// | tier | first | regression | threshold | limited | collected |
/// |---|---|---|---|---|---|
/// | critical | yes | yes | 10 in a unit of time, once in each | yes | no |
/// | standard | yes | yes | no | yes | no |
/// | low | yes | no | no | yes | over 60 minutes |
///
/// `threshold` and `collect` add to the tier's values or replace them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// The rules, at most 50.
    pub rules: Vec<Rule>,
    /// The secrets that incoming webhooks are signed with.
    pub hooks: Hooks,
}

/// The secrets that incoming webhooks are signed with. Webhooks from a service without a secret are refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hooks {
    /// GitHub's webhook secret.
    pub github: Option<Secret>,
    /// GitLab's secret token.
    pub gitlab: Option<Secret>,
    /// The signing secret of the Slack app that sends clicks on buttons.
    pub slack: Option<Secret>,
}

/// A rule: who is notified of which errors, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Identifies the rule in its project: letters, digits, `-`, `_` and `.`.
    pub id: String,
    /// The rule's name; its id, if it has no name.
    pub name: String,
    /// The targets, at most ten.
    pub to: Vec<Target>,
    /// The IANA name of the time zone for times in messages.
    pub timezone: Option<String>,
    /// The link in messages: a template for [`expand_link`](crate::expand_link).
    pub link_template: Option<String>,
    /// The number of messages per minute that are sent to each target individually, if the rule sets it.
    pub(super) max_per_minute: Option<u32>,
    pub(super) policy: Policy,
    pub(super) filter: Filter,
    pub(super) quiet: Option<Quiet>,
}

impl Rule {
    /// Messages per minute that are sent individually to a chat, an email address or a webhook, unless the rule sets
    /// another number.
    pub const CEILING: u32 = 10;
    /// Issues per minute that are created or commented on individually, unless the rule sets another number.
    pub const TRACKER_CEILING: u32 = 5;
    /// The largest number that a rule can set.
    pub const MAX_CEILING: u32 = 100;
}

#[cfg(test)]
mod tests;
