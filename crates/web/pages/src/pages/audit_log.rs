use askama::Template;

use crate::{Frame, Moment};

/// The audit log of the installation.
#[derive(Debug, Template)]
#[template(path = "audit_log.html")]
pub struct AuditLogPage {
    pub frame: Frame,
    /// For how many days entries are kept.
    pub kept_days: i64,
    /// The words for all actions.
    pub actions: Vec<&'static str>,
    pub filter: AuditFields,
    /// Newest first.
    pub rows: Vec<AuditRow>,
    /// URL of the page with older entries.
    pub next: Option<String>,
}

/// The fields of the form, as text; empty for no filter.
#[derive(Clone, Debug, Default)]
pub struct AuditFields {
    pub what: String,
    pub by: String,
    pub project: String,
}

#[derive(Clone, Debug)]
pub struct AuditRow {
    pub at: Moment,
    /// The name of the user or of the key.
    pub by: String,
    /// The word for the action.
    pub what: String,
    pub project: Option<String>,
    /// The id of the key, user, token or invitation.
    pub subject: Option<String>,
    pub name: Option<String>,
    /// The IP address.
    pub address: Option<String>,
    pub changes: Vec<AuditChangeRow>,
}

/// A field that changed, with its values as JSON; empty for none.
#[derive(Clone, Debug)]
pub struct AuditChangeRow {
    pub field: String,
    pub before: String,
    pub after: String,
}

/// An action such as `key_created` in words.
pub(crate) fn in_words(action: &str) -> String {
    action.replace('_', " ")
}
