//! The list of keys of a project or of the whole stack, and the form that creates one.

use askama::Template;

use crate::Moment;

/// The list of keys, as a part of a page.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "keys.html")]
pub struct KeyList {
    /// The URL that the forms post to.
    pub action: String,
    /// The CSRF token that every form sends back.
    pub token: String,
    /// Whether these are the keys of one project, rather than of the stack.
    pub is_of_project: bool,
    pub rows: Vec<KeyRow>,
    /// Whether there are more keys than `rows`.
    pub has_more: bool,
    /// A key that was created by the last request.
    pub made: Option<MadeKey>,
}

#[derive(Clone, Debug)]
pub struct KeyRow {
    /// The public id of the key, which is not the secret itself.
    pub id: String,
    /// The first characters of the key.
    pub hint: Option<String>,
    /// `client`, `read`, `upload`, `member` or `admin`.
    pub role: String,
    /// The project that the key belongs to; `None` if it is valid in all projects.
    pub project: Option<String>,
    /// The name that its owner gave it; may be empty.
    pub name: String,
    pub created_at: Moment,
    /// The last day on which it was used, such as `2026-11-02`.
    pub last_used: Option<String>,
    pub disabled: bool,
    /// When the key stops being valid, if it was rotated.
    pub expires_at: Option<Moment>,
}

/// A new key. This is the only time it is shown.
#[derive(Clone, Debug)]
pub struct MadeKey {
    pub name: String,
    pub key: String,
}
