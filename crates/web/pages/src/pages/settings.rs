use askama::Template;

use crate::Frame;
use crate::keys::KeyList;

/// What is set for a project.
#[derive(Debug, Template)]
#[template(path = "settings.html")]
pub struct SettingsPage {
    /// What is around it.
    pub frame: Frame,
    /// The project's name.
    pub project: String,
    /// What is in the form: as it is set, or as it was just typed.
    pub fields: SettingsFields,
    /// Why it was not saved.
    pub problem: Option<String>,
    /// The project's keys.
    pub keys: KeyList,
    /// The days that events may be kept.
    pub retentions: Vec<u32>,
}

/// The settings, as text.
#[derive(Clone, Debug, Default)]
pub struct SettingsFields {
    /// What it is called, or is to be called.
    pub name: String,
    /// Who looks after it.
    pub owner: String,
    /// How much it matters.
    pub tier: String,
    /// What its occurrences are counted by for thresholds.
    pub time_unit: String,
    /// For how many days its occurrences are kept; empty for as long as the stack keeps them.
    pub retention_days: String,
    /// How many events it may send in a minute; empty for any number.
    pub per_minute: String,
    /// How many in a month.
    pub per_month: String,
    /// Names of keys that are secrets, one on each line.
    pub additional: String,
    /// Names of keys that are none.
    pub exempt: String,
    /// Kinds of personal data to replace, separated by commas.
    pub personal: String,
    /// Whose pages may send, one origin on each line; empty for all.
    pub origins: String,
    /// Which of the notification configs that clients post are used: `any`, `sealed` or `off`.
    pub posted_configs: String,
}

impl SettingsPage {
    fn here(&self) -> String {
        format!("/pages{}/settings", crate::address::project(&self.project))
    }

    fn is_kept_for(&self, days: &u32) -> bool {
        self.fields.retention_days == days.to_string()
    }
}
