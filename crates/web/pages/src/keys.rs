//! A list of keys, and how one is made: of a project, or of the whole stack.

use askama::Template;

use crate::Moment;

/// Keys as a part of a page.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "keys.html")]
pub struct KeyList {
    /// Where its forms go.
    pub action: String,
    /// Goes with every form.
    pub token: String,
    /// The keys.
    pub rows: Vec<KeyRow>,
    /// Whether there are more than these.
    pub has_more: bool,
    /// A key that was made just now.
    pub made: Option<MadeKey>,
}

/// A key as a row.
#[derive(Clone, Debug)]
pub struct KeyRow {
    /// What it is called where it must not be shown.
    pub id: String,
    /// Its first characters.
    pub hint: Option<String>,
    /// What it may do.
    pub role: String,
    /// The project that it is of; `None` if it is good in all.
    pub project: Option<String>,
    /// What its owner calls it.
    pub name: String,
    /// When it was made.
    pub created_at: Moment,
    /// The newest day on which it was used.
    pub last_used: Option<String>,
    /// Whether it is out of use.
    pub disabled: bool,
    /// From when on it is good no more.
    pub expires_at: Option<Moment>,
}

/// A key that is shown this once.
#[derive(Clone, Debug)]
pub struct MadeKey {
    /// What it is called.
    pub name: String,
    /// The key.
    pub key: String,
}
