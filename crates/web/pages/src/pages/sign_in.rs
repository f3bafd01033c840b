use askama::Template;

use crate::Frame;

/// Where a person shows a key, once for a session.
#[derive(Debug, Template)]
#[template(path = "sign_in.html")]
pub struct SignIn {
    /// What is around it.
    pub frame: Frame,
    /// Where to go afterwards: a path of this site.
    pub next: String,
    /// What the form brings back, so that no other site can send it.
    pub token: String,
    /// Why the key that was just shown was not taken.
    pub refused: Option<String>,
}
