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

/// A project's document: its rules, and what its incoming webhooks are signed with.
///
/// ```json
/// {
///   "rules": [{
///     "id": "slack-prod", "name": "Slack, production",
///     "on": ["first", "regression", "threshold", "limited"],
///     "threshold": 30, "interval": 5,
///     "environments": ["production"], "levels": ["error", "fatal"], "releases": ["shop@2.*"], "title": "*timeout*",
///     "collect": { "minutes": 10 },
///     "quiet": { "from": "22:00", "to": "07:00", "timezone": "Europe/Berlin", "days": ["sat", "sun"] },
///     "timezone": "Europe/Berlin", "linkTemplate": "https://status.example.org/{project}/{fingerprint}",
///     "to": [{ "type": "slack", "endpoint": "https://hooks.slack.com/services/…" }]
///   }],
///   "hooks": { "github": { "secret": "…" }, "gitlab": { "secret": "…" }, "slack": { "signingSecret": "…" } }
/// }
/// ```
///
/// All but `to` may be left out. Without `on` the project's tier decides:
///
/// | tier | first | regression | threshold | limited | collected |
/// |---|---|---|---|---|---|
/// | critical | yes | yes | 10 in a unit of time, once in each | yes | no |
/// | standard | yes | yes | no | yes | no |
/// | low | yes | no | no | yes | over 60 minutes |
///
/// and `threshold` or `collect` add to that, or take the place of the tier's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// The rules, at most 50.
    pub rules: Vec<Rule>,
    /// What incoming webhooks are signed with.
    pub hooks: Hooks,
}

/// What incoming webhooks are signed with; those of a service without a secret are refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hooks {
    /// GitHub's webhook secret.
    pub github: Option<Secret>,
    /// GitLab's secret token.
    pub gitlab: Option<Secret>,
    /// The signing secret of the Slack app whose buttons are pressed.
    pub slack: Option<Secret>,
}

/// Who is notified, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What names it among the project's rules: letters, digits, `-`, `_` and `.`.
    pub id: String,
    /// What people call it; its id, if they do not.
    pub name: String,
    /// Whom: at most ten.
    pub to: Vec<Target>,
    /// The IANA name of the time zone that times are shown in.
    pub timezone: Option<String>,
    /// Where messages link to: a template for [`expand_link`](crate::expand_link).
    pub link_template: Option<String>,
    /// How many messages a minute go to each target by themselves, if it says so.
    pub(super) max_per_minute: Option<u32>,
    pub(super) policy: Policy,
    pub(super) filter: Filter,
    pub(super) quiet: Option<Quiet>,
}

impl Rule {
    /// How many messages a minute go to a chat, a mailbox or a webhook, unless the rule says otherwise.
    pub const CEILING: u32 = 10;
    /// How many issues a minute are made or added to, unless the rule says otherwise.
    pub const TRACKER_CEILING: u32 = 5;
    /// The most that a rule may say.
    pub const MAX_CEILING: u32 = 100;
}

#[cfg(test)]
mod tests;
