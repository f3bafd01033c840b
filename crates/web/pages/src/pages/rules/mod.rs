mod kinds;

use askama::Template;
pub use kinds::{Field, Input, KINDS, READY_TEMPLATES, ReadyTemplate, TargetKind};

use crate::{Frame, Moment};

/// The page of a project's notification rules.
#[derive(Debug, Template)]
#[template(path = "rules.html")]
pub struct Rules {
    pub frame: Frame,
    pub project: String,
    pub rules: Vec<RuleRow>,
    /// The services whose webhooks are accepted because their secrets are set: name, and path segment.
    pub hooks: Vec<(&'static str, &'static str)>,
    /// The project's notifications that could not be delivered.
    pub failed: Vec<FailedRow>,
    /// The form that adds a rule.
    pub draft: RuleDraft,
    /// The whole document as JSON.
    pub text: RulesText,
}

#[derive(Clone, Debug, Default)]
pub struct RuleRow {
    /// Letters, digits, `-`, `_` and `.`.
    pub id: String,
    pub name: String,
    pub when: Vec<String>,
    pub only: Vec<String>,
    /// Delivery options: quiet hours, digests and the like.
    pub how: Vec<String>,
    pub to: Vec<TargetRow>,
    /// The number of its notifications that could not be delivered.
    pub failed: usize,
}

/// A notification that could not be delivered.
#[derive(Clone, Debug)]
pub struct FailedRow {
    pub id: String,
    pub since: Moment,
    /// The project's name, if the project still exists.
    pub project: Option<String>,
    /// The URL of the form that retries it, if the project still exists.
    pub action: Option<String>,
    /// The id of the rule; `None` for a posted config.
    pub rule: Option<String>,
    pub rule_name: Option<String>,
    /// The target, in words.
    pub target: Option<String>,
    /// The number of notifications that it combines.
    pub notices: usize,
    pub reason: String,
}

impl FailedRow {
    /// The rule's name, or else its id.
    pub(crate) fn rule_words(&self) -> &str {
        self.rule_name.as_deref().or(self.rule.as_deref()).unwrap_or("unknown")
    }
}

/// A target in words.
#[derive(Clone, Debug, Default)]
pub struct TargetRow {
    pub kind: String,
    /// Its settings: name and value. The value of a secret is `None`.
    pub facts: Vec<(String, Option<String>)>,
    /// The result of a test, if one was just sent.
    pub tried: Option<Tried>,
}

/// A target's answer to a test.
#[derive(Clone, Debug)]
pub struct Tried {
    /// Whether the target accepted the message.
    pub is_good: bool,
    /// The answer in words.
    pub said: String,
    /// The URL of the issue that was created; begins with `https://`.
    pub issue: Option<String>,
}

/// The input of the form that adds a rule.
#[derive(Clone, Debug)]
pub struct RuleDraft {
    /// Names and values: `name`, `on`, `slack.endpoint`, …
    pub fields: Vec<(String, String)>,
    /// Why the input was rejected.
    pub problem: Option<String>,
    /// The name of the field that was rejected.
    pub wrong: Option<String>,
    /// The target's answer to a test.
    pub tried: Option<Tried>,
}

/// The document of all rules of a project.
#[derive(Clone, Debug, Default)]
pub struct RulesText {
    /// The document, with `[sealed]` in place of every secret.
    pub json: String,
    /// The version of the document, so that a save does not overwrite somebody else's change.
    pub version: String,
    /// Why the input was rejected.
    pub problem: Option<String>,
}

impl Default for RuleDraft {
    /// The most common choice: notify Slack of new errors and of regressions.
    fn default() -> Self {
        let fields = [("on", "first"), ("on", "regression"), ("kind", "slack")];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        Self { fields, problem: None, wrong: None, tried: None }
    }
}

impl RuleDraft {
    fn typed(&self, name: &str) -> &str {
        self.fields.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value)
    }

    fn has(&self, name: &str, value: &str) -> bool {
        self.fields.iter().any(|(own, typed)| own == name && typed == value)
    }

    fn is_wrong(&self, name: &str) -> bool {
        self.wrong.as_deref() == Some(name)
    }
}

impl Rules {
    fn here(&self) -> String {
        format!("/pages{}/rules", crate::address::project(&self.project))
    }

    fn kinds(&self) -> &'static [TargetKind] {
        &KINDS
    }

    fn ready_templates(&self) -> &'static [ReadyTemplate] {
        &READY_TEMPLATES
    }

    /// The triggers: the word in a rule's `on`, and its label.
    fn occasions(&self) -> [(&'static str, &'static str); 5] {
        [
            ("first", "a new error"),
            ("regression", "a resolved error that occurs again"),
            ("threshold", "an error that is seen often"),
            ("limited", "the project is over its event limit"),
            ("assigned", "an error that is assigned to somebody"),
        ]
    }
}
