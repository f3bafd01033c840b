mod kinds;

use askama::Template;
pub use kinds::{Field, Input, KINDS, TargetKind};

use crate::{Frame, Moment};

/// The rules of a project: whom it tells when.
#[derive(Debug, Template)]
#[template(path = "rules.html")]
pub struct Rules {
    /// What is around it.
    pub frame: Frame,
    /// The project's name.
    pub project: String,
    /// The rules, in their order.
    pub rules: Vec<RuleRow>,
    /// The services whose calls are taken, as their secrets are known: name, and the word in the address.
    pub hooks: Vec<(&'static str, &'static str)>,
    /// What could not be delivered.
    pub failed: Vec<FailedRow>,
    /// A rule that is being made.
    pub draft: RuleDraft,
    /// The whole document.
    pub text: RulesText,
}

/// A rule in words.
#[derive(Clone, Debug, Default)]
pub struct RuleRow {
    /// What names it: letters, digits, `-`, `_` and `.`.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What is told.
    pub when: Vec<String>,
    /// Of which errors only.
    pub only: Vec<String>,
    /// When it is told later, and how else.
    pub how: Vec<String>,
    /// Whom.
    pub to: Vec<TargetRow>,
    /// How many of its notifications could not be delivered.
    pub failed: usize,
}

/// A notification that could not be delivered.
#[derive(Clone, Debug)]
pub struct FailedRow {
    /// What names it.
    pub id: String,
    /// Since when.
    pub since: Moment,
    /// The project's name, if it is there.
    pub project: Option<String>,
    /// Where a form sends it again, if the project is there.
    pub action: Option<String>,
    /// The id of the rule; none of a config that was posted with an error.
    pub rule: Option<String>,
    /// What people call it.
    pub rule_name: Option<String>,
    /// Where it was to go.
    pub target: Option<String>,
    /// How many notifications it is.
    pub notices: usize,
    /// Why it could not be delivered.
    pub reason: String,
}

impl FailedRow {
    /// What to call its rule.
    pub(crate) fn rule_words(&self) -> &str {
        self.rule_name.as_deref().or(self.rule.as_deref()).unwrap_or("not known")
    }
}

/// A destination in words.
#[derive(Clone, Debug, Default)]
pub struct TargetRow {
    /// Its kind.
    pub kind: String,
    /// What is known of it: a name, and a value or, of a secret, none.
    pub facts: Vec<(String, Option<String>)>,
    /// What came of a test, if there was one just now.
    pub tried: Option<Tried>,
}

/// What a destination answered to a test.
#[derive(Clone, Debug)]
pub struct Tried {
    /// Whether it took the message.
    pub is_good: bool,
    /// What it said.
    pub said: String,
    /// The address of the issue that was made; begins with `https://`.
    pub issue: Option<String>,
}

/// A rule that is being made, as far as it was typed.
#[derive(Clone, Debug)]
pub struct RuleDraft {
    /// The fields, by their names: `name`, `on`, `slack.endpoint`, …
    pub fields: Vec<(String, String)>,
    /// What is wrong with it.
    pub problem: Option<String>,
    /// In which field.
    pub wrong: Option<String>,
    /// What its destination answered to a test.
    pub tried: Option<Tried>,
}

/// The document of all rules.
#[derive(Clone, Debug, Default)]
pub struct RulesText {
    /// As JSON, with `[sealed]` for every secret.
    pub json: String,
    /// Its version, by which nobody's change is undone.
    pub version: String,
    /// What is wrong with it.
    pub problem: Option<String>,
}

impl Default for RuleDraft {
    /// What most people want: Slack hears of what is new, and of what comes back.
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

    /// What may be told, by the words of a rule's `on`.
    fn occasions(&self) -> [(&'static str, &'static str); 4] {
        [
            ("first", "a new error"),
            ("regression", "a resolved error that is seen again"),
            ("threshold", "an error that is seen often"),
            ("limited", "the project is over its event limit"),
        ]
    }
}
