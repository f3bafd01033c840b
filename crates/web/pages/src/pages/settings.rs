use askama::Template;

use crate::Frame;
use crate::keys::KeyList;

/// The settings page of a project.
#[derive(Debug, Template)]
#[template(path = "settings.html")]
pub struct SettingsPage {
    pub frame: Frame,
    pub project: String,
    /// The form's contents: the current settings, or the input that was rejected.
    pub fields: SettingsFields,
    /// Why the input was rejected.
    pub problem: Option<String>,
    pub keys: KeyList,
    /// The retention periods on offer, in days.
    pub retentions: Vec<u32>,
}

/// The fields of the form, as text.
#[derive(Clone, Debug, Default)]
pub struct SettingsFields {
    /// The project's name.
    pub name: String,
    /// The team or person responsible for the project.
    pub owner: String,
    /// `critical`, `standard` or `low`.
    pub tier: String,
    /// The window in which rules count events for thresholds: `minute`, `hour` or `day`.
    pub time_unit: String,
    /// Days to keep occurrences; empty for the stack's default.
    pub retention_days: String,
    /// The limit of events per minute; empty for no limit.
    pub per_minute: String,
    /// The limit of events per month; empty for no limit.
    pub per_month: String,
    /// Names of keys whose values are scrubbed in addition to the built-in ones, one per line.
    pub additional: String,
    /// Names of keys whose values are never scrubbed, one per line.
    pub exempt: String,
    /// Kinds of personal data to replace, separated by commas.
    pub personal: String,
    /// The origins of web pages that may send events, one per line; empty for all.
    pub origins: String,
    /// Which posted configs are used: `any`, `sealed` or `off`.
    pub posted_configs: String,
    /// Whether attachments are stored: `store` or `discard`.
    pub attachments: String,
    /// The URL of a line in the repository, with placeholders; empty for no links.
    pub repository_url: String,
    /// The branch that links lead to if the release names no revision.
    pub repository_branch: String,
    /// How paths of frames become paths of the repository: `from => to`, one per line.
    pub repository_paths: String,
}

impl SettingsPage {
    fn here(&self) -> String {
        format!("/pages{}/settings", crate::address::project(&self.project))
    }

    fn is_kept_for(&self, days: &u32) -> bool {
        self.fields.retention_days == days.to_string()
    }
}
